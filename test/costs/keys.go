package main

import (
	"context"

	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
)

// wrapping counts what would be requests to KMS.
type wrapping struct {
	keys.Wrapper
	meter *meter
}

// Wrap is an Encrypt.
func (w wrapping) Wrap(ctx context.Context, key []byte, encryptionContext string) ([]byte, error) {
	w.meter.count(func(c *Counts) { c.KeyRequests++ })
	return w.Wrapper.Wrap(ctx, key, encryptionContext)
}

// Unwrap is a Decrypt.
func (w wrapping) Unwrap(ctx context.Context, wrapped []byte, encryptionContext string) ([]byte, error) {
	w.meter.count(func(c *Counts) { c.KeyRequests++ })
	return w.Wrapper.Unwrap(ctx, wrapped, encryptionContext)
}

// knownKeys asks for the keys of a retailer as in the cloud, and then uses those that are the same on every
// machine: what is counted must not depend on a key that was drawn by chance.
type knownKeys struct{ *keys.Stored }

// Pseudonym asks for the retailer's key for card references.
func (k knownKeys) Pseudonym(ctx context.Context, retailer string) ([]byte, error) {
	if _, err := k.Stored.Pseudonym(ctx, retailer); err != nil {
		return nil, err
	}
	return local.DemoKeys{Stored: k.Stored}.Pseudonym(ctx, retailer)
}

// Proof asks for the retailer's key for keyed hashes.
func (k knownKeys) Proof(ctx context.Context, retailer string) ([]byte, error) {
	if _, err := k.Stored.Proof(ctx, retailer); err != nil {
		return nil, err
	}
	return local.DemoKeys{Stored: k.Stored}.Proof(ctx, retailer)
}
