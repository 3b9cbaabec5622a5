package today

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// policy is what a page may do: show itself with our style and send its forms back to us, nothing else.
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; " +
	"base-uri 'none'"

// Guard keeps other sites' pages from using the screens through a visitor's browser. It answers only requests
// that name this machine (DNS rebinding), takes a POST only from our own pages, and tells browsers what pages
// may do. hosts are the names, beside localhost and addresses, by which the machine may be called.
func Guard(next http.Handler, hosts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !ours(r.Host, hosts):
			refuse(w, http.StatusMisdirectedRequest,
				"This address does not belong to multipoint. Open it as http://127.0.0.1 with its port.")
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !sameOrigin(r):
			refuse(w, http.StatusForbidden,
				"The request did not come from a page of multipoint. Open the page again and use its button.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// refuse answers in plain text: there is no page to show to whoever came here.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // whoever asked may be gone
}

// ours says whether a Host header names this machine: an address, which no other site can be called by, or a
// name that we know.
func ours(host string, names []string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if strings.EqualFold(name, "localhost") || slices.ContainsFunc(names, func(n string) bool {
		return strings.EqualFold(n, name)
	}) {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

// sameOrigin says whether a browser sent the request from one of our own pages. One that tells neither where
// it comes from nor how is refused: forms are for browsers.
func sameOrigin(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site != "" && site != "same-origin" {
		return false
	}
	if origin == "" {
		return site == "same-origin"
	}
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == scheme(r) && strings.EqualFold(u.Host, r.Host)
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}
