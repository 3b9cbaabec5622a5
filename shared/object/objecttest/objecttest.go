// Package objecttest is the conformance suite of object storage: what every driver of object.Store does, so
// that what works in a test and on one machine works in the cloud.
package objecttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"multipoint/shared/object"
)

const (
	kB    = 1 << 10
	mib   = 1 << 20
	block = 4 * kB
)

// Run tests a driver. The function opens an empty store; it is called once for each test, and what it needs
// to tidy up it leaves to the test's Cleanup.
func Run(t *testing.T, open func(t *testing.T) object.Store) {
	t.Helper()
	tests := []struct {
		name string
		test func(*testing.T, object.Store)
	}{
		{"CreateLetsOneOfManyThrough", createRace},
		{"CreateKeepsWhatIsThere", createKeeps},
		{"PutReplacesBodyAndMetadata", putReplaces},
		{"BodiesOfEachLength", bodiesOfEachLength},
		{"ReadersOfEachKind", readersOfEachKind},
		{"FailingBodyLeavesNoObject", failingBody},
		{"FailingBodyKeepsTheObjectBefore", failingBodyOver},
		{"RangesOfAnObject", ranges},
		{"AbsentObject", absent},
		{"ReadAllHasALimit", readAll},
		{"ReaderKeepsItsVersion", readerKeepsVersion},
		{"ReadersAndWritersOfOneKey", readersAndWriters},
		{"StatDescribes", stat},
		{"MetadataIsKept", metadataKept},
		{"MetadataIsChecked", metadataChecked},
		{"OddKeys", oddKeys},
		{"LongKeys", longKeys},
		{"InvalidKeysWriteNothing", invalidKeys},
		{"FolderIsNoObject", folderIsNoObject},
		{"ListOrderPrefixAfterLimit", listLikeModel},
		{"ListPages", listPages},
		{"ListRefusesNonsense", listInvalid},
		{"Delete", deleteObject},
		{"DeleteBesideCreate", deleteBesideCreate},
		{"EndedContexts", endedContexts},
		{"ContextEndsInTheMiddle", contextEndsInTheMiddle},
		{"Sync", syncKeeps},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// content is n bytes that differ for each seed and at each place of a large body.
func content(seed byte, n int) []byte {
	b := make([]byte, 0, n+block)
	var pattern [block]byte
	for i := range pattern {
		pattern[i] = seed + byte(i) + byte(i>>8)
	}
	for number := 0; len(b) < n; number++ {
		pattern[0], pattern[1] = seed+byte(number), byte(number>>8)
		b = append(b, pattern[:]...)
	}
	return b[:n:n]
}

// unknown hides all of a body but Read.
type unknown struct{ io.Reader }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// create writes an object that is not there.
func create(t *testing.T, s object.Store, key string, body []byte) {
	t.Helper()
	must(t, s.Create(t.Context(), key, unknown{bytes.NewReader(body)}, nil))
}

// read gives a range of an object.
func read(ctx context.Context, s object.Store, key string, offset, length int64) ([]byte, error) {
	r, err := s.Open(ctx, key, offset, length)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

// wantBody fails unless the object has just these bytes, in Open as in Stat.
func wantBody(t *testing.T, s object.Store, key string, want []byte) {
	t.Helper()
	got, err := read(t.Context(), s, key, 0, -1)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("object %q: got %s, %v; want %s", key, excerpt(got), err, excerpt(want))
	}
	info, err := s.Stat(t.Context(), key)
	if err != nil || info.Size != int64(len(want)) || info.Key != key {
		t.Errorf("stat of %q: got %+v, %v; want %d bytes", key, info, err, len(want))
	}
}

// wantNone fails if there is an object of that key, or any trace of one in a list.
func wantNone(t *testing.T, s object.Store, key string) {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	wantError(t, "stat of "+key, err, object.ErrAbsent)
	_, err = read(t.Context(), s, key, 0, -1)
	wantError(t, "read of "+key, err, object.ErrAbsent)
	page, err := s.List(t.Context(), key, "", 10)
	if err != nil || len(page) > 0 {
		t.Errorf("list of %q: got %v, %v; want nothing", key, keysOf(page), err)
	}
}

func keysOf(page []object.Info) []string {
	var keys []string
	for i := range page {
		keys = append(keys, page[i].Key)
	}
	return keys
}

func excerpt(b []byte) string {
	return fmt.Sprintf("%d bytes (%x…)", len(b), b[:min(len(b), 8)])
}
