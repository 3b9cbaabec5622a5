package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
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
	out, err := task(ctx, input)
	return out, st, err
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
