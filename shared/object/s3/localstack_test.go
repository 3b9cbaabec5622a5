package s3_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"multipoint/shared/object"
	"multipoint/shared/object/objecttest"
	"multipoint/shared/object/s3"
	"multipoint/test/emulator"
)

// otherOnLocalStack are the examples of the suite in which LocalStack is not as Amazon S3, and how.
var otherOnLocalStack = map[string]string{
	"CreateLetsOneOfManyThrough": "it looks whether the object is there before it puts the parts together, " +
		"and not while: several uploads in parts that say If-None-Match may end well",
	"ReaderKeepsItsVersion": "an object that is removed is cut off for who is reading it",
}

// TestConformanceOnLocalStack runs the suite over a server of S3 that is not the gateway's.
func TestConformanceOnLocalStack(t *testing.T) {
	emulator.OnlyFull(t)
	options := s3.Options{
		Region: emulator.Region, Endpoint: emulator.LocalStack(t, ""),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
	client, buckets := s3.NewClient(options), 0
	objecttest.Run(t, func(t *testing.T) object.Store {
		t.Helper()
		if how := otherOnLocalStack[t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]]; how != "" {
			t.Skip("skipped, LocalStack is not as Amazon S3: " + how)
		}
		buckets++
		o := options
		o.Bucket = fmt.Sprint("bucket-", buckets)
		_, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{
			Bucket: &o.Bucket, CreateBucketConfiguration: &types.CreateBucketConfiguration{
				LocationConstraint: types.BucketLocationConstraint(o.Region),
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s3.New(o)
	})
}
