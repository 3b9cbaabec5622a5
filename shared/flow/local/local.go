// Package local runs the state machines of package flow in this process: what Step Functions is on AWS.
//
// An execution keeps nothing: when the program stops, the machine is run again from its start, and its tasks,
// being idempotent, find what they did before. Results do not depend on which task ends first.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"multipoint/shared/flow"
)

// DefaultMaxSteps is how many steps an execution takes at most if Options says nothing. The service ends an
// execution after 25,000 events, of which a state makes at least two.
const DefaultMaxSteps = 25_000

// Options are what an Interpreter works with. Only Tasks must be given.
type Options struct {
	// Tasks are the functions that Task states call, by name.
	Tasks map[string]flow.Task
	// Objects opens what an ItemReader names; nil = every ItemReader fails. The bucket comes as it is written
	// in the definition, so perhaps as a placeholder.
	Objects func(ctx context.Context, bucket, key string) (io.ReadCloser, error)
	// Clock gives the time for the context object and for waits until a time; nil = the time of the machine.
	Clock func() time.Time
	// Sleep waits for Wait and Retry; it returns the context's error when that ends first. nil = real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// Observe hears of the states of all executions, one call at a time, and holds them up; nil = nobody.
	Observe func(Event)
	// MaxConcurrency is how many tasks run at a time, over all executions; 0 = one for each processor. A task
	// must not run a machine on the same Interpreter and wait for it.
	MaxConcurrency int
	// MaxSteps is how many steps (states entered and retries) an execution takes at most, child executions of
	// a distributed Map each for itself; then it fails with States.Runtime. 0 = DefaultMaxSteps.
	MaxSteps int64
}

// EventKind says what happened to a state.
type EventKind uint8

// Kinds of events. Every Entered is followed by an Exited.
const (
	Entered EventKind = iota + 1
	Mapped            // a Map knows its items
	Retried           // an attempt failed and another one follows
	Exited
)

// Event tells an observer what happened to a state.
type Event struct {
	Kind      EventKind
	Execution string // name of the execution; of a child "name/label/index"
	State     string
	Type      flow.Kind
	// Map is the innermost Map around the state and Index its item; "" and -1 outside.
	Map   string
	Index int
	At    time.Time
	// Items is how many items a Map has (Mapped).
	Items int
	// Duration is the time since the state was entered (Retried, Exited).
	Duration time.Duration
	// Err is why the state failed (Retried, Exited), even if the error was caught; Next then says where it
	// goes on. It is nil after success.
	Err error
	// Next is the state that follows, "" = none (Exited).
	Next string
}

// Interpreter runs machines. It may be used by several goroutines.
type Interpreter struct {
	options Options
	slots   chan struct{} // one element for each task that runs
	mutex   sync.Mutex    // held while Observe is called
}

// New makes an interpreter.
func New(options Options) *Interpreter {
	if options.Clock == nil {
		options.Clock = time.Now
	}
	if options.Sleep == nil {
		options.Sleep = sleep
	}
	if options.MaxConcurrency <= 0 {
		options.MaxConcurrency = runtime.GOMAXPROCS(0)
	}
	if options.MaxSteps <= 0 {
		options.MaxSteps = DefaultMaxSteps
	}
	return &Interpreter{options: options, slots: make(chan struct{}, options.MaxConcurrency)}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Run runs a machine from its start to its end and gives the output of the last state. No input counts as {}.
// Run returns after all tasks that it started. Errors: *flow.Error with the name with which the execution
// failed; the context's error, wrapped, when that ended; another one if the machine calls a task that is not
// there or the input is no JSON.
func (in *Interpreter) Run(ctx context.Context, machine *flow.Machine, name string,
	input json.RawMessage,
) (json.RawMessage, error) {
	for _, function := range machine.Functions {
		if in.options.Tasks[function] == nil {
			return nil, fmt.Errorf("execution %s: there is no task %q", name, function)
		}
	}
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	value, err := flow.Decode(input)
	if err != nil {
		return nil, fmt.Errorf("execution %s: input: %w", name, err)
	}
	if machine.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, machine.Timeout, &flow.Error{
			Name: flow.ErrorTimeout, Cause: "the execution took longer than its TimeoutSeconds",
		})
		defer cancel()
	}
	output, err := in.execution(name, value).run(ctx, &machine.Graph)
	var failed *flow.Error
	switch {
	case errors.As(err, &failed):
		return nil, failed
	case err != nil:
		return nil, fmt.Errorf("execution %s: %w", name, err)
	}
	return flow.Encode(output)
}

// execution is a run of a machine, or of the iteration of a distributed Map.
type execution struct {
	in    *Interpreter
	name  string
	input any
	about map[string]any // $$.Execution
	steps atomic.Int64   // states entered and retries
}

func (in *Interpreter) execution(name string, input any) *execution {
	return &execution{in: in, name: name, input: input, about: map[string]any{
		"Id": "arn:aws:states:local:000000000000:execution:local:" + name, "Name": name, "Input": input,
		"StartTime": format(in.options.Clock()),
	}}
}

// format writes a time as the context object has it.
func format(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (e *execution) run(ctx context.Context, graph *flow.Graph) (any, error) {
	if err := checkSize("the input of the execution", e.input); err != nil {
		return nil, err
	}
	return place{execution: e, index: -1}.run(ctx, graph, e.input)
}

func (in *Interpreter) observe(event Event) {
	if in.options.Observe == nil {
		return
	}
	in.mutex.Lock()
	defer in.mutex.Unlock()
	in.options.Observe(event)
}

// checkSize fails if a value has more bytes than the service lets through.
func checkSize(what string, value any) error {
	encoded, err := flow.Encode(value)
	if err != nil {
		return &flow.Error{Name: flow.ErrorRuntime, Cause: what + " cannot be written as JSON", Err: err}
	}
	return checkLength(what, len(encoded))
}

func checkLength(what string, length int) error {
	if length <= flow.MaxData {
		return nil
	}
	return &flow.Error{
		Name:  flow.ErrorDataLimit,
		Cause: fmt.Sprintf("%s has %d bytes, at most %d", what, length, flow.MaxData),
	}
}
