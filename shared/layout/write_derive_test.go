package layout

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// converters drop and add a leading K; oneWay cannot write.
func converters() Converters {
	return Converters{
		"k": {
			Read: func(dst, src []byte) ([]byte, bool) {
				return append(dst, bytes.TrimPrefix(src,
					[]byte("K"))...), true
			},
			Write: func(dst, src []byte) ([]byte, bool) {
				if bytes.Contains(src, []byte("bad")) {
					return dst, false
				}
				return append(append(dst, 'K'), src...), true
			},
		},
		"one_way": {Read: func(dst, src []byte) ([]byte, bool) { return append(dst, src...), true }},
	}
}

// line writes one csv record of the named columns.
func line(t *testing.T, columns []string, derived []Derived, values map[string]any) (string, error) {
	t.Helper()
	l := &Layout{Encoding: "utf-8", Format: "csv", LineEnd: "lf", Derived: derived}
	rec := Record{Kind: KindReceipt}
	for _, c := range columns {
		rec.Fields = append(rec.Fields, Field{Name: c})
	}
	l.Records = []Record{rec}
	p, err := CompileWriting(l, converters())
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	w := p.NewWriter(&out)
	v := set(t, p, values)
	for range 2 { // nothing of one record stays for the next
		if err := w.Write(KindReceipt, v); err != nil {
			return "", err
		}
	}
	_ = w.Close()
	first, second, _ := strings.Cut(out.String(), "\n")
	if first+"\n" != second {
		t.Errorf("the same values gave %q and then %q", first, second)
	}
	return first, nil
}

func TestDerivedValuesAreComputedForTheirColumns(t *testing.T) {
	blank, filled := true, false
	for name, c := range map[string]struct {
		columns []string
		derived []Derived
		values  map[string]any
		want    string
		code    fault.Code
	}{
		"constant": {[]string{"x"}, []Derived{{Name: "x", Constant: str("A")}}, nil, "A", 0},
		"from": {
			[]string{"x", "store"},
			[]Derived{{Name: "x", From: "store"}},
			map[string]any{"store": "01"},
			"01,01", 0,
		},
		"from with lookup": {
			[]string{"x"},
			[]Derived{{Name: "x", From: "kind", Lookup: map[string]string{"grant": "1", "return": "2"}}},
			map[string]any{"kind": "return"},
			"2", 0,
		},
		"from with default": {
			[]string{"x"},
			[]Derived{{
				Name: "x", From: "kind", Lookup: map[string]string{"a": "1"},
				Default: str("9"),
			}},
			map[string]any{"kind": "b"},
			"9", 0,
		},
		"not in the lookup": {
			[]string{"x"},
			[]Derived{{Name: "x", From: "kind", Lookup: map[string]string{"a": "1"}}},
			map[string]any{"kind": "b"},
			"", fault.OutletUnencodable,
		},
		"concat": {
			[]string{"x"},
			[]Derived{{Name: "x", Concat: []string{"day", "'-'", "store"}}},
			map[string]any{"day": day(2026, 11, 22), "store": "7"},
			"2026-11-22-7", 0,
		},
		"concat of what was derived before": {
			[]string{"x"},
			[]Derived{
				{Name: "y", From: "store", Convert: "k"},
				{Name: "x", Concat: []string{"y", "'/'", "n"}},
			},
			map[string]any{"store": "7", "n": -3},
			"K7/-3", 0,
		},
		"a part that cannot be computed": {
			[]string{"x"},
			[]Derived{{Name: "y", From: "store", Convert: "k"}, {Name: "x", Concat: []string{"y", "'/'"}}},
			map[string]any{"store": "bad"},
			"", fault.OutletUnencodable,
		},
		"first whose condition holds": {
			[]string{"x"},
			[]Derived{
				{Name: "x", Constant: str("none"), When: &Condition{Field: "card", Blank: &blank}},
				{Name: "x", Constant: str("gift"), When: &Condition{Field: "kind", In: []string{"g", "h"}}},
				{Name: "x", Constant: str("other"), When: &Condition{Field: "card", Blank: &filled}},
			},
			map[string]any{"card": "1", "kind": "h"},
			"gift", 0,
		},
		"a column whose derived value is computed forward stays blank": {
			[]string{"store", "x"},
			[]Derived{
				{Name: "y", Constant: str("N"), When: &Condition{Field: "store", Blank: &blank}},
				{Name: "y", From: "store"},
				{Name: "x", Concat: []string{"y", "'/'"}},
			},
			nil, ",N/", 0,
		},
		"no condition holds": {
			[]string{"x", "z"},
			[]Derived{{
				Name: "x", Constant: str("A"),
				When: &Condition{Field: "z", In: []string{"q"}},
			}},
			map[string]any{"x": "own", "z": "r"},
			"own,r", 0,
		},
	} {
		got, err := line(t, c.columns, c.derived, c.values)
		if got != c.want || fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %q, %v; want %q, %d", name, got, err, c.want, c.code)
		}
	}
}

