// Package local keeps the wrapping key of one machine: a keyset file that only its owner can read (DESIGN
// §3). It holds one key for new work and those from before each rotation, AES-256-GCM in the form of Tink.
//
// The file is as precious as all that was encrypted under it, and must be saved apart from the data.
package local

import (
	"context"
	"fmt"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/secretdata"
	"github.com/tink-crypto/tink-go/v2/tink"

	"multipoint/shared/keys"
)

// DemoKey is the wrapping key of the demo and of tests. Everybody knows it: it protects nothing.
const DemoKey = "this demo key is public, 32 byte"

// demoID is the number by which what was wrapped says that it was under the demo key.
const demoID = 0x64656d6f

// Keyset is a keys.Wrapper. Make it with Open, OpenOrCreate or Demo; safe for use by several goroutines.
type Keyset struct {
	path string // "" for the demo

	mu     sync.RWMutex
	digest digest // of the file as it was read
	aead   tink.AEAD
}

// Open reads a keyset file. Error: fault.ReadFailed if it is absent, damaged, or open to other users.
func Open(path string) (*Keyset, error) {
	f, err := readFile(path)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(f.handle)
	if err != nil {
		return nil, damaged(path, err)
	}
	return &Keyset{path: path, digest: f.digest, aead: primitive}, nil
}

// OpenOrCreate reads a keyset file, and makes one with a new key if there is none: for the first start. Of
// several processes at a time one makes it and all use it. The folder must be there. Errors: as Open;
// fault.WriteFailed.
func OpenOrCreate(path string) (*Keyset, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	// Also for a file that was there: who made it may not have come this far.
	if err := syncFolder(path); err != nil {
		return nil, err
	}
	return Open(path)
}

// Demo gives the keyset of DemoKey.
func Demo() *Keyset {
	parameters, err := aesgcm.NewParameters(aesgcm.ParametersOpts{
		KeySizeInBytes: 32, IVSizeInBytes: 12, TagSizeInBytes: 16, Variant: aesgcm.VariantTink,
	})
	if err != nil {
		panic(err) // unreachable: the parameters are those of the AES-256-GCM template
	}
	secret := secretdata.NewBytesFromData([]byte(DemoKey), insecuresecretdataaccess.Token{})
	key, err := aesgcm.NewKey(secret, demoID, parameters)
	if err != nil {
		panic(err) // unreachable: the key has the length that the parameters ask for
	}
	primitive, err := aesgcm.NewAEAD(key)
	if err != nil {
		panic(err) // unreachable: sizes of initialisation vector and tag are the usual ones
	}
	return &Keyset{aead: primitive}
}

// Wrap implements keys.Wrapper.
func (k *Keyset) Wrap(ctx context.Context, key []byte, encryptionContext string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(key) == 0 || len(key) > keys.MaxPlaintext {
		return nil, fmt.Errorf("a key of %d bytes: %w", len(key), keys.ErrInvalid)
	}
	return k.primitive().Encrypt(key, []byte(encryptionContext))
}

// Unwrap implements keys.Wrapper. A key that another process wrapped after it rotated the file is found.
func (k *Keyset) Unwrap(ctx context.Context, wrapped []byte, encryptionContext string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key, err := k.primitive().Decrypt(wrapped, []byte(encryptionContext))
	if err == nil {
		return key, nil
	}
	changed, err := k.refresh()
	if err != nil {
		return nil, err
	}
	if changed {
		if key, err = k.primitive().Decrypt(wrapped, []byte(encryptionContext)); err == nil {
			return key, nil
		}
	}
	return nil, keys.ErrRefused
}

// Rotate adds a new key to the file, for all that is wrapped from now on, and keeps the old ones to unwrap.
// Other processes take it up when they first meet it. Errors: as Open; fault.WriteFailed; the demo keyset
// cannot rotate.
func (k *Keyset) Rotate() error {
	if k.path == "" {
		return fmt.Errorf("the demo keyset is fixed: %w", keys.ErrInvalid)
	}
	if err := rotateFile(k.path); err != nil {
		return err
	}
	_, err := k.refresh()
	return err
}

func (k *Keyset) primitive() tink.AEAD {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.aead
}

// refresh reads the file again and says whether it has changed.
func (k *Keyset) refresh() (bool, error) {
	if k.path == "" {
		return false, nil
	}
	newer, err := Open(k.path)
	if err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if newer.digest == k.digest {
		return false, nil
	}
	k.digest, k.aead = newer.digest, newer.aead
	return true, nil
}
