package today

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/master"
	"multipoint/shared/object"
	"multipoint/shared/rating"
	"multipoint/shared/standalone"
)

// stepState says how far a step is.
type stepState string

const (
	stepDone    stepState = "done"
	stepRunning stepState = "running"
	stepStopped stepState = "stopped"
	stepWaiting stepState = "waiting"
)

type stepView struct {
	Name    string
	State   stepState
	Attempt int // whose parts count, 0 if the step is not done
}

// runView is a run as its page shows it.
type runView struct {
	*day.Run
	Manifest *day.Manifest // nil before the commit
	Steps    []stepView
	Why      *why
	// CanResume and CanVoid say which way out a person has.
	CanResume, CanVoid bool
	Busy               bool // the keeper is at work on this run, so the page asks again
	Stages             *stages
	Points             []pointsRow
	PointsSum          pointsRow
	Accounts           []accountRow
	Providers          []providerRow
	ProvidersSum       providerRow
	Verified           *Verified
	Verifiable         bool
	Proof              bool
}

// Trouble counts the files that somebody has to look at.
func (v *runView) Trouble() (n int) {
	if v.Manifest == nil {
		return 0
	}
	for i := range v.Manifest.Files {
		if f := &v.Manifest.Files[i]; !f.Accepted() || f.Bad > 0 {
			n++
		}
	}
	return n
}

// SentFiles counts the provider files that left.
func (v *runView) SentFiles() (n int) {
	for i := range v.Providers {
		if v.Providers[i].FileNo > 0 {
			n++
		}
	}
	return n
}

// why is the reason for which a run stopped.
type why struct {
	Code fault.Code // 0 if it is none of the catalogue
	Text string
}

var codePattern = regexp.MustCompile(`\bMP-([1-9][0-9]{3})\b`)

// whyOf reads the code in a reason.
func whyOf(reason string) *why {
	if reason == "" {
		return nil
	}
	w := &why{Text: reason}
	if m := codePattern.FindStringSubmatch(reason); m != nil {
		n, err := strconv.ParseUint(m[1], 10, 16)
		if code := fault.Code(n); err == nil && code.Meaning() != "" {
			w.Code = code
		}
	}
	return w
}

type pointsRow struct {
	Provider, PointType string
	Plus, Minus, Net    int64
}

type accountRow struct {
	Provider string
	ledger.Balances
	Sum int64
}

type providerRow struct {
	*day.ProviderFile
	Label   string
	Records int64
	Entries int64
	Points  int64
}

// stepsOf gives a run's steps in their order.
func stepsOf(r *day.Run, busy bool) []stepView {
	names := strings.Fields("convert check rate allocate grant files settle post deliver mail close")
	if r.Kind != day.Day {
		names = strings.Fields("settle post mail close")
	}
	out := make([]stepView, 0, len(names))
	next := stepRunning
	switch {
	case r.State == day.Stopped, !busy && r.Reason != "":
		next = stepStopped
	case r.State == day.Voided:
		next = stepWaiting
	}
	for _, name := range names {
		if attempt, done := r.Steps[name]; done {
			out = append(out, stepView{name, stepDone, attempt})
			continue
		}
		out = append(out, stepView{Name: name, State: next})
		next = stepWaiting
	}
	return out
}

// masters are those that a run of today would use.
func (s *Site) masters(ctx context.Context) (*master.Set, error) {
	set, _, err := s.Runner.Service.Masters(ctx, rating.RunDateOf(s.Clock.Now()))
	return set, err
}

// labels are the names of providers by code.
func (s *Site) labels(ctx context.Context, date calendar.Date) map[string]string {
	out := map[string]string{}
	set, _, err := s.Runner.Service.Masters(ctx, date)
	if err != nil {
		return out // codes will do
	}
	for i := range set.Providers {
		out[set.Providers[i].Code] = set.Providers[i].Name
	}
	return out
}

