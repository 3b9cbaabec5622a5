package layout

import (
	"strings"
	"testing"

	"multipoint/shared/fault"
)

// shopFile is a fixed layout for reading that has no fault; a test spoils it.
func shopFile() Layout {
	return Layout{
		Encoding: "cp932", Format: "fixed", RecordLength: 40,
		Discriminator: &Discriminator{At: 1, Width: 1},
		Records: []Record{
			{Kind: KindReceipt, IDs: []string{"2"}, Fields: []Field{
				{Name: "id", Width: 1},
				{Name: "business_date", Width: 8, Type: TypeDate},
				{Name: "receipt", Width: 6},
				{Name: "card", Width: 16},
				{Name: "amount_incl", Width: 9, Type: TypeNumber},
			}},
			{Kind: KindTrailer, IDs: []string{"8"}, Fields: []Field{
				{Name: "id", Width: 1},
				{Name: "count", Width: 9, Type: TypeNumber},
				{Name: "total", Width: 12, Type: TypeNumber},
				{Type: TypeFiller, Width: 18},
			}},
		},
	}
}

// partnerFile is a csv layout for writing that has no fault.
func partnerFile() Layout {
	return Layout{
		Encoding: "cp932", Format: "csv",
		Records: []Record{
			{Kind: KindTitles},
			{Kind: KindReceipt, Fields: []Field{
				{Name: "card"}, {Name: "points", Type: TypeNumber}, {Name: "type"},
			}},
		},
		Derived: []Derived{{Name: "point_type", From: "type", Lookup: map[string]string{
			"1": "BASE",
			"2": "CAMP",
		}}},
	}
}

func raw(s string) *string { return &s }

type layoutSpoil struct {
	name  string
	spoil func(*Layout)
	code  fault.Code
	path  string
	says  string
}

func TestGoodLayoutsHaveNoFaults(t *testing.T) {
	read, write := shopFile(), partnerFile()
	for _, f := range append(CheckLayout(&read, CheckOptions{}), CheckLayout(&write,
		CheckOptions{Use: ForWriting})...) {
		t.Error(f)
	}
	if _, err := CompileReading(&read, false, nil); err != nil {
		t.Error(err)
	}
	if _, err := CompileWriting(&write, nil); err != nil {
		t.Error(err)
	}
}

func TestFaultsOfLayoutsForReading(t *testing.T) {
	spoiled(t, shopFile, CheckOptions{}, []layoutSpoil{
		{"encoding", func(l *Layout) { l.Encoding = "sjis" }, fault.LayoutField, "encoding", "cp932"},
		{"format", func(l *Layout) { l.Format = "xml" }, fault.LayoutField, "format", "tsv"},
		{"no length", func(l *Layout) { l.RecordLength = 0 }, fault.LayoutWidths, "record_length", ""},
		{
			"sum", func(l *Layout) { l.Records[1].Fields[3].Width = 20 }, fault.LayoutWidths, "records[1]",
			"42",
		},
		{
			"no receipt", func(l *Layout) { l.Records = l.Records[1:] }, fault.LayoutRecord, "records",
			"receipt",
		},
		{
			"constant too wide", func(l *Layout) { l.Records[0].Fields[2].Constant = raw("あいうえ") },
			fault.LayoutUnencodable, "records[0].fields[2].constant", "8 bytes",
		},
		{
			"constant no id", func(l *Layout) { l.Records[0].Fields[0].Constant = raw("3") },
			fault.LayoutDiscriminator, "records[0].fields[0].constant", "no id",
		},
		{
			"wide number", func(l *Layout) { l.Records[0].Fields[4].Pad = "wide" },
			fault.LayoutField, "records[0].fields[4].pad", "texts",
		},
		{
			"empty lookup", func(l *Layout) { l.Records[0].Fields[2].Lookup = map[string]string{} },
			fault.LayoutField, "records[0].fields[2].lookup", "empty",
		},
		{
			"default alone", func(l *Layout) { l.Records[0].Fields[2].Default = raw("x") },
			fault.LayoutField, "records[0].fields[2].default", "no lookup",
		},
		{
			"sign twice", func(l *Layout) {
				f := &l.Records[0].Fields[4]
				f.SignField, f.Sign = "id",
					"trail_sign"
			},
			fault.LayoutField, "records[0].fields[4].sign", "not both",
		},
		{
			"plus and minus", func(l *Layout) {
				f := &l.Records[0].Fields[4]
				f.SignField,
					f.Negative = "id", []string{"1"}
			},
			fault.LayoutField, "records[0].fields[4].sign_field", "both",
		},
		{"a derived constant and from", func(l *Layout) {
			l.Derived = []Derived{{Name: "kind", Constant: raw("sale"), From: "id"}}
		}, fault.LayoutField, "derived[0]", "exactly one"},
		{"derived in the wrong order", func(l *Layout) {
			l.Derived = []Derived{{Name: "store", From: "own"}, {Name: "own", Constant: raw("1")}}
		}, fault.LayoutField, "derived[0]", "later"},
		{"a cycle", func(l *Layout) {
			l.Derived = []Derived{{Name: "store", From: "own"}, {Name: "own", From: "store"}}
		}, fault.LayoutField, "derived[0]", "later"},
		{"never reached", func(l *Layout) {
			l.Derived = []Derived{{Name: "kind", Constant: raw("sale")}, {
				Name:     "kind",
				Constant: raw("return"),
			}}
		}, fault.LayoutField, "derived[1]", "never reached"},
		{"from two records", func(l *Layout) {
			l.Derived = []Derived{{Name: "store", Concat: []string{"receipt", "'-'", "count"}}}
		}, fault.LayoutField, "derived[0]", "no kind of record"},
		{
			"a gap in the items", func(l *Layout) { l.Records[0].Fields[0].Name = "items.2.product" },
			fault.LayoutField, "records[0].fields[0].name", "items.1.product",
		},
		{
			"no card", func(l *Layout) { l.Records[0].Fields[3] = Field{Width: 16, Type: TypeFiller} },
			fault.LayoutField, "records", "card_optional",
		},
		{
			"total of no number", func(l *Layout) { l.Records[0].Fields[4].Type = TypeText },
			fault.LayoutField, "records", "control.total",
		},
		{
			"batches", func(l *Layout) { l.Batches, l.Records = "many", l.Records[:1] },
			fault.LayoutRecord, "batches", "",
		},
		{
			"a return record", func(l *Layout) { l.Records[1].Kind = KindReturn }, fault.LayoutRecord,
			"records[1].kind", "",
		},
	})
}

