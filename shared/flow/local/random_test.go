package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"multipoint/shared/flow"
	"multipoint/shared/flow/local"
)

// FuzzRandomMachines: whatever a small machine does, it ends within its steps, and what it ends with does not
// depend on how many tasks run at a time.
func FuzzRandomMachines(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		d := drawer{r: rand.New(rand.NewPCG(seed, 1))}
		definition, err := json.Marshal(d.graph(2))
		if err != nil {
			t.Fatal(err)
		}
		m, err := flow.Parse(definition)
		var refused *flow.DefinitionError
		if errors.As(err, &refused) {
			return // nothing leads to a state, or none is the last
		}
		if err != nil {
			t.Fatal(err)
		}
		one, ended := outcome(t, m, 1)
		many, endedToo := outcome(t, m, 8)
		if one != many && !ended && !endedToo {
			t.Errorf("seed %d: %s\nalone  %s\nbeside %s", seed, definition, one, many)
		}
	})
}

// outcome runs a machine and says how it ended, and whether its steps were used up somewhere.
func outcome(t *testing.T, m *flow.Machine, concurrency int) (how string, exhausted bool) {
	c := newClock()
	known := tasks()
	known["fail"] = func(context.Context, json.RawMessage) (json.RawMessage, error) {
		return nil, &flow.Error{Name: "broken"}
	}
	in := local.New(local.Options{
		Tasks: known, Objects: objects, Sleep: c.sleep, Clock: newClock().time,
		MaxConcurrency: concurrency, MaxSteps: 100,
		Observe: func(e local.Event) {
			exhausted = exhausted || e.Err != nil && strings.Contains(e.Err.Error(), "100 steps")
		},
	})
	output, err := in.Run(t.Context(), m, "day-1", []byte(`{"a":1,"l":[1,2,3]}`))
	var failed *flow.Error
	if err != nil && !errors.As(err, &failed) {
		t.Errorf("ended with %v", err)
	}
	return fmt.Sprintf("%s %v", output, err), exhausted
}

// drawer makes up machines.
type drawer struct {
	r     *rand.Rand
	count int
}

func (d *drawer) one(of ...string) string { return of[d.r.IntN(len(of))] }

func (d *drawer) graph(depth int) map[string]any {
	names := make([]string, 1+d.r.IntN(4))
	for i := range names {
		d.count++
		names[i] = fmt.Sprint("s", d.count)
	}
	states := map[string]any{}
	for i, name := range names {
		states[name] = d.state(depth, names, min(i+1, len(names)-1), i == len(names)-1)
	}
	return map[string]any{"StartAt": names[0], "States": states}
}

// state makes up a state that mostly leads to the next one and sometimes back.
func (d *drawer) state(depth int, names []string, next int, last bool) map[string]any {
	s := map[string]any{}
	if last {
		s["End"] = true
	} else {
		s["Next"] = names[next]
	}
	kinds := []string{"Pass", "Task", "Task", "Wait", "Choice"}
	if depth > 0 {
		kinds = append(kinds, "Map", "Parallel")
	}
	kind := d.one(kinds...)
	s["Type"] = kind
	switch kind {
	case "Task":
		s["Resource"] = "${" + d.one("echo", "fail", "none", "plain", "odd") + "}"
		d.work(s, names)
	case "Wait":
		s["Seconds"] = d.r.IntN(100)
	case "Pass":
		s["Parameters"] = map[string]any{"a.$": d.one("$", "$.a", "$$.State.Name", "States.Array($, $.a)")}
		if d.r.IntN(2) == 0 {
			s["ResultPath"] = d.one("$.l", "$.x.y", "$.a")
		}
	case "Choice":
		delete(s, "End")
		delete(s, "Next")
		rule := map[string]any{"Variable": d.one("$.a", "$.x"), d.one("IsPresent", "IsNumeric"): true}
		rule["Next"] = names[d.r.IntN(len(names))]
		s["Choices"], s["Default"] = []any{rule}, names[next]
	case "Parallel":
		s["Branches"] = []any{d.graph(depth - 1), d.graph(depth - 1)}
		d.work(s, names)
	case "Map":
		processor := d.graph(depth - 1)
		if d.r.IntN(2) == 0 {
			processor["ProcessorConfig"] = map[string]any{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
			s["ToleratedFailurePercentage"] = d.r.IntN(101)
		}
		s["ItemProcessor"], s["MaxConcurrency"] = processor, d.r.IntN(4)
		s["ItemsPath"] = d.one("$.l", "$.l", "$$.Execution.Input.l")
		d.work(s, names)
	}
	return s
}

// work makes up what states with a result have.
func (d *drawer) work(s map[string]any, names []string) {
	if d.r.IntN(3) == 0 {
		s["Retry"] = []any{map[string]any{
			"ErrorEquals": []string{d.one("broken", "States.ALL")}, "MaxAttempts": d.r.IntN(3),
		}}
	}
	if d.r.IntN(2) == 0 {
		catcher := map[string]any{"ErrorEquals": []string{"States.ALL"}, "Next": names[d.r.IntN(len(names))]}
		s["Catch"] = []any{catcher}
		if d.r.IntN(2) == 0 {
			catcher["ResultPath"] = "$.e"
		}
	}
	switch d.r.IntN(4) {
	case 0:
		s["ResultPath"] = d.one("$.a", "$.e", "$.l[0]")
	case 1:
		s["ResultPath"] = nil
	case 2:
		s["OutputPath"] = d.one("$", "$.a")
	}
}
