package main

import (
	"context"
	"strconv"
	"sync/atomic"

	"multipoint/shared/table"
	"multipoint/shared/table/dynamo"
)

// Units of DynamoDB, in bytes, and how many items shared/table/dynamo puts into one request.
const (
	writeUnit   = 1024
	readUnit    = 4096
	putsAtOnce  = 25
	readsAtOnce = 100
)

// units is a table that does DynamoDB's arithmetic over another one, for the requests that
// shared/table/dynamo sends. Condition checks cost what the write would have.
type units struct {
	table.Table
	meter *meter
	kept  atomic.Int64 // bytes
}

// storedSize is what DynamoDB charges an item as: 100 bytes more, and its entries in indexes likewise.
func storedSize(i *table.Item) (bytes int64) {
	if i == nil {
		return 0
	}
	const more = 100
	bytes = int64(itemSize(i)) + more
	for x := range i.Index {
		if i.Index[x] != (table.Key{}) {
			bytes += int64(entrySize(i, x)) + more
		}
	}
	return bytes
}

// numberSize is the size of a number: a byte for two digits, and one.
func numberSize(n int64) int {
	if n < 0 {
		n = -n
	}
	return (len(strconv.FormatInt(n, 10))+1)/2 + 1
}

// itemSize is the size of an item in the table: names and values of its attributes.
func itemSize(i *table.Item) int {
	n := len(dynamo.PartitionKey+dynamo.SortKey+dynamo.Version) + len(i.Partition) + len(i.Sort) +
		numberSize(i.Version)
	if len(i.Body) > 0 {
		n += len(dynamo.Body) + len(i.Body)
	}
	if i.Expires != 0 {
		n += len(dynamo.Expires) + numberSize(i.Expires)
	}
	for x, at := range i.Index {
		if at != (table.Key{}) {
			n += placeSize(x, at)
		}
	}
	return n
}

func placeSize(x int, at table.Key) int {
	return len(dynamo.IndexPartition(x+1)+dynamo.IndexSort(x+1)) + len(at.Partition) + len(at.Sort)
}

// entrySize is the size of an item's entry in an index, which holds keys alone.
func entrySize(i *table.Item, x int) int {
	return len(dynamo.PartitionKey+dynamo.SortKey) + len(i.Partition) + len(i.Sort) + placeSize(x, i.Index[x])
}

func ceil(n, unit int) int64 { return int64(max(1, (n+unit-1)/unit)) }

// write counts a write over what was there before. A deleted item is one whose after is nil.
func (u *units) write(c *Counts, before, after *table.Item, times int64) {
	size := 0
	if before != nil {
		size = itemSize(before)
	}
	if after != nil {
		size = max(size, itemSize(after))
	}
	c.TableWrites += times * ceil(size, writeUnit)
	for x := range table.Indexes {
		had := before != nil && before.Index[x] != table.Key{}
		has := after != nil && after.Index[x] != table.Key{}
		if had && has && before.Index[x] == after.Index[x] {
			continue // an entry of keys alone stays as it is
		}
		if had {
			c.IndexWrites += ceil(entrySize(before, x), writeUnit)
		}
		if has {
			c.IndexWrites += ceil(entrySize(after, x), writeUnit)
		}
	}
}

// was gives what stands under a key, nil if nothing does.
func (u *units) was(ctx context.Context, key table.Key) (*table.Item, error) {
	item, found, err := u.Table.Get(ctx, key)
	if !found {
		return nil, err
	}
	return &item, err
}

// Get is a consistent read.
func (u *units) Get(ctx context.Context, key table.Key) (table.Item, bool, error) {
	item, found, err := u.Table.Get(ctx, key)
	u.meter.count(func(c *Counts) {
		c.TableRequests++
		c.TableReads += 2 * readOf(&item, found)
	})
	return item, found, err
}

func readOf(item *table.Item, found bool) int64 {
	if !found {
		return 1
	}
	return ceil(itemSize(item), readUnit)
}

// Put is an update, or with a condition a transaction of one write.
func (u *units) Put(ctx context.Context, item table.Item, when table.Condition) error {
	return u.one(ctx, table.Action{Item: item, When: when}, func() error {
		return u.Table.Put(ctx, item, when)
	})
}

