package charset_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"multipoint/shared/charset"
)

func FuzzUTF8(f *testing.F)      { fuzzDecode(f, charset.Encoder{Encoding: charset.UTF8}) }
func FuzzCP932(f *testing.F)     { fuzzDecode(f, charset.Encoder{Encoding: charset.CP932}) }
func FuzzCP932NEC(f *testing.F)  { fuzzDecode(f, charset.Encoder{Encoding: charset.CP932, NEC: true}) }
func FuzzEUCJP(f *testing.F)     { fuzzDecode(f, charset.Encoder{Encoding: charset.EUCJP}) }
func FuzzISO2022JP(f *testing.F) { fuzzDecode(f, charset.Encoder{Encoding: charset.ISO2022JP}) }

// fuzzDecode: Valid agrees with AppendUTF8, what is read is UTF-8 without U+FFFD, and what can be written
// again is read again as the same text.
func fuzzDecode(f *testing.F, w charset.Encoder) {
	for _, s := range []string{
		"", "0001,abc\r\n", "\x95\x5C\xFB\xFC\xEE\xE0\xB1", "\x81", "\xF0\x40",
		"\x81\x60aaaaaaaaaaaaaaaa\x81\x5C", "\xC5\xEC\x8E\xB1\x8F\xB0\xA1\xAD\xA1",
		"\x1B$BEl5~\x1B(Ba\x1B(J\\\x1B$@!!\x1B(B", "\x1B$B\n", "〜髙𠮷\uFFFD",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		text, badAt := w.Encoding.AppendUTF8(nil, src)
		if got := w.Encoding.Valid(src); got != badAt {
			t.Fatalf("Valid = %d, AppendUTF8 = %d", got, badAt)
		}
		if badAt >= len(src) {
			t.Fatalf("bad at %d of %d", badAt, len(src))
		}
		if badAt >= 0 {
			before, at := w.Encoding.AppendUTF8(nil, src[:badAt])
			if at == -1 && !bytes.Equal(before, text) {
				t.Fatalf("read %q before the bad byte, %q without it", text, before)
			}
		}
		replaced := w.Encoding != charset.UTF8 && bytes.ContainsRune(text, utf8.RuneError)
		if !utf8.Valid(text) || replaced {
			t.Fatalf("read %q", text)
		}
		charset.Detect(src)
		w.Encoding.TrimPad(src, true)
		w.Encoding.TrimPadLeft(src, true)
		raw, at := w.Append(nil, text)
		if at >= 0 {
			text = text[:at] // only EUC-JP and ISO-2022-JP read more than they write
			if w.Encoding == charset.CP932 || w.Encoding == charset.UTF8 {
				t.Fatalf("cannot write %q at %d", text, at)
			}
		}
		want := string(text)
		if w.Encoding != charset.UTF8 {
			want = canonical(want)
		}
		again, badAt := w.Encoding.AppendUTF8(nil, raw)
		if string(again) != want || badAt >= 0 {
			t.Fatalf("read %q, wrote % X, read %q, bad at %d", text, raw, again, badAt)
		}
	})
}

// FuzzEncoder: what Append writes is valid, as long as Width and Fit say, and no shorter than it must be.
func FuzzEncoder(f *testing.F) {
	f.Add([]byte("0001,東京𠮷①〜\x1B"), 5, true)
	f.Add([]byte("ｱ髙a\xFF"), 0, false)
	f.Fuzz(func(t *testing.T, src []byte, width int, nec bool) {
		for _, e := range every {
			sub := map[rune]string{'①': "(1)", '𠮷': "吉", 'é': ""}
			w := charset.Encoder{Encoding: e, NEC: nec, Substitutes: sub}
			raw, badAt := w.Append(nil, src)
			if at := e.Valid(raw); at >= 0 {
				t.Fatalf("%v: wrote % X, bad at %d", e, raw, at)
			}
			if n, at := w.Width(src); n != len(raw) || at != badAt {
				t.Fatalf("%v: Width = %d, %d; Append wrote %d, %d", e, n, at, len(raw), badAt)
			}
			cut, n, at := w.Fit(src, width)
			part, bad := w.Append(nil, src[:cut])
			if bad >= 0 || len(part) != n || n > max(width, 0) || at >= 0 && at != badAt {
				t.Fatalf("%v: Fit = %d, %d, %d; Append wrote %d, bad at %d", e, cut, n, at, len(part), bad)
			}
		}
	})
}
