package convert_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/transaction"
)

// The run of all tests is that of 2026-11-22.
func runDate() calendar.Date { return day(2026, 11, 22) }

func day(y, m, d int) calendar.Date {
	date, ok := calendar.Of(y, m, d)
	if !ok {
		panic("no such day")
	}
	return date
}

const memberRows = `member,number,provider,card,replaced_by
m1,00000001,P,300000000000011,
m2,00000002,Q,9999123456789019,
m3,00000003,P,300000000000021,300000000000022
m3,00000003,P,300000000000022,
m4,00000004,,,
`

// masters: P has 15 digits from 3000…, until October also 4000…; Q has 16 with a check digit and a short
// form of
// 9 digits, written with 7.
func masters() *master.Set {
	return &master.Set{
		Providers: []master.Provider{{Code: "P"}, {Code: "Q"}},
		Cards: []master.Card{
			{Code: "P15", Provider: "P", Digits: 15, Min: "300000000000000", Max: "399999999999999"},
			{
				Code: "POLD", Provider: "P", Digits: 15, Min: "400000000000000", Max: "499999999999999",
				Period: master.Period{ValidTo: day(2026, 10, 31)},
			},
			{
				Code: "Q16", Provider: "Q", Digits: 16, Min: "9999000000000000", Max: "9999999999999999",
				Check: "LUHN",
			},
			{
				Code: "Q9", Provider: "Q", Digits: 9, Min: "000000000", Max: "009999999",
				Short: &master.Short{Length: 7, Pad: "00"},
			},
		},
		Affiliates: []master.Affiliate{
			{Code: "A1", Prefixes: []string{"9100"}},
			{Code: "A2", Prefixes: []string{"9200"}, Period: master.Period{ValidFrom: day(2026, 11, 1)}},
		},
	}
}

