package rating_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/charset"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/outlet"
	"multipoint/shared/rating"
)

// recorder writes down all that a run hands over.
type recorder struct {
	rows, grants, errors, carried bytes.Buffer
	files                         []*recordedFile
}

type recordedFile struct {
	bytes.Buffer
	name string
	left bytes.Buffer
	sent bool
}

func (r *recorder) BadLines(file int, rows []byte) error {
	r.rows.Write(rows)
	return nil
}

func (r *recorder) File(file int, res *rating.FileResult) error {
	v := res.Verdict
	refused := v.Refused
	v.Refused = nil
	fmt.Fprintf(&r.rows, "file %d %s %x %+v %v\n", file, res.Feed, res.SHA256, v, refused)
	return nil
}

func (r *recorder) Grants(rows []byte) error { r.grants.Write(rows); return nil }

func (r *recorder) RatingErrors(file int, rows []byte) error {
	fmt.Fprintf(&r.errors, "file %d\n%s", file, rows)
	return nil
}

func (r *recorder) Carry(code string, entries []byte) error {
	r.carried.Write(entries)
	return nil
}

func (r *recorder) ProviderFile(_, name string) (rating.ProviderFile, error) {
	f := &recordedFile{name: name}
	r.files = append(r.files, f)
	return f, nil
}

func (f *recordedFile) Left(sequence int64, at outlet.Place) error {
	fmt.Fprintf(&f.left, "%d %+v\n", sequence, at)
	return nil
}

func (f *recordedFile) Close(send bool) error {
	f.sent = send
	return nil
}

func (r *recorder) String() string {
	out := r.rows.String() + r.grants.String() + strings.ReplaceAll(r.errors.String(), "file 1\n", "") +
		fmt.Sprintf("%x", r.carried.Bytes())
	for _, f := range r.files {
		out += fmt.Sprintf("%s %v\n%s%s", f.name, f.sent, f.Bytes(), f.left.Bytes())
	}
	return out
}

// form is a way to write the random lines down.
type form struct {
	encoding, format, lineEnd string
	items, flat               bool
}

func forms() (all []form) {
	for _, encoding := range []string{"utf-8", "utf-8-bom", "cp932", "euc-jp", "iso-2022-jp"} {
		for _, end := range []string{"crlf", "lf", "cr"} {
			for kind := range 3 {
				all = append(all, form{encoding, "csv", end, kind == 1, kind == 2}, form{
					encoding, "tsv", end,
					kind == 1, kind == 2,
				})
			}
		}
		if encoding != "iso-2022-jp" {
			for _, end := range []string{"crlf", "lf", "none"} {
				all = append(all, form{encoding, "fixed", end, false, false}, form{
					encoding, "fixed", end,
					true, false,
				})
			}
		}
	}
	return all
}

var widths = []int{1, 6, 8, 4, 6, 6, 15, 8, 16}

func (f *form) feed() master.Feed {
	names := []layout.Field{
		{Name: "id"},
		{Name: "kind"},
		{Name: "business_date", Type: "date"},
		{Name: "time", Type: "time"},
		{Name: "receipt"},
		{Name: "original_receipt"},
		{Name: "card"},
		{Name: "amount_incl", Type: "number", Sign: "lead_minus"},
		{Name: "store"},
	}
	item := []layout.Field{{Name: "id"}, {Name: "product"}, {
		Name: "amount", Type: "number",
		Sign: "lead_minus",
	}, {Type: "filler"}}
	trailer := []layout.Field{{Name: "id"}, {Name: "count", Type: "number"}, {Type: "filler"}}
	l := layout.Layout{
		Encoding: f.encoding, Format: f.format, LineEnd: f.lineEnd,
		Discriminator: &layout.Discriminator{Column: 1},
	}
	switch {
	case f.format == "fixed":
		l.Discriminator, l.RecordLength = &layout.Discriminator{At: 1, Width: 1}, 70
		for i := range names {
			names[i].Width = widths[i]
		}
		for i, w := range []int{1, 6, 8, 55} {
			item[i].Width = w
		}
		for i, w := range []int{1, 8, 61} {
			trailer[i].Width = w
		}
	case f.format == "tsv":
		l.Quote = "minimal"
	}
	if f.format != "fixed" {
		item, trailer = item[:3], trailer[:2]
	}
	if f.flat {
		names = append(names, item[1], item[2])
	}
	l.Records = []layout.Record{{Kind: "receipt", IDs: []string{"D"}, Fields: names}}
	if f.items {
		l.Records = append(l.Records, layout.Record{Kind: "item", IDs: []string{"I"}, Fields: item})
	}
	l.Records = append(l.Records, layout.Record{Kind: "trailer", IDs: []string{"T"}, Fields: trailer})
	return master.Feed{
		Code: "F", Excl: "same", KeyFields: []string{"receipt"}, FlatItems: f.flat, NegativeIsReturn: true,
		CardOptional: true,
		BadLimit:     &[2]int64{1, 1}, UnknownOriginal: "compute", Layout: l,
	}
}

