package day

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/master"
	"multipoint/shared/packed"
	"multipoint/shared/points"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
	"multipoint/shared/table"
	"multipoint/shared/transaction"
)

// history is the ledger as of the run before (rating.History). What later runs added is not seen, so that old
// runs can be computed again.
type history struct {
	*Service
	ctx       context.Context //nolint:containedctx // the engine's port has none
	asOf      int64
	providers map[string]int32
	vault     *seal.Sections // nil = there are no numbers yet

	mu     sync.Mutex
	shards map[byte][]byte // of the vault that were read, the last few
	points.Counters
}

// historyOf opens the ledger for a run.
func (s *Service) historyOf(ctx context.Context, p *Pins, set *master.Set) (*history, error) {
	h := &history{
		Service: s, ctx: context.WithoutCancel(ctx), asOf: p.Run - 1, providers: map[string]int32{},
		shards: map[byte][]byte{},
	}
	for i := range set.Providers {
		h.providers[set.Providers[i].Code] = int32(i)
	}
	if p.Vault == 0 {
		return h, nil
	}
	var err error
	h.vault, err = s.openPart(ctx, s.vaultPath(p.Vault))
	return h, err
}

// Transactions implements rating.History.
func (h *history) Transactions(keys []transaction.Hash, found func(i int, past *rating.Past)) error {
	if h.asOf == 0 {
		return nil
	}
	ask := make([]table.Key, len(keys))
	for i := range keys {
		ask[i] = h.transactionKey(&keys[i])
	}
	var it ledger.Item
	return h.Table.BatchGet(h.ctx, ask, func(i int, item table.Item, ok bool) error {
		if !ok {
			return nil
		}
		known, err := it.Decode(item.Body, h.asOf)
		if err != nil || !known {
			return err
		}
		found(i, h.past(&it))
		return nil
	})
}

// past is an item as the engine sees it.
func (h *history) past(it *ledger.Item) *rating.Past {
	r := &it.Record
	p := &rating.Past{Content: r.Content, Kind: r.Kind, Provider: -1, Ref: r.Ref, Original: it.Original()}
	if i, ok := h.providers[string(r.Provider)]; ok {
		p.Provider = i
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		p.Entries = append(p.Entries, rating.PastEntry{
			Rule: string(e.Rule), PointType: string(e.PointType), Campaign: e.Campaign,
		})
	}
	return p
}

// keptShards is how many shards of the vault are kept in memory: those that were asked for last.
const keptShards = 16

// Number implements rating.History: the vault of the run before, sorted by reference.
func (h *history) Number(_ string, ref card.Ref) ([]byte, error) {
	if h.vault == nil {
		return nil, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	shard, ok := h.shards[ref[0]]
	if !ok {
		var err error
		if shard, err = section(h.ctx, h.vault, int(ref[0])); err != nil {
			return nil, partFault(h.vault.Info().Key, err)
		}
		if len(h.shards) >= keptShards {
			clear(h.shards)
		}
		h.shards[ref[0]] = shard
	}
	return findNumber(shard, ref)
}

// findNumber looks a number up among frames of reference and number, sorted by reference.
func findNumber(shard []byte, ref card.Ref) ([]byte, error) {
	for r := packed.From(shard); len(r.Rest()) > 0; {
		record := r.Text()
		if r.Bad() || len(record) < len(ref) {
			return nil, fault.New(fault.PartDamaged, "")
		}
		switch bytes.Compare(record[:len(ref)], ref[:]) {
		case 0:
			return bytes.Clone(record[len(ref):]), nil
		case 1:
			return nil, nil
		}
	}
	return nil, nil
}

// counter names the net use of a card in a campaign.
type counter struct {
	campaign string
	ref      card.Ref
}

// use reads counters, and the totals of their campaigns, as of the run before.
func (h *history) use(ctx context.Context, wanted map[counter]bool) (*points.Counters, error) {
	list := make([]counter, 0, len(wanted))
	campaigns := map[string]bool{}
	for c := range wanted {
		list = append(list, c)
		campaigns[c.campaign] = true
	}
	slices.SortFunc(list, func(a, b counter) int {
		return cmp.Or(cmp.Compare(a.campaign, b.campaign), bytes.Compare(a.ref[:], b.ref[:]))
	})
	ask := make([]table.Key, 0, len(list)+len(campaigns))
	for i := range list {
		ask = append(ask, h.counterKey(list[i].campaign, &list[i].ref))
	}
	for _, campaign := range sortedKeys(campaigns) {
		list = append(list, counter{campaign: campaign})
		ask = append(ask, h.totalKey(campaign))
	}
	out := &points.Counters{}
	err := h.Table.BatchGet(ctx, ask, func(i int, item table.Item, ok bool) error {
		if !ok {
			return nil
		}
		value, _, err := readCounter(item.Body, h.asOf)
		if i < len(wanted) {
			out.Set(list[i].campaign, list[i].ref, value)
		} else {
			out.SetTotal(list[i].campaign, value)
		}
		return err
	})
	return out, err
}

// A counter's item is a list of (run, value after it), so that it can be read as of any run.

// readCounter gives a counter as of a run, and the last run that changed it.
func readCounter(body []byte, asOf int64) (value, last int64, err error) {
	r := packed.From(body)
	for len(r.Rest()) > 0 && !r.Bad() {
		run, v := int64(r.Uvarint()), r.Varint()
		if run <= asOf {
			value = v
		}
		last = run
	}
	if r.Bad() {
		return 0, 0, fault.New(fault.PartDamaged, "a counter of the ledger is damaged")
	}
	return value, last, nil
}

// readFramesAll calls visit with each record of a stream of frames.
func readFramesAll(r io.ReadCloser, visit func(record []byte) error) error {
	f := newFrames(r)
	defer func() { _ = r.Close() }() // it was only read
	for {
		record, err := f.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := visit(record); err != nil {
			return err
		}
	}
}
