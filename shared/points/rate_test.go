package points

import (
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/transaction"
)

var percent = rate(1, 100, "")

func TestR8TheRuleOfTheBusinessDateCounts(t *testing.T) {
	r := shop(t,
		normal("N1", percent, func(p *master.Points) { p.ValidTo = day("2026-11-22") }),
		normal("N2", rate(2, 100, ""), func(p *master.Points) { p.ValidFrom = day("2026-11-23") }))
	earns(t, r, sale(1000), "N1 10")
	earns(t, r, sale(1000, func(tx *transaction.Transaction) { tx.Time = clock("25:30") }), "N1 10")
	earns(t, r, sale(1000, func(tx *transaction.Transaction) { tx.Date = day("2026-11-23") }), "N2 20")
}

func TestR9TheMinimumAmountIsOnTheRulesOwnBasis(t *testing.T) {
	excl := func(minimum int64) *Rules {
		return shop(t, normal("N1", percent, func(p *master.Points) {
			p.Basis, p.MinAmount = "excl", minimum
		}))
	}
	tx := sale(1100, func(tx *transaction.Transaction) { tx.AmountExcl = 1000 })
	earns(t, excl(1001), tx, "")
	earns(t, excl(1000), tx, "N1 10")
}

func TestR10RoundingIsDownHalfUpOrUp(t *testing.T) {
	for _, c := range []struct {
		round string
		yen   int64
		want  string
	}{
		{"", 1099, "N1 10"},
		{"down", 1099, "N1 10"},
		{"up", 1001, "N1 11"},
		{"up", 1000, "N1 10"},
		{"half_up", 1049, "N1 10"},
		{"half_up", 1050, "N1 11"},
	} {
		earns(t, shop(t, normal("N1", rate(1, 100, c.round))), sale(c.yen), c.want)
	}
}

func TestR10PerUnitCountsWholeUnitsFirst(t *testing.T) {
	r := shop(t, normal("N1", unit(200, 3)))
	earns(t, r, sale(399), "N1 3")
	earns(t, r, sale(400), "N1 6")
	earns(t, r, sale(199), "")
}

func TestR10ZeroYenEarnsNothingUnderAnyNormalRule(t *testing.T) {
	r := shop(t, normal("N1", fixed(5)))
	earns(t, r, sale(0), "")
	earns(t, r, sale(1), "N1 5")
}

func TestR10TheMinimumAmountIsInclusive(t *testing.T) {
	r := shop(t, normal("N1", percent, func(p *master.Points) { p.MinAmount = 500 }))
	earns(t, r, sale(500), "N1 5")
	earns(t, r, sale(499), "")
}

func TestR10RulesOfTwoPointTypesAddUpInOrderOfCode(t *testing.T) {
	r := shop(t,
		normal("N2", unit(500, 2), func(p *master.Points) { p.PointType = "BONUS" }), normal("N1", percent))
	earns(t, r, sale(1080), "N1 10, N2 4")
}

func grant(
	points int64, pointType string, change ...func(*transaction.Transaction),
) *transaction.Transaction {
	tx := sale(1000, change...)
	tx.Kind, tx.PointsGiven, tx.PointType = transaction.Grant, points, []byte(pointType)
	return tx
}

func TestR10GivenPointsStandInPlaceOfTheNormalRules(t *testing.T) {
	r := shop(t, normal("N1", percent))
	earns(t, r, grant(7, "BASE"), "given 7")
	earns(t, r, grant(0, "BASE"), "")
	explains(t, r, grant(7, "BASE"), nil, "N1 grant_type")
}

