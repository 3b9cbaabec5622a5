package roles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// Gate lets those requests of one function through to an emulator that its role allows, and answers the
// others as AWS does. Its methods may be called while it serves.
type Gate struct {
	place *Place
	to    http.Handler

	mu     sync.Mutex
	policy Policy
	used   map[Grant]int
	denied []string
}

// NewGate makes the gate of a function with that policy. to gives the URL of the emulator of a service, by
// the name that its requests are signed for.
func NewGate(place *Place, policy Policy, to func(service string) *url.URL) *Gate {
	g := &Gate{place: place, policy: policy, used: map[Grant]int{}}
	g.to = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to(serviceOf(r.In)))
			r.Out.Host = r.In.Host // it is signed
		},
		ModifyResponse: g.absent,
	}
	return g
}

// SetPolicy makes another policy count from now on.
func (g *Gate) SetPolicy(p Policy) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.policy = p
}

// Used counts the calls that each grant was used for.
func (g *Gate) Used() map[Grant]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[Grant]int{}
	for grant, n := range g.used {
		out[grant] = n
	}
	return out
}

// Denied takes the calls that were refused since it was last asked, in their order.
func (g *Gate) Denied() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.denied
	g.denied = nil
	return out
}

// ServeHTTP implements http.Handler.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body []byte
	if serviceOf(r) != "s3" { // its bodies are large, and their paths say all
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return // the caller went away
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	calls, err := g.place.Calls(r, body)
	if err != nil {
		g.refuse(err.Error())
		deny(w, r, err.Error())
		return
	}
	for _, c := range calls {
		if !g.allows(c) {
			g.refuse(c.String())
			deny(w, r, "not authorized to perform: "+c.Action+" on resource: "+c.Resource)
			return
		}
	}
	g.to.ServeHTTP(w, r)
}

// allows asks the policy, and counts what was used of it.
func (g *Gate) allows(c Call) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	by, ok := g.policy.Allows(c)
	for _, grant := range by {
		g.used[grant]++
	}
	return ok
}

func (g *Gate) refuse(what string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.denied = append(g.denied, what)
}

// absent is how S3 tells that an object is not there: only to who may list its bucket, to others it says that
// they may not read it.
func (g *Gate) absent(response *http.Response) error {
	r := response.Request
	if serviceOf(r) != "s3" || response.StatusCode != http.StatusNotFound ||
		r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	list := Call{"s3:ListBucket", "arn:aws:s3:::" + bucket, nil}
	if key == "" || g.allows(list) {
		return nil
	}
	g.refuse(list.String())
	_ = response.Body.Close() // what it says is not for this caller
	response.StatusCode, response.Status = http.StatusForbidden, "403 Forbidden"
	response.Body, response.ContentLength = http.NoBody, 0
	response.Header.Del("Content-Length")
	return nil
}

// deny answers as the service would.
func deny(w http.ResponseWriter, r *http.Request, why string) {
	if serviceOf(r) == "s3" {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s</Message></Error>",
			strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(why)) // the caller may have gone
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{ // so here
		"__type": "AccessDeniedException", "message": why,
	})
}
