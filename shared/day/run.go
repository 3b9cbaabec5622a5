package day

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// State is how far a run has come.
type State string

// States of a run.
const (
	Opening   State = "opening"   // its number is taken, its pins are being written
	Open      State = "open"      // being computed
	Stopped   State = "stopped"   // before the commit; resume or void it
	Committed State = "committed" // its manifest is written: nothing can change its points
	Posted    State = "posted"    // the ledger has it; the next run may open
	Closed    State = "closed"    // delivered and told
	Voided    State = "voided"    // given up before the commit; its files go to the next run
)

// Run is a run's record in the table.
type Run struct {
	Run     int64         `json:"run"`
	Kind    string        `json:"kind"`
	RunDate calendar.Date `json:"run_date"`
	State   State         `json:"state"`
	// Attempt counts resumes from 1; only the present attempt may record steps (fencing).
	Attempt int `json:"attempt"`
	// Steps names for each finished step the attempt whose parts count.
	Steps map[string]int `json:"steps"`
	// Reason is why the run stopped or was voided, or why something after its commit failed.
	Reason string `json:"reason,omitempty"`
	// Request is what an answer or adjustment asks for.
	Request Pinned `json:"request,omitzero"`
	Digest  string `json:"digest,omitempty"` // hex, once committed

	version int64
}

// done says whether the run holds nobody up any more.
func (r *Run) done() bool { return r.State == Posted || r.State == Closed || r.State == Voided }

// Run gives a run's record. Error: run.unknown.
func (s *Service) Run(ctx context.Context, run int64) (*Run, error) {
	item, ok, err := s.Table.Get(ctx, s.runKey(run))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.RunUnknown, fmt.Sprintf("There is no run %d.", run))
	}
	return readRun(item)
}

func readRun(item table.Item) (*Run, error) {
	r := &Run{version: item.Version}
	if err := json.Unmarshal(item.Body, r); err != nil {
		return nil, damagedItem("a run", err)
	}
	return r, nil
}

func damagedItem(what string, err error) error {
	return &fault.Error{Code: fault.PartDamaged, What: "the record of " + what + " is damaged", Err: err}
}

// Last gives the run with the highest number, nil if there is none.
func (s *Service) Last(ctx context.Context) (*Run, error) {
	return s.lastWhere(ctx, func(*Run) bool { return true })
}

// DayRun gives the run of a day, nil if there is none or it was voided.
func (s *Service) DayRun(ctx context.Context, date calendar.Date) (*Run, error) {
	r, err := s.lastWhere(ctx, func(r *Run) bool {
		return r.Kind == Day && r.State != Voided && r.RunDate <= date
	})
	if err != nil || r == nil || r.RunDate != date {
		return nil, err
	}
	return r, nil
}

// lastWhere gives the newest run of which that holds, nil if there is none.
func (s *Service) lastWhere(ctx context.Context, holds func(*Run) bool) (*Run, error) {
	q := table.Query{Partition: s.runKey(1).Partition, Backwards: true, Limit: 16}
	for {
		page, err := s.Table.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			r, err := readRun(page.Items[i])
			if err != nil || holds(r) {
				return r, err
			}
		}
		if page.Next == "" {
			return nil, nil
		}
		q.Cursor = page.Next
	}
}

// Runs calls visit for all runs from the first on.
func (s *Service) Runs(ctx context.Context, visit func(*Run) error) error {
	q := table.Query{Partition: s.runKey(1).Partition}
	return table.Each(ctx, s.Table, q, func(item table.Item) error {
		r, err := readRun(item)
		if err != nil {
			return err
		}
		return visit(r)
	})
}

func (s *Service) putRun(ctx context.Context, r *Run, when table.Condition) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.Table.Put(ctx, table.Item{Key: s.runKey(r.Run), Version: r.version, Body: body}, when)
}

