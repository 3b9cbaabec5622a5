package charset_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"multipoint/shared/charset"
)

// TestColumnsAreValidTogetherIfEachIsAlone compares one pass over a record with Valid on each of its columns.
func TestColumnsAreValidTogetherIfEachIsAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	alphabets := map[charset.Encoding][]string{
		charset.CP932: {
			"a", " ", "\x95\x5C", "\x81\x40", "\xEA\xA4", "\xB1", "\xFB\xFC", "\x95", "\xFD", "\x00",
		},
		charset.EUCJP: {"a", " ", "\xC5\xEC", "\xA1\xA1", "\x8E\xB1", "\x8F\xB0\xA1", "\xC5", "\x80", "\x00"},
	}
	for e, alphabet := range alphabets {
		good, bad := 0, 0
		for range 50_000 {
			var record []byte
			var starts []int
			for range r.IntN(6) {
				starts = append(starts, len(record))
				for range r.IntN(12) {
					record = append(record, alphabet[r.IntN(len(alphabet)-r.IntN(4))]...)
				}
				if r.IntN(8) == 0 && len(record) > starts[len(starts)-1] {
					starts = append(starts, len(record)-1) // through a character, perhaps
				}
			}
			want, triple := true, bytes.IndexByte(record, 0x8F) >= 0
			for i, at := range starts {
				end := len(record)
				if i+1 < len(starts) {
					end = starts[i+1]
				}
				want = want && e.Valid(record[at:end]) < 0
			}
			together := e.Columns(len(record), starts)
			got := together.Valid(record)
			if got && !want || !got && want && !(e == charset.EUCJP && triple) {
				t.Fatalf("%v: % X cut at %v: together %v, alone %v", e, record, starts, got, want)
			}
			if want {
				good++
			} else {
				bad++
			}
		}
		if good < 1000 || bad < 1000 {
			t.Errorf("%v: %d good and %d bad records", e, good, bad)
		}
	}
	short, utf8 := charset.CP932.Columns(1, nil), charset.UTF8.Columns(1, nil)
	if !short.Valid([]byte("a")) || short.Valid([]byte("ab")) || utf8.Valid([]byte("a")) {
		t.Error("a record of another length, or of UTF-8, is proved")
	}
}
