package layout

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"multipoint/shared/calendar"
	"multipoint/shared/charset"
	"multipoint/shared/fault"
)

// Text gives the value as UTF-8 without padding, after the field's lookup. An absent value is empty. Faults:
// text.undecodable, lookup.missing.
func (rec *ReadRecord) Text(s Source) ([]byte, fault.Code) {
	at := rec.place(s)
	if at < 0 {
		return nil, 0
	}
	if at < derivedBase {
		c := &rec.reading.records[rec.Spec].columns[at]
		if c.bare && !rec.mayBeHigh(c) {
			return trimRight(rec.raw(c), c.trim), 0
		}
		if c.lookup != nil {
			if v, ok := rec.lookRaw(c); ok {
				return v, 0
			}
		}
	}
	return rec.textAt(at)
}

func (rec *ReadRecord) place(s Source) int32 {
	if s.places == nil || uint(rec.Spec) >= uint(len(s.at)) {
		return -1
	}
	return s.at[rec.Spec]
}

// mayBeHigh says whether the column may hold a byte above ASCII.
func (rec *ReadRecord) mayBeHigh(c *readColumn) bool {
	if rec.reading.fixed {
		return !charset.ASCII(rec.Raw[c.at : c.at+c.width])
	}
	return c.at >= len(rec.cells) || rec.cells[c.at].high
}

// trimRight cuts spaces off the end.
func trimRight(raw []byte, trim bool) []byte {
	if n := len(raw); !trim || n == 0 || raw[n-1] != ' ' {
		return raw
	}
	return trimSpaces(raw)
}

// trimSpaces is trimRight, eight bytes at a time as long as there are so many.
func trimSpaces(raw []byte) []byte {
	n := len(raw)
	for n >= 8 {
		others := binary.LittleEndian.Uint64(raw[n-8:n]) ^ ' '*lowBits
		if others != 0 {
			return raw[:n-bits.LeadingZeros64(others)/8]
		}
		n -= 8
	}
	for n > 0 && raw[n-1] == ' ' {
		n--
	}
	return raw[:n]
}

// lookRaw finds the column in a small lookup by its bytes.
func (rec *ReadRecord) lookRaw(c *readColumn) ([]byte, bool) {
	raw := trimRight(rec.raw(c), c.trim)
	for i := range c.lookup {
		if string(c.lookup[i].raw) == string(raw) {
			return c.lookup[i].value, true
		}
	}
	return nil, false
}

// Has says whether records of this kind yield the value.
func (rec *ReadRecord) Has(s Source) bool { return rec.place(s) >= 0 }

func (rec *ReadRecord) textAt(at int32) ([]byte, fault.Code) {
	spec := &rec.reading.records[rec.Spec]
	if at >= derivedBase {
		return rec.derive(&spec.derived[at-derivedBase])
	}
	return rec.columnText(&spec.columns[at])
}

func (rec *ReadRecord) columnText(c *readColumn) ([]byte, fault.Code) {
	text, badAt := rec.decoded(c)
	if badAt >= 0 {
		return nil, fault.TextUndecodable
	}
	f := c.field
	if len(f.Empty) > 0 && isEmpty(f.Empty, text) {
		text = nil
	}
	if f.Lookup == nil {
		return text, 0
	}
	if v, ok := f.Lookup[string(text)]; ok {
		return rec.keepString(v), 0
	}
	switch {
	case f.Default != nil:
		return rec.keepString(*f.Default), 0
	case len(text) > 0:
		return nil, fault.LookupMissing
	}
	return text, 0
}

func isEmpty(empties []string, text []byte) bool {
	for _, e := range empties {
		if string(text) == e {
			return true
		}
	}
	return false
}

// decoded gives the column as UTF-8 without padding, or the offset of the first byte that is no character.
func (rec *ReadRecord) decoded(c *readColumn) ([]byte, int) {
	raw := rec.raw(c)
	if c.trim {
		raw = rec.reading.encoding.TrimPad(raw, c.wide)
		if c.field.Align == "right" {
			raw = rec.reading.encoding.TrimPadLeft(raw, c.wide)
		}
	}
	if c.trimZero {
		raw = bytes.TrimLeft(raw, "0")
	}
	if charset.ASCII(raw) && !rec.reading.stateful {
		return raw, -1
	}
	start := len(rec.arena)
	out, badAt := rec.reading.encoding.AppendUTF8(rec.arena, raw)
	rec.arena = out
	return out[start:len(out):len(out)], badAt
}

func (rec *ReadRecord) keepString(s string) []byte {
	start := len(rec.arena)
	rec.arena = append(rec.arena, s...)
	return rec.arena[start:len(rec.arena):len(rec.arena)]
}

// join appends b to a in the arena.
func (rec *ReadRecord) join(a, b []byte) []byte {
	start := len(rec.arena)
	rec.arena = append(rec.arena, a...)
	rec.arena = append(rec.arena, b...)
	return rec.arena[start:len(rec.arena):len(rec.arena)]
}

// column gives the column behind a source, nil if the value is derived or absent.
func (rec *ReadRecord) column(s Source) *readColumn {
	at := rec.place(s)
	if at < 0 || at >= derivedBase {
		return nil
	}
	return &rec.reading.records[rec.Spec].columns[at]
}

