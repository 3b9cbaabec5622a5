package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"multipoint/shared/fault"
)

// outFolder is a folder that is there whole or not at all: it is filled under another name until it is kept.
type outFolder struct {
	dir   string
	temp  string
	empty bool // an empty folder stood in its place
}

// newOutFolder begins the folder. dir must be absent or empty.
func newOutFolder(dir string) (*outFolder, error) {
	there, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, writeFailed(dir, err)
	case len(there) > 0:
		return nil, fault.At(fault.OutputExists, fault.Place{File: dir}, "")
	}
	full, e := filepath.Abs(dir)
	if e != nil {
		return nil, writeFailed(dir, e)
	}
	o := &outFolder{dir: full, temp: full + ".tmp", empty: err == nil}
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return nil, writeFailed(dir, err)
	}
	if err := os.Mkdir(o.temp, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fault.At(fault.OutputExists, fault.Place{File: dir + ".tmp"},
				"Another run writes there, or one was cut off; look, then remove the folder.")
		}
		return nil, writeFailed(dir, err)
	}
	return o, nil
}

// keep gives the folder its name.
func (o *outFolder) keep() error {
	if o.empty {
		if err := os.Remove(o.dir); err != nil {
			return writeFailed(o.dir, err)
		}
	}
	return writeFailed(o.dir, os.Rename(o.temp, o.dir))
}

// drop takes away what was written; after keep there is nothing left to take.
func (o *outFolder) drop() error { return writeFailed(o.temp, os.RemoveAll(o.temp)) }

// folderDigest is the SHA-256 over one line for each file below dir, "<sha256>  <path>\n", in the order of
// the paths' bytes: what sha256sum prints about the sorted files, hashed again. It gives the number of files
// by their top folder, too.
func folderDigest(dir string) (sum string, count map[string]int, err error) {
	var paths []string
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		paths = append(paths, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		return "", nil, readFailed(dir, err)
	}
	slices.Sort(paths)
	all := sha256.New()
	count = map[string]int{}
	for _, path := range paths {
		one, err := fileDigest(filepath.Join(dir, filepath.FromSlash(path)))
		if err != nil {
			return "", nil, err
		}
		all.Write([]byte(one + "  " + path + "\n"))
		count[topFolder(path)]++
	}
	return hex.EncodeToString(all.Sum(nil)), count, nil
}

func topFolder(path string) string {
	for i := range path {
		if path[i] == '/' {
			return path[:i]
		}
	}
	return ""
}

func fileDigest(path string) (string, error) {
	f, err := openFile(path)
	if err != nil {
		return "", err
	}
	defer ignore(f.Close)
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", readFailed(path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
