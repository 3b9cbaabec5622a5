// Package digest makes the chain of runs (R20): a digest over all that a run read and all that it decided,
// and over the digest of the run before, so that a byte that is changed anywhere later is found. What is
// hashed is described field by field in docs/files/canonical.md; nothing of it holds a card number.
package digest

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"multipoint/shared/calendar"
	"multipoint/shared/convert"
)

// Sum is a SHA-256.
type Sum = [sha256.Size]byte

// tag begins every run digest; a change of the canonical form changes it.
const tag = "multipoint run 1\n"

// Inputs are what a run read, pinned when it opened.
type Inputs struct {
	Retailer string
	Run      int64
	Kind     string // day, answer, adjustment
	RunDate  calendar.Date
	Now      int64 // seconds since 1970, UTC
	Files    []File
	Masters  Sum
	Members  Sum
	Numbers  []Number  // of the last file of each outlet, by outlet code
	Carried  []Carried // by outlet code
	Content  Sum       // of an answer or adjustment, else zero
}

// File is an input file.
type File struct {
	Feed    string
	Key     string // object key it was uploaded under
	Arrival int64  // seconds since 1970, UTC
	SHA256  Sum
}

// Number is the number of the last file of an outlet.
type Number struct {
	Outlet string
	FileNo int64
}

// Carried are the entries that wait for an outlet's next file.
type Carried struct {
	Outlet  string
	Entries int64
	SHA256  Sum // of their canonical form (ledger.AppendPlace)
}

// Append appends the canonical form of the inputs.
func (in *Inputs) Append(dst []byte) []byte {
	dst = text(dst, in.Retailer)
	dst = number(dst, in.Run)
	dst = text(dst, in.Kind)
	dst = number(dst, int64(in.RunDate))
	dst = number(dst, in.Now)
	dst = number(dst, int64(len(in.Files)))
	for i := range in.Files {
		f := &in.Files[i]
		dst = number(dst, int64(i+1))
		dst = text(dst, f.Feed)
		dst = text(dst, f.Key)
		dst = number(dst, f.Arrival)
		dst = append(dst, f.SHA256[:]...)
	}
	dst = append(dst, in.Masters[:]...)
	dst = append(dst, in.Members[:]...)
	dst = number(dst, int64(len(in.Numbers)))
	for _, n := range in.Numbers {
		dst = text(dst, n.Outlet)
		dst = number(dst, n.FileNo)
	}
	dst = number(dst, int64(len(in.Carried)))
	for i := range in.Carried {
		dst = text(dst, in.Carried[i].Outlet)
		dst = number(dst, in.Carried[i].Entries)
		dst = append(dst, in.Carried[i].SHA256[:]...)
	}
	return append(dst, in.Content[:]...)
}

// Output is a provider file.
type Output struct {
	Outlet string
	SHA256 Sum
}

// Run gives the digest of a run. previous is that of the last committed one, zero for the first; outputs come
// by outlet code.
func Run(previous Sum, in *Inputs, buckets *[256]Sum, files Sum, outputs []Output) Sum {
	h := sha256.New()
	b := append([]byte(tag), previous[:]...)
	h.Write(in.Append(b))
	for i := range buckets {
		h.Write(buckets[i][:])
	}
	b = append(b[:0], files[:]...)
	b = number(b, int64(len(outputs)))
	for i := range outputs {
		b = text(b, outputs[i].Outlet)
		b = append(b, outputs[i].SHA256[:]...)
	}
	h.Write(b)
	return Sum(h.Sum(nil))
}

// Files hashes the verdicts and bad lines of all files of a run, in their order.
type Files struct {
	h   hash.Hash
	buf []byte
}

// NewFiles begins a file hash.
func NewFiles() *Files { return &Files{h: sha256.New()} }

// File takes the verdict on a file; ordinal from 1. Its bad lines follow, in the order of lines.
func (f *Files) File(ordinal int, v *convert.Verdict) {
	code, structure := int64(0), int64(0)
	if v.Refused != nil {
		code = int64(v.Refused.Code)
	}
	if v.Structure {
		structure = 1
	}
	f.buf = f.buf[:0]
	for _, n := range [...]int64{
		int64(ordinal), code, structure, v.Records, v.LastLine, v.Receipts, v.Bad, v.YenSales, v.YenReturns,
	} {
		f.buf = number(f.buf, n)
	}
	f.h.Write(f.buf)
}

// Lines takes the canonical forms of bad lines (AppendBadLine).
func (f *Files) Lines(b []byte) { f.h.Write(b) }

// Sum ends the hash.
func (f *Files) Sum() Sum { return Sum(f.h.Sum(nil)) }

// AppendBadLine appends the canonical form of a bad line: where it is and what is wrong. Its bytes are not
// in it: they may hold a card number.
func AppendBadLine(dst []byte, b *convert.BadLine) []byte {
	dst = number(dst, b.Line)
	dst = number(dst, int64(len(b.Faults)))
	for i := range b.Faults {
		x := &b.Faults[i]
		dst = number(dst, x.Line)
		dst = number(dst, x.Offset)
		dst = number(dst, int64(x.Code))
		dst = text(dst, x.Field)
	}
	return dst
}

// AppendNumbers appends integers in their canonical form.
func AppendNumbers(dst []byte, numbers ...int64) []byte {
	for _, v := range numbers {
		dst = number(dst, v)
	}
	return dst
}

func number(dst []byte, v int64) []byte { return binary.BigEndian.AppendUint64(dst, uint64(v)) }

func text(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}
