package day

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/spool"
	"multipoint/shared/table"
	"multipoint/shared/transaction"
)

const stepPost = "post"

// Post writes a committed run into the ledger. It may be done again from its beginning at any time before the
// next run opens: every item says which runs it has.
func (s *Service) Post(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepPost)
	if err != nil || done {
		return err
	}
	var m Manifest
	if err := s.readJSON(ctx, s.manifestPath(st.Run), &m); err != nil {
		return err
	}
	p := &poster{w: w, m: &m, to: s.Table}
	if err := p.run(ctx); err != nil {
		return err
	}
	return s.record(ctx, st.Run, st.Attempt, stepPost, Posted)
}

// poster writes the items of one run.
type poster struct {
	w  *work
	m  *Manifest
	to table.Table
	// ledgerOnly leaves the vault and the held files alone: the ledger is being built again.
	ledgerOnly bool
	counted    map[string]bool // campaigns whose use is counted by card

	items   []table.Item
	size    int
	writing chan error    // of the batch that is being written; nil = none is
	counts  *spool.Sorter // campaign, reference, points
}

// batch is how many bytes of items are written at once.
const batch = 4 << 20

func (p *poster) run(ctx context.Context) (err error) {
	if err := p.findCounted(ctx); err != nil {
		return err
	}
	p.counts = spool.NewSorter(spool.Options{Dir: p.w.Options.TempDir, Memory: int(p.w.memory())})
	defer func() { err = errors.Join(err, p.wait(), p.counts.Close()) }()
	if p.m.Answered != nil {
		if err := p.answered(ctx); err != nil {
			return err
		}
	} else if err := p.transactions(ctx); err != nil {
		return err
	}
	if p.m.Kind == Day {
		if err := p.w.recount(ctx, p.count); err != nil {
			return err
		}
		if err := p.markCounted(ctx); err != nil {
			return err
		}
	}
	if err := p.counters(ctx); err != nil {
		return err
	}
	if err := p.books(ctx); err != nil {
		return err
	}
	if p.m.Kind == Day {
		if err := p.accepted(ctx); err != nil {
			return err
		}
	}
	if err := p.flush(ctx); err != nil {
		return err
	}
	if p.m.Kind != Day || p.ledgerOnly {
		return nil
	}
	if err := p.vault(ctx); err != nil {
		return err
	}
	if err := p.forget(ctx); err != nil {
		return err
	}
	return p.takeHeld(ctx)
}

// put adds an item to the batch.
func (p *poster) put(ctx context.Context, item table.Item) error {
	p.items = append(p.items, item)
	p.size += len(item.Body) + 256
	if p.size < batch {
		return nil
	}
	return p.hand(ctx)
}

// hand lets a batch be written while the next one is made. Items of one run never depend on each other.
func (p *poster) hand(ctx context.Context) error {
	if err := p.wait(); err != nil {
		return err
	}
	items := p.items
	p.items, p.size = nil, 0
	p.writing = make(chan error, 1)
	go func() { p.writing <- p.to.BatchPut(ctx, items) }()
	return nil
}

// wait waits for the batch that is being written.
func (p *poster) wait() error {
	if p.writing == nil {
		return nil
	}
	err := <-p.writing
	p.writing = nil
	return err
}

// flush writes what there is.
func (p *poster) flush(ctx context.Context) error {
	if err := p.hand(ctx); err != nil {
		return err
	}
	return p.wait()
}

func (p *poster) putJSON(ctx context.Context, key table.Key, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.put(ctx, table.Item{Key: key, Body: body})
}

