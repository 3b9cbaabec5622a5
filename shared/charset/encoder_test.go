package charset_test

import (
	"testing"
	"unicode/utf8"

	"multipoint/shared/charset"
)

func TestWritesDeclaredFormOfDuplicateCodes(t *testing.T) {
	for _, c := range []struct{ text, windows, nec string }{
		{"髙", "\xFB\xFC", "\xEE\xE0"},
		{"﨑", "\xFA\xB1", "\xED\x95"},
		{"纊", "\xFA\x5C", "\xED\x40"},
		{"黑", "\xFC\x4B", "\xEE\xEC"},
		{"ⅰ", "\xFA\x40", "\xEE\xEF"},
		{"ⅹ", "\xFA\x49", "\xEE\xF8"},
		{"￤＇＂", "\xFA\x55\xFA\x56\xFA\x57", "\xEE\xFA\xEE\xFB\xEE\xFC"},
		{"￢", "\x81\xCA", "\x81\xCA"},
		{"∵", "\x81\xE6", "\x81\xE6"},
		{"∪", "\x81\xBE", "\x81\xBE"},
		{
			"∩∠⊥∫√≡≒", "\x81\xBF\x81\xDA\x81\xDB\x81\xE7\x81\xE3\x81\xDF\x81\xE0",
			"\x81\xBF\x81\xDA\x81\xDB\x81\xE7\x81\xE3\x81\xDF\x81\xE0",
		},
		{"㈱№℡Ⅰ", "\x87\x8A\x87\x82\x87\x84\x87\x54", "\x87\x8A\x87\x82\x87\x84\x87\x54"},
		{"髙島屋㈱", "\xFB\xFC\x93\x87\x89\xAE\x87\x8A", "\xEE\xE0\x93\x87\x89\xAE\x87\x8A"},
	} {
		for nec, want := range map[bool]string{false: c.windows, true: c.nec} {
			got, badAt := charset.Encoder{Encoding: charset.CP932, NEC: nec}.Append(nil, []byte(c.text))
			if string(got) != want || badAt != -1 {
				t.Errorf("%s NEC=%v: got % X, bad at %d; want % X", c.text, nec, got, badAt, want)
			}
		}
	}
}

func TestWritesTwinsWithOneCode(t *testing.T) {
	const text = "〜−‖¢£¬—¥"
	for e, want := range map[charset.Encoding]string{
		charset.CP932:     "\x81\x60\x81\x7C\x81\x61\x81\x91\x81\x92\x81\xCA\x81\x5C\x81\x8F",
		charset.EUCJP:     "\xA1\xC1\xA1\xDD\xA1\xC2\xA1\xF1\xA1\xF2\xA2\xCC\xA1\xBD\xA1\xEF",
		charset.ISO2022JP: "\x1B$B!A!]!B!q!r\"L!=!o\x1B(B",
		charset.UTF8:      text,
	} {
		w := charset.Encoder{Encoding: e, Substitutes: map[rune]string{'〜': "-"}}
		got, badAt := w.Append(nil, []byte(text))
		if string(got) != want || badAt != -1 {
			t.Errorf("%v: got % X, bad at %d; want % X", e, got, badAt, want)
		}
	}
}

func TestRefusesWhatCannotBeWritten(t *testing.T) {
	for _, c := range []struct {
		e    charset.Encoding
		text string
		at   int
		want string // what was written before it
	}{
		{charset.CP932, "a𠮷野", 1, "a"},
		{charset.CP932, "あ㋿", 3, "\x82\xA0"},
		{charset.CP932, "\uE000", 0, ""},
		{charset.CP932, "a\uFFFD", 1, "a"},
		{charset.CP932, "\u0080", 0, ""},
		{charset.CP932, "‾", 0, ""},
		{charset.CP932, "カ\u3099", 3, "\x83\x4A"},
		{charset.CP932, "a\x82\xA0", 1, "a"},
		{charset.CP932, "a\xED\xA0\x80", 1, "a"},
		{charset.EUCJP, "株①", 3, "\xB3\xF4"},
		{charset.EUCJP, "㈱", 0, ""},
		{charset.EUCJP, "髙", 0, ""},
		{charset.EUCJP, "丂", 0, ""},
		{charset.ISO2022JP, "a①", 1, "a"},
		{charset.ISO2022JP, "東㈱", 3, "\x1B$BEl\x1B(B"},
		{charset.ISO2022JP, "ﾃｽﾄ", 0, ""},
		{charset.ISO2022JP, "a\x1B$B", 1, "a"},
		{charset.ISO2022JP, "a\x0E", 1, "a"},
		{charset.UTF8, "a\xC0\x80", 1, "a"},
	} {
		w := charset.Encoder{Encoding: c.e}
		got, badAt := w.Append([]byte("x"), []byte(c.text))
		if string(got) != "x"+c.want || badAt != c.at {
			t.Errorf("%v %q: got % X, bad at %d; want % X, %d", c.e, c.text, got[1:], badAt, c.want, c.at)
		}
		if n, badAt := w.Width([]byte(c.text)); n != len(c.want) || badAt != c.at {
			t.Errorf("%v %q: Width = %d, %d; want %d, %d", c.e, c.text, n, badAt, len(c.want), c.at)
		}
	}
}

