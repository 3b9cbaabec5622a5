package member

import (
	"encoding/binary"
	"math"
)

// set numbers distinct byte strings from 0 on, in the order in which they were added. It keeps them one
// behind the other in one slice, so a million strings are a few large objects and not a million small ones.
type set struct {
	text  []byte
	ends  []uint32 // where string i ends in text; it starts where the one before ends
	slots []int32  // open addressing, a power of two: index + 1, 0 = free
}

// maxText is how many bytes all strings of a set may have together.
const maxText = math.MaxUint32

func (s *set) len() int { return len(s.ends) }

// at gives string i, a view that must not be changed.
func (s *set) at(i int32) []byte {
	start := uint32(0)
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]:s.ends[i]]
}

// find gives the index of a string, -1 if the set lacks it.
func (s *set) find(text []byte) int32 {
	if len(s.slots) == 0 {
		return -1
	}
	return s.slots[s.slot(text)] - 1
}

// add gives the index of a string, which it adds if the set lacks it; full if there is no room for it.
func (s *set) add(text []byte) (index int32, full bool) {
	if 4*len(s.ends) >= 3*len(s.slots) {
		s.grow()
	}
	slot := s.slot(text)
	if found := s.slots[slot]; found > 0 {
		return found - 1, false
	}
	if len(s.text)+len(text) > maxText || len(s.ends) == math.MaxInt32-1 {
		return -1, true
	}
	s.text = append(s.text, text...)
	s.ends = append(s.ends, uint32(len(s.text)))
	s.slots[slot] = int32(len(s.ends))
	return s.slots[slot] - 1, false
}

// slot gives the place of a string, or the free one where it belongs.
func (s *set) slot(text []byte) int {
	mask := uint64(len(s.slots) - 1)
	for i := hash(text) & mask; ; i = (i + 1) & mask {
		index := s.slots[i]
		if index == 0 || string(s.at(index-1)) == string(text) {
			return int(i)
		}
	}
}

func (s *set) grow() {
	s.slots = make([]int32, max(16, 2*len(s.slots)))
	for i := range s.ends {
		s.slots[s.slot(s.at(int32(i)))] = int32(i) + 1
	}
}

// clip copies what has more room than it needs, once nothing is added any more.
func (s *set) clip() {
	s.text, s.ends = exact(s.text), exact(s.ends)
}

// hash mixes eight bytes at a time. It is the same in every process: nothing depends on its order, but a run
// that behaves alike twice is easier to understand.
func hash(text []byte) uint64 {
	const odd = 0x9E3779B97F4A7C15 // 2⁶⁴ by the golden ratio
	h := uint64(len(text)) * odd
	for len(text) >= 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(text)*odd)
		text = text[8:]
	}
	for _, c := range text {
		h = h*odd + uint64(c)
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	return h ^ h>>32
}