// Delete is a delete, or with a condition a transaction of one.
func (u *units) Delete(ctx context.Context, item table.Item, when table.Condition) error {
	return u.one(ctx, table.Action{Item: item, When: when, Delete: true}, func() error {
		return u.Table.Delete(ctx, item, when)
	})
}

func (u *units) one(ctx context.Context, a table.Action, do func() error) error {
	times := int64(2)
	if a.When == table.Always {
		times = 1
	}
	return u.all(ctx, []table.Action{a}, times, do)
}

// Transact costs double for each item; entries of indexes follow by themselves and do not.
func (u *units) Transact(ctx context.Context, actions []table.Action) error {
	return u.all(ctx, actions, 2, func() error { return u.Table.Transact(ctx, actions) })
}

func (u *units) all(ctx context.Context, actions []table.Action, times int64, do func() error) error {
	var counted Counts
	counted.TableRequests = 1
	grown := int64(0)
	for i := range actions {
		before, err := u.was(ctx, actions[i].Key)
		if err != nil {
			return err
		}
		after := &actions[i].Item
		if actions[i].Delete {
			after = nil
		}
		u.write(&counted, before, after, times)
		grown += storedSize(after) - storedSize(before)
	}
	u.meter.count(func(c *Counts) { c.add(&counted, 1) })
	err := do()
	if err == nil {
		u.kept.Add(grown)
	}
	return err
}

// BatchGet asks for 100 keys at a time, each once.
func (u *units) BatchGet(ctx context.Context, keys []table.Key,
	visit func(i int, item table.Item, found bool) error,
) error {
	var counted Counts
	asked := map[table.Key]bool{}
	err := u.Table.BatchGet(ctx, keys, func(i int, item table.Item, found bool) error {
		if i%readsAtOnce == 0 {
			counted.TableRequests++
			clear(asked)
		}
		if !asked[keys[i]] {
			asked[keys[i]] = true
			counted.TableReads += 2 * readOf(&item, found)
		}
		return visit(i, item, found)
	})
	u.meter.count(func(c *Counts) { c.add(&counted, 1) })
	return err
}

// BatchPut puts 25 items at a time (dynamo.Options.Recount, as shared/cloud has it).
func (u *units) BatchPut(ctx context.Context, items []table.Item) error {
	var counted Counts
	counted.TableRequests = int64((len(items) + putsAtOnce - 1) / putsAtOnce)
	for i := range items {
		before, err := u.was(ctx, items[i].Key)
		if err != nil {
			return err
		}
		u.write(&counted, before, &items[i], 1)
		u.kept.Add(storedSize(&items[i]) - storedSize(before))
	}
	u.meter.count(func(c *Counts) { c.add(&counted, 1) })
	return u.Table.BatchPut(ctx, items)
}

// Query reads a page of the table consistently. Of an index it reads entries, which is half, and then their
// items from the table.
func (u *units) Query(ctx context.Context, q table.Query) (table.Page, error) {
	page, err := u.Table.Query(ctx, q)
	u.meter.count(func(c *Counts) {
		c.TableRequests++
		size := 0
		for i := range page.Items {
			if q.Index == 0 {
				size += itemSize(&page.Items[i])
				continue
			}
			size += entrySize(&page.Items[i], q.Index-1)
			c.TableReads += 2 * ceil(itemSize(&page.Items[i]), readUnit)
		}
		if q.Index == 0 {
			c.TableReads += 2 * ceil(size, readUnit)
			return
		}
		c.TableReads += ceil(size, readUnit)
		c.TableRequests += int64((len(page.Items) + readsAtOnce - 1) / readsAtOnce)
	})
	return page, err
}

// Scan reads a page consistently.
func (u *units) Scan(ctx context.Context, segment, segments int, cursor string) (table.Page, error) {
	page, err := u.Table.Scan(ctx, segment, segments, cursor)
	u.meter.count(func(c *Counts) {
		c.TableRequests++
		size := 0
		for i := range page.Items {
			size += itemSize(&page.Items[i])
		}
		c.TableReads += 2 * ceil(size, readUnit)
	})
	return page, err
}
