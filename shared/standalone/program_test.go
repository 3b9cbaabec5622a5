package standalone_test

import (
	"testing"
	"time"

	"multipoint/events"
	"multipoint/shared/day"
	"multipoint/shared/standalone"
)

// demoDay runs the demo's day in a folder and gives its digest.
func demoDay(t *testing.T, dir string) string {
	t.Helper()
	p, err := standalone.Open(t.Context(), standalone.Options{
		Dir: dir, Demo: true, Retailer: "AOZORA", DemoStart: time.Date(2026, 11, 21, 21, 2, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	date, err := p.Load(t.Context(), events.Files)
	if err != nil {
		t.Fatal(err)
	}
	last, err := p.Service.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if last == nil {
		if last, err = p.RunDay(t.Context(), date); err != nil {
			t.Fatal(err)
		}
	}
	r, err := p.Service.Run(t.Context(), last.Run)
	if err != nil || r.State != day.Closed {
		t.Fatalf("%+v %v", r, err)
	}
	return r.Digest
}

func TestDemoDayComesToTheSameEverywhere(t *testing.T) {
	dir := t.TempDir()
	first := demoDay(t, dir)
	if again := demoDay(t, dir); again != first {
		t.Errorf("opened again: %s, before %s", again, first)
	}
	if other := demoDay(t, t.TempDir()); other != first {
		t.Errorf("another folder: %s, the first %s", other, first)
	}
}

func TestNextRunIsThatWhichOpensNext(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-22T00:00:00+09:00": "2026-11-22", "2026-11-22T06:01:59+09:00": "2026-11-22",
		"2026-11-22T06:02:00+09:00": "2026-11-23", "2026-11-22T23:59:59+09:00": "2026-11-23",
		"2026-11-21T21:01:00Z": "2026-11-22",
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := standalone.Next(now).String(); got != want {
			t.Errorf("at %s the next run is that of %s, want %s", at, got, want)
		}
	}
}
