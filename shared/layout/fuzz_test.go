package layout

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// fuzzed are layouts of every format, line end and kind of encoding.
func fuzzed() []*Layout {
	data := Record{Kind: KindReceipt, IDs: []string{"D"}, Fields: []Field{
		{Name: "id"},
		{Name: "receipt"},
		{Name: "business_date", Type: TypeDate, Form: "any"},
		{Name: "amount_incl", Type: TypeNumber, Thousands: true},
		{Name: "note", Lookup: map[string]string{"1": "一"}},
	}}
	item := Record{Kind: KindItem, IDs: []string{"I", "項"}, Fields: []Field{{Name: "id"}, {Name: "product"}}}
	trailer := Record{Kind: KindTrailer, IDs: []string{"T"}, Fields: []Field{{Name: "id"}, {
		Name: "count",
		Type: TypeNumber,
	}}}
	titles := Record{Kind: KindTitles, Fields: []Field{{Name: "a"}, {Name: "b"}}}
	var list []*Layout
	for _, x := range [][4]string{ // encoding, format, line end, quote
		{"utf-8", "csv", "crlf", ""},
		{"cp932", "csv", "lf", "all"},
		{"euc-jp", "csv", "any", ""},
		{"iso-2022-jp", "csv", "lf", ""},
		{"iso-2022-jp", "csv", "crlf", "never"},
		{"cp932", "csv", "cr", ""},
		{"utf-8-bom", "tsv", "any", ""},
		{"cp932", "tsv", "crlf", "minimal"},
		{"iso-2022-jp", "tsv", "lf", ""},
	} {
		l := &Layout{
			Encoding: x[0], Format: x[1], LineEnd: x[2], Quote: x[3],
			Discriminator: &Discriminator{Column: 1},
			Records:       []Record{titles, data, item, trailer},
		}
		if x[2] == "any" {
			l.Records, l.Discriminator = []Record{{Kind: KindReceipt, Fields: data.Fields}}, nil
		}
		list = append(list, l)
	}
	for _, x := range [][2]string{
		{"cp932", "crlf"},
		{"utf-8", "none"},
		{"cp932", "cr"},
		{"euc-jp", "any"},
		{"iso-2022-jp", "lf"},
	} {
		list = append(list, &Layout{
			Encoding: x[0], Format: "fixed", LineEnd: x[1], RecordLength: 12, EOFMark: x[1] != "lf",
			Discriminator: &Discriminator{At: 1, Width: 1},
			Records: []Record{
				{Kind: KindReceipt, IDs: []string{"D"}, Fields: []Field{
					{Name: "id", Width: 1},
					{Name: "receipt", Width: 2, Pad: "zero", Align: "right"},
					{Name: "note", Width: 4, Pad: "wide"},
					{Name: "amount_incl", Width: 5, Type: TypeNumber, Sign: "overpunch"},
				}},
				{Kind: KindTrailer, IDs: []string{"T"}, Fields: []Field{
					{Name: "id", Width: 1},
					{Name: "count", Width: 5, Type: TypeNumber, Sign: "lead_sign"},
					{Name: "time", Width: 6, Type: TypeTime},
				}},
			},
		})
	}
	return list
}

// scanned is what one way of cutting made of a text.
type scanned struct {
	records []string
	err     error
}

// scan reads a text in blocks of about size bytes and looks at every value; what must hold of each record is
// checked on the way.
func scan(t *testing.T, r *Reading, text []byte, size int) (out scanned) {
	names := append(ReadNames(), "id", "note", "product", "count")
	source := io.Reader(bytes.NewReader(text))
	if size%2 == 1 {
		source = iotest.HalfReader(source)
	}
	c := r.Cut(source, size)
	var rec ReadRecord
	covered, whole := int64(0), true
	for {
		b, err := c.Next(nil)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			out.err, whole = err, false
			break
		}
		for s := r.Scan(b); s.Next(&rec); {
			covered = gap(t, text, covered, rec.Offset)
			if end := rec.Offset + int64(len(rec.Raw)); end > int64(len(text)) ||
				!bytes.Equal(text[rec.Offset:end], rec.Raw) {
				t.Fatalf("line %d: raw %q is not the text at %d", rec.Line, rec.Raw, rec.Offset)
			}
			covered += int64(len(rec.Raw))
			out.records = append(out.records, describe(t, r, &rec, names))
		}
	}
	if whole {
		gap(t, text, covered, int64(len(text)))
	}
	return out
}

