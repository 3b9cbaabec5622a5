package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/versity/versitygw/backend/meta"

	"multipoint/shared/object/memory/limits"
)

const (
	objectsName  = "objects"
	metadataName = "metadata"
	lockName     = "lock"

	ownerOnly   = 0o700
	uploadsLast = 24 * time.Hour // what is older was given up: an upload takes minutes
)

// folder is what a gateway has on disk.
type folder struct {
	objects  string // one folder for each bucket, absolute
	metadata meta.MetadataStorer
	beside   bool // metadata is in files, not in extended attributes
	lock     *os.File
	root     *os.File // open from before the first write, so that a failed write shows in sync
}

// openFolder takes the folder for this process, makes what is not there and removes what a killed process
// left.
func openFolder(dir string, sidecar bool) (*folder, error) {
	if dir == "" {
		return nil, errors.New("an object gateway needs a folder")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	f := &folder{objects: filepath.Join(dir, objectsName)}
	if err := os.MkdirAll(f.objects, ownerOnly); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f.lock, err = root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	if err := errors.Join(err, root.Close()); err != nil {
		return nil, err
	}
	if err := lockFile(f.lock); err != nil {
		return nil, errors.Join(
			fmt.Errorf("the folder %s is in use by another object gateway: %w", dir, err), f.lock.Close())
	}
	if err := f.prepare(filepath.Join(dir, metadataName), sidecar); err != nil {
		return nil, errors.Join(fmt.Errorf("object gateway: %w", err), f.close())
	}
	return f, nil
}

func (f *folder) prepare(metadata string, sidecar bool) (err error) {
	if f.root, err = os.Open(f.objects); err != nil {
		return err
	}
	switch _, err := os.Stat(metadata); {
	case err == nil:
		sidecar = true
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if !sidecar && keepsAttributes(f.lock) {
		f.metadata = meta.XattrMeta{}
		return f.clean(time.Now())
	}
	if err := os.MkdirAll(metadata, ownerOnly); err != nil {
		return err
	}
	beside, err := meta.NewSideCar(metadata)
	if err != nil {
		return err
	}
	f.metadata, f.beside = besideObjects{beside, metadata, f.objects}, true
	return f.clean(time.Now())
}

// keepsAttributes tries whether the file system has extended attributes.
func keepsAttributes(file *os.File) bool {
	const name, value = "probe", "1"
	attributes := meta.XattrMeta{}
	if err := attributes.StoreAttribute(file, "", "", name, []byte(value)); err != nil {
		return false
	}
	kept, err := attributes.RetrieveAttribute(file, "", "", name)
	return err == nil && string(kept) == value
}

// clean removes what a killed process left of uploads: bodies in temporary files, and after a day uploads in
// parts that nobody completed.
func (f *folder) clean(now time.Time) error {
	bodies := filepath.Join(f.objects, "*", limits.Reserved, "*")
	err := removeAll(bodies, func(left fs.FileInfo) bool { return left.Mode().IsRegular() })
	if err != nil {
		return err
	}
	uploads := filepath.Join(f.objects, "*", limits.Reserved, "multipart", "*", "*")
	return removeAll(uploads, func(left fs.FileInfo) bool { return now.Sub(left.ModTime()) > uploadsLast })
}

// removeAll removes what has a path of the pattern and is not wanted any more.
func removeAll(pattern string, unwanted func(fs.FileInfo) bool) error {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if !unwanted(info) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes the file of an object and what is kept beside it, and no folder above them. One that is not
// there is no error.
func (f *folder) remove(bucket, key string) error {
	path := filepath.Join(bucket, filepath.FromSlash(key))
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return nil // the folder of other objects
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if beside, ok := f.metadata.(besideObjects); ok {
		return beside.forget(bucket, key)
	}
	return nil
}

// sync writes everything that is in the page cache for the folder's file system to the disk.
func (f *folder) sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sync objects: %w", err)
	}
	if err := syncFolder(f.root); err != nil {
		return fmt.Errorf("sync objects: %w", err)
	}
	return nil
}

// close gives the folder free for another gateway.
func (f *folder) close() error {
	var err error
	if f.root != nil {
		err = f.root.Close()
	}
	return errors.Join(err, f.lock.Close())
}

// besideObjects keeps metadata in files, by the bucket's name where the server says the path of its folder.
// What belongs to a bucket itself has a folder of its own, so that no key can be in its way.
type besideObjects struct {
	files   meta.SideCar
	dir     string // where they are
	objects string // where the buckets are
}

const (
	ofBuckets     = ".buckets" // no bucket's name begins with a dot
	storeAttempts = 10
)

func (b besideObjects) place(bucket, object string) (string, string) {
	name := strings.TrimPrefix(bucket, b.objects+string(filepath.Separator))
	if object == "" {
		return ofBuckets, name
	}
	return name, object
}

// RetrieveAttribute reads one attribute.
func (b besideObjects) RetrieveAttribute(_ *os.File, bucket, object, name string) ([]byte, error) {
	bucket, object = b.place(bucket, object)
	return b.files.RetrieveAttribute(nil, bucket, object, name)
}

// StoreAttribute writes one attribute. It tries again: the folder can go away between its making and its use
// when another object's attributes, the last ones in a folder above, are deleted.
func (b besideObjects) StoreAttribute(_ *os.File, bucket, object, name string, value []byte) error {
	bucket, object = b.place(bucket, object)
	var err error
	for range storeAttempts {
		if err = b.files.StoreAttribute(nil, bucket, object, name, value); err == nil {
			return nil
		}
	}
	return err
}

// forget removes all attributes of an object, and no folder above them.
func (b besideObjects) forget(bucket, object string) error {
	bucket, object = b.place(bucket, object)
	return os.RemoveAll(filepath.Join(b.dir, bucket, filepath.FromSlash(object), "meta"))
}

// DeleteAttribute removes one attribute.
func (b besideObjects) DeleteAttribute(bucket, object, name string) error {
	bucket, object = b.place(bucket, object)
	return b.files.DeleteAttribute(bucket, object, name)
}

// ListAttributes gives the names of attributes.
func (b besideObjects) ListAttributes(bucket, object string) ([]string, error) {
	bucket, object = b.place(bucket, object)
	return b.files.ListAttributes(bucket, object)
}

// DeleteAttributes removes all attributes.
func (b besideObjects) DeleteAttributes(bucket, object string) error {
	bucket, object = b.place(bucket, object)
	return b.files.DeleteAttributes(bucket, object)
}

// RenameObject moves all attributes.
func (b besideObjects) RenameObject(bucket, from, to string) error {
	name, from := b.place(bucket, from)
	_, to = b.place(bucket, to)
	return b.files.RenameObject(name, from, to)
}
