package card

import (
	"encoding/binary"
	"unicode/utf8"

	"multipoint/shared/fault"
)

// Normalise brings a card number as a file writes it (UTF-8) to bare ASCII digits, in the order of R7:
// full-width characters to ASCII; spaces and hyphens (U+002D, U+FF0D, U+2212) out wherever they stand; NW-7
// start and stop letters A to D off, as a pair only; a symbology prefix ]C0, ]C1 or ]E0 off. What is left
// must be digits, one at least, else the code is card.not_digits. A raw text of nothing but spaces gives no
// digits and no fault: the line has no card.
//
// Leading zeros stay. Raw digits are given back as they are, without a copy; else the digits lie in buf,
// which is overwritten, and nothing is allocated if buf has room for len(raw) bytes.
func Normalise(buf, raw []byte) (digits []byte, code fault.Code) {
	if allDigits(raw) {
		return raw, 0
	}
	text, blank, ok := fold(buf[:0], raw)
	if !ok {
		return nil, fault.CardNotDigits
	}
	if blank {
		return nil, 0
	}
	if last := len(text) - 1; last > 0 && nw7(text[0]) && nw7(text[last]) {
		text = text[1:last]
	}
	if len(text) >= 3 {
		switch string(text[:3]) {
		case "]C0", "]C1", "]E0":
			text = text[3:]
		}
	}
	if len(text) == 0 || !allDigits(text) {
		return nil, fault.CardNotDigits
	}
	return text, 0
}

// fold appends raw in ASCII without spaces and hyphens; blank says that raw held nothing but spaces. False
// if raw holds another character.
func fold(dst, raw []byte) (text []byte, blank, ok bool) {
	blank = true
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		raw = raw[size:]
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFF01 - '!'
		}
		switch {
		case r == ' ' || r == 0x3000:
		case r == '-' || r == 0x2212:
			blank = false
		case r < utf8.RuneSelf:
			blank = false
			dst = append(dst, byte(r))
		default:
			return nil, false, false
		}
	}
	return dst, blank, true
}

// nw7 says whether c is a start or stop letter of the NW-7 (Codabar) barcode.
func nw7(c byte) bool { return c >= 'A' && c <= 'D' || c >= 'a' && c <= 'd' }

func allDigits(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		const lows, tens = 0x0101010101010101, 0xF0F0F0F0F0F0F0F0
		w := binary.LittleEndian.Uint64(b)
		if w&tens != '0'*lows || (w+6*lows)&tens != '0'*lows {
			return false
		}
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
