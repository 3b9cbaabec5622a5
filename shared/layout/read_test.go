package layout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// all reads a whole text in blocks of size bytes, each record as kind, line, offset, fault and texts.
func all(t *testing.T, l *Layout, flat bool, text []byte, size int, names ...string) ([]string, error) {
	t.Helper()
	r, err := CompileReading(l, flat, nil)
	if err != nil {
		t.Fatal(err)
	}
	var sources []Source
	for _, n := range names {
		sources = append(sources, r.Source(n))
	}
	var got []string
	c := r.Cut(iotest.OneByteReader(bytes.NewReader(text)), size)
	for {
		b, err := c.Next(nil)
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		s := r.Scan(b)
		var rec ReadRecord
		for s.Next(&rec) {
			line := fmt.Sprintf("%s %d@%d", rec.Kind, rec.Line, rec.Offset)
			if rec.Fault != 0 {
				got = append(got, line+" "+rec.Fault.Name())
				continue
			}
			for _, src := range sources {
				text, code := rec.Text(src)
				if code != 0 {
					text = []byte(code.Name())
				}
				line += "|" + string(text)
			}
			got = append(got, line)
		}
	}
}

func csvLayout() *Layout {
	return &Layout{
		Encoding: "utf-8", Format: "csv", LineEnd: "crlf", Discriminator: &Discriminator{Column: 1},
		Records: []Record{
			{
				Kind: KindReceipt, IDs: []string{"D"},
				Fields: []Field{{Name: "id"}, {Name: "receipt"}, {Name: "note"}},
			},
			{Kind: KindItem, IDs: []string{"I"}, Fields: []Field{{Name: "id"}, {Name: "product"}}},
			{
				Kind: KindTrailer, IDs: []string{"T"},
				Fields: []Field{{Name: "id"}, {Name: "count", Type: TypeNumber}},
			},
		},
	}
}

const csvText = "D,1,\"a \"\"b\"\",\r\nc\"\r\nI,x\r\nI,y\r\nD,2,\r\nD,3\r\nX,1,2\r\n" +
	"D,4,a\"b\"\r\nD,5,\"x\"y\r\nD,6,lf\nT,4"

