package s3

import (
	"context"
	"fmt"
	"time"

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

func checkPresign(key string, lasts time.Duration) error {
	if lasts < time.Second || lasts > MaxPresign {
		return fmt.Errorf("a URL of object %s for %s: %w", key, lasts, object.ErrInvalid)
	}
	return limits.Key(key)
}
