package day

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"sync"

	"multipoint/shared/card"
	"multipoint/shared/ledger"
	"multipoint/shared/packed"
	"multipoint/shared/points"
	"multipoint/shared/rating"
	"multipoint/shared/table"
	"multipoint/shared/transaction"
)

// simLedger is the ledger of a simulation: the real one as of the run before its first day, and on top of it
// what later days can ask for, of the transactions that they name and the counters of capped campaigns.
type simLedger struct {
	asOf int64
	// marks say by the middle of a key what has to be kept or asked of the real ledger. Different keys may
	// share a mark; then more is kept or asked than needed.
	marks  map[uint64]mark
	askAll bool // every key may be in the real ledger

	mu    sync.RWMutex
	items map[transaction.Hash]*simItem
	caps  map[string]*simCap // the draft's capped campaigns
}

type mark uint8

const (
	keepIt mark = 1 << iota // a later transaction names the key or has it too
	askIt                   // the real ledger may know the key
)

func markOf(key *transaction.Hash) uint64 { return binary.LittleEndian.Uint64(key[16:]) }

// simItem is a transaction of the simulated ledger.
type simItem struct {
	past     rating.Past
	original transaction.Hash // that a return takes back from
	backs    []simBack        // of returns: by entry
	refused  []bool           // by entry
	run      int64            // that granted it
}

// simBack says what an entry of a return took.
type simBack struct {
	order  int32 // the original's entry, -1 for computed returns
	points int64 // negative
}

// simCap counts the use of one capped campaign.
type simCap struct {
	members   bool // has a cap per member
	known     bool // the real ledger has counters of it
	baseTotal int64
	total     int64
	base      map[card.Ref]int64 // counters of the real ledger that were read
	moved     map[card.Ref]int64
}

// openLedger begins the ledger of a simulation.
func (m *simulator) openLedger(ctx context.Context, asOf int64) (*simLedger, error) {
	l := &simLedger{
		asOf: asOf, marks: map[uint64]mark{}, items: map[transaction.Hash]*simItem{},
		caps: map[string]*simCap{}, askAll: m.out.Converted,
	}
	var ask []table.Key
	var codes []string
	for i := range m.set.Campaigns {
		c := &m.set.Campaigns[i]
		if c.Caps.Member == nil && c.Caps.Campaign == nil {
			continue
		}
		l.caps[c.Code] = &simCap{
			members: c.Caps.Member != nil, base: map[card.Ref]int64{}, moved: map[card.Ref]int64{},
		}
		ask, codes = append(ask, m.totalKey(c.Code)), append(codes, c.Code)
	}
	err := m.Table.BatchGet(ctx, ask, func(i int, item table.Item, ok bool) error {
		if !ok {
			return nil
		}
		value, _, err := readCounter(item.Body, asOf)
		c, first := l.caps[codes[i]], packed.From(item.Body)
		c.known, c.baseTotal = int64(first.Uvarint()) <= asOf, value
		return err
	})
	if err != nil {
		return nil, err
	}
	err = m.recountBefore(ctx, l, codes)
	return l, err
}

// recountBefore counts what campaigns gave before that had no cap then, as the first run with the draft would
// (R14). That means to read the whole ledger, so it is only done for campaigns that some earlier run knew.
func (m *simulator) recountBefore(ctx context.Context, l *simLedger, codes []string) error {
	wanted := map[string]bool{}
	for _, code := range codes {
		item, ok, err := m.Table.Get(ctx, m.countedKey(code))
		if err != nil {
			return err
		}
		var counted struct {
			Run int64 `json:"run"`
		}
		if ok {
			if err := json.Unmarshal(item.Body, &counted); err != nil {
				return damagedItem("a campaign", err)
			}
		}
		if !ok || counted.Run > l.asOf {
			wanted[code] = true
		}
	}
	if len(wanted) == 0 || l.asOf == 0 {
		return nil
	}
	known, err := m.everKnown(ctx, l.asOf, wanted)
	if err != nil || !known {
		return err
	}
	for code := range wanted { // the scan says all
		l.caps[code].known, l.caps[code].baseTotal = false, 0
	}
	return m.Items(ctx, l.asOf, func(it *ledger.Item) error {
		for i := range it.Record.Entries {
			e := &it.Record.Entries[i]
			if e.Campaign && wanted[string(e.Rule)] {
				c, net := l.caps[string(e.Rule)], it.Net(int32(i))
				c.base[it.Record.Ref] += net
				c.baseTotal += net
			}
		}
		return nil
	})
}

// everKnown says whether the masters of an earlier run had one of these campaigns.
func (m *simulator) everKnown(ctx context.Context, asOf int64, wanted map[string]bool) (bool, error) {
	known, seen := false, map[string]bool{}
	err := m.Runs(ctx, func(r *Run) error {
		if known || r.Run > asOf || r.State == Voided {
			return nil
		}
		var pins Pins
		if err := m.readJSON(ctx, m.pinsPath(r.Run), &pins); err != nil {
			return err
		}
		if seen[pins.Masters.Key] {
			return nil
		}
		seen[pins.Masters.Key] = true
		set, err := m.readMasters(ctx, pins.Masters)
		for i := 0; err == nil && i < len(set.Campaigns); i++ {
			known = known || wanted[set.Campaigns[i].Code]
		}
		return err
	})
	return known, err
}

// simHistory is the simulated ledger as a day's engine asks for it.
type simHistory struct {
	real *history
	*simLedger
}

