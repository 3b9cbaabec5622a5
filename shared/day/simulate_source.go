package day

import (
	"context"
	"sync"

	"multipoint/shared/fault"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
	"multipoint/shared/spool"
)

// simSource gives the records of a day by bucket: the parts that its run left, or files converted again.
type simSource struct {
	parts   []*seal.Sections
	spooled *spool.Partitions // nil = parts serve
	refused []bool
}

// source opens the records of a prepared day.
func (m *simulator) source(ctx context.Context, d *simulatedRun) (*simSource, error) {
	x := &simSource{refused: []bool{false}}
	if !m.out.Converted {
		for i := range d.manifest.Files {
			x.refused = append(x.refused, !d.manifest.Files[i].Accepted())
		}
		var err error
		if x.parts, err = d.readers(ctx, stepConvert, len(d.convertTasks())); err == nil {
			return x, nil
		}
		if code := fault.CodeOf(err); code != fault.PartShredded && code != fault.PartMissing {
			return nil, err
		}
	} else if err := m.duplicates(ctx, d); err != nil {
		return nil, err
	}
	if err := m.convertAgain(ctx, d, x); err != nil {
		_ = x.close() // the first error counts
		return nil, unreadable(d.run.Run, err)
	}
	return x, nil
}

func (x *simSource) close() error {
	if x.spooled == nil {
		return nil
	}
	return x.spooled.Close()
}

// simReader reads the records of consecutive buckets.
type simReader struct {
	*bucketReader
	x   *simSource
	buf []byte
}

// open begins to read the buckets from from to to-1.
func (x *simSource) open(ctx context.Context, from, to int) (*simReader, error) {
	r := &simReader{x: x, bucketReader: &bucketReader{parts: x.parts}}
	for _, p := range x.parts {
		stream, err := p.Range(ctx, from, to)
		if err != nil {
			r.close()
			return nil, partFault(p.Info().Key, err)
		}
		r.streams = append(r.streams, stream)
	}
	return r, nil
}

// read gives the records of the next bucket, valid until the next call.
func (r *simReader) read(bucket int) (b []byte, err error) {
	if r.x.spooled == nil {
		return r.bucketReader.read(bucket)
	}
	r.buf, err = r.x.spooled.Read(bucket, r.buf)
	return r.buf, err
}

// convertAgain converts a day's held files under the draft.
func (m *simulator) convertAgain(ctx context.Context, d *simulatedRun, x *simSource) error {
	x.parts = nil
	x.spooled = spool.NewPartitions(convertSections, m.memory(), m.Options.TempDir)
	tasks := d.convertTasks()
	err := spread(ctx, m.opt.Threads, len(tasks), func(ctx context.Context, _, i int) error {
		sink := &convertSink{w: &d.work, out: x.spooled.Appender()}
		for _, u := range tasks[i] {
			if err := d.convertChunk(ctx, u, sink); err != nil {
				return err
			}
		}
		return sink.out.Flush()
	})
	if err != nil {
		return err
	}
	b, err := x.spooled.Read(sectionParts, nil)
	if err != nil {
		return err
	}
	states := d.ofChunks()
	if err := states.place(b); err != nil {
		return err
	}
	x.refused = x.refused[:1]
	for i := range d.pins.Files {
		v, err := d.verdict(i+1, states[i])
		if err != nil {
			return err
		}
		x.refused = append(x.refused, v.Refused != nil)
	}
	return nil
}

// duplicates tells the files that R3 would have refused: under another reading other files may have been
// accepted before.
func (m *simulator) duplicates(ctx context.Context, d *simulatedRun) error {
	today := map[string]bool{}
	for i := range d.pins.Files {
		f := &d.pins.Files[i]
		if f.Duplicate = false; !f.HasData {
			continue
		}
		id := f.Feed + "\x00" + f.SHA256
		list, known := m.seen[id]
		if !known {
			item, ok, err := m.Table.Get(ctx, m.seenKey(f.Feed, f.SHA256))
			if err != nil {
				return err
			}
			if ok {
				if list, err = readSeen(item.Body); err != nil {
					return err
				}
			}
			if m.seen == nil {
				m.seen = map[string][]seenFile{}
			}
			m.seen[id] = list
		}
		f.Duplicate = today[id]
		for _, a := range list {
			simulated := a.Run < 0 && -a.Run < d.run.Run
			before := a.Run >= 0 && a.Run <= m.ledger.asOf
			near := d.pins.RunDate-a.RunDate <= daysRemembered
			f.Duplicate = f.Duplicate || near && (simulated || before)
		}
		today[id] = true
	}
	return nil
}

// accept remembers the accepted files of a simulated day; their runs are negative.
func (m *simulator) accept(d *simulatedRun, refused []bool) {
	for i := range d.pins.Files {
		f := &d.pins.Files[i]
		if !refused[i+1] && f.HasData {
			id := f.Feed + "\x00" + f.SHA256
			m.seen[id] = append(m.seen[id], seenFile{-d.run.Run, d.pins.RunDate})
		}
	}
}

// spread runs tasks 0 to count-1 on some workers, until the first error.
func spread(
	ctx context.Context, workers, count int, run func(ctx context.Context, worker, task int) error,
) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	tasks := make(chan int)
	for worker := range min(workers, max(1, count)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range tasks {
				if err := run(ctx, worker, i); err != nil {
					stop(err)
				}
			}
		}()
	}
	for i := 0; i < count && ctx.Err() == nil; i++ {
		tasks <- i
	}
	close(tasks)
	wg.Wait()
	return context.Cause(ctx)
}

// stretches is how many pieces the buckets of a day are cut into, one task each.
const stretches = 32

func stretch(i int) (from, to int) {
	return i * rating.Buckets / stretches, (i + 1) * rating.Buckets / stretches
}
