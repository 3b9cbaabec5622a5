package rating

import (
	"bytes"
	"slices"

	"multipoint/shared/fault"
	"multipoint/shared/outlet"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// rater decides about the transactions of buckets, one bucket at a time, for one goroutine.
type rater struct {
	job   *prepared
	b     bucket
	data  []byte // the bucket's bytes
	saved []byte
	// granted are the bucket's grants of capped campaigns.
	granted []byte
	buf     []byte
	other   []byte
	rules   points.Scratch
	back    backState
	check   []*outlet.Checker // by provider, nil = no outlet
	entry   outlet.Entry
	keys    []transaction.Hash
	past    map[transaction.Hash]*Past // what earlier runs accepted, by key

	entries []Entry // of the verdict at hand
	piece   []byte
}

func (p *prepared) newRater() *rater {
	r := &rater{job: p, past: map[transaction.Hash]*Past{}}
	for _, info := range p.byProv {
		var c *outlet.Checker
		if info != nil {
			c = info.outlet.NewChecker()
		}
		r.check = append(r.check, c)
	}
	return r
}

// encodable says whether the provider's outlet can write what its file shows of the transaction (R4, R18).
func (r *rater) encodable(t *transaction.Transaction, provider int32) bool {
	if provider < 0 || r.check[provider] == nil {
		return true
	}
	r.entry = outlet.Entry{
		IsReturn: t.Kind.TakesBack(), Number: t.Account, Date: t.Date, Time: t.Time, TimeRaw: t.TimeRaw,
		Store: t.Store, Register: t.Register, Receipt: t.Receipt, MemberNo: t.MemberNo,
		AmountIncl: t.AmountIncl,
	}
	_, ok := r.check[provider].Check(&r.entry)
	return ok
}

// rateSales decides about the sales and grants of the bucket in the order of R12: encodable, not taken
// before, within the limit of points; then the transaction takes its key (R5, R18).
func (r *rater) rateSales() {
	b := &r.b
	b.seen.reset(len(b.txs))
	for i := range b.order[:b.sales] {
		index := b.order[i].index
		t, o := &b.txs[index], &b.outcomes[index]
		o.from = int32(len(b.awards))
		o.to = o.from
		if !r.encodable(t, t.Provider) {
			o.code = fault.OutletUnencodable
			continue
		}
		code := r.taken(t)
		if code == 0 {
			feed := r.job.feedOf(t)
			b.awards, code = r.job.rules.Rate(t, feed.pointType, b.awards, &r.rules)
		}
		if code != 0 {
			o.code = code
			continue
		}
		o.to = int32(len(b.awards))
		b.seen.add(b.txs, index)
	}
}

// taken says whether the transaction's key was taken before, by the same content or another one (R5).
func (r *rater) taken(t *transaction.Transaction) fault.Code {
	if first := r.b.seen.find(r.b.txs, &t.Key); first >= 0 {
		var a, c transaction.Hash
		a, r.buf = r.b.txs[first].Content(r.buf)
		c, r.buf = t.Content(r.buf)
		return sameOrConflict(a, c)
	}
	past := r.past[t.Key]
	if past == nil {
		return 0
	}
	var c transaction.Hash
	c, r.buf = t.Content(r.buf)
	return sameOrConflict(past.Content, c)
}

// lookUp asks the ledger for what earlier runs accepted under the keys of these transactions, and of the
// sales that they take back.
func (r *rater) lookUp(order []place) error {
	clear(r.past)
	if r.job.history == nil || len(order) == 0 {
		return nil
	}
	r.keys = r.keys[:0]
	for i := range order {
		t := &r.b.txs[order[i].index]
		r.keys = append(r.keys, t.Key)
		if t.NamesOriginal {
			r.keys = append(r.keys, t.Original)
		}
	}
	slices.SortFunc(r.keys, func(a, b transaction.Hash) int { return bytes.Compare(a[:], b[:]) })
	r.keys = slices.Compact(r.keys)
	return r.job.history.Transactions(r.keys, func(i int, past *Past) { r.past[r.keys[i]] = past })
}

func sameOrConflict(a, b transaction.Hash) fault.Code {
	if a == b {
		return fault.TransactionDuplicate
	}
	return fault.TransactionConflict
}

// rejoin fills the table of taken keys after outcomes were restored; only returns need it.
func (r *rater) rejoin() {
	b := &r.b
	if b.sales == len(b.order) {
		return
	}
	b.seen.reset(len(b.txs))
	for i := range b.order[:b.sales] {
		if index := b.order[i].index; b.outcomes[index].code == 0 {
			b.seen.add(b.txs, index)
		}
	}
}
