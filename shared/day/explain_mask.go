package day

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"multipoint/shared/charset"
)

// decodeLine gives a line as UTF-8; bytes that are no character are shown as \x80.
func decodeLine(encoding string, raw []byte) []byte {
	e, ok := charset.Parse(encoding)
	if !ok {
		return fmt.Appendf(nil, "%q", raw)
	}
	var out []byte
	for {
		text, badAt := e.AppendUTF8(nil, raw)
		out = append(out, text...)
		if badAt < 0 {
			return out
		}
		out = fmt.Appendf(out, `\x%02x`, raw[badAt])
		raw = raw[badAt+1:]
	}
}

// digit gives the value of a digit of any script, -1 for other characters.
func digit(r rune) int {
	switch {
	case '0' <= r && r <= '9':
		return int(r - '0')
	case '０' <= r && r <= '９':
		return int(r - '０')
	case r > unicode.MaxLatin1 && unicode.IsDigit(r):
		return 0 // no number is read from it, but it is masked
	}
	return -1
}

// joins says whether a character may stand between the digits of one number.
func joins(r rune) bool {
	return r == ' ' || r == '-' || r == '　' || r == '－' || r == '−' || r == '‐'
}

// digitsOf gives the digits of a text.
func digitsOf(text string) (out []byte) {
	for _, r := range text {
		if d := digit(r); d >= 0 {
			out = append(out, byte('0'+d))
		}
	}
	return out
}

// shown is how many digits of a number are shown.
const shown = 4

// maskNumber hides all but the last digits of a number.
func maskNumber(number string) string {
	n := max(0, len(number)-shown)
	if len(number) <= shown {
		n = len(number)
	}
	return strings.Repeat("*", n) + number[n:]
}

// anyNumber is how many digits in a row may be a card number of somebody, wherever they stand; unsafe how
// many in a line whose columns cannot be told apart.
const (
	anyNumber = 13
	unsafe    = 7
)

// maskLine hides the card numbers of a line: those of its card columns wherever they stand, and what is as
// long as one; if the columns could not be told apart, everything that may be a number.
func maskLine(text []byte, cards [][]byte, unreadable bool) string {
	type place struct{ at, size int }
	hidden := map[int]bool{} // by place in text
	var digits []byte
	var places []place
	end := func() {
		least := anyNumber
		if unreadable {
			least = unsafe
		}
		hide := func(from, to int) {
			for i := from; i < to-shown; i++ {
				hidden[places[i].at] = true
			}
			if to-from <= shown {
				for i := from; i < to; i++ {
					hidden[places[i].at] = true
				}
			}
		}
		for _, c := range cards {
			for from := 0; len(c) > 0 && from+len(c) <= len(digits); {
				i := bytes.Index(digits[from:], c)
				if i < 0 {
					break
				}
				hide(from+i, from+i+len(c))
				from += i + 1
			}
		}
		if len(digits) >= least && (unreadable || len(digits) <= 19) {
			hide(0, len(digits))
		}
		digits, places = digits[:0], places[:0]
	}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if d := digit(r); d >= 0 {
			digits, places = append(digits, byte('0'+d)), append(places, place{at, size})
		} else if !joins(r) {
			end()
		}
		at += size
	}
	end()
	var b strings.Builder
	for at := 0; at < len(text); {
		_, size := utf8.DecodeRune(text[at:])
		if hidden[at] {
			b.WriteByte('*')
		} else {
			b.Write(text[at : at+size])
		}
		at += size
	}
	return b.String()
}
