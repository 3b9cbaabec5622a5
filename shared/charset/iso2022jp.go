package charset

import "unicode/utf8"

// isoSet is the character set that an escape sequence of ISO-2022-JP has chosen.
type isoSet uint8

const (
	isoASCII isoSet = iota // ESC ( B, and the start
	isoRoman               // ESC ( J: ASCII with ¥ for \ and ‾ for ~
	isoKanji               // ESC $ @ and ESC $ B: two bytes a character
)

// The bytes that would change the character set where they stand for themselves.
const (
	shiftOut = 0x0E
	shiftIn  = 0x0F
	escape   = 0x1B
)

const (
	toKanji = "\x1B$B"
	toASCII = "\x1B(B"
)

// isoText walks over ISO-2022-JP as RFC 1468 defines it: the four escape sequences above and no others (so
// no half- width kana), JIS X 0208 without vendor rows, no control character inside a two-byte run.
type isoText struct {
	src []byte
	at  int
	set isoSet
	// opened is the offset of the escape sequence that began the two-byte run.
	opened int
}

// next gives the next character, or r = -1 after an escape sequence, or ok = false at a byte that is no
// character.
func (t *isoText) next(jis *pairTable) (r rune, ok bool) {
	b := t.src[t.at]
	switch {
	case b == escape:
		return -1, t.choose()
	case t.set == isoKanji:
		if t.at+1 == len(t.src) || !isJISX0208(int(b)) {
			return 0, false
		}
		r = rune(jis.pair[(uint(b)<<8|uint(t.src[t.at+1]))^0x8080])
		t.at += 2
		return r, r != 0
	case b >= utf8.RuneSelf || b == shiftOut || b == shiftIn:
		return 0, false
	}
	t.at++
	if t.set == isoRoman && b == '\\' {
		return '\u00A5', true
	}
	if t.set == isoRoman && b == '~' {
		return '\u203E', true
	}
	return rune(b), true
}

// choose takes the escape sequence at t.at.
func (t *isoText) choose() bool {
	if len(t.src)-t.at < 3 {
		return false
	}
	before := t.set
	switch string(t.src[t.at : t.at+3]) {
	case toASCII:
		t.set = isoASCII
	case "\x1B(J":
		t.set = isoRoman
	case "\x1B$@", toKanji:
		t.set = isoKanji
		if before != isoKanji {
			t.opened = t.at
		}
	default:
		return false
	}
	t.at += 3
	return true
}

// appendISO2022JP is Encoding.AppendUTF8. A two-byte run without its end is an error, as the part of the
// file behind it would be read as ASCII without a word.
func appendISO2022JP(dst, src []byte) (out []byte, badAt int) {
	t, jis := isoText{src: src}, eucTable()
	closed := len(dst)
	for t.at < len(src) {
		at := t.at
		r, ok := t.next(jis)
		if !ok {
			return dst, at
		}
		if r >= 0 {
			dst = utf8.AppendRune(dst, r)
		}
		if t.set != isoKanji {
			closed = len(dst)
		}
	}
	if t.set == isoKanji {
		return dst[:closed], t.opened
	}
	return dst, -1
}

// validISO2022JP is Encoding.Valid.
func validISO2022JP(src []byte) (badAt int) {
	t, jis := isoText{src: src}, eucTable()
	for t.at < len(src) {
		at := t.at
		if _, ok := t.next(jis); !ok {
			return at
		}
	}
	if t.set == isoKanji {
		return t.opened
	}
	return -1
}
