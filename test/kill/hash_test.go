package kill_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"multipoint/shared/object"
)

// hashOf gives the SHA-256 of an object in hex.
func hashOf(ctx context.Context, s object.Store, key string) (string, error) {
	r, err := s.Open(ctx, key, 0, -1)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }() // it was only read
	h := sha256.New()
	_, err = io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}
