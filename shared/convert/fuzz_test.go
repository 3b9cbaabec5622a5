package convert_test

import (
	"bytes"
	"fmt"
	"testing"

	"multipoint/shared/convert"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

func fuzzFeeds() []master.Feed {
	iso := csvFeed(flat, negativeIsReturn)
	iso.Layout.Encoding = "iso-2022-jp"
	return []master.Feed{
		csvFeed(), csvFeed(flat), csvFeed(flatReceipt, negativeIsReturn, excl("rates")),
		itemFeed(negativeIsReturn, excl("tax")),
		fixedFeed("crlf"), fixedFeed("none"), batches(), batches(many, without("header"), counts("receipt",
			"item"), totalAs("net")), iso,
	}
}

// FuzzConvert converts arbitrary bytes: never a panic; receipts are good or bad; blocks of any size give
// the same;
// good records keep what the steps behind rely on; all bytes of data records are in a good record or a bad
// line.
func FuzzConvert(f *testing.F) {
	feeds := fuzzFeeds()
	var compiled []*convert.Feed
	for i := range feeds {
		compiled = append(compiled, compile(f, feeds[i]))
	}
	for i := range feeds {
		which := uint8(i)
		f.Add([]byte(line()+line("receipt=8", "kind=return", "original_receipt=7", "original_date=20261122")),
			which)
		f.Add([]byte(line("product=a", "amount=1")+line("product=b",
			"amount=-5")+"x,y\n"+line("receipt=\"9\"")), which)
		f.Add([]byte(head()+"I,p,1,1,8\nX\n"+head("amount_incl=-5", "amount_excl=-4")), which)
		f.Add([]byte("22026112200010000100\r\n80000000010000000100\r\n"), which)
		f.Add([]byte("8000\r\n2\r\n"), which)
		f.Add([]byte(records("H R,sale,1,5 I,a R,return,,-5 T,2,0 E,2,0")), which)
	}
	f.Fuzz(func(t *testing.T, text []byte, which uint8) {
		feed := compiled[int(which)%len(compiled)]
		want := read(feed, string(text), 1<<16)
		for i := range want.good {
			invariants(t, feed, &want.good[i])
		}
		checkOutcome(t, feed, want, text)
		for _, size := range []int{1, 5, 40} {
			got := read(feed, string(text), size)
			if a, b := summary(got), summary(want); a != b {
				t.Fatalf("blocks of %d:\n%s\nin one:\n%s", size, a, b)
			}
		}
	})
}

// summary prints all that a conversion came to. Of a file that cannot be cut only the reason counts.
func summary(o *outcome) string {
	if o.err != nil {
		return o.err.Error()
	}
	var b bytes.Buffer
	for i := range o.good {
		fmt.Fprintf(&b, "%x\n", o.good[i].AppendBinary(nil))
	}
	for i := range o.bad {
		fmt.Fprintf(&b, "%d@%d %q %v\n", o.bad[i].Line, o.bad[i].Offset, o.bad[i].Raw, o.bad[i].Faults)
	}
	v := o.verdict
	refused := v.Refused
	v.Refused = nil
	fmt.Fprintf(&b, "%+v %v", v, refused)
	return b.String()
}

func checkOutcome(t *testing.T, f *convert.Feed, o *outcome, text []byte) {
	t.Helper()
	v := o.verdict
	if o.err == nil && !v.Structure && (v.Receipts != int64(len(o.good)+len(o.bad)) ||
		v.Bad != int64(len(o.bad))) {
		t.Fatalf("%+v, but %d good and %d bad", v, len(o.good), len(o.bad))
	}
	var sales, returns int64
	for i := range o.good {
		if o.good[i].Kind.TakesBack() {
			returns += o.good[i].AmountIncl
		} else {
			sales += o.good[i].AmountIncl
		}
	}
	if o.err == nil && !v.Structure && (v.YenSales != sales || v.YenReturns != returns) {
		t.Fatalf("%+v, but %d yen sold and %d returned", v, sales, returns)
	}
	for i := range o.bad {
		b := &o.bad[i]
		if len(b.Faults) == 0 || len(b.Raw) == 0 || !bytes.Equal(text[b.Offset:b.Offset+int64(len(b.Raw))],
			b.Raw) {
			t.Fatalf("bad line %+v", b)
		}
		for _, x := range b.Faults {
			if x.Code < 1200 || x.Code >= 1300 || x.Offset < b.Offset ||
				x.Offset > b.Offset+int64(len(b.Raw)) || x.Line < b.Line {
				t.Fatalf("fault %+v of the line at %d with %d bytes", x, b.Offset, len(b.Raw))
			}
		}
	}
	if o.err == nil && !f.Master().FlatItems && !f.Reading().Has(layout.RecordItem) {
		coverage(t, f, o, text)
	}
}

// coverage checks that each data record is one good record or one bad line.
func coverage(t *testing.T, f *convert.Feed, o *outcome, text []byte) {
	t.Helper()
	at := map[int64]int{}
	for i := range o.good {
		at[o.good[i].Offset]++
	}
	for i := range o.bad {
		at[o.bad[i].Offset] += len(o.bad[i].Raw) << 8
	}
	var rec layout.ReadRecord
	for s := f.Reading().Scan(layout.Block{Bytes: text, Line: 1}); s.Next(&rec); {
		got, there := at[rec.Offset]
		data := rec.Kind == layout.RecordReceipt || rec.Kind == layout.RecordUnknown
		if there != data || there && got != 1 && got != len(rec.Raw)<<8 {
			t.Fatalf("the record at %d, %q, came out as %d", rec.Offset, rec.Raw, got)
		}
		delete(at, rec.Offset)
	}
	if len(at) > 0 {
		t.Fatalf("records out of nowhere: %v", at)
	}
}

// invariants are what every good record keeps.
func invariants(t *testing.T, f *convert.Feed, good *transaction.Transaction) {
	t.Helper()
	const limit = 1_000_000_000_000
	own := *good
	x := &own
	wrong := func(what string) { t.Fatalf("%s: %+v", what, x) }
	for _, v := range []int64{x.AmountIncl, x.Excl, x.Incl8, x.Incl10, x.Tax8, x.Tax10, x.PointsGiven} {
		if v > limit || v < -limit {
			wrong("an amount above the limit")
		}
	}
	for _, it := range x.Items {
		if it.Amount > limit || it.Amount < -limit || it.TaxRate < 0 || it.TaxRate > 100 {
			wrong("an item beyond its limits")
		}
	}
	switch {
	case x.AmountIncl < 0 || x.PointsGiven < 0:
		wrong("a negative amount")
	case x.Date.IsZero() || x.Date > runDate() || x.Date < runDate().Add(-90):
		wrong("a date outside its limits")
	case x.Line < 1 || x.Offset < 0 || x.File != 1:
		wrong("no place")
	case !x.Kind.TakesBack() && len(x.Receipt) == 0:
		wrong("no receipt number")
	case x.Kind != transaction.Grant && x.PointsGiven != 0:
		wrong("points given with what is no grant")
	case !x.Kind.TakesBack() && x.NamesOriginal:
		wrong("a sale that names an original")
	case (x.Provider >= 0) != (len(x.Account) > 0):
		wrong("a provider without a number, or the other way round")
	case x.Provider < 0 && !f.Master().CardOptional && !(x.Kind.TakesBack() && x.NamesOriginal):
		wrong("nobody's line")
	case bytes.IndexByte(append(append(bytes.Clone(x.Store), x.Register...), x.Receipt...), 0) >= 0:
		wrong("a NUL byte")
	}
	x.SetKeys(f.Keys(), nil)
	if x.Key == (transaction.Hash{}) || x.Kind.TakesBack() == (x.Original == transaction.Hash{}) {
		wrong("keys are missing")
	}
}
