package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"multipoint/shared/flow"
	"multipoint/shared/flow/local"
)

// clock begins 2026-04-01 06:00 in Japan and goes on when somebody sleeps.
type clock struct {
	mutex sync.Mutex
	now   time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 31, 21, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.slept = append(c.slept, d)
	c.now = c.now.Add(d)
	return ctx.Err()
}

// tasks are the functions of the tests.
func tasks() map[string]flow.Task {
	return map[string]flow.Task{
		"echo": func(_ context.Context, input json.RawMessage) (json.RawMessage, error) { return input, nil },
		"none": func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, nil },
		"text": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return []byte("no JSON"), nil
		},
		"fail": func(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
			return nil, &flow.Error{Name: "broken", Cause: string(input)}
		},
		"plain": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return nil, errors.New("plain")
		},
		"panic": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			panic(errors.New("thrown"))
		},
		"large": func(context.Context, json.RawMessage) (json.RawMessage, error) {
			return []byte(`"` + strings.Repeat("x", flow.MaxData-1) + `"`), nil
		},
		"odd": func(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
			n := strings.Trim(string(input), `"`)
			if last := n[len(n)-1]; last >= '0' && last <= '9' && last%2 == 1 {
				return nil, &flow.Error{Name: "odd", Cause: n}
			}
			return input, nil
		},
	}
}

