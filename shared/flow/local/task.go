package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"

	"multipoint/shared/flow"
)

// task calls the function of a Task and gives its result.
func (v *visit) task(ctx context.Context, effective flow.Scope) (any, error) {
	t := v.state.Task
	payload, err := t.Payload(effective)
	if err != nil {
		return nil, err
	}
	input, err := flow.Encode(payload)
	if err != nil {
		return nil, &flow.Error{Name: flow.ErrorRuntime, Cause: "the input of a task is no JSON", Err: err}
	}
	if err := checkLength("the input of "+t.Function, len(input)); err != nil {
		return nil, err
	}
	output, err := v.call(ctx, input)
	if err != nil {
		return nil, err
	}
	if err := checkLength("the result of "+t.Function, len(output)); err != nil {
		return nil, err
	}
	if len(output) == 0 {
		output = json.RawMessage("null")
	}
	result, err := flow.Decode(output)
	if err != nil {
		return nil, &flow.Error{
			Name: "Runtime.MarshalError", Cause: "the result of " + t.Function + " is no JSON", Err: err,
		}
	}
	if t.Invoke {
		return map[string]any{
			"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": json.Number("200"),
		}, nil
	}
	return result, nil
}

// call runs the function when there is a slot for it; its time counts from then on. It waits for the function
// even after its time is over, so that nothing works on when the execution goes on.
func (v *visit) call(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
	timeout, err := v.state.Task.Timeout(v.raw)
	if err != nil {
		return nil, err
	}
	select {
	case v.in.slots <- struct{}{}:
		defer func() { <-v.in.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	inTime := ctx
	if timeout > 0 {
		var cancel context.CancelFunc
		inTime, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	if inTime.Err() != nil { // select takes any of two ways that are open
		return nil, stopped(ctx, inTime.Err())
	}
	output, err := v.protected(inTime, input)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case inTime.Err() != nil:
		return nil, &flow.Error{
			Name:  flow.ErrorTimeout,
			Cause: fmt.Sprintf("%s took longer than %v", v.state.Task.Function, timeout),
			Err:   err,
		}
	case err != nil:
		return nil, lambdaError(err)
	}
	return output, nil
}

// protected runs the function so that a panic fails its state and not the program.
func (v *visit) protected(ctx context.Context, input json.RawMessage) (output json.RawMessage, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			output, err = nil, &flow.Error{
				Name: typeName(thrown), Cause: fmt.Sprint(thrown),
				Err: fmt.Errorf("panic: %v\n%s", thrown, debug.Stack()),
			}
		}
	}()
	return v.in.options.Tasks[v.state.Task.Function](ctx, input)
}

// lambdaError gives an error the form in which Lambda reports it to Step Functions: the cause is an object,
// as JSON, with the message and the type, which also is the name.
func lambdaError(err error) error {
	reported := struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{err.Error(), typeName(err)}
	var named *flow.Error
	if errors.As(err, &named) {
		reported.Message, reported.Type = named.Cause, named.Name
	}
	cause, _ := json.Marshal(reported) // two texts can always be written
	return &flow.Error{Name: reported.Type, Cause: string(cause), Err: err}
}

// typeName names a Go value after its type, as Lambda's runtime for Go does.
func typeName(value any) string {
	t := reflect.TypeOf(value)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
