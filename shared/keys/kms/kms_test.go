package kms_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"

	"multipoint/shared/keys"
	"multipoint/shared/keys/keystest"
	"multipoint/shared/keys/kms"
	"multipoint/shared/keys/local"
	"multipoint/test/emulator"
)

// TestConformance runs against MiniStack, whose KMS only pretends to encrypt.
func TestConformance(t *testing.T) {
	client := sdk.NewFromConfig(emulator.MiniStack(t).Config)
	keystest.Run(t, func(t *testing.T) keys.Wrapper { return kms.New(client, newKey(t, client)) },
		keystest.DamageIsRefused, keystest.WrappedAnew, keystest.OtherKeyIsRefused)
}

// TestConformanceOnLocalStack runs where it is installed; its KMS really encrypts.
func TestConformanceOnLocalStack(t *testing.T) {
	client := sdk.NewFromConfig(aws.Config{
		Region: emulator.Region, BaseEndpoint: aws.String(emulator.LocalStack(t, "")),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
	keystest.Run(t, func(t *testing.T) keys.Wrapper { return kms.New(client, newKey(t, client)) })
}

func newKey(t *testing.T, client *sdk.Client) string {
	t.Helper()
	out, err := client.CreateKey(t.Context(), &sdk.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	return *out.KeyMetadata.KeyId
}

// TestConformanceOfWhatIsRefused runs everywhere, against a service that really encrypts, and refuses as KMS
// does.
func TestConformanceOfWhatIsRefused(t *testing.T) {
	s := &service{keys: map[string]*local.Keyset{}}
	keystest.Run(t, func(t *testing.T) keys.Wrapper { return kms.New(s.client(), s.newKey(t)) })
}

// TestOtherErrorsAreNotRefusals: a key out of reach may be within reach again.
func TestOtherErrorsAreNotRefusals(t *testing.T) {
	for _, code := range []string{
		"NotFoundException", "DisabledException", "KMSInvalidStateException", "KeyUnavailableException",
		"AccessDeniedException", "InvalidKeyUsageException", "ValidationException",
	} {
		client := sdk.New(options(transport(func(*http.Request) (*http.Response, error) {
			return answer(http.StatusBadRequest, map[string]string{"__type": code, "message": "not now"}), nil
		})))
		w := kms.New(client, "alias/multipoint")
		if _, err := w.Wrap(t.Context(), []byte("key"), "place"); !passes(err, code) {
			t.Errorf("wrap, %s: %v", code, err)
		}
		if _, err := w.Unwrap(t.Context(), []byte("wrapped"), "place"); !passes(err, code) {
			t.Errorf("unwrap, %s: %v", code, err)
		}
	}
}

func passes(err error, code string) bool {
	return err != nil && strings.Contains(err.Error(), code) && !errors.Is(err, keys.ErrRefused) &&
		!errors.Is(err, keys.ErrInvalid)
}

// TestTheContextIsNamed: policies and the audit log go by the name.
func TestTheContextIsNamed(t *testing.T) {
	var seen []map[string]any
	s := &service{keys: map[string]*local.Keyset{}, seen: func(in map[string]any) { seen = append(seen, in) }}
	id := s.newKey(t)
	w := kms.New(s.client(), id)
	wrapped, err := w.Wrap(t.Context(), []byte("key"), "keys/aozora/proof")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Unwrap(t.Context(), wrapped, "keys/aozora/proof"); err != nil {
		t.Fatal(err)
	}
	for _, in := range seen {
		if got := fmt.Sprint(in["EncryptionContext"]); got != "map[multipoint:keys/aozora/proof]" {
			t.Errorf("the context is %s", got)
		}
		if in["KeyId"] != id {
			t.Errorf("the key is %v, want %s: KMS would take any", in["KeyId"], id)
		}
	}
	if len(seen) != 2 {
		t.Errorf("%d requests, want 2", len(seen))
	}
}

// service answers as KMS does: the id of the key stands before what its keyset wrapped.
type service struct {
	mu   sync.Mutex
	keys map[string]*local.Keyset
	seen func(in map[string]any)
}

func (s *service) newKey(t *testing.T) string {
	t.Helper()
	keyset, err := local.OpenOrCreate(t.TempDir() + "/keyset")
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprintf("%036d", len(s.keys))
	s.keys[id] = keyset
	return id
}

func (s *service) client() *sdk.Client { return sdk.New(options(transport(s.serve))) }

func (s *service) serve(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var in struct {
		KeyId, Algorithm          string
		Plaintext, CiphertextBlob []byte
		EncryptionContext         json.RawMessage
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil {
		return nil, err
	}
	if s.seen != nil {
		all := map[string]any{}
		_ = json.Unmarshal(body, &all) // as above
		s.seen(all)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	keyset, at := s.keys[in.KeyId], string(in.EncryptionContext)
	if _, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); action == "Encrypt" {
		wrapped, err := keyset.Wrap(r.Context(), in.Plaintext, at)
		wrapped = append([]byte(in.KeyId), wrapped...)
		return answer(http.StatusOK, map[string]any{"CiphertextBlob": wrapped}), err
	}
	if len(in.CiphertextBlob) == 0 || len(in.CiphertextBlob) > 6144 {
		return refusal("ValidationException"), nil
	}
	id, wrapped := in.CiphertextBlob, []byte(nil)
	if len(id) > len(in.KeyId) {
		id, wrapped = id[:len(in.KeyId)], id[len(in.KeyId):]
	}
	if s.keys[string(id)] == nil {
		return refusal("InvalidCiphertextException"), nil
	}
	if string(id) != in.KeyId {
		return refusal("IncorrectKeyException"), nil
	}
	key, err := keyset.Unwrap(r.Context(), wrapped, at)
	if errors.Is(err, keys.ErrRefused) {
		return refusal("InvalidCiphertextException"), nil
	}
	return answer(http.StatusOK, map[string]any{"Plaintext": key}), err
}

func refusal(code string) *http.Response {
	return answer(http.StatusBadRequest, map[string]string{"__type": code})
}

func answer(status int, body any) *http.Response {
	text, _ := json.Marshal(body)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)),
	}
}

func options(t transport) sdk.Options {
	return sdk.Options{
		Region: emulator.Region, HTTPClient: t, Retryer: aws.NopRetryer{},
		Credentials: aws.AnonymousCredentials{},
	}
}

// transport answers requests in the place of a server.
type transport func(*http.Request) (*http.Response, error)

func (t transport) Do(r *http.Request) (*http.Response, error) { return t(r) }
