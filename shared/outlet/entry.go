package outlet

import (
	"encoding/binary"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/packed"
	"multipoint/shared/transaction"
)

// Entry is one grant or return on its way to a provider, before the grain of the outlet (R21). Byte slices
// are views into a buffer of whoever filled the entry; they hold UTF-8 without padding.
type Entry struct {
	Place
	IsReturn  bool
	PointType []byte
	Points    int64 // whole points; those of returns are negative
	// Number is the number that leaves, as digits: the account's, or the newest of its chain (R16).
	Number []byte
	// What a file may show of the transaction.
	Date                               calendar.Date
	Time                               calendar.Clock
	TimeRaw                            []byte // the time as it stood in the retailer's file
	Store, Register, Receipt, MemberNo []byte
	AmountIncl                         int64 // yen with tax, the magnitude also of returns
}

// Place says where an entry comes from: run number, file ordinal and line (from 1), its order inside its
// transaction, and the transaction's key. Entries are sorted by run, file, line, point type and order (R21).
type Place struct {
	Run   int64
	File  int32
	Line  int64
	Order int32
	Key   transaction.Hash
}

// sameTransaction says whether both come from one line of one run.
func (p Place) sameTransaction(q Place) bool {
	return p.Run == q.Run && p.File == q.File && p.Line == q.Line
}

// AppendBinary appends the compact form in which entries wait for their file. It is for the program itself:
// numbers as variable-length integers, texts after their length.
func (e *Entry) AppendBinary(dst []byte) []byte {
	flags := byte(0)
	if e.IsReturn {
		flags = 1
	}
	dst = append(dst, flags)
	dst = append(dst, e.Key[:]...)
	dst = binary.AppendVarint(dst, e.Run)
	dst = binary.AppendVarint(dst, int64(e.File))
	dst = binary.AppendVarint(dst, e.Line)
	dst = binary.AppendVarint(dst, int64(e.Order))
	dst = binary.AppendVarint(dst, e.Points)
	dst = binary.AppendVarint(dst, int64(e.Date))
	dst = binary.AppendVarint(dst, int64(e.Time))
	dst = binary.AppendVarint(dst, e.AmountIncl)
	for _, text := range [...][]byte{
		e.PointType, e.Number, e.TimeRaw, e.Store, e.Register, e.Receipt, e.MemberNo,
	} {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

// following marks an entry that differs from the one before it in order, points and point type only.
const following = 2

// AppendFollowing appends the form of an entry that stands behind another one of its transaction with the
// same number: what they share is left out.
func (e *Entry) AppendFollowing(dst []byte) []byte {
	dst = append(dst, following)
	dst = binary.AppendVarint(dst, int64(e.Order))
	dst = binary.AppendVarint(dst, e.Points)
	dst = binary.AppendUvarint(dst, uint64(len(e.PointType)))
	return append(dst, e.PointType...)
}

// decodeFollowing reads what AppendFollowing wrote over the entry before.
func (e *Entry) decodeFollowing(src []byte) (rest []byte, err error) {
	r := packed.From(src)
	order, points, pointType := r.Varint(), r.Varint(), r.Text()
	if r.Bad() || int64(int32(order)) != order {
		return src, damaged()
	}
	e.Order, e.Points, e.PointType = int32(order), points, pointType
	return r.Rest(), nil
}

// DecodeBinary fills e from the front of src and gives what follows. The texts are views into src. An entry
// written by AppendFollowing keeps what e holds of the entry before it. Error: ReadFailed if src is no entry.
func (e *Entry) DecodeBinary(src []byte) (rest []byte, err error) {
	if len(src) == 0 || src[0] > following {
		return src, damaged()
	}
	if src[0] == following {
		return e.decodeFollowing(src[1:])
	}
	e.IsReturn = src[0] == 1
	r := packed.From(src[1:])
	copy(e.Key[:], r.Take(len(e.Key)))
	var file, order, date, clock int64
	for _, n := range [...]*int64{&e.Run, &file, &e.Line, &order, &e.Points, &date, &clock, &e.AmountIncl} {
		*n = r.Varint()
	}
	e.File, e.Order, e.Date, e.Time = int32(file), int32(order), calendar.Date(date), calendar.Clock(clock)
	if int64(e.File) != file || int64(e.Order) != order || int64(e.Date) != date || int64(e.Time) != clock {
		return src, damaged()
	}
	texts := [...]*[]byte{&e.PointType, &e.Number, &e.TimeRaw, &e.Store, &e.Register, &e.Receipt, &e.MemberNo}
	for _, text := range texts {
		*text = r.Text()
	}
	if r.Bad() {
		return src, damaged()
	}
	return r.Rest(), nil
}

func damaged() error { return fault.New(fault.ReadFailed, "an entry kept for its file is damaged") }
