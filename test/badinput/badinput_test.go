// Package badinput_test runs bad files through the whole engine: each has its code and its place, and
// nothing of
// it is lost.
package badinput_test

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/outlet"
	"multipoint/shared/rating"
)

func runDate() calendar.Date {
	d, _ := calendar.Of(2026, 11, 22)
	return d
}

// recorder keeps the rows of bad lines and the grants.
type recorder struct {
	bad    bytes.Buffer
	grants bytes.Buffer
	errors bytes.Buffer
	files  []rating.FileResult
}

func (r *recorder) BadLines(_ int, rows []byte) error { r.bad.Write(rows); return nil }

func (r *recorder) File(_ int, res *rating.FileResult) error {
	r.files = append(r.files, *res)
	return nil
}
func (r *recorder) Grants(rows []byte) error              { r.grants.Write(rows); return nil }
func (r *recorder) RatingErrors(_ int, rows []byte) error { r.errors.Write(rows); return nil }
func (r *recorder) Carry(string, []byte) error            { return nil }
func (r *recorder) ProviderFile(string, string) (rating.ProviderFile, error) {
	return discard{}, nil
}

type discard struct{}

func (discard) Write(b []byte) (int, error)    { return len(b), nil }
func (discard) Left(int64, outlet.Place) error { return nil }
func (discard) Close(bool) error               { return nil }

// csvFeed has titles, sales and a trailer; its lines are S, date, receipt, card, amount and a note.
func csvFeed(encoding string) master.Feed {
	return master.Feed{
		Code: "CSV", Excl: "same",
		Layout: layout.Layout{
			Encoding: encoding, Format: "csv", LineEnd: "crlf",
			Discriminator: &layout.Discriminator{Column: 1},
			Records: []layout.Record{
				{Kind: "titles", Fields: []layout.Field{{Name: "titles"}}},
				{Kind: "receipt", IDs: []string{"S"}, Fields: []layout.Field{
					{Name: "id"},
					{Name: "business_date", Type: "date"},
					{Name: "receipt"},
					{Name: "card"},
					{Name: "amount_incl", Type: "number"},
					{Name: "note"},
				}},
				{Kind: "trailer", IDs: []string{"T"}, Fields: []layout.Field{
					{Name: "id"}, {Name: "count", Type: "number"}, {Name: "total", Type: "number"},
				}},
			},
		},
	}
}

// fixedFeed has the same in records of 46 bytes, with a header.
func fixedFeed() master.Feed {
	return master.Feed{
		Code: "FIXED", Excl: "same",
		Layout: layout.Layout{
			Encoding: "cp932", Format: "fixed", LineEnd: "crlf", RecordLength: 46,
			Discriminator: &layout.Discriminator{At: 1, Width: 1},
			Records: []layout.Record{
				{Kind: "header", IDs: []string{"1"}, Fields: []layout.Field{
					{Name: "id", Width: 1}, {Type: "filler", Width: 45},
				}},
				{Kind: "receipt", IDs: []string{"2"}, Fields: []layout.Field{
					{Name: "id", Width: 1},
					{Name: "business_date", Type: "date", Width: 8},
					{Name: "receipt", Width: 4},
					{Name: "card", Width: 15},
					{Name: "amount_incl", Type: "number", Width: 8},
					{Name: "note", Width: 10},
				}},
				{Kind: "trailer", IDs: []string{"8"}, Fields: []layout.Field{
					{Name: "id", Width: 1},
					{Name: "count", Type: "number", Width: 6},
					{Name: "total", Type: "number", Width: 12},
					{Type: "filler", Width: 27},
				}},
			},
		},
	}
}

// outletOf is provider P's outlet with a receipt record of card and points.
func outletOf(l layout.Layout) master.Outlet {
	l.Records = []layout.Record{{Kind: "receipt", Fields: []layout.Field{
		{Name: "card"}, {Name: "points", Type: "number"},
	}}}
	return master.Outlet{Code: "O", Provider: "P", File: "o", Layout: l}
}

