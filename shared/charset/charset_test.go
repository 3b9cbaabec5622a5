package charset_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"multipoint/shared/charset"
)

var every = []charset.Encoding{
	charset.UTF8, charset.UTF8BOM, charset.CP932, charset.EUCJP, charset.ISO2022JP,
}

func TestNamesAreThoseOfLayouts(t *testing.T) {
	names := "utf-8 utf-8-bom cp932 euc-jp iso-2022-jp"
	for i, name := range strings.Fields(names) {
		e, ok := charset.Parse(name)
		if !ok || e != every[i] || e.String() != name {
			t.Errorf("Parse(%q) = %v, %v", name, e, ok)
		}
		if e.IsASCIISafe() != (e != charset.ISO2022JP) {
			t.Errorf("%v: IsASCIISafe = %v", e, e.IsASCIISafe())
		}
	}
	for _, name := range []string{"", "unknown", "UTF-8", "sjis", "shift_jis"} {
		if _, ok := charset.Parse(name); ok {
			t.Errorf("Parse(%q) found an encoding", name)
		}
	}
}

// The examples are those of DOMAIN 2.1.
func TestReadsWhatHasOneMeaning(t *testing.T) {
	for _, c := range []struct {
		e         charset.Encoding
		in, want  string
		roundTrip bool // the bytes come out again when the text is written
	}{
		{charset.CP932, "\x81\x60\x81\x7C\x81\x61\x81\x91\x81\x92\x81\xCA", "～－∥￠￡￢", true},
		{charset.CP932, "\x5C\x7E", `\~`, true},
		{charset.CP932, "\x87\x40\x87\x8A\x87\x56\x87\x82\x87\x7E", "①㈱Ⅲ№㍻", true},
		{charset.CP932, "\x87\x8F\x87\x8D", "㍼㍾", true},
		{charset.CP932, "\xFB\xFC\xFA\xB1\xFA\x5C\xFA\x40", "髙﨑纊ⅰ", true},
		{charset.CP932, "\xEE\xE0\xED\x95\xED\x40\xEE\xEF", "髙﨑纊ⅰ", false},
		{charset.CP932, "\x95\x5C\x83\x5C\x94\x5C\x8F\x5C", "表ソ能十", true},
		{charset.CP932, "\xC3\xBD\xC4\xA1\xDF", "ﾃｽﾄ｡ﾟ", true},
		{charset.CP932, "a\x82\xA0\xB1b\x81\x40", "aあｱb　", true},
		{charset.EUCJP, "\xA1\xC1\xA1\xDD\xA1\xC2\xA1\xF1\xA1\xF2\xA2\xCC", "～－∥￠￡￢", true},
		{charset.EUCJP, "\x8E\xC3\x8E\xBD\x8E\xC4", "ﾃｽﾄ", true},
		{charset.EUCJP, "\xC5\xEC\xB5\xFE \\~", `東京 \~`, true},
		{charset.EUCJP, "\xAD\xA1\xAD\xEA\xFC\xE2", "①㈱髙", false},
		{charset.EUCJP, "\x8F\xB0\xA1\xA4\xA2", "丂あ", false},
		{charset.ISO2022JP, "A\x1B$BEl5~\x1B(BB", "A東京B", true},
		{charset.ISO2022JP, "\x1B$@El\x1B$B5~\x1B(J\\~", "東京¥‾", false},
		{charset.UTF8, "〜−髙𠮷\uFFFD", "〜−髙𠮷\uFFFD", true},
	} {
		got, badAt := c.e.AppendUTF8(nil, []byte(c.in))
		if string(got) != c.want || badAt != -1 {
			t.Errorf("%v % X: got %q, bad at %d; want %q", c.e, c.in, got, badAt, c.want)
		}
		if badAt = c.e.Valid([]byte(c.in)); badAt != -1 {
			t.Errorf("%v % X: Valid = %d", c.e, c.in, badAt)
		}
		back, badAt := charset.Encoder{Encoding: c.e}.Append(nil, []byte(c.want))
		if c.roundTrip != (string(back) == c.in && badAt == -1) {
			t.Errorf("%v %q: written as % X, bad at %d; read from % X", c.e, c.want, back, badAt, c.in)
		}
	}
}

