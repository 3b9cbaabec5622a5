package mailing

import (
	"testing"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/table/memory"
)

func noon() time.Time { return time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC) } // 12:00 in Japan

// Each bounce says after how many hours, of which mail and kind; want is the one after which the address is
// not mailed any more, 0 = none.
func TestWhenAnAddressIsNotMailedAnyMore(t *testing.T) {
	type bounce struct {
		hours int
		id    string
		kind  Bounce
	}
	day := 24
	for _, c := range []struct {
		what    string
		carrier bool
		bounces []bounce
		want    int
	}{
		{"unknown", false, []bounce{{0, "a", Permanent}}, 1},
		{"carrier once", true, []bounce{{0, "a", Permanent}}, 0},
		{"carrier, one mail told twice", true, []bounce{{0, "a", Permanent}, {1, "a", Permanent}}, 0},
		{"carrier twice", true, []bounce{{0, "a", Permanent}, {14 * day, "b", Permanent}}, 2},
		{"carrier, late", true, []bounce{{0, "a", Permanent}, {14*day + 1, "b", Permanent}}, 0},
		{"carrier, told in another order", true, []bounce{{5, "b", Permanent}, {0, "a", Permanent}}, 2},
		{
			"carrier, the third is near the second", true,
			[]bounce{{0, "a", Permanent}, {20 * day, "b", Permanent}, {25 * day, "c", Permanent}},
			3,
		},
		{
			"full", false,
			[]bounce{
				{0, "a", Transient},
				{1, "b", Transient},
				{2, "c", Transient},
				{3, "c", Transient},
				{4, "d", Transient},
				{5, "e", Transient},
			},
			6,
		},
		{
			"full now and then", false,
			[]bounce{
				{0, "a", Transient},
				{80 * day, "b", Transient},
				{160 * day, "c", Transient},
				{240 * day, "d", Transient},
				{320 * day, "e", Transient},
				{400 * day, "f", Transient},
			},
			0,
		},
		{"carrier, full and unknown", true, []bounce{{0, "a", Transient}, {1, "b", Permanent}}, 0},
	} {
		s := &Suppression{Retailer: "R", Table: memory.New(nil)}
		for i, b := range c.bounces {
			at := noon().Add(time.Duration(b.hours) * time.Hour)
			got, err := s.Add(t.Context(), "hash", b.id, b.kind, c.carrier, at)
			if want := c.want > 0 && i+1 >= c.want; err != nil || got != want {
				t.Errorf("%s, bounce %d: %v, %v", c.what, i+1, got, err)
			}
			err = s.Check(t.Context(), "hash")
			if (fault.CodeOf(err) == fault.MailSuppressed) != got {
				t.Errorf("%s, bounce %d: Check says %v", c.what, i+1, err)
			}
		}
		if err := s.Check(t.Context(), "other"); err != nil {
			t.Errorf("another address: %v", err)
		}
		if err := s.Lift(t.Context(), "hash"); err != nil || s.Check(t.Context(), "hash") != nil {
			t.Errorf("%s: not lifted, %v", c.what, err)
		}
	}
}

func TestCarriers(t *testing.T) {
	for address, want := range map[string]bool{
		"a@docomo.ne.jp": true, "a@DoCoMo.ne.jp": true, "a@t.vodafone.ne.jp": true, "a@i.softbank.jp": true,
		"a@mydocomo.ne.jp": false, "a@docomo.ne.jp.example": false, "docomo.ne.jp@b.example": false,
		"": false,
	} {
		if got := Carrier(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
