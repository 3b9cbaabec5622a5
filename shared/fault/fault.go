// Package fault is the one error type of the product: a stable code, what happened, where, and what to do
// next (DESIGN §7). Packages return faults; only the edges (commands, screens) print them.
package fault

import (
	"errors"
	"strconv"
	"strings"
)

// Code is the stable number of a fault, 1000 to 9999, printed as MP-1203. Numbers are never reused.
type Code uint16

// Error is a fault with its place. The zero Place fields are left out when it is printed.
type Error struct {
	Code Code
	// What says what happened in this case, in one sentence without the place. Empty = the code's meaning.
	What string
	Place
	// Err is the cause, if there is one.
	Err error
}

// Place says where a fault is. Line counts records from 1 (R4); Offset counts bytes from 0 and is only
// meaningful if HasOffset is set.
type Place struct {
	File      string
	Line      int64
	Offset    int64
	HasOffset bool
	Field     string
}

// Error prints code, name, place and what happened on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code.String())
	if at := e.Place.String(); at != "" {
		b.WriteString(" at ")
		b.WriteString(at)
	}
	b.WriteString(": ")
	if e.What != "" {
		b.WriteString(e.What)
	} else {
		b.WriteString(e.Code.Meaning())
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// String prints the place as file:line field "f" byte n.
func (p Place) String() string {
	var parts []string
	if p.File != "" {
		f := p.File
		if p.Line > 0 {
			f += ":" + strconv.FormatInt(p.Line, 10)
		}
		parts = append(parts, f)
	} else if p.Line > 0 {
		parts = append(parts, "line "+strconv.FormatInt(p.Line, 10))
	}
	if p.Field != "" {
		parts = append(parts, "field "+p.Field)
	}
	if p.HasOffset {
		parts = append(parts, "byte "+strconv.FormatInt(p.Offset, 10))
	}
	return strings.Join(parts, " ")
}

// New makes a fault without a place.
func New(code Code, what string) *Error { return &Error{Code: code, What: what} }

// At makes a fault with a place.
func At(code Code, place Place, what string) *Error {
	return &Error{Code: code, Place: place, What: what}
}

// CodeOf gives the code of the first fault in err's chain, 0 if there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// String prints "MP-1203 card.unknown".
func (c Code) String() string {
	return "MP-" + strconv.Itoa(int(c)) + " " + c.Name()
}

// Name is the dotted name, "card.unknown"; "fault.unlisted" for a code that the catalogue lacks.
func (c Code) Name() string {
	if e, ok := lookup(c); ok {
		return e.Name
	}
	return "fault.unlisted"
}

// Meaning is one sentence that says what the code stands for.
func (c Code) Meaning() string {
	e, _ := lookup(c)
	return e.Meaning
}

// Do is one sentence that says what the reader can do next.
func (c Code) Do() string {
	e, _ := lookup(c)
	return e.Do
}

func lookup(c Code) (Entry, bool) {
	for i := range Catalogue {
		if Catalogue[i].Code == c {
			return Catalogue[i], true
		}
	}
	return Entry{}, false
}
