package model

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Random makes a case from a seed; size is about the number of its lines. The same seed and size give the
// same case. Domains are small on purpose: keys repeat, caps fill up, groups meet. Cases stay inside what
// masters may say (no overlapping ranges, no two normal rules of one type at a time, every feed serves both
// bases), and inside the limits of the package comment. Within a feed, files have trailers or none, and
// notes as CP932 bytes or characters that CP932 cannot hold, so that one layout can describe it.
func Random(seed uint64, size int) Case {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 0x6d6f64656c)), size: max(size, 1)}
	m.c = Case{
		ID: fmt.Sprintf("random-%d-%d", seed, size), Rules: []string{}, Title: "A random case.",
	}
	m.cards()
	m.c.Masters = m.masters()
	m.c.Members = m.members()
	days := 1
	if m.chance(40) {
		days = 2 + m.IntN(2)
	}
	date := "2026-11-23"
	for n := range days {
		if n > 0 {
			date = addDays(date, pick(m, 1, 1, 1, 2, 5))
		}
		m.day(n, days, date)
	}
	m.closeSome()
	return m.c
}

// maker holds what a case is made from.
type maker struct {
	*rand.Rand
	c         Case
	size      int
	providers []string
	numbers   map[string][]string // card numbers by provider
	trailer   map[string]bool     // by feed
	rawNotes  map[string]bool     // by feed: notes as bytes
	receipts  int
	history   []Line // lines so far, to repeat and to return
}

// chance is true in so many of a hundred cases.
func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// pick gives one of the values; repeat one to make it likely.
func pick[T any](m *maker, values ...T) T { return values[m.IntN(len(values))] }

// some gives a part of the values in their order, at least one.
func some[T any](m *maker, values ...T) []T {
	var chosen []T
	for _, value := range values {
		if m.chance(50) {
			chosen = append(chosen, value)
		}
	}
	if len(chosen) == 0 {
		return []T{pick(m, values...)}
	}
	return chosen
}

// cards makes the ranges of the providers and a few numbers of each. P2 has a check digit; P3 has a short
// form; P2's second range is as long as that short form.
func (m *maker) cards() {
	m.providers = []string{"P1", "P2", "P3"}[:1+m.IntN(3)]
	m.numbers = map[string][]string{}
	for i := range 4 {
		m.numbers["P1"] = append(m.numbers["P1"], fmt.Sprintf("30000000000000%d", i+1))
	}
	check := pick(m, "LUHN", "M10W3", "M11W2_7", "DR7", "DSR7")
	for i := range 3 {
		body := fmt.Sprintf("99991234567890%d", i+1)
		m.numbers["P2"] = append(m.numbers["P2"], body+string(checkDigit(check, body)))
	}
	m.numbers["P3"] = []string{"000000001", "001234567", "007654321", "499999999"}
	cards := []Card{{
		Code: "P1-1", Provider: "P1", Digits: 15, Min: "300000000000000",
		Max: "399999999999999",
	}}
	if m.chance(25) { // the same range, in two periods
		cards = append(cards, cards[0])
		cards[0].ValidTo, cards[1].ValidFrom, cards[1].Code = "2026-11-21", "2026-11-22", "P1-2"
		if m.chance(50) {
			cards[1].ValidTo = "2026-11-23"
		}
	}
	if len(m.providers) > 1 {
		cards = append(cards, Card{
			Code: "H-1", Provider: "P2", Digits: 16, Min: "9999000000000000", Max: "9999999999999999",
			Check: check,
		})
		if m.chance(60) {
			short := Card{
				Code: "A-1", Provider: "P2", Digits: 7, Min: "1000000", Max: "1999999", Check: "LUHN",
			}
			if m.chance(40) {
				short.ValidFrom = "2026-11-22"
			}
			cards = append(cards, short)
			m.numbers["P2"] = append(m.numbers["P2"], "123456"+string(checkDigit("LUHN", "123456")))
		}
	}
	if len(m.providers) > 2 {
		cards = append(cards, Card{
			Code: "J-1", Provider: "P3", Digits: 9, Min: "000000000", Max: "499999999", Short: &Short{
				7,
				"00",
			},
		})
	}
	m.c.Masters.Cards = cards
}

