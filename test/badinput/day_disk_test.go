package badinput_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/object"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/table"
	items "multipoint/shared/table/memory"
)

// room is what a disk still takes: from a write on it takes nothing more, until there is room again.
type room struct {
	writes atomic.Int64 // so far
	full   atomic.Int64 // the first write that finds no room; 0 = there is room
}

func (r *room) write(f func() error) error {
	n, full := r.writes.Add(1), r.full.Load()
	if full > 0 && n >= full {
		return fmt.Errorf("write %d: %w", n, syscall.ENOSPC)
	}
	return f()
}

// fullObjects is a store of objects on a disk with little room.
type fullObjects struct {
	object.Store
	room *room
}

func (f *fullObjects) Create(ctx context.Context, key string, b io.Reader, meta map[string]string) error {
	return f.room.write(func() error { return f.Store.Create(ctx, key, b, meta) })
}

func (f *fullObjects) Put(ctx context.Context, key string, b io.Reader, meta map[string]string) error {
	return f.room.write(func() error { return f.Store.Put(ctx, key, b, meta) })
}

func (f *fullObjects) Sync(ctx context.Context) error {
	return f.room.write(func() error { return f.Store.Sync(ctx) })
}

// fullItems is a table on it.
type fullItems struct {
	table.Table
	room *room
}

func (f *fullItems) Put(ctx context.Context, item table.Item, when table.Condition) error {
	return f.room.write(func() error { return f.Table.Put(ctx, item, when) })
}

func (f *fullItems) Delete(ctx context.Context, item table.Item, when table.Condition) error {
	return f.room.write(func() error { return f.Table.Delete(ctx, item, when) })
}

func (f *fullItems) BatchPut(ctx context.Context, list []table.Item) error {
	half := len(list) / 2
	err := f.room.write(func() error { return f.Table.BatchPut(ctx, list[:half]) })
	if err != nil {
		return err
	}
	return f.room.write(func() error { return f.Table.BatchPut(ctx, list[half:]) })
}

func (f *fullItems) Transact(ctx context.Context, actions []table.Action) error {
	return f.room.write(func() error { return f.Table.Transact(ctx, actions) })
}

func (f *fullItems) Sync(ctx context.Context) error {
	return f.room.write(func() error { return f.Table.Sync(ctx) })
}

// smallDay publishes, takes two files in, and runs their day, or goes on with it.
func (s *shop) smallDay() error {
	last, err := s.service.Last(s.t.Context())
	if err != nil {
		return err
	}
	if last != nil {
		if last.State != day.Closed {
			_, err = s.runner(nil).Resume(s.t.Context(), last.Run)
		}
		return err
	}
	if err := s.publish(); err != nil {
		return err
	}
	for _, u := range []day.Upload{
		arriving("1", "one-a", "21T10:00:00", receipts(1, 5)),
		arriving("2", "other-b", "21T11:00:00", receipts(4, 8)),
	} {
		if _, err := s.service.TakeIn(s.t.Context(), u); err != nil {
			return err
		}
	}
	_, err = s.runner(nil).RunDay(s.t.Context(), runDate())
	return err
}

// TestFullDiskAtEachWrite: the disk is full from a write on, for each write of a small day, intake included.
// The error says so; once there is room the day goes on and comes to the same.
func TestFullDiskAtEachWrite(t *testing.T) {
	play := func(full int64) (*shop, *room) {
		r := &room{}
		r.full.Store(full)
		s := openShop(t, &fullObjects{objects.New(objects.Options{}), r}, &fullItems{items.New(nil), r})
		err := s.smallDay()
		if full == 0 {
			if err != nil {
				t.Fatal(err)
			}
			return s, r
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("write %d: got %v, want no room", full, err)
		}
		wantCode(t, err, fault.StoreFull)
		r.full.Store(0)
		if err := s.smallDay(); err != nil {
			t.Fatalf("write %d: there is room again, but %v", full, err)
		}
		return s, r
	}
	calm, writes := play(0)
	want := calm.manifest(1)
	if writes.writes.Load() < 40 || want.Totals.Rated.Lines != 8 {
		t.Fatalf("%d writes, %+v", writes.writes.Load(), want.Totals)
	}
	// Tasks beside each other try to record their step at once: how often differs by a few.
	const few = 4
	for full := int64(1); full <= writes.writes.Load()-few && !t.Failed(); full++ {
		s, _ := play(full)
		if got := s.manifest(1); got.Digest != want.Digest {
			t.Errorf("write %d: digest %s, undisturbed %s", full, got.Digest, want.Digest)
		}
		if full%8 == 1 {
			s.wantPoints(80)
		}
	}
	t.Logf("%d writes", writes.writes.Load())
}

// TestFullDiskDoesNotHinderReading: verify and balances answer while there is no room.
func TestFullDiskDoesNotHinderReading(t *testing.T) {
	r := &room{}
	s := openShop(t, &fullObjects{objects.New(objects.Options{}), r}, &fullItems{items.New(nil), r})
	if err := s.smallDay(); err != nil {
		t.Fatal(err)
	}
	r.full.Store(1)
	s.wantPoints(80)
	_, err := s.service.OpenDay(t.Context(), runDate().Add(1))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}
