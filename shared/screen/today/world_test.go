package today_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"multipoint/events"
	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/keys/local"
	"multipoint/shared/mail"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/screen/today"
	"multipoint/shared/seal"
	"multipoint/shared/standalone"
	items "multipoint/shared/table/memory"
)

// world is the demo with its pages, in memory.
type world struct {
	t       *testing.T
	service *day.Service
	runner  *standalone.Runner
	keeper  *today.Keeper
	clock   *clock
	mails   *letters
	server  *httptest.Server
}

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) CanMove() bool { return true }

func (c *clock) Set(to time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = to
	return nil
}

// letters are mails in memory.
type letters struct{ list []*mail.Message }

func (l *letters) List(context.Context, int) (out []today.Sent, err error) {
	for _, m := range l.list {
		out = append(out, today.Sent{ID: m.ID, To: m.To, Subject: m.Subject, At: time.Unix(1795294920, 0)})
	}
	return out, nil
}

func (l *letters) Read(_ context.Context, id string) (*mail.Message, bool, error) {
	for _, m := range l.list {
		if m.ID == id {
			return m, true, nil
		}
	}
	return nil, false, nil
}

// scratch is a store in memory that needs no closing.
type scratch struct{ *objects.Store }

func (scratch) Close() error { return nil }

// newWorld makes the pages of a new folder; nothing is published in it.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{at: time.Date(2026, 11, 21, 21, 2, 0, 0, time.UTC)}, mails: &letters{}}
	store := objects.New(objects.Options{})
	keys := local.NewDemoKeys(store)
	parts, err := seal.New(t.Context(), store, keys, "AOZORA", seal.Options{Folder: t.TempDir()})
	w.must(err)
	w.service = &day.Service{
		Retailer: "AOZORA", Objects: store, Parts: parts, Keys: keys, Now: w.clock.Now,
		Table: items.New(func() int64 { return w.clock.Now().Unix() }),
	}
	w.runner, err = standalone.NewRunner(w.service, standalone.RunnerOptions{})
	w.must(err)
	w.keeper = today.NewKeeper(today.KeeperOptions{
		Runner: w.runner, Clock: w.clock, Every: time.Hour,
		Scratch: func() (today.Scratch, error) { return scratch{objects.New(objects.Options{})}, nil },
	})
	site, err := today.New(today.Options{Runner: w.runner, Clock: w.clock, Keeper: w.keeper, Mails: w.mails})
	w.must(err)
	w.server = httptest.NewServer(today.Guard(site.Handler()))
	t.Cleanup(w.server.Close)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var done sync.WaitGroup
	done.Go(func() { w.keeper.Run(ctx) })
	t.Cleanup(func() { stop(); done.Wait() })
	return w
}

// demo takes the demo's day in and runs it.
func (w *world) demo() {
	w.t.Helper()
	date, err := (&standalone.Program{Runner: w.runner}).Load(w.t.Context(), events.Files)
	w.must(err)
	_, err = w.runner.RunDay(w.t.Context(), date)
	w.must(err)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// page is an answer.
type page struct {
	status int
	header http.Header
	body   string
}

// do sends a request as a browser would from one of our pages; it does not follow redirects.
func (w *world) do(method, path, contentType string, body io.Reader, change ...func(*http.Request)) page {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, body)
	w.must(err)
	if method == http.MethodPost {
		r.Header.Set("Origin", w.server.URL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Content-Type", contentType)
	}
	for _, c := range change {
		c(r)
	}
	client := *w.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.Do(r)
	w.must(err)
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	w.must(err)
	return page{answer.StatusCode, answer.Header, string(b)}
}

func (w *world) get(path string, change ...func(*http.Request)) page {
	w.t.Helper()
	return w.do(http.MethodGet, path, "", nil, change...)
}

func (w *world) post(path string, form url.Values, change ...func(*http.Request)) page {
	w.t.Helper()
	const contentType = "application/x-www-form-urlencoded"
	return w.do(http.MethodPost, path, contentType, strings.NewReader(form.Encode()), change...)
}

// has fails unless the page has that status and all texts.
func (p page) has(t *testing.T, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		t.Errorf("status %d, want %d: %.300s", p.status, status, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

// hasNot fails if the page has one of the texts.
func (p page) hasNot(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			t.Errorf("the page has %q", text)
		}
	}
}

// speaking chooses a language for a request.
func speaking(language string) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "language", Value: language}) }
}

// cardNumbers are the card numbers in the demo's files and members.
func cardNumbers(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	add := func(field string) {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, field)
		if len(digits) >= 10 {
			out[digits] = true
		}
	}
	for _, name := range []string{"POS_20261121_1.dat", "POS_20261121_2.dat"} {
		b, err := fs.ReadFile(events.Files, "day/"+name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(b) {
			if len(line) > 71 && line[0] == '2' {
				add(string(line[51:71])) // where the feed's layout has the card
			}
		}
	}
	for name, column := range map[string]int{"day/EC_20261121_1.csv": 4, "day/EC_20261121_2.csv": 4} {
		f, err := events.Files.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		rows := csv.NewReader(f)
		rows.FieldsPerRecord, rows.LazyQuotes = -1, true
		all, err := rows.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range all {
			if len(row) > column {
				add(row[column])
			}
		}
	}
	members, err := fs.ReadFile(events.Files, "members.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, digits := range regexp.MustCompile(`\d{10,}`).FindAllString(string(members), -1) {
		add(digits)
	}
	if len(out) < 100 {
		t.Fatalf("only %d card numbers found", len(out))
	}
	return out
}

// runDate is the demo's.
func runDate(t *testing.T) calendar.Date {
	t.Helper()
	d, ok := calendar.Of(2026, 11, 22)
	if !ok {
		t.Fatal("no date")
	}
	return d
}
