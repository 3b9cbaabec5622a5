package layout

import (
	"strings"

	"multipoint/shared/fault"
)

// failed marks a derived text that could not be computed.
const failed = 1

// maxDerived is the longest derived text, in bytes of UTF-8; a longer one counts as one that cannot be
// written.
const maxDerived = 64 << 10

// writeDerived is a derived value compiled for writing. Lookup and parts work as they do in reading; the
// converter runs towards the file.
type writeDerived struct {
	slot    Slot
	parts   []writePart
	lookup  map[string]string
	back    map[string]string // the lookup turned round
	convert func(dst, src []byte) ([]byte, bool)
	when    *writeCondition
	field   Slot // of from, NoSlot for constants and concatenations: the way back leads there
	other   *string
}

// writePart is a literal or a value.
type writePart struct {
	literal string
	slot    Slot // NoSlot = literal
}

type writeCondition struct {
	slot  Slot
	in    map[string]bool
	blank *bool
}

// writeBack is a way from a derived value back to the column that it is read from.
type writeBack struct {
	from    Slot
	derived int32
}

func (p *WritePlan) compileDerived(conv Converters) error {
	for i := range p.layout.Derived {
		m := &p.layout.Derived[i]
		d := writeDerived{slot: p.slot(m.Name), lookup: m.Lookup, other: m.Default, field: NoSlot}
		if m.Lookup != nil {
			d.back = invert(m.Lookup)
		}
		switch {
		case m.Constant != nil:
			d.parts = []writePart{{literal: *m.Constant, slot: NoSlot}}
		case m.From != "":
			d.field = p.slot(m.From)
			d.parts = []writePart{{slot: d.field}}
		case len(m.Concat) > 0:
			d.parts = p.compileConcat(m.Concat)
		default:
			return fault.At(fault.LayoutField, fault.Place{Field: m.Name},
				"it has no constant, from or concat")
		}
		if m.Convert != "" {
			c, ok := conv[m.Convert]
			if !ok {
				return fault.At(fault.LayoutConverter, fault.Place{Field: m.Name},
					"no converter "+m.Convert+" is registered")
			}
			if c.Write == nil {
				return fault.At(fault.LayoutNotWritable, fault.Place{Field: m.Name},
					"converter "+m.Convert+" cannot write")
			}
			d.convert = c.Write
		}
		if m.When != nil {
			d.when = &writeCondition{slot: p.slot(m.When.Field), blank: m.When.Blank}
			if len(m.When.In) > 0 {
				d.when.in = make(map[string]bool, len(m.When.In))
				for _, text := range m.When.In {
					d.when.in[text] = true
				}
			}
		}
		p.derived = append(p.derived, d)
	}
	return nil
}

func (p *WritePlan) compileConcat(concat []string) []writePart {
	parts := make([]writePart, 0, len(concat))
	for _, c := range concat {
		if len(c) >= 2 && strings.HasPrefix(c, "'") && strings.HasSuffix(c, "'") {
			parts = append(parts, writePart{literal: c[1 : len(c)-1], slot: NoSlot})
		} else {
			parts = append(parts, writePart{slot: p.slot(c)})
		}
	}
	return parts
}

// compileSources finds which derived values the record's columns are computed from, and the ways back from
// derived values that have no column. A value read from its own column goes back the same way.
func (p *WritePlan) compileSources(rec *writeRecord) {
	onWire := make([]bool, len(p.names))
	needed := make([]bool, len(p.names))
	for i := range rec.fields {
		if rec.fields[i].literal == nil {
			onWire[rec.fields[i].slot] = true
			needed[rec.fields[i].slot] = true
		}
	}
	for i := len(p.derived) - 1; i >= 0; i-- {
		d := &p.derived[i]
		if !needed[d.slot] || d.field == d.slot && onWire[d.slot] {
			continue
		}
		rec.derived = append([]int32{int32(i)}, rec.derived...)
		for _, part := range d.parts {
			if part.slot != NoSlot {
				needed[part.slot] = true
			}
		}
		if d.when != nil {
			needed[d.when.slot] = true
		}
	}
	for i := range rec.fields {
		f := &rec.fields[i]
		for j := range p.derived {
			d := &p.derived[j]
			if d.field == f.slot && (!onWire[d.slot] || d.slot == f.slot) && !p.derives(rec, d.slot) {
				f.back = append(f.back, writeBack{from: d.slot, derived: int32(j)})
			}
		}
	}
}

