package convert_test

import (
	"fmt"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

func compileError(feed master.Feed) (*convert.Feed, error) {
	return convert.Compile(masters(), &feed, convert.Directory{}, nil)
}

// wholeCard prints card, account, provider, scheme and member number.
func wholeCard(t *transaction.Transaction) string {
	return fmt.Sprintf("%s>%s P%d S%d %s", t.Card, t.Account, t.Provider, t.Scheme, t.MemberNo)
}

// TestR7CardsAndMemberNumbers: what a line shows, and whose points it is about.
func TestR7CardsAndMemberNumbers(t *testing.T) {
	optional := func(f *master.Feed) { f.CardOptional = true }
	nobody := func(f *master.Feed) { f.MemberProvider = "" }
	original := []string{
		"kind=return", "original_date=20261101", "original_store=000001", "original_register=01",
		"original_receipt=1",
	}
	for _, x := range []struct {
		feed    master.Feed
		changes []string
		want    string // or the name of a fault
	}{
		{csvFeed(), []string{"card=300000000000001"}, "300000000000001>300000000000001 P0 S0 "},
		{csvFeed(), []string{"card=9999123456789019"}, "9999123456789019>9999123456789019 P1 S2 "},
		{csvFeed(), []string{"card= 3000-00000-000001 "}, "300000000000001>300000000000001 P0 S0 "},
		{
			csvFeed(),
			[]string{"card=\x82\x52\x82\x4f\x82\x4f000000000001"},
			"300000000000001>300000000000001 P0 S0 ",
		},
		{csvFeed(), []string{"card=A300000000000001B"}, "300000000000001>300000000000001 P0 S0 "},
		{csvFeed(), []string{"card=A300000000000001"}, "card.not_digits"},
		{csvFeed(), []string{"card=]C0300000000000001"}, "300000000000001>300000000000001 P0 S0 "},
		{csvFeed(), []string{"card=1234567"}, "1234567>001234567 P1 S3 "},
		{csvFeed(), []string{"card=001234567"}, "001234567>001234567 P1 S3 "},
		{csvFeed(), []string{"card=9999123456789018"}, "card.check_digit"},
		{csvFeed(), []string{"card=   "}, "card.missing"},
		{csvFeed(), []string{"card=-"}, "card.not_digits"},
		{csvFeed(optional), []string{"card="}, "> P-1 S-1 "},
		{csvFeed(optional), []string{"card=1"}, "card.unknown"},
		{csvFeed(), []string{"card=", "member_no=00000001"}, ">300000000000011 P0 S-1 00000001"},
		{csvFeed(), []string{"card=", "member_no=00000003"}, ">300000000000022 P0 S-1 00000003"},
		{csvFeed(), []string{"card=", "member_no=1"}, "member.unknown"},
		{csvFeed(), []string{"card=", "member_no=00000004"}, "member.no_card"},
		{csvFeed(nobody), []string{"card=", "member_no=00000001"}, "member.no_card"},
		{csvFeed(), []string{"member_no=1"}, "300000000000001>300000000000001 P0 S0 1"},
		{csvFeed(), []string{"card=1", "member_no=00000001"}, "card.unknown"},
		{csvFeed(), append(original, "card="), "> P-1 S-1 "},
		{csvFeed(), append(original, "card=1"), "card.unknown"},
		{csvFeed(), append(original, "card=", "member_no=1"), "member.unknown"},
		{csvFeed(), []string{"kind=return", "card="}, "card.missing"},
		{
			csvFeed(negativeIsReturn), append(original[1:5:5], "card=", "amount_incl=-1", "amount_excl=-1"),
			"> P-1 S-1 ",
		},
		{csvFeed(negativeIsReturn), append(original[1:5:5], "card="), "card.missing"},
		{csvFeed(negativeIsReturn), []string{"card=", "amount_incl=-1", "amount_excl=-1"}, "card.missing"},
	} {
		o := read(compile(t, x.feed), line(x.changes...), 0)
		got := fmt.Sprint(o.faults())
		switch {
		case len(o.good) == 1:
			got = wholeCard(&o.good[0])
		case len(o.bad[0].Faults) == 1:
			got = o.bad[0].Faults[0].Code.Name()
		}
		if got != x.want {
			t.Errorf("%v: got %s, want %s", x.changes, got, x.want)
		}
	}
}

// TestR2AnAffiliateThatNobodyClaimsIsNoError.
func TestR2AnAffiliateThatNobodyClaimsIsNoError(t *testing.T) {
	for raw, want := range map[string]int32{
		"": -1, "A1": 0, "9100****1234": 0, "9100": -1, "A2": 1,
		"9200****1234": 1, "8000****1234": -1,
	} {
		x := onlyGood(t, read(compile(t, csvFeed()), line("affiliate="+raw), 0))
		if x.Affiliate != want || string(x.AffiliateRaw) != raw {
			t.Errorf("%q: affiliate %d (%q), want %d", raw, x.Affiliate, x.AffiliateRaw, want)
		}
	}
	x := onlyGood(t, read(compile(t, csvFeed()), line("affiliate=A2", "business_date=20261031"), 0))
	if x.Affiliate != -1 {
		t.Errorf("R8: an affiliate of November claims a line of October")
	}
}

// TestR8DateLimits: from 90 days (or the feed's limit) before the run to the run's date, both included;
// card ranges
// hold by the line's date.
func TestR8DateLimits(t *testing.T) {
	oldest := func(n int) func(*master.Feed) { return func(f *master.Feed) { f.OldestDays = &n } }
	for _, x := range []struct {
		feed master.Feed
		date string
		card string
		want string
	}{
		{csvFeed(), "20261122", "", ""},
		{csvFeed(), "20261123", "", "date.future"},
		{csvFeed(), "20260824", "", ""},
		{csvFeed(), "20260823", "", "date.too_old"},
		{csvFeed(oldest(0)), "20261122", "", ""},
		{csvFeed(oldest(0)), "20261121", "", "date.too_old"},
		{csvFeed(oldest(1)), "20261121", "", ""},
		{csvFeed(oldest(400)), "20251122", "", ""},
		{csvFeed(), "20261031", "400000000000001", ""},
		{csvFeed(), "20261101", "400000000000001", "card.unknown"},
	} {
		changes := []string{"business_date=" + x.date}
		if x.card != "" {
			changes = append(changes, "card="+x.card)
		}
		o, got := read(compile(t, x.feed), line(changes...), 0), ""
		if len(o.bad) > 0 {
			got = o.bad[0].Faults[0].Code.Name()
		}
		if got != x.want {
			t.Errorf("%s %s: got %q, want %q", x.date, x.card, got, x.want)
		}
	}
}

// TestR9AmountWithoutTax computes it in every way, sales and returns, with parts of either sign.
func TestR9AmountWithoutTax(t *testing.T) {
	sale := func(changes ...string) []string { return append([]string{"amount_incl=1080"}, changes...) }
	for _, x := range []struct {
		mode    string
		changes []string
		want    int64
	}{
		{"file", sale("amount_excl=1001"), 1001},
		{"tax", sale("tax_8=80"), 1000},
		{"tax", sale("tax_8=50", "tax_10=30"), 1000},
		{"tax", sale("tax_8=50", "tax_10=-30"), 1060},
		{"tax", sale(), 1080},
		{"rates", sale("incl_8=1080"), 1000},
		{"rates", sale("incl_8=107", "incl_10=973"), 99 + 884},
		{"rates", sale("incl_8=1180", "incl_10=-100"), 1092 - 91}, // floor(-90.9…) = -91
		{"rates", sale("incl_8=-1", "incl_10=1081"), -1 + 982},
		{"rates", sale(), 0},
		{"rate", sale(), 1000},
		{"rate", []string{"amount_incl=1079"}, 999},
		{"rate", []string{"amount_incl=0"}, 0},
		{"same", sale(), 1080},
		{"", sale(), 0},
		// Of returns the magnitudes count, whatever the sign in the file.
		{"file", []string{"kind=return", "amount_incl=-1080", "amount_excl=-1000"}, 1000},
		{"file", []string{"kind=return", "amount_incl=1080", "amount_excl=1000"}, 1000},
		{"rates", []string{"kind=return", "amount_incl=-1080", "incl_8=-107", "incl_10=-973"}, 99 + 884},
		{"rates", []string{"kind=return", "amount_incl=-1080", "incl_8=-1180", "incl_10=100"}, 1092 - 91},
		{"tax", []string{"kind=cancel", "amount_incl=-1080", "tax_8=-80"}, 1000},
		{"rate", []string{"kind=return", "amount_incl=-1079"}, 999},
	} {
		o := read(compile(t, csvFeed(excl(x.mode))), line(x.changes...), 0)
		if g := onlyGood(t, o); g.AmountExcl != x.want {
			t.Errorf("excl %s, %v: %d without tax, want %d", x.mode, x.changes, g.AmountExcl, x.want)
		}
	}
	for mode, changes := range map[string][]string{
		"tax": {"tax_8=1090"}, "rates": {"incl_8=-500", "incl_10=5"}, "file": {"amount_excl=-1"},
	} {
		o := read(compile(t, csvFeed(excl(mode))), line(changes...), 0)
		if len(o.bad) != 1 || o.bad[0].Faults[0].Code != fault.AmountSigns {
			t.Errorf("excl %s, %v: %d good, %q; want opposite signs", mode, changes, len(o.good), o.faults())
		}
	}
}

// TestR9BlankAmounts: unreadable, but 0 on grants, cancels and for the parts by tax rate.
func TestR9BlankAmounts(t *testing.T) {
	for _, x := range []struct {
		mode    string
		changes []string
		good    bool
	}{
		{"file", []string{"amount_incl="}, false},
		{"file", []string{"amount_excl="}, false},
		{"same", []string{"amount_excl="}, true},
		{"file", []string{"kind=return", "amount_incl="}, false},
		{"file", []string{"kind=cancel", "amount_incl=", "amount_excl="}, true},
		{
			"file",
			[]string{"kind=grant", "amount_incl=", "amount_excl=", "points_given=5", "point_type=B"},
			true,
		},
		{"same", []string{"amount_excl=x"}, false},
		{"same", []string{"tax_8=x"}, false},
		{"tax", []string{"tax_8=", "tax_10="}, true},
	} {
		o := read(compile(t, csvFeed(excl(x.mode))), line(x.changes...), 0)
		if (len(o.good) == 1) != x.good {
			t.Errorf("excl %s, %v: %d good, %q", x.mode, x.changes, len(o.good), o.faults())
		}
	}
}

// TestR11Times are read on the 30-hour clock and stay with the date they are written with.
func TestR11Times(t *testing.T) {
	for raw, want := range map[string]calendar.Clock{
		"": calendar.NoTime, "0000": 0, "2359": 86340, "2400": 86400, "2530": 91800, "2959": 107940,
		"25:30":  91800,
		"253015": 91815, "9:05": 32700, "905": 32700,
	} {
		x := onlyGood(t, read(compile(t, csvFeed()), line("time="+raw), 0))
		if x.Time != want || string(x.TimeRaw) != raw || x.Date != runDate() {
			t.Errorf("%q: %d (%q) on %s, want %d", raw, x.Time, x.TimeRaw, x.Date, want)
		}
	}
	for _, raw := range []string{"3000", "2460", "12345", "1x30", "-100"} {
		if o := read(compile(t, csvFeed()), line("time="+raw), 0); len(o.bad) != 1 {
			t.Errorf("%q is read as a time", raw)
		}
	}
	x := onlyGood(t, read(compile(t, csvFeed()), line("time="), 0))
	if want := int64(runDate()) * 86400; x.Instant() != want {
		t.Errorf("no time is the instant %d, want %d", x.Instant(), want)
	}
}

// TestR16TheSignOfAReturnDoesNotMatter: magnitudes count; with and without tax of opposite signs is bad.
func TestR16TheSignOfAReturnDoesNotMatter(t *testing.T) {
	for _, kind := range []string{"return", "cancel"} {
		plus := onlyGood(t, read(compile(t, csvFeed()), line("kind="+kind, "tax_8=80"), 0))
		minus := onlyGood(t, read(compile(t, csvFeed()), line("kind="+kind, "amount_incl=-1080",
			"amount_excl=-1000", "tax_8=-80"), 0))
		a, _ := plus.Content(nil)
		b, _ := minus.Content(nil)
		if a != b || minus.AmountIncl != 1080 || minus.Excl != 1000 || minus.Tax8 != 80 {
			t.Errorf("%s: %+v and %+v differ in content", kind, plus, minus)
		}
		o := read(compile(t, csvFeed()), line("kind="+kind, "amount_incl=-1080"), 0)
		if len(o.bad) != 1 || o.bad[0].Faults[0].Code != fault.AmountSigns {
			t.Errorf("%s of opposite signs: %q", kind, o.faults())
		}
	}
	flatText := line("kind=return", "product=a", "amount=-1080", "amount_incl=-1080", "amount_excl=-1000")
	if x := onlyGood(t, read(compile(t, csvFeed(flat)), flatText, 0)); x.Items[0].Amount != 1080 {
		t.Errorf("an item of a negative return: %+v", x.Items[0])
	}
	for _, kind := range []string{"sale", "grant"} {
		o := read(compile(t, csvFeed()), line("kind="+kind, "amount_incl=-1", "amount_excl=-1",
			"points_given=1", "point_type=B"), 0)
		if len(o.bad) != 1 || o.bad[0].Faults[0].Code != fault.AmountNegative {
			t.Errorf("negative %s: %q", kind, o.faults())
		}
	}
}

// TestR17NegativeSalesAreReturnsIfTheFeedSaysSo.
func TestR17NegativeSalesAreReturnsIfTheFeedSaysSo(t *testing.T) {
	names := []string{
		"original_date=20261121", "original_store=000001", "original_register=01",
		"original_receipt=5",
	}
	negative := append([]string{"amount_incl=-1080", "amount_excl=-1000"}, names...)
	x := onlyGood(t, read(compile(t, csvFeed(negativeIsReturn)), line(negative...), 0))
	if x.Kind != transaction.Return || x.AmountIncl != 1080 || !x.NamesOriginal ||
		string(x.OriginalReceipt) != "5" {
		t.Errorf("negative sale: %+v", x)
	}
	x = onlyGood(t, read(compile(t, csvFeed(negativeIsReturn)), line(names...), 0))
	if x.Kind != transaction.Sale || x.NamesOriginal || len(x.OriginalReceipt) > 0 {
		t.Errorf("positive sale that names an original: %+v", x)
	}
	x = onlyGood(t, read(compile(t, csvFeed(negativeIsReturn)), line("amount_incl=-1", "amount_excl=-1",
		"receipt="), 0))
	if x.Kind != transaction.Return || x.NamesOriginal {
		t.Errorf("negative sale without receipt number: %+v", x)
	}
	x = onlyGood(t, read(compile(t, csvFeed(negativeIsReturn)), line("original_date=x"), 0))
	if x.Kind != transaction.Sale {
		t.Errorf("an unreadable original of a sale: %+v", x)
	}
	o := read(compile(t, csvFeed(negativeIsReturn)), line("amount_incl=-1", "amount_excl=-1",
		"original_date=x"), 0)
	if len(o.bad) != 1 || o.bad[0].Faults[0].Code != fault.DateBad {
		t.Errorf("an unreadable original of a return: %q", o.faults())
	}
	flatText := line("product=a", "amount=-100", "amount_incl=-100", "amount_excl=-90") +
		line("product=b", "amount=40", "amount_incl=40", "amount_excl=36")
	x = onlyGood(t, read(compile(t, csvFeed(negativeIsReturn, flat)), flatText, 0))
	if x.Kind != transaction.Return || x.AmountIncl != 60 || items(x) != "a*1=100@0 b*1=-40@0" {
		t.Errorf("a receipt whose items sum up below 0: %+v", x)
	}
}

// TestR13GrantLines take their points as given, and the feed's point type where they have none.
func TestR13GrantLines(t *testing.T) {
	pointType := func(f *master.Feed) { f.PointType = "B" }
	grant := []string{"kind=grant", "points_given=30", "amount_incl=", "amount_excl="}
	if x := onlyGood(t, read(compile(t, csvFeed(pointType)), line(grant...), 0)); x.PointsGiven != 30 ||
		len(x.PointType) > 0 {
		t.Errorf("%+v", x)
	}
	x := onlyGood(t, read(compile(t, csvFeed()), line(append(grant, "point_type=C", "grant_type=EVENT")...),
		0))
	if string(x.PointType) != "C" || string(x.GrantType) != "EVENT" {
		t.Errorf("%+v", x)
	}
	if x := onlyGood(t, read(compile(t, csvFeed()), line("points_given=x"), 0)); x.PointsGiven != 0 {
		t.Errorf("points of a sale are read: %+v", x)
	}
}

// TestScaleAndBlanksOfNumbers: a point of a currency with cents, full-width blanks, and what would leave
// int64.
func TestScaleAndBlanksOfNumbers(t *testing.T) {
	f := csvFeed(excl("same"))
	for i := range f.Layout.Records[0].Fields {
		if c := &f.Layout.Records[0].Fields[i]; c.Name == "amount_incl" {
			c.Scale = 2
		}
	}
	for raw, want := range map[string]int64{
		"11.77": 1177, "11.7": 1170, "11": 1100, "0.05": 5,
		"11.770": 1177,
	} {
		if x := onlyGood(t, read(compile(t, f), line("amount_incl="+raw), 0)); x.AmountIncl != want {
			t.Errorf("%s: %d, want %d", raw, x.AmountIncl, want)
		}
	}
	for _, raw := range []string{
		"11.777", ".5", "5.", "1.2.3", "184467440737095517", "184467440737095516.2", "1000000000000000000.5",
		"\x81\x40",
	} {
		if o := read(compile(t, f), line("amount_incl="+raw), 0); len(o.bad) != 1 ||
			o.bad[0].Faults[0].Code != fault.AmountBad {
			t.Errorf("%q: %d good, %q", raw, len(o.good), o.faults())
		}
	}
	l := layout.Layout{Encoding: "iso-2022-jp", Format: "csv", LineEnd: "lf", Records: f.Layout.Records}
	f.Layout = l
	if o := read(compile(t, f), line("amount_incl=\x1b(B"), 0); len(o.bad) != 1 {
		t.Errorf("an escape sequence alone is an amount: %+v", o.good)
	}
}
