package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/flow/stepfunctions"
	"multipoint/shared/ledger"
	"multipoint/shared/rating"
)

// What an operator can ask for; on one machine these are commands below day.
const (
	doShow   = "show"
	doResume = "resume"
	doVoid   = "void"
)

// maxReasonRunes is the longest reason of a void.
const maxReasonRunes = 300

// order is what an operator asks for: {"do":"resume","retailer":"AOZORA","run":12}. The run is named by its
// number or, if it is a day's and not voided, by its date. show without both lists the newest runs.
type order struct {
	Do       string         `json:"do"`
	Retailer string         `json:"retailer"`
	Run      int64          `json:"run"`
	Day      *calendar.Date `json:"day"`
	Reason   string         `json:"reason"` // of a void
}

// Answer is what comes of an operator's order: the run as it is then, or why nothing was done.
type Answer struct {
	Retailer string        `json:"retailer"`
	Run      *runShown     `json:"run,omitempty"`
	Runs     []*day.Run    `json:"runs,omitempty"` // newest first
	Refused  *orderRefused `json:"refused,omitempty"`
}

// runShown is a run with its execution, and of a committed one with its figures.
type runShown struct {
	*day.Run
	Execution executionShown             `json:"execution"`
	Totals    *rating.Totals             `json:"totals,omitempty"`
	Accounts  map[string]ledger.Balances `json:"accounts,omitempty"` // changes by provider
	Providers []day.ProviderFile         `json:"provider_files,omitempty"`
}

