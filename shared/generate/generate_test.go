package generate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/charset"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/outlet"
	"multipoint/shared/rating"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

func day(y, m, d int) calendar.Date {
	date, _ := calendar.Of(y, m, d)
	return date
}

// shop is a set of masters with all that files are made of: three providers, a check digit, a short form,
// affiliates, and campaigns that name stores and products.
func shop() *master.Set {
	set := &master.Set{
		Retailer: master.Retailer{Code: "SHOP", Name: "見本商店"},
		Providers: []master.Provider{
			{Code: "P1", Name: "一"}, {Code: "P2", Name: "二"}, {Code: "P3", Name: "三"},
		},
		Cards: []master.Card{
			{
				Code: "C1", Provider: "P1", Digits: 16, Min: "9990000000000000", Max: "9990999999999999",
				Check: "LUHN",
			},
			{
				Code: "C2", Provider: "P2", Digits: 13, Min: "0100000000000", Max: "0109999999999",
				Short: &master.Short{Length: 10, Pad: "010"},
			},
			{
				Code: "C3", Provider: "P3", Digits: 15, Min: "170000000000000", Max: "170099999999999",
				Check: "DSR7",
			},
		},
		Affiliates: []master.Affiliate{{Code: "AOBA", Prefixes: []string{"910001"}}, {Code: "TSUKI"}},
		Campaigns: []master.Campaign{
			{
				Code: "K1", PointType: "BASE", Stores: []string{"A001"},
				Give: master.Give{Kind: "fixed", Points: 5},
			},
			{
				Code: "K2", PointType: "BASE", Products: []string{"2900000000001"}, ProductBasis: "items",
				Give: master.Give{Kind: "rate", Num: 5, Den: 100},
			},
		},
	}
	for _, p := range set.Providers {
		set.Points = append(set.Points, master.Points{
			Code: "N-" + p.Code, Provider: p.Code, PointType: "BASE",
			Give: master.Give{Kind: "rate", Num: 1, Den: 100},
		})
		set.Outlets = append(set.Outlets, master.Outlet{
			Code: "O-" + p.Code, Provider: p.Code, File: p.Code, Layout: layout.Layout{
				Encoding: "cp932", Format: "csv", Records: []layout.Record{{
					Kind: layout.KindReceipt, Fields: []layout.Field{
						{Name: "card"},
						{Name: "store"},
						{Name: "receipt"},
						{Name: "points", Type: layout.TypeNumber},
					},
				}},
			},
		})
	}
	return set
}

func specOf(shape Shape, lines int64) Spec {
	return Spec{Seed: 7, Lines: lines, Shape: shape, RunDate: day(2026, 11, 22), Set: shop(), Members: 300}
}

func write(t *testing.T, spec Spec) ([]byte, Summary) {
	t.Helper()
	var out bytes.Buffer
	sum, err := Write(&out, spec)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Bytes != int64(out.Len()) || sum.SHA256 != sha256.Sum256(out.Bytes()) {
		t.Fatalf("the summary is of other bytes: %+v", sum)
	}
	return out.Bytes(), sum
}

// TestSameSeedGivesTheSameBytes compares with digests that were written down on another day and machine.
func TestSameSeedGivesTheSameBytes(t *testing.T) {
	var got strings.Builder
	for _, shape := range Shapes() {
		spec := specOf(shape, 5000)
		text, sum := write(t, spec)
		fmt.Fprintf(&got, "%s %x %d lines %d bad %d yen\n",
			shape, sum.SHA256, sum.Lines, sum.Bad, sum.YenSales)
		again, _ := write(t, spec)
		if !bytes.Equal(text, again) {
			t.Errorf("%s: two files of one seed differ", shape)
		}
		spec.Seed++
		if other, _ := write(t, spec); bytes.Equal(text, other) {
			t.Errorf("%s: two seeds give one file", shape)
		}
	}
	var members bytes.Buffer
	if err := Members(&members, specOf(CSV, 0)); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(members.Bytes())
	fmt.Fprintf(&got, "members %s\n", hex.EncodeToString(digest[:]))
	path := filepath.Join("testdata", "digests.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got.String() != string(want) {
		t.Errorf("%v\n got %s\nwant %s", err, got.String(), want)
	}
}

// run reads a file with the engine and gives its result and the codes of its bad lines.
func run(t *testing.T, spec Spec, text []byte) (*rating.Result, *output) {
	t.Helper()
	var members bytes.Buffer
	if err := Members(&members, spec); err != nil {
		t.Fatal(err)
	}
	snapshot, err := member.Load(&members)
	if err != nil {
		t.Fatal(err)
	}
	feed, ok := Feed(spec)
	if !ok {
		t.Fatal("the shape has no feed")
	}
	set := *spec.Set
	set.Feeds = []master.Feed{feed}
	out := &output{codes: map[string]int{}}
	res, err := rating.Run(&rating.Job{
		Set: &set, Members: snapshot, RunDate: spec.RunDate, Run: 1,
		Files: []rating.File{{
			Name: "f", Feed: feed.Code,
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
		}},
		Options: rating.Options{BlockSize: 50_000, TempDir: t.TempDir()},
	}, out)
	if err != nil {
		t.Fatal(err)
	}
	return res, out
}

