package profile

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// tooMuch is how many bytes of a field are looked at; with more it is too long, whatever is in it.
const tooMuch = 4096

// clean brings typed text into the form in which it is kept: spaces off both ends; inside, spaces in a row
// become one, full-width if one of them was; NFC, so that か and a voiced mark are が. CJK compatibility
// ideographs stay what was typed: NFC would make 神 (U+FA19) and the like, which stand in people's names,
// another character.
func clean(text string) string {
	text = trim(text)
	var b strings.Builder
	for len(text) > 0 {
		i := strings.IndexFunc(text, compatibility)
		if i < 0 {
			i = len(text)
		}
		b.WriteString(norm.NFC.String(text[:i]))
		text = text[i:]
		if len(text) > 0 {
			_, size := utf8.DecodeRuneInString(text)
			b.WriteString(text[:size])
			text = text[size:]
		}
	}
	return oneSpace(b.String())
}

// compatibility finds the CJK compatibility ideographs.
func compatibility(r rune) bool {
	return r >= 0xF900 && r <= 0xFAFF || r >= 0x2F800 && r <= 0x2FA1F
}

func oneSpace(text string) string {
	const wide = '\u3000'
	var b strings.Builder
	space := rune(0)
	for _, r := range text {
		if unicode.Is(unicode.Zs, r) {
			if r == wide || space == wide {
				space = wide
			} else {
				space = ' '
			}
			continue
		}
		if space != 0 {
			b.WriteRune(space)
			space = 0
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plain brings numbers and addresses into ASCII where full-width characters stand for it (U+FF01 to U+FF5E),
// and takes spaces off both ends.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xFF01 && r <= 0xFF5E {
			return r - 0xFF01 + '!'
		}
		return r
	}, trim(text))
}

// trim takes off both ends what a key or a copied cell leaves there: spaces of all widths, tabs, line ends.
func trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool {
		return unicode.Is(unicode.Zs, r) || r >= '\t' && r <= '\r'
	})
}

// hyphens are what people and their keyboards put between digits: dashes of all lengths, the minus sign, the
// long vowel in both widths, the line of a table.
const hyphens = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30FC\uFF0D\uFF70\u2500\uFE58\uFE63"

// digits gives the ASCII digits of a number as typed: full-width ones count, spaces and hyphens do not. If it
// holds another character, that is odd, and the digits mean nothing.
func digits(text string) (found string, odd rune, ok bool) {
	var b strings.Builder
	for _, r := range plain(text) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Zs, r) || strings.ContainsRune(hyphens, r):
		default:
			return "", r, false
		}
	}
	return b.String(), 0, true
}

// notTaken gives the first character of a text that no field takes, or that is refused in this one.
func notTaken(text string, refused func(rune) bool) (r rune, found bool) {
	before := rune(0)
	for i, r := range text {
		if r == utf8.RuneError { // broken UTF-8, or what it became on the way here
			return r, true
		}
		if notText(r) || emoji(r) || refused(r) || unseen(r) && !variant(before, text[i:]) {
			return r, true
		}
		before = r
	}
	return 0, false
}

// notText finds what is no character to read, by Go's tables of Unicode 15: control and format characters,
// among them all that turn the direction of text; line ends; private use; what is not assigned. The planes 2
// and 3 are for ideographs alone and still grow: what a newer phone can write there is a character.
func notText(r rune) bool {
	if r>>16 == 2 || r>>16 == 3 {
		return r&0xFFFE == 0xFFFE
	}
	return !unicode.IsGraphic(r)
}

// unseen finds characters without a shape of their own: fillers, joiners, variation selectors.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// variant says whether text begins with the selector of a written form of the ideograph before it, as in 葛󠄀:
// part of how a name is written.
func variant(before rune, text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return r >= 0xE0100 && r <= 0xE01EF && unicode.Is(unicode.Ideographic, before)
}

// emoji finds what is drawn as a picture: Unicode's property Emoji_Presentation, in full below U+1F000; above
// it all symbols, as hardly another kind stands there; and what makes a picture of a character before it
// (U+FE0F, U+20E3). Symbols of print such as ☆ № ㈱ are none: buildings have them in their names.
func emoji(r rune) bool {
	if r >= 0x1F000 {
		return unicode.In(r, unicode.So, unicode.Sk)
	}
	return r == 0xFE0F || r == 0x20E3 || slices.Contains(pictures, r)
}

// pictures are the characters below U+1F000 with the property Emoji_Presentation (UTS #51, Unicode 17).
var pictures = []rune(
	"\u231A\u231B\u23E9\u23EA\u23EB\u23EC\u23F0\u23F3\u25FD\u25FE\u2614\u2615\u2648\u2649\u264A\u264B\u264C" +
		"\u264D\u264E\u264F\u2650\u2651\u2652\u2653\u267F\u2693\u26A1\u26AA\u26AB\u26BD\u26BE\u26C4\u26C5" +
		"\u26CE\u26D4\u26EA\u26F2\u26F3\u26F5\u26FA\u26FD\u2705\u270A\u270B\u2728\u274C\u274E\u2753\u2754" +
		"\u2755\u2757\u2795\u2796\u2797\u27B0\u27BF\u2B1B\u2B1C\u2B50\u2B55")

// refusedInName finds what a person's name has less than an address: half-width katakana and all symbols that
// are none of letters, money or arithmetic (category So).
func refusedInName(r rune) bool { return halfKana(r) || unicode.Is(unicode.So, r) }

// halfKana finds half-width katakana and its punctuation.
func halfKana(r rune) bool { return r >= 0xFF61 && r <= 0xFF9F }