// executionShown is the execution of a run's present attempt.
type executionShown struct {
	Name    string    `json:"name"`
	Status  string    `json:"status"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Error   string    `json:"error,omitempty"`
}

// orderRefused is a fault as the operator reads it.
type orderRefused struct {
	Code string `json:"code"` // MP-4001 run.busy
	What string `json:"what"`
	Do   string `json:"do"`
}

// Operate does what an operator asks for: show, resume or void a run. What is asked and what came of it are
// lines of the log; who asked is in the trail, under the same request. An order that cannot be carried out is
// no error but an answer that says why: an error means that nobody knows what was done, and that it may be
// asked for again.
func (p *Program) Operate(ctx context.Context, input json.RawMessage) (*Answer, error) {
	o, err := readOrder(input)
	log := p.Log.With("do", o.Do, "retailer", o.Retailer, "run", o.Run, "request", requestID(ctx))
	if o.Day != nil {
		log = log.With("run_date", o.Day.String())
	}
	log.Info("an operator asks")
	out := &Answer{Retailer: o.Retailer}
	if err == nil {
		err = p.carryOut(ctx, o, out)
	}
	var refused *fault.Error
	switch {
	case errors.As(err, &refused) && refused.Code != 0:
		what := refused.What
		if what == "" {
			what = refused.Code.Meaning()
		}
		out.Refused = &orderRefused{refused.Code.String(), what, refused.Code.Do()}
		log.Warn("an operator was refused", "code", refused.Code.String(), "what", what)
	case err != nil:
		log.Error("an operator's order failed", "error", err.Error())
		return nil, err
	case out.Run != nil:
		log.Info("an operator's order was carried out", "number", out.Run.Run.Run,
			"attempt", out.Run.Attempt, "state", string(out.Run.State))
	default:
		log.Info("an operator's order was carried out")
	}
	return out, nil
}

// readOrder reads an order and checks what can be checked without the runs. Error: usage.flag.
func readOrder(input json.RawMessage) (o order, err error) {
	d := json.NewDecoder(bytes.NewReader(input))
	d.DisallowUnknownFields() // a typing mistake is not to mean something else
	if err := d.Decode(&o); err != nil {
		return o, wrong("the order cannot be read: " + err.Error())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return o, wrong("the order is followed by something else")
	}
	named := o.Run > 0 || o.Day != nil
	switch {
	case o.Retailer == "":
		return o, wrong("retailer is missing")
	case o.Run < 0 || o.Run > 0 && o.Day != nil:
		return o, wrong("the run is named by run, a number from 1 on, or by day, and not by both")
	case o.Do != doShow && !named:
		return o, wrong(o.Do + ": which run? Name it by run or day")
	case o.Do == doVoid && strings.TrimSpace(o.Reason) == "":
		return o, wrong("a void needs a reason, for those who look later")
	case o.Do != doVoid && o.Reason != "":
		return o, wrong("only a void has a reason")
	case utf8.RuneCountInString(o.Reason) > maxReasonRunes:
		return o, wrong(fmt.Sprintf("the reason has more than %d characters", maxReasonRunes))
	case o.Do != doShow && o.Do != doResume && o.Do != doVoid:
		return o, wrong(fmt.Sprintf("%.20q is not %s, %s or %s", o.Do, doShow, doResume, doVoid))
	}
	return o, nil
}

func wrong(what string) error { return fault.New(fault.UsageFlag, what) }

// carryOut does what is asked and shows the run as it is then.
func (p *Program) carryOut(ctx context.Context, o order, out *Answer) error {
	if p.Flow == nil {
		return missing("MULTIPOINT_DAY_FLOW")
	}
	s, err := p.Service(ctx, o.Retailer)
	if err != nil {
		return err
	}
	run, err := runOf(ctx, s, o)
	if err != nil {
		return err
	}
	if run == nil {
		out.Runs, err = newestRuns(ctx, s)
		return err
	}
	switch o.Do {
	case doResume:
		err = p.resume(ctx, s, run)
	case doVoid:
		err = s.Void(ctx, run.Run, o.Reason)
	}
	if err != nil {
		return err
	}
	out.Run, err = p.shown(ctx, s, run.Run)
	return err
}

// runOf gives the run that an order names, nil if it names none. Error: run.unknown.
func runOf(ctx context.Context, s *day.Service, o order) (*day.Run, error) {
	switch {
	case o.Run > 0:
		return s.Run(ctx, o.Run)
	case o.Day != nil:
		run, err := s.DayRun(ctx, *o.Day)
		if err == nil && run == nil {
			err = fault.New(fault.RunUnknown, fmt.Sprintf("There is no run of %s that is not voided.", o.Day))
		}
		return run, err
	}
	return nil, nil //nolint:nilnil // none is named
}

// runsListed is how many runs a list has.
const runsListed = 32

// newestRuns lists runs, newest first.
func newestRuns(ctx context.Context, s *day.Service) (runs []*day.Run, err error) {
	runs = []*day.Run{}
	last, err := s.Last(ctx)
	if err != nil || last == nil {
		return runs, err
	}
	for number := last.Run; number > max(0, last.Run-runsListed); number-- {
		run, err := s.Run(ctx, number)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// resume begins the next attempt of a run and starts its execution. One whose execution runs is left alone:
// two attempts beside each other do no harm, since only the newer one counts, but the older one would fail
// and raise an alarm. Errors: run.busy, those of Resume.
func (p *Program) resume(ctx context.Context, s *day.Service, run *day.Run) error {
	name, _, err := s.Execution(run)
	if err != nil {
		return err
	}
	state, err := p.Flow.Describe(ctx, run.Kind, name)
	if err != nil {
		return err
	}
	if state.Status == stepfunctions.Running {
		return fault.New(fault.RunBusy, fmt.Sprintf("Execution %s runs: stop it first.", name))
	}
	next, err := s.Resume(ctx, run.Run)
	if err != nil {
		return err
	}
	return p.Start(ctx, s, next)
}

// shown reads a run again, with what is known of its execution and, once it is committed, its figures.
func (p *Program) shown(ctx context.Context, s *day.Service, number int64) (*runShown, error) {
	run, err := s.Run(ctx, number)
	if err != nil {
		return nil, err
	}
	out := &runShown{Run: run}
	if out.Execution.Name, _, err = s.Execution(run); err != nil {
		return nil, err
	}
	state, err := p.Flow.Describe(ctx, run.Kind, out.Execution.Name)
	if err != nil {
		return nil, err
	}
	out.Execution.Status = state.Status.String()
	out.Execution.Started, out.Execution.Ended = state.Started, state.Ended
	if state.Err != nil {
		out.Execution.Error = state.Err.Error()
	}
	if run.Digest == "" { // not committed
		return out, nil
	}
	m, err := s.Manifest(ctx, number)
	if err != nil {
		return nil, err
	}
	out.Totals, out.Accounts, out.Providers = &m.Totals, m.Accounts, m.Providers
	return out, nil
}
