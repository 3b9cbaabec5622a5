package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"multipoint/shared/fault"
)

// sorted adds the records and gives them back in the sorter's order.
func sorted(t *testing.T, opt Options, records [][]byte) [][]byte {
	t.Helper()
	s := NewSorter(opt)
	for _, r := range records {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	it, err := s.Sort()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for {
		r, err := it.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, bytes.Clone(r))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(opt.Dir)
	if err != nil || len(left) != 0 {
		t.Fatalf("left behind after Close: %v, %v", left, err)
	}
	return out
}

// shapes are inputs that each break another shortcut.
func shapes(n int) map[string][][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	m := map[string][][]byte{"none": nil, "one": {[]byte("x")}}
	for i := range n {
		b := make([]byte, 8+r.IntN(60))
		for k := range b {
			b[k] = byte(r.Uint32())
		}
		m["random"] = append(m["random"], b)
		m["common prefix"] = append(m["common prefix"], fmt.Appendf(nil, "0000000000%06d-%d", r.IntN(n), i))
		m["few keys"] = append(m["few keys"], fmt.Appendf(nil, "%02d.%06d", r.IntN(3), n-i))
		m["short"] = append(m["short"], b[:r.IntN(4)])
		m["zeros"] = append(m["zeros"], bytes.Repeat([]byte{0}, r.IntN(12)))
		m["descending"] = append(m["descending"], binary.BigEndian.AppendUint32(nil, uint32(n-i)))
	}
	return m
}

func TestSorterGivesTheOrderOfBytesCompareWhateverTheMemory(t *testing.T) {
	for name, records := range shapes(30_000) {
		for _, keyLen := range []int{0, 2, 8} {
			want := slices.Clone(records)
			cut := func(b []byte) []byte {
				if keyLen > 0 && len(b) > keyLen {
					return b[:keyLen]
				}
				return b
			}
			slices.SortStableFunc(want, func(a, b []byte) int { return bytes.Compare(cut(a), cut(b)) })
			for _, memory := range []int{0, 1} { // one run in memory; several runs on disk
				got := sorted(t, Options{Dir: t.TempDir(), Memory: memory, KeyLen: keyLen}, records)
				if !slices.EqualFunc(got, want, bytes.Equal) {
					t.Errorf("%s, key of %d bytes, memory %d: the order differs from a stable sort", name,
						keyLen, memory)
				}
			}
		}
	}
}

func TestSorterMergesMoreRunsThanItReadsAtOnce(t *testing.T) {
	s := NewSorter(Options{Dir: t.TempDir(), Memory: 1})
	const n = 60_000
	for i := range n {
		if err := s.Add(fmt.Appendf(nil, "%08d%60s", (i*7919)%n, "")); err != nil {
			t.Fatal(err)
		}
	}
	if fan := minMemory / readBuffer; len(s.runs) <= fan {
		t.Fatalf("only %d runs: the test does not reach a second pass", len(s.runs))
	}
	it, err := s.Sort()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		r, err := it.Next()
		if err != nil || string(r[:8]) != fmt.Sprintf("%08d", i) {
			t.Fatalf("record %d: got %.8q, %v", i, r, err)
		}
	}
	if _, err := it.Next(); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last record: got %v, want io.EOF", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSorterTakesRecordsLargerThanItsBlocks(t *testing.T) {
	records := [][]byte{
		bytes.Repeat([]byte("c"), 3<<20),
		{},
		bytes.Repeat([]byte("a"), 1<<20),
		{},
		bytes.Repeat([]byte("b"), 2<<20),
		{},
	}
	for _, memory := range []int{0, 1} {
		got := sorted(t, Options{Dir: t.TempDir(), Memory: memory}, records)
		var lens []int
		for _, g := range got {
			lens = append(lens, len(g))
		}
		if want := []int{0, 0, 0, 1 << 20, 2 << 20, 3 << 20}; !slices.Equal(lens, want) {
			t.Errorf("memory %d: got lengths %v, want %v", memory, lens, want)
		}
	}
}

func TestSorterKeepsItsMemoryLimit(t *testing.T) {
	s := NewSorter(Options{Dir: t.TempDir(), Memory: 4 << 20})
	record := make([]byte, 60)
	for i := range 500_000 {
		binary.BigEndian.PutUint64(record, uint64(i)*2654435761)
		if err := s.Add(record); err != nil {
			t.Fatal(err)
		}
		if used := s.room + len(s.refs)*refSize; used > s.opt.Memory {
			t.Fatalf("after %d records: %d bytes held, limit %d", i, used, s.opt.Memory)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSorterReportsAnUnusableFolder(t *testing.T) {
	s := NewSorter(Options{Dir: "/nonexistent/folder", Memory: 1})
	var err error
	for i := 0; i < 100_000 && err == nil; i++ {
		err = s.Add(make([]byte, 100))
	}
	if fault.CodeOf(err) != fault.WriteFailed {
		t.Fatalf("got %v, want write.failed", err)
	}
}

func TestBufferGivesBackWhatWasWritten(t *testing.T) {
	for _, memory := range []int{1, 1000, 1 << 20} {
		dir := t.TempDir()
		b := NewBuffer(dir, memory)
		var want bytes.Buffer
		for i := range 2000 {
			line := fmt.Appendf(nil, "line %d\n", i)
			want.Write(line)
			if _, err := b.Write(line); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // it may be read twice
			var got bytes.Buffer
			if n, err := b.WriteTo(&got); err != nil || n != b.Len() ||
				!bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Fatalf("memory %d: got %d bytes, %v; want %d", memory, n, err, want.Len())
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Fatalf("left behind: %v", left)
		}
	}
}

func BenchmarkSorter(b *testing.B) {
	const n = 1_000_000
	for _, c := range []struct {
		name   string
		memory int
	}{{"memory", 256 << 20}, {"disk", 16 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			dir := b.TempDir()
			for b.Loop() {
				r := rand.New(rand.NewPCG(1, 2))
				s := NewSorter(Options{Dir: dir, Memory: c.memory})
				record := make([]byte, 60)
				for range n {
					binary.BigEndian.PutUint64(record[4:], r.Uint64())
					if err := s.Add(record); err != nil {
						b.Fatal(err)
					}
				}
				it, err := s.Sort()
				for err == nil {
					_, err = it.Next()
				}
				if !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
				_ = s.Close()
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrecords/s")
		})
	}
}
