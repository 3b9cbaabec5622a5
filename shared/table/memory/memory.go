// Package memory keeps a table in the memory of the process: the driver of simulations and of tests, and the
// slow, obvious one that others are compared with. Crash shows what a loss of power would leave.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// Table is a table in memory, for any number of goroutines. Indexes never lag.
type Table struct {
	now   func() int64
	mu    sync.Mutex
	items map[table.Key]table.Item
	// order holds for the table (0) and each index the places of a partition, ascending.
	order [1 + table.Indexes]map[string][]place
	// unsynced remembers what a loss of power would bring back under the keys that BatchPut wrote since.
	unsynced map[table.Key]before
}

// place is where an item stands in a partition of the table or of an index.
type place struct {
	sort string
	own  table.Key
}

type before struct {
	item  table.Item
	there bool
}

// New makes an empty table. now gives the second (Unix) by which items expire; nil = they never do.
func New(now func() int64) *Table {
	t := &Table{now: now, items: map[table.Key]table.Item{}, unsynced: map[table.Key]before{}}
	for i := range t.order {
		t.order[i] = map[string][]place{}
	}
	return t
}

// Crash gives a new table with what a loss of power at this moment would leave for certain: what was written
// durably, or before a Sync. The table itself goes on.
func (t *Table) Crash() *Table {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := maps.Clone(t.items)
	for key, was := range t.unsynced {
		delete(left, key)
		if was.there {
			left[key] = was.item
		}
	}
	after := New(t.now)
	for _, item := range left {
		after.store(item)
	}
	return after
}

// Get gives an item; false if there is none.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Item, bool, error) {
	if err := first(ctx.Err(), limit.Key(key)); err != nil {
		return table.Item{}, false, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	item, found := t.alive(key)
	return own(item), found, nil
}

// BatchGet calls visit for each key in the order given.
func (t *Table) BatchGet(ctx context.Context, keys []table.Key,
	visit func(i int, item table.Item, found bool) error,
) error {
	for _, key := range keys {
		if err := limit.Key(key); err != nil {
			return err
		}
	}
	for i, key := range keys {
		item, found, err := t.Get(ctx, key)
		if err != nil {
			return err
		}
		if err := visit(i, item, found); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Put writes an item with its condition, durably.
func (t *Table) Put(ctx context.Context, item table.Item, when table.Condition) error {
	return t.Transact(ctx, []table.Action{{Item: item, When: when}})
}

// Delete removes an item with its condition, durably.
func (t *Table) Delete(ctx context.Context, item table.Item, when table.Condition) error {
	return t.Transact(ctx, []table.Action{{Item: item, When: when, Delete: true}})
}

// Transact makes all writes or none, durably.
func (t *Table) Transact(ctx context.Context, actions []table.Action) error {
	if err := first(ctx.Err(), limit.Actions(actions)); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range actions {
		if err := t.holds(&actions[i]); err != nil {
			return err
		}
	}
	for i := range actions {
		a := &actions[i]
		if a.Delete {
			t.remove(a.Key)
		} else {
			t.write(a.Item)
		}
		delete(t.unsynced, a.Key)
	}
	return nil
}

// BatchPut writes items without condition; a Crash before the next Sync takes them back.
func (t *Table) BatchPut(ctx context.Context, items []table.Item) error {
	for i := range items {
		if err := limit.Item(&items[i]); err != nil {
			return err
		}
	}
	for i := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.mu.Lock()
		key := items[i].Key
		if _, known := t.unsynced[key]; !known {
			item, there := t.items[key]
			t.unsynced[key] = before{item, there}
		}
		t.write(items[i])
		t.mu.Unlock()
	}
	return ctx.Err()
}

// Sync makes every write before it last through a Crash.
func (t *Table) Sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.unsynced)
	return nil
}

// holds says whether the condition of an action holds. Error: table.ErrCondition.
func (t *Table) holds(a *table.Action) error {
	item, found := t.alive(a.Key)
	if a.When == table.IfAbsent && found || a.When == table.IfVersion && item.Version != a.Version ||
		a.When == table.IfVersion && !found {
		return fmt.Errorf("item %.80q %.80q: %w", a.Partition, a.Sort, table.ErrCondition)
	}
	return nil
}

// alive gives the item of a key unless it has expired.
func (t *Table) alive(key table.Key) (table.Item, bool) {
	item, found := t.items[key]
	if !found || t.now != nil && item.Expires != 0 && item.Expires < t.now() {
		return table.Item{}, false
	}
	return item, true
}

// write stores the next version of an item.
func (t *Table) write(item table.Item) {
	was, _ := t.alive(item.Key)
	item.Version = was.Version + 1
	t.remove(item.Key)
	t.store(own(item))
}

func (t *Table) store(item table.Item) {
	t.items[item.Key] = item
	for i, at := range placesOf(&item) {
		if at != (table.Key{}) {
			places, p := t.order[i][at.Partition], place{at.Sort, item.Key}
			n, _ := slices.BinarySearchFunc(places, p, compare)
			t.order[i][at.Partition] = slices.Insert(places, n, p)
		}
	}
}

func (t *Table) remove(key table.Key) {
	item, found := t.items[key]
	if !found {
		return
	}
	delete(t.items, key)
	for i, at := range placesOf(&item) {
		if at != (table.Key{}) {
			places := t.order[i][at.Partition]
			n, _ := slices.BinarySearchFunc(places, place{at.Sort, key}, compare)
			if places = slices.Delete(places, n, n+1); len(places) == 0 {
				delete(t.order[i], at.Partition)
			} else {
				t.order[i][at.Partition] = places
			}
		}
	}
}

// placesOf gives the keys of an item in the table and in the indexes.
func placesOf(item *table.Item) [1 + table.Indexes]table.Key {
	at := [1 + table.Indexes]table.Key{item.Key}
	copy(at[1:], item.Index[:])
	return at
}

func compare(a, b place) int {
	return cmp.Or(cmp.Compare(a.sort, b.sort), cmp.Compare(a.own.Partition, b.own.Partition),
		cmp.Compare(a.own.Sort, b.own.Sort))
}

// own gives an item whose body is nobody else's.
func own(item table.Item) table.Item {
	item.Body = bytes.Clone(item.Body)
	return item
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
