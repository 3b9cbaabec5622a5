package layout

import (
	"encoding/binary"
	"math/bits"
)

// Bytes are looked at eight at a time, as the bytes of one word (the first one is the lowest).
const (
	highBits = 0x8080808080808080
	lowBits  = 0x0101010101010101
)

// load gives eight bytes from i on; behind the end of b it gives zeros.
func load(b []byte, i int) uint64 {
	if len(b)-i >= 8 {
		return binary.LittleEndian.Uint64(b[i:])
	}
	w := uint64(0)
	for k := len(b) - 1; k >= i; k-- {
		w = w<<8 | uint64(b[k])
	}
	return w
}

// specials marks the bytes of w that end a cell or a record or are quotes.
func (r *Reading) specials(w uint64) uint64 {
	m := zeros(w^r.delims) | zeros(w^r.marks)
	if r.quotes {
		m |= zeros(w ^ '"'*lowBits)
	}
	return m
}

// zeros sets the high bit of each byte of w that is 0, exactly.
func zeros(w uint64) uint64 {
	return ^((w&^highBits + ^uint64(highBits)) | w | ^uint64(highBits))
}

// lowest is the place of the first marked byte.
func lowest(marks uint64) int { return bits.TrailingZeros64(marks) >> 3 }
