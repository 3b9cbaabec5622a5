package generate

import (
	"bytes"

	"multipoint/shared/charset"
)

// render writes the line's records and counts them.
func (f *file) render(l *line) {
	if f.shape.fixed {
		f.out = f.fixedRecord(f.out, l)
	} else {
		f.out = f.separatedRecord(f.out, l)
	}
	f.sum.Records++
	if l.spoil != spoilRecordKind {
		f.sum.Count++
	}
	if !l.spoil.breaksRecord() {
		f.sum.Total += l.total
	}
	for i := range l.items {
		f.out = f.itemRecord(f.out, &l.items[i])
		f.sum.Records++
		f.sum.Count++
	}
}

// separatedRecord writes a receipt of a csv file.
func (f *file) separatedRecord(out []byte, l *line) []byte {
	columns := f.shape.columns
	for i := range columns {
		if i > 0 {
			out = append(out, ',')
		}
		b := l.text[columns[i].field]
		if !columns[i].quoted {
			out = append(out, b...)
			continue
		}
		out = append(out, '"')
		out = append(out, b...)
		out = append(out, '"')
	}
	switch l.spoil {
	case spoilColumns:
		out = append(out, ",1"...)
	case spoilLineEnd:
		return append(out, '\n')
	}
	return append(out, '\r', '\n')
}

// itemRecord writes an item below its receipt.
func (f *file) itemRecord(out []byte, it *item) []byte {
	s := f.stock
	out = append(out, 'I', ',')
	out = append(out, s.products[it.product]...)
	out = append(out, ',', '"')
	out = append(out, s.words.products[it.name]...)
	out = append(out, '"', ',')
	out = padded(out, int64(it.quantity), 1)
	out = append(out, ',')
	switch {
	case it.broken:
		out = append(out, "12a"...)
	case it.amount < 0:
		out = padded(append(out, '-'), -it.amount, 1)
	default:
		out = padded(out, it.amount, 1)
	}
	out = append(out, ',')
	out = padded(out, int64(it.rate), 1)
	return append(out, '\r', '\n')
}

// fixedRecord writes a receipt of 256 bytes.
func (f *file) fixedRecord(out []byte, l *line) []byte {
	const blanks = "                                                                "
	columns := f.shape.columns
	for i := range columns {
		c := &columns[i]
		b, width := l.text[c.field], c.layout.Width
		b = b[:min(len(b), width)] // the stock keeps to the widths; see the tests
		switch {
		case c.layout.Type == "number" && isNumber(b):
			out = append(out, "000000000000000"[:width-len(b)]...)
			out = append(out, b...)
		case c.field == fOriginalDate && len(b) == 0:
			out = append(out, blanks[:width]...)
		default:
			out = append(out, b...)
			out = append(out, blanks[:width-len(b)]...)
		}
	}
	switch l.spoil {
	case spoilLength:
		out = out[:len(out)-1]
	case spoilLineEnd:
		return append(out, '\n')
	}
	return append(out, '\r', '\n')
}

// isNumber says whether a number column holds digits or nothing; spoiled ones are written as they are.
func isNumber(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// writeTitles writes the title row of a csv file.
func writeTitles(f *file, out []byte) []byte {
	enc := charset.Encoder{Encoding: f.shape.encoding}
	for i, c := range f.shape.columns {
		if i > 0 {
			out = append(out, ',')
		}
		out, _ = enc.Append(out, []byte(c.layout.Title))
	}
	return append(out, '\r', '\n')
}

// writeFixedHead writes the header: the retailer's code and the run date.
func writeFixedHead(f *file, out []byte) []byte {
	start := len(out)
	out = append(out, '1')
	if code := f.spec.Set.Retailer.Code; isPlain(code, 20) {
		out = append(out, code...)
	}
	out = append(out, ' ')
	return fillRecord(append(out, f.stock.dates[0]...), start)
}

// writeFixedTail writes the trailer: count, sign and total.
func writeFixedTail(f *file, out []byte) []byte {
	start := len(out)
	out = padded(append(out, '8'), f.sum.Count, 10)
	sign, total := byte('1'), f.sum.Total
	if total < 0 {
		sign, total = '2', -total
	}
	return fillRecord(padded(append(out, sign), total, 15), start)
}

func fillRecord(out []byte, start int) []byte {
	out = append(out, bytes.Repeat([]byte{' '}, fixedLength-(len(out)-start))...)
	return append(out, '\r', '\n')
}

func writeItemsTail(f *file, out []byte) []byte {
	out = padded(append(out, "T,"...), f.sum.Count, 1)
	out = append(out, ',')
	total := f.sum.Total
	if total < 0 {
		out, total = append(out, '-'), -total
	}
	return append(padded(out, total, 1), '\r', '\n')
}
