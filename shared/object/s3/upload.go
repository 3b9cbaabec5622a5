package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"multipoint/shared/object/memory/limits"
)

const (
	smallBytes = 64 << 10 // most objects of a run fit, and a large buffer for each would be a waste
	partBytes  = 8 << 20  // S3 wants at least 5 MiB
	maxParts   = 10_000   // so the largest object has 78 GiB

	abortTimeout = 10 * time.Second
)

// Create writes an object unless there is one of that key.
func (s *Store) Create(ctx context.Context, key string, body io.Reader, metadata map[string]string) error {
	return s.write(ctx, upload{key: key, metadata: metadata, ifNoneMatch: aws.String("*")}, body)
}

// Put writes an object, over one that may be there.
func (s *Store) Put(ctx context.Context, key string, body io.Reader, metadata map[string]string) error {
	return s.write(ctx, upload{key: key, metadata: metadata}, body)
}

// upload is what is said about an object that is written.
type upload struct {
	key         string
	metadata    map[string]string
	ifNoneMatch *string // "*" lets nothing be there
	// lock and until keep the object from being removed; empty and nil = nothing does.
	lock  types.ObjectLockMode
	until *time.Time
}

// write reads the body until it knows whether one request is enough. Nothing is sent before that, so a small
// body that fails leaves no trace.
func (s *Store) write(ctx context.Context, u upload, body io.Reader) error {
	if err := limits.Write(u.key, u.metadata); err != nil {
		return err
	}
	if until := s.retain(u.key); !until.IsZero() {
		u.lock, u.until = types.ObjectLockModeGovernance, &until
	}
	small := s.small.get()
	n, end, err := fill(ctx, u.key, body, *small)
	if err != nil || end {
		if err == nil {
			err = s.put(ctx, u, (*small)[:n])
		}
		s.small.giveBack(small, err)
		return err
	}
	part := s.parts.get()
	copy(*part, *small)
	s.small.giveBack(small, nil)
	more, end, err := fill(ctx, u.key, body, (*part)[n:])
	switch {
	case err != nil:
	case end:
		err = s.put(ctx, u, (*part)[:n+more])
	default:
		err = s.putParts(ctx, u, *part, body)
	}
	s.parts.giveBack(part, err)
	return err
}

// fill reads until the buffer is full or the body ends.
func fill(ctx context.Context, key string, body io.Reader, buffer []byte) (n int, end bool, err error) {
	for n < len(buffer) {
		if err := ctx.Err(); err != nil {
			return n, false, fmt.Errorf("write object %s: %w", key, err)
		}
		read, err := body.Read(buffer[n:])
		n += read
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, fmt.Errorf("body of object %s: %w", key, err)
		}
	}
	return n, false, nil
}

func (s *Store) put(ctx context.Context, u upload, content []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &u.key, Body: bytes.NewReader(content),
		Metadata: u.metadata, IfNoneMatch: u.ifNoneMatch,
		ObjectLockMode: u.lock, ObjectLockRetainUntilDate: u.until,
	})
	return failed("write", u.key, err)
}

// putParts sends the full buffer and the rest of the body as parts. The object appears when the last request
// completes the upload; if it does not come to that, the parts are thrown away.
func (s *Store) putParts(ctx context.Context, u upload, buffer []byte, body io.Reader) error {
	created, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: &s.bucket, Key: &u.key, Metadata: u.metadata, ChecksumAlgorithm: s.checksum,
		ObjectLockMode: u.lock, ObjectLockRetainUntilDate: u.until,
	})
	if err != nil {
		return failed("write", u.key, err)
	}
	parts, err := s.sendParts(ctx, u.key, created.UploadId, buffer, body)
	if err == nil {
		_, err = s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: &s.bucket, Key: &u.key, UploadId: created.UploadId, IfNoneMatch: u.ifNoneMatch,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
		err = failed("write", u.key, err)
	}
	if err != nil {
		err = errors.Join(err, s.abort(ctx, u.key, created.UploadId))
	}
	return err
}

func (s *Store) sendParts(
	ctx context.Context, key string, id *string, buffer []byte, body io.Reader,
) ([]types.CompletedPart, error) {
	var parts []types.CompletedPart
	for n, end := len(buffer), false; n > 0; {
		if len(parts) == maxParts {
			return nil, fmt.Errorf("object %s is larger than %d parts of %d bytes", key, maxParts, partBytes)
		}
		number := aws.Int32(int32(len(parts) + 1)) //nolint:gosec // at most maxParts
		sent, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &s.bucket, Key: &key, UploadId: id, PartNumber: number, Body: bytes.NewReader(buffer[:n]),
			ChecksumAlgorithm: s.checksum,
		})
		if err != nil {
			return nil, failed("write", key, err)
		}
		parts = append(parts, types.CompletedPart{
			PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32,
		})
		if end {
			break
		}
		if n, end, err = fill(ctx, key, body, buffer); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// abort throws the parts away, also when ctx is what ended the upload. An upload that is not there any more
// was completed or thrown away before.
func (s *Store) abort(ctx context.Context, key string, id *string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: &s.bucket, Key: &key, UploadId: id,
	})
	var gone *types.NoSuchUpload
	if err == nil || errors.As(err, &gone) {
		return nil
	}
	return fmt.Errorf("abort the upload of object %s: %w", key, err)
}

// pool keeps buffers of one size.
type pool struct{ buffers sync.Pool }

func newPool(size int) *pool {
	return &pool{sync.Pool{New: func() any {
		b := make([]byte, size)
		return &b
	}}}
}

func (p *pool) get() *[]byte { return p.buffers.Get().(*[]byte) }

// giveBack keeps the buffer for another upload, unless the last request failed: then the connection may read
// from it for a while yet.
func (p *pool) giveBack(b *[]byte, err error) {
	if err == nil {
		p.buffers.Put(b)
	}
}
