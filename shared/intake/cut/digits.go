package cut

import (
	"encoding/binary"
	"math/bits"

	"multipoint/shared/charset"
)

// Bytes are looked at eight at a time, as the bytes of one word (the first one is the lowest).
const (
	highBits = 0x8080808080808080
	lowBits  = 0x0101010101010101
)

// wide says how full-width digits look in CP932 and EUC-JP: two bytes, the second of a range of ten.
type wide struct {
	lead  uint64 // eight times the first byte
	trail uint64 // eight times the second byte of 0, without its high bit
	high  uint64 // the high bits that second bytes have
}

func wideDigits(e charset.Encoding) wide {
	if e == charset.EUCJP { // A3 B0 to A3 B9
		return wide{lead: 0xA3 * lowBits, trail: 0x30 * lowBits, high: highBits}
	}
	return wide{lead: 0x82 * lowBits, trail: 0x4F * lowBits} // 82 4F to 82 58
}

// digits counts the digits of both widths in a text, or some more: the second byte of a character may look
// like the first one of a digit.
func (d *wide) digits(b []byte) int {
	n, lead := 0, uint64(0)
	for ; len(b) > 0; b = b[min(8, len(b)):] {
		var w uint64
		if len(b) >= 8 {
			w = binary.LittleEndian.Uint64(b)
		} else {
			for i, c := range b {
				w |= uint64(c) << (8 * i)
			}
		}
		low := w &^ highBits
		ascii := tenFrom(low, '0'*lowBits) &^ w
		trail := tenFrom(low, d.trail) &^ (w ^ d.high)
		first := zeros(w ^ d.lead)
		n += bits.OnesCount64(ascii&highBits) + bits.OnesCount64(trail&(first<<8|lead))
		lead = first >> 56
	}
	return n
}

// tenFrom sets the high bit of each byte of low from one of from's to nine above it; no sum carries, as all
// are below 80. The other bits are undefined.
func tenFrom(low, from uint64) uint64 {
	return (low + (highBits - from)) &^ (low + (highBits - from - 10*lowBits))
}

// zeros sets the high bit of each byte of w that is 0, exactly.
func zeros(w uint64) uint64 { return ^((w&^highBits + ^uint64(highBits)) | w | ^uint64(highBits)) }
