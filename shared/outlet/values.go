package outlet

import (
	"multipoint/shared/calendar"
	"multipoint/shared/layout"
)

// slots are the places of the values that a file may show (layout.WriteNames and its neighbours).
type slots struct {
	// Of a record.
	kind, sequence, card, pointType, points layout.Slot
	date, time, store, register, receipt    layout.Slot
	member, amount                          layout.Slot
	// Of the file.
	runDate, created, fileNo, provider, retailer, note layout.Slot
	// Of its totals.
	count, total, plus, minus layout.Slot
}

func findSlots(p *layout.WritePlan) slots {
	return slots{
		kind:      p.Slot("kind"),
		sequence:  p.Slot("sequence"),
		card:      p.Slot("card"),
		pointType: p.Slot("point_type"),
		points:    p.Slot("points"),
		date:      p.Slot("business_date"),
		time:      p.Slot("time"),
		store:     p.Slot("store"),
		register:  p.Slot("register"),
		receipt:   p.Slot("receipt"),
		member:    p.Slot("member_no"),
		amount:    p.Slot("amount_incl"),
		runDate:   p.Slot("run_date"),
		created:   p.Slot("created_date"),
		fileNo:    p.Slot("file_no"),
		provider:  p.Slot("provider"),
		retailer:  p.Slot("retailer"),
		note:      p.Slot("note"),
		count:     p.Slot("count"),
		total:     p.Slot("total"),
		plus:      p.Slot("total_plus"),
		minus:     p.Slot("total_minus"),
	}
}

// entryKind is what a record calls itself in the field kind.
type entryKind uint8

const (
	kindGrant entryKind = iota
	kindReturn
)

// kindOf: only with returns: kind does a return call itself one; else it is a record with negative points.
func (o *Outlet) kindOf(isReturn bool) entryKind {
	if isReturn && o.returns == returnsKind {
		return kindReturn
	}
	return kindGrant
}

// recordOf is the kind of record in the layout.
func (o *Outlet) recordOf(k entryKind) string {
	if k == kindReturn && o.ownKind {
		return layout.KindReturn
	}
	return layout.KindReceipt
}

// Meta is what is known of the whole file.
type Meta struct {
	RunDate  calendar.Date
	Created  calendar.Date // the day on which the run was opened
	FileNo   int64
	Retailer string
	Provider string
	Note     string // free text agreed with the provider; mostly empty
}

func (s *slots) setMeta(v *layout.Values, m *Meta) {
	v.SetDate(s.runDate, m.RunDate)
	v.SetDate(s.created, m.Created)
	v.SetNumber(s.fileNo, m.FileNo)
	v.SetText(s.retailer, []byte(m.Retailer))
	v.SetText(s.provider, []byte(m.Provider))
	v.SetText(s.note, []byte(m.Note))
}

// setEntry sets what a record shows of its first entry, but for points and amount.
func (s *slots) setEntry(v *layout.Values, e *Entry) {
	v.SetText(s.card, e.Number)
	v.SetText(s.pointType, e.PointType)
	v.SetDate(s.date, e.Date)
	v.SetClock(s.time, e.Time, e.TimeRaw)
	v.SetText(s.store, e.Store)
	v.SetText(s.register, e.Register)
	v.SetText(s.receipt, e.Receipt)
	v.SetText(s.member, e.MemberNo)
}
