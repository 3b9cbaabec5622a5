package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"multipoint/shared/day"
	"multipoint/shared/object"
	"multipoint/shared/object/gateway"
	"multipoint/shared/standalone"
	"multipoint/shared/table"
	"multipoint/shared/table/pebble"
)

// Budgets of row f.
const (
	mostTimesRaw  = 4
	mostTimesDay  = 11 // a day of ten times as many lines
	mostDayKiB    = 300 << 10
	mostBigDayKiB = 512 << 10
)

// wholeDay is row f: a day from open to close in one folder, beside writing what it leaves and nothing else.
func (b *bench) wholeDay(ctx context.Context) (result, error) {
	r := result{
		title: "whole day, open to close, all on disk, 2 cores", bytes: b.files.size,
		budget: "≤ 4 × writing the same objects and items raw, peak RSS ≤ 300 MiB",
	}
	folder, copied := filepath.Join(b.outputs, "day"), filepath.Join(b.outputs, "raw")
	c := b.dayOf(ctx, b.files.csv, b.lines, folder)
	raw := b.ours("the same objects and items raw", "raw", 2,
		"-in", folder, "-lines", strconv.Itoa(b.lines), "-out", copied)
	raw.before = func() error { return errors.Join(os.RemoveAll(copied), os.Mkdir(copied, 0o755)) }
	var err error
	if r.timings, err = alternate(ctx, b.rounds, []contender{c, raw}); err != nil {
		return r, err
	}
	day := r.timings[0].median()
	r.missed = day.Seconds > mostTimesRaw*r.timings[1].median().Seconds || r.timings[0].peakKiB() > mostDayKiB
	if err := errors.Join(os.RemoveAll(folder), os.RemoveAll(copied)); err != nil || b.big == 0 {
		return r, err
	}
	f, err := makeFiles(b.dir, b.big, csvKinds(b.big, b.lines)...)
	if err != nil {
		return r, err
	}
	c = b.dayOf(ctx, f.csv, b.big, folder)
	c.apart = true
	big, err := alternate(ctx, 1, []contender{c})
	if err != nil {
		return r, err
	}
	r.timings = append(r.timings, big...)
	took := big[0].figures[0].Seconds / day.Seconds
	r.missed = r.missed || big[0].peakKiB() > mostBigDayKiB || took > mostTimesDay
	r.budget += "; ten times the lines: ≤ 11 × the day, peak RSS ≤ 512 MiB"
	r.notes = append(r.notes, fmt.Sprintf("%d lines take %.1f × the day of %d.", b.big, took, b.lines))
	return r, os.RemoveAll(folder)
}

// dayOf is a day in a folder that has taken the file in, which is not timed.
func (b *bench) dayOf(ctx context.Context, file string, lines int, folder string) contender {
	args := []string{"-out", folder, "-lines", strconv.Itoa(lines)}
	c := b.ours("multipoint, "+strconv.Itoa(lines)+" lines", "day", 2, args...)
	take := b.ours("", "take-in", 2, append([]string{"-in", file}, args...)...)
	c.before = func() error {
		if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o755)); err != nil {
			return err
		}
		_, err := take.run(ctx)
		return err
	}
	return c
}

// openDay opens the folder of the bench's day.
func openDay(ctx context.Context, dir string) (*standalone.Program, error) {
	return standalone.Open(ctx, standalone.Options{
		Dir: dir, Demo: true, Retailer: "AOZORA", DemoStart: standalone.OpensAt(runDate()),
		Work: day.Options{TempDir: dir},
	})
}

// takeIn publishes the shop and takes the file in: what is there before a day begins.
func takeIn(w *work) (figure, error) {
	f := figure{Records: int64(w.lines)}
	ctx := context.Background()
	p, err := openDay(ctx, w.out)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if _, err := p.Service.PublishMasters(ctx, shop(w.lines), runDate().Add(-1)); err != nil {
		return f, err
	}
	in, err := os.Open(w.in)
	if err != nil {
		return f, err
	}
	defer func() { _ = in.Close() }()
	err = measured(&f, func() error {
		a, err := p.Service.TakeIn(ctx, day.Upload{
			ID: "1", Name: filepath.Base(w.in), Feed: w.feed, Body: in,
			Arrived: standalone.OpensAt(runDate()).Add(-time.Hour),
		})
		if err == nil && !a.Takes() {
			err = fmt.Errorf("not taken in: %+v", a.Refused)
		}
		return err
	})
	return f, err
}