func TestR10GivenPointsKeepTheirTypeEvenIfNoRuleHasIt(t *testing.T) {
	r := shop(t, normal("N1", percent))
	for _, c := range []struct {
		own, feed string
		index     int32
		name      string
	}{
		{"BASE", "", 0, "BASE"},
		{"", "BASE", 0, "BASE"},
		{"BASE", "OTHER", 0, "BASE"},
		{"OTHER", "BASE", -1, "OTHER"},
		{"", "OTHER", -1, "OTHER"},
	} {
		var s Scratch
		tx := grant(7, c.own)
		awards, _ := r.Rate(tx, []byte(c.feed), nil, &s)
		if len(awards) != 1 || awards[0] != (Award{Rule: Given, PointType: c.index, Full: 7, Points: 7}) {
			t.Errorf("%q of feed %q: got %+v", c.own, c.feed, awards)
		}
		if got := string(NamedType(tx, []byte(c.feed))); got != c.name {
			t.Errorf("%q of feed %q is of type %q, want %q", c.own, c.feed, got, c.name)
		}
	}
}

func TestR10AnEntryAboveTheLimitIsAFault(t *testing.T) {
	const most = 1_000_000_000_000
	r := shop(t, normal("N1", rate(1_000_000, 1, "")))
	earns(t, r, sale(most), "points.limit")
	earns(t, r, sale(1_000_000), "N1 1000000000000")
	earns(t, r, sale(1_000_001), "points.limit")
	earns(t, shop(t, normal("N1", unit(1, most))), sale(most), "points.limit")
	earns(t, r, grant(most, "BASE"), "given 1000000000000")
	earns(t, r, grant(most+1, "BASE"), "points.limit")
}

func TestR10TheLimitIsLookedForAfterTheCapPerTransaction(t *testing.T) {
	huge := rate(1_000_000, 1, "")
	yen := sale(1_000_000_000_000)
	earns(t, shop(t, campaign("X", huge)), yen, "points.limit")
	earns(t, shop(t, campaign("X", huge, capped(9, 0, 0))), yen, "X 9")
	earns(t, shop(t, campaign("X", huge, capped(0, 9, 0))), yen, "X 1000000000000000000")
	earns(t, shop(t, campaign("X", huge, group("G")), campaign("Y", fixed(1), group("G"))), yen,
		"points.limit")
	loser := shop(t, campaign("X", huge, group("G")), campaign("Y", unit(1, 1e9), group("G"),
		capped(0, 0, 5)))
	earns(t, loser, yen, "Y 9223372036854775807")
}

func TestAFaultAppendsNothing(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", rate(1_000_000, 1, "")))
	var s Scratch
	before := []Award{{Points: 5}}
	out, code := r.Rate(sale(1_000_000_000_000), nil, before, &s)
	if code != fault.PointsLimit || len(out) != 1 {
		t.Errorf("got %v and %d awards, want points.limit and the one before", code, len(out))
	}
}

// onlyIf checks that a condition holds for one sale and fails for another with a reason.
func onlyIf(
	t *testing.T, condition func(*master.Campaign), yes, no func(*transaction.Transaction), why string,
) {
	t.Helper()
	r := shop(t, campaign("X", fixed(7), condition))
	earns(t, r, sale(1000, yes), "X 7")
	earns(t, r, sale(1000, no), "")
	explains(t, r, sale(1000, no), nil, "X "+why)
}

func at(text string) func(*transaction.Transaction) {
	return func(tx *transaction.Transaction) { tx.Time = clock(text) }
}

func on(text string) func(*transaction.Transaction) {
	return func(tx *transaction.Transaction) { tx.Date = day(text) }
}

func hours(spans ...[2]string) func(*master.Campaign) {
	return func(c *master.Campaign) { c.Hours = spans }
}

func TestR11HourWindowsCompareOnThe30HourClock(t *testing.T) {
	late := hours([2]string{"22:00", "26:00"})
	onlyIf(t, late, at("25:30"), at("26:00"), "hour")
	onlyIf(t, late, at("22:00"), at("21:59"), "hour")
	onlyIf(t, hours([2]string{"01:00", "02:00"}), at("01:30"), at("25:30"), "hour")
	onlyIf(t, hours([2]string{"25:00", "30:00"}), at("29:59"), at("24:59"), "hour")
	two := hours([2]string{"06:00", "07:00"}, [2]string{"10:00", "12:00"})
	onlyIf(t, two, at("11:59"), at("12:00"), "hour")
	onlyIf(t, two, at("06:30"), at("08:00"), "hour")
}

