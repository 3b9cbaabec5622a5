package seal_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"multipoint/shared/seal"
)

// records gives about size bytes of records of 100 to 250 bytes as steps write them: hashes and card
// references by chance, numbers, and texts that come again.
func records(size int) [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	var all [][]byte
	for total := 0; total < size; {
		var b []byte
		for range 3 + random.IntN(2) {
			b = binary.BigEndian.AppendUint64(b, random.Uint64())
		}
		b = binary.AppendUvarint(b, uint64(len(all)))
		b = fmt.Appendf(b, "2026-11-%02d\x05S%04d\x03R%02d\x06%06d", 20+random.IntN(3), random.IntN(400),
			random.IntN(12), random.IntN(1_000_000))
		for range 1 + random.IntN(4) {
			b = binary.AppendUvarint(b, uint64(random.IntN(30_000)))
			b = fmt.Appendf(b, "normal points\x08campaign-%02d\x04%d", random.IntN(9), random.IntN(300))
		}
		total += len(b)
		all = append(all, b)
	}
	return all
}

// BenchmarkSeal writes 8 MiB record by record over the memory store, which takes a copy of its own.
func BenchmarkSeal(b *testing.B) {
	all := records(8 << 20)
	size := int64(len(bytes.Join(all, nil)))
	for _, sections := range []int{1, 256} {
		write := func(to *seal.SectionWriter) error {
			for i := range sections {
				s := to.Section(i)
				for _, r := range all[len(all)*i/sections : len(all)*(i+1)/sections] {
					if _, err := s.Write(r); err != nil {
						return err
					}
				}
			}
			return nil
		}
		for _, compress := range []bool{false, true} {
			b.Run(fmt.Sprintf("sections=%d/s2=%v", sections, compress), func(b *testing.B) {
				w := newWorld(b, seal.Options{Compress: compress, Memory: 16 << 20})
				w.create(b, "first", nil)
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					if err := w.CreateSections(b.Context(), part, day, nil, sections, write); err != nil {
						b.Fatal(err)
					}
				}
				info, err := w.Stat(b.Context(), part)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(size)/float64(info.Size), "ratio")
			})
		}
	}
}

// BenchmarkOpen reads them again.
func BenchmarkOpen(b *testing.B) {
	content := bytes.Join(records(8<<20), nil)
	for _, sections := range []int{1, 256} {
		for _, compress := range []bool{false, true} {
			b.Run(fmt.Sprintf("sections=%d/s2=%v", sections, compress), func(b *testing.B) {
				w := newWorld(b, seal.Options{Compress: compress})
				cut := make([][]byte, sections)
				for i := range cut {
					cut[i] = content[len(content)*i/sections : len(content)*(i+1)/sections]
				}
				w.createSections(b, part, cut)
				b.SetBytes(int64(len(content)))
				b.ReportAllocs()
				for b.Loop() {
					r, err := w.Open(b.Context(), part)
					if err != nil {
						b.Fatal(err)
					}
					if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(content)) {
						b.Fatal(n, err)
					}
				}
			})
		}
	}
}
