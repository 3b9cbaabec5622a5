package pebble

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"hash/fnv"

	store "github.com/cockroachdb/pebble/v2"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// A page ends after so many keys if the last ones are of other segments or expired; it may be empty then.
const pageKeys = 100_000

// page is a page in the making.
type page struct {
	table.Page
	table     *Table
	backwards bool
	limit     int // items, 0 = as many as fit
	// load gives the item that a key of the store stands for; false if it is not wanted.
	load  func(key, value []byte) (table.Item, bool, error)
	keys  int // seen
	bytes int // of the items
}

// Query reads a partition, or an index, page by page.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := t.enter(ctx, limit.Query(q)); err != nil {
		return table.Page{}, err
	}
	defer t.leave()
	p := page{table: t, backwards: q.Backwards, limit: q.Limit, load: t.loadItem}
	if q.Index > 0 {
		return t.queryIndex(ctx, q, &p)
	}
	lower, upper := bounds(q)
	err := p.fill(ctx, t.db, lower, upper, q.Cursor)
	return p.Page, err
}

// queryIndex reads entries and their items as of one moment.
func (t *Table) queryIndex(ctx context.Context, q table.Query, p *page) (table.Page, error) {
	var state *store.Snapshot
	if t.lag != nil {
		state = t.lag.next(t.db)
	} else {
		state = t.db.NewSnapshot()
	}
	find, err := t.finder(ctx, state)
	if err != nil {
		return table.Page{}, first(err, state.Close())
	}
	p.load = func(key, _ []byte) (table.Item, bool, error) { return t.loadEntry(find, key) }
	lower, upper := bounds(q)
	err = p.fill(ctx, state, lower, upper, q.Cursor)
	if err := first(err, find.close(), state.Close()); err != nil {
		return table.Page{}, err
	}
	return p.Page, nil
}

// Scan reads one of several segments. They share the partitions out by their hash, and each reads the keys of
// the whole table: here one segment is the fastest.
func (t *Table) Scan(ctx context.Context, segment, segments int, cursor string) (table.Page, error) {
	if err := t.enter(ctx, limit.Segment(segment, segments)); err != nil {
		return table.Page{}, err
	}
	defer t.leave()
	p := page{table: t, load: func(key, value []byte) (table.Item, bool, error) {
		own, err := parseItemKey(key)
		if err != nil {
			return table.Item{}, false, t.failed(err)
		}
		if segments > 1 && segmentOf(own.Partition, segments) != segment {
			return table.Item{}, false, nil
		}
		return t.loadValue(own, value)
	}}
	err := p.fill(ctx, t.db, []byte{itemSpace}, []byte{itemSpace + 1}, cursor)
	return p.Page, err
}

func segmentOf(partition string, segments int) int {
	hash := fnv.New64a()
	hash.Write([]byte(partition))
	return int(hash.Sum64() % uint64(segments))
}

// fill reads the page that begins at a cursor, of the keys from lower up to, without, upper.
func (p *page) fill(ctx context.Context, in store.Reader, lower, upper []byte, cursor string) error {
	if bytes.Compare(lower, upper) >= 0 {
		return nil // From is behind To
	}
	if cursor != "" {
		at, err := parseCursor(cursor, lower, upper)
		if err != nil {
			return err
		}
		if p.backwards {
			upper = at
		} else {
			lower = at
		}
	}
	if p.table.lag != nil && p.table.lag.short(p) {
		p.Next = formCursor(lower)
		if p.backwards {
			p.Next = formCursor(upper)
		}
		return nil
	}
	err := p.read(ctx, in, lower, upper)
	if err != nil {
		p.Page = table.Page{}
	}
	return err
}

func (p *page) read(ctx context.Context, in store.Reader, lower, upper []byte) (err error) {
	defer p.table.recovered(&err)
	it, err := in.NewIterWithContext(ctx, &store.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return p.table.failed(err)
	}
	start, next := it.First, it.Next
	if p.backwards {
		start, next = it.Last, it.Prev
	}
	for valid := start(); valid && p.Next == "" && err == nil; valid = next() {
		err = p.take(ctx, it)
	}
	if e := first(it.Error(), it.Close()); err == nil && e != nil {
		err = p.table.failed(e)
	}
	return err
}

// take adds the item of a key to the page, or ends the page before it.
func (p *page) take(ctx context.Context, it *store.Iterator) error {
	if p.keys++; p.keys%contextEvery == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	value, err := it.ValueAndErr()
	if err != nil {
		return p.table.failed(err)
	}
	item, wanted, err := p.load(it.Key(), value)
	if err != nil {
		return err
	}
	if !wanted {
		if p.keys >= pageKeys {
			p.end(it.Key(), true)
		}
		return nil
	}
	p.bytes += limit.Size(&item)
	if len(p.Items) > 0 && (len(p.Items) == p.limit || p.bytes > table.MaxPage) {
		p.end(it.Key(), false)
		return nil
	}
	p.Items = append(p.Items, item)
	return nil
}

// end ends the page: the next one begins behind a key that is done, or at one that is not.
func (p *page) end(key []byte, done bool) {
	if done != p.backwards {
		key = append(bytes.Clone(key), 0) // the bound between this key and the next one up
	}
	p.Next = formCursor(key)
}

// loadItem gives the item of a key and value in the store, with a body of its own.
func (t *Table) loadItem(key, value []byte) (table.Item, bool, error) {
	own, err := parseItemKey(key)
	if err != nil {
		return table.Item{}, false, t.failed(err)
	}
	return t.loadValue(own, value)
}

func (t *Table) loadValue(own table.Key, value []byte) (table.Item, bool, error) {
	item := table.Item{Key: own}
	if err := parseValue(value, &item); err != nil {
		return table.Item{}, false, t.failed(err)
	}
	item.Body = bytes.Clone(item.Body)
	return item, !t.expired(&item), nil
}

// loadEntry gives the item of an index entry.
func (t *Table) loadEntry(find *finder, entry []byte) (table.Item, bool, error) {
	own, err := cutOwnKey(entry)
	if err != nil {
		return table.Item{}, false, t.failed(err)
	}
	key := append([]byte{itemSpace}, own...)
	name, err := parseItemKey(key)
	if err != nil {
		return table.Item{}, false, t.failed(err)
	}
	item := table.Item{Key: name}
	found, err := find.find(key, &item)
	if err == nil && !found {
		err = t.failed(fmt.Errorf("%w: an index names %.80q, which is not there", ErrDamaged, name))
	}
	if err != nil {
		return table.Item{}, false, err
	}
	item.Body = bytes.Clone(item.Body)
	return item, !t.expired(&item), nil
}

// A cursor is a bound in the order of the store's keys: forwards the next page has the keys from it on,
// backwards those before it. A checksum stands before it, since cursors come back from outside.
func formCursor(bound []byte) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(bound))
	return base64.RawURLEncoding.EncodeToString(append(sum, bound...))
}

// parseCursor gives the bound. Error: table.ErrInvalid if it is none between lower and upper.
func parseCursor(cursor string, lower, upper []byte) ([]byte, error) {
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(plain) > crc32.Size {
		bound := plain[crc32.Size:]
		if binary.BigEndian.Uint32(plain) == crc32.ChecksumIEEE(bound) &&
			bytes.Compare(bound, lower) >= 0 && bytes.Compare(bound, upper) <= 0 {
			return bound, nil
		}
	}
	return nil, fmt.Errorf("cursor %.80q is of no such query: %w", cursor, table.ErrInvalid)
}
