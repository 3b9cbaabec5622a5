// Package ledger is what runs leave behind (R15, R19): the final record of each transaction, the accounts of
// each provider, and the item that keeps a transaction with all that happened to it since. It computes; the
// day package reads and writes.
//
// Nothing here holds a card number: accounts are card references (R20).
package ledger

import (
	"encoding/binary"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/packed"
	"multipoint/shared/transaction"
)

// Status is what became of a good receipt of an accepted file.
type Status uint8

// Statuses, with the numbers that they have in canonical records.
const (
	Rated Status = iota
	Duplicate
	RatingError
)

// String gives the status as files and screens show it.
func (s Status) String() string { return [...]string{"rated", "duplicate", "rating_error"}[s] }

// Record is the final record of one transaction in the run that decided about it. Byte slices are views into
// whatever it was read from.
type Record struct {
	File     int32 // ordinal in the run, from 1
	Line     int64 // from 1
	Offset   int64 // bytes
	Kind     transaction.Kind
	Status   Status
	Code     fault.Code // why it is no rated receipt, else 0
	Warning  fault.Code
	Key      transaction.Hash
	Content  transaction.Hash
	Original transaction.Hash // of returns and cancels
	// NamesOriginal: Original is the key of a sale that the line names.
	NamesOriginal bool
	Date          calendar.Date
	Time          calendar.Clock
	Store         []byte
	Provider      []byte // code; empty = nobody's
	Ref           card.Ref
	Incl          int64 // yen with tax, a magnitude
	Returned      int64 // R of R16 after a return of a known sale
	Entries       []Entry
}

// Entry is one movement of points, issued to granted (R19).
type Entry struct {
	Rule      []byte
	PointType []byte
	Basis     int64 // yen that the rule counted
	Award     int64 // points before caps
	Points    int64 // negative for returns
	Original  int32 // the original's entry that a return takes back from, else -1
	Campaign  bool  // moves the counter of the campaign Rule
}

// AppendCanonical appends the record as digests hash it (docs/files/canonical.md): lengths are four bytes,
// integers eight, big-endian; texts after their length.
func (r *Record) AppendCanonical(dst []byte) []byte {
	for _, v := range [...]int64{
		int64(r.File), r.Line, r.Offset, int64(r.Kind), int64(r.Status), int64(r.Code), int64(r.Warning),
	} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(v))
	}
	dst = append(dst, r.Key[:]...)
	dst = append(dst, r.Content[:]...)
	dst = append(dst, r.Original[:]...)
	for _, v := range [...]int64{int64(bit(r.NamesOriginal)), int64(r.Date), int64(r.Time)} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(v))
	}
	dst = appendText(dst, r.Store)
	dst = appendText(dst, r.Provider)
	dst = append(dst, r.Ref[:]...)
	for _, v := range [...]int64{r.Incl, r.Returned, int64(len(r.Entries))} {
		dst = binary.BigEndian.AppendUint64(dst, uint64(v))
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		dst = appendText(dst, e.Rule)
		dst = appendText(dst, e.PointType)
		for _, v := range [...]int64{e.Basis, e.Award, e.Points, int64(e.Original), int64(bit(e.Campaign))} {
			dst = binary.BigEndian.AppendUint64(dst, uint64(v))
		}
	}
	return dst
}

func appendText(dst, text []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(text)))
	return append(dst, text...)
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// Flags of the compact form.
const (
	hasOriginal = 1 << iota
	hasProvider
	namesOriginal
)

// AppendBinary appends the compact form that parts and items keep.
func (r *Record) AppendBinary(dst []byte) []byte {
	flags := byte(0)
	if r.Original != (transaction.Hash{}) {
		flags |= hasOriginal
	}
	if len(r.Provider) > 0 {
		flags |= hasProvider
	}
	if r.NamesOriginal {
		flags |= namesOriginal
	}
	dst = append(dst, flags, byte(r.Kind), byte(r.Status))
	for _, v := range [...]int64{
		int64(r.File), r.Line, r.Offset, int64(r.Code), int64(r.Warning), int64(r.Date), int64(r.Time),
		r.Incl, r.Returned,
	} {
		dst = binary.AppendVarint(dst, v)
	}
	dst = append(dst, r.Key[:]...)
	dst = append(dst, r.Content[:]...)
	if flags&hasOriginal != 0 {
		dst = append(dst, r.Original[:]...)
	}
	dst = appendShort(dst, r.Store)
	if flags&hasProvider != 0 {
		dst = appendShort(dst, r.Provider)
		dst = append(dst, r.Ref[:]...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(r.Entries)))
	for i := range r.Entries {
		e := &r.Entries[i]
		dst = appendShort(dst, e.Rule)
		dst = appendShort(dst, e.PointType)
		for _, v := range [...]int64{e.Basis, e.Award, e.Points, int64(e.Original)} {
			dst = binary.AppendVarint(dst, v)
		}
		dst = append(dst, byte(bit(e.Campaign)))
	}
	return dst
}

func appendShort(dst, text []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(text)))
	return append(dst, text...)
}

// Decode fills r from the compact form at the front of src and gives what follows. Texts are views into src;
// Entries are used again. Error: read.failed.
func (r *Record) Decode(src []byte) (rest []byte, err error) {
	p := packed.From(src)
	entries := r.Entries[:0]
	*r = Record{}
	head := p.Take(3)
	if p.Bad() || head[1] > byte(transaction.Cancel) || head[2] > byte(RatingError) {
		return src, damaged("record")
	}
	flags := head[0]
	r.Kind, r.Status = transaction.Kind(head[1]), Status(head[2])
	r.NamesOriginal = flags&namesOriginal != 0
	r.File, r.Line, r.Offset = int32(p.Varint()), p.Varint(), p.Varint()
	r.Code, r.Warning = fault.Code(p.Varint()), fault.Code(p.Varint())
	r.Date, r.Time = calendar.Date(p.Varint()), calendar.Clock(p.Varint())
	r.Incl, r.Returned = p.Varint(), p.Varint()
	copy(r.Key[:], p.Take(len(r.Key)))
	copy(r.Content[:], p.Take(len(r.Content)))
	if flags&hasOriginal != 0 {
		copy(r.Original[:], p.Take(len(r.Original)))
	}
	r.Store = p.Text()
	if flags&hasProvider != 0 {
		r.Provider = p.Text()
		copy(r.Ref[:], p.Take(len(r.Ref)))
	}
	for n := p.Uvarint(); n > 0 && !p.Bad(); n-- {
		entries = append(entries, Entry{
			Rule: p.Text(), PointType: p.Text(), Basis: p.Varint(), Award: p.Varint(), Points: p.Varint(),
			Original: int32(p.Varint()), Campaign: p.Uvarint() == 1,
		})
	}
	r.Entries = entries
	if p.Bad() {
		return src, damaged("record")
	}
	return p.Rest(), nil
}

func damaged(what string) error {
	return fault.New(fault.ReadFailed, "a damaged "+what+" of the ledger")
}