// The first group are the bytes that R4 names.
func TestRefusesWhatIsNoCharacter(t *testing.T) {
	for _, c := range []struct {
		e    charset.Encoding
		in   string
		at   int
		want string // what was read before it
	}{
		{charset.CP932, "ab\xF0\x40", 2, "ab"},
		{charset.CP932, "\x82\xA0\xF9\xFC", 2, "あ"},
		{charset.CP932, "\x80", 0, ""},
		{charset.CP932, "\xB1\xA0", 1, "ｱ"},
		{charset.CP932, "\xFD", 0, ""},
		{charset.CP932, "\xFE", 0, ""},
		{charset.CP932, "a\xFF", 1, "a"},
		{charset.CP932, "12345678\x81", 8, "12345678"},
		{charset.CP932, "1234567\x81\x0A1234567890", 7, "1234567"},
		{charset.CP932, "\x81\x7F", 0, ""},
		{charset.CP932, "\x81\xFD", 0, ""},
		{charset.CP932, "\x81\xAD", 0, ""},
		{charset.CP932, "\x85\x40", 0, ""},
		{charset.CP932, "\x87\x5E", 0, ""},

		{charset.EUCJP, "\x80", 0, ""},
		{charset.EUCJP, "a\xA0\xA1", 1, "a"},
		{charset.EUCJP, "\xFF", 0, ""},
		{charset.EUCJP, "\x8E\xE0", 0, ""},
		{charset.EUCJP, "\x8E", 0, ""},
		{charset.EUCJP, "\xA4\xA2\xA4", 2, "あ"},
		{charset.EUCJP, "\xA4\x41", 0, ""},
		{charset.EUCJP, "\xA9\xA1", 0, ""},
		{charset.EUCJP, "\xF5\xA1", 0, ""},
		{charset.EUCJP, "\x8F\xB0", 0, ""},
		{charset.EUCJP, "\x8F\xA1\xA1", 0, ""},

		{charset.ISO2022JP, "a\x1B(I1\x1B(B", 1, "a"},
		{charset.ISO2022JP, "\x1B$B-!\x1B(B", 3, ""},
		{charset.ISO2022JP, "\x1B$BEl\x0A\x1B(B", 5, "東"},
		{charset.ISO2022JP, "a\x1B$BEl5~", 1, "a"},
		{charset.ISO2022JP, "a\x1B$BEl\x1B$@5~", 1, "a"},
		{charset.ISO2022JP, "\x1B$(D0!\x1B(B", 0, ""},
		{charset.ISO2022JP, "a\x1B(", 1, "a"},
		{charset.ISO2022JP, "a\x82\xA0", 1, "a"},
		{charset.ISO2022JP, "a\x0E", 1, "a"},
		{charset.ISO2022JP, "a\x0F", 1, "a"},

		{charset.UTF8, "a\xED\xA0\x80", 1, "a"},
		{charset.UTF8, "\xC0\x80", 0, ""},
		{charset.UTF8, "あ\xE3\x81", 3, "あ"},
		{charset.UTF8, "\xF4\x90\x80\x80", 0, ""},
		{charset.UTF8, "あ\x82\xA0", 3, "あ"},
	} {
		got, badAt := c.e.AppendUTF8([]byte("x"), []byte(c.in))
		if string(got) != "x"+c.want || badAt != c.at {
			t.Errorf("%v % X: got %q, bad at %d; want %q, %d", c.e, c.in, got, badAt, "x"+c.want, c.at)
		}
		if badAt = c.e.Valid([]byte(c.in)); badAt != c.at {
			t.Errorf("%v % X: Valid = %d, want %d", c.e, c.in, badAt, c.at)
		}
	}
}

