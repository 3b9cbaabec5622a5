package transaction

import (
	"encoding/binary"
	"math/bits"
	"strconv"
)

// Texts are looked at and numbers are written eight bytes at a time, as the bytes of one word (the first one
// is the lowest).
const (
	highBits = 0x8080808080808080
	lowBits  = 0x0101010101010101
)

// below is not 0 if a byte of w is below c, which is at most 0x80.
func below(w uint64, c byte) uint64 { return (w - lowBits*uint64(c)) &^ w & highBits }

// hasBelow says whether text holds a byte below c, which is at most '0'.
func hasBelow(text []byte, c byte) bool {
	found := below(lastWord(text), c)
	for ; len(text) > 8; text = text[8:] {
		found |= below(binary.LittleEndian.Uint64(text), c)
	}
	return found != 0
}

// mayEndPart is false if no byte of a part of a key is one that endsPart names: they are below '0' or ':' or
// ';'.
func mayEndPart(part []byte) bool {
	w := lastWord(part)
	found := below(w, '0') | below(w^lowBits*':', 2)
	for ; len(part) > 8; part = part[8:] {
		w = binary.LittleEndian.Uint64(part)
		found |= below(w, '0') | below(w^lowBits*':', 2)
	}
	return found != 0
}

// lastWord gives the last eight bytes of a text in some order, or all of a shorter one and zeros ('0') beside
// them.
func lastWord(text []byte) uint64 {
	const zeros = uint64(lowBits * 0x30)
	switch n := len(text); {
	case n >= 8:
		return binary.LittleEndian.Uint64(text[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<32
	case n > 0:
		return zeros&^0xFFFFFF | uint64(text[0]) | uint64(text[n/2])<<8 | uint64(text[n-1])<<16
	}
	return zeros
}

// appendDigits writes a whole number; those of up to eight digits without a loop.
func appendDigits(dst []byte, v int64) []byte {
	if uint64(v) >= 100_000_000 {
		return strconv.AppendInt(dst, v, 10)
	}
	// Fours, pairs and digits each in a lane of their own, the first one lowest.
	x := uint64(v) / 10_000
	x |= (uint64(v) - x*10_000) << 32
	hundreds := x * 10_486 >> 20 & (0x7F<<32 | 0x7F)
	x = hundreds | (x-hundreds*100)<<16
	tens := x * 103 >> 10 & 0x000F000F000F000F
	x = tens | (x-tens*10)<<8
	zeros := bits.TrailingZeros64(x|1<<56) / 8 // in front
	dst = binary.LittleEndian.AppendUint64(dst, (x|lowBits*'0')>>(8*zeros))
	return dst[:len(dst)-zeros]
}
