package points

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"multipoint/shared/calendar"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

var (
	rounds = rapid.SampledFrom([]string{"", "down", "half_up", "up"})
	bases  = rapid.SampledFrom([]string{"", "incl", "excl"})
	// yens are small amounts, where roundings matter, and amounts up to the limit.
	yens = rapid.OneOf(rapid.Int64Range(0, 2000), rapid.Int64Range(0, Limit))
	some = rapid.OneOf(rapid.Int64Range(1, 120), rapid.Int64Range(1, 1_000_000))
)

func TestSharesEqualFractionsOfAnySize(t *testing.T) {
	names := map[Rounding]string{Down: "down", HalfUp: "half_up", Up: "up"}
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64Min(0).Draw(t, "amount")
		num, den := rapid.Int64Min(0).Draw(t, "num"), rapid.Int64Min(1).Draw(t, "den")
		for mode, name := range names {
			exact := new(big.Rat).SetFrac(
				new(big.Int).Mul(big.NewInt(amount), big.NewInt(num)), big.NewInt(den))
			want := modelRound(exact, name)
			if !want.IsInt64() {
				want = big.NewInt(1<<63 - 1)
			}
			if got := mode.Share(amount, num, den); got != want.Int64() {
				t.Fatalf("%s of %d × %d / %d is %d, want %v", name, amount, num, den, got, want)
			}
		}
	})
}

func TestASharePast64BitsByRoundingIsTheLargestInt64(t *testing.T) {
	const a, b = 145_295_143_558_111, 253_921 // a × b = 2⁶⁵ - 1, so half of it rounds up to 2⁶⁴
	if got := Up.Share(a, b, 2); got != 1<<63-1 {
		t.Errorf("got %d, want the largest int64", got)
	}
}

