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
	detected, confidence := charset.Detect(sample)
	w.enc = encoding{detected}
	var bad, controls int
	w.text, bad = w.enc.decode(w.body)
	for _, b := range w.body {
		if b < 0x20 && b != '\n' && b != '\r' && b != '\t' && b != 0x1B {
			controls++
		}
	}
	if perMille(bad+controls, len(w.body)) > 50 {
		return "The sample is no text: " + number(bad) + " bytes are no characters of " + detected.String() +
			", " + number(controls) + " are control characters."
	}
	r.Encoding = encodingFinding(detected, confidence, sample)
	if bad > 0 && (!r.Truncated || bad > 3) {
		w.note(number(bad) + " bytes are no characters of " + detected.String() +
			"; their lines are bad lines (R4).")
		if r.Encoding.Sure == High {
			r.Encoding.Sure = Medium
		}
	}
	return ""
}

func encodingFinding(e charset.Encoding, confidence string, sample []byte) Finding {
	f := Finding{Value: e.String(), Sure: Low}
	switch confidence {
	case charset.Certain:
		f.Sure, f.Why = High, "all characters are valid, and in no other encoding"
	case charset.Likely:
		f.Sure, f.Why = Medium, "the characters are everyday Japanese, and less so in other encodings"
	default:
		f.Why = "nothing in the sample decides"
		if charset.ASCII(sample) {
			f.Why = "only ASCII, which every encoding reads alike"
		}
	}
	switch {
	case e == charset.UTF8BOM:
		f.Why = "the file begins with the mark EF BB BF"
	case e == charset.ISO2022JP:
		f.Why = "the file has the escape sequences of ISO-2022-JP"
	}
	return f
}

// trimmed takes blanks, full-width ones too, off both ends.
func trimmed(s string) string { return strings.Trim(s, " \u3000\t") }
