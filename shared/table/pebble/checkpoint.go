package pebble

import (
	"context"

	store "github.com/cockroachdb/pebble/v2"
)

// Checkpoint writes the table as it is at one moment into a folder that is not there yet, on any file system:
// Open opens the copy. Files are linked where that is possible; writers go on meanwhile.
func (t *Table) Checkpoint(ctx context.Context, folder string) (err error) {
	if err := t.enter(ctx); err != nil {
		return err
	}
	defer t.leave()
	defer t.recovered(&err)
	if err := t.db.Checkpoint(folder, store.WithFlushedWAL()); err != nil {
		return t.failed(err)
	}
	return nil
}
