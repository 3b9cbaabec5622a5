package coldstart

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lambdaevents "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
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

// The demo retailer's day.
const (
	retailer = "AOZORA"
	provider = "HOSHI"
	origin   = "proof"
	mailFrom = "points@multipoint.example"
)

func runDate() calendar.Date {
	date, _ := calendar.Of(2026, 11, 22)
	return date
}

// services are the emulators that all rounds share.
type services struct {
	mini    *emulator.Mini
	table   string // the URL of DynamoDB Local
	waiting waiting
	env     []string // what every function is told about them
}

func startServices(t *testing.T) *services {
	t.Helper()
	s := &services{mini: emulator.MiniStack(t), table: emulator.DynamoDB(t)}
	s.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "LANG=C.UTF-8",
		"AWS_REGION=" + emulator.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_ENDPOINT_URL=" + s.waiting.before(t, s.mini.URL),
		"AWS_ENDPOINT_URL_DYNAMODB=" + s.waiting.before(t, s.table),
	}
	_, domain, _ := strings.Cut(mailFrom, "@")
	_, err := sesv2.NewFromConfig(s.mini.Config).CreateEmailIdentity(t.Context(),
		&sesv2.CreateEmailIdentityInput{EmailIdentity: &domain})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// place is an empty cloud: buckets, table, key, queues and state machines of its own, the program of this
// process over them and what functions are told of them.
type place struct {
	program *cloud.Program
	service *day.Service
	env     []string
}

