package transaction

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestDigitsAreThoseOfStrconv(t *testing.T) {
	check := func(v int64) {
		t.Helper()
		if got, want := string(appendDigits([]byte("a,"), v)), "a,"+strconv.FormatInt(v, 10); got != want {
			t.Fatalf("%d is written as %q, want %q", v, got, want)
		}
	}
	for v := int64(1); v > 0 && v < math.MaxInt64/10; v *= 10 {
		for d := int64(-1); d <= 1; d++ {
			check(v + d)
			check(-v - d)
		}
	}
	for four := range int64(10_000) {
		check(four)
		check(four * 10_000)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		check(r.Int64N(100_000_000))
	}
}

// TestPlainTextsNeedNoLookAtEachByte: what is told eight bytes at a time is what the bytes tell one by one.
func TestPlainTextsNeedNoLookAtEachByte(t *testing.T) {
	text := []byte("あおぞら店0a9あ<=z~")
	for n := range 256 * len(text) {
		c, fill := n%256, text[:n/256+1]
		for at := range fill {
			part := bytes.Clone(fill)
			part[at] = byte(c)
			ends := bytes.ContainsFunc(part, func(r rune) bool { return r < 128 && endsPart(byte(r)) })
			if ends &&
				!mayEndPart(part) {
				t.Errorf("%q ends a part, but is not told", part)
			}
			if (c >= '0' && c|1 != ';') == mayEndPart(part) {
				t.Errorf("%q is not told exactly", part)
			}
			if got := hasBelow(part, ','+1); got != (c <= ',') {
				t.Errorf("a byte of %q is below '-': %v", part, got)
			}
		}
	}
}