func masters() *master.Set {
	return &master.Set{
		Retailer:  master.Retailer{Code: "R"},
		Providers: []master.Provider{{Code: "P"}},
		Cards: []master.Card{{
			Code: "P15", Provider: "P", Digits: 15, Min: "300000000000000",
			Max: "399999999999999",
		}},
		Points: []master.Points{{
			Code: "N", Provider: "P", PointType: "BASE", Give: master.Give{Kind: "rate", Num: 1, Den: 100},
		}},
		Outlets: []master.Outlet{outletOf(layout.Layout{Encoding: "cp932", Format: "csv"})},
		Feeds:   []master.Feed{csvFeed("cp932"), fixedFeed(), csvFeed("utf-8")},
	}
}

const title = "S,日付,番号,カード,金額,備考\r\n"

// sale is a csv line; its note is within CP932.
func sale(receipt int) string {
	return fmt.Sprintf("S,20261122,%04d,300000000000001,1000,表示\r\n", receipt)
}

func sales(from, to int) (lines string) {
	for i := from; i <= to; i++ {
		lines += sale(i)
	}
	return lines
}

// cp932 encodes a text.
func cp932(text string) string { return encoded("cp932", text) }

// fixed makes records of 46 bytes.
func fixed(from, to int) (lines string) {
	for i := from; i <= to; i++ {
		lines += fmt.Sprintf("220261122%04d30000000000000100001000%s      \r\n", i, cp932("表示"))
	}
	return lines
}

func fixedTrailer(n int) string {
	return fmt.Sprintf("8%06d%012d%27s\r\n", n, 1000*n, "")
}

var fixedHeader = "1" + strings.Repeat(" ", 45) + "\r\n"

func trailer(n int) string { return fmt.Sprintf("T,%d,%d\r\n", n, 1000*n) }

// badFile is a file, what it is refused for (or 0), and the faults of its bad lines as "code field line".
type badFile struct {
	name    string
	feed    string
	text    string
	refused fault.Code
	line    int64
	faults  []string
	good    int // receipts that are rated
	utf8    bool
}

