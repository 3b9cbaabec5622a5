package rating

import (
	"multipoint/shared/card"
	"multipoint/shared/transaction"
)

// LostAward is an award of which caps per member and campaign left nothing: it makes no entry.
type LostAward struct {
	Tx        *transaction.Transaction
	Rule      string
	PointType string
	Basis     int64 // yen that the rule counted
	Award     int64 // points before any cap, at most math.MaxInt64
}

// Lost calls visit after Rest for each award of the bucket that caps cut to nothing, in the order of R12;
// what it is given is valid during the call.
func (r *Rater) Lost(visit func(l *LostAward) error) error {
	b := &r.r.b
	var l LostAward
	for i := range b.order[:b.sales] {
		index := b.order[i].index
		o := &b.outcomes[index]
		if o.code != 0 {
			continue
		}
		for j := o.from; j < o.to; j++ {
			a := &b.awards[j]
			if a.Points != 0 {
				continue
			}
			t := &b.txs[index]
			l = LostAward{
				Tx: t, Rule: r.r.job.rules.CodeOf(a.Rule), PointType: r.r.job.typeName(t, a),
				Basis: a.Basis, Award: a.Full,
			}
			if err := visit(&l); err != nil {
				return err
			}
		}
	}
	return nil
}

// ClaimedCards is Engine.ClaimedCards for many claims.
func (r *Rater) ClaimedCards(claim []byte, visit func(campaign string, ref card.Ref)) error {
	p := r.r.job
	c, err := readClaim(claim, nil)
	if err != nil {
		return err
	}
	h := holders{members: p.members, codes: p.codes, refs: r.refs, provider: c.provider, number: c.number}
	cards := h.Cards(c.ref)
	for i := range c.list {
		campaign := p.rules.CodeOf(c.list[i].Rule)
		visit(campaign, c.ref)
		for _, ref := range cards {
			visit(campaign, ref)
		}
	}
	return nil
}
