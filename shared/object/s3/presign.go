package s3

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"multipoint/shared/object"
	"multipoint/shared/object/memory/limits"
)

// MaxPresign is how long a presigned URL can hold.
const MaxPresign = 7 * 24 * time.Hour

// PresignGet returns a URL that reads the object without further credentials for the given time, 1 s to
// MaxPresign. Whoever has the URL can use it: treat it as a secret. Nothing is sent, the object need not be
// there. Error: object.ErrInvalid.
func (s *Store) PresignGet(ctx context.Context, key string, lasts time.Duration) (string, error) {
	if err := checkPresign(key, lasts); err != nil {
		return "", err
	}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	request, err := s.presign.PresignGetObject(ctx, in, s3.WithPresignExpires(lasts))
	if err != nil {
		return "", failed("presign", key, err)
	}
	return request.URL, nil
}

// PresignPut returns a URL that writes the object, over one that may be there, with one PUT of at most 5 GiB;
// for the rest it is as PresignGet.
func (s *Store) PresignPut(ctx context.Context, key string, lasts time.Duration) (string, error) {
	if err := checkPresign(key, lasts); err != nil {
		return "", err
	}
	in := &s3.PutObjectInput{Bucket: &s.bucket, Key: &key}
	request, err := s.presign.PresignPutObject(ctx, in, s3.WithPresignExpires(lasts))
	if err != nil {
		return "", failed("presign", key, err)
	}
	return request.URL, nil
}

// Terms bind an upload by URL to one content.
type Terms struct {
	Size     int64             // bytes, exactly; at most MaxPresigned
	SHA256   [sha256.Size]byte // of the content
	Type     string            // Content-Type
	Metadata map[string]string
}

// MaxPresigned is the most bytes that one PUT can write.
const MaxPresigned = 5 << 30

// Upload is what a client sends to write one object: a PUT to the URL with exactly these headers.
type Upload struct {
	URL    string
	Header http.Header
}

// PresignUpload returns a PUT that writes the object once and only with the content of the terms: another
// length, checksum or type, or a second upload to the key, is refused by the store. Otherwise as PresignGet.
// Errors: object.ErrInvalid.
func (s *Store) PresignUpload(
	ctx context.Context, key string, lasts time.Duration, terms *Terms,
) (*Upload, error) {
	if err := checkPresign(key, lasts); err != nil {
		return nil, err
	}
	if err := limits.Write(key, terms.Metadata); err != nil {
		return nil, err
	}
	if terms.Size < 0 || terms.Size > MaxPresigned {
		return nil, fmt.Errorf("an upload of %d bytes to %s: %w", terms.Size, key, object.ErrInvalid)
	}
	request, err := s.presign.PresignPutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, ContentLength: &terms.Size, ContentType: &terms.Type,
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(terms.SHA256[:])),
		IfNoneMatch:    aws.String("*"), Metadata: terms.Metadata,
	}, s3.WithPresignExpires(lasts))
	if err != nil {
		return nil, failed("presign", key, err)
	}
	header := request.SignedHeader.Clone()
	header.Del("Host") // every client sends it
	return &Upload{URL: request.URL, Header: header}, nil
}

func checkPresign(key string, lasts time.Duration) error {
	if lasts < time.Second || lasts > MaxPresign {
		return fmt.Errorf("a URL of object %s for %s: %w", key, lasts, object.ErrInvalid)
	}
	return limits.Key(key)
}
