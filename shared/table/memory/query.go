package memory

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// Query reads a partition, or an index, page by page.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := first(ctx.Err(), limit.Query(q)); err != nil {
		return table.Page{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var places []place
	for _, p := range t.order[q.Index][q.Partition] {
		if asked(q, p.sort) {
			places = append(places, p)
		}
	}
	direction := 1
	if q.Backwards {
		slices.Reverse(places)
		direction = -1
	}
	if q.Cursor != "" {
		after, err := parseCursor(q.Cursor, q.Partition)
		if err != nil {
			return table.Page{}, err
		}
		places = slices.DeleteFunc(places, func(p place) bool { return compare(p, after)*direction <= 0 })
	}
	return t.page(places, q.Limit, q.Partition), nil
}

func asked(q table.Query, sort string) bool {
	if q.Prefix != "" {
		return strings.HasPrefix(sort, q.Prefix)
	}
	return sort >= q.From && (q.To == "" || sort <= q.To)
}

// Scan reads one of several segments, which share the partitions out by their hash.
func (t *Table) Scan(ctx context.Context, segment, segments int, cursor string) (table.Page, error) {
	if err := first(ctx.Err(), limit.Segment(segment, segments)); err != nil {
		return table.Page{}, err
	}
	var after place
	if cursor != "" {
		var err error
		if after, err = parseCursor(cursor, ""); err != nil {
			return table.Page{}, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var places []place
	for key := range t.items {
		hash := fnv.New32a()
		hash.Write([]byte(key.Partition))
		p := place{own: key}
		if int(hash.Sum32())%segments == segment && (cursor == "" || compare(p, after) > 0) {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, compare)
	return t.page(places, 0, ""), nil
}

// page takes from the places what is alive, up to a limit (0 = none) and the bytes of a page.
func (t *Table) page(places []place, most int, partition string) table.Page {
	var page table.Page
	size := 0
	for i, p := range places {
		item, found := t.alive(p.own)
		if !found {
			continue
		}
		size += limit.Size(&item)
		if len(page.Items) > 0 && (size > table.MaxPage || len(page.Items) == most) {
			page.Next = cursorBehind(places[i-1], partition)
			break
		}
		page.Items = append(page.Items, own(item))
	}
	return page
}

// A cursor names the last place of the page before it, and the partition whose query gave it.
func cursorBehind(p place, partition string) string {
	return fmt.Sprintf("%x.%x.%x.%x", partition, p.sort, p.own.Partition, p.own.Sort)
}

func parseCursor(cursor, partition string) (place, error) {
	parts := strings.Split(cursor, ".")
	for i, part := range parts {
		plain, err := hex.DecodeString(part)
		if err != nil {
			return place{}, fmt.Errorf("cursor %.80q: %w", cursor, table.ErrInvalid)
		}
		parts[i] = string(plain)
	}
	if len(parts) != 4 || parts[0] != partition {
		return place{}, fmt.Errorf("cursor %.80q is of no such query: %w", cursor, table.ErrInvalid)
	}
	return place{parts[1], table.Key{Partition: parts[2], Sort: parts[3]}}, nil
}
