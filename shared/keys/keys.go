// Package keys is the port to the keys that protect card numbers, names and raw lines (DESIGN §3, §4): a
// wrapping key that never leaves its place (a KMS, or the keyset file of keys/local), and the keys of a
// retailer, each kept wrapped as an object of its own.
package keys

import (
	"context"
	"errors"
)

// Size is the length in bytes of each key that this package makes.
const Size = 32

// MaxPlaintext is the longest key in bytes that Wrap takes, the limit of a KMS.
const MaxPlaintext = 4096

// Errors, always wrapped with what they are about: test with errors.Is.
var (
	// ErrRefused: a wrapped key cannot be unwrapped. It is damaged, or was wrapped in another context or
	// under a wrapping key that is not at hand. Trying again does not help.
	ErrRefused = errors.New("the wrapped key is damaged, of another place, or of another wrapping key")
	// ErrDestroyed: the key was destroyed for good, and no other one takes its place.
	ErrDestroyed = errors.New("the key was destroyed")
	// ErrInvalid: a name that no key has, or a key too long to be wrapped.
	ErrInvalid = errors.New("not a valid name or key")
)

// Wrapper encrypts keys under a key that stays where it is, as Encrypt and Decrypt of a KMS do. The
// encryption context is not secret; the same one must be given to unwrap. Safe for use by several goroutines.
type Wrapper interface {
	// Wrap encrypts a key of 1 to MaxPlaintext bytes. Error: ErrInvalid, or the wrapping key is out of reach.
	Wrap(ctx context.Context, key []byte, encryptionContext string) ([]byte, error)
	// Unwrap gives back what Wrap was given. Errors: ErrRefused, or the wrapping key is out of reach.
	Unwrap(ctx context.Context, wrapped []byte, encryptionContext string) ([]byte, error)
}

// Keys are the wrapping key and the lasting keys of each retailer. These are made when they are first asked
// for and never change after that: what was computed with them could not be computed again.
type Keys interface {
	Wrapper
	// Pseudonym is the retailer's HMAC key for card references, Size bytes. Errors: ErrInvalid, ErrRefused,
	// those of the store.
	Pseudonym(ctx context.Context, retailer string) ([]byte, error)
	// Proof is the retailer's HMAC key for hashes of encrypted plaintext, Size bytes. Errors as Pseudonym.
	Proof(ctx context.Context, retailer string) ([]byte, error)
}