func label(labels map[string]string, code string) string {
	if name := labels[code]; name != "" {
		return name
	}
	return code
}

// view collects what the page of a run shows.
func (s *Site) view(ctx context.Context, r *day.Run) (*runView, error) {
	_, of := s.Keeper.Doing()
	v := &runView{Run: r, Busy: of == r.Run, Verified: s.Keeper.Verified(r.Run), Why: whyOf(r.Reason)}
	v.Busy = v.Busy || Interrupted(r) && s.working()
	v.Steps = stepsOf(r, v.Busy)
	v.CanVoid = !v.Busy && r.Digest == "" && (r.State == day.Stopped || Interrupted(r))
	v.CanResume = !v.Busy && (r.State == day.Stopped || Interrupted(r))
	if r.Digest == "" {
		return v, nil
	}
	var err error
	if v.Manifest, err = s.Runner.Service.Manifest(ctx, r.Run); err != nil {
		return nil, err
	}
	v.Verifiable = true
	labels := s.labels(ctx, r.RunDate)
	v.fill(labels)
	v.Proof = r.State == day.Closed
	return v, nil
}

// working says whether the keeper is at work at all.
func (s *Site) working() bool {
	doing, _ := s.Keeper.Doing()
	return doing != ""
}

// fill takes the figures out of the manifest.
func (v *runView) fill(labels map[string]string) {
	m := v.Manifest
	if m.Kind == day.Day {
		v.Stages = stagesOf(m)
	}
	for _, p := range m.Totals.Points {
		row := pointsRow{label(labels, p.Provider), p.PointType, p.Plus, p.Minus, p.Plus + p.Minus}
		v.Points = append(v.Points, row)
		v.PointsSum.Plus += row.Plus
		v.PointsSum.Minus += row.Minus
		v.PointsSum.Net += row.Net
	}
	v.Accounts = accountRows(m.Accounts, labels)
	for i := range m.Providers {
		f := &m.Providers[i]
		v.Providers = append(v.Providers, providerRow{
			ProviderFile: f, Label: label(labels, f.Provider), Records: f.Records, Entries: f.Entries,
			Points: f.Points,
		})
		if f.FileNo > 0 {
			v.ProvidersSum.Records += f.Records
			v.ProvidersSum.Entries += f.Entries
			v.ProvidersSum.Points += f.Points
		}
	}
}

