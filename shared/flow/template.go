package flow

import (
	"fmt"
	"strings"
)

// expression computes a value from a scope.
type expression interface {
	eval(s Scope) (any, error)
}

// Template is a payload template: an object whose fields named "x.$" are computed.
type Template struct {
	root expression
}

// Eval fills the template. Error: *Error with States.Runtime for a path that is not there and for a function
// that fails.
func (t *Template) Eval(s Scope) (any, error) { return t.root.eval(s) }

// literal is a value that is written in the definition.
type literal struct{ value any }

func (l literal) eval(Scope) (any, error) { return l.value, nil }

// members are the fields of an object in a template, in the order in which they are written.
type members []member

type member struct {
	name  string // without .$
	value expression
}

func (m members) eval(s Scope) (any, error) {
	object := make(map[string]any, len(m))
	for _, field := range m {
		value, err := field.value.eval(s)
		if err != nil {
			return nil, err
		}
		object[field.name] = value
	}
	return object, nil
}

// elements are the elements of an array in a template.
type elements []expression

func (e elements) eval(s Scope) (any, error) {
	list := make([]any, len(e))
	for i, element := range e {
		value, err := element.eval(s)
		if err != nil {
			return nil, err
		}
		list[i] = value
	}
	return list, nil
}

// template reads the field as a payload template; nil if it is not there.
func (f *fields) template(name string) *Template {
	value, given := f.take(name)
	if !given {
		return nil
	}
	if _, ok := value.(*object); !ok {
		f.refuse(name, "must be an object")
		return nil
	}
	return &Template{f.templateValue(name, value)}
}

// templateValue reads a value within a template.
func (f *fields) templateValue(at string, value any) expression {
	switch v := value.(type) {
	case *object:
		return f.templateObject(at, v)
	case []any:
		list := make(elements, len(v))
		for i := range v {
			list[i] = f.templateValue(fmt.Sprintf("%s[%d]", at, i), v[i])
		}
		return list
	}
	f.noPlaceholder(at, value)
	return literal{value}
}

func (f *fields) templateObject(at string, o *object) expression {
	fields := make(members, 0, len(o.names))
	for _, name := range o.names {
		inner := at + "." + name
		plain, computed := strings.CutSuffix(name, ".$")
		if !computed {
			fields = append(fields, member{name, f.templateValue(inner, o.values[name])})
			continue
		}
		if _, twice := o.values[plain]; twice {
			f.refuse(inner, "stands beside a field of the same name without .$")
		}
		text, ok := o.values[name].(string)
		if !ok {
			f.refuse(inner, "must be a text: a path or an intrinsic function")
			continue
		}
		fields = append(fields, member{plain, f.parseExpression(inner, text)})
	}
	return fields
}

// parseExpression reads a path or an intrinsic function.
func (f *fields) parseExpression(at, text string) expression {
	f.noPlaceholder(at, text)
	if !strings.HasPrefix(text, "States.") {
		p, err := parsePath(text, f.p.inMap)
		if err != nil {
			f.refuse(at, "%v", err)
		}
		return p
	}
	call, err := parseIntrinsic(text, f.p.inMap)
	if err != nil {
		f.refuse(at, "%v", err)
		return literal{}
	}
	return call
}
