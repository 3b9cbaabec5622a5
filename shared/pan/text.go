package pan

import (
	"encoding/binary"
	"math/bits"
)

// Bytes are looked at eight at a time, as the bytes of one word (the first one is the lowest).
const (
	highBits = 0x8080808080808080
	lowBits  = 0x0101010101010101
)

// wideLead is the first byte of full-width digits in UTF-8: EF BC 90 to EF BC 99.
const wideLead = 0xEF

// hop gives the first digit from i on with which a number can begin, or the end of b; there is no digit
// directly before i.
//
// A number fills minDigits bytes or more, has a digit in any eight of them, and no breaker. So where the last
// eight of the next minDigits bytes have no digit, none begins in any of them, and where there is a breaker,
// none begins up to it.
func hop(b []byte, i int) int {
	const last = minDigits - 8
	for len(b)-i >= minDigits {
		w := binary.LittleEndian.Uint64(b[i+last:])
		digits := digitMarks(w)
		if digits|wideMarks(w) == 0 {
			i += minDigits
			continue
		}
		if m := breakers(w, digits); m != 0 {
			i += last + highest(m) + 1
			continue
		}
		w = binary.LittleEndian.Uint64(b[i:])
		if m := breakers(w, digitMarks(w)); m != 0 {
			i += highest(m) + 1
			continue
		}
		if _, width := digit(b, i); width > 0 {
			return i
		}
		i++
	}
	return len(b)
}

// digitMarks sets the high bit of each byte of w that is an ASCII digit, exactly: no sum carries into the
// next byte.
func digitMarks(w uint64) uint64 {
	low := w &^ highBits
	return (low + (0x80-'0')*lowBits) &^ (low + (0x80-'9'-1)*lowBits) &^ w & highBits
}

// wideMarks sets the high bit of each byte of w with which a full-width form begins.
func wideMarks(w uint64) uint64 { return zeros(w ^ wideLead*lowBits) }

// breakers sets the high bit of each ASCII byte of w that is neither a digit nor a separator.
func breakers(w, digits uint64) uint64 {
	return ^(w | digits | zeros(w^' '*lowBits) | zeros(w^'-'*lowBits)) & highBits
}

// zeros sets the high bit of each byte of w that is 0, exactly.
func zeros(w uint64) uint64 { return ^((w&^highBits + ^uint64(highBits)) | w | ^uint64(highBits)) }

// highest is the place of the last marked byte.
func highest(marks uint64) int { return (63 - bits.LeadingZeros64(marks)) >> 3 }

// digit gives the digit at i and its width in bytes, 0 if there is none.
func digit(b []byte, i int) (d byte, width int) {
	if i >= len(b) {
		return 0, 0
	}
	if d = b[i] - '0'; d <= 9 {
		return d, 1
	}
	if b[i] == wideLead && len(b)-i >= 3 && b[i+1] == 0xBC {
		if d = b[i+2] - 0x90; d <= 9 {
			return d, 3
		}
	}
	return 0, 0
}

// group reads the digits from i on and appends them to the n in digits, as long as they fit; it counts one
// more than fit and stops there. at is the place behind what was read.
func group(b []byte, i int, digits *[maxDigits]byte, n int) (count, at int) {
	for n <= maxDigits {
		d, width := digit(b, i)
		if width == 0 {
			break
		}
		if n < maxDigits {
			digits[n] = d
		}
		n++
		i += width
	}
	return n, i
}

// pastDigits gives the place after the digits from i on.
func pastDigits(b []byte, i int) int {
	for {
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		_, width := digit(b, i)
		if width == 0 {
			return i
		}
		i += width
	}
}

// separator gives the width in bytes of the space or hyphen at i, 0 if there is none: U+0020, U+3000, U+002D,
// U+FF0D, U+2212 (R7).
func separator(b []byte, i int) int {
	switch {
	case i >= len(b):
		return 0
	case b[i] == ' ', b[i] == '-':
		return 1
	case len(b)-i < 3:
		return 0
	}
	switch string(b[i : i+3]) {
	case "\u3000", "\uFF0D", "\u2212":
		return 3
	}
	return 0
}