func TestR11NoTimeCountsAsMidnight(t *testing.T) {
	none := func(tx *transaction.Transaction) { tx.Time = calendar.NoTime }
	onlyIf(t, hours([2]string{"00:00", "01:00"}), none, at("01:00"), "hour")
	onlyIf(t, hours([2]string{"00:01", "01:00"}), at("00:01"), none, "hour")
}

func TestR11TheWeekdayIsThatOfTheWrittenDate(t *testing.T) {
	sunday := func(c *master.Campaign) { c.Weekdays = []int{7} }
	onlyIf(t, sunday, at("25:30"), on("2026-11-23"), "weekday")
	onlyIf(t, func(c *master.Campaign) { c.Weekdays = []int{1, 6} }, on("2026-11-21"), at("25:30"), "weekday")
}

func TestR11BothEndsOfAPeriodAreInside(t *testing.T) {
	period := func(c *master.Campaign) {
		c.ValidFrom, c.ValidTo = day("2026-11-20"), day("2026-11-22")
	}
	onlyIf(t, period, on("2026-11-22"), on("2026-11-23"), "period")
	onlyIf(t, period, on("2026-11-20"), on("2026-11-19"), "period")
}

func TestR13EachConditionHoldsOrFails(t *testing.T) {
	set := func(f func(*transaction.Transaction)) func(*transaction.Transaction) { return f }
	none := set(func(*transaction.Transaction) {})
	onlyIf(t, func(c *master.Campaign) { c.Provider = "H" },
		set(func(tx *transaction.Transaction) { tx.Provider = 1 }), none, "provider")
	onlyIf(t, func(c *master.Campaign) { c.Provider, c.Affiliate = "", "A" },
		set(func(tx *transaction.Transaction) { tx.Affiliate = 0 }), none, "affiliate")
	onlyIf(t, func(c *master.Campaign) { c.GrantTypes = []string{"EVENT", "GIFT"} },
		set(func(tx *transaction.Transaction) { tx.GrantType = []byte("GIFT") }), none, "grant_type")
	onlyIf(t, func(c *master.Campaign) { c.Stores = []string{"000002", "000001"} },
		none, set(func(tx *transaction.Transaction) { tx.Store = []byte("000003") }), "store")
	onlyIf(t, func(c *master.Campaign) { c.Products, c.ProductBasis = []string{"JAN1"}, "receipt" },
		items(item("JAN2", 1, 8), item("JAN1", 1, 8)), items(item("JAN2", 1, 8)), "product")
	onlyIf(t, func(c *master.Campaign) { c.MinAmount = 1000 },
		none, set(func(tx *transaction.Transaction) { tx.AmountIncl = 999 }), "min_amount")
}

func TestR13ALineWithoutAGrantTypeIsAPurchase(t *testing.T) {
	onlyIf(t, func(c *master.Campaign) { c.GrantTypes = []string{"PURCHASE"} },
		func(tx *transaction.Transaction) { tx.GrantType = nil },
		func(tx *transaction.Transaction) { tx.GrantType = []byte("EVENT") }, "grant_type")
}

func TestR13ALineThatNamesAPointTypeGetsCampaignsOfThatTypeOnly(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", fixed(7)),
		campaign("Y", fixed(5), func(c *master.Campaign) { c.PointType = "BASE" }))
	earns(t, r, sale(1000), "N1 10, X 7, Y 5")
	earns(t, r, sale(1000, func(tx *transaction.Transaction) { tx.PointType = []byte("CAMP") }), "N1 10, X 7")
	earns(t, r, sale(1000, func(tx *transaction.Transaction) { tx.PointType = []byte("?") }), "N1 10")
	earns(t, r, grant(3, "BASE"), "given 3, Y 5")
	earns(t, r, grant(3, "?"), "given 3")
}

