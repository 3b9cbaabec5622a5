package day

import (
	"context"

	"multipoint/shared/card"
	"multipoint/shared/ledger"
	"multipoint/shared/master"
	"multipoint/shared/points"
	"multipoint/shared/table"
)

// Counters by card are kept for campaigns that have a cap, or had one. One that gets its first cap in a later
// version of the masters is counted from the ledger once, when the first run with that version opens (R14:
// counters survive versions).

func (s *Service) countedKey(campaign string) table.Key {
	return table.Key{Partition: s.key("COUNTED"), Sort: campaign}
}

// pinRecount notes the campaigns whose counters do not exist yet although earlier runs may have granted.
func (s *Service) pinRecount(ctx context.Context, p *Pins, set *master.Set) error {
	if p.Previous == 0 {
		return nil
	}
	rules, err := points.Compile(set)
	if err != nil {
		return err
	}
	for i := range rules.List() {
		r := &rules.List()[i]
		if !r.Claims() {
			continue
		}
		_, counted, err := s.Table.Get(ctx, s.countedKey(r.Code))
		if err != nil {
			return err
		}
		if !counted {
			p.Recount = append(p.Recount, r.Code)
		}
	}
	return nil
}

// recount calls visit with the net points of each entry of the campaigns to be counted, as of the run before.
func (w *work) recount(
	ctx context.Context, visit func(campaign []byte, ref *card.Ref, points int64) error,
) error {
	if len(w.pins.Recount) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for _, code := range w.pins.Recount {
		wanted[code] = true
	}
	return w.Items(ctx, w.pins.Run-1, func(it *ledger.Item) error {
		for i := range it.Record.Entries {
			e := &it.Record.Entries[i]
			if !e.Campaign || !wanted[string(e.Rule)] {
				continue
			}
			if err := visit(e.Rule, &it.Record.Ref, it.Net(int32(i))); err != nil {
				return err
			}
		}
		return nil
	})
}

// recounted gives the counters of these campaigns.
func (w *work) recounted(ctx context.Context, use *points.Counters) error {
	return w.recount(ctx, func(campaign []byte, ref *card.Ref, points int64) error {
		use.Add(string(campaign), *ref, points)
		return nil
	})
}

// findCounted finds the campaigns that the run counts: those that were counted before, capped today or not,
// and those that a day of these masters is the first to count. Until that day nothing else may count them.
func (p *poster) findCounted(ctx context.Context) error {
	p.counted = map[string]bool{}
	q := table.Query{Partition: p.w.countedKey("").Partition}
	err := table.Each(ctx, p.to, q, func(item table.Item) error {
		p.counted[item.Sort] = true
		return nil
	})
	if err != nil || p.m.Kind != Day {
		return err
	}
	rules := p.w.engine.Rules().List()
	for i := range rules {
		if rules[i].Claims() {
			p.counted[rules[i].Code] = true
		}
	}
	return nil
}

// markCounted notes that the counters of the run's campaigns exist.
func (p *poster) markCounted(ctx context.Context) error {
	for _, campaign := range sortedKeys(p.counted) {
		_, counted, err := p.to.Get(ctx, p.w.countedKey(campaign))
		if err != nil {
			return err
		}
		if counted {
			continue
		}
		if err := p.putJSON(ctx, p.w.countedKey(campaign), map[string]int64{"run": p.m.Run}); err != nil {
			return err
		}
	}
	return nil
}
