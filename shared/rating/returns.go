package rating

import (
	"bytes"

	"multipoint/shared/fault"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// taking is what one return or cancel takes back.
type taking struct {
	provider int32
	account  []byte
	leaves   []byte
	entries  []Entry
	returned int64 // R of R16 after this return
}

// backState is what returns of a bucket need and the next bucket uses again.
type backState struct {
	originals map[transaction.Hash]*original
	takings   []taking
	amounts   []int64
	awards    []points.Award
}

// original is a sale as the returns of this run see it.
type original struct {
	state    points.Original
	provider int32
	account  []byte
	entries  []PastEntry
	erased   bool // nobody knows its number any more (R24)
}

// rateReturns decides about the returns and cancels of the bucket, after its sales have their final grants.
func (r *rater) rateReturns() error {
	b := &r.b
	r.back.takings = r.back.takings[:0]
	clear(r.back.originals)
	for i := range b.order[b.sales:] {
		index := b.order[b.sales+i].index
		t, o := &b.txs[index], &b.outcomes[index]
		o.from, o.to = -1, -1
		var err error
		if o.code, err = r.rateReturn(t, o); err != nil {
			return err
		}
		if o.code == 0 {
			b.seen.add(b.txs, index)
		}
	}
	return nil
}

// rateReturn follows the order of R18: encodable, key, original, limit, card.
func (r *rater) rateReturn(t *transaction.Transaction, o *outcome) (fault.Code, error) {
	if !r.encodable(t, t.Provider) {
		return fault.OutletUnencodable, nil
	}
	orig, err := r.originalOf(t)
	if err != nil {
		return 0, err
	}
	if orig != nil && orig.provider != t.Provider && !r.encodable(t, orig.provider) {
		return fault.OutletUnencodable, nil
	}
	if code := r.taken(t); code != 0 {
		return code, nil
	}
	if orig == nil {
		return r.unknownOriginal(t, o), nil
	}
	if orig.erased {
		return fault.ReturnErased, nil
	}
	var code fault.Code
	r.back.amounts, code = points.TakeBack(&orig.state, t.Kind, t.AmountIncl, r.back.amounts[:0])
	if code != 0 {
		return code, nil
	}
	shown := len(t.Card) > 0 && orig.provider >= 0
	if shown && (t.Provider != orig.provider || !bytes.Equal(t.Account, orig.account)) {
		o.warning = fault.ReturnCardDiffers
	}
	tk := taking{provider: orig.provider, account: orig.account, returned: orig.state.Returned}
	tk.leaves = r.job.newest(orig.provider, orig.account)
	for i, amount := range r.back.amounts {
		if amount > 0 {
			e := orig.entries[i]
			tk.entries = append(tk.entries, Entry{
				Rule: e.Rule, PointType: e.PointType, Points: -amount, Original: int32(i),
				Campaign: e.Campaign,
			})
		}
	}
	o.from = int32(len(r.back.takings))
	r.back.takings = append(r.back.takings, tk)
	return 0, nil
}

// originalOf finds the sale that a return names: in this run's bucket, else in the ledger. A return is no
// original (R16).
func (r *rater) originalOf(t *transaction.Transaction) (*original, error) {
	if !t.NamesOriginal {
		return nil, nil
	}
	if o, ok := r.back.originals[t.Original]; ok {
		return o, nil
	}
	if i := r.b.seen.find(r.b.txs, &t.Original); i >= 0 {
		sale := &r.b.txs[i]
		if sale.Kind.TakesBack() {
			return nil, nil
		}
		o := &original{provider: sale.Provider, account: sale.Account}
		o.state.Incl = sale.AmountIncl
		oc := r.b.outcomes[i]
		for _, a := range r.b.awards[oc.from:oc.to] {
			if a.Points == 0 {
				continue
			}
			o.state.Entries = append(o.state.Entries, points.Standing{Points: a.Points, Standing: a.Points})
			o.entries = append(o.entries, PastEntry{
				r.job.rules.CodeOf(a.Rule), r.job.typeName(sale, &a), r.job.isCampaign(a.Rule),
			})
		}
		return r.remember(t.Original, o), nil
	}
	past := r.past[t.Original]
	if past == nil || past.Kind.TakesBack() {
		return nil, nil
	}
	o := &original{
		state: past.Original, provider: past.Provider, account: past.Account, entries: past.Entries,
	}
	o.state.Entries = append([]points.Standing(nil), o.state.Entries...)
	if len(o.account) == 0 && o.provider >= 0 {
		var err error
		if o.account, err = r.job.history.Number(r.job.codes[o.provider], past.Ref); err != nil {
			return nil, err
		}
		o.erased = len(o.account) == 0
	}
	return r.remember(t.Original, o), nil
}

func (r *rater) remember(key transaction.Hash, o *original) *original {
	if r.back.originals == nil {
		r.back.originals = make(map[transaction.Hash]*original)
	}
	r.back.originals[key] = o
	return o
}

// unknownOriginal is R17: an error, or points computed by the rules of the return's own date, negated.
func (r *rater) unknownOriginal(t *transaction.Transaction, o *outcome) fault.Code {
	feed := r.job.feedOf(t)
	if !feed.compute {
		return fault.ReturnOriginalUnknown
	}
	var code fault.Code
	r.back.awards, code = r.job.rules.RateUnknownReturn(t, r.back.awards[:0], &r.rules)
	if code != 0 {
		return code
	}
	if t.Provider < 0 && !feed.cardOptional {
		return fault.CardMissing
	}
	tk := taking{provider: t.Provider, account: t.Account}
	tk.leaves = r.job.newest(t.Provider, t.Account)
	for i := range r.back.awards {
		computed := r.awarded(t, &r.back.awards[i])
		computed.Campaign = false
		tk.entries = append(tk.entries, computed)
	}
	o.from = int32(len(r.back.takings))
	r.back.takings = append(r.back.takings, tk)
	return 0
}
