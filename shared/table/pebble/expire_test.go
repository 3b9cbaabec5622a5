package pebble_test

import (
	"sync/atomic"
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/pebble"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestExpiredItemsVanish: an expired item is read by no way, counts as absent, and leaves nothing behind.
func TestExpiredItemsVanish(t *testing.T) {
	var now atomic.Int64
	now.Store(100)
	files := vfs.NewMem()
	in := open(t, files, pebble.Options{Now: now.Load})
	for n := range 10 {
		i := numbered(n)
		i.Expires = int64(100 * (n % 2)) // 0 = never
		if err := in.Put(t.Context(), i, table.Always); err != nil {
			t.Fatal(err)
		}
	}
	wantReadable(t, in, 10)
	now.Store(101)
	wantReadable(t, in, 5)
	again := numbered(1)
	again.Version = 1
	if err := in.Put(t.Context(), again, table.IfVersion); err == nil {
		t.Fatal("an expired item was changed")
	}
	if err := in.Put(t.Context(), again, table.IfAbsent); err != nil {
		t.Fatal(err)
	}
	if got, _, err := in.Get(t.Context(), again.Key); err != nil || got.Version != 1 {
		t.Fatalf("version %d, error %v", got.Version, err)
	}
	wantReadable(t, in, 6)
	for _, want := range []int{4, 0} {
		if got, err := in.RemoveExpired(t.Context()); err != nil || got != want {
			t.Fatalf("removed %d, want %d, error %v", got, want, err)
		}
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	timeless := open(t, files, pebble.Options{})
	wantReadable(t, timeless, 6)
}

// wantReadable counts the items that each way of reading gives.
func wantReadable(t *testing.T, in table.Table, want int) {
	t.Helper()
	var got, batch, indexed, scanned int
	var keys []table.Key
	for n := range 10 {
		keys = append(keys, numbered(n).Key)
		if _, found, err := in.Get(t.Context(), keys[n]); err != nil {
			t.Fatal(err)
		} else if found {
			got++
		}
	}
	err := in.BatchGet(t.Context(), keys, func(_ int, _ table.Item, found bool) error {
		if found {
			batch++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = table.Each(t.Context(), in, table.Query{Index: 1, Partition: "i"}, func(table.Item) error {
		indexed++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := in.Scan(t.Context(), 0, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	scanned = len(page.Items)
	if got != want || batch != want || indexed != want || scanned != want {
		t.Fatalf("Get %d, BatchGet %d, index %d, Scan %d; want %d", got, batch, indexed, scanned, want)
	}
}
