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

// eightDigits says whether the bytes of w are digits.
func eightDigits(w uint64) bool {
	const tens, six = 0xF0 * lowBits, 6 * lowBits
	return w&tens == '0'*lowBits && (w+six)&tens == '0'*lowBits
}

// eight reads eight digits: neighbours are joined to pairs, pairs to fours, fours to eight.
func eight(w uint64) uint64 {
	w -= '0' * lowBits
	w = w*10 + w>>8
	const pair = 0x000000FF_000000FF
	return ((w&pair)*(100+1_000_000<<32) + (w>>16&pair)*(1+10_000<<32)) >> 32
}