// record writes cells down; some records come out broken.
func (f *form) record(r *rand.Rand, b *bytes.Buffer, cells ...string) {
	enc, _ := charset.Parse(f.encoding)
	start := b.Len()
	for i, c := range cells {
		raw, _ := charset.Encoder{Encoding: enc}.Append(nil, []byte(c))
		if f.format == "fixed" {
			width := widths[i]
			if cells[0] == "I" {
				width = []int{1, 6, 8, 55}[i]
			} else if cells[0] == "T" {
				width = []int{1, 8, 61}[i]
			}
			b.Write(append(raw, bytes.Repeat([]byte{' '}, max(0, width-len(raw)))...)[:width])
			continue
		}
		if i > 0 {
			b.WriteString(map[string]string{"csv": ",", "tsv": "\t"}[f.format])
		}
		if r.IntN(8) == 0 || strings.ContainsAny(c, ",\"\n\t") {
			raw = []byte(`"` + strings.ReplaceAll(string(raw), `"`, `""`) + `"`)
		}
		b.Write(raw)
	}
	if r.IntN(40) == 0 && f.lineEnd != "none" && cells[0] != "T" {
		b.Truncate(start + r.IntN(b.Len()-start)) // possibly an open quote: the file is refused then
		if bytes.Count(b.Bytes()[start:], []byte{'"'})%2 == 1 || bytes.Count(b.Bytes()[start:],
			[]byte{0x1b})%2 == 1 {
			b.Truncate(start)
		}
	}
	b.WriteString(map[string]string{"crlf": "\r\n", "lf": "\n", "cr": "\r"}[f.lineEnd])
	if r.IntN(30) == 0 && f.lineEnd != "none" {
		b.WriteString(map[string]string{"crlf": "\r\n", "lf": "\n", "cr": "\r"}[f.lineEnd])
	}
}

// file makes a random file: sales, returns, grants of nothing, duplicates, conflicts, bad lines.
func (f *form) file(r *rand.Rand, n int) []byte {
	var b bytes.Buffer
	date := []string{"20261122", "20261122", "20261121", "20261130", "2026112x"}
	stores := []string{"S1", "表参道", "能,\"登\"", "ソ", "髙島", "S\n2", "\t"}
	if f.format == "fixed" {
		stores = stores[:2]
	}
	receipts := 0
	for receipts < n {
		receipts++
		kind := []string{"sale", "sale", "sale", "return", "cancel", "gift"}[r.IntN(6)]
		number, original := fmt.Sprint(r.IntN(n)), ""
		if kind == "return" || kind == "cancel" {
			original = fmt.Sprint(r.IntN(n))
		}
		card := fmt.Sprintf("30000000000%04d", r.IntN(9))
		if r.IntN(10) == 0 {
			card = []string{"", "1", "5000000000000"}[r.IntN(3)]
		}
		amount := fmt.Sprint(r.IntN(5000) - 300)
		if r.IntN(30) == 0 {
			amount = "1E+05"
		}
		cells := []string{
			"D", kind, date[min(r.IntN(30), 4)%5], fmt.Sprintf("%02d%02d", r.IntN(31), r.IntN(60)), number,
			original, card,
			amount, stores[r.IntN(len(stores))],
		}
		lines := 1
		if f.flat {
			lines += r.IntN(3)
			cells = append(cells, "P"+amount, amount)
		}
		for range lines {
			f.record(r, &b, cells...)
		}
		for range r.IntN(3) {
			if f.items && f.format == "fixed" {
				f.record(r, &b, "I", "P1", amount, "")
			} else if f.items {
				f.record(r, &b, "I", "P1", amount)
			}
		}
	}
	last := []string{"T", "", ""}
	if f.format != "fixed" {
		last = last[:2]
	}
	f.record(r, &b, last...)
	return b.Bytes()
}

