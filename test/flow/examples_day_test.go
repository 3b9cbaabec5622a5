package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	definitions "multipoint/infra/flow"
)

// step is a state of a real machine that works: a task, or a Map of a task.
type step struct {
	function string
	items    []string // of a Map, nil = a task
}

func one(function string) step { return step{function: function} }

func many(function string, items ...string) step { return step{function, items} }

// Steps of the machines, as a person reads them there; objects has the same items.
var (
	daySteps = []step{
		one("plan"), many("convert", `{"task":0}`, `{"task":1}`, `{"task":2}`), one("check"),
		many("rate", `{"task":10}`, `{"task":11}`), one("allocate"),
		many("grant", `{"task":10}`, `{"task":11}`), many("files", `{"task":20}`),
		one("settle"), one("post"), one("deliver"), one("mail"), one("close"),
	}
	answerSteps = []step{one("answer"), one("post"), one("mail"), one("close")}
)

const (
	runInput = `{"attempt":1,"run":7}`
	planned  = `{"convert":"convert","files":"files","groups":"groups"}`
)

// Times of Retry in the real machines: 2 seconds, then twice as long each time, four times.
const (
	onceAgain = 2 * time.Second
	inVain    = 30 * time.Second
	attempts  = 5
)

// turnedAway is the error of a function that runs as often as it may already. It is tried again patient
// times, which are hours, and those do not count for other errors.
const (
	turnedAway = "Lambda.TooManyRequestsException"
	patient    = 500
)

// patience is how long n calls that are turned away wait on one machine: 2 seconds, then half as long again
// each time up to a minute. Step Functions draws each wait between nothing and that.
func patience(n int) (all time.Duration) {
	delay := 2 * time.Second
	for range n {
		all += delay
		delay = min(delay*3/2, time.Minute)
	}
	return all
}

// product is the text of a machine of the product.
func product(name string) string {
	text, err := definitions.Files.ReadFile(name + ".asl.json")
	if err != nil {
		return err.Error() // no example works then
	}
	return string(text)
}

// course is how a run of a real machine goes on, written down without an interpreter: what is called, and the
// data of the run.
type course struct {
	steps []step
	data  string
	calls []string
}

func newCourse(steps []step) *course { return &course{steps: steps, data: runInput} }

// pass goes through the steps before one, or through all if there is none of that name.
func (c *course) pass(before string) *course {
	for _, s := range c.steps {
		if s.function == before {
			break
		}
		c.call(s, 1)
		if s.function == "plan" {
			c.data = strings.TrimSuffix(c.data, "}") + `,"plan":` + planned + `}`
		}
	}
	return c
}

// call notes n calls of a step; of a Map the first item is called so often and the others once.
func (c *course) call(s step, n int) {
	inputs := s.items
	if inputs == nil {
		inputs = []string{c.data}
	}
	c.calls = append(c.calls, slices.Repeat([]string{s.function + " " + inputs[0]}, n)...)
	for _, input := range inputs[1:] {
		c.calls = append(c.calls, s.function+" "+input)
	}
}

// stop notes n calls of stop after an error.
func (c *course) stop(name, cause string, n int) {
	c.calls = append(c.calls, slices.Repeat([]string{fmt.Sprintf(`stop %s,"error":{"Error":%s,"Cause":%s}}`,
		strings.TrimSuffix(c.data, "}"), quoted(name), quoted(cause))}, n)...)
}

// onceFailed is a run in which one call of a step fails and is tried again.
func onceFailed(machine string, steps []step, failing step, name string) example {
	c := newCourse(steps).pass(failing.function)
	again := newCourse(steps).pass("")
	c.call(failing, 2)
	c.calls = append(c.calls, again.calls[len(c.calls)-1:]...)
	return example{
		name:    machine + ": " + failing.function + " once " + name,
		machine: product(machine), input: runInput,
		script: played(failing, "fail "+name, ""), calls: c.calls, want: again.data, waits: onceAgain,
	}
}

// alwaysFailed is a run in which a step fails for good.
func alwaysFailed(machine string, steps []step, failing step, name string) example {
	c := newCourse(steps).pass(failing.function)
	e := example{
		name:    machine + ": " + failing.function + " always " + name,
		machine: product(machine), input: runInput,
		script: played(failing, "fail "+name),
	}
	n := 1
	switch name {
	case turnedAway:
		n, e.waits = patient+1, patience(patient)
	case "Fault":
	default:
		n, e.waits = attempts, inVain
	}
	c.call(failing, n)
	cause := told(name, "told")
	e.want = failed(name, cause)
	if failing.items != nil {
		name, cause = "States.ExceedToleratedFailureThreshold", ""
		e.want = failed(name, "")
		e.differs = map[string]string{localStackName: tolerant}
		for _, item := range failing.items[1:] {
			e.perhaps = append(e.perhaps, failing.function+" "+item)
		}
	}
	c.stop(name, cause, 1)
	e.calls = c.calls
	return e
}

