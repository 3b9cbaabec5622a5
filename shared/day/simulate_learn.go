package day

import (
	"context"
	"slices"

	"multipoint/shared/ledger"
	"multipoint/shared/transaction"
)

// learner gathers, for one goroutine, what the days say about each other: keys that come twice, sales that
// returns name. Most transactions are never heard of again and need not be kept.
type learner struct {
	granted *tally
	keys    []uint64
	marks   map[uint64]mark
}

// learn reads what the days really granted and marks what the simulated ledger has to keep.
func (m *simulator) learn(ctx context.Context) error {
	var keys []uint64
	for _, d := range m.days {
		d.granted = newTally()
		list := make([]learner, m.opt.Threads)
		for i := range list {
			list[i] = learner{granted: newTally(), marks: map[uint64]mark{}}
		}
		if err := m.learnGranted(ctx, d, list); err != nil {
			return unreadable(d.run.Run, err)
		}
		if m.out.Converted {
			if err := m.learnConverted(ctx, d, list); err != nil {
				return err
			}
		}
		for i := range list {
			d.granted.merge(list[i].granted)
			keys = append(keys, list[i].keys...)
			for k, v := range list[i].marks {
				m.ledger.marks[k] |= v
			}
		}
		d.granted.countCards()
	}
	for _, r := range m.later {
		if err := m.learnAnswer(ctx, r); err != nil {
			return err
		}
	}
	slices.Sort(keys)
	for i := 1; i < len(keys); i++ {
		if keys[i] == keys[i-1] {
			m.ledger.marks[keys[i]] |= keepIt
		}
	}
	return nil
}

// learnGranted reads the records of a day's grant parts, some buckets of a part at a time.
func (m *simulator) learnGranted(ctx context.Context, d *simulatedRun, list []learner) error {
	groups := len(d.manifest.Grants)
	parts := make([]grantReader, groups)
	for i, g := range d.manifest.Grants {
		p, err := m.openPart(ctx, g.Key)
		if err != nil {
			return err
		}
		from, to := groupBuckets(i, groups)
		parts[i] = grantReader{p, to - from}
	}
	pieces := max(1, stretches/max(1, groups))
	return spread(ctx, m.opt.Threads, groups*pieces, func(ctx context.Context, worker, i int) error {
		p, piece := parts[i/pieces], i%pieces
		from, to := piece*p.buckets/pieces, (piece+1)*p.buckets/pieces
		return list[worker].granting(ctx, p, from, to, !m.out.Converted)
	})
}

// granting reads the records of buckets of a grant part; keys says whether theirs are the simulation's too.
func (l *learner) granting(ctx context.Context, p grantReader, from, to int, keys bool) error {
	stream, err := p.Range(ctx, from, to)
	if err != nil {
		return partFault(p.Info().Key, err)
	}
	defer func() { _ = stream.Close() }() // it was only read
	var r ledger.Record
	var buf []byte
	for b := from; b < to; b++ {
		if buf, err = appendFrom(buf[:0], stream, p.Length(b)); err != nil {
			return partFault(p.Info().Key, err)
		}
		for rest := buf; len(rest) > 0; {
			if rest, err = r.Decode(rest); err != nil {
				return err
			}
			l.granted.record(&r)
			if keys {
				l.key(&r.Key, &r.Original, r.NamesOriginal)
				if r.Status != ledger.Rated { // else the real ledger did not know the key
					l.marks[markOf(&r.Key)] |= askIt
				}
			}
		}
	}
	return nil
}

func (l *learner) key(key, original *transaction.Hash, names bool) {
	l.keys = append(l.keys, markOf(key))
	if names {
		l.marks[markOf(original)] |= keepIt | askIt
	}
}

// learnConverted reads the records that the draft makes of a day's files.
func (m *simulator) learnConverted(ctx context.Context, d *simulatedRun, list []learner) error {
	if err := m.prepare(ctx, d); err != nil {
		return err
	}
	x, err := m.source(ctx, d)
	if err != nil {
		return err
	}
	m.accept(d, x.refused)
	err = spread(ctx, m.opt.Threads, stretches, func(ctx context.Context, worker, i int) error {
		from, to := stretch(i)
		in, err := x.open(ctx, from, to)
		if err != nil {
			return err
		}
		defer in.close()
		var t transaction.Transaction
		for b := from; b < to; b++ {
			data, err := in.read(b)
			if err != nil {
				return err
			}
			for len(data) > 0 {
				n, err := t.DecodeBinary(data)
				if err != nil {
					return err
				}
				data = data[n:]
				list[worker].key(&t.Key, &t.Original, t.NamesOriginal)
			}
		}
		return nil
	})
	if e := x.close(); err == nil {
		err = e
	}
	return err
}