// Transactions implements rating.History.
func (h *simHistory) Transactions(
	keys []transaction.Hash, found func(i int, past *rating.Past),
) error {
	var ask []transaction.Hash
	var at []int
	h.mu.RLock()
	for i := range keys {
		mark := h.marks[markOf(&keys[i])]
		if mark&keepIt != 0 {
			if it, ok := h.items[keys[i]]; ok {
				found(i, &it.past)
				continue
			}
		}
		if h.askAll || mark&askIt != 0 {
			ask, at = append(ask, keys[i]), append(at, i)
		}
	}
	h.mu.RUnlock()
	if len(ask) == 0 {
		return nil
	}
	return h.real.Transactions(ask, func(i int, past *rating.Past) { found(at[i], past) })
}

// Number implements rating.History.
func (h *simHistory) Number(provider string, ref card.Ref) ([]byte, error) {
	return h.real.Number(provider, ref)
}

// Use implements points.Use.
func (l *simLedger) Use(campaign string, ref points.Card) int64 {
	c := l.caps[campaign]
	if c == nil {
		return 0
	}
	return c.base[ref] + c.moved[ref]
}

// Total implements points.Use.
func (l *simLedger) Total(campaign string) int64 {
	c := l.caps[campaign]
	if c == nil {
		return 0
	}
	return c.baseTotal + c.total
}

// wants says whether the real counter of a card must be read before an allocation.
func (l *simLedger) wants(campaign string, ref card.Ref) bool {
	_, read := l.caps[campaign].base[ref]
	return l.counts(campaign) && !read
}

// counts says whether a campaign has a cap per member and counters in the real ledger.
func (l *simLedger) counts(campaign string) bool {
	c := l.caps[campaign]
	return c != nil && c.members && c.known
}

// counted says whether some campaign has a cap per member and counters in the real ledger.
func (l *simLedger) counted() bool {
	for campaign := range l.caps {
		if l.counts(campaign) {
			return true
		}
	}
	return false
}

// count moves the counters of a campaign; those that no cap asks for are not kept.
func (l *simLedger) count(campaign string, ref card.Ref, points int64) {
	c := l.caps[campaign]
	if c == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c.total += points
	if c.members {
		c.moved[ref] += points
	}
}

// kept says whether a later day may ask for a transaction.
func (l *simLedger) kept(t *transaction.Transaction) bool {
	return l.marks[markOf(&t.Key)]&keepIt != 0
}

// post keeps what later days may ask about a rated verdict. All that can name a transaction is in its bucket,
// which one goroutine works on at a time.
func (h *simHistory) post(run int64, v *rating.Verdict, ref card.Ref, buf *[]byte) error {
	t := v.Tx
	if h.kept(t) {
		h.keep(run, v, ref, buf)
	}
	if !t.Kind.TakesBack() || !t.NamesOriginal {
		return nil
	}
	sale, err := h.item(&t.Original)
	if err != nil || sale == nil || sale.past.Kind.TakesBack() {
		return err
	}
	o := &sale.past.Original
	o.Returned = max(o.Returned, v.OriginalReturned)
	o.Closed = o.Incl == 0
	for i := range v.Entries {
		if e := &v.Entries[i]; e.Original >= 0 {
			o.Entries[e.Original].Taken -= e.Points
			o.Entries[e.Original].Standing += e.Points
		}
	}
	return nil
}

func (h *simHistory) keep(run int64, v *rating.Verdict, ref card.Ref, buf *[]byte) {
	t := v.Tx
	it := &simItem{run: run, past: rating.Past{
		Kind: t.Kind, Provider: v.Provider, Ref: ref, Account: bytes.Clone(v.Account),
	}}
	it.past.Content, *buf = t.Content(*buf)
	it.past.Original.Incl = t.AmountIncl
	if t.Kind.TakesBack() {
		it.original = t.Original
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		standing := points.Standing{Points: e.Points, Standing: e.Points}
		it.past.Original.Entries = append(it.past.Original.Entries, standing)
		it.past.Entries = append(it.past.Entries, rating.PastEntry{
			Rule: e.Rule, PointType: e.PointType, Campaign: e.Campaign,
		})
		if t.Kind.TakesBack() {
			it.backs = append(it.backs, simBack{e.Original, e.Points})
		}
	}
	it.refused = make([]bool, len(v.Entries))
	h.mu.Lock()
	h.items[t.Key] = it
	h.mu.Unlock()
}

// item gives a transaction to change: a simulated one, or a copy of one of the real ledger; nil if none
// knows it.
func (h *simHistory) item(key *transaction.Hash) (*simItem, error) {
	h.mu.RLock()
	it := h.items[*key]
	h.mu.RUnlock()
	if it != nil || !h.askAll && h.marks[markOf(key)]&askIt == 0 || h.asOf == 0 {
		return it, nil
	}
	item, ok, err := h.real.Table.Get(h.real.ctx, h.real.transactionKey(key))
	if err != nil || !ok {
		return nil, err
	}
	var old ledger.Item
	known, err := old.Decode(item.Body, h.asOf)
	if err != nil || !known {
		return nil, err
	}
	it = h.copied(&old)
	h.mu.Lock()
	h.items[*key] = it
	h.mu.Unlock()
	return it, nil
}

func (h *simHistory) copied(old *ledger.Item) *simItem {
	it := &simItem{past: *h.real.past(old), run: old.Run, original: old.Record.Original}
	it.refused = make([]bool, len(old.Record.Entries))
	for i := range old.Record.Entries {
		it.refused[i] = old.Refused(int32(i))
		if old.Record.Kind.TakesBack() {
			e := &old.Record.Entries[i]
			it.backs = append(it.backs, simBack{e.Original, e.Points})
		}
		it.run = max(it.run, old.GrantedIn(int32(i)))
	}
	return it
}
