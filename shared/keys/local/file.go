package local

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"multipoint/shared/fault"
)

// The file is one line, "multipoint keyset 1 " and the SHA-256 of what follows in hex, and Tink's JSON.
// Without the hash a damaged key could pass for a good one, and be used for new work.
const (
	title       = "multipoint keyset 1 "
	titleLength = len(title) + 2*sha256.Size + 1
	maxFile     = 1 << 20 // bytes; a key has about 250
)

// permissions of the file: its owner may read and write.
const permissions = 0o600

type digest [sha256.Size]byte

type file struct {
	handle *keyset.Handle
	digest digest
}

func readFile(path string) (file, error) {
	b, err := readPrivate(path)
	if err != nil {
		return file{}, err
	}
	if len(b) < titleLength || string(b[:len(title)]) != title || b[titleLength-1] != '\n' {
		return file{}, damaged(path, errors.New("it does not begin as a keyset file"))
	}
	body := b[titleLength:]
	f := file{digest: sha256.Sum256(body)}
	if hex.EncodeToString(f.digest[:]) != string(b[len(title):titleLength-1]) {
		return file{}, damaged(path, errors.New("its hash differs"))
	}
	f.handle, err = insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(body)))
	if err != nil {
		return file{}, damaged(path, err)
	}
	return f, nil
}

// readPrivate reads a file that nobody but its owner can get at.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- the path is the operator's setting
	if err != nil {
		return nil, cannotRead(path, "the keyset file cannot be opened", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, cannotRead(path, "the keyset file cannot be read", err)
	case !info.Mode().IsRegular():
		return nil, cannotRead(path, "the keyset is not a file", nil)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0: // there the mode says nothing
		what := fmt.Sprintf("the keyset file is open to other users (%v); only its owner may read it (%v)",
			info.Mode().Perm(), fs.FileMode(permissions))
		return nil, cannotRead(path, what, nil)
	case info.Size() > maxFile:
		return nil, damaged(path, errors.New("it is too large"))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, cannotRead(path, "the keyset file cannot be read", err)
	}
	return b, nil
}

// createFile makes a keyset file with one key unless there is one.
func createFile(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // reading it will say what is wrong, if anything
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return cannotWrite(path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new") // 0600
	if err != nil {
		return cannotWrite(path, err)
	}
	temp := f.Name()
	if err := writeKeyset(f, handle); err != nil {
		return cannotWrite(path, errors.Join(err, os.Remove(temp)))
	}
	// A link does not replace what is there, as a rename would: the first process wins.
	err = os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err := errors.Join(err, os.Remove(temp)); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// rotateFile adds a key to the file and makes it the one for new work.
func rotateFile(path string) error {
	// One name for the new file keeps a second rotation out: it would lose one of the two new keys.
	temp := path + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, permissions) // #nosec G304 -- as above
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("another rotation is under way; if it was broken off remove %s", temp)
		return cannotWrite(path, err)
	}
	if err != nil {
		return cannotWrite(path, err)
	}
	handle, err := withNewKey(path)
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(temp))
	}
	err = writeKeyset(f, handle)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return cannotWrite(path, errors.Join(err, os.Remove(temp)))
	}
	return syncFolder(path)
}

func withNewKey(path string) (*keyset.Handle, error) {
	old, err := readFile(path)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(old.handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, cannotWrite(path, err)
	}
	return m.Handle()
}

// writeKeyset writes the file so that it lasts, and closes it.
func writeKeyset(f *os.File, handle *keyset.Handle) error {
	var body bytes.Buffer
	err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&body))
	if err == nil {
		_, err = fmt.Fprintf(f, "%s%x\n%s", title, sha256.Sum256(body.Bytes()), body.Bytes())
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolder makes the name of the file last.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return cannotWrite(path, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

func damaged(path string, err error) error {
	return cannotRead(path, "the keyset file is damaged; put the saved one in its place", err)
}

func cannotRead(path, what string, err error) error {
	return &fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: path}, What: what, Err: err}
}

func cannotWrite(path string, err error) error {
	what := "the keyset file cannot be written"
	return &fault.Error{Code: fault.WriteFailed, Place: fault.Place{File: path}, What: what, Err: err}
}
