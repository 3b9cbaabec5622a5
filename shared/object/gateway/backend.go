package gateway

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"
	"github.com/versity/versitygw/s3response"

	"multipoint/shared/object/memory/limits"
)

// disk serves the operations that object/s3 uses, and no others, from files.
//
// The file backend below takes the working directory of the process for the folder of buckets, and moves
// there when it is made. A program has other files to find, so it is told to stay where it is, and instead
// of its name each bucket is handed to it as the path of its folder; what comes back has the name again.
// Keys are checked here as well: other clients than ours send requests too.
type disk struct {
	backend.BackendUnsupported
	files  *posix.Posix
	folder *folder
	failed func(error)
	// parents is held for reading while an object is written, for writing while empty folders are removed:
	// the file backend fails when a folder goes away between its making and its use.
	parents sync.RWMutex
}

func newBackend(f *folder, failed func(error)) (*disk, error) {
	files, err := posix.New(".", f.metadata, posix.PosixOpts{
		CopyObjectThreshold: 5 << 30,
		// Bodies are written under a name of their own and renamed. Without a name they would be linked into
		// their folder under a temporary one that lists show and that is too long for long keys.
		ForceNoTmpFile: true,
		// The folder's own lock keeps other processes out.
		ForceNoObjLockFile: true,
	})
	if err != nil {
		return nil, err
	}
	return &disk{files: files, folder: f, failed: failed}, nil
}

// Shutdown lets go of the files.
func (d *disk) Shutdown() { d.files.Shutdown() }

func (d *disk) String() string { return "multipoint" }

// bucket gives the path of a bucket's folder, which is there.
func (d *disk) bucket(name *string) (*string, error) {
	path, err := d.path(name)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(*path); errors.Is(err, os.ErrNotExist) {
		return nil, s3err.GetBucketErr(s3err.ErrNoSuchBucket, *name)
	} else if err != nil {
		return nil, d.answer(*name, err)
	}
	return path, nil
}

func (d *disk) path(name *string) (*string, error) {
	if name == nil || !utils.IsValidBucketName(*name) {
		return nil, s3err.GetAPIError(s3err.ErrInvalidBucketName)
	}
	path := filepath.Join(d.folder.objects, *name)
	return &path, nil
}

// object is bucket for an operation on a key that is one.
func (d *disk) object(name, key *string) (*string, error) {
	if key == nil || limits.Key(*key) != nil {
		return nil, s3err.GetAPIError(s3err.ErrInvalidURI)
	}
	return d.bucket(name)
}

// answer gives an error that a client may see: without paths, and "internal error" for what is none of S3's,
// which would be printed otherwise.
func (d *disk) answer(bucket string, err error) error {
	var known s3err.S3Error
	var ofBucket s3err.BucketError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ofBucket):
		ofBucket.BucketName = bucket
		return ofBucket
	case errors.As(err, &known):
		return known
	}
	if d.failed != nil {
		d.failed(err)
	}
	return s3err.GetAPIError(s3err.ErrInternalError)
}

// HeadBucket says whether a bucket is there.
func (d *disk) HeadBucket(ctx context.Context, in *s3.HeadBucketInput) (*s3.HeadBucketOutput, error) {
	path, err := d.bucket(in.Bucket)
	if err != nil {
		return nil, err
	}
	out, err := d.files.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: path})
	return out, d.answer(*in.Bucket, err)
}

// CreateBucket makes the folder of a bucket.
func (d *disk) CreateBucket(ctx context.Context, in *s3.CreateBucketInput, acl []byte) error {
	path, err := d.path(in.Bucket)
	if err != nil {
		return err
	}
	if _, err := os.Stat(*path); err == nil {
		return s3err.GetBucketErr(s3err.ErrBucketAlreadyOwnedByYou, *in.Bucket)
	}
	at := *in
	at.Bucket = path
	return d.answer(*in.Bucket, d.files.CreateBucket(ctx, &at, acl))
}

// GetBucketAcl names no owner, which means the one account there is: what was kept when the bucket was made
// is the access key of that day.
func (d *disk) GetBucketAcl(_ context.Context, in *s3.GetBucketAclInput) ([]byte, error) {
	if _, err := d.bucket(in.Bucket); err != nil {
		return nil, err
	}
	return nil, nil
}

// GetBucketPolicy has none: one account owns everything.
func (d *disk) GetBucketPolicy(context.Context, string) ([]byte, error) {
	return nil, s3err.GetAPIError(s3err.ErrNoSuchBucketPolicy)
}

// GetBucketCors has none; the server's own setting holds.
func (d *disk) GetBucketCors(context.Context, string) ([]byte, error) {
	return nil, s3err.GetAPIError(s3err.ErrNoSuchCORSConfiguration)
}

