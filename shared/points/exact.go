package points

import "math/bits"

// Limit is the largest number of points that one entry may have, and the largest cap (R10): 10¹².
const Limit = 1_000_000_000_000

// Rounding is how a fraction of points becomes whole. It works on magnitudes; the sign comes last (R10).
type Rounding uint8

// The ways of rounding. The zero value is the default.
const (
	Down   Rounding = iota // towards 0
	HalfUp                 // one half and more away from 0
	Up                     // away from 0
)

// Share gives amount × num / den, rounded. amount and num are at least 0, den is above 0. A result above
// math.MaxInt64 gives math.MaxInt64, which is above every limit and cap.
func (m Rounding) Share(amount, num, den int64) int64 {
	return product(amount, num).over(den, m).int64()
}

// FloorShare gives floor(points × part / whole), exact in 128 bits (R16); 0 ≤ part ≤ whole, whole > 0,
// points ≥ 0.
func FloorShare(points, part, whole int64) int64 { return Down.Share(points, part, whole) }

// wide is an unsigned 128-bit number: awards before their caps can be larger than an int64 (a point for each
// of 10¹² yen, 10¹² times), and the larger of two such awards must still win its exclusive group (R14).
type wide struct{ hi, lo uint64 }

func narrow(n int64) wide { return wide{lo: uint64(n)} }

// product multiplies two numbers of at least 0.
func product(a, b int64) wide {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return wide{hi, lo}
}

// over divides by den > 0 and rounds.
func (w wide) over(den int64, m Rounding) wide {
	d := uint64(den)
	var q wide
	var rest uint64
	if w.hi == 0 {
		q.lo, rest = w.lo/d, w.lo%d
	} else {
		q.hi = w.hi / d
		q.lo, rest = bits.Div64(w.hi%d, w.lo, d)
	}
	// rest < den, so rest ≥ den - rest is "one half or more" without doubling.
	if m == Up && rest > 0 || m == HalfUp && rest > 0 && rest >= d-rest {
		var carry uint64
		q.lo, carry = bits.Add64(q.lo, 1, 0)
		q.hi += carry
	}
	return q
}

func (w wide) isZero() bool { return w.hi == 0 && w.lo == 0 }

func (w wide) less(v wide) bool { return w.hi < v.hi || w.hi == v.hi && w.lo < v.lo }

// int64 gives the number, or math.MaxInt64 if it is larger.
func (w wide) int64() int64 {
	const maxInt64 = 1<<63 - 1
	if w.hi != 0 || w.lo > maxInt64 {
		return maxInt64
	}
	return int64(w.lo)
}
