// Package keystest is the conformance suite of wrapping keys: what every driver of keys.Wrapper does.
package keystest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"multipoint/shared/keys"
)

// place is the context of most wrapped keys here.
const place = "keys/aozora/proof"

// Names of the tests that an emulator which does not really encrypt cannot pass.
const (
	DamageIsRefused   = "DamageIsRefused"
	WrappedAnew       = "WrappedAnew"
	OtherKeyIsRefused = "OtherKeyIsRefused"
)

// Run tests a driver. The function makes a wrapping key of its own each time; what it needs to tidy up it
// leaves to the test's Cleanup. lacking names tests that what stands behind the driver here cannot pass.
func Run(t *testing.T, open func(t *testing.T) keys.Wrapper, lacking ...string) {
	t.Helper()
	tests := []struct {
		name string
		test func(*testing.T, keys.Wrapper)
	}{
		{"KeysOfEachLength", eachLength},
		{"LengthsAreChecked", lengthsChecked},
		{"ContextIsBinding", contextBinds},
		{WrappedAnew, wrappedAnew},
		{DamageIsRefused, damageRefused},
		{OtherKeyIsRefused, func(t *testing.T, w keys.Wrapper) { otherKeyRefused(t, w, open(t)) }},
		{"NonsenseIsRefused", nonsenseRefused},
		{"ManyAtATime", manyAtATime},
		{"EndedContexts", endedContexts},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if slices.Contains(lacking, c.name) {
				t.Skip("skipped: what stands behind the driver here does not really encrypt")
			}
			c.test(t, open(t))
		})
	}
}

func wrap(t *testing.T, w keys.Wrapper, key []byte, at string) []byte {
	t.Helper()
	wrapped, err := w.Wrap(t.Context(), key, at)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

func expect(t *testing.T, w keys.Wrapper, wrapped []byte, at string, want []byte) {
	t.Helper()
	got, err := w.Unwrap(t.Context(), wrapped, at)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("unwrapped at %q: got %x, %v; want %x", at, got, err, want)
	}
}

func refused(t *testing.T, w keys.Wrapper, wrapped []byte, at, what string) {
	t.Helper()
	if got, err := w.Unwrap(t.Context(), wrapped, at); !errors.Is(err, keys.ErrRefused) || got != nil {
		t.Errorf("%s: got %x, %v; want ErrRefused", what, got, err)
	}
}

// sample is a key of a length.
func sample(length int) []byte {
	key := make([]byte, length)
	for i := range key {
		key[i] = byte(i*7 + i>>8)
	}
	return key
}

func eachLength(t *testing.T, w keys.Wrapper) {
	for _, length := range []int{1, 16, keys.Size, 33, 1000, keys.MaxPlaintext} {
		key := sample(length)
		wrapped := wrap(t, w, key, place)
		if length >= 16 && bytes.Contains(wrapped, key) {
			t.Errorf("the key of %d bytes can be read", length)
		}
		expect(t, w, wrapped, place, key)
	}
}

func lengthsChecked(t *testing.T, w keys.Wrapper) {
	for _, length := range []int{0, keys.MaxPlaintext + 1, 1 << 20} {
		if wrapped, err := w.Wrap(t.Context(), sample(length), place); !errors.Is(err, keys.ErrInvalid) {
			t.Errorf("a key of %d bytes: got %d bytes, %v; want ErrInvalid", length, len(wrapped), err)
		}
	}
}

func contextBinds(t *testing.T, w keys.Wrapper) {
	key := sample(keys.Size)
	places := []string{
		place, place + "s", place[:len(place)-1], "keys/minato/proof", "keys/aozora/days/2026-11-22",
		strings.ToUpper(place), " " + place, "keys/青空/proof", `keys/a"b\c/proof`, strings.Repeat("k", 500),
	}
	for i, at := range places {
		wrapped := wrap(t, w, key, at)
		expect(t, w, wrapped, at, key)
		refused(t, w, wrapped, places[(i+1)%len(places)], "wrapped at "+at)
	}
}

func wrappedAnew(t *testing.T, w keys.Wrapper) {
	key := sample(keys.Size)
	first, second := wrap(t, w, key, place), wrap(t, w, key, place)
	if bytes.Equal(first, second) {
		t.Error("one can see that two wrapped keys are the same")
	}
	expect(t, w, first, place, key)
	expect(t, w, second, place, key)
}

func damageRefused(t *testing.T, w keys.Wrapper) {
	wrapped := wrap(t, w, sample(keys.Size), place)
	for i := range wrapped {
		damaged := bytes.Clone(wrapped)
		damaged[i] ^= 0x10
		refused(t, w, damaged, place, fmt.Sprint("byte ", i, " changed"))
	}
	refused(t, w, wrapped[:len(wrapped)-1], place, "a byte short")
	refused(t, w, append(bytes.Clone(wrapped), 0), place, "a byte more")
}

func otherKeyRefused(t *testing.T, w, other keys.Wrapper) {
	refused(t, other, wrap(t, w, sample(keys.Size), place), place, "under another wrapping key")
}

func nonsenseRefused(t *testing.T, w keys.Wrapper) {
	for _, length := range []int{0, 1, 40, 200, 6144, 6145, 1 << 20} {
		refused(t, w, sample(length), place, fmt.Sprint(length, " bytes that nobody wrapped"))
	}
}

func manyAtATime(t *testing.T, w keys.Wrapper) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			key, at := sample(keys.Size+i), fmt.Sprint("keys/aozora/days/", i)
			for range 4 {
				wrapped, err := w.Wrap(t.Context(), key, at)
				if err != nil {
					t.Error(err)
					return
				}
				expect(t, w, wrapped, at, key)
			}
		})
	}
	wg.Wait()
}

func endedContexts(t *testing.T, w keys.Wrapper) {
	key := sample(keys.Size)
	wrapped := wrap(t, w, key, place)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()
	for want, ctx := range map[error]context.Context{
		context.Canceled: cancelled, context.DeadlineExceeded: late,
	} {
		if _, err := w.Wrap(ctx, key, place); !errors.Is(err, want) {
			t.Errorf("wrap: got %v, want %v", err, want)
		}
		if _, err := w.Unwrap(ctx, wrapped, place); !errors.Is(err, want) {
			t.Errorf("unwrap: got %v, want %v", err, want)
		}
		if _, err := w.Unwrap(ctx, nil, place); err == nil {
			t.Error("unwrapped nothing")
		}
	}
}
