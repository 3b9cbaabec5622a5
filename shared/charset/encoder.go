package charset

import (
	"math"
	"unicode/utf8"
)

// Encoder writes an encoding. Its zero value writes UTF-8. It is not changed by its methods.
//
// A character is written with its own code; else with the code of its twin (〜 U+301C as ～, − U+2212 as －, ‖
// ¢ £ ¬ — ¥ likewise; not in UTF-8, which has all of them); else as its substitute; else it cannot be
// written. CP932 has JIS X 0208, NEC row 13, the IBM extensions and half-width kana; EUC-JP has JIS X 0208
// and half-width kana; ISO-2022-JP has JIS X 0208 and of the control characters all but SO, SI and ESC.
type Encoder struct {
	Encoding Encoding
	// NEC chooses among the two codes that CP932 has for 360 kanji and 13 signs of the IBM extensions:
	// false writes FA40–FC4B as Windows does (髙 is FB FC), true writes ED40–EEFC (髙 is EE E0). Characters
	// that JIS X 0208 or NEC row 13 have too (¬ ∵ ㈱ № ℡ Ⅰ) are written from there in either case.
	NEC bool
	// Substitutes are the replacements agreed with a partner, for characters that cannot be written
	// otherwise. A substitute has no substitutes in turn: if it cannot be written, neither can the
	// character.
	Substitutes map[rune]string
}

// Append encodes the UTF-8 text src and appends it to dst. badAt is the offset in src of the first
// character that cannot be written or is no well-formed UTF-8, -1 if there is none; out then ends with the
// character before it. ISO-2022-JP begins and ends in ASCII at each call, also at a bad character. No byte
// order mark is written.
func (e Encoder) Append(dst, src []byte) (out []byte, badAt int) {
	switch e.Encoding {
	case CP932, EUCJP:
		return e.appendPairs(dst, src, e.codes())
	case ISO2022JP:
		return e.appendISO2022JP(dst, src)
	}
	return e.Encoding.AppendUTF8(dst, src)
}

// Width is the number of bytes that Append would append, and the same badAt.
func (e Encoder) Width(src []byte) (n, badAt int) {
	_, n, badAt = e.Fit(src, math.MaxInt)
	return n, badAt
}

// Fit finds how much of the UTF-8 text src fits into width bytes: src[:cut] is the longest prefix of whole
// characters that does, n its number of bytes when written. badAt is as in Append, within what fits.
func (e Encoder) Fit(src []byte, width int) (cut, n, badAt int) {
	m := meter{encoding: e.Encoding, codes: e.codes()}
	for cut < len(src) {
		r, size := utf8.DecodeRune(src[cut:])
		if r == utf8.RuneError && size == 1 {
			return cut, m.total(), cut
		}
		next := m
		if !next.add(r) && !e.addSubstitute(&next, r) {
			return cut, m.total(), cut
		}
		if next.total() > width {
			return cut, m.total(), -1
		}
		m, cut = next, cut+size
	}
	return cut, m.total(), -1
}

func (e Encoder) addSubstitute(m *meter, r rune) bool {
	text, ok := e.Substitutes[r]
	if !ok || !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if !m.add(r) {
			return false
		}
	}
	return true
}

// codes is the table that e writes with, nil for UTF-8.
func (e Encoder) codes() *codeTable {
	switch e.Encoding {
	case CP932:
		if e.NEC {
			return necCodes()
		}
		return windowsCodes()
	case EUCJP:
		return eucCodes()
	case ISO2022JP:
		return jisCodes()
	}
	return nil
}

// appendPairs is Append for CP932 and EUC-JP.
func (e Encoder) appendPairs(dst, src []byte, c *codeTable) (out []byte, badAt int) {
	for i := 0; i < len(src); {
		n := asciiLen(src[i:])
		dst = append(dst, src[i:i+n]...)
		i += n
		for i < len(src) && src[i] >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && size == 1 {
				return dst, i
			}
			var ok bool
			if dst, ok = appendCode(dst, c.of(r)); !ok {
				if dst, ok = e.appendSubstitute(dst, r, c); !ok {
					return dst, i
				}
			}
			i += size
		}
	}
	return dst, -1
}

// appendCode appends a code of one or two bytes.
func appendCode(dst []byte, code uint16) ([]byte, bool) {
	if code > 0xFF {
		return append(dst, byte(code>>8), byte(code)), true
	}
	if code != 0 {
		return append(dst, byte(code)), true
	}
	return dst, false
}

// appendSubstitute appends the replacement of r, all of it or nothing.
func (e Encoder) appendSubstitute(dst []byte, r rune, c *codeTable) ([]byte, bool) {
	text, ok := e.Substitutes[r]
	if !ok || !utf8.ValidString(text) {
		return dst, false
	}
	out := dst
	for _, r := range text {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		} else if out, ok = appendCode(out, c.of(r)); !ok {
			return dst, false
		}
	}
	return out, true
}

// appendISO2022JP is Append for ISO-2022-JP.
func (e Encoder) appendISO2022JP(dst, src []byte) (out []byte, badAt int) {
	w := isoWriter{out: dst, codes: jisCodes()}
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return w.close(), i
		}
		before := w
		if !w.add(r) {
			text, ok := e.Substitutes[r]
			ok = ok && utf8.ValidString(text)
			for _, r := range text {
				ok = ok && w.add(r)
			}
			if !ok {
				return before.close(), i
			}
		}
		i += size
	}
	return w.close(), -1
}

// isoWriter appends characters in ISO-2022-JP.
type isoWriter struct {
	out   []byte
	codes *codeTable
	kanji bool
}

// add appends r and the escape sequence it needs; it says false, and appends nothing, if r cannot be
// written.
func (w *isoWriter) add(r rune) bool {
	if isoSingle(r) {
		w.out = append(w.close(), byte(r))
		w.kanji = false
		return true
	}
	code := w.codes.of(r)
	if code == 0 {
		return false
	}
	if !w.kanji {
		w.out = append(w.out, toKanji...)
		w.kanji = true
	}
	w.out = append(w.out, byte(code>>8), byte(code))
	return true
}

// close gives the text with a return to ASCII at its end.
func (w *isoWriter) close() []byte {
	if w.kanji {
		return append(w.out, toASCII...)
	}
	return w.out
}

// isoSingle says whether r is written as one byte: ASCII without the three controls that change the set.
func isoSingle(r rune) bool {
	return r < utf8.RuneSelf && r != escape && r != shiftOut && r != shiftIn
}

// meter counts the bytes that a text would take.
type meter struct {
	encoding Encoding
	codes    *codeTable
	n        int
	kanji    bool
}

// add counts r; it says false, and counts nothing, if r cannot be written.
func (m *meter) add(r rune) bool {
	switch {
	case m.codes == nil:
		m.n += utf8.RuneLen(r)
		return true
	case m.encoding == ISO2022JP:
		return m.addISO(r)
	case r < utf8.RuneSelf:
		m.n++
		return true
	}
	code := m.codes.of(r)
	if code > 0xFF {
		m.n++
	}
	if code != 0 {
		m.n++
	}
	return code != 0
}

func (m *meter) addISO(r rune) bool {
	single := isoSingle(r)
	if !single && m.codes.of(r) == 0 {
		return false
	}
	if m.kanji == single { // an escape sequence stands before r
		m.n += len(toKanji)
		m.kanji = !single
	}
	m.n++
	if !single {
		m.n++
	}
	return true
}

// total is the count with the return to ASCII.
func (m *meter) total() int {
	if m.kanji {
		return m.n + len(toASCII)
	}
	return m.n
}
