package flow

import (
	"math"
	"slices"
	"time"
)

// Machine is a state machine that Parse has read. It is not changed any more, so many may run it at a time.
type Machine struct {
	Graph
	Timeout time.Duration // of a whole execution, 0 = none
	// Functions are the names of the tasks that its states call, in order.
	Functions []string
}

// Graph is a machine, a branch of a Parallel or the iteration of a Map.
type Graph struct {
	StartAt string
	States  map[string]*State
}

// Kind is the type of a state.
type Kind string

// The types of states.
const (
	KindTask     Kind = "Task"
	KindPass     Kind = "Pass"
	KindChoice   Kind = "Choice"
	KindWait     Kind = "Wait"
	KindSucceed  Kind = "Succeed"
	KindFail     Kind = "Fail"
	KindParallel Kind = "Parallel"
	KindMap      Kind = "Map"
)

// State is one state. The fields that its kind does not have are zero.
type State struct {
	Name string
	Kind Kind
	Next string // "" = the last one (or a Choice)

	inputPath, outputPath selection
	resultPath            resultPath
	parameters            *Template // of Task, Pass, Parallel
	resultSelector        *Template
	Retry                 []Retrier
	Catch                 []Catcher

	Task     *TaskFields
	Choice   *ChoiceFields
	Wait     *WaitFields
	Fail     *FailFields
	Branches []*Graph   // of a Parallel
	Map      *MapFields // of a Map
	result   any        // of a Pass
	fixed    bool       // whether a Pass has a Result
}

// selection is InputPath or OutputPath: a path, or an empty object for null.
type selection struct {
	path *Path
	none bool
}

func (s selection) apply(scope Scope) (any, error) {
	switch {
	case s.none:
		return map[string]any{}, nil
	case s.path == nil:
		return scope.Data, nil
	}
	return s.path.eval(scope)
}

// resultPath says where a result stands in the state's input; discard keeps the input as it is.
type resultPath struct {
	path    Path
	discard bool
}

func (r resultPath) apply(input, result any) (any, error) {
	if r.discard {
		return input, nil
	}
	return r.path.set(input, result)
}

// Input computes what the state works on from its raw input: InputPath, then Parameters. Errors: *Error.
func (s *State) Input(scope Scope) (any, error) {
	value, err := s.inputPath.apply(scope)
	if err != nil || s.parameters == nil {
		return value, err
	}
	return s.parameters.Eval(Scope{value, scope.Context})
}

// Result is the fixed result of a Pass, or input if it has none.
func (s *State) Result(input any) any {
	if s.fixed {
		return s.result
	}
	return input
}

// Output computes what the state gives from its raw input and the result of its work: ResultSelector,
// ResultPath, then OutputPath. Errors: *Error.
func (s *State) Output(raw Scope, result any) (any, error) {
	var err error
	if s.resultSelector != nil {
		if result, err = s.resultSelector.Eval(Scope{result, raw.Context}); err != nil {
			return nil, err
		}
	}
	if result, err = s.resultPath.apply(raw.Data, result); err != nil {
		return nil, err
	}
	return s.outputPath.apply(Scope{result, raw.Context})
}

// Pass computes what a state without a result of its own gives (Choice, Wait, Succeed) from its input.
func (s *State) Pass(scope Scope) (any, error) { return s.outputPath.apply(scope) }

// TaskFields are those of a Task.
type TaskFields struct {
	// Function is the name of the task.
	Function string
	// Invoke says that the result is what the Lambda integration gives: an object with Payload, StatusCode
	// and ExecutedVersion. payload then computes the task's input.
	Invoke  bool
	payload expression
	timeout time.Duration // 0 = none
	// timeoutPath points to the seconds instead.
	timeoutPath *Path
}

// Payload gives the function's input from the effective input of the state. Errors: *Error.
func (t *TaskFields) Payload(scope Scope) (any, error) {
	switch {
	case !t.Invoke:
		return scope.Data, nil
	case t.payload == nil:
		return map[string]any{}, nil
	}
	return t.payload.eval(scope)
}

// Timeout gives the time that the task has, 0 = any, from the raw input of the state. Error: States.Runtime
// if the path points to no positive number of seconds.
func (t *TaskFields) Timeout(scope Scope) (time.Duration, error) {
	if t.timeoutPath == nil {
		return t.timeout, nil
	}
	return seconds(scope, *t.timeoutPath, 1)
}

func seconds(scope Scope, path Path, least int64) (time.Duration, error) {
	value, err := path.eval(scope)
	if err != nil {
		return 0, err
	}
	n, ok := whole(value)
	if !ok || n < least || n > MaxSeconds {
		return 0, failure(ErrorRuntime, "%s is no whole number of seconds, %d to %d", path, least, MaxSeconds)
	}
	return time.Duration(n) * time.Second, nil
}

// WaitFields are those of a Wait: one of them says how long or until when.
type WaitFields struct {
	seconds       *time.Duration
	until         time.Time
	secondsPath   *Path
	timestampPath *Path
}

