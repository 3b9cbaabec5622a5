package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// call is an intrinsic function with its arguments.
type call struct {
	function  string
	arguments []expression
}

// arities are the known functions with the number of their arguments; -1 = any, at least one.
var arities = map[string]int{
	"States.Format": -1, "States.Array": 0, "States.JsonToString": 1, "States.StringToJson": 1,
	"States.MathAdd": 2, "States.ArrayLength": 1,
}

// quoted is a text in apostrophes, its escapes kept: an escaped brace is no place of a format.
type quoted struct{ raw string }

func (q quoted) eval(Scope) (any, error) {
	pieces, err := cutFormat(q.raw, false)
	if err != nil {
		return nil, failure(ErrorRuntime, "%v", err)
	}
	return pieces[0], nil
}

// parseIntrinsic reads a whole text as a call.
func parseIntrinsic(whole string, inMap bool) (expression, error) {
	s := intrinsicScanner{rest: whole, inMap: inMap}
	e, err := s.call()
	if err == nil && s.rest != "" {
		err = fmt.Errorf("%q behind the intrinsic function", s.rest)
	}
	return e, err
}

type intrinsicScanner struct {
	rest  string
	inMap bool
	depth int
}

func (s *intrinsicScanner) call() (expression, error) {
	name, _, open := strings.Cut(s.rest, "(")
	arity, known := arities[name]
	if !open || !known {
		return nil, fmt.Errorf("intrinsic function %q is not known", name)
	}
	if s.depth++; s.depth > maxNested {
		return nil, fmt.Errorf("more than %d intrinsic functions within each other", maxNested)
	}
	s.rest = s.rest[len(name)+1:]
	arguments, err := s.arguments()
	if err != nil {
		return nil, err
	}
	s.depth--
	if arity > 0 && len(arguments) != arity || arity < 0 && len(arguments) == 0 {
		return nil, fmt.Errorf("%s has %d arguments", name, len(arguments))
	}
	if err := checkFormat(name, arguments); err != nil {
		return nil, err
	}
	return call{name, arguments}, nil
}

// arguments reads the arguments and the closing bracket.
func (s *intrinsicScanner) arguments() ([]expression, error) {
	var list []expression
	for s.space(); !s.skip(")"); s.space() {
		if len(list) > 0 && !s.skip(",") {
			return nil, errors.New("arguments of an intrinsic function are not separated by commas")
		}
		s.space()
		argument, err := s.argument()
		if err != nil {
			return nil, err
		}
		list = append(list, argument)
	}
	return list, nil
}

func (s *intrinsicScanner) space() { s.rest = strings.TrimLeft(s.rest, " ") }

func (s *intrinsicScanner) skip(prefix string) bool {
	rest, found := strings.CutPrefix(s.rest, prefix)
	s.rest = rest
	return found
}

func (s *intrinsicScanner) argument() (expression, error) {
	switch {
	case strings.HasPrefix(s.rest, "$"):
		p, rest, err := scanPath(s.rest)
		if err == nil {
			err = p.checkContext(s.inMap)
		}
		s.rest = rest
		return p, err
	case strings.HasPrefix(s.rest, "States."):
		return s.call()
	case strings.HasPrefix(s.rest, "'"):
		return s.quoted()
	case s.skip("null"):
		return literal{nil}, nil
	}
	length := strings.IndexAny(s.rest, " ,)")
	if length < 0 {
		return nil, errors.New("an intrinsic function is not closed")
	}
	word := s.rest[:length]
	if value, err := Decode([]byte(word)); err == nil {
		if number, ok := value.(json.Number); ok {
			s.rest = s.rest[length:]
			return literal{number}, nil
		}
	}
	return nil, fmt.Errorf("argument %q is no path, text in apostrophes, number, null or function", word)
}

// quoted reads a text in apostrophes.
func (s *intrinsicScanner) quoted() (expression, error) {
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\'':
			literal := quoted{s.rest[1:i]}
			s.rest = s.rest[i+1:]
			_, err := literal.eval(Scope{})
			return literal, err
		case '\\':
			i++
		}
	}
	return nil, errors.New("a text in an intrinsic function is not closed by an apostrophe")
}