// objects are what ItemReaders find in the bucket "items".
func objects(_ context.Context, bucket, key string) (io.ReadCloser, error) {
	text, found := map[string]string{
		"four": `[0, {"n": 1}, "2", 3]`, "object": `{"a": 1}`, "cut": `[0, 1`, "tail": `[0] 1`, "empty": `[]`,
		"even": `[0, 2, 4, 6]`, "ten": `[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]`,
		"large": `["` + strings.Repeat("x", flow.MaxData) + `"]`,
	}[key]
	if bucket != "items" || !found {
		return nil, errors.New("there is no such object")
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func parse(t testing.TB, definition string) *flow.Machine {
	t.Helper()
	m, err := flow.Parse([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs a machine with the tasks and objects of the tests and gives its output, or the name of its error.
func run(t *testing.T, definition, input string, change ...func(*local.Options)) string {
	t.Helper()
	c := newClock()
	o := local.Options{Tasks: tasks(), Objects: objects, Clock: c.time, Sleep: c.sleep, MaxConcurrency: 4}
	for _, f := range change {
		f(&o)
	}
	output, err := local.New(o).Run(t.Context(), parse(t, definition), "day-1", json.RawMessage(input))
	var failed *flow.Error
	switch {
	case errors.As(err, &failed):
		return "error " + failed.Error()
	case err != nil:
		t.Fatal(err)
	}
	return string(output)
}

// only is a machine of the one state S.
func only(state string) string { return `{"StartAt":"S","States":{"S":` + state + `}}` }

// last is a machine of the one state S with those fields.
func last(fields string) string { return only(`{` + fields + `,"End":true}`) }

const (
	echoTask    = `"Type":"Task","Resource":"${echo}"`
	pass        = `"Type":"Pass"`
	invoke      = `"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":`
	stateInput  = `{"a":{"b":[1,2]},"c":"x","until":"2026-03-31T21:01:00Z","s":5}`
	stateSorted = `{"a":{"b":[1,2]},"c":"x","s":5,"until":"2026-03-31T21:01:00Z"}`
)

// states are states that work on the same input, with what comes out.
var states = []struct{ name, definition, want string }{
	{"a Pass gives its input", last(pass), stateSorted},
	{"no field, no change", last(echoTask), stateSorted},
	{"InputPath", last(echoTask + `,"InputPath":"$.a"`), `{"b":[1,2]}`},
	{"InputPath null", last(echoTask + `,"InputPath":null`), `{}`},
	{"InputPath of the context", last(echoTask + `,"InputPath":"$$.Execution.Name"`), `"day-1"`},
	{"OutputPath", last(echoTask + `,"OutputPath":"$.a.b[1]"`), `2`},
	{"OutputPath null", last(echoTask + `,"OutputPath":null`), `{}`},
	{
		"Parameters after InputPath",
		last(echoTask + `,"InputPath":"$.a","Parameters":{"k.$":"$.b[0]","l":1}`),
		`{"k":1,"l":1}`,
	},
	{"ResultSelector", last(echoTask + `,"ResultSelector":{"k.$":"$.c"}`), `{"k":"x"}`},
	{
		"ResultPath",
		last(echoTask + `,"InputPath":"$.c","ResultPath":"$.a.r"`),
		`{"a":{"b":[1,2],"r":"x"},"c":"x","s":5,"until":"2026-03-31T21:01:00Z"}`,
	},
	{
		"ResultPath makes objects",
		last(echoTask + `,"InputPath":"$.c","ResultPath":"$.p.q","OutputPath":"$.p"`),
		`{"q":"x"}`,
	},
	{
		"ResultPath into an array",
		last(echoTask + `,"InputPath":"$.c","ResultPath":"$.a.b[0]","OutputPath":"$.a"`),
		`{"b":["x",2]}`,
	},
	{"ResultPath null", last(echoTask + `,"InputPath":"$.c","ResultPath":null,"OutputPath":"$.c"`), `"x"`},
	{"no result", last(`"Type":"Task","Resource":"${none}"`), `null`},
	{
		"invoke",
		last(invoke + `{"FunctionName":"${echo}","Payload":{"k.$":"$.c"}}`),
		`{"ExecutedVersion":"$LATEST","Payload":{"k":"x"},"StatusCode":200}`,
	},
	{
		"invoke with a path",
		last(invoke + `{"FunctionName":"echo","Payload.$":"$.a"},"OutputPath":"$.Payload"`),
		`{"b":[1,2]}`,
	},
	{"invoke without payload", last(invoke + `{"FunctionName":"echo"},"OutputPath":"$.Payload"`), `{}`},
	{
		"Result",
		last(pass + `,"Result":{"k.$":"$.c"},"ResultPath":"$.a"`),
		`{"a":{"k.$":"$.c"},"c":"x","s":5,"until":"2026-03-31T21:01:00Z"}`,
	},
	{
		"the context", last(pass + `,"Parameters":{"e.$":"$$.Execution.Id","i.$":"$$.Execution.Input.c",
			"t.$":"$$.Execution.StartTime","s.$":"$$.State.Name","n.$":"$$.State.EnteredTime"}`),
		`{"e":"arn:aws:states:local:000000000000:execution:local:day-1","i":"x",` +
			`"n":"2026-03-31T21:00:00.000Z","s":"S","t":"2026-03-31T21:00:00.000Z"}`,
	},
	{"Succeed", only(`{"Type":"Succeed","InputPath":"$.a","OutputPath":"$.b"}`), `[1,2]`},
	{
		"Choice",
		`{"StartAt":"S","States":{"S":{"Type":"Choice","InputPath":"$.a","Choices":[{"Variable":"$.b[0]",` +
			`"NumericEquals":1,"Next":"E"}]},"E":{"Type":"Succeed"}}}`,
		`{"b":[1,2]}`,
	},
	{
		"Default",
		`{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.s","IsNull":true,` +
			`"Next":"E"}],"Default":"D"},"E":{"Type":"Succeed"},"D":{"Type":"Pass","Result":1,"End":true}}}`,
		`1`,
	},
	{
		"no choice",
		`{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.s","IsNull":true,` +
			`"Next":"E"}]},"E":{"Type":"Succeed"}}}`,
		`error States.Runtime: no choice`,
	},
	{
		"Parallel",
		last(`"Type":"Parallel","Parameters":{"k.$":"$.c"},"Branches":[{"StartAt":"A",` +
			`"States":{"A":{"Type":"Pass","End":true}}},{"StartAt":"B","States":{"B":{"Type":"Pass",` +
			`"Result":2,"End":true}}}]`),
		`[{"k":"x"},2]`,
	},
	{"Fail", only(`{"Type":"Fail","Error":"over","Cause":"why"}`), `error over: why`},
	{
		"Fail with paths",
		only(`{"Type":"Fail","ErrorPath":"$.c","CausePath":"States.Format('s={}', $.s)"}`),
		`error x: s=5`,
	},
	{
		"Fail with a path that is not there",
		only(`{"Type":"Fail","ErrorPath":"$.nope"}`),
		`error States.Runtime`,
	},

	{"missing InputPath", last(echoTask + `,"InputPath":"$.nope"`), `error States.Runtime`},
	{"missing OutputPath", last(echoTask + `,"OutputPath":"$.nope"`), `error States.Runtime`},
	{"missing parameter", last(echoTask + `,"Parameters":{"k.$":"$.nope"}`), `error States.Runtime`},
	{"missing result", last(echoTask + `,"ResultSelector":{"k.$":"$.nope"}`), `error States.Runtime`},
	{
		"ResultPath through a number",
		last(echoTask + `,"ResultPath":"$.s.k"`),
		`error States.ResultPathMatchFailure`,
	},
	{
		"ResultPath behind an array",
		last(echoTask + `,"ResultPath":"$.a.b[2]"`),
		`error States.ResultPathMatchFailure`,
	},
	{
		"a failed task",
		last(`"Type":"Task","Resource":"${fail}","InputPath":"$.a"`),
		`error broken: {"errorMessage":"{\"b\":[1,2]}","errorType":"broken"}`,
	},
	{
		"an error without name",
		last(`"Type":"Task","Resource":"${plain}"`),
		`error errorString: {"errorMessage":"plain","errorType":"errorString"}`,
	},
	{
		"a panic",
		last(`"Type":"Task","Resource":"${panic}"`),
		`error errorString: {"errorMessage":"thrown","errorType":"errorString"}`,
	},
	{"a result that is no JSON", last(`"Type":"Task","Resource":"${text}"`), `error Runtime.MarshalError`},
	{
		"a large result",
		last(`"Type":"Task","Resource":"${large}","ResultPath":null`),
		`error States.DataLimitExceeded`,
	},
	{"bad seconds of a timeout", last(echoTask + `,"TimeoutSecondsPath":"$.c"`), `error States.Runtime`},
	{"a path to a timeout", last(echoTask + `,"TimeoutSecondsPath":"$.s","OutputPath":"$.c"`), `"x"`},
}

func TestStates(t *testing.T) {
	for _, c := range states {
		t.Run(c.name, func(t *testing.T) {
			got := run(t, c.definition, stateInput)
			if got != c.want && !(strings.HasPrefix(c.want, "error ") && strings.HasPrefix(got, c.want)) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestNoInputIsAnEmptyObject(t *testing.T) {
	if got := run(t, last(`"Type":"Pass"`), ""); got != "{}" {
		t.Error(got)
	}
}

func TestWait(t *testing.T) {
	cases := []struct {
		fields string
		want   time.Duration
		failed bool
	}{
		{`"Seconds":90`, 90 * time.Second, false},
		{`"Seconds":0`, 0, false},
		{`"SecondsPath":"$.s"`, 5 * time.Second, false},
		{`"SecondsPath":"$.half"`, 0, true},
		{`"SecondsPath":"$.minus"`, 0, true},
		{`"SecondsPath":"$.nope"`, 0, true},
		{`"Timestamp":"2026-04-01T06:00:30+09:00"`, 30 * time.Second, false},
		{`"Timestamp":"2026-04-01T05:00:00+09:00"`, 0, false},
		{`"TimestampPath":"$.until"`, time.Minute, false},
		{`"TimestampPath":"$.s"`, 0, true},
		{`"InputPath":"$.in","SecondsPath":"$.s"`, 7 * time.Second, false},
	}
	for _, c := range cases {
		clock := newClock()
		got := run(t, last(`"Type":"Wait",`+c.fields),
			`{"s":5,"half":1.5,"minus":-1,"until":"2026-03-31T21:01:00Z","in":{"s":7}}`,
			func(o *local.Options) { o.Sleep, o.Clock = clock.sleep, clock.time })
		var slept time.Duration
		for _, d := range clock.slept {
			slept += d
		}
		if failed := strings.HasPrefix(got, "error States.Runtime"); slept != c.want || failed != c.failed {
			t.Errorf("%s: slept %v, %s", c.fields, slept, got)
		}
	}
}

func TestRunRefusesWhatItCannotCall(t *testing.T) {
	m := parse(t, last(`"Type":"Task","Resource":"${nobody}"`))
	_, err := local.New(local.Options{}).Run(t.Context(), m, "day-1", nil)
	if err == nil || !strings.Contains(err.Error(), `no task "nobody"`) {
		t.Error(err)
	}
	m = parse(t, last(`"Type":"Pass"`))
	_, err = local.New(local.Options{}).Run(t.Context(), m, "day-1", []byte("{"))
	if err == nil || !strings.Contains(err.Error(), "input") {
		t.Error(err)
	}
}

func TestTooMuchData(t *testing.T) {
	text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
	most := text(flow.MaxData)
	cases := []struct{ name, definition, input, want string }{
		{"just enough", last(`"Type":"Pass"`), most, most},
		{"a large input", last(`"Type":"Pass"`), text(flow.MaxData + 1), "error States.DataLimitExceeded"},
		{
			"large parameters",
			last(`"Type":"Pass","Parameters":{"a.$":"$"},"OutputPath":null`),
			most,
			"error States.DataLimitExceeded",
		},
		{
			"a large output",
			last(`"Type":"Pass","Result":{"a":1},"ResultPath":"$.b"`),
			`{"a":` + text(flow.MaxData-6) + `}`,
			"error States.DataLimitExceeded",
		},
		{
			"a large payload",
			last(`"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
				`"Parameters":{"FunctionName":"none","Payload":{"a.$":"$"}}`),
			most,
			"error States.DataLimitExceeded",
		},
	}
	for _, c := range cases {
		if got := run(t, c.definition, c.input); got != c.want && !strings.HasPrefix(got, c.want+":") {
			t.Errorf("%s: %.60s", c.name, got)
		}
	}
}

func TestLoopsEnd(t *testing.T) {
	loop := `{"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,
		"Next":"E"}],"Default":"W"},
		"W":{"Type":"Wait","Seconds":1,"Next":"S"},"E":{"Type":"Succeed"}}}`
	c := newClock()
	got := run(t, loop, "{}", func(o *local.Options) { o.MaxSteps, o.Sleep = 100, c.sleep })
	if !strings.HasPrefix(got, "error States.Runtime: ") || len(c.slept) != 50 {
		t.Errorf("%s after %d waits", got, len(c.slept))
	}
	retry := last(`"Type":"Task","Resource":"${fail}","Retry":[{"ErrorEquals":["States.ALL"],
		"MaxAttempts":1000}]`)
	got = run(t, retry, "{}", func(o *local.Options) { o.MaxSteps = 100 })
	if !strings.HasPrefix(got, "error States.Runtime: ") {
		t.Error(got)
	}
}
