package keys_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
	"multipoint/shared/object"
	"multipoint/shared/object/memory"
)

var (
	_ keys.Keys    = (*keys.Stored)(nil)
	_ keys.Wrapper = (*local.Keyset)(nil)
)

func newStored(s object.Store) *keys.Stored { return keys.NewStored(local.Demo(), s) }

func TestLastingKeysAreMadeOnceAndDifferByRetailerAndUse(t *testing.T) {
	store := memory.New(memory.Options{})
	seen := map[string]string{}
	for _, retailer := range []string{"aozora", "minato"} {
		for name, get := range map[string]func(*keys.Stored) ([]byte, error){
			"pseudonym": func(k *keys.Stored) ([]byte, error) { return k.Pseudonym(t.Context(), retailer) },
			"proof":     func(k *keys.Stored) ([]byte, error) { return k.Proof(t.Context(), retailer) },
		} {
			first, err := get(newStored(store))
			if err != nil || len(first) != keys.Size {
				t.Fatal(len(first), err)
			}
			stored := newStored(store) // another process
			second, err := get(stored)
			if err != nil || !bytes.Equal(first, second) {
				t.Fatalf("%s of %s changed: %v", name, retailer, err)
			}
			clear(second)
			if third, _ := get(stored); !bytes.Equal(first, third) {
				t.Error("a caller changed the key that is kept")
			}
			path := "keys/" + retailer + "/" + name
			if other, there := seen[string(first)]; there {
				t.Errorf("%s is the key of %s too", path, other)
			}
			seen[string(first)] = path
			wrapped, err := object.ReadAll(t.Context(), store, path, 1000)
			if err != nil || bytes.Contains(wrapped, first) {
				t.Errorf("%s is not kept wrapped: %v", path, err)
			}
		}
	}
}