// Delay says how long to wait, from the effective input; 0 or less = not at all. Error: States.Runtime if a
// path points to no such value.
func (w *WaitFields) Delay(scope Scope, now time.Time) (time.Duration, error) {
	switch {
	case w.seconds != nil:
		return *w.seconds, nil
	case w.secondsPath != nil:
		return seconds(scope, *w.secondsPath, 0)
	case w.timestampPath == nil:
		return w.until.Sub(now), nil
	}
	value, err := w.timestampPath.eval(scope)
	if err != nil {
		return 0, err
	}
	until, ok := timestamp(value)
	if !ok {
		return 0, failure(ErrorRuntime, "%s is no timestamp with a zone", w.timestampPath)
	}
	return until.Sub(now), nil
}

// FailFields are those of a Fail.
type FailFields struct {
	err, cause expression
}

// Failure gives the error with which the state fails; the one of a path that is not there otherwise.
func (f *FailFields) Failure(scope Scope) error {
	var texts [2]string
	for i, e := range []expression{f.err, f.cause} {
		if e == nil {
			continue
		}
		value, err := e.eval(scope)
		if err != nil {
			return err
		}
		written, ok := value.(string)
		if !ok {
			return failure(ErrorRuntime, "error or cause of a Fail is no text")
		}
		texts[i] = written
	}
	return &Error{Name: texts[0], Cause: texts[1]}
}

// MapFields are those of a Map.
type MapFields struct {
	Processor   *Graph
	Distributed bool
	// Concurrency is how many iterations run at a time at most, at least 1.
	Concurrency int
	// Label names the child executions of a distributed Map.
	Label string
	// Reader says where the items are, nil = in the data.
	Reader       *ReaderFields
	itemsPath    *Path
	itemSelector *Template
	tolerance    *tolerance
}

// ReaderFields say which object holds the items.
type ReaderFields struct {
	// MaxItems is how many items count, from the first on; 0 = all.
	MaxItems    int64
	bucket, key expression
}

// Object names the object, from the effective input of the Map. Errors: *Error.
func (r *ReaderFields) Object(scope Scope) (bucket, key string, err error) {
	for _, part := range []struct {
		e    expression
		name *string
	}{{r.bucket, &bucket}, {r.key, &key}} {
		value, err := part.e.eval(scope)
		if err != nil {
			return "", "", err
		}
		written, ok := value.(string)
		if !ok || written == "" {
			return "", "", failure(ErrorItemReader, "bucket or key of the ItemReader is no text")
		}
		*part.name = written
	}
	return bucket, key, nil
}

// Items gives the items from the effective input of a Map without a reader. Error: States.Runtime.
func (m *MapFields) Items(scope Scope) ([]any, error) {
	value, where := scope.Data, "$"
	if m.itemsPath != nil {
		var err error
		if value, err = m.itemsPath.eval(scope); err != nil {
			return nil, err
		}
		where = m.itemsPath.String()
	}
	items, ok := value.([]any)
	if !ok {
		return nil, failure(ErrorRuntime, "the items at %s are no array", where)
	}
	return items, nil
}

// Item gives the input of an iteration: the item, or what ItemSelector makes of it, where $$.Map.Item in the
// context object is the item. Errors: *Error.
func (m *MapFields) Item(scope Scope, item any) (any, error) {
	if m.itemSelector == nil {
		return item, nil
	}
	return m.itemSelector.Eval(scope)
}

// tolerance says how many items may fail. With both, neither may be exceeded.
type tolerance struct {
	count   *int64
	percent *float64
}

// Exceeded says whether that many failures among all items let the Map fail.
func (m *MapFields) Exceeded(failed, items int) bool {
	t := m.tolerance
	if t == nil {
		return failed > 0
	}
	return t.count != nil && int64(failed) > *t.count ||
		t.percent != nil && float64(failed)*100 > *t.percent*float64(items)
}

// Retrier says which errors a state tries again after, and how often.
type Retrier struct {
	errors      []string
	interval    time.Duration
	MaxAttempts int64
	backoff     float64
	maxDelay    time.Duration
}

// Matches says whether the retrier is for errors of that name.
func (r *Retrier) Matches(name string) bool { return matches(r.errors, name) }

// Delay is how long to wait before the n-th retry, n from 1. A random delay counts as its upper bound, so
// that executions are alike.
func (r *Retrier) Delay(n int64) time.Duration {
	delay := float64(r.interval) * math.Pow(r.backoff, float64(n-1))
	return time.Duration(min(delay, float64(r.maxDelay)))
}

// Catcher says where a machine goes on after which errors.
type Catcher struct {
	errors     []string
	Next       string
	resultPath resultPath
}

// Matches says whether the catcher is for errors of that name.
func (c *Catcher) Matches(name string) bool { return matches(c.errors, name) }

// Output puts name and cause of the error into the raw input of the state. Error: ResultPathMatchFailure.
func (c *Catcher) Output(raw any, caught *Error) (any, error) {
	return c.resultPath.apply(raw, map[string]any{"Error": caught.Name, "Cause": caught.Cause})
}

// matches compares a name with those of ErrorEquals. The wildcards do not stand for errors after which the
// service always ends an execution; too much data can be caught by its name.
func matches(names []string, name string) bool {
	if name == ErrorRuntime {
		return false
	}
	return slices.Contains(names, name) || name != ErrorDataLimit &&
		(slices.Contains(names, ErrorAll) || slices.Contains(names, ErrorTaskFailed) && name != ErrorTimeout)
}
