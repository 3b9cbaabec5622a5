package stack

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"multipoint/shared/cloud"
	"multipoint/shared/flow"
	"multipoint/shared/object/s3"
	"multipoint/shared/standalone"
	"multipoint/shared/table/dynamo"
	"multipoint/shared/table/memory"
	"multipoint/test/emulator"
)

func createBucket(t *testing.T, client *awss3.Client, bucket string) {
	t.Helper()
	_, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{
		Bucket: &bucket, CreateBucketConfiguration: &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraint(emulator.Region),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// onMiniStack makes a program over MiniStack; its table is the caller's matter.
func onMiniStack(t *testing.T, mini *emulator.Mini) *cloud.Program {
	t.Helper()
	client := s3.NewClient(s3.Options{
		Region: mini.Config.Region, Endpoint: mini.URL, Credentials: mini.Config.Credentials,
	})
	settings := &cloud.Settings{
		Objects: "objects", Inbox: "inbox", Table: "multipoint", Demo: true,
		Now: standalone.OpensAt(runDate()),
	}
	for _, bucket := range []string{settings.Objects, settings.Inbox} {
		createBucket(t, client, bucket)
	}
	key, err := kms.NewFromConfig(mini.Config).CreateKey(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	settings.Key = *key.KeyMetadata.KeyId
	for name, to := range map[string]*string{
		"open": &settings.OpenQueue, "inbox": &settings.InboxQueue,
	} {
		in := &sqs.CreateQueueInput{QueueName: &name}
		q, err := sqs.NewFromConfig(mini.Config).CreateQueue(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		*to = *q.QueueUrl
	}
	p, err := cloud.New(mini.Config, settings)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// driversOfAWS makes a program over MiniStack, with its table in DynamoDB Local.
func driversOfAWS(t *testing.T) *cloud.Program {
	t.Helper()
	mini := emulator.MiniStack(t)
	p := onMiniStack(t, mini)
	o := dynamo.Options{
		Table: p.Settings.Table, Region: mini.Config.Region, Endpoint: emulator.DynamoDB(t),
		Credentials: mini.Config.Credentials, Recount: true,
		Now: func() int64 { return time.Now().Unix() },
	}
	if _, err := dynamo.NewClient(o).CreateTable(t.Context(), dynamo.Schema(o.Table)); err != nil {
		t.Fatal(err)
	}
	p.Table = dynamo.New(o)
	return p
}

// createdEvent is what EventBridge sends for an object of the inbox.
func createdEvent(t *testing.T, key string) events.SQSEvent {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"detail-type": "Object Created", "source": "aws.s3", "detail": map[string]any{
			"bucket": map[string]any{"name": "inbox"}, "object": map[string]any{"key": key, "etag": "e"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: string(body)}}}
}

// disturbed are the steps of a program as its machine calls them, each first call of which is given up on
// after a while that chance decides, and some are made twice.
func disturbed(p *cloud.Program, chance *rand.Rand) map[string]flow.Task {
	out := map[string]flow.Task{}
	for _, name := range []string{
		"plan", "convert", "check", "rate", "allocate", "grant", "files", "settle", "post", "deliver", "mail",
		"close", "stop", "answer",
	} {
		step, killed := p.Step(name), false
		patience := time.Duration(chance.IntN(150)) * time.Millisecond
		out[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			if !killed {
				killed = true
				short, cancel := context.WithTimeout(ctx, patience)
				defer cancel()
				if _, err := step(short, input); err != nil {
					return nil, &flow.Error{Name: "Transient", Cause: "the function was killed"}
				}
			}
			answer, err := step(ctx, input)
			var told messages.InvokeResponse_Error
			if errors.As(err, &told) {
				err = &flow.Error{Name: told.Type, Cause: told.Message}
			}
			return answer, err
		}
	}
	return out
}

// The day over S3, DynamoDB, KMS and SQS is the day on one machine, byte by byte, with every step given up
// once and every event told twice.
func TestTheDayOverTheDriversOfAWS(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	p := driversOfAWS(t)
	service, err := p.NewRetailer(t.Context(), retailer)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, service)
	for _, f := range demoFiles(t) {
		event := createdEvent(t, upload(t, p.Inbox, retailer, &f))
		for range 2 {
			answer, err := p.Intake(t.Context(), event)
			if err != nil || len(answer.BatchItemFailures) > 0 {
				t.Fatal(answer, err)
			}
		}
	}
	if left, err := p.Inbox.List(t.Context(), "", "", 10); err != nil || len(left) > 0 {
		t.Errorf("the inbox still has %v, %v", left, err)
	}
	runner, err := standalone.NewRunner(service, standalone.RunnerOptions{
		Tasks: disturbed(p, rand.New(rand.NewPCG(seed, 1))), Concurrency: 1,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runner.RunDay(t.Context(), runDate()); err != nil {
		t.Fatal(err)
	}
	compare(t, collect(t, service), oneMachine(t, service))
	if err := service.VerifyLedger(t.Context(), memory.New(nil)); err != nil {
		t.Error(err)
	}
}
