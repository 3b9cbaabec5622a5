// Package flow describes the state machines that orchestrate the days: a reader of the part of the Amazon
// States Language that infra/flow/*.asl.json uses (JSONPath, standard executions), and what its paths,
// templates, choices and retries compute. On AWS the files run on Step Functions, on one machine package
// flow/local runs them.
//
// The reader refuses what it does not know, so that no field has an effect on one side only. Where the
// documentation of AWS and its service differ, the service counts.
package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Limits of the service, enforced on one machine too.
const (
	MaxData       = 256 << 10     // bytes of a state's input or output as JSON
	MaxDefinition = 1 << 20       // bytes of a definition
	MaxName       = 80            // characters of a state's name
	MaxItems      = 100_000_000   // items that MaxItems may allow
	MaxSeconds    = 99_999_999    // seconds of a timeout, a wait or an interval
	MaxDelay      = 31_622_400    // seconds that MaxDelaySeconds stays below
	MaxInline     = 40            // iterations of an inline Map at a time
	MaxChildren   = 10_000        // child executions of a distributed Map at a time
	maxDepth      = 100           // nested objects and arrays of a definition
	maxNested     = 10            // intrinsic functions within each other
	maxMathAdd    = 1<<31 - 1     // largest number that States.MathAdd takes and gives
	minMathAdd    = -1 << 31      // smallest one
	maxErrorNames = 100           // names in one ErrorEquals
	maxLabel      = 40            // characters of a Map's Label
	maxPercentage = float64(100)  // of items that may fail
	maxAttempts   = 99_999_999    // retries of one retrier
	maxBackoff    = float64(1000) // rate by which delays grow; the service names no limit
)

// Task is what a Task state calls: a function that reads JSON and gives JSON (nothing counts as null). It
// must be idempotent, since executions are run again, and return soon after its context ends. An *Error names
// what Retry and Catch look for; other errors are named after their Go type. The machine gets the cause as
// Lambda reports it: the text of an object with errorMessage (the Error's Cause) and errorType (its Name).
type Task func(ctx context.Context, input json.RawMessage) (json.RawMessage, error)

// Names of errors that the interpreter of a machine itself reports.
const (
	ErrorAll               = "States.ALL"
	ErrorTaskFailed        = "States.TaskFailed"
	ErrorTimeout           = "States.Timeout"
	ErrorRuntime           = "States.Runtime"
	ErrorDataLimit         = "States.DataLimitExceeded"
	ErrorResultPath        = "States.ResultPathMatchFailure"
	ErrorItemReader        = "States.ItemReaderFailed"
	ErrorToleranceExceeded = "States.ExceedToleratedFailureThreshold"
)

// Error is a failed state: the name that Retry and Catch compare, and the cause for people. A task returns it
// to choose the name; an execution that fails ends with it.
type Error struct {
	Name  string
	Cause string
	// Err is the Go error behind it, if there is one. Machines do not see it.
	Err error
}

// Error prints name and cause.
func (e *Error) Error() string {
	switch {
	case e.Name == "":
		return e.Cause
	case e.Cause == "":
		return e.Name
	}
	return e.Name + ": " + e.Cause
}

// Unwrap gives the Go error behind it.
func (e *Error) Unwrap() error { return e.Err }

func failure(name, format string, args ...any) error {
	return &Error{Name: name, Cause: fmt.Sprintf(format, args...)}
}

// DefinitionError says what a definition holds that cannot be run.
type DefinitionError struct {
	State string // "" = the machine itself
	Field string // as Retry[0].BackoffRate, "" = the whole
	What  string
}

// Error prints state, field and what is wrong with it.
func (e *DefinitionError) Error() string {
	text := "state machine"
	if e.State != "" {
		text = fmt.Sprintf("state %q", e.State)
	}
	if e.Field != "" {
		text += ", field " + e.Field
	}
	return text + ": " + e.What
}

// Decode reads one JSON value. Numbers stay as they are written (json.Number).
func Decode(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return value, nil
}

// Encode writes a value of Decode: names in order, no space, nothing escaped that need not be.
func Encode(value any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
