package day

import (
	"context"
	"sync"

	"multipoint/shared/card"
	"multipoint/shared/points"
	"multipoint/shared/rating"
	"multipoint/shared/spool"
)

// simDay computes one day under the draft: the steps rate, allocate and grant, without writing a part.
type simDay struct {
	*simulator
	d        *simulatedRun
	x        *simSource
	history  *simHistory
	outcomes [rating.Buckets][]byte // of sales, if something is capped
	grants   [rating.Buckets][]byte

	mu     sync.Mutex
	claims *spool.Sorter
	wanted map[counter]bool
}

// simWorker is what one goroutine needs.
type simWorker struct {
	rater  *rating.Rater
	refs   *card.Pseudonyms
	tally  *tally
	buf    []byte
	wanted []counter
}

// claimMemory is how many bytes of a day's claims stay in memory.
const claimMemory = 32 << 20

// day computes one day.
func (m *simulator) day(ctx context.Context, d *simulatedRun) (err error) {
	if err := m.prepare(ctx, d); err != nil {
		return err
	}
	s := &simDay{simulator: m, d: d, history: d.job.History.(*simHistory), wanted: map[counter]bool{}}
	if s.x, err = m.source(ctx, d); err != nil {
		return err
	}
	defer func() {
		if e := s.x.close(); err == nil {
			err = e
		}
	}()
	workers := make([]*simWorker, m.opt.Threads)
	for i := range workers {
		workers[i] = &simWorker{
			rater: d.engine.NewRater(), refs: card.NewPseudonyms(m.key), tally: newTally(),
		}
	}
	if d.engine.Capped() {
		if err := s.allocate(ctx, workers); err != nil {
			return unreadable(d.run.Run, err)
		}
	}
	err = s.each(ctx, workers, func(w *simWorker, bucket int, data []byte) error {
		return s.rest(w, bucket, data)
	})
	if err != nil {
		return unreadable(d.run.Run, err)
	}
	draft := newTally()
	for _, w := range workers {
		draft.merge(w.tally)
	}
	draft.countCards()
	m.out.Days = append(m.out.Days, SimulatedDay{
		Run: d.run.Run, RunDate: d.run.RunDate, Costs: beside(draft, d.granted),
		Draft: draft.total(), Granted: d.granted.total(),
	})
	d.granted, d.engine, d.job, d.manifest, d.work.history = nil, nil, nil, nil, nil
	return nil
}

// each calls work for all buckets, spread over the workers.
func (s *simDay) each(
	ctx context.Context, workers []*simWorker, work func(w *simWorker, bucket int, data []byte) error,
) error {
	return spread(ctx, len(workers), stretches, func(ctx context.Context, worker, i int) error {
		from, to := stretch(i)
		in, err := s.x.open(ctx, from, to)
		if err != nil {
			return err
		}
		defer in.close()
		for b := from; b < to; b++ {
			data, err := in.read(b)
			if err != nil {
				return err
			}
			if err := work(workers[worker], b, data); err != nil {
				return err
			}
		}
		return nil
	})
}

// allocate rates the sales of all buckets and shares out the room of caps.
func (s *simDay) allocate(ctx context.Context, workers []*simWorker) (err error) {
	s.claims = spool.NewSorter(spool.Options{
		Dir: s.Options.TempDir, Memory: claimMemory, KeyLen: rating.ClaimKey,
	})
	defer func() {
		if e := s.claims.Close(); err == nil {
			err = e
		}
	}()
	counted := s.ledger.counted()
	err = s.each(ctx, workers, func(w *simWorker, bucket int, data []byte) error {
		return s.rate(w, bucket, data, counted)
	})
	if err != nil {
		return err
	}
	if err := s.readCounters(ctx); err != nil {
		return err
	}
	it, err := s.claims.Sort()
	if err != nil {
		return err
	}
	return s.d.engine.Allocate(it.Next, points.Use(s.ledger), func(bucket int, g []byte) error {
		s.grants[bucket] = append(s.grants[bucket], g...)
		return nil
	})
}

// rate rates the sales of a bucket and hands their claims over.
func (s *simDay) rate(w *simWorker, bucket int, data []byte, counted bool) error {
	if err := w.rater.Sales(data, s.x.refused); err != nil {
		return err
	}
	s.outcomes[bucket] = w.rater.AppendOutcomes(nil)
	w.buf, w.wanted = w.buf[:0], w.wanted[:0]
	var ends []int
	err := w.rater.Claims(func(claim []byte) error {
		w.buf = append(w.buf, claim...)
		ends = append(ends, len(w.buf))
		if !counted {
			return nil
		}
		return w.rater.ClaimedCards(claim, func(campaign string, ref card.Ref) {
			if s.ledger.counts(campaign) {
				w.wanted = append(w.wanted, counter{campaign, ref})
			}
		})
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from := 0
	for _, to := range ends {
		if err := s.claims.Add(w.buf[from:to]); err != nil {
			return err
		}
		from = to
	}
	for _, c := range w.wanted {
		if s.ledger.wants(c.campaign, c.ref) {
			s.wanted[c] = true
		}
	}
	return nil
}

// readCounters reads the real counters that the allocation will look at and that were not read before.
func (s *simDay) readCounters(ctx context.Context) error {
	if len(s.wanted) == 0 {
		return nil
	}
	use, err := s.history.real.use(ctx, s.wanted)
	if err != nil {
		return err
	}
	for c := range s.wanted {
		s.ledger.caps[c.campaign].base[c.ref] = use.Use(c.campaign, c.ref)
	}
	return nil
}

// rest brings a bucket to its end, counts it and keeps what later days may ask.
func (s *simDay) rest(w *simWorker, bucket int, data []byte) error {
	err := w.rater.Rest(data, s.outcomes[bucket], s.grants[bucket], s.x.refused)
	if err != nil {
		return err
	}
	s.outcomes[bucket], s.grants[bucket] = nil, nil
	engine := s.d.engine
	err = w.rater.Verdicts(func(v *rating.Verdict) error { return s.verdict(w, v) })
	if err != nil {
		return err
	}
	return w.rater.Lost(func(l *rating.LostAward) error {
		w.tally.lost(l, engine.Provider(l.Tx.Provider))
		return nil
	})
}

func (s *simDay) verdict(w *simWorker, v *rating.Verdict) error {
	provider := ""
	if v.Provider >= 0 {
		provider = s.d.engine.Provider(v.Provider)
	}
	w.tally.verdict(v, provider)
	if v.Status == rating.Rated {
		var ref card.Ref
		known := false
		for i := range v.Entries {
			e := &v.Entries[i]
			if !e.Campaign || s.ledger.caps[e.Rule] == nil {
				continue
			}
			if !known {
				ref, known = w.refs.Ref(provider, v.Account), true
			}
			s.ledger.count(e.Rule, ref, e.Points)
		}
		if !known && v.Provider >= 0 && s.ledger.kept(v.Tx) {
			ref = w.refs.Ref(provider, v.Account)
		}
		if err := s.history.post(s.d.run.Run, v, ref, &w.buf); err != nil {
			return err
		}
	}
	if s.opt.Observe == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opt.Observe(s.d.run.Run, v)
}
