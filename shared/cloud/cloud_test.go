package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/flow"
	"multipoint/shared/object"
)

func TestSettingsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("MULTIPOINT_OBJECTS", "objects")
	t.Setenv("MULTIPOINT_DEMO", "true")
	t.Setenv("MULTIPOINT_NOW", "2026-11-22T06:02:00+09:00")
	t.Setenv("MULTIPOINT_LOG_LEVEL", "WARN")
	s, err := ReadSettings()
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 11, 21, 21, 2, 0, 0, time.UTC)
	if s.Objects != "objects" || !s.Now.Equal(want) || s.LogLevel.String() != "WARN" {
		t.Errorf("got %+v", s)
	}
	t.Setenv("MULTIPOINT_DEMO", "")
	if _, err := ReadSettings(); err == nil {
		t.Error("a clock that stands still is taken without the demo")
	}
	t.Setenv("MULTIPOINT_NOW", "noon")
	if _, err := ReadSettings(); err == nil || !strings.Contains(err.Error(), "Now") {
		t.Errorf("a time that is none: got %v", err)
	}
}

func TestErrorsCarryTheNameThatMachinesLookFor(t *testing.T) {
	for want, err := range map[string]error{
		day.Transient: errors.New("the network"),
		day.Faulty:    fault.New(fault.RunUnknown, "There is no run 7."),
		"Other":       &flow.Error{Name: "Other", Cause: "why"},
	} {
		var told messages.InvokeResponse_Error
		if !errors.As(named(err), &told) || told.Type != want || told.Message == "" {
			t.Errorf("got %+v, want %s", told, want)
		}
	}
	if named(nil) != nil {
		t.Error("no error has a name")
	}
}

func TestInboxKeys(t *testing.T) {
	key := InboxKey("R1", "", "u-1", "sales.csv")
	if got, ok := readInboxKey(key); !ok || got != (inboxKey{"R1", "", "u-1", "sales.csv"}) {
		t.Errorf("got %+v from %s", got, key)
	}
	if got, _ := readInboxKey(InboxKey("R1", "POS", "u", "n")); got.feed != "POS" {
		t.Errorf("got %+v", got)
	}
	for _, bad := range []string{"", "a", "a/b/c", "a/b/c/d/e", "/b/c/d", "a/b//d", "a/b/c/"} {
		if got, ok := readInboxKey(bad); ok {
			t.Errorf("%q is taken as %+v", bad, got)
		}
	}
}

func TestFiguresAreLinesOfTheEmbeddedMetricFormat(t *testing.T) {
	var out bytes.Buffer
	m := &metrics{to: &out, now: func() time.Time { return time.UnixMilli(1_700_000_000_123) }}
	m.write(map[string]string{"Function": "rate", "Retailer": "R"}, figure{"Duration", "Milliseconds", 12})
	const want = `{"Duration":12,"Function":"rate","Retailer":"R","_aws":{"CloudWatchMetrics":[` +
		`{"Dimensions":[["Function","Retailer"]],"Metrics":[{"Name":"Duration","Unit":"Milliseconds"}],` +
		`"Namespace":"multipoint"}],"Timestamp":1700000000123}}` + "\n"
	if out.String() != want {
		t.Errorf("got  %swant %s", &out, want)
	}
}

func TestOnlyFailedMessagesComeAgain(t *testing.T) {
	var out bytes.Buffer
	p := &Program{Settings: &Settings{}, metrics: &metrics{to: &out, now: time.Now}}
	p.Log = newLog(p.Settings)
	batch := &events.SQSEvent{}
	for _, body := range []string{"good", "bad", "good", "late"} {
		m := events.SQSMessage{MessageId: body + string(rune('0'+len(batch.Records))), Body: body}
		batch.Records = append(batch.Records, m)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	got := p.each(ctx, "test", batch, func(_ context.Context, body string) error {
		if seen++; seen == 3 {
			cancel() // no time is left for the last one
		}
		if body == "bad" {
			return errors.New("bad")
		}
		return nil
	})
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"batchItemFailures":[{"itemIdentifier":"bad1"},{"itemIdentifier":"late3"}]}`
	none := p.each(t.Context(), "test", &events.SQSEvent{}, nil)
	if none.BatchItemFailures == nil {
		t.Error("no failures are null, which not everybody reads as none")
	}
	if string(b) != want || seen != 3 {
		t.Errorf("got %s after %d messages, want %s", b, seen, want)
	}
}

func TestScreensAnswerOnlyWhatCameThroughContentDelivery(t *testing.T) {
	for _, c := range []struct {
		origin, given string
		want          int
	}{
		{"proof", "proof", http.StatusOK},
		{"proof", "", http.StatusForbidden},
		{"proof", "guess", http.StatusForbidden},
		{"", "", http.StatusForbidden},
	} {
		p := &Program{Settings: &Settings{Origin: c.origin}}
		r := httptest.NewRequest(http.MethodGet, "/health", nil)
		if c.given != "" {
			r.Header.Set(OriginHeader, c.given)
		}
		w := httptest.NewRecorder()
		p.Screens().ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("origin %q, given %q: got %d, want %d", c.origin, c.given, w.Code, c.want)
		}
	}
}

func TestUploadsAreToldApart(t *testing.T) {
	first := object.Info{Key: "R/-/u/a.csv", Size: 7, Modified: time.Unix(1_700_000_000, 0)}
	seen := map[string]bool{uploadID(&first): true}
	if again := first; !seen[uploadID(&again)] {
		t.Error("the same upload is another one when it is told again")
	}
	for _, change := range []func(*object.Info){
		func(i *object.Info) { i.Key = "R/-/u/b.csv" }, func(i *object.Info) { i.Size++ },
		func(i *object.Info) { i.Modified = i.Modified.Add(time.Second) },
	} {
		other := first
		change(&other)
		if id := uploadID(&other); seen[id] {
			t.Errorf("%+v has the id of another upload", other)
		} else {
			seen[id] = true
		}
	}
}
