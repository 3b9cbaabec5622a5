package roles

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// sent sends a request through a gate to a service that has the object runs/there only.
func sent(t *testing.T, g *Gate, r *http.Request) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func gate(t *testing.T, policy string) (*Gate, *[]string) {
	t.Helper()
	reached := &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*reached = append(*reached, r.Host+" "+r.URL.Path+" "+string(body))
		if strings.HasSuffix(r.URL.Path, "absent") {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, "answer")
	}))
	t.Cleanup(server.Close)
	p, err := Parse([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	to, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return NewGate(&Place{Account: "1", Region: "r"}, p, func(string) *url.URL { return to }), reached
}

const reading = `{"Statement":[
	{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/runs/*"},
	{"Sid":"Table","Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}`

func TestGateLetsThroughWhatIsAllowed(t *testing.T) {
	g, reached := gate(t, reading)
	r := asked(t, "s3", http.MethodGet, "/b/runs/there")
	r.Host = "signed.example"
	if status, body := sent(t, g, r); status != http.StatusOK || body != "answer" {
		t.Errorf("got %d %s", status, body)
	}
	r = asked(t, "dynamodb", http.MethodPost, "/", "X-Amz-Target", "D.GetItem")
	r.Body = io.NopCloser(strings.NewReader(`{"TableName":"t"}`))
	r.ContentLength = 17
	if status, body := sent(t, g, r); status != http.StatusOK || body != "answer" {
		t.Errorf("got %d %s", status, body)
	}
	want := []string{"signed.example /b/runs/there ", `127.0.0.1 / {"TableName":"t"}`}
	if !slices.Equal(*reached, want) {
		t.Errorf("the service got %q, want %q", *reached, want)
	}
	if used := g.Used(); len(used) != 2 || used[Grant{"Read", "s3:GetObject", "arn:aws:s3:::b/runs/*"}] != 1 {
		t.Errorf("used %v", used)
	}
	if denied := g.Denied(); len(denied) > 0 {
		t.Errorf("denied %v", denied)
	}
}

func TestGateRefusesTheRest(t *testing.T) {
	g, reached := gate(t, reading)
	for _, c := range []struct {
		request *http.Request
		status  int
		answer  string
	}{
		{asked(t, "s3", http.MethodGet, "/b/keys/x"), 403, "<Code>AccessDenied</Code>"},
		{asked(t, "s3", http.MethodPost, "/b?delete"), 403, "unknown request"},
		{asked(t, "dynamodb", "POST", "/", "X-Amz-Target", "D.PutItem"), 400, "AccessDeniedException"},
		{asked(t, "", http.MethodGet, "/b/runs/there"), 400, "AccessDeniedException"}, // nobody signed it
	} {
		if c.request.Method == http.MethodPost {
			c.request.Body = io.NopCloser(strings.NewReader(`{"TableName":"t"}`))
		}
		if status, body := sent(t, g, c.request); status != c.status || !strings.Contains(body, c.answer) {
			t.Errorf("%s: got %d %s", c.request.URL, status, body)
		}
	}
	if len(*reached) > 0 {
		t.Errorf("the service got %q", *reached)
	}
	if denied := g.Denied(); len(denied) != 4 || denied[0] != "s3:GetObject on arn:aws:s3:::b/keys/x" {
		t.Errorf("denied %q", denied)
	}
	if denied := g.Denied(); denied != nil {
		t.Errorf("denied again %q", denied)
	}
}

// Who may not list a bucket does not hear that an object is absent.
func TestGateHidesWhatIsAbsent(t *testing.T) {
	g, _ := gate(t, reading)
	r := asked(t, "s3", http.MethodGet, "/b/runs/absent")
	if status, body := sent(t, g, r); status != 403 || body != "" {
		t.Errorf("got %d %s", status, body)
	}
	more, err := Parse([]byte(strings.Replace(reading, `[`, `[{"Sid":"List","Effect":"Allow",`+
		`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"},`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	g.SetPolicy(more)
	if status, _ := sent(t, g, asked(t, "s3", http.MethodGet, "/b/runs/absent")); status != 404 {
		t.Errorf("got %d", status)
	}
	if g.Used()[Grant{"List", "s3:ListBucket", "arn:aws:s3:::b"}] != 1 {
		t.Errorf("used %v", g.Used())
	}
}
