package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// object is a JSON object of a definition, its names in the order in which they are written.
type object struct {
	names  []string
	values map[string]any
}

// plain gives a value of a definition as Decode gives it.
func plain(value any) any {
	switch v := value.(type) {
	case *object:
		m := make(map[string]any, len(v.names))
		for name, field := range v.values {
			m[name] = plain(field)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	}
	return value
}

// readDefinition reads JSON in which no object has a name twice.
func readDefinition(data []byte) (*object, error) {
	if len(data) > MaxDefinition {
		return nil, fmt.Errorf("larger than %d bytes", MaxDefinition)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	value, err := readValue(d, maxDepth)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	o, ok := value.(*object)
	if !ok {
		return nil, errors.New("no JSON object")
	}
	return o, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	delimiter, container := token.(json.Delim)
	if err != nil || !container {
		return token, err
	}
	if depth == 0 {
		return nil, fmt.Errorf("more than %d objects and arrays within each other", maxDepth)
	}
	if delimiter == '{' {
		return readObject(d, depth-1)
	}
	list := []any{}
	for d.More() {
		value, err := readValue(d, depth-1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err = d.Token()
	return list, err
}

func readObject(d *json.Decoder, depth int) (any, error) {
	o := &object{values: map[string]any{}}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // the decoder lets nothing else stand here
		if _, twice := o.values[name]; twice {
			return nil, fmt.Errorf("an object has the name %q twice", name)
		}
		value, err := readValue(d, depth)
		if err != nil {
			return nil, err
		}
		o.names = append(o.names, name)
		o.values[name] = value
	}
	_, err := d.Token()
	return o, err
}

// parser collects what holds for the whole machine. The first refusal stands.
type parser struct {
	err       error
	states    map[string]bool // names of all states so far
	labels    map[string]bool
	functions map[string]bool
	inMap     bool // whether $$.Map is there
}

// fields reads one object of a definition and knows at the end which fields nobody asked for.
type fields struct {
	p      *parser
	state  string // the state it belongs to, "" = the machine
	prefix string // of the fields' names, as Retry[0].
	object *object
	taken  map[string]bool
}

func (p *parser) fields(state, prefix string, o *object) *fields {
	return &fields{p, state, prefix, o, map[string]bool{}}
}

// refuse keeps the first thing that is wrong.
func (f *fields) refuse(field, format string, args ...any) {
	if f.p.err == nil {
		f.p.err = &DefinitionError{f.state, f.prefix + field, fmt.Sprintf(format, args...)}
	}
}

// done refuses the fields that were not taken.
func (f *fields) done() {
	for _, name := range f.object.names {
		if !f.taken[name] {
			f.refuse(name, "is not known here")
		}
	}
}

// take gives a field's value; false if it is not there.
func (f *fields) take(name string) (any, bool) {
	f.taken[name] = true
	value, given := f.object.values[name]
	return value, given
}

func (f *fields) given(name string) bool {
	_, given := f.object.values[name]
	return given
}

// text reads a field that is a text without placeholders; "" if it is not there.
func (f *fields) text(name string) string {
	written := f.openText(name)
	f.noPlaceholder(name, written)
	return written
}

// openText reads a field that is a text which may hold placeholders; "" if it is not there.
func (f *fields) openText(name string) string {
	value, given := f.take(name)
	written, ok := value.(string)
	if given && (!ok || written == "") {
		f.refuse(name, "must be a text that is not empty")
	}
	return written
}

// needText reads a field that must be there and is one of the values, if some are named.
func (f *fields) needText(name string, values ...string) string {
	f.need(name)
	written := f.text(name)
	if len(values) > 0 && !slices.Contains(values, written) {
		f.refuse(name, "is %q: only %q is known", written, values)
	}
	return written
}

func (f *fields) need(name string) {
	if !f.given(name) {
		f.refuse(name, "is missing")
	}
}

// number reads a field that is a whole number within bounds; otherwise if it is not there.
func (f *fields) number(name string, least, most, otherwise int64) int64 {
	value, given := f.take(name)
	if !given {
		return otherwise
	}
	n, ok := whole(value)
	if !ok || n < least || n > most {
		f.refuse(name, "must be a whole number from %d to %d", least, most)
	}
	return n
}

// fraction reads a field that is a number within bounds; otherwise if it is not there.
func (f *fields) fraction(name string, least, most, otherwise float64) float64 {
	value, given := f.take(name)
	if !given {
		return otherwise
	}
	written, _ := value.(json.Number)
	n, err := strconv.ParseFloat(written.String(), 64)
	if err != nil || n < least || n > most {
		f.refuse(name, "must be a number from %g to %g", least, most)
	}
	return n
}

// path reads a field that is a path; nil if it is not there.
func (f *fields) path(name string) *Path {
	if !f.given(name) {
		return nil
	}
	p, err := parsePath(f.text(name), f.p.inMap)
	if err != nil {
		f.refuse(name, "%v", err)
	}
	return &p
}

// list reads a field that is an array, with at least one element if it is there.
func (f *fields) list(name string) []any {
	value, given := f.take(name)
	list, ok := value.([]any)
	if given && (!ok || len(list) == 0) {
		f.refuse(name, "must be an array that is not empty")
	}
	return list
}

// objects reads a field that is an array of objects, with at least one element if it is there.
func (f *fields) objects(name string) []*fields {
	list := f.list(name)
	all := make([]*fields, 0, len(list))
	for i, value := range list {
		at := fmt.Sprintf("%s[%d]", name, i)
		if o, ok := value.(*object); ok {
			all = append(all, f.p.fields(f.state, f.prefix+at+".", o))
		} else {
			f.refuse(at, "must be an object")
		}
	}
	return all
}

// inner reads a field that is an object; nil if it is not there or refused.
func (f *fields) inner(name string) *fields {
	value, given := f.take(name)
	o, ok := value.(*object)
	if !ok {
		if given {
			f.refuse(name, "must be an object")
		}
		return nil
	}
	return f.p.fields(f.state, f.prefix+name+".", o)
}

var placeholder = regexp.MustCompile(`\$\{[A-Za-z0-9_.:-]+\}`)

// noPlaceholder refuses a value with a text that deployment would replace: on one machine nobody does.
func (f *fields) noPlaceholder(name string, value any) {
	switch v := value.(type) {
	case string:
		if found := placeholder.FindString(v); found != "" {
			f.refuse(name, "holds %s: placeholders are only known as functions and buckets", found)
		}
	case []any:
		for i := range v {
			f.noPlaceholder(name, v[i])
		}
	case *object:
		for _, inner := range v.names {
			f.noPlaceholder(name+"."+inner, v.values[inner])
		}
	}
}
