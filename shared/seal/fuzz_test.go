package seal_test

import (
	"errors"
	"testing"

	"multipoint/shared/seal"
)

// FuzzOpen puts any bytes under a key: they are damaged, whichever way they are read.
func FuzzOpen(f *testing.F) {
	w := newWorld(f, seal.Options{})
	w.createSections(f, "other", [][]byte{[]byte("one"), nil, []byte("three")})
	good, metadata := w.sealed(f, "other")
	f.Add(good)
	f.Add(good[len(good)/2:])
	f.Add([]byte{})
	f.Add(append(make([]byte, 20), "mp\x00seal1"...))
	f.Add(append(append(make([]byte, 16), 0xff, 0xff, 0xff, 0xff), "mp\x00seal1"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		w.put(t, part, b, metadata)
		if _, err := w.read(t, part); !errors.Is(err, seal.ErrDamaged) {
			t.Errorf("Open gave %v", err)
		}
		if err := w.Verify(t.Context(), part); !errors.Is(err, seal.ErrDamaged) {
			t.Errorf("Verify gave %v", err)
		}
	})
}
