package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multipoint/shared/flow"
	"multipoint/shared/flow/local"
)

// failing fails with the names in order and then succeeds.
func failing(names ...string) flow.Task {
	return func(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
		if len(names) == 0 {
			return input, nil
		}
		name := names[0]
		names = names[1:]
		return nil, &flow.Error{Name: name, Cause: "as told"}
	}
}

func TestRetryWaits(t *testing.T) {
	a, b := "a", "b"
	cases := []struct {
		name, retry string
		errors      []string
		want        []time.Duration // in seconds
		end         string
	}{
		{"nothing said", `{"ErrorEquals":["a"]}`, []string{a, a, a}, []time.Duration{1, 2, 4}, "{}"},
		{
			"three attempts",
			`{"ErrorEquals":["a"]}`,
			[]string{a, a, a, a},
			[]time.Duration{1, 2, 4},
			"error a",
		},
		{"no attempt", `{"ErrorEquals":["a"],"MaxAttempts":0}`, []string{a}, nil, "error a"},
		{"another error", `{"ErrorEquals":["b"]}`, []string{a}, nil, "error a"},
		{"any error", `{"ErrorEquals":["States.ALL"]}`, []string{a, b}, []time.Duration{1, 2}, "{}"},
		{
			"any failed task",
			`{"ErrorEquals":["States.TaskFailed"]}`,
			[]string{a, b},
			[]time.Duration{1, 2},
			"{}",
		},
		{
			"a timeout is no failed task",
			`{"ErrorEquals":["States.TaskFailed"]}`,
			[]string{flow.ErrorTimeout},
			nil,
			"error States.Timeout",
		},
		{
			"too much data is not any error",
			`{"ErrorEquals":["States.ALL"]}`,
			[]string{flow.ErrorDataLimit},
			nil,
			"error States.DataLimitExceeded",
		},
		{
			"too much data by name",
			`{"ErrorEquals":["States.DataLimitExceeded"]}`,
			[]string{flow.ErrorDataLimit},
			[]time.Duration{1},
			"{}",
		},
		{
			"an end is an end",
			`{"ErrorEquals":["States.ALL"]}`,
			[]string{flow.ErrorRuntime},
			nil,
			"error States.Runtime",
		},
		{
			"interval and rate", `{"ErrorEquals":["a"],"IntervalSeconds":10,"BackoffRate":1.5,
				"MaxAttempts":4}`,
			[]string{a, a, a, a},
			[]time.Duration{10, 15, 22, 33},
			"{}",
		},
		{
			"a longest delay", `{"ErrorEquals":["a"],"IntervalSeconds":2,"MaxDelaySeconds":5,
				"MaxAttempts":9,"JitterStrategy":"FULL"}`,
			[]string{a, a, a, a},
			[]time.Duration{2, 4, 5, 5},
			"{}",
		},
		{
			"each retrier counts for itself", `{"ErrorEquals":["a"],"MaxAttempts":2},
				{"ErrorEquals":["States.ALL"],"IntervalSeconds":7,"BackoffRate":1}`,
			[]string{a, b, a, b},
			[]time.Duration{1, 7, 2, 7},
			"{}",
		},
		{
			"the first that matches decides", `{"ErrorEquals":["a"],"MaxAttempts":1},
				{"ErrorEquals":["States.ALL"]}`,
			[]string{a, a},
			[]time.Duration{1},
			"error a",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			clock := newClock()
			got := run(t, last(`"Type":"Task","Resource":"${told}","Retry":[`+c.retry+`]`), "{}",
				func(o *local.Options) {
					o.Sleep, o.Tasks["told"] = clock.sleep, failing(c.errors...)
				})
			for i, d := range clock.slept {
				clock.slept[i] = d / time.Second
			}
			if !slices.Equal(clock.slept, c.want) || got != c.end && !strings.HasPrefix(got, c.end+":") {
				t.Errorf("slept %d, then %s", clock.slept, got)
			}
		})
	}
}

func TestRetryRunsAWholeMapAgain(t *testing.T) {
	state := last(`"Type":"Map","Retry":[{"ErrorEquals":["a"]}],"ItemProcessor":{"StartAt":"I","States":{
		"I":{"Type":"Task","Resource":"${told}","End":true}}}`)
	got := run(t, state, `[1]`, func(o *local.Options) { o.Tasks["told"] = failing("a", "a") })
	if got != `[1]` {
		t.Error(got)
	}
}