func badFiles() []badFile {
	ok := title + sales(1, 20)
	with := func(bad string) string { return cp932(title+sales(1, 10)) + bad + cp932(sales(12, 20)) }
	odd := func(code string) string { return "S,20261122,0011,300000000000001," + code + "\r\n" }
	return []badFile{
		{name: "empty file", text: "", refused: fault.FileEmpty},
		{name: "title row only", text: cp932(title), refused: fault.FileTrailerMissing},
		{name: "a day without sales", text: cp932(title) + trailer(0)},
		{name: "header only", feed: "FIXED", text: fixedHeader, refused: fault.FileTrailerMissing},
		{
			name: "no header", feed: "FIXED", text: fixed(1, 3) + fixedTrailer(3),
			refused: fault.FileHeaderMissing, line: 1,
		},
		{
			name: "no title row", text: cp932(sales(1, 20)) + trailer(20), refused: fault.FileHeaderMissing,
			line: 1,
		},
		{
			name: "truncated in a record", feed: "FIXED", text: fixedHeader + fixed(1, 3)[:130],
			refused: fault.FileTruncated,
		},
		{name: "truncated in a line", text: cp932(ok)[:300], refused: fault.FileTruncated},
		{
			name: "truncated in a quoted field", text: cp932(ok) + "S,20261122,0021,\"30000",
			refused: fault.FileQuote,
		},
		{
			name: "wrong record length", feed: "FIXED", good: 20, faults: []string{"record.length  22"},
			text: fixedHeader + fixed(1, 20) + fixed(21, 21)[:40] + "\r\n" + fixedTrailer(21)[:7] +
				fmt.Sprintf("%012d%27s\r\n", 20000, ""),
		},
		{
			name: "data after the trailer", text: cp932(ok) + trailer(20) + cp932(sale(21)),
			refused: fault.FileOrder, line: 23,
		},
		{name: "UTF-8 file in a CP932 feed", text: ok + trailer(20), refused: fault.FileEncoding},
		{name: "UTF-8 mark in a CP932 feed", text: "\xef\xbb\xbf" + ok, refused: fault.FileEncoding},
		{
			name: "CP932 file in a UTF-8 feed", text: cp932(ok) + trailer(20), refused: fault.FileBadLines,
			utf8: true,
		},
		{
			name: "UTF-8 file with a broken line in a CP932 feed", refused: fault.FileBadLines,
			text: title + strings.Repeat("S,20261122,0001,300000000000001,1000,店\r\n", 20) + "S,\xf0\r\n" +
				"T,21,20000\r\n",
		},
		{name: "UTF-16 mark", text: "\xff\xfeS\x00", refused: fault.FileEncoding},
		{name: "UTF-16 mark, big end first", text: "\xfe\xff\x00S", refused: fault.FileEncoding, utf8: true},
		{
			name: "mixed line ends", text: with(cp932(strings.TrimSuffix(sale(11), "\r\n"))+"\n") +
				trailer(20),
			faults: []string{"record.line_end  12"}, good: 19, refused: fault.FileAmount, line: 22,
		},
		{name: "missing trailer", text: cp932(ok), refused: fault.FileTrailerMissing},
		{
			name: "a count that differs", text: cp932(ok) + "T,19,20000\r\n", refused: fault.FileCount,
			line: 22,
		},
		{
			name: "a total that differs", text: cp932(ok) + "T,20,20001\r\n", refused: fault.FileAmount,
			line: 22,
		},
		{
			name: "a count of letters", text: cp932(ok) + "T,twenty,20000\r\n", refused: fault.FileControl,
			line: 22,
		},
		{
			name: "a count from a spreadsheet", text: cp932(ok) + "T,2E+01,20000\r\n",
			refused: fault.FileControl, line: 22,
		},
		{
			name: "NUL bytes", text: with(odd("1000,\x00\x00")) + trailer(20),
			faults: []string{"text.nul  12"}, good: 19,
		},
		{
			name: "number in E notation", text: with(odd("1.0E+03,")) + "T,20,19000\r\n",
			faults: []string{"number.excel amount_incl 12"}, good: 19,
		},
		{
			name: "card in E notation", text: with("S,20261122,0011,3.00E+14,1000,\r\n") + trailer(20),
			faults: []string{"card.not_digits card 12"}, good: 19,
		},
		{
			name: "unknown card", text: with("S,20261122,0011,400000000000001,1000,\r\n") + trailer(20),
			faults: []string{"card.unknown card 12"}, good: 19,
		},
		{
			name: "garbage", text: with("\x00\x01\xff\xfe,\"\"x\r\n") + "T,20,19000\r\n", good: 19,
			refused: fault.FileCount, line: 22,
			faults: []string{"record.quote  12", "text.nul  12", "text.undecodable  12"},
		},
		{name: "too many bad lines", text: cp932(title+sales(1, 5)) + strings.Repeat(odd("x,"), 5) +
			"T,10,5000\r\n", refused: fault.FileBadLines},
		{
			name: "a line without end", text: cp932(ok) + "S," + strings.Repeat("x", layout.MaxTransaction),
			refused: fault.RecordTooLong,
		},
	}
}

// TestBadInputHasItsCodeAndLosesNothing runs each bad file through the engine in several ways: its verdict
// and
// faults are those named; receipts are good or bad; each byte of its records is in a good record or in an
// error row.
func TestBadInputHasItsCodeAndLosesNothing(t *testing.T) {
	seen := map[fault.Code]bool{
		fault.FileDuplicate: true,
		fault.FeedUnknown:   true,
		// Those of intake are in test/engine: TestR2, TestIntake.
		fault.FileCardNumber: true, fault.FileTooLarge: true, fault.FileName: true,
		fault.RetailerUnknown: true, // of uploads in the cloud: test/stack
	} // tests of their own below
	for _, x := range badFiles() {
		seen[x.refused] = true
		t.Run(x.name, func(t *testing.T) {
			for _, opt := range []rating.Options{{}, {Threads: 1, BlockSize: 64}, {
				Threads:   5,
				BlockSize: 1000, Memory: 1,
			}} {
				run(t, &x, opt)
			}
		})
	}
	for _, e := range fault.Catalogue {
		if e.Code >= 1100 && e.Code < 1200 && !seen[e.Code] {
			t.Errorf("no file is refused for %s", e.Code)
		}
	}
}

