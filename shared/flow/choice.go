package flow

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// ChoiceFields are those of a Choice.
type ChoiceFields struct {
	rules     []rule
	otherwise string
}

// rule leads to the next state if its condition holds.
type rule struct {
	condition condition
	next      string
}

// Next gives the state that follows. Error: States.Runtime for a variable that is not there, and if no rule
// holds and there is no Default (the service keeps States.NoChoiceMatched for later).
func (c *ChoiceFields) Next(s Scope) (string, error) {
	for i := range c.rules {
		holds, err := c.rules[i].condition.holds(s)
		if err != nil {
			return "", err
		}
		if holds {
			return c.rules[i].next, nil
		}
	}
	if c.otherwise == "" {
		return "", failure(ErrorRuntime, "no choice matched and there is no Default")
	}
	return c.otherwise, nil
}

type condition interface {
	holds(s Scope) (bool, error)
}

// combined is And (all) or Or (one); the first condition that decides ends it.
type combined struct {
	conditions []condition
	all        bool
}

func (c combined) holds(s Scope) (bool, error) {
	for _, inner := range c.conditions {
		holds, err := inner.holds(s)
		if err != nil || holds != c.all {
			return holds, err
		}
	}
	return c.all, nil
}

type negated struct{ inner condition }

func (n negated) holds(s Scope) (bool, error) {
	holds, err := n.inner.holds(s)
	return !holds, err
}

// present is IsPresent.
type present struct {
	variable Path
	want     bool
}

func (p present) holds(s Scope) (bool, error) {
	_, found := p.variable.Get(s)
	return found == p.want, nil
}

// test compares a variable with a fixed value or one of the data.
type test struct {
	variable Path
	with     expression
	matches  func(value, with any) bool
}

func (t test) holds(s Scope) (bool, error) {
	value, err := t.variable.eval(s)
	if err != nil {
		return false, err
	}
	with, err := t.with.eval(s)
	return err == nil && t.matches(value, with), err
}

// readChoice reads the fields of a Choice.
func (f *fields) readChoice() *ChoiceFields {
	c := &ChoiceFields{}
	for _, r := range f.objects("Choices") {
		next := r.needText("Next")
		r.text("Comment")
		c.rules = append(c.rules, rule{r.condition(), next})
	}
	f.need("Choices")
	c.otherwise = f.text("Default")
	return c
}

// condition reads a rule: one combination or one comparison, and nothing else.
func (f *fields) condition() condition {
	defer f.done()
	for _, name := range []string{"And", "Or"} {
		if !f.given(name) {
			continue
		}
		c := combined{all: name == "And"}
		for _, inner := range f.objects(name) {
			c.conditions = append(c.conditions, inner.condition())
		}
		return c
	}
	if f.given("Not") {
		inner := f.inner("Not")
		if inner == nil {
			return combined{}
		}
		return negated{inner.condition()}
	}
	return f.comparison()
}

// comparison reads Variable and the one comparator beside it.
func (f *fields) comparison() condition {
	f.need("Variable")
	variable := f.path("Variable")
	if variable == nil {
		return combined{}
	}
	for _, name := range f.object.names {
		if f.taken[name] {
			continue
		}
		if strings.HasPrefix(name, "Is") {
			return f.typeTest(*variable, name)
		}
		return f.valueTest(*variable, name)
	}
	f.refuse("Variable", "stands without a comparison")
	return combined{}
}

// typeTest reads IsNull and its kin.
func (f *fields) typeTest(variable Path, name string) condition {
	value, _ := f.take(name)
	want, ok := value.(bool)
	if !ok {
		f.refuse(name, "must be true or false")
	}
	var is func(any) bool
	switch name {
	case "IsPresent":
		return present{variable, want}
	case "IsNull":
		is = func(v any) bool { return v == nil }
	case "IsBoolean":
		is = func(v any) bool { _, ok := v.(bool); return ok }
	case "IsNumeric":
		is = func(v any) bool { _, ok := v.(json.Number); return ok }
	case "IsString":
		is = func(v any) bool { _, ok := v.(string); return ok }
	case "IsTimestamp":
		is = func(v any) bool { _, ok := timestamp(v); return ok }
	default:
		f.refuse(name, "is not a known comparison")
	}
	return test{variable, literal{want}, func(value, _ any) bool { return is(value) == want }}
}

