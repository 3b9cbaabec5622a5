package layout

import "multipoint/shared/calendar"

// Slot is the place of a named value in Values. Ask the plan for it once, before the records.
type Slot int32

// NoSlot is the slot of a name that the layout does not use: setting it does nothing.
const NoSlot Slot = -1

type writeKind uint8

const (
	writeBlank writeKind = iota
	writeText
	writeNumber
	writeDate
	writeClock
)

type writeValue struct {
	kind writeKind
	n    int64  // number, days or seconds
	text []byte // text; of a clock the time as it stood in its file, if known
}

// Values are the named values of one record to be written. They belong to one WritePlan and are reused from
// record to record; texts are views that must stay until the record is written.
type Values struct {
	all []writeValue
}

// Reset blanks all values.
func (v *Values) Reset() { clear(v.all) }

// SetText sets UTF-8 text without padding; empty text is blank.
func (v *Values) SetText(s Slot, text []byte) {
	if s < 0 {
		return
	}
	if len(text) == 0 {
		v.all[s] = writeValue{}
		return
	}
	v.all[s] = writeValue{kind: writeText, text: text}
}

// SetNumber sets a whole number.
func (v *Values) SetNumber(s Slot, n int64) {
	if s >= 0 {
		v.all[s] = writeValue{kind: writeNumber, n: n}
	}
}

// SetDate sets a date; no date is blank.
func (v *Values) SetDate(s Slot, d calendar.Date) {
	if s < 0 {
		return
	}
	v.all[s] = writeValue{}
	if !d.IsZero() {
		v.all[s] = writeValue{kind: writeDate, n: int64(d)}
	}
}

// SetClock sets a time of day; calendar.NoTime is blank. A text field writes raw, the time as it once stood
// in a file, or HH:MM:SS where raw is empty; a time field writes its own form.
func (v *Values) SetClock(s Slot, c calendar.Clock, raw []byte) {
	if s < 0 {
		return
	}
	v.all[s] = writeValue{}
	if c != calendar.NoTime {
		v.all[s] = writeValue{kind: writeClock, n: int64(c), text: raw}
	}
}

// Blank takes a value away.
func (v *Values) Blank(s Slot) {
	if s >= 0 {
		v.all[s] = writeValue{}
	}
}