// derive computes the derived values that the record needs; the first of a name whose condition holds gives
// it.
func (w *Writer) derive(rec *writeRecord, v *Values) {
	for _, i := range rec.derived {
		d := &w.plan.derived[i]
		if w.computed[d.slot].kind != writeBlank || d.when != nil && !w.holds(d.when, v) {
			continue
		}
		start := len(w.arena)
		ok := w.join(d, v) && len(w.arena)-start <= maxDerived
		text := w.arena[start:]
		if ok && d.lookup != nil {
			if text, ok = w.looked(d, text); ok {
				w.arena = append(w.arena[:start], text...)
				text = w.arena[start:]
			}
		}
		if ok && d.convert != nil {
			start = len(w.arena)
			if w.arena, ok = d.convert(w.arena, text); ok {
				text = w.arena[start:]
			}
		}
		w.computed[d.slot] = writeValue{kind: writeText, text: text[:len(text):len(text)]}
		if !ok {
			w.computed[d.slot] = writeValue{kind: writeText, n: failed}
		}
	}
}

// join appends the parts to the arena; false if one of them could not be computed.
func (w *Writer) join(d *writeDerived, v *Values) bool {
	for _, part := range d.parts {
		if part.slot == NoSlot {
			w.arena = append(w.arena, part.literal...)
			continue
		}
		val := w.get(part.slot, v)
		if val.kind == writeText && val.n == failed {
			return false
		}
		w.arena = append(w.arena, w.textOf(val)...)
	}
	return true
}

func (w *Writer) looked(d *writeDerived, text []byte) ([]byte, bool) {
	if to, ok := d.lookup[string(text)]; ok {
		return append(w.text[:0], to...), true
	}
	if d.other != nil {
		return append(w.text[:0], *d.other...), true
	}
	return text, len(text) == 0
}

// forget takes the derived values away before the next record.
func (w *Writer) forget(rec *writeRecord) {
	for _, i := range rec.derived {
		w.computed[w.plan.derived[i].slot] = writeValue{}
	}
}

func (w *Writer) holds(c *writeCondition, v *Values) bool {
	text := w.textOf(w.get(c.slot, v))
	if c.blank != nil && *c.blank != (len(text) == 0) {
		return false
	}
	return c.in == nil || c.in[string(text)]
}

// get gives a derived value, or else the caller's.
func (w *Writer) get(s Slot, v *Values) writeValue {
	if c := w.computed[s]; c.kind != writeBlank {
		return c
	}
	return v.all[s]
}

// value gives what a column shows: its derived value, the caller's value of its name, or a way back from a
// value that is read from it. The fault is OutletUnencodable.
func (w *Writer) value(f *writeField, v *Values) (writeValue, fault.Code) {
	c := w.computed[f.slot]
	if c.kind != writeBlank {
		switch {
		case len(c.text) > 0:
			return c, 0
		case c.n == failed:
			return c, fault.OutletUnencodable
		}
		return writeValue{}, 0
	}
	own := v.all[f.slot]
	for _, b := range f.back {
		d := &w.plan.derived[b.derived]
		if b.from == f.slot && (d.when != nil && !w.holds(d.when, v)) || own.kind != writeBlank &&
			b.from != f.slot {
			continue
		}
		val := w.get(b.from, v)
		if val.kind == writeBlank || val.kind == writeText && len(val.text) == 0 {
			continue
		}
		return w.wayBack(d, val)
	}
	return own, 0
}

// wayBack undoes a derivation: first its converter, then its lookup.
func (w *Writer) wayBack(d *writeDerived, val writeValue) (writeValue, fault.Code) {
	if d.convert == nil && d.back == nil {
		return val, 0
	}
	text := w.textOf(val)
	if d.convert != nil {
		start := len(w.arena)
		out, ok := d.convert(w.arena, text)
		if !ok {
			return val, fault.OutletUnencodable
		}
		w.arena = out
		text = out[start:]
	}
	if d.back != nil {
		to, ok := d.back[string(text)]
		if !ok {
			return val, fault.OutletUnencodable
		}
		w.text = append(w.text[:0], to...)
		text = w.text
	}
	if len(text) == 0 {
		return writeValue{}, 0
	}
	return writeValue{kind: writeText, text: text}, 0
}
