package outlet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

const (
	card1 = "300000000000001"
	card2 = "300000000000002"
)

// signed is the layout of the vectors: fixed, with a sign, header and trailer.
func signed() layout.Layout {
	n := func(name string, width int) layout.Field {
		return layout.Field{Name: name, Width: width, Type: layout.TypeNumber}
	}
	constant := func(s string) layout.Field { return layout.Field{Constant: &s, Width: 1} }
	filler := func(width int) layout.Field { return layout.Field{Width: width, Type: layout.TypeFiller} }
	points := n("points", 8)
	points.Sign = "lead_minus"
	return layout.Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: "crlf", RecordLength: 46,
		Records: []layout.Record{
			{Kind: layout.KindHeader, Fields: []layout.Field{
				constant("1"),
				{Name: "run_date", Width: 8, Type: layout.TypeDate},
				n("file_no", 4),
				{Name: "retailer", Width: 12, Truncate: true},
				filler(21),
			}},
			{Kind: layout.KindReceipt, Fields: []layout.Field{
				constant("2"), n("sequence", 6),
				{Name: "card", Width: 15},
				{Name: "point_type", Width: 4},
				points,
				{Name: "store", Width: 12},
			}},
			{Kind: layout.KindTrailer, Fields: []layout.Field{
				constant("8"), n("count", 6),
				{
					Name: "total", Type: layout.TypeNumber, Width: 12,
					Sign: "lead_minus",
				},
				n("total_plus", 12), n("total_minus", 12), filler(3),
			}},
		},
	}
}

