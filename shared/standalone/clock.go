package standalone

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"multipoint/shared/calendar"
)

// Clock is the machine's, or, in a demo, one that stands still until somebody moves it: so a demo day comes
// to the same on every machine. It is kept in a file.
type Clock struct {
	path string
	mu   sync.Mutex
	at   time.Time // zero = the machine's clock
}

func openClock(path string, demo bool, start time.Time) (*Clock, error) {
	c := &Clock{path: path}
	if !demo {
		return c, nil
	}
	b, err := os.ReadFile(path) // #nosec G304 -- in the data folder
	if errors.Is(err, fs.ErrNotExist) {
		c.at = start
		err = c.keep()
		return c, err
	}
	if err != nil {
		return nil, err
	}
	return c, json.Unmarshal(b, &c.at)
}

// Now gives the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

// CanMove says whether the clock is one of a demo.
func (c *Clock) CanMove() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.at.IsZero()
}

// Set moves a demo's clock forward; it never goes back.
func (c *Clock) Set(to time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() || to.Before(c.at) {
		return nil
	}
	c.at = to
	return c.keep()
}

func (c *Clock) keep() error {
	b, err := json.Marshal(c.at)
	if err != nil {
		return err
	}
	return writeWhole(c.path, b)
}

// OpensAt is when the run of a date opens: 06:02 in Japan (DESIGN §4).
func OpensAt(date calendar.Date) time.Time {
	y, m, d := date.YMD()
	return time.Date(y, time.Month(m), d, 6, 2, 0, 0, time.FixedZone("JST", 9*60*60))
}

// Next is the run date whose run opens next after a moment.
func Next(now time.Time) calendar.Date {
	date := calendar.DateOf(now)
	if !OpensAt(date).After(now) {
		date = date.Add(1)
	}
	return date
}
