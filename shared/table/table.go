// Package table is the port to the table (DESIGN §3), shaped like DynamoDB and small. On one machine the
// driver is table/pebble. Every driver passes table/tabletest.
//
// An item is bytes under a partition key and a sort key. What is derived from the record on object storage
// can be built again, so items carry a version but no history.
package table

import (
	"context"
	"errors"
	"strings"
)

// Limits that every driver enforces: those of DynamoDB.
const (
	MaxPartition = 2048      // bytes of a partition key, at least 1
	MaxSort      = 1024      // bytes of a sort key, at least 1
	MaxItem      = 400_000   // bytes of keys and body
	MaxActions   = 100       // of one transaction
	MaxTransact  = 4_000_000 // bytes of one transaction
	MaxPage      = 1_000_000 // bytes of one page of a query or scan
	Indexes      = 2
)

// Errors of drivers, wrapped with the key: test with errors.Is.
var (
	// ErrCondition: a condition did not hold; nothing was written.
	ErrCondition = errors.New("the item is not as the writer expected")
	// ErrInvalid: a key, size, count or cursor beyond the limits; nothing was written.
	ErrInvalid = errors.New("beyond the limits of the table")
)

// Key names an item. Partition keys spread; sort keys order bytewise within a partition.
type Key struct {
	Partition, Sort string
}

// Partition joins the texts of a partition key: the kind of item, the retailer whose it is, and what else
// tells it from others. 00 ends a text, so no key is the beginning of another; none may hold it.
func Partition(kind, retailer string, more ...string) string {
	return strings.Join(append([]string{kind, retailer}, more...), "\x00")
}

// Item is what a table keeps.
type Item struct {
	Key
	// Index places the item in the secondary indexes; a zero key leaves it out. Indexes may lag behind the
	// items: nothing that must be right is decided from them.
	Index [Indexes]Key
	// Version counts writes from 1; drivers set it, Put ignores what stands here but for IfVersion.
	Version int64
	// Expires is the second (Unix) after which the item may vanish at any time; 0 = never.
	Expires int64
	Body    []byte
}

// Condition says when a write is made.
type Condition uint8

// Conditions of writes.
const (
	Always    Condition = iota
	IfAbsent            // there is no item of that key
	IfVersion           // there is one with the version that the writer gives
)

// Action is one write of a transaction: a put, or a delete of the item's key.
type Action struct {
	Item
	Delete bool
	When   Condition
}

// Query asks for items of one partition in the order of their sort keys.
type Query struct {
	// Index is 0 for the table itself, 1 or 2 for a secondary index, whose keys Partition to To then mean.
	// Items with equal index keys come in the order of their own keys.
	Index     int
	Partition string
	// From and To are the first and last sort key, both included; "" = open. Prefix, if given, replaces both.
	From, To, Prefix string
	Backwards        bool
	Limit            int    // items of a page, 0 = as many as fit
	Cursor           string // of the page before, "" = from the start
}

// Page is a part of an answer. Next is the cursor of the page behind it, "" = that was all; a page may be
// short or empty and still have a next one.
type Page struct {
	Items []Item
	Next  string
}

// Table keeps items. Reads see every write that ended before them, but for the indexes. What a method gives
// belongs to the caller. Once a write returns it lasts through a loss of power, unless it says otherwise.
type Table interface {
	// Get gives an item; false if there is none.
	Get(ctx context.Context, key Key) (Item, bool, error)
	// Put writes an item with its condition. Errors: ErrCondition, ErrInvalid.
	Put(ctx context.Context, item Item, when Condition) error
	// Delete removes an item; one that is not there is no error. Version counts for IfVersion only.
	Delete(ctx context.Context, item Item, when Condition) error
	// BatchGet calls visit for each key in the order given, with false for those that are not there, until
	// an error; the body is valid during the call. Any number of keys; those of ascending order are faster.
	BatchGet(ctx context.Context, keys []Key, visit func(i int, item Item, found bool) error) error
	// BatchPut writes items without condition and not as a whole: after an error some may be there. Any
	// number of items, no key twice. It does not wait for the disk: Sync does.
	BatchPut(ctx context.Context, items []Item) error
	// Query reads a partition, or an index, page by page.
	Query(ctx context.Context, q Query) (Page, error)
	// Transact makes all writes or none; no key twice. Errors: ErrCondition, ErrInvalid.
	Transact(ctx context.Context, actions []Action) error
	// Scan reads one of several segments of the whole table, page by page, in any order.
	Scan(ctx context.Context, segment, segments int, cursor string) (Page, error)
	// Sync makes every write before it last through a loss of power.
	Sync(ctx context.Context) error
}

// Each calls visit for all items of a query, until an error.
func Each(ctx context.Context, t Table, q Query, visit func(Item) error) error {
	for {
		page, err := t.Query(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if err := visit(page.Items[i]); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		q.Cursor = page.Next
	}
}
