package today

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/rating"
	"multipoint/shared/standalone"
)

// arrivalsView is the page of the files that arrived.
type arrivalsView struct {
	Name    string // that is searched for
	List    []*day.Arrival
	More    bool // there are more than are shown
	Feeds   []feedChoice
	RunDate calendar.Date // that a file of now counts for
	OpensAt time.Time
}

type feedChoice struct{ Code, Name string }

// maxArrivals is how many arrivals a page shows.
const maxArrivals = 200

var errEnough = errors.New("enough")

// listArrivals lists the files that arrived, by name, and has the form to upload some.
func (s *Site) listArrivals(w http.ResponseWriter, r *http.Request) error {
	v := &arrivalsView{Name: r.URL.Query().Get("name"), RunDate: rating.RunDateOf(s.Clock.Now())}
	v.OpensAt = standalone.OpensAt(v.RunDate)
	err := s.Runner.Service.Arrivals(r.Context(), v.Name, func(a *day.Arrival) error {
		if len(v.List) == maxArrivals {
			v.More = true
			return errEnough
		}
		v.List = append(v.List, a)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	set, err := s.masters(r.Context())
	if err != nil && fault.CodeOf(err) != fault.MastersMissing {
		return err
	}
	if set != nil {
		for i := range set.Feeds {
			v.Feeds = append(v.Feeds, feedChoice{set.Feeds[i].Code, set.Feeds[i].Name})
		}
	}
	return s.show(w, r, http.StatusOK, "arrivals.html", frame{
		Title: say(r, "ファイルの受付", "Files that arrived"), Nav: "arrivals", Body: v,
	})
}

const (
	maxParts = 100     // of an upload form
	maxField = 1 << 10 // bytes of one of its fields
	maxExtra = 1 << 20 // bytes of an upload form beside its files
)

// upload takes files in as they come over the wire: they are never held whole, neither in memory nor in a
// temporary file. A file whose upload breaks off leaves no trace.
func (s *Site) upload(w http.ResponseWriter, r *http.Request) error {
	control := http.NewResponseController(w)
	body := &steady{body: http.MaxBytesReader(w, r.Body, day.MaxUpload+maxExtra), control: control}
	r.Body = body
	parts, err := r.MultipartReader()
	if err != nil {
		return badForm(err)
	}
	var feed string
	var taken []*day.Arrival
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n == maxParts {
			return badForm(err)
		}
		switch part.FormName() {
		case "feed":
			b, err := io.ReadAll(io.LimitReader(part, maxField))
			if err != nil {
				return badForm(err)
			}
			feed = string(b)
		case "file":
			if part.FileName() == "" {
				continue // the form was sent without choosing a file
			}
			a, err := s.takeIn(r.Context(), part, feed)
			if err != nil {
				return brokenOff(err)
			}
			taken = append(taken, a)
		}
	}
	// The upload may have taken longer than an answer may.
	_ = control.SetWriteDeadline(time.Now().Add(slowest))
	switch len(taken) {
	case 0:
		return &problem{
			http.StatusUnprocessableEntity, "送るファイルを選んでください。", "Choose the file to send.",
		}
	case 1:
		http.Redirect(w, r, receiptPath(taken[0]), http.StatusSeeOther)
	default:
		http.Redirect(w, r, "/arrivals", http.StatusSeeOther)
	}
	return nil
}

// takeIn hands a file to the intake. Errors: file.name and those of TakeIn.
func (s *Site) takeIn(ctx context.Context, part *multipart.Part, feed string) (*day.Arrival, error) {
	name := part.FileName()
	if !utf8.ValidString(name) {
		return nil, fault.New(fault.FileName, "")
	}
	return s.Runner.Service.TakeIn(ctx, day.Upload{
		ID: rand.Text(), Name: name, Feed: feed, Arrived: s.Clock.Now(), Body: part,
	})
}

// brokenOff tells an upload that ended too early from other errors.
func brokenOff(err error) error {
	code := fault.CodeOf(err)
	if errors.Is(err, io.ErrUnexpectedEOF) && (code == 0 || code == fault.ReadFailed) {
		return badForm(err)
	}
	return err
}

// steady gives an upload more time as long as it goes on.
type steady struct {
	body    io.ReadCloser
	control *http.ResponseController
}

// Read implements io.Reader.
func (u *steady) Read(b []byte) (int, error) {
	_ = u.control.SetReadDeadline(time.Now().Add(slowest)) // tests have no connection
	return u.body.Read(b)
}

// Close implements io.Closer.
func (u *steady) Close() error { return u.body.Close() }

func receiptPath(a *day.Arrival) string {
	return "/receipt?" + url.Values{"name": {a.Name}, "id": {a.ID}}.Encode()
}

// receiptView is the receipt of a file: what staff look at when somebody asks why a file is not in.
type receiptView struct {
	*day.Arrival
	Run      *day.Run           // that took it, or would have; nil = not yet
	Verdicts []*day.FileVerdict // of the files of that name and size in that run
	OpensAt  time.Time
}

// showReceipt shows what became of one arrival.
func (s *Site) showReceipt(w http.ResponseWriter, r *http.Request) error {
	name, id := r.URL.Query().Get("name"), r.URL.Query().Get("id")
	v := &receiptView{}
	// Arrivals are kept by name and id, so both together are the beginning of one key only.
	err := s.Runner.Service.Arrivals(r.Context(), name+"\x00"+id, func(a *day.Arrival) error {
		if a.Name == name && a.ID == id {
			v.Arrival = a
		}
		return nil
	})
	if err != nil {
		return err
	}
	if v.Arrival == nil {
		return &problem{status: http.StatusNotFound}
	}
	v.OpensAt = standalone.OpensAt(v.RunDate)
	if v.Takes() {
		if err := s.findRun(r.Context(), v); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusOK, "receipt.html", frame{
		Title: say(r, "受付票　%s", "Receipt of %s", v.Name), Nav: "arrivals", Body: v,
	})
}

// findRun finds the run that has a file: the first one of its date or later that has it in its manifest.
func (s *Site) findRun(ctx context.Context, v *receiptView) error {
	var runs []*day.Run
	if err := s.Runner.Service.Runs(ctx, func(x *day.Run) error {
		if x.Kind == day.Day && x.State != day.Voided && x.RunDate >= v.RunDate {
			runs = append(runs, x)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, x := range runs {
		if x.Digest == "" {
			v.Run = x
			return nil
		}
		m, err := s.Runner.Service.Manifest(ctx, x.Run)
		if err != nil {
			return err
		}
		for i := range m.Files {
			if f := &m.Files[i]; f.Name == v.Name && f.Bytes == v.Bytes {
				v.Run, v.Verdicts = x, append(v.Verdicts, f)
			}
		}
		if v.Run != nil {
			return nil
		}
	}
	return nil
}

// ReceiptPath is the address of an arrival's receipt.
func (v *arrivalsView) ReceiptPath(a *day.Arrival) string { return receiptPath(a) }
