package today

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/object"
	"multipoint/shared/standalone"
)

// KeeperOptions are what a Keeper looks after.
type KeeperOptions struct {
	Runner *standalone.Runner
	Clock  Clock
	// Prepare is called before a demo's next day opens; nil = nothing is prepared.
	Prepare func(ctx context.Context, date calendar.Date) error
	// Alarms looks for what is late or stopped and tells people; nil = nobody is told. It is called each time
	// the keeper has looked at its clock.
	Alarms func(ctx context.Context) error
	// Daily is called once on each date of Japan that the keeper sees; nil = there is nothing to do.
	Daily func(ctx context.Context, today calendar.Date) error
	// Scratch gives an empty store that a verification may fill; it ends by closing it.
	Scratch func() (Scratch, error)
	// Every is how often the keeper looks at its clock.
	Every time.Duration
	Log   *slog.Logger
}

// Scratch is a store of what is thrown away.
type Scratch interface {
	object.Store
	io.Closer
}

// Keeper drives a retailer's runs, one after the other: it finishes what was interrupted, opens the day when
// it is due, and does what the pages ask for. Make one with NewKeeper and let Run run.
type Keeper struct {
	o    KeeperOptions
	jobs chan *job

	mu       sync.Mutex
	doing    string // name of the job at hand, "" for none
	run      int64  // that the job is about, 0 for none
	failed   error  // of the last job
	verified map[int64]*Verified

	cared calendar.Date // when Daily was called last; only Run's goroutine knows it
}

// Verified is what the last verification of a run found out.
type Verified struct {
	*day.Verification
	At time.Time
}

// job is something that the keeper does on its own time. err counts once done is closed.
type job struct {
	do   func(ctx context.Context) error
	err  error
	done chan struct{}
}

// NewKeeper makes a keeper. It does nothing until Run.
func NewKeeper(o KeeperOptions) *Keeper {
	return &Keeper{o: o, jobs: make(chan *job), verified: map[int64]*Verified{}}
}

// Run finishes what was interrupted, then works until ctx ends. What it was doing then can be resumed.
func (k *Keeper) Run(ctx context.Context) {
	ticker := time.NewTicker(k.o.Every)
	defer ticker.Stop()
	k.log(k.finish(ctx))
	k.look(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-k.jobs:
			j.err = j.do(ctx)
			k.end(j.err)
			close(j.done)
		case <-ticker.C:
			k.look(ctx)
		}
	}
}

// look runs the day if it is due.
func (k *Keeper) look(ctx context.Context) {
	k.log(k.due(ctx))
	if ctx.Err() == nil {
		k.log(k.daily(ctx))
	}
	if k.o.Alarms != nil && ctx.Err() == nil {
		k.log(k.o.Alarms(ctx))
	}
}

// daily does what is due once a day; what failed is tried again at the next look.
func (k *Keeper) daily(ctx context.Context) error {
	date := calendar.DateOf(k.o.Clock.Now())
	if k.o.Daily == nil || date == k.cared {
		return nil
	}
	err := k.o.Daily(ctx, date)
	if err == nil {
		k.cared = date
	}
	return err
}

func (k *Keeper) log(err error) {
	if err != nil && k.o.Log != nil {
		k.o.Log.Error("the day could not be looked after", "error", err)
	}
}

// Interrupted says whether a run was under way when its process ended: nobody stopped it, and it is not done.
func Interrupted(r *day.Run) bool {
	switch r.State {
	case day.Opening, day.Open, day.Committed, day.Posted:
		return true
	}
	return false
}

// finish goes on with a run that was interrupted.
func (k *Keeper) finish(ctx context.Context) error {
	last, err := k.o.Runner.Service.Last(ctx)
	if err != nil || last == nil || !Interrupted(last) || !k.begin("day", last.Run) {
		return err
	}
	_, err = k.o.Runner.Resume(ctx, last.Run)
	k.end(err)
	return err
}

// due opens the run of the day if its time has come. Days that were missed while the program did not run get
// no run of their own: their files are in the next one (R1). A demo's day runs when somebody moves its clock,
// and behind a run that stopped a person has to decide.
func (k *Keeper) due(ctx context.Context) error {
	if k.o.Clock.CanMove() {
		return nil
	}
	last, err := k.o.Runner.Service.Last(ctx)
	if err != nil || last != nil && last.State == day.Stopped {
		return err
	}
	date := standalone.Next(k.o.Clock.Now()).Add(-1)
	ran, err := k.ran(ctx, date)
	if err != nil || ran {
		return err
	}
	if _, _, err := k.o.Runner.Service.Masters(ctx, date); err != nil {
		if fault.CodeOf(err) == fault.MastersMissing {
			return nil // nothing is published yet, so there is nothing to run
		}
		return err
	}
	if !k.begin("day", 0) {
		return nil
	}
	_, err = k.o.Runner.RunDay(ctx, date)
	k.end(err)
	return err
}

