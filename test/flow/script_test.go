package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"multipoint/shared/flow"
	"multipoint/shared/flow/local"
)

// script says how tasks answer: the replies of a function, call by call, the last one again and again. A key
// is a function, or "function input" for the calls with that input. A function without a key echoes.
//
// A reply is JSON, or one of:
//
//	echo          the input
//	fail NAME     the error NAME, whose message is "told"
//	late          {} after 3 seconds
type script map[string][]string

// lateness is how long a late answer takes.
const lateness = 3 * time.Second

// stage is an execution's script as it is played, and what was called.
type stage struct {
	script script

	mutex sync.Mutex
	turns map[string]int
	calls []string
}

func newStage(s script) *stage { return &stage{script: s, turns: map[string]int{}} }

// call notes a call and gives the reply that is due.
func (s *stage) call(function string, input []byte) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	call := function + " " + string(input)
	s.calls = append(s.calls, call)
	if value, err := flow.Decode(input); err == nil {
		if encoded, err := flow.Encode(value); err == nil {
			call = function + " " + string(encoded)
		}
	}
	for _, key := range []string{call, function} {
		if replies := s.script[key]; len(replies) > 0 {
			turn := s.turns[key]
			s.turns[key]++
			return replies[min(turn, len(replies)-1)]
		}
	}
	return "echo"
}

// answer is a call's answer, an *flow.Error if the script says so.
func (s *stage) answer(ctx context.Context, function string, input []byte) (json.RawMessage, error) {
	reply := s.call(function, input)
	name, fails := strings.CutPrefix(reply, "fail ")
	switch {
	case fails:
		return nil, &flow.Error{Name: name, Cause: "told"}
	case reply == "echo":
		return input, nil
	case reply == "late":
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lateness):
			return json.RawMessage("{}"), nil
		}
	}
	return json.RawMessage(reply), nil
}

// runOurs runs an example on our interpreter.
func runOurs(t *testing.T, e *example, machine *flow.Machine) (got outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(e.script)
		tasks := map[string]flow.Task{}
		for _, name := range machine.Functions {
			tasks[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
				return s.answer(ctx, name, input)
			}
		}
		begun := time.Now()
		output, err := local.New(local.Options{
			Tasks: tasks, Objects: openObject, MaxConcurrency: 8,
			Observe: func(event local.Event) {
				if event.Kind == local.Entered {
					got.states = append(got.states, event.State)
				}
			},
		}).Run(t.Context(), machine, executionName, json.RawMessage(e.input))
		got.took, got.calls = time.Since(begun), s.calls
		var named *flow.Error
		switch {
		case errors.As(err, &named):
			got.result = failed(named.Name, named.Cause)
		case err != nil:
			t.Fatal(err)
		default:
			got.result = string(output)
		}
	})
	return got
}

// executionName is what every execution is called: $$.Execution.Name.
const executionName = "run-1"

// objects are in the bucket on every interpreter, by key.
var objects = map[string]string{
	"four": `[0, {"n": 1}, "x", 3]`, "empty": `[]`, "object": `{"a": 1}`, "cut": `[0, 1`,
	"ten":     `[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]`,
	"convert": `[{"task":0},{"task":1},{"task":2}]`, "groups": `[{"task":10},{"task":11}]`,
	"files": `[{"task":20}]`, "one": `[{"task":0}]`,
}

func openObject(_ context.Context, _, key string) (io.ReadCloser, error) {
	text, found := objects[key]
	if !found {
		return nil, errors.New("there is no such object")
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

// theatre answers the Lambda calls of executions that run beside each other. Their functions are named
// lane-function, by the lane of the execution.
type theatre struct {
	mutex  sync.Mutex
	stages map[string]*stage
}

// newTheatre starts it and gives its endpoint, which speaks Lambda's Invoke; the test's end stops it.
func newTheatre(t *testing.T) (*theatre, string) {
	t.Helper()
	all := &theatre{stages: map[string]*stage{}}
	server := httptest.NewServer(http.HandlerFunc(all.invoke))
	t.Cleanup(server.Close)
	return all, server.URL
}

// open puts an example's script on a lane's stage.
func (all *theatre) open(lane string, e *example) *stage {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	s := newStage(e.script)
	all.stages[lane] = s
	return s
}

// invoke is POST /2015-03-31/functions/<name or ARN>/invocations.
func (all *theatre) invoke(w http.ResponseWriter, r *http.Request) {
	name, _ := strings.CutSuffix(r.URL.Path, "/invocations")
	name = name[strings.LastIndexAny(name, ":/")+1:]
	lane, function, _ := strings.Cut(name, "-")
	all.mutex.Lock()
	s := all.stages[lane]
	all.mutex.Unlock()
	input, err := io.ReadAll(r.Body)
	if s == nil || err != nil {
		http.Error(w, "nobody plays "+r.URL.Path, http.StatusNotFound)
		return
	}
	output, err := s.answer(r.Context(), function, input)
	var named *flow.Error
	switch {
	case errors.As(err, &named):
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		output = json.RawMessage(told(named.Name, named.Cause))
	case err != nil:
		return // the caller is gone
	}
	_, _ = w.Write(output) // a caller that is gone needs no answer
}
