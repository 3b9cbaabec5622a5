// Package flow_test compares interpreters of state machines: ours (shared/flow/local), that of LocalStack and
// that of MiniStack run the same examples, small ones for each part of the language and the real machines of
// infra/flow. They must end with the same output, or with the same error and cause, call the same tasks with
// the same inputs in the same order, and enter the same states.
//
// What an example gives is written down in it, so that the examples test our interpreter without any emulator
// too. The tasks of all interpreters are answered by one script (script_test.go).
//
// Errors that an interpreter itself reports (States.*) have the same name everywhere; what their causes say
// is each interpreter's own, so it is not compared.
package flow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"multipoint/shared/flow"
)

// Names of the interpreters.
const (
	oursName       = "ours"
	localStackName = "LocalStack"
	miniStackName  = "MiniStack"
)

// example is a machine with what it gives.
type example struct {
	name    string
	machine string // with ${name} for a function and ${objects} for the bucket
	input   string // "" = {}
	script  script
	want    string        // the output, or "error NAME CAUSE"
	calls   []string      // "function input" in their order
	perhaps []string      // calls that may be missing: of items that are cancelled when another one fails
	waits   time.Duration // of all Wait and Retry together
	chance  bool          // the waits are drawn by chance (JitterStrategy): elsewhere shorter than ours
	// differs says for an interpreter that it gives something else, and how; then it must.
	differs map[string]string
}

// outcome is what an interpreter made of an example.
type outcome struct {
	result string
	calls  []string
	states []string // in the order in which they were entered
	took   time.Duration
}

func examples() []example {
	return slices.Concat(dataExamples(), resultExamples(), intrinsicExamples(), choiceExamples(),
		endExamples(), retryExamples(), catchExamples(),
		mapExamples(), readerExamples(), dayExamples(), answerExamples())
}

func TestExamplesAreMany(t *testing.T) {
	all := examples()
	seen := map[string]bool{}
	failures := 0
	for _, e := range all {
		if seen[e.name] {
			t.Errorf("two examples are named %q", e.name)
		}
		seen[e.name] = true
		if strings.HasPrefix(e.want, "error ") {
			failures++
		}
	}
	if len(all) < 100 || failures < 40 || len(all)-failures < 40 {
		t.Errorf("%d examples, %d of them fail", len(all), failures)
	}
}

// TestOurs runs all examples on our interpreter, in no time: its clock is that of synctest.
func TestOurs(t *testing.T) {
	for _, e := range examples() {
		t.Run(e.name, func(t *testing.T) {
			machine := e.parse(t)
			got := runOurs(t, &e, machine)
			for _, difference := range e.differences(t, machine, got) {
				t.Error(difference)
			}
			if got.took != e.waits {
				t.Errorf("it waited %v, want %v", got.took, e.waits)
			}
		})
	}
}

// Every task of the product waits for hours until it is let in, and only then its run stops. On our
// interpreter alone: the others have no clock that jumps.
func TestTasksThatAreTurnedAwayArePatient(t *testing.T) {
	var all []example
	for machine, steps := range map[string][]step{"day": daySteps, "answer": answerSteps} {
		for _, s := range steps {
			all = append(all, throttled(machine, steps, s, patient),
				alwaysFailed(machine, steps, s, turnedAway))
		}
		stops := alwaysFailed(machine, steps, steps[0], "Fault")
		stops.name += ", stop turned away"
		stops.script["stop"] = append(slices.Repeat([]string{"fail " + turnedAway}, patient), "null")
		stops.calls = append(stops.calls,
			slices.Repeat([]string{stops.calls[len(stops.calls)-1]}, patient)...)
		stops.waits = patience(patient)
		all = append(all, stops)
	}
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			machine := e.parse(t)
			got := runOurs(t, &e, machine)
			for _, difference := range e.differences(t, machine, got) {
				t.Error(difference)
			}
			if got.took != e.waits {
				t.Errorf("it waited %v, want %v", got.took, e.waits)
			}
		})
	}
}

// parse reads the machine as one machine does, with its placeholders.
func (e *example) parse(t *testing.T) *flow.Machine {
	t.Helper()
	machine, err := flow.Parse([]byte(e.machine))
	if err != nil {
		t.Fatal(err)
	}
	return machine
}

