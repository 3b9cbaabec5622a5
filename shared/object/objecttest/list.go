package objecttest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"multipoint/shared/object"
)

// listLikeModel compares lists with a sorted slice, over keys whose order as bytes is not their order folder
// by folder ("k-1" < "k/1" < "k0").
func listLikeModel(t *testing.T, s object.Store) {
	keys := []string{
		"k!", "k-1", "k.1/x", "k/1", "k/2-x", "k/2/x", "k/2/y/z", "k/20", "k0", "K",
		"日本/一", "日本-二", "日本二",
	}
	for i := range keys { // in another order than theirs
		create(t, s, keys[i*5%len(keys)], content(1, i))
	}
	slices.Sort(keys)
	prefixes := []string{
		"", "K", "k", "k-", "k/", "k/2", "k/2/", "k/2/x", "k/2/x/", "k/20", "日", "日本/", "none",
	}
	afters := append([]string{"A", "k/2/xx", "kz", "\U0010FFFF"}, append(prefixes, keys...)...)
	for _, prefix := range prefixes {
		for _, after := range afters {
			var want []string
			for _, key := range keys {
				if strings.HasPrefix(key, prefix) && key > after {
					want = append(want, key)
				}
			}
			for _, limit := range []int{1, 2, 1000} {
				page, err := s.List(t.Context(), prefix, after, limit)
				if got := keysOf(page); err != nil || !slices.Equal(got, want[:min(limit, len(want))]) {
					t.Errorf("prefix %q after %q, at most %d: got %q, %v; want of %q",
						prefix, after, limit, got, err, want)
				}
			}
		}
	}
}

func listPages(t *testing.T, s object.Store) {
	const count = 2500
	var keys []string
	for i := range count {
		keys = append(keys, fmt.Sprintf("pages/%d/%04d", i%7, i*37%count))
	}
	queue := make(chan string)
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for key := range queue {
				if err := s.Create(t.Context(), key, bytes.NewReader([]byte(key)), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, key := range keys {
		queue <- key
	}
	close(queue)
	all.Wait()
	slices.Sort(keys)

	for _, limit := range []int{0, 1, 999, 1000, 1001, 2500, 1 << 40} {
		page, err := s.List(t.Context(), "", "", limit)
		if want := keys[:min(limit, object.MaxPage)]; err != nil || !slices.Equal(keysOf(page), want) {
			t.Errorf("limit %d: got %d objects, %v; want the first %d", limit, len(page), err, len(want))
		}
	}
	page, err := s.List(t.Context(), "pages/3/", keys[1200], 1000)
	want := slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		return !strings.HasPrefix(key, "pages/3/") || key <= keys[1200]
	})
	if err != nil || !slices.Equal(keysOf(page), want) {
		t.Errorf("prefix and after: got %d objects, %v; want %d", len(page), err, len(want))
	}
	var got []string
	must(t, object.All(t.Context(), s, "pages/", func(info object.Info) error {
		if info.Size != int64(len(info.Key)) {
			t.Errorf("%s has %d bytes", info.Key, info.Size)
		}
		got = append(got, info.Key)
		return nil
	}))
	if !slices.Equal(got, keys) {
		t.Errorf("all: got %d objects, want %d in order", len(got), len(keys))
	}
}

func listInvalid(t *testing.T, s object.Store) {
	long := strings.Repeat("k", object.MaxKey+1)
	for _, c := range []struct {
		prefix, after string
		limit         int
	}{
		{"", "", -1},
		{"\xff", "", 1},
		{"", "\xff", 1},
		{"a\n", "", 1},
		{"", "a\x00", 1},
		{long, "", 1},
		{"", long, 1},
	} {
		_, err := s.List(t.Context(), c.prefix, c.after, c.limit)
		what := fmt.Sprintf("list of %.10q after %.10q, %d", c.prefix, c.after, c.limit)
		wantError(t, what, err, object.ErrInvalid)
	}
}

func deleteObject(t *testing.T, s object.Store) {
	must(t, s.Delete(t.Context(), "never/there"))
	for _, size := range []int{0, 9 * mib} {
		create(t, s, "d/e/f", content(1, size))
		create(t, s, "d/e/g", content(2, 2))
		must(t, s.Delete(t.Context(), "d/e/f"))
		wantNone(t, s, "d/e/f")
		wantBody(t, s, "d/e/g", content(2, 2))
		must(t, s.Delete(t.Context(), "d/e/f"))
		create(t, s, "d/e/f", content(3, 3))
		wantBody(t, s, "d/e/f", content(3, 3))
		must(t, s.Delete(t.Context(), "d/e/f"))
		must(t, s.Delete(t.Context(), "d/e/g"))
	}
	create(t, s, "d", []byte("what was a folder is free for an object"))
}

// deleteBesideCreate empties and fills folders at the same time: each writer has its own key, and finds it as
// it left it.
func deleteBesideCreate(t *testing.T, s object.Store) {
	const rounds = 25
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			key := fmt.Sprintf("busy/%d/deep/%d", i%3, i)
			for round := range rounds {
				body := content(byte(round), 50)
				if err := s.Create(t.Context(), key, bytes.NewReader(body), nil); err != nil {
					t.Errorf("round %d: %v", round, err)
					return
				}
				wantBody(t, s, key, body)
				if err := s.Delete(t.Context(), key); err != nil {
					t.Errorf("round %d: %v", round, err)
					return
				}
			}
		})
	}
	all.Wait()
	page, err := s.List(t.Context(), "", "", 10)
	if err != nil || len(page) > 0 {
		t.Errorf("left over: %q, %v", keysOf(page), err)
	}
}