// throttled is a run in which a step is turned away n times and fails four times besides.
func throttled(machine string, steps []step, failing step, n int) example {
	replies := append(slices.Repeat([]string{"fail " + turnedAway}, n),
		slices.Repeat([]string{"fail Transient"}, attempts-1)...)
	c := newCourse(steps).pass(failing.function)
	again := newCourse(steps).pass("")
	after := len(c.calls)
	c.call(failing, n+attempts)
	c.calls = append(c.calls, again.calls[after+max(1, len(failing.items)):]...)
	return example{
		name:    fmt.Sprintf("%s: %s turned away %d times", machine, failing.function, n),
		machine: product(machine), input: runInput, script: played(failing, append(replies, "")...),
		calls: c.calls, want: again.data, waits: patience(n) + inVain,
	}
}

// played is the script of the real machines in which a step, of a Map its first item, answers so; "" is what
// it answers when all is well.
func played(s step, replies ...string) script {
	key, well := s.function, "null"
	if s.function == "plan" {
		well = planned
	}
	if s.items != nil {
		key += " " + s.items[0]
	}
	for i := range replies {
		if replies[i] == "" {
			replies[i] = well
		}
	}
	all := script{"plan": {planned}}
	all[key] = replies
	return all
}

// stopFailed are runs in which a step fails and stop too.
func stopFailed(machine string, steps []step) []example {
	failing := steps[len(steps)-2]
	run := func(name, want string, calls int, waits time.Duration, replies ...string) example {
		c := newCourse(steps).pass(failing.function)
		c.call(failing, 1)
		c.stop("Fault", told("Fault", "told"), calls)
		script := played(failing, "fail Fault")
		script["stop"] = replies
		return example{
			name: machine + ": stop " + name, machine: product(machine), input: runInput, script: script,
			calls: c.calls, waits: waits, want: want,
		}
	}
	return []example{
		run("is tried again", failed("Fault", told("Fault", "told")), 2, onceAgain, "fail Transient", "null"),
		run("fails", failed("Fault", told("Fault", "told")), 1, 0, "fail Fault"),
		run("is tried in vain", failed("Transient", told("Transient", "told")), attempts, inVain,
			"fail Transient"),
	}
}

// machineExamples are the runs of a machine: all is well, and each step fails.
func machineExamples(machine string, steps []step) []example {
	well := newCourse(steps).pass("")
	all := []example{{
		name: machine + ": all is well", machine: product(machine), input: runInput, calls: well.calls,
		want: well.data, script: script{"plan": {planned}},
	}}
	for _, s := range steps {
		all = append(all, onceFailed(machine, steps, s, "Transient"),
			alwaysFailed(machine, steps, s, "Transient"), alwaysFailed(machine, steps, s, "Fault"))
	}
	all = append(all, throttled(machine, steps, steps[0], attempts+1),
		throttled(machine, steps, steps[1], attempts+1))
	for i, name := range crashes {
		all = append(all, onceFailed(machine, steps, steps[i%len(steps)], name))
	}
	return append(all, stopFailed(machine, steps)...)
}

// crashes are the errors that a function cannot name itself: it was killed, or Lambda could not run it.
var crashes = []string{
	"Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", turnedAway,
	"Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException",
	"Lambda.SdkClientException", "Runtime.Unknown",
}

func dayExamples() []example {
	all := machineExamples("day", daySteps)
	c := newCourse(daySteps)
	c.call(daySteps[0], 1)
	c.data = strings.TrimSuffix(c.data, "}") + `,"plan":{"convert":"nope"}}`
	c.stop("States.ItemReaderFailed", "", 1)
	return append(all, example{
		name: "day: the items are not there", machine: product("day"), input: runInput, calls: c.calls,
		script: script{"plan": {`{"convert":"nope"}`}}, want: `error States.ItemReaderFailed`,
		differs: map[string]string{localStackName: unread},
	})
}

func answerExamples() []example { return machineExamples("answer", answerSteps) }
