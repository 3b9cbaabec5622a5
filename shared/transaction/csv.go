package transaction

import (
	"bytes"
	"strconv"

	"multipoint/shared/calendar"
)

// CSVHeader is the title row of the common layout's CSV form (docs/files/common-layout.md), with line end.
const CSVHeader = "feed,file,line,offset,kind,txn_key,original_key,business_date,time_raw,instant," +
	"store,register,receipt,card,scheme,provider,member_no,affiliate," +
	"amount_incl,amount_excl,incl_8,incl_10,tax_8,tax_10,point_type,grant_type,points_given,items\n"

// Names gives the codes that a record holds as indexes, in the order of the masters. Codes are letters,
// digits and - _ . only, so they need no quotes.
type Names struct {
	Feed       string // the feed of the file at hand
	Schemes    []string
	Providers  []string
	Affiliates []string
	KeyFields  []KeyField
}

// Rows writes records as lines of the common layout: UTF-8, RFC 4180, LF. It keeps the text of what a record
// shares with the one before it, so it is for one goroutine. Names must not change meanwhile.
type Rows struct {
	names *Names
	file  int32
	head  []byte     // of the lines of that file: feed and file
	days  [16]rowDay // by the last bits of their dates
}

// rowDay is a date and its text.
type rowDay struct {
	date calendar.Date
	text []byte
}

// NewRows makes a writer of lines.
func NewRows(n *Names) *Rows { return &Rows{names: n} }

// Append writes one record. The keys are written for people: their fields joined by '/', with what would end
// a part written as % and two hex digits.
func (r *Rows) Append(dst []byte, t *Transaction) []byte {
	n := r.names
	if t.File != r.file || r.head == nil {
		r.file, r.head = t.File, append(r.head[:0], n.Feed...)
		r.head = append(appendIntField(r.head, int64(t.File)), ',')
	}
	known := &r.days[t.Date&15]
	if t.Date != known.date {
		known.date, known.text = t.Date, t.Date.AppendTo(known.text[:0])
	}
	day := known.text
	dst = append(dst, r.head...)
	dst = appendDigits(dst, t.Line)
	dst = appendIntField(dst, t.Offset)
	dst = append(dst, ',')
	dst = append(dst, t.Kind.String()...)
	dst = append(dst, ',')
	// Texts that a key may hold as they are need no quotes either.
	plain := !mayEndPart(t.Store) && !mayEndPart(t.Register) && !mayEndPart(t.Receipt)
	if plain && !t.Kind.TakesBack() {
		dst = t.appendPlainKey(dst, n.KeyFields, day)
	} else {
		dst = t.appendKeyCSV(dst, n.KeyFields, day)
	}
	dst = append(dst, ',')
	if t.NamesOriginal {
		dst = t.appendOriginalKey(dst, n.KeyFields)
	}
	dst = append(dst, ',')
	dst = append(dst, day...)
	dst = appendField(dst, t.TimeRaw)
	dst = append(dst, ',')
	if t.Time != calendar.NoTime {
		dst = appendInstant(dst, t.Date, t.Time, day)
	}
	if plain {
		dst = append(append(dst, ','), t.Store...)
		dst = append(append(dst, ','), t.Register...)
		dst = append(append(dst, ','), t.Receipt...)
	} else {
		dst = appendField(dst, t.Store)
		dst = appendField(dst, t.Register)
		dst = appendField(dst, t.Receipt)
	}
	dst = append(dst, ',')
	dst = append(dst, t.Account...)
	dst = appendName(dst, n.Schemes, t.Scheme)
	dst = appendName(dst, n.Providers, t.Provider)
	dst = appendField(dst, t.MemberNo)
	dst = appendName(dst, n.Affiliates, t.Affiliate)
	return t.appendAmounts(dst)
}

// appendAmounts writes the end of a line, from amount_incl on.
func (t *Transaction) appendAmounts(dst []byte) []byte {
	dst = appendIntField(dst, t.AmountIncl)
	dst = appendIntField(dst, t.AmountExcl)
	if t.Incl8|t.Incl10|t.Tax8|t.Tax10 == 0 {
		dst = append(dst, ",0,0,0,0"...)
	} else {
		for _, v := range [...]int64{t.Incl8, t.Incl10, t.Tax8, t.Tax10} {
			dst = appendIntField(dst, v)
		}
	}
	if t.Kind == Sale && len(t.PointType)+len(t.GrantType)+len(t.Items) == 0 {
		return append(dst, ",,,,\n"...)
	}
	dst = appendField(dst, t.PointType)
	dst = appendField(dst, t.GrantType)
	dst = append(dst, ',')
	if t.Kind == Grant {
		dst = strconv.AppendInt(dst, t.PointsGiven, 10)
	}
	dst = append(dst, ',')
	if len(t.Items) > 0 {
		dst = t.appendItemsCSV(dst)
	}
	return append(dst, '\n')
}