// gap checks that nothing but line ends, a byte order mark and an EOF mark lies between two records.
func gap(t *testing.T, text []byte, from, to int64) int64 {
	between := text[from:to]
	if from == 0 {
		between = bytes.TrimPrefix(between, []byte("\xef\xbb\xbf"))
	}
	if to == int64(len(text)) {
		between = bytes.TrimSuffix(between, []byte{0x1a})
	}
	if rest := bytes.Trim(between, "\r\n"); len(rest) > 0 {
		t.Fatalf("the bytes %q at %d are in no record", between, from)
	}
	return to
}

// describe prints a record with its values.
func describe(t *testing.T, r *Reading, rec *ReadRecord, names []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d@%d %d %q", rec.Kind, rec.Line, rec.Offset, rec.Fault, rec.Raw)
	bad, decodable := 0, rec.Decodable()
	rec.EachUndecodable(func(field string, inField int, offset int64) {
		bad++
		fmt.Fprintf(&b, " bad %s %d@%d", field, inField, offset)
		if offset < rec.Offset || offset >= rec.Offset+int64(len(rec.Raw)) {
			t.Fatalf("%s: a bad byte outside of the record", b.String())
		}
	})
	if rec.Kind != RecordTitles && (decodable && bad > 0 || !decodable && bad == 0) {
		t.Fatalf("%s: decodable %v, but %d undecodable columns", b.String(), decodable, bad)
	}
	if rec.Fault != 0 {
		return b.String()
	}
	near, _ := calendar.Of(2026, 11, 22)
	for _, name := range names {
		s := r.Source(name)
		text, code := rec.Text(s)
		if code == fault.TextUndecodable && decodable {
			t.Fatalf("%s: %s cannot be decoded, but the record can", b.String(), name)
		}
		n, ok, code1 := rec.Number(s)
		d, code2 := rec.Date(s, near)
		c, raw, code3 := rec.Clock(s)
		fmt.Fprintf(&b, "|%s %q %d %d %v %d %d %d %d %q %d %d",
			name, text, code, n, ok, code1, d, code2, c, raw, code3, rec.OffsetOf(s))
	}
	return b.String()
}

