package pebble

import (
	"bytes"
	"context"

	store "github.com/cockroachdb/pebble/v2"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// A context is looked at once for so many items.
const contextEvery = 256

// Get gives an item; false if there is none.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Item, bool, error) {
	if err := t.enter(ctx, limit.Key(key)); err != nil {
		return table.Item{}, false, err
	}
	defer t.leave()
	item := table.Item{Key: key}
	found, err := t.get(appendItemKey(nil, key), &item)
	if err != nil || !found {
		return table.Item{}, false, err
	}
	return item, true, nil
}

func (t *Table) get(key []byte, item *table.Item) (found bool, err error) {
	defer t.recovered(&err)
	value, closer, err := t.db.Get(key)
	if err != nil {
		if err == store.ErrNotFound { //nolint:errorlint // the store gives this very one, a million times
			return false, nil
		}
		return false, t.failed(err)
	}
	if err = parseValue(value, item); err != nil {
		err = t.failed(err)
	}
	item.Body = bytes.Clone(item.Body)
	if err := first(err, closer.Close()); err != nil {
		return false, err
	}
	return !t.expired(item), nil
}

// BatchGet calls visit for each key in the order given. All are read in the state of the table at the start.
// The filters of the store tell most absent keys without a look at its blocks; keys that ascend bytewise, by
// partition and then sort key, find the way from one to the next.
func (t *Table) BatchGet(ctx context.Context, keys []table.Key,
	visit func(i int, item table.Item, found bool) error,
) error {
	for _, key := range keys {
		if err := limit.Key(key); err != nil {
			return err
		}
	}
	if err := t.enter(ctx); err != nil {
		return err
	}
	defer t.leave()
	find, err := t.finder(ctx, t.db)
	if err != nil {
		return err
	}
	err = t.visitAll(ctx, find, keys, visit)
	return first(err, find.close())
}

func (t *Table) visitAll(ctx context.Context, find *finder, keys []table.Key,
	visit func(i int, item table.Item, found bool) error,
) error {
	var key, body []byte
	for i := range keys {
		if i%contextEvery == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		item := table.Item{Key: keys[i]}
		key = appendItemKey(key[:0], keys[i])
		found, err := find.find(key, &item)
		if err != nil {
			return err
		}
		if found && t.expired(&item) {
			found = false
		}
		if !found {
			item = table.Item{}
		}
		body = append(body[:0], item.Body...) // the store's own may be in its cache
		item.Body = body
		if err := visit(i, item, found); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// finder finds items by their key in one state of the store.
type finder struct {
	table *Table
	it    *store.Iterator
}

func (t *Table) finder(ctx context.Context, in store.Reader) (f *finder, err error) {
	defer t.recovered(&err)
	it, err := in.NewIterWithContext(ctx, &store.IterOptions{UseL6Filters: true})
	if err != nil {
		return nil, t.failed(err)
	}
	return &finder{t, it}, nil
}

// find fills an item but for its key; its body is valid until the next call.
func (f *finder) find(key []byte, item *table.Item) (found bool, err error) {
	defer f.table.recovered(&err)
	if !f.it.SeekPrefixGE(key) {
		if err := f.it.Error(); err != nil {
			return false, f.table.failed(err)
		}
		return false, nil
	}
	value, err := f.it.ValueAndErr()
	if err == nil {
		err = parseValue(value, item)
	}
	if err != nil {
		return false, f.table.failed(err)
	}
	return true, nil
}

func (f *finder) close() (err error) {
	defer f.table.recovered(&err)
	if err = f.it.Close(); err != nil {
		return f.table.failed(err)
	}
	return nil
}
