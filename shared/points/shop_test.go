package points

import (
	"fmt"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

// The shop of the tests: provider P1 (index 0) and H (1), affiliate A (0), a sale on Sunday
// 2026-11-22, 12:00.

func day(text string) calendar.Date {
	var y, m, d int
	if _, err := fmt.Sscanf(text, "%d-%d-%d", &y, &m, &d); err != nil {
		panic(err)
	}
	date, ok := calendar.Of(y, m, d)
	if !ok {
		panic("no such day: " + text)
	}
	return date
}

func clock(text string) calendar.Clock {
	c, ok := clockOf(text)
	if !ok {
		panic("no such time: " + text)
	}
	return c
}

func rate(num, den int64, round string) master.Give {
	return master.Give{Kind: "rate", Num: num, Den: den, Round: round}
}

func unit(yen, points int64) master.Give { return master.Give{Kind: "unit", Unit: yen, Points: points} }
func fixed(points int64) master.Give     { return master.Give{Kind: "fixed", Points: points} }

func multiplier(num, den int64, round string) master.Give {
	return master.Give{Kind: "multiplier", Num: num, Den: den, Round: round}
}

// normal makes a normal rule of P1, campaign a campaign of P1 for the type CAMP; change sets the rest.
func normal(code string, g master.Give, change ...func(*master.Points)) master.Points {
	p := master.Points{Code: code, Provider: "P1", PointType: "BASE", Give: g}
	for _, f := range change {
		f(&p)
	}
	return p
}

func campaign(code string, g master.Give, change ...func(*master.Campaign)) master.Campaign {
	c := master.Campaign{Code: code, Provider: "P1", PointType: "CAMP", Give: g}
	for _, f := range change {
		f(&c)
	}
	return c
}

func group(name string) func(*master.Campaign) {
	return func(c *master.Campaign) { c.Group = name }
}

func capped(transaction, member, campaign int64) func(*master.Campaign) {
	return func(c *master.Campaign) {
		for _, one := range []struct {
			points int64
			to     **int64
		}{{transaction, &c.Caps.Transaction}, {member, &c.Caps.Member}, {campaign, &c.Caps.Campaign}} {
			if one.points > 0 {
				*one.to = &one.points
			}
		}
	}
}

// shop compiles masters with points rules and campaigns.
func shop(t testing.TB, rules ...any) *Rules {
	t.Helper()
	set := &master.Set{
		Providers:  []master.Provider{{Code: "P1"}, {Code: "H"}},
		Affiliates: []master.Affiliate{{Code: "A"}},
	}
	for _, rule := range rules {
		switch rule := rule.(type) {
		case master.Points:
			set.Points = append(set.Points, rule)
		case master.Campaign:
			set.Campaigns = append(set.Campaigns, rule)
		}
	}
	r, err := Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sale makes a sale on a card of P1 whose amounts with and without tax are equal.
func sale(yen int64, change ...func(*transaction.Transaction)) *transaction.Transaction {
	tx := &transaction.Transaction{
		Kind: transaction.Sale, Date: day("2026-11-22"), Time: clock("12:00"), Store: []byte("000001"),
		Provider: 0, Affiliate: -1, AmountIncl: yen, AmountExcl: yen,
	}
	for _, f := range change {
		f(tx)
	}
	return tx
}

func items(list ...transaction.Item) func(*transaction.Transaction) {
	return func(tx *transaction.Transaction) { tx.Items = list }
}

func item(product string, yen int64, rate int32) transaction.Item {
	return transaction.Item{Product: []byte(product), Quantity: 1, Amount: yen, TaxRate: rate}
}

// listed prints awards as "N1 10, X 20".
func listed(r *Rules, awards []Award) string {
	var words []string
	for _, a := range awards {
		words = append(words, fmt.Sprintf("%s %d", r.CodeOf(a.Rule), a.Points))
	}
	return strings.Join(words, ", ")
}

// earns checks what a transaction earns before its caps per member and campaign, or the fault's name.
func earns(t *testing.T, r *Rules, tx *transaction.Transaction, want string) {
	t.Helper()
	var s Scratch
	awards, code := r.Rate(tx, nil, nil, &s)
	got := listed(r, awards)
	if code != 0 {
		got += code.Name()
	}
	if got != want {
		t.Errorf("earned %q, want %q", got, want)
	}
}

// explains checks the reasons of the rules without a grant, as "N1 zero, X period".
func explains(t *testing.T, r *Rules, tx *transaction.Transaction, granted []Award, want string) {
	t.Helper()
	var s Scratch
	var words []string
	for _, n := range r.Explain(tx, nil, granted, &s) {
		words = append(words, r.CodeOf(n.Rule)+" "+n.Why)
	}
	if got := strings.Join(words, ", "); got != want {
		t.Errorf("explained %q, want %q", got, want)
	}
}
