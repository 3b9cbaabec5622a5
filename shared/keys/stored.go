package keys

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"multipoint/shared/object"
)

const (
	maxWrapped  = 16 << 10      // bytes of an object that holds a wrapped key
	maxRetained = 1024          // lasting keys kept in memory
	destroyed   = "destroyed\n" // what stands in the place of a destroyed key; no wrapped key is as short
)

// Stored are Keys whose wrapped forms lie in an object store, at keys/<retailer>/. Make it with NewStored;
// safe for use by several goroutines.
type Stored struct {
	Wrapper
	store object.Store

	mu       sync.Mutex
	retained map[string][]byte // by path
}

// NewStored keeps the keys of retailers in s, wrapped by w.
func NewStored(w Wrapper, s object.Store) *Stored {
	return &Stored{Wrapper: w, store: s, retained: map[string][]byte{}}
}

// Pseudonym is the key at keys/<retailer>/pseudonym; see Keys.
func (s *Stored) Pseudonym(ctx context.Context, retailer string) ([]byte, error) {
	return s.lasting(ctx, retailer, "pseudonym")
}

// Proof is the key at keys/<retailer>/proof; see Keys.
func (s *Stored) Proof(ctx context.Context, retailer string) ([]byte, error) {
	return s.lasting(ctx, retailer, "proof")
}

func (s *Stored) lasting(ctx context.Context, retailer, name string) ([]byte, error) {
	path, err := Path(retailer, name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	key := s.retained[path]
	s.mu.Unlock()
	if key == nil {
		if key, err = LoadOrCreate(ctx, s, s.store, path); err != nil {
			return nil, err
		}
		s.mu.Lock()
		if len(s.retained) >= maxRetained {
			clear(s.retained)
		}
		s.retained[path] = key
		s.mu.Unlock()
	}
	return slices.Clone(key), nil
}

// Path is where a retailer's key is kept, keys/<retailer>/<name>/…, and the context it is wrapped in.
// Error: ErrInvalid for a part that is empty or would lead to another retailer's keys.
func Path(retailer string, name ...string) (string, error) {
	parts := append([]string{"keys", retailer}, name...)
	for _, part := range parts {
		if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "/\\\x00") {
			return "", fmt.Errorf("key %q: %w", strings.Join(parts, "/"), ErrInvalid)
		}
	}
	return strings.Join(parts, "/"), nil
}

// Load reads and unwraps the key kept at path. Errors: object.ErrAbsent, ErrDestroyed, ErrRefused, others of
// the store and the wrapper.
func Load(ctx context.Context, w Wrapper, s object.Store, path string) ([]byte, error) {
	wrapped, err := object.ReadAll(ctx, s, path, maxWrapped)
	if err != nil {
		return nil, fmt.Errorf("key %s cannot be read: %w", path, err)
	}
	if string(wrapped) == destroyed {
		return nil, fmt.Errorf("key %s: %w", path, ErrDestroyed)
	}
	key, err := w.Unwrap(ctx, wrapped, path)
	if err == nil && len(key) != Size {
		err = ErrRefused
	}
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", path, err)
	}
	return key, nil
}

// LoadOrCreate is Load; if there is no key it makes one by chance. Of several that do so at a time one wins,
// and all get its key. When it returns the key lasts, so what is written with it can be read as long.
func LoadOrCreate(ctx context.Context, w Wrapper, s object.Store, path string) ([]byte, error) {
	key, err := Load(ctx, w, s, path)
	if errors.Is(err, object.ErrAbsent) {
		key, err = create(ctx, w, s, path)
	}
	if err != nil {
		return nil, err
	}
	// Also for a key that was there: who made it may not have come this far.
	if err := s.Sync(ctx); err != nil {
		return nil, fmt.Errorf("key %s cannot be made to last: %w", path, err)
	}
	return key, nil
}

func create(ctx context.Context, w Wrapper, s object.Store, path string) ([]byte, error) {
	key := make([]byte, Size)
	rand.Read(key) // never fails: the program ends first
	wrapped, err := w.Wrap(ctx, key, path)
	if err != nil {
		return nil, fmt.Errorf("key %s cannot be wrapped: %w", path, err)
	}
	err = s.Create(ctx, path, bytes.NewReader(wrapped), nil)
	if errors.Is(err, object.ErrExists) {
		return Load(ctx, w, s, path)
	}
	if err != nil {
		return nil, fmt.Errorf("key %s cannot be kept: %w", path, err)
	}
	return key, nil
}

// Destroy removes the wrapped key at path for good: a mark takes its place, so that no late writer makes a
// new key there, and reading gives ErrDestroyed. It holds as far as the store forgets what is overwritten: a
// store that keeps versions must expire them.
func Destroy(ctx context.Context, s object.Store, path string) error {
	err := s.Put(ctx, path, strings.NewReader(destroyed), nil)
	if err == nil {
		err = s.Sync(ctx)
	}
	if err != nil {
		return fmt.Errorf("key %s cannot be destroyed: %w", path, err)
	}
	return nil
}
