package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
	"multipoint/shared/object/memory"
)

func TestFooterSaysWhatWasWritten(t *testing.T) {
	table := []extent{{0, 0}, {1, 57}, {1 << 40, 1<<40 + 1000}, {0, 0}, {3, 59}}
	body := int64(57 + 1<<40 + 1000 + 59)
	b := footerOf(compressed, table)
	flags, got, ok := parseFooter(b, body)
	if !ok || flags != compressed || !slices.Equal(got, table) {
		t.Error(flags, got, ok)
	}
	for _, wrong := range []int64{0, body - 1, body + 1, math.MaxInt64} {
		if _, _, ok := parseFooter(b, wrong); ok {
			t.Errorf("a footer for %d bytes passed for %d", body, wrong)
		}
	}
	for n := range b {
		if _, _, ok := parseFooter(b[:n], body); ok {
			t.Errorf("%d of %d bytes passed", n, len(b))
		}
	}
	bad := map[string][]byte{
		"longer": append(bytes.Clone(b), 0), "no sections": {0, 0}, "unknown flag": {2, 1, 1, 57},
		"bytes without a stream": {0, 1, 1, 0}, "a stream without bytes": {0, 1, 0, 57},
		"too many sections": footerOf(0, make([]extent, MaxSections+1)),
	}
	for name, b := range bad {
		for _, body := range []int64{0, 57} {
			if _, _, ok := parseFooter(b, body); ok {
				t.Errorf("%s: passed", name)
			}
		}
	}
}

// TestLengthsAreChecked: a section that opens but is not as long as the footer says is damaged too.
func TestLengthsAreChecked(t *testing.T) {
	objects := memory.New(memory.Options{})
	for _, compress := range []bool{false, true} {
		s, err := New(t.Context(), objects, keys.NewStored(local.Demo(), objects), "aozora", Options{
			Compress: compress,
		})
		if err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprint("compressed-", compress)
		err = s.Create(t.Context(), key, "2026-11-22", nil, func(w io.Writer) error {
			_, err := io.WriteString(w, "five!")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for length := range int64(10) {
			o, err := s.OpenSections(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			o.table[0].plain = length
			r, err := o.All(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err = io.ReadAll(r); errors.Is(err, ErrDamaged) == (length == 5) {
				t.Errorf("length %d: %v", length, err)
			}
		}
	}
}

// FuzzFooter: no bytes make the parser crash, and what it takes fills the body and is what would be written.
func FuzzFooter(f *testing.F) {
	f.Add(footerOf(0, []extent{{1, 57}}), int64(57))
	f.Add(footerOf(compressed, []extent{{0, 0}, {5, 61}, {0, 0}}), int64(61))
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, int64(1))
	f.Fuzz(func(t *testing.T, b []byte, body int64) {
		flags, table, ok := parseFooter(b, max(body, 0))
		if !ok {
			return
		}
		sum := int64(0)
		for _, e := range table {
			if e.plain < 0 || e.sealed < 0 || (e.plain == 0) != (e.sealed == 0) {
				t.Fatal(e)
			}
			sum += e.sealed
		}
		if sum != max(body, 0) {
			t.Fatal(sum, body)
		}
		if again := footerOf(flags, table); len(again) > len(b) {
			t.Fatal("a shorter form than the shortest was taken")
		}
	})
}