func accountRows(accounts map[string]ledger.Balances, labels map[string]string) []accountRow {
	codes := make([]string, 0, len(accounts))
	for code := range accounts {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	rows := make([]accountRow, 0, len(codes))
	for _, code := range codes {
		b := accounts[code]
		rows = append(rows, accountRow{
			label(labels, code), b, b.Issued + b.Granted + b.Sent + b.Accepted + b.Refused,
		})
	}
	return rows
}

// todayView is the first page.
type todayView struct {
	Run      *runView // the latest day, nil if there is none
	Other    *day.Run // a later run that is no day, or one that was voided
	Next     calendar.Date
	OpensAt  time.Time
	Waiting  int // files that are held for the next run
	Balances []accountRow
	Demo     bool
	Failed   *failure // why the last job failed
}

// showToday is the first page: the latest day.
func (s *Site) showToday(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &todayView{Next: standalone.Next(s.Clock.Now()), Demo: s.Clock.CanMove()}
	v.OpensAt = standalone.OpensAt(v.Next)
	var latest, last *day.Run
	err := s.Runner.Service.Runs(ctx, func(x *day.Run) error {
		last = x
		if x.Kind == day.Day && (x.State != day.Voided || latest == nil) {
			latest = x
		}
		return nil
	})
	if err != nil {
		return err
	}
	title := say(r, "本日の処理", "Today")
	if latest != nil {
		if v.Run, err = s.view(ctx, latest); err != nil {
			return err
		}
		if last != latest {
			v.Other = last
		}
	}
	if v.Waiting, err = s.waiting(ctx, latest); err != nil {
		return err
	}
	if v.Balances, err = s.balances(ctx, v.Next); err != nil {
		return err
	}
	if err := s.Keeper.Failed(); err != nil && (latest == nil || latest.State != day.Stopped) {
		v.Failed = describe(languageOf(r), err)
	}
	return s.show(w, r, http.StatusOK, "today.html", frame{
		Title: title, Nav: "today", Body: v, Refresh: s.working(),
	})
}

// balances are the accounts as they are now.
func (s *Site) balances(ctx context.Context, date calendar.Date) ([]accountRow, error) {
	accounts, err := s.Runner.Service.Balances(ctx)
	if fault.CodeOf(err) == fault.MastersMissing {
		return nil, nil
	}
	return accountRows(accounts, s.labels(ctx, date)), err
}

// waiting counts the files that arrived for a run behind the latest one.
func (s *Site) waiting(ctx context.Context, latest *day.Run) (n int, err error) {
	err = s.Runner.Service.Arrivals(ctx, "", func(a *day.Arrival) error {
		if a.Takes() && (latest == nil || a.RunDate > latest.RunDate) {
			n++
		}
		return nil
	})
	return n, err
}

// maxRuns is how many runs the list shows.
const maxRuns = 500

// listRuns lists all runs, newest first.
func (s *Site) listRuns(w http.ResponseWriter, r *http.Request) error {
	var runs []*day.Run
	if err := s.Runner.Service.Runs(r.Context(), func(x *day.Run) error {
		if runs = append(runs, x); len(runs) > maxRuns {
			runs = runs[1:]
		}
		return nil
	}); err != nil {
		return err
	}
	slices.Reverse(runs)
	return s.show(w, r, http.StatusOK, "runs.html", frame{
		Title: say(r, "処理日の一覧", "All runs"), Nav: "runs", Body: runs,
	})
}

// runOf gives the run that an address names.
func (s *Site) runOf(r *http.Request) (*day.Run, error) {
	n, err := strconv.ParseInt(r.PathValue("run"), 10, 32)
	if err != nil || n < 1 {
		return nil, &problem{status: http.StatusNotFound}
	}
	return s.Runner.Service.Run(r.Context(), n)
}

// showRun is the page of a run.
func (s *Site) showRun(w http.ResponseWriter, r *http.Request) error {
	x, err := s.runOf(r)
	if err != nil {
		return err
	}
	v, err := s.view(r.Context(), x)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "run.html", frame{
		Title: say(r, "処理 %d", "Run %d", x.Run), Nav: "runs", Body: v, Refresh: v.Busy,
	})
}

// back goes to a run's page after an action on it.
func back(w http.ResponseWriter, r *http.Request, run int64, part string) error {
	http.Redirect(w, r, "/runs/"+strconv.FormatInt(run, 10)+part, http.StatusSeeOther)
	return nil
}

func (s *Site) verify(w http.ResponseWriter, r *http.Request) error {
	x, err := s.runOf(r)
	if err != nil {
		return err
	}
	if err := s.Keeper.Verify(r.Context(), x.Run); err != nil {
		return err
	}
	return back(w, r, x.Run, "#proof")
}

// resume goes on with a stopped run. That it stops again is shown by its page, so its error is not.
func (s *Site) resume(w http.ResponseWriter, r *http.Request) error {
	x, err := s.runOf(r)
	if err != nil {
		return err
	}
	if x.State != day.Stopped && !Interrupted(x) {
		return fault.New(fault.RunClosed, "")
	}
	if err := s.Keeper.Resume(r.Context(), x.Run); err != nil {
		if again, e := s.Runner.Service.Run(r.Context(), x.Run); e != nil || again.Reason == "" {
			return err
		}
	}
	return back(w, r, x.Run, "")
}