func drawGive(t *rapid.T, kinds ...string) master.Give {
	g := master.Give{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	switch g.Kind {
	case "rate":
		g.Num, g.Den, g.Round = some.Draw(t, "num"), some.Draw(t, "den"), rounds.Draw(t, "round")
	case "multiplier":
		g.Den = rapid.Int64Range(1, 20).Draw(t, "den")
		g.Num, g.Round = g.Den+rapid.Int64Range(0, 50).Draw(t, "more"), rounds.Draw(t, "round")
	case "unit":
		g.Unit, g.Points = some.Draw(t, "unit"), yens.Draw(t, "points")
	case "fixed":
		g.Points = yens.Draw(t, "points")
	}
	return g
}

func drawCap(t *rapid.T, name string) *int64 {
	if rapid.IntRange(0, 3).Draw(t, name+" cap") > 0 {
		return nil
	}
	return new(1 + yens.Filter(func(n int64) bool { return n < Limit }).Draw(t, name))
}

func drawPeriod(t *rapid.T) (p master.Period) {
	if rapid.IntRange(0, 2).Draw(t, "period") == 0 {
		p.ValidFrom = day("2026-11-20").Add(rapid.IntRange(0, 4).Draw(t, "from"))
		p.ValidTo = p.ValidFrom.Add(rapid.IntRange(0, 4).Draw(t, "days"))
	}
	return p
}

// few draws a subset of the words, often none.
func few(t *rapid.T, name string, words ...string) (out []string) {
	if rapid.IntRange(0, 2).Draw(t, name) > 0 {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(words), 1, len(words), rapid.ID[string]).Draw(t,
		name+" of")
}

func drawRules(t *rapid.T) (points []master.Points, campaigns []master.Campaign) {
	types := rapid.SampledFrom([]string{"BASE", "CAMP"})
	for i := range rapid.IntRange(0, 2).Draw(t, "rules") {
		points = append(points, master.Points{
			Code: fmt.Sprint("N", i), Provider: rapid.SampledFrom([]string{"P1", "P1", "H"}).Draw(t,
				"provider"),
			PointType: []string{"BASE", "CAMP"}[i], Basis: bases.Draw(t, "basis"),
			MinAmount: rapid.Int64Range(0, 500).Draw(t, "min"), Period: drawPeriod(t),
			Give: drawGive(t, "rate", "unit", "fixed"),
		})
	}
	for i := range rapid.IntRange(0, 8).Draw(t, "campaigns") {
		c := master.Campaign{
			Code: fmt.Sprint("X", (i*5)%8), Provider: rapid.SampledFrom([]string{"", "P1", "H"}).Draw(t,
				"provider"),
			PointType: types.Draw(t, "type"), Basis: bases.Draw(t, "basis"), Period: drawPeriod(t),
			MinAmount: rapid.Int64Range(0, 500).Draw(t, "min"),
			Give:      drawGive(t, "rate", "unit", "fixed", "multiplier"),
			Affiliate: rapid.SampledFrom([]string{"", "", "A"}).Draw(t, "affiliate"),
			Group:     rapid.SampledFrom([]string{"", "G", "H"}).Draw(t, "group"),
			Caps: master.Caps{
				Transaction: drawCap(t, "transaction"), Member: drawCap(t, "member"), Campaign: drawCap(t,
					"campaign"),
			},
			GrantTypes: few(t, "grant types", "PURCHASE", "EVENT"), Stores: few(t, "stores", "1", "2", "3"),
			Products: few(t, "products", "J1", "J2", "J3"),
		}
		if c.Products != nil {
			c.ProductBasis = rapid.SampledFrom([]string{"items", "receipt"}).Draw(t, "product basis")
		}
		if rapid.Bool().Draw(t, "weekdays") {
			c.Weekdays = rapid.SliceOfN(rapid.IntRange(1, 7), 1, 5).Draw(t, "weekdays of")
		}
		if rapid.Bool().Draw(t, "hours") {
			c.Hours = [][2]string{{"00:00", "12:00"}, {"22:00", "30:00"}}
		}
		campaigns = append(campaigns, c)
	}
	return points, campaigns
}

func drawSale(t *rapid.T) *transaction.Transaction {
	word := func(name string, words ...string) []byte {
		return []byte(rapid.SampledFrom(words).Draw(t, name))
	}
	tx := &transaction.Transaction{
		Date:       day("2026-11-20").Add(rapid.IntRange(0, 6).Draw(t, "day")),
		Time:       calendar.Clock(rapid.Int32Range(-1, 30*60*60-1).Draw(t, "time")),
		Store:      word("store", "1", "2", "3", "4"),
		Affiliate:  rapid.Int32Range(-1, 0).Draw(t, "affiliate"),
		AmountIncl: yens.Draw(t, "incl"),
		PointType:  word("point type", "", "", "BASE", "CAMP", "OTHER"),
		GrantType:  word("grant type", "", "PURCHASE", "EVENT", "OTHER"),
	}
	tx.AmountExcl = rapid.Int64Range(0, tx.AmountIncl).Draw(t, "excl")
	for range rapid.IntRange(0, 5).Draw(t, "items") {
		amount := rapid.Int64Range(-500, 2000).Draw(t, "amount")
		rate := rapid.SampledFrom([]int32{0, 8, 10}).Draw(t, "tax")
		tx.Items = append(tx.Items, item(string(word("product", "J1", "J2", "J3", "J4")), amount, rate))
	}
	return tx
}

func TestRateEqualsTheSlowModel(t *testing.T) {
	var s Scratch // kept over all draws: what one transaction leaves must not reach the next
	rapid.Check(t, func(rt *rapid.T) {
		points, campaigns := drawRules(rt)
		var all []any
		for _, p := range points {
			all = append(all, p)
		}
		for _, c := range campaigns {
			all = append(all, c)
		}
		r := shop(t, all...)
		for range 4 {
			tx := drawSale(rt)
			awards, code := r.Rate(tx, nil, nil, &s)
			got := listed(r, awards)
			if code != 0 {
				got = code.Name()
			}
			if want := model(points, campaigns, tx); got != want {
				rt.Fatalf("earned %q, want %q\n%+v", got, want, tx)
			}
			if code == 0 {
				checkExplained(rt, r, tx, awards, &s)
			}
		}
	})
}

// checkExplained holds Explain to Rate: each rule is either granted or explained, and none by a cap as
// long as all awards are granted.
func checkExplained(t *rapid.T, r *Rules, tx *transaction.Transaction, awards []Award, s *Scratch) {
	seen := make([]int, len(r.List()))
	for _, a := range awards {
		seen[a.Rule]++
	}
	for _, n := range r.Explain(tx, nil, awards, s) {
		if seen[n.Rule]++; n.Why == "" || n.Why == "cap" {
			t.Fatalf("%s did not apply because of %q", r.CodeOf(n.Rule), n.Why)
		}
	}
	for i, times := range seen {
		if times != 1 {
			t.Fatalf("%s was granted or explained %d times", r.CodeOf(int32(i)), times)
		}
	}
}

func TestAComputedReturnMirrorsAnUncappedSale(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		points, campaigns := drawRules(rt)
		var all []any
		for _, p := range points {
			all = append(all, p)
		}
		for _, c := range campaigns {
			c.Caps.Member, c.Caps.Campaign = nil, nil
			all = append(all, c)
		}
		r := shop(t, all...)
		tx := drawSale(rt)
		var s Scratch
		plus, code := r.Rate(tx, nil, nil, &s)
		tx.Kind = ret
		minus, codeBack := r.RateUnknownReturn(tx, nil, &s)
		for i := range minus {
			minus[i].Points = -minus[i].Points
		}
		if code != codeBack || !slices.Equal(plus, minus) {
			rt.Fatalf("sale %v %v, return %v %v", plus, code, minus, codeBack)
		}
	})
}

