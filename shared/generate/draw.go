package generate

import (
	"math/bits"
	"math/rand/v2"
)

// draws are the random numbers of a file. The generator and what is made of it are fixed here, so that no
// other version of Go changes a file.
type draws struct{ pcg *rand.PCG }

// newDraws gives each stream of a seed its own numbers.
func newDraws(seed uint64, stream string) *draws {
	h := uint64(14695981039346656037)
	for i := range len(stream) {
		h = (h ^ uint64(stream[i])) * 1099511628211
	}
	return &draws{rand.NewPCG(seed, h)}
}

// below gives a number from 0 to n−1; n is at least 1.
func (d *draws) below(n int) int { return int(d.long(uint64(n))) }

func (d *draws) long(n uint64) uint64 {
	high, _ := bits.Mul64(d.pcg.Uint64(), n)
	return high
}

// perMille is true n times in a thousand.
func (d *draws) perMille(n int) bool { return n > 0 && d.below(1000) < n }

// amount gives the yen of a receipt: mostly some hundreds, seldom 0 or a new kitchen.
func (d *draws) amount() int64 {
	v := int64(98 + d.below(1400))
	switch r := d.below(1000); {
	case r < 2:
		return 0
	case r < 6:
		v += int64(d.below(200_000))
	case r < 260:
		v += int64(d.below(9000))
	}
	return v
}

// clock gives a time of an opening day, in seconds: a shop is open from 7:00 to 26:00 on the 30-hour clock
// and has its peaks at noon and in the evening.
func (d *draws) clock() int32 {
	const hours = "\x07\x08\x09\x0A\x0A\x0B\x0B\x0B\x0C\x0C\x0C\x0C\x0D\x0D\x0E\x0F\x10\x10\x11\x11\x11" +
		"\x12\x12\x12\x12\x13\x13\x13\x14\x14\x15\x15\x16\x16\x17\x18\x19"
	return int32(hours[d.below(len(hours))])*3600 + int32(d.below(3600))
}
