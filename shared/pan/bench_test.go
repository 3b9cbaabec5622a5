package pan_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"multipoint/shared/pan"
)

func BenchmarkFind(b *testing.B) {
	r := rand.New(rand.NewPCG(13, 14))
	texts := map[string]string{
		"japanese": strings.Repeat("本日はお買い上げいただき誠にありがとうございます。", 1000),
		"latin":    strings.Repeat("Thank you very much for shopping with us today. ", 1000),
		"spaces":   strings.Repeat(" ", 64<<10),
		"zeros":    strings.Repeat("0", 64<<10),
		"receipts": strings.Repeat("20261121,1230,000001,01,00012345,300000000000015,1080,1000,牛乳\r\n", 1000),
		"phones":   strings.Repeat("045-5550-0147 ", 4000),
		"ranges":   strings.Repeat("4123 4567 8901 2345 ", 3000),
	}
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			field := []byte(text)
			for b.Loop() {
				pan.Find(field)
			}
		})
	}
	b.Run("field of 8 bytes", func(b *testing.B) {
		field := []byte(someDigits(r, 8))
		for b.Loop() {
			pan.Find(field)
		}
	})
}