// FuzzScan reads arbitrary bytes: the records do not depend on the size of blocks, agree with a slow scanner,
// and cover the file.
func FuzzScan(f *testing.F) {
	layouts := fuzzed()
	var readings []*Reading
	for _, l := range layouts {
		r, err := CompileReading(l, l.LineEnd == "any" && l.Format != "fixed", nil)
		if err != nil {
			f.Fatal(err)
		}
		readings = append(readings, r)
	}
	for i := range layouts {
		for _, text := range []string{
			"", "\n", "t\r\nD,1,20261122,\"1,200\",1\r\nI,x\r\n\r\nT,1\r\n", "D\t1\t\"a\"\"\tb\nT\t5",
			"D,1,\"a\nb\",,\nD,2,,,\n",
			"D01ab  00012\r\nT+000112:30 \r\n",
			"D01ab  0001}D02\x81\x40\x81\x40\x81\x40\x81\x40T-0001253000\x1a", "\xef\xbb\xbfD\t1\n",
			"D,\x1b$B$\"\",\x1b(B,x\n", "D,\x1b$B$\"\",\n\x1b$\nD,\"\x1b$B!\"\x1b(B\",\n", "\xff\xfeD\x00",
			"D,1,,,\x00\r\n",
			"D,1\r", "\"", "D,\x1b$B$\nD,2,,,\n", "D,1,\"\x1b$B!\"", "D,\"\"\"\xf0\x40\",,,\n",
		} {
			f.Add([]byte(text), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, which uint8) {
		r := readings[int(which)%len(readings)]
		want := scan(t, r, text, 1<<16)
		for _, size := range []int{1, 2, 3, 7, 16, 64} {
			got := scan(t, r, text, size)
			if fmt.Sprint(got.err) != fmt.Sprint(want.err) {
				t.Fatalf("blocks of %d: error %v, in one block %v", size, got.err, want.err)
			}
			if want.err == nil && !slices.Equal(got.records, want.records) {
				t.Fatalf("blocks of %d:\n%s\nin one block:\n%s", size, strings.Join(got.records, "\n"),
					strings.Join(want.records, "\n"))
			}
		}
		if want.err == nil && !r.fixed {
			againstSlow(t, r, text)
		}
	})
}

// againstSlow compares records and cells with those of a scanner that looks at one byte after the other.
func againstSlow(t *testing.T, r *Reading, text []byte) {
	body := bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	want := slowly(r, body)
	var got []string
	var rec ReadRecord
	for s := r.Scan(Block{Bytes: body, Line: 1, Last: true}); s.Next(&rec); {
		line := fmt.Sprintf("%d@%d %q", rec.Line, rec.Offset, rec.Raw)
		for _, c := range rec.cells {
			line += fmt.Sprintf(" %d-%d", c.start, c.end)
		}
		if rec.Fault == fault.RecordQuote {
			line = fmt.Sprintf("%d@%d %q quote", rec.Line, rec.Offset, rec.Raw)
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("records\n%s\nslowly\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// slowly scans a csv or tsv text byte by byte.
func slowly(r *Reading, b []byte) (out []string) {
	mark := byte('\n')
	if r.layout.LineEnd == "cr" {
		mark = '\r'
	}
	plain := outsideRuns(r, b)
	start, line, cells, open := 0, 0, []int{0}, false
	for i := 0; i <= len(b); i++ {
		switch {
		case i < len(b) && plain[i] && b[i] == '"' && r.quotes:
			open = !open
		case i < len(b) && plain[i] && !open && b[i] == r.delim:
			cells = append(cells, i+1-start)
		case i == len(b) && start < i, i < len(b) && !open && b[i] == mark:
			raw := b[start:i]
			lineEnd := orDefault(r.layout.LineEnd, "crlf")
			if (lineEnd == "crlf" || lineEnd == "lf" || lineEnd == "any") && (i < len(b) || r.end != endLF) {
				raw = bytes.TrimSuffix(raw, []byte{'\r'})
			}
			line++
			if len(raw) > 0 {
				out = append(out, fmt.Sprintf("%d@%d %q", line, start, raw)+slowCells(r, raw, cells,
					plain[start:]))
			}
			start, cells = i+1, []int{0}
		}
	}
	return out
}

// outsideRuns says of each byte whether it stands for itself: not inside two-byte characters.
func outsideRuns(r *Reading, b []byte) []bool {
	plain := make([]bool, len(b)+1)
	for i := 0; i < len(b); i++ {
		plain[i] = true
		ends := func(c byte) bool { return c == 0x1b || c == '\n' || c == '\r' }
		if r.stateful && b[i] == 0x1b && i+2 < len(b) && b[i+1] == '$' && !ends(b[i+2]) {
			for i += 3; i < len(b) && !ends(b[i]); i++ {
			}
			i--
		}
	}
	return plain
}

// slowCells prints the cells of a record, or that its quotes are wrong.
func slowCells(r *Reading, raw []byte, starts []int, plain []bool) (out string) {
	for i, from := range starts {
		to := len(raw)
		if i+1 < len(starts) {
			to = starts[i+1] - 1
		}
		from = min(from, to)
		var quotes []int
		for j := from; j < to; j++ {
			if raw[j] == '"' && plain[j] && r.quotes {
				quotes = append(quotes, j)
			}
		}
		if len(quotes) == 0 {
			out += fmt.Sprintf(" %d-%d", from, to)
			continue
		}
		if len(quotes)%2 == 1 || quotes[0] != from || quotes[len(quotes)-1] != to-1 {
			return " quote"
		}
		for j := 1; j < len(quotes)-1; j += 2 {
			if quotes[j]+1 != quotes[j+1] {
				return " quote"
			}
		}
		out += fmt.Sprintf(" %d-%d", from+1, to-1)
	}
	return out
}
