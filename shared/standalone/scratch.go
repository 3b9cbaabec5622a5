package standalone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"multipoint/shared/object"
	"multipoint/shared/object/memory/limits"
)

// Scratch is an object store for what is computed again and thrown away: bodies are files in a temporary
// folder, so that a large day fits; names and metadata are in memory and go with the process. Its methods may
// be called from many goroutines.
type Scratch struct {
	dir string

	mu      sync.Mutex
	made    int64 // files so far
	objects map[string]scratched
}

var _ object.Store = (*Scratch)(nil)

// scratched is an object and its file, which never changes.
type scratched struct {
	path string
	info object.Info
}

// NewScratch makes an empty store in a new folder below dir, "" = the system's for temporary files. Close
// removes it.
func NewScratch(dir string) (*Scratch, error) {
	made, err := os.MkdirTemp(dir, "multipoint-scratch-")
	if err != nil {
		return nil, err
	}
	return &Scratch{dir: made, objects: map[string]scratched{}}, nil
}

// Dir is the store's folder; what else is put there goes with it.
func (s *Scratch) Dir() string { return s.dir }

// Close removes everything.
func (s *Scratch) Close() error { return os.RemoveAll(s.dir) }

// Create implements object.Store.
func (s *Scratch) Create(ctx context.Context, key string, body io.Reader, meta map[string]string) error {
	return s.write(ctx, key, body, meta, false)
}

// Put implements object.Store.
func (s *Scratch) Put(ctx context.Context, key string, body io.Reader, meta map[string]string) error {
	return s.write(ctx, key, body, meta, true)
}

func (s *Scratch) write(
	ctx context.Context, key string, body io.Reader, meta map[string]string, over bool,
) (err error) {
	if err := limits.Write(key, meta); err != nil {
		return err
	}
	if err := ended(ctx, key); err != nil {
		return err
	}
	s.mu.Lock()
	s.made++
	path := filepath.Join(s.dir, strconv.FormatInt(s.made, 10))
	s.mu.Unlock()
	defer func() {
		if err != nil {
			_ = os.Remove(path) // it is of no use; the folder goes anyway
		}
	}()
	n, err := writeBody(path, &ending{ctx, body, key})
	if err != nil {
		return err
	}
	info := object.Info{
		Key: key, Size: n, Modified: time.Now().UTC().Truncate(time.Second), Metadata: maps.Clone(meta),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before, there := s.objects[key]
	if there && !over {
		return fmt.Errorf("object %s: %w", key, object.ErrExists)
	}
	s.objects[key] = scratched{path, info}
	if there {
		return os.Remove(before.path) // who reads it has it open
	}
	return nil
}

func writeBody(path string, body io.Reader) (int64, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- in our folder
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, body)
	if e := f.Close(); err == nil {
		err = e
	}
	return n, err
}

// Open implements object.Store.
func (s *Scratch) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := errors.Join(limits.Open(key, offset), ended(ctx, key)); err != nil {
		return nil, err
	}
	s.mu.Lock()
	found, there := s.objects[key]
	var f *os.File
	var err error
	if there {
		f, err = os.Open(found.path)
	}
	s.mu.Unlock()
	if !there {
		return nil, fmt.Errorf("object %s: %w", key, object.ErrAbsent)
	}
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", key, err)
	}
	offset = min(offset, found.info.Size)
	if length < 0 || length > found.info.Size-offset {
		length = found.info.Size - offset
	}
	return &scratchReader{ending{ctx, io.NewSectionReader(f, offset, length), key}, f}, nil
}

// Stat implements object.Store.
func (s *Scratch) Stat(ctx context.Context, key string) (object.Info, error) {
	if err := errors.Join(limits.Key(key), ended(ctx, key)); err != nil {
		return object.Info{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, there := s.objects[key]
	if !there {
		return object.Info{}, fmt.Errorf("object %s: %w", key, object.ErrAbsent)
	}
	info := found.info
	info.Metadata = maps.Clone(info.Metadata)
	return info, nil
}

// List implements object.Store.
func (s *Scratch) List(ctx context.Context, prefix, after string, limit int) ([]object.Info, error) {
	if err := errors.Join(limits.List(prefix, after, limit), ended(ctx, prefix)); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.objects {
		if key > after && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var page []object.Info
	for _, key := range keys[:min(len(keys), limit, object.MaxPage)] {
		info := s.objects[key].info
		info.Metadata = nil
		page = append(page, info)
	}
	return page, nil
}

// Delete implements object.Store.
func (s *Scratch) Delete(ctx context.Context, key string) error {
	if err := errors.Join(limits.Key(key), ended(ctx, key)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, there := s.objects[key]
	if !there {
		return nil
	}
	delete(s.objects, key)
	return os.Remove(found.path)
}

// Sync implements object.Store: nothing here is to last.
func (s *Scratch) Sync(ctx context.Context) error { return ended(ctx, "") }

func ended(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("object %s: %w", key, err)
	}
	return nil
}

// ending reads until the context ends, and says in errors which object it was.
type ending struct {
	ctx  context.Context
	body io.Reader
	key  string
}

func (r *ending) Read(p []byte) (int, error) {
	if err := ended(r.ctx, r.key); err != nil {
		return 0, err
	}
	n, err := r.body.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // a reader's end is io.EOF itself
		err = fmt.Errorf("object %s: %w", r.key, err)
	}
	return n, err
}

type scratchReader struct {
	ending
	file *os.File
}

func (r *scratchReader) Close() error { return r.file.Close() }
