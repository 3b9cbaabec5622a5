package layout

import (
	"bytes"
	"encoding/binary"

	"multipoint/shared/charset"
	"multipoint/shared/fault"
)

// signStyle is how a number shows its sign (DOMAIN 2.3).
type signStyle uint8

const (
	signNone signStyle = iota
	signLeadMinus
	signLeadByte
	signTrail
	signOverpunch
	signOverpunchMF
)

var signStyles = map[string]signStyle{
	"none": signNone, "lead_minus": signLeadMinus, "lead_sign": signLeadByte, "trail_sign": signTrail,
	"overpunch": signOverpunch, "overpunch_mf": signOverpunchMF,
}

// numberSpec is a number field compiled for reading.
type numberSpec struct {
	sign      signStyle
	signField string
	negative  []string
	positive  []string
	decimals  int
	scale     int
	thousands bool
}

// anyNumber reads the numbers of derived values and text fields.
var anyNumber = numberSpec{sign: signLeadMinus}

// maxNumber bounds what is read; amounts are tested against their own limit later.
const maxNumber = int64(1) << 60

func compileNumber(f *Field, fixed bool) (numberSpec, error) {
	style := f.Sign
	if style == "" {
		style = "lead_minus"
		if fixed {
			style = "none"
		}
	}
	sign, ok := signStyles[style]
	if !ok {
		return numberSpec{}, fault.New(fault.LayoutField, "sign "+f.Sign+" of "+f.Name+" is not known")
	}
	spec := numberSpec{
		sign: sign, signField: f.SignField, negative: f.Negative, positive: f.Positive,
		decimals: f.Decimals, scale: f.Scale, thousands: f.Thousands,
	}
	if spec.negative == nil {
		spec.negative = []string{"2"}
	}
	if spec.positive == nil {
		spec.positive = []string{"1"}
	}
	if f.Decimals < 0 || f.Decimals > 12 || f.Scale < 0 || f.Scale > 6 {
		return spec, fault.New(fault.LayoutField, "decimals or scale of "+f.Name+" is out of range")
	}
	return spec, nil
}

// number reads a number column.
func (rec *ReadRecord) number(c *readColumn) (v int64, ok bool, code fault.Code) {
	raw := trimSpace(rec.raw(c))
	if len(raw) == 0 || len(c.field.Empty) > 0 && isEmpty(c.field.Empty, raw) {
		return 0, false, 0
	}
	if c.number.plain() {
		v, ok = plainDigits(raw)
	}
	if !ok {
		if !charset.ASCII(raw) || rec.reading.stateful {
			text, badAt := rec.decoded(c)
			if badAt >= 0 {
				return 0, false, fault.TextUndecodable
			}
			if raw = rec.foldNumber(text); len(raw) == 0 {
				return 0, false, 0 // full-width spaces or escape sequences alone
			}
		}
		if v, ok, code = c.number.parseText(raw); !ok {
			return 0, false, code
		}
	}
	if c.number.signField != "" {
		if v, code = rec.signed(&c.number, v); code != 0 {
			return 0, false, code
		}
	}
	if c.number.decimals > 0 {
		unit := powerOfTen(c.number.decimals)
		if v%unit != 0 {
			return 0, false, fault.AmountBad
		}
		v /= unit
	}
	unit := powerOfTen(c.number.missingScale(raw))
	if v > maxNumber/unit || v < -maxNumber/unit {
		return 0, false, fault.AmountBad
	}
	return v * unit, true, 0
}

// plain says whether the number may be bare digits; a last digit without an overpunch is plus.
func (n *numberSpec) plain() bool { return n.sign != signLeadByte && n.sign != signTrail }

// bare says whether digits alone are the number.
func (n *numberSpec) bare() bool {
	return n.plain() && n.signField == "" && n.decimals == 0 && n.scale == 0
}

// missingScale: plain digits of a number with a scale have no decimal point, so all of the scale is missing;
// parseText has already scaled what it read.
func (n *numberSpec) missingScale(raw []byte) int {
	if n.scale == 0 || bytes.IndexByte(raw, '.') >= 0 {
		return 0
	}
	return n.scale
}

func (rec *ReadRecord) signed(n *numberSpec, v int64) (int64, fault.Code) {
	spec := &rec.reading.records[rec.Spec]
	at := spec.column(n.signField)
	if at < 0 {
		return 0, fault.AmountBad
	}
	text, badAt := rec.decoded(&spec.columns[at])
	if badAt >= 0 {
		return 0, fault.TextUndecodable
	}
	if isEmpty(n.negative, text) {
		return -v, 0
	}
	if isEmpty(n.positive, text) {
		return v, 0
	}
	return 0, fault.AmountBad
}

