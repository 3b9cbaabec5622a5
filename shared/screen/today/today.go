// Package today is the pages of the one-machine program: what became of the day, from files to points, and
// the few buttons that a demo and its first users need. Pages are made by the server and need no script.
// There is no login yet, so whoever serves them has to keep strangers away (Guard, and an address of this
// machine).
package today

import (
	"context"
	"net/http"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/standalone"
)

// Clock is the time that pages show and uploads get.
type Clock interface {
	Now() time.Time
	// CanMove says that the clock is a demo's: it stands still until Set.
	CanMove() bool
	// Set moves a demo's clock forward.
	Set(to time.Time) error
}

// Sent is a line of the list of mails.
type Sent struct {
	ID      string
	To      string
	Subject string
	At      time.Time
}

// Mails are the mails that were sent.
type Mails interface {
	// List gives the newest mails, newest first, at most so many.
	List(ctx context.Context, limit int) ([]Sent, error)
	// Read gives a mail; false if there is none of that id.
	Read(ctx context.Context, id string) (*mail.Message, bool, error)
}

// Options are what the pages show.
type Options struct {
	Runner *standalone.Runner
	Clock  Clock
	Keeper *Keeper
	Mails  Mails // nil = there is no outbox
	// Login says that whoever asks is known; false makes the footer say that there is no login.
	Login bool
}

// Site is the pages. Make one with New.
type Site struct {
	Options
	pages  map[language]*pages
	routes []route
}

// New makes the pages. Error: a template that cannot be read, which tests would have found.
func New(o Options) (*Site, error) {
	s := &Site{Options: o, pages: map[language]*pages{}}
	for _, l := range []language{japanese, english} {
		var err error
		if s.pages[l], err = parsePages(l); err != nil {
			return nil, err
		}
	}
	s.routes = s.table()
	return s, nil
}

// Handler serves the pages. Put a Guard around it.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes {
		mux.HandleFunc(r.pattern, s.method(r))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, &problem{status: http.StatusNotFound})
	})
	return mux
}

// action answers a request; its error becomes a page.
type action = func(w http.ResponseWriter, r *http.Request) error

// route is a path with what may be done there; GET serves HEAD too.
type route struct {
	pattern   string
	get, post action
}

func (s *Site) table() []route {
	return []route{
		{pattern: "/{$}", get: s.showToday},
		{pattern: "/runs", get: s.listRuns},
		{pattern: "/runs/{run}", get: s.showRun},
		{pattern: "/runs/{run}/lines/{file}", get: s.showBadLines},
		{pattern: "/runs/{run}/files/{outlet}", get: s.download},
		{pattern: "/runs/{run}/proof", get: s.showProof},
		{pattern: "/runs/{run}/verify", post: s.verify},
		{pattern: "/runs/{run}/resume", post: s.resume},
		{pattern: "/runs/{run}/void", post: s.void},
		{pattern: "/next", post: s.next},
		{pattern: "/arrivals", get: s.listArrivals, post: s.upload},
		{pattern: "/receipt", get: s.showReceipt},
		{pattern: "/mails", get: s.listMails},
		{pattern: "/mails/{id}", get: s.showMail},
		{pattern: "/mails/{id}/html", get: s.showMailHTML},
		{pattern: "/language/{language}", get: s.chooseLanguage},
		{pattern: "/look.css", get: s.style},
	}
}

// maxForm is the most bytes of a form without files.
const maxForm = 64 << 10

// method calls what a route does for the request's method.
func (s *Site) method(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		do, allowed := rt.get, "GET, HEAD"
		if rt.get == nil {
			allowed = "POST"
		} else if rt.post != nil {
			allowed += ", POST"
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodPost:
			do = rt.post
		default:
			do = nil
		}
		if do == nil {
			w.Header().Set("Allow", allowed)
			s.fail(w, r, &problem{status: http.StatusMethodNotAllowed})
			return
		}
		if err := do(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}
