package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/flow/local"
	"multipoint/shared/standalone"
)

func (p *program) day() *cobra.Command {
	return group("day", "Run days: open, run, resume, void, show",
		p.dayRun(), p.dayOpen(), p.dayResume(), p.dayVoid(), p.dayShow(), p.dayBadLines())
}

// dayFlags are what the commands below day are called with.
type dayFlags struct {
	data, date, reason string
}

func (p *program) dayRun() *cobra.Command {
	var f dayFlags
	cmd := &cobra.Command{
		Use:   "run [--date DATE]",
		Short: "Open the run of a day and compute it to its end",
		Long: `Open the run of a day and compute it to its end: points, ledger, providers' files. All files
that are held for the day or an earlier one are in it. What it reads is fixed when it opens.

Without --date it is the day whose cut-off was last: its run opens at 06:02 in Japan. A run that stops
says why; day resume goes on where it stopped, day void gives it up.

` + exitHelp,
		Example: "  multipoint day run --data data\n  multipoint day run --date 2026-11-22",
		Args:    cobra.NoArgs,
		RunE: p.action(func(ctx context.Context, _ []string) error {
			return p.drive(ctx, f.data, func(d *standalone.Program) (*day.Run, error) {
				date, err := dateToRun(d, f.date)
				if err != nil {
					return nil, err
				}
				return d.Service.OpenDay(ctx, date)
			})
		}),
	}
	p.dayCommon(cmd, &f)
	return cmd
}

func (p *program) dayCommon(cmd *cobra.Command, f *dayFlags) {
	addData(cmd, &f.data)
	switch cmd.Name() {
	case "run", "open":
		cmd.Flags().StringVar(&f.date, "date", "", "run `date`, yyyy-mm-dd; default: the one that is due")
	}
	p.addJSON(cmd, p.stdout, "print one JSON object")
}

func (p *program) dayOpen() *cobra.Command {
	var f dayFlags
	cmd := &cobra.Command{
		Use:   "open [--date DATE]",
		Short: "Open the run of a day without computing it: fix what it reads",
		Long: `Open the run of a day without computing it: what it reads is fixed from that moment on. day
resume computes it.

` + exitHelp,
		Example: "  multipoint day open --date 2026-11-22 && multipoint day resume",
		Args:    cobra.NoArgs,
		RunE: p.action(func(ctx context.Context, _ []string) error {
			return p.openDay(ctx, &f)
		}),
	}
	p.dayCommon(cmd, &f)
	return cmd
}

func (p *program) openDay(ctx context.Context, f *dayFlags) error {
	var r *runView
	err := p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
		date, err := dateToRun(d, f.date)
		if err != nil {
			return err
		}
		run, err := d.Service.OpenDay(ctx, date)
		if err != nil {
			return err
		}
		r, err = viewRun(ctx, d, run.Run)
		return err
	})
	if err != nil {
		return err
	}
	return p.result(r, r.text()+"\nmultipoint day resume computes it.\n")
}

func (p *program) dayResume() *cobra.Command {
	var f dayFlags
	cmd := &cobra.Command{
		Use:   "resume [RUN]",
		Short: "Go on with a run that stopped or was interrupted",
		Long: `Go on with a run that stopped or was interrupted, of a day or an answer: finished steps stay
finished, the rest is computed. Without RUN it is the newest that is not closed or voided.

` + exitHelp,
		Example: "  multipoint day resume\n  multipoint day resume 12",
		Args:    cobra.MaximumNArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			number, err := runArgument(args)
			if err != nil {
				return err
			}
			return p.drive(ctx, f.data, func(d *standalone.Program) (*day.Run, error) {
				if number == 0 {
					if number, err = unfinishedRun(ctx, d); err != nil {
						return nil, err
					}
				}
				return d.Service.Resume(ctx, number)
			})
		}),
	}
	p.dayCommon(cmd, &f)
	return cmd
}

func (p *program) dayVoid() *cobra.Command {
	var f dayFlags
	cmd := &cobra.Command{
		Use:   "void RUN --reason TEXT",
		Short: "Give a run up before its commit; its files go to the next run",
		Long: `Give a run up before its commit: its number stays used, its files go to the next run. After
the commit nothing can take a run back; an adjustment corrects it.

` + exitHelp,
		Example: `  multipoint day void 12 --reason "wrong masters"`,
		Args:    cobra.ExactArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			return p.voidRun(ctx, &f, args)
		}),
	}
	p.dayCommon(cmd, &f)
	cmd.Flags().StringVar(&f.reason, "reason", "", "why, for those who look later (required)")
	_ = cmd.MarkFlagRequired("reason")
	return cmd
}

func (p *program) voidRun(ctx context.Context, f *dayFlags, args []string) error {
	number, err := runArgument(args)
	if err != nil {
		return err
	}
	if strings.TrimSpace(f.reason) == "" {
		return usage("--reason is empty: say why the run is given up")
	}
	var r *runView
	err = p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
		if err := d.Service.Void(ctx, number, f.reason); err != nil {
			return err
		}
		r, err = viewRun(ctx, d, number)
		return err
	})
	if err != nil {
		return err
	}
	return p.result(r, fmt.Sprintf("run %d of %s is voided: %s\nIts files go to the next run.\n",
		r.Run, r.RunDate, oneLine(r.Reason)))
}