// plainDigits reads 1 to 18 digits.
func plainDigits(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	v := int64(0)
	for ; len(b)&7 != 0; b = b[1:] {
		d := b[0] - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + int64(d)
	}
	for ; len(b) > 0; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		if !eightDigits(w) {
			return 0, false
		}
		v = v*100_000_000 + int64(eight(w))
	}
	return v, true
}

func powerOfTen(n int) int64 {
	p := int64(1)
	for ; n > 0; n-- {
		p *= 10
	}
	return p
}

// foldNumber writes full-width digits and signs as ASCII; ▲ and △ are minus.
func (rec *ReadRecord) foldNumber(text []byte) []byte {
	start := len(rec.arena)
	for _, r := range string(text) {
		switch {
		case r >= '０' && r <= '９':
			rec.arena = append(rec.arena, byte(r-'０'+'0'))
		case r == '▲' || r == '△' || r == '−' || r == '－':
			rec.arena = append(rec.arena, '-')
		case r == '＋':
			rec.arena = append(rec.arena, '+')
		case r == '，':
			rec.arena = append(rec.arena, ',')
		case r == '．':
			rec.arena = append(rec.arena, '.')
		case r == '　':
		default:
			rec.arena = append(rec.arena, string(r)...)
		}
	}
	return trimSpace(rec.arena[start:len(rec.arena):len(rec.arena)])
}

// parseText reads a number in ASCII. ok is false with a fault.
func (n *numberSpec) parseText(b []byte) (int64, bool, fault.Code) {
	digits, negative, ok := n.takeSign(b)
	if !ok || len(digits) == 0 {
		return 0, false, n.fault(b)
	}
	v, fraction, dot := int64(0), 0, false
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			if v > maxNumber/10 {
				return 0, false, fault.AmountBad
			}
			if dot {
				if fraction++; fraction > n.scale {
					if c != '0' {
						return 0, false, n.fault(b)
					}
					continue
				}
			}
			v = v*10 + int64(c-'0')
		case c == ',' && n.thousands && !dot && i > 0 && (wholeDigits(digits)-i)%4 == 0:
		case c == '.' && !dot && i > 0 && i+1 < len(digits):
			dot = true
		default:
			return 0, false, n.fault(b)
		}
	}
	if dot && fraction < n.scale {
		unit := powerOfTen(n.scale - fraction)
		if v > maxNumber/unit {
			return 0, false, fault.AmountBad
		}
		v *= unit
	}
	if negative {
		v = -v
	}
	return v, true, 0
}

// wholeDigits is the length of a number without its decimal point and what follows.
func wholeDigits(digits []byte) int {
	if i := bytes.IndexByte(digits, '.'); i >= 0 {
		return i
	}
	return len(digits)
}

// fault tells a number in E notation from other unreadable ones.
func (n *numberSpec) fault(b []byte) fault.Code {
	b = bytes.TrimPrefix(b, []byte{'-'})
	if i := bytes.IndexAny(b, "Ee"); i > 0 && b[0] >= '0' && b[0] <= '9' && i+1 < len(b) &&
		(b[i+1] == '+' || b[i+1] == '-' || b[i+1] >= '0' && b[i+1] <= '9') {
		return fault.NumberExcel
	}
	return fault.AmountBad
}

// takeSign takes the sign away; the digits of an overpunched number get their last digit back.
func (n *numberSpec) takeSign(b []byte) (digits []byte, negative, ok bool) {
	first, last := b[0], b[len(b)-1]
	switch n.sign {
	case signNone:
		return b, false, true
	case signLeadMinus:
		if first == '-' {
			return trimSpace(b[1:]), true, true
		}
		if first == '(' && last == ')' {
			return trimSpace(b[1 : len(b)-1]), true, true
		}
		return b, false, true
	case signLeadByte:
		return b[1:], first == '-', first == '-' || first == '+'
	case signTrail:
		return b[:len(b)-1], last == '-', last == '-' || last == '+'
	case signOverpunch, signOverpunchMF:
		digit, neg, ok := overpunch(last, n.sign)
		if !ok {
			return nil, false, false
		}
		out := append(make([]byte, 0, 20), b[:len(b)-1]...)
		return append(out, digit), neg, true
	}
	return nil, false, false
}

// overpunch reads the last character of a zoned decimal (DOMAIN 2.3).
func overpunch(c byte, style signStyle) (digit byte, negative, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c, false, true
	case style == signOverpunchMF && c >= 'p' && c <= 'y':
		return c - 'p' + '0', true, true
	case style == signOverpunchMF:
		return 0, false, false
	case c == '{':
		return '0', false, true
	case c >= 'A' && c <= 'I':
		return c - 'A' + '1', false, true
	case c == '}':
		return '0', true, true
	case c >= 'J' && c <= 'R':
		return c - 'J' + '1', true, true
	}
	return 0, false, false
}
