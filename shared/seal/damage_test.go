package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"multipoint/shared/object"
	"multipoint/shared/object/memory"
	"multipoint/shared/seal"
)

// expectDamaged reads an object in all ways; none may give bytes as if they were good.
func expectDamaged(t *testing.T, w world, key, what string) {
	t.Helper()
	if _, err := w.read(t, key); !errors.Is(err, seal.ErrDamaged) || !strings.Contains(err.Error(), key) {
		t.Errorf("%s: Open gave %v", what, err)
	}
	if err := w.Verify(t.Context(), key); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("%s: Verify gave %v", what, err)
	}
}

func TestEveryChangedByteIsFound(t *testing.T) {
	for _, compress := range []bool{false, true} {
		w := newWorld(t, seal.Options{Compress: compress})
		w.createSections(t, part, [][]byte{[]byte("first section"), nil, chance(300)})
		good, metadata := w.sealed(t, part)
		for i := range good {
			damaged := bytes.Clone(good)
			damaged[i] ^= 1 << (i % 8)
			w.put(t, part, damaged, metadata)
			expectDamaged(t, w, part, fmt.Sprintf("byte %d of %d", i, len(good)))
		}
	}
}

// TestChangedByteIsFoundWhereItIs: the sections before it are good, and the error names its section.
func TestChangedByteIsFoundWhereItIs(t *testing.T) {
	w := newWorld(t, seal.Options{})
	w.createSections(t, part, [][]byte{chance(100), chance(40_000), chance(50)})
	b, metadata := w.sealed(t, part)
	b[100+56+30_000] ^= 1
	w.put(t, part, b, metadata)
	for i, good := range []bool{true, false, true} {
		if _, err := w.section(t, part, i); (err == nil) != good {
			t.Errorf("section %d: %v", i, err)
		}
	}
	r, err := w.Open(t.Context(), part)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err == nil || !errors.Is(err, seal.ErrDamaged) || !strings.Contains(err.Error(), part+" section 1") {
		t.Error(err)
	}
	whole := append(chance(100), chance(40_000)...)
	if len(got) >= len(whole) || !bytes.HasPrefix(whole, got) {
		t.Error("gave bytes that were not sealed")
	}
	if n, again := r.Read(make([]byte, 10)); n != 0 || !errors.Is(again, seal.ErrDamaged) {
		t.Error("went on after the damage:", n, again)
	}
}

func TestCutObjectsAreFound(t *testing.T) {
	w := newWorld(t, seal.Options{})
	w.createSections(t, part, [][]byte{chance(200), chance(100)})
	good, metadata := w.sealed(t, part)
	for n := range good {
		w.put(t, part, good[:n], metadata)
		expectDamaged(t, w, part, fmt.Sprint("cut to ", n))
		w.put(t, part, good[n+1:], metadata)
		expectDamaged(t, w, part, fmt.Sprint("without the first ", n+1))
	}
	w.put(t, part, append(bytes.Clone(good), 0), metadata)
	expectDamaged(t, w, part, "longer")
	w.put(t, part, append(bytes.Clone(good), good...), metadata)
	expectDamaged(t, w, part, "twice")
}

// TestSectionsOpenInTheirPlaceOnly swaps sections of the same length, within an object, between objects, and
// between two writings of one key.
func TestSectionsOpenInTheirPlaceOnly(t *testing.T) {
	const one = 100 + 56
	w := newWorld(t, seal.Options{})
	sections := [][]byte{chance(100), bytes.Repeat([]byte("b"), 100)}
	w.createSections(t, part, sections)
	good, metadata := w.sealed(t, part)

	swapped := bytes.Clone(good)
	copy(swapped, good[one:2*one])
	copy(swapped[one:], good[:one])
	w.put(t, part, swapped, metadata)
	expectDamaged(t, w, part, "swapped sections")

	w.createSections(t, part+"b", sections)
	other, otherMetadata := w.sealed(t, part+"b")
	w.put(t, part, other, otherMetadata)
	expectDamaged(t, w, part, "another object")
	w.put(t, part, append(bytes.Clone(other[:one]), good[one:]...), metadata)
	expectDamaged(t, w, part, "a section of another object")

	if err := w.objects.Delete(t.Context(), part); err != nil {
		t.Fatal(err)
	}
	w.createSections(t, part, sections)
	later, metadata := w.sealed(t, part)
	w.put(t, part, append(bytes.Clone(good[:one]), later[one:]...), metadata)
	expectDamaged(t, w, part, "a section of an earlier object of that key")

	w.put(t, part, later, metadata)
	if err := w.Verify(t.Context(), part); err != nil {
		t.Error("the good object:", err)
	}
	foreign := onObjects(t, w.objects, "minato", seal.Options{})
	foreign.create(t, "other", nil)
	if _, err := foreign.read(t, part); !errors.Is(err, seal.ErrDamaged) {
		t.Error("another retailer:", err)
	}
}

func TestChangedMetadataAreFound(t *testing.T) {
	w := newWorld(t, seal.Options{})
	w.create(t, part, []byte("x"))
	w.create(t, "other", []byte("y"))
	if err := w.Create(t.Context(), "later", "2026-11-23", nil, writing(nil)); err != nil {
		t.Fatal(err)
	}
	b, metadata := w.sealed(t, part)
	_, other := w.sealed(t, "other")
	change := func(name, value string) {
		changed := maps.Clone(metadata)
		changed[name] = value
		if value == "" {
			delete(changed, name)
		}
		w.put(t, part, b, changed)
	}
	for _, value := range []string{other[seal.MetaProof], ""} {
		change(seal.MetaProof, value)
		if err := w.Verify(t.Context(), part); !errors.Is(err, seal.ErrDamaged) {
			t.Errorf("hash %q: %v", value, err)
		}
	}
	change(seal.MetaLength, "2")
	if err := w.Verify(t.Context(), part); !errors.Is(err, seal.ErrDamaged) {
		t.Error("length:", err)
	}
	for _, value := range []string{"2026-11-23", ""} {
		change(seal.MetaDay, value)
		expectDamaged(t, w, part, "day "+value)
	}
}

