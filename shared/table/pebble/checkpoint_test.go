package pebble_test

import (
	"errors"
	"io/fs"
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/pebble"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestCheckpointIsTheTableAtOneMoment: what is written before is in the copy, what comes after is not.
func TestCheckpointIsTheTableAtOneMoment(t *testing.T) {
	files := vfs.NewMem()
	live := open(t, files, pebble.Options{})
	item := func(sort, body string) table.Item {
		return table.Item{Key: table.Key{Partition: "p", Sort: sort}, Body: []byte(body)}
	}
	if err := live.Put(t.Context(), item("a", "before"), table.Always); err != nil {
		t.Fatal(err)
	}
	if err := live.BatchPut(t.Context(), []table.Item{item("b", "unsynced")}); err != nil {
		t.Fatal(err)
	}
	if err := live.Checkpoint(t.Context(), "copy"); err != nil {
		t.Fatal(err)
	}
	for _, later := range []table.Item{item("a", "after"), item("c", "after")} {
		if err := live.Put(t.Context(), later, table.Always); err != nil {
			t.Fatal(err)
		}
	}
	if err := live.Checkpoint(t.Context(), "copy"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a copy that is there: %v", err)
	}
	copied, err := pebble.Open("copy", pebble.Options{FS: files})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
	}()
	for sort, want := range map[string]string{"a": "before", "b": "unsynced", "c": ""} {
		got, _, err := copied.Get(t.Context(), item(sort, "").Key)
		if err != nil || string(got.Body) != want {
			t.Errorf("%s: got %q, %v; want %q", sort, got.Body, err, want)
		}
	}
}

func TestCheckpointOfAClosedTable(t *testing.T) {
	closed := open(t, vfs.NewMem(), pebble.Options{})
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := closed.Checkpoint(t.Context(), "copy"); !errors.Is(err, pebble.ErrClosed) {
		t.Error(err)
	}
}
