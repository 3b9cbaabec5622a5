package profile

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// katakana writes a reading in full-width katakana: hiragana and half-width katakana too are taken, voiced
// marks join the character before them, spaces are full-width.
func katakana(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r >= 'ぁ' && r <= 'ゖ':
			return r + 'ァ' - 'ぁ'
		case r == '゛': // the marks as characters of their own
			return '\u3099'
		case r == '゜':
			return '\u309A'
		case halfKana(r):
			return []rune(width.Widen.String(string(r)))[0]
		case unicode.Is(unicode.Zs, r):
			return '\u3000'
		}
		return r
	}, trim(text))
	return oneSpace(norm.NFC.String(text))
}

// notKana says what keeps a text from being a reading (DOMAIN 6.1): a character that none has, or that it has
// no letter.
func notKana(text string) (found Finding, bad bool) {
	letters := false
	for _, r := range text {
		switch {
		case r >= 'ァ' && r <= 'ヴ':
			letters = true
		case r != 'ー' && r != '・' && r != '\u3000':
			return Finding{Kind: OddCharacter, Rune: r}, true
		}
	}
	return Finding{Kind: NoLetter}, !letters
}

// kanaKey is a reading without what people write or leave out as they like.
func kanaKey(kana string) string { return strings.NewReplacer("\u3000", "", "・", "").Replace(kana) }
