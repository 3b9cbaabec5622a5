package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multipoint/shared/flow"
	"multipoint/shared/flow/local"
)

const distributed = `"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},`

// each is a Map with those fields whose iterations call a task.
func each(mode, task, fields string) string {
	return last(`"Type":"Map","ItemProcessor":{` + mode + `"StartAt":"I","States":{
		"I":{"Type":"Task","Resource":"${` + task + `}","End":true}}}` + fields)
}

func reader(key, config string) string {
	return `,"ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
		"ReaderConfig":{"InputType":"JSON"` + config +
		`},"Parameters":{"Bucket":"items","Key` + key + `}}`
}

const exceeded = "error States.ExceedToleratedFailureThreshold"

// maps are Map states that work on the same input, with what comes out.
var maps = []struct{ name, definition, want string }{
	{"ItemsPath", each("", "echo", `,"ItemsPath":"$.l"`), `[3,1,2]`},
	{"no items", each("", "echo", `,"ItemsPath":"$.none"`), `[]`},
	{"items behind InputPath", each("", "echo", `,"InputPath":"$.in","ItemsPath":"$.l"`), `["x"]`},
	{"items of the context", each("", "echo", `,"ItemsPath":"$$.Execution.Input.l"`), `[3,1,2]`},
	{
		"ItemSelector", each("", "echo", `,"ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Map.Item.Value",
			"i.$":"$$.Map.Item.Index","k.$":"$.k"}`),
		`[{"i":0,"k":"K","v":3},{"i":1,"k":"K","v":1},{"i":2,"k":"K","v":2}]`,
	},
	{
		"ResultSelector and ResultPath",
		each("", "echo", `,"ItemsPath":"$.l","ResultSelector":{"first.$":"$[0]"},"ResultPath":"$.r",`+
			`"OutputPath":"$.r"`),
		`{"first":3}`,
	},
	{"items that are no array", each("", "echo", `,"ItemsPath":"$.k"`), "error States.Runtime"},
	{"items that are not there", each("", "echo", `,"ItemsPath":"$.x"`), "error States.Runtime"},
	{
		"a selector that fails",
		each("", "echo", `,"ItemsPath":"$.l","ItemSelector":{"v.$":"$.x"}`),
		"error States.Runtime",
	},
	{
		"the first item that fails",
		each("", "odd", `,"ItemsPath":"$.mixed"`),
		`error odd: {"errorMessage":"3","errorType":"odd"}`,
	},
	{"the item within an iteration", last(`"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"StartAt":"I",
		"States":{"I":{"Type":"Pass",
		"Parameters":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index"},
			"End":true}}}`), `[{"i":0,"v":3},{"i":1,"v":1},{"i":2,"v":2}]`},
	{
		"a Map in a Map", last(`"Type":"Map","ItemsPath":"$.nested","ItemProcessor":{"StartAt":"M",
			"States":{"M":{"Type":"Map","End":true,
		"ItemSelector":{"v.$":"$$.Map.Item.Value"},"ItemProcessor":{"StartAt":"I",
		"States":{"I":{"Type":"Pass","End":true}}}}}}`),
		`[[{"v":1},{"v":2}],[{"v":3}]]`,
	},

	{"distributed, items in the input", each(distributed, "echo", `,"ItemsPath":"$.l"`), `[3,1,2]`},
	{"a reader", each(distributed, "echo", reader(`":"four"`, "")), `[0,{"n":1},"2",3]`},
	{"a reader of a computed key", each(distributed, "echo", reader(`.$":"$.key"`, "")), `[0,{"n":1},"2",3]`},
	{"MaxItems", each(distributed, "echo", reader(`":"four"`, `,"MaxItems":2`)), `[0,{"n":1}]`},
	{
		"MaxItems beyond the end",
		each(distributed, "echo", reader(`":"four"`, `,"MaxItems":9`)),
		`[0,{"n":1},"2",3]`,
	},
	{"an empty object", each(distributed, "echo", reader(`":"empty"`, "")), `[]`},
	{
		"a reader and a selector", each(distributed, "echo", reader(`":"even"`, `,"MaxItems":1`)+`,
			"ItemSelector":{"k.$":"$.k","v.$":"$$.Map.Item.Value"}`),
		`[{"k":"K","v":0}]`,
	},
	{"no such object", each(distributed, "echo", reader(`":"nope"`, "")), "error States.ItemReaderFailed"},
	{
		"an object that is no array",
		each(distributed, "echo", reader(`":"object"`, "")),
		"error States.ItemReaderFailed",
	},
	{
		"an object that is cut off",
		each(distributed, "echo", reader(`":"cut"`, "")),
		"error States.ItemReaderFailed",
	},
	{
		"something behind the array",
		each(distributed, "echo", reader(`":"tail"`, "")),
		"error States.ItemReaderFailed",
	},
	{
		"a key that is no text",
		each(distributed, "echo", reader(`.$":"$.l"`, "")),
		"error States.ItemReaderFailed",
	},
	{"a key that is not there", each(distributed, "echo", reader(`.$":"$.x"`, "")), "error States.Runtime"},
	{"a large item", each(distributed, "echo", reader(`":"large"`, "")), "error States.DataLimitExceeded"},
	{"no tolerance", each(distributed, "odd", reader(`":"ten"`, "")), exceeded},
	{
		"half may fail",
		each(distributed, "odd", reader(`":"ten"`, "")+`,"ToleratedFailurePercentage":50`),
		`[0,2,4,6,8]`,
	},
	{
		"not quite half may fail",
		each(distributed, "odd", reader(`":"ten"`, "")+`,"ToleratedFailurePercentage":49.9`),
		exceeded,
	},
	{
		"five may fail",
		each(distributed, "odd", reader(`":"ten"`, "")+`,"ToleratedFailureCount":5`),
		`[0,2,4,6,8]`,
	},
	{"four may fail", each(distributed, "odd", reader(`":"ten"`, "")+`,"ToleratedFailureCount":4`), exceeded},
	{
		"either decides",
		each(distributed, "odd", reader(`":"ten"`, "")+`,"ToleratedFailureCount":4,`+
			`"ToleratedFailurePercentage":100`),
		exceeded,
	},
	{
		"all may fail",
		each(distributed, "fail", reader(`":"ten"`, "")+`,"ToleratedFailurePercentage":100`),
		`[]`,
	},
	{"an end in a child is a failed item", last(`"Type":"Map","ItemsPath":"$.l","ToleratedFailureCount":3,
		"ItemProcessor":{` + distributed +
		`"StartAt":"I","States":{"I":{"Type":"Pass","InputPath":"$.x","End":true}}}`), `[]`},
	{
		"a child is an execution", last(`"Type":"Map","ItemsPath":"$.in.l","Label":"lab",
			"ItemProcessor":{` + distributed +
			`"StartAt":"I","States":{"I":{"Type":"Pass","End":true,"Parameters":{"n.$":"$$.Execution.Name",
				"i.$":"$$.Execution.Input"}}}}`),
		`[{"i":"x","n":"day-1/lab/0"}]`,
	},
}

