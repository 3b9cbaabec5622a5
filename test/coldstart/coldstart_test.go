package coldstart

import (
	"context"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	lambdaevents "github.com/aws/aws-lambda-go/events"

	"multipoint/shared/day"
	"multipoint/shared/flow"
	"multipoint/shared/standalone"
)

var write = flag.Bool("write", false, "ten rounds, the limit counts, and docs/coldstart.md is written")

// maxStart is what a function may take longer than hello to its first answer, without the time that services
// took, in milliseconds.
const maxStart = 30.0

// fullRounds are the rounds whose median counts; without -write two show that it works.
const fullRounds = 10

// figures are a function's rounds, in milliseconds.
type figures struct {
	hello, took []float64 // to the first answer
	waited      []float64 // of took while a service answered
	own         []float64 // took, without what it waited and hello took
	cpu         []float64 // computed by its process, without what hello's computed
	requests    int       // to services, in the last round
}

// measure is one run of this test.
type measure struct {
	services *services
	emulator string // of the runtime
	folder   string // of the functions
	round    int
	found    map[string]*figures
}

// Every function starts within the limit, and its zip file is no larger than is allowed. In each round a
// retailer's day runs in an empty cloud, every function of it is begun once, with the event that it gets on
// that day, and hello beside it.
func TestFunctionsStartCold(t *testing.T) {
	m := &measure{services: startServices(t), found: map[string]*figures{}}
	m.emulator = runtimeEmulator(t)
	m.folder = built(t, "amd64")
	amd := sizes(t, m.folder)
	arm := sizes(t, built(t, "arm64"))
	rounds := 2
	if *write {
		rounds = fullRounds
	}
	for m.round = range rounds {
		m.aDay(t)
	}
	if got := slices.Sorted(maps.Keys(m.found)); !slices.Equal(got, functions(t)) {
		t.Fatalf("measured %v, but the functions are %v", got, functions(t))
	}
	text := page(m.found, rounds, amd, arm)
	t.Log("\n" + text)
	if !*write {
		return
	}
	if err := os.WriteFile(filepath.Join(root, "docs", "coldstart.md"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range slowOnes(m.found) {
		t.Errorf("%s takes %.1f ms longer than a function that does nothing, at most %.0f are allowed",
			name, median(m.found[name].own), maxStart)
	}
}

// begin begins a function, and hello before or after it, by turns, and notes what they took.
func (m *measure) begin(t *testing.T, p *place, name, event string) (answer string) {
	t.Helper()
	f := m.found[name]
	if f == nil {
		f = &figures{}
		m.found[name] = f
	}
	var of [2]started // hello, the function
	var waited time.Duration
	for i := range of {
		which := (i + m.round) % len(of)
		program := [2]string{hello, name}[which]
		m.services.waiting.taken() // what this process asked
		bootstrap := filepath.Join(m.folder, program, "bootstrap")
		of[which] = coldly(t, m.emulator, bootstrap, p.env, event)
		sum, requests := m.services.waiting.taken()
		if which == 1 {
			waited, f.requests = sum, requests
		}
	}
	f.hello, f.took = append(f.hello, ms(of[0].took)), append(f.took, ms(of[1].took))
	f.waited = append(f.waited, ms(waited))
	f.own = append(f.own, ms(of[1].took-waited-of[0].took))
	f.cpu = append(f.cpu, ms(of[1].cpu-of[0].cpu))
	return of[1].answer
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// aDay runs a day and begins every function once.
func (m *measure) aDay(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	p := m.services.emptyPlace(t, m.round)
	arrived := p.upload(t)
	m.batch(t, p, "intake", arrived[0])
	for _, e := range arrived[1:] {
		if answer, err := p.program.Intake(ctx, e); err != nil || len(answer.BatchItemFailures) > 0 {
			t.Fatal(answer, err)
		}
	}
	m.batch(t, p, "open", message(t, map[string]string{"retailer": retailer, "date": runDate().String()}))
	run, err := p.service.DayRun(ctx, runDate())
	if err != nil || run == nil {
		t.Fatalf("the day was not opened: %v, %v", run, err)
	}
	m.drive(t, p, run)
	m.begin(t, p, "watch", `{}`)
	m.batch(t, p, "feedback", p.news(t, run.Run))
	m.drive(t, p, p.answer(ctx, t, "00"))
	stopped := p.answer(ctx, t, "01")
	m.begin(t, p, "stop", asJSON(t, map[string]any{
		"retailer": retailer, "run": stopped.Run, "attempt": stopped.Attempt,
		"error": map[string]string{"Cause": "the operator"},
	}))
	if stopped, err = p.service.Run(ctx, stopped.Run); err != nil || stopped.State != day.Stopped {
		t.Fatalf("the run is %+v, %v", stopped, err)
	}
	answer := m.begin(t, p, "screens", `{"version":"2.0","rawPath":"/health","headers":{`+
		`"x-multipoint-origin":"`+origin+`"},"requestContext":{"http":{"method":"GET","path":"/health"}}}`)
	if !strings.Contains(answer, `"statusCode":200`) {
		t.Fatalf("the screens answer %s", answer)
	}
}

// batch begins a function of a queue; no message may fail.
func (m *measure) batch(t *testing.T, p *place, name string, e lambdaevents.SQSEvent) {
	t.Helper()
	if answer := m.begin(t, p, name, asJSON(t, e)); answer != `{"batchItemFailures":[]}` {
		t.Fatalf("%s answers %s", name, answer)
	}
}

// drive runs a run to its end. A step that was not begun in this round is begun when it is first called;
// all others are those of this process.
func (m *measure) drive(t *testing.T, p *place, run *day.Run) {
	t.Helper()
	tasks := map[string]flow.Task{}
	for name := range p.service.Tasks() {
		step := p.program.Step(name)
		tasks[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			if f := m.found[name]; f != nil && len(f.took) > m.round {
				return step(ctx, input)
			}
			return json.RawMessage(m.begin(t, p, name, string(input))), nil
		}
	}
	runner, err := standalone.NewRunner(p.service, standalone.RunnerOptions{Tasks: tasks, Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := runner.Drive(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	run, err = p.service.Run(t.Context(), run.Run)
	if err != nil || run.State != day.Closed {
		t.Fatalf("the run is %+v, %v", run, err)
	}
}