// runDay runs a day, from open to close, in a folder that has the file.
func runDay(w *work) (f figure, err error) {
	f.Records = int64(w.lines)
	ctx := context.Background()
	p, err := openDay(ctx, w.out)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	err = measured(&f, func() error {
		run, err := p.RunDay(ctx, runDate())
		if err != nil {
			return err
		}
		m, err := p.Service.Manifest(ctx, run.Run)
		if err == nil {
			f.Bad = m.Totals.Bad
			f.Note = fmt.Sprintf("%d rated, digest %.16s", m.Totals.Rated.Lines, m.Digest)
		}
		return err
	})
	return f, err
}

// rawDay writes the objects and items that a day left, and nothing else: the same bytes into a new store
// and a new table, made to last at the end.
func rawDay(w *work) (f figure, err error) {
	f.Records = int64(w.lines)
	ctx := context.Background()
	from, to := filepath.Join(w.in, "objects"), filepath.Join(w.out, "objects")
	items, err := pebble.Open(filepath.Join(w.in, "table"), pebble.Options{})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, items.Close()) }()
	source, err := gateway.Start(ctx, gateway.Options{Dir: from})
	if err != nil {
		return f, err
	}
	objects, err := source.Store(ctx, "multipoint")
	if err != nil {
		return f, err
	}
	copied, err := readDay(ctx, objects)
	if err := errors.Join(err, source.Close()); err != nil {
		return f, err
	}
	target, err := gateway.Start(ctx, gateway.Options{Dir: to})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	store, err := target.Store(ctx, "multipoint")
	if err != nil {
		return f, err
	}
	table, err := pebble.Open(filepath.Join(w.out, "table"), pebble.Options{})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	err = measured(&f, func() error {
		for i := range copied {
			if err := copied[i].write(ctx, store); err != nil {
				return err
			}
		}
		if err := store.Sync(ctx); err != nil {
			return err
		}
		return copyItems(ctx, items, table)
	})
	var bytes int64
	for i := range copied {
		bytes += copied[i].info.Size
	}
	f.Note = fmt.Sprintf("%d objects, %s MB", len(copied), strconv.FormatInt(bytes/1e6, 10))
	return f, errors.Join(err, os.Remove(copied[0].path))
}

// kept is an object on its way: its bytes are a stretch of a plain file.
type kept struct {
	info object.Info
	path string
	at   int64
}

// readDay copies the objects that a day writes into one plain file.
func readDay(ctx context.Context, s object.Store) ([]kept, error) {
	f, err := os.CreateTemp("", "bench-objects-")
	if err != nil {
		return nil, err
	}
	var list []kept
	at := int64(0)
	for _, prefix := range []string{"runs/", "outbox/"} {
		err := object.All(ctx, s, prefix, func(i object.Info) error {
			r, err := s.Open(ctx, i.Key, 0, -1)
			if err != nil {
				return err
			}
			n, err := io.Copy(f, r)
			list = append(list, kept{i, f.Name(), at})
			at += n
			return errors.Join(err, r.Close())
		})
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return list, f.Close()
}

func (k *kept) write(ctx context.Context, s object.Store) error {
	f, err := os.Open(k.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return s.Create(ctx, k.info.Key, io.NewSectionReader(f, k.at, k.info.Size), nil)
}

func copyItems(ctx context.Context, from, to table.Table) error {
	for cursor := ""; ; {
		page, err := from.Scan(ctx, 0, 1, cursor)
		if err != nil {
			return err
		}
		if err := to.BatchPut(ctx, page.Items); err != nil {
			return err
		}
		if cursor = page.Next; cursor == "" {
			return to.Sync(ctx)
		}
	}
}
