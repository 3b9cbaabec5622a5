package layout

import (
	"maps"
	"slices"
	"strconv"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// Widths of written dates and times are tried with these.
const (
	sampleDate  calendar.Date  = 20779 // 2026-11-22
	sampleClock calendar.Clock = 25*3600 + 30*60
)

func (p *WritePlan) compileField(m *Field) (writeField, error) {
	f := writeField{name: m.Name, slot: p.slot(m.Name), signOf: -1, truncate: m.Truncate}
	if p.fixed {
		f.width = m.Width
		if m.Width <= 0 {
			return f, fault.At(fault.LayoutWidths, fault.Place{Field: m.Name}, "a fixed column needs a width")
		}
	}
	if err := p.compileType(&f, m); err != nil {
		return f, err
	}
	if err := p.compileAlign(&f, m); err != nil {
		return f, err
	}
	empty := ""
	if len(m.Empty) > 0 {
		empty = m.Empty[0]
	}
	var err error
	if f.blank, err = p.blankLiteral(&f, empty); err != nil {
		return f, err
	}
	if err := p.compileLookup(&f, m); err != nil {
		return f, err
	}
	switch {
	case m.Constant != nil:
		f.literal, err = p.literal(&f, *m.Constant)
	case m.Type == TypeFiller || m.Name == "":
		f.literal, err = p.literal(&f, "")
	}
	return f, err
}

func (p *WritePlan) compileType(f *writeField, m *Field) error {
	var sample []byte
	var ok bool
	switch m.Type {
	case "", TypeText, TypeFiller:
	case TypeNumber:
		f.kind = columnNumber
		return compileWriteNumber(f, m, p.fixed)
	case TypeDate:
		f.kind = columnDate
		if f.date, ok = p.dateForm(m); !ok {
			return fieldFault(m, "the date form "+m.Form+" is not known, or does not say what to write")
		}
		sample, _ = calendar.AppendDate(nil, f.date, sampleDate)
	case TypeTime:
		f.kind = columnClock
		if f.clock, ok = p.clockForm(m); !ok {
			return fieldFault(m, "the time form "+m.Form+" is not known, or does not say what to write")
		}
		sample, _ = calendar.AppendClock(nil, f.clock, sampleClock)
	default:
		return fieldFault(m, "the type "+m.Type+" is not known")
	}
	if p.fixed && len(sample) > m.Width {
		return fault.At(fault.LayoutWidths, fault.Place{Field: m.Name},
			"the form takes "+strconv.Itoa(len(sample))+" bytes")
	}
	return nil
}

// dateForm chooses what any means by the column's width.
func (p *WritePlan) dateForm(m *Field) (calendar.Form, bool) {
	if m.Form != "any" || !p.fixed || m.Width >= 10 {
		return calendar.FormOf(m.Form)
	}
	return calendar.YYYYMMDD, m.Width >= 8
}

func (p *WritePlan) clockForm(m *Field) (calendar.ClockForm, bool) {
	if m.Form != "any" && m.Form != "" || !p.fixed || m.Width >= 8 {
		return calendar.ClockFormOf(m.Form)
	}
	switch m.Width {
	case 6, 7:
		return calendar.HHMMSS, true
	case 5:
		return calendar.HHMMColon, true
	}
	return calendar.HHMM, m.Width == 4
}

func (p *WritePlan) compileAlign(f *writeField, m *Field) error {
	switch m.Align {
	case "":
		f.right = f.kind == columnNumber
	case "left", "right":
		f.right = m.Align == "right"
	default:
		return fieldFault(m, "align "+m.Align+" is neither left nor right")
	}
	switch m.Pad {
	case "":
		f.pad = padSpace
		if f.kind == columnNumber && f.right {
			f.pad = padZero
		}
	case "space":
	case "zero":
		f.pad = padZero
	case "wide":
		f.pad = padWide
	case "none":
		f.pad = padNone
	default:
		return fieldFault(m, "pad "+m.Pad+" is none of space, zero, wide, none")
	}
	if f.pad == padWide && p.wide == nil {
		return fieldFault(m, "full-width spaces have no fixed width in "+p.layout.Encoding)
	}
	if f.kind == columnNumber && (f.pad == padWide || f.pad == padZero && !f.right) {
		return fieldFault(m, "a number padded in this way could not be read back")
	}
	return nil
}

// blankLiteral is what stands for no value: the layout's text for it, or padding; zeros would be a value.
func (p *WritePlan) blankLiteral(f *writeField, empty string) ([]byte, error) {
	if empty != "" {
		return p.literal(f, empty)
	}
	spaces := *f
	if f.pad == padZero {
		spaces.pad = padSpace
	}
	return p.literal(&spaces, "")
}

// literal renders a text known beforehand as the column shows it. A number written as plain digits in a
// number column gets that column's sign and padding.
func (p *WritePlan) literal(f *writeField, text string) ([]byte, error) {
	w := p.NewWriter(nil)
	var ok bool
	if n, isNumber := parsePlain([]byte(text)); isNumber && f.kind == columnNumber {
		w.buf, ok = w.appendNumber(w.buf, f, n)
	} else {
		plain := *f
		plain.kind, plain.truncate = columnText, false
		if text == "" {
			w.appendBlank(&plain)
			ok = true
		} else {
			ok = w.appendText(&plain, []byte(text)) == 0
		}
	}
	if !ok {
		return nil, fault.At(fault.LayoutUnencodable, fault.Place{Field: f.name},
			strconv.Quote(text)+" cannot be written in "+p.layout.Encoding+", or is too wide")
	}
	return append([]byte{}, w.buf...), nil
}

// compileLookup turns the lookup round. Where several texts of the file stand for one value, the bytewise
// smallest is written.
func (p *WritePlan) compileLookup(f *writeField, m *Field) error {
	if m.Lookup == nil {
		return nil
	}
	back := invert(m.Lookup)
	f.lookup = make(map[string][]byte, len(back))
	for _, value := range slices.Sorted(maps.Keys(back)) {
		rendered, err := p.literal(f, back[value])
		if err != nil {
			return err
		}
		f.lookup[value] = rendered
	}
	return nil
}

// invert turns a lookup round, the bytewise smallest key first.
func invert(lookup map[string]string) map[string]string {
	back := make(map[string]string, len(lookup))
	for _, k := range slices.Sorted(maps.Keys(lookup)) {
		if _, twice := back[lookup[k]]; !twice {
			back[lookup[k]] = k
		}
	}
	return back
}
