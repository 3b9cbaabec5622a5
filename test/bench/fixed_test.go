package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"multipoint/shared/convert"
	"multipoint/shared/transaction"
)

// fixedFile makes a small fixed-length file of the bench.
func fixedFile(tb testing.TB, lines int) string {
	tb.Helper()
	f, err := makeFiles(tb.TempDir(), lines, "csv", "fixed")
	if err != nil {
		tb.Fatal(err)
	}
	return f.fixed
}

// TestFloorWritesTheSameSales: what is written by hand for the one layout is what the engine writes, for
// nearly all lines; else it would be no floor.
func TestFloorWritesTheSameSales(t *testing.T) {
	w := work{in: fixedFile(t, 20_000), lines: 20_000, feed: "POSFIXED"}
	rows := func(do func(*work) (figure, error)) [][]byte {
		w.out = filepath.Join(t.TempDir(), "out")
		if _, err := do(&w); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(w.out)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	}
	ours, theirs := rows(convertFile), rows(floorFile)
	at := 0
	for _, row := range theirs {
		for at < len(ours) && !bytes.Equal(ours[at], row) {
			at++
		}
		if at == len(ours) {
			t.Fatalf("the engine does not write %s", row)
		}
	}
	if len(theirs)*mostLeft < 20_000*(mostLeft-1) {
		t.Errorf("only %d rows by hand", len(theirs))
	}
}

// characters only proves that the records are made of characters.
func (f *floor) characters(text []byte) error {
	bad := 0
	for ; len(text) >= recordBytes; text = text[recordBytes:] {
		if !f.columns.Valid(text[:recordBytes-2]) {
			bad++
		}
	}
	if bad == 0 {
		return errors.New("the file has bad lines, but none was found")
	}
	return nil
}

// BenchmarkFixed is row b by its parts, from memory: SHA-256 alone, then without it the proof of characters
// alone, converting to CSV, to the form between steps, and by hand.
func BenchmarkFixed(b *testing.B) {
	text, err := os.ReadFile(fixedFile(b, 20_000))
	if err != nil {
		b.Fatal(err)
	}
	c, err := compile("POSFIXED", 20_000)
	if err != nil {
		b.Fatal(err)
	}
	hand, err := newFloor(c)
	if err != nil {
		b.Fatal(err)
	}
	l := &lines{out: io.Discard}
	through := func(sink convert.Sink) func() error {
		return func() error {
			_, err := c.blocks(bytes.NewReader(text), sink, l.flush)
			return err
		}
	}
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"sha256", func() error { sha256.Sum256(text); return nil }},
		{"characters", func() error { return hand.characters(text) }},
		{"csv", through(&csvSink{lines: l, rows: transaction.NewRows(&c.names)})},
		{"binary", through(&binarySink{lines: l, keys: c.feed.Keys()})},
		{"floor", func() error { return hand.blocks(bytes.NewReader(text), io.Discard) }},
	} {
		b.Run(part.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := part.do(); err != nil {
					b.Fatal(err)
				}
			}
			records := float64(b.N) * float64(len(text)/recordBytes)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/records, "ns/record")
		})
	}
}
