package points

import (
	"slices"

	"multipoint/shared/fault"
	"multipoint/shared/transaction"
)

// Award is what one rule gives to one transaction.
type Award struct {
	Rule int32 // index in Rules.List, or Given
	// PointType is an index in Rules.PointTypes. It is -1 for given points of a type that no rule has; the
	// type's name is NamedType of the transaction.
	PointType int32
	// Basis is what the rule counted: yen on its basis, of the matching items for a product campaign; normal
	// points for a multiplier; 0 for given points (R15).
	Basis int64
	// Full is the award before any cap, at most math.MaxInt64 (R15).
	Full int64
	// Points after the cap per transaction; above 0, below 0 for returns. Up to 10¹², with Claim perhaps
	// more.
	Points int64
	// Claim says that a cap per member or campaign must still be asked, by an Allocator (R14).
	Claim bool
}

// Scratch is room that rating one transaction needs and the next one uses again. The zero value works. One
// goroutine uses it at a time.
type Scratch struct {
	facts      facts
	candidates []candidate
	winners    []int32 // by exclusive group: the largest award's place among the candidates, from 1; 0 = none
	awards     []Award
}

// candidate is a campaign whose conditions hold and whose award is above 0, cut by its cap per transaction.
type candidate struct {
	rule         *Rule
	counted      int64
	full, points wide
}

// Rate appends the awards of a sale or grant to out: given points, normal rules by code, campaigns by code;
// none that is zero. feedPointType is the point type of the feed's grant lines, empty if it has none.
//
// Faults: points.limit if an award that no later cap cuts is above 10¹²; then nothing is appended. 0 if there
// is none. A transaction without a provider earns nothing (R7).
func (r *Rules) Rate(
	tx *transaction.Transaction, feedPointType []byte, out []Award, s *Scratch,
) ([]Award, fault.Code) {
	return r.rate(tx, feedPointType, out, s, true)
}

// RateUnknownReturn appends what a return or cancel takes back whose original is unknown (R17): the awards of
// the rules of its own date, rounded as magnitudes, then negated. Caps per member and campaign are neither
// asked nor moved, so no award is a claim. Amounts of tx, those of items too, are magnitudes.
//
// Faults: points.limit as for Rate, on magnitudes.
func (r *Rules) RateUnknownReturn(
	tx *transaction.Transaction, out []Award, s *Scratch,
) ([]Award, fault.Code) {
	start := len(out)
	out, code := r.rate(tx, nil, out, s, false)
	for i := range out[start:] {
		out[start+i].Points = -out[start+i].Points
	}
	return out, code
}

// rate is the whole of R9 to R14 up to the exclusive groups.
func (r *Rules) rate(
	tx *transaction.Transaction, feedPointType []byte, out []Award, s *Scratch, claims bool,
) ([]Award, fault.Code) {
	if tx.Provider < 0 {
		return out, 0
	}
	f := &s.facts
	f.learn(r, tx, feedPointType)
	start := len(out)
	out, ok := r.normal(f, out)
	if !ok {
		return out[:start], fault.PointsLimit
	}
	r.campaigns(f, out[start:], s)
	for i := range s.candidates {
		c := &s.candidates[i]
		if s.winner(c) != c {
			continue
		}
		award := Award{
			Rule: c.rule.index, PointType: c.rule.Type, Basis: c.counted, Full: c.full.int64(),
			Points: c.points.int64(), Claim: claims && c.rule.claims,
		}
		if award.Points > Limit && !award.Claim {
			return out[:start], fault.PointsLimit
		}
		out = append(out, award)
	}
	return out, 0
}

