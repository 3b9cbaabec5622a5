// Package memory is the driver of object storage for tests and simulations: objects are in the memory of the
// process, a loss of power is a method, and each operation can be made to fail.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"multipoint/shared/object"
	"multipoint/shared/object/memory/limits"
)

// Operation is a method of object.Store.
type Operation string

// The operations that hooks are called for.
const (
	Create Operation = "create"
	Put    Operation = "put"
	Open   Operation = "open"
	Stat   Operation = "stat"
	List   Operation = "list"
	Delete Operation = "delete"
	Sync   Operation = "sync"
)

// Options are the hooks of a simulation; the zero value has none.
type Options struct {
	// Now is the clock for Info.Modified; nil means the machine's.
	Now func() time.Time
	// Before is called before each operation, with its key (the prefix of a list, nothing for Sync). An error
	// is the operation's, and nothing was done. It is called without a lock, so it may wait or use the store.
	Before func(op Operation, key string) error
	// After is called when an operation succeeded. An error is the operation's although it was done: the
	// answer that got lost.
	After func(op Operation, key string) error
}

// Store is an object.Store. Use New; its methods may be called from many goroutines.
type Store struct {
	options Options

	mu      sync.Mutex
	objects map[string]*entry
	// unsynced has, for each key that was written or deleted since the last Sync, what was there before; nil
	// for nothing.
	unsynced map[string]*entry
}

var _ object.Store = (*Store)(nil)

// entry is an object; it never changes, so readers keep it while another one takes its place.
type entry struct {
	body []byte
	info object.Info
}

// New returns an empty store.
func New(options Options) *Store {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Store{options: options, objects: map[string]*entry{}, unsynced: map[string]*entry{}}
}

// Crash gives the store as it is after a loss of power: with what was written before the last Sync began and
// nothing since; what was overwritten or deleted since is back. The receiver goes on as before, for those who
// do not know yet.
func (s *Store) Crash() *Store {
	return s.CrashKeeping(func(string) bool { return false })
}

// CrashKeeping is a Crash in which chance has written some of what was not synced: of each key for which keep
// says so, in the order of keys, the newest state survives.
func (s *Store) CrashKeeping(keep func(key string) bool) *Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	after := New(s.options)
	maps.Copy(after.objects, s.objects)
	for _, key := range slices.Sorted(maps.Keys(s.unsynced)) {
		if !keep(key) {
			restore(after.objects, key, s.unsynced[key])
		}
	}
	return after
}

func restore(objects map[string]*entry, key string, before *entry) {
	if before == nil {
		delete(objects, key)
	} else {
		objects[key] = before
	}
}

// Create writes an object unless there is one of that key.
func (s *Store) Create(ctx context.Context, key string, body io.Reader, metadata map[string]string) error {
	return s.write(ctx, Create, key, body, metadata)
}

// Put writes an object, over one that may be there.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, metadata map[string]string) error {
	return s.write(ctx, Put, key, body, metadata)
}

func (s *Store) write(
	ctx context.Context, op Operation, key string, body io.Reader, metadata map[string]string,
) error {
	if err := limits.Write(key, metadata); err != nil {
		return err
	}
	return s.do(ctx, op, key, func() error {
		var read bytes.Buffer
		if _, err := read.ReadFrom(reader{ctx, body, key}); err != nil {
			return err
		}
		content := bytes.Clone(read.Bytes())
		made := &entry{content, object.Info{
			Key: key, Size: int64(len(content)), Modified: s.options.Now().UTC().Truncate(time.Second),
			Metadata: maps.Clone(metadata),
		}}
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, there := s.objects[key]; there && op == Create {
			return fmt.Errorf("object %s: %w", key, object.ErrExists)
		}
		s.remember(key)
		s.objects[key] = made
		return nil
	})
}

// remember keeps what a crash brings back. The caller holds the lock.
func (s *Store) remember(key string) {
	if _, changed := s.unsynced[key]; !changed {
		s.unsynced[key] = s.objects[key]
	}
}

// Open reads a range of an object.
func (s *Store) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := limits.Open(key, offset); err != nil {
		return nil, err
	}
	var opened io.ReadCloser
	err := s.do(ctx, Open, key, func() error {
		found, err := s.find(key)
		if err != nil {
			return err
		}
		body := found.body[min(offset, found.info.Size):]
		if length >= 0 {
			body = body[:min(length, int64(len(body)))]
		}
		opened = io.NopCloser(reader{ctx, bytes.NewReader(body), key})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, key string) (object.Info, error) {
	if err := limits.Key(key); err != nil {
		return object.Info{}, err
	}
	var info object.Info
	err := s.do(ctx, Stat, key, func() error {
		found, err := s.find(key)
		if err == nil {
			info = found.info
			info.Metadata = maps.Clone(info.Metadata)
		}
		return err
	})
	return info, err
}

func (s *Store) find(key string) (*entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.objects[key]
	if found == nil {
		return nil, fmt.Errorf("object %s: %w", key, object.ErrAbsent)
	}
	return found, nil
}

// List gives objects in the order of their keys.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]object.Info, error) {
	if err := limits.List(prefix, after, limit); err != nil {
		return nil, err
	}
	var page []object.Info
	err := s.do(ctx, List, prefix, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		var keys []string
		for key := range s.objects {
			if key > after && strings.HasPrefix(key, prefix) {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys[:min(len(keys), limit, object.MaxPage)] {
			info := s.objects[key].info
			info.Metadata = nil
			page = append(page, info)
		}
		return nil
	})
	return page, err
}

// Delete removes an object.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := limits.Key(key); err != nil {
		return err
	}
	return s.do(ctx, Delete, key, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, there := s.objects[key]; there {
			s.remember(key)
			delete(s.objects, key)
		}
		return nil
	})
}

// Sync makes everything that was written before it last through a Crash.
func (s *Store) Sync(ctx context.Context) error {
	return s.do(ctx, Sync, "", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		clear(s.unsynced)
		return nil
	})
}

// do calls the hooks around an operation.
func (s *Store) do(ctx context.Context, op Operation, key string, operation func() error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s object %s: %w", op, key, err)
	}
	if s.options.Before != nil {
		if err := s.options.Before(op, key); err != nil {
			return fmt.Errorf("%s object %s: %w", op, key, err)
		}
	}
	if err := operation(); err != nil {
		return err
	}
	if s.options.After != nil {
		if err := s.options.After(op, key); err != nil {
			return fmt.Errorf("%s object %s: %w", op, key, err)
		}
	}
	return nil
}

// reader ends with the context and says in errors which object it was.
type reader struct {
	ctx  context.Context
	body io.Reader
	key  string
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, fmt.Errorf("object %s: %w", r.key, err)
	}
	n, err := r.body.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // a reader's end is io.EOF itself
		err = fmt.Errorf("object %s: %w", r.key, err)
	}
	return n, err
}
