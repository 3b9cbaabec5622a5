// Package standalone puts the product together on one machine, in one process: the same steps and state
// machines as in the cloud, over drivers that need nothing but a folder (DESIGN §3).
package standalone

import (
	"context"
	"fmt"
	"io"
	"time"

	definitions "multipoint/infra/flow"
	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/flow"
	"multipoint/shared/flow/local"
)

// Runner drives the runs of a retailer through their state machines.
type Runner struct {
	Service *day.Service
	flow    *local.Interpreter
	day     *flow.Machine
	answer  *flow.Machine
}

// RunnerOptions are how a Runner works. The zero value is good.
type RunnerOptions struct {
	// Tasks replaces steps by name, for tests; nil = the service's own.
	Tasks map[string]flow.Task
	// Concurrency is how many tasks run at a time; 0 = one for each processor.
	Concurrency int
	// Sleep waits before a step is tried again; nil = real time.
	Sleep   func(ctx context.Context, d time.Duration) error
	Observe func(local.Event)
}

// NewRunner makes a runner. Error: a state machine that cannot be read, which tests would have found.
func NewRunner(s *day.Service, o RunnerOptions) (*Runner, error) {
	r := &Runner{Service: s}
	if o.Tasks == nil {
		o.Tasks = s.Tasks()
	}
	r.flow = local.New(local.Options{
		Tasks: noted(o.Tasks), Clock: s.Now, Sleep: o.Sleep, Observe: o.Observe,
		MaxConcurrency: o.Concurrency,
		Objects: func(ctx context.Context, _, key string) (io.ReadCloser, error) {
			return s.Objects.Open(ctx, key, 0, -1)
		},
	})
	for name, machine := range map[string]**flow.Machine{"day": &r.day, "answer": &r.answer} {
		text, err := definitions.Files.ReadFile(name + ".asl.json")
		if err != nil {
			return nil, err
		}
		if *machine, err = flow.Parse(text); err != nil {
			return nil, fmt.Errorf("infra/flow/%s.asl.json: %w", name, err)
		}
	}
	return r, nil
}

// RunDay opens the run of a day and drives it to its end. Errors: those of OpenDay; of Drive, with the run.
func (r *Runner) RunDay(ctx context.Context, date calendar.Date) (*day.Run, error) {
	run, err := r.Service.OpenDay(ctx, date)
	if err != nil {
		return nil, err
	}
	return run, r.Drive(ctx, run)
}

// Resume begins the next attempt of a run and drives it to its end.
func (r *Runner) Resume(ctx context.Context, number int64) (*day.Run, error) {
	run, err := r.Service.Resume(ctx, number)
	if err != nil {
		return nil, err
	}
	return run, r.Drive(ctx, run)
}

// Answer runs a provider's answer; nil if the same file was answered before.
func (r *Runner) Answer(ctx context.Context, a *day.AnswerFile) (*day.Run, error) {
	run, err := r.Service.OpenAnswer(ctx, a)
	if err != nil || run == nil {
		return nil, err
	}
	return run, r.Drive(ctx, run)
}

// Drive runs an attempt of a run through its state machine. Error: *flow.Error with why the run stopped and
// the step's own error behind it; the run's record says it too.
func (r *Runner) Drive(ctx context.Context, run *day.Run) error {
	machine := r.day
	if run.Kind != day.Day {
		machine = r.answer
	}
	name, input, err := r.Service.Execution(run)
	if err != nil {
		return err
	}
	why := &failure{}
	_, err = r.flow.Run(context.WithValue(ctx, failureKey{}, why), machine, name, input)
	return why.of(err)
}

// Adjust runs an adjustment.
func (r *Runner) Adjust(ctx context.Context, a *day.AdjustmentFile) (*day.Run, error) {
	run, err := r.Service.OpenAdjustment(ctx, a)
	if err != nil {
		return nil, err
	}
	return run, r.Drive(ctx, run)
}
