package calendar

import (
	"strconv"
	"unicode/utf8"
)

// number reads one to eight ASCII digits.
func number(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 8 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// three reads six digits as three pairs.
func three(b []byte) (y, m, d int, ok bool) {
	n, ok := number(b)
	if !ok || len(b) != 6 {
		return 0, 0, 0, false
	}
	return n / 10_000, n / 100 % 100, n % 100, true
}

// append2 writes a number of 0 to 99 as two digits.
func append2(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// fold copies b to dst with full-width characters (U+FF01 to U+FF5E) as their ASCII ones; text that is ASCII
// already is given back as it is. False if the result does not fit into dst's room.
func fold(dst, b []byte) ([]byte, bool) {
	ascii := true
	for _, c := range b {
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return b, len(b) <= cap(dst)
	}
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFF01 - '!'
		}
		if r >= utf8.RuneSelf || len(dst) == cap(dst) {
			return nil, false
		}
		dst = append(dst, byte(r))
		b = b[size:]
	}
	return dst, true
}