func limit(v int64) *int64 { return &v }

func masters(feed master.Feed) *master.Set {
	rate := func(num int64) master.Give { return master.Give{Kind: "rate", Num: num, Den: 100} }
	set := &master.Set{
		Retailer:  master.Retailer{Code: "R"},
		Providers: []master.Provider{{Code: "P"}},
		Cards: []master.Card{{
			Code: "P15", Provider: "P", Digits: 15, Min: "300000000000000",
			Max: "399999999999999",
		}},
		Points: []master.Points{{Code: "N", Provider: "P", PointType: "BASE", Give: rate(1)}},
		Campaigns: []master.Campaign{
			{Code: "C1", PointType: "CAMP", Give: rate(5), Caps: master.Caps{
				Member:   limit(300),
				Campaign: limit(2000),
			}},
			{
				Code: "C2", PointType: "BASE", Give: rate(3), Hours: [][2]string{{"10:00", "26:00"}},
				Caps: master.Caps{Campaign: limit(500)},
			},
		},
		Outlets: []master.Outlet{{Code: "O", Provider: "P", File: "o-{file_no}", Layout: layout.Layout{
			Encoding: "cp932", Format: "csv", Records: []layout.Record{{
				Kind: "receipt",
				Fields: []layout.Field{
					{Name: "sequence", Type: "number"}, {Name: "card"}, {Name: "point_type"}, {
						Name: "points",
						Type: "number",
					}, {Name: "store"},
				},
			}},
		}}},
	}
	set.Feeds = []master.Feed{feed}
	return set
}

// TestResultsDoNotDependOnHowTheRunWorks runs random files of every format, encoding and line end with
// different
// threads, blocks and memory: not a byte may differ (R4, R12, R14, R21).
func TestResultsDoNotDependOnHowTheRunWorks(t *testing.T) {
	var options []rating.Options
	for _, threads := range []int{1, 2, 5} {
		for _, block := range []int{64, 700, 1 << 20} {
			for _, memory := range []int64{1, 4096, 0} {
				options = append(options, rating.Options{Threads: threads, BlockSize: block, Memory: memory})
			}
		}
	}
	all := forms()
	accepted := 0
	for i := range all {
		f := &all[i]
		r := rand.New(rand.NewPCG(uint64(i), 7))
		files := [][]byte{f.file(r, 20+r.IntN(60)), f.file(r, 40)}
		want, refused := outputs(t, f, files, rating.Options{Threads: 1})
		accepted += 2 - refused
		for range 6 {
			opt := options[r.IntN(len(options))]
			if got, _ := outputs(t, f, files, opt); got != want {
				t.Fatalf("%+v with %+v:\n%s", *f, opt, firstDifference(got, want))
			}
		}
	}
	if accepted*4 < len(all)*2*3 {
		t.Errorf("only %d of %d files were accepted", accepted, 2*len(all))
	}
}

func outputs(t *testing.T, f *form, files [][]byte, opt rating.Options) (string, int) {
	t.Helper()
	out := &recorder{}
	job := &rating.Job{Set: masters(f.feed()), Run: 1, Options: opt}
	job.RunDate, _ = calendar.Of(2026, 11, 22)
	job.Options.TempDir = t.TempDir()
	for i, text := range files {
		job.Files = append(job.Files, rating.File{
			Name: fmt.Sprint("f", i), Feed: "F",
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
		})
	}
	var seen bytes.Buffer
	job.Options.Observe = func(v *rating.Verdict) error {
		fmt.Fprintf(&seen, "%d:%d %s %d %d %v %s %s\n", v.Tx.File, v.Tx.Line, v.Status, v.Code, v.Warning,
			v.Entries, v.Account, v.LeavesUnder)
		return nil
	}
	res, err := rating.Run(job, out)
	if err != nil {
		t.Fatalf("%+v %+v: %v", *f, opt, err)
	}
	tot := &res.Totals
	if tot.Lines != tot.Good.Lines+tot.Bad ||
		tot.Good.Lines != tot.InRefused.Lines+tot.Duplicates.Lines+tot.Errors.Lines+tot.Rated.Lines {
		t.Fatalf("%+v: totals %+v", *f, tot)
	}
	return out.String() + seen.String() + fmt.Sprintf("%+v %+v", res.Totals, res.Outlets),
		int(tot.FilesRefused)
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("row %d\n got %s\nwant %s", i, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d rows and %d", len(x), len(y))
}