func TestColumnsAreWrittenBackFromTheValuesReadFromThem(t *testing.T) {
	lookup := map[string]string{"1": "sale", "3": "return", "2": "return"}
	for name, c := range map[string]struct {
		columns []string
		derived []Derived
		values  map[string]any
		want    string
		code    fault.Code
	}{
		"plain": {
			[]string{"no"},
			[]Derived{{Name: "card", From: "no"}},
			map[string]any{"card": "12"},
			"12",
			0,
		},
		"lookup": {
			[]string{"k"},
			[]Derived{{Name: "kind", From: "k", Lookup: lookup}},
			map[string]any{"kind": "return"},
			"2", 0,
		},
		"unknown": {
			[]string{"k"},
			[]Derived{{Name: "kind", From: "k", Lookup: lookup}},
			map[string]any{"kind": "x"},
			"", fault.OutletUnencodable,
		},
		"convert": {
			[]string{"no"},
			[]Derived{{Name: "card", From: "no", Convert: "k"}},
			map[string]any{"card": `1"2`},
			`"K1""2"`, 0,
		},
		"of the same name": {
			[]string{"card"},
			[]Derived{{Name: "card", From: "card", Convert: "k"}},
			map[string]any{"card": "12"},
			"K12", 0,
		},
		"a column that is set itself": {
			[]string{"no"},
			[]Derived{{Name: "card", From: "no", Convert: "k"}},
			map[string]any{"no": "5", "card": "6"},
			"5", 0,
		},
		"no way back": {
			[]string{"no"},
			[]Derived{{Name: "card", From: "no", Convert: "one_way"}},
			nil, "",
			fault.LayoutNotWritable,
		},
		"no converter": {
			[]string{"no"},
			[]Derived{{Name: "card", From: "no", Convert: "none"}},
			nil, "",
			fault.LayoutConverter,
		},
	} {
		got, err := line(t, c.columns, c.derived, c.values)
		if got != c.want || fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %q, %v; want %q, %d", name, got, err, c.want, c.code)
		}
	}
}

