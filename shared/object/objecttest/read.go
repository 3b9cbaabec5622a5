package objecttest

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"multipoint/shared/object"
)

func ranges(t *testing.T, s object.Store) {
	for _, size := range []int64{0, 1, 1000, 9 * mib} {
		key := fmt.Sprintf("ranges/%d", size)
		body := content(9, int(size))
		create(t, s, key, body)
		for _, offset := range []int64{0, 1, size / 3, size - 1, size, size + 1, size + 5000, math.MaxInt64} {
			for _, length := range []int64{-1, 0, 1, 10, size / 2, size, size + 1, math.MaxInt64} {
				if offset < 0 {
					continue
				}
				want := body[min(offset, size):]
				if length >= 0 {
					want = want[:min(length, int64(len(want)))]
				}
				got, err := read(t.Context(), s, key, offset, length)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes of %d from %d on: got %s, %v; want %s",
						length, size, offset, excerpt(got), err, excerpt(want))
				}
			}
		}
		_, err := s.Open(t.Context(), key, -1, 5)
		wantError(t, "offset -1", err, object.ErrInvalid)
	}
}

func absent(t *testing.T, s object.Store) {
	wantNone(t, s, "absent")
	wantNone(t, s, "absent/deeper/one")
	for _, length := range []int64{-1, 0, 1} {
		for _, offset := range []int64{0, 10} {
			_, err := s.Open(t.Context(), "absent", offset, length)
			wantError(t, fmt.Sprintf("open from %d, %d bytes", offset, length), err, object.ErrAbsent)
		}
	}
}

func readAll(t *testing.T, s object.Store) {
	create(t, s, "ten", content(1, 10))
	if b, err := object.ReadAll(t.Context(), s, "ten", 10); err != nil || len(b) != 10 {
		t.Errorf("limit 10: got %d bytes, %v", len(b), err)
	}
	if _, err := object.ReadAll(t.Context(), s, "ten", 9); err == nil {
		t.Error("limit 9: got no error")
	}
	_, err := object.ReadAll(t.Context(), s, "eleven", 9)
	wantError(t, "absent", err, object.ErrAbsent)
}

func readerKeepsVersion(t *testing.T, s object.Store) {
	const key, size = "versions/one", 20 * mib
	first, second := content(1, size), content(2, size/2)
	create(t, s, key, first)
	changes := map[string]func() error{
		"put":    func() error { return s.Put(t.Context(), key, bytes.NewReader(second), nil) },
		"delete": func() error { return s.Delete(t.Context(), key) },
	}
	want := first
	for _, name := range []string{"put", "delete"} {
		r, err := s.Open(t.Context(), key, 0, -1)
		must(t, err)
		head := make([]byte, 100)
		_, err = io.ReadFull(r, head)
		must(t, err)
		must(t, changes[name]())
		rest, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(slices.Concat(head, rest), want) {
			t.Errorf("%s while it is read: got %s, %v; want %s", name, excerpt(rest), err, excerpt(want))
		}
		must(t, r.Close())
		want = second
	}
	wantNone(t, s, key)
}

func readersAndWriters(t *testing.T, s object.Store) {
	const key, size, rounds = "versions/many", 300 * kB, 15
	versions := make([][]byte, 4)
	for i := range versions {
		versions[i] = content(byte(i)+1, size+i)
	}
	create(t, s, key, versions[0])
	var all sync.WaitGroup
	for i := range versions {
		all.Go(func() {
			for range rounds {
				if err := s.Put(t.Context(), key, bytes.NewReader(versions[i]), nil); err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
			}
		})
		all.Go(func() {
			for range rounds {
				got, err := read(t.Context(), s, key, 0, -1)
				if i := len(got) - size; err != nil || i < 0 || i > 3 || !bytes.Equal(got, versions[i]) {
					t.Errorf("reader: got %s, %v; want one version, whole", excerpt(got), err)
				}
				page, err := s.List(t.Context(), "", "", 10)
				if err != nil || len(page) != 1 {
					t.Errorf("list: got %v, %v; want one object", keysOf(page), err)
				}
			}
		})
	}
	all.Wait()
}

func stat(t *testing.T, s object.Store) {
	before := time.Now().Add(-2 * time.Second)
	for _, size := range []int{0, 4 * kB, 9 * mib} {
		key := fmt.Sprintf("stat/%d", size)
		create(t, s, key, content(1, size))
		info, err := s.Stat(t.Context(), key)
		must(t, err)
		if info.Key != key || info.Size != int64(size) || len(info.Metadata) > 0 {
			t.Errorf("got %+v, want %d bytes and no metadata", info, size)
		}
		if info.Modified.Before(before) || info.Modified.After(time.Now().Add(time.Second)) {
			t.Errorf("modified %s, now is %s", info.Modified, time.Now())
		}
		if info.Modified.Nanosecond() != 0 || info.Modified.Location() != time.UTC {
			t.Errorf("modified %s: want whole seconds, UTC", info.Modified)
		}
		page, err := s.List(t.Context(), key, "", 1)
		if err != nil || len(page) != 1 {
			t.Fatalf("list: got %v, %v", page, err)
		}
		if page[0].Key != key || page[0].Size != info.Size || page[0].Modified != info.Modified ||
			page[0].Metadata != nil {
			t.Errorf("list says %+v, stat says %+v", page[0], info)
		}
	}
}