// GetObjectLockConfiguration has none: nothing is locked against deletion.
func (d *disk) GetObjectLockConfiguration(context.Context, string) ([]byte, error) {
	return nil, s3err.GetAPIError(s3err.ErrObjectLockConfigurationNotFound)
}

// noName stands for "no metadata" where that must be written down.
const noName = ""

// kept is the metadata to keep. In files beside the objects what is not written stays from the object that
// was there before, so that nothing is something.
func (d *disk) kept(metadata map[string]string) map[string]string {
	if d.folder.beside && len(metadata) == 0 {
		return map[string]string{noName: ""}
	}
	return metadata
}

// PutObject writes an object.
func (d *disk) PutObject(
	ctx context.Context, in s3response.PutObjectInput,
) (s3response.PutObjectOutput, error) {
	path, err := d.object(in.Bucket, in.Key)
	if err != nil {
		return s3response.PutObjectOutput{}, err
	}
	name := *in.Bucket
	in.Bucket, in.Metadata = path, d.kept(in.Metadata)
	d.parents.RLock()
	defer d.parents.RUnlock()
	out, err := d.files.PutObject(ctx, in)
	return out, d.answer(name, err)
}

// HeadObject describes an object.
func (d *disk) HeadObject(ctx context.Context, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	path, err := d.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	at := *in
	at.Bucket = path
	out, err := d.files.HeadObject(ctx, &at)
	if out != nil {
		delete(out.Metadata, noName)
	}
	return out, d.answer(*in.Bucket, err)
}

// GetObject reads an object.
func (d *disk) GetObject(ctx context.Context, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	path, err := d.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	at := *in
	at.Bucket = path
	out, err := d.files.GetObject(ctx, &at)
	if out != nil {
		delete(out.Metadata, noName)
	}
	return out, d.answer(*in.Bucket, err)
}

// ListObjectsV2 lists objects.
func (d *disk) ListObjectsV2(
	ctx context.Context, in *s3.ListObjectsV2Input,
) (s3response.ListObjectsV2Result, error) {
	path, err := d.bucket(in.Bucket)
	if err != nil {
		return s3response.ListObjectsV2Result{}, err
	}
	at := *in
	at.Bucket = path
	out, err := d.files.ListObjectsV2(ctx, &at)
	out.Name = in.Bucket
	return out, d.answer(*in.Bucket, err)
}

// DeleteObject removes an object, and the folders that it leaves empty unless somebody is writing: then they
// stay, which no list shows. It never waits for a writer, who may be slow.
func (d *disk) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	path, err := d.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	if !d.parents.TryLock() {
		return &s3.DeleteObjectOutput{}, d.answer(*in.Bucket, d.folder.remove(*path, *in.Key))
	}
	defer d.parents.Unlock()
	at := *in
	at.Bucket = path
	out, err := d.files.DeleteObject(ctx, &at)
	return out, d.answer(*in.Bucket, err)
}

// CreateMultipartUpload begins an upload in parts.
func (d *disk) CreateMultipartUpload(
	ctx context.Context, in s3response.CreateMultipartUploadInput,
) (s3response.InitiateMultipartUploadResult, error) {
	path, err := d.object(in.Bucket, in.Key)
	if err != nil {
		return s3response.InitiateMultipartUploadResult{}, err
	}
	name := *in.Bucket
	in.Bucket, in.Metadata = path, d.kept(in.Metadata)
	out, err := d.files.CreateMultipartUpload(ctx, in)
	out.Bucket = name
	return out, d.answer(name, err)
}

// UploadPart takes one part.
func (d *disk) UploadPart(ctx context.Context, in *s3.UploadPartInput) (*s3.UploadPartOutput, error) {
	path, err := d.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	at := *in
	at.Bucket = path
	out, err := d.files.UploadPart(ctx, &at)
	return out, d.answer(*in.Bucket, err)
}

// CompleteMultipartUpload makes an object of the parts.
func (d *disk) CompleteMultipartUpload(
	ctx context.Context, in *s3.CompleteMultipartUploadInput,
) (s3response.CompleteMultipartUploadResult, string, error) {
	path, err := d.object(in.Bucket, in.Key)
	if err != nil {
		return s3response.CompleteMultipartUploadResult{}, "", err
	}
	at := *in
	at.Bucket = path
	d.parents.RLock()
	defer d.parents.RUnlock()
	out, version, err := d.files.CompleteMultipartUpload(ctx, &at)
	out.Bucket = in.Bucket
	return out, version, d.answer(*in.Bucket, err)
}

// AbortMultipartUpload throws the parts away.
func (d *disk) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput) error {
	path, err := d.object(in.Bucket, in.Key)
	if err != nil {
		return err
	}
	at := *in
	at.Bucket = path
	return d.answer(*in.Bucket, d.files.AbortMultipartUpload(ctx, &at))
}
