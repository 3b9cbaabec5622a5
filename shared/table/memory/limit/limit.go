// Package limit checks what is given to a table against the limits of the port, so that all drivers refuse
// the same things. Every error is table.ErrInvalid with the key. It has no state and knows no driver.
package limit

import (
	"fmt"

	"multipoint/shared/table"
)

// MaxSegments is the largest number of segments of a scan, as in DynamoDB.
const MaxSegments = 1_000_000

// Size is the number of bytes that count for an item: its keys, its index keys, its body.
func Size(item *table.Item) int {
	n := len(item.Partition) + len(item.Sort) + len(item.Body)
	for _, k := range item.Index {
		n += len(k.Partition) + len(k.Sort)
	}
	return n
}

// Key checks both parts of a key. Error: table.ErrInvalid.
func Key(k table.Key) error {
	switch {
	case k.Partition == "" || k.Sort == "":
		return invalid(k, "a part of the key is empty")
	case len(k.Partition) > table.MaxPartition:
		return invalid(k, "the partition key has %d bytes, at most %d", len(k.Partition), table.MaxPartition)
	case len(k.Sort) > table.MaxSort:
		return invalid(k, "the sort key has %d bytes, at most %d", len(k.Sort), table.MaxSort)
	}
	return nil
}

// Item checks the keys and the size of an item. Error: table.ErrInvalid.
func Item(item *table.Item) error {
	if err := Key(item.Key); err != nil {
		return err
	}
	for i, k := range item.Index {
		if k == (table.Key{}) {
			continue
		}
		if err := Key(k); err != nil {
			return invalid(item.Key, "index %d: %v", i+1, err)
		}
	}
	if n := Size(item); n > table.MaxItem {
		return invalid(item.Key, "the item has %d bytes, at most %d", n, table.MaxItem)
	}
	return nil
}

// When checks that a condition is one of the port's. Error: table.ErrInvalid.
func When(c table.Condition) error {
	if c > table.IfVersion {
		return fmt.Errorf("condition %d: %w", c, table.ErrInvalid)
	}
	return nil
}

// Actions checks the writes of a transaction, each for itself, their number, their bytes, and that no key is
// named twice. Error: table.ErrInvalid.
func Actions(actions []table.Action) error {
	if len(actions) > table.MaxActions {
		return fmt.Errorf("%d actions, at most %d: %w", len(actions), table.MaxActions, table.ErrInvalid)
	}
	named, bytes := make(map[table.Key]bool, len(actions)), 0
	for i := range actions {
		a := &actions[i]
		if err := action(a); err != nil {
			return fmt.Errorf("action %d: %w", i, err)
		}
		if named[a.Key] {
			return invalid(a.Key, "named by two actions")
		}
		named[a.Key] = true
		if !a.Delete {
			bytes += Size(&a.Item)
		}
	}
	if bytes > table.MaxTransact {
		return fmt.Errorf("a transaction of %d bytes, at most %d: %w",
			bytes, table.MaxTransact, table.ErrInvalid)
	}
	return nil
}

func action(a *table.Action) error {
	if err := When(a.When); err != nil {
		return err
	}
	if a.Delete {
		return Key(a.Key)
	}
	return Item(&a.Item)
}

// Query checks a query but for its cursor, which is the driver's. Error: table.ErrInvalid.
func Query(q table.Query) error {
	switch {
	case q.Index < 0 || q.Index > table.Indexes:
		return fmt.Errorf("index %d of %d: %w", q.Index, table.Indexes, table.ErrInvalid)
	case q.Limit < 0:
		return fmt.Errorf("a page of %d items: %w", q.Limit, table.ErrInvalid)
	case q.Partition == "" || len(q.Partition) > table.MaxPartition:
		return fmt.Errorf("a query of a partition key of %d bytes, 1 to %d: %w",
			len(q.Partition), table.MaxPartition, table.ErrInvalid)
	}
	for _, s := range []string{q.From, q.To, q.Prefix} {
		if len(s) > table.MaxSort {
			return fmt.Errorf("a query by a sort key of %d bytes, at most %d: %w",
				len(s), table.MaxSort, table.ErrInvalid)
		}
	}
	return nil
}

// Segment checks a segment, 0 to segments-1, of a scan. Error: table.ErrInvalid.
func Segment(segment, segments int) error {
	if segments < 1 || segments > MaxSegments || segment < 0 || segment >= segments {
		return fmt.Errorf("segment %d of %d: %w", segment, segments, table.ErrInvalid)
	}
	return nil
}

// invalid names the key, cut so that a message stays a line.
func invalid(k table.Key, format string, args ...any) error {
	return fmt.Errorf("item %.80q %.80q: %s: %w", k.Partition, k.Sort, fmt.Sprintf(format, args...),
		table.ErrInvalid)
}
