//go:build unix && !race

package mailing

import (
	"syscall"
	"testing"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/table/pebble"
)

// A hundred thousand grant mails are in the queue, for good, within ten seconds. What counts is the time of
// the processors, which others on the machine do not change; the race detector would.
func TestAHundredThousandMailsAreQueuedInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred thousand mails")
	}
	const n, sample, budget = 100_000, 2_000, 10 * time.Second
	tab, err := pebble.Open(t.TempDir(), pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tab.Close() }()
	clock := &clock{now: jst(24, 6, 30)}
	c := office(t, tab, newSink(), clock.Now)
	before, began := processors(t), time.Now()
	add(t, c, n)
	queued, took := processors(t)-before, time.Since(began)
	if waits, err := c.Queue.Waiting(t.Context()); waits != n || err != nil {
		t.Errorf("%d wait, %v", waits, err)
	}
	before = processors(t)
	data := grantData()
	for range sample {
		m := &mail.Message{Template: PointsGranted}
		if _, err := c.Book.Write(m, Japanese, &house, "https://point.aozora.example/u/x", data); err != nil {
			t.Fatal(err)
		}
	}
	written := (processors(t) - before) / sample
	t.Logf("%d mails: %v of the processors to queue (%v by the clock), %v to write each", n, queued, took,
		written)
	if queued > budget {
		t.Errorf("queued in %v, want %v at most", queued, budget)
	}
}

// processors gives the time that this process had of them.
func processors(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func BenchmarkWrite(b *testing.B) {
	book, data := standard(b), grantData()
	b.ReportAllocs()
	for b.Loop() {
		m := &mail.Message{Template: PointsGranted}
		if _, err := book.Write(m, Japanese, &house, "https://point.aozora.example/u/x", data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStandard(b *testing.B) {
	for b.Loop() {
		standard(b)
	}
}
