package local

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"

	"multipoint/shared/keys"
	"multipoint/shared/object"
)

// DemoKeys are the keys of demos and tests: all of them are public, and those of a retailer are the same on
// every machine, so that a demo's digests are too.
type DemoKeys struct{ *keys.Stored }

// NewDemoKeys gives them for the keys that are wrapped in a store.
func NewDemoKeys(s object.Store) DemoKeys { return DemoKeys{keys.NewStored(Demo(), s)} }

// Pseudonym gives the retailer's key for card references.
func (DemoKeys) Pseudonym(_ context.Context, retailer string) ([]byte, error) {
	return derived("pseudonym", retailer), nil
}

// Proof gives the retailer's key for keyed hashes.
func (DemoKeys) Proof(_ context.Context, retailer string) ([]byte, error) {
	return derived("proof", retailer), nil
}

func derived(purpose, retailer string) []byte {
	h := hmac.New(sha256.New, []byte(DemoKey))
	h.Write([]byte(purpose + "\x00" + retailer))
	return h.Sum(nil)
}
