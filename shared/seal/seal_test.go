package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
	"multipoint/shared/object"
	"multipoint/shared/object/memory"
	"multipoint/shared/seal"
)

const (
	retailer = "aozora"
	day      = "2026-11-22"
	part     = "runs/aozora/7/1/grant/p0"
)

// world is a store and its sealed view. Another process on the same objects is another view.
type world struct {
	objects *memory.Store
	*seal.Store
}

func newWorld(t testing.TB, options seal.Options) world {
	t.Helper()
	return onObjects(t, memory.New(memory.Options{}), retailer, options)
}

func newKeys(objects object.Store) keys.Keys { return keys.NewStored(local.Demo(), objects) }

func onObjects(t testing.TB, objects *memory.Store, retailer string, options seal.Options) world {
	t.Helper()
	s, err := seal.New(t.Context(), objects, newKeys(objects), retailer, options)
	if err != nil {
		t.Fatal(err)
	}
	return world{objects, s}
}

func writing(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

func (w world) create(t testing.TB, key string, content []byte) {
	t.Helper()
	if err := w.Create(t.Context(), key, day, nil, writing(content)); err != nil {
		t.Fatal(err)
	}
}

// createSections writes an object with sections, by Append and by Section in turn.
func (w world) createSections(t testing.TB, key string, sections [][]byte) {
	t.Helper()
	err := w.CreateSections(t.Context(), key, day, nil, len(sections), func(to *seal.SectionWriter) error {
		for i, content := range sections {
			var err error
			if i%2 == 0 {
				err = to.Append(content)
			} else {
				_, err = to.Section(i).Write(content)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w world) read(t testing.TB, key string) ([]byte, error) {
	t.Helper()
	r, err := w.Open(t.Context(), key)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return b, err
}

func (w world) section(t testing.TB, key string, i int) ([]byte, error) {
	t.Helper()
	o, err := w.OpenSections(t.Context(), key)
	if err != nil {
		return nil, err
	}
	r, err := o.Section(t.Context(), i)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return b, err
}

// sealed gives the stored bytes and metadata of an object.
func (w world) sealed(t testing.TB, key string) ([]byte, map[string]string) {
	t.Helper()
	info, err := w.objects.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	b, err := object.ReadAll(t.Context(), w.objects, key, info.Size)
	if err != nil {
		t.Fatal(err)
	}
	return b, info.Metadata
}

func (w world) put(t testing.TB, key string, b []byte, metadata map[string]string) {
	t.Helper()
	if err := w.objects.Put(t.Context(), key, bytes.NewReader(b), metadata); err != nil {
		t.Fatal(err)
	}
}

func chance(size int) []byte {
	b := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = random.Read(b)
	return b
}

func TestWhatIsSealedIsReadBack(t *testing.T) {
	const segment = 16 << 10
	sizes := []int{0, 1, 100, 4096, 8191, 1 << 20, 9<<20 + 7}
	// Where segments end, and the same numbers without the stream's header and tags.
	for _, edge := range []int{segment - 40 - 16, segment, 2*segment - 40 - 32, 64 << 10} {
		sizes = append(sizes, edge-1, edge, edge+1)
	}
	for _, compress := range []bool{false, true} {
		w := newWorld(t, seal.Options{Compress: compress, Memory: 1 << 20, Folder: t.TempDir()})
		for _, size := range sizes {
			key := fmt.Sprintf("parts/%d", size)
			content := chance(size)
			w.create(t, key, content)
			got, err := w.read(t, key)
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%d bytes, compressed %v: got %d: %v", size, compress, len(got), err)
			}
			if err := w.Verify(t.Context(), key); err != nil {
				t.Error(err)
			}
			raw, metadata := w.sealed(t, key)
			if size > 32 && bytes.Contains(raw, content[:32]) {
				t.Errorf("%d bytes can be read in the object", size)
			}
			if got := metadata[seal.MetaLength]; got != fmt.Sprint(size) {
				t.Errorf("%d bytes, metadata say %s", size, got)
			}
		}
	}
}

// TestSectionsAreReadAlone reads each section by itself, and looks at what was fetched for it.
func TestSectionsAreReadAlone(t *testing.T) {
	fetched := 0
	objects := memory.New(memory.Options{Before: func(op memory.Operation, key string) error {
		if op == memory.Open && strings.HasPrefix(key, "parts/") {
			fetched++
		}
		return nil
	}})
	for _, compress := range []bool{false, true} {
		w := onObjects(t, objects, retailer, seal.Options{Compress: compress})
		sections := make([][]byte, 256)
		for i := range sections {
			if i%5 != 0 {
				sections[i] = chance(i * 37)
			}
		}
		sections[77] = chance(200_000)
		key := fmt.Sprint("parts/compressed-", compress)
		w.createSections(t, key, sections)
		o, err := w.OpenSections(t.Context(), key)
		if err != nil || o.Len() != len(sections) || o.Info().Key != key {
			t.Fatal(o, err)
		}
		for _, i := range rand.Perm(len(sections)) {
			fetched = 0
			r, err := o.Section(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, sections[i]) || o.Length(i) != int64(len(sections[i])) {
				t.Errorf("section %d: %d of %d bytes: %v", i, len(got), len(sections[i]), err)
			}
			if fetched > 1 {
				t.Errorf("section %d took %d requests", i, fetched)
			}
			if _, err := r.Read(make([]byte, 1)); err != io.EOF {
				t.Error("behind the end:", err)
			}
		}
		got, err := w.read(t, key)
		if err != nil || !bytes.Equal(got, bytes.Join(sections, nil)) {
			t.Errorf("the whole: %d bytes: %v", len(got), err)
		}
		if err := w.Verify(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
}

func TestSmallObjectsAreReadByOneRequest(t *testing.T) {
	fetched := 0
	objects := memory.New(memory.Options{Before: func(op memory.Operation, key string) error {
		if op == memory.Open && key == part {
			fetched++
		}
		return nil
	}})
	w := onObjects(t, objects, retailer, seal.Options{})
	w.create(t, part, chance(5000))
	if _, err := w.read(t, part); err != nil || fetched != 1 {
		t.Errorf("%d requests: %v", fetched, err)
	}
}

func TestManySectionsHaveALongFooter(t *testing.T) {
	w := newWorld(t, seal.Options{})
	sections := make([][]byte, seal.MaxSections)
	for i := range sections {
		sections[i] = []byte{}
	}
	sections[0], sections[40_000], sections[65_535] = []byte("first"), []byte("middle"), []byte("last")
	w.createSections(t, part, sections)
	for _, i := range []int{0, 1, 40_000, 65_535} {
		if got, err := w.section(t, part, i); err != nil || !bytes.Equal(got, sections[i]) {
			t.Errorf("section %d: %q, %v", i, got, err)
		}
	}
}

func TestSectionsLeftOutAreEmpty(t *testing.T) {
	w := newWorld(t, seal.Options{})
	err := w.CreateSections(t.Context(), part, day, nil, 8, func(to *seal.SectionWriter) error {
		two := to.Section(2)
		for _, s := range []string{"a", "", "b"} {
			if _, err := io.WriteString(two, s); err != nil {
				return err
			}
		}
		to.Section(4)
		return to.Append([]byte("five"))
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "", "ab", "", "", "five", "", ""} {
		if got, err := w.section(t, part, i); err != nil || string(got) != want {
			t.Errorf("section %d: %q, want %q: %v", i, got, want, err)
		}
	}
}

func TestSectionsAreWrittenInOrder(t *testing.T) {
	w := newWorld(t, seal.Options{})
	cases := map[string]func(*seal.SectionWriter) error{
		"back":     func(to *seal.SectionWriter) error { to.Section(1); to.Section(0); return nil },
		"again":    func(to *seal.SectionWriter) error { to.Section(1); to.Section(1); return nil },
		"behind":   func(to *seal.SectionWriter) error { to.Section(4); return nil },
		"negative": func(to *seal.SectionWriter) error { to.Section(-1); return nil },
		"too many": func(to *seal.SectionWriter) error {
			for range 5 {
				_ = to.Append([]byte("x"))
			}
			return nil
		},
		"late": func(to *seal.SectionWriter) error {
			first := to.Section(0)
			to.Section(1)
			_, _ = first.Write([]byte("x"))
			return nil
		},
	}
	for name, write := range cases {
		err := w.CreateSections(t.Context(), part, day, nil, 4, write)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, n := range []int{0, -1, seal.MaxSections + 1} {
		nothing := func(*seal.SectionWriter) error { return nil }
		err := w.CreateSections(t.Context(), part, day, nil, n, nothing)
		if !errors.Is(err, object.ErrInvalid) {
			t.Errorf("%d sections: %v", n, err)
		}
	}
	if _, err := w.Stat(t.Context(), part); !errors.Is(err, object.ErrAbsent) {
		t.Error("something was written:", err)
	}
}

func TestFailedWritersLeaveNothing(t *testing.T) {
	folder := t.TempDir()
	w := newWorld(t, seal.Options{Memory: 1000, Folder: folder})
	broken := errors.New("the step failed")
	err := w.Create(t.Context(), part, day, nil, func(to io.Writer) error {
		_, err := to.Write(chance(100_000))
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := w.Stat(t.Context(), part); !errors.Is(err, object.ErrAbsent) {
		t.Error("something was written:", err)
	}
	w.Store = onObjects(t, w.objects, retailer, seal.Options{Memory: 1000, Folder: folder + "/none"}).Store
	if err := w.Create(t.Context(), part, day, nil, writing(chance(100_000))); err == nil {
		t.Error("spooled into a folder that is not there")
	}
}

func TestMetadataOfTheCallerAreKept(t *testing.T) {
	w := newWorld(t, seal.Options{})
	given := map[string]string{"lines": "12"}
	if err := w.Create(t.Context(), part, day, given, writing([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	info, err := w.Stat(t.Context(), part)
	proof := info.Metadata[seal.MetaProof]
	want := map[string]string{"lines": "12", seal.MetaDay: day, seal.MetaLength: "1", seal.MetaProof: proof}
	if err != nil || !maps.Equal(info.Metadata, want) || len(proof) != 64 {
		t.Error(info.Metadata, err)
	}
	if len(given) != 1 {
		t.Error("the caller's map was changed")
	}
	for _, name := range []string{seal.MetaProof, "seal-x", "Seal-Day"} {
		err := w.Create(t.Context(), "other", day, map[string]string{name: "1"}, writing(nil))
		if !errors.Is(err, object.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDoneAgainIsDone(t *testing.T) {
	w := newWorld(t, seal.Options{})
	sections := [][]byte{[]byte("ab"), []byte("c"), nil}
	w.createSections(t, part, sections)
	before, _ := w.sealed(t, part)
	for _, compress := range []bool{false, true} { // the hash is that of the plaintext
		again := onObjects(t, w.objects, retailer, seal.Options{Compress: compress})
		again.createSections(t, part, sections)
	}
	if after, _ := w.sealed(t, part); !bytes.Equal(before, after) {
		t.Error("the object was written again")
	}
	for name, other := range map[string][][]byte{
		"other bytes": {[]byte("ab"), []byte("d"), nil}, "moved": {[]byte("a"), []byte("bc"), nil},
		"fewer sections": {[]byte("ab"), []byte("c")}, "shorter": {[]byte("ab"), nil, nil},
		"swapped": {[]byte("c"), []byte("ab"), nil},
	} {
		err := w.CreateSections(t.Context(), part, day, nil, len(other), func(to *seal.SectionWriter) error {
			for _, content := range other {
				if err := to.Append(content); err != nil {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, seal.ErrDiffers) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.Create(t.Context(), "x", day, nil, writing(nil)); err != nil {
		t.Error(err)
	}
	if err := w.Create(t.Context(), "x", "2026-11-23", nil, writing(nil)); !errors.Is(err, seal.ErrDiffers) {
		t.Error("another day:", err)
	}
	w.put(t, "plain", []byte("x"), nil)
	err := w.Create(t.Context(), "plain", day, nil, writing([]byte("x")))
	if !errors.Is(err, seal.ErrDiffers) {
		t.Error("an object that is not sealed:", err)
	}
}

func TestLostAnswerIsDoneAgain(t *testing.T) {
	lost := errors.New("connection reset")
	objects := memory.New(memory.Options{After: func(op memory.Operation, key string) error {
		if op == memory.Create && key == part {
			return lost
		}
		return nil
	}})
	w := onObjects(t, objects, retailer, seal.Options{})
	if err := w.Create(t.Context(), part, day, nil, writing([]byte("x"))); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	w.create(t, part, []byte("x"))
}

// TestCreatorsAtATime has processes seal the same parts on days without a key: all succeed, and all can read.
func TestCreatorsAtATime(t *testing.T) {
	objects := memory.New(memory.Options{})
	const processes, parts = 8, 6
	views := make([]world, processes)
	var wg sync.WaitGroup
	for i := range views {
		views[i] = onObjects(t, objects, retailer, seal.Options{Days: 2})
		wg.Go(func() {
			for n := range parts {
				n = (n + i) % parts
				key, day := fmt.Sprint("parts/", n), fmt.Sprint("2026-11-0", n)
				if err := views[i].Create(t.Context(), key, day, nil, writing(chance(n*1000))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for n := range parts {
		key := fmt.Sprint("parts/", n)
		for _, w := range views {
			if got, err := w.read(t, key); err != nil || !bytes.Equal(got, chance(n*1000)) {
				t.Error(key, len(got), err)
			}
		}
	}
}
