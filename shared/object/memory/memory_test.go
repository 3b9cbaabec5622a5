package memory_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"multipoint/shared/object"
	"multipoint/shared/object/memory"
	"multipoint/shared/object/objecttest"
)

func TestConformance(t *testing.T) {
	objecttest.Run(t, func(*testing.T) object.Store { return memory.New(memory.Options{}) })
}

func put(t *testing.T, s object.Store, key, body string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(body), nil); err != nil {
		t.Fatal(err)
	}
}

// contents are all objects by key.
func contents(t *testing.T, s object.Store) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := object.All(t.Context(), s, "", func(info object.Info) error {
		b, err := object.ReadAll(t.Context(), s, info.Key, 1000)
		got[info.Key] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// changed is a store with objects that were synced, and changes of each kind after that.
func changed(t *testing.T) *memory.Store {
	t.Helper()
	s := memory.New(memory.Options{})
	for _, key := range []string{"stays", "deleted", "replaced", "deleted and back"} {
		put(t, s, key, "before")
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, s, "replaced", "since")
	put(t, s, "replaced", "since, twice")
	put(t, s, "new", "since")
	put(t, s, "new and gone", "since")
	for _, key := range []string{"deleted", "deleted and back", "new and gone"} {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "deleted and back", "since")
	return s
}

func TestCrashKeepsWhatWasSynced(t *testing.T) {
	s := changed(t)
	synced := map[string]string{
		"stays": "before", "deleted": "before", "replaced": "before", "deleted and back": "before",
	}
	newest := map[string]string{
		"stays": "before", "replaced": "since, twice", "new": "since", "deleted and back": "since",
	}
	crashed := s.Crash()
	if got := contents(t, crashed); !maps.Equal(got, synced) {
		t.Errorf("after the crash: got %v, want %v", got, synced)
	}
	if got := contents(t, s); !maps.Equal(got, newest) {
		t.Errorf("the store before: got %v, want %v", got, newest)
	}
	put(t, s, "by a zombie", "since")
	if got := contents(t, crashed); !maps.Equal(got, synced) {
		t.Errorf("a write to the old store shows in the new one: %v", got)
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	newest["by a zombie"] = "since"
	if got := contents(t, s.Crash()); !maps.Equal(got, newest) {
		t.Errorf("a crash after Sync: got %v, want %v", got, newest)
	}
}

func TestCrashMayKeepSomeOfTheRest(t *testing.T) {
	s := changed(t)
	var asked []string
	crashed := s.CrashKeeping(func(key string) bool {
		asked = append(asked, key)
		return key == "replaced" || key == "deleted"
	})
	want := map[string]string{"stays": "before", "replaced": "since, twice", "deleted and back": "before"}
	if got := contents(t, crashed); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !slices.IsSorted(asked) || len(asked) != 5 {
		t.Errorf("asked for %q, want the five changed keys in order", asked)
	}
	if got := contents(t, crashed.Crash()); !maps.Equal(got, want) {
		t.Errorf("what survived is lost in the next crash: %v", got)
	}
}

// operations are one call of each kind, with its key.
func operations(t *testing.T, s object.Store) map[memory.Operation]func() error {
	return map[memory.Operation]func() error{
		memory.Create: func() error { return s.Create(t.Context(), "new", strings.NewReader("1"), nil) },
		memory.Put:    func() error { return s.Put(t.Context(), "there", strings.NewReader("1"), nil) },
		memory.Open:   func() error { _, err := s.Open(t.Context(), "there", 0, -1); return err },
		memory.Stat:   func() error { _, err := s.Stat(t.Context(), "there"); return err },
		memory.List:   func() error { _, err := s.List(t.Context(), "the", "", 10); return err },
		memory.Delete: func() error { return s.Delete(t.Context(), "there") },
		memory.Sync:   func() error { return s.Sync(t.Context()) },
	}
}

func TestHookBeforePreventsTheOperation(t *testing.T) {
	keys := map[memory.Operation]string{
		memory.Create: "new", memory.Put: "there", memory.Open: "there", memory.Stat: "there",
		memory.List: "the", memory.Delete: "there", memory.Sync: "",
	}
	fault := errors.New("injected")
	var failing memory.Operation
	s := memory.New(memory.Options{Before: func(op memory.Operation, key string) error {
		if op != failing {
			return nil
		}
		if key != keys[op] {
			t.Errorf("%s: got key %q, want %q", op, key, keys[op])
		}
		return fault
	}})
	put(t, s, "there", "before")
	for op, operation := range operations(t, s) {
		failing = op
		if err := operation(); !errors.Is(err, fault) {
			t.Errorf("%s: got %v, want the injected error", op, err)
		}
	}
	failing = ""
	want := map[string]string{"there": "before"}
	if got := contents(t, s); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := contents(t, s.Crash()); len(got) > 0 {
		t.Errorf("the failed Sync kept %v", got)
	}
}

func TestHookAfterLosesTheAnswer(t *testing.T) {
	fault := errors.New("injected")
	var failing memory.Operation
	s := memory.New(memory.Options{After: func(op memory.Operation, _ string) error {
		if op == failing {
			return fault
		}
		return nil
	}})
	put(t, s, "there", "before")
	for op, operation := range operations(t, s) {
		failing = op
		if err := operation(); !errors.Is(err, fault) {
			t.Errorf("%s: got %v, want the injected error", op, err)
		}
		failing = ""
		put(t, s, "there", "before") // the next operation finds it, whatever the order
	}
	if err := s.Create(t.Context(), "new", strings.NewReader("2"), nil); !errors.Is(err, object.ErrExists) {
		t.Errorf("the create whose answer got lost did not write: %v", err)
	}
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 11, 22, 6, 0, 0, 999, time.FixedZone("JST", 9*60*60))
	s := memory.New(memory.Options{Now: func() time.Time { return now }})
	put(t, s, "key", "body")
	info, err := s.Stat(t.Context(), "key")
	if want := time.Date(2026, 11, 21, 21, 0, 0, 0, time.UTC); err != nil || info.Modified != want {
		t.Errorf("got %s, %v; want %s", info.Modified, err, want)
	}
}
