package layout

import (
	"slices"
	"strconv"

	"multipoint/shared/fault"
)

// control: what the trailer declares can be counted and summed up (R4).
func (c *checker) control() {
	l := c.layout
	for i, kind := range l.Control.Counts {
		if !c.hasRecord(kind) {
			c.fault(fault.LayoutRecord, "control.counts["+strconv.Itoa(i)+"]",
				"there is no record of kind %q", kind)
		}
	}
	if len(l.Control.Counts) > 0 && !c.declared("count") {
		c.fault(fault.LayoutRecord, "control.counts", "neither trailer nor end has a number field count")
	}
	if (l.Control.Total != "" || l.Control.As != "") && !c.declared("total") {
		c.fault(fault.LayoutRecord, "control", "neither trailer nor end has a number field total")
	}
	if l.Control.Total != "" && !c.hasNumber(l.Control.Total) {
		c.fault(fault.LayoutField, "control.total",
			"no receipt or item record has a number field %q", l.Control.Total)
	}
	if l.Control.Total == "" && c.options.Use == ForReading && c.declared("total") &&
		!c.hasNumber("amount_incl") {
		c.fault(fault.LayoutField, "records",
			"the trailer's total sums up amount_incl, which is no number field; name another one in "+
				"control.total")
	}
	if l.Batches == "many" && !c.hasRecord(KindHeader) && !c.hasRecord(KindTrailer) {
		c.fault(fault.LayoutRecord, "batches", "several batches need a header or a trailer between them")
	}
}

func (c *checker) hasRecord(kind string) bool {
	return slices.ContainsFunc(c.layout.Records, func(r Record) bool { return r.Kind == kind })
}

// declared says whether trailer or end have the number field, and reports one that is no number.
func (c *checker) declared(name string) bool {
	return c.numberIn(name, KindTrailer) || c.numberIn(name, KindEnd)
}

func (c *checker) hasNumber(name string) bool {
	return c.numberIn(name, KindReceipt) || c.numberIn(name, KindItem)
}

func (c *checker) numberIn(name, kind string) bool {
	for i := range c.layout.Records {
		if c.layout.Records[i].Kind != kind {
			continue
		}
		for j := range c.layout.Records[i].Fields {
			if f := &c.layout.Records[i].Fields[j]; f.Name == name && f.Type == TypeNumber {
				return true
			}
		}
	}
	return false
}

// derived checks each derivation by itself, and that its references exist where it is used.
func (c *checker) derived() {
	for i := range c.layout.Derived {
		d := &c.layout.Derived[i]
		at := "derived[" + strconv.Itoa(i) + "]"
		ways := 0
		for _, set := range []bool{d.Constant != nil, d.From != "", len(d.Concat) > 0} {
			if set {
				ways++
			}
		}
		if ways != 1 {
			c.fault(fault.LayoutField, at, "%q needs exactly one of constant, from and concat", d.Name)
		}
		if d.Lookup != nil && len(d.Lookup) == 0 {
			c.fault(fault.LayoutField, at+".lookup", "the lookup is empty")
		}
		if d.Default != nil && d.Lookup == nil {
			c.fault(fault.LayoutField, at+".default",
				"default stands for what lookup lacks, but there is no lookup")
		}
		if d.Convert != "" && (c.options.Converter == nil || !c.options.Converter(d.Convert)) {
			c.fault(fault.LayoutConverter, at+".convert", "no converter %q is registered", d.Convert)
		}
		if d.When != nil && len(d.When.In) == 0 && d.When.Blank == nil {
			c.fault(fault.LayoutField, at+".when", "the condition needs in or blank")
		}
		c.shadowed(i, at)
		c.references(i, at)
	}
}

// shadowed: after a derivation without a condition, no other one of that name is ever reached.
func (c *checker) shadowed(i int, at string) {
	for j := range i {
		earlier := &c.layout.Derived[j]
		if earlier.Name == c.layout.Derived[i].Name && earlier.When == nil && c.sameRecords(earlier,
			&c.layout.Derived[i]) {
			c.fault(fault.LayoutField, at,
				"%q is never reached: derivation %d of that name has no condition", earlier.Name, j+1)
			return
		}
	}
}

// sameRecords says whether a exists in each kind of record in which b does.
func (c *checker) sameRecords(a, b *Derived) bool {
	for _, known := range c.known {
		if c.resolves(known, b) && !c.resolves(known, a) {
			return false
		}
	}
	return true
}

