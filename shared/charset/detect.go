package charset

import (
	"bytes"
	"unicode/utf8"
)

// Confidences of Detect.
const (
	Certain = "certain" // marks or well-formedness leave no other choice
	Likely  = "likely"  // the other choice can be read too, but hardly makes sense
	Unsure  = "unsure"  // nothing in the sample decides
)

// Detect guesses the encoding of a file's first bytes for the layout assistant, which shows it to a person.
// Files of the night are never guessed: their layout says what they are. Order (DOMAIN 2.1): byte order
// mark, escape sequences of ISO-2022-JP, valid UTF-8 with a multi-byte character, then CP932 against
// EUC-JP. A character that the end of the sample cuts does not count. Only ASCII, or nothing readable, is
// CP932 and Unsure.
func Detect(sample []byte) (e Encoding, confidence string) {
	if bytes.HasPrefix(sample, []byte(BOM)) {
		return UTF8BOM, Certain
	}
	if ASCII(sample) {
		if bytes.Contains(sample, []byte("\x1B$")) {
			return ISO2022JP, Certain
		}
		return CP932, Unsure
	}
	if validButCut(UTF8, sample) {
		return UTF8, Certain
	}
	sjis, euc := validButCut(CP932, sample), validButCut(EUCJP, sample)
	switch {
	case sjis && !euc:
		return CP932, Certain
	case euc && !sjis:
		return EUCJP, Certain
	case !sjis:
		return CP932, Unsure
	}
	a, b := plausibility(CP932, sample), plausibility(EUCJP, sample)
	switch {
	case a-b >= 20:
		return CP932, Likely
	case b-a >= 20:
		return EUCJP, Likely
	case b > a:
		return EUCJP, Unsure
	}
	return CP932, Unsure
}

// validButCut says whether sample is valid but for a character that its end cuts.
func validButCut(e Encoding, sample []byte) bool {
	at := e.Valid(sample)
	if at < 0 {
		return true
	}
	rest := sample[at:]
	switch e {
	case CP932:
		return len(rest) == 1 && isLead932(rest[0])
	case EUCJP:
		return len(rest) == 1 && rest[0] >= 0x8E || len(rest) == 2 && rest[0] == 0x8F
	}
	return !utf8.FullRune(rest)
}

// plausibility is the share, in percent, of the characters beyond ASCII that everyday Japanese uses. Text
// read in the wrong encoding is full of rare kanji, lone voice marks and half-width punctuation.
func plausibility(e Encoding, sample []byte) int {
	text, _ := e.AppendUTF8(nil, sample)
	codes := jisCodes()
	common, all := 0, 0
	var last rune
	for _, r := range string(text) {
		if r >= utf8.RuneSelf {
			all++
			if everyday(r, last, codes) {
				common++
			}
		}
		last = r
	}
	return common * 100 / max(all, 1)
}

// everyday says whether r, which follows last, is kana, a sign or one of the 2,965 kanji of level 1 (rows
// 16–47).
func everyday(r, last rune, codes *codeTable) bool {
	switch {
	case r == '\uFF9E': // the half-width voice mark follows ｶ to ﾄ, ﾊ to ﾎ and ｳ only
		return '\uFF76' <= last && last <= '\uFF84' || '\uFF8A' <= last && last <= '\uFF8E' ||
			last == '\uFF73'
	case r == '\uFF9F':
		return '\uFF8A' <= last && last <= '\uFF8E'
	case '\uFF61' <= r && r <= '\uFF65':
		return false
	case '\uFF66' <= r && r <= '\uFF9D':
		return true
	}
	lead := codes.of(r) >> 8
	return 0x21 <= lead && lead <= 0x25 && lead != 0x22 || 0x30 <= lead && lead <= 0x4F
}