// emptyPlace makes the place of a round. Its retailer has masters and members, and nothing has arrived.
func (s *services) emptyPlace(t *testing.T, round int) *place {
	t.Helper()
	named := func(name string) string { return fmt.Sprintf("%s-%d", name, round) }
	settings := &cloud.Settings{
		Objects: named("objects"), Inbox: named("inbox"), Table: named("multipoint"),
		Key: s.key(t), OpenQueue: s.queue(t, named("open")), InboxQueue: s.queue(t, named("inbox")),
		DayFlow: s.machine(t, named("day")), AnswerFlow: s.machine(t, named("answer")), MailFrom: mailFrom,
		Operator: "operator@multipoint.example", Site: "https://points.multipoint.example", Origin: origin,
		Demo: true, Now: standalone.OpensAt(runDate()),
	}
	objects := s3.NewClient(s3.Options{
		Region: emulator.Region, Endpoint: s.mini.URL, Credentials: s.mini.Config.Credentials,
	})
	for _, bucket := range []string{settings.Objects, settings.Inbox} {
		_, err := objects.CreateBucket(t.Context(), &awss3.CreateBucketInput{
			Bucket: &bucket, CreateBucketConfiguration: &types.CreateBucketConfiguration{
				LocationConstraint: types.BucketLocationConstraint(emulator.Region),
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	o := dynamo.Options{
		Table: settings.Table, Region: emulator.Region, Endpoint: s.table, Recount: true,
		Credentials: s.mini.Config.Credentials, Now: func() int64 { return time.Now().Unix() },
	}
	if _, err := dynamo.NewClient(o).CreateTable(t.Context(), dynamo.Schema(o.Table)); err != nil {
		t.Fatal(err)
	}
	p := &place{env: environment(s.env, settings)}
	var err error
	if p.program, err = cloud.New(s.mini.Config, settings); err != nil {
		t.Fatal(err)
	}
	p.program.Table = dynamo.New(o)
	if p.service, err = p.program.NewRetailer(t.Context(), retailer); err != nil {
		t.Fatal(err)
	}
	p.publish(t)
	return p
}

// environment adds settings to an environment.
func environment(env []string, s *cloud.Settings) []string {
	return append(env[:len(env):len(env)],
		"MULTIPOINT_OBJECTS="+s.Objects, "MULTIPOINT_INBOX="+s.Inbox, "MULTIPOINT_TABLE="+s.Table,
		"MULTIPOINT_KEY="+s.Key, "MULTIPOINT_OPEN_QUEUE="+s.OpenQueue, "MULTIPOINT_INBOX_QUEUE="+s.InboxQueue,
		"MULTIPOINT_DAY_FLOW="+s.DayFlow, "MULTIPOINT_ANSWER_FLOW="+s.AnswerFlow,
		"MULTIPOINT_MAIL_FROM="+s.MailFrom, "MULTIPOINT_OPERATOR="+s.Operator, "MULTIPOINT_SITE="+s.Site,
		"MULTIPOINT_ORIGIN="+s.Origin, "MULTIPOINT_DEMO=true", "MULTIPOINT_NOW="+s.Now.Format(time.RFC3339))
}

func (s *services) key(t *testing.T) string {
	t.Helper()
	key, err := kms.NewFromConfig(s.mini.Config).CreateKey(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return *key.KeyMetadata.KeyId
}

func (s *services) queue(t *testing.T, name string) string {
	t.Helper()
	in := &sqs.CreateQueueInput{QueueName: &name}
	q, err := sqs.NewFromConfig(s.mini.Config).CreateQueue(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *q.QueueUrl
}

// machine makes a state machine that does nothing: the test is the one who calls the steps.
func (s *services) machine(t *testing.T, name string) string {
	t.Helper()
	definition, role := `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`,
		"arn:aws:iam::"+emulator.Account+":role/r"
	m, err := sfn.NewFromConfig(s.mini.Config).CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Definition: &definition, Name: &name, RoleArn: &role,
	})
	if err != nil {
		t.Fatal(err)
	}
	return *m.StateMachineArn
}

func (p *place) publish(t *testing.T) {
	t.Helper()
	folder, err := fs.Sub(events.Files, "masters")
	if err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	if err := os.CopyFS(copied, folder); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(copied, "retailer.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "mail: [hq@multipoint.example]\n"...) // the demo sends no mails
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	set, faults := master.Load(os.DirFS(copied))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if _, err := p.service.PublishMasters(t.Context(), set, runDate().Add(-1)); err != nil {
		t.Fatal(err)
	}
	members, err := events.Files.ReadFile("members.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.service.PublishMembers(t.Context(), members, runDate()); err != nil {
		t.Fatal(err)
	}
}

// upload puts the demo's files into the inbox and gives an event for each, as intake gets it.
func (p *place) upload(t *testing.T) (out []lambdaevents.SQSEvent) {
	t.Helper()
	text, err := events.Files.ReadFile("day/arrivals.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Fields(string(text))
	for _, row := range rows[1:] {
		name, arrived, _ := strings.Cut(row, ",")
		content, err := events.Files.ReadFile("day/" + name)
		if err != nil {
			t.Fatal(err)
		}
		key := cloud.InboxKey(retailer, "", "u1", name)
		meta := map[string]string{"arrived": arrived}
		if err := p.program.Inbox.Put(t.Context(), key, bytes.NewReader(content), meta); err != nil {
			t.Fatal(err)
		}
		var created cloud.Created
		created.Detail.Bucket.Name, created.Detail.Object.Key = p.program.Settings.Inbox, key
		out = append(out, message(t, created))
	}
	return out
}

// message is a batch of a queue with one message.
func message(t *testing.T, body any) lambdaevents.SQSEvent {
	t.Helper()
	m := lambdaevents.SQSMessage{MessageId: "1", Body: asJSON(t, body)}
	return lambdaevents.SQSEvent{Records: []lambdaevents.SQSMessage{m}}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// news is the event of SES that a mail of a run was delivered.
func (p *place) news(t *testing.T, run int64) lambdaevents.SQSEvent {
	t.Helper()
	var id string
	err := p.service.Mails(t.Context(), run, func(r *day.MailRecord) error { id = r.ID; return nil })
	if err != nil || id == "" {
		t.Fatalf("no mail was sent: %v", err)
	}
	return message(t, map[string]any{"detail": map[string]any{
		"eventType": "Delivery", "mail": map[string]any{
			"timestamp": p.program.Settings.Now, "tags": map[string][]string{
				"id": {id}, "run": {fmt.Sprintf("%s-%08d", retailer, run)},
			},
		},
	}})
}

// answer opens the run of an answer to the first line of the provider's first file; content tells answers
// apart.
func (p *place) answer(ctx context.Context, t *testing.T, content string) *day.Run {
	t.Helper()
	run, err := p.service.OpenAnswer(ctx, &day.AnswerFile{
		Provider: provider, Content: content, Lines: []day.AnswerLine{{Line: 1, FileNo: 1, Sequence: 1}},
	})
	if err != nil || run == nil {
		t.Fatal(run, err)
	}
	return run
}
