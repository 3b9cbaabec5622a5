package layout

import (
	"strconv"

	"multipoint/shared/fault"
)

// writeNumberSpec is how a number column shows its digits and sign (DOMAIN 2.3).
type writeNumberSpec struct {
	sign      signStyle
	apart     bool // the sign stands in a column of its own
	decimals  int
	scale     int
	thousands bool
}

// The last digits of negative and positive zoned decimals (DOMAIN 2.3).
const (
	punchPlus    = "{ABCDEFGHI"
	punchMinus   = "}JKLMNOPQR"
	punchMinusMF = "pqrstuvwxy"
)

func compileWriteNumber(f *writeField, m *Field, fixed bool) error {
	spec := writeNumberSpec{
		apart: m.SignField != "", decimals: m.Decimals, scale: m.Scale, thousands: m.Thousands,
	}
	style := m.Sign
	switch {
	case style != "" && spec.apart && style != "none":
		return fieldFault(m, "it has both a sign and a sign_field")
	case style == "" && fixed || spec.apart:
		style = "none"
	case style == "":
		style = "lead_minus"
	}
	var ok bool
	if spec.sign, ok = signStyles[style]; !ok {
		return fieldFault(m, "the sign "+m.Sign+" is not known")
	}
	punched := spec.sign == signOverpunch || spec.sign == signOverpunchMF
	switch {
	case m.Decimals < 0 || m.Decimals > 12 || m.Scale < 0 || m.Scale > 6:
		return fieldFault(m, "its decimals or scale are out of range")
	case m.Decimals > 0 && (m.Scale > 0 || m.Thousands):
		return fieldFault(m, "implied decimals do not go with scale or thousands")
	case punched && (m.Scale > 0 || m.Thousands):
		return fieldFault(m, "an overpunched number has digits only")
	}
	f.number = spec
	return nil
}

// appendNumber appends the column; false, with dst as it was, if the number does not fit.
func (w *Writer) appendNumber(dst []byte, f *writeField, n int64) ([]byte, bool) {
	spec := &f.number
	magnitude := uint64(n)
	if n < 0 {
		magnitude = -magnitude
	}
	w.text = spec.appendDigits(w.text[:0], magnitude)
	digits := w.text
	var before, after byte
	negative := n < 0 && !spec.apart
	switch spec.sign {
	case signNone:
		if negative {
			return dst, false
		}
	case signLeadMinus:
		if negative {
			before = '-'
		}
	case signLeadByte:
		before = signByte(negative)
	case signTrail:
		after = signByte(negative)
	case signOverpunch, signOverpunchMF:
		punch(digits, spec.sign, negative)
	}
	length := len(digits)
	if before != 0 || after != 0 {
		length++
	}
	if f.width > 0 && length > f.width {
		return dst, false
	}
	return f.padNumber(dst, digits, before, after, f.width-length), true
}

// padNumber puts zeros between sign and digits, spaces outside of both.
func (f *writeField) padNumber(dst, digits []byte, before, after byte, room int) []byte {
	if f.right && f.pad != padZero {
		dst = appendBytes(dst, ' ', room)
	}
	if before != 0 {
		dst = append(dst, before)
	}
	if f.right && f.pad == padZero {
		dst = appendBytes(dst, '0', room)
	}
	dst = append(dst, digits...)
	if after != 0 {
		dst = append(dst, after)
	}
	if !f.right {
		dst = appendBytes(dst, ' ', room)
	}
	return dst
}

// appendDigits appends the magnitude with its implied decimals, decimal point or thousands commas.
func (s *writeNumberSpec) appendDigits(dst []byte, magnitude uint64) []byte {
	start := len(dst)
	dst = strconv.AppendUint(dst, magnitude, 10)
	dst = appendBytes(dst, '0', s.decimals)
	if s.scale > 0 {
		for len(dst)-start <= s.scale {
			dst = insertByte(dst, start, '0')
		}
		dst = insertByte(dst, len(dst)-s.scale, '.')
	}
	if s.thousands {
		whole := len(dst)
		if s.scale > 0 {
			whole -= s.scale + 1
		}
		for at := whole - 3; at > start; at -= 3 {
			dst = insertByte(dst, at, ',')
		}
	}
	return dst
}

func insertByte(b []byte, at int, c byte) []byte {
	b = append(b, 0)
	copy(b[at+1:], b[at:])
	b[at] = c
	return b
}

func appendBytes(dst []byte, c byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, c)
	}
	return dst
}

func signByte(negative bool) byte {
	if negative {
		return '-'
	}
	return '+'
}

// punch puts the sign into the last digit. Zero is always written as plus.
func punch(digits []byte, style signStyle, negative bool) {
	last := &digits[len(digits)-1]
	d := *last - '0'
	switch {
	case style == signOverpunch && negative:
		*last = punchMinus[d]
	case style == signOverpunch:
		*last = punchPlus[d]
	case negative:
		*last = punchMinusMF[d]
	}
}

// parsePlain reads a whole number as the engine writes it: up to 18 digits, - in front.
func parsePlain(text []byte) (int64, bool) {
	negative := len(text) > 1 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	n, ok := plainDigits(text)
	if negative {
		n = -n
	}
	return n, ok
}

// number appends a number column in fixed, csv or tsv.
func (w *Writer) number(f *writeField, n int64) fault.Code {
	quoted := w.openQuote(f.number.thousands && w.plan.comma == ',')
	if quoted == quoteImpossible {
		return fault.OutletUnencodable
	}
	var ok bool
	if w.buf, ok = w.appendNumber(w.buf, f, n); !ok {
		w.overflow = n
		return fault.OutletOverflow
	}
	w.closeQuote(quoted)
	return 0
}
