package transaction

import (
	"bytes"
	"testing"

	"multipoint/shared/calendar"
)

func sale() Transaction {
	d, _ := calendar.Of(2026, 11, 22)
	return Transaction{
		File: 2, Line: 7, Offset: 1234, Date: d, Time: 12 * 3600, TimeRaw: []byte("12:00"),
		Store: []byte("000001"), Register: []byte("01"), Receipt: []byte("000009"),
		Card: []byte("300000000000001"), Account: []byte("300000000000001"),
		Scheme: 1, Provider: 0, Affiliate: -1,
		AmountIncl: 1080, AmountExcl: 1000, Tax8: 80,
		Items: []Item{{Product: []byte("J1"), Quantity: 1, Amount: 1080, TaxRate: 8}},
	}
}

func TestR5BinaryFormKeepsEveryField(t *testing.T) {
	want := sale()
	want.Kind, want.NamesOriginal = Return, true
	want.OriginalDate, want.OriginalReceipt = want.Date, []byte("000001")
	want.MemberNo, want.PointType, want.GrantType = []byte("0001"), []byte("BASE"), []byte("EVENT")
	want.PointsGiven, want.AffiliateRaw = 5, []byte("A")
	want.SetKeys(DefaultKey[:], nil)
	b := want.AppendBinary(nil)
	var got Transaction
	n, err := got.DecodeBinary(append(b, 1, 2, 3))
	if err != nil || n != len(b) {
		t.Fatalf("DecodeBinary = %d, %v, want %d", n, err, len(b))
	}
	if again := got.AppendBinary(nil); !bytes.Equal(again, b) {
		t.Errorf("binary form changed:\n%x\n%x", again, b)
	}
	names := Names{Feed: "F", KeyFields: DefaultKey[:]}
	rows := NewRows(&names)
	if a, c := rows.Append(nil, &got), rows.Append(nil, &want); !bytes.Equal(a, c) {
		t.Errorf("fields changed:\n%s\n%s", a, c)
	}
	for i := range b {
		if _, err := got.DecodeBinary(b[:i]); err == nil {
			t.Errorf("a record cut at %d of %d bytes was read", i, len(b))
		}
	}
}

func TestR5KeysOfReturns(t *testing.T) {
	key := func(change func(*Transaction)) Hash {
		x := sale()
		change(&x)
		x.SetKeys(DefaultKey[:], nil)
		return x.Key
	}
	back := func(x *Transaction) {
		x.Kind, x.NamesOriginal = Return, true
		x.OriginalDate, x.OriginalStore, x.OriginalRegister = x.Date, x.Store, x.Register
		x.OriginalReceipt = []byte("000001")
	}
	noReceipt := func(x *Transaction) { back(x); x.Receipt = nil }
	if key(noReceipt) != key(func(x *Transaction) { noReceipt(x); x.Date++; x.Store = nil }) {
		t.Error("returns without a receipt number must have sequence 1, whatever their own fields")
	}
	if key(back) == key(func(x *Transaction) { back(x); x.Date++ }) {
		t.Error("returns with one receipt number on two days must differ")
	}
	if key(back) == key(func(x *Transaction) { back(x); x.Kind = Cancel }) {
		t.Error("a return and a cancel must differ")
	}
	own := func(x *Transaction) { x.Kind = Return }
	if key(own) == key(func(*Transaction) {}) {
		t.Error("a return that names no original must not take the key of a sale")
	}
	x := sale()
	back(&x)
	x.SetKeys(DefaultKey[:], nil)
	y := sale()
	y.Receipt = []byte("000001")
	y.SetKeys(DefaultKey[:], nil)
	if x.Bucket() != y.Bucket() || *x.Anchor() != y.Key {
		t.Error("R6: a return must lie in its original's bucket")
	}
}

func TestR5ContentIgnoresPlaceAndMasters(t *testing.T) {
	content := func(change func(*Transaction)) Hash {
		x := sale()
		change(&x)
		h, _ := x.Content(nil)
		return h
	}
	same := content(func(*Transaction) {})
	for name, change := range map[string]func(*Transaction){
		"place":    func(x *Transaction) { x.File, x.Line, x.Offset = 9, 9, 9 },
		"masters":  func(x *Transaction) { x.Scheme, x.Provider, x.AmountExcl, x.Account = 5, 5, 5, nil },
		"raw time": func(x *Transaction) { x.TimeRaw = []byte("1200") },
	} {
		if content(change) != same {
			t.Errorf("%s must not change the content", name)
		}
	}
	for name, change := range map[string]func(*Transaction){
		"amount": func(x *Transaction) { x.AmountIncl++ },
		"card":   func(x *Transaction) { x.Card = []byte("1") },
		"time":   func(x *Transaction) { x.Time++ },
		"item":   func(x *Transaction) { x.Items[0].Amount++ },
		"store":  func(x *Transaction) { x.Store, x.Register = []byte("0000010"), []byte("1") },
	} {
		if content(change) == same {
			t.Errorf("%s must change the content", name)
		}
	}
	member := func(card string) Hash {
		return content(func(x *Transaction) { x.MemberNo, x.Card = []byte("0001"), []byte(card) })
	}
	if member("1") != member("2") {
		t.Error("a member number stands instead of the card")
	}
}

func BenchmarkRows(b *testing.B) {
	x := sale()
	names := Names{Feed: "F", KeyFields: DefaultKey[:]}
	rows, buf := NewRows(&names), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buf = rows.Append(buf[:0], &x)
	}
}
