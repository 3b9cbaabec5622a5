package transaction

import (
	"bytes"
	"testing"
)

// FuzzDecodeBinary: damaged bytes give a fault, never a panic; what is read is written and read again as
// the same
// record.
func FuzzDecodeBinary(f *testing.F) {
	x := sale()
	f.Add(x.AppendBinary(nil))
	x.Kind, x.NamesOriginal, x.OriginalDate, x.OriginalReceipt = Return, true, x.Date, []byte("1")
	x.MemberNo, x.PointType, x.PointsGiven = []byte("9"), []byte("B"), 5
	f.Add(x.AppendBinary(nil))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 80))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, again Transaction
		BinaryLine(b)
		n, err := got.DecodeBinary(b)
		if err != nil {
			return
		}
		if n < 0 || n > len(b) {
			t.Fatalf("%d of %d bytes read", n, len(b))
		}
		once := got.AppendBinary(nil)
		m, err := again.DecodeBinary(once)
		if err != nil || m != len(once) {
			t.Fatalf("read %d of %d bytes written: %v", m, len(once), err)
		}
		if twice := again.AppendBinary(nil); !bytes.Equal(once, twice) {
			t.Fatalf("written %x, then %x", once, twice)
		}
		line, ok := BinaryLine(once)
		if !ok || line != got.Line {
			t.Fatalf("line %d, want %d", line, got.Line)
		}
		names := Names{Feed: "F", KeyFields: DefaultKey[:]}
		NewRows(&names).Append(nil, &got)
	})
}