func TestR13TheFeedsPointTypeIsForGrantLinesOnly(t *testing.T) {
	r := shop(t, campaign("X", fixed(7)))
	var s Scratch
	for _, c := range []struct {
		tx   *transaction.Transaction
		want string
	}{{sale(1), "X 7"}, {grant(3, ""), "given 3"}, {grant(3, "CAMP"), "given 3, X 7"}} {
		awards, _ := r.Rate(c.tx, []byte("BASE"), nil, &s)
		if got := listed(r, awards); got != c.want {
			t.Errorf("%v earned %q, want %q", c.tx.Kind, got, c.want)
		}
	}
}

func base(c *master.Campaign) { c.PointType = "BASE" }

func TestR13AMultiplierOf3AddsTwiceTheNormalPoints(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", multiplier(3, 1, ""), base))
	earns(t, r, sale(1080), "N1 10, X 20")
}

func TestR13AMultiplierRoundsByItsOwnRounding(t *testing.T) {
	for round, want := range map[string]string{
		"down": "N1 3, X 1", "half_up": "N1 3, X 2",
		"up": "N1 3, X 2",
	} {
		earns(t, shop(t, normal("N1", percent), campaign("X", multiplier(3, 2, round), base)),
			sale(399), want)
	}
}

func TestR13SeveralMultipliersAdd(t *testing.T) {
	r := shop(t, normal("N1", percent),
		campaign("X", multiplier(2, 1, ""), base), campaign("Y", multiplier(3, 1, ""), base))
	earns(t, r, sale(1000), "N1 10, X 10, Y 20")
}

func TestR13AMultiplierCountsNormalPointsOfItsTypeOnly(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("W", fixed(4), base), campaign("X", multiplier(3,
		1, ""), base),
		campaign("Y", multiplier(3, 1, "")))
	earns(t, r, sale(1000), "N1 10, W 4, X 20")
	earns(t, r, grant(7, "BASE"), "given 7, W 4, X 14")
	earns(t, r, grant(7, "CAMP"), "given 7, Y 14")
}

func TestR13AMultiplierOf1AddsNothing(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", multiplier(2, 2, "up"), base))
	earns(t, r, sale(1000), "N1 10")
	explains(t, r, sale(1000), []Award{{Rule: 0, Points: 10}}, "X zero")
}

func products(basis string, codes ...string) func(*master.Campaign) {
	return func(c *master.Campaign) { c.Products, c.ProductBasis = codes, basis }
}

func basket() *transaction.Transaction {
	return sale(1189, items(item("JAN1", 300, 8), item("JAN2", 700, 10), item("JAN1", 80, 8),
		item("JAN3", 109, 10)))
}

func TestR13AProductCampaignCountsItemsOrReceipt(t *testing.T) {
	earns(t, shop(t, campaign("X", rate(1, 10, ""), products("items", "JAN1"))), basket(), "X 38")
	earns(t, shop(t, campaign("X", rate(1, 10, ""), products("receipt", "JAN1"))), basket(), "X 118")
	earns(t, shop(t, campaign("X", rate(1, 10, ""), products("items", "JAN9"))), basket(), "")
}

func excl(c *master.Campaign) { c.Basis = "excl" }

func TestR13MatchingItemsWithoutTaxAreConvertedOncePerRate(t *testing.T) {
	r := shop(t, campaign("X", unit(1, 1), excl, products("items", "JAN1", "JAN3")))
	earns(t, r, basket(), "X 450") // floor(380/1.08) = 351, floor(109/1.1) = 99
}

func TestR13ATaxRateWhoseItemsSumBelow0Counts0(t *testing.T) {
	for _, change := range []func(*master.Campaign){func(*master.Campaign) {}, excl} {
		r := shop(t, campaign("X", unit(1, 1), change, products("items", "JAN1", "JAN2")))
		earns(t, r, sale(200, items(item("JAN1", -100, 10), item("JAN2", 80, 0))), "X 80")
		earns(t, r, sale(200, items(item("JAN1", -100, 0), item("JAN2", 180, 0))), "X 80")
		earns(t, r, sale(200, items(item("JAN1", -100, 10))), "")
	}
}

