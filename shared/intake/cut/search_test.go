package cut_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"multipoint/shared/charset"
	"multipoint/shared/intake/cut"
	"multipoint/shared/layout"
	"multipoint/shared/transaction"
)

// invented gives a number of sixteen digits that is no card's but by chance: Visa's beginning and a check
// digit.
func invented(r *rand.Rand) string {
	b := []byte("4")
	for len(b) < 15 {
		b = append(b, byte('0'+r.IntN(10)))
	}
	return withCheck(string(b))
}

// withCheck appends the check digit (DOMAIN §1).
func withCheck(body string) string {
	sum := 0
	for i, c := range body {
		v := int(c - '0')
		if (len(body)-i)%2 == 1 {
			v *= 2
		}
		sum += v/10 + v%10
	}
	return body + string(byte('0'+(10-sum%10)%10))
}

// full writes digits in full width.
func full(digits string) string {
	return strings.Map(func(c rune) rune { return c - '0' + '０' }, digits)
}

// grouped writes digits in fours.
func grouped(digits, by string) string {
	return digits[:4] + by + digits[4:8] + by + digits[8:12] + by + digits[12:]
}

func compileLayout(t testing.TB, l *layout.Layout) *layout.Reading {
	t.Helper()
	r, err := layout.CompileReading(l, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func encode(t testing.TB, encoding, text string) string {
	t.Helper()
	e, _ := charset.Parse(encoding)
	out, badAt := charset.Encoder{Encoding: e}.Append(nil, []byte(text))
	if badAt >= 0 {
		t.Fatalf("%s cannot say %q", encoding, text[badAt:])
	}
	return string(out)
}

// pass gives what a pass over a text quarantines, and that nothing of the number shows.
func pass(t testing.TB, reading *layout.Reading, text, number string, o cut.Options) *cut.Hit {
	t.Helper()
	o.File, o.Chunk = "in.csv", 4096
	r := rand.New(rand.NewPCG(1, 1))
	o.KeepGoing = false
	res, _ := upload(t, r, reading, []byte(text), o)
	o.KeepGoing = true
	all, _ := upload(t, r, reading, []byte(text), o)
	if (res.Quarantine == nil) != (all.Quarantine == nil) {
		t.Fatalf("%+v, but %+v if the pass goes on", res.Quarantine, all.Quarantine)
	}
	if h := res.Quarantine; h != nil {
		if *h != *all.Quarantine || h.File != "in.csv" || res.Bytes != 0 || len(res.Chunks) != 0 {
			t.Fatalf("%+v, but %+v if the pass goes on", res, all)
		}
		if strings.Contains(fmt.Sprintf("%+v", *h), number[:6]) {
			t.Fatalf("the hit shows the number: %+v", *h)
		}
	}
	return res.Quarantine
}

func named(names ...string) (fields []layout.Field) {
	for _, name := range names {
		f := layout.Field{Name: name}
		if strings.HasSuffix(name, "date") {
			f.Type = "date"
		}
		fields = append(fields, f)
	}
	return fields
}

// TestFieldsThatAreSearched puts a number into each field in turn.
func TestFieldsThatAreSearched(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	fields := named("business_date", "time", "store", "register", "receipt", "kind", "original_date",
		"original_store", "original_register", "original_receipt", "card", "member_no", "affiliate",
		"amount_incl", "amount_excl", "incl_8", "incl_10", "tax_8", "tax_10", "points_given",
		"items.1.product", "items.1.amount",
		"items.1.quantity", "items.1.tax_rate", "till_total", "note", "raw_receipt",
		"raw_card", "card_1", "card_2", "branch", "branch_code")
	fields = append(fields, layout.Field{Type: "filler", Title: "備考"}, layout.Field{Type: "filler"})
	declared := " business_date store register receipt original_date original_store original_register " +
		"original_receipt card member_no amount_incl amount_excl incl_8 incl_10 tax_8 tax_10 " +
		"items.1.product items.1.amount till_total raw_receipt card_1 card_2 branch branch_code "
	l := &layout.Layout{
		Encoding: "utf-8", Format: "csv", LineEnd: "lf", Records: []layout.Record{
			{Kind: "titles"}, {Kind: "receipt", Fields: fields},
		},
		Control: layout.Control{Total: "till_total"},
		Derived: []layout.Derived{
			{Name: "receipt", From: "raw_receipt", When: &layout.Condition{Field: "note", In: []string{"x"}}},
			{Name: "card", From: "raw_card"},
			{Name: "affiliate", From: "raw_card"}, // it may be a payment card
			{Name: "own_card", Concat: []string{"card_1", "'-'", "card_2"}},
			{Name: "card", From: "own_card"},
			{Name: "branch", From: "branch"},
			{Name: "store", From: "branch"},
			{Name: "register", From: "branch_code"},
		},
	}
	reading := compileLayout(t, l)
	for i := range fields {
		number := invented(r)
		cells := make([]string, len(fields))
		for k := range cells {
			cells[k] = "20261122"
		}
		cells[i] = number
		text := "titles\n" + strings.Repeat("1,", len(fields)-1) + "\n" + strings.Join(cells, ",") + "\n"
		name := fields[i].Name
		want := &cut.Hit{File: "in.csv", Line: 3, Field: name}
		switch {
		case fields[i].Title != "":
			want.Field = fields[i].Title
		case name == "":
			want.Field = fmt.Sprintf("column %d", len(fields))
		case strings.Contains(declared, " "+name+" "):
			want = nil
		}
		got := pass(t, reading, text, number, cut.Options{})
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	cells := make([]string, len(fields))
	cells[2] = invented(r)
	text := "titles\n" + strings.Join(cells, ",")
	byReceipt := cut.Options{Keys: []transaction.KeyField{transaction.KeyReceipt}}
	if hit := pass(t, reading, text, cells[2], byReceipt); hit == nil || hit.Field != "store" {
		t.Errorf("a store that is no key: %+v", hit)
	}
}

// TestNumbersAreFoundInAllEncodings writes numbers as people do, in every encoding and format.
func TestNumbersAreFoundInAllEncodings(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, encoding := range []string{"utf-8", "cp932", "euc-jp", "iso-2022-jp"} {
		for _, format := range []string{"csv", "tsv", "fixed"} {
			fields := []layout.Field{
				{Name: "receipt", Width: 8}, {Name: "memo", Width: 90}, {Name: "card", Width: 16},
			}
			l := &layout.Layout{
				Encoding: encoding, Format: format, LineEnd: "lf", RecordLength: 114,
				Records: []layout.Record{{Kind: "receipt", Fields: fields}},
			}
			reading := compileLayout(t, l)
			for range 40 {
				number := invented(r)
				short := withCheck("36" + number[2:13]) // the shortest there are
				wrong := number[:15] + string('0'+(number[15]-'0'+5)%10)
				for memo, want := range map[string]bool{
					number: true, full(number): true, "支払" + grouped(number, "-") + "表": true,
					"表ソ" + grouped(number, "　") + "様": true, grouped(number, " "): true,
					"番号：" + full(number[:8]) + "　" + number[8:]: true,
					wrong: false, full(wrong): false, "7" + number: false,
					number[:8] + "、" + number[8:]: false, "ありがとうございましたありがとうございました": false, number[:12]: false,
					short: true, "ありがとう" + short + "ございました": true, full(short): true,
				} {
					line := record(t, l, "00000001", memo, number) // a point card that looks like one
					hit := pass(t, reading, line+line, number, cut.Options{})
					if (hit != nil) != want || hit != nil && (hit.Line != 1 || hit.Field != "memo") {
						t.Fatalf("%s %s %q: %+v", encoding, format, memo, hit)
					}
				}
			}
		}
	}
}

// record writes one record.
func record(t testing.TB, l *layout.Layout, cells ...string) string {
	t.Helper()
	for i := range cells {
		cells[i] = encode(t, l.Encoding, cells[i])
		if l.Format == "fixed" {
			width := l.Records[0].Fields[i].Width
			cells[i] = (cells[i] + strings.Repeat(" ", width))[:width]
		}
	}
	return strings.Join(cells, map[string]string{"csv": ",", "tsv": "\t"}[l.Format]) + "\n"
}

// TestLinesThatCannotBeCutAreSearchedWhole also looks at control records, title rows and broken characters.
func TestLinesThatCannotBeCutAreSearchedWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	n := invented(r)
	csv := &layout.Layout{
		Encoding: "cp932", Format: "csv", LineEnd: "crlf", Discriminator: &layout.Discriminator{Column: 1},
		Records: []layout.Record{
			{Kind: "titles", Fields: named("id")},
			{Kind: "header", IDs: []string{"H"}, Fields: named("id", "sender")},
			{Kind: "receipt", IDs: []string{"D"}, Fields: named("id", "receipt", "card", "memo")},
			{Kind: "trailer", IDs: []string{"T"}, Fields: named("id", "count", "total")},
		},
	}
	plain := *csv
	plain.Discriminator, plain.Records = nil, []layout.Record{{Kind: "titles"}, csv.Records[2]}
	fixed := *csv
	fixed.Format, fixed.RecordLength, fixed.Discriminator = "fixed", 40, nil
	fixed.Records = []layout.Record{{Kind: "receipt", Fields: []layout.Field{
		{Name: "receipt", Width: 4}, {Name: "memo", Width: 20}, {Name: "card", Width: 16},
	}}}
	memo := &cut.Hit{Line: 2, Field: "memo"}
	jis := plain
	jis.Encoding = "iso-2022-jp"
	open := strings.TrimSuffix(encode(t, "iso-2022-jp", full(n)), "\x1b(B")
	for _, c := range []struct {
		what   string
		layout *layout.Layout
		text   string
		want   *cut.Hit
	}{
		{"too many columns", csv, "a\r\nD,1,2,3," + n + "\r\n", &cut.Hit{Line: 2}},
		{"too few columns", csv, "a\r\nD," + n + "\r\nT,0,0\r\n", &cut.Hit{Line: 2}},
		{"no kind", csv, "a\r\nX," + n + ",2,3\r\n", &cut.Hit{Line: 2}},
		{"a broken quote", csv, "a\r\nD,1,a\"b\"," + n + "\r\n", &cut.Hit{Line: 2}},
		{"another line end", csv, "a\r\nD,1," + n + ",\nD,2,," + n + "\n", &cut.Hit{Line: 3, Field: "memo"}},
		{"a quoted field", csv, "a\r\nD,1,\"a\r\nb\",\"x " + n + "\"\r\n", &cut.Hit{Line: 2, Field: "memo"}},
		{"a header", csv, "a\r\nH," + n + "\r\n", &cut.Hit{Line: 2, Field: "sender"}},
		{"a count", csv, "a\r\nT," + n + ",0\r\n", &cut.Hit{Line: 2, Field: "count"}},
		{"a total", csv, "a\r\nT,0," + n + "\r\n", nil},
		{"a title", csv, n + "\r\n", &cut.Hit{Line: 1, Field: "id"}},
		{"a title beyond", csv, "a,b," + n + "\r\n", &cut.Hit{Line: 1, Field: "column 3"}},
		{"titles left out", &plain, "D,1," + n + ",\r\nD,1,2," + n + "\r\n", memo},
		{"a broken byte", csv, "a\r\nD,1,2,\xff" + encode(t, "cp932", full(n)) + "\r\n", memo},
		{"a broken byte inside", csv, "a\r\nD,1,2," + n[:8] + "\xff" + n[8:] + "\r\n", nil},
		{"a run without its end", &jis, "a\r\nD,1,2," + open, memo},
		{"fields side by side", &fixed, "1234" + strings.Repeat(" ", 12) + n + "        \r\n", nil},
		{
			"a card that fills a field", &fixed, "1234" + n + "   x300000000000001 \r\n",
			&cut.Hit{Line: 1, Field: "memo"},
		},
		{"a long record", &fixed, "1234 " + n + strings.Repeat(" ", 30) + "\r\n", &cut.Hit{Line: 1}},
		{"a cut record", &fixed, "1234 " + n, &cut.Hit{Line: 1}},
		{"an open quote", csv, "a\r\nD,1,2,x\r\nD,1,\"," + n + "\r\n", &cut.Hit{Line: 3}},
		{"other characters", csv, "\xff\xfe\r\nD,1,2," + n + "\r\n", &cut.Hit{Line: 2, Field: "memo"}},
	} {
		got := pass(t, compileLayout(t, c.layout), c.text, n, cut.Options{})
		if got != nil {
			got.File = ""
		}
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
}

// TestHitEndsThePass: the reader of the chunk at hand says so, no other chunk follows, the source is left.
func TestHitEndsThePass(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	l := &layout.Layout{
		Encoding: "utf-8", Format: "csv", LineEnd: "lf",
		Records: []layout.Record{{Kind: "receipt", Fields: named("receipt", "memo")}},
	}
	text := strings.Repeat("1,a\n", 1000) + "2," + invented(r) + "\n" + strings.Repeat("3,b\n", 1000)
	src := strings.NewReader(text)
	calls, ended := 0, 0
	o := cut.Options{Chunk: 1500}
	res, err := cut.Upload(src, compileLayout(t, l), o, func(_ cut.Chunk, body io.Reader) error {
		calls++
		_, err := io.Copy(io.Discard, body)
		if errors.Is(err, cut.ErrPaymentCard) {
			ended++
		}
		return err
	})
	if err != nil || res.Quarantine == nil || res.Quarantine.Line != 1001 || res.SHA256 != [32]byte{} {
		t.Errorf("%+v, %v", res, err)
	}
	if calls > 3 || ended > 1 || src.Len() < 2000 {
		t.Errorf("%d chunks, %d of them ended, %d bytes left", calls, ended, src.Len())
	}
	text += "4," + invented(r) + "\n"
	all, _ := upload(t, r, compileLayout(t, l), []byte(text), cut.Options{Chunk: 1500, KeepGoing: true})
	if *all.Quarantine != *res.Quarantine || len(all.Chunks) < 5 {
		t.Errorf("%+v in %d chunks", all.Quarantine, len(all.Chunks))
	}
}
