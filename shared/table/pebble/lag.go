package pebble

import (
	"sync"

	store "github.com/cockroachdb/pebble/v2"
)

// lag is the test mode that behaves as badly as the cloud may, the same way each time: nothing waits for a
// clock, so whoever asks again gets there.
type lag struct {
	mu    sync.Mutex
	view  *store.Snapshot // what the next query of an index sees
	pages int
}

// Pages in this mode.
const (
	lagItems = 3 // of a page at most
	lagEmpty = 4 // each fourth page is empty and has a next one
)

// next gives the state of the query before, which the caller closes, and keeps the present one.
func (l *lag) next(db *store.DB) *store.Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	view := l.view
	l.view = db.NewSnapshot()
	return view
}

// short makes a page end early; true = it is empty.
func (l *lag) short(p *page) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.limit == 0 || p.limit > lagItems {
		p.limit = lagItems
	}
	l.pages++
	return l.pages%lagEmpty == 0
}
