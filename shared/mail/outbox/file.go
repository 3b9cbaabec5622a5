package outbox

import (
	"errors"
	"io/fs"
	"os"
	"path"
)

// Rights: mails are for the owner of the folder.
const (
	ownerOnly     = 0o700
	ownerReadsToo = 0o600
)

// unfinished ends the names of files that are being written.
const unfinished = ".new"

// write makes a file, whole or not at all, that lasts.
func (b *Outbox) write(name string, content []byte) error {
	f, err := b.root.OpenFile(name+unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, ownerReadsToo)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := b.root.Rename(name+unfinished, name); err != nil {
		return err
	}
	return b.syncFolder(path.Dir(name))
}

// makeFolder makes a folder that lasts; its parent is there.
func (b *Outbox) makeFolder(name string) error {
	err := b.root.Mkdir(name, ownerOnly)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return b.syncFolder(path.Dir(name))
}

func (b *Outbox) syncFolder(name string) error {
	f, err := b.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