func TestCatch(t *testing.T) {
	caught := func(fields, catch string) string {
		return `{"StartAt":"S","States":{"S":{` + fields + `,"End":true,"Catch":[` + catch +
			`]},"C":{"Type":"Pass","End":true},"D":{"Type":"Pass","Result":"D","End":true}}}`
	}
	const fail = `"Type":"Task","Resource":"${fail}","InputPath":"$.s"`
	const both = `{"ErrorEquals":["other"],"Next":"D"},{"ErrorEquals":["States.ALL"],"Next":"C"}`
	const cause = `"{\"errorMessage\":\"5\",\"errorType\":\"broken\"}"`
	cases := []struct{ name, definition, want string }{
		{"the error is the output", caught(fail, both), `{"Cause":` + cause + `,"Error":"broken"}`},
		{
			"ResultPath", caught(fail, `{"ErrorEquals":["broken"],"ResultPath":"$.e","Next":"C"},`+both),
			`{"e":{"Cause":` + cause + `,"Error":"broken"},"s":5}`,
		},
		{
			"ResultPath null",
			caught(fail, `{"ErrorEquals":["States.TaskFailed"],"ResultPath":null,"Next":"C"},`+both),
			`{"s":5}`,
		},
		{
			"the first that matches",
			caught(fail, `{"ErrorEquals":["broken","other"],"Next":"D"},`+both),
			`"D"`,
		},
		{
			"nobody",
			caught(fail, `{"ErrorEquals":["x"],"Next":"D"},{"ErrorEquals":["y"],"Next":"C"}`),
			"error broken",
		},
		{
			"a missing path",
			caught(`"Type":"Task","Resource":"${echo}","InputPath":"$.x"`, both),
			"error States.Runtime",
		},
		{
			"too much data",
			caught(`"Type":"Task","Resource":"${large}"`, both),
			"error States.DataLimitExceeded",
		},
		{"too much data by name", caught(`"Type":"Task","Resource":"${large}"`,
			`{"ErrorEquals":["States.DataLimitExceeded"],"Next":"D"},`+both), `"D"`},
		{"a function that fails", caught(`"Type":"Task","Resource":"${echo}",
			"Parameters":{"a.$":"States.ArrayLength($.s)"}`, both), "error States.Runtime"},
		{"the error of a branch", caught(`"Type":"Parallel","Branches":[{"StartAt":"B",
			"States":{"B":{`+fail+`,"End":true}}}]`,
			`{"ErrorEquals":["broken"],"Next":"D"},`+both), `"D"`},
		{
			"a Catch that has no place",
			caught(fail, `{"ErrorEquals":["broken"],"ResultPath":"$.s.e","Next":"D"},`+both),
			"error States.ResultPathMatchFailure",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := run(t, c.definition, `{"s":5}`); got != c.want && !strings.HasPrefix(got, c.want+":") {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// wait is a task that lasts until its context ends, and then says what the context says.
func wait(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestTimeouts(t *testing.T) {
	slow := func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
		time.Sleep(20 * time.Second)
		return []byte("1"), nil
	}
	cases := []struct {
		name, definition string
		after            time.Duration
		want             string
	}{
		{
			"a task",
			last(`"Type":"Task","Resource":"${wait}","TimeoutSeconds":30`),
			30 * time.Second,
			"States.Timeout",
		},
		{
			"a task by its input",
			last(`"Type":"Task","Resource":"${wait}","TimeoutSecondsPath":"$.s"`),
			5 * time.Second,
			"States.Timeout",
		},
		{
			"a task that does not listen",
			last(`"Type":"Task","Resource":"${slow}","TimeoutSeconds":3`),
			20 * time.Second,
			"States.Timeout",
		},
		{
			"a task that is in time",
			last(`"Type":"Task","Resource":"${slow}","TimeoutSeconds":21`),
			20 * time.Second,
			"",
		},
		{
			"tried again", last(`"Type":"Task","Resource":"${wait}","TimeoutSeconds":3,
				"Retry":[{"ErrorEquals":["States.Timeout"],"MaxAttempts":1}]`),
			7 * time.Second, "States.Timeout",
		},
		{
			"the execution, caught by nobody", `{"TimeoutSeconds":9,"StartAt":"S",
				"States":{"S":{"Type":"Task","Resource":"${wait}","Next":"E",
			"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"E"}]},
			"E":{"Type":"Succeed"}}}`,
			9 * time.Second, "States.Timeout",
		},
		{
			"the execution in a Wait", `{"TimeoutSeconds":9,"StartAt":"S","States":{"S":{"Type":"Wait",
				"Seconds":10,"End":true}}}`,
			9 * time.Second, "States.Timeout",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := local.New(local.Options{Tasks: map[string]flow.Task{"wait": wait, "slow": slow}})
				start := time.Now()
				_, err := in.Run(t.Context(), parse(t, c.definition), "day-1", []byte(`{"s":5}`))
				var failed *flow.Error
				if errors.As(err, &failed) != (c.want != "") || failed != nil && failed.Name != c.want {
					t.Errorf("error %v, want %s", err, c.want)
				}
				if took := time.Since(start); took != c.after {
					t.Errorf("took %v, want %v", took, c.after)
				}
			})
		})
	}
}

func TestCancellationStopsEverything(t *testing.T) {
	all := only(`{"Type":"Parallel","End":true,"Retry":[{"ErrorEquals":["States.ALL"]}],"Branches":[
		{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1000,"End":true}}},
		{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"${wait}","End":true,
			"Retry":[{"ErrorEquals":["States.ALL"]}]}}},
		{"StartAt":"Q","States":{"Q":{"Type":"Task","Resource":"${wait}","End":true}}},
		{"StartAt":"R","States":{"R":{"Type":"Task","Resource":"${fail}","End":true,
			"Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":500}]}}},
		{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":1,"End":true,
		"ItemProcessor":{
			"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"V","States":{"V":{"Type":"Wait","Seconds":1000,"End":true}}}}}},
		{"StartAt":"L","States":{"L":{"Type":"Choice","Default":"P",
			"Choices":[{"Variable":"$.items","IsNull":true,"Next":"E"}]},
			"P":{"Type":"Wait","Seconds":1,"Next":"L"},"E":{"Type":"Succeed"}}}]}`)
	synctest.Test(t, func(t *testing.T) {
		in := local.New(local.Options{
			Tasks:          map[string]flow.Task{"wait": wait, "fail": tasks()["fail"]},
			MaxConcurrency: 2, // a failing task and one that waits; the other one queues
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		start := time.Now()
		_, err := in.Run(ctx, parse(t, all), "day-1", []byte(`{"items":[1,2]}`))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took != 100*time.Second {
			t.Errorf("stopped after %v", took)
		}
	})
}
