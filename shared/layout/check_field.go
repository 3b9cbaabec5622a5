package layout

import (
	"slices"
	"strconv"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// field checks one column.
func (c *checker) field(rec *Record, f *Field, at string) {
	c.oneOf(at+".align", f.Align, "left", "right")
	c.oneOf(at+".pad", f.Pad, "space", "zero", "wide", "none")
	c.form(f, at)
	if f.Type == TypeNumber {
		c.sign(rec, f, at)
	} else if f.Sign != "" || f.SignField != "" || f.Decimals != 0 || f.Scale != 0 || f.Thousands {
		c.fault(fault.LayoutField, at,
			"sign, sign_field, decimals, scale and thousands are for fields of type number")
	}
	if f.Pad == "wide" && (f.Type != "" && f.Type != TypeText && f.Type != TypeFiller ||
		c.width("\u3000") != 2) {
		c.fault(fault.LayoutField, at+".pad", "wide pads texts in cp932 and euc-jp only")
	}
	if f.Truncate && f.Type != "" && f.Type != TypeText {
		c.fault(fault.LayoutField, at+".truncate", "only a text may be cut")
	}
	if f.Default != nil && f.Lookup == nil {
		c.fault(fault.LayoutField, at+".default",
			"default stands for what lookup lacks, but there is no lookup")
	}
	if f.Lookup != nil {
		c.lookup(f, at+".lookup")
	}
	if f.Constant != nil {
		c.text(*f.Constant, f, at+".constant", "constant")
	}
}

func (c *checker) form(f *Field, at string) {
	ok := true
	switch f.Type {
	case TypeDate:
		if f.Form != "" {
			_, ok = calendar.FormOf(f.Form)
		}
		if f.Form == "any" && c.options.Use == ForWriting {
			c.fault(fault.LayoutNotWritable, at+".form", "any does not say what to write; name one form")
		}
	case TypeTime:
		if f.Form != "" {
			_, ok = calendar.ClockFormOf(f.Form)
		}
	case "", TypeText, TypeNumber, TypeFiller:
		ok = f.Form == ""
	default:
		c.fault(fault.LayoutField, at+".type", "%q is none of text, number, date, time, filler", f.Type)
		return
	}
	if !ok {
		c.fault(fault.LayoutField, at+".form",
			"%q is no form of a field of type %s", f.Form, orDefault(f.Type, TypeText))
	}
}

func (c *checker) sign(rec *Record, f *Field, at string) {
	c.oneOf(at+".sign", f.Sign, "none", "lead_minus", "lead_sign", "trail_sign", "overpunch", "overpunch_mf")
	if f.SignField == "" {
		if f.Negative != nil || f.Positive != nil {
			c.fault(fault.LayoutField, at,
				"negative and positive are the values of a sign_field, which is missing")
		}
		return
	}
	if f.Sign != "" && f.Sign != "none" {
		c.fault(fault.LayoutField, at+".sign", "a number has a sign of its own or a sign_field, not both")
	}
	found := false
	for i := range rec.Fields {
		found = found || rec.Fields[i].Name == f.SignField && rec.Fields[i].Type != TypeFiller
	}
	if !found || f.SignField == f.Name {
		c.fault(fault.LayoutField, at+".sign_field",
			"the record %s has no other field %q", rec.Kind, f.SignField)
	}
	negative, positive := f.Negative, f.Positive
	if negative == nil {
		negative = []string{"2"}
	}
	if positive == nil {
		positive = []string{"1"}
	}
	for _, v := range negative {
		if slices.Contains(positive, v) {
			c.fault(fault.LayoutField, at+".sign_field", "the value %q means both plus and minus", v)
		}
	}
}

// lookup: each text means something, and, on writing, each value has one text.
func (c *checker) lookup(f *Field, at string) {
	if len(f.Lookup) == 0 {
		c.fault(fault.LayoutField, at, "the lookup is empty")
	}
	if c.options.Use != ForWriting {
		return
	}
	for _, text := range sortedKeys(f.Lookup) {
		c.text(text, f, at, "lookup")
	}
	c.invertible(f.Lookup, at)
}

func (c *checker) invertible(lookup map[string]string, at string) {
	back := make(map[string]string, len(lookup))
	for _, text := range sortedKeys(lookup) {
		value := lookup[text]
		if first, twice := back[value]; twice {
			c.fault(fault.LayoutNotWritable, at,
				"%q and %q both stand for %q, so it cannot be written; keep one of them", first, text, value)
			continue
		}
		back[value] = text
	}
}

// text checks something that is written as it stands.
func (c *checker) text(text string, f *Field, at, what string) {
	n := c.width(text)
	switch {
	case n < 0:
		c.fault(fault.LayoutUnencodable, at,
			"the %s %q cannot be written in %s", what, text, c.layout.Encoding)
	case c.fixed && f.Width > 0 && n > f.Width:
		c.fault(fault.LayoutUnencodable, at,
			"the %s %q has %d bytes, but the field has %d", what, text, n, f.Width)
	}
}

// discriminator: records are told apart by ids that stand at one place inside each of them.
func (c *checker) discriminator() {
	d := c.layout.Discriminator
	if d == nil {
		c.withoutDiscriminator()
		return
	}
	if !c.discriminatorPlace(d) {
		return
	}
	owner := make(map[string]int)
	for i := range c.layout.Records {
		rec := &c.layout.Records[i]
		if rec.Kind == KindTitles {
			continue
		}
		at := "records[" + strconv.Itoa(i) + "]"
		if len(rec.IDs) == 0 {
			c.fault(fault.LayoutDiscriminator, at, "the record %s has no ids", rec.Kind)
		}
		if !c.fixed && d.Column > len(rec.Fields) {
			c.fault(fault.LayoutDiscriminator, at,
				"the record %s has %d fields, the discriminator is column %d",
				rec.Kind, len(rec.Fields), d.Column)
		}
		for j, id := range rec.IDs {
			c.id(d, owner, i, id, at+".ids["+strconv.Itoa(j)+"]")
		}
		c.discriminatorField(d, rec, at)
	}
}

func (c *checker) withoutDiscriminator() {
	kinds := 0
	for i := range c.layout.Records {
		rec := &c.layout.Records[i]
		if rec.Kind != KindTitles {
			kinds++
		}
		if len(rec.IDs) > 0 {
			c.fault(fault.LayoutDiscriminator, "records["+strconv.Itoa(i)+"].ids",
				"ids need a discriminator in the layout")
		}
	}
	if kinds > 1 && c.options.Use == ForReading {
		c.fault(fault.LayoutDiscriminator, "records",
			"%d kinds of records, but no discriminator to tell them apart", kinds)
	}
}

func (c *checker) discriminatorPlace(d *Discriminator) bool {
	switch {
	case c.fixed && (d.At < 1 || d.Width < 1 || d.Column != 0):
		c.fault(fault.LayoutDiscriminator, "discriminator",
			"fixed records need at (from 1) and width, and no column")
	case c.fixed && d.At+d.Width-1 > c.layout.RecordLength:
		c.fault(fault.LayoutDiscriminator, "discriminator",
			"bytes %d to %d lie outside the record of %d bytes", d.At, d.At+d.Width-1, c.layout.RecordLength)
	case !c.fixed && (d.Column < 1 || d.At != 0 || d.Width != 0):
		c.fault(fault.LayoutDiscriminator, "discriminator",
			"%s records need column (from 1), and no at and width", c.layout.Format)
	default:
		return true
	}
	return false
}

func (c *checker) id(d *Discriminator, owner map[string]int, rec int, id, at string) {
	n := c.width(id)
	switch first, twice := owner[id]; {
	case n < 0:
		c.fault(fault.LayoutUnencodable, at, "the id %q cannot be written in %s", id, c.layout.Encoding)
	case c.fixed && n != d.Width:
		c.fault(fault.LayoutDiscriminator, at, "the id %q has %d bytes, the discriminator %d", id, n, d.Width)
	case twice:
		c.fault(fault.LayoutDiscriminator, at,
			"the id %q already belongs to the record %s", id, c.layout.Records[first].Kind)
	default:
		owner[id] = rec
	}
}

// discriminatorField: a constant that stands where the discriminator is must be one of the record's ids.
func (c *checker) discriminatorField(d *Discriminator, rec *Record, at string) {
	begin := 1
	for i := range rec.Fields {
		f := &rec.Fields[i]
		here := begin == d.At && f.Width == d.Width
		if !c.fixed {
			here = i+1 == d.Column
		}
		if here && f.Constant != nil && !slices.Contains(rec.IDs, *f.Constant) {
			c.fault(fault.LayoutDiscriminator, at+".fields["+strconv.Itoa(i)+"].constant",
				"the constant %q stands where the discriminator is, but is no id of the record", *f.Constant)
		}
		begin += f.Width
	}
}
