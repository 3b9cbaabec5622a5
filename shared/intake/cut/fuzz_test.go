package cut_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"multipoint/shared/charset"
	"multipoint/shared/convert"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

var receiptFields = []layout.Field{
	{Name: "id", Width: 1},
	{Name: "kind", Width: 6},
	{Name: "business_date", Width: 8, Type: "date"},
	{Name: "receipt", Width: 4},
	{Name: "card", Width: 16},
	{Name: "amount_incl", Width: 8, Type: "number"},
	{Name: "note", Width: 20},
	{Name: "product", Width: 6},
	{Name: "amount", Width: 6, Type: "number"},
}

// feeds are layouts of every format, line end and encoding, with and without control records and items.
func feeds() []master.Feed {
	control := []layout.Field{{Name: "id", Width: 1}, {Name: "count", Width: 7, Type: "number"}, {
		Name: "total", Width: 12, Type: "number",
	}}
	item := []layout.Field{{Name: "id", Width: 1}, {Name: "product", Width: 6}, {
		Name: "amount", Width: 6, Type: "number",
	}}
	kinds := []layout.Record{
		{Kind: "titles"},
		{Kind: "header", IDs: []string{"H"}, Fields: control},
		{Kind: "receipt", IDs: []string{"D"}, Fields: receiptFields},
		{Kind: "item", IDs: []string{"I"}, Fields: item},
		{Kind: "trailer", IDs: []string{"T"}, Fields: control},
		{Kind: "end", IDs: []string{"E"}, Fields: control},
	}
	pick := func(names string) (list []layout.Record) {
		for _, k := range kinds {
			if strings.Contains(names, k.Kind) {
				list = append(list, k)
			}
		}
		return list
	}
	var list []master.Feed
	for _, x := range []struct{ encoding, format, end, records, batches string }{
		{"utf-8", "csv", "crlf", "titles receipt", ""},
		{"cp932", "csv", "lf", "titles header receipt item trailer end", "many"},
		{"cp932", "csv", "any", "receipt", ""},
		{"euc-jp", "csv", "cr", "titles receipt item trailer", ""},
		{"iso-2022-jp", "csv", "crlf", "titles receipt item", ""},
		{"iso-2022-jp", "csv", "lf", "header receipt trailer end", ""},
		{"iso-2022-jp", "tsv", "lf", "titles receipt", ""},
		{"utf-8-bom", "tsv", "crlf", "receipt item trailer", "many"},
		{"cp932", "fixed", "crlf", "header receipt item trailer", ""},
		{"utf-8", "fixed", "none", "header receipt trailer end", "many"},
		{"utf-8", "fixed", "none", "receipt", ""},
		{"euc-jp", "fixed", "lf", "receipt item", ""},
		{"iso-2022-jp", "fixed", "any", "receipt trailer", ""},
	} {
		l := layout.Layout{
			Encoding: x.encoding, Format: x.format, LineEnd: x.end, Batches: x.batches, EOFMark: true,
			Records: pick(x.records), Quote: map[string]string{"tsv": "minimal"}[x.format],
		}
		if strings.Count(x.records, " ") > strings.Count(x.records, "titles") {
			l.Discriminator = &layout.Discriminator{Column: 1}
		}
		if x.format == "fixed" {
			widen(&l)
		}
		f := master.Feed{
			Code: "F", Excl: "same", Layout: l, BadLimit: &[2]int64{1, 2}, NegativeIsReturn: true,
		}
		list = append(list, f)
		if !strings.Contains(x.records, "item") {
			f.FlatItems = true
			list = append(list, f)
		}
	}
	return list
}

// widen makes the records of a fixed layout equally long.
func widen(l *layout.Layout) {
	if l.Discriminator != nil {
		l.Discriminator = &layout.Discriminator{At: 1, Width: 1}
	}
	l.RecordLength = 76
	for i := range l.Records {
		rec := &l.Records[i]
		rest := l.RecordLength
		for _, f := range rec.Fields {
			rest -= f.Width
		}
		rec.Fields = append(slices.Clone(rec.Fields), layout.Field{Type: "filler", Width: rest})
	}
}

func compileFeeds(t testing.TB) (list []*convert.Feed) {
	t.Helper()
	all := feeds()
	for i := range all {
		set := &master.Set{Providers: []master.Provider{{Code: "P"}}, Cards: []master.Card{
			{Code: "C", Provider: "P", Digits: 15, Min: "300000000000000", Max: "399999999999999"},
		}}
		list = append(list, compile(t, set, &all[i]))
	}
	return list
}

