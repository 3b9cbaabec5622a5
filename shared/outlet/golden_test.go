package outlet

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"multipoint/shared/layout"
	"multipoint/shared/master"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

// csvLayout has titles, a header that shows totals, and returns told by a field.
func csvLayout() layout.Layout {
	return layout.Layout{
		Encoding: "utf-8", Format: "csv", LineEnd: "lf", Quote: "minimal",
		Control: layout.Control{Total: "points", As: "net"},
		Records: []layout.Record{
			{Kind: layout.KindTitles},
			{Kind: layout.KindHeader, Fields: []layout.Field{
				{Name: "run_date", Type: layout.TypeDate, Form: "yyyy/mm/dd"},
				{Name: "count", Type: layout.TypeNumber},
				{Name: "total", Type: layout.TypeNumber, Thousands: true},
			}},
			{Kind: layout.KindReceipt, Fields: []layout.Field{
				{Name: "sequence", Title: "連番", Type: layout.TypeNumber},
				{Name: "kind", Title: "区分", Lookup: map[string]string{"付与": "grant", "取消": "return"}},
				{Name: "card", Title: "会員番号"},
				{Name: "point_type", Title: "ポイント種別"},
				{Name: "points", Title: "ポイント", Type: layout.TypeNumber},
				{Name: "time", Type: layout.TypeTime, Form: "hh:mm"},
				{Name: "key", Title: "取引"},
			}},
		},
		Derived: []layout.Derived{{Name: "key", Concat: []string{
			"business_date", "','", "store", "'-'",
			"receipt",
		}}},
	}
}

// eucLayout is fixed EUC-JP with CRLF, a trailer and an end record; numbers are zoned.
func eucLayout() layout.Layout {
	s := func(s string) *string { return &s }
	return layout.Layout{
		Encoding: "euc-jp", Format: "fixed", LineEnd: "crlf", RecordLength: 50, EOFMark: true,
		Control:       layout.Control{Total: "amount_incl", As: "net"},
		Discriminator: &layout.Discriminator{At: 1, Width: 1},
		Records: []layout.Record{
			{Kind: layout.KindReceipt, IDs: []string{"2"}, Fields: []layout.Field{
				{Name: "id", Width: 1},
				{Name: "card", Width: 15},
				{Name: "store", Width: 9, Pad: "wide", Truncate: true},
				{Name: "points", Width: 7, Type: layout.TypeNumber, Sign: "overpunch"},
				{Name: "business_date", Width: 7, Type: layout.TypeDate, Form: "gyymmdd"},
				{Name: "amount_incl", Width: 8, Type: layout.TypeNumber},
				{Width: 3, Constant: s("ﾃ")},
			}},
			{Kind: layout.KindTrailer, IDs: []string{"8"}, Fields: []layout.Field{
				{Name: "id", Width: 1},
				{Name: "count", Width: 6, Type: layout.TypeNumber},
				{Name: "total", Width: 12, Type: layout.TypeNumber, Sign: "trail_sign"},
				{Width: 31, Type: layout.TypeFiller},
			}},
			{Kind: layout.KindEnd, IDs: []string{"9"}, Fields: []layout.Field{
				{Name: "id", Width: 1}, {Width: 49, Type: layout.TypeFiller, Pad: "zero"},
			}},
		},
	}
}

func goldenEntries() []Entry {
	entries := []Entry{
		entry(7, 1, 2, 0, card1, "BASE", 10), entry(8, 1, 2, 0, card2, "BASE", 1234),
		entry(8, 1, 2, 1, card2, "CAMP", 50),
		entry(8, 1, 3, 0, card1, "BASE", 7), entry(8, 2, 1, 0, card1, "BASE", -12),
	}
	for i := range entries {
		e := &entries[i]
		e.Receipt = fmt.Appendf(nil, "%06d", i+1)
		e.Time = 91800
	}
	entries[1].Store = []byte(`髙輪 "東"`)
	entries[1].Store = []byte("能登表参道")
	return entries
}

