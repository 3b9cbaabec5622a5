package generate

import (
	"math/big"
	"math/bits"

	"multipoint/shared/card"
	"multipoint/shared/master"
)

// scheme is a card range whose numbers are drawn by index: 0, 1, 2 … give different numbers, scattered over
// the range.
type scheme struct {
	code, provider string
	check          card.Check
	first          []byte // lowest number; without its check digit if there is one
	span           uint64 // how many numbers there are, at most 2⁵⁰
	step           uint64 // has no divisor in common with span
	shortPad       string // what short forms leave out; empty = no short form
}

// newScheme gives false for a range in which no number has its check digit inside.
func newScheme(c *master.Card) (scheme, bool) {
	check, known := card.CheckOf(c.Check)
	low, ok1 := new(big.Int).SetString(c.Min, 10)
	high, ok2 := new(big.Int).SetString(c.Max, 10)
	if !known || !ok1 || !ok2 || check != card.None && c.Digits < 2 {
		return scheme{}, false
	}
	width := c.Digits
	if check != card.None {
		// Only bodies are taken with which every last digit is inside the range.
		ten, nine := big.NewInt(10), big.NewInt(9)
		low.Div(low.Add(low, nine), ten)
		high.Add(high, big.NewInt(1))
		high.Div(high, ten)
		high.Sub(high, big.NewInt(1))
		width--
	}
	span := new(big.Int).Sub(high, low)
	span.Add(span, big.NewInt(1))
	if span.Sign() <= 0 {
		return scheme{}, false
	}
	const most = uint64(1) << 50
	s := scheme{code: c.Code, provider: c.Provider, check: check, span: most}
	if span.IsUint64() {
		s.span = min(span.Uint64(), most)
	}
	s.first = make([]byte, width)
	copy(s.first, low.Text(10))
	if text := low.Text(10); len(text) < width {
		for i := range s.first {
			s.first[i] = '0'
		}
		copy(s.first[width-len(text):], text)
	}
	s.step = 11400714819323198485%s.span | 1
	for gcd(s.step, s.span) != 1 {
		s.step += 2
	}
	if c.Short != nil {
		s.shortPad = c.Short.Pad
	}
	return s, true
}

func gcd(a, b uint64) uint64 {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// append writes the number of an index.
func (s *scheme) append(dst []byte, index uint64) []byte {
	high, low := bits.Mul64(index%s.span, s.step%s.span)
	_, place := bits.Div64(high, low, s.span)
	start := len(dst)
	dst = append(dst, s.first...)
	for i := len(dst) - 1; place > 0 && i >= start; i-- {
		place += uint64(dst[i] - '0')
		dst[i] = byte('0' + place%10)
		place /= 10
	}
	if s.check != card.None {
		dst = append(dst, s.check.Digit(dst[start:]))
	}
	return dst
}

// misread changes a number's check digit.
func misread(number []byte) {
	last := &number[len(number)-1]
	*last = '0' + (*last-'0'+1)%10
}
