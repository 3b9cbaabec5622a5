package personal

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"multipoint/shared/fault"
	"multipoint/shared/keys"
	"multipoint/shared/object"
)

// folder is where a retailer's keys of elements lie: keys/<retailer>/personal/<element>/<version>.
const folder = "personal"

// A sealed value is a byte for its form, the version of its key (u16 big-endian), and what AES-256-GCM gives:
// nonce (12 bytes), ciphertext, tag (16 bytes).
const (
	form       = 1
	headerSize = 3
	// Overhead is how many bytes a sealed value is longer than the value.
	Overhead = headerSize + 12 + 16
)

func header(version uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{form}, version)
}

func cutHeader(sealed []byte) (version uint16, rest []byte, ok bool) {
	if len(sealed) < Overhead || sealed[0] != form {
		return 0, nil, false
	}
	return binary.BigEndian.Uint16(sealed[1:]), sealed[headerSize:], true
}

// binding is what a value is bound to; lengths keep the parts from running into each other.
func (v *Vault) binding(e Element, member string) []byte {
	b := []byte("multipoint personal 1\n")
	for _, part := range [...]string{v.retailer, member, string(e)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part))) // #nosec G115 -- lengths of codes
		b = append(b, part...)
	}
	return b
}

func (v *Vault) damaged(e Element, cause error) error {
	return &fault.Error{Code: fault.PersonalDamaged, Place: fault.Place{Field: string(e)}, Err: cause}
}

// path places the key of a version; numbers are padded, so that they list in order.
func (v *Vault) path(e Element, version uint16) (string, error) {
	return keys.Path(v.retailer, folder, string(e), fmt.Sprintf("%05d", version))
}

// current gives the newest version of an element's key and makes the first one if there is none. It looks
// for a newer one once in Options.Refresh.
func (v *Vault) current(ctx context.Context, e Element) (uint16, tink.AEAD, error) {
	k, err := v.versions(e)
	if err != nil {
		return 0, nil, err
	}
	now := v.options.Now()
	k.mu.RLock()
	newest, cipher := k.newest, k.ciphers[k.newest]
	fresh := newest != 0 && now.Sub(k.looked) < v.options.Refresh
	k.mu.RUnlock()
	if fresh {
		return newest, cipher, nil
	}
	if newest, err = v.newest(ctx, e); err != nil {
		return 0, nil, err
	}
	newest = max(newest, 1)
	if cipher, err = v.load(ctx, e, newest, keys.LoadOrCreate); err != nil {
		return 0, nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ciphers[newest] = cipher
	k.newest, k.looked = max(k.newest, newest), now
	return k.newest, k.ciphers[k.newest], nil
}

// cipher gives a version that values were sealed with.
func (v *Vault) cipher(ctx context.Context, e Element, version uint16) (tink.AEAD, error) {
	k, err := v.versions(e)
	if err != nil {
		return nil, err
	}
	k.mu.RLock()
	cipher := k.ciphers[version]
	k.mu.RUnlock()
	if cipher != nil {
		return cipher, nil
	}
	if cipher, err = v.load(ctx, e, version, keys.Load); err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.ciphers[version] = cipher
	k.mu.Unlock()
	return cipher, nil
}

type loader func(ctx context.Context, w keys.Wrapper, s object.Store, path string) ([]byte, error)

func (v *Vault) load(ctx context.Context, e Element, version uint16, by loader) (tink.AEAD, error) {
	path, err := v.path(e, version)
	if err != nil {
		return nil, err
	}
	key, err := by(ctx, v.wrapper, v.objects, path)
	if err != nil {
		return nil, err
	}
	return subtle.NewAESGCM(key)
}

// newest is the highest version that is kept, destroyed ones included; 0 = there is none.
func (v *Vault) newest(ctx context.Context, e Element) (newest uint16, err error) {
	prefix, err := keys.Path(v.retailer, folder, string(e))
	if err != nil {
		return 0, err
	}
	err = object.All(ctx, v.objects, prefix+"/", func(info object.Info) error {
		n, err := strconv.ParseUint(strings.TrimPrefix(info.Key, prefix+"/"), 10, 16)
		if err != nil {
			return fmt.Errorf("%s is no version of a key: %w", info.Key, keys.ErrInvalid)
		}
		newest = max(newest, uint16(n)) // #nosec G115 -- parsed with 16 bits
		return nil
	})
	return newest, err
}

// Rotate begins a new version of an element's key and gives its number, from 1. Values are sealed with it
// from now on, by other processes within Options.Refresh. Of several that rotate at a time one wins.
func (v *Vault) Rotate(ctx context.Context, e Element) (uint16, error) {
	before, _, err := v.current(ctx, e)
	if err != nil {
		return 0, err
	}
	cipher, err := v.load(ctx, e, before+1, keys.LoadOrCreate)
	if err != nil {
		return 0, err
	}
	k, err := v.versions(e)
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ciphers[before+1] = cipher
	k.newest = max(k.newest, before+1)
	return before + 1, nil
}

// Stale says that a value was sealed with another version than the newest: whoever walks over the members
// seals it anew. Bytes that Seal did not give are not stale: Open says what is wrong with them.
func (v *Vault) Stale(ctx context.Context, e Element, sealed []byte) (bool, error) {
	newest, _, err := v.current(ctx, e)
	if err != nil {
		return false, err
	}
	version, _, ok := cutHeader(sealed)
	return ok && version != newest, nil
}

// Retire destroys a version of an element's key for good: what is still sealed with it cannot be opened any
// more, by other processes once they start anew. Error: ErrLast for the newest version.
func (v *Vault) Retire(ctx context.Context, e Element, version uint16) error {
	newest, _, err := v.current(ctx, e)
	if err != nil {
		return err
	}
	if version >= newest {
		return fmt.Errorf("version %d of %s: %w", version, e, ErrLast)
	}
	path, err := v.path(e, version)
	if err != nil {
		return err
	}
	if err := keys.Destroy(ctx, v.objects, path); err != nil {
		return err
	}
	k, err := v.versions(e)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.ciphers, version)
	return nil
}