func compiled(t *testing.T, change func(*master.Outlet)) *Outlet {
	t.Helper()
	m := &master.Outlet{Code: "O1", Provider: "P1", File: "P1_{run_date}_{file_no}.dat", Layout: signed()}
	if change != nil {
		change(m)
	}
	o, err := Compile(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// entry is a grant, or a return if points are negative, of a run of that number.
func entry(run int64, file int32, line int64, order int32, card, pointType string, points int64) Entry {
	return Entry{
		Place: Place{Run: run, File: file, Line: line, Order: order}, IsReturn: points < 0,
		PointType: []byte(pointType), Points: points, Number: []byte(card),
		Date: 20779, Time: calendar.NoTime, Store: []byte("渋谷"), AmountIncl: 100,
	}
}

func from(entries []Entry) Source {
	return func(e *Entry) (bool, error) {
		if len(entries) == 0 {
			return false, nil
		}
		*e, entries = entries[0], entries[1:]
		return true, nil
	}
}

// sent writes a file and gives its records as "sequence kind number points [run.file.line …]".
func sent(t *testing.T, o *Outlet, entries []Entry) ([]string, Summary) {
	t.Helper()
	var records []string
	var unsent int
	sum, err := o.WriteFile(io.Discard, Meta{RunDate: 20780, FileNo: 1}, from(entries), Options{
		Dir: t.TempDir(),
		OnRecord: func(r *Record) error {
			kind := "grant"
			if r.IsReturn {
				kind = "return"
			}
			records = append(records, fmt.Sprintf("%d %s %s %s %d", r.Sequence, kind, r.First.Number,
				r.First.PointType, r.Points))
			return nil
		},
		OnEntry: func(sequence int64, at Place) error {
			if sequence == 0 {
				unsent++
				return nil
			}
			records[sequence-1] += fmt.Sprintf(" %d.%d.%d", at.Run, at.File, at.Line)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Entries != int64(len(entries)) {
		t.Errorf("%d entries sent, %d given", sum.Entries, len(entries))
	}
	if unsent > 0 {
		records = append(records, fmt.Sprintf("netted to 0: %d", unsent))
	}
	return records, sum
}

// recordCase is what a grain and a way of returns make of entries.
type recordCase struct {
	grain, returns string
	entries        []Entry
	want           []string
	plus, minus    int64
}

func recordCases() map[string]recordCase {
	grants := []Entry{
		entry(1, 1, 1, 0, card1, "BASE", 10), entry(1, 1, 2, 0, card2, "BASE", 5),
		entry(1, 1, 3, 0, card1, "BASE", 7),
	}
	withReturn := append(slices.Clone(grants), entry(1, 1, 4, 0, card1, "BASE", -1))
	twoTypes := []Entry{
		entry(1, 1, 1, 0, card1, "BASE", 10), entry(1, 1, 1, 1, card1, "CAMP", 3),
		entry(1, 1, 1, 2, card1, "CAMP", 4),
		entry(1, 1, 2, 0, card2, "BASE", 5), entry(1, 1, 2, 1, card2, "CAMP", 3),
		entry(1, 1, 2, 2, card2, "CAMP", 4),
	}
	return map[string]recordCase{
		"R21-01 one record per transaction and point type": {
			"", "", twoTypes, []string{
				"1 grant " + card1 + " BASE 10 1.1.1", "2 grant " + card1 + " CAMP 7 1.1.1 1.1.1",
				"3 grant " + card2 + " BASE 5 1.1.2", "4 grant " + card2 + " CAMP 7 1.1.2 1.1.2",
			}, 29, 0,
		},
		"per receipt point types are joined": {
			"receipt", "", twoTypes, []string{
				"1 grant " + card1 + " BASE 17 1.1.1 1.1.1 1.1.1", "2 grant " + card2 +
					" BASE 12 1.1.2 1.1.2 1.1.2",
			}, 29, 0,
		},
		"R21-02 one record per card at the place of its first entry": {
			"card", "", grants, []string{
				"1 grant " + card1 + " BASE 17 1.1.1 1.1.3", "2 grant " + card2 + " BASE 5 1.1.2",
			}, 22, 0,
		},
		"per card types stay apart": {
			"card", "", twoTypes, []string{
				"1 grant " + card1 + " BASE 10 1.1.1", "2 grant " + card1 + " CAMP 7 1.1.1 1.1.1",
				"3 grant " + card2 + " BASE 5 1.1.2", "4 grant " + card2 + " CAMP 7 1.1.2 1.1.2",
			}, 29, 0,
		},
		"per card returns stay apart": {
			"card", "", withReturn, []string{
				"1 grant " + card1 + " BASE 17 1.1.1 1.1.3", "2 grant " + card2 + " BASE 5 1.1.2",
				"3 grant " + card1 + " BASE -1 1.1.4",
			}, 22, -1,
		},
		"R21-03 returns as a kind of their own are positive": {
			"", "kind", withReturn, []string{
				"1 grant " + card1 + " BASE 10 1.1.1", "2 grant " + card2 + " BASE 5 1.1.2",
				"3 grant " + card1 + " BASE 7 1.1.3", "4 return " + card1 + " BASE 1 1.1.4",
			}, 22, -1,
		},
		"R21-04 returns netted per card": {
			"", "netted", withReturn, []string{
				"1 grant " + card1 + " BASE 16 1.1.1 1.1.3 1.1.4", "2 grant " + card2 + " BASE 5 1.1.2",
			}, 21, 0,
		},
		"R21-05 a record netted to 0 is not written": {
			"", "netted", []Entry{
				entry(1, 1, 1, 0, card1, "BASE", 10), entry(1, 1, 2, 0, card2, "BASE", 5),
				entry(1, 1, 3, 0, card1, "BASE", -10),
			}, []string{"1 grant " + card2 + " BASE 5 1.1.2", "netted to 0: 2"}, 5, 0,
		},
		"R21-06 carried entries come first": {
			"", "", []Entry{
				entry(1, 1, 1, 0, card2, "BASE", 5), entry(2, 1, 1, 0, card2, "BASE", -2),
				entry(3, 1, 1, 0, card1, "BASE", 10),
			}, []string{
				"1 grant " + card2 + " BASE 5 1.1.1", "2 grant " + card2 + " BASE -2 2.1.1", "3 grant " +
					card1 + " BASE 10 3.1.1",
			}, 15, -2,
		},
		"netted below 0": {
			"receipt", "netted",
			[]Entry{
				entry(1, 1, 1, 0, card1, "BASE", 3),
				entry(1, 1, 2, 0, card1, "BASE", -5),
			},
			[]string{"1 grant " + card1 + " BASE -2 1.1.1 1.1.2"},
			0, -2,
		},
	}
}

func TestR21RecordsOfAFile(t *testing.T) {
	for name, c := range recordCases() {
		o := compiled(t, func(m *master.Outlet) {
			m.Grain, m.Returns = c.grain, c.returns
			if c.returns == "kind" {
				ret := m.Layout.Records[1]
				ret.Kind, ret.Fields = layout.KindReturn, slices.Clone(ret.Fields)
				three := "3"
				ret.Fields[0].Constant = &three
				m.Layout.Records = slices.Insert(m.Layout.Records, 2, ret)
			}
		})
		got, sum := sent(t, o, c.entries)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
		if sum.Plus != c.plus || sum.Minus != c.minus {
			t.Errorf("%s: got plus %d minus %d, want %d and %d", name, sum.Plus, sum.Minus, c.plus, c.minus)
		}
	}
}

func TestR21NumbersWrapAndZeroDataFilesAreSentIfTheOutletSaysSo(t *testing.T) { // R21-07
	o := compiled(t, func(m *master.Outlet) { m.SendEmpty, m.SequenceMax = true, 2 })
	last := int64(0)
	for _, want := range []int64{1, 2, 1} {
		if last = o.NextFileNo(last); last != want {
			t.Fatalf("got file number %d, want %d", last, want)
		}
	}
	var out bytes.Buffer
	sum, err := o.WriteFile(&out, Meta{RunDate: 20780, FileNo: 1, Retailer: "R1"}, from(nil), Options{})
	if err != nil || !sum.Send || sum.Records != 0 {
		t.Fatalf("got %+v, %v; want a zero-data file to be sent", sum, err)
	}
	want := "1202611230001R1" + spaces(31) + "\r\n8" + "000000" + "000000000000000000000000000000000000" +
		"   \r\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	netted := compiled(t, func(m *master.Outlet) { m.Returns = "netted" })
	_, sum = sent(t, netted, []Entry{
		entry(1, 1, 1, 0, card1, "BASE", 3),
		entry(1, 1, 2, 0, card1, "BASE", -3),
	})
	if sum.Send || sum.Records != 0 || sum.Entries != 2 {
		t.Errorf("got %+v, want a zero-data file that is not sent, with both entries", sum)
	}
}

func spaces(n int) string { return fmt.Sprintf("%*s", n, "") }

func TestClosedDaysAreThoseOfTheCalendar(t *testing.T) {
	o := compiled(t, func(m *master.Outlet) { m.Closed, m.ClosedWeekdays = []calendar.Date{20780}, []int{7} })
	for d, want := range map[calendar.Date]bool{
		20778: true, 20779: false, 20780: false, 20781: true,
		20786: false,
	} {
		if got := o.Open(d); got != want {
			t.Errorf("%s: got open %t, want %t", d, got, want)
		}
	}
}

func TestFileNameShowsDateNumberAndProvider(t *testing.T) {
	o := compiled(t, func(m *master.Outlet) {
		m.File, m.SequenceMax = "{provider}-{run_date}-{file_no}.csv", 999
	})
	if got, want := o.FileName(20780, 7), "P1-20261123-007.csv"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCompileRefusesFilesThatWouldHideSomething(t *testing.T) {
	unsigned := func(m *master.Outlet) { m.Layout.Records[1].Fields[4].Sign = "" }
	for name, c := range map[string]struct {
		change func(*master.Outlet)
		code   fault.Code
	}{
		"negative points without a sign": {unsigned, fault.LayoutField},
		"returns that look like grants":  {func(m *master.Outlet) { m.Returns = "kind" }, fault.LayoutRecord},
		"a column that nobody fills": {
			func(m *master.Outlet) { m.Layout.Records[1].Fields[5].Name = "shop" }, fault.LayoutField,
		},
		"a total in a record": {
			func(m *master.Outlet) { m.Layout.Records[1].Fields[5].Name = "count" }, fault.LayoutField,
		},
		"no receipt": {
			func(m *master.Outlet) { m.Layout.Records = m.Layout.Records[:1] }, fault.LayoutRecord,
		},
		"unknown grain":      {func(m *master.Outlet) { m.Grain = "day" }, fault.MasterValue},
		"unknown returns":    {func(m *master.Outlet) { m.Returns = "never" }, fault.MasterValue},
		"a path":             {func(m *master.Outlet) { m.File = "../{file_no}" }, fault.MasterValue},
		"a placeholder":      {func(m *master.Outlet) { m.File = "{day}" }, fault.MasterValue},
		"file_no too narrow": {func(m *master.Outlet) { m.SequenceMax = 10000 }, fault.LayoutField},
		"control.total": {
			func(m *master.Outlet) { m.Layout.Control.Total = "sequence" },
			fault.LayoutField,
		},
	} {
		m := &master.Outlet{Code: "O1", Provider: "P1", File: "f", Layout: signed()}
		c.change(m)
		if _, err := Compile(m, nil); fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want code %d", name, err, c.code)
		}
	}
	m := &master.Outlet{Code: "O1", Provider: "P1", File: "f", Layout: signed(), Returns: "kind"}
	unsigned(m)
	m.Layout.Records[1].Fields[5] = layout.Field{
		Name: "kind", Width: 12,
		Lookup: map[string]string{"1": "grant", "2": "return"},
	}
	if _, err := Compile(m, nil); err != nil {
		t.Errorf("returns told by a field kind: got %v", err)
	}
}

func TestCheckNamesTheValueThatTheFileCannotHold(t *testing.T) {
	c := compiled(t, nil).NewChecker()
	e := entry(1, 1, 1, 0, card1, "BASE", 0)
	if field, ok := c.Check(&e); !ok {
		t.Errorf("got %s refused, want ok", field)
	}
	for field, change := range map[string]func(*Entry){
		"store":      func(e *Entry) { e.Store = []byte("𠮷祥寺") },
		"card":       func(e *Entry) { e.Number = []byte(card1 + "0") },
		"point_type": func(e *Entry) { e.PointType = []byte("LONGER") },
	} {
		bad := e
		change(&bad)
		if got, ok := c.Check(&bad); ok || got != field {
			t.Errorf("got %q, %t; want %s refused", got, ok, field)
		}
	}
	for range 100 {
		c.Check(&e)
	}
	if n := testing.AllocsPerRun(100, func() { c.Check(&e) }); n != 0 {
		t.Errorf("%v allocations a check, want 0", n)
	}
}

func TestARecordOfSeveralPointTypesNamesNone(t *testing.T) {
	o := compiled(t, func(m *master.Outlet) { m.Grain, m.Layout.Records = "receipt", m.Layout.Records[1:2] })
	var out bytes.Buffer
	entries := []Entry{
		entry(1, 1, 1, 0, card1, "BASE", 10), entry(1, 1, 1, 1, card1, "CAMP", 3),
		entry(1, 1, 2, 0, card1, "BASE", 5),
	}
	if _, err := o.WriteFile(&out, Meta{}, from(entries), Options{}); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String()[22:26]+out.String()[48+22:48+26], "    BASE"; got != want {
		t.Errorf("got point types %q, want %q", got, want)
	}
}

func TestErrorsOfTheCallersFunctionsStopTheFile(t *testing.T) {
	stop := errors.New("stop")
	entries := []Entry{entry(1, 1, 1, 0, card1, "BASE", 10)}
	for _, grain := range []string{"transaction", "card"} {
		o := compiled(t, func(m *master.Outlet) { m.Grain = grain })
		for name, opt := range map[string]Options{
			"record": {OnRecord: func(*Record) error { return stop }},
			"entry":  {OnEntry: func(int64, Place) error { return stop }},
		} {
			if _, err := o.WriteFile(io.Discard, Meta{}, from(entries), opt); !errors.Is(err, stop) {
				t.Errorf("%s, %s: got %v", grain, name, err)
			}
		}
		source := func(*Entry) (bool, error) { return false, stop }
		if _, err := o.WriteFile(io.Discard, Meta{}, source, Options{}); !errors.Is(err, stop) {
			t.Errorf("%s, source: got %v", grain, err)
		}
	}
}

func TestEntriesOutOfOrderAreAFault(t *testing.T) {
	o := compiled(t, nil)
	entries := []Entry{entry(1, 1, 2, 0, card1, "BASE", 1), entry(1, 1, 1, 0, card1, "BASE", 1)}
	if _, err := o.WriteFile(io.Discard, Meta{}, from(entries),
		Options{}); fault.CodeOf(err) != fault.TotalsDiffer {
		t.Errorf("got %v, want totals.differ", err)
	}
}

func TestSumsTooWideForTheirColumnStopTheFile(t *testing.T) {
	o := compiled(t, func(m *master.Outlet) { m.Grain = "card" })
	entries := []Entry{entry(1, 1, 1, 0, card1, "BASE", 99999999), entry(1, 1, 2, 0, card1, "BASE", 1)}
	_, err := o.WriteFile(io.Discard, Meta{}, from(entries), Options{Dir: t.TempDir()})
	if fault.CodeOf(err) != fault.OutletOverflow {
		t.Errorf("got %v, want outlet.overflow", err)
	}
}

func TestYenOfATransactionCountOncePerRecord(t *testing.T) {
	for returns, want := range map[string][]int64{"negative": {200, 100}, "netted": {100}} {
		o := compiled(t, func(m *master.Outlet) { m.Grain, m.Returns = "card", returns })
		var got []int64
		entries := []Entry{
			entry(1, 1, 1, 0, card1, "BASE", 1), entry(1, 1, 1, 1, card1, "BASE", 2),
			entry(1, 1, 2, 0, card1, "BASE", 4),
			entry(1, 1, 3, 0, card1, "BASE", -2),
		}
		_, err := o.WriteFile(io.Discard, Meta{}, from(entries), Options{
			Dir: t.TempDir(), OnRecord: func(r *Record) error { got = append(got, r.Amount); return nil },
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v; want %v", returns, got, err, want)
		}
	}
}

func TestEntryBinaryIsReadBack(t *testing.T) {
	e := entry(1<<40, 3, 1<<33, 9, card1, "ポイント", -1_000_000_000_000)
	e.Time, e.TimeRaw, e.MemberNo = 91800, []byte("25:30"), []byte("M1")
	b := e.AppendBinary([]byte("x"))
	var got Entry
	rest, err := got.DecodeBinary(append(b[1:], "rest"...))
	if err != nil || string(rest) != "rest" || fmt.Sprint(got) != fmt.Sprint(e) {
		t.Fatalf("got %v, %q, %v; want %v", got, rest, err, e)
	}
	for n := range len(b) - 1 {
		if _, err := got.DecodeBinary(b[1 : 1+n]); err == nil {
			t.Fatalf("%d of %d bytes were taken for an entry", n, len(b)-1)
		}
	}
}
