package day

import (
	"context"
	"errors"
	"io"

	"multipoint/shared/card"
	"multipoint/shared/points"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
	"multipoint/shared/spool"
)

const stepRate = "rate"

// Rate rates the sales of one bucket group where claims of capped campaigns have to be allocated. The part
// has the outcomes of each bucket and, behind them, the group's claims in their order.
func (s *Service) Rate(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepRate)
	if err != nil || done {
		return err
	}
	return w.rateTask(ctx, st.Task)
}

func (w *work) rateTask(ctx context.Context, i int) error {
	if err := task(i, w.pins.Groups); err != nil {
		return err
	}
	c, err := w.checked(ctx)
	if err != nil || !c.Capped {
		return err
	}
	from, to := w.buckets(i)
	key := w.path(stepRate, taskName(i))
	_, err = w.create(ctx, key, w.pins.RunDate, to-from+1, func(out *seal.SectionWriter) error {
		return w.rate(ctx, from, to, c.refused(), out)
	})
	return err
}

func (w *work) rate(
	ctx context.Context, from, to int, refused []bool, out *seal.SectionWriter,
) (err error) {
	in, err := w.openBuckets(ctx, from, to)
	if err != nil {
		return err
	}
	defer in.close()
	claims := spool.NewSorter(spool.Options{
		Dir: w.Options.TempDir, Memory: int(w.memory()), KeyLen: rating.ClaimKey,
	})
	defer func() {
		if e := claims.Close(); err == nil {
			err = e
		}
	}()
	r := w.engine.NewRater()
	var buf []byte
	for b := from; b < to; b++ {
		data, err := in.read(b)
		if err != nil {
			return err
		}
		if err := r.Sales(data, refused); err != nil {
			return err
		}
		if err := r.Claims(claims.Add); err != nil {
			return err
		}
		buf = r.AppendOutcomes(buf[:0])
		if err := out.Append(buf); err != nil {
			return err
		}
	}
	return writeSorted(claims, out.Section(to-from))
}

// writeSorted writes the records of a sorter as frames.
func writeSorted(s *spool.Sorter, out io.Writer) error {
	it, err := s.Sort()
	if err != nil {
		return err
	}
	for {
		record, err := it.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := writeFrame(out, record); err != nil {
			return err
		}
	}
}

const stepAllocate = "allocate"

// Allocate shares out the room of caps per member and campaign, in one pass over all claims (R14). Its part
// has the grants of each bucket.
func (s *Service) Allocate(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepAllocate)
	if err != nil || done {
		return err
	}
	if _, is := w.attempts[stepRate]; !is {
		if err := s.record(ctx, st.Run, st.Attempt, stepRate, ""); err != nil {
			return err
		}
	}
	if err := w.allocateTask(ctx); err != nil {
		return err
	}
	return s.record(ctx, st.Run, st.Attempt, stepAllocate, "")
}

func (w *work) allocateTask(ctx context.Context) error {
	c, err := w.checked(ctx)
	if err != nil || !c.Capped {
		return err
	}
	key := w.path(stepAllocate, "grants")
	_, err = w.create(ctx, key, w.pins.RunDate, rating.Buckets, func(out *seal.SectionWriter) error {
		return w.allocate(ctx, out)
	})
	return err
}

func (w *work) allocate(ctx context.Context, out *seal.SectionWriter) (err error) {
	use, err := w.claimedUse(ctx)
	if err != nil {
		return err
	}
	claims, err := w.openClaims(ctx)
	if err != nil {
		return err
	}
	defer claims.close()
	grants := spool.NewPartitions(rating.Buckets, w.memory(), w.Options.TempDir)
	defer func() {
		if e := grants.Close(); err == nil {
			err = e
		}
	}()
	to := grants.Appender()
	err = w.engine.Allocate(claims.next, use, func(bucket int, g []byte) error {
		return to.Put(bucket, append(to.Buffer(bucket), g...))
	})
	if err == nil {
		err = to.Flush()
	}
	var buf []byte
	for b := 0; b < rating.Buckets && err == nil; b++ {
		if buf, err = grants.Read(b, buf); err == nil {
			err = out.Append(buf)
		}
	}
	return err
}

// openClaims reads the claims of all groups in the order of R12.
func (w *work) openClaims(ctx context.Context) (*merger, error) {
	parts, err := w.readers(ctx, stepRate, w.pins.Groups)
	if err != nil {
		return nil, err
	}
	var streams []*frames
	for _, p := range parts {
		r, err := sections(ctx, p, p.Len()-1, p.Len())
		if err != nil {
			return nil, err
		}
		streams = append(streams, newFrames(r))
	}
	return newMerger(streams, rating.ClaimKey)
}

// claimedUse asks the ledger, at once, for all counters that the allocation may look at.
func (w *work) claimedUse(ctx context.Context) (points.Use, error) {
	use := &points.Counters{}
	if w.pins.Previous == 0 {
		return use, nil
	}
	claims, err := w.openClaims(ctx)
	if err != nil {
		return nil, err
	}
	defer claims.close()
	wanted := map[counter]bool{}
	for {
		record, err := claims.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		err = w.engine.ClaimedCards(record, func(campaign string, ref card.Ref) {
			wanted[counter{campaign, ref}] = true
		})
		if err != nil {
			return nil, err
		}
	}
	use, err = w.history.use(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return use, w.recounted(ctx, use)
}
