package flow_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"multipoint/test/emulator"
)

// TestLocalStack runs the examples on LocalStack; its Lambda is the theatre itself.
func TestLocalStack(t *testing.T) {
	all, url := newTheatre(t)
	endpoint := emulator.LocalStack(t, url)
	s := newService(t, localStackName, aws.Config{
		Region: emulator.Region, BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: emulator.Account, SecretAccessKey: "test"}, nil
		}),
	}, all)
	s.compareAll(t, 8)
}
