package engine

import (
	"bytes"
	"strings"

	"multipoint/shared/card"
	"multipoint/shared/master"
	"multipoint/shared/points"
	"multipoint/shared/rating"
	"multipoint/shared/transaction"
	"multipoint/test/model"
)

// books is the least of a ledger that days without answers need: what was accepted, and the use of
// campaigns.
type books struct {
	points.Counters
	past      map[transaction.Hash]*record
	keys      []func() // keys taken today
	today     []func() // entries of today
	campaigns map[string]bool
	cards     map[string]int64
	use       map[string]int64
	refs      *card.Pseudonyms
}

// record keeps a past transaction with its provider's code, as indexes change with the masters.
type record struct {
	past     rating.Past
	provider string
}

func newBooks() *books {
	return &books{
		past: map[transaction.Hash]*record{}, campaigns: map[string]bool{}, cards: map[string]int64{},
		use: map[string]int64{}, refs: card.NewPseudonyms([]byte(pseudonymKey)),
	}
}

// on gives the ledger to a run with these masters.
func (l *books) on(set *master.Set) rating.History {
	for i := range set.Campaigns {
		l.campaigns[set.Campaigns[i].Code] = true
	}
	for _, r := range l.past {
		r.past.Provider = -1
		for i := range set.Providers {
			if set.Providers[i].Code == r.provider {
				r.past.Provider = int32(i)
			}
		}
	}
	return l
}

// Transactions implements rating.History.
func (l *books) Transactions(keys []transaction.Hash, found func(i int, past *rating.Past)) error {
	for i := range keys {
		if r, ok := l.past[keys[i]]; ok {
			found(i, &r.past)
		}
	}
	return nil
}

// Number implements rating.History; accounts are kept as they are here.
func (l *books) Number(string, card.Ref) ([]byte, error) { return nil, nil }

// post notes a verdict; it counts from the next run on.
func (l *books) post(v *rating.Verdict, set *master.Set) {
	t := *v.Tx
	content, _ := t.Content(nil)
	r := &record{past: rating.Past{
		Content: content, Kind: t.Kind, Provider: v.Provider, Account: bytes.Clone(v.Account),
	}}
	if v.Provider >= 0 {
		r.provider = set.Providers[v.Provider].Code
	}
	entries := append([]rating.Entry(nil), v.Entries...)
	if !t.Kind.TakesBack() {
		r.past.Original.Incl = t.AmountIncl
		for _, e := range entries {
			standing := points.Standing{Points: e.Points, Standing: e.Points}
			r.past.Original.Entries = append(r.past.Original.Entries, standing)
			r.past.Entries = append(r.past.Entries, rating.PastEntry{
				Rule: e.Rule, PointType: e.PointType, Campaign: e.Campaign,
			})
		}
	}
	account, returned := bytes.Clone(v.Account), v.OriginalReturned
	original, named, kind := t.Original, t.NamesOriginal, t.Kind
	l.keys = append(l.keys, func() { l.past[t.Key] = r })
	l.today = append(l.today, func() {
		computed := false
		for _, e := range entries {
			computed = computed || kind.TakesBack() && e.Original < 0
			l.add(r.provider, account, e)
		}
		if o, ok := l.past[original]; kind.TakesBack() && named && ok && !computed {
			o.past.Original.Returned = max(returned, o.past.Original.Returned)
			o.past.Original.Closed = o.past.Original.Incl == 0
			for _, e := range entries {
				s := &o.past.Original.Entries[e.Original]
				s.Taken -= e.Points
				s.Standing += e.Points
			}
		}
	})
}

func (l *books) add(provider string, account []byte, e rating.Entry) {
	l.cards[provider+":"+string(account)+":"+e.PointType] += e.Points
	if e.Campaign {
		l.Add(e.Rule, l.refs.Ref(provider, account), e.Points)
		l.use[e.Rule+":"+provider+":"+string(account)] += e.Points
	}
}

// close ends the day: sales first, then what takes them back.
func (l *books) close() {
	for _, f := range append(l.keys, l.today...) {
		f()
	}
	l.keys, l.today = nil, nil
}

func (l *books) sums(got *model.Expect) {
	for k, v := range l.cards {
		got.Cards[k] = v
	}
	for k, v := range l.use {
		if code, _, _ := strings.Cut(k, ":"); l.campaigns[code] {
			got.CampaignUse[k] = v
		}
	}
}
