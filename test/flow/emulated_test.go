package flow_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"multipoint/test/emulator"
)

// bucket is what ${objects} stands for.
const bucket = "objects"

// service is a Step Functions of an emulator, with an S3 beside it.
type service struct {
	name    string
	states  *sfn.Client
	objects *s3.Client
	theatre *theatre
}

func newService(t *testing.T, name string, config aws.Config, all *theatre) *service {
	t.Helper()
	s := &service{
		name: name, theatre: all, states: sfn.NewFromConfig(config),
		objects: s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
	}
	_, err := s.objects.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: aws.String(bucket),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{
			LocationConstraint: s3types.BucketLocationConstraint(emulator.Region),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, text := range objects {
		_, err := s.objects.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// compareAll runs the examples, some beside each other, each on a lane of its own while it runs.
func (s *service) compareAll(t *testing.T, lanes int) {
	t.Helper()
	free := make(chan string, lanes)
	for i := range lanes {
		free <- fmt.Sprintf("lane%d", i)
	}
	for i, e := range examples() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			lane := <-free
			defer func() { free <- lane }()
			s.compare(t, &e, lane, fmt.Sprintf("example-%d", i))
		})
	}
}

// compare runs an example here and on our interpreter.
func (s *service) compare(t *testing.T, e *example, lane, machineName string) {
	t.Helper()
	machine := e.parse(t)
	ours := runOurs(t, e, machine)
	stage := s.theatre.open(lane, e)
	got, err := s.run(t.Context(), e, lane, machineName)
	if err != nil && e.differs[s.name] != "" {
		t.Skipf("%s differs: %s: %v", s.name, e.differs[s.name], err)
	}
	if err != nil {
		t.Fatal(err)
	}
	got.calls = stage.calls
	outer := s.name == miniStackName // its histories have no more
	found := append(e.differences(t, machine, got), otherStates(machine, got.states, ours.states, outer)...)
	if got.took < e.waits && !e.chance && !quick(e) {
		found = append(found, fmt.Sprintf("it took %v, want at least %v", got.took, e.waits))
	}
	why, differs := e.differs[s.name]
	switch {
	case differs && len(found) == 0:
		t.Errorf("it does not differ: %s", why)
	case differs:
		t.Skipf("%s differs: %s: %s", s.name, why, found[0])
	}
	for _, difference := range found {
		t.Error(difference)
	}
}

// quick says whether an example is one of the product's machines. There retries follow each other faster, so
// that the comparison does not take an hour, and Maps are narrow: LocalStack starts a thread for each item
// that could run.
func quick(e *example) bool {
	return strings.HasPrefix(e.name, "day: ") || strings.HasPrefix(e.name, "answer: ")
}

var placeholders = regexp.MustCompile(`\$\{([a-z]+)\}`)

// definition is the example's machine with its placeholders filled.
func (s *service) definition(e *example, lane string) string {
	text := placeholders.ReplaceAllStringFunc(e.machine, func(placeholder string) string {
		name := placeholder[2 : len(placeholder)-1]
		if name == "objects" {
			return bucket
		}
		return "arn:aws:lambda:" + emulator.Region + ":" + emulator.Account + ":function:" + lane + "-" + name
	})
	if quick(e) {
		text = strings.NewReplacer(`"IntervalSeconds": 2,`, `"IntervalSeconds": 1,`,
			`"BackoffRate": 2`, `"BackoffRate": 1`, `"BackoffRate": 1.5`, `"BackoffRate": 1`,
			`"MaxConcurrency": 256`, `"MaxConcurrency": 3`, `"MaxConcurrency": 40`, `"MaxConcurrency": 3`,
		).Replace(text)
	}
	return text
}

// run makes the machine, runs it once and reads its history.
func (s *service) run(ctx context.Context, e *example, lane, machineName string) (got outcome, err error) {
	created, err := s.states.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: &machineName, Definition: aws.String(s.definition(e, lane)),
		RoleArn: aws.String("arn:aws:iam::" + emulator.Account + ":role/flow"),
	})
	if err != nil {
		return got, err
	}
	input := e.input
	if input == "" {
		input = "{}"
	}
	begun := time.Now()
	started, err := s.states.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: created.StateMachineArn, Name: aws.String(executionName), Input: &input,
	})
	if err != nil {
		return got, err
	}
	ended, err := s.wait(ctx, started.ExecutionArn)
	if err != nil {
		return got, err
	}
	got.took = time.Since(begun)
	if err := s.read(ctx, started.ExecutionArn, &got); err != nil {
		return got, err
	}
	if ended.Status == types.ExecutionStatusSucceeded {
		got.result = aws.ToString(ended.Output)
	}
	return got, nil
}

// wait asks until the execution is over.
func (s *service) wait(ctx context.Context, arn *string) (*sfn.DescribeExecutionOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		described, err := s.states.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: arn})
		if err != nil || described.Status != types.ExecutionStatusRunning {
			return described, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("the execution does not end")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// read takes states and error from the history of an execution.
func (s *service) read(ctx context.Context, arn *string, got *outcome) error {
	pages := sfn.NewGetExecutionHistoryPaginator(s.states, &sfn.GetExecutionHistoryInput{
		ExecutionArn: arn, MaxResults: 1000,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for i := range page.Events {
			event := &page.Events[i]
			if entered := event.StateEnteredEventDetails; entered != nil {
				got.states = append(got.states, aws.ToString(entered.Name))
			}
			if event.ExecutionFailedEventDetails != nil {
				got.result = failed(aws.ToString(event.ExecutionFailedEventDetails.Error),
					aws.ToString(event.ExecutionFailedEventDetails.Cause))
			}
			if event.Type == types.HistoryEventTypeExecutionTimedOut {
				got.result = failed("States.Timeout", "")
			}
		}
	}
	return nil
}
