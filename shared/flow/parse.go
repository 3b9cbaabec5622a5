package flow

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Parse reads a definition. Error: *DefinitionError with the first thing that it does not know or that cannot
// be run: a type of state, a field, a function, a form of a path, a target that is not there, a state that
// nothing leads to.
func Parse(data []byte) (*Machine, error) {
	o, err := readDefinition(data)
	if err != nil {
		return nil, &DefinitionError{What: err.Error()}
	}
	p := &parser{states: map[string]bool{}, labels: map[string]bool{}, functions: map[string]bool{}}
	f := p.fields("", "", o)
	f.text("Comment")
	if f.given("Version") {
		f.needText("Version", "1.0")
	}
	if f.given("QueryLanguage") {
		f.needText("QueryLanguage", "JSONPath")
	}
	m := &Machine{Timeout: time.Duration(f.number("TimeoutSeconds", 1, MaxSeconds, 0)) * time.Second}
	m.Graph = *f.graph()
	f.done()
	if p.err != nil {
		return nil, p.err
	}
	m.Functions = slices.Sorted(maps.Keys(p.functions))
	return m, nil
}

// graph reads StartAt and States and checks how the states hang together.
func (f *fields) graph() *Graph {
	g := &Graph{StartAt: f.needText("StartAt"), States: map[string]*State{}}
	f.need("States")
	states := f.inner("States")
	if states == nil {
		return g
	}
	for _, name := range states.object.names {
		if name == "" || utf8.RuneCountInString(name) > MaxName {
			f.refuse("States", "%q: a name has 1 to %d characters", name, MaxName)
		}
		if f.p.states[name] {
			f.refuse("States", "%q: a name is used twice in the machine", name)
		}
		f.p.states[name] = true
		if o, ok := states.object.values[name].(*object); ok {
			g.States[name] = f.p.fields(name, "", o).readState()
		} else {
			f.refuse("States", "%q must be an object", name)
		}
	}
	if f.p.err == nil {
		f.connected(g, states.object.names)
	}
	return g
}

// connected checks that all targets are there, all states can be reached and one of them is the last.
func (f *fields) connected(g *Graph, names []string) {
	if g.States[g.StartAt] == nil {
		f.refuse("StartAt", "there is no state %q", g.StartAt)
		return
	}
	reached := map[string]bool{g.StartAt: true}
	ends := false
	for open := []string{g.StartAt}; len(open) > 0; open = open[1:] {
		s := g.States[open[0]]
		ends = ends || s.Next == "" && s.Kind != KindChoice
		for _, target := range s.targets() {
			if g.States[target.name] == nil {
				at := f.p.fields(s.Name, "", nil)
				at.refuse(target.field, "there is no state %q beside it", target.name)
				return
			}
			if !reached[target.name] {
				reached[target.name] = true
				open = append(open, target.name)
			}
		}
	}
	for _, name := range names {
		if !reached[name] {
			f.p.fields(name, "", nil).refuse("", "nothing leads to it")
		}
	}
	if !ends {
		f.refuse("States", "none of them is the last: End, Succeed or Fail")
	}
}

type target struct{ field, name string }

// targets are the states that may follow.
func (s *State) targets() []target {
	var all []target
	if s.Next != "" {
		all = append(all, target{"Next", s.Next})
	}
	for i := range s.Catch {
		all = append(all, target{"Catch", s.Catch[i].Next})
	}
	if s.Choice != nil {
		for i := range s.Choice.rules {
			all = append(all, target{"Choices", s.Choice.rules[i].next})
		}
		if s.Choice.otherwise != "" {
			all = append(all, target{"Default", s.Choice.otherwise})
		}
	}
	return all
}

// readState reads one state. What its kind does not have is not taken, so it is refused.
func (f *fields) readState() *State {
	s := &State{Name: f.state, Kind: Kind(f.needText("Type", "Task", "Pass", "Choice", "Wait", "Succeed",
		"Fail", "Parallel", "Map"))}
	f.text("Comment")
	if f.given("QueryLanguage") {
		f.needText("QueryLanguage", "JSONPath")
	}
	if s.Kind != KindFail {
		s.inputPath, s.outputPath = f.selection("InputPath"), f.selection("OutputPath")
	}
	if s.Kind != KindFail && s.Kind != KindSucceed && s.Kind != KindChoice {
		f.readNext(s)
	}
	switch s.Kind {
	case KindTask, KindParallel, KindMap:
		s.resultSelector = f.template("ResultSelector")
		s.Retry, s.Catch = f.retriers(), f.catchers()
		fallthrough
	case KindPass:
		s.resultPath = f.resultPath()
	}
	f.readKind(s)
	f.done()
	return s
}