// change reads a run, changes its record and writes it unless somebody else did in the meantime: then it
// starts over. change gives false to leave the record as it is.
func (s *Service) change(ctx context.Context, run int64, change func(*Run) (bool, error)) (*Run, error) {
	for {
		r, err := s.Run(ctx, run)
		if err != nil {
			return nil, err
		}
		write, err := change(r)
		if err != nil || !write {
			return r, err
		}
		err = s.putRun(ctx, r, table.IfVersion)
		if !errors.Is(err, table.ErrCondition) {
			return r, err
		}
	}
}

// fence refuses to go on for an attempt that another one has taken over from.
func (r *Run) fence(attempt int) error {
	if r.Attempt != attempt {
		return fault.New(fault.RunFenced, fmt.Sprintf(
			"Attempt %d of run %d was taken over by attempt %d.", attempt, r.Run, r.Attempt))
	}
	if r.State == Voided {
		return fault.New(fault.RunVoided, fmt.Sprintf("Run %d was voided: %s", r.Run, r.Reason))
	}
	return nil
}

// record writes down that a step is finished, after its objects and items last. state is the run's new
// state, "" to leave it.
func (s *Service) record(ctx context.Context, run int64, attempt int, step string, state State) error {
	if err := s.Objects.Sync(ctx); err != nil {
		return err
	}
	if err := s.Table.Sync(ctx); err != nil {
		return err
	}
	_, err := s.change(ctx, run, func(r *Run) (bool, error) {
		if err := r.fence(attempt); err != nil {
			return false, err
		}
		if _, is := r.Steps[step]; is {
			return false, nil
		}
		r.Steps = maps.Clone(r.Steps)
		if r.Steps == nil {
			r.Steps = map[string]int{}
		}
		r.Steps[step] = attempt
		if state != "" {
			r.State, r.Reason = state, ""
		}
		return true, nil
	})
	return err
}

// Stop writes down why a run does not go on. What is committed stays so.
func (s *Service) Stop(ctx context.Context, run int64, attempt int, reason string) error {
	_, err := s.change(ctx, run, func(r *Run) (bool, error) {
		if err := r.fence(attempt); err != nil {
			return false, err
		}
		if r.State == Open || r.State == Opening {
			r.State = Stopped
		}
		r.Reason = reason
		return true, nil
	})
	return err
}

// Resume begins the next attempt of a run that was interrupted; finished steps stay finished. Errors:
// run.unknown, run.voided, run.closed.
func (s *Service) Resume(ctx context.Context, run int64) (*Run, error) {
	r, err := s.change(ctx, run, func(r *Run) (bool, error) {
		switch r.State {
		case Voided:
			return false, r.fence(r.Attempt)
		case Closed:
			return false, fault.New(fault.RunClosed, fmt.Sprintf("Run %d is closed.", run))
		case Stopped:
			r.State = Open
		}
		r.Reason = "" // of the attempt before: alarms look at it
		r.Attempt++
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	if r.State == Opening {
		return s.pin(ctx, r)
	}
	return r, nil
}

// Void gives a run up. Of the commit and a void exactly one happens. Errors: run.committed, run.unknown.
func (s *Service) Void(ctx context.Context, run int64, reason string) error {
	r, err := s.Run(ctx, run)
	if err != nil {
		return err
	}
	committed := func() error {
		what := fmt.Sprintf("Run %d is committed: correct it by an adjustment.", run)
		return fault.New(fault.RunCommitted, what)
	}
	if r.State == Committed || r.State == Posted || r.State == Closed {
		return committed()
	}
	m := Manifest{
		Retailer: s.Retailer, Run: run, Kind: r.Kind, RunDate: r.RunDate, Void: true, Reason: reason,
	}
	if err := s.createJSON(ctx, s.manifestPath(run), &m); err != nil {
		if fault.CodeOf(err) != fault.PartDiffers {
			return err
		}
		if err := s.readJSON(ctx, s.manifestPath(run), &m); err != nil {
			return err
		}
		if !m.Void {
			return committed()
		}
	}
	if err := s.Objects.Sync(ctx); err != nil {
		return err
	}
	_, err = s.change(ctx, run, func(r *Run) (bool, error) {
		r.State, r.Reason = Voided, m.Reason
		return true, nil
	})
	return err
}