func TestMap(t *testing.T) {
	const input = `{"l":[3,1,2],"none":[],"k":"K","key":"four","in":{"l":["x"]},"mixed":[2,4,3,5,1],
		"nested":[[1,2],[3]]}`
	for _, c := range maps {
		t.Run(c.name, func(t *testing.T) {
			if got := run(t, c.definition, input); got != c.want && !strings.HasPrefix(got, c.want+":") {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestReaderNeedsObjects(t *testing.T) {
	got := run(t, each(distributed, "echo", reader(`":"four"`, "")), "{}",
		func(o *local.Options) { o.Objects = nil })
	if !strings.HasPrefix(got, "error States.ItemReaderFailed") {
		t.Error(got)
	}
}

// gauge counts how many run at a time.
type gauge struct{ now, most atomic.Int64 }

func (g *gauge) enter() {
	n := g.now.Add(1)
	for most := g.most.Load(); n > most && !g.most.CompareAndSwap(most, n); most = g.most.Load() {
	}
}

// task lasts a moment.
func (g *gauge) task(_ context.Context, input json.RawMessage) (json.RawMessage, error) {
	g.enter()
	defer g.now.Add(-1)
	time.Sleep(time.Millisecond)
	return input, nil
}

func TestConcurrencyIsLimited(t *testing.T) {
	cases := []struct {
		mode         string
		machine, all int
		want         int64
	}{
		{"", 3, 8, 3},
		{"", 8, 3, 3},
		{"", 1, 8, 1},
		{"", 0, 6, 6},
		{distributed, 3, 8, 3},
		{distributed, 8, 3, 3},
		{distributed, 0, 5, 5},
	}
	items := "[" + strings.Repeat("1,", 49) + "1]"
	for _, c := range cases {
		var tasks, iterations gauge
		in := local.New(local.Options{
			MaxConcurrency: c.all,
			Tasks:          map[string]flow.Task{"count": tasks.task},
			Observe: func(e local.Event) {
				switch {
				case e.State == "I" && e.Kind == local.Entered:
					iterations.enter()
				case e.State == "I" && e.Kind == local.Exited:
					iterations.now.Add(-1)
				}
			},
		})
		m := parse(t, each(c.mode, "count", fmt.Sprintf(`,"MaxConcurrency":%d`, c.machine)))
		if _, err := in.Run(t.Context(), m, "day-1", []byte(items)); err != nil {
			t.Error(err)
		}
		if got := tasks.most.Load(); got > c.want || c.want > 1 && got < 2 {
			t.Errorf("%+v: %d tasks at a time", c, got)
		}
		if got := iterations.most.Load(); c.machine > 0 && got > int64(c.machine) {
			t.Errorf("%+v: %d iterations at a time", c, got)
		}
	}
}

func TestConcurrencyOverAllExecutions(t *testing.T) {
	var tasks gauge
	in := local.New(local.Options{
		MaxConcurrency: 2,
		Tasks:          map[string]flow.Task{"count": tasks.task},
	})
	m := parse(t, each("", "count", ""))
	var runs sync.WaitGroup
	for i := range 4 {
		runs.Go(func() {
			if _, err := in.Run(t.Context(), m, fmt.Sprint("day-", i), []byte(`[1,2,3,4,5]`)); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	if got := tasks.most.Load(); got != 2 {
		t.Errorf("%d tasks at a time, want 2", got)
	}
}

// TestResultsDoNotDependOnSpeed runs machines whose tasks take random times: outputs stand in the order of
// the items, and the error is that of the first item that fails, though a later one may fail sooner.
func TestResultsDoNotDependOnSpeed(t *testing.T) {
	erratic := map[string]flow.Task{}
	for name, task := range tasks() {
		erratic[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond)
			return task(ctx, input)
		}
	}
	cases := []struct{ definition, input, want string }{
		{each("", "echo", ""), `[5,4,3,2,1,0]`, `[5,4,3,2,1,0]`},
		{each("", "odd", ""), `[2,4,5,6,7,9,1,3]`, `error odd: {"errorMessage":"5","errorType":"odd"}`},
		{each(distributed, "odd", `,"ToleratedFailureCount":3`), `[9,1,2,3,4]`, `[2,4]`},
		{
			each(distributed, "odd", `,"ToleratedFailureCount":2`), `[9,1,2,3,4]`,
			"error States.ExceedToleratedFailureThreshold: more items failed than the Map tolerates",
		},
		{
			last(`"Type":"Parallel","Branches":[
				{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"${echo}","Next":"A2"},
					"A2":{"Type":"Task","Resource":"${fail}","End":true}}},
				{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"${plain}","End":true}}}]`), `1`,
			`error broken: {"errorMessage":"1","errorType":"broken"}`,
		},
	}
	for range 30 {
		for _, c := range cases {
			got := run(t, c.definition, c.input, func(o *local.Options) {
				o.Tasks, o.MaxConcurrency = erratic, 8
			})
			if got != c.want {
				t.Fatalf("%s: got %s, want %s", c.definition, got, c.want)
			}
		}
	}
}

func TestAFailureStopsWhatComesBehind(t *testing.T) {
	var begun atomic.Int64
	got := run(t, each("", "odd", `,"MaxConcurrency":1`), `[2,3,4,5,6]`, func(o *local.Options) {
		odd := o.Tasks["odd"]
		o.Tasks["odd"] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			begun.Add(1)
			return odd(ctx, input)
		}
	})
	if begun.Load() != 2 || !strings.HasPrefix(got, "error odd") {
		t.Errorf("%d items were begun, %s", begun.Load(), got)
	}
}

func TestAFailureCancelsBranchesBehind(t *testing.T) {
	begun := make(chan struct{})
	cancelled := false
	got := run(t, last(`"Type":"Parallel","Branches":[
		{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"${late}","End":true}}},
		{"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":3600,"End":true}}}]`), `1`,
		func(o *local.Options) {
			o.Tasks["late"] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
				<-begun
				return tasks()["fail"](ctx, input)
			}
			o.Sleep = func(ctx context.Context, _ time.Duration) error {
				close(begun)
				select {
				case <-ctx.Done():
					cancelled = true
				case <-time.After(5 * time.Second):
				}
				return ctx.Err()
			}
		})
	if !cancelled || !strings.HasPrefix(got, "error broken") {
		t.Errorf("cancelled %v, %s", cancelled, got)
	}
}

func TestObserverHearsOfEveryState(t *testing.T) {
	var heard []string
	c := newClock()
	definition := `{"StartAt":"S","States":{"S":{"Type":"Map","Label":"lab","MaxConcurrency":1,"Next":"W",
		"ItemProcessor":{` + distributed +
		`"StartAt":"I","States":{"I":{"Type":"Task","Resource":"${told}","Retry":[{"ErrorEquals":["a"],
			"IntervalSeconds":3}],
		"Catch":[{"ErrorEquals":["b"],"Next":"C"}],"End":true},"C":{"Type":"Pass","End":true}}}},
		"W":{"Type":"Wait","Seconds":60,"Next":"F"},"F":{"Type":"Fail","Error":"over"}}}`
	run(t, definition, `[1]`, func(o *local.Options) {
		o.Tasks["told"] = failing("a", "b")
		o.Clock, o.Sleep = c.time, c.sleep
		o.Observe = func(e local.Event) {
			heard = append(heard, fmt.Sprintf("%d %s %s %s %s %d %d %v %v %s",
				e.Kind, e.Execution, e.State, e.Type, e.Map, e.Index, e.Items, e.Duration, e.Err != nil,
				e.Next))
		}
	})
	want := []string{
		"1 day-1 S Map  -1 0 0s false ",
		"2 day-1 S Map  -1 1 0s false ",
		"1 day-1/lab/0 I Task S 0 0 0s false ",
		"3 day-1/lab/0 I Task S 0 0 0s true ",
		"4 day-1/lab/0 I Task S 0 0 3s true C",
		"1 day-1/lab/0 C Pass S 0 0 0s false ",
		"4 day-1/lab/0 C Pass S 0 0 0s false ",
		"4 day-1 S Map  -1 0 3s false W",
		"1 day-1 W Wait  -1 0 0s false ",
		"4 day-1 W Wait  -1 0 1m0s false F",
		"1 day-1 F Fail  -1 0 0s false ",
		"4 day-1 F Fail  -1 0 0s true ",
	}
	if !slices.Equal(heard, want) {
		t.Errorf("heard\n%s\nwant\n%s", strings.Join(heard, "\n"), strings.Join(want, "\n"))
	}
}
