// Package stepfunctions starts and follows executions of the state machines on AWS Step Functions (DESIGN
// §2): what package flow/local does on one machine.
//
// An execution is named after what it runs, <retailer>-<run>-<attempt>, and a name is used once: however
// often it is started, by whomever, it runs once.
package stepfunctions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"multipoint/shared/flow"
)

// MaxName is the most characters of an execution's name.
const MaxName = 80

// Errors, always wrapped with the execution that they are about: test with errors.Is.
var (
	// ErrInvalid: a name or input that no execution can have, or a machine that Flow does not know.
	ErrInvalid = errors.New("not a valid execution")
	// ErrTaken: an execution of that name was started with another input.
	ErrTaken = errors.New("there is an execution of that name with another input")
	// ErrAbsent: there is no execution of that name (any more: they are kept for 90 days).
	ErrAbsent = errors.New("there is no such execution")
	// ErrNotFailed: the execution runs or succeeded, or failed too long ago (14 days) to go on.
	ErrNotFailed = errors.New("the execution is none that can be redriven")
)

// Status says how far an execution is.
type Status uint8

// Statuses of an execution.
const (
	Absent Status = iota // never started, or forgotten
	Running
	Succeeded
	Failed // by itself, by its timeout, or because somebody stopped it
)

// String gives the status in a word.
func (s Status) String() string {
	if names := [...]string{"absent", "running", "succeeded", "failed"}; int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// State is what is known of an execution.
type State struct {
	Status Status
	// Started and Ended are in UTC; zero while the execution has not come so far.
	Started, Ended time.Time
	// Output is what it gave, nil unless it succeeded.
	Output json.RawMessage
	// Err is why it failed: error and cause as the machine has them; nil unless it failed.
	Err *flow.Error
}

// Flow starts and follows executions. Make it with New; its methods may be called from many goroutines.
type Flow struct {
	client   *sfn.Client
	machines map[string]string
}

// New gives the executions of the state machines, each name with its ARN (without version or alias). It sends
// nothing.
func New(client *sfn.Client, machines map[string]string) *Flow {
	return &Flow{client: client, machines: machines}
}

// Start starts an execution. Input is JSON of at most flow.MaxData bytes; none counts as {}. If there is an
// execution of that name with the same input (compared as values), whether it runs or has ended, Start does
// nothing. Errors: ErrInvalid, ErrTaken, those of the service.
func (f *Flow) Start(ctx context.Context, machine, name string, input []byte) error {
	place, err := f.place(machine, name)
	if err != nil {
		return err
	}
	text, err := canonical(input)
	if err != nil {
		return fmt.Errorf("execution %s of %s: input: %w: %w", name, machine, ErrInvalid, err)
	}
	_, err = f.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(f.machines[machine]), Name: &name, Input: &text,
	})
	var exists *types.ExecutionAlreadyExists
	if errors.As(err, &exists) {
		// Of one that runs the service compares the input itself; of one that has ended it says no more.
		return f.checkInput(ctx, place, machine, name, text)
	}
	return failed("start", machine, name, err)
}

// checkInput says whether the execution that has the name was started with this input.
func (f *Flow) checkInput(ctx context.Context, place, machine, name, want string) error {
	out, err := f.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &place})
	if err == nil && out.Input == nil {
		err = errors.New("it is not shown")
	}
	if err != nil { // also that there is none: the service does not show a new one at once
		return fmt.Errorf("execution %s of %s was started before, with what input is unknown: %w", name,
			machine, err)
	}
	if got, err := canonical([]byte(*out.Input)); err != nil || got != want {
		return fmt.Errorf("execution %s of %s: %w", name, machine, ErrTaken)
	}
	return nil
}

