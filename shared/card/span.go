package card

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"multipoint/shared/calendar"
	"multipoint/shared/master"
)

// maxDigits is the length of the longest number that an index can hold.
const maxDigits = 32

// key is a string of up to 32 digits as a number. Among strings of equal length keys order as the strings
// do.
type key struct {
	high, low uint64 // the digits before the last sixteen, the last sixteen
}

const lowEnd = 10_000_000_000_000_000 // 10¹⁶: low stays below

func keyOf(digits []byte) key {
	if len(digits) <= 16 {
		return key{0, sixteen(digits)}
	}
	cut := len(digits) - 16
	return key{sixteen(digits[:cut]), sixteen(digits[cut:])}
}

// sixteen reads up to sixteen digits, the last eight or sixteen of them eight at a time.
func sixteen(digits []byte) uint64 {
	n := uint64(0)
	for len(digits)&7 != 0 {
		n = n*10 + uint64(digits[0]-'0')
		digits = digits[1:]
	}
	for len(digits) >= 8 {
		n = n*100_000_000 + eight(binary.LittleEndian.Uint64(digits))
		digits = digits[8:]
	}
	return n
}

// eight reads eight digits out of a word whose lowest byte is the first: it joins neighbours to pairs,
// pairs to fours, fours to eight.
func eight(x uint64) uint64 {
	x -= 0x3030303030303030
	x = x*10 + x>>8
	const pair = 0x000000FF_000000FF
	return ((x&pair)*(100+1_000_000<<32) + (x>>16&pair)*(1+10_000<<32)) >> 32
}

func (k key) compare(other key) int {
	if c := cmp.Compare(k.high, other.high); c != 0 {
		return c
	}
	return cmp.Compare(k.low, other.low)
}

// next gives the key after k.
func (k key) next() key {
	if k.low+1 == lowEnd {
		return key{k.high + 1, 0}
	}
	return key{k.high, k.low + 1}
}

// span is a range of numbers of one length during a period; all ends are included.
type span struct {
	min, max key
	from, to calendar.Date
	ref      int32 // whose it is
}

// spanOf makes a span with the open ends of its period closed.
func spanOf(low, high []byte, p master.Period, ref int32) span {
	s := span{keyOf(low), keyOf(high), p.ValidFrom, p.ValidTo, ref}
	if s.from.IsZero() {
		s.from = math.MinInt32
	}
	if s.to.IsZero() {
		s.to = math.MaxInt32
	}
	return s
}

// meets says whether the periods of two spans share a day.
func (s *span) meets(other *span) bool { return s.from <= other.to && other.from <= s.to }

// table finds the spans that hold a number. It cuts the numbers at every end of a span, so that each piece
// between two cuts has one list of spans; these differ by period only.
type table struct {
	starts []key   // first number of each piece
	lists  []int32 // where the piece's list ends in spans; it starts where the one before ends
	spans  []span
}

// tableOf builds the table of spans, sorted in place; ok is false if two of them, a and b, overlap in both
// numbers and period.
func tableOf(spans []span) (t table, a, b int32, ok bool) {
	slices.SortStableFunc(spans, func(x, y span) int { return x.min.compare(y.min) })
	for i := range spans {
		for j := i + 1; j < len(spans) && spans[j].min.compare(spans[i].max) <= 0; j++ {
			if spans[i].meets(&spans[j]) {
				return table{}, spans[i].ref, spans[j].ref, false
			}
		}
	}
	for i := range spans {
		t.starts = append(t.starts, spans[i].min, spans[i].max.next())
	}
	slices.SortFunc(t.starts, key.compare)
	t.starts = slices.Compact(t.starts)
	for _, start := range t.starts {
		for i := range spans {
			if spans[i].min.compare(start) <= 0 && start.compare(spans[i].max) <= 0 {
				t.spans = append(t.spans, spans[i])
			}
		}
		t.lists = append(t.lists, int32(len(t.spans)))
	}
	return t, 0, 0, true
}

// at gives the spans that hold k, whatever their period.
func (t *table) at(k key) []span {
	low, high := 0, len(t.starts) // the piece is the last one whose start is not above k
	for low < high {
		middle := int(uint(low+high) >> 1)
		s := &t.starts[middle]
		if s.high < k.high || s.high == k.high && s.low <= k.low {
			low = middle + 1
		} else {
			high = middle
		}
	}
	switch low {
	case 0:
		return nil
	case 1:
		return t.spans[:t.lists[0]]
	}
	return t.spans[t.lists[low-2]:t.lists[low-1]]
}

// find gives whose number k is on a day, -1 if nobody's. Spans of one piece never share a day, so it is one
// at most.
func (t *table) find(k key, on calendar.Date) int32 {
	spans := t.at(k)
	for i := range spans {
		if spans[i].from <= on && on <= spans[i].to {
			return spans[i].ref
		}
	}
	return -1
}
