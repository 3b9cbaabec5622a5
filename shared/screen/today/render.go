package today

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"path"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

//go:embed page/*.html look.css
var files embed.FS

// pages are the templates in one language, each with the frame around it.
type pages struct {
	language language
	byName   map[string]*template.Template
}

func parsePages(l language) (*pages, error) {
	entries, err := files.ReadDir("page")
	if err != nil {
		return nil, err
	}
	frame, err := template.New("").Funcs(template.FuncMap{
		"t": l.t, "num": number, "count": count, "long": l.long, "short": short, "moment": moment,
		"clock": clockTime, "meaning": l.meaning, "do": l.do, "code": codeNumber, "state": l.state,
		"kind": l.kind, "step": l.step,
	}).ParseFS(files, "page/frame.html", "page/parts.html")
	if err != nil {
		return nil, err
	}
	p := &pages{language: l, byName: map[string]*template.Template{}}
	for _, e := range entries {
		t, err := frame.Clone()
		if err != nil {
			return nil, err
		}
		if p.byName[e.Name()], err = t.ParseFS(files, path.Join("page", e.Name())); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// frame is what every page has around its own content.
type frame struct {
	Lang     language
	Title    string
	Nav      string // which entry of the navigation is the present one
	Path     string // of the page, for the choice of the language
	Retailer string
	Now      time.Time
	Next     calendar.Date
	Demo     bool
	Doing    string // name of what is being done, "" for nothing
	Refresh  bool   // the page shows something that goes on
	HasMails bool
	Login    bool
	Body     any
}

// show answers with a page.
func (s *Site) show(w http.ResponseWriter, r *http.Request, status int, page string, f frame) error {
	f.Lang, f.Now, f.Demo = languageOf(r), s.Clock.Now(), s.Clock.CanMove()
	f.Retailer, f.HasMails, f.Login = s.retailerName(r), s.Mails != nil, s.Login
	f.Doing, _ = s.Keeper.Doing()
	if f.Path == "" {
		f.Path = r.URL.RequestURI()
	}
	var b bytes.Buffer // whole, so that an error in the middle still becomes a page of its own
	if err := s.pages[f.Lang].byName[page].ExecuteTemplate(&b, "frame", f); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever asked may be gone
	return nil
}

// say gives a text in the language of a request.
func say(r *http.Request, ja, en string, args ...any) string { return languageOf(r).t(ja, en, args...) }

// retailerName is the retailer's name by the masters in force, its code without any.
func (s *Site) retailerName(r *http.Request) string {
	set, err := s.masters(r.Context())
	if err != nil || set.Retailer.Name == "" {
		return s.Runner.Service.Retailer
	}
	return set.Retailer.Name
}

// problem is an error page that is no fault of the catalogue.
type problem struct {
	status int
	ja, en string // what to do; empty = the status says it
}

func (p *problem) Error() string { return http.StatusText(p.status) }

// failure is what the error page shows.
type failure struct {
	Status  int
	Code    fault.Code // 0 = none
	Heading string
	What    string
	Do      string
}

// fail answers with the page of an error.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := describe(languageOf(r), err)
	page := frame{Title: f.Heading, Body: f, Path: "/"}
	if err := s.show(w, r, f.Status, "error.html", page); err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
	}
}

// describe says what an error means to a visitor.
func describe(l language, err error) *failure {
	var p *problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p) && p.ja != "":
		return &failure{
			Status: p.status, Heading: l.t("入力を確かめてください", "Check what was entered"), Do: l.t(p.ja, p.en),
		}
	case errors.As(err, &p) && p.status == http.StatusNotFound:
		return &failure{
			Status: p.status, Heading: l.t("ページが見つかりません", "There is no such page"),
			Do: l.t("アドレスを確かめるか、本日の処理から開き直してください。", "Check the address, or start from today's page."),
		}
	case errors.As(err, &p):
		return &failure{
			Status: p.status, Heading: l.t("この操作はできません", "This cannot be done here"),
			Do: l.t("画面のボタンから操作してください。", "Use the buttons of the pages."),
		}
	case errors.As(err, &tooLarge):
		return &failure{
			Status: http.StatusRequestEntityTooLarge, Code: fault.InputTooLarge,
			Heading: l.meaning(fault.InputTooLarge), Do: l.do(fault.InputTooLarge),
		}
	}
	code := fault.CodeOf(err)
	if code == 0 {
		return &failure{
			Status:  http.StatusInternalServerError,
			Heading: l.t("処理できませんでした", "It could not be done"),
			Do: l.t("もう一度お試しください。続くときは、プログラムの出力を見てください。",
				"Try again; if it stays, look at what the program printed."),
		}
	}
	f := &failure{Status: statusOf(code), Code: code, Heading: l.meaning(code), Do: l.do(code)}
	var e *fault.Error
	if errors.As(err, &e) {
		f.What = e.What
	}
	return f
}

// statusOf maps a fault to what HTTP calls it.
func statusOf(code fault.Code) int {
	switch code {
	case fault.RunUnknown:
		return http.StatusNotFound
	case fault.PartMissing, fault.PartShredded:
		return http.StatusGone
	case fault.RunBusy, fault.RunExists, fault.RunCommitted, fault.RunVoided, fault.RunClosed,
		fault.RunFenced:
		return http.StatusConflict
	case fault.FileName, fault.MastersMissing, fault.FeedUnknown:
		return http.StatusUnprocessableEntity
	case fault.InputTooLarge, fault.FileTooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

// style serves the stylesheet.
func (s *Site) style(w http.ResponseWriter, _ *http.Request) error {
	b, err := files.ReadFile("look.css")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(b) // whoever asked may be gone
	return nil
}

// chooseLanguage remembers a language and goes back to the page.
func (s *Site) chooseLanguage(w http.ResponseWriter, r *http.Request) error {
	l := language(r.PathValue("language"))
	if l != japanese && l != english {
		return &problem{status: http.StatusNotFound}
	}
	http.SetCookie(w, &http.Cookie{ // #nosec G124 -- it names a language, and loopback has no TLS
		Name: languageCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 60 * 60, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
	to := r.URL.Query().Get("to")
	if !local(to) {
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther) // #nosec G710 -- local let nothing but our own paths through
	return nil
}

// local says whether an address is a path of ours, so that nobody is sent elsewhere.
func local(to string) bool {
	if len(to) == 0 || to[0] != '/' || len(to) > 1 && (to[1] == '/' || to[1] == '\\') {
		return false
	}
	for _, c := range []byte(to) {
		if c < ' ' || c == '\\' || c == 0x7F {
			return false
		}
	}
	return true
}
