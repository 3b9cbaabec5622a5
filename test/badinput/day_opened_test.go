package badinput_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/table"
	items "multipoint/shared/table/memory"
	"multipoint/shared/table/pebble"
)

// TestTwoRunsOpenedAtOnce: many goroutines of two services over one table open the same day, and others
// another day and an answer. One run is there behind it; who wins a day's opening, or completes it beside the
// winner, gets that run, the others run.busy. The other way round no two runs ever have one number.
func TestTwoRunsOpenedAtOnce(t *testing.T) {
	tables := map[string]func(t *testing.T) table.Table{
		"memory": func(*testing.T) table.Table { return items.New(nil) },
		"pebble": func(t *testing.T) table.Table {
			opened, err := pebble.Open(t.TempDir(), pebble.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = opened.Close() })
			return opened
		},
	}
	for name, open := range tables {
		t.Run(name, func(t *testing.T) {
			for range 8 {
				openedAtOnce(t, open(t))
			}
		})
	}
}

func openedAtOnce(t *testing.T, at table.Table) {
	store := objects.New(objects.Options{})
	shops := [2]*shop{openShop(t, store, at), openShop(t, store, at)}
	shops[1].now = shops[1].now.AddDate(0, 0, 1) // another clock: of two pins only one may count
	if err := shops[0].publish(); err != nil {
		t.Fatal(err)
	}
	shops[0].take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
	const openers = 12
	var all sync.WaitGroup
	var opened [openers]*day.Run
	var failed [openers]error
	start := make(chan struct{})
	for i := range openers {
		all.Go(func() {
			<-start
			opened[i], failed[i] = openAs(t.Context(), shops[i%2].service, i)
		})
	}
	close(start)
	all.Wait()
	var winners []*day.Run
	for i := range openers {
		switch {
		case failed[i] == nil:
			winners = append(winners, opened[i])
		case fault.CodeOf(failed[i]) != fault.RunBusy:
			t.Errorf("opener %d: %v", i, failed[i])
		}
	}
	if len(winners) == 0 {
		t.Fatal("nobody won")
	}
	for _, w := range winners {
		if w.Run != 1 || w.Kind != winners[0].Kind || w.RunDate != winners[0].RunDate || w.Attempt != 1 {
			t.Errorf("two winners: %+v and %+v", w, winners[0])
		}
	}
	if last, err := shops[0].service.Last(t.Context()); err != nil || last.Run != 1 {
		t.Errorf("the last run is %+v, %v", last, err)
	}
	drivenAtOnce(t, shops, winners[0])
}

// openAs opens the day, the day after it, or an answer.
func openAs(ctx context.Context, s *day.Service, i int) (*day.Run, error) {
	date := []calendar.Date{runDate(), runDate(), runDate().Add(1)}[i%3]
	if i%6 == 5 {
		return s.OpenAnswer(ctx, &day.AnswerFile{Provider: "P", Content: "00"})
	}
	return s.OpenDay(ctx, date)
}

// drivenAtOnce lets both services drive the run: whatever they do to each other, it closes and counts once.
func drivenAtOnce(t *testing.T, shops [2]*shop, run *day.Run) {
	var both sync.WaitGroup
	for _, s := range shops {
		r := s.runner(nil)
		both.Go(func() {
			if err := r.Drive(t.Context(), run); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	r, err := shops[0].service.Run(t.Context(), run.Run)
	if err != nil || r.State != day.Closed {
		t.Fatalf("%+v %v", r, err)
	}
	want := int64(50)
	if run.Kind != day.Day {
		want = 0
	}
	shops[1].wantPoints(want)
}

// TestDayIsRunOnce: days that are raced for one after the other come once each, whoever wins.
func TestDayIsRunOnce(t *testing.T) {
	store, at := objects.New(objects.Options{}), items.New(nil)
	shops := [2]*shop{openShop(t, store, at), openShop(t, store, at)}
	if err := shops[0].publish(); err != nil {
		t.Fatal(err)
	}
	shops[0].take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
	var both sync.WaitGroup
	for _, s := range shops {
		r := s.runner(nil)
		both.Go(func() {
			for date := runDate(); date < runDate().Add(5); {
				_, err := r.RunDay(t.Context(), date)
				code := fault.CodeOf(err)
				if err != nil && !slices.Contains([]fault.Code{fault.RunBusy, fault.RunExists}, code) {
					t.Error(err)
					return
				}
				if code != fault.RunBusy {
					date = date.Add(1)
				}
			}
		})
	}
	both.Wait()
	var dates []calendar.Date
	err := shops[0].service.Runs(t.Context(), func(r *day.Run) error {
		dates = append(dates, r.RunDate)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, date := range dates {
		if date != runDate().Add(i) {
			t.Errorf("run %d is of %s: %v", i+1, date, dates)
		}
	}
	if len(dates) != 5 {
		t.Errorf("runs of %v", dates)
	}
	shops[1].wantPoints(50)
}
