package pebble_test

import (
	"errors"
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/pebble"
	"multipoint/shared/table/tabletest"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// open gives a table in memory that is closed with the test.
func open(t testing.TB, files vfs.FS, options pebble.Options) *pebble.Table {
	t.Helper()
	options.FS = files
	opened, err := pebble.Open("table", options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil && !errors.Is(err, pebble.ErrClosed) {
			t.Error(err)
		}
	})
	return opened
}

func TestConformance(t *testing.T) {
	tabletest.Run(t, func(t *testing.T) table.Table {
		return open(t, vfs.NewMem(), pebble.Options{})
	}, tabletest.Options{Operations: 900})
}

// TestConformanceWithLag: nothing that the suite asks for needs strong indexes or full pages.
func TestConformanceWithLag(t *testing.T) {
	tabletest.Run(t, func(t *testing.T) table.Table {
		return open(t, vfs.NewMem(), pebble.Options{Lag: true})
	}, tabletest.Options{Lagging: true})
}

// TestConformanceOnDisk: the real file system, waits for the disk included.
func TestConformanceOnDisk(t *testing.T) {
	tabletest.Run(t, func(t *testing.T) table.Table {
		opened, err := pebble.Open(t.TempDir(), pebble.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := opened.Close(); err != nil {
				t.Error(err)
			}
		})
		return opened
	}, tabletest.Options{})
}
