// Package packed reads the compact binary forms that steps keep between them: varints, and texts behind their
// length. encoding/binary's Append functions write them.
package packed

import "encoding/binary"

// Reader reads from the front of a form. Once the bytes run out or are damaged, Bad is true for good and what
// is read is 0 or nil, so that a form is read to its end and checked once.
type Reader struct {
	b   []byte
	at  int
	bad bool
}

// From gives a reader of a form; it keeps b.
func From(b []byte) Reader { return Reader{b: b} }

// Bad says whether something could not be read.
func (r *Reader) Bad() bool { return r.bad }

// At is the number of bytes read.
func (r *Reader) At() int { return r.at }

// Rest gives the bytes not read yet, a view.
func (r *Reader) Rest() []byte { return r.b[r.at:] }

// Uvarint reads what binary.AppendUvarint wrote.
func (r *Reader) Uvarint() uint64 {
	if r.at < len(r.b) && r.b[r.at] < 0x80 { // most numbers are short
		r.at++
		return uint64(r.b[r.at-1])
	}
	v, n := binary.Uvarint(r.b[r.at:])
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.at += n
	return v
}

// Varint reads what binary.AppendVarint wrote.
func (r *Reader) Varint() int64 {
	u := r.Uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

// Text reads a length and as many bytes, a view.
func (r *Reader) Text() []byte { return r.Take(int(min(r.Uvarint(), 1<<30))) }

// Take reads n bytes, a view; n is not negative.
func (r *Reader) Take(n int) []byte {
	if r.bad || n > len(r.b)-r.at {
		r.bad = true
		return nil
	}
	r.at += n
	return r.b[r.at-n : r.at : r.at]
}