// invent writes a file of a layout: mostly right, with notes in two-byte characters, quotes and line ends.
func invent(r *rand.Rand, l *layout.Layout) []byte {
	var text []byte
	e, _ := charset.Parse(l.Encoding)
	enc := charset.Encoder{Encoding: e}
	receipts := 0
	row := func(rec *layout.Record) {
		for i := range rec.Fields {
			f := &rec.Fields[i]
			cell, _ := enc.Append(nil, []byte(value(r, f, rec, receipts, l.Format == "fixed")))
			switch {
			case l.Format == "fixed":
				cell = append(cell, bytes.Repeat([]byte{' '}, f.Width)...)[:f.Width]
			case i > 0:
				text = append(text, map[string]byte{"csv": ',', "tsv": '\t'}[l.Format])
			}
			text = append(text, cell...)
		}
		ends := map[string]string{"": "\r\n", "crlf": "\r\n", "lf": "\n", "cr": "\r", "any": "\n", "none": ""}
		text = append(text, ends[l.LineEnd]...)
	}
	for range 1 + r.IntN(2) {
		for i := range l.Records {
			rec := &l.Records[i]
			switch rec.Kind {
			case "receipt":
				for range r.IntN(12) {
					receipts += min(r.IntN(3), 1)
					row(rec)
					for k := 0; i+1 < len(l.Records) && l.Records[i+1].Kind == "item" && k < r.IntN(4); k++ {
						row(&l.Records[i+1])
					}
				}
			case "item":
			default:
				row(rec)
			}
		}
	}
	if r.IntN(3) == 0 {
		text = append(text, 0x1A)
	}
	return text
}

func value(r *rand.Rand, f *layout.Field, rec *layout.Record, receipts int, fixed bool) string {
	notes := []string{
		"", "山田　花子", "\"表,\r\n\"\"ソ\"\"\n\t\"", "ab", "\"a\"", "1\u3000\u3000", "\"\n\"", "ｶﾅ", "\"表\n\"\"\"",
	}
	switch f.Name {
	case "id":
		return append(rec.IDs, "D")[0]
	case "kind":
		return []string{"sale", "sale", "return", "x"}[r.IntN(4)]
	case "business_date":
		return []string{"20261121", "20261122", "20261120", "20261131"}[r.IntN(4)]
	case "receipt":
		return strconv.Itoa(receipts)
	case "card":
		return []string{"300000000000001", "300000000000002", "1"}[r.IntN(3)]
	case "note", "product":
		if fixed {
			return strings.Map(func(c rune) rune { return max(c, ' ') }, notes[r.IntN(len(notes))])
		}
		return notes[r.IntN(len(notes))]
	case "":
		return ""
	}
	return strconv.Itoa(r.IntN(2000) - 100)
}

// TestRandomFilesInChunks invents files of all layouts, and breaks some of them.
func TestRandomFilesInChunks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i, f := range compileFeeds(t) {
		l := f.Reading().Layout()
		good, chunks, refused := 0, 0, 0
		for n := range 90 {
			text := invent(r, l)
			for range n % 3 * r.IntN(3) {
				breakText(r, &text)
			}
			if o := whole(t, f, text); o.err != nil {
				refused++
			} else {
				good += o.good
			}
			chunks += same(t, r, f, text, 1+r.Int64N(int64(len(text))+1))
		}
		if good < 60 || chunks < 120 || refused > 60 {
			t.Errorf("%d: %s %s %s: %d good records, %d chunks, %d refused",
				i, l.Encoding, l.Format, l.LineEnd, good, chunks, refused)
		}
	}
}

// breakText takes a byte away, doubles one, or puts another one in.
func breakText(r *rand.Rand, text *[]byte) {
	odd := "\"\n\r\x1b\x1a\x00,\t$B(DIHTE\x83\xff"
	if len(*text) == 0 {
		return
	}
	at := r.IntN(len(*text))
	switch r.IntN(4) {
	case 0:
		*text = slices.Delete(*text, at, at+1)
	case 1:
		*text = slices.Insert(*text, at, odd[r.IntN(len(odd))])
	case 2:
		*text = (*text)[:at]
	default:
		(*text)[at] = odd[r.IntN(len(odd))]
	}
}

// FuzzUpload passes and converts arbitrary bytes in chunks of any size: never a panic, and the same as the
// whole file.
func FuzzUpload(f *testing.F) {
	list := compileFeeds(f)
	r := rand.New(rand.NewPCG(7, 8))
	for i := range list {
		f.Add(invent(r, list[i].Reading().Layout()), uint8(i), uint16(1+r.IntN(300)))
	}
	f.Fuzz(func(t *testing.T, text []byte, which uint8, size uint16) {
		feed := list[int(which)%len(list)]
		same(t, rand.New(rand.NewPCG(uint64(size), 9)), feed, text, int64(size))
	})
}
