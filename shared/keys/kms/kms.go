// Package kms wraps keys under a key of AWS KMS, which never leaves it (DESIGN §3).
//
// The encryption context of KMS is {"multipoint": <context>}, so that its audit log says which key of which
// retailer was asked for, and a policy can tell by it who may. Each call is a request: keys that are wanted
// again are kept by the caller (keys.Stored).
package kms

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"multipoint/shared/keys"
)

// contextName is the name in the encryption context; what was wrapped under another one cannot be unwrapped.
const contextName = "multipoint"

// maxCiphertext is the most bytes that Decrypt takes.
const maxCiphertext = 6144

// Wrapper is a keys.Wrapper. Make it with New; safe for use by several goroutines.
type Wrapper struct {
	client *kms.Client
	key    string
}

var _ keys.Wrapper = (*Wrapper)(nil)

// New gives the wrapper of one symmetric key: its id, ARN or alias, the last two also of another account. KMS
// renews the material of a key without changing its id, and goes on to unwrap what is older; an alias that is
// given to another key leaves behind what was wrapped under the first. New sends nothing, so an error shows
// at the first use.
func New(client *kms.Client, key string) *Wrapper { return &Wrapper{client: client, key: key} }

// Wrap implements keys.Wrapper.
func (w *Wrapper) Wrap(ctx context.Context, key []byte, encryptionContext string) ([]byte, error) {
	if len(key) == 0 || len(key) > keys.MaxPlaintext {
		return nil, fmt.Errorf("a key of %d bytes: %w", len(key), keys.ErrInvalid)
	}
	out, err := w.client.Encrypt(ctx, &kms.EncryptInput{
		KeyId: &w.key, Plaintext: key, EncryptionContext: map[string]string{contextName: encryptionContext},
	})
	if err != nil {
		return nil, fmt.Errorf("KMS cannot wrap a key for %q: %w", encryptionContext, err)
	}
	return out.CiphertextBlob, nil
}

// Unwrap implements keys.Wrapper.
func (w *Wrapper) Unwrap(ctx context.Context, wrapped []byte, encryptionContext string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(wrapped) == 0 || len(wrapped) > maxCiphertext {
		return nil, fmt.Errorf("a wrapped key of %d bytes: %w", len(wrapped), keys.ErrRefused)
	}
	// KMS would find the key by what was wrapped; named, it unwraps nothing that somebody put there under a
	// key of theirs.
	out, err := w.client.Decrypt(ctx, &kms.DecryptInput{
		KeyId: &w.key, CiphertextBlob: wrapped,
		EncryptionContext: map[string]string{contextName: encryptionContext},
	})
	var invalid *types.InvalidCiphertextException
	var other *types.IncorrectKeyException
	if errors.As(err, &invalid) || errors.As(err, &other) {
		return nil, fmt.Errorf("KMS: %w", keys.ErrRefused)
	}
	if err != nil {
		return nil, fmt.Errorf("KMS cannot unwrap the key of %q: %w", encryptionContext, err)
	}
	return out.Plaintext, nil
}
