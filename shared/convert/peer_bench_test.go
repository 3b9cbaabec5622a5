package convert_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"testing"

	"golang.org/x/text/encoding/japanese"
)

func BenchmarkPeerCSV(b *testing.B) {
	_, text := csvBench(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(japanese.ShiftJIS.NewDecoder().Reader(bytes.NewReader(text)))
		r.ReuseRecord = true
		r.FieldsPerRecord = -1
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