func TestMissingNamesTheColumnsThatNobodyFills(t *testing.T) {
	l := &Layout{
		Encoding: "utf-8", Format: "csv",
		Derived: []Derived{
			{Name: "key", Concat: []string{"store", "'-'", "lane"}},
			{Name: "card", From: "no"},
		},
		Records: []Record{{Kind: KindReceipt, Fields: []Field{
			{Name: "key"},
			{Name: "no"},
			{Name: "points", Type: TypeNumber, SignField: "s"},
			{Name: "s"},
			{Name: "mystery"},
			{Type: TypeFiller},
			{Name: "fixed", Constant: str("1")},
		}}},
	}
	given := []string{"store", "card", "points"}
	got := compile(t, l).Missing(KindReceipt, func(name string) bool { return slices.Contains(given, name) })
	if want := []string{"mystery", "lane"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLayoutsThatCannotBeWrittenAreRefused(t *testing.T) {
	fixed := func(fields ...Field) *Layout {
		return &Layout{
			Encoding: "cp932", Format: "fixed", RecordLength: 4,
			Records: []Record{{Kind: KindReceipt, Fields: fields}},
		}
	}
	change := func(l *Layout, f func(*Layout)) *Layout { f(l); return l }
	for name, c := range map[string]struct {
		l    *Layout
		code fault.Code
	}{
		"widths":             {fixed(text("a", 3)), fault.LayoutWidths},
		"no width":           {fixed(text("a", 4), text("b", 0)), fault.LayoutWidths},
		"constant too wide":  {fixed(fixedText("12345", 4)), fault.LayoutUnencodable},
		"constant not coded": {fixed(fixedText("𠮷", 4)), fault.LayoutUnencodable},
		"date too wide":      {fixed(Field{Name: "d", Width: 4, Type: TypeDate}), fault.LayoutWidths},
		"lookup too wide": {
			fixed(Field{Name: "d", Width: 4, Lookup: map[string]string{"12345": "a"}}),
			fault.LayoutUnencodable,
		},
		"zeros behind": {fixed(Field{
			Name: "n", Width: 4, Type: TypeNumber, Align: "left",
			Pad: "zero",
		}), fault.LayoutField},
		"sign nowhere": {
			fixed(Field{Name: "n", Width: 4, Type: TypeNumber, SignField: "s"}),
			fault.LayoutField,
		},
		"line end any": {
			change(fixed(text("a", 4)), func(l *Layout) { l.LineEnd = "any" }),
			fault.LayoutNotWritable,
		},
		"encoding": {
			change(fixed(text("a", 4)), func(l *Layout) { l.Encoding = "ebcdic" }),
			fault.LayoutField,
		},
		"format": {
			change(fixed(text("a", 4)), func(l *Layout) { l.Format = "xml" }),
			fault.LayoutField,
		},
		"substitute": {
			change(fixed(text("a", 4)), func(l *Layout) { l.Substitutes = map[string]string{"𠮷": "a,b"} }),
			fault.LayoutField,
		},
		"twice": {change(fixed(text("a", 4)), func(l *Layout) {
			l.Records = append(l.Records,
				l.Records[0])
		}), fault.LayoutRecord},
	} {
		if _, err := CompileWriting(c.l, nil); fault.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want code %d", name, err, c.code)
		}
	}
}

// anyLayout makes a fixed layout of random columns.
func anyLayout(r *rand.Rand) *Layout {
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	l := &Layout{
		Encoding: pick("cp932", "euc-jp", "utf-8", "iso-2022-jp"), Format: "fixed",
		LineEnd:    pick("crlf", "lf", "none"),
		Duplicates: pick("", "nec"),
		Derived:    []Derived{{Name: "both", Concat: []string{"f0", "'ー'", "f1"}}},
	}
	rec := Record{Kind: KindReceipt}
	for i := range 1 + r.IntN(6) {
		f := Field{
			Name: "f" + string(rune('0'+i)), Width: 1 + r.IntN(20),
			Type:  pick("", TypeNumber, TypeDate, TypeTime),
			Align: pick("", "left", "right"), Pad: pick("", "space", "zero", "wide"),
			Truncate: r.IntN(2) == 0,
		}
		switch f.Type {
		case TypeNumber:
			f.Sign = pick("", "none", "lead_minus", "lead_sign", "trail_sign", "overpunch", "overpunch_mf")
			f.Decimals = r.IntN(2)
		case TypeDate:
			f.Form = pick("", "yyyy-mm-dd", "gyymmdd", "wareki", "mmdd", "any")
		case TypeTime:
			f.Form = pick("", "hhmm", "hh:mm:ss", "any")
		default:
			f.Name = pick(f.Name, "both")
		}
		l.RecordLength += f.Width
		rec.Fields = append(rec.Fields, f)
	}
	l.Records = []Record{rec}
	return l
}

func FuzzFixedRecordsAlwaysHaveTheirLength(f *testing.F) {
	f.Add(uint64(1), "髙島屋㈱", int64(-1200))
	f.Add(uint64(2), "ｶﾞ\x00\xff𠮷", int64(1)<<62)
	f.Add(uint64(3), "", int64(-1)<<63)
	f.Fuzz(func(t *testing.T, seed uint64, s string, n int64) {
		r := rand.New(rand.NewPCG(seed, 0))
		l := anyLayout(r)
		p, err := CompileWriting(l, nil)
		if err != nil {
			return
		}
		var out bytes.Buffer
		w := p.NewWriter(&out)
		v := p.NewValues()
		for i := range 8 {
			at := p.Slot("f" + string(rune('0'+i)))
			switch r.IntN(5) {
			case 0:
				v.SetText(at, []byte(s))
			case 1:
				v.SetNumber(at, n)
			case 2:
				v.SetDate(at, calendar.Date(n))
			case 3:
				v.SetClock(at, calendar.Clock(n), []byte(s))
			}
		}
		_, ok := w.Check(KindReceipt, v)
		err = w.Write(KindReceipt, v)
		if ok != (err == nil) {
			t.Fatalf("Check says %t, Write says %v", ok, err)
		}
		if c := fault.CodeOf(err); err != nil && c != fault.OutletUnencodable && c != fault.OutletOverflow {
			t.Fatalf("got %v", err)
		}
		if e := w.Close(); e != nil {
			t.Fatal(e)
		}
		want := 0
		if err == nil {
			want = l.RecordLength + len(p.lineEnd)
		}
		if out.Len() != want {
			t.Fatalf("got %d bytes %q, want %d", out.Len(), out.Bytes(), want)
		}
	})
}
