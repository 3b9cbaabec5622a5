package pebble

import (
	"bytes"
	"context"

	store "github.com/cockroachdb/pebble/v2"

	"multipoint/shared/table"
)

// ifExpired is the condition of RemoveExpired: nothing is done unless the item is there and has expired.
const ifExpired = table.IfVersion + 1

// RemoveExpired takes away the items that have expired, with their index entries, and says how many they
// were. It does not wait for the disk. It reads the whole table: run it daily.
func (t *Table) RemoveExpired(ctx context.Context) (int, error) {
	removed := 0
	for from := []byte{itemSpace}; from != nil; {
		writes, next, err := t.findExpired(ctx, from)
		if err == nil {
			err = t.commit(ctx, writes, store.NoSync)
		}
		if err != nil {
			return removed, err
		}
		removed += len(writes)
		from = next
	}
	return removed, nil
}

// findExpired gives deletes of the expired items from a key on, at most batchItems, and the key to go on
// from, nil at the end.
func (t *Table) findExpired(ctx context.Context, from []byte) (writes []write, next []byte, err error) {
	if err := t.enter(ctx); err != nil {
		return nil, nil, err
	}
	defer t.leave()
	defer t.recovered(&err)
	all := &store.IterOptions{LowerBound: from, UpperBound: []byte{itemSpace + 1}}
	it, err := t.db.NewIterWithContext(ctx, all)
	if err != nil {
		return nil, nil, t.failed(err)
	}
	keys := 0
	for valid := it.First(); valid && err == nil; valid = it.Next() {
		if keys++; keys > pageKeys || len(writes) == batchItems {
			next = bytes.Clone(it.Key())
			break
		}
		var item table.Item
		if item, err = t.read(it); err == nil && t.expired(&item) {
			item.Body = nil
			writes = append(writes, write{&item, bytes.Clone(it.Key()), true, ifExpired})
		}
	}
	if e := first(it.Error(), it.Close()); err == nil && e != nil {
		err = t.failed(e)
	}
	return writes, next, first(err, ctx.Err())
}

// read gives the item at which an iterator stands. Its body is the store's.
func (t *Table) read(it *store.Iterator) (item table.Item, err error) {
	value, err := it.ValueAndErr()
	if err == nil {
		err = parseValue(value, &item)
	}
	if err == nil {
		item.Key, err = parseItemKey(it.Key())
	}
	if err != nil {
		return table.Item{}, t.failed(err)
	}
	return item, nil
}