// normal appends the normal points (R10); false if one entry is above the limit.
func (r *Rules) normal(f *facts, out []Award) ([]Award, bool) {
	if f.grant {
		if f.tx.PointsGiven > 0 {
			given := f.tx.PointsGiven
			out = append(out, Award{Rule: Given, PointType: max(f.named, -1), Full: given, Points: given})
		}
		return out, f.tx.PointsGiven <= Limit
	}
	for _, rule := range r.byProvider[f.provider].normal {
		if rule.failed(f) != holds {
			continue
		}
		amount := f.amount[rule.basis]
		points := rule.give.of(amount).int64()
		if points > Limit {
			return out, false
		}
		if points > 0 {
			out = append(out, Award{
				Rule: rule.index, PointType: rule.Type, Basis: amount, Full: points, Points: points,
			})
		}
	}
	return out, true
}

// campaigns lists the awards of all campaigns that hold, after their caps per transaction, and lets
// the largest of each exclusive group win. They come by code, so that of equal awards the smallest
// code wins (R13, R14).
func (r *Rules) campaigns(f *facts, normal []Award, s *Scratch) {
	s.winners = slices.Grow(s.winners[:0], r.groups)[:r.groups]
	clear(s.winners)
	found := s.candidates[:0]
	for _, rule := range r.byProvider[f.provider].campaigns {
		if rule.failed(f) != holds {
			continue
		}
		counted := rule.counted(f, normal)
		full := rule.give.of(counted)
		points := full
		if most := narrow(rule.capTransaction); rule.capTransaction != noCap && most.less(points) {
			points = most
		}
		if points.isZero() {
			continue
		}
		found = append(found, candidate{rule, counted, full, points})
		if rule.group == noGroup {
			continue
		}
		if best := s.winners[rule.group]; best == 0 || found[best-1].points.less(points) {
			s.winners[rule.group] = int32(len(found))
		}
	}
	s.candidates = found
}

// winner gives the candidate that won the exclusive group of c, c itself if it is in none.
func (s *Scratch) winner(c *candidate) *candidate {
	if c.rule.group == noGroup {
		return c
	}
	return &s.candidates[s.winners[c.rule.group]-1]
}

// counted is the number that a campaign's give is applied to: yen, or normal points for a multiplier.
func (r *Rule) counted(f *facts, normal []Award) int64 {
	switch {
	case r.give.kind == giveMultiplier:
		sum := int64(0)
		for i := range normal {
			if normal[i].PointType == r.Type {
				sum += normal[i].Points
			}
		}
		return sum
	case r.productItems:
		return r.itemAmount(f)
	}
	return f.amount[r.basis]
}

// of gives the points for an amount of yen, or for normal points; at most 0 counts as 0 (R10, R13).
func (g *give) of(amount int64) wide {
	if g.kind == giveFixed {
		return narrow(g.points)
	}
	if amount <= 0 {
		return wide{}
	}
	switch g.kind {
	case giveUnit:
		return product(amount/g.unit, g.points)
	case giveMultiplier:
		return product(amount, g.num-g.den).over(g.den, g.round)
	default:
		return product(amount, g.num).over(g.den, g.round)
	}
}

// itemAmount is the yen of the matching items on the rule's basis. Items of one tax rate are summed, a sum
// below 0 counts 0, and the amount without tax is rounded down once for each tax rate (R9, R13). Receipts
// have few items and fewer tax rates, so each rate is summed when its first item is met.
func (r *Rule) itemAmount(f *facts) int64 {
	total := int64(0)
	items := f.tx.Items
	for first := range items {
		if !r.products.has(f.products[first]) || r.seenRate(f, first) {
			continue
		}
		rate, sum := items[first].TaxRate, int64(0)
		for i := first; i < len(items); i++ {
			if items[i].TaxRate == rate && r.products.has(f.products[i]) {
				sum += items[i].Amount
			}
		}
		sum = max(sum, 0)
		if r.basis == withoutTax {
			sum = Down.Share(sum, 100, 100+int64(max(rate, 0)))
		}
		total += sum
	}
	return total
}

// seenRate says whether a matching item before the one at place n has its tax rate.
func (r *Rule) seenRate(f *facts, n int) bool {
	for i := range n {
		if f.tx.Items[i].TaxRate == f.tx.Items[n].TaxRate && r.products.has(f.products[i]) {
			return true
		}
	}
	return false
}