// drive opens or resumes a run and computes it to its end.
func (p *program) drive(
	ctx context.Context, data string, begin func(d *standalone.Program) (*day.Run, error),
) error {
	steps := p.stepProgress()
	defer steps.end()
	o := standalone.Options{Dir: data, Runner: standalone.RunnerOptions{Observe: steps.observe}}
	var r *runView
	err := p.withData(ctx, o, func(d *standalone.Program) error {
		run, err := begin(d)
		if err != nil {
			return err
		}
		p.interrupted = fmt.Sprintf("interrupted; run %d stays: multipoint day resume %d goes on",
			run.Run, run.Run)
		if err := d.Drive(ctx, run); err != nil {
			return steps.stopped(ctx, d, run, err)
		}
		r, err = viewRun(ctx, d, run.Run)
		return err
	})
	steps.end()
	if err != nil {
		return err
	}
	return p.result(r, r.text())
}

// stopped is why a run did not come to its end, and what can be done. A state machine keeps of a fault no
// more than its text, and of one in a task that is spread nothing: the run's record gets what was seen.
func (s *stepProgress) stopped(ctx context.Context, d *standalone.Program, run *day.Run, err error) error {
	if ctx.Err() != nil {
		return err
	}
	if cause := innermost(err); cause != nil {
		err = cause
	}
	what := fmt.Sprintf("Run %d stopped: multipoint day resume %d goes on, day void %d gives it up.",
		run.Run, run.Run, run.Run)
	r, e := d.Service.Run(ctx, run.Run)
	if e != nil {
		return errors.Join(err, e)
	}
	if committed(r) {
		what = fmt.Sprintf("Run %d is committed, its points stand: multipoint day resume %d finishes it.",
			run.Run, run.Run)
	}
	return &hint{err, what}
}

// innermost gives the fault that all others around it came from, nil if there is none.
func innermost(err error) (cause *fault.Error) {
	var e *fault.Error
	for errors.As(err, &e) {
		cause, err = e, e.Err
	}
	return cause
}

// dateToRun gives the date that was asked for, or the one that is due. The clock of a demo is moved to it.
func dateToRun(d *standalone.Program, text string) (calendar.Date, error) {
	now := d.Clock.Now()
	if text == "" {
		return due(now), nil
	}
	date, err := parseDate("--date", text)
	if err != nil {
		return 0, err
	}
	opens := standalone.OpensAt(date)
	if !opens.After(now) {
		return date, nil
	}
	if !d.Clock.CanMove() {
		return 0, usage(fmt.Sprintf("the run of %s opens at %s in Japan, now it is %s",
			date, opens.Format("2006-01-02 15:04"), atJapan(now)))
	}
	return date, d.Clock.Set(opens)
}

// runArgument reads the number of a run, 0 if none is given.
func runArgument(args []string) (int64, error) {
	if len(args) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || n < 1 {
		return 0, usage(args[0] + " is no number of a run")
	}
	return n, nil
}

// unfinishedRun is the newest run that has something left to do.
func unfinishedRun(ctx context.Context, d *standalone.Program) (number int64, err error) {
	err = d.Service.Runs(ctx, func(r *day.Run) error {
		if r.State != day.Closed && r.State != day.Voided {
			number = r.Run
		}
		return nil
	})
	if err == nil && number == 0 {
		return 0, fault.New(fault.RunUnknown, "No run waits to be resumed.")
	}
	return number, err
}

// committed says whether a run's points stand.
func committed(r *day.Run) bool {
	return r.State == day.Committed || r.State == day.Posted || r.State == day.Closed
}

// stepProgress shows the state that a run is in.
type stepProgress struct {
	bar   *progress
	watch func(local.Event)
	mu    sync.Mutex
	items map[string]int // of a Map that are to do
	done  map[string]int
}

func (p *program) stepProgress() *stepProgress {
	return &stepProgress{
		bar: p.progress("opening", -1), watch: p.watch, items: map[string]int{}, done: map[string]int{},
	}
}

func (s *stepProgress) observe(e local.Event) {
	if s.watch != nil {
		s.watch(e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.Kind == local.Entered && e.Map == "":
		s.bar.describe(strings.ToLower(e.State))
	case e.Kind == local.Mapped:
		s.items[e.State] = e.Items
	case e.Kind == local.Exited && e.Map != "" && e.Err == nil:
		s.done[e.Map]++
		s.bar.describe(fmt.Sprintf("%s %d/%d", strings.ToLower(e.Map), s.done[e.Map], s.items[e.Map]))
	}
}

func (s *stepProgress) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bar.end()
}

// stepOrder is the order of a run's steps.
var stepOrder = [...]string{
	"convert", "check", "rate", "allocate", "grant", "files", "answer", "settle", "post", "deliver", "mail",
	"close",
}

// stepsOf gives a run's finished steps in their order.
func stepsOf(r *day.Run) []stepView {
	steps := []stepView{}
	for _, name := range stepOrder {
		if attempt, ok := r.Steps[name]; ok {
			steps = append(steps, stepView{name, attempt})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Steps)) {
		if !slices.Contains(stepOrder[:], name) {
			steps = append(steps, stepView{name, r.Steps[name]})
		}
	}
	return steps
}

// stepView is a finished step and the attempt whose parts count.
type stepView struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
}
