package personal_test

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

	"multipoint/shared/fault"
	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
	"multipoint/shared/object"
	"multipoint/shared/object/memory"
	"multipoint/shared/personal"
)

const (
	retailer = "AOZORA"
	member   = "m-0001"
)

func newVault(t testing.TB, store object.Store, of string, o personal.Options) *personal.Vault {
	t.Helper()
	v, err := personal.New(local.Demo(), store, of, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func seal(t testing.TB, v *personal.Vault, e personal.Element, of, value string) []byte {
	t.Helper()
	sealed, err := v.Seal(t.Context(), e, of, []byte(value))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// expectOpen looks that a value opens as what it was.
func expectOpen(t *testing.T, v *personal.Vault, e personal.Element, sealed []byte, want string) {
	t.Helper()
	got, err := v.Open(t.Context(), e, member, sealed)
	if err != nil || string(got) != want {
		t.Errorf("%s: %q, %v", e, got, err)
	}
}

func expectDamaged(t *testing.T, what string, err error) {
	t.Helper()
	if fault.CodeOf(err) != fault.PersonalDamaged {
		t.Errorf("%s: %v", what, err)
	}
}

func TestEachElementComesBack(t *testing.T) {
	v := newVault(t, memory.New(memory.Options{}), retailer, personal.Options{})
	for _, e := range personal.Elements() {
		for _, value := range []string{"", "髙瀬", strings.Repeat("x", personal.MaxClear)} {
			sealed := seal(t, v, e, member, value)
			if len(sealed) != len(value)+personal.Overhead {
				t.Errorf("%s: %d bytes of %d", e, len(sealed), len(value))
			}
			expectOpen(t, v, e, sealed, value)
		}
	}
	if bytes.Equal(seal(t, v, personal.Mail, member, "a"), seal(t, v, personal.Mail, member, "a")) {
		t.Error("the same value sealed twice is the same")
	}
}

// TestValueOpensOnlyInItsPlace: what is copied to another member, element or retailer stays closed.
func TestValueOpensOnlyInItsPlace(t *testing.T) {
	store := memory.New(memory.Options{})
	v := newVault(t, store, retailer, personal.Options{})
	sealed := seal(t, v, personal.Mail, member, "hanako@example.jp")
	_, err := v.Open(t.Context(), personal.Mail, "m-0002", sealed)
	expectDamaged(t, "another member", err)
	_, err = v.Open(t.Context(), personal.Phone, member, sealed)
	expectDamaged(t, "another element", err)
	_, err = newVault(t, store, "MINATO", personal.Options{}).Open(t.Context(), personal.Mail, member, sealed)
	expectDamaged(t, "another retailer", err)
	_, err = v.Open(t.Context(), personal.Mail, "", sealed)
	expectDamaged(t, "no member", err)
	for i := range sealed {
		expectCut(t, v, sealed[:i])
		for bit := range 8 {
			changed := slices.Clone(sealed)
			changed[i] ^= 1 << bit
			_, err := v.Open(t.Context(), personal.Mail, member, changed)
			expectDamaged(t, fmt.Sprintf("bit %d of byte %d", bit, i), err)
		}
	}
}

func expectCut(t *testing.T, v *personal.Vault, sealed []byte) {
	t.Helper()
	_, err := v.Open(t.Context(), personal.Mail, member, sealed)
	expectDamaged(t, fmt.Sprintf("cut to %d bytes", len(sealed)), err)
}

// TestBindingPartsDoNotRunTogether: with one key for all, the same letters split otherwise are another place.
func TestBindingPartsDoNotRunTogether(t *testing.T) {
	store := memory.New(memory.Options{})
	vault := func(of string) *personal.Vault {
		v, err := personal.New(unwrapped{}, store, of, personal.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	sealed := seal(t, vault("AB"), personal.Mail, "C-1", "x")
	key, err := object.ReadAll(t.Context(), store, "keys/AB/personal/mail/00001", keys.Size)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"keys/A/personal/mail/00001", "keys/AB/personal/phone/00001"} {
		if err := store.Put(t.Context(), path, bytes.NewReader(key), nil); err != nil {
			t.Fatal(err)
		}
	}
	_, err = vault("A").Open(t.Context(), personal.Mail, "BC-1", sealed)
	expectDamaged(t, "other parts of the same letters", err)
	_, err = vault("A").Open(t.Context(), personal.Mail, "C-1", sealed)
	expectDamaged(t, "another retailer with the same key", err)
	_, err = vault("AB").Open(t.Context(), personal.Phone, "C-1", sealed)
	expectDamaged(t, "another element with the same key", err)
	if _, err := vault("AB").Open(t.Context(), personal.Mail, "C-1", sealed); err != nil {
		t.Error(err)
	}
}

// unwrapped keeps keys as they are.
type unwrapped struct{}

func (unwrapped) Wrap(_ context.Context, key []byte, _ string) ([]byte, error) { return key, nil }
func (unwrapped) Unwrap(_ context.Context, wrapped []byte, _ string) ([]byte, error) {
	return wrapped, nil
}

func TestWhatCannotBeSealedIsRefused(t *testing.T) {
	v := newVault(t, memory.New(memory.Options{}), retailer, personal.Options{})
	for what, call := range map[string]func() error{
		"an unknown element": func() error {
			_, err := v.Seal(t.Context(), "shoe_size", member, nil)
			return err
		},
		"no member": func() error { _, err := v.Seal(t.Context(), personal.Mail, "", nil); return err },
		"a long value": func() error {
			_, err := v.Seal(t.Context(), personal.Mail, member, make([]byte, personal.MaxClear+1))
			return err
		},
		"a lookup of an unknown element": func() error {
			_, err := v.Lookup(t.Context(), "shoe_size", "27")
			return err
		},
		"one character of a reading": func() error {
			_, _, err := v.ReadingPrefix(t.Context(), "タ")
			return err
		},
	} {
		if err := call(); !errors.Is(err, personal.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := personal.New(local.Demo(), memory.New(memory.Options{}), "../MINATO", personal.Options{})
	if !errors.Is(err, keys.ErrInvalid) {
		t.Error(err)
	}
}

// TestProcessesAgreeOnKeys: of several that begin at the same instant all can open what any of them sealed.
func TestProcessesAgreeOnKeys(t *testing.T) {
	store := memory.New(memory.Options{})
	const processes = 8
	var sealed [processes][]byte
	var hashes [processes]personal.Hash
	var group sync.WaitGroup
	for i := range processes {
		v := newVault(t, store, retailer, personal.Options{})
		group.Go(func() {
			var err error
			sealed[i], err = v.Seal(t.Context(), personal.Phone, member, []byte("09012345678"))
			if err != nil {
				t.Error(err)
			}
			if hashes[i], err = v.Lookup(t.Context(), personal.Phone, "09012345678"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	late := newVault(t, store, retailer, personal.Options{})
	for i := range processes {
		expectOpen(t, late, personal.Phone, sealed[i], "09012345678")
		if hashes[i] != hashes[0] {
			t.Errorf("process %d hashes otherwise", i)
		}
	}
}

func TestRotationWhileOthersReadAndWrite(t *testing.T) {
	store := memory.New(memory.Options{})
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	o := personal.Options{Now: func() time.Time { return now }}
	one, other := newVault(t, store, retailer, o), newVault(t, store, retailer, o)
	old := seal(t, other, personal.Mail, member, "before")
	if version, err := one.Rotate(t.Context(), personal.Mail); version != 2 || err != nil {
		t.Fatal(version, err)
	}
	fresh := seal(t, one, personal.Mail, member, "after")
	expectStale(t, one, old, true)
	expectStale(t, one, fresh, false)
	expectOpen(t, one, personal.Mail, old, "before")
	expectOpen(t, other, personal.Mail, fresh, "after") // it has not heard of the rotation yet
	expectStale(t, one, seal(t, other, personal.Mail, member, "late"), true)
	now = now.Add(time.Minute)
	expectStale(t, one, seal(t, other, personal.Mail, member, "in time"), false)

	if err := one.Retire(t.Context(), personal.Mail, 2); !errors.Is(err, personal.ErrLast) {
		t.Error(err)
	}
	if err := one.Retire(t.Context(), personal.Mail, 1); err != nil {
		t.Fatal(err)
	}
	_, err := one.Open(t.Context(), personal.Mail, member, old)
	expectDamaged(t, "a retired version", err)
	expectOpen(t, one, personal.Mail, fresh, "after")
	_, err = newVault(t, store, retailer, o).Open(t.Context(), personal.Mail, member, old)
	expectDamaged(t, "a retired version, in a new process", err)
}

func expectStale(t *testing.T, v *personal.Vault, sealed []byte, want bool) {
	t.Helper()
	if got, err := v.Stale(t.Context(), personal.Mail, sealed); got != want || err != nil {
		t.Errorf("stale: %v, %v", got, err)
	}
}

func TestLookupsDifferByElementAndRetailer(t *testing.T) {
	store := memory.New(memory.Options{})
	seen := map[personal.Hash]string{}
	for _, of := range []string{retailer, "MINATO"} {
		v := newVault(t, store, of, personal.Options{})
		for _, e := range personal.Elements() {
			for _, value := range []string{"", "1", "2"} {
				h, err := v.Lookup(t.Context(), e, value)
				what := of + " " + string(e) + " " + value
				if before, there := seen[h]; there || err != nil {
					t.Errorf("%s has the hash of %q: %v", what, before, err)
				}
				seen[h] = what
				if again, _ := v.Lookup(t.Context(), e, value); again != h {
					t.Errorf("%s changes", what)
				}
			}
		}
	}
}

func TestReadingsAreFoundByTheirBeginning(t *testing.T) {
	v := newVault(t, memory.New(memory.Options{}), retailer, personal.Options{})
	for _, c := range []struct {
		name, beginning string
		found           bool
	}{
		{"タカセミノリ", "タカ", true},
		{"タカセミノリ", "タカセ", true},
		{"タカセミノリ", "タカセミノリ", true},
		{"タカセミノリ", "タカセミノリコ", false},
		{"タカセミノリ", "タカハ", false},
		{"タカセミノリ", "カセ", false},
		{"タカ", "タカ", true},
		{"タカ", "タカセ", false},
		{strings.Repeat("ア", 40), strings.Repeat("ア", 30), true},
	} {
		partition, sort, err := v.Reading(t.Context(), c.name)
		if err != nil {
			t.Fatal(err)
		}
		asked, prefix, err := v.ReadingPrefix(t.Context(), c.beginning)
		if err != nil {
			t.Fatal(err)
		}
		if found := asked == partition && strings.HasPrefix(sort, prefix); found != c.found {
			t.Errorf("%s by %s: found %v", c.name, c.beginning, found)
		}
	}
}

// TestNothingIsKeptInClear looks at every byte that lies in the store.
func TestNothingIsKeptInClear(t *testing.T) {
	store := memory.New(memory.Options{})
	v := newVault(t, store, retailer, personal.Options{})
	const canary = "KANARIA-09012345678"
	for _, e := range personal.Elements() {
		if bytes.Contains(seal(t, v, e, member, canary), []byte("KANARIA")) {
			t.Errorf("%s is clear", e)
		}
		if _, err := v.Lookup(t.Context(), e, canary); err != nil {
			t.Fatal(err)
		}
	}
	objects := 0
	err := object.All(t.Context(), store, "", func(info object.Info) error {
		b, err := object.ReadAll(t.Context(), store, info.Key, 1<<20)
		if bytes.Contains(b, []byte("KANARIA")) || len(b) <= keys.Size {
			t.Errorf("%s holds %q", info.Key, b)
		}
		objects++
		return err
	})
	if want := 2 * len(personal.Elements()); objects != want || err != nil {
		t.Errorf("%d keys, want %d: %v", objects, want, err)
	}
}

func FuzzOpen(f *testing.F) {
	v := newVault(f, memory.New(memory.Options{}), retailer, personal.Options{})
	f.Add(seal(f, v, personal.Mail, member, "a@b.example"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		// Only this process's key opens anything, and the fuzzer does not have it.
		if _, err := v.Open(context.Background(), personal.Phone, member, sealed); err == nil {
			t.Errorf("%x opens", sealed)
		}
	})
}

// BenchmarkMember seals and opens all elements of a member and makes the hashes it is found by.
func BenchmarkMember(b *testing.B) {
	v := newVault(b, memory.New(memory.Options{}), retailer, personal.Options{})
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range personal.Elements() {
			sealed := seal(b, v, e, member, "宮城県仙台市青葉区見本町")
			if _, err := v.Open(b.Context(), e, member, sealed); err != nil {
				b.Fatal(err)
			}
		}
		for _, e := range []personal.Element{personal.Mail, personal.Phone, personal.Card} {
			if _, err := v.Lookup(b.Context(), e, "09012345678"); err != nil {
				b.Fatal(err)
			}
		}
		if _, _, err := v.Reading(b.Context(), "タカセミノリ"); err != nil {
			b.Fatal(err)
		}
	}
}
