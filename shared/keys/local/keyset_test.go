package local_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
)

const place = "keys/aozora/proof"

func newKeyset(t *testing.T) (*local.Keyset, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyset")
	k, err := local.OpenOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	return k, path
}

func open(t *testing.T, path string) *local.Keyset {
	t.Helper()
	k, err := local.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func wrap(t *testing.T, k *local.Keyset, key string) []byte {
	t.Helper()
	wrapped, err := k.Wrap(t.Context(), []byte(key), place)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

func expect(t *testing.T, k *local.Keyset, wrapped []byte, want string) {
	t.Helper()
	got, err := k.Unwrap(t.Context(), wrapped, place)
	if err != nil || string(got) != want {
		t.Errorf("got %q, want %q: %v", got, want, err)
	}
}

func TestWrappedKeysOpenInTheirContextOnly(t *testing.T) {
	k, path := newKeyset(t)
	wrapped := wrap(t, k, "secret")
	expect(t, k, wrapped, "secret")
	expect(t, open(t, path), wrapped, "secret")
	if bytes.Contains(wrapped, []byte("secret")) {
		t.Error("the key can be read")
	}
	other, _ := newKeyset(t)
	refused := func(k *local.Keyset, wrapped []byte, at string) {
		t.Helper()
		if key, err := k.Unwrap(t.Context(), wrapped, at); !errors.Is(err, keys.ErrRefused) {
			t.Errorf("gave %q, %v", key, err)
		}
	}
	refused(k, wrapped, "keys/minato/proof")
	refused(other, wrapped, place)
	refused(local.Demo(), wrapped, place)
	refused(k, nil, place)
	for i := range wrapped {
		damaged := bytes.Clone(wrapped)
		damaged[i] ^= 0x10
		refused(k, damaged, place)
	}
}

func TestLimitsOfWrap(t *testing.T) {
	k := local.Demo()
	expect(t, k, wrap(t, k, strings.Repeat("x", keys.MaxPlaintext)), strings.Repeat("x", keys.MaxPlaintext))
	for _, size := range []int{0, keys.MaxPlaintext + 1} {
		if _, err := k.Wrap(t.Context(), make([]byte, size), place); !errors.Is(err, keys.ErrInvalid) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.Wrap(ended, []byte("x"), place); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := k.Unwrap(ended, []byte("x"), place); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDemoKeysetIsTheSameEverywhere: what a demo of another version wrapped still opens.
func TestDemoKeysetIsTheSameEverywhere(t *testing.T) {
	expect(t, local.Demo(), wrap(t, local.Demo(), "secret"), "secret")
	recorded, err := hex.DecodeString("0164656d6f125abd1efc0ff93e62e354a73c1eed" +
		"24f540056cd191b082f8b82aa0dd1cf029ce4b")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, local.Demo(), recorded, "secret")
	if err := local.Demo().Rotate(); !errors.Is(err, keys.ErrInvalid) {
		t.Error("the demo keyset rotates:", err)
	}
}

func TestFirstStartMakesAPrivateFile(t *testing.T) {
	_, path := newKeyset(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Error("mode", info.Mode())
	}
	onlyFile(t, path)
	before, _ := os.ReadFile(path)
	if _, err := local.OpenOrCreate(path); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the second start changed the file")
	}
}

// onlyFile fails if a temporary file was left.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Error(entries, err)
	}
}

func TestProcessesThatStartTogetherShareOneKeyset(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyset")
	const processes = 16
	sets := make([]*local.Keyset, processes)
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			var err error
			if sets[i], err = local.OpenOrCreate(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for i, k := range sets {
		expect(t, sets[(i+1)%processes], wrap(t, k, fmt.Sprint(i)), fmt.Sprint(i))
	}
	onlyFile(t, path)
}

func TestRotationKeepsOldKeys(t *testing.T) {
	k, path := newKeyset(t)
	other := open(t, path) // a process that knows nothing of the rotation
	old := wrap(t, k, "old")
	for range 2 {
		if err := k.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	recent := wrap(t, k, "recent")
	if bytes.Equal(old[:5], recent[:5]) {
		t.Error("new work is under the old key")
	}
	for _, k := range []*local.Keyset{k, open(t, path), other} {
		expect(t, k, old, "old")
		expect(t, k, recent, "recent")
	}
	expect(t, k, wrap(t, other, "later"), "later")
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Error(info.Mode(), err)
	}
	onlyFile(t, path)
}

func TestOneRotationAtATime(t *testing.T) {
	k, path := newKeyset(t)
	before, _ := os.ReadFile(path)
	if err := os.WriteFile(path+".new", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := k.Rotate()
	if fault.CodeOf(err) != fault.WriteFailed || !strings.Contains(err.Error(), "another rotation") {
		t.Error(err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file was changed")
	}
	if _, err := os.Stat(path + ".new"); err != nil {
		t.Error("the other rotation's file was removed:", err)
	}
}

func TestBadFilesAreNotUsed(t *testing.T) {
	_, good := newKeyset(t)
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{
		"empty": {}, "cut": content[:len(content)-1], "longer": append(bytes.Clone(content), '\n'),
		"only a title": content[:20], "without keys": content[:85],
		"text": bytes.Repeat([]byte("keys "), 100), "huge": bytes.Repeat([]byte("x"), 1<<20+1),
	}
	for i := range content {
		damaged := bytes.Clone(content)
		damaged[i] ^= 1
		cases[fmt.Sprint("byte ", i)] = damaged
	}
	path := filepath.Join(t.TempDir(), "keyset")
	for name, content := range cases {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := local.OpenOrCreate(path)
		if fault.CodeOf(err) != fault.ReadFailed || !strings.Contains(err.Error(), "keyset file is damaged") {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(content, after) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestFilesThatOthersReadAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the mode says nothing there")
	}
	k, path := newKeyset(t)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := local.Open(path)
		if fault.CodeOf(err) != fault.ReadFailed || !strings.Contains(err.Error(), "open to other users") {
			t.Errorf("%v: %v", mode, err)
		}
		if err := k.Rotate(); fault.CodeOf(err) != fault.ReadFailed {
			t.Errorf("rotated a file of mode %v: %v", mode, err)
		}
		onlyFile(t, path)
	}
}

func TestMissingFilesAndFolders(t *testing.T) {
	folder := t.TempDir()
	if _, err := local.Open(filepath.Join(folder, "keyset")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	_, err := local.OpenOrCreate(filepath.Join(folder, "none", "keyset"))
	if fault.CodeOf(err) != fault.WriteFailed {
		t.Error(err)
	}
	if _, err := local.OpenOrCreate(folder); fault.CodeOf(err) != fault.ReadFailed {
		t.Error(err)
	}
}
