package convert_test

import (
	"strings"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

// badLine is a text with one bad line, the faults that are listed for it, and a ^ before each place.
type badLine struct {
	name   string
	feed   master.Feed
	marked string
	want   []string // "code field line"
}

// itemFeed has receipts with item records below them: D,… and I,product,quantity,amount,tax_rate.
func itemFeed(change ...func(*master.Feed)) master.Feed {
	f := csvFeed(change...)
	l := &f.Layout
	l.Discriminator = &layout.Discriminator{Column: 1}
	id := layout.Field{Name: "id", Type: layout.TypeText}
	receipt := l.Records[0]
	n := len(receipt.Fields) - 4
	items := append([]layout.Field{id}, receipt.Fields[n:]...)
	receipt.Fields = append([]layout.Field{id}, receipt.Fields[:n]...)
	receipt.IDs = []string{"D"}
	l.Records = []layout.Record{receipt, {Kind: "item", IDs: []string{"I"}, Fields: items}}
	return f
}

func head(changes ...string) string {
	return "D," + strings.TrimSuffix(line(changes...), ",,,,\n") + "\n"
}

func fixedFeed(end string) master.Feed {
	return master.Feed{
		Code: "F", Excl: "same", CardOptional: true,
		Layout: layout.Layout{
			Encoding: "cp932", Format: "fixed", LineEnd: end, RecordLength: 20,
			Discriminator: &layout.Discriminator{At: 1, Width: 1},
			Records: []layout.Record{
				{Kind: "receipt", IDs: []string{"2"}, Fields: []layout.Field{
					{Name: "id", Width: 1},
					{Name: "business_date", Width: 8, Type: "date"},
					{Name: "receipt", Width: 4},
					{Name: "amount_incl", Width: 7, Type: "number"},
				}},
				{Kind: "trailer", IDs: []string{"8"}, Fields: []layout.Field{
					{Name: "id", Width: 1},
					{Name: "count", Width: 9, Type: "number"},
					{Name: "total", Width: 10, Type: "number"},
				}},
			},
		},
	}
}

// kinds changes what the column kind may say: 1 a sale, 2 a return.
func kinds(f *master.Feed) {
	f.Layout.Records[0].Fields[0].Lookup = map[string]string{"1": "sale", "2": "return"}
}

func storeLookup(f *master.Feed) {
	f.Layout.Records[0].Fields[3].Lookup = map[string]string{"000001": "S1"}
}

// badLines has every code of a bad line (R4). The second line of most texts is the bad one, so that line and
// offset are not zero by chance.
func badLines() []badLine {
	ok := line()
	return append(append([]badLine{
		{"undecodable byte", csvFeed(), ok + line("store=^\x80"), []string{"text.undecodable store 2"}},
		{
			"gaiji behind text", csvFeed(), ok + line("store=\x95\x5c^\xf0\x40"),
			[]string{"text.undecodable store 2"},
		},
		{"broken pair", csvFeed(), ok + line("store=^\x81"), []string{"text.undecodable store 2"}},
		{
			"undecodable byte behind a doubled quote", csvFeed(), ok + line("store=\"a\"\"b^\xa0\""),
			[]string{"text.undecodable store 2"},
		},
		{
			"two undecodable columns", csvFeed(), ok + line("store=^\xfd", "register=^\xff"),
			[]string{"text.undecodable store 2", "text.undecodable register 2"},
		},
		{"NUL byte", csvFeed(), ok + line("store=0^\x00"), []string{"text.nul  2"}},
		{"unknown card", csvFeed(), ok + line("card=^500000000000001"), []string{"card.unknown card 2"}},
		{
			"card of another length", csvFeed(), ok + line("card=^30000000000001"),
			[]string{"card.unknown card 2"},
		},
		{
			"wrong check digit", csvFeed(), ok + line("card=^9999123456789018"),
			[]string{"card.check_digit card 2"},
		},
		{
			"card from a spreadsheet", csvFeed(), ok + line("card=^3.00000E+14"),
			[]string{"card.not_digits card 2"},
		},
		{"no card", csvFeed(), ok + line("card=^"), []string{"card.missing card 2"}},
		{
			"unknown member", csvFeed(), ok + line("card=", "member_no=^9"),
			[]string{"member.unknown member_no 2"},
		},
		{
			"member without a card of the provider", csvFeed(), ok + line("card=", "member_no=^00000002"),
			[]string{"member.no_card member_no 2"},
		},
		{
			"no such day", csvFeed(), ok + line("business_date=^20261131"),
			[]string{"date.bad business_date 2"},
		},
		{"no date", csvFeed(), ok + line("business_date=^"), []string{"date.bad business_date 2"}},
		{
			"tomorrow", csvFeed(), ok + line("business_date=^20261123"),
			[]string{"date.future business_date 2"},
		},
		{
			"91 days ago", csvFeed(), ok + line("business_date=^20260823"),
			[]string{"date.too_old business_date 2"},
		},
		{
			"bad original date", csvFeed(),
			ok + line("kind=return", "original_date=^20261199", "original_receipt=1"),
			[]string{"date.bad original_date 2"},
		},
	}, badValues()...), badRecords()...)
}

// badValues are about times, amounts, points and other columns.
func badValues() []badLine {
	ok := line()
	return []badLine{
		{"30 o'clock", csvFeed(), ok + line("time=^3000"), []string{"time.bad time 2"}},
		{
			"letters in an amount", csvFeed(), ok + line("amount_incl=^12O0"),
			[]string{"amount.bad amount_incl 2"},
		},
		{"blank amount", csvFeed(), ok + line("amount_incl=^"), []string{"amount.bad amount_incl 2"}},
		{
			"amount above the limit", csvFeed(), ok + line("amount_incl=^1000000000001"),
			[]string{"amount.bad amount_incl 2"},
		},
		{"bad tax", csvFeed(), ok + line("tax_8=^x"), []string{"amount.bad tax_8 2"}},
		{
			"negative sale", csvFeed(), ok + line("amount_incl=^-5", "amount_excl=-4"),
			[]string{"amount.negative amount_incl 2"},
		},
		{"opposite signs", csvFeed(), ok + line("amount_excl=^-4"), []string{"amount.signs amount_excl 2"}},
		{"E notation", csvFeed(), ok + line("amount_incl=^1.2E+06"), []string{"number.excel amount_incl 2"}},
		{
			"negative E notation", csvFeed(negativeIsReturn), ok + line("amount_incl=^-1.2E+06"),
			[]string{"number.excel amount_incl 2"},
		},
		{
			"no given points", csvFeed(), ok + line("kind=grant", "point_type=B", "points_given=^"),
			[]string{"points.bad points_given 2"},
		},
		{
			"negative given points", csvFeed(), ok + line("kind=grant", "point_type=B", "points_given=^-1"),
			[]string{"points.bad points_given 2"},
		},
		{
			"given points above the limit", csvFeed(),
			ok + line("kind=grant", "point_type=B", "points_given=^1000000000001"),
			[]string{"points.bad points_given 2"},
		},
		{
			"grant without a type", csvFeed(), ok + line("kind=grant", "point_type=^", "points_given=1"),
			[]string{"point_type.missing point_type 2"},
		},
		{"unknown kind", csvFeed(), ok + line("kind=^gift"), []string{"kind.bad kind 2"}},
		{
			"kind that the lookup lacks", csvFeed(kinds), line("kind=1") + line("kind=^3"),
			[]string{"kind.bad kind 2"},
		},
		{"no receipt number", csvFeed(), ok + line("receipt=^"), []string{"receipt.missing receipt 2"}},
		{
			"store that the lookup lacks", csvFeed(storeLookup), ok + line("store=^000002"),
			[]string{"lookup.missing store 2"},
		},
		{
			"column too many", csvFeed(), ok + "^" + strings.Replace(ok, ",", ",,", 1),
			[]string{"record.columns  2"},
		},
		{"open text behind a quote", csvFeed(), ok + "^" + line("store=\"a\"b"), []string{"record.quote  2"}},
		{"quote inside a column", csvFeed(), ok + "^" + line("store=a\"b\""), []string{"record.quote  2"}},
		{
			"CR before LF", csvFeed(), ok + "^" + strings.TrimSuffix(ok, "\n") + "\r\n",
			[]string{"record.line_end  2"},
		},
	}
}

// badRecords are about kinds of records, items and fixed lengths.
func badRecords() []badLine {
	ok, sale := head(), "220261122"+"0001"+"0000100"
	return []badLine{
		{"unknown kind of record", itemFeed(), ok + "^X,1\n", []string{"record.kind  2"}},
		{"item without a receipt", itemFeed(), "^I,p,1,100,8\n" + ok, []string{"item.alone  1"}},
		{"bad quantity of an item", itemFeed(), ok + "I,p,^x,100,8\n", []string{"item.bad quantity 2"}},
		{"bad tax rate of an item", itemFeed(), ok + "I,p,1,100,^108\n", []string{"item.bad tax_rate 2"}},
		{
			"amount of an item above the limit", itemFeed(), ok + "I,p,1,^1000000000001,8\n",
			[]string{"item.bad amount 2"},
		},
		{"item with a column too few", itemFeed(), ok + "^I,p,1,100\n", []string{"record.columns  2"}},
		{
			"amounts of one receipt differ", csvFeed(flatReceipt),
			line("product=a", "amount=1") + line("product=b", "amount=1", "amount_incl=^1081"),
			[]string{"amount.differs amount_incl 2"},
		},
		{
			"items that sum up above the limit", csvFeed(flat),
			line("amount_incl=^1000000000000") + line("amount_incl=1"),
			[]string{"amount.bad amount_incl 1"},
		},
		{
			"record too short", fixedFeed("crlf"), sale + "\r\n^" + sale[:19] + "\r\n" + sale + "\r\n",
			[]string{"record.length  2"},
		},
		{"record too long", fixedFeed("lf"), sale + "\n^" + sale + "0\n", []string{"record.length  2"}},
		{
			"LF in a CRLF file", fixedFeed("crlf"), sale + "\r\n^" + sale + "\n",
			[]string{"record.line_end  2"},
		},
		{
			"negative sale with items below", itemFeed(), head("amount_incl=^-5", "amount_excl=-5") +
				"I,p,1,5,8\n",
			[]string{"amount.negative amount_incl 1"},
		},
	}
}

// TestR4EveryCodeOfALine triggers each code of a bad line and looks at code, field, line and byte offset.
func TestR4EveryCodeOfALine(t *testing.T) {
	seen := map[fault.Code]bool{}
	for _, x := range badLines() {
		t.Run(x.name, func(t *testing.T) {
			text, at := mark(x.marked)
			for _, size := range []int{0, 1, 50} {
				o := read(compile(t, x.feed), text, size)
				wantFaults(t, o, at, x.want...)
				if len(o.bad) != 1 {
					t.Errorf("%d bad lines, want 1: however many faults, the line counts once", len(o.bad))
				}
			}
		})
		for _, w := range x.want {
			name, _, _ := strings.Cut(w, " ")
			seen[code(name)] = true
		}
	}
	for _, e := range fault.Catalogue {
		if e.Code >= 1200 && e.Code < 1300 && !seen[e.Code] {
			t.Errorf("no line shows %s", e.Code)
		}
	}
}

// TestR4AllFaultsOfALineAreListed has a line with faults in nine columns; what needs a bad value is not
// checked: no card range without a date, no sign without an amount.
func TestR4AllFaultsOfALineAreListed(t *testing.T) {
	text, at := mark(line(
		"kind=^x", "business_date=^2026112", "time=^99", "store=^\xfd", "receipt=^\xa0", "card=999",
		"amount_incl=^1,5", "tax_8=^-", "tax_10=^--1"))
	text = strings.Replace(text, "1,5", "1.5", 1)
	wantFaults(t, read(compile(t, csvFeed()), text, 0), at,
		"kind.bad kind 1", "date.bad business_date 1", "time.bad time 1", "text.undecodable store 1",
		"text.undecodable receipt 1", "amount.bad amount_incl 1", "amount.bad tax_8 1", "amount.bad tax_10 1")
}

// TestR4LineNumbersCountRecords: headers, titles, empty lines and records of several lines count once each.
func TestR4LineNumbersCountRecords(t *testing.T) {
	f := csvFeed()
	f.Layout.Records = append([]layout.Record{{Kind: "titles", Fields: []layout.Field{{Name: "t"}}}},
		f.Layout.Records...)
	text, at := mark("titles\n" + line("store=\"a\nb\nc\"") + "\n\n" + line("receipt=8", "card=^1") +
		line("receipt=9"))
	for size := 1; size < len(text); size += 7 {
		o := read(compile(t, f), text, size)
		wantFaults(t, o, at, "card.unknown card 5")
		if len(o.good) != 2 || o.good[0].Line != 2 || o.good[1].Line != 6 ||
			string(o.good[0].Store) != "a\nb\nc" {
			t.Fatalf("blocks of %d: %d good, lines %v", size, len(o.good), o.good)
		}
		if want := int64(len(text) - len(line("receipt=9"))); o.good[1].Offset != want {
			t.Errorf("offset %d, want %d", o.good[1].Offset, want)
		}
	}
}

// TestR4AByteThatIsNoCharacterMakesItsLineBad: whatever the column, filler and unused ones too.
func TestR4AByteThatIsNoCharacterMakesItsLineBad(t *testing.T) {
	for i := range plain {
		cells := strings.Split(strings.TrimSuffix(line(), "\n"), ",")
		cells[i] = "\xfd"
		o := read(compile(t, csvFeed(negativeIsReturn)), strings.Join(cells, ",")+"\n", 0)
		if len(o.bad) != 1 || o.bad[0].Faults[0].Code != fault.TextUndecodable && len(o.bad[0].Faults) < 2 {
			t.Errorf("column %s: %d good, faults %q", plain[i][0], len(o.good), o.faults())
		}
	}
	f := csvFeed()
	f.Layout.Records[0].Fields[3] = layout.Field{Type: "filler"}
	text, at := mark(line("store=^\x81"))
	wantFaults(t, read(compile(t, f), text, 0), at, "text.undecodable  1")
}
