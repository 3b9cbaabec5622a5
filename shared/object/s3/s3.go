// Package s3 is the driver of object storage for Amazon S3 and for the gateway of one machine
// (object/gateway): the same client for both, so what is tested on one machine is what runs in the cloud.
//
// Bodies need not know their length: what fits into one buffer is one request, larger ones are sent in parts.
// An upload holds at most one part in memory, besides its small buffer.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"multipoint/shared/object"
	"multipoint/shared/object/memory/limits"
)

// Options say where the objects are.
type Options struct {
	Bucket      string
	Region      string
	Credentials aws.CredentialsProvider
	// Endpoint is the URL of a store that is not Amazon's. With http:// bodies are not signed: the way is the
	// machine itself, and TCP's checksum is enough there.
	Endpoint string
	// Client sends the requests; nil means the SDK's own.
	Client aws.HTTPClient
	// Sync is called by Sync; nil means that objects last as soon as they are written, as on Amazon S3.
	Sync func(ctx context.Context) error
	// Retain says until when an object of that key must not be removed (object lock, governance mode); the
	// zero time = it may be at any time, and so may all with nil. The bucket must have been made for it.
	Retain func(key string) time.Time
}

// Store is an object.Store in one bucket. Its methods may be called from many goroutines.
//
// Requests are tried again when a connection breaks, so a Create whose first answer got lost can end in
// object.ErrExists although it was this one that wrote: whoever must know reads what is there.
type Store struct {
	client  *s3.Client
	presign *s3.PresignClient
	bucket  string
	sync    func(ctx context.Context) error
	retain  func(key string) time.Time
	// checksum goes with each part of an upload and again with its end; empty over plain http.
	checksum types.ChecksumAlgorithm
	small    *pool
	parts    *pool
}

var _ object.Store = (*Store)(nil)

// New returns the store of a bucket; it sends nothing, so an error shows at the first use.
func New(options Options) *Store {
	client := NewClient(options)
	s := &Store{
		client: client, presign: s3.NewPresignClient(client), bucket: options.Bucket, sync: options.Sync,
		retain: options.Retain,
		small:  newPool(smallBytes), parts: newPool(partBytes),
	}
	if s.retain == nil {
		s.retain = func(string) time.Time { return time.Time{} }
	}
	if !options.plain() {
		s.checksum = types.ChecksumAlgorithmCrc32
	}
	return s
}

func (o *Options) plain() bool { return strings.HasPrefix(o.Endpoint, "http://") }

// NewClient returns the SDK's client for the place and credentials of the options, for what is not in the
// port: making a bucket, its settings.
func NewClient(options Options) *s3.Client {
	o := s3.Options{
		Region:      options.Region,
		Credentials: options.Credentials,
		HTTPClient:  options.Client,
		Retryer: retry.AddWithErrorCodes(retry.NewStandard(),
			"ConditionalRequestConflict", "OperationAborted"), // 409 among writers of one key
		RequestChecksumCalculation:                aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation:                aws.ResponseChecksumValidationWhenRequired,
		DisableLogOutputChecksumValidationSkipped: true,
	}
	if options.Endpoint != "" {
		o.BaseEndpoint = &options.Endpoint
		o.UsePathStyle = true
	}
	if options.plain() {
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	}
	return s3.New(o)
}

// Open reads a range of an object. The reader fails when ctx ends, and when less arrives than was promised.
func (s *Store) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	if err := limits.Open(key, offset); err != nil {
		return nil, err
	}
	if length == 0 { // a range of nothing cannot be asked for
		_, err := s.Stat(ctx, key)
		if err != nil {
			return nil, err
		}
		return http.NoBody, nil
	}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	if last := offset + length - 1; length > 0 && last >= offset {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", offset, last))
	} else if offset > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", offset))
	}
	out, err := s.client.GetObject(ctx, in)
	if status(err) == http.StatusRequestedRangeNotSatisfiable {
		return http.NoBody, nil // it begins at the end or behind it
	}
	if err != nil {
		return nil, failed("open", key, err)
	}
	return body{out.Body, key}, nil
}

// body says in its errors which object it was.
type body struct {
	io.ReadCloser
	key string
}

func (b body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // a reader's end is io.EOF itself
		err = fmt.Errorf("read object %s: %w", b.key, err)
	}
	return n, err
}

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, key string) (object.Info, error) {
	if err := limits.Key(key); err != nil {
		return object.Info{}, err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if status(err) == http.StatusNotFound { // the answer to HEAD has no body that says of what
		return object.Info{}, fmt.Errorf("object %s: %w", key, object.ErrAbsent)
	}
	if err != nil {
		return object.Info{}, failed("stat", key, err)
	}
	return object.Info{
		Key: key, Size: aws.ToInt64(out.ContentLength), Modified: seconds(out.LastModified),
		Metadata: out.Metadata,
	}, nil
}

func seconds(t *time.Time) time.Time { return aws.ToTime(t).UTC().Truncate(time.Second) }

// List gives objects in the order of their keys.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]object.Info, error) {
	if err := limits.List(prefix, after, limit); err != nil {
		return nil, err
	}
	limit = min(limit, object.MaxPage)
	var page []object.Info
	for len(page) < limit { // a page of S3 may be shorter than asked for although there is more
		in := &s3.ListObjectsV2Input{
			Bucket: &s.bucket, MaxKeys: aws.Int32(int32(limit - len(page))), //nolint:gosec // at most MaxPage
		}
		if prefix != "" {
			in.Prefix = &prefix
		}
		if after != "" {
			in.StartAfter = &after
		}
		out, err := s.client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, failed("list", prefix, err)
		}
		for i := range out.Contents {
			o := &out.Contents[i]
			page = append(page, object.Info{
				Key: aws.ToString(o.Key), Size: aws.ToInt64(o.Size), Modified: seconds(o.LastModified),
			})
		}
		if !aws.ToBool(out.IsTruncated) || len(out.Contents) == 0 {
			break
		}
		after = page[len(page)-1].Key
	}
	return page, nil
}

// Delete removes an object.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := limits.Key(key); err != nil {
		return err
	}
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	if err = failed("delete", key, err); errors.Is(err, object.ErrAbsent) {
		return nil
	}
	return err
}

// Sync makes everything that was written before it last through a loss of power.
func (s *Store) Sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("sync objects: %w", err)
	}
	if s.sync == nil {
		return nil
	}
	return s.sync(ctx)
}

// failed turns an error of the SDK into one of the port that names the key; nil stays nil.
func failed(what, key string, err error) error {
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "NoSuchKey":
			return fmt.Errorf("object %s: %w", key, object.ErrAbsent)
		case "PreconditionFailed":
			return fmt.Errorf("object %s: %w", key, object.ErrExists)
		}
	}
	return fmt.Errorf("%s object %s: %w", what, key, err)
}

// status is the HTTP status of an error, 0 where there is none.
func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
