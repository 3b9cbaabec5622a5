package dynamo

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// Of a page of an index.
const (
	entriesAtOnce = 1000 // entries at most
	firstItems    = 25   // items of the first request: at most 10 MB, the rest goes by their size
)

// entry is an item's place in an index.
type entry struct {
	sort string // of the index
	own  table.Key
}

// compare says where a stands to b in the order of a query.
func (a *entry) compare(b *entry, backwards bool) int {
	order := cmp.Or(cmp.Compare(a.sort, b.sort), cmp.Compare(a.own.Partition, b.own.Partition),
		cmp.Compare(a.own.Sort, b.own.Sort))
	if backwards {
		return -order
	}
	return order
}

// queryIndex reads entries of an index, then their items from the table.
func (t *Table) queryIndex(ctx context.Context, q *table.Query, low, high string) (table.Page, error) {
	var behind *entry
	if q.Cursor != "" {
		at, err := parseCursor(q.Cursor, queryName(q), 3)
		if err != nil {
			return table.Page{}, err
		}
		if at[0] < low || at[0] > high {
			return table.Page{}, wrongCursor(q.Cursor)
		}
		behind = &entry{at[0], table.Key{Partition: at[1], Sort: at[2]}}
		if q.Backwards {
			high = behind.sort
		} else {
			low = behind.sort
		}
	}
	entries, more, err := t.entries(ctx, q, low, high, behind)
	if err != nil {
		return table.Page{}, err
	}
	return t.load(ctx, q, entries, more)
}

// entries gives the entries of a page from low to high, without those up to the one that it begins behind,
// and whether there are more. DynamoDB says nothing about the order of entries with equal index keys, so all
// of those are read before the first of them is given. Where thousands share a place each page reads them
// all:
// index keys are made to differ.
func (t *Table) entries(ctx context.Context, q *table.Query, low, high string,
	behind *entry,
) (found []entry, more bool, err error) {
	most := q.Limit
	if most == 0 || most > entriesAtOnce {
		most = entriesAtOnce
	}
	partition, sort := IndexPartition(q.Index), IndexSort(q.Index)
	in := t.queryInput(q, partition, sort, low, high)
	in.IndexName = aws.String(IndexName(q.Index))
	in.Limit = count(most + 2) // the one that it begins behind, and the first of the next place
	for {
		out, err := t.client.Query(ctx, in)
		if err != nil {
			return nil, false, t.failed(ctx, err)
		}
		var last string
		for _, all := range out.Items {
			e, err := parseEntry(all, partition, sort)
			if err != nil {
				return nil, false, t.failed(ctx, err)
			}
			last = e.sort
			if behind == nil || e.compare(behind, q.Backwards) > 0 {
				found = append(found, e)
			}
		}
		slices.SortFunc(found, func(a, b entry) int { return a.compare(&b, q.Backwards) })
		if len(found) > most {
			found, more = found[:most], true
		}
		if len(out.LastEvaluatedKey) == 0 {
			return found, more, nil
		}
		if len(found) == most && last != "" && found[most-1].sort != last {
			return found, true, nil
		}
		in.ExclusiveStartKey, in.Limit = out.LastEvaluatedKey, nil
	}
}

func parseEntry(all map[string]types.AttributeValue, partition, sort string) (entry, error) {
	own, err := parseKey(all, PartitionKey, SortKey)
	if err != nil {
		return entry{}, err
	}
	at, err := parseKey(all, partition, sort)
	return entry{at.Sort, own}, err
}

// load makes a page of the items of entries. Those that have moved or vanished since are left out.
func (t *Table) load(ctx context.Context, q *table.Query, entries []entry, more bool) (table.Page, error) {
	var p table.Page
	size, next := 0, firstItems
	var done *entry
	for start := 0; start < len(entries); {
		chunk := entries[start:min(start+next, len(entries))]
		start += len(chunk)
		keys := make([]table.Key, len(chunk))
		for i := range chunk {
			keys[i] = chunk[i].own
		}
		items, err := t.fetch(ctx, keys)
		if err != nil {
			return table.Page{}, err
		}
		for i := range chunk {
			item, found := items[chunk[i].own]
			at := table.Key{Partition: q.Partition, Sort: chunk[i].sort}
			if found && item.Index[q.Index-1] == at {
				if size += limit.Size(&item); size > table.MaxPage {
					p.Next = entryCursor(q, done)
					return p, nil
				}
				p.Items = append(p.Items, item)
			}
			done = &chunk[i]
		}
		next = keysAtOnce
		if n := len(p.Items); n > 0 {
			next = min(next, 1+(table.MaxPage-size)*n/size)
		}
	}
	if more {
		p.Next = entryCursor(q, done)
	}
	return p, nil
}

func entryCursor(q *table.Query, e *entry) string {
	return formCursor(queryName(q), e.sort, e.own.Partition, e.own.Sort)
}
