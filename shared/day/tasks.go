package day

import (
	"context"
	"encoding/json"
	"errors"

	"multipoint/shared/fault"
	"multipoint/shared/flow"
)

// Plan names the lists of tasks that the spread steps map over: JSON arrays of Step.
type Plan struct {
	Convert string `json:"convert"`
	Groups  string `json:"groups"`
	Files   string `json:"files"`
}

// Plan writes down what there is to do for an attempt of a day.
func (s *Service) Plan(ctx context.Context, st Step) (*Plan, error) {
	w, _, err := s.begin(ctx, st, "")
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	for _, list := range []struct {
		name  string
		count int
		key   *string
	}{
		{"convert", len(w.convertTasks()), &p.Convert},
		{"groups", w.pins.Groups, &p.Groups},
		{"files", w.fileTasks(), &p.Files},
	} {
		steps := make([]Step, list.count)
		for i := range steps {
			steps[i] = Step{Retailer: s.Retailer, Run: st.Run, Attempt: st.Attempt, Task: i}
		}
		*list.key = w.path("plan", list.name+".json")
		if err := s.createJSON(ctx, *list.key, steps); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Errors of tasks, as the state machines tell them apart.
const (
	// Transient: the surroundings failed; the same task may succeed a little later.
	Transient = "Transient"
	// Faulty: the task came to a fault; doing it again gives the same.
	Faulty = "Fault"
)

// failed names a task's error for the state machine.
func failed(err error) error {
	if err == nil {
		return nil
	}
	name := Transient
	if fault.CodeOf(err) != 0 {
		name = Faulty
	}
	err = full(behind(err))
	return &flow.Error{Name: name, Cause: err.Error(), Err: err}
}

// behind gives the fault for which a file could not be read, where there is one: the part that is damaged
// says more than that reading failed.
func behind(err error) error {
	var e *fault.Error
	if errors.As(err, &e) && e.Code == fault.ReadFailed && fault.CodeOf(e.Err) != 0 {
		return e.Err
	}
	return err
}

// Tasks are the steps of all kinds of runs by the names that the state machines call them.
func (s *Service) Tasks() map[string]flow.Task {
	out := map[string]flow.Task{"plan": s.planTask, "stop": s.stopTask}
	for name, step := range s.steps() {
		out[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			var st Step
			if err := readStep(input, &st); err != nil {
				return nil, failed(err)
			}
			return json.RawMessage("{}"), failed(step(ctx, st))
		}
	}
	return out
}

func (s *Service) planTask(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
	var st Step
	if err := readStep(input, &st); err != nil {
		return nil, failed(err)
	}
	p, err := s.Plan(ctx, st)
	if err != nil {
		return nil, failed(err)
	}
	return json.Marshal(p)
}

func (s *Service) stopTask(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
	var st struct {
		Step
		Error struct {
			Cause string `json:"Cause"`
		} `json:"error"`
	}
	if err := readStep(input, &st); err != nil {
		return nil, failed(err)
	}
	reason := st.Error.Cause
	var task struct { // a failed task's cause is this as text, in the cloud too
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(reason), &task) == nil && task.Message != "" {
		reason = task.Message
	}
	return json.RawMessage("{}"), failed(s.Stop(ctx, st.Run, st.Attempt, reason))
}

// steps are the computing steps of a run, by name.
func (s *Service) steps() map[string]func(context.Context, Step) error {
	return map[string]func(context.Context, Step) error{
		stepConvert: s.Convert, stepCheck: s.Check, stepRate: s.Rate, stepAllocate: s.Allocate,
		stepGrant: s.Grant, stepFiles: s.Files, stepSettle: s.Settle, stepPost: s.Post, stepAnswer: s.Answer,
		stepDeliver: s.Deliver, stepMail: s.Mail, stepClose: s.Close,
	}
}

func readStep(input json.RawMessage, v any) error {
	if err := json.Unmarshal(input, v); err != nil {
		return &fault.Error{Code: fault.RunUnknown, What: "a step was called without its run", Err: err}
	}
	return nil
}