// checkFormat compares the places of a literal template with the arguments.
func checkFormat(function string, arguments []expression) error {
	if function != "States.Format" {
		return nil
	}
	template, ok := arguments[0].(quoted)
	if !ok {
		if _, other := arguments[0].(literal); other {
			return errors.New("the first argument of States.Format must be a text")
		}
		return nil
	}
	pieces, err := cutFormat(template.raw, true)
	if err == nil && len(pieces) != len(arguments) {
		err = fmt.Errorf("States.Format has %d places and %d arguments", len(pieces)-1, len(arguments)-1)
	}
	return err
}

// cutFormat takes the backslashes from \' \{ \} \\ and cuts the text at its places {}, if it has places.
func cutFormat(raw string, places bool) ([]string, error) {
	var pieces []string
	var piece strings.Builder
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '\\' && i+1 < len(raw) && strings.IndexByte(`'{}\`, raw[i+1]) >= 0:
			i++
			piece.WriteByte(raw[i])
		case c == '\\':
			return nil, errors.New(`a backslash stands before something else than ' { } \`)
		case places && strings.HasPrefix(raw[i:], "{}"):
			i++
			pieces = append(pieces, piece.String())
			piece.Reset()
		case places && (c == '{' || c == '}'):
			return nil, errors.New("a brace of a template is neither {} nor escaped")
		default:
			piece.WriteByte(c)
		}
	}
	return append(pieces, piece.String()), nil
}

func (c call) eval(s Scope) (any, error) {
	if c.function == "States.Format" {
		return c.format(s)
	}
	values, err := elements(c.arguments).eval(s)
	if err != nil {
		return nil, err
	}
	list := values.([]any)
	switch c.function {
	case "States.JsonToString":
		encoded, err := Encode(list[0])
		return string(encoded), err
	case "States.StringToJson":
		return stringToJSON(list[0])
	case "States.MathAdd":
		return mathAdd(list[0], list[1])
	case "States.ArrayLength":
		array, ok := list[0].([]any)
		if !ok {
			return nil, failure(ErrorRuntime, "the argument of States.ArrayLength is no array")
		}
		return json.Number(strconv.Itoa(len(array))), nil
	}
	return list, nil // States.Array
}

func (c call) format(s Scope) (any, error) {
	template, literal := c.arguments[0].(quoted)
	if !literal {
		value, err := c.arguments[0].eval(s)
		if err != nil {
			return nil, err
		}
		var ok bool
		if template.raw, ok = value.(string); !ok {
			return nil, failure(ErrorRuntime, "the template of States.Format is no text")
		}
	}
	pieces, err := cutFormat(template.raw, true)
	if err != nil || len(pieces) != len(c.arguments) {
		return nil, failure(ErrorRuntime, "the template of States.Format does not fit its arguments")
	}
	var b strings.Builder
	b.WriteString(pieces[0])
	for i, argument := range c.arguments[1:] {
		value, err := argument.eval(s)
		if err != nil {
			return nil, err
		}
		switch v := value.(type) {
		case string:
			b.WriteString(v)
		case []any, map[string]any:
			return nil, failure(ErrorRuntime, "an argument of States.Format is an array or object")
		case nil:
			b.WriteString("null")
		default:
			fmt.Fprint(&b, v)
		}
		b.WriteString(pieces[i+1])
	}
	return b.String(), nil
}

func stringToJSON(value any) (any, error) {
	written, ok := value.(string)
	if !ok {
		return nil, failure(ErrorRuntime, "the argument of States.StringToJson is no text")
	}
	decoded, err := Decode([]byte(written))
	if err != nil {
		return nil, failure(ErrorRuntime, "the argument of States.StringToJson is no JSON: %v", err)
	}
	return decoded, nil
}

// mathAdd rounds each number to the next whole one, halves up, as the service does, and adds them.
func mathAdd(a, b any) (any, error) {
	var sum int64
	for _, value := range []any{a, b} {
		number, ok := value.(json.Number)
		f, err := strconv.ParseFloat(number.String(), 64)
		if rounded := math.Floor(f + 0.5); ok && err == nil &&
			rounded >= minMathAdd && rounded <= maxMathAdd {
			sum += int64(rounded)
			continue
		}
		return nil, failure(ErrorRuntime, "an argument of States.MathAdd is no number of 32 bits")
	}
	if sum < minMathAdd || sum > maxMathAdd {
		return nil, failure(ErrorRuntime, "the sum of States.MathAdd has more than 32 bits")
	}
	return json.Number(strconv.FormatInt(sum, 10)), nil
}
