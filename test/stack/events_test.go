package stack

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"multipoint/shared/cloud"
	"multipoint/shared/day"
	"multipoint/shared/flow/stepfunctions"
	"multipoint/shared/object"
	"multipoint/shared/table/memory"
	"multipoint/test/emulator"
)

// received takes all messages from a queue.
func received(t *testing.T, mini *emulator.Mini, queue string) (out events.SQSEvent) {
	t.Helper()
	client := sqs.NewFromConfig(mini.Config)
	for {
		got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: &queue, MaxNumberOfMessages: 10,
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return out
		}
		for _, m := range got.Messages {
			out.Records = append(out.Records, events.SQSMessage{MessageId: *m.MessageId, Body: *m.Body})
			_, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
				QueueUrl: &queue, ReceiptHandle: m.ReceiptHandle,
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func asJSON(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, s object.Store, key, text string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(text), nil); err != nil {
		t.Fatal(err)
	}
}

// What belongs to no retailer is refused with a code and recorded; the next message of the batch is done.
func TestUploadsThatAreNobodys(t *testing.T) {
	p := onMiniStack(t, emulator.MiniStack(t))
	p.Table = memory.New(nil)
	service, err := p.NewRetailer(t.Context(), retailer)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, service)
	batch := events.SQSEvent{}
	file := demoFiles(t)[0]
	for _, key := range []string{
		cloud.InboxKey("NOBODY", "", "u", "sales.csv"), "sales.csv", "../x/y/z/w",
		cloud.InboxKey(retailer, "", "u", strings.Repeat("n", 201)),
	} {
		if key != "../x/y/z/w" { // no store takes that one, but an event may say it
			put(t, p.Inbox, key, "1,2\n")
		}
		batch.Records = append(batch.Records, createdEvent(t, key).Records...)
	}
	batch.Records = append(batch.Records, createdEvent(t, upload(t, p.Inbox, retailer, &file)).Records...)
	batch.Records = append(batch.Records, events.SQSMessage{MessageId: "garbage", Body: "garbage"})
	for i := range batch.Records[:5] {
		batch.Records[i].MessageId = string(rune('a' + i))
	}
	answer, err := p.Intake(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(asJSON(t, answer)); got !=
		`{"batchItemFailures":[{"itemIdentifier":"c"},{"itemIdentifier":"garbage"}]}` {
		t.Errorf("got %s", got)
	}
	codes := map[string]int{}
	err = object.All(t.Context(), p.Objects, "refused/", func(info object.Info) error {
		var r struct {
			Name string `json:"name"`
		}
		b, err := object.ReadAll(t.Context(), p.Objects, info.Key, 1<<20)
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		codes[r.Name]++
		return err
	})
	if err != nil || codes["retailer.unknown"] != 1 || codes["file.name"] != 2 || len(codes) != 2 {
		t.Errorf("refused: got %v, %v", codes, err)
	}
	taken := 0
	err = service.Arrivals(t.Context(), "", func(*day.Arrival) error { taken++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if taken != 1 {
		t.Errorf("%d files were taken in, want the one that is somebody's", taken)
	}
}

// The schedule asks for the days of all retailers, each day opens when its files are in, and its execution
// starts once.
func TestDaysOpen(t *testing.T) {
	mini := emulator.MiniStack(t)
	p := onMiniStack(t, mini)
	p.Table = memory.New(nil)
	machines := sfn.NewFromConfig(mini.Config)
	definition, role, name := `{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}`,
		"arn:aws:iam::"+emulator.Account+":role/r", "day"
	machine, err := machines.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Definition: &definition, Name: &name, RoleArn: &role,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Flow = stepfunctions.New(machines, map[string]string{day.Day: *machine.StateMachineArn})
	for _, code := range []string{retailer, retailer + "-2", "B"} {
		service, err := p.NewRetailer(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		publish(t, service)
	}
	if _, err := p.Open(t.Context(), json.RawMessage(`{"open":"all"}`)); err != nil {
		t.Fatal(err)
	}
	asked := received(t, mini, p.Settings.OpenQueue)
	if len(asked.Records) != 3 {
		t.Fatalf("got %d messages, want one for each retailer: %v", len(asked.Records), asked.Records)
	}
	file := demoFiles(t)[0]
	lost := upload(t, p.Inbox, retailer, &file) // its event got lost
	p.Settings.Now = p.Settings.Now.AddDate(1, 0, 0)
	opened := func(wantFailed int) {
		t.Helper()
		answer, err := p.Open(t.Context(), asJSON(t, asked))
		if err != nil || len(answer.BatchItemFailures) != wantFailed {
			t.Fatalf("got %+v, %v; want %d to come again", answer, err, wantFailed)
		}
	}
	asked = forDate(t, asked, "2027-11-22")
	opened(1)
	told := received(t, mini, p.Settings.InboxQueue)
	if len(told.Records) != 1 || !strings.Contains(told.Records[0].Body, lost) {
		t.Fatalf("got %v, want the lost file told to intake", told.Records)
	}
	if answer, err := p.Intake(t.Context(), told); err != nil || len(answer.BatchItemFailures) > 0 {
		t.Fatal(answer, err)
	}
	opened(0)
	opened(0) // told twice
	for _, code := range []string{retailer, retailer + "-2", "B"} {
		state, err := p.Flow.Describe(t.Context(), day.Day, code+"-1-1")
		if err != nil || state.Status == stepfunctions.Absent {
			t.Errorf("%s: got %v, %v", code, state, err)
		}
	}
}

// forDate gives messages that ask for the days of another date.
func forDate(t *testing.T, e events.SQSEvent, date string) events.SQSEvent {
	t.Helper()
	for i := range e.Records {
		var o map[string]string
		if err := json.Unmarshal([]byte(e.Records[i].Body), &o); err != nil {
			t.Fatal(err)
		}
		o["date"] = date
		e.Records[i].Body = string(asJSON(t, o))
	}
	return e
}
