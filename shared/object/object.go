// Package object is the port to object storage (DESIGN §3): the record of every run lives behind it. On one
// machine the driver is object/s3 against the gateway in the same process, in tests object/memory. Every
// driver passes object/objecttest.
package object

import (
	"context"
	"errors"
	"io"
	"time"
)

// Limits that every driver enforces, so that what works on one machine works in the cloud.
const (
	MaxKey      = 1024 // bytes of a key
	MaxPart     = 255  // bytes of a key between two slashes
	MaxMetadata = 2000 // bytes of names and values
	MaxPage     = 1000 // objects of one List
)

// Errors of drivers, always wrapped with the key: test with errors.Is.
var (
	// ErrExists: Create met an object of that key.
	ErrExists = errors.New("the object exists already")
	// ErrAbsent: there is no object of that key.
	ErrAbsent = errors.New("there is no such object")
	// ErrInvalid: a key, a range or metadata that no store takes. Nothing was written.
	ErrInvalid = errors.New("not a valid key, range or metadata")
)

// Info describes an object.
type Info struct {
	Key      string
	Size     int64     // bytes
	Modified time.Time // when its upload ended, whole seconds, UTC
	// Metadata are the values given when it was written, by lower-case name; List leaves them out.
	Metadata map[string]string
}

// Store keeps objects: bytes under a key. Keys are UTF-8 without control characters, "." and ".." as parts
// and empty parts; a key that is the folder of another one (a and a/b) is not used.
//
// A reader sees an object whole or not at all. Errors of the context come back wrapped; an error leaves no
// object behind, or one whose writing nobody was told of: writers of deterministic bytes try again.
type Store interface {
	// Create writes an object unless there is one of that key: then ErrExists, and exactly one of several
	// writers at a time gets through. The body is read once to its end and need not know its length.
	Create(ctx context.Context, key string, body io.Reader, metadata map[string]string) error
	// Put writes an object, over one that may be there.
	Put(ctx context.Context, key string, body io.Reader, metadata map[string]string) error
	// Open reads length bytes from an offset on, to the end if length is negative; a range that begins or
	// ends behind the end gives what there is. Error: ErrAbsent.
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	// Stat describes an object. Error: ErrAbsent.
	Stat(ctx context.Context, key string) (Info, error)
	// List gives the objects whose keys begin with prefix and are behind after, in the order of their bytes;
	// at most MaxPage and limit. Fewer than limit (and MaxPage) means that there are no more.
	List(ctx context.Context, prefix, after string, limit int) ([]Info, error)
	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, key string) error
	// Sync makes everything that was written before it last through a loss of power. A step is only recorded
	// as done after it (DESIGN §4).
	Sync(ctx context.Context) error
}

// ReadAll reads a whole object of at most limit bytes. Errors: ErrAbsent, and one for a larger object.
func ReadAll(ctx context.Context, s Store, key string, limit int64) ([]byte, error) {
	r, err := s.Open(ctx, key, 0, limit+1)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	if e := r.Close(); err == nil {
		err = e
	}
	if err == nil && int64(len(b)) > limit {
		return nil, errors.New("object " + key + " is larger than expected")
	}
	return b, err
}

// All calls visit for each object whose key begins with prefix, in the order of keys, until an error.
func All(ctx context.Context, s Store, prefix string, visit func(Info) error) error {
	for after := ""; ; {
		page, err := s.List(ctx, prefix, after, MaxPage)
		if err != nil {
			return err
		}
		for i := range page {
			if err := visit(page[i]); err != nil {
				return err
			}
		}
		if len(page) < MaxPage {
			return nil
		}
		after = page[len(page)-1].Key
	}
}
