package points

import (
	"encoding/binary"
	"fmt"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

// busyShop has three normal rules and 20 campaigns with conditions as retailers mix them: half of them
// are for some stores, hours, weekdays or products, a quarter is capped.
func busyShop(b *testing.B) *Rules {
	var stores, codes []string
	for n := range 300 {
		stores = append(stores, fmt.Sprintf("%06d", n*3))
		codes = append(codes, fmt.Sprintf("45%011d", n*7))
	}
	c := func(change ...func(*master.Campaign)) master.Campaign {
		return campaign("", rate(1, 200, ""), change...)
	}
	is := func(f func(*master.Campaign)) func(*master.Campaign) { return f }
	campaigns := []master.Campaign{
		c(),
		c(func(c *master.Campaign) { c.Provider, c.Affiliate = "", "A" }),
		c(func(c *master.Campaign) { c.Weekdays = []int{5, 6, 7} }),
		c(func(c *master.Campaign) {
			c.Weekdays, c.Give, c.PointType = []int{1}, multiplier(3, 1, ""),
				"BASE"
		}),
		c(hours([2]string{"07:00", "10:00"}, [2]string{"22:00", "26:00"})),
		c(hours([2]string{"17:00", "20:00"}), is(func(c *master.Campaign) { c.Stores = stores })),
		c(is(func(c *master.Campaign) { c.Stores = stores[:50] })),
		c(is(func(c *master.Campaign) { c.Stores, c.Give = stores[50:150], unit(500, 3) })),
		c(products("items", codes...)), c(products("items", codes[:40]...), excl),
		c(products("receipt", codes[40:60]...)),
		c(group("G")), c(group("G"), is(func(c *master.Campaign) { c.Give = unit(1000, 7) })),
		c(capped(100, 0, 0)), c(capped(0, 5000, 0)), c(capped(0, 0, 100_000_000)), c(capped(500, 2000,
			9_000_000)),
		c(is(func(c *master.Campaign) { c.MinAmount, c.Give = 3000, fixed(50) })),
		c(is(func(c *master.Campaign) { c.GrantTypes = []string{"EVENT", "PURCHASE"} })),
		c(is(func(c *master.Campaign) { c.ValidTo, c.Provider = day("2026-11-20"), "H" })),
	}
	rules := []any{
		normal("N1", percent),
		normal("N2", unit(500, 2), func(p *master.Points) { p.PointType, p.Basis = "BONUS", "excl" }),
		normal("N3", percent, func(p *master.Points) { p.Provider = "H" }),
	}
	for i, c := range campaigns {
		c.Code = fmt.Sprintf("X%02d", i)
		rules = append(rules, c)
	}
	return shop(b, rules...)
}

// busyDay has 4,096 receipts of three items, of 900 stores, all hours and a week.
func busyDay() []transaction.Transaction {
	out := make([]transaction.Transaction, 4096)
	seed := uint32(1)
	next := func(n int) int { // a fixed sequence: runs compare
		seed = seed*1664525 + 1013904223
		return int(seed>>8) % n
	}
	for i := range out {
		incl := int64(next(9000))
		tx := transaction.Transaction{
			Date: day("2026-11-16").Add(next(7)), Time: calendar.Clock(6*3600 + next(20*3600)),
			Store: fmt.Appendf(nil, "%06d", next(900)), Provider: int32(next(8) / 7),
			Affiliate: int32(next(3)/2) - 1, AmountIncl: incl, AmountExcl: incl * 100 / 110,
		}
		for range 3 {
			tx.Items = append(tx.Items, item(fmt.Sprintf("45%011d", next(4000)), int64(next(1500)),
				int32(8+next(2)*2)))
		}
		if next(10) == 0 {
			tx.GrantType = []byte("EVENT")
		}
		out[i] = tx
	}
	return out
}

func perSecond(b *testing.B, what string) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), what+"/s")
}

func BenchmarkRate20Campaigns(b *testing.B) {
	r, txs := busyShop(b), busyDay()
	var s Scratch
	var out []Award
	awards := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		out, _ = r.Rate(&txs[i%len(txs)], nil, out[:0], &s)
		awards += len(out)
	}
	perSecond(b, "tx")
	b.ReportMetric(float64(awards)/float64(b.N), "awards/tx")
}

func TestRatingAllocatesNothing(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", fixed(1), group("G"), products("items", "JAN1")))
	tx := basket()
	var s Scratch
	var out []Award
	if n := testing.AllocsPerRun(100, func() { out, _ = r.Rate(tx, nil, out[:0], &s) }); n != 0 {
		t.Errorf("%v allocations a transaction, want 0", n)
	}
}

// loners is a snapshot without members.
type loners struct{}

func (loners) Cards(Card) []Card { return nil }

// BenchmarkAllocate passes claims of 1 M cards in two campaigns, one with both caps.
func BenchmarkAllocate(b *testing.B) {
	r := shop(b, campaign("X", fixed(9), capped(0, 50, 1_000_000_000)), campaign("Y", fixed(9),
		capped(0, 0, 1e12)))
	a := NewAllocator(r, &Counters{}, loners{})
	claims := []Claim{{Rule: 0, Award: 9}, {Rule: 1, Award: 9}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		var c Card
		binary.LittleEndian.PutUint64(c[:], uint64(i%1_000_000)*0x9E3779B97F4A7C15)
		a.Next(c, claims)
	}
	perSecond(b, "tx")
}

func BenchmarkTakeBack(b *testing.B) {
	entries := sold(1000, 10, 54, 30).Entries
	o := Original{Incl: 1000, Entries: make([]Standing, len(entries))}
	var out []int64
	b.ReportAllocs()
	for b.Loop() {
		o.Returned = 0
		copy(o.Entries, entries)
		out, _ = TakeBack(&o, ret, 333, out[:0])
	}
	perSecond(b, "tx")
}
