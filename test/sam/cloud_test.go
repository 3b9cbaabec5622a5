package sam

import (
	"bytes"
	"io/fs"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"multipoint/events"
	"multipoint/shared/calendar"
	"multipoint/shared/cloud"
	"multipoint/shared/day"
	"multipoint/shared/master"
	"multipoint/shared/object/s3"
	"multipoint/shared/standalone"
	"multipoint/shared/table/dynamo"
	"multipoint/test/emulator"
)

// What the sample events are about: a file of the demo retailer for the run of a date.
const (
	retailer = "AOZORA"
	inbox    = "multipoint-inbox"
	upload   = "EC_20261121_2.csv"
	arrived  = "2026-11-22T00:20:30+09:00"
	proof    = "what content delivery brings"
)

func runDate() calendar.Date {
	date, _ := calendar.Of(2026, 11, 22)
	return date
}

// world is an emulated cloud with what the sample events speak of.
type world struct {
	program *cloud.Program
	service *day.Service
	flow    *sfn.Client
	// told is what functions are told by their environment and the template leaves to the deployment.
	told map[string]string
	// image is what else they find in their environment: where the emulators are, and the rehearsal's clock.
	image map[string]string
}

// newWorld makes it behind an address that containers reach.
func newWorld(t *testing.T, mini *emulator.Mini) *world {
	t.Helper()
	cfg := mini.Config.Copy()
	cfg.BaseEndpoint = aws.String(endpoint(t, mini.URL, emulator.DynamoDB(t)))
	now := standalone.OpensAt(runDate())
	settings := &cloud.Settings{
		Objects: "multipoint-objects", Inbox: inbox, Table: "multipoint", Origin: proof, Demo: true, Now: now,
		Key: newKey(t, cfg), OpenQueue: newQueue(t, cfg, "multipoint-open"),
		InboxQueue: newQueue(t, cfg, "multipoint-intake"),
	}
	w := &world{flow: sfn.NewFromConfig(cfg)}
	settings.DayFlow = w.newMachine(t, "multipoint-day")
	settings.AnswerFlow = w.newMachine(t, "multipoint-answer")
	client := s3.NewClient(s3.Options{
		Region: cfg.Region, Endpoint: *cfg.BaseEndpoint, Credentials: cfg.Credentials,
	})
	for _, bucket := range []string{settings.Objects, settings.Inbox} {
		newBucket(t, client, bucket)
	}
	table := dynamo.NewClient(dynamo.Options{
		Table: settings.Table, Region: cfg.Region, Endpoint: *cfg.BaseEndpoint, Credentials: cfg.Credentials,
	})
	if _, err := table.CreateTable(t.Context(), dynamo.Schema(settings.Table)); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.program, err = cloud.New(cfg, settings); err != nil {
		t.Fatal(err)
	}
	w.told = map[string]string{
		"MULTIPOINT_OBJECTS": settings.Objects, "MULTIPOINT_INBOX": settings.Inbox,
		"MULTIPOINT_TABLE": settings.Table, "MULTIPOINT_KEY": settings.Key,
		"MULTIPOINT_DAY_FLOW": settings.DayFlow, "MULTIPOINT_ANSWER_FLOW": settings.AnswerFlow,
		"MULTIPOINT_OPEN_QUEUE": settings.OpenQueue, "MULTIPOINT_INBOX_QUEUE": settings.InboxQueue,
		"MULTIPOINT_ORIGIN": settings.Origin,
	}
	w.image = map[string]string{
		"AWS_ENDPOINT_URL": *cfg.BaseEndpoint,
		"MULTIPOINT_DEMO":  "true", "MULTIPOINT_NOW": now.Format(time.RFC3339),
	}
	w.begin(t)
	return w
}

// begin gives the retailer its masters and members, and has it upload a file.
func (w *world) begin(t *testing.T) {
	t.Helper()
	var err error
	if w.service, err = w.program.NewRetailer(t.Context(), retailer); err != nil {
		t.Fatal(err)
	}
	folder, err := fs.Sub(events.Files, "masters")
	if err != nil {
		t.Fatal(err)
	}
	set, faults := master.Load(folder)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if _, err := w.service.PublishMasters(t.Context(), set, runDate().Add(-1)); err != nil {
		t.Fatal(err)
	}
	members, err := events.Files.ReadFile("members.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.PublishMembers(t.Context(), members, runDate()); err != nil {
		t.Fatal(err)
	}
	content, err := events.Files.ReadFile("day/" + upload)
	if err != nil {
		t.Fatal(err)
	}
	key := cloud.InboxKey(retailer, "", "u1", upload)
	metadata := map[string]string{"arrived": arrived}
	if err := w.program.Inbox.Put(t.Context(), key, bytes.NewReader(content), metadata); err != nil {
		t.Fatal(err)
	}
}

// endpoint is one address for all services at the containers' gateway: the emulators themselves are reached
// from this machine only, and functions find all services at one.
func endpoint(t *testing.T, services, table string) string {
	t.Helper()
	toServices, err := url.Parse(services)
	if err != nil {
		t.Fatal(err)
	}
	toTable, err := url.Parse(table)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(gateway, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to := toServices
		if strings.HasPrefix(r.In.Header.Get("X-Amz-Target"), "DynamoDB_") {
			to = toTable
		}
		r.SetURL(to)
	}})
	_ = server.Listener.Close() // the one it comes with is never used
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func newBucket(t *testing.T, client *awss3.Client, name string) {
	t.Helper()
	_, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraint(emulator.Region),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func newKey(t *testing.T, cfg aws.Config) (id string) {
	t.Helper()
	out, err := kms.NewFromConfig(cfg).CreateKey(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return *out.KeyMetadata.KeyId
}

func newQueue(t *testing.T, cfg aws.Config, name string) (address string) {
	t.Helper()
	out, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

// newMachine makes a state machine that does nothing: what is looked at is how it is started.
func (w *world) newMachine(t *testing.T, name string) (arn string) {
	t.Helper()
	out, err := w.flow.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: &name, RoleArn: aws.String("arn:aws:iam::" + emulator.Account + ":role/flow"),
		Definition: aws.String(`{"StartAt":"Pass","States":{"Pass":{"Type":"Pass","End":true}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.StateMachineArn
}
