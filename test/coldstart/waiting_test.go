package coldstart

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// waiting is the time that functions wait for services: while at least one request is at one.
type waiting struct {
	mu    sync.Mutex
	under int // requests that are at services
	since time.Time
	sum   time.Duration
	count int
}

func (w *waiting) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.under == 0 {
		w.since = time.Now()
	}
	w.under++
	w.count++
}

func (w *waiting) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.under--; w.under == 0 {
		w.sum += time.Since(w.since)
	}
}

// taken gives time and requests since the last call.
func (w *waiting) taken() (sum time.Duration, count int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	sum, count = w.sum, w.count
	w.sum, w.count = 0, 0
	return sum, count
}

// before puts itself in front of a service, and gives the URL where functions find it.
func (w *waiting) before(t *testing.T, service string) string {
	t.Helper()
	to, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		// The host stays as it was signed.
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host },
	}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.begin()
		defer w.end()
		proxy.ServeHTTP(out, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestWaitingCountsOnceWhatIsUnderWayTogether(t *testing.T) {
	both := make(chan struct{})
	var w waiting
	var arrived sync.WaitGroup
	arrived.Add(2)
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived.Done()
		<-both
	}))
	defer service.Close()
	at := w.before(t, service.URL)
	begin := time.Now()
	var asked sync.WaitGroup
	for range 2 {
		asked.Go(func() {
			if status, _, err := post(t.Context(), at, ""); err != nil || status != http.StatusOK {
				t.Error(status, err)
			}
		})
	}
	arrived.Wait()
	close(both)
	asked.Wait()
	sum, count := w.taken()
	if all := time.Since(begin); sum > all || count != 2 || w.under != 0 {
		t.Errorf("waited %v of %v for %d requests", sum, all, count)
	}
	if sum, count = w.taken(); sum != 0 || count != 0 {
		t.Errorf("what was taken is there again: %v, %d", sum, count)
	}
}
