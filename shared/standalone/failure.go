package standalone

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"multipoint/shared/flow"
)

// failure is the newest error of a drive's tasks. A state machine hands on names and texts only, and of a
// step that is spread nothing but that too many of its tasks failed; people need the fault itself.
type failure struct {
	mu  sync.Mutex
	err error
}

type failureKey struct{}

// noted lets tasks note their errors, and the stop of a run write them down.
func noted(tasks map[string]flow.Task) map[string]flow.Task {
	out := map[string]flow.Task{}
	for name, task := range tasks {
		out[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			why, ok := ctx.Value(failureKey{}).(*failure)
			if !ok {
				return task(ctx, input)
			}
			if name == "stop" {
				return task(ctx, why.explain(input))
			}
			result, err := task(ctx, input)
			why.note(err)
			return result, err
		}
	}
	return out
}

// note keeps an error, unless the task only ended because another one had failed.
func (f *failure) note(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// cause is the text of the newest error, "" if there is none.
func (f *failure) cause() (text string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var named *flow.Error
	switch {
	case f.err == nil:
		return "", nil
	case errors.As(f.err, &named):
		return named.Cause, f.err
	}
	return f.err.Error(), f.err
}

// explain puts the error into the input of a run's stop where the machine knows no more than that too many
// tasks failed.
func (f *failure) explain(input json.RawMessage) json.RawMessage {
	var all map[string]json.RawMessage
	var said struct {
		Error string `json:"Error"`
		Cause string `json:"Cause"`
	}
	cause, _ := f.cause()
	if cause == "" || json.Unmarshal(input, &all) != nil || json.Unmarshal(all["error"], &said) != nil ||
		said.Error != flow.ErrorToleranceExceeded {
		return input
	}
	said.Cause = cause
	text, err := json.Marshal(said)
	if err != nil {
		return input
	}
	all["error"] = text
	if text, err = json.Marshal(all); err != nil {
		return input
	}
	return text
}

// of gives the error of a machine the task's error behind it.
func (f *failure) of(err error) error {
	var failed *flow.Error
	cause, behind := f.cause()
	if behind == nil || !errors.As(err, &failed) {
		return err
	}
	out := &flow.Error{Name: failed.Name, Cause: failed.Cause, Err: behind}
	if out.Name == flow.ErrorToleranceExceeded {
		out.Cause = cause
	}
	return out
}
