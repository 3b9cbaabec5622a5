package main

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"testing"

	"multipoint/shared/card"
	"multipoint/shared/transaction"
)

// fixedText is a small fixed-length file of the bench.
func fixedText(b *testing.B) []byte {
	b.Helper()
	f, err := makeFiles(b.TempDir(), 20_000, "csv", "fixed")
	if err != nil {
		b.Skip(err)
	}
	text, err := os.ReadFile(f.fixed)
	if err != nil {
		b.Fatal(err)
	}
	return text
}

// BenchmarkFixed is row b by its parts, from memory: SHA-256 alone, converting alone.
func BenchmarkFixed(b *testing.B) {
	text := fixedText(b)
	perRecord := func(b *testing.B) {
		n := float64(len(text) / recordBytes)
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
	}
	b.Run("sha256", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			sha256.Sum256(text)
		}
		perRecord(b)
	})
	c, err := compile("POSFIXED", 20_000)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("csv", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		sink := &csvSink{rows: transaction.NewRows(&c.names), out: io.Discard}
		for b.Loop() {
			if _, err := c.blocks(bytes.NewReader(text), sink, sink.flush); err != nil {
				b.Fatal(err)
			}
		}
		perRecord(b)
	})
	affiliates, err := card.CompileAffiliates(c.set.Affiliates)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("floor", func(b *testing.B) {
		f, out := newFloor(c, affiliates), []byte(nil)
		for b.Loop() {
			f.left = 0
			for at := 0; at < len(text); at += 1 << 20 {
				out = f.convert(out[:0], text[at:min(at+1<<20, len(text))], int64(at/recordBytes+1))
			}
		}
		if f.left*20 > int64(len(text)/recordBytes) {
			b.Fatal(f.left, "lines are left out")
		}
		perRecord(b)
	})
}