// Describe says how far an execution is. The service may lag a little behind what it was told. Errors:
// ErrInvalid, those of the service; that there is none is a State.
func (f *Flow) Describe(ctx context.Context, machine, name string) (State, error) {
	place, err := f.place(machine, name)
	if err != nil {
		return State{}, err
	}
	out, err := f.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &place})
	if err = failed("describe", machine, name, err); errors.Is(err, ErrAbsent) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	s := State{Started: aws.ToTime(out.StartDate).UTC()}
	if out.StopDate != nil {
		s.Ended = out.StopDate.UTC()
	}
	switch out.Status {
	case types.ExecutionStatusRunning, types.ExecutionStatusPendingRedrive:
		s.Status, s.Ended = Running, time.Time{} // an execution that goes on has ended once
	case types.ExecutionStatusSucceeded:
		s.Status, s.Output = Succeeded, json.RawMessage(aws.ToString(out.Output))
	case types.ExecutionStatusFailed, types.ExecutionStatusTimedOut, types.ExecutionStatusAborted:
		s.Status, s.Err = Failed, why(out)
	default:
		return State{}, fmt.Errorf("execution %s of %s: its status is %q", name, machine, out.Status)
	}
	return s, nil
}

// why is the reason of an execution that did not succeed. One that somebody stopped, or that took too long,
// may name none.
func why(out *sfn.DescribeExecutionOutput) *flow.Error {
	e := &flow.Error{Name: aws.ToString(out.Error), Cause: aws.ToString(out.Cause)}
	switch {
	case e.Name != "":
	case out.Status == types.ExecutionStatusTimedOut:
		e.Name = flow.ErrorTimeout
	case out.Status == types.ExecutionStatusAborted && e.Cause == "":
		e.Cause = "somebody stopped the execution"
	}
	return e
}

// Redrive lets a failed execution go on where it failed, with what succeeded before. Errors: ErrInvalid,
// ErrAbsent, ErrNotFailed, those of the service.
func (f *Flow) Redrive(ctx context.Context, machine, name string) error {
	place, err := f.place(machine, name)
	if err != nil {
		return err
	}
	_, err = f.client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: &place})
	return failed("redrive", machine, name, err)
}

// executionName is what the service takes and CloudWatch can log.
var executionName = regexp.MustCompile(`\A[0-9A-Za-z_-]{1,80}\z`)

// place gives the ARN of an execution: that of its machine with "execution" for "stateMachine", and the name.
func (f *Flow) place(machine, name string) (string, error) {
	if !executionName.MatchString(name) {
		return "", fmt.Errorf("%w: %.100q is no name: 1 to %d of letters, digits, _ and -", ErrInvalid, name,
			MaxName)
	}
	arn, ok := f.machines[machine]
	if !ok {
		return "", fmt.Errorf("%w: there is no state machine %q", ErrInvalid, machine)
	}
	parts := strings.Split(arn, ":") // arn:aws:states:<region>:<account>:stateMachine:<name>
	if len(parts) != 7 || parts[2] != "states" || parts[5] != "stateMachine" {
		return "", fmt.Errorf("%w: %q is no ARN of a state machine (%s)", ErrInvalid, arn, machine)
	}
	parts[5] = "execution"
	return strings.Join(parts, ":") + ":" + name, nil
}

// canonical writes a JSON value the same way however it was laid out.
func canonical(input []byte) (string, error) {
	if len(bytes.TrimSpace(input)) == 0 {
		return "{}", nil
	}
	value, err := flow.Decode(input)
	if err != nil {
		return "", err
	}
	text, err := flow.Encode(value)
	if err == nil && len(text) > flow.MaxData {
		err = fmt.Errorf("%d bytes, at most %d", len(text), flow.MaxData)
	}
	return string(text), err
}

// failed says what could not be done, with the errors of this package for those of the service.
func failed(what, machine, name string, err error) error {
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "ExecutionDoesNotExist":
			return fmt.Errorf("execution %s of %s: %w", name, machine, ErrAbsent)
		case "ExecutionNotRedrivable":
			return fmt.Errorf("execution %s of %s: %w: %s", name, machine, ErrNotFailed, api.ErrorMessage())
		}
	}
	return fmt.Errorf("%s execution %s of %s: %w", what, name, machine, err)
}