func TestFilesAreTheGoldenOnesByteForByte(t *testing.T) {
	for name, m := range map[string]*master.Outlet{
		"fixed-cp932.dat": {Layout: signed()},
		"titles-utf8.csv": {Layout: csvLayout(), Returns: "kind"},
		"fixed-euc.dat":   {Layout: eucLayout()},
		"card-utf8.csv":   {Layout: csvLayout(), Grain: "card", Returns: "netted"},
	} {
		m.Code, m.Provider, m.File = "O1", "P1", name
		o, err := Compile(m, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var out bytes.Buffer
		meta := Meta{RunDate: 20780, Created: 20780, FileNo: 12, Retailer: "見本商店", Provider: "P1"}
		sum, err := o.WriteFile(&out, meta, from(goldenEntries()), Options{Dir: t.TempDir()})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if sum.Bytes != int64(out.Len()) || sum.SHA256 != sha256.Sum256(out.Bytes()) {
			t.Errorf("%s: the summary is of other bytes: %+v", name, sum)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s: %v\n got %q\nwant %q", name, err, out.Bytes(), want)
		}
	}
}

// model gathers per card in the slow, obvious way.
func model(entries []Entry, netted bool) []string {
	type sum struct {
		key    string
		points int64
	}
	var sums []sum
	for _, e := range entries {
		key := fmt.Sprintf("%s %s", e.Number, e.PointType)
		if !netted {
			key += fmt.Sprint(" ", e.IsReturn)
		}
		i := slices.IndexFunc(sums, func(s sum) bool { return s.key == key })
		if i < 0 {
			sums = append(sums, sum{key: key})
			i = len(sums) - 1
		}
		sums[i].points += e.Points
	}
	var out []string
	for _, s := range sums {
		if s.points != 0 {
			out = append(out, fmt.Sprintf("%s %d", s.key[:len(card1)+3], s.points))
		}
	}
	return out
}

func TestCardRecordsAreTheModelsWhateverTheMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 4))
	var entries []Entry
	for line := range int64(20_000) {
		types := []string{"A", "AB", "B"}[r.IntN(3):]
		sign := int64(1 - 2*r.IntN(2))
		for i, pointType := range types {
			number := fmt.Sprintf("3%014d", r.IntN(300))
			entries = append(entries, entry(1+line/9000, 1, line, int32(i), number, pointType+" ",
				sign*r.Int64N(5)))
			entries[len(entries)-1].IsReturn = sign < 0
		}
	}
	for _, returns := range []string{"negative", "netted"} {
		want := model(entries, returns == "netted")
		for _, memory := range []int{0, 1} {
			o := compiled(t, func(m *master.Outlet) { m.Grain, m.Returns = "card", returns })
			var got []string
			told := 0
			_, err := o.WriteFile(io.Discard, Meta{}, from(entries), Options{
				Dir: t.TempDir(), Memory: memory,
				OnRecord: func(rec *Record) error {
					got = append(got, fmt.Sprintf("%s %.2s %d", rec.First.Number, rec.First.PointType,
						rec.Points))
					return nil
				},
				OnEntry: func(int64, Place) error { told++; return nil },
			})
			if err != nil || !slices.Equal(got, want) || told != len(entries) {
				t.Errorf("%s, memory %d: %d records, %d entries told, %v; want %d, %d in the model's order",
					returns, memory, len(got), told, err, len(want), len(entries))
			}
		}
	}
}

func BenchmarkWriteFile(b *testing.B) {
	for _, grain := range []string{"transaction", "card"} {
		b.Run(grain, func(b *testing.B) {
			o, err := Compile(&master.Outlet{
				Code: "O", Provider: "P", File: "f", Grain: grain,
				Layout: signed(),
			}, nil)
			if err != nil {
				b.Fatal(err)
			}
			const n = 200_000
			e := entry(1, 1, 0, 0, card1, "BASE", 3)
			dir := b.TempDir()
			for b.Loop() {
				i := int64(0)
				_, err := o.WriteFile(io.Discard, Meta{}, func(out *Entry) (bool, error) {
					i++
					e.Line = i
					copy(e.Number[6:], fmt.Appendf(nil, "%09d", (i*7919)%n))
					*out = e
					return i <= n, nil
				}, Options{Dir: dir})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mentries/s")
		})
	}
}
