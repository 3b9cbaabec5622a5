package ledger

import (
	"encoding/binary"
	"slices"

	"multipoint/shared/packed"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// Item is a transaction with all that happened to it since, as the ledger table keeps it: nothing in it is
// ever changed, events are added behind the others (R15, R19). What it comes to is computed by reading it
// up to a run, so that old runs can be computed again.
type Item struct {
	Run    int64 // that accepted the transaction
	Record Record
	Events []Event
}

// EventKind says what happened to an entry or a sale.
type EventKind uint8

// Kinds of events.
const (
	// Returned: a return or cancel took Points (a magnitude) from entry Order. Yen is R of R16 after it.
	Returned EventKind = iota
	// Back: a return or cancel took nothing, but counts for R; Order is -1.
	Back
	// AcceptedEntry: an answer accepted the entry.
	AcceptedEntry
	// RefusedEntry: an answer refused the entry; Points are those that moved.
	RefusedEntry
	// RefusedReturn: an answer refused a return's entry that took Points from entry Order (R16).
	RefusedReturn
	// Resent: the refused entry was granted anew; Points are those that moved.
	Resent
	// Adjusted: an adjustment changed the entry by Points.
	Adjusted
)

// Event is one thing that happened after a transaction was accepted.
type Event struct {
	Run    int64
	Kind   EventKind
	Order  int32 // place of the entry in Record.Entries
	Points int64
	Yen    int64
	// By is the key of the return that this is about; zero for others.
	By transaction.Hash
}

// version of the item's form, its first byte.
const version = 1

// AppendBinary appends the item's form.
func (it *Item) AppendBinary(dst []byte) []byte {
	dst = append(dst, version)
	dst = binary.AppendUvarint(dst, uint64(it.Run))
	dst = it.Record.AppendBinary(dst)
	for i := range it.Events {
		dst = it.Events[i].Append(dst)
	}
	return dst
}

// AppendItem appends the form of an item without events, from its record's compact form.
func AppendItem(dst []byte, run int64, record []byte) []byte {
	dst = append(dst, version)
	dst = binary.AppendUvarint(dst, uint64(run))
	return append(dst, record...)
}

// Append appends the event's form; it may be put behind an item.
func (e *Event) Append(dst []byte) []byte {
	dst = append(dst, byte(e.Kind))
	dst = binary.AppendUvarint(dst, uint64(e.Run))
	dst = binary.AppendVarint(dst, int64(e.Order))
	dst = binary.AppendVarint(dst, e.Points)
	if e.Kind <= Back {
		dst = binary.AppendVarint(dst, e.Yen)
	}
	if e.Kind <= Back || e.Kind == RefusedReturn {
		dst = append(dst, e.By[:]...)
	}
	return dst
}

// Decode reads an item as of the end of a run: what later runs added is left out. found is false if the
// transaction itself came later. Texts are views into src; slices are used again. Error: read.failed.
func (it *Item) Decode(src []byte, asOf int64) (found bool, err error) {
	it.Events = it.Events[:0]
	p := packed.From(src)
	if v := p.Uvarint(); v != version || p.Bad() {
		return false, damaged("item")
	}
	it.Run = int64(p.Uvarint())
	rest, err := it.Record.Decode(p.Rest())
	if err != nil {
		return false, err
	}
	for p = packed.From(rest); len(p.Rest()) > 0; {
		e := Event{Kind: EventKind(p.Uvarint()), Run: int64(p.Uvarint()), Order: int32(p.Varint())}
		e.Points = p.Varint()
		if e.Kind <= Back {
			e.Yen = p.Varint()
		}
		if e.Kind <= Back || e.Kind == RefusedReturn {
			copy(e.By[:], p.Take(len(e.By)))
		}
		if p.Bad() || e.Kind > Adjusted || e.Order < -1 || int(e.Order) >= len(it.Record.Entries) {
			return false, damaged("item")
		}
		if e.Run <= asOf {
			it.Events = append(it.Events, e)
		}
	}
	return it.Run <= asOf, nil
}

// LastRun is the run that added to the item last.
func (it *Item) LastRun() int64 {
	last := it.Run
	for i := range it.Events {
		last = max(last, it.Events[i].Run)
	}
	return last
}

// Original gives the transaction as returns see it (R16): what stands, and what was taken back.
func (it *Item) Original() points.Original {
	o := points.Original{Incl: it.Record.Incl}
	for i := range it.Record.Entries {
		p := it.Record.Entries[i].Points
		o.Entries = append(o.Entries, points.Standing{Points: p, Standing: p})
	}
	for i := range it.Events {
		e := &it.Events[i]
		if e.Kind <= Back {
			o.Returned = max(o.Returned, e.Yen)
			o.Closed = o.Incl == 0
		}
		if e.Order < 0 {
			continue
		}
		s := &o.Entries[e.Order]
		switch e.Kind {
		case Returned:
			s.Taken += e.Points
			s.Standing -= e.Points
		case RefusedEntry:
			s.Standing -= e.Points
		case RefusedReturn, Resent, Adjusted:
			s.Standing += e.Points
		}
	}
	return o
}

// Refused says whether the entry at that place stands refused: refused, and not granted anew since.
func (it *Item) Refused(order int32) bool {
	return it.last(order, RefusedEntry, Resent) == RefusedEntry
}

// Net is what an entry counts in the use of its campaign: its points, nothing while it stands refused (R14).
func (it *Item) Net(order int32) int64 {
	if it.Refused(order) {
		return 0
	}
	return it.Record.Entries[order].Points
}

// GrantedIn is the run in which the entry was granted, or granted anew.
func (it *Item) GrantedIn(order int32) int64 {
	run := it.Run
	for i := range it.Events {
		if e := &it.Events[i]; e.Order == order && e.Kind == Resent {
			run = e.Run
		}
	}
	return run
}

// AppendCanonical appends the event as digests hash it.
func (e *Event) AppendCanonical(dst []byte) []byte {
	for _, v := range [...]int64{int64(e.Kind), int64(e.Order), e.Points, e.Yen} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(v))
	}
	return append(dst, e.By[:]...)
}

// Accepted says whether an answer accepted the entry.
func (it *Item) Accepted(order int32) bool {
	return slices.ContainsFunc(it.Events, func(e Event) bool {
		return e.Order == order && e.Kind == AcceptedEntry
	})
}

// last gives the later kind of two that happened to an entry; 255 if neither did.
func (it *Item) last(order int32, a, b EventKind) EventKind {
	last := EventKind(255)
	for i := range it.Events {
		if e := &it.Events[i]; e.Order == order && (e.Kind == a || e.Kind == b) {
			last = e.Kind
		}
	}
	return last
}