func (m *maker) masters() Masters {
	masters := Masters{
		Cards: m.c.Masters.Cards, Feeds: map[string]Feed{}, Providers: map[string]Outlet{},
		Affiliates: []Affiliate{{Code: "A", Prefixes: []string{"9100"}}, {
			Code:     "B",
			Prefixes: []string{"9200", "93"},
		}},
	}
	if m.chance(20) {
		masters.Affiliates[1].ValidFrom = "2026-11-22"
	}
	for _, provider := range m.providers {
		masters.Points = append(masters.Points, m.normalRules(provider)...)
		if m.chance(80) {
			masters.Providers[provider] = m.outlet()
		}
	}
	codes := []string{"a", "B", "C10", "C2", "X", "Y", "Z", "b"}
	m.Shuffle(len(codes), func(i, k int) { codes[i], codes[k] = codes[k], codes[i] })
	for _, code := range codes[:m.IntN(9)] {
		masters.Campaigns = append(masters.Campaigns, m.campaign(code))
	}
	keyFields := pick(m, nil, nil, nil, []string{"date", "store", "receipt"}, []string{"date", "receipt"})
	m.trailer, m.rawNotes = map[string]bool{}, map[string]bool{}
	for _, feed := range []string{"F", "G"}[:1+m.IntN(2)] {
		masters.Feeds[feed] = m.feed(keyFields)
		m.trailer[feed] = m.chance(40)
		m.rawNotes[feed] = m.chance(40)
	}
	return masters
}

// normalRules makes rules of up to two types, some in two periods.
func (m *maker) normalRules(provider string) []Points {
	var rules []Points
	for i, pointType := range []string{"BASE", "BONUS"} {
		if m.chance([]int{10, 60}[i]) {
			continue
		}
		rule := Points{
			Code: fmt.Sprintf("N%s%d", provider, i), Provider: provider, PointType: pointType,
			Basis: pick(m, "", "", "incl", "excl"), MinAmount: pick[int64](m, 0, 0, 0, 100, 500),
			Give: m.give(false),
		}
		if m.chance(25) {
			later := rule
			rule.ValidTo, later.ValidFrom = "2026-11-21", "2026-11-22"
			later.Code, later.Give = rule.Code+"x", m.give(false)
			rules = append(rules, later)
		}
		rules = append(rules, rule)
	}
	return rules
}

func (m *maker) give(multiplier bool) Give {
	round := pick(m, "", "down", "half_up", "up")
	if multiplier {
		return Give{
			Kind: "multiplier", Num: pick[int64](m, 3, 5, 7), Den: pick[int64](m, 1, 2, 3),
			Round: round,
		}
	}
	switch m.IntN(4) {
	case 0:
		return Give{Kind: "unit", Unit: pick[int64](m, 1, 100, 200), Points: pick[int64](m, 1, 2, 3)}
	case 1:
		return Give{Kind: "fixed", Points: pick[int64](m, 1, 5, 7, 50)}
	default:
		give := Give{Kind: "rate", Num: pick[int64](m, 1, 1, 5, 7, 15), Den: pick[int64](m, 100, 100,
			1000), Round: round}
		if m.chance(5) {
			give.Num, give.Den = 1_000_000, 1
		}
		return give
	}
}

