package convert_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

// batches is a layout of header, receipt, item, trailer and end records. A receipt is R, kind, receipt
// number and
// amount; the date is always the run's.
func batches(change ...func(*master.Feed)) master.Feed {
	date := "20261122"
	id, control := layout.Field{Name: "id"}, []layout.Field{
		{Name: "id"}, {Name: "count", Type: "number"}, {Name: "total", Type: "number"},
	}
	f := master.Feed{
		Code: "F", Excl: "same", CardOptional: true,
		Layout: layout.Layout{
			Encoding: "utf-8", Format: "csv", LineEnd: "lf", Discriminator: &layout.Discriminator{Column: 1},
			Records: []layout.Record{
				{Kind: "header", IDs: []string{"H"}, Fields: []layout.Field{id}},
				{Kind: "receipt", IDs: []string{"R"}, Fields: []layout.Field{
					id, {Name: "kind"}, {Name: "receipt"}, {Name: "amount_incl", Type: "number"},
				}},
				{Kind: "item", IDs: []string{"I"}, Fields: []layout.Field{id, {Name: "product"}}},
				{Kind: "trailer", IDs: []string{"T"}, Fields: control},
				{Kind: "end", IDs: []string{"E"}, Fields: control},
			},
			Derived: []layout.Derived{{Name: "business_date", Constant: &date}},
		},
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

// without takes kinds of records out of the layout.
func without(kinds ...string) func(*master.Feed) {
	return func(f *master.Feed) {
		var kept []layout.Record
		for _, r := range f.Layout.Records {
			if !strings.Contains(strings.Join(kinds, " "), r.Kind) {
				kept = append(kept, r)
			}
		}
		f.Layout.Records = kept
	}
}

func counts(kinds ...string) func(*master.Feed) {
	return func(f *master.Feed) { f.Layout.Control.Counts = kinds }
}

func totalAs(as string) func(*master.Feed) {
	return func(f *master.Feed) { f.Layout.Control.As = as }
}

func many(f *master.Feed) { f.Layout.Batches = "many" }

// records writes records parted by spaces as lines.
func records(text string) string { return strings.ReplaceAll(text, " ", "\n") + "\n" }

// wantRefused compares what a file is refused for, "" if it is accepted, in blocks of several sizes.
func wantRefused(t *testing.T, feed master.Feed, text, want string, line int64) {
	t.Helper()
	for _, size := range []int{0, 1, 9} {
		o := read(compile(t, feed), text, size)
		if o.err != nil {
			t.Fatal(o.err)
		}
		got, at := "", int64(0)
		if o.verdict.Refused != nil {
			got, at = o.verdict.Refused.Code.Name(), o.verdict.Refused.Line
		}
		if got != want || at != line {
			t.Errorf("blocks of %d: refused for %q in line %d, want %q in line %d", size, got, at, want, line)
		}
	}
}

// TestR4Structure walks through the grammar (header data* trailer)+ end.
func TestR4Structure(t *testing.T) {
	onlyTrailer, onlyData := without("header", "end"), without("header", "trailer", "end")
	for _, x := range []struct {
		feed master.Feed
		text string
		want string
		line int64
	}{
		{batches(), "H R,sale,1,5 R,sale,2,7 T,2,12 E,2,12", "", 0},
		{batches(), "H T,0,0 E,0,0", "", 0},
		{batches(), "R,sale,1,5 H T,1,5 E,1,5", "file.header_missing", 1},
		{batches(), "T,0,0 E,0,0", "file.order", 1},
		{batches(), "E,0,0", "file.header_missing", 0},
		{batches(), "H R,sale,1,5 T,1,5", "file.trailer_missing", 0},
		{batches(), "H R,sale,1,5", "file.trailer_missing", 0},
		{batches(), "H R,sale,1,5 E,1,5", "file.order", 3},
		{batches(), "H H T,0,0 E,0,0", "file.order", 2},
		{batches(), "H R,sale,1,5 T,1,5 R,sale,2,5 E,2,10", "file.order", 4},
		{batches(), "H R,sale,1,5 T,1,5 T,0,0 E,1,5", "file.order", 4},
		{batches(), "H T,0,0 E,0,0 R,sale,2,5", "file.order", 4},
		{batches(), "H T,0,0 E,0,0 E,0,0", "file.order", 4},
		{batches(), "H T,0,0 E,0,0 H", "file.order", 4},
		{batches(), "H T,0,0 E,0,0 garbage", "file.order", 4},
		{batches(), "H R,sale,1,5 T,1,5 H R,sale,2,7 T,1,7 E,2,12", "file.order", 4},
		{batches(many), "H R,sale,1,5 T,1,5 H R,sale,2,7 T,1,7 E,2,12", "", 0},
		{batches(many), "H R,sale,1,5 T,1,5 H R,sale,2,7 T,2,12 E,2,12", "file.count", 6},
		{batches(many), "H R,sale,1,5 T,1,5 H R,sale,2,7 T,1,7 E,1,7", "file.count", 7},
		{batches(many), "H R,sale,1,5 T,1,5 H T,0,0 E,1,5", "", 0},
		{batches(many), "H R,sale,1,5 T,1,5 R,sale,2,7 T,1,7 E,2,12", "file.order", 4},
		{batches(many), "H R,sale,1,5 T,1,5 H R,sale,2,7 E,2,12", "file.order", 6},
		{batches(many, onlyTrailer), "R,sale,1,5 T,1,5 R,sale,2,7 T,1,7", "", 0},
		{batches(many, onlyTrailer), "R,sale,1,5 T,1,5 T,0,0", "", 0},
		{batches(many, onlyTrailer), "R,sale,1,5 T,1,5 R,sale,2,7", "file.trailer_missing", 0},
		{batches(onlyTrailer), "R,sale,1,5 T,1,5", "", 0},
		{batches(onlyTrailer), "T,0,0", "", 0},
		{batches(onlyTrailer), "R,sale,1,5", "file.trailer_missing", 0},
		{batches(onlyTrailer), "R,sale,1,5 T,1,5 R,sale,2,7 T,1,7", "file.order", 3},
		{batches(onlyTrailer), "R,sale,1,5 T,1,5 T,0,0", "file.order", 3},
		{batches(onlyData), "R,sale,1,5 R,sale,2,5", "", 0},
		{batches(without("trailer", "end")), "H R,sale,1,5", "", 0},
		{batches(without("trailer", "end")), "R,sale,1,5", "file.header_missing", 1},
	} {
		t.Run(x.text, func(t *testing.T) { wantRefused(t, x.feed, records(x.text), x.want, x.line) })
	}
}

// TestR4FirstReasonWins: structure, count, amount total, share of bad lines.
func TestR4FirstReasonWins(t *testing.T) {
	bad := strings.Repeat("R,gift,1,1 ", 5) // five bad lines of five yen in all
	for _, x := range []struct {
		text string
		want string
		line int64
	}{
		{"R,sale,1,5 H " + bad + "T,9,9 E,9,9", "file.header_missing", 1},
		{"H " + bad + "T,9,9 E,9,9", "file.count", 7},
		{"H " + bad + "T,5,9 E,9,5", "file.count", 8},
		{"H " + bad + "T,5,9 E,5,9", "file.amount", 7},
		{"H " + bad + "T,5,5 E,5,9", "file.amount", 8},
		{"H " + bad + "T,5,5 E,5,5", "file.bad_lines", 0},
		{"H " + bad + "T,5,x E,5,5", "file.control", 7},
		{"H " + bad + "T,,5 E,,5", "file.bad_lines", 0}, // a blank count declares nothing
		{"H " + bad + "T,5 E,5,5", "file.control", 7},
	} {
		t.Run(x.text, func(t *testing.T) { wantRefused(t, batches(), records(x.text), x.want, x.line) })
	}
}

// TestR4Totals: as written, net and absolute, over all data records; what cannot be read counts 0.
func TestR4Totals(t *testing.T) {
	text := "H R,sale,1,100 R,return,,-30 R,return,,20 R,cancel,,7 R,gift,2,1000 " +
		"R,sale,3,x R,sale,4,2000000000000 R,sale,-5,-4 "
	for as, sum := range map[string]int64{
		"as_written": 100 - 30 + 20 + 7 + 1000 - 4, "": 100 - 30 + 20 + 7 + 1000 - 4,
		"net":      100 - 30 - 20 - 7 + 1000 - 4,
		"absolute": 100 + 30 + 20 + 7 + 1000 + 4,
	} {
		limit := func(f *master.Feed) { f.BadLimit = &[2]int64{1, 1} }
		end := fmt.Sprintf("T,8,%d E,8,%d", sum, sum)
		wantRefused(t, batches(totalAs(as), limit), records(text+end), "", 0)
		off := fmt.Sprintf("T,8,%d E,8,%d", sum+1, sum)
		wantRefused(t, batches(totalAs(as), limit), records(text+off), "file.amount", 10)
	}
}

// TestR4CountsOfTheKindsThatTheLayoutNames.
func TestR4CountsOfTheKindsThatTheLayoutNames(t *testing.T) {
	text := "H R,sale,1,5 I,a I,b R,sale,2,5 I,c T,%d,10 E,%d,10"
	for n, kinds := range map[int][]string{
		2: nil, 3: {"item"}, 5: {"receipt", "item"}, 6: {"header", "receipt", "item"}, 7: {
			"header",
			"receipt", "item", "trailer",
		},
	} {
		wantRefused(t, batches(counts(kinds...)), records(fmt.Sprintf(text, n, n)), "", 0)
		wantRefused(t, batches(counts(kinds...)), records(fmt.Sprintf(text, n+1, n)), "file.count", 7)
	}
}

// TestR4ShareOfBadLines: refused when the share exceeds the limit, equal is accepted; receipts count, not
// lines.
func TestR4ShareOfBadLines(t *testing.T) {
	for _, x := range []struct {
		good, bad int
		limit     *[2]int64
		want      string
	}{
		{9, 1, nil, ""},
		{8, 1, nil, "file.bad_lines"},
		{90, 10, nil, ""},
		{89, 10, nil, "file.bad_lines"},
		{0, 0, nil, ""},
		{0, 0, &[2]int64{0, 1}, ""},
		{100, 1, &[2]int64{0, 1}, "file.bad_lines"},
		{0, 3, &[2]int64{1, 1}, ""},
		{1, 1, &[2]int64{1, 2}, ""},
	} {
		text := strings.Repeat("R,sale,1,5 I,a ", x.good) + strings.Repeat("R,gift,1,5 I,a ", x.bad)
		feed := batches(without("header", "trailer", "end"), func(f *master.Feed) { f.BadLimit = x.limit })
		wantRefused(t, feed, strings.ReplaceAll(text, " ", "\n"), x.want, 0)
		o := read(compile(t, feed), strings.ReplaceAll(text, " ", "\n"), 100)
		v := o.verdict
		if v.Receipts != int64(x.good+x.bad) || v.Bad != int64(x.bad) || v.Records != 2*v.Receipts ||
			len(o.good) != x.good || len(o.bad) != x.bad || v.YenSales != int64(5*x.good) {
			t.Errorf("%d good and %d bad: %+v", x.good, x.bad, v)
		}
	}
}

// TestR4BrokenControlRecords: a header or trailer of the wrong length refuses the file and is never read
// beyond
// its end.
func TestR4BrokenControlRecords(t *testing.T) {
	sale := "220261122" + "0001" + "0000100"
	for name, text := range map[string]string{
		"short trailer":          sale + "\r\n" + "8000\r\n",
		"long trailer":           sale + "\r\n" + "80000000010000000100  \r\n",
		"trailer with a lone LF": sale + "\r\n" + "80000000010000000100\n",
		"letters in the count":   sale + "\r\n" + "800000000x0000000100\r\n",
		"letters in the total":   sale + "\r\n" + "8000000001000000010x\r\n",
	} {
		o := read(compile(t, fixedFeed("crlf")), text, 0)
		if o.err != nil || o.verdict.Refused == nil || o.verdict.Refused.Code != fault.FileControl ||
			!o.verdict.Structure || o.verdict.Refused.Line != 2 {
			t.Errorf("%s: %+v, %v", name, o.verdict, o.err)
		}
	}
	o := read(compile(t, fixedFeed("crlf")), sale+"\r\n80000000010000000100\r\n", 0)
	if o.err != nil || o.verdict.Refused != nil {
		t.Errorf("whole file: %+v, %v", o.verdict, o.err)
	}
}

// TestR4TruncatedFiles: a last record that is not whole refuses the file, a missing last line end does not.
func TestR4TruncatedFiles(t *testing.T) {
	sale := "220261122" + "0001" + "0000100"
	for _, end := range []string{"crlf", "lf", "cr", "none", "any"} {
		mark := map[string]string{"crlf": "\r\n", "lf": "\n", "cr": "\r", "any": "\r\n"}[end]
		whole := sale + mark + "80000000010000000100"
		for cut := len(whole) + len(mark); cut > len(sale)+len(mark); cut-- {
			o := read(compile(t, fixedFeed(end)), (whole + mark)[:cut], 0)
			var e *fault.Error
			isFault := errors.As(o.err, &e)
			switch {
			case cut >= len(whole) && (o.err != nil || o.verdict.Refused != nil):
				t.Errorf("%s, %d of %d bytes: %v, %+v", end, cut, len(whole), o.err, o.verdict)
			case cut < len(whole) && (!isFault || e.Code != fault.FileTruncated ||
				e.Offset != int64(len(sale)+len(mark))):
				t.Errorf("%s, %d of %d bytes: %v, want file.truncated", end, cut, len(whole), o.err)
			}
		}
	}
	full := line() + strings.TrimSuffix(line("receipt=8", "tax_rate=10", "product=ab", "amount=1"), "\n")
	crlf := csvFeed(func(f *master.Feed) { f.Layout.LineEnd = "crlf" })
	text := strings.ReplaceAll(full, "\n", "\r\n") + "\r\n"
	for cut := len(text); cut > len(line())+1; cut-- {
		o := read(compile(t, crlf), text[:cut], 0)
		columns := strings.Count(text[len(line())+1:cut], ",") + 1
		switch {
		case columns == len(plain) && (o.err != nil || len(o.good) != 2 || string(o.good[1].Receipt) != "8"):
			t.Errorf("%d bytes: %d good, %q, %v", cut, len(o.good), o.faults(), o.err)
		case columns < len(plain) && cut > len(line())+1 && fault.CodeOf(o.err) != fault.FileTruncated:
			t.Errorf("%d bytes, %d columns: %q %v, want file.truncated", cut, columns, o.faults(), o.err)
		}
	}
}

// TestR4MissingTitles: a file sent without its title row must not lose its first record.
func TestR4MissingTitles(t *testing.T) {
	f := csvFeed()
	titles := layout.Record{Kind: "titles"}
	for _, c := range plain {
		titles.Fields = append(titles.Fields, layout.Field{Name: c[0]})
	}
	f.Layout.Records = append([]layout.Record{titles}, f.Layout.Records...)
	wantRefused(t, f, line()+line("receipt=8"), "file.header_missing", 1)
	wantRefused(t, f, line("card=x")+line("receipt=8"), "file.header_missing", 1)
	wantRefused(t, f, "any,title,row\n"+line("receipt=8"), "", 0)
	wantRefused(t, f, "kind,business_date"+strings.Repeat(",x", len(plain)-2)+"\n"+line("receipt=8"), "", 0)
}
