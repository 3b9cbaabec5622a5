package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"multipoint/shared/object"
	"multipoint/shared/object/gateway"
)

func store(t testing.TB, g *gateway.Gateway) object.Store {
	t.Helper()
	s, err := g.Store(t.Context(), "objects")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t *testing.T, s object.Store, key, body string) {
	t.Helper()
	if err := s.Create(t.Context(), key, strings.NewReader(body), nil); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, s object.Store, key, body string) {
	t.Helper()
	got, err := object.ReadAll(t.Context(), s, key, 1<<20)
	if err != nil || string(got) != body {
		t.Errorf("%s: got %q, %v; want %q", key, got, err, body)
	}
}

func TestWorkingDirectoryStays(t *testing.T) {
	home := t.TempDir()
	t.Chdir(home)
	g := start(t, gateway.Options{Dir: "data"})
	if now, err := os.Getwd(); err != nil || now != home {
		t.Errorf("got working directory %s, %v; want %s", now, err, home)
	}
	s := store(t, g)
	create(t, s, "a/b", "1")
	t.Chdir(t.TempDir())
	want(t, s, "a/b", "1")
	create(t, s, "a/c", "2")
	if _, err := os.Stat(filepath.Join(home, "data", "objects", "objects", "a", "c")); err != nil {
		t.Error(err)
	}
}

func TestTwoGatewaysServeTwoFolders(t *testing.T) {
	one, two := store(t, start(t, gateway.Options{})), store(t, start(t, gateway.Options{}))
	create(t, one, "key", "1")
	create(t, two, "key", "2")
	want(t, one, "key", "1")
	want(t, two, "key", "2")
}

func TestFolderHasOneGateway(t *testing.T) {
	dir := t.TempDir()
	first := start(t, gateway.Options{Dir: dir})
	create(t, store(t, first), "日本/key", "kept")
	_, err := gateway.Start(t.Context(), gateway.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "in use") || !strings.Contains(err.Error(), dir) {
		t.Errorf("second start: got %v, want an error that says which folder is in use", err)
	}
	for range 2 {
		if err := first.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	want(t, store(t, start(t, gateway.Options{Dir: dir})), "日本/key", "kept")
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := strings.TrimPrefix(start(t, gateway.Options{}).Endpoint(), "http://")
	cases := map[string]struct {
		ctx     context.Context
		options gateway.Options
	}{
		"ended context":        {ended, gateway.Options{Dir: t.TempDir()}},
		"no folder":            {t.Context(), gateway.Options{}},
		"a file":               {t.Context(), gateway.Options{Dir: file}},
		"address without port": {t.Context(), gateway.Options{Dir: t.TempDir(), Addr: "127.0.0.1"}},
		"taken address":        {t.Context(), gateway.Options{Dir: t.TempDir(), Addr: taken}},
	}
	for name, c := range cases {
		g, err := gateway.Start(c.ctx, c.options)
		if err == nil {
			t.Errorf("%s: got no error", name)
			_ = g.Close()
		}
		if err == nil || c.options.Dir == "" || c.options.Dir == file {
			continue
		}
		again, err := gateway.Start(t.Context(), gateway.Options{Dir: c.options.Dir})
		if err != nil {
			t.Errorf("%s: the folder is not free after it: %v", name, err)
			continue
		}
		_ = again.Close()
	}
}

// temporary are the files of uploads that are not complete.
func temporary(t *testing.T, dir string) []string {
	t.Helper()
	bodies, err := filepath.Glob(filepath.Join(dir, "objects", "*", ".sgwtmp", "*"))
	if err != nil {
		t.Fatal(err)
	}
	parts, err := filepath.Glob(filepath.Join(dir, "objects", "*", ".sgwtmp", "multipart", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range bodies {
		if filepath.Base(path) != "multipart" {
			parts = append(parts, path)
		}
	}
	return parts
}

func TestFailedUploadsLeaveNoParts(t *testing.T) {
	dir := t.TempDir()
	s := store(t, start(t, gateway.Options{Dir: dir}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	bodies := map[string]*bytes.Reader{
		"breaks": bytes.NewReader(make([]byte, 9<<20)), "loses": bytes.NewReader(make([]byte, 20<<20)),
	}
	create(t, s, "loses", "1")
	err := s.Create(ctx, "breaks", iotest.TimeoutReader(bodies["breaks"]), nil)
	if !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("got %v, want %v", err, iotest.ErrTimeout)
	}
	if err := s.Create(ctx, "loses", bodies["loses"], nil); !errors.Is(err, object.ErrExists) {
		t.Errorf("got %v, want %v", err, object.ErrExists)
	}
	ending := func(p []byte) (int, error) {
		if bodies["loses"].Len() < 8<<20 {
			cancel()
		}
		return bodies["loses"].Read(p)
	}
	bodies["loses"].Reset(make([]byte, 20<<20))
	if err := s.Put(ctx, "ends", readFunc(ending), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if left := temporary(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestStartRemovesWhatAKilledProcessLeft(t *testing.T) {
	dir := t.TempDir()
	g := start(t, gateway.Options{Dir: dir})
	create(t, store(t, g), "key", "kept")
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	inBucket := filepath.Join(dir, "objects", "objects", ".sgwtmp")
	uploads := filepath.Join(inBucket, "multipart", "k1")
	older, newer := filepath.Join(uploads, "u1"), filepath.Join(uploads, "u2")
	for _, upload := range []string{older, newer} {
		if err := os.MkdirAll(upload, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(upload, "1"), []byte("part"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	twoDaysAgo := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(older, twoDaysAgo, twoDaysAgo); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(inBucket, "body.123"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, store(t, start(t, gateway.Options{Dir: dir})), "key", "kept")
	if left := temporary(t, dir); len(left) != 1 || left[0] != newer {
		t.Errorf("left: %q; want just the upload of today", left)
	}
}

func TestSidecarGoesOn(t *testing.T) {
	dir := t.TempDir()
	g := start(t, gateway.Options{Dir: dir, Sidecar: true})
	metadata := map[string]string{"hash": "abc"}
	if err := store(t, g).Create(t.Context(), "key", strings.NewReader("1"), metadata); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	again := store(t, start(t, gateway.Options{Dir: moved}))
	info, err := again.Stat(t.Context(), "key")
	if err != nil || info.Metadata["hash"] != "abc" {
		t.Errorf("got %v, %v; want the metadata from the files beside the objects", info.Metadata, err)
	}
}

func TestDiskErrorsAreHandedOverWithoutPaths(t *testing.T) {
	dir := t.TempDir()
	failed := make(chan error, 100)
	s := store(t, start(t, gateway.Options{Dir: dir, Failed: func(err error) { failed <- err }}))
	loop := filepath.Join(dir, "objects", "objects", "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	_, err := s.Open(t.Context(), "loop", 0, -1)
	if err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("the client got %v", err)
	}
	select {
	case err := <-failed:
		if !strings.Contains(err.Error(), "symbolic links") {
			t.Errorf("got %v", err)
		}
	default:
		t.Error("Failed was not called")
	}
}
