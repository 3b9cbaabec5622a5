package layout

import (
	"multipoint/shared/calendar"
	"multipoint/shared/charset"
)

// Column is a column whose text is its bytes: a field that is neither derived nor looked up. It is the
// quick way to values of lines that have nothing unusual; whoever finds something unusual asks Text,
// Number, Date and Clock, which know every form and every fault.
type Column struct {
	column *readColumn
	at     int
	width  int
	fixed  bool
	trim   bool
	// Here says that records of the kind have the column.
	Here bool
}

// Column gives the column behind a source in one kind of record. A column that is not there is no fault: its
// text is empty. ok is false if the value has no such column.
func (r *Reading) Column(spec int, s Source) (c Column, ok bool) {
	at := int32(-1)
	if s.places != nil {
		at = s.at[spec]
	}
	if at < 0 {
		return Column{}, true
	}
	if at >= derivedBase || r.stateful {
		return Column{}, false
	}
	rc := &r.records[spec].columns[at]
	if rc.field.Lookup != nil || len(rc.field.Empty) > 0 || rc.trimZero || rc.field.Align == "right" {
		return Column{}, false
	}
	return r.columnOf(rc), true
}

func (r *Reading) columnOf(rc *readColumn) Column {
	return Column{column: rc, at: rc.at, width: rc.width, fixed: r.fixed, trim: rc.trim, Here: true}
}

// Plain says whether a number column shows bare digits.
func (c *Column) Plain() bool {
	return !c.Here || c.column.field.Type == TypeNumber && c.column.number.bare()
}

// Spelling is how a column shows one value, in the bytes of the file without padding.
type Spelling struct {
	column Column
	ways   [][]byte
}

// Spelling gives how the column behind a source shows a value in one kind of record; ok is false if only Text
// can tell.
func (r *Reading) Spelling(spec int, s Source, value string) (p Spelling, ok bool) {
	at := int32(-1)
	if s.places != nil {
		at = s.at[spec]
	}
	if at < 0 || at >= derivedBase {
		return Spelling{}, false
	}
	rc := &r.records[spec].columns[at]
	for i := range rc.lookup {
		if string(rc.lookup[i].value) == value {
			p.ways = append(p.ways, rc.lookup[i].raw)
		}
	}
	p.column = r.columnOf(rc)
	return p, len(p.ways) > 0
}

// Shows says whether the record has the value; false if it has not, or if only Text can tell.
func (rec *ReadRecord) Shows(p *Spelling) bool {
	raw, ok := rec.bytesOf(&p.column)
	if !ok {
		return false
	}
	for _, way := range p.ways {
		if string(raw) == string(way) {
			return true
		}
	}
	return false
}

// Quick gives the column's text as UTF-8 without padding; ok is false if only Text can tell. The record
// must be Decodable.
func (rec *ReadRecord) Quick(c *Column) (text []byte, ok bool) {
	if !c.Here {
		return nil, true
	}
	if text, ok = rec.bytesOf(c); !ok || charset.ASCII(text) {
		return text, ok
	}
	if !c.column.checked || c.column.wide {
		return nil, false
	}
	start := len(rec.arena)
	out, badAt := rec.reading.encoding.AppendUTF8(rec.arena, text)
	rec.arena = out
	return out[start:len(out):len(out)], badAt < 0
}

// bytesOf gives the column's bytes without padding; false if some of them are no part of its text.
func (rec *ReadRecord) bytesOf(c *Column) ([]byte, bool) {
	if c.fixed {
		return trimRight(rec.Raw[c.at:c.at+c.width], c.trim), true
	}
	cell := &rec.cells[c.at]
	return trimRight(rec.Raw[cell.start:cell.end], c.trim), !cell.doubled
}

// QuickDate gives the column's date; ok is false if only Date can tell.
func (rec *ReadRecord) QuickDate(c *Column, near calendar.Date) (calendar.Date, bool) {
	text, ok := rec.Quick(c)
	if !ok || !c.Here || c.column.field.Type != TypeDate {
		return 0, false
	}
	return calendar.ParseDate(c.column.date, text, near)
}

// QuickClock gives the column's time and its text; ok is false if only Clock can tell.
func (rec *ReadRecord) QuickClock(c *Column) (calendar.Clock, []byte, bool) {
	text, ok := rec.Quick(c)
	if !ok {
		return 0, nil, false
	}
	if len(text) == 0 {
		return calendar.NoTime, nil, true
	}
	form := calendar.AnyClock
	if c.column.field.Type == TypeTime {
		form = c.column.clock
	}
	t, ok := calendar.ParseClock(form, text)
	return t, text, ok
}

// QuickNumber gives the column's number, 0 if it is not there or blank; ok is false if only Number can
// tell, as for negative ones.
func (rec *ReadRecord) QuickNumber(c *Column) (v int64, blank, ok bool) {
	if c.fixed {
		if v, ok = plainDigits(rec.Raw[c.at : c.at+c.width]); ok {
			return v, false, true
		}
	}
	text, ok := rec.Quick(c)
	if !ok || len(text) == 0 {
		return 0, true, ok
	}
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	if v, ok = plainDigits(text); !ok && c.column.number.thousands {
		v, ok, _ = c.column.number.parseText(text)
	}
	return v, false, ok && v >= 0
}
