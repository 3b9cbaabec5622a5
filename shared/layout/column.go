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
	index  int
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
	return Column{
		column: rc, at: rc.at, width: rc.width, index: int(at),
		fixed: r.fixed, trim: rc.trim, Here: true,
	}, true
}

// Plain says whether a number column shows bare digits.
func (c *Column) Plain() bool {
	return !c.Here || c.column.field.Type == TypeNumber && c.column.number.bare()
}

// Quick gives the column's text as UTF-8 without padding; ok is false if only Text can tell. The record
// must be Decodable.
func (rec *ReadRecord) Quick(c *Column) (text []byte, ok bool) {
	if !c.Here {
		return nil, true
	}
	high := true
	if c.fixed {
		text = rec.Raw[c.at : c.at+c.width]
	} else {
		cell := &rec.cells[c.at]
		if cell.doubled {
			return nil, false
		}
		text, high = rec.Raw[cell.start:cell.end], cell.high
	}
	if high && !charset.ASCII(text) { // it may only lie beside such a byte, or have been quoted
		if c.column.checked {
			text, badAt := rec.decoded(c.column)
			return text, badAt < 0
		}
		return nil, false
	}
	return trimRight(text, c.trim), true
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
