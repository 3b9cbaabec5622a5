package standalone

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"multipoint/shared/fault"
	"multipoint/shared/keys"
	"multipoint/shared/object"
	"multipoint/shared/object/gateway"
)

// RestoreOptions say what is restored where. From and Dir must be given.
type RestoreOptions struct {
	From       string // the folder of the generations
	Generation string // empty = the newest
	Dir        string // of the new data folder: absent or empty
	Progress   func(int64)
}

// Restore makes a data folder of a generation. Every byte is compared with the hash that was taken when the
// backup was made; keys and numbers that were destroyed and erased since, as far as the newest generation
// knows, are destroyed and erased in the new folder before anybody can use it (R24). The folder is there
// whole or not at all. Errors: output.exists, part.missing, part.damaged with the file, read.failed,
// write.failed.
func Restore(ctx context.Context, o RestoreOptions) (*Generation, error) {
	names, err := Generations(o.From)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fault.At(fault.ReadFailed, fault.Place{File: o.From}, "There is no backup here.")
	}
	newest := names[len(names)-1]
	if o.Generation == "" {
		o.Generation = newest
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return nil, fault.At(fault.OutputExists, fault.Place{File: o.Dir}, "")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, written(dir, err)
	}
	from, err := filepath.Abs(filepath.Join(o.From, o.Generation))
	if err != nil {
		return nil, err
	}
	r := &restoring{o: &o, from: from, to: dir + unfinished}
	if r.made, err = readGeneration(from); err != nil {
		return nil, err
	}
	if r.newest, r.newestDir = r.made, from; newest != o.Generation {
		r.newestDir = filepath.Join(filepath.Dir(from), newest)
		if r.newest, err = readGeneration(r.newestDir); err != nil {
			return nil, err
		}
	}
	if err := os.RemoveAll(r.to); err != nil {
		return nil, written(r.to, err)
	}
	if err := r.run(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.to))
	}
	if err := os.RemoveAll(dir); err != nil { // it is empty
		return nil, written(dir, err)
	}
	return r.made, written(dir, os.Rename(r.to, dir))
}

// restoring is a data folder being made.
type restoring struct {
	o    *RestoreOptions
	from string
	to   string
	made *Generation

	newest    *Generation // that there is, for what was destroyed and erased since
	newestDir string
}

func (r *restoring) run(ctx context.Context) error {
	if err := os.MkdirAll(r.to, 0o700); err != nil {
		return written(r.to, err)
	}
	for i := range r.made.Files {
		if err := r.file(ctx, &r.made.Files[i]); err != nil {
			return err
		}
	}
	if err := r.eraseAgain(ctx); err != nil {
		return err
	}
	if err := r.objects(ctx); err != nil {
		return err
	}
	return syncFolders(r.to)
}

func (r *restoring) file(ctx context.Context, f *BackupFile) error {
	rel := filepath.FromSlash(f.Path)
	if !filepath.IsLocal(rel) {
		return fault.At(fault.PartDamaged, fault.Place{File: f.Path}, "The path leads out of the folder.")
	}
	to := filepath.Join(r.to, rel)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return written(to, err)
	}
	from, err := r.open(ctx, rel, f.Size, f.SHA256)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()                                   // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- a local path
	if err != nil {
		return written(to, err)
	}
	_, err = io.Copy(out, from)
	if err == nil {
		err = out.Sync()
	}
	if e := out.Close(); err == nil {
		err = e
	}
	return written(to, err)
}

// objects puts the objects through a gateway, which keeps their metadata as the file system allows it.
func (r *restoring) objects(ctx context.Context) (err error) {
	g, err := gateway.Start(ctx, gateway.Options{Dir: filepath.Join(r.to, objectsFolder)})
	if err != nil {
		return written(r.to, err)
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	store, err := g.Store(ctx, bucket)
	if err != nil {
		return err
	}
	for i := range r.made.Objects {
		if err := r.object(ctx, store, &r.made.Objects[i]); err != nil {
			return err
		}
	}
	for i := range r.newest.Objects {
		if o := &r.newest.Objects[i]; isDestroyed(o) {
			if err := keys.Destroy(ctx, store, o.Key); err != nil {
				return err
			}
		}
	}
	return store.Sync(ctx)
}

func (r *restoring) object(ctx context.Context, store object.Store, o *BackupObject) error {
	from, err := r.open(ctx, filepath.Join(objectsFolder, filepath.FromSlash(o.Key)), o.Size, o.SHA256)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	if err := store.Create(ctx, o.Key, from, o.Metadata); err != nil {
		return written(filepath.Join(r.from, objectsFolder, filepath.FromSlash(o.Key)), err)
	}
	return nil
}

// open begins to read a file of the generation, which must come to its size and hash.
func (r *restoring) open(ctx context.Context, rel string, size int64, sum string) (*proving, error) {
	path := filepath.Join(r.from, rel)
	f, err := os.Open(path) // #nosec G304 -- the operator names the folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.At(fault.PartMissing, fault.Place{File: path}, "The backup is not complete.")
	}
	if err != nil {
		return nil, read(path, err)
	}
	h := sha256.New()
	return &proving{
		Reader: io.TeeReader(&ending{ctx, f, path}, h), f: f, path: path, size: size, told: r.o.Progress,
		ended: func(n int64) error {
			if got := hex.EncodeToString(h.Sum(nil)); n != size || got != sum {
				return fault.At(fault.PartDamaged, fault.Place{File: path}, fmt.Sprintf(
					"It has %d bytes with SHA-256 %.12s…; the backup was made with %d and %.12s…",
					n, got, size, sum))
			}
			return nil
		},
	}, nil
}

// proving is a file whose end is an error unless it is what it was.
type proving struct {
	io.Reader
	f     *os.File
	path  string
	size  int64
	read  int64
	told  func(int64)
	ended func(n int64) error
}

func (p *proving) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.read += int64(n)
	if p.told != nil {
		p.told(int64(n))
	}
	if err == io.EOF { //nolint:errorlint // a reader's end is io.EOF itself
		if e := p.ended(p.read); e != nil {
			err = e
		}
	}
	return n, err
}

func (p *proving) Close() error { return p.f.Close() }