func TestOfSeveralMakersOneKeyWins(t *testing.T) {
	store := memory.New(memory.Options{})
	const makers = 16
	got := make([][]byte, makers)
	var wg sync.WaitGroup
	for i := range makers {
		wg.Go(func() {
			var err error
			if got[i], err = newStored(store).Pseudonym(t.Context(), "aozora"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, key := range got[1:] {
		if !bytes.Equal(key, got[0]) {
			t.Fatal("two makers use two keys")
		}
	}
}

// TestLateMakerTakesTheKeyThatIsThere has another maker win just before the key is written.
func TestLateMakerTakesTheKeyThatIsThere(t *testing.T) {
	var winner []byte
	var store *memory.Store
	store = memory.New(memory.Options{Before: func(op memory.Operation, _ string) (err error) {
		if op == memory.Create && winner == nil {
			winner = []byte("under way")
			winner, err = newStored(store).Proof(context.Background(), "aozora")
		}
		return err
	}})
	key, err := newStored(store).Proof(t.Context(), "aozora")
	if err != nil || !bytes.Equal(key, winner) {
		t.Error("two makers use two keys", err)
	}
}

// TestKeysLastThroughLossOfPower: whoever got a key, the maker or the one that met it unsynced, may write
// what outlives the crash.
func TestKeysLastThroughLossOfPower(t *testing.T) {
	store := memory.New(memory.Options{})
	key, err := newStored(store).Pseudonym(t.Context(), "aozora")
	if err != nil {
		t.Fatal(err)
	}
	again, err := newStored(store.Crash()).Pseudonym(t.Context(), "aozora")
	if err != nil || !bytes.Equal(key, again) {
		t.Error("the maker's key is gone", err)
	}

	refused := errors.New("no power")
	failing := memory.New(memory.Options{Before: func(op memory.Operation, _ string) error {
		if op == memory.Sync {
			return refused
		}
		return nil
	}})
	for range 2 { // the second time the key is there, but not known to last
		if _, err := newStored(failing).Proof(t.Context(), "aozora"); !errors.Is(err, refused) {
			t.Errorf("a key that may not last was handed out: %v", err)
		}
	}
}

// TestLostAnswerOfCreateIsMet: the store wrote the key, but its answer got lost.
func TestLostAnswerOfCreateIsMet(t *testing.T) {
	lost := errors.New("connection reset")
	fail := true
	store := memory.New(memory.Options{After: func(op memory.Operation, _ string) error {
		if op == memory.Create && fail {
			return lost
		}
		return nil
	}})
	if _, err := newStored(store).Proof(t.Context(), "aozora"); !errors.Is(err, lost) {
		t.Fatal(err)
	}
	fail = false
	if _, err := newStored(store).Proof(t.Context(), "aozora"); err != nil {
		t.Fatal(err)
	}
}

func TestNamesThatLeadElsewhereAreRefused(t *testing.T) {
	k := newStored(memory.New(memory.Options{}))
	for _, retailer := range []string{"", ".", "..", "aozora/days", "../minato", "a\\b", "a\x00b"} {
		if _, err := k.Pseudonym(t.Context(), retailer); !errors.Is(err, keys.ErrInvalid) {
			t.Errorf("%q: %v", retailer, err)
		}
	}
	path, err := keys.Path("aozora", "days", "2026-11-22")
	if err != nil || path != "keys/aozora/days/2026-11-22" {
		t.Error(path, err)
	}
}

// TestMovedOrDamagedKeysAreRefused: a wrapped key opens only where it was made.
func TestMovedOrDamagedKeysAreRefused(t *testing.T) {
	store := memory.New(memory.Options{})
	k := newStored(store)
	if _, err := k.Pseudonym(t.Context(), "aozora"); err != nil {
		t.Fatal(err)
	}
	wrapped, err := object.ReadAll(t.Context(), store, "keys/aozora/pseudonym", 1000)
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(wrapped)
	damaged[len(damaged)/2] ^= 1
	short, err := k.Wrap(t.Context(), []byte("sixteen bytes ok"), "keys/short/proof")
	if err != nil {
		t.Fatal(err)
	}
	for retailer, body := range map[string][]byte{
		"minato": wrapped, "damaged": damaged, "cut": wrapped[:40], "empty": nil, "short": short,
	} {
		for _, name := range []string{"pseudonym", "proof"} {
			path := "keys/" + retailer + "/" + name
			if err := store.Put(t.Context(), path, bytes.NewReader(body), nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := k.Proof(t.Context(), retailer); !errors.Is(err, keys.ErrRefused) {
			t.Errorf("%s: %v", retailer, err)
		}
	}
	huge := strings.NewReader(strings.Repeat("x", 1<<20))
	if err := store.Put(t.Context(), "keys/huge/proof", huge, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Proof(t.Context(), "huge"); err == nil {
		t.Error("a wrapped key of a megabyte was read")
	}
}

func TestDestroyedKeysStayDestroyed(t *testing.T) {
	ctx := t.Context()
	store := memory.New(memory.Options{})
	k := newStored(store)
	for _, path := range []string{"keys/aozora/days/2026-05-01", "keys/aozora/days/2026-05-02"} {
		if strings.HasSuffix(path, "01") { // the second day never had a key
			if _, err := keys.LoadOrCreate(ctx, k, store, path); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := keys.Destroy(ctx, store, path); err != nil {
				t.Fatal(err)
			}
		}
		survivor := store.Crash()
		for name, load := range map[string]func(
			context.Context, keys.Wrapper, object.Store, string,
		) ([]byte, error){
			"Load": keys.Load, "LoadOrCreate": keys.LoadOrCreate,
		} {
			if _, err := load(ctx, k, survivor, path); !errors.Is(err, keys.ErrDestroyed) {
				t.Errorf("%s %s: %v", name, path, err)
			}
		}
	}
	if _, err := keys.Load(ctx, k, store, "keys/aozora/days/2026-05-03"); !errors.Is(err, object.ErrAbsent) {
		t.Error(err)
	}
}
