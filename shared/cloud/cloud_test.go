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
	"github.com/aws/aws-sdk-go-v2/config"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/flow"
	"multipoint/shared/object"
	"multipoint/shared/table"
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
	t.Setenv("MULTIPOINT_DAYS", "-1")
	t.Setenv("MULTIPOINT_DEMO", "true")
	if _, err := ReadSettings(); err == nil || !strings.Contains(err.Error(), "MULTIPOINT_DAYS") {
		t.Errorf("fewer days than none: got %v", err)
	}
	t.Setenv("MULTIPOINT_NOW", "noon")
	if _, err := ReadSettings(); err == nil || !strings.Contains(err.Error(), "Now") {
		t.Errorf("a time that is none: got %v", err)
	}
}

func TestOnlyManifestsAndProofsAreLocked(t *testing.T) {
	if (&Settings{}).retain() != nil {
		t.Error("without days there is a lock")
	}
	retain := (&Settings{RetainDays: 186}).retain()
	for key, locked := range map[string]bool{
		"runs/R/00000012/manifest.json": true, "runs/R-2/00000012/proof.json": true,
		"runs/R/00000012/proof.html": true, "runs/R/00000012/pins.json": false,
		"runs/R/00000012/a1/settle/manifest.json": false, "runs/R/00000012/manifest.json.old": false,
		"masters/R/manifest.json": false, "held/R/2026-11-22/manifest.json": false,
	} {
		until := retain(key)
		if !locked {
			if !until.IsZero() {
				t.Errorf("%s is locked until %v", key, until)
			}
			continue
		}
		if left := time.Until(until); left < 185*24*time.Hour || left > 187*24*time.Hour {
			t.Errorf("%s is locked for %v", key, left)
		}
	}
}

// askedHosts is a client that notes where a request would go, and answers that it is wrong.
type askedHosts struct{ hosts []string }

func (a *askedHosts) Do(r *http.Request) (*http.Response, error) {
	a.hosts = append(a.hosts, r.URL.Host)
	return &http.Response{StatusCode: http.StatusBadRequest, Body: http.NoBody, Request: r}, nil
}

// Emulators of single services are named in the environment as for any program of the SDK.
func TestEndpointsAreThoseOfTheSDK(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_REGION": "ap-northeast-1", "AWS_ENDPOINT_URL": "http://all.example",
		"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value)
	}
	for _, c := range []struct{ own, want string }{
		{"", "all.example all.example"},
		{"DYNAMODB", "one.example all.example"},
		{"S3", "all.example one.example"},
	} {
		t.Run(c.own, func(t *testing.T) {
			if c.own != "" {
				t.Setenv("AWS_ENDPOINT_URL_"+c.own, "http://one.example")
			}
			asked := &askedHosts{}
			cfg, err := config.LoadDefaultConfig(t.Context(), config.WithHTTPClient(asked))
			if err != nil {
				t.Fatal(err)
			}
			p, err := New(cfg, &Settings{Objects: "objects", Table: "ledger", Key: "key"})
			if err != nil {
				t.Fatal(err)
			}
			_, _, tableErr := p.Table.Get(t.Context(), table.Key{Partition: "p", Sort: "s"})
			_, objectErr := p.Objects.Stat(t.Context(), "key")
			got := strings.Join(asked.hosts, " ")
			if tableErr == nil || objectErr == nil || got != c.want {
				t.Errorf("asked %s, want %s (%v, %v)", got, c.want, tableErr, objectErr)
			}
		})
	}
}

func TestOrdersOfTheOperatorAreRead(t *testing.T) {
	long := strings.Repeat("長", 301)
	for _, c := range []struct{ text, want string }{
		{`{"do":"show","retailer":"R"}`, ""},
		{`{"do":"show","retailer":"R","run":3}`, ""},
		{`{"do":"resume","retailer":"R","day":"2026-11-22"}`, ""},
		{`{"do":"void","retailer":"R","run":3,"reason":"masters"}`, ""},
		{`{"do":"resume","retailer":"R"}`, "which run"},
		{`{"do":"resume","retailer":"R","run":3,"day":"2026-11-22"}`, "not by both"},
		{`{"do":"resume","retailer":"R","run":-3}`, "not by both"},
		{`{"do":"resume","retailer":"R","run":3,"reason":"x"}`, "only a void"},
		{`{"do":"void","retailer":"R","run":3}`, "needs a reason"},
		{`{"do":"void","retailer":"R","run":3,"reason":" "}`, "needs a reason"},
		{`{"do":"void","retailer":"R","run":3,"reason":"` + long + `"}`, "300 characters"},
		{`{"do":"void","retailer":"R","reason":"x"}`, "which run"},
		{`{"do":"resume","run":3}`, "retailer is missing"},
		{`{"do":"delete","retailer":"R","run":3}`, "is not show"},
		{`{"do":"resume","retailler":"R","run":3}`, "retailler"},
		{`{"do":"resume","retailer":"R","day":"yesterday"}`, "cannot be read"},
		{`{"do":"show","retailer":"R"} {}`, "something else"},
		{``, "cannot be read"},
	} {
		_, err := readOrder(json.RawMessage(c.text))
		switch {
		case c.want == "" && err == nil:
		case c.want == "" || fault.CodeOf(err) != fault.UsageFlag || !strings.Contains(err.Error(), c.want):
			t.Errorf("%.80s: got %v, want %q", c.text, err, c.want)
		}
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