type output struct{ codes map[string]int }

func (o *output) BadLines(_ int, rows []byte) error {
	for row := range strings.Lines(string(rows)) {
		if cells := strings.Split(row, ","); len(cells) > 5 {
			o.codes[cells[5]]++
		}
	}
	return nil
}
func (o *output) File(int, *rating.FileResult) error { return nil }
func (o *output) Grants([]byte) error                { return nil }
func (o *output) RatingErrors(int, []byte) error     { return nil }
func (o *output) Carry(string, []byte) error         { return nil }
func (o *output) ProviderFile(string, string) (rating.ProviderFile, error) {
	return discard{io.Discard}, nil
}

type discard struct{ io.Writer }

func (discard) Left(int64, outlet.Place) error { return nil }
func (discard) Close(bool) error               { return nil }

// TestTheEngineCountsWhatTheSummarySays is the package's promise: nothing in a file is left to luck.
func TestTheEngineCountsWhatTheSummarySays(t *testing.T) {
	for _, shape := range Shapes() {
		spec := specOf(shape, 20_000)
		spec.ReturnPerMille = 60
		text, sum := write(t, spec)
		res, out := run(t, spec, text)
		v, tot := &res.Files[0].Verdict, &res.Totals
		if v.Refused != nil {
			t.Errorf("%s: the file is refused: %v", shape, v.Refused)
			continue
		}
		got := Summary{
			Lines: v.Receipts, Records: v.Records, Bad: v.Bad, YenSales: v.YenSales, YenReturns: v.YenReturns,
			Duplicates: tot.Duplicates.Lines, UnknownOriginals: tot.Errors.Lines, OtherCards: tot.Warnings,
			Count: sum.Count, Total: sum.Total, Bytes: res.Files[0].Bytes, SHA256: res.Files[0].SHA256,
		}
		if got != sum {
			t.Errorf("%s:\n got %+v\nwant %+v", shape, got, sum)
		}
		if sum.Lines != spec.Lines || sum.Bad == 0 || sum.Duplicates == 0 || sum.UnknownOriginals == 0 ||
			sum.OtherCards == 0 || sum.YenReturns == 0 {
			t.Errorf("%s: something is missing in %+v", shape, sum)
		}
		for _, code := range wantedFaults(shape) {
			if out.codes[code.Name()] == 0 {
				t.Errorf("%s: no bad line has %s: %v", shape, code, out.codes)
			}
		}
	}
}

func wantedFaults(shape Shape) []fault.Code {
	codes := []fault.Code{
		fault.TextUndecodable, fault.TextNUL, fault.CardUnknown, fault.CardCheckDigit, fault.CardNotDigits,
		fault.CardMissing, fault.DateBad, fault.DateFuture, fault.DateTooOld, fault.TimeBad, fault.AmountBad,
		fault.AmountNegative, fault.NumberExcel, fault.KindBad, fault.ReceiptMissing, fault.RecordLineEnd,
	}
	switch shape {
	case CSV:
		return append(codes, fault.AmountSigns, fault.RecordColumns, fault.RecordQuote)
	case Fixed:
		return append(codes, fault.PointsBad, fault.PointTypeMissing, fault.RecordLength, fault.RecordKind)
	default:
		return append(codes, fault.MemberUnknown, fault.MemberNoCard, fault.ItemBad, fault.ItemAlone,
			fault.RecordColumns, fault.RecordQuote, fault.RecordKind)
	}
}

func TestLayoutsAreWithoutFault(t *testing.T) {
	for _, shape := range Shapes() {
		l, ok := Layout(shape)
		if faults := layout.CheckLayout(&l, layout.CheckOptions{}); !ok || len(faults) > 0 {
			t.Errorf("%s: %v", shape, faults)
		}
	}
	set := shop()
	for _, shape := range Shapes() {
		feed, _ := Feed(specOf(shape, 0))
		set.Feeds = append(set.Feeds, feed)
	}
	for _, f := range master.Check(set, nil, master.Options{}) {
		t.Error(f)
	}
	if _, ok := Layout("xml"); ok {
		t.Error("a shape that does not exist has a layout")
	}
}

// TestThirtyPerCentOfCSVIsDoubleByte: the speed of readers is measured on it, without ASCII short cuts.
func TestThirtyPerCentOfCSVIsDoubleByte(t *testing.T) {
	text, _ := write(t, specOf(CSV, 5000))
	double := 0
	for i := 0; i < len(text); i++ {
		if b := text[i]; b >= 0x81 && b <= 0x9F || b >= 0xE0 && b <= 0xFC {
			double += 2
			i++
		}
	}
	if double*100 < 30*len(text) {
		t.Errorf("%d of %d bytes, %d %%", double, len(text), double*100/len(text))
	}
	for _, part := range []string{`,"`, `""`, "\x5C", ",25:", ",24:"} {
		if !bytes.Contains(text, []byte(part)) {
			t.Errorf("the file has no %q", part)
		}
	}
}

