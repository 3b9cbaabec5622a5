package convert_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/charset"
	"multipoint/shared/convert"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

// csvSink writes good records as the common layout, as the convert command does.
type csvSink struct {
	rows  *transaction.Rows
	out   []byte
	good  int
	bad   int
	first string
}

func (s *csvSink) Good(t *transaction.Transaction) {
	s.good++
	if len(s.out) > 1<<20 {
		s.out = s.out[:0]
	}
	s.out = s.rows.Append(s.out, t)
}

func (s *csvSink) Bad(b *convert.BadLine) {
	s.bad++
	if s.first == "" {
		s.first = fmt.Sprint(b.Faults, string(b.Raw))
	}
}

func benchFeed(b *testing.B, l layout.Layout) (*convert.Feed, transaction.Names) {
	b.Helper()
	set := &master.Set{
		Providers: []master.Provider{{Code: "P1"}, {Code: "P2"}},
		Cards: []master.Card{
			{Code: "C1", Provider: "P1", Digits: 15, Min: "300000000000000", Max: "399999999999999"},
			{
				Code: "C2", Provider: "P2", Digits: 16, Min: "9999000000000000", Max: "9999999999999999",
				Check: "LUHN",
			},
		},
		Affiliates: []master.Affiliate{{Code: "A", Prefixes: []string{"9100"}}},
	}
	cards, err := card.Compile(set.Cards, set.Providers)
	if err != nil {
		b.Fatal(err)
	}
	affiliates, err := card.CompileAffiliates(set.Affiliates)
	if err != nil {
		b.Fatal(err)
	}
	dir := convert.Directory{Cards: cards, Affiliates: affiliates, Providers: []string{"P1", "P2"}}
	f, err := convert.Compile(set, &master.Feed{Code: "F", Excl: "tax", Layout: l}, dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	return f, transaction.Names{
		Feed: "F", Schemes: []string{"C1", "C2"}, Providers: dir.Providers,
		Affiliates: []string{"A"}, KeyFields: f.Keys(),
	}
}

func encode(b *testing.B, text string) []byte {
	b.Helper()
	out, bad := charset.Encoder{Encoding: charset.CP932}.Append(nil, []byte(text))
	if bad >= 0 {
		b.Fatal("cannot encode at", bad)
	}
	return out
}

func csvBench(b *testing.B) (layout.Layout, []byte) {
	l := layout.Layout{
		Encoding: "cp932", Format: "csv", LineEnd: "crlf",
		Records: []layout.Record{
			{Kind: "titles", Fields: []layout.Field{{Name: "t"}}},
			{Kind: "receipt", Fields: []layout.Field{
				{Name: "kind", Lookup: map[string]string{"売上": "sale", "返品": "return"}},
				{Name: "business_date", Type: "date", Form: "yyyy/mm/dd"},
				{Name: "time", Type: "time", Form: "hh:mm:ss"},
				{Name: "store"},
				{Name: "store_name"},
				{Name: "register"},
				{Name: "receipt"},
				{Name: "staff"},
				{Name: "card"},
				{Name: "affiliate"},
				{Name: "amount_incl", Type: "number", Thousands: true},
				{Name: "tax_8", Type: "number"},
				{Name: "tax_10", Type: "number"},
				{Name: "note"},
				{Name: "original_receipt"},
			}},
		},
	}
	var buf bytes.Buffer
	buf.Write(encode(b, "区分,日付\r\n"))
	for i := range 20000 {
		cardNo := fmt.Sprintf("3%014d", i*7919%100000)
		buf.Write(encode(b, fmt.Sprintf(
			"売上,2026/11/%02d,%02d:%02d:00,%06d,あおぞらストア表参道十番店,レジ%02d,%06d,"+
				"山田　能登子,%s,9100****1234,\"%d,%03d\",%d,%d,\"食料品、日用品,ソース\",\r\n",
			i%22+1, i%14+9, i%60, i%300, i%12, i, cardNo, i%9+1, i%1000, i%40, i%60)))
	}
	return l, buf.Bytes()
}

func runConvert(b *testing.B, l layout.Layout, text []byte) {
	f, names := benchFeed(b, l)
	run, _ := calendar.Of(2026, 11, 23)
	sink := &csvSink{rows: transaction.NewRows(&names)}
	w := f.NewWorker(convert.File{Ordinal: 1, RunDate: run}, sink)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		w.Block(layout.Block{Bytes: text, Line: 1, Last: true})
	}
	b.ReportMetric(float64(sink.good)/b.Elapsed().Seconds()/1e6, "Mrec/s")
	if sink.bad > 0 {
		b.Fatal(sink.bad, "bad", sink.first)
	}
}

func BenchmarkConvertCSV(b *testing.B) {
	l, text := csvBench(b)
	runConvert(b, l, text)
}

func BenchmarkConvertFixed(b *testing.B) {
	fields := []layout.Field{
		{Name: "id", Width: 1},
		{Name: "kind", Width: 1, Lookup: map[string]string{"1": "sale", "2": "return"}},
		{Name: "business_date", Width: 8, Type: "date"},
		{Name: "time", Width: 6, Type: "time", Form: "hhmmss"},
		{Name: "store", Width: 6},
		{Name: "store_name", Width: 40},
		{Name: "register", Width: 4},
		{Name: "receipt", Width: 8},
		{Name: "staff", Width: 24},
		{Name: "card", Width: 20},
		{Name: "affiliate", Width: 20},
		{Name: "amount_incl", Width: 10, Type: "number"},
		{Name: "tax_8", Width: 8, Type: "number"},
		{Name: "tax_10", Width: 8, Type: "number"},
		{Name: "category", Width: 40, Type: "filler"},
		{Name: "f", Width: 52, Type: "filler"},
	}
	l := layout.Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: "crlf", RecordLength: 256,
		Discriminator: &layout.Discriminator{At: 1, Width: 1},
		Records:       []layout.Record{{Kind: "receipt", IDs: []string{"2"}, Fields: fields}},
	}
	var buf bytes.Buffer
	pad := func(s string, n int) []byte {
		x := encode(b, s)
		return append(x, bytes.Repeat([]byte{' '}, n-len(x))...)
	}
	for i := range 20000 {
		fmt.Fprintf(&buf, "21202611%02d%02d%02d00%06d", i%22+1, i%14+9, i%60, i%300)
		buf.Write(pad("あおぞらストア表参道十番店", 40))
		fmt.Fprintf(&buf, "%04d%08d", i%12, i)
		buf.Write(pad("山田　能登子", 24))
		buf.Write(pad(fmt.Sprintf("3%014d", i*7919%100000), 20))
		buf.Write(pad("9100****1234", 20))
		fmt.Fprintf(&buf, "%010d%08d%08d", i%9000+200, i%40, i%60)
		buf.Write(pad("食料品、日用品ソース", 40))
		buf.Write(pad("", 52))
		buf.WriteString("\r\n")
	}
	runConvert(b, l, buf.Bytes())
}

// BenchmarkSHA256 hashes the bytes that BenchmarkConvertFixed converts.
func BenchmarkSHA256(b *testing.B) {
	text := make([]byte, 20000*258)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		sha256.Sum256(text)
	}
}
