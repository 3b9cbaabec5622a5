package gateway_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"multipoint/shared/object/gateway"
)

// extents is the head of Linux's struct fiemap with room for the first extents of a file.
type extents struct {
	start, length           uint64
	flags, mapped, count, _ uint32
	first                   [32]struct {
		logical, physical, length uint64
		_                         [2]uint64
		flags                     uint32
		_                         [3]uint32
	}
}

const (
	fiemap     = 0xC020660B // _IOWR('f', 11, struct fiemap)
	notWritten = 0x2 | 0x4 | 0x800
)

// onDisk says whether the file system has given the file's bytes a place on the disk and written them there:
// no extent is unknown, delayed or allocated without contents.
func onDisk(t *testing.T, path string) bool {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	m := extents{length: ^uint64(0)}
	m.count = uint32(len(m.first))
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, file.Fd(), fiemap, uintptr(unsafe.Pointer(&m)))
	if errno != 0 {
		t.Skipf("this file system does not say where files are: %v", errno)
	}
	for _, extent := range m.first[:m.mapped] {
		if extent.flags&notWritten != 0 {
			return false
		}
	}
	return m.mapped > 0
}

// TestNothingIsOnDiskBeforeSync shows that the gateway alone does not write through, and that Sync does, for
// small objects and for those in parts.
func TestNothingIsOnDiskBeforeSync(t *testing.T) {
	dir := t.TempDir()
	s := store(t, start(t, gateway.Options{Dir: dir}))
	for key, size := range map[string]int{"small": 4096, "in parts": 20 << 20} {
		body := bytes.NewReader(bytes.Repeat([]byte("x"), size))
		if err := s.Create(t.Context(), key, body, nil); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "objects", "objects", key)
		if onDisk(t, path) {
			t.Errorf("%s: it was on the disk before Sync", key)
		}
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !onDisk(t, path) {
			t.Errorf("%s: it is not on the disk after Sync", key)
		}
	}
}