func TestFaultsOfLayoutsForWriting(t *testing.T) {
	spoiled(t, partnerFile, CheckOptions{Use: ForWriting}, []layoutSpoil{
		{
			"substitute", func(l *Layout) { l.Substitutes = map[string]string{"𠮷": "𠮟"} },
			fault.LayoutUnencodable, "substitutes", "cannot be written",
		},
		{
			"long substitute", func(l *Layout) { l.Substitutes = map[string]string{"ab": "c"} },
			fault.LayoutField, "substitutes", "one character",
		},
		{
			"any date", func(l *Layout) {
				f := &l.Records[1].Fields[2]
				f.Name, f.Type,
					f.Form = "run_date", TypeDate, "any"
			},
			fault.LayoutNotWritable, "records[1].fields[2].form", "any",
		},
		{
			"no way back", func(l *Layout) { l.Derived[0].Lookup["3"] = "CAMP" },
			fault.LayoutNotWritable, "derived[0].lookup", `"2" and "3"`,
		},
		{
			"nobody gives", func(l *Layout) { l.Derived = nil },
			fault.LayoutField, "records[1].fields[2].name", `"type"`,
		},
		{
			"points as text", func(l *Layout) { l.Records[1].Fields[1].Type = "" },
			fault.LayoutField, "records[1].fields[1].name", "number",
		},
		{
			"totals in a grant", func(l *Layout) { l.Records[1].Fields[2].Name = "total_plus" },
			fault.LayoutField, "records[1].fields[2].name", "total_plus",
		},
		{"line end", func(l *Layout) { l.LineEnd = "any" }, fault.LayoutNotWritable, "line_end", ""},
	})
}

func spoiled(t *testing.T, good func() Layout, options CheckOptions, spoils []layoutSpoil) {
	t.Helper()
next:
	for _, s := range spoils {
		l := good()
		s.spoil(&l)
		faults := CheckLayout(&l, options)
		for _, f := range faults {
			if f.Code == s.code && f.Field == s.path && strings.Contains(f.What, s.says) {
				continue next
			}
		}
		t.Errorf("%s: no %v at %s saying %q; got %v", s.name, s.code, s.path, s.says, faults)
	}
}

func TestSubstitutesMakeConstantsWritable(t *testing.T) {
	l := partnerFile()
	l.Records[1].Fields = append(l.Records[1].Fields, Field{Name: "note", Constant: raw("𠮷")})
	if len(CheckLayout(&l, CheckOptions{Use: ForWriting})) != 1 {
		t.Error("a character outside the encoding was let through")
	}
	l.Substitutes = map[string]string{"𠮷": "吉"}
	if faults := CheckLayout(&l, CheckOptions{Use: ForWriting}); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestYieldsFollowsDerivedValues(t *testing.T) {
	l := shopFile()
	l.Derived = []Derived{
		{Name: "own", From: "receipt"},
		{Name: "store", From: "own"},
		{Name: "time", From: "nowhere"},
		{Name: "register", From: "count"},
	}
	for name, want := range map[string]bool{
		"card": true, "store": true, "time": false,
		"register": false,
	} {
		if l.Yields(name) != want {
			t.Errorf("%s: got %v", name, !want)
		}
	}
	l.Records[0].Fields = append(l.Records[0].Fields, Field{Name: "items.2.product"})
	if !l.YieldsItem("product", false) || l.YieldsItem("product", true) || l.YieldsItem("amount",
		false) {
		t.Error("items in columns are not seen as they are")
	}
}
