//go:build unix

package gateway

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the file until it is closed, or gives an error at once.
func lockFile(file *os.File) error {
	return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}
