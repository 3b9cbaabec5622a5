package cut_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"

	"multipoint/shared/charset"
	"multipoint/shared/intake/cut"
	"multipoint/shared/layout"
)

func benchLayouts() map[string]layout.Layout {
	fields := []layout.Field{
		{Name: "kind", Width: 1, Lookup: map[string]string{"1": "sale", "2": "return"}},
		{Name: "business_date", Width: 8, Type: "date"},
		{Name: "time", Width: 4, Type: "time"},
		{Name: "store", Width: 6},
		{Name: "register", Width: 4},
		{Name: "receipt", Width: 10},
		{Name: "card", Width: 20},
		{Name: "affiliate", Width: 8},
		{Name: "amount_incl", Width: 10, Type: "number"},
		{Name: "tax_8", Width: 8, Type: "number"},
		{Name: "tax_10", Width: 8, Type: "number"},
		{Name: "clerk", Width: 40},
		{Name: "note", Width: 40, Pad: "wide"},
	}
	csv := layout.Layout{
		Encoding: "cp932", Format: "csv", LineEnd: "crlf",
		Records: []layout.Record{{Kind: "titles"}, {Kind: "receipt", Fields: fields}},
	}
	utf8 := csv
	utf8.Encoding = "utf-8"
	fixed := csv
	fixed.Format, fixed.RecordLength, fixed.Records = "fixed", 167, csv.Records[1:]
	return map[string]layout.Layout{"cp932 csv": csv, "utf-8 csv": utf8, "cp932 fixed": fixed}
}

// benchLine is a receipt, with 35 per cent of its bytes in two-byte characters and a quoted field.
func benchLine(l *layout.Layout, i int) string {
	if l.Format == "fixed" {
		return fmt.Sprintf("120261121%02d%02d%06d0001%010d%-20s%-8s%010d%08d%08d"+
			"山田　花子%sお買上げ誠にありがとうございました　　　\r\n",
			10+i%12, i%60, i%300, i, fmt.Sprintf("30000%010d", i%1e6), "9100", 1080+i%9000, i%80, 0,
			"                              ")
	}
	return fmt.Sprintf("1,20261121,%02d%02d,%06d,01,%08d,30000%010d,9100,%d,%d,0,"+
		"山田　花子,\"お買上げ、ありがとうございました\"\r\n",
		10+i%12, i%60, i%300, i, i%1e6, 1080+i%9000, i%80)
}

func benchFile(b *testing.B, l *layout.Layout) []byte {
	b.Helper()
	var text bytes.Buffer
	if l.Format != "fixed" {
		text.WriteString("titles\r\n")
	}
	for i := 0; text.Len() < 24<<20; i++ {
		text.WriteString(benchLine(l, i))
	}
	e, _ := charset.Parse(l.Encoding)
	out, badAt := charset.Encoder{Encoding: e}.Append(nil, text.Bytes())
	if badAt >= 0 {
		b.Fatal("cannot encode at", badAt)
	}
	return out
}

// BenchmarkUpload hashes, cuts and searches; beside it the hash alone.
func BenchmarkUpload(b *testing.B) {
	for name, l := range benchLayouts() {
		file := benchFile(b, &l)
		r, err := layout.CompileReading(&l, false, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				res, err := cut.Upload(bytes.NewReader(file), r, cut.Options{Chunk: 8 << 20},
					func(_ cut.Chunk, body io.Reader) error {
						_, err := io.Copy(io.Discard, body)
						return err
					})
				if err != nil || res.Fault != nil || res.Quarantine != nil || !res.HasData {
					b.Fatal(res, err)
				}
			}
		})
		b.Run(name+" hash alone", func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				sha256.Sum256(file)
			}
		})
	}
}
