package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Scope is what paths look into: the data of the state ($) and the context object ($$).
type Scope struct {
	Data    any
	Context any
}

// Path is a reference path: $ or $$ and steps by name or index. Other forms of JSONPath are refused.
type Path struct {
	context bool
	steps   []step
	text    string
}

// step goes to the field of that name, or to the element index if name is empty.
type step struct {
	name  string
	index int
}

// String gives the path as it is written.
func (p Path) String() string { return p.text }

// Get looks the path up; false if there is nothing, null is something.
func (p Path) Get(s Scope) (any, bool) {
	value := s.Data
	if p.context {
		value = s.Context
	}
	for _, next := range p.steps {
		var found bool
		if value, found = next.get(value); !found {
			return nil, false
		}
	}
	return value, true
}

func (s step) get(value any) (any, bool) {
	if s.name != "" {
		object, _ := value.(map[string]any)
		value, found := object[s.name]
		return value, found
	}
	list, _ := value.([]any)
	if s.index >= len(list) {
		return nil, false
	}
	return list[s.index], true
}

func (p Path) eval(s Scope) (any, error) {
	value, found := p.Get(s)
	if !found {
		return nil, failure(ErrorRuntime, "the path %s is not in the data", p)
	}
	return value, nil
}

// set gives a copy of data in which value stands at the path; data itself stays as it is. Objects that are
// missing are made. Error: ResultPathMatchFailure where the data is no object or has no such element.
func (p Path) set(data, value any) (any, error) { return set(data, p.steps, value, p) }

func set(data any, steps []step, value any, whole Path) (any, error) {
	if len(steps) == 0 {
		return value, nil
	}
	next := steps[0]
	inner, found := next.get(data)
	switch container := data.(type) {
	case map[string]any:
		if next.name == "" {
			break
		}
		if !found {
			inner = map[string]any{}
		}
		inner, err := set(inner, steps[1:], value, whole)
		if err != nil {
			return nil, err
		}
		copied := make(map[string]any, len(container)+1)
		for name, field := range container {
			copied[name] = field
		}
		copied[next.name] = inner
		return copied, nil
	case []any:
		if next.name != "" || !found {
			break
		}
		inner, err := set(inner, steps[1:], value, whole)
		if err != nil {
			return nil, err
		}
		copied := slices.Clone(container)
		copied[next.index] = inner
		return copied, nil
	}
	return nil, failure(ErrorResultPath, "ResultPath %s does not fit the state's input", whole)
}

// parsePath reads a whole text as a path. inMap says whether $$.Map is there.
func parsePath(text string, inMap bool) (Path, error) {
	p, rest, err := scanPath(text)
	if err == nil && rest != "" {
		err = fmt.Errorf("the path %s goes on with %s: only $, .name, ['name'] and [0] are known", p, rest)
	}
	if err == nil {
		err = p.checkContext(inMap)
	}
	return p, err
}

// scanPath reads the path that text begins with and gives the rest.
func scanPath(text string) (Path, string, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return Path{}, text, errors.New("a path begins with $")
	}
	var p Path
	rest, p.context = strings.CutPrefix(rest, "$")
	for {
		next, after, err := scanStep(rest)
		if err != nil {
			return Path{}, text, err
		}
		if after == rest {
			p.text = text[:len(text)-len(rest)]
			return p, rest, nil
		}
		p.steps = append(p.steps, next)
		rest = after
	}
}

// scanStep reads .name, ['name'] or [0]. What is none of these is left where it is.
func scanStep(text string) (step, string, error) {
	switch {
	case strings.HasPrefix(text, "."):
		length := 1
		for length < len(text) && nameByte(text[length], length == 1) {
			length++
		}
		if length == 1 {
			return step{}, text, errors.New("a path has no name behind a dot: only $.name is known")
		}
		return step{name: text[1:length]}, text[length:], nil
	case strings.HasPrefix(text, "['"):
		name, after, closed := strings.Cut(text[2:], "']")
		if !closed || name == "" || strings.ContainsFunc(name, unquotable) {
			return step{}, text, errors.New("a path has a bracket that is not ['name']")
		}
		return step{name: name}, after, nil
	case strings.HasPrefix(text, "["):
		digits, after, closed := strings.Cut(text[1:], "]")
		index, err := strconv.ParseUint(digits, 10, 31)
		if !closed || err != nil || strconv.FormatUint(index, 10) != digits {
			return step{}, text, errors.New("a path has a bracket that is neither [0] nor ['name']")
		}
		return step{index: int(index)}, after, nil
	}
	return step{}, text, nil
}

func nameByte(c byte, first bool) bool {
	letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
	return letter || !first && (c >= '0' && c <= '9' || c == '-')
}

func unquotable(r rune) bool { return r < ' ' || r == '\'' || r == '\\' || r == '"' }

// checkContext refuses parts of the context object that are not the same on one machine.
func (p Path) checkContext(inMap bool) error {
	if !p.context {
		return nil
	}
	var names []string
	for _, s := range p.steps {
		names = append(names, s.name)
	}
	known := []string{
		"Execution.Id", "Execution.Name", "Execution.StartTime", "State.Name", "State.EnteredTime",
	}
	joined := strings.Join(names, ".")
	switch {
	case slices.Contains(known, joined), strings.HasPrefix(joined+".", "Execution.Input."):
		return nil
	case joined == "Map.Item.Index", strings.HasPrefix(joined+".", "Map.Item.Value."):
		if inMap {
			return nil
		}
		return fmt.Errorf("%s is only there within a Map (not in the states of a distributed one)", p)
	}
	return fmt.Errorf("%s is not a known part of the context object", p)
}

// whole reads a JSON number without fraction and exponent.
func whole(value any) (int64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	return n, err == nil
}
