package points

import "multipoint/shared/transaction"

// NotApplied says why a rule gave a transaction nothing (R15).
type NotApplied struct {
	Rule int32 // index in Rules.List
	// Why is the first condition that failed: provider, affiliate, point_type, grant_type, period, weekday,
	// hour, store, product, min_amount, zero_yen (a normal rule at 0 yen), zero (the award is 0),
	// exclusive:CODE (lost its group to CODE) or cap (no room per member or campaign).
	Why string
}

// Explain gives the rules without a grant, in canonical order, each with its reason. It computes them again
// from the same inputs and by the same code as Rate; granted are the entries that were in the end granted, of
// which only Rule and Points other than 0 count. Normal rules on grant lines give grant_type. It is for
// transactions that were rated by Rate or RateUnknownReturn without a fault.
func (r *Rules) Explain(
	tx *transaction.Transaction, feedPointType []byte, granted []Award, s *Scratch,
) []NotApplied {
	f := &s.facts
	f.learn(r, tx, feedPointType)
	s.candidates = s.candidates[:0]
	s.awards = s.awards[:0]
	if tx.Provider >= 0 {
		s.awards, _ = r.normal(f, s.awards)
		r.campaigns(f, s.awards, s)
	}
	var out []NotApplied
	for i := range r.rules {
		if rule := int32(i); !gives(granted, rule) {
			out = append(out, NotApplied{rule, r.why(rule, f, s)})
		}
	}
	return out
}

// why gives the reason of a rule that got no grant.
func (r *Rules) why(rule int32, f *facts, s *Scratch) string {
	if why := r.rules[rule].failed(f); why != holds {
		return why.String()
	}
	for i := range s.candidates {
		c := &s.candidates[i]
		if c.rule.index != rule {
			continue
		}
		if best := s.winner(c); best != c {
			return exclusive.String() + ":" + best.rule.Code
		}
		return noRoom.String()
	}
	return zeroPoints.String()
}

func gives(granted []Award, rule int32) bool {
	for i := range granted {
		if granted[i].Rule == rule && granted[i].Points != 0 {
			return true
		}
	}
	return false
}