// TestCutsDoNotChangeWhatIsRead reads one text in blocks of every size: records, lines, offsets and receipts
// must be the same (DESIGN §4 step 0).
func TestCutsDoNotChangeWhatIsRead(t *testing.T) {
	want := []string{
		"receipt 1@0|1|a \"b\",\r\nc", "item 2@19||", "item 3@24||", "receipt 4@29|2|",
		"receipt 5@35 record.columns", "unknown 6@40 record.kind", "receipt 7@47 record.quote",
		"receipt 8@57 record.quote", "receipt 9@67 record.line_end", "trailer 10@74||",
	}
	for size := 1; size <= len(csvText)+1; size++ {
		got, err := all(t, csvLayout(), false, []byte(csvText), size, "receipt", "note")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("blocks of %d:\n%s\nwant\n%s", size, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestR5CutsKeepReceiptsWhole checks that no block starts with an item record or inside a flat receipt.
func TestR5CutsKeepReceiptsWhole(t *testing.T) {
	flat := &Layout{
		Encoding: "cp932", Format: "tsv", LineEnd: "lf",
		Records: []Record{{Kind: KindReceipt, Fields: []Field{{Name: "receipt"}, {Name: "product"}}}},
	}
	text := strings.Repeat("1\ta\n1\tb\n2\ta\n3\ta\n3\tb\n3\tc\n", 40)
	for _, size := range []int{1, 5, 9, 17, 100} {
		r, err := CompileReading(flat, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := r.Cut(strings.NewReader(text), size)
		last, blocks := "", 0
		for {
			b, err := c.Next(nil)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(b.Bytes), "\t")
			if first == last {
				t.Fatalf("blocks of %d: block %d begins inside receipt %s", size, b.Index, first)
			}
			lines := strings.Split(strings.TrimSuffix(string(b.Bytes), "\n"), "\n")
			last, _, _ = strings.Cut(lines[len(lines)-1], "\t")
			blocks++
		}
		if blocks < 2 {
			t.Errorf("blocks of %d: the file was not cut", size)
		}
	}
}

func fixedLayout(end string) *Layout {
	return &Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: end, RecordLength: 10, EOFMark: true,
		Discriminator: &Discriminator{At: 1, Width: 1},
		Records: []Record{
			{
				Kind: KindHeader, IDs: []string{"1"},
				Fields: []Field{{Name: "id", Width: 1}, {Name: "x", Width: 9}},
			},
			{Kind: KindReceipt, IDs: []string{"2"}, Fields: []Field{
				{Name: "id", Width: 1}, {Name: "receipt", Width: 4}, {Name: "note", Width: 5},
			}},
			{
				Kind: KindTrailer, IDs: []string{"8"},
				Fields: []Field{{Name: "id", Width: 1}, {Name: "x", Width: 9}},
			},
		},
	}
}

func TestFixedRecords(t *testing.T) {
	head, data, tail := "1head     ", "20001\x95\x5c\xb1  ", "8tail     "
	want := []string{"header 1@0||", "receipt 2@10|0001|表ｱ", "receipt 3@20|0001|表ｱ", "trailer 4@30||"}
	for _, x := range []struct{ end, sep, text string }{
		{"none", "", head + data + data + tail},
		{"none", "", head + data + data + tail + "\x1a"},
		{"crlf", "\r\n", head + "\r\n" + data + "\r\n" + data + "\r\n" + tail + "\r\n"},
		{"crlf", "\r\n", head + "\r\n" + data + "\r\n" + data + "\r\n" + tail + "\r\n\x1a"},
		{"lf", "\n", head + "\n" + data + "\n" + data + "\n" + tail},
		{"cr", "\r", head + "\r" + data + "\r" + data + "\r" + tail + "\r"},
		{"any", "\n", head + "\n" + data + "\n" + data + "\n" + tail + "\n"},
	} {
		for size := 1; size < 50; size += 3 {
			got, err := all(t, fixedLayout(x.end), false, []byte(x.text), size, "receipt", "note")
			if err != nil {
				t.Fatalf("%s: %v", x.end, err)
			}
			for i := range want {
				before, after := fmt.Sprintf("@%d", 10*i), fmt.Sprintf("@%d", (10+len(x.sep))*i)
				want2 := strings.Replace(want[i], before, after, 1)
				if i >= len(got) || got[i] != want2 {
					t.Fatalf("%s, blocks of %d: %q\nwant %s", x.end, size, got, want2)
				}
			}
		}
	}
}

func TestFaultsOfStructure(t *testing.T) {
	bom := "\xef\xbb\xbf"
	for _, x := range []struct {
		name   string
		layout *Layout
		text   string
		want   fault.Code
	}{
		{"cut in the last record", fixedLayout("none"), "1head     20001", fault.FileTruncated},
		{"cut in the last line", fixedLayout("crlf"), "1head     \r\n20001", fault.FileTruncated},
		{"open quote", csvLayout(), "D,1,\"abc\r\nD,2,x\r\n", fault.FileQuote},
		{"UTF-8 mark in a CP932 file", fixedLayout("none"), bom + "1head     ", fault.FileEncoding},
		{"UTF-16 mark", csvLayout(), "\xff\xfeD\x00", fault.FileEncoding},
		{
			"record without end", csvLayout(), "D,1,\"" + strings.Repeat("x", MaxTransaction+10),
			fault.RecordTooLong,
		},
	} {
		r, err := CompileReading(x.layout, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := r.Cut(strings.NewReader(x.text), 0)
		for err == nil {
			_, err = c.Next(nil)
		}
		if fault.CodeOf(err) != x.want {
			t.Errorf("%s: %v, want %s", x.name, err, x.want)
		}
	}
	got, err := all(t, csvLayout(), false, []byte(bom+"T,1"), 4, "count")
	if err != nil || got[0] != "trailer 1@3|1" {
		t.Errorf("UTF-8 mark: %q, %v", got, err)
	}
}

// TestISO2022JP splits where the bytes of two-byte characters look like separators and quotes.
func TestISO2022JP(t *testing.T) {
	l := &Layout{
		Encoding: "iso-2022-jp", Format: "csv", LineEnd: "lf",
		Records: []Record{{Kind: KindReceipt, Fields: []Field{{Name: "receipt"}, {Name: "note"}}}},
	}
	kanji := "\x1b$B,\"\",$\"\x1b(B" // bytes of , and " inside two-byte characters
	text := "1," + kanji + "\n2,\"" + kanji + ",x\"\n3,z\n"
	for size := 1; size < 60; size++ {
		got, err := all(t, l, false, []byte(text), size, "receipt")
		if err != nil || len(got) != 3 || !strings.HasPrefix(got[1], "receipt 2@15|2") {
			t.Fatalf("blocks of %d: %q, %v", size, got, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, x := range []struct {
		field Field
		text  string
		want  int64
		code  fault.Code
	}{
		{Field{Width: 7}, "0001200", 1200, 0},
		{Field{Width: 7}, "   1200", 1200, 0},
		{Field{Width: 7, Sign: "lead_minus"}, "-001200", -1200, 0},
		{Field{Width: 7, Sign: "lead_sign"}, "+001200", 1200, 0},
		{Field{Width: 7, Sign: "lead_sign"}, "0001200", 0, fault.AmountBad},
		{Field{Width: 7, Sign: "trail_sign"}, "001200-", -1200, 0},
		{Field{Width: 7, Sign: "overpunch"}, "001234E", 12345, 0},
		{Field{Width: 7, Sign: "overpunch"}, "001234N", -12345, 0},
		{Field{Width: 7, Sign: "overpunch"}, "000120}", -1200, 0},
		{Field{Width: 7, Sign: "overpunch"}, "000000{", 0, 0},
		{Field{Width: 7, Sign: "overpunch"}, "000000}", 0, 0},
		{Field{Width: 7, Sign: "overpunch"}, "0001200", 1200, 0},
		{Field{Width: 7, Sign: "overpunch_mf"}, "001234u", -12345, 0},
		{Field{Width: 7, Decimals: 2}, "0120000", 1200, 0},
		{Field{Width: 7, Decimals: 2}, "0120001", 0, fault.AmountBad},
		{Field{Width: 7, Scale: 2}, "  11.77", 1177, 0},
		{Field{Width: 7, Scale: 2}, "   11.7", 1170, 0},
		{Field{Width: 7, Scale: 2}, "     11", 1100, 0},
		{Field{Width: 7, Thousands: true, Sign: "lead_minus"}, " -1,200", -1200, 0},
		{Field{Width: 7, Thousands: true, Sign: "lead_minus"}, "(1,200)", -1200, 0},
		{Field{Width: 7, Thousands: true, Sign: "lead_minus"}, "\x81\xa31,200", -1200, 0}, // ▲
		{Field{Width: 7, Thousands: true}, "  1,20 ", 0, fault.AmountBad},
		{Field{Width: 7}, "\x82\x50\x82\x51   ", 12, 0}, // full-width digits
		{Field{Width: 7}, "1E+06  ", 0, fault.NumberExcel},
		{Field{Width: 7}, "12O0   ", 0, fault.AmountBad},
		{Field{Width: 7}, "-001200", 0, fault.AmountBad},
		{Field{Width: 7, Empty: []string{"9999999"}}, "9999999", 0, 0},
	} {
		x.field.Name, x.field.Type = "amount_incl", TypeNumber
		l := &Layout{
			Encoding: "cp932", Format: "fixed", LineEnd: "none", RecordLength: 7,
			Records: []Record{{Kind: KindReceipt, Fields: []Field{x.field}}},
		}
		r, err := CompileReading(l, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		var rec ReadRecord
		r.Scan(Block{Bytes: []byte(x.text), Line: 1}).Next(&rec)
		v, _, code := rec.Number(r.Source("amount_incl"))
		if v != x.want || code != x.code {
			t.Errorf("%+v %q = %d %s, want %d %s", x.field, x.text, v, code.Name(), x.want, x.code.Name())
		}
	}
}

func TestDerivedValues(t *testing.T) {
	text, no := "x", false
	l := &Layout{
		Encoding: "utf-8", Format: "csv", LineEnd: "lf",
		Records: []Record{{Kind: KindReceipt, Fields: []Field{
			{Name: "code", Lookup: map[string]string{"1": "sale", "2": "return"}}, {Name: "a"}, {Name: "b"},
		}}},
		Derived: []Derived{
			{Name: "kind", From: "code"},
			{Name: "joined", Concat: []string{"a", "'-'", "b"}, When: &Condition{Field: "b", Blank: &no}},
			{Name: "joined", Constant: &text},
			{Name: "even", From: "a", Lookup: map[string]string{"2": "yes"}, Default: &text},
			{Name: "up", From: "b", Convert: "double"},
			{Name: "only", From: "a", When: &Condition{Field: "kind", In: []string{"return"}}},
		},
	}
	double := func(dst, src []byte) ([]byte, bool) {
		return append(append(dst, src...), src...), len(src) < 3
	}
	r, err := CompileReading(l, false, Converters{"double": {Read: double}})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Scan(Block{Bytes: []byte("1,2,z\n2,3,\n9,2,abc\n"), Line: 1})
	var rec ReadRecord
	var got []string
	for s.Next(&rec) {
		for _, n := range []string{"kind", "joined", "even", "up", "only"} {
			b, code := rec.Text(r.Source(n))
			if code != 0 {
				b = []byte("!" + code.Name())
			}
			got = append(got, string(b))
		}
	}
	want := "sale|2-z|yes|zz||return|x|x||3|!lookup.missing|2-abc|yes|!lookup.missing|"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
	if _, err := CompileReading(l, false, nil); fault.CodeOf(err) != fault.LayoutConverter {
		t.Errorf("a converter that nobody registered: %v", err)
	}
}

func TestDatesAndTimes(t *testing.T) {
	l := &Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: "none", RecordLength: 18,
		Records: []Record{{Kind: KindReceipt, Fields: []Field{
			{Name: "business_date", Width: 8, Type: TypeDate, Empty: []string{"00000000"}},
			{Name: "short", Width: 6, Type: TypeDate, Form: "wareki"},
			{Name: "time", Width: 4, Type: TypeTime, Form: "hhmm"},
		}}},
	}
	r, err := CompileReading(l, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	near, _ := calendar.Of(2026, 11, 22)
	for _, x := range []struct{ text, want string }{
		{"202611220811222530", "2026-11-22 2026-11-22 25:30:00"},
		{"000000000811220000", "none 2026-11-22 00:00:00"},
		{"20261131      3000", "date.bad none time.bad"},
		{"          081122    ", "none 2026-11-22 none"},
	} {
		var rec ReadRecord
		r.Scan(Block{Bytes: []byte(x.text[:18]), Line: 1}).Next(&rec)
		got := ""
		for _, n := range []string{"business_date", "short"} {
			d, code := rec.Date(r.Source(n), near)
			switch {
			case code != 0:
				got += code.Name() + " "
			case d.IsZero():
				got += "none "
			default:
				got += d.String() + " "
			}
		}
		c, _, code := rec.Clock(r.Source("time"))
		switch {
		case code != 0:
			got += code.Name()
		case c == calendar.NoTime:
			got += "none"
		default:
			got += c.String()
		}
		if x.text[8:10] != "  " || len(x.text) == 18 {
			if got != x.want {
				t.Errorf("%q: got %q, want %q", x.text, got, x.want)
			}
		}
	}
}

// TestTextsAreThoseOfTheirRecord reads texts that come again and that are new each time, the quick way and
// the full way: each must be its own record's.
func TestTextsAreThoseOfTheirRecord(t *testing.T) {
	for _, format := range []string{"csv", "fixed"} {
		l := &Layout{
			Encoding: "utf-8", Format: format, LineEnd: "lf",
			Records: []Record{{Kind: KindReceipt, Fields: []Field{{Name: "store"}, {Name: "note"}}}},
		}
		if format == "fixed" {
			l.RecordLength = 60 + 300
			l.Records[0].Fields[0].Width, l.Records[0].Fields[1].Width = 60, 300
		}
		var text strings.Builder
		var want []string
		for i := range 5000 {
			store := strings.Repeat("店", i%7+1)
			note := fmt.Sprintf("備考%d%s", i, strings.Repeat("長", i%40))
			want = append(want, store+"|"+note)
			if format == "fixed" {
				fmt.Fprintf(&text, "%s%s%s%s\n", store, strings.Repeat(" ", 60-len(store)),
					note, strings.Repeat(" ", 300-len(note)))
			} else {
				fmt.Fprintf(&text, "%s,%s\n", store, note)
			}
		}
		r, err := CompileReading(l, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		store, _ := r.Column(0, r.Source("store"))
		note, _ := r.Column(0, r.Source("note"))
		s := r.Scan(Block{Bytes: []byte(text.String()), Line: 1})
		var rec ReadRecord
		for i := 0; s.Next(&rec); i++ {
			if !rec.Decodable() {
				t.Fatal(format, i, "is not decodable")
			}
			a, okA := rec.Quick(&store)
			b, okB := rec.Quick(&note)
			if got := string(a) + "|" + string(b); okA && okB && got != want[i] {
				t.Fatalf("%s record %d: quick %s, want %s", format, i, got, want[i])
			}
			a, codeA := rec.Text(r.Source("store"))
			b, codeB := rec.Text(r.Source("note"))
			if got := string(a) + "|" + string(b); codeA != 0 || codeB != 0 || got != want[i] {
				t.Fatalf("%s record %d: %s, want %s", format, i, got, want[i])
			}
		}
	}
}
