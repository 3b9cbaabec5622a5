package today_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"multipoint/events"
	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/screen/today"
	"multipoint/shared/standalone"
)

// machineClock is one that nobody moves, as of a moment.
type machineClock struct{ *clock }

func (machineClock) CanMove() bool { return false }

// keep runs a keeper over a world until its run has that state.
func (w *world) keep(o today.KeeperOptions, run int64, state day.State) *today.Keeper {
	w.t.Helper()
	o.Runner, o.Every = w.runner, time.Hour
	if o.Clock == nil {
		o.Clock = w.clock
	}
	k := today.NewKeeper(o)
	ctx, stop := context.WithCancel(w.t.Context())
	var done sync.WaitGroup
	done.Go(func() { k.Run(ctx) })
	defer done.Wait()
	defer stop()
	for range 3000 {
		if r, err := w.service.Run(w.t.Context(), run); err == nil && r.State == state {
			return k
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.t.Fatalf("run %d did not become %s", run, state)
	return nil
}

// TestInterruptedRunGoesOn opens a run and leaves it, as a process does that is killed.
func TestInterruptedRunGoesOn(t *testing.T) {
	w := newWorld(t)
	date, err := (&standalone.Program{Runner: w.runner}).Load(t.Context(), events.Files)
	w.must(err)
	r, err := w.service.OpenDay(t.Context(), date)
	w.must(err)
	w.get("/").has(t, 200, "計算の途中", "続きから再開する")
	w.keep(today.KeeperOptions{}, r.Run, day.Closed)
	r, err = w.service.Run(t.Context(), r.Run)
	w.must(err)
	if r.Attempt != 2 {
		t.Errorf("attempt %d, want 2", r.Attempt)
	}
}

// TestStoppedRunWaitsForAPerson: a keeper that starts leaves it as it is, and opens nothing behind it.
func TestStoppedRunWaitsForAPerson(t *testing.T) {
	w := newWorld(t)
	w.demo()
	r, err := w.service.OpenDay(t.Context(), runDate(t).Add(1))
	w.must(err)
	w.must(w.service.Stop(t.Context(), r.Run, r.Attempt, "x"))
	w.must(w.clock.Set(standalone.OpensAt(runDate(t).Add(3))))
	w.keep(today.KeeperOptions{Clock: machineClock{w.clock}}, r.Run, day.Stopped)
	if last, err := w.service.Last(t.Context()); err != nil || last.Run != r.Run || last.Attempt != 1 {
		t.Errorf("%+v %v", last, err)
	}
}

// TestDayOpensByTheClock: not before 06:02, then once.
func TestDayOpensByTheClock(t *testing.T) {
	w := newWorld(t)
	date, err := (&standalone.Program{Runner: w.runner}).Load(t.Context(), events.Files)
	w.must(err)
	w.keepFor(standalone.OpensAt(date).Add(-time.Second))
	if last, err := w.service.Last(t.Context()); err != nil || last == nil || last.RunDate != date.Add(-1) {
		t.Fatalf("%+v %v: the day before is the newest that is due", last, err)
	}
	w.keepFor(standalone.OpensAt(date))
	w.keepFor(standalone.OpensAt(date).Add(time.Hour))
	last, err := w.service.Last(t.Context())
	if err != nil || last.RunDate != date || last.Run != 2 || last.State != day.Closed {
		t.Errorf("%+v %v", last, err)
	}
	// After three days in which nothing ran, one run has what arrived.
	w.keepFor(standalone.OpensAt(date.Add(3)))
	if last, err = w.service.Last(t.Context()); err != nil || last.RunDate != date.Add(3) || last.Run != 3 {
		t.Errorf("%+v %v", last, err)
	}
}

// keepFor lets a keeper look once at a clock that shows a moment.
func (w *world) keepFor(now time.Time) {
	w.t.Helper()
	at := &clock{at: now}
	ctx, stop := context.WithCancel(w.t.Context())
	defer stop()
	k := today.NewKeeper(today.KeeperOptions{
		Runner: w.runner, Clock: machineClock{at}, Every: time.Hour,
		Alarms: func(context.Context) error { // comes last
			stop()
			return nil
		},
	})
	k.Run(ctx)
	w.must(k.Failed())
}

// TestDailyIsCalledOnceADate lets a keeper look often: what failed is tried again, what was done is not.
func TestDailyIsCalledOnceADate(t *testing.T) {
	w := newWorld(t)
	at := &clock{at: standalone.OpensAt(runDate(t)).Add(-10 * time.Hour)} // the evening before, in Japan
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var asked []string
	looks := 0
	k := today.NewKeeper(today.KeeperOptions{
		Runner: w.runner, Clock: machineClock{at}, Every: time.Millisecond,
		Daily: func(_ context.Context, date calendar.Date) error {
			if asked = append(asked, date.String()); len(asked) == 1 {
				return errors.New("not yet")
			}
			return nil
		},
		Alarms: func(context.Context) error {
			if looks++; looks == 4 {
				at.at = at.at.Add(5 * time.Hour) // past Japan's midnight
			} else if looks == 8 {
				stop()
			}
			return nil
		},
	})
	k.Run(ctx)
	want := []string{runDate(t).Add(-1).String(), runDate(t).Add(-1).String(), runDate(t).String()}
	if !slices.Equal(asked, want) {
		t.Errorf("asked on %v, want %v", asked, want)
	}
}

// TestNothingRunsWithoutMasters looks at an empty folder.
func TestNothingRunsWithoutMasters(t *testing.T) {
	w := newWorld(t)
	w.keepFor(standalone.OpensAt(runDate(t)))
	if last, err := w.service.Last(t.Context()); err != nil || last != nil {
		t.Errorf("%+v %v", last, err)
	}
	w.get("/").has(t, 200, "まだ処理した日がありません", "AOZORA")
}

// TestKeeperDoesOneThingAtATime holds a job while another is asked for.
func TestKeeperDoesOneThingAtATime(t *testing.T) {
	w := newWorld(t)
	w.demo()
	entered, leave := make(chan bool), make(chan bool)
	k := today.NewKeeper(today.KeeperOptions{
		Runner: w.runner, Clock: w.clock, Every: time.Hour,
		Prepare: func(context.Context, calendar.Date) error {
			close(entered)
			<-leave
			return errors.New("not prepared")
		},
	})
	ctx, stop := context.WithCancel(t.Context())
	var done sync.WaitGroup
	defer done.Wait()
	defer stop()
	done.Go(func() { k.Run(ctx) })
	first := make(chan error)
	go func() { first <- k.NextDay(ctx) }()
	<-entered
	if name, _ := k.Doing(); name != "next" {
		t.Errorf("it does %q", name)
	}
	if err := k.Resume(ctx, 1); fault.CodeOf(err) != fault.RunBusy {
		t.Errorf("a second job: %v", err)
	}
	close(leave)
	if err := <-first; err == nil || err.Error() != "not prepared" || k.Failed() == nil {
		t.Errorf("%v, %v", err, k.Failed())
	}
	if err := k.Resume(ctx, 1); fault.CodeOf(err) != fault.RunClosed {
		t.Errorf("after the first job: %v", err)
	}
}
