package pan_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"multipoint/shared/pan"
)

// symbol is a character as the rules see it: a digit, a separator or anything else.
type symbol struct {
	kind  rune // 'd', 's' or 0
	digit byte
	at    int
}

// symbols takes a text apart, with one symbol at its end.
func symbols(text string) []symbol {
	var list []symbol
	for at := 0; at < len(text); {
		c, size := utf8.DecodeRuneInString(text[at:])
		s := symbol{at: at}
		switch {
		case c >= '0' && c <= '9':
			s.kind, s.digit = 'd', byte(c)
		case c >= '０' && c <= '９':
			s.kind, s.digit = 'd', byte(c-'０'+'0')
		case strings.ContainsRune(" -\u3000\uFF0D\u2212", c):
			s.kind = 's'
		}
		list = append(list, s)
		at += size
	}
	return append(list, symbol{at: len(text)})
}

// slow looks at every pair of places: the rules as they are written.
func slow(text string) (start, end int, found bool) {
	list := symbols(text)
	for i := range list {
		if list[i].kind != 'd' || i > 0 && list[i-1].kind == 'd' {
			continue
		}
		digits := ""
		for j := i; list[j].kind == 'd' || list[j].kind == 's' && list[j-1].kind == 'd'; j++ {
			if list[j].kind == 's' {
				continue
			}
			digits += string(list[j].digit)
			if list[j+1].kind != 'd' && isCard(digits) {
				return list[i].at, list[j+1].at, true
			}
		}
	}
	return 0, 0, false
}

func isCard(digits string) bool {
	if len(digits) < 13 || len(digits) > 19 || withCheck(digits[:len(digits)-1]) != digits {
		return false
	}
	for i := range brands {
		if brands[i].takes(digits) {
			return true
		}
	}
	return false
}

func compare(t *testing.T, text string) bool {
	t.Helper()
	start, end, found := pan.Find([]byte(text))
	wantStart, wantEnd, want := slow(text)
	if start != wantStart || end != wantEnd || found != want {
		t.Fatalf("%q: got %d:%d %v, want %d:%d %v", text, start, end, found, wantStart, wantEnd, want)
	}
	return found
}

// TestRandomTextsAsTheSlowWay makes texts of digits, separators and near misses: both ways find the same.
func TestRandomTextsAsTheSlowWay(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	pieces := append([]string{
		"", " ", "-", "\u3000", ",", "ー", "ａ", "\xEF", "\xEF\xBC", "\xBC\x90", "\x82\x4F",
		"4", "４", "62", "3528",
	}, separators...)
	found := 0
	for range 60_000 {
		var b strings.Builder
		for range 1 + r.IntN(6) {
			switch r.IntN(4) {
			case 0:
				brand := &brands[r.IntN(len(brands))]
				number := dressed(r, invented(r, brand, brand.lengths[0]))
				b.WriteString(number[r.IntN(2)*r.IntN(len(number)):])
			case 1:
				b.WriteString(dressed(r, someDigits(r, r.IntN(24))))
			default:
				b.WriteString(pieces[r.IntN(len(pieces))])
			}
		}
		if compare(t, b.String()) {
			found++
		}
	}
	if found < 5_000 || found > 50_000 {
		t.Errorf("%d texts with a number say little about the others", found)
	}
}

// FuzzFind compares with the slow way; what lies before a text in another field changes nothing.
func FuzzFind(f *testing.F) {
	r := rand.New(rand.NewPCG(11, 12))
	for i := range brands {
		number := invented(r, &brands[i], brands[i].lengths[0])
		f.Add(number)
		f.Add("x" + dressed(r, number) + "\u3000９")
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			t.Skip("the slow way takes its time")
		}
		if compare(t, text) {
			start, end, _ := pan.Find([]byte(text))
			if _, _, found := pan.Find([]byte(text[start:end])); !found {
				t.Fatalf("%q alone is none", text[start:end])
			}
		}
	})
}