// AppendKeyCSV writes the key as people read it: for a return the original's (or own) key, its kind and
// sequence.
func (t *Transaction) AppendKeyCSV(dst []byte, fields []KeyField) []byte {
	var day [10]byte
	return t.appendKeyCSV(dst, fields, t.Date.AppendTo(day[:0]))
}

func (t *Transaction) appendKeyCSV(dst []byte, fields []KeyField, date []byte) []byte {
	if !t.Kind.TakesBack() {
		return appendKeyText(dst, fields, date, t.Store, t.Register, t.Receipt)
	}
	if t.NamesOriginal {
		dst = t.appendOriginalKey(dst, fields)
	} else {
		dst = appendKeyText(dst, fields, date, t.Store, t.Register, t.Receipt)
	}
	dst = append(dst, '/')
	dst = append(dst, t.Kind.String()...)
	dst = append(dst, '/')
	if len(t.Receipt) == 0 {
		return append(dst, '1')
	}
	return appendKeyText(dst, fields, date, t.Store, t.Register, t.Receipt)
}

func (t *Transaction) appendOriginalKey(dst []byte, fields []KeyField) []byte {
	var day [10]byte
	date := day[:0]
	if !t.OriginalDate.IsZero() {
		date = t.OriginalDate.AppendTo(date)
	}
	return appendKeyText(dst, fields, date, t.OriginalStore, t.OriginalRegister, t.OriginalReceipt)
}

// appendPlainKey is appendKeyText of a record whose texts have nothing to escape.
func (t *Transaction) appendPlainKey(dst []byte, fields []KeyField, date []byte) []byte {
	texts := [...][]byte{KeyDate: date, KeyStore: t.Store, KeyRegister: t.Register, KeyReceipt: t.Receipt}
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, '/')
		}
		dst = append(dst, texts[f]...)
	}
	return dst
}

func appendKeyText(dst []byte, fields []KeyField, date, store, register, receipt []byte) []byte {
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, '/')
		}
		switch f {
		case KeyDate:
			dst = append(dst, date...)
		case KeyStore:
			dst = appendKeyPart(dst, store)
		case KeyRegister:
			dst = appendKeyPart(dst, register)
		case KeyReceipt:
			dst = appendKeyPart(dst, receipt)
		}
	}
	return dst
}

// appendKeyPart escapes what would end the part, the field or the line.
func appendKeyPart(dst, part []byte) []byte {
	if !mayEndPart(part) {
		return append(dst, part...)
	}
	return appendEscaped(dst, part)
}

func endsPart(c byte) bool {
	switch c {
	case '/', '%', ',', '"', '\n', '\r', ':', ';':
		return true
	}
	return false
}

func appendEscaped(dst, part []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range part {
		if endsPart(c) {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// appendInstant writes the instant in Japan; date is the text of d.
func appendInstant(dst []byte, d calendar.Date, c calendar.Clock, date []byte) []byte {
	if c >= 86400 {
		dst, c = d.Add(1).AppendTo(dst), c-86400
	} else {
		dst = append(dst, date...)
	}
	h, m, s := c/3600, c/60%60, c%60
	return append(dst, 'T', byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10),
		':', byte('0'+s/10), byte('0'+s%10), '+', '0', '9', ':', '0', '0')
}

func appendIntField(dst []byte, v int64) []byte {
	if uint64(v) < 10 {
		return append(dst, ',', byte('0'+v))
	}
	return appendDigits(append(dst, ','), v)
}

func appendName(dst []byte, names []string, i int32) []byte {
	dst = append(dst, ',')
	if i < 0 || int(i) >= len(names) {
		return dst
	}
	return append(dst, names[i]...)
}

func appendField(dst, field []byte) []byte {
	if len(field) == 0 {
		return append(dst, ',')
	}
	return AppendQuoted(append(dst, ','), field)
}

// AppendQuoted writes one CSV field, in quotes only where RFC 4180 asks for them.
func AppendQuoted(dst, field []byte) []byte {
	if hasBelow(field, ','+1) && bytes.ContainsAny(field, ",\"\n\r") {
		return appendInQuotes(dst, field)
	}
	return append(dst, field...)
}

func appendInQuotes(dst, field []byte) []byte {
	dst = append(dst, '"')
	for _, c := range field {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

// appendItemsCSV writes product:quantity:amount:rate, joined by ';', as one field.
func (t *Transaction) appendItemsCSV(dst []byte) []byte {
	for i := range t.Items {
		if i > 0 {
			dst = append(dst, ';')
		}
		it := &t.Items[i]
		dst = appendKeyPart(dst, it.Product)
		dst = append(dst, ':')
		dst = strconv.AppendInt(dst, it.Quantity, 10)
		dst = append(dst, ':')
		dst = strconv.AppendInt(dst, it.Amount, 10)
		dst = append(dst, ':')
		dst = strconv.AppendInt(dst, int64(it.TaxRate), 10)
	}
	return dst
}
