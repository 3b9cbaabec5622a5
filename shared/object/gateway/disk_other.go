//go:build unix && !linux

package gateway

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// syncFolder writes each file and each folder to the disk, one by one: there is no call for all of them that
// waits.
func syncFolder(folder *os.File) error {
	return filepath.WalkDir(filepath.Dir(folder.Name()), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(file.Sync(), file.Close())
	})
}
