package gateway

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncFolder writes the file system of an open folder to the disk: contents, names and attributes of all
// files. It reports errors since the folder was opened.
func syncFolder(folder *os.File) error { return unix.Syncfs(int(folder.Fd())) }