func TestShreddedDaysCannotBeRead(t *testing.T) {
	w := newWorld(t, seal.Options{})
	w.create(t, part, []byte("x"))
	if err := w.Create(t.Context(), "later", "2026-11-23", nil, writing([]byte("y"))); err != nil {
		t.Fatal(err)
	}
	opened, err := w.OpenSections(t.Context(), part)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Shred(t.Context(), day); err != nil {
			t.Fatal(err)
		}
	}
	other := onObjects(t, w.objects.Crash(), retailer, seal.Options{})
	for name, w := range map[string]world{"here": w, "another process": other} {
		_, err := w.read(t, part)
		if !errors.Is(err, seal.ErrShredded) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: Open gave %v", name, err)
		}
		if err := w.Verify(t.Context(), part); !errors.Is(err, seal.ErrShredded) {
			t.Errorf("%s: Verify gave %v", name, err)
		}
		err = w.Create(t.Context(), "late", day, nil, writing([]byte("late")))
		if !errors.Is(err, seal.ErrShredded) {
			t.Errorf("%s: sealed under a shredded day: %v", name, err)
		}
		info, err := w.Stat(t.Context(), part)
		if err != nil || info.Metadata[seal.MetaDay] != day || len(info.Metadata[seal.MetaProof]) != 64 {
			t.Errorf("%s: Stat gave %v, %v", name, info, err)
		}
	}
	if got, err := w.read(t, "later"); err != nil || string(got) != "y" {
		t.Error("another day was shredded too:", err)
	}
	if opened.Len() != 1 {
		t.Error("what was opened before is unusable")
	}
	if err := w.objects.Delete(t.Context(), "keys/aozora/days/2026-11-23"); err != nil {
		t.Fatal(err)
	}
	fresh := onObjects(t, w.objects, retailer, seal.Options{})
	if _, err := fresh.read(t, "later"); !errors.Is(err, seal.ErrShredded) {
		t.Error("a key that is gone:", err)
	}
}

// TestShreddingBeatsAReaderUnderWay: a key that was being read while its day was shredded is not kept.
func TestShreddingBeatsAReaderUnderWay(t *testing.T) {
	var w world
	shred := false
	objects := memory.New(memory.Options{After: func(op memory.Operation, key string) error {
		if op == memory.Open && key == "keys/aozora/days/"+day && shred {
			shred = false
			return w.Shred(context.Background(), day)
		}
		return nil
	}})
	onObjects(t, objects, retailer, seal.Options{}).create(t, part, []byte("x"))
	w = onObjects(t, objects, retailer, seal.Options{})
	shred = true
	if _, err := w.read(t, part); err != nil { // it had the key before
		t.Error(err)
	}
	if _, err := w.read(t, part); !errors.Is(err, seal.ErrShredded) {
		t.Error("the shredded key was kept:", err)
	}
}

// TestFewDaysAreKept: the data keys in memory are bounded, and the others are loaded again.
func TestFewDaysAreKept(t *testing.T) {
	loads := 0
	objects := memory.New(memory.Options{Before: func(op memory.Operation, key string) error {
		if op == memory.Open && strings.Contains(key, "/days/") {
			loads++
		}
		return nil
	}})
	w := onObjects(t, objects, retailer, seal.Options{Days: 2})
	for n := range 3 {
		if err := w.Create(t.Context(), fmt.Sprint(n), fmt.Sprint(n), nil, writing([]byte("x"))); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		key   string
		loads int
	}{{"2", 0}, {"1", 0}, {"0", 1}, {"0", 0}, {"2", 0}, {"1", 1}} {
		loads = 0
		if _, err := w.read(t, c.key); err != nil || loads != c.loads {
			t.Errorf("%s: %d loads, want %d: %v", c.key, loads, c.loads, err)
		}
	}
}

// TestStoreErrorsAreNotDamage: what the store could not deliver may be there the next time.
func TestStoreErrorsAreNotDamage(t *testing.T) {
	w := newWorld(t, seal.Options{})
	w.createSections(t, part, [][]byte{chance(50_000), chance(50_000)})
	w.create(t, "small", chance(10))
	reset := errors.New("connection reset")
	for after := range 40 {
		flaky := &flakyStore{Store: w.objects, after: after * 2500, err: reset}
		s, err := seal.New(t.Context(), flaky, newKeys(w.objects), retailer, seal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Verify(t.Context(), part)
		if !errors.Is(err, reset) || errors.Is(err, seal.ErrDamaged) || !strings.Contains(err.Error(), part) {
			t.Errorf("after %d bytes: %v", flaky.after, err)
		}
	}
	if _, err := w.read(t, "absent"); !errors.Is(err, object.ErrAbsent) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := w.Open(ctx, part)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) || errors.Is(err, seal.ErrDamaged) {
		t.Error(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Error("read after close:", err)
	}
}

// flakyStore breaks each body of a part off after some bytes.
type flakyStore struct {
	object.Store
	after int
	err   error
}

func (f *flakyStore) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	r, err := f.Store.Open(ctx, key, offset, length)
	if err != nil || !strings.HasPrefix(key, "runs/") {
		return r, err
	}
	left := int64(f.after)
	if length < 10_000 { // the footer comes through
		left = length
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(r, left), failing{f.err}), r}, nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
