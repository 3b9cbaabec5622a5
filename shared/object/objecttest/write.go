package objecttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/iotest"

	"multipoint/shared/object"
)

const writers = 16

func createRace(t *testing.T, s object.Store) {
	for _, size := range []int{0, 1, 5 * mib, 20 * mib} {
		t.Run(fmt.Sprintf("%d bytes", size), func(t *testing.T) {
			key := fmt.Sprintf("races/%d", size)
			results := make([]error, writers)
			start := make(chan struct{})
			var all sync.WaitGroup
			shared := content(0, size) // the last byte is the writer's, so the bodies need little memory
			for i := range writers {
				all.Go(func() {
					<-start
					results[i] = s.Create(t.Context(), key, marked(shared, byte(i)),
						map[string]string{"writer": fmt.Sprint(i)})
				})
			}
			close(start)
			all.Wait()
			winner := -1
			for i, err := range results {
				switch {
				case err == nil && winner >= 0:
					t.Errorf("writers %d and %d got through", winner, i)
				case err == nil:
					winner = i
				case !errors.Is(err, object.ErrExists):
					t.Errorf("writer %d: got error %v, want %v", i, err, object.ErrExists)
				}
			}
			if winner < 0 {
				t.Fatal("no writer got through")
			}
			want, _ := io.ReadAll(marked(shared, byte(winner)))
			wantBody(t, s, key, want)
			info, err := s.Stat(t.Context(), key)
			if err != nil || info.Metadata["writer"] != fmt.Sprint(winner) {
				t.Errorf("metadata of the winner %d: got %v, %v", winner, info.Metadata, err)
			}
		})
	}
}

// marked is a body with another last byte.
func marked(body []byte, last byte) io.Reader {
	if len(body) == 0 {
		return unknown{bytes.NewReader(nil)}
	}
	return unknown{io.MultiReader(bytes.NewReader(body[:len(body)-1]), bytes.NewReader([]byte{last}))}
}

func createKeeps(t *testing.T, s object.Store) {
	for _, size := range []int{0, 3, 5 * mib, 20 * mib} {
		key := fmt.Sprintf("kept/%d", size)
		before := content(1, size)
		create(t, s, key, before)
		second := bytes.NewReader(content(2, size+1))
		wantError(t, "create again", s.Create(t.Context(), key, unknown{second}, nil), object.ErrExists)
		if second.Len() > 0 {
			t.Errorf("%d bytes of the second body were not read", second.Len())
		}
		wantBody(t, s, key, before)
	}
}

func putReplaces(t *testing.T, s object.Store) {
	const key = "put/over"
	steps := []struct {
		size     int
		metadata map[string]string
	}{
		{10, map[string]string{"first": "1"}},
		{20 * mib, map[string]string{"second": "2"}},
		{5, nil},
		{9 * mib, nil},
		{0, map[string]string{"hash": "abc", "part": "7"}},
	}
	for i, step := range steps {
		body := content(byte(i), step.size)
		must(t, s.Put(t.Context(), key, unknown{bytes.NewReader(body)}, step.metadata))
		wantBody(t, s, key, body)
		info, err := s.Stat(t.Context(), key)
		if err != nil || !sameMetadata(info.Metadata, step.metadata) {
			t.Errorf("step %d: got metadata %v, %v; want %v", i, info.Metadata, err, step.metadata)
		}
	}
	page, err := s.List(t.Context(), "", "", 10)
	if err != nil || len(page) != 1 {
		t.Errorf("got objects %v, %v; want just %s", keysOf(page), err, key)
	}
}

func sameMetadata(got, want map[string]string) bool {
	if len(got) != len(want) {
		return false
	}
	for name, value := range want {
		if got[name] != value {
			return false
		}
	}
	return true
}

func bodiesOfEachLength(t *testing.T, s object.Store) {
	for _, near := range []int{1, 64 * kB, mib, 5 * mib, 8 * mib, 16 * mib} {
		for _, size := range []int{near - 1, near, near + 1} {
			key := fmt.Sprintf("lengths/%d", size)
			body := content(byte(size), size)
			must(t, s.Put(t.Context(), key, unknown{bytes.NewReader(body)}, nil))
			wantBody(t, s, key, body)
		}
	}
}

func readersOfEachKind(t *testing.T, s object.Store) {
	body := content(5, 100*kB)
	readers := map[string]io.Reader{
		"known length": bytes.NewReader(body),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(body)),
		"halves":       iotest.HalfReader(bytes.NewReader(body)),
		"end at once":  iotest.DataErrReader(bytes.NewReader(body)),
	}
	for name, reader := range readers {
		key := "readers/" + name
		must(t, s.Create(t.Context(), key, reader, nil))
		wantBody(t, s, key, body)
	}
}

var errBody = errors.New("the body broke")

// broken is a body that fails after some bytes.
func broken(after int) io.Reader {
	return io.MultiReader(bytes.NewReader(content(3, after)), iotest.ErrReader(errBody))
}

var breakingPoints = []int{0, 1, 100 * kB, 8 * mib, 9 * mib, 20 * mib}

func failingBody(t *testing.T, s object.Store) {
	for _, after := range breakingPoints {
		key := fmt.Sprintf("broken/%d", after)
		wantError(t, "create", s.Create(t.Context(), key, broken(after), nil), errBody)
		wantNone(t, s, key)
		wantError(t, "put", s.Put(t.Context(), key, broken(after), nil), errBody)
		wantNone(t, s, key)
		create(t, s, key, []byte("whole"))
		wantBody(t, s, key, []byte("whole"))
	}
}

func failingBodyOver(t *testing.T, s object.Store) {
	const key = "broken/over"
	create(t, s, key, []byte("before"))
	for _, after := range breakingPoints {
		wantError(t, "put", s.Put(t.Context(), key, broken(after), nil), errBody)
		wantBody(t, s, key, []byte("before"))
	}
}

func syncKeeps(t *testing.T, s object.Store) {
	must(t, s.Sync(t.Context()))
	for i := range 100 {
		create(t, s, fmt.Sprintf("synced/%03d", i), content(byte(i), i*100))
	}
	must(t, s.Delete(t.Context(), "synced/007"))
	must(t, s.Sync(t.Context()))
	for i := range 100 {
		if key := fmt.Sprintf("synced/%03d", i); i == 7 {
			wantNone(t, s, key)
		} else {
			wantBody(t, s, key, content(byte(i), i*100))
		}
	}
}
