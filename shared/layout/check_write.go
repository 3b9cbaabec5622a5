package layout

import (
	"slices"
	"strconv"

	"multipoint/shared/fault"
)

func allWriteNames() []string {
	return slices.Concat(WriteNames(), WriteFileNames(), WriteTotalNames())
}

// givenIn are the values that the engine gives for records of one kind.
func givenIn(kind string) []string {
	if kind == KindReceipt || kind == KindReturn {
		return slices.Concat(WriteNames(), WriteFileNames())
	}
	return slices.Concat(WriteFileNames(), WriteTotalNames())
}

// writing: each column has a value to write, and a grant's record tells card and points.
func (c *checker) writing() {
	for i := range c.layout.Records {
		rec := &c.layout.Records[i]
		if rec.Kind == KindTitles {
			continue
		}
		at := "records[" + strconv.Itoa(i) + "]"
		given, needed := givenIn(rec.Kind), c.fromCaller(rec)
		for _, name := range needed {
			if !slices.Contains(given, name) {
				c.fault(fault.LayoutField, c.pathOf(rec, name, at),
					"the record %s needs %q, which nobody gives; give it a constant, derive it, or correct "+
						"the name", rec.Kind, name)
			}
		}
		if rec.Kind != KindReceipt && rec.Kind != KindReturn {
			continue
		}
		for _, name := range []string{"card", "points"} {
			if !slices.Contains(needed, name) {
				c.fault(fault.LayoutRecord, at,
					"the record %s does not tell %s; add a field %s", rec.Kind, name, name)
			}
		}
	}
	c.pointsField()
	c.backwards()
}

// Writes says whether records of that kind are computed from a value that the caller gives, directly or
// through derived values.
func (l *Layout) Writes(kind, name string) bool {
	c := checker{layout: l, fixed: l.Format == "fixed", options: CheckOptions{Use: ForWriting}}
	return slices.ContainsFunc(l.Records, func(rec Record) bool {
		return rec.Kind == kind && slices.Contains(c.fromCaller(&rec), name)
	})
}

// pointsField: points and totals are numbers.
func (c *checker) pointsField() {
	numbers := append([]string{"points", "sequence", "amount_incl", "file_no"}, WriteTotalNames()...)
	for i := range c.layout.Records {
		for j := range c.layout.Records[i].Fields {
			f := &c.layout.Records[i].Fields[j]
			text := f.Type == "" || f.Type == TypeText || f.Type == TypeNumber || f.Type == TypeFiller
			if !text && slices.Contains(numbers, f.Name) || f.Name == "points" && f.Type != TypeNumber {
				c.fault(fault.LayoutField, "records["+strconv.Itoa(i)+"].fields["+strconv.Itoa(j)+"].name",
					"%s is a number; say type: number", f.Name)
			}
		}
	}
}

func (c *checker) pathOf(rec *Record, name, at string) string {
	for j := range rec.Fields {
		if rec.Fields[j].Name == name {
			return at + ".fields[" + strconv.Itoa(j) + "].name"
		}
	}
	return at
}

// fromCaller gives the values that the columns of a record are computed from in the end: neither constant,
// nor ids, nor signs, nor derived. In order of columns.
func (c *checker) fromCaller(rec *Record) []string {
	signs := make(map[string]bool)
	for i := range rec.Fields {
		signs[rec.Fields[i].SignField] = true
	}
	o := origins{layout: c.layout, given: givenIn(rec.Kind), seen: make(map[string]bool)}
	for i := range rec.Fields {
		f := &rec.Fields[i]
		switch {
		case f.Type == TypeFiller || f.Constant != nil || f.Name == "" || signs[f.Name]:
		case c.layout.Discriminator != nil && len(rec.IDs) > 0 && c.atDiscriminator(c.layout.Discriminator,
			rec, f.Name):
		default:
			o.follow(f.Name)
		}
	}
	return o.names
}

// origins follows derived values to what the caller gives: forward through a derivation of the name, or back
// through one from it.
type origins struct {
	layout *Layout
	given  []string
	seen   map[string]bool
	names  []string
}

func (o *origins) follow(name string) {
	if o.seen[name] {
		return
	}
	o.seen[name] = true
	found, self := false, false
	for i := range o.layout.Derived {
		d := &o.layout.Derived[i]
		if d.Name != name {
			continue
		}
		found = true
		for _, ref := range d.references() {
			self = self || ref == name
			o.follow(ref)
		}
	}
	if found && !self {
		return
	}
	if !slices.Contains(o.given, name) {
		for i := range o.layout.Derived {
			if d := &o.layout.Derived[i]; d.From == name && slices.Contains(o.given, d.Name) {
				name = d.Name
				break
			}
		}
	}
	if !slices.Contains(o.names, name) {
		o.names = append(o.names, name)
	}
}

// backwards: a column that is written through a derivation from it needs the lookup to lead back.
func (c *checker) backwards() {
	given := allWriteNames()
	for i := range c.layout.Derived {
		d := &c.layout.Derived[i]
		if d.From != "" && d.Lookup != nil && c.fields[d.From] && !slices.Contains(given, d.From) &&
			slices.Contains(given, d.Name) {
			c.invertible(d.Lookup, "derived["+strconv.Itoa(i)+"].lookup")
		}
	}
}
