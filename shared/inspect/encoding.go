package inspect

import (
	"bytes"
	"strings"

	"multipoint/shared/charset"
)

// encoding decodes samples, in which single characters may be broken.
type encoding struct{ charset.Encoding }

// retryLimit bounds how often decoding goes on behind a byte that is no character.
const retryLimit = 20_000

// decode gives text as UTF-8 and the number of bytes that are no characters; each of them becomes U+FFFD.
func (e encoding) decode(b []byte) (text string, bad int) {
	retries := retryLimit
	if !e.IsASCIISafe() {
		retries = 100 // an open two-byte run is only known as such at the end of the text
	}
	out, at := e.AppendUTF8(nil, b)
	for at >= 0 {
		bad++
		out = append(out, "\uFFFD"...)
		b = b[at+1:]
		if bad == retries {
			return string(append(out, "\uFFFD"...)), bad + len(b)
		}
		out, at = e.AppendUTF8(out, b)
	}
	return string(out), bad
}

// decodeLines is decode, but that text of ISO-2022-JP which is broken is decoded line by line, so that the
// next line begins in ASCII whatever was cut.
func (e encoding) decodeLines(b []byte) (text string, bad int) {
	if e.IsASCIISafe() || e.Valid(b) < 0 {
		return e.decode(b)
	}
	var out strings.Builder
	for line := range bytes.Lines(b) {
		part, n := e.decode(line)
		out.WriteString(part)
		bad += n
	}
	return out.String(), bad
}

// text decodes the bytes of a column.
func (e encoding) text(b []byte) string {
	if charset.ASCII(b) && e.IsASCIISafe() {
		return string(b)
	}
	s, _ := e.decode(b)
	return s
}

// findEncoding sets encoding, BOM, EOF mark, body and text; it gives a reason if the sample is no text.
func (w *work) findEncoding(sample []byte) string {
	r := w.report
	if bytes.HasPrefix(sample, []byte("\xFF\xFE")) || bytes.HasPrefix(sample, []byte("\xFE\xFF")) {
		return "The file begins with the mark of UTF-16, which no layout reads; export it as UTF-8 or CP932."
	}
	w.body, r.BOM = bytes.CutPrefix(sample, []byte(charset.BOM))
	w.body, r.EOFMark = bytes.CutSuffix(w.body, []byte{0x1A})
	if nul := bytes.Count(w.body, []byte{0}); perMille(nul, len(w.body)) > 1 {
		return "The sample holds " + number(nul) + " NUL bytes: packed decimals, UTF-16 or no text at all."
	}
	choice := chooseEncoding(sample, w.body, len(sample) < SampleBytes)
	detected := choice.encoding
	w.enc = encoding{detected}
	var bad, controls int
	w.text, bad = w.enc.decodeLines(w.body)
	for _, b := range w.body {
		if b < 0x20 && b != '\n' && b != '\r' && b != '\t' && b != 0x1B {
			controls++
		}
	}
	if perMille(bad+controls, len(w.body)) > 50 {
		return "The sample is no text: " + number(bad) + " bytes are no characters of " + detected.String() +
			", " + number(controls) + " are control characters."
	}
	r.Encoding = encodingFinding(choice, sample)
	if bad > 0 && (!r.Truncated || bad > 3) {
		w.note(number(bad) + " bytes in " + number(max(1, choice.bad)) + " lines are no characters of " +
			detected.String() + "; they are bad lines (R4).")
		if r.Encoding.Sure == High {
			r.Encoding.Sure = Medium
		}
	}
	return ""
}

// encodingFinding says how sure the choice is.
func encodingFinding(c encodingChoice, sample []byte) Finding {
	e := c.encoding
	f := Finding{Value: e.String(), Sure: Low}
	share := number(c.bad) + " of " + number(c.lines) +
		" lines beyond ASCII hold bytes that are no characters"
	switch {
	case c.bad > 0 && most(c.bad, c.lines) && e != charset.UTF8BOM && e != charset.ISO2022JP:
		f.Why = share + " in any encoding; the others are ASCII, which every encoding reads alike"
		return f
	case c.bad > 0 && c.bad*10 <= c.lines:
		f.Sure, f.Why = Medium, share+", and more in other encodings"
	case c.bad > 0:
		f.Why = share + ", and not fewer in other encodings"
	case c.confidence == charset.Certain:
		f.Sure, f.Why = High, "all characters are valid, and in no other encoding"
	case c.confidence == charset.Likely:
		f.Sure, f.Why = Medium, "the characters are everyday Japanese, and less so in other encodings"
	default:
		f.Why = "nothing in the sample decides"
		if charset.ASCII(sample) {
			f.Why = "only ASCII, which every encoding reads alike"
		}
	}
	switch {
	case e == charset.UTF8BOM:
		f.Sure, f.Why = High, "the file begins with the mark EF BB BF"
	case e == charset.ISO2022JP:
		f.Sure, f.Why = High, "the file has the escape sequences of ISO-2022-JP"
	}
	if c.bad > 0 && f.Sure == High {
		f.Sure, f.Why = Medium, f.Why+"; "+share
	}
	return f
}

// trimmed takes blanks, full-width ones too, off both ends.
func trimmed(s string) string { return strings.Trim(s, " \u3000\t") }