// ran says whether the day of a date, or a later one, has a run that counts.
func (k *Keeper) ran(ctx context.Context, date calendar.Date) (found bool, err error) {
	err = k.o.Runner.Service.Runs(ctx, func(r *day.Run) error {
		found = found || r.Kind == day.Day && r.State != day.Voided && r.RunDate >= date
		return nil
	})
	return found, err
}

// begin takes the keeper for a job; false if it has one.
func (k *Keeper) begin(name string, run int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.doing != "" {
		return false
	}
	k.doing, k.run = name, run
	return true
}

func (k *Keeper) end(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.doing, k.run, k.failed = "", 0, err
}

// Doing says what the keeper does at the moment and to which run: "" and 0 for nothing.
func (k *Keeper) Doing() (name string, run int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.doing, k.run
}

// Failed is the error of the last job, nil if it succeeded.
func (k *Keeper) Failed() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.failed
}

// Verified gives what the last verification of a run found, nil if there was none since the program started.
func (k *Keeper) Verified(run int64) *Verified {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.verified[run]
}

// patience is how long a page waits for a job before it shows that the job goes on.
const patience = 20 * time.Second

// submit hands a job over and waits a while for its end. The job outlives the request. Errors: run.busy if
// something else is being done, and the job's own if it ended in time.
func (k *Keeper) submit(
	ctx context.Context, name string, run int64, do func(ctx context.Context) error,
) error {
	if !k.begin(name, run) {
		doing, of := k.Doing()
		return fault.New(fault.RunBusy, fmt.Sprintf("The program is busy (%s, run %d).", doing, of))
	}
	j := &job{do: do, done: make(chan struct{})}
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case k.jobs <- j:
	case <-ctx.Done():
		k.end(nil)
		return ctx.Err()
	case <-wait.C:
		k.end(nil)
		return fault.New(fault.RunBusy, "The program is ending.")
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
	case <-wait.C:
	}
	return nil
}

// NextDay moves a demo's clock to the next opening and runs that day. Errors: those of submit; run.unknown if
// the clock is the machine's.
func (k *Keeper) NextDay(ctx context.Context) error {
	if !k.o.Clock.CanMove() {
		return fault.New(fault.RunUnknown, "The clock is the machine's; only a demo's can be moved.")
	}
	return k.submit(ctx, "next", 0, func(ctx context.Context) error {
		date := standalone.Next(k.o.Clock.Now())
		if last, err := k.o.Runner.Service.Last(ctx); err != nil {
			return err
		} else if last != nil && (last.State == day.Stopped || Interrupted(last)) {
			return fault.New(fault.RunBusy, fmt.Sprintf("Run %d is %s.", last.Run, last.State))
		}
		if err := k.o.Clock.Set(standalone.OpensAt(date)); err != nil {
			return err
		}
		if k.o.Prepare != nil {
			if err := k.o.Prepare(ctx, date); err != nil {
				return err
			}
		}
		_, err := k.o.Runner.RunDay(ctx, date)
		return err
	})
}

// Resume goes on with a run that stopped. Errors: those of submit and of Runner.Resume.
func (k *Keeper) Resume(ctx context.Context, run int64) error {
	return k.submit(ctx, "resume", run, func(ctx context.Context) error {
		_, err := k.o.Runner.Resume(ctx, run)
		return err
	})
}

// Void gives a run up that is not committed. Errors: those of submit and of Service.Void.
func (k *Keeper) Void(ctx context.Context, run int64, reason string) error {
	return k.submit(ctx, "void", run, func(ctx context.Context) error {
		return k.o.Runner.Service.Void(ctx, run, reason)
	})
}

// Verify computes a committed run again and keeps what that found (A26, A30). Errors: those of submit and of
// Service.Verify.
func (k *Keeper) Verify(ctx context.Context, run int64) error {
	return k.submit(ctx, "verify", run, func(ctx context.Context) (err error) {
		scratch, err := k.o.Scratch()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, scratch.Close()) }()
		v, err := k.o.Runner.Service.Verify(ctx, run, scratch)
		if err != nil {
			return err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.verified[run] = &Verified{v, k.o.Clock.Now()}
		return nil
	})
}