// orders are the comparisons of ordered types, by the end of their names.
var orders = map[string]func(order int) bool{
	"Equals":            func(order int) bool { return order == 0 },
	"LessThan":          func(order int) bool { return order < 0 },
	"LessThanEquals":    func(order int) bool { return order <= 0 },
	"GreaterThan":       func(order int) bool { return order > 0 },
	"GreaterThanEquals": func(order int) bool { return order >= 0 },
}

// compare says how a type is ordered; false if one of the values is not of the type.
type compare func(a, b any) (order int, ok bool)

var types = map[string]compare{
	"String":    compareStrings,
	"Numeric":   compareNumbers,
	"Timestamp": compareTimestamps,
	"Boolean":   compareBooleans,
}

// valueTest reads a comparison such as NumericLessThanPath. Values of other types never match.
func (f *fields) valueTest(variable Path, name string) condition {
	if name == "StringMatches" {
		return f.patternTest(variable)
	}
	comparison, isPath := strings.CutSuffix(name, "Path")
	for typeName, compare := range types {
		order := orders[strings.TrimPrefix(comparison, typeName)]
		if !strings.HasPrefix(comparison, typeName) || order == nil ||
			typeName == "Boolean" && comparison != "BooleanEquals" {
			continue
		}
		matches := func(value, with any) bool {
			difference, ok := compare(value, with)
			return ok && order(difference)
		}
		if isPath {
			return test{variable, *f.path(name), matches}
		}
		value, _ := f.take(name)
		if _, ok := compare(value, value); !ok {
			f.refuse(name, "has a value of another type")
		}
		f.noPlaceholder(name, value)
		return test{variable, literal{value}, matches}
	}
	f.refuse(name, "is not a known comparison")
	return combined{}
}

func compareStrings(a, b any) (int, bool) {
	x, isString := a.(string)
	y, areStrings := b.(string)
	return cmp.Compare(x, y), isString && areStrings
}

func compareBooleans(a, b any) (int, bool) {
	x, isBoolean := a.(bool)
	y, areBooleans := b.(bool)
	if x == y {
		return 0, isBoolean && areBooleans
	}
	return 1, isBoolean && areBooleans
}

func compareTimestamps(a, b any) (int, bool) {
	x, isTime := timestamp(a)
	y, areTimes := timestamp(b)
	return x.Compare(y), isTime && areTimes
}

// compareNumbers is exact for whole numbers of 64 bits.
func compareNumbers(a, b any) (int, bool) {
	x, isWhole := whole(a)
	y, areWhole := whole(b)
	if isWhole && areWhole {
		return cmp.Compare(x, y), true
	}
	p, isNumber := a.(json.Number)
	q, areNumbers := b.(json.Number)
	return cmp.Compare(float(p), float(q)), isNumber && areNumbers
}

// float reads a number; one that is too large is infinite.
func float(number json.Number) float64 {
	f, _ := strconv.ParseFloat(number.String(), 64) // the decoder let only numbers through
	return f
}

// patternTest reads StringMatches.
func (f *fields) patternTest(variable Path) condition {
	const name = "StringMatches"
	pieces, err := cutPattern(f.needText(name))
	if err != nil {
		f.refuse(name, "%v", err)
	}
	return test{variable, literal{}, func(value, _ any) bool {
		written, ok := value.(string)
		return ok && matchPieces(pieces, written)
	}}
}

// cutPattern cuts a pattern at its stars and takes the backslashes from \* and \\.
func cutPattern(pattern string) ([]string, error) {
	var pieces []string
	var piece strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*':
			pieces = append(pieces, piece.String())
			piece.Reset()
		case c == '\\' && i+1 < len(pattern) && (pattern[i+1] == '*' || pattern[i+1] == '\\'):
			i++
			piece.WriteByte(pattern[i])
		case c == '\\':
			return nil, errors.New(`a backslash stands before something else than * and \`)
		default:
			piece.WriteByte(c)
		}
	}
	return append(pieces, piece.String()), nil
}

// matchPieces says whether the pieces follow each other in text with anything between them.
func matchPieces(pieces []string, text string) bool {
	last := len(pieces) - 1
	if last == 0 {
		return text == pieces[0]
	}
	rest, ok := strings.CutPrefix(text, pieces[0])
	for _, piece := range pieces[1:last] {
		var found bool
		_, rest, found = strings.Cut(rest, piece)
		ok = ok && found
	}
	return ok && strings.HasSuffix(rest, pieces[last])
}