// differences are where an outcome is not what the example says.
func (e *example) differences(t *testing.T, machine *flow.Machine, got outcome) []string {
	t.Helper()
	var found []string
	if result, want := unify(t, got.result), unify(t, e.want); result != want {
		found = append(found, fmt.Sprintf("it ends with\n%s\nwant\n%s", result, want))
	}
	perhaps := make([]string, len(e.perhaps))
	for i := range perhaps {
		perhaps[i] = unify(t, e.perhaps[i])
	}
	groups := groupsOf(machine)
	inOrder := func(calls []string) []string {
		kept := make([]string, 0, len(calls))
		for _, call := range calls {
			if call = unify(t, call); !slices.Contains(perhaps, call) {
				kept = append(kept, call)
			}
		}
		return groups.sorted(kept, func(call string) string {
			function, _, _ := strings.Cut(call, " ")
			return groups.functions[function]
		})
	}
	if calls, want := inOrder(got.calls), inOrder(e.calls); !slices.Equal(calls, want) {
		found = append(found, fmt.Sprintf("it calls\n%s\nwant\n%s", strings.Join(calls, "\n"),
			strings.Join(want, "\n")))
	}
	return found
}

// otherStates compares the states that two interpreters entered. Those of a distributed Map are left out:
// they are in the histories of its child executions, which emulators do not keep. If outer, so are all that
// are within a Parallel or Map.
func otherStates(machine *flow.Machine, got, ours []string, outer bool) []string {
	groups := groupsOf(machine)
	inOrder := func(states []string) []string {
		kept := slices.DeleteFunc(slices.Clone(states), func(s string) bool {
			return groups.children[s] || outer && groups.states[s] != ""
		})
		return groups.sorted(kept, func(s string) string { return groups.states[s] })
	}
	if got, ours := inOrder(got), inOrder(ours); !slices.Equal(got, ours) {
		return []string{fmt.Sprintf("it enters %s, ours %s", got, ours)}
	}
	return nil
}

// groups say what of a machine runs beside each other: the name of the outermost Parallel or Map, "" = none.
type groups struct {
	functions, states map[string]string
	children          map[string]bool // states of distributed Maps
}

func groupsOf(machine *flow.Machine) groups {
	g := groups{map[string]string{}, map[string]string{}, map[string]bool{}}
	g.add(&machine.Graph, "", false)
	return g
}

func (g groups) add(graph *flow.Graph, group string, children bool) {
	for name, state := range graph.States {
		g.states[name], g.children[name] = group, children
		if state.Task != nil {
			g.functions[state.Task.Function] = group
		}
		inner := group
		if inner == "" {
			inner = name
		}
		for _, branch := range state.Branches {
			g.add(branch, inner, children)
		}
		if state.Map != nil {
			g.add(state.Map.Processor, inner, children || state.Map.Distributed)
		}
	}
}

// sorted puts neighbours of one group into an order of their own.
func (g groups) sorted(list []string, groupOf func(string) string) []string {
	list = slices.Clone(list)
	for begin := 0; begin < len(list); {
		end := begin + 1
		for group := groupOf(list[begin]); group != "" && end < len(list) && groupOf(list[end]) == group; {
			end++
		}
		slices.Sort(list[begin:end])
		begin = end
	}
	return list
}

// unify writes "JSON", "word JSON" or "error NAME CAUSE" in one way: names of objects in order, no spaces, in
// causes that are JSON too; the causes of States.* are left out.
func unify(t *testing.T, text string) string {
	t.Helper()
	if failed, ok := strings.CutPrefix(text, "error "); ok {
		name, cause, _ := strings.Cut(failed, " ")
		return strings.TrimSpace("error " + name + " " + unifyCause(name, cause))
	}
	word := ""
	if text != "" && !strings.ContainsAny(text[:1], `{["0123456789-`) {
		if first, rest, called := strings.Cut(text, " "); called {
			word, text = first+" ", rest
		}
	}
	value, err := flow.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	encoded, err := flow.Encode(unifyCauses(value))
	if err != nil {
		t.Fatal(err)
	}
	return word + string(encoded)
}

// unifyCause is what is compared of a cause.
func unifyCause(name, cause string) string {
	if strings.HasPrefix(name, "States.") {
		return ""
	}
	value, err := flow.Decode([]byte(cause))
	if err != nil {
		return cause
	}
	encoded, err := flow.Encode(value)
	if err != nil {
		return cause
	}
	return string(encoded)
}

// unifyCauses does it for what Catch wrote into data.
func unifyCauses(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			v[name] = unifyCauses(v[name])
		}
		name, failed := v["Error"].(string)
		if cause, told := v["Cause"].(string); failed && told {
			v["Cause"] = unifyCause(name, cause)
		}
	case []any:
		for i := range v {
			v[i] = unifyCauses(v[i])
		}
	}
	return value
}

// failed is how an outcome tells an error.
func failed(name, cause string) string { return strings.TrimSpace("error " + name + " " + cause) }

// told is the cause of an error that a task gave.
func told(name, message string) string {
	return fmt.Sprintf(`{"errorMessage":%s,"errorType":%s}`, quoted(message), quoted(name))
}

func quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		return err.Error() // a text can always be written
	}
	return string(encoded)
}
