package charset_test

import (
	"bytes"
	"fmt"
	"testing"

	"multipoint/shared/charset"
)

// sales is about 1 MiB of different lines of a cash register, in the encoding: about half of CP932's bytes
// are two-byte characters. The words follow a fixed sequence, so that the processor cannot learn the text
// by heart.
func sales(e charset.Encoding) []byte {
	words := []string{
		"東京都", "千代田区", "丸の内一丁目", "株式会社見本商店", "表示価格", "ソースせんべい", "能登直送の干物",
		"ミネラルウォーター", "お", "鮭弁当", "十勝産牛乳", "ﾐﾎﾝ ﾀﾛｳ", "ﾃｽﾄ ﾊﾅｺ", "株", "高", "トマト",
	}
	var out []byte
	w := charset.Encoder{Encoding: e}
	for seed := uint32(1); len(out) < 1<<20; {
		line := fmt.Sprintf("%04d,2026-11-22,%04d,07,%06d,%d,", seed>>20, seed>>8&0xFFF,
			seed&0xFFFFF, seed>>12)
		for range 4 {
			seed = seed*1664525 + 1013904223
			line += words[seed>>28] + words[seed>>24&15] + ","
		}
		var badAt int
		if out, badAt = w.Append(out, []byte(line+"1980\r\n")); badAt >= 0 {
			panic("the sample cannot be written")
		}
	}
	return out
}

func ascii() []byte {
	return bytes.Repeat([]byte("0001,2026-11-22,0123,07,000456,4901234567894,1980\r\n"), 1<<20/51)
}

func BenchmarkValid(b *testing.B) {
	for _, c := range []struct {
		name string
		e    charset.Encoding
		text []byte
	}{
		{"cp932/ascii", charset.CP932, ascii()},
		{"cp932/sales", charset.CP932, sales(charset.CP932)},
		{"euc-jp/sales", charset.EUCJP, sales(charset.EUCJP)},
		{"utf-8/sales", charset.UTF8, sales(charset.UTF8)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				if c.e.Valid(c.text) >= 0 {
					b.Fatal("not valid")
				}
			}
		})
	}
}

func BenchmarkAppendUTF8(b *testing.B) {
	for _, e := range []charset.Encoding{charset.CP932, charset.EUCJP, charset.UTF8} {
		b.Run(e.String(), func(b *testing.B) {
			text := sales(e)
			out, _ := e.AppendUTF8(nil, text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				out, _ = e.AppendUTF8(out[:0], text)
			}
		})
	}
}

func BenchmarkEncoderAppend(b *testing.B) {
	for _, e := range []charset.Encoding{charset.CP932, charset.EUCJP} {
		b.Run(e.String(), func(b *testing.B) {
			text := sales(charset.UTF8)
			w := charset.Encoder{Encoding: e}
			out, _ := w.Append(nil, text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				out, _ = w.Append(out[:0], text)
			}
		})
	}
}