// maxReason is the most characters of the reason for a void.
const maxReason = 200

func (s *Site) void(w http.ResponseWriter, r *http.Request) error {
	x, err := s.runOf(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	reason := strings.TrimSpace(strings.ToValidUTF8(r.PostForm.Get("reason"), ""))
	if n := len([]rune(reason)); n == 0 || n > maxReason {
		return &problem{
			http.StatusUnprocessableEntity, "取りやめる理由を200字までで書いてください。",
			"Write why the run is given up, in at most 200 characters.",
		}
	}
	if err := s.Keeper.Void(r.Context(), x.Run, reason); err != nil {
		return err
	}
	return back(w, r, x.Run, "")
}

// next moves a demo's clock to the next morning and runs that day. That the run stops is shown by the page.
func (s *Site) next(w http.ResponseWriter, r *http.Request) error {
	if !s.Clock.CanMove() {
		return &problem{status: http.StatusNotFound}
	}
	if err := s.Keeper.NextDay(r.Context()); err != nil {
		last, e := s.Runner.Service.Last(r.Context())
		if e != nil || last == nil || last.State != day.Stopped || fault.CodeOf(err) == fault.RunBusy {
			return err
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// badForm says that a form could not be read.
func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return &problem{
		http.StatusBadRequest, "フォームを読み取れません。画面から送り直してください。",
		"The form cannot be read; send it again from its page.",
	}
}

// download gives a provider's file as it was delivered.
func (s *Site) download(w http.ResponseWriter, r *http.Request) error {
	x, err := s.runOf(r)
	if err != nil {
		return err
	}
	if x.Digest == "" {
		return &problem{status: http.StatusNotFound}
	}
	m, err := s.Runner.Service.Manifest(r.Context(), x.Run)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(m.Providers, func(f day.ProviderFile) bool {
		return f.Outlet == r.PathValue("outlet") && f.FileNo > 0
	})
	if i < 0 {
		return &problem{status: http.StatusNotFound}
	}
	f := &m.Providers[i]
	return s.send(w, r, s.Runner.Service.OutboxPath(f), f.Name, f.Bytes)
}

// send streams an object as a file to keep.
func (s *Site) send(w http.ResponseWriter, r *http.Request, key, name string, size int64) error {
	body, err := s.Runner.Service.Objects.Open(r.Context(), key, 0, -1)
	if errors.Is(err, object.ErrAbsent) {
		return &problem{status: http.StatusNotFound}
	}
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // it was only read
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if disposition == "" {
		disposition = "attachment; filename*=UTF-8''" + url.PathEscape(name)
	}
	w.Header().Set("Content-Disposition", disposition)
	if r.Method == http.MethodHead {
		return nil
	}
	to := &patient{ResponseWriter: w, control: http.NewResponseController(w)}
	_, _ = io.Copy(to, body) // whoever asked may be gone
	return nil
}

// slowest is how long a reader or writer may pause while a file goes over the wire.
const slowest = time.Minute

// patient gives a download more time as long as it goes on.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(slowest)) // tests have no connection
	return p.ResponseWriter.Write(b)
}

// showProof serves the proof as it was written; nothing in it may run or be fetched.
func (s *Site) showProof(w http.ResponseWriter, r *http.Request) error {
	x, err := s.runOf(r)
	if err != nil {
		return err
	}
	b, err := s.Runner.Service.ProofPage(r.Context(), x.Run)
	if fault.CodeOf(err) == fault.PartMissing {
		return &problem{status: http.StatusNotFound}
	}
	if err != nil {
		return err
	}
	serveForeign(w, b, "'none'")
	return nil
}

// serveForeign serves a whole page that was not made here: its own style, no script, nothing from elsewhere.
func serveForeign(w http.ResponseWriter, b []byte, ancestors string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "+
			"sandbox; frame-ancestors "+ancestors)
	_, _ = w.Write(b) // whoever asked may be gone
}
