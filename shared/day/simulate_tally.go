package day

import (
	"math"
	"slices"
	"strings"

	"multipoint/shared/ledger"
	"multipoint/shared/rating"
)

// tally adds up one side of a day, for one goroutine. Names are numbered, so that an entry costs no text.
type tally struct {
	ids   map[string]int32
	names []string
	costs map[costKey]*Figures
	sum   Sum
	cards map[uint64]struct{}
}

type costKey struct{ provider, pointType, store, rule int32 }

func newTally() *tally {
	return &tally{ids: map[string]int32{}, costs: map[costKey]*Figures{}, cards: map[uint64]struct{}{}}
}

func (t *tally) id(name []byte) int32 {
	if id, ok := t.ids[string(name)]; ok {
		return id
	}
	return t.add(string(name))
}

func (t *tally) text(name string) int32 {
	if id, ok := t.ids[name]; ok {
		return id
	}
	return t.add(name)
}

func (t *tally) add(name string) int32 {
	id := int32(len(t.names))
	t.ids[name] = id
	t.names = append(t.names, name)
	return id
}

func (t *tally) at(key costKey) *Figures {
	f := t.costs[key]
	if f == nil {
		f = &Figures{}
		t.costs[key] = f
	}
	return f
}

// entry adds a grant or return.
func (f *Figures) entry(basis, award, points int64, back bool) {
	f.Entries++
	if back {
		f.Taken += points
		return
	}
	f.Points += points
	f.Yen += basis
	if award > points {
		f.CutEntries++
		f.CutPoints = addUp(f.CutPoints, award-points)
	}
}

// lost adds an award of which caps left nothing.
func (f *Figures) lost(award int64) {
	f.LostEntries++
	f.LostPoints = addUp(f.LostPoints, award)
}

// addUp adds numbers of at least 0; awards before caps may be as large as a number can be.
func addUp(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func (f *Figures) add(o *Figures) {
	f.Entries += o.Entries
	f.Points += o.Points
	f.Taken += o.Taken
	f.Yen += o.Yen
	f.CutEntries += o.CutEntries
	f.CutPoints = addUp(f.CutPoints, o.CutPoints)
	f.LostEntries += o.LostEntries
	f.LostPoints = addUp(f.LostPoints, o.LostPoints)
}

// status counts what became of a transaction.
func (s *Sum) status(status ledger.Status) {
	switch status {
	case ledger.Rated:
		s.Rated++
	case ledger.Duplicate:
		s.Duplicates++
	default:
		s.Errors++
	}
}

// record adds a record of a committed run.
func (t *tally) record(r *ledger.Record) {
	t.sum.status(r.Status)
	if len(r.Entries) == 0 {
		return
	}
	t.cards[cardMark(r.Provider, r.Ref[:])] = struct{}{}
	key := costKey{provider: t.id(r.Provider), store: t.id(r.Store)}
	for i := range r.Entries {
		e := &r.Entries[i]
		key.pointType, key.rule = t.id(e.PointType), t.id(e.Rule)
		t.at(key).entry(e.Basis, e.Award, e.Points, r.Kind.TakesBack())
	}
}

// verdict adds a simulated verdict.
func (t *tally) verdict(v *rating.Verdict, provider string) {
	t.sum.status(ledger.Status(v.Status))
	if len(v.Entries) == 0 {
		return
	}
	t.cards[cardMark([]byte(provider), v.Account)] = struct{}{}
	key := costKey{provider: t.text(provider), store: t.id(v.Tx.Store)}
	for i := range v.Entries {
		e := &v.Entries[i]
		key.pointType, key.rule = t.text(e.PointType), t.text(e.Rule)
		t.at(key).entry(e.Basis, e.Award, e.Points, v.Tx.Kind.TakesBack())
	}
}

func (t *tally) lost(l *rating.LostAward, provider string) {
	t.at(costKey{
		t.text(provider), t.text(l.PointType), t.id(l.Tx.Store), t.text(l.Rule),
	}).lost(l.Award)
}

// cardMark tells cards apart: FNV-1a of provider and number or reference.
func cardMark(provider, card []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, part := range [...][]byte{provider, {0}, card} {
		for _, c := range part {
			h = (h ^ uint64(c)) * 1099511628211
		}
	}
	return h
}

// merge adds another tally.
func (t *tally) merge(o *tally) {
	for k, f := range o.costs {
		t.at(costKey{
			t.text(o.names[k.provider]), t.text(o.names[k.pointType]), t.text(o.names[k.store]),
			t.text(o.names[k.rule]),
		}).add(f)
	}
	for c := range o.cards {
		t.cards[c] = struct{}{}
	}
	t.sum.Rated += o.sum.Rated
	t.sum.Duplicates += o.sum.Duplicates
	t.sum.Errors += o.sum.Errors
}

// countCards counts the cards and forgets them.
func (t *tally) countCards() { t.sum.Cards, t.cards = int64(len(t.cards)), nil }

// total gives the sum over all costs; cards were counted.
func (t *tally) total() Sum {
	sum := t.sum
	for _, f := range t.costs {
		sum.add(f)
	}
	return sum
}

// beside puts two sides of a day beside each other.
func beside(draft, granted *tally) []Cost {
	rows := map[[4]string]*Cost{}
	for i, t := range []*tally{draft, granted} {
		for k, f := range t.costs {
			name := [4]string{t.names[k.provider], t.names[k.pointType], t.names[k.store], t.names[k.rule]}
			row := rows[name]
			if row == nil {
				row = &Cost{Provider: name[0], PointType: name[1], Store: name[2], Rule: name[3]}
				rows[name] = row
			}
			if i == 0 {
				row.Draft = *f
			} else {
				row.Granted = *f
			}
		}
	}
	out := make([]Cost, 0, len(rows))
	for _, row := range rows {
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b Cost) int {
		for _, c := range [...]int{
			strings.Compare(a.Provider, b.Provider), strings.Compare(a.PointType, b.PointType),
			strings.Compare(a.Store, b.Store),
		} {
			if c != 0 {
				return c
			}
		}
		return strings.Compare(a.Rule, b.Rule)
	})
	return out
}
