package local

import (
	"context"
	"errors"
	"fmt"
	"time"

	"multipoint/shared/flow"
)

// place is where states run: in an execution, perhaps within the iteration of a Map.
type place struct {
	*execution
	item    map[string]any // $$.Map, nil if no Map of this execution is around
	mapName string
	index   int
}

// run goes from state to state until the last one.
func (p place) run(ctx context.Context, graph *flow.Graph, data any) (any, error) {
	for name := graph.StartAt; name != ""; {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		v := p.enter(graph.States[name], data)
		output, next, err := v.attempts(ctx)
		v.exit(next, err)
		if err != nil && !v.caught {
			return nil, err
		}
		data, name = output, next
	}
	return data, nil
}

// visit is a state that was entered, with all its attempts.
type visit struct {
	place
	state   *flow.State
	raw     flow.Scope // input and context object
	entered time.Time
	caught  bool
}

func (p place) enter(state *flow.State, data any) *visit {
	v := &visit{place: p, state: state, entered: p.in.options.Clock()}
	about := map[string]any{
		"Execution": p.about,
		"State":     map[string]any{"Name": state.Name, "EnteredTime": format(v.entered)},
	}
	if p.item != nil {
		about["Map"] = p.item
	}
	v.raw = flow.Scope{Data: data, Context: about}
	p.in.observe(v.event(Entered))
	return v
}

func (v *visit) event(kind EventKind) Event {
	e := Event{
		Kind: kind, Execution: v.name, State: v.state.Name, Type: v.state.Kind,
		Map: v.mapName, Index: v.index, At: v.entered,
	}
	if kind != Entered {
		e.At = v.in.options.Clock()
		e.Duration = e.At.Sub(v.entered)
	}
	return e
}

func (v *visit) exit(next string, err error) {
	e := v.event(Exited)
	e.Next, e.Err = next, err
	v.in.observe(e)
}

// attempts tries the state until it succeeds or no retrier wants another attempt, and then looks for a
// catcher. A caught error is returned with the output and the next state.
func (v *visit) attempts(ctx context.Context) (output any, next string, err error) {
	retries := make([]int64, len(v.state.Retry))
	for {
		if v.steps.Add(1) > v.in.options.MaxSteps {
			return nil, "", &flow.Error{
				Name:  flow.ErrorRuntime,
				Cause: fmt.Sprintf("the execution took more than %d steps", v.in.options.MaxSteps),
			}
		}
		output, next, err = v.attempt(ctx)
		if err == nil {
			return output, next, nil
		}
		if ctx.Err() != nil {
			return nil, "", context.Cause(ctx)
		}
		var failed *flow.Error
		if !errors.As(err, &failed) {
			return nil, "", err
		}
		delay, again := v.retry(failed.Name, retries)
		if !again {
			return v.catch(failed)
		}
		e := v.event(Retried)
		e.Err = failed
		v.in.observe(e)
		if err := v.in.options.Sleep(ctx, delay); err != nil {
			return nil, "", stopped(ctx, err)
		}
	}
}

// retry asks the first retrier for errors of that name; when its attempts are used up there is no other one.
func (v *visit) retry(name string, retries []int64) (delay time.Duration, again bool) {
	for i := range v.state.Retry {
		r := &v.state.Retry[i]
		if !r.Matches(name) {
			continue
		}
		if retries[i]++; retries[i] > r.MaxAttempts {
			return 0, false
		}
		return r.Delay(retries[i]), true
	}
	return 0, false
}

func (v *visit) catch(failed *flow.Error) (any, string, error) {
	for i := range v.state.Catch {
		c := &v.state.Catch[i]
		if !c.Matches(failed.Name) {
			continue
		}
		output, err := c.Output(v.raw.Data, failed)
		if err == nil {
			err = checkSize("the output of the Catch of "+v.state.Name, output)
		}
		if err != nil {
			return nil, "", err
		}
		v.caught = true
		return output, c.Next, failed
	}
	return nil, "", failed
}

// stopped prefers why the context ended to what its end looks like.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// attempt runs the state once, from its input to its output.
func (v *visit) attempt(ctx context.Context) (output any, next string, err error) {
	input, err := v.state.Input(v.raw)
	if err == nil {
		err = checkSize("the input of "+v.state.Name, input)
	}
	if err != nil {
		return nil, "", err
	}
	next = v.state.Next
	effective := flow.Scope{Data: input, Context: v.raw.Context}
	switch v.state.Kind {
	case flow.KindFail:
		return nil, "", v.state.Fail.Failure(effective)
	case flow.KindSucceed:
		output, err = v.state.Pass(effective)
	case flow.KindChoice:
		if next, err = v.state.Choice.Next(effective); err == nil {
			output, err = v.state.Pass(effective)
		}
	case flow.KindWait:
		if err = v.wait(ctx, effective); err == nil {
			output, err = v.state.Pass(effective)
		}
	default:
		output, err = v.work(ctx, effective)
	}
	if err == nil {
		err = checkSize("the output of "+v.state.Name, output)
	}
	if err != nil {
		return nil, "", err
	}
	return output, next, nil
}

func (v *visit) wait(ctx context.Context, effective flow.Scope) error {
	delay, err := v.state.Wait.Delay(effective, v.in.options.Clock())
	if err != nil || delay <= 0 {
		return err
	}
	if err := v.in.options.Sleep(ctx, delay); err != nil {
		return stopped(ctx, err)
	}
	return nil
}

// work runs a state that has a result of its own.
func (v *visit) work(ctx context.Context, effective flow.Scope) (any, error) {
	var result any
	var err error
	switch v.state.Kind {
	case flow.KindTask:
		result, err = v.task(ctx, effective)
	case flow.KindParallel:
		result, err = v.parallel(ctx, effective.Data)
	case flow.KindMap:
		result, err = v.mapItems(ctx, effective)
	default:
		result = v.state.Result(effective.Data)
	}
	if err == nil && v.state.Kind != flow.KindPass {
		err = checkSize("the result of "+v.state.Name, result)
	}
	if err != nil {
		return nil, err
	}
	return v.state.Output(v.raw, result)
}
