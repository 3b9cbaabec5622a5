package inspect

import (
	"bytes"

	"multipoint/shared/charset"
)

// encodingChoice is the encoding in which the fewest lines hold bytes that are no characters. Only lines with
// bytes beyond ASCII count; in ISO-2022-JP, which has none, all of them are bad.
type encodingChoice struct {
	encoding   charset.Encoding
	confidence string // of charset.Detect, for the lines that are valid
	bad, lines int
}

// chooseEncoding takes what charset.Detect says of a sample that is valid. Of a spoilt one it takes the
// encoding with the smallest share of bad lines; UTF-8 before others, as no other text looks like it by
// chance. whole says that the sample is the whole file, so that no character is cut at its end.
func chooseEncoding(sample, body []byte, whole bool) encodingChoice {
	e, confidence := charset.Detect(sample)
	c := encodingChoice{encoding: e, confidence: confidence}
	if e == charset.UTF8 {
		return c
	}
	lines := linesBeyondASCII(body, whole)
	c.lines = len(lines)
	if e == charset.UTF8BOM || len(lines) == 0 {
		c.bad = badLines(charset.UTF8, lines)
		return c
	}
	if bytes.Contains(body, []byte("\x1B$")) {
		if len(lines)*10 <= bytes.Count(body, []byte("\n")) {
			c.encoding, c.confidence, c.bad = charset.ISO2022JP, charset.Certain, len(lines)
			return c
		}
	}
	utf8, sjis, euc := badLines(charset.UTF8, lines), badLines(charset.CP932, lines),
		badLines(charset.EUCJP, lines)
	switch limit := max(sjis, euc); {
	case len(lines)-utf8 >= 3 && utf8*10 <= len(lines) && (sjis > 0 && euc > 0 || utf8*20 <= len(lines)):
		c.encoding, c.bad = charset.UTF8, utf8
	case min(sjis, euc) == 0:
		c.bad = 0 // Detect knows
	case limit-min(sjis, euc) <= allowed(len(lines)) && limit < len(lines):
		c.encoding, c.confidence = charset.Detect(bytes.Join(validInBoth(lines), nil))
		c.bad = badLines(c.encoding, lines)
	case euc < sjis:
		c.encoding, c.bad = charset.EUCJP, euc
	default:
		c.encoding, c.bad = charset.CP932, sjis
	}
	return c
}

// linesBeyondASCII gives the lines with other bytes. Of a sample that is a part of a file the last line may
// be cut inside a character and is left out.
func linesBeyondASCII(body []byte, whole bool) [][]byte {
	var out [][]byte
	for line := range bytes.Lines(body) {
		if !charset.ASCII(line) {
			out = append(out, line)
		}
	}
	if n := len(out); n > 1 && !whole && !bytes.HasSuffix(out[n-1], []byte("\n")) {
		out = out[:n-1]
	}
	return out
}

func badLines(e charset.Encoding, lines [][]byte) int {
	bad := 0
	for _, line := range lines {
		if e.Valid(line) >= 0 {
			bad++
		}
	}
	return bad
}

// validInBoth gives the lines that CP932 and EUC-JP can both read; which of them is more likely is a question
// of which characters occur.
func validInBoth(lines [][]byte) [][]byte {
	var out [][]byte
	for _, line := range lines {
		if charset.CP932.Valid(line) < 0 && charset.EUCJP.Valid(line) < 0 {
			out = append(out, line)
		}
	}
	return out
}