func TestR13TheMinimumOfAProductCampaignIsOfTheReceipt(t *testing.T) {
	r := shop(t, campaign("X", rate(1, 10, ""), products("items", "JAN1"),
		func(c *master.Campaign) { c.MinAmount = 1189 }))
	earns(t, r, basket(), "X 38")
	less := basket()
	less.AmountIncl--
	earns(t, r, less, "")
}

func TestR13APaymentCardOpensACampaignOfEveryProvider(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", fixed(7), func(c *master.Campaign) {
		c.Provider, c.Affiliate = "", "A"
	}))
	with := func(tx *transaction.Transaction) { tx.Affiliate = 0 }
	earns(t, r, sale(1000, with), "N1 10, X 7")
	earns(t, r, sale(1000, with, func(tx *transaction.Transaction) { tx.Provider = 1 }), "X 7")
}

func TestR13At0YenAFixedCampaignPaysUnlessItsMinimumIsAbove0(t *testing.T) {
	r := shop(t, campaign("X", fixed(7)),
		campaign("Y", fixed(5), func(c *master.Campaign) { c.MinAmount = 1 }))
	earns(t, r, sale(0), "X 7")
}

func TestR7ATransactionWithoutAProviderEarnsNothing(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", fixed(7), func(c *master.Campaign) { c.Provider = "" }))
	nobody := func(tx *transaction.Transaction) { tx.Provider = -1 }
	earns(t, r, sale(1000, nobody), "")
	earns(t, r, grant(5, "BASE", nobody), "")
	explains(t, r, sale(1000, nobody), nil, "N1 provider, X provider")
}

func TestR14InAnExclusiveGroupTheLargestAwardWinsTiesTheSmallestCode(t *testing.T) {
	equal := shop(t, campaign("B", fixed(50), group("G")), campaign("A", fixed(50), group("G")))
	earns(t, equal, sale(1), "A 50")
	larger := shop(t, campaign("A", fixed(50), group("G")), campaign("B", fixed(51), group("G")),
		campaign("C", fixed(1)), campaign("D", fixed(9), group("H")))
	earns(t, larger, sale(1), "B 51, C 1, D 9")
}

func TestR14TheCapPerTransactionCountsBeforeTheGroupIsDecided(t *testing.T) {
	r := shop(t, campaign("X", fixed(100), group("G"), capped(30, 0, 0)), campaign("Y", fixed(50),
		group("G")))
	earns(t, r, sale(1), "Y 50")
}

func TestR14AwardsBeyondInt64AreStillComparedExactly(t *testing.T) {
	r := shop(t, campaign("X", unit(1, 1e12-1), group("G"), capped(0, 0, 5)),
		campaign("Y", unit(1, 1e12), group("G"), capped(0, 0, 5)))
	earns(t, r, sale(1e12), "Y 9223372036854775807")
}

func TestR14OnlyCapsPerMemberAndCampaignMakeAClaim(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("V", fixed(1)), campaign("W", fixed(2), capped(1, 0, 0)),
		campaign("X", fixed(3), capped(0, 9, 0)), campaign("Y", fixed(4), capped(0, 0, 9)))
	var s Scratch
	awards, _ := r.Rate(sale(100), nil, nil, &s)
	for i, want := range []bool{false, false, false, true, true} {
		if awards[i].Claim != want {
			t.Errorf("%s: claim %v, want %v", r.CodeOf(awards[i].Rule), awards[i].Claim, want)
		}
	}
}

func TestR15OfSeveralFailingConditionsTheFirstIsTheReason(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", fixed(1), func(c *master.Campaign) {
		c.ValidTo, c.Stores, c.MinAmount = day("2026-11-01"), []string{"9"}, 2
	}))
	explains(t, r, sale(1), nil, "N1 zero, X period")
	explains(t, r, sale(0), nil, "N1 zero_yen, X period")
}

func TestR15TheLoserOfAGroupNamesTheWinner(t *testing.T) {
	r := shop(t, normal("N1", percent), campaign("X", fixed(50), group("G")),
		campaign("Y", rate(5, 100, ""), group("G")))
	explains(t, r, sale(1080), []Award{{Rule: 0, Points: 10}, {Rule: 2, Points: 54}}, "X exclusive:Y")
	explains(t, r, sale(1080), []Award{{Rule: 0, Points: 10}, {Rule: 2}}, "X exclusive:Y, Y cap")
}