func (c *checker) resolves(known map[string]bool, d *Derived) bool {
	return !slices.ContainsFunc(d.references(), func(ref string) bool { return !known[ref] })
}

// references: some kind of record has all that the derivation is computed from. Values are derived in order,
// so one may only use fields and what was derived before it; cycles cannot be.
func (c *checker) references(i int, at string) {
	d := &c.layout.Derived[i]
	for _, ref := range d.references() {
		if c.exists(ref, d.Name, i) {
			continue
		}
		later := slices.ContainsFunc(c.layout.Derived[i:], func(o Derived) bool { return o.Name == ref })
		if later {
			c.fault(fault.LayoutField, at,
				"%q is computed from %q, which is derived later or from itself; change their order",
				d.Name, ref)
		} else {
			c.fault(fault.LayoutField, at,
				"%q is computed from %q, which no field and no derived value has", d.Name, ref)
		}
		return
	}
	if slices.ContainsFunc(c.known, func(known map[string]bool) bool { return c.resolves(known, d) }) {
		return
	}
	if c.options.Use == ForReading {
		c.fault(fault.LayoutField, at, "no kind of record has all that %q is computed from", d.Name)
	}
}

// exists says whether ref is a field, a value derived before, or, on writing, one that the caller gives.
func (c *checker) exists(ref, self string, before int) bool {
	if c.fields[ref] || c.options.Use == ForWriting && slices.Contains(allWriteNames(), ref) {
		return true
	}
	return ref != self && slices.ContainsFunc(c.layout.Derived[:before],
		func(o Derived) bool { return o.Name == ref })
}

// reading: each receipt yields what the common layout cannot do without, and no field is read for nothing.
func (c *checker) reading() {
	l := c.layout
	if !c.hasRecord(KindReceipt) {
		return
	}
	missing := func(what string, names ...string) {
		if !slices.ContainsFunc(names, l.Yields) {
			c.fault(fault.LayoutField, "records",
				"no receipt record yields %s; add a field or a derived value", what)
		}
	}
	missing("business_date", "business_date")
	missing("receipt", "receipt")
	missing("amount_incl or points_given", "amount_incl", "points_given")
	if !c.options.CardOptional {
		missing("card or member_no (or declare the feed card_optional)", "card", "member_no")
	}
	for i := range l.Records {
		rec := &l.Records[i]
		if rec.Kind != KindReceipt && rec.Kind != KindItem {
			continue
		}
		c.itemColumns(rec, i)
		for j := range rec.Fields {
			f := &rec.Fields[j]
			if f.Type != TypeFiller && f.Name != "" && !c.isRead(rec, f.Name) {
				c.fault(fault.LayoutField, "records["+strconv.Itoa(i)+"].fields["+strconv.Itoa(j)+"].name",
					"%q is no name of the common layout and nothing is derived from it; correct it, or make "+
						"it filler", f.Name)
			}
		}
	}
}

// itemColumns: items in columns are numbered from 1 without gaps, each with a product.
func (c *checker) itemColumns(rec *Record, i int) {
	for j := range rec.Fields {
		n, _, ok := itemName(rec.Fields[j].Name)
		for ; ok && n >= 1; n-- {
			product := "items." + strconv.Itoa(n) + ".product"
			if !c.known[i][product] {
				c.fault(fault.LayoutField, "records["+strconv.Itoa(i)+"].fields["+strconv.Itoa(j)+"].name",
					"items are numbered from 1 without gaps, but there is no %s", product)
				break
			}
		}
	}
}

// isRead says whether a field's value goes anywhere.
func (c *checker) isRead(rec *Record, name string) bool {
	_, _, inColumns := itemName(name)
	switch {
	case rec.Kind == KindReceipt && slices.Contains(ReadNames(), name), name == c.layout.Control.Total:
		return true
	case (rec.Kind == KindItem || c.options.Flat) && slices.Contains(ReadItemNames(), name):
		return true
	case inColumns && rec.Kind == KindReceipt && !c.options.Flat, c.used[name]:
		return true
	}
	d := c.layout.Discriminator
	return d != nil && c.atDiscriminator(d, rec, name)
}

func (c *checker) atDiscriminator(d *Discriminator, rec *Record, name string) bool {
	begin := 1
	for i := range rec.Fields {
		f := &rec.Fields[i]
		inside := begin <= d.At && d.At < begin+f.Width
		if !c.fixed {
			inside = i+1 == d.Column
		}
		if inside && f.Name == name {
			return true
		}
		begin += f.Width
	}
	return false
}
