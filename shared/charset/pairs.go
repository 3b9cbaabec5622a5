package charset

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// has says, as 1 or 0, whether two bytes are a character, or are both 0. The second byte is the higher one.
func (t *pairTable) has(pair uint64) uint64 { return t.isPair[pair>>6&1023] >> (pair & 63) & 1 }

// valid runs over every byte of every file, so it takes eight bytes at a time and does not branch on what
// they are: the pattern of possible first bytes says where characters begin, and the four places where
// there may be one are looked up together. Text switches between ASCII and kanji too irregularly for a
// processor to predict, which makes a loop with a branch for each character two to three times slower.
func (t *pairTable) valid(s []byte) (badAt int) {
	i, split := 0, uint64(0) // split is 1 if the block at i begins with the second half of a character
	for len(s)-i > 8 {
		p := (*[9]byte)(s[i:])
		w, next := binary.LittleEndian.Uint64(p[:8]), binary.LittleEndian.Uint64(p[1:])
		if w&high == 0 && split == 0 {
			i += 8
			for len(s)-i >= 32 && asciiWords(s[i:i+32]) {
				i += 32
			}
			continue
		}
		b := &t.blocks[(t.firstBytes(w)|split<<8)&511]
		x := w&b.even | next&b.odd
		if t.has(x&0xFFFF)&t.has(x>>16&0xFFFF)&t.has(x>>32&0xFFFF)&t.has(x>>48) != 0 {
			i, split = i+8, b.odd>>63
			continue
		}
		end := i + 8
		for i += int(split); i < end; {
			n := t.size(s, i)
			if n == 0 {
				return i
			}
			i += n
		}
		split = 0
	}
	for i += int(split); i < len(s); {
		n := t.size(s, i)
		if n == 0 {
			return i
		}
		i += n
	}
	return -1
}

// block says where two-byte characters begin among eight bytes. Of two neighbours only one can begin a
// character, so there are four lanes of 16 bits: a lane of even is set if a character begins at its first
// byte, a lane of odd if one begins at its second. second has a bit for each byte that is the second half of
// a character (bit 0 is the first byte).
type block struct {
	even, odd uint64
	second    byte
}

// newBlocks lists the blocks by the pattern of bytes that can begin a character (bit 0 is the first byte),
// plus 256 if the first byte is the second half of a character.
func newBlocks() *[512]block {
	var blocks [512]block
	for i := range blocks {
		second := i >= 256
		for k := range 8 {
			if second {
				blocks[i].second |= 1 << k
			}
			begins := !second && i>>k&1 == 1
			lane := uint64(0xFFFF) << (k / 2 * 16)
			if begins && k%2 == 0 {
				blocks[i].even |= lane
			} else if begins {
				blocks[i].odd |= lane
			}
			second = begins
		}
	}
	return &blocks
}

// firstBytes has a bit for each byte of w that is not ASCII and no character by itself (bit 0 is the lowest
// byte).
func (t *pairTable) firstBytes(w uint64) uint64 {
	low := w &^ high
	from21, from60 := low+0x5F5F5F5F5F5F5F5F, low+0x2020202020202020
	first := w & high & (^from21 | from60 | t.noSingles)
	return first >> 7 * 0x0102040810204080 >> 56
}

// size is the number of bytes of the character at i, 0 if there is none.
func (t *pairTable) size(s []byte, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	if i+1 < len(s) && t.has(uint64(s[i])|uint64(s[i+1])<<8) != 0 {
		return 2
	}
	if t.single[s[i]] != 0 {
		return 1
	}
	if t.triple != nil && s[i] == 0x8F && i+2 < len(s) && t.triple[uint(s[i+1])<<8|uint(s[i+2])] != 0 {
		return 3
	}
	return 0
}

// at is the character at i, which is not ASCII, and its number of bytes; 0 if there is none.
func (t *pairTable) at(s []byte, i int) (r uint16, size int) {
	if i+1 < len(s) {
		if r = t.pair[uint(s[i])<<8|uint(s[i+1])]; r != 0 {
			return r, 2
		}
	}
	if r = t.single[s[i]]; r != 0 {
		return r, 1
	}
	if t.triple != nil && s[i] == 0x8F && i+2 < len(s) {
		if r = t.triple[uint(s[i+1])<<8|uint(s[i+2])]; r != 0 {
			return r, 3
		}
	}
	return 0, 0
}

// appendUTF8 is Encoding.AppendUTF8. No byte of s becomes more than three, so room is made once; the eight
// spare bytes let a whole word be stored of which only the ASCII part is kept.
func (t *pairTable) appendUTF8(dst, s []byte) (out []byte, badAt int) {
	n := len(dst)
	dst = slices.Grow(dst, 3*len(s)+8)
	d := dst[:cap(dst)]
	for i := 0; i < len(s); {
		if len(s)-i >= 8 {
			w := binary.LittleEndian.Uint64(s[i:])
			binary.LittleEndian.PutUint64(d[n:], w)
			if w&high == 0 {
				i, n = i+8, n+8
				continue
			}
			k := bits.TrailingZeros64(w&high) / 8
			i, n = i+k, n+k
		} else if s[i] < utf8.RuneSelf {
			d[n] = s[i]
			i, n = i+1, n+1
			continue
		}
		for i < len(s) && s[i] >= utf8.RuneSelf {
			if len(s)-i >= 2 {
				if c := t.coded[binary.LittleEndian.Uint16(s[i:])]; c != 0 {
					binary.LittleEndian.PutUint32(d[n:], c)
					i, n = i+2, n+int(c>>24)
					continue
				}
			}
			r, size := t.at(s, i)
			if size == 0 {
				return d[:n], i
			}
			i += size
			if r < 0x800 {
				d[n], d[n+1] = byte(0xC0|r>>6), byte(0x80|r&0x3F)
				n += 2
				continue
			}
			p := d[n : n+3]
			p[0], p[1], p[2] = byte(0xE0|r>>12), byte(0x80|r>>6&0x3F), byte(0x80|r&0x3F)
			n += 3
		}
	}
	return d[:n], -1
}