func TestR17AComputedReturnKnowsTheCapPerTransactionAndNoOther(t *testing.T) {
	r := shop(t, normal("N1", rate(1, 100, "up")), campaign("X", rate(5, 100, ""), group("G")),
		campaign("Y", fixed(50), capped(20, 1, 1)), campaign("Z", fixed(1), group("G")))
	tx := sale(550)
	tx.Kind = transaction.Return
	var s Scratch
	awards, code := r.RateUnknownReturn(tx, nil, &s)
	if got, want := listed(r, awards), "N1 -6, X -27, Y -20"; got != want || code != 0 {
		t.Errorf("took back %q (%v), want %q", got, code, want)
	}
	for _, a := range awards {
		if a.Claim {
			t.Errorf("%s claims room", r.CodeOf(a.Rule))
		}
	}
}

func TestR17TheLimitHoldsForComputedReturnsUnderACap(t *testing.T) {
	r := shop(t, campaign("X", rate(1_000_000, 1, ""), capped(0, 1, 1)))
	var s Scratch
	if out, code := r.RateUnknownReturn(sale(1e12), nil, &s); code != fault.PointsLimit || len(out) != 0 {
		t.Errorf("got %v, %v, want points.limit", out, code)
	}
}

func TestTheListIsInCanonicalOrder(t *testing.T) {
	r := shop(t, campaign("B", fixed(1)), campaign("a", fixed(1)), normal("Z", percent), normal("M", percent))
	var got string
	for _, rule := range r.List() {
		got += rule.Code + " "
	}
	if got != "M Z B a " {
		t.Errorf("order %q, want %q", got, "M Z B a ")
	}
}

func TestCompileRefusesWhatCannotBeRated(t *testing.T) {
	for name, c := range map[string]struct {
		rule any
		want fault.Code
	}{
		"provider": {
			normal("N", percent, func(p *master.Points) { p.Provider = "?" }),
			fault.MasterDangling,
		},
		"affiliate": {
			campaign("C", fixed(1), func(c *master.Campaign) { c.Affiliate = "?" }),
			fault.MasterDangling,
		},
		"denominator": {normal("N", rate(1, 0, "")), fault.MasterValue},
		"unit":        {normal("N", unit(0, 1)), fault.MasterValue},
		"multiplier":  {campaign("C", multiplier(1, 2, "")), fault.MasterValue},
		"normal":      {normal("N", multiplier(2, 1, "")), fault.MasterSchema},
		"kind":        {normal("N", master.Give{Kind: "?"}), fault.MasterSchema},
		"round":       {normal("N", rate(1, 1, "?")), fault.MasterSchema},
		"basis":       {normal("N", percent, func(p *master.Points) { p.Basis = "?" }), fault.MasterSchema},
		"minimum": {
			normal("N", percent, func(p *master.Points) { p.MinAmount = -1 }),
			fault.MasterValue,
		},
		"weekday": {
			campaign("C", fixed(1), func(c *master.Campaign) { c.Weekdays = []int{8} }),
			fault.MasterValue,
		},
		"hours":         {campaign("C", fixed(1), hours([2]string{"10:00", "31:00"})), fault.MasterValue},
		"product basis": {campaign("C", fixed(1), products("", "JAN1")), fault.MasterSchema},
		"no products":   {campaign("C", fixed(1), products("items")), fault.MasterSchema},
		"cap":           {campaign("C", fixed(1), capped(0, Limit+1, 0)), fault.MasterValue},
	} {
		set := &master.Set{Providers: []master.Provider{{Code: "P1"}}}
		switch rule := c.rule.(type) {
		case master.Points:
			set.Points = []master.Points{rule}
		case master.Campaign:
			set.Campaigns = []master.Campaign{rule}
		}
		if _, err := Compile(set); fault.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}
