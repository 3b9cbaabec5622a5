package layout

import (
	"strings"

	"multipoint/shared/fault"
)

// readDerived gives the value of one name in one kind of record: the first alternative whose condition holds.
type readDerived struct {
	name         string
	alternatives []derivation
}

type derivation struct {
	condition *readCondition
	parts     []part
	lookup    map[string]string
	fallback  *string
	convert   func(dst, src []byte) ([]byte, bool)
}

// part is a literal, or a value by its place in the record.
type part struct {
	literal string
	at      int32 // -1 = literal
}

type readCondition struct {
	at    int32
	in    map[string]bool
	blank *bool
}

// compileDerived resolves the derived values for each kind of record. A value whose fields a kind of record
// lacks does not exist there.
func (r *Reading) compileDerived(converters Converters) error {
	for i := range r.records {
		rec := &r.records[i]
		if rec.kind == RecordTitles {
			continue
		}
		for j := range r.layout.Derived {
			d := &r.layout.Derived[j]
			alt, ok, err := compileDerivation(rec, d, converters)
			if err != nil {
				return err
			}
			if ok {
				rec.addDerived(d.Name, alt)
			}
		}
	}
	return nil
}

func (rec *readRecord) addDerived(name string, alt derivation) {
	for i := range rec.derived {
		if rec.derived[i].name == name {
			rec.derived[i].alternatives = append(rec.derived[i].alternatives, alt)
			return
		}
	}
	rec.derived = append(rec.derived, readDerived{name: name, alternatives: []derivation{alt}})
}

func compileDerivation(rec *readRecord, d *Derived, converters Converters) (derivation, bool, error) {
	out := derivation{lookup: d.Lookup, fallback: d.Default}
	names := d.Concat
	switch {
	case d.Constant != nil:
		out.parts = []part{{literal: *d.Constant, at: -1}}
	case d.From != "":
		names = []string{d.From}
	case len(d.Concat) == 0:
		return out, false, fault.New(fault.LayoutField, "derived "+d.Name+" has no constant, from or concat")
	}
	for _, n := range names {
		if len(n) >= 2 && strings.HasPrefix(n, "'") && strings.HasSuffix(n, "'") {
			out.parts = append(out.parts, part{literal: n[1 : len(n)-1], at: -1})
			continue
		}
		at := rec.earlier(n, d.Name)
		if at < 0 {
			return out, false, nil
		}
		out.parts = append(out.parts, part{at: at})
	}
	if d.Convert != "" {
		c, ok := converters[d.Convert]
		if !ok || c.Read == nil {
			return out, false, fault.New(fault.LayoutConverter, "converter "+d.Convert+" is not registered")
		}
		out.convert = c.Read
	}
	if d.When != nil {
		at := rec.earlier(d.When.Field, d.Name)
		if at < 0 {
			return out, false, nil
		}
		out.condition = &readCondition{at: at, blank: d.When.Blank}
		if len(d.When.In) > 0 {
			out.condition.in = make(map[string]bool, len(d.When.In))
			for _, v := range d.When.In {
				out.condition.in[v] = true
			}
		}
	}
	return out, true, nil
}

// earlier finds a field or a value derived before; a value of the same name means the field below it.
func (rec *readRecord) earlier(name, self string) int32 {
	if name != self {
		return rec.find(name)
	}
	return rec.column(name)
}

// derive appends the derived value to the record's arena.
func (rec *ReadRecord) derive(d *readDerived) ([]byte, fault.Code) {
	for i := range d.alternatives {
		a := &d.alternatives[i]
		if a.condition != nil && !rec.holds(a.condition) {
			continue
		}
		return rec.deriveOne(a)
	}
	return nil, 0
}

func (rec *ReadRecord) holds(c *readCondition) bool {
	text, code := rec.textAt(c.at)
	if code != 0 {
		return false
	}
	if c.blank != nil && *c.blank != (len(text) == 0) {
		return false
	}
	return c.in == nil || c.in[string(text)]
}

func (rec *ReadRecord) deriveOne(a *derivation) ([]byte, fault.Code) {
	var text []byte
	for i := range a.parts {
		p := &a.parts[i]
		var piece []byte
		if p.at < 0 {
			piece = rec.keepString(p.literal)
		} else {
			var code fault.Code
			if piece, code = rec.textAt(p.at); code != 0 {
				return nil, code
			}
		}
		if i == 0 {
			text = piece
		} else {
			text = rec.join(text, piece)
		}
	}
	if a.lookup != nil {
		v, ok := a.lookup[string(text)]
		switch {
		case ok:
			text = rec.keepString(v)
		case a.fallback != nil:
			text = rec.keepString(*a.fallback)
		case len(text) > 0:
			return nil, fault.LookupMissing
		}
	}
	if a.convert != nil {
		start := len(rec.arena)
		out, ok := a.convert(rec.arena, text)
		if !ok {
			return nil, fault.LookupMissing
		}
		rec.arena = out
		text = out[start:len(out):len(out)]
	}
	return text, 0
}