func compile(t testing.TB, feed master.Feed) *convert.Feed {
	t.Helper()
	set := masters()
	cards, err := card.Compile(set.Cards, set.Providers)
	if err != nil {
		t.Fatal(err)
	}
	affiliates, err := card.CompileAffiliates(set.Affiliates)
	if err != nil {
		t.Fatal(err)
	}
	members, err := member.Load(strings.NewReader(memberRows))
	if err != nil {
		t.Fatal(err)
	}
	f, err := convert.Compile(set, &feed, convert.Directory{
		Cards: cards, Affiliates: affiliates, Members: members, Providers: []string{"P", "Q"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// outcome is what a text became: good records, bad lines, and the verdict; err if it could not be cut.
type outcome struct {
	good    []transaction.Transaction
	bad     []convert.BadLine
	verdict convert.Verdict
	err     error
}

// Good implements convert.Sink; the record is copied through its binary form.
func (o *outcome) Good(t *transaction.Transaction) {
	var own transaction.Transaction
	if _, err := own.DecodeBinary(t.AppendBinary(nil)); err != nil {
		panic(err)
	}
	o.good = append(o.good, own)
}

// Bad implements convert.Sink.
func (o *outcome) Bad(b *convert.BadLine) {
	own := *b
	own.Raw, own.Faults = bytes.Clone(b.Raw), slices.Clone(b.Faults)
	o.bad = append(o.bad, own)
}

// read converts a text in blocks of about size bytes (0 = the default).
func read(f *convert.Feed, text string, size int) *outcome {
	o := &outcome{}
	w := f.NewWorker(convert.File{Ordinal: 1, Name: "in.dat", RunDate: runDate()}, o)
	cutter := f.Reading().Cut(strings.NewReader(text), size)
	var parts []convert.Part
	for {
		b, err := cutter.Next(nil)
		if errors.Is(err, io.EOF) {
			o.verdict = f.Check("in.dat", parts)
			return o
		}
		if err != nil {
			o.err = err
			return o
		}
		parts = append(parts, w.Block(b))
	}
}

// columns are those of the tests' csv layout, with what a plain sale has in them.
var plain = [...][2]string{
	{"kind", "sale"},
	{"business_date", "20261122"},
	{"time", "1230"},
	{"store", "000001"},
	{"register", "01"},
	{"receipt", "7"},
	{"original_date", ""},
	{"original_store", ""},
	{"original_register", ""},
	{"original_receipt", ""},
	{"return_seq", ""},
	{"card", "300000000000001"},
	{"member_no", ""},
	{"affiliate", ""},
	{"amount_incl", "1080"},
	{"amount_excl", "1000"},
	{"incl_8", ""},
	{"incl_10", ""},
	{"tax_8", ""},
	{"tax_10", ""},
	{"point_type", ""},
	{"grant_type", ""},
	{"points_given", ""},
	{"product", ""},
	{"quantity", ""},
	{"amount", ""},
	{"tax_rate", ""},
}

var types = map[string]string{
	"business_date": "date", "original_date": "date", "time": "time", "amount_incl": "number",
	"amount_excl": "number",
	"incl_8":      "number", "incl_10": "number", "tax_8": "number", "tax_10": "number",
	"points_given": "number",
	"quantity":     "number", "amount": "number", "tax_rate": "number",
}

// csvFeed reads lines of all columns, one kind of record, CP932 and LF.
func csvFeed(change ...func(*master.Feed)) master.Feed {
	rec := layout.Record{Kind: "receipt"}
	for _, c := range &plain {
		rec.Fields = append(rec.Fields, layout.Field{Name: c[0], Type: types[c[0]]})
	}
	f := master.Feed{
		Code: "F", Excl: "file", MemberProvider: "P",
		Layout: layout.Layout{Encoding: "cp932", Format: "csv", LineEnd: "lf", Records: []layout.Record{rec}},
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func flat(f *master.Feed) { f.FlatItems = true }

func flatReceipt(f *master.Feed) { f.FlatItems, f.FlatAmount = true, "receipt" }

func negativeIsReturn(f *master.Feed) { f.NegativeIsReturn = true }

func excl(mode string) func(*master.Feed) {
	return func(f *master.Feed) { f.Excl, f.Rate = mode, 8 }
}

// line is a plain sale with some columns changed: "receipt=8 amount_incl=500".
func line(changes ...string) string {
	var cells [len(plain)]string
	for i, c := range &plain {
		cells[i] = c[1]
		for _, change := range changes {
			if name, value, _ := strings.Cut(change, "="); name == c[0] {
				cells[i] = value
			}
		}
	}
	return strings.Join(cells[:], ",") + "\n"
}

// faults prints the faults of all bad lines as "code field line@offset".
func (o *outcome) faults() []string {
	var out []string
	for i := range o.bad {
		for _, x := range o.bad[i].Faults {
			out = append(out, fmt.Sprintf("%s %s %d@%d", x.Code.Name(), x.Field, x.Line, x.Offset))
		}
	}
	return out
}

// mark takes the marks ^ out of a text and gives their offsets in it.
func mark(marked string) (text string, at []int) {
	for {
		i := strings.IndexByte(marked, '^')
		if i < 0 {
			return marked, at
		}
		marked = marked[:i] + marked[i+1:]
		at = append(at, i)
	}
}

// wantFaults fails unless exactly these faults came out, "code field line" each, in the order of the marks.
func wantFaults(t *testing.T, o *outcome, at []int, want ...string) {
	t.Helper()
	if o.err != nil {
		t.Fatal(o.err)
	}
	if len(at) != len(want) {
		t.Fatalf("%d marks for %d faults", len(at), len(want))
	}
	full := make([]string, len(want))
	for i := range want {
		full[i] = fmt.Sprintf("%s@%d", want[i], at[i])
	}
	got := o.faults()
	slices.Sort(got)
	slices.Sort(full)
	if !slices.Equal(got, full) {
		t.Errorf("faults\n got %q\nwant %q", got, full)
	}
}

// onlyGood gives the one good record of a text without bad lines.
func onlyGood(t *testing.T, o *outcome) *transaction.Transaction {
	t.Helper()
	if o.err != nil || len(o.good) != 1 || len(o.bad) != 0 {
		t.Fatalf("%d good, faults %q, error %v; want one good record", len(o.good), o.faults(), o.err)
	}
	return &o.good[0]
}

func code(name string) fault.Code {
	for _, e := range fault.Catalogue {
		if e.Name == name {
			return e.Code
		}
	}
	return 0
}
