package packed

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
)

func TestWhatAppendWroteIsReadBack(t *testing.T) {
	numbers := []int64{0, 1, -1, 63, 64, -64, -65, 127, 128, math.MaxInt64, math.MinInt64}
	var b []byte
	for _, n := range numbers {
		b = binary.AppendVarint(b, n)
		b = binary.AppendUvarint(b, uint64(n))
	}
	b = append(binary.AppendUvarint(b, 3), "abcxyz"...)
	r := From(b)
	for _, n := range numbers {
		if got, u := r.Varint(), r.Uvarint(); got != n || u != uint64(n) {
			t.Errorf("got %d and %d, want %d", got, u, n)
		}
	}
	if got := r.Text(); string(got) != "abc" {
		t.Errorf("text %q", got)
	}
	if got := r.Take(2); string(got) != "xy" || string(r.Rest()) != "z" || r.At() != len(b)-1 || r.Bad() {
		t.Errorf("took %q, rest %q at %d of %d, bad %v", got, r.Rest(), r.At(), len(b), r.Bad())
	}
}

// TestCutFormsAreBad reads every beginning of a form: each but the whole one is bad, and stays so.
func TestCutFormsAreBad(t *testing.T) {
	b := binary.AppendUvarint(nil, 1<<40)
	b = append(binary.AppendUvarint(b, 200), bytes.Repeat([]byte{'x'}, 200)...)
	for n := range len(b) + 1 {
		r := From(b[:n])
		number, text := r.Uvarint(), r.Text()
		if whole := n == len(b); r.Bad() == whole || whole != (len(text) == 200) {
			t.Fatalf("%d of %d bytes: %d, %d bytes, bad %v", n, len(b), number, len(text), r.Bad())
		}
		if n < len(b) && (r.Take(300) != nil || !r.Bad()) {
			t.Fatalf("%d bytes: no longer bad", n)
		}
	}
}

func TestLengthsBeyondTheFormAreBad(t *testing.T) {
	for name, b := range map[string][]byte{
		"a length of 2^63":   binary.AppendUvarint(nil, 1<<63),
		"eleven bytes":       bytes.Repeat([]byte{0x80}, 11),
		"more than 64 bits":  append(bytes.Repeat([]byte{0xff}, 9), 2),
		"an unfinished byte": {0x80},
	} {
		r := From(b)
		if got := r.Text(); got != nil || !r.Bad() {
			t.Errorf("%s: %q, bad %v", name, got, r.Bad())
		}
	}
}
