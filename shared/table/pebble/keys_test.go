package pebble

import (
	"bytes"
	"cmp"
	"testing"

	"multipoint/shared/table"
)

// FuzzKeys: keys come back from the store's keys, and order there as they do by their parts.
func FuzzKeys(f *testing.F) {
	f.Add("a", "b", "a\x00", "b")
	f.Add("\x00", "\x00\x01", "\x00\xff", "\xff")
	f.Add("a\x00\x01", "b", "a", "\x01b")
	f.Fuzz(func(t *testing.T, partition, sort, otherPartition, otherSort string) {
		one := table.Key{Partition: partition, Sort: sort}
		other := table.Key{Partition: otherPartition, Sort: otherSort}
		a, b := appendItemKey(nil, one), appendItemKey(nil, other)
		if got, err := parseItemKey(a); err != nil || got != one {
			t.Fatalf("%q comes back as %q, error %v", one, got, err)
		}
		want := cmp.Or(cmp.Compare(partition, otherPartition), cmp.Compare(sort, otherSort))
		if got := bytes.Compare(a, b); got != want {
			t.Fatalf("%q and %q: order %d, want %d", one, other, got, want)
		}
		x, y := appendIndexKey(nil, 1, one, other), appendIndexKey(nil, 1, other, one)
		if own, err := cutOwnKey(x); err != nil || !bytes.Equal(own, b[1:]) {
			t.Fatalf("entry %q: own key %q, error %v", x, own, err)
		}
		if got := bytes.Compare(x, y); got != want {
			t.Fatalf("entries of %q and %q: order %d, want %d", one, other, got, want)
		}
		q := table.Query{Index: 1, Partition: partition, From: sort, To: sort}
		lower, upper := bounds(q)
		if bytes.Compare(x, lower) < 0 || bytes.Compare(x, upper) >= 0 && sort != "" {
			t.Fatalf("entry %q is not within %q to %q", x, lower, upper)
		}
		inside := bytes.Compare(y, lower) >= 0 && bytes.Compare(y, upper) < 0
		if sort != "" && inside != (one == other) {
			t.Fatalf("entry %q is within %q to %q: %v", y, lower, upper, inside)
		}
	})
}

// FuzzDamaged: no bytes make the reading of keys and values crash, and an item comes back from its value.
func FuzzDamaged(f *testing.F) {
	item := table.Item{Version: 3, Expires: -1, Body: []byte("body")}
	item.Index[1] = table.Key{Partition: "p", Sort: "s"}
	f.Add(appendValue(nil, &item))
	f.Add(appendIndexKey(nil, 1, table.Key{Partition: "a\x00", Sort: "b"}, item.Index[1]))
	f.Add([]byte{0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parseItemKey(b)
		_, _ = cutOwnKey(b)
		var read, again table.Item
		if err := parseValue(b, &read); err != nil {
			return
		}
		if err := parseValue(appendValue(nil, &read), &again); err != nil {
			t.Fatal(err)
		}
		if read.Version != again.Version || read.Expires != again.Expires || read.Index != again.Index ||
			!bytes.Equal(read.Body, again.Body) {
			t.Fatalf("%+v comes back as %+v", read, again)
		}
	})
}
