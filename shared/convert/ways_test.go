package convert_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"multipoint/shared/layout"
	"multipoint/shared/master"
)

// derivedRegister makes the register a derived value of itself, which says the same but keeps plain lines
// from
// being read the quick way.
func derivedRegister(f *master.Feed) {
	f.Layout.Derived = append(f.Layout.Derived, layout.Derived{Name: "register", From: "register"})
}

// fixedSales is the csv layout in fixed records, all columns 16 bytes wide.
func fixedSales(f *master.Feed) {
	l := &f.Layout
	l.Format, l.RecordLength, l.LineEnd = "fixed", 16*len(plain), "none"
	for i := range l.Records[0].Fields {
		c := &l.Records[0].Fields[i]
		c.Width = 16
		if c.Type == "number" {
			c.Sign = "lead_minus"
		}
	}
}

func encodedAs(encoding string) func(*master.Feed) {
	return func(f *master.Feed) { f.Layout.Encoding = encoding }
}

// oddities are values that the ways of reading could see in different ways.
func oddities() map[string][]string {
	amounts := []string{
		"0", "1", "-1", "-0", "00", " 5", "5 ", "1.0", "1.5", "+5", "1,000", "1E3", "x", "1000000000000",
		"1000000000001",
		"999999999999999999", "9999999999999999999", "\x82\x50", "\x81\xa31", "(5)", "",
	}
	return map[string][]string{
		"kind": {"sale", "sale", "sale", "return", "cancel", "grant", "gift", "", " sale"},
		"business_date": {
			"20261121", "20260824", "20260823", "20261123", "20261131", "", "2026112",
			"00000000", "202611 1",
		},
		"time":          {"", "0000", "2959", "3000", "12:30", "123015", " 1230", "1", "\x82\x50230"},
		"store":         {"", "\x95\x5c", " 1", "1 ", "\xfd", "\x00", "'", "0", "\x81\x40"},
		"register":      {"", "01", "\x83\x5c"},
		"receipt":       {"", "0", " ", "\xb1", "7\t"},
		"original_date": {"", "20261101", "x"}, "original_receipt": {"", "1", "\xa0"},
		"card": {
			"", "300000000000001", "30000000000001", "3000000000000011", "9999123456789019",
			"9999123456789018", "1234567",
			" 300000000000001", "300000000000001 ", "3-0", "A300000000000001B", "400000000000001", "x",
			"\x82\x50", "-",
		},
		"member_no":   {"", "", "", "00000001", "00000003", "00000004", "9"},
		"affiliate":   {"", "A1", "A2", "9100****1234", "?", "\xb1"},
		"amount_incl": amounts, "amount_excl": amounts, "incl_8": amounts, "incl_10": amounts,
		"tax_8":  amounts,
		"tax_10": amounts, "points_given": {"", "5", "x"}, "point_type": {"", "B", "\x95\x5c"},
		"grant_type": {"", "EVENT"}, "return_seq": {"", "1"},
	}
}

// TestAllWaysOfReadingALineAgree reads random lines the quick way, where there is one, and the full way: good
// records, bad lines and totals are the same.
func TestAllWaysOfReadingALineAgree(t *testing.T) {
	odd := oddities()
	for name, change := range map[string][]func(*master.Feed){
		"file": nil, "same": {excl("same")}, "tax": {excl("tax")}, "rates": {excl("rates")},
		"rate":     {excl("rate")},
		"negative": {negativeIsReturn}, "optional": {func(f *master.Feed) { f.CardOptional = true }},
		"euc": {encodedAs("euc-jp")}, "utf-8": {encodedAs("utf-8")}, "jis": {encodedAs("iso-2022-jp")},
		"fixed": {fixedSales}, "fixed rates": {excl("rates"), fixedSales},
	} {
		t.Run(name, func(t *testing.T) {
			feed := csvFeed(change...)
			quick, full := compile(t, feed), compile(t, csvFeed(append(change, derivedRegister)...))
			r := rand.New(rand.NewPCG(1, 2))
			good := 0
			for range 1000 {
				var text strings.Builder
				for range 1 + r.IntN(4) {
					text.WriteString(oddLine(r, odd, feed.Layout.Format == "fixed"))
				}
				a, b := read(quick, text.String(), 4096), read(full, text.String(), 4096)
				good += len(a.good)
				if x, y := summary(a), summary(b); x != y {
					t.Fatalf("%q\nquick %s\nfull  %s", text.String(), x, y)
				}
			}
			if good < 300 {
				t.Errorf("only %d good records", good)
			}
		})
	}
}

// oddLine is a plain sale with up to three odd values.
func oddLine(r *rand.Rand, odd map[string][]string, fixed bool) string {
	var changes []string
	for range r.IntN(4) {
		name := plain[r.IntN(len(plain))][0]
		if values := odd[name]; len(values) > 0 {
			changes = append(changes, name+"="+values[r.IntN(len(values))])
		}
	}
	text := line(changes...)
	if !fixed {
		return text
	}
	var b strings.Builder
	for _, cell := range strings.Split(strings.TrimSuffix(text, "\n"), ",") {
		b.WriteString((cell + strings.Repeat(" ", 16))[:16])
	}
	return (b.String() + strings.Repeat(" ", 16))[:16*len(plain)]
}