func TestAnySplitOfAFullReturnTakesBackEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := sold(yens.Draw(t, "yen"), rapid.SliceOfN(yens, 0, 4).Draw(t, "points")...)
		taken := make([]int64, len(o.Entries))
		for done := false; !done; {
			left := o.Incl - o.Returned
			kind, part := ret, rapid.Int64Range(0, left).Draw(t, "part")
			switch rapid.IntRange(0, 3).Draw(t, "end") {
			case 0:
				kind, part, done = cancel, yens.Draw(t, "as written"), true
			case 1:
				part, done = left, true
			}
			out, code := TakeBack(o, kind, part, nil)
			if code != 0 {
				t.Fatalf("%v of %d was refused: %v", kind, part, code)
			}
			done = done || o.Closed
			for i := range out {
				taken[i] += out[i]
				if !done && taken[i] != FloorShare(o.Entries[i].Points, o.Returned, o.Incl) &&
					o.Returned < o.Incl {
					t.Fatalf("took %d of %d at %d of %d yen", taken[i], o.Entries[i].Points, o.Returned,
						o.Incl)
				}
			}
		}
		for i, e := range o.Entries {
			if taken[i] != e.Points || e.Standing != 0 || e.Taken != e.Points {
				t.Fatalf("entry %+v gave back %d", e, taken[i])
			}
		}
		if _, code := TakeBack(o, ret, 1, nil); code == 0 {
			t.Fatal("a yen more was returned")
		}
	})
}

func TestReturnsNeverTakeMoreThanStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := sold(rapid.Int64Range(1, 1000).Draw(t, "yen"), rapid.Int64Range(0, 1000).Draw(t, "points"))
		e := &o.Entries[0]
		for range 6 {
			// refusals, adjustments, refused returns
			e.Standing += rapid.Int64Range(-300, 300).Draw(t, "change")
			stood := e.Standing
			out, code := TakeBack(o, ret, rapid.Int64Range(0, 400).Draw(t, "part"), nil)
			if code == 0 && (out[0] < 0 || out[0] > max(0, stood) || e.Taken > e.Points) {
				t.Fatalf("took %d where %d stood: %+v", out[0], stood, *e)
			}
		}
	})
}

// TestCapsAreNeverExceededAndNothingIsWithheld checks each grant against rooms that are summed anew from all
// grants before it.
func TestCapsAreNeverExceededAndNothingIsWithheld(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		points := rapid.Int64Range(1, 60)
		perMember, perCampaign := points.Draw(rt, "member"), 3*points.Draw(rt, "campaign")
		isWhole := rapid.Bool().Draw(rt, "whole")
		r := shop(t, campaign("X", fixed(1), capped(0, perMember, perCampaign),
			func(c *master.Campaign) { c.Whole = isWhole }))
		people := families{{card(0), card(1), card(2)}, {card(3), card(4)}}
		var used Counters
		for n := range 6 {
			used.Add("X", card(n), rapid.Int64Range(-5, 20).Draw(rt, "earlier"))
		}
		a := NewAllocator(r, &used, people)
		total, perPerson := used.Total("X"), map[int]int64{}
		person := func(n int) int { return []int{0, 0, 0, 3, 3, 5}[n] }
		for n := range 6 {
			perPerson[person(n)] += used.Use("X", card(n))
		}
		for range rapid.IntRange(1, 30).Draw(rt, "claims") {
			n, award := rapid.IntRange(0, 5).Draw(rt, "card"), points.Draw(rt, "award")
			want := max(0, min(award, perMember-perPerson[person(n)], perCampaign-total))
			if isWhole && want < award {
				want = 0
			}
			if got := allocated(a, by{n, award})[0]; got != want {
				rt.Fatalf("card %d was granted %d of %d, want %d", n, got, award, want)
			}
			total, perPerson[person(n)] = total+want, perPerson[person(n)]+want
		}
	})
}

// TestAnEarlierPlaceNeverGetsLess: among equal partial awards, who claims first gets at least as much.
func TestAnEarlierPlaceNeverGetsLess(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		award := rapid.Int64Range(1, 50).Draw(rt, "award")
		r := shop(t, campaign("X", fixed(1), capped(0, 0, rapid.Int64Range(1, 500).Draw(rt, "cap"))))
		a := NewAllocator(r, &Counters{}, families{})
		last := award
		for range 20 {
			got := allocated(a, by{rapid.IntRange(0, 9).Draw(rt, "card"), award})[0]
			if got > last {
				rt.Fatalf("granted %d after %d", got, last)
			}
			last = got
		}
	})
}