// inputs makes a job of one file.
func inputs(x *badFile, opt rating.Options) *rating.Job {
	set := masters()
	if x.utf8 {
		set.Feeds[0] = set.Feeds[2]
	}
	set.Feeds = set.Feeds[:2]
	feed := x.feed
	if feed == "" {
		feed = "CSV"
	}
	return &rating.Job{
		Set: set, RunDate: runDate(), Run: 1, Options: opt,
		Files: []rating.File{{Name: "in.dat", Feed: feed, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(x.text)), nil
		}}},
	}
}

func run(t *testing.T, x *badFile, opt rating.Options) {
	t.Helper()
	out := &recorder{}
	goodBytes := 0
	job := inputs(x, opt)
	job.Options.Observe = func(v *rating.Verdict) error {
		rest := x.text[v.Tx.Offset:]
		goodBytes += strings.Index(rest+"\r\n", "\r\n")
		return nil
	}
	res, err := rating.Run(job, out)
	if err != nil {
		t.Fatal(err)
	}
	v, total := &res.Files[0].Verdict, &res.Totals
	got, line := fault.Code(0), int64(0)
	if v.Refused != nil {
		got, line = v.Refused.Code, v.Refused.Line
		if v.Refused.File != "in.dat" {
			t.Errorf("the refusal names the file %q", v.Refused.File)
		}
	}
	if got != x.refused || line != x.line {
		t.Errorf("refused for %s in line %d, want %s in %d", got, line, x.refused, x.line)
	}
	if res.Files[0].Bytes != int64(len(x.text)) {
		t.Errorf("%d bytes hashed, the file has %d", res.Files[0].Bytes, len(x.text))
	}
	if v.Structure {
		if total.Lines != 0 || out.grants.Len() > 0 {
			t.Errorf("a file refused for its structure counts: %+v", total)
		}
		return
	}
	bad, badBytes, faults := badLines(t, out.bad.Bytes())
	if total.Lines != total.Good.Lines+total.Bad || total.Bad != int64(bad) || v.Receipts != total.Lines {
		t.Errorf("%d receipts, %d good, %d bad, %d bad lines listed", v.Receipts, total.Good.Lines, total.Bad,
			bad)
	}
	if x.faults != nil && fmt.Sprint(faults) != fmt.Sprint(x.faults) {
		t.Errorf("faults %q, want %q", faults, x.faults)
	}
	if v.Refused != nil {
		if x.good > 0 && int(total.InRefused.Lines) != x.good || out.grants.Len() > 0 {
			t.Errorf("a refused file grants, or %d good lines in it are not %d", total.InRefused.Lines,
				x.good)
		}
		return
	}
	if int(total.Rated.Lines) != x.good {
		t.Errorf("%d rated, want %d", total.Rated.Lines, x.good)
	}
	if want := dataBytes(x); goodBytes+badBytes != want {
		t.Errorf("%d bytes in good records, %d in error rows, the data have %d", goodBytes, badBytes, want)
	}
}

// badLines reads the rows: how many lines, their bytes, and the faults.
func badLines(t *testing.T, rows []byte) (lines, size int, faults []string) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(rows)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range all {
		faults = append(faults, row[5]+" "+row[3]+" "+row[1])
		if row[8] != "" {
			raw, err := base64.StdEncoding.DecodeString(row[8])
			if err != nil {
				t.Fatal(err)
			}
			lines++
			size += len(raw)
			if line, _ := strconv.Atoi(row[0]); line < 1 {
				t.Errorf("row without a line: %q", row)
			}
		}
	}
	return lines, size, faults
}

// dataBytes counts the bytes of data records without their line ends.
func dataBytes(x *badFile) (n int) {
	for i, l := range strings.Split(strings.TrimSuffix(x.text, "\r\n"), "\r\n") {
		if i == 0 || strings.HasPrefix(l, "T,") || strings.HasPrefix(l, "8") {
			continue
		}
		n += len(l)
	}
	return n
}