// Valid takes eight bytes at a time, so a bad byte is put at every distance from such a step.
func TestValidFindsABadByteAnywhere(t *testing.T) {
	for _, c := range []struct {
		e   charset.Encoding
		bad string
	}{
		{charset.CP932, "\x80"},
		{charset.CP932, "\xF0\x40"},
		{charset.CP932, "\x81\x20"},
		{charset.EUCJP, "\xA9\xA1"},
		{charset.EUCJP, "\x8F\xA1\xA1"},
	} {
		for _, fill := range []string{"a", "あ", "ｱ", "aあ", "ｱあ", "あいa", "丂", "髙a"} {
			text := readable(c.e, fill)
			if text == nil {
				continue
			}
			for n := range 40 {
				before := bytes.Repeat(text, n)
				for _, after := range [][]byte{nil, bytes.Repeat(text, 20)} {
					in := append(append(bytes.Clone(before), c.bad...), after...)
					_, want := c.e.AppendUTF8(nil, in)
					if got := c.e.Valid(in); got != len(before) || want != len(before) {
						t.Fatalf("%v % X: Valid = %d, AppendUTF8 = %d", c.e, in, got, want)
					}
					if got := c.e.Valid(before); got != -1 {
						t.Fatalf("%v % X: Valid = %d", c.e, before, got)
					}
				}
			}
		}
	}
}

// Bytes that can be both first and second halves, in an irregular but fixed order: reading a text from the
// wrong half of a character must not make a bad byte look good.
func TestValidAgreesWithReadingOnTangledText(t *testing.T) {
	alphabets := map[charset.Encoding]string{
		charset.CP932: "\x81\x81\x82\x95\x8F\xE0\xFB\xFC\x88\x9F\x40\x5C\x7C\xB1a",
		charset.EUCJP: "\xA1\xA4\xA4\xB0\xB0\xC5\xC5\xE9\x8E\x8F\xA9\xF4\xFC\xADa",
	}
	for e, alphabet := range alphabets {
		good := 0
		seed := uint32(1)
		for range 300_000 {
			var in [24]byte
			for i := range in {
				seed = seed*1664525 + 1013904223
				in[i] = alphabet[int(seed>>16)%len(alphabet)]
			}
			_, want := e.AppendUTF8(nil, in[:])
			if got := e.Valid(in[:]); got != want {
				t.Fatalf("%v % X: Valid = %d, AppendUTF8 = %d", e, in, got, want)
			}
			if want == -1 {
				good++
			}
		}
		t.Logf("%v: %d texts were valid", e, good)
	}
}

// readable gives bytes that are read as text, those that are never written too.
func readable(e charset.Encoding, text string) []byte {
	if e == charset.EUCJP && text == "丂" {
		return []byte("\x8F\xB0\xA1")
	}
	out, badAt := charset.Encoder{Encoding: e}.Append(nil, []byte(text))
	if badAt >= 0 {
		return nil
	}
	return out
}

func TestASCIIFindsAHighByteAnywhere(t *testing.T) {
	for n := range 100 {
		text := bytes.Repeat([]byte{0x7F}, n)
		if !charset.ASCII(text) {
			t.Fatalf("%d bytes 7F: not ASCII", n)
		}
		for i := range text {
			text[i] = 0x80
			if charset.ASCII(text) {
				t.Fatalf("%d bytes, %d is 80: ASCII", n, i)
			}
			text[i] = 0x7F
		}
	}
}

func TestReadingAndWritingCauseNoAllocation(t *testing.T) {
	for _, e := range every {
		w := charset.Encoder{Encoding: e, Substitutes: map[rune]string{'髙': "高", '𠮷': "吉"}}
		text := []byte("0001,東京都 髙島屋〜,1980 𠮷")
		raw, badAt := w.Append(nil, text)
		if badAt >= 0 {
			t.Fatalf("%v: bad at %d", e, badAt)
		}
		buf := make([]byte, 0, 1000)
		got := testing.AllocsPerRun(20, func() {
			e.Valid(raw)
			e.AppendUTF8(buf, raw)
			w.Append(buf, text)
			w.Width(text)
			e.TrimPad(raw, true)
		})
		if got != 0 {
			t.Errorf("%v: %v allocations", e, got)
		}
	}
}

func TestManyGoroutinesMayBeginAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	for _, e := range every {
		for range 4 {
			wg.Go(func() {
				raw, badAt := charset.Encoder{Encoding: e, NEC: true}.Append(nil, []byte("東京"))
				text, _ := e.AppendUTF8(nil, raw)
				if string(text) != "東京" || badAt != -1 || e.Valid(raw) != -1 {
					t.Errorf("%v: %q", e, text)
				}
			})
		}
	}
	wg.Wait()
}