func TestSubstitutesStandForWhatCannotBeWritten(t *testing.T) {
	sub := map[rune]string{
		'𠮷': "吉", '㈱': "（株）", '①': "(1)", 'ｱ': "ア", '\u00AD': "", 'Ⅲ': "Ⅳ", 'Ⅳ': "4", '\x1B': "*", '㋿': "a㋿",
	}
	for _, c := range []struct {
		e        charset.Encoding
		text     string
		want     string
		at       int
		mistaken bool
	}{
		{charset.CP932, "𠮷野\u00AD㈱", "\x8B\x67\x96\xEC\x87\x8A", -1, false},
		{charset.EUCJP, "ｱ①", "\x8E\xB1(1)", -1, false},
		{charset.ISO2022JP, "見㈱①本ｱ\x1B", "\x1B$B8+!J3t!K\x1B(B(1)\x1B$BK\\%\"\x1B(B*", -1, false},
		{charset.EUCJP, "1Ⅲ", "1", 1, true},
		{charset.CP932, "1㋿", "1", 1, true},
		{charset.ISO2022JP, "見㋿", "\x1B$B8+\x1B(B", 3, true},
		{charset.UTF8, "𠮷㈱", "𠮷㈱", -1, false},
	} {
		w := charset.Encoder{Encoding: c.e, Substitutes: sub}
		got, badAt := w.Append(nil, []byte(c.text))
		if string(got) != c.want || badAt != c.at {
			t.Errorf("%v %q: got % X, bad at %d; want % X, %d", c.e, c.text, got, badAt, c.want, c.at)
		}
		if n, badAt := w.Width([]byte(c.text)); n != len(c.want) || badAt != c.at {
			t.Errorf("%v %q: Width = %d, %d; want %d, %d", c.e, c.text, n, badAt, len(c.want), c.at)
		}
	}
}

func TestFitCutsBetweenCharacters(t *testing.T) {
	for _, c := range []struct {
		e      charset.Encoding
		text   string
		width  int
		fits   string
		n      int
		bad    bool
		within string
	}{
		{e: charset.CP932, text: "東京都", width: 5, fits: "東京", n: 4},
		{e: charset.CP932, text: "東京都", width: 6, fits: "東京都", n: 6},
		{e: charset.CP932, text: "ｱ東", width: 2, fits: "ｱ", n: 1},
		{e: charset.EUCJP, text: "ｱ東", width: 3, fits: "ｱ", n: 2},
		{e: charset.ISO2022JP, text: "東京", width: 7, fits: "", n: 0},
		{e: charset.ISO2022JP, text: "東京", width: 9, fits: "東", n: 8},
		{e: charset.ISO2022JP, text: "東a京", width: 9, fits: "東a", n: 9},
		{e: charset.UTF8, text: "東京都", width: 8, fits: "東京", n: 6},
		{e: charset.CP932, text: "東㋿", width: 1, fits: "", n: 0},
		{e: charset.CP932, text: "東㋿", width: 2, fits: "東", n: 2, bad: true},
	} {
		cut, n, badAt := charset.Encoder{Encoding: c.e}.Fit([]byte(c.text), c.width)
		if c.text[:cut] != c.fits || n != c.n || c.bad != (badAt >= 0) {
			t.Errorf("%v %q in %d: got %q, %d, bad at %d; want %q, %d",
				c.e, c.text, c.width, c.text[:cut], n, badAt, c.fits, c.n)
		}
	}
}

// canonical is how a text looks after it was written and read: twins have become one.
func canonical(text string) string {
	out := []rune(text)
	for i, r := range out {
		switch r {
		case '\u301C':
			out[i] = '\uFF5E'
		case '\u2212':
			out[i] = '\uFF0D'
		case '\u2016':
			out[i] = '\u2225'
		case '\u00A2', '\u00A3':
			out[i] = r - 0xA2 + 0xFFE0
		case '\u00AC':
			out[i] = '\uFFE2'
		case '\u2014':
			out[i] = '\u2015'
		case '\u00A5':
			out[i] = '\uFFE5'
		}
	}
	return string(out)
}

func TestEveryCharacterWrittenIsReadAgain(t *testing.T) {
	for _, w := range []charset.Encoder{
		{Encoding: charset.CP932},
		{Encoding: charset.CP932, NEC: true},
		{Encoding: charset.EUCJP},
		{Encoding: charset.ISO2022JP},
	} {
		written := 0
		for r := rune(0); r <= utf8.MaxRune; r++ {
			if !utf8.ValidRune(r) {
				continue
			}
			text := string(r)
			raw, badAt := w.Append(nil, []byte(text))
			if n, at := w.Width([]byte(text)); n != len(raw) || at != badAt {
				t.Fatalf("%v U+%04X: Width = %d, %d; Append %d, %d", w.Encoding, r, n, at, len(raw), badAt)
			}
			if badAt >= 0 {
				continue
			}
			written++
			got, badAt := w.Encoding.AppendUTF8(nil, raw)
			if string(got) != canonical(text) || badAt >= 0 {
				t.Errorf("%v U+%04X: written % X, read %q, bad at %d", w.Encoding, r, raw, got, badAt)
			}
		}
		// 6,879 of JIS X 0208, 128 of ASCII (3 less in ISO-2022-JP), 63 kana (none there), 8 twins; CP932 has
		// 74 of NEC row 13 that JIS X 0208 lacks and 373 of the IBM extensions that neither has.
		want := map[charset.Encoding]int{charset.EUCJP: 7078, charset.ISO2022JP: 7012, charset.CP932: 7525}
		if written != want[w.Encoding] {
			t.Errorf("%v: %d characters can be written, want %d", w.Encoding, written, want[w.Encoding])
		}
	}
}
