package outlet

import (
	"multipoint/shared/calendar"
	"multipoint/shared/layout"
)

// Checker says whether the outlet can write an entry. It is for one goroutine; make one for each.
type Checker struct {
	outlet *Outlet
	writer *layout.Writer
	values *layout.Values
	// known are shapes that were checked and can be written: in a layout without lookups and derived values
	// the answer for texts of letters and digits depends on nothing but their lengths.
	known map[shape]bool
}

// shape is what the answer depends on for an entry whose texts are letters and digits.
type shape struct {
	date     calendar.Date
	clock    uint8 // bits: none, past midnight, with seconds, raw
	isReturn bool
	amount   uint8 // decimal digits
	lengths  [6]uint8
}

// maxShapes bounds the memory of a checker.
const maxShapes = 4096

// NewChecker makes a checker.
func (o *Outlet) NewChecker() *Checker {
	c := &Checker{outlet: o, writer: o.plan.NewWriter(nil), values: o.plan.NewValues()}
	if o.plan.Plain() {
		c.known = make(map[shape]bool)
	}
	return c
}

// Check says whether the provider's file can hold the entry's texts and amount (R4, R18); if not, it names
// the field. Points are not looked at: they are not known yet when this is asked.
func (c *Checker) Check(e *Entry) (field string, ok bool) {
	if c.known == nil {
		return c.check(e)
	}
	s, simple := c.shapeOf(e)
	if simple && c.known[s] {
		return "", true
	}
	field, ok = c.check(e)
	if ok && simple && len(c.known) < maxShapes {
		c.known[s] = true
	}
	return field, ok
}

// shapeOf gives an entry's shape; false if a text that the file shows holds more than letters and digits, or
// is long.
func (c *Checker) shapeOf(e *Entry) (shape, bool) {
	s := shape{date: e.Date, isReturn: e.IsReturn}
	slots := &c.outlet.slots
	shown := [...]layout.Slot{
		slots.card, slots.time, slots.store, slots.register, slots.receipt, slots.member,
	}
	for i, text := range [...][]byte{e.Number, e.TimeRaw, e.Store, e.Register, e.Receipt, e.MemberNo} {
		if shown[i] == layout.NoSlot {
			continue
		}
		if len(text) > 255 {
			return s, false
		}
		s.lengths[i] = uint8(len(text))
		for _, b := range text {
			if !alphanumeric(b) && (b != ':' || i != 1) {
				return s, false
			}
		}
	}
	switch {
	case e.Time == calendar.NoTime:
		s.clock = 1
	case e.Time >= 24*3600:
		s.clock = 2
	}
	if e.Time%60 != 0 {
		s.clock |= 4
	}
	if e.AmountIncl < 0 {
		return s, false
	}
	for v := e.AmountIncl; v > 0; v /= 10 {
		s.amount++
	}
	return s, true
}

func alphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// check renders the record as it would be written.
func (c *Checker) check(e *Entry) (field string, ok bool) {
	c.outlet.slots.setEntry(c.values, e)
	amount := e.AmountIncl
	if e.IsReturn && c.outlet.returns == returnsNetted {
		amount = -amount
	}
	c.values.SetNumber(c.outlet.slots.amount, amount)
	kind := c.outlet.kindOf(e.IsReturn)
	c.values.SetText(c.outlet.slots.kind, c.outlet.kindText[kind])
	return c.writer.Check(c.outlet.recordOf(kind), c.values)
}
