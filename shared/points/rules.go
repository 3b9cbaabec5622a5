// Package points says what a transaction earns and what a return takes back (R8 to R17): normal points,
// campaigns, caps and returns, as pure functions on whole numbers. It knows no files, no clock and no ledger.
//
// The way of a sale: Rate gives its awards, cut by the caps per transaction and with exclusive groups
// decided. Awards that say Claim pass an Allocator, in the order of R12, for the caps per member and
// campaign. Explain says afterwards why the other rules gave nothing. The way of a return: TakeBack
// for the sale that it names, RateUnknownReturn where that sale is unknown and the feed lets the
// points be computed.
//
// Everything is exact: amounts and points are int64, products have 128 bits, and there are no floats.
package points

import "multipoint/shared/calendar"

// Given is the pseudo-rule of points that the retailer computed itself; files call it "given" (R10).
const Given int32 = -1

// Every as the provider of a campaign stands for all providers.
const Every int32 = -1

// Rules are the points rules and campaigns of one version of the masters, ready to rate with. They are
// immutable and safe for use by several goroutines at once, each with a Scratch of its own.
type Rules struct {
	rules      []Rule
	pointTypes []string
	// byProvider has the rules that can hold for each provider of the masters, by index; those for every
	// provider are in each.
	byProvider []ofProvider
	groups     int

	// Codes that conditions mention are numbered, so that a line's codes are looked up once and each rule
	// only tests a bit.
	typeIDs, grantTypeIDs, storeIDs, productIDs codeIDs
	purchase                                    int32 // the number of PURCHASE, noCode if no rule mentions it
}

type ofProvider struct{ normal, campaigns []*Rule }

// Rule is a points rule or a campaign. Entries refer to it by its index in Rules.List.
type Rule struct {
	Code      string
	Campaign  bool
	PointType string
	Type      int32 // index of PointType in Rules.PointTypes
	Provider  int32 // index in master.Set.Providers, or Every

	index     int32 // in Rules.List
	give      give
	basis     basis
	minAmount int64 // yen on the basis, inclusive

	// Conditions (R13). Normal rules have a period only. A condition left out holds.
	from, to     calendar.Date // the period, open ends at the ends of time
	affiliate    int32         // index in master.Set.Affiliates, anyAffiliate
	weekdays     uint8         // bit n for weekday n
	hours        []window
	grantTypes   codeSet
	stores       codeSet
	products     codeSet
	productItems bool // the basis is the matching items, not the receipt

	// Limits (R14).
	group                                  int32 // number of the exclusive group, noGroup
	capTransaction, capMember, capCampaign int64 // points, noCap
	whole                                  bool
	claims                                 bool // a cap per member or campaign must be asked
}

const (
	anyAffiliate int32 = -1
	noGroup      int32 = -1
	noCap        int64 = 1<<63 - 1
	allWeekdays  uint8 = 1<<8 - 1
)

// Claims says whether awards of the rule must pass a cap per member or per campaign (R14).
func (r *Rule) Claims() bool { return r.claims }

// List gives the rules in canonical order: normal rules by code, then campaigns by code, bytewise. It is part
// of the rules and must not be changed.
func (r *Rules) List() []Rule { return r.rules }

// PointTypes gives the names of all point types of the rules, sorted bytewise. Not to be changed.
func (r *Rules) PointTypes() []string { return r.pointTypes }

// CodeOf gives the code of a rule by its index, and "given" for Given.
func (r *Rules) CodeOf(rule int32) string {
	if rule == Given {
		return "given"
	}
	return r.rules[rule].Code
}

// basis is which amount of the receipt a rule counts (R9); it indexes facts.amount.
type basis uint8

const (
	withTax basis = iota
	withoutTax
)

// give is how many points a rule gives (R10, R13).
type give struct {
	kind     giveKind
	round    Rounding
	num, den int64 // rate, multiplier: 1 to 10⁶
	unit     int64 // yen, unit: 1 to 10¹²
	points   int64 // unit, fixed: 0 to 10¹²
}

type giveKind uint8

const (
	giveRate giveKind = iota
	giveUnit
	giveFixed
	giveMultiplier
)

// window is a span of the 30-hour clock, its end excluded (R11).
type window struct{ from, to calendar.Clock }

// codeIDs numbers codes from 0.
type codeIDs map[string]int32

// noCode is the number of a code that no rule mentions.
const noCode int32 = -1

// of gives the number of a code without allocating.
func (ids codeIDs) of(code []byte) int32 {
	if id, ok := ids[string(code)]; ok {
		return id
	}
	return noCode
}

// add gives the number of a code, a new one if it has none yet.
func (ids codeIDs) add(code string) int32 {
	id, ok := ids[code]
	if !ok {
		id = int32(len(ids))
		ids[code] = id
	}
	return id
}

// codeSet is a set of numbered codes, a bit each.
type codeSet []uint64

func (s codeSet) has(id int32) bool {
	word := int(id >> 6) // noCode gives -1
	return uint(word) < uint(len(s)) && s[word]>>(uint32(id)&63)&1 != 0
}

func (s codeSet) with(id int32) codeSet {
	for int(id>>6) >= len(s) {
		s = append(s, 0)
	}
	s[id>>6] |= 1 << (uint32(id) & 63)
	return s
}
