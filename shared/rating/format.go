package rating

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/transaction"
)

// Title rows of the files for people (docs/files/rate.md).
const (
	BadLinesHeader     = "line,at_line,offset,field,code,rule,meaning,what_to_do,bytes_base64\n"
	RatingErrorsHeader = "line,offset,status,code,rule,meaning,what_to_do,txn_key\n"
	GrantsHeader       = "file,line,provider,card,point_type,rule,basis_yen,award,points,leaves_under\n"
)

// errorFormat writes faults as CSV rows.
type errorFormat struct {
	info *feedInfo
	row  []byte
}

func newErrorFormat(info *feedInfo) *errorFormat { return &errorFormat{info: info} }

// badLine writes one row for each fault of a bad receipt: its first line, the line of the fault, what is
// wrong; the first row carries the receipt's bytes.
func (f *errorFormat) badLine(out *bytes.Buffer, b *convert.BadLine) {
	f.row = f.appendBadLine(f.row[:0], b)
	out.Write(f.row)
}

func (f *errorFormat) appendBadLine(row []byte, b *convert.BadLine) []byte {
	for i := range b.Faults {
		x := &b.Faults[i]
		row = strconv.AppendInt(row, b.Line, 10)
		row = append(row, ',')
		row = strconv.AppendInt(row, x.Line, 10)
		row = append(row, ',')
		row = strconv.AppendInt(row, x.Offset, 10)
		row = append(row, ',')
		row = transaction.AppendQuoted(row, []byte(x.Field))
		row = appendCode(row, x.Code)
		row = append(row, ',')
		if i == 0 {
			row = base64.StdEncoding.AppendEncode(row, b.Raw)
		}
		row = append(row, '\n')
	}
	return row
}

// appendCode writes number, name, meaning and advice of a code.
func appendCode(row []byte, code fault.Code) []byte {
	row = append(row, ",MP-"...)
	row = strconv.AppendInt(row, int64(code), 10)
	for _, text := range [...]string{code.Name(), code.Meaning(), code.Do()} {
		row = append(row, ',')
		row = transaction.AppendQuoted(row, []byte(text))
	}
	return row
}

// appendRatingError writes one row for a good line that gave no points, or gave them with a warning.
func appendRatingError(row []byte, v *Verdict, info *feedInfo) []byte {
	row = strconv.AppendInt(row, v.Tx.Line, 10)
	row = append(row, ',')
	row = strconv.AppendInt(row, v.Tx.Offset, 10)
	row = append(row, ',')
	code := v.Code
	if code == 0 {
		code = v.Warning
		row = append(row, "warning"...)
	} else {
		row = append(row, v.Status.String()...)
	}
	row = appendCode(row, code)
	row = append(row, ',')
	row = v.Tx.AppendKeyCSV(row, info.names.KeyFields)
	return append(row, '\n')
}

// appendGrants writes one row for each entry.
func appendGrants(row []byte, v *Verdict, file []byte, provider string) []byte {
	if len(v.Entries) == 0 {
		return row
	}
	start := len(row)
	row = append(row, file...)
	row = append(row, ',')
	row = strconv.AppendInt(row, v.Tx.Line, 10)
	row = append(row, ',')
	row = append(row, provider...)
	row = append(row, ',')
	row = append(row, v.Account...)
	head := row[start:len(row):len(row)]
	for i := range v.Entries {
		e := &v.Entries[i]
		if i > 0 {
			row = append(row, head...)
		}
		row = append(row, ',')
		row = transaction.AppendQuoted(row, []byte(e.PointType))
		row = append(row, ',')
		row = append(row, e.Rule...)
		row = append(row, ',')
		row = strconv.AppendInt(row, e.Basis, 10)
		row = append(row, ',')
		row = strconv.AppendInt(row, e.Award, 10)
		row = append(row, ',')
		row = strconv.AppendInt(row, e.Points, 10)
		row = append(row, ',')
		if !bytes.Equal(v.LeavesUnder, v.Account) {
			row = append(row, v.LeavesUnder...)
		}
		row = append(row, '\n')
	}
	return row
}