// readKind reads the fields of the state's own kind.
func (f *fields) readKind(s *State) {
	switch s.Kind {
	case KindTask:
		f.readTask(s)
	case KindPass:
		s.parameters = f.template("Parameters")
		result, given := f.take("Result")
		f.noPlaceholder("Result", result)
		s.result, s.fixed = plain(result), given
	case KindChoice:
		s.Choice = f.readChoice()
	case KindWait:
		s.Wait = f.readWait()
	case KindFail:
		s.Fail = &FailFields{f.failText("Error", "ErrorPath"), f.failText("Cause", "CausePath")}
	case KindParallel:
		s.parameters = f.template("Parameters")
		for _, branch := range f.objects("Branches") {
			branch.text("Comment")
			s.Branches = append(s.Branches, branch.graph())
			branch.done()
		}
		f.need("Branches")
	case KindMap:
		s.Map = f.readMap()
	}
}

func (f *fields) readNext(s *State) {
	s.Next = f.text("Next")
	end, given := f.take("End")
	isTrue, _ := end.(bool)
	switch {
	case given && !isTrue:
		f.refuse("End", "must be true or left out")
	case given == f.given("Next"):
		f.refuse("Next", "must be there or End, and not both")
	}
}

func (f *fields) selection(name string) selection {
	if value, given := f.take(name); given && value == nil {
		return selection{none: true}
	}
	return selection{path: f.path(name)}
}

func (f *fields) resultPath() resultPath {
	value, given := f.take("ResultPath")
	if given && value == nil {
		return resultPath{discard: true}
	}
	if !given {
		return resultPath{path: Path{text: "$"}}
	}
	p := f.path("ResultPath")
	if p.context {
		f.refuse("ResultPath", "cannot write into the context object")
	}
	return resultPath{path: *p}
}

// retriers reads Retry.
func (f *fields) retriers() []Retrier {
	var all []Retrier
	list := f.objects("Retry")
	for i, r := range list {
		r.text("Comment")
		retrier := Retrier{
			errors:      r.errorEquals(i == len(list)-1),
			interval:    time.Duration(r.number("IntervalSeconds", 1, MaxSeconds, 1)) * time.Second,
			MaxAttempts: r.number("MaxAttempts", 0, maxAttempts, 3),
			backoff:     r.fraction("BackoffRate", 1, maxBackoff, 2),
		}
		least := int64(retrier.interval/time.Second) + 1
		longest := r.number("MaxDelaySeconds", least, MaxDelay-1, MaxSeconds)
		retrier.maxDelay = time.Duration(longest) * time.Second
		if r.given("JitterStrategy") {
			r.needText("JitterStrategy", "NONE", "FULL")
		}
		r.done()
		all = append(all, retrier)
	}
	return all
}

// catchers reads Catch.
func (f *fields) catchers() []Catcher {
	var all []Catcher
	list := f.objects("Catch")
	for i, c := range list {
		c.text("Comment")
		all = append(all, Catcher{c.errorEquals(i == len(list)-1), c.needText("Next"), c.resultPath()})
		c.done()
	}
	return all
}

// errorEquals reads the names of errors.
func (f *fields) errorEquals(last bool) []string {
	list := f.list("ErrorEquals")
	if !f.given("ErrorEquals") || len(list) > maxErrorNames {
		f.refuse("ErrorEquals", "must name 1 to %d errors", maxErrorNames)
	}
	names := make([]string, len(list))
	for i, value := range list {
		names[i], _ = value.(string)
		f.noPlaceholder("ErrorEquals", value)
		f.checkErrorName(names[i], last && len(list) == 1)
	}
	return names
}

// checkErrorName refuses names that are no names and those that would never match.
func (f *fields) checkErrorName(name string, alone bool) {
	const field = "ErrorEquals"
	switch name {
	case "":
		f.refuse(field, "must hold texts that are not empty")
	case ErrorAll:
		if !alone {
			f.refuse(field, "%s must stand alone and in the last place", name)
		}
	case ErrorRuntime, "States.ParameterPathFailure", "States.IntrinsicFailure", "States.NoChoiceMatched",
		"States.BranchFailed":
		f.refuse(field, "%s never matches: missing paths, functions that fail and choices without a match "+
			"end the execution with %s, branches fail by their own error", name, ErrorRuntime)
	case ErrorTaskFailed, ErrorTimeout, ErrorDataLimit, ErrorResultPath, ErrorItemReader,
		ErrorToleranceExceeded, "States.HeartbeatTimeout", "States.Permissions":
	default:
		if strings.HasPrefix(name, "States.") {
			f.refuse(field, "%s is not known", name)
		}
	}
}
