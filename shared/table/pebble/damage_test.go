package pebble_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/pebble"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

func TestOneTableAtATime(t *testing.T) {
	folder := t.TempDir()
	first, err := pebble.Open(folder, pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := pebble.Open(folder, pebble.Options{}); !errors.Is(err, pebble.ErrInUse) {
			t.Fatalf("error %v, want %v", err, pebble.ErrInUse)
		}
	}
	if err := first.Put(t.Context(), numbered(1), table.Always); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Put(t.Context(), numbered(1), table.Always); !errors.Is(err, pebble.ErrClosed) {
		t.Fatalf("error %v, want %v", err, pebble.ErrClosed)
	}
	if err := first.Close(); !errors.Is(err, pebble.ErrClosed) {
		t.Fatalf("error %v, want %v", err, pebble.ErrClosed)
	}
	second, err := pebble.Open(folder, pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, found, err := second.Get(t.Context(), numbered(1).Key); err != nil || !found {
		t.Fatalf("found %v, error %v", found, err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := pebble.Open(filepath.Join(folder, "LOCK"), pebble.Options{}); err == nil {
		t.Fatal("a file was taken for a folder")
	}
}

func numbered(n int) table.Item {
	i := table.Item{Key: table.Key{Partition: fmt.Sprint("p", n%9), Sort: fmt.Sprintf("%05d", n)}}
	i.Index[0] = table.Key{Partition: "i", Sort: fmt.Sprintf("%05d", n)}
	i.Body = bytes.Repeat(fmt.Append(nil, n, " "), 100)
	return i
}

// TestDamagedFiles spoils each kind of file in many ways: whatever is read then is right, or an error. A log
// that ends early, or is gone, looks to the store like a loss of power before the rest was written; so may a
// spoilt manifest. No count is asked for there.
func TestDamagedFiles(t *testing.T) {
	healthy := t.TempDir()
	const items = 900
	fillFolder(t, healthy, items)
	names, err := os.ReadDir(healthy)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(healthy, name.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for way := range min(8, len(content)+1) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(healthy)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, name.Name())
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if spoilt := spoil(random, bytes.Clone(content), way); spoilt != nil {
				if err := os.WriteFile(path, spoilt, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			right, err := readFolder(t, folder, items)
			t.Logf("%s, way %d: %d items, %v", name.Name(), way, right, err)
			needed := strings.HasSuffix(name.Name(), ".sst") ||
				strings.HasPrefix(name.Name(), "marker.manifest") ||
				strings.HasSuffix(name.Name(), ".log") && way >= 3
			if err == nil && right != items && needed {
				t.Errorf("%s, way %d: %d of %d items, and no error", name.Name(), way, right, items)
			}
		}
	}
}

// spoil changes a byte, cuts, or takes away (nil) the content of a file.
func spoil(random *rand.Rand, content []byte, way int) []byte {
	switch {
	case way == 0:
		return nil
	case way == 1:
		return content[:0]
	case way == 2:
		return content[:len(content)/2]
	case way == 3:
		clear(content[len(content)/3 : 2*len(content)/3])
	case len(content) > 0:
		content[random.IntN(len(content))] ^= byte(1 << random.IntN(8))
	}
	return content
}

// fillFolder makes a table whose items are partly in tables of the store, partly in its log only, as a
// process that was killed leaves it.
func fillFolder(t *testing.T, folder string, items int) {
	t.Helper()
	used := t.TempDir()
	for _, half := range []int{0, items / 2} {
		opened, err := pebble.Open(used, pebble.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for n := half; n < half+items/2; n++ {
			if err := opened.Put(t.Context(), numbered(n), table.Always); err != nil {
				t.Fatal(err)
			}
		}
		if half > 0 {
			if err := os.CopyFS(folder, os.DirFS(used)); err != nil {
				t.Fatal(err)
			}
		}
		if err := opened.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// readFolder counts the items that are there, each of which has to be right.
func readFolder(t *testing.T, folder string, items int) (right int, err error) {
	t.Helper()
	opened, err := pebble.Open(folder, pebble.Options{})
	if err != nil {
		return 0, err
	}
	defer func() { _ = opened.Close() }()
	for n := range items {
		want := numbered(n)
		got, found, e := opened.Get(t.Context(), want.Key)
		if e != nil {
			err = e
		}
		if !found {
			continue
		}
		if !bytes.Equal(got.Body, want.Body) || got.Index != want.Index {
			t.Fatalf("item %d is wrong: %+v", n, got)
		}
		right++
	}
	for _, read := range []func() error{
		func() error {
			return table.Each(t.Context(), opened, table.Query{Index: 1, Partition: "i"},
				func(table.Item) error { return nil })
		},
		func() error { return opened.Put(t.Context(), numbered(0), table.Always) },
	} {
		if e := read(); e != nil {
			err = e
		}
	}
	return right, err
}

// TestFullDisk: a disk that takes nothing more gives errors, and what was acknowledged is there afterwards.
func TestFullDisk(t *testing.T) {
	for _, file := range []string{"*.log", "*.sst"} {
		t.Run(file, func(t *testing.T) {
			memory := vfs.NewCrashableMem()
			full := errorfs.Toggle{Injector: errorfs.ErrInjected.If(
				errorfs.And(errorfs.Writes, errorfs.PathMatch("table/"+file)))}
			opened, err := pebble.Open("table", pebble.Options{FS: errorfs.Wrap(memory, &full)})
			if err != nil {
				t.Fatal(err)
			}
			full.On()
			acknowledged, failed := 0, error(nil)
			for n := 0; n < 60_000 && failed == nil; n += 100 {
				var items []table.Item
				for i := range 100 {
					items = append(items, numbered(n+i))
				}
				if failed = opened.BatchPut(t.Context(), items); failed == nil {
					if failed = opened.Sync(t.Context()); failed == nil {
						acknowledged += len(items)
					}
				}
			}
			if failed == nil {
				t.Fatal("a full disk takes everything")
			}
			t.Logf("%d writes, then %v", acknowledged, failed)
			if file == "*.sst" { // the store tries again until there is room
				full.Off()
				for err := failed; err != nil; {
					err = opened.Put(t.Context(), numbered(0), table.Always)
				}
				if err := opened.Close(); err != nil {
					t.Fatal(err)
				}
			}
			after := open(t, memory.CrashClone(vfs.CrashCloneCfg{}), pebble.Options{})
			for n := range acknowledged {
				if _, found, err := after.Get(t.Context(), numbered(n).Key); err != nil || !found {
					t.Fatalf("item %d: found %v, error %v", n, found, err)
				}
			}
		})
	}
}
