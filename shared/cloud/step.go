package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/flow"
)

// Step is the handler of a step that a state machine calls, by the name it has there. The input is a
// day.Step with its retailer. Errors carry the name that the machine's Retry and Catch look for.
func (p *Program) Step(name string) func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		start := time.Now()
		out, st, err := p.step(ctx, name, input)
		log := p.Log.With("step", name, "retailer", st.Retailer, "run", st.Run, "attempt", st.Attempt,
			"task", st.Task, "request", requestID(ctx))
		figures := []figure{took(start, time.Now())}
		if err != nil {
			log.LogAttrs(ctx, slog.LevelError, "step failed", slog.String("error", err.Error()))
			figures = append(figures, figure{"Failed", "Count", 1})
		} else {
			log.Info("step done", "ms", time.Since(start).Milliseconds())
		}
		p.metrics.write(map[string]string{"Function": name, "Retailer": st.Retailer}, figures...)
		return out, named(err)
	}
}

func (p *Program) step(
	ctx context.Context, name string, input json.RawMessage,
) (json.RawMessage, day.Step, error) {
	var st day.Step
	if err := json.Unmarshal(input, &st); err != nil {
		cause := "a step was called without its run: " + err.Error()
		return nil, st, &flow.Error{Name: day.Faulty, Cause: cause}
	}
	s, err := p.Service(ctx, st.Retailer)
	if err != nil {
		return nil, st, err
	}
	task := s.Tasks()[name]
	if task == nil {
		return nil, st, &flow.Error{Name: day.Faulty, Cause: "there is no step " + name}
	}
	if name == "stop" {
		input = p.explained(ctx, s, st, input)
	}
	out, err := task(ctx, input)
	return out, st, err
}

// explained gives the stop of a run what its machine does not tell it: of a Map that failed, at which item
// and why. Where that cannot be found out, the run stops all the same.
func (p *Program) explained(
	ctx context.Context, s *day.Service, st day.Step, input json.RawMessage,
) json.RawMessage {
	var all map[string]json.RawMessage
	var said struct {
		Error string `json:"Error"`
		Cause string `json:"Cause"`
	}
	if p.Flow == nil || json.Unmarshal(input, &all) != nil || json.Unmarshal(all["error"], &said) != nil ||
		said.Error != flow.ErrorToleranceExceeded {
		return input
	}
	text, err := p.failedItem(ctx, s, st)
	if err != nil {
		p.Log.Error("the item that failed was not found", "retailer", st.Retailer, "run", st.Run,
			"error", err.Error(), "request", requestID(ctx))
	}
	if err != nil || text == "" {
		return input
	}
	said.Cause = text
	if all["error"], err = json.Marshal(&said); err != nil {
		return input
	}
	told, err := json.Marshal(all)
	if err != nil {
		return input
	}
	return told
}

// failedItem says at which item the Map of a run's execution failed, and why, for people; "" if nobody knows.
func (p *Program) failedItem(ctx context.Context, s *day.Service, st day.Step) (string, error) {
	run, err := s.Run(ctx, st.Run)
	if err != nil {
		return "", err
	}
	run.Attempt = st.Attempt // the one that stops, also if another one has begun
	name, _, err := s.Execution(run)
	if err != nil {
		return "", err
	}
	item, err := p.Flow.FailedItem(ctx, run.Kind, name)
	if err != nil || item == nil {
		return "", err
	}
	var of day.Step
	if err := json.Unmarshal(item.Input, &of); err != nil {
		return "", fmt.Errorf("the input of an item: %w", err)
	}
	why := item.Err.Cause
	var task struct { // what a failed function says, as its machine has it
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(why), &task) == nil && task.Message != "" {
		why = task.Message
	}
	if item.Err.Name != day.Faulty && item.Err.Name != day.Transient {
		why = item.Err.Name + ": " + why // the function did not say it itself: it was killed, or never ran
	}
	return fmt.Sprintf("%s, task %d: %s", strings.ToLower(item.Label), of.Task, why), nil
}

// named gives an error the form in which Lambda tells its name.
func named(err error) error {
	if err == nil {
		return nil
	}
	e := messages.InvokeResponse_Error{Type: day.Transient, Message: err.Error()}
	var f *flow.Error
	switch {
	case errors.As(err, &f):
		e.Type, e.Message = f.Name, f.Cause
	case fault.CodeOf(err) != 0:
		e.Type = day.Faulty
	}
	return e
}

func requestID(ctx context.Context) string {
	if c, ok := lambdacontext.FromContext(ctx); ok {
		return c.AwsRequestID
	}
	return ""
}