func TestAllWordsCanBeWritten(t *testing.T) {
	for _, list := range []string{placeWords, departmentWords, productWords, staffWords} {
		enc := charset.Encoder{Encoding: charset.CP932}
		if _, badAt := enc.Append(nil, []byte(list)); badAt >= 0 {
			t.Errorf("%q cannot be written", list[badAt:])
		}
	}
	// Fixed columns cut what is too wide, perhaps inside a character.
	stock, err := newStock(&Spec{RunDate: day(2026, 11, 22), Set: shop()}, shapeOf(Fixed))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range fixedColumns() {
		for _, w := range map[field][][]byte{
			fStoreName: stock.storeNames, fDepartment: stock.words.departments, fStaff: stock.words.staff,
		}[c.field] {
			if len(w) > c.layout.Width {
				t.Errorf("%q needs %d bytes, the column has %d", w, len(w), c.layout.Width)
			}
		}
	}
}

func TestWrongSpecsAreRefused(t *testing.T) {
	small := shop()
	small.Cards = []master.Card{{Code: "C", Provider: "P1", Digits: 5, Min: "10000", Max: "19999"}}
	old := shop()
	for i := range old.Cards {
		old.Cards[i].ValidTo = day(2026, 11, 21)
	}
	for name, change := range map[string]func(*Spec){
		"shape": func(s *Spec) { s.Shape = "xml" }, "lines": func(s *Spec) { s.Lines = -1 },
		"date": func(s *Spec) { s.RunDate = 0 }, "masters": func(s *Spec) { s.Set = nil },
		"small range": func(s *Spec) { s.Set = small }, "ranges that ended": func(s *Spec) { s.Set = old },
		"no range": func(s *Spec) { s.Set = &master.Set{} },
	} {
		spec := specOf(CSV, 10)
		change(&spec)
		_, err := Write(io.Discard, spec)
		if code := fault.CodeOf(err); code != fault.UsageFlag && code != fault.MasterValue {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Write(broken{}, specOf(CSV, 10)); fault.CodeOf(err) != fault.WriteFailed {
		t.Errorf("a broken disk: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestSmallAndCleanFiles(t *testing.T) {
	for _, shape := range Shapes() {
		for _, lines := range []int64{0, 1, 2, 13} {
			spec := specOf(shape, lines)
			spec.BadPerMille = 100
			text, sum := write(t, spec)
			if res, _ := run(t, spec, text); res.Files[0].Verdict.Refused != nil || sum.Lines != lines {
				t.Errorf("%s, %d lines: %v, %+v", shape, lines, res.Files[0].Verdict.Refused, sum)
			}
		}
		spec := specOf(shape, 3000)
		spec.BadPerMille, spec.ReturnPerMille, spec.DuplicatePerMille, spec.Members = -1, -1, -1, -1
		text, sum := write(t, spec)
		if res, _ := run(t, spec, text); res.Totals.Rated.Lines != 3000 {
			t.Errorf("%s: not all lines are rated: %+v, %+v", shape, res.Totals, sum)
		}
	}
}

// TestCardsAreDifferentAndInTheirRange looks at the numbers that a scheme gives.
func TestCardsAreDifferentAndInTheirRange(t *testing.T) {
	for _, c := range append(shop().Cards,
		master.Card{Code: "odd", Digits: 6, Min: "123457", Max: "129994", Check: "M10W3"},
		master.Card{Code: "one", Digits: 3, Min: "007", Max: "016"},
		master.Card{Code: "wide", Digits: 20, Min: strings.Repeat("0", 20), Max: strings.Repeat("9", 20)}) {
		s, ok := newScheme(&c)
		if !ok {
			t.Errorf("%s: no scheme", c.Code)
			continue
		}
		seen := map[string]bool{}
		n := min(s.span, 5000)
		for i := range n {
			number := s.append(nil, i)
			inside := len(number) == c.Digits && string(number) >= c.Min && string(number) <= c.Max
			if !inside || !s.check.Holds(number) {
				t.Fatalf("%s: %s", c.Code, number)
			}
			seen[string(number)] = true
		}
		if uint64(len(seen)) != n {
			t.Errorf("%s: %d numbers of %d", c.Code, len(seen), n)
		}
	}
	if _, ok := newScheme(&master.Card{Digits: 4, Min: "1235", Max: "1239", Check: "LUHN"}); ok {
		t.Error("a range without a whole ten has a scheme")
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, shape := range Shapes() {
		b.Run(string(shape), func(b *testing.B) {
			spec := specOf(shape, 200_000)
			b.ReportAllocs()
			for b.Loop() {
				sum, err := Write(io.Discard, spec)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(sum.Bytes)
			}
		})
	}
}