// transactions writes the accepted transactions of a day, and what its returns did to earlier ones.
func (p *poster) transactions(ctx context.Context) error {
	parts, err := p.w.openGrants(ctx)
	if err != nil {
		return err
	}
	for _, part := range parts {
		for b := range part.buckets {
			if err := p.bucket(ctx, part, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// posted is a bucket on its way into the ledger. A sale and all that takes it back share a bucket (R6).
type posted struct {
	items  []table.Item
	at     map[transaction.Hash]int // places in items
	events map[transaction.Hash][]ledger.Event
}

func (p *poster) bucket(ctx context.Context, part grantReader, bucket int) error {
	b := &posted{at: map[transaction.Hash]int{}, events: map[transaction.Hash][]ledger.Event{}}
	err := part.records(ctx, bucket, func(binary []byte, r *ledger.Record) error {
		if r.Status != ledger.Rated {
			return nil
		}
		return p.transaction(b, binary, r)
	})
	if err != nil {
		return err
	}
	if err := p.returns(ctx, b); err != nil {
		return err
	}
	// Buckets come in the order of keys, so that items do too: a table takes them best that way.
	slices.SortFunc(b.items, func(x, y table.Item) int { return strings.Compare(x.Partition, y.Partition) })
	for i := range b.items {
		if err := p.put(ctx, b.items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *poster) transaction(b *posted, binary []byte, r *ledger.Record) error {
	b.at[r.Key] = len(b.items)
	item := table.Item{Key: p.w.transactionKey(&r.Key), Body: ledger.AppendItem(nil, p.m.Run, binary)}
	if len(r.Provider) > 0 {
		item.Index[0] = p.w.cardIndex(&r.Ref, int64(r.Date)*86400+max(0, int64(r.Time)), &r.Key)
	}
	b.items = append(b.items, item)
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.Campaign {
			if err := p.count(e.Rule, &r.Ref, e.Points); err != nil {
				return err
			}
		}
	}
	if r.Kind.TakesBack() && r.NamesOriginal {
		b.events[r.Original] = append(b.events[r.Original], returned(p.m.Run, r)...)
	}
	return nil
}

// returned are the events that a return of a known sale leaves with it.
func returned(run int64, r *ledger.Record) []ledger.Event {
	out := []ledger.Event{{Run: run, Kind: ledger.Back, Order: -1, Yen: r.Returned, By: r.Key}}
	for i := range r.Entries {
		if e := &r.Entries[i]; e.Original >= 0 {
			out = append(out, ledger.Event{
				Run: run, Kind: ledger.Returned, Order: e.Original, Points: -e.Points, Yen: r.Returned,
				By: r.Key,
			})
		}
	}
	return out
}

// returns puts the events of returns behind the sales that they name. A sale that nobody knows, or a return
// that is named like one, has none.
func (p *poster) returns(ctx context.Context, b *posted) error {
	var ask []table.Key
	var keys []transaction.Hash
	for key := range b.events {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(x, y transaction.Hash) int { return bytes.Compare(x[:], y[:]) })
	var it ledger.Item
	for _, key := range keys {
		i, ok := b.at[key]
		if !ok {
			ask = append(ask, p.w.transactionKey(&key))
			continue
		}
		if _, err := it.Decode(b.items[i].Body, p.m.Run); err != nil {
			return err
		}
		if !it.Record.Kind.TakesBack() {
			b.items[i].Body = appendEvents(b.items[i].Body, b.events[key])
		}
	}
	return p.to.BatchGet(ctx, ask, func(_ int, item table.Item, ok bool) error {
		if !ok {
			return nil
		}
		if _, err := it.Decode(item.Body, p.m.Run); err != nil {
			return err
		}
		if it.Record.Kind.TakesBack() || it.LastRun() >= p.m.Run {
			return nil // no sale, or posted already
		}
		item.Body = appendEvents(bytes.Clone(item.Body), b.events[it.Record.Key])
		b.items = append(b.items, item)
		return nil
	})
}

func appendEvents(body []byte, events []ledger.Event) []byte {
	for i := range events {
		body = events[i].Append(body)
	}
	return body
}

// count notes points that move a campaign's counters.
func (p *poster) count(campaign []byte, ref *card.Ref, points int64) error {
	if !p.counted[string(campaign)] {
		return nil
	}
	record := append(append([]byte(nil), campaign...), 0)
	record = append(record, ref[:]...)
	record = binary.AppendVarint(record, points)
	return p.counts.Add(record)
}

// counters adds the run's sums to the counters, by card and in total.
func (p *poster) counters(ctx context.Context) error {
	it, err := p.counts.Sort()
	if err != nil {
		return err
	}
	totals := map[string]int64{}
	c := &counting{p: p}
	for {
		record, err := it.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		end := bytes.IndexByte(record, 0)
		points, n := binary.Varint(record[end+1+len(card.Ref{}):])
		if n <= 0 {
			return fault.New(fault.ReadFailed, "damaged temporary record")
		}
		campaign := string(record[:end])
		totals[campaign] += points
		if err := c.add(ctx, campaign, card.Ref(record[end+1:end+1+len(card.Ref{})]), points); err != nil {
			return err
		}
	}
	if err := c.flush(ctx); err != nil {
		return err
	}
	for _, campaign := range sortedKeys(totals) {
		c.keys = append(c.keys, p.w.totalKey(campaign))
		c.sums = append(c.sums, totals[campaign])
	}
	return c.flush(ctx)
}

// counting gathers counters until there are enough for one reading of the table.
type counting struct {
	p    *poster
	last counter
	keys []table.Key
	sums []int64
}

const countersAtOnce = 4096

func (c *counting) add(ctx context.Context, campaign string, ref card.Ref, points int64) error {
	if next := (counter{campaign, ref}); len(c.keys) == 0 || next != c.last {
		if len(c.keys) >= countersAtOnce {
			if err := c.flush(ctx); err != nil {
				return err
			}
		}
		c.last = next
		c.keys = append(c.keys, c.p.w.counterKey(campaign, &ref))
		c.sums = append(c.sums, 0)
	}
	c.sums[len(c.sums)-1] += points
	return nil
}

func (c *counting) flush(ctx context.Context) error {
	run := c.p.m.Run
	err := c.p.to.BatchGet(ctx, c.keys, func(i int, item table.Item, ok bool) error {
		body, value := []byte(nil), int64(0)
		if ok {
			v, last, err := readCounter(item.Body, run)
			if err != nil || last >= run {
				return err
			}
			body, value = item.Body, v
		}
		body = binary.AppendUvarint(bytes.Clone(body), uint64(run))
		body = binary.AppendVarint(body, value+c.sums[i])
		return c.p.put(ctx, table.Item{Key: c.keys[i], Body: body})
	})
	c.keys, c.sums = c.keys[:0], c.sums[:0]
	return err
}

// books writes accounts and provider files.
func (p *poster) books(ctx context.Context) error {
	for _, provider := range sortedKeys(p.m.Accounts) {
		a := Account{Provider: provider, Run: p.m.Run, RunDate: p.m.RunDate, Change: p.m.Accounts[provider]}
		before, err := lastAccount(ctx, p.to, p.w.accountKey(provider, p.m.Run))
		if err != nil {
			return err
		}
		a.Balance = before
		a.Balance.Add(a.Change)
		if err := p.putJSON(ctx, p.w.accountKey(provider, p.m.Run), &a); err != nil {
			return err
		}
	}
	for i := range p.m.Providers {
		f := &p.m.Providers[i]
		if err := p.putJSON(ctx, p.w.fileKey(f.Outlet, f.Run), f); err != nil {
			return err
		}
	}
	for _, a := range p.m.Accepted {
		err := p.changeFile(ctx, a.Outlet, a.Run, func(f *ProviderFile) { f.AcceptedRun = p.m.Run })
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *poster) changeFile(ctx context.Context, outlet string, run int64, change func(*ProviderFile)) error {
	item, ok, err := p.to.Get(ctx, p.w.fileKey(outlet, run))
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.PartMissing, "the record of a provider file is missing")
	}
	f, err := readProviderFile(item.Body)
	if err != nil {
		return err
	}
	change(f)
	return p.putJSON(ctx, p.w.fileKey(outlet, run), f)
}

// Account is a provider's accounts after a run that moved something.
type Account struct {
	Provider string          `json:"provider"`
	Run      int64           `json:"run"`
	RunDate  calendar.Date   `json:"run_date"`
	Change   ledger.Balances `json:"change"`
	Balance  ledger.Balances `json:"balance"`
}

// lastAccount gives the balance before a run's own item.
func lastAccount(ctx context.Context, t table.Table, key table.Key) (ledger.Balances, error) {
	q := table.Query{Partition: key.Partition, To: key.Sort, Backwards: true, Limit: 2}
	for {
		page, err := t.Query(ctx, q)
		if err != nil {
			return ledger.Balances{}, err
		}
		for i := range page.Items {
			if page.Items[i].Sort == key.Sort {
				continue
			}
			var a Account
			err := json.Unmarshal(page.Items[i].Body, &a)
			return a.Balance, err
		}
		if page.Next == "" {
			return ledger.Balances{}, nil
		}
		q.Cursor = page.Next
	}
}

// accepted notes which files were accepted (R3).
func (p *poster) accepted(ctx context.Context) error {
	for i := range p.m.Files {
		if f := &p.w.pins.Files[i]; p.m.Files[i].Accepted() && f.HasData {
			if err := p.remember(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeHeld takes the run's files from the held ones.
func (p *poster) takeHeld(ctx context.Context) error {
	for i := range p.w.pins.Files {
		f := &p.w.pins.Files[i]
		err := p.to.Delete(ctx, table.Item{Key: p.w.heldKey(f.RunDate, f.ID)}, table.Always)
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *poster) remember(ctx context.Context, f *PinnedFile) error {
	key := p.w.seenKey(f.Feed, f.SHA256)
	item, ok, err := p.to.Get(ctx, key)
	if err != nil {
		return err
	}
	var list []seenFile
	if ok {
		if list, err = readSeen(item.Body); err != nil {
			return err
		}
	}
	if len(list) > 0 && list[len(list)-1].Run >= p.m.Run {
		return nil
	}
	body, err := json.Marshal(append(list, seenFile{p.m.Run, p.m.RunDate}))
	if err != nil {
		return err
	}
	return p.put(ctx, table.Item{Key: key, Body: body})
}