func (m *maker) campaign(code string) Campaign {
	c := Campaign{
		Code: code, PointType: pick(m, "BASE", "BASE", "BONUS", "CAMP", "CAMP"), Basis: pick(m, "", "",
			"excl"),
		MinAmount: pick[int64](m, 0, 0, 0, 1, 300), Give: m.give(m.chance(30)),
		Group: pick(m, "", "", "G1", "G1", "G2"),
	}
	set := func(percent int, apply func()) {
		if m.chance(percent) {
			apply()
		}
	}
	set(60, func() { c.Provider = pick(m, m.providers...) })
	set(15, func() { c.Affiliate = pick(m, "A", "B") })
	set(15, func() { c.GrantTypes = some(m, "PURCHASE", "EVENT") })
	set(15, func() { c.Weekdays = some(m, 1, 6, 7) })
	set(15, func() {
		c.Hours = some(m, [2]string{"00:00", "01:00"}, [2]string{"10:00", "12:00"}, [2]string{
			"22:00",
			"26:00",
		})
	})
	set(15, func() { c.Stores = some(m, "S1", "S2") })
	set(25, func() {
		c.Products, c.ProductBasis = some(m, "J1", "J2", "J3"), pick(m, "items", "items", "receipt")
	})
	set(15, func() { c.ValidFrom = pick(m, "2026-11-20", "2026-11-22") })
	set(15, func() { c.ValidTo = pick(m, "2026-11-22", "2026-11-24") })
	set(25, func() { c.Caps.Transaction = pick[int64](m, 3, 6, 20) })
	set(40, func() { c.Caps.Member = pick[int64](m, 5, 8, 30) })
	set(40, func() { c.Caps.Campaign = pick[int64](m, 7, 20, 60) })
	c.Whole = c.Caps.Member+c.Caps.Campaign > 0 && m.chance(40)
	return c
}

func (m *maker) feed(keyFields []string) Feed {
	feed := Feed{
		KeyFields: keyFields, Excl: pick(m, "file", "", "tax", "rates", "rate", "same"),
		Totals:          pick(m, "", "as_written", "net", "absolute"),
		UnknownOriginal: pick(m, "", "error", "compute", "compute"), NegativeIsReturn: m.chance(40),
		MemberProvider: pick(m, m.providers...), CardOptional: m.chance(25),
		PointType: pick(m, "", "BASE", "CAMP"),
	}
	if feed.Excl == "rate" {
		feed.Rate = pick[int64](m, 8, 10)
	}
	if m.chance(85) {
		feed.BadLimit = &[2]int64{1, pick[int64](m, 1, 1, 1, 1, 2, 3)}
	}
	if m.chance(30) {
		days := pick(m, 0, 2, 2, 2, 30)
		feed.OldestDays = &days
	}
	if m.chance(30) {
		feed.FlatItems, feed.FlatAmount = true, pick(m, "", "item", "receipt")
	} else if m.chance(30) {
		feed.TrailerCounts = pick(m, []string{"receipt", "item"}, []string{"receipt"})
	}
	return feed
}

func (m *maker) outlet() Outlet {
	outlet := Outlet{
		Grain: pick(m, "", "transaction", "receipt", "card"), Returns: pick(m, "", "negative", "kind",
			"netted"),
		SendEmpty: m.chance(40), SequenceMax: pick[int64](m, 0, 0, 1, 2), Encoding: pick(m, "", "cp932",
			"cp932", "utf-8"),
		Fields: pick(m, nil, []string{"store"}, []string{"store", "receipt", "member_no"}),
	}
	if m.chance(40) {
		days := 1 + m.IntN(3)
		outlet.AcceptDays = &days
	}
	return outlet
}

// members shares the cards out: each card has one member at most; some chains are replaced.
func (m *maker) members() []Member {
	var members []Member
	var free []MemberCard
	for _, provider := range m.providers {
		for _, number := range m.numbers[provider] {
			if m.chance(70) {
				free = append(free, MemberCard{Provider: provider, Card: number})
			}
		}
	}
	m.Shuffle(len(free), func(i, k int) { free[i], free[k] = free[k], free[i] })
	for n := 1; n <= 3; n++ {
		member := Member{Member: fmt.Sprintf("M%d", n), Number: fmt.Sprintf("%04d", n)}
		cards := min(m.IntN(6), len(free))
		member.Cards, free = slices.Clone(free[:cards]), free[cards:]
		for i := range member.Cards { // replaced by the member's next card of the provider
			for _, later := range member.Cards[i+1:] {
				if later.Provider == member.Cards[i].Provider && m.chance(60) {
					member.Cards[i].ReplacedBy = later.Card
					break
				}
			}
		}
		members = append(members, member)
	}
	return members
}
