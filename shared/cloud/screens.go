package cloud

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// OriginHeader is the header by which content delivery proves that a request came through it.
const OriginHeader = "X-Multipoint-Origin"

// Screens are the pages behind the HTTP API. Those of retailers and members need a login and come with it;
// until then there is the page by which a probe sees that the function is alive. A request that did not come
// through content delivery, and so past its rules, is refused; without MULTIPOINT_ORIGIN all are.
func (p *Program) Screens() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("{\"status\":\"ok\"}\n")) // who does not read it does not need it
	})
	proof := sha256.Sum256([]byte(p.Settings.Origin))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := sha256.Sum256([]byte(r.Header.Get(OriginHeader)))
		if p.Settings.Origin == "" || subtle.ConstantTimeCompare(given[:], proof[:]) != 1 {
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		r.Header.Del(OriginHeader) // no page needs it, and none may show it
		mux.ServeHTTP(w, r)
	})
}
