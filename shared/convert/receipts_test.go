package convert_test

import (
	"fmt"
	"strings"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

// items prints the items of a record.
func items(t *transaction.Transaction) string {
	var b strings.Builder
	for _, it := range t.Items {
		fmt.Fprintf(&b, "%s*%d=%d@%d ", it.Product, it.Quantity, it.Amount, it.TaxRate)
	}
	return strings.TrimSpace(b.String())
}

// TestR5FlatItemsJoin: consecutive lines with equal key fields, kind and original are one receipt; its
// line is the
// first, amounts are summed, a discount is negative.
func TestR5FlatItemsJoin(t *testing.T) {
	text := line("product=a", "amount=500", "amount_incl=500", "amount_excl=460", "tax_8=40", "time=1230") +
		line("product=b", "amount=-20", "quantity=2", "tax_rate=8", "amount_incl=-20", "amount_excl=-18",
			"time=1231") +
		line("receipt=8", "product=c", "amount=1", "amount_incl=1", "amount_excl=1")
	for size := 1; size <= len(text)+1; size += 13 {
		o := read(compile(t, csvFeed(flat)), text, size)
		if len(o.bad) > 0 || len(o.good) != 2 {
			t.Fatalf("blocks of %d: %d good, %q", size, len(o.good), o.faults())
		}
		x, y := &o.good[0], &o.good[1]
		if x.Line != 1 || x.AmountIncl != 480 || x.Excl != 442 || x.Tax8 != 40 ||
			items(x) != "a*1=500@0 b*2=-20@8" ||
			x.Time != 12*3600+30*60 || string(x.Receipt) != "7" {
			t.Errorf("blocks of %d: first receipt %+v, items %s", size, x, items(x))
		}
		if y.Line != 3 || y.AmountIncl != 1 || items(y) != "c*1=1@0" {
			t.Errorf("blocks of %d: second receipt %+v, items %s", size, y, items(y))
		}
		if o.verdict.Receipts != 2 || o.verdict.Records != 3 {
			t.Errorf("blocks of %d: %+v", size, o.verdict)
		}
	}
}

// TestR5FlatItemsPart: a line with another key field, kind or original begins a receipt of its own.
func TestR5FlatItemsPart(t *testing.T) {
	returned := []string{
		"kind=return", "original_date=20261121", "original_store=000001",
		"original_register=01", "original_receipt=5",
	}
	for _, x := range []struct {
		first, second []string
		joined        bool
	}{
		{nil, nil, true},
		{nil, []string{"receipt=8"}, false},
		{nil, []string{"store=000002"}, false},
		{nil, []string{"register=02"}, false},
		{nil, []string{"business_date=20261121"}, false},
		{nil, []string{"kind=cancel"}, false},
		{nil, []string{"time=1300", "amount_incl=2", "grant_type=X"}, true},
		{returned, returned, true},
		{returned, append(returned[:4:4], "original_receipt=6"), false},
		{returned, append(returned[:2:2], "original_store=000002", returned[3], returned[4]), false},
		{returned, []string{"kind=return"}, false},
	} {
		o := read(compile(t, csvFeed(flat)), line(x.first...)+line(x.second...), 0)
		if got := len(o.good)+len(o.bad) == 1; got != x.joined {
			t.Errorf("%v and %v: joined %v, want %v", x.first, x.second, got, x.joined)
		}
	}
	// Lines that come back after another receipt are a receipt of their own; rating finds the conflict.
	o := read(compile(t, csvFeed(flat)), line()+line("receipt=8")+line(), 0)
	if len(o.good) != 3 {
		t.Errorf("7, 8, 7: %d receipts, want 3", len(o.good))
	}
}

// TestR5OneBadItemLineMakesItsReceiptBad: all of the receipt's lines are in the one bad line, nothing is
// lost.
func TestR5OneBadItemLineMakesItsReceiptBad(t *testing.T) {
	sick := []string{
		line("amount=x"), line("card=1"), "only,three,columns\n", line("store=000001\x00"), line("time=99"),
		strings.Replace(line(), "7", "\"7\"x", 1),
	}
	for _, bad := range sick {
		for at := range 3 {
			lines := []string{line("product=a"), line("product=b"), line("product=c")}
			lines[at] = bad
			text := line("receipt=6") + strings.Join(lines, "") + line("receipt=8")
			o := read(compile(t, csvFeed(flat)), text, 0)
			broken := strings.Count(bad, ",") < 20 || strings.Contains(bad, "\"")
			if broken && at == 0 {
				// Nobody knows whose line it is: it goes to the receipt before it.
				if len(o.good) != 2 || len(o.bad) != 1 || o.bad[0].Line != 1 {
					t.Errorf("%q first: %d good, %q", bad, len(o.good), o.faults())
				}
				continue
			}
			raw := strings.TrimSuffix(strings.Join(lines, ""), "\n")
			if strings.Contains(bad, "\x00") {
				continue // another store, so a receipt of its own
			}
			if len(o.good) != 2 || len(o.bad) != 1 || o.bad[0].Line != 2 || string(o.bad[0].Raw) != raw {
				t.Errorf("%q at %d: %d good, faults %q", bad, at, len(o.good), o.faults())
			}
		}
	}
}

// TestR5FlatReceiptAmounts: with flat_amount receipt each line repeats the receipt's amounts, and counts
// once.
func TestR5FlatReceiptAmounts(t *testing.T) {
	o := read(compile(t, csvFeed(flatReceipt)), line("product=a", "amount=80")+line("product=b",
		"amount=1000"), 0)
	if x := onlyGood(t, o); x.AmountIncl != 1080 || x.Excl != 1000 || len(x.Items) != 2 {
		t.Errorf("%+v", x)
	}
	for _, differs := range []string{
		"amount_incl=1", "amount_excl=1", "incl_8=1", "incl_10=1", "tax_8=1",
		"tax_10=1",
	} {
		o := read(compile(t, csvFeed(flatReceipt)), line("product=a")+line("product=b",
			differs)+line("product=c", differs), 0)
		if len(o.bad) != 1 || len(o.bad[0].Faults) != 1 || o.bad[0].Faults[0].Code != fault.AmountDiffers {
			t.Errorf("%s: %d good, %q", differs, len(o.good), o.faults())
		}
	}
}

// TestR5UnreadablePointsDoNotDiffer: of a grant whose lines repeat its points, one that cannot be read is
// bad, and not different as well.
func TestR5UnreadablePointsDoNotDiffer(t *testing.T) {
	for at, want := range []string{"x,5,5", "5,x,5", "5,5,x", "5,6,5"} {
		var text string
		for _, points := range strings.Split(want, ",") {
			text += line("kind=grant", "points_given="+points, "point_type=BASE")
		}
		o := read(compile(t, csvFeed(flatReceipt)), text, 0)
		code := fault.PointsBad
		if at == 3 {
			code = fault.AmountDiffers
		}
		if len(o.bad) != 1 || len(o.bad[0].Faults) != 1 || o.bad[0].Faults[0].Code != code {
			t.Errorf("%s: %d good, %q", want, len(o.good), o.faults())
		}
	}
}

// TestR5SumsOfItemLinesObeyTheLimit.
func TestR5SumsOfItemLinesObeyTheLimit(t *testing.T) {
	for _, column := range []string{"amount_incl", "amount_excl", "incl_8", "incl_10", "tax_8", "tax_10"} {
		for _, sign := range []string{"", "-"} {
			most := column + "=" + sign + "1000000000000"
			if column == "amount_incl" && sign == "-" {
				continue
			}
			feed := csvFeed(flat, excl("same"))
			o := read(compile(t, feed), line(most, "amount_excl=0")+line(column+"="+sign+"1",
				"amount_incl=1"), 0)
			if column == "amount_incl" {
				o = read(compile(t, feed), line(most)+line(column+"="+sign+"1"), 0)
			}
			if column == "amount_excl" {
				o = read(compile(t, feed), line(most)+line(column+"="+sign+"1"), 0)
			}
			if len(o.bad) != 1 || o.bad[0].Faults[0].Code != fault.AmountBad {
				t.Errorf("%s: %d good, %q", most, len(o.good), o.faults())
			}
		}
	}
	grant := []string{"kind=grant", "point_type=B", "amount_incl=0", "amount_excl=0"}
	o := read(compile(t, csvFeed(flat)),
		line(append(grant, "points_given=1000000000000")...)+line(append(grant, "points_given=1")...), 0)
	if len(o.bad) != 1 || o.bad[0].Faults[0].Code != fault.PointsBad {
		t.Errorf("given points: %d good, %q", len(o.good), o.faults())
	}
}

// TestR5ItemRecords: the items of the receipt above; a bad one makes the receipt bad with all its records.
func TestR5ItemRecords(t *testing.T) {
	text := head() + "I,p,2,200,8\n\nI,q,,300,10\n" + head("receipt=8") + head("receipt=9") + "I,r,1,1,8\n"
	for size := 1; size < len(text); size += 11 {
		o := read(compile(t, itemFeed()), text, size)
		if len(o.good) != 3 || len(o.bad) != 0 {
			t.Fatalf("blocks of %d: %d good, %q", size, len(o.good), o.faults())
		}
		for i, want := range []string{"p*2=200@8 q*1=300@10", "", "r*1=1@8"} {
			if got := items(&o.good[i]); got != want {
				t.Errorf("blocks of %d, receipt %d: %s, want %s", size, i, got, want)
			}
		}
	}
	raw := head() + "I,p,2,200,8\nI,q,,x,10\nI,r,1,1"
	o := read(compile(t, itemFeed()), raw+"\n"+head("receipt=8"), 0)
	if len(o.good) != 1 || len(o.bad) != 1 || string(o.bad[0].Raw) != raw || len(o.bad[0].Faults) != 2 {
		t.Errorf("%d good, %q, raw %q", len(o.good), o.faults(), o.bad[0].Raw)
	}
	// Items under a record of no kind belong to it, not to the receipt before.
	o = read(compile(t, itemFeed()), head()+"X\nI,p,1,1,8\n"+head("receipt=8"), 0)
	if len(o.good) != 2 || len(o.bad) != 1 || len(o.good[0].Items) != 0 ||
		string(o.bad[0].Raw) != "X\nI,p,1,1,8" {
		t.Errorf("%d good, %q", len(o.good), o.faults())
	}
}

// TestR5ItemsInColumns: up to 99 products in a line; a place without product and amount is empty.
func TestR5ItemsInColumns(t *testing.T) {
	f := csvFeed()
	rec := &f.Layout.Records[0]
	rec.Fields = rec.Fields[:len(rec.Fields)-4]
	for i := 1; i <= 3; i++ {
		p := fmt.Sprintf("items.%d.", i)
		rec.Fields = append(rec.Fields, layout.Field{Name: p + "product"}, layout.Field{
			Name: p + "amount",
			Type: "number",
		})
	}
	start := strings.TrimSuffix(line(), ",,,\n")
	x := onlyGood(t, read(compile(t, f), start+"a,1,,,c,-3\n", 0))
	if items(x) != "a*1=1@0 c*1=-3@0" {
		t.Errorf("items %s", items(x))
	}
	text, at := mark(start + "a,1,,,c,^x\n")
	wantFaults(t, read(compile(t, f), text, 0), at, "item.bad items.3.amount 1")
}

// TestR5KeyFields: the key is made of the feed's fields only, each with its length.
func TestR5KeyFields(t *testing.T) {
	key := func(feed master.Feed, changes ...string) transaction.Hash {
		f := compile(t, feed)
		x := onlyGood(t, read(f, line(changes...), 0))
		x.SetKeys(f.Keys(), nil)
		return x.Key
	}
	two := csvFeed(func(f *master.Feed) { f.KeyFields = []string{"store", "receipt"} })
	if key(two, "store=1", "receipt=23") == key(two, "store=12", "receipt=3") {
		t.Error("1/23 and 12/3 have one key")
	}
	if key(two) != key(two, "register=9", "business_date=20261101", "card=300000000000002", "time=0000") {
		t.Error("fields that are not named change the key")
	}
	if key(csvFeed()) == key(csvFeed(), "register=9") {
		t.Error("the register does not change the default key")
	}
	if f, err := compileError(csvFeed(func(f *master.Feed) { f.KeyFields = []string{"card"} })); err == nil {
		t.Errorf("a key of cards compiles: %v", f)
	}
}
