package emulator_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"multipoint/test/emulator"
)

func TestLocalStackHasStepFunctions(t *testing.T) {
	endpoint := emulator.LocalStack(t, "")
	client := sfn.NewFromConfig(aws.Config{
		Region: emulator.Region, BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
	listed, err := client.ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})
	if err != nil || len(listed.StateMachines) != 0 {
		t.Errorf("%v %v", listed, err)
	}
}
