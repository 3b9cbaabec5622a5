package pebble

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	store "github.com/cockroachdb/pebble/v2"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// A batch of BatchPut ends at either; other writers get their turn between two.
const (
	batchItems = 10_000
	batchBytes = 4 << 20
)

// write is a put or delete with its key in the store.
type write struct {
	item   *table.Item
	key    []byte
	remove bool
	when   table.Condition
}

// Put writes an item with its condition and waits for the disk.
func (t *Table) Put(ctx context.Context, item table.Item, when table.Condition) error {
	if err := first(ctx.Err(), limit.When(when), limit.Item(&item)); err != nil {
		return err
	}
	return t.commit(ctx, []write{{&item, appendItemKey(nil, item.Key), false, when}}, store.Sync)
}

// Delete removes an item with its condition and waits for the disk.
func (t *Table) Delete(ctx context.Context, item table.Item, when table.Condition) error {
	if err := first(ctx.Err(), limit.When(when), limit.Key(item.Key)); err != nil {
		return err
	}
	return t.commit(ctx, []write{{&item, appendItemKey(nil, item.Key), true, when}}, store.Sync)
}

// Transact makes all writes or none and waits for the disk.
func (t *Table) Transact(ctx context.Context, actions []table.Action) error {
	if err := first(ctx.Err(), limit.Actions(actions)); err != nil || len(actions) == 0 {
		return err
	}
	writes := make([]write, len(actions))
	for i := range actions {
		a := &actions[i]
		writes[i] = write{&a.Item, appendItemKey(nil, a.Key), a.Delete, a.When}
	}
	return t.commit(ctx, writes, store.Sync)
}

// BatchPut writes items without condition and does not wait for the disk.
func (t *Table) BatchPut(ctx context.Context, items []table.Item) error {
	for i := range items {
		if err := limit.Item(&items[i]); err != nil {
			return err
		}
	}
	writes, keys := make([]write, 0, min(len(items), batchItems)), []byte(nil)
	for len(items) > 0 {
		size := 0
		writes, keys = writes[:0], keys[:0]
		for len(items) > 0 && len(writes) < batchItems && size < batchBytes {
			item := &items[0]
			start := len(keys)
			keys = appendItemKey(keys, item.Key)
			writes = append(writes, write{item: item, key: keys[start:len(keys):len(keys)]})
			size += limit.Size(item)
			items = items[1:]
		}
		if err := t.commit(ctx, writes, store.NoSync); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Sync waits until the disk has every write before it: the log is written in order, so one record is enough.
func (t *Table) Sync(ctx context.Context) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	defer t.leave()
	return t.written(t.logged())
}

func (t *Table) logged() (err error) {
	defer t.recovered(&err)
	return t.db.LogData(nil, store.Sync)
}

// commit makes all writes or none. After an error of the store its memory may hold what its log does not:
// nothing more is read from it or written to it.
func (t *Table) commit(ctx context.Context, writes []write, how *store.WriteOptions) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	defer t.leave()
	slices.SortFunc(writes, func(a, b write) int { return bytes.Compare(a.key, b.key) })
	batch, err := t.apply(ctx, writes, how)
	if err != nil || batch == nil {
		return err
	}
	if how.Sync {
		if err := batch.SyncWait(); err != nil {
			return t.written(err)
		}
	}
	return t.written(batch.Close())
}

// apply writes a batch to the log and makes it visible, without waiting for the disk. The batch belongs to
// the caller, who has to wait; nil = nothing was to be done.
func (t *Table) apply(ctx context.Context, writes []write, how *store.WriteOptions) (*store.Batch, error) {
	t.write.Lock()
	defer t.write.Unlock()
	if f := t.refused.Load(); f != nil {
		return nil, t.failed(fmt.Errorf("the disk does not take what is written: %w", f.err))
	}
	batch, err := t.batch(ctx, writes)
	if err != nil {
		return nil, err
	}
	if batch.Empty() {
		return nil, batch.Close()
	}
	if err := t.written(t.applied(batch, how)); err != nil {
		return nil, err
	}
	return batch, nil
}

func (t *Table) applied(batch *store.Batch, how *store.WriteOptions) (err error) {
	defer t.recovered(&err)
	if how.Sync {
		return t.db.ApplyNoSyncWait(batch, how)
	}
	return t.db.Apply(batch, how)
}

// written breaks the table if a write failed.
func (t *Table) written(err error) error {
	if err == nil {
		return nil
	}
	err = t.failed(fmt.Errorf("a write failed, open the table again: %w", err))
	t.broken.CompareAndSwap(nil, &failure{err})
	return t.broken.Load().err
}

// batch reads what the writes meet, tests their conditions and makes the batch. Errors: table.ErrCondition.
func (t *Table) batch(ctx context.Context, writes []write) (batch *store.Batch, err error) {
	defer t.recovered(&err)
	find, err := t.finder(ctx, t.db)
	if err != nil {
		return nil, err
	}
	batch = t.db.NewBatch()
	var scratch []byte
	for i := range writes {
		w := &writes[i]
		if i > 0 && bytes.Equal(w.key, writes[i-1].key) {
			err = fmt.Errorf("item %.80q %.80q: twice in one batch: %w", w.item.Partition, w.item.Sort,
				table.ErrInvalid)
			break
		}
		var was table.Item
		var there bool
		if there, err = find.find(w.key, &was); err != nil {
			break
		}
		if err = t.holds(w, &was, there); err != nil {
			break
		}
		if scratch, err = t.add(batch, w, &was, there, scratch); err != nil {
			break
		}
	}
	if err = first(err, find.close()); err != nil {
		return nil, first(err, batch.Close())
	}
	return batch, nil
}

// holds tests a condition; an expired item is not there. Error: table.ErrCondition.
func (t *Table) holds(w *write, was *table.Item, there bool) error {
	expired := there && t.expired(was)
	alive := there && !expired
	if w.when == table.Always || w.when == table.IfAbsent && !alive || w.when == ifExpired ||
		w.when == table.IfVersion && alive && was.Version == w.item.Version {
		return nil
	}
	return fmt.Errorf("item %.80q %.80q: %w", w.item.Partition, w.item.Sort, table.ErrCondition)
}

// add puts a write and what it means for the indexes into a batch. scratch is handed on from call to call.
func (t *Table) add(batch *store.Batch, w *write, was *table.Item, there bool,
	scratch []byte,
) ([]byte, error) {
	if w.when == ifExpired && (!there || !t.expired(was)) {
		return scratch, nil // written anew since it was found
	}
	next := *w.item
	if w.remove {
		next.Index = [table.Indexes]table.Key{}
		if there {
			if err := batch.Delete(w.key, nil); err != nil {
				return scratch, err
			}
		}
	} else {
		next.Version = 1
		if there && !t.expired(was) {
			next.Version = was.Version + 1
		}
		scratch = appendValue(scratch[:0], &next)
		if err := batch.Set(w.key, scratch, nil); err != nil {
			return scratch, err
		}
	}
	for i := range next.Index {
		if next.Index[i] == was.Index[i] {
			continue
		}
		if was.Index[i] != (table.Key{}) {
			scratch = appendIndexKey(scratch[:0], i+1, was.Index[i], w.item.Key)
			if err := batch.Delete(scratch, nil); err != nil {
				return scratch, err
			}
		}
		if next.Index[i] != (table.Key{}) {
			scratch = appendIndexKey(scratch[:0], i+1, next.Index[i], w.item.Key)
			if err := batch.Set(scratch, nil, nil); err != nil {
				return scratch, err
			}
		}
	}
	return scratch, nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
