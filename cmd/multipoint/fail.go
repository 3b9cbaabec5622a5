package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"multipoint/shared/fault"
)

// found ends a command that has told by itself what it found; only its exit code is left.
type found int

func (f found) Error() string { return "exit code " + strconv.Itoa(int(f)) }

// faultList is several faults of one thing, told in one line.
type faultList struct {
	what   string
	faults []*fault.Error
}

func (l *faultList) Error() string { return l.what }

// hint is an error with a sentence about what it means here.
type hint struct {
	error
	text string
}

func (h *hint) Unwrap() error { return h.error }

func usage(what string) error { return fault.New(fault.UsageFlag, what) }

// fail prints the error, once, and gives the exit code.
func (p *program) fail(ctx context.Context, err error) int {
	var f found
	if errors.As(err, &f) {
		return int(f)
	}
	if ctx.Err() != nil {
		p.say("multipoint: %s\n", p.interrupted)
		return exitInterrupted
	}
	if !p.started && fault.CodeOf(err) == 0 {
		err = usage(err.Error())
	}
	if p.json {
		if e := writeJSON(p.jsonTo, errorJSON(err)); e == nil {
			return exitCode(err)
		}
	}
	p.sayError(err)
	return exitCode(err)
}

// exitCode maps an error to the exit code that docs/cli.md promises.
func exitCode(err error) int {
	var list *faultList
	if errors.As(err, &list) {
		for _, e := range list.faults {
			if e.Code != fault.ReadFailed {
				return exitInput
			}
		}
		return exitFailed
	}
	switch fault.CodeOf(err) {
	case 0, fault.ReadFailed, fault.WriteFailed, fault.StoreInUse, fault.StoreDamaged, fault.PartMissing,
		fault.PartShredded:
		return exitFailed
	case fault.UsageFlag, fault.OutputExists:
		return exitUsage
	case fault.TotalsDiffer, fault.PartDamaged, fault.PartDiffers, fault.LedgerDiffers:
		return exitTotals
	}
	return exitInput
}

// sayError prints an error for people: what and where on one line, then what to do.
func (p *program) sayError(err error) {
	var list *faultList
	if errors.As(err, &list) {
		for _, e := range list.faults {
			p.say("%s\n", faultLine(e))
		}
		p.say("multipoint: %s; nothing was done\n", list.what)
		return
	}
	var e *fault.Error
	if !errors.As(err, &e) {
		p.say("multipoint: %s\n", oneLine(err.Error()))
		return
	}
	p.say("multipoint: %s\n", errorLine(e))
	if e.Code.Do() != "" {
		p.say("  %s\n", e.Code.Do())
	}
	var h *hint
	if errors.As(err, &h) {
		p.say("  %s\n", h.text)
	}
}

// errorLine is the fault that ended a command: code name at place: what.
func errorLine(e *fault.Error) string {
	line := e.Code.String()
	if at := e.Place.String(); at != "" {
		line += " at " + at
	}
	return oneLine(line + ": " + whatAndWhy(e))
}

// faultLine is a fault as compilers print theirs: file:line: code name field: what — what to do.
func faultLine(e *fault.Error) string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			b.WriteString(":" + strconv.FormatInt(e.Line, 10))
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Code.String())
	if e.Field != "" {
		b.WriteString(" " + e.Field)
	}
	b.WriteString(": " + whatAndWhy(e))
	if e.Code.Do() != "" {
		b.WriteString(" — " + e.Code.Do())
	}
	return oneLine(b.String())
}

func whatOf(e *fault.Error) string {
	if e.What != "" {
		return e.What
	}
	return e.Code.Meaning()
}

// whatAndWhy says what happened, and the cause if there is one.
func whatAndWhy(e *fault.Error) string {
	if e.Err == nil {
		return whatOf(e)
	}
	return strings.TrimSuffix(whatOf(e), ".") + ": " + e.Err.Error()
}

// oneLine keeps what others wrote (a file's name, a message of a library) from breaking the line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, s)
}

// faultJSON is a fault in JSON output.
type faultJSON struct {
	Code  string `json:"code"`
	Name  string `json:"name"`
	File  string `json:"file,omitempty"`
	Line  int64  `json:"line,omitempty"`
	Field string `json:"field,omitempty"`
	Byte  *int64 `json:"byte,omitempty"`
	What  string `json:"what"`
	Cause string `json:"cause,omitempty"`
	Do    string `json:"do,omitempty"`
}

func toJSON(e *fault.Error) *faultJSON {
	if e == nil {
		return nil
	}
	j := &faultJSON{
		Code: "MP-" + strconv.Itoa(int(e.Code)), Name: e.Code.Name(), What: whatOf(e), Do: e.Code.Do(),
		File: e.File, Line: e.Line, Field: e.Field,
	}
	if e.HasOffset {
		j.Byte = &e.Offset
	}
	if e.Err != nil {
		j.Cause = e.Err.Error()
	}
	return j
}

// errorReport is the JSON object of a command that failed.
type errorReport struct {
	Error  *faultJSON   `json:"error"`
	Faults []*faultJSON `json:"faults,omitempty"`
}

func errorJSON(err error) errorReport {
	var list *faultList
	if errors.As(err, &list) {
		first := toJSON(list.faults[0])
		return errorReport{
			Error:  &faultJSON{Code: first.Code, Name: first.Name, What: list.what},
			Faults: allJSON(list.faults),
		}
	}
	var e *fault.Error
	if errors.As(err, &e) {
		return errorReport{Error: toJSON(e)}
	}
	return errorReport{Error: &faultJSON{Name: "internal", What: err.Error()}}
}

func allJSON(faults []*fault.Error) []*faultJSON {
	list := make([]*faultJSON, len(faults))
	for i, e := range faults {
		list[i] = toJSON(e)
	}
	return list
}

// writeJSON prints one object, indented.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return writeFailed("", err)
	}
	return nil
}

// say prints to standard error; there is nobody to tell if that fails.
func (p *program) say(format string, args ...any) { _, _ = fmt.Fprintf(p.stderr, format, args...) }

// print writes a command's result to standard output.
func (p *program) print(text string) error {
	_, err := io.WriteString(p.stdout, text)
	return writeFailed("standard output", err)
}

// writeFailed makes a fault of an error that a writer gave, nil of nil.
func writeFailed(name string, err error) error {
	if err == nil || fault.CodeOf(err) != 0 || errors.Is(err, context.Canceled) {
		return err
	}
	return &fault.Error{Code: fault.WriteFailed, Place: fault.Place{File: name}, Err: err}
}

func readFailed(name string, err error) error {
	if err == nil || fault.CodeOf(err) != 0 {
		return err
	}
	return &fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: name}, Err: err}
}
