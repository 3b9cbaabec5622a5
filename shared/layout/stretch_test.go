package layout

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// walk lists the records of the blocks that a cutter gives, and the blocks' indexes.
func walk(t *testing.T, r *Reading, c *Cutter) (records []string, indexes []int, err error) {
	t.Helper()
	var rec ReadRecord
	for {
		b, err := c.Next(nil)
		if errors.Is(err, io.EOF) {
			return records, indexes, nil
		}
		if err != nil {
			return records, indexes, err
		}
		indexes = append(indexes, b.Index)
		for s := r.Scan(b); s.Next(&rec); {
			records = append(records, describe(t, r, &rec, []string{"receipt", "note", "count"}))
		}
	}
}

// TestStretchesGiveTheRecordsOfTheFile cuts texts of all formats at places where a Cutter cuts, and cuts the
// stretches between them again.
func TestStretchesGiveTheRecordsOfTheFile(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	pieces := []string{
		"D", "I", "T", ",", ",", "\t", "\"", "\r\n", "\n", "\r", "12", "20261122", "\x1b$B", "\x1b(B", "\x1a",
		"\x83\x5c", "\xEF\xBB\xBF", "D,1,20261122,5,1\r\n", "I,x\n", "D10000000000",
		"D1\t20261122\t5\t1\t\r\n",
	}
	stretches, same := 0, 0
	for _, l := range fuzzed() {
		r, err := CompileReading(l, l.Discriminator == nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 400 {
			var text strings.Builder
			for range chance.IntN(40) {
				text.WriteString(pieces[chance.IntN(len(pieces))])
			}
			want, _, wantErr := walk(t, r, r.Cut(strings.NewReader(text.String()), 1+chance.IntN(60)))
			if wantErr != nil {
				continue
			}
			var got []string
			blocks := stretched(t, r, text.String(), 1+chance.IntN(60))
			for i, b := range blocks {
				b.Offset *= int64(min(i, 1)) // the first one has what stands before its first record
				end := int64(text.Len())
				if i+1 < len(blocks) {
					end = blocks[i+1].Offset
				}
				at := Stretch{Block: b.Index, Offset: b.Offset, Line: b.Line, Last: b.Last}
				c := r.Resume(strings.NewReader(text.String()[b.Offset:end]), 1+chance.IntN(60), at)
				records, indexes, err := walk(t, r, c)
				if err != nil || len(indexes) == 0 || indexes[0] != b.Index {
					t.Fatalf("%s %q, stretch %+v: %v, blocks %v", l.Encoding, text.String(), at, err, indexes)
				}
				got = append(got, records...)
				stretches++
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s %s %q:\n%q\nwant\n%q", l.Encoding, l.Format, text.String(), got, want)
			}
			same++
		}
	}
	if same < 1000 || stretches < 3000 {
		t.Errorf("only %d texts with %d stretches", same, stretches)
	}
}

// stretched gives the blocks of a text without their bytes.
func stretched(t *testing.T, r *Reading, text string, size int) (blocks []Block) {
	t.Helper()
	c := r.Cut(strings.NewReader(text), size)
	for {
		b, err := c.Next(nil)
		if errors.Is(err, io.EOF) {
			return blocks
		}
		if err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, b)
	}
}

// TestOnlyTheLastStretchHasAnEndOfFileMark: in other ones a 0x1A at the end is the last byte of a record.
func TestOnlyTheLastStretchHasAnEndOfFileMark(t *testing.T) {
	l := &Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: "none", RecordLength: 3, EOFMark: true,
		Records: []Record{{Kind: KindReceipt, Fields: []Field{{Name: "receipt", Width: 3}}}},
	}
	r, err := CompileReading(l, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bytes string
		at    Stretch
		want  int
	}{
		{"00100\x1a", Stretch{Line: 1}, 2},
		{"003004\x1a", Stretch{Block: 2, Offset: 6, Line: 3, Last: true}, 2},
	} {
		records, _, err := walk(t, r, r.Resume(strings.NewReader(c.bytes), 0, c.at))
		if err != nil || len(records) != c.want {
			t.Errorf("%q: %q, %v", c.bytes, records, err)
		}
	}
	if !r.layout.EOFMark {
		t.Error("the layout was changed")
	}
}

// TestCellsAreTheColumns compares the cells with the columns that values come from.
func TestCellsAreTheColumns(t *testing.T) {
	fields := []Field{{Name: "receipt", Width: 3}, {Name: "note", Width: 4}}
	l := &Layout{Encoding: "cp932", Format: "csv", LineEnd: "crlf", Records: []Record{
		{Kind: KindTitles}, {Kind: KindReceipt, Fields: fields},
	}}
	csv := "a,b,c\r\n1,\"x \"\"2\"\"\"\r\n1,2,3\r\n3,\x83\x5c\n4\n"
	expectCells(t, l, csv, [][]string{{"a", "b", "c"}, {"1", `x "2"`}, nil, {"3", "\x83\x5c"}, nil})

	l = &Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: "lf", RecordLength: 7,
		Discriminator: &Discriminator{At: 1, Width: 1},
		Records:       []Record{{Kind: KindReceipt, IDs: []string{"1"}, Fields: fields}},
	}
	fixed := "1 2 34 \n1 2\n2 3 45 \n1234567\r\n12345678\n"
	expectCells(t, l, fixed, [][]string{{"1 2", " 34 "}, nil, nil, {"123", "4567"}, nil})
}

func expectCells(t *testing.T, l *Layout, text string, want [][]string) {
	t.Helper()
	r, err := CompileReading(l, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	var rec ReadRecord
	s := r.Scan(Block{Bytes: []byte(text), Line: 1})
	for i := range want {
		if !s.Next(&rec) {
			t.Fatalf("%s: only %d records", l.Format, i)
		}
		var got []string
		for k := range rec.Cells() {
			got = append(got, string(bytes.Clone(rec.Cell(k))))
		}
		if !slices.Equal(got, want[i]) {
			t.Errorf("%s, record %d: %q, want %q (fault %v)", l.Format, i+1, got, want[i], rec.Fault)
		}
	}
	if s.Next(&rec) {
		t.Errorf("%s: a record too many, %v", l.Format, rec.Fault)
	}
}