// Number gives a whole number; ok is false if there is none or it is blank. Faults: amount.bad,
// number.excel, and those of Text.
func (rec *ReadRecord) Number(s Source) (v int64, ok bool, code fault.Code) {
	c := rec.column(s)
	if c != nil && c.field.Type == TypeNumber {
		return rec.number(c)
	}
	text, code := rec.Text(s)
	if code != 0 || len(text) == 0 {
		return 0, false, code
	}
	return anyNumber.parseText(text)
}

// Date gives a date, the zero Date if there is none or it is blank; near resolves forms without a century.
// Faults: date.bad, and those of Text.
func (rec *ReadRecord) Date(s Source, near calendar.Date) (calendar.Date, fault.Code) {
	if c := rec.column(s); c != nil && c.field.Type == TypeDate {
		raw := rec.blankless(c)
		if len(raw) == 0 || len(c.field.Empty) > 0 && isEmpty(c.field.Empty, raw) {
			return 0, 0
		}
		if d, ok := calendar.ParseDate(c.date, raw, near); ok {
			return d, 0
		}
		text, badAt := rec.decoded(c)
		if badAt >= 0 {
			return 0, fault.TextUndecodable
		}
		if d, ok := calendar.ParseDate(c.date, text, near); ok && !charset.ASCII(raw) {
			return d, 0
		}
		return 0, fault.DateBad
	}
	text, code := rec.Text(s)
	if code != 0 || len(text) == 0 {
		return 0, code
	}
	if d, ok := calendar.ParseDate(calendar.Any, text, near); ok {
		return d, 0
	}
	return 0, fault.DateBad
}

// Clock gives a time of day on the 30-hour clock and its text, NoTime if there is none or it is blank.
// Faults: time.bad, and those of Text.
func (rec *ReadRecord) Clock(s Source) (calendar.Clock, []byte, fault.Code) {
	form := calendar.AnyClock
	if c := rec.column(s); c != nil && c.field.Type == TypeTime {
		form = c.clock
	}
	text, code := rec.Text(s)
	if code != 0 || len(text) == 0 {
		return calendar.NoTime, nil, code
	}
	if t, ok := calendar.ParseClock(form, text); ok {
		return t, text, 0
	}
	return calendar.NoTime, text, fault.TimeBad
}

// blankless gives the raw column without blanks around it.
func (rec *ReadRecord) blankless(c *readColumn) []byte { return trimSpace(rec.raw(c)) }

func trimSpace(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// HasNUL says whether the record holds a NUL byte.
func (rec *ReadRecord) HasNUL() bool { return !rec.noNUL && bytes.IndexByte(rec.Raw, 0) >= 0 }

// Decodable says whether every byte of the record is a character, column by column.
func (rec *ReadRecord) Decodable() bool {
	r := rec.reading
	if rec.Spec < 0 || rec.Fault != 0 || !r.fixed && !r.stateful {
		return r.encoding.Valid(rec.Raw) < 0 // cells end at bytes that are no part of a character
	}
	spec := &r.records[rec.Spec]
	if r.fixed && !r.stateful && (spec.proof.Valid(rec.Raw) || charset.ASCII(rec.Raw)) {
		return true
	}
	for i := range spec.columns {
		if r.encoding.Valid(rec.raw(&spec.columns[i])) >= 0 {
			return false
		}
	}
	return true
}

// EachUndecodable calls found for each column that holds a byte that is no character, with the offset of the
// first such byte in the column and in the file; for a record without columns once for the record.
func (rec *ReadRecord) EachUndecodable(found func(field string, inField int, offset int64)) {
	r := rec.reading
	if rec.Spec < 0 || rec.Fault != 0 {
		if at := r.encoding.Valid(rec.Raw); at >= 0 {
			found("", at, rec.Offset+int64(at))
		}
		return
	}
	columns := r.records[rec.Spec].columns
	for i := range columns {
		c := &columns[i]
		if at := r.encoding.Valid(rec.raw(c)); at >= 0 {
			found(c.field.Name, at, rec.Offset+int64(rec.start(c)+rec.asWritten(c, at)))
		}
	}
}

// asWritten turns the offset of the first bad byte of a column into one in its bytes as they stand in the
// file, where quotes are doubled.
func (rec *ReadRecord) asWritten(c *readColumn, at int) int {
	if rec.reading.fixed || !rec.cells[c.at].doubled {
		return at
	}
	cell := rec.cells[c.at]
	return max(at, rec.reading.encoding.Valid(rec.Raw[cell.start:cell.end]))
}

// start is the offset of a column's bytes in the record.
func (rec *ReadRecord) start(c *readColumn) int {
	if rec.reading.fixed {
		return c.at
	}
	return int(rec.cells[c.at].start)
}

// OffsetOf gives the byte offset in the file of the value's column, the record's own if it has none.
func (rec *ReadRecord) OffsetOf(s Source) int64 {
	c := rec.column(s)
	if c == nil || rec.Fault != 0 || !rec.reading.fixed && c.at >= len(rec.cells) {
		return rec.Offset
	}
	return rec.Offset + int64(rec.start(c))
}
