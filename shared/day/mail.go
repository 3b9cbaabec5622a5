package day

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/mail"
	"multipoint/shared/object"
	"multipoint/shared/table"
)

const stepMail = "mail"

// Templates of mails about runs; they are parts of ids and never change.
const (
	mailUploadErrors = "upload-errors" // to headquarters (SPEC A7)
	mailPointsReady  = "points-ready"  // to providers (SPEC A8)
	mailAlarm        = "alarm"         // to the operator (SPEC A25)
	mailRecovery     = "recovery"
)

// MailState is how far a mail is.
type MailState string

// States of a mail.
const (
	MailSending MailState = "sending" // given to the sender, or about to be
	MailWaiting MailState = "waiting" // certainly not sent yet
	MailSent    MailState = "sent"    // taken by the sender
	MailRefused MailState = "refused" // no mail that may be sent, for good
)

// MailRecord is what is known of a mail, written before it is sent (R23).
type MailRecord struct {
	ID       string    `json:"id"`
	Template string    `json:"template"`
	Party    string    `json:"party,omitempty"` // the provider's code, empty for headquarters and operator
	To       string    `json:"to"`
	State    MailState `json:"state"`
	At       time.Time `json:"at"` // when it came into that state
	// Again counts how often it was sent once more although it may have gone out before.
	Again  int    `json:"again,omitempty"`
	Reason string `json:"reason,omitempty"` // of a refused one
	// News is the last that was heard of it, empty if nothing was.
	News   MailNews  `json:"news,omitempty"`
	NewsAt time.Time `json:"news_at,omitzero"`
}

// MailNews is what a sender tells of a mail later.
type MailNews string

// News of mails.
const (
	NewsSent       MailNews = "sent"       // it left the sender
	NewsDelivered  MailNews = "delivered"  // the recipient's server has it
	NewsBounced    MailNews = "bounced"    // the recipient's server does not take it
	NewsComplained MailNews = "complained" // the recipient calls it unwanted
	NewsRejected   MailNews = "rejected"   // the sender did not send it after all
)

// rank orders news: what was heard first does not replace what counts more.
func (n MailNews) rank() int {
	return slices.Index([]MailNews{"", NewsSent, NewsDelivered, NewsRejected, NewsBounced, NewsComplained}, n)
}

// mailNews is how long after a crash news of a mail that was under way may come (R23).
const mailNews = 15 * time.Minute

// mailKey places the record of a mail. about is what the mail is about, with its retailer (mail.Message.Run).
func (s *Service) mailKey(about, id string) table.Key {
	return table.Key{Partition: s.key("MAIL", about), Sort: id}
}

// mailRun is the name of a run in mails.
func (s *Service) mailRun(run int64) string { return s.Retailer + "-" + runName(run) }

// letter is what one party is told, at each of its addresses.
type letter struct {
	template string
	about    string // mail.Message.Run
	party    string // provider's code, so that one address may stand for several
	to       []string
	text     any // for the template
}

// Mail tells all who have to be told about a committed run: headquarters if files have errors or were
// refused, each provider if there is a file for it (SPEC A7, A8). Each mail goes out once; one that was under
// way when an attempt before this one broke off is sent again after 15 minutes, unless the sender itself
// sends an id only once (R23). A mail that is refused for good holds nobody up.
func (s *Service) Mail(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepMail)
	if err != nil || done {
		return err
	}
	if s.Sender != nil {
		m, err := s.Manifest(ctx, st.Run)
		if err != nil {
			return err
		}
		letters, err := w.letters(ctx, m)
		if err != nil {
			return err
		}
		if err := s.send(ctx, letters); err != nil {
			return err
		}
	}
	return s.record(ctx, st.Run, st.Attempt, stepMail, "")
}

// letters are the mails of a run.
func (w *work) letters(ctx context.Context, m *Manifest) ([]letter, error) {
	var out []letter
	errs, err := w.uploadErrors(ctx, m)
	if err != nil {
		return nil, err
	}
	if to := w.set.Retailer.Mail; errs != nil && len(to) > 0 {
		out = append(out, letter{mailUploadErrors, w.mailRun(m.Run), "", to, errs})
	}
	for i := range w.set.Providers {
		p := &w.set.Providers[i]
		ready := &pointsReady{
			Retailer: w.retailerName(), Provider: mail.OneLine(p.Name, maxNameShown), Date: m.RunDate,
			Link: w.link("/partner/files"),
		}
		for j := range m.Providers {
			if f := &m.Providers[j]; f.Provider == p.Code && f.FileNo > 0 {
				ready.add(f)
			}
		}
		if len(ready.Files) > 0 && len(p.Mail) > 0 {
			out = append(out, letter{mailPointsReady, w.mailRun(m.Run), p.Code, p.Mail, ready})
		}
	}
	return out, nil
}

// maxNameShown is the most characters of a company's name in a mail.
const maxNameShown = 60

func (w *work) retailerName() string { return mail.OneLine(w.set.Retailer.Name, maxNameShown) }

// link is the address of a screen.
func (s *Service) link(path string) string { return strings.TrimSuffix(s.Site, "/") + path }

// uploadErrors sums up what is wrong with the files of a run, nil if nothing is.
func (w *work) uploadErrors(ctx context.Context, m *Manifest) (*uploadErrors, error) {
	if m.Kind != Day {
		return nil, nil
	}
	out := &uploadErrors{
		Retailer: w.retailerName(), Date: m.RunDate, Files: len(m.Files), Lines: m.Totals.Errors.Lines,
		Link: w.link(fmt.Sprintf("/hq/runs/%d", m.Run)),
	}
	for i := range m.Files {
		f := &m.Files[i]
		if !f.Accepted() || f.Bad > 0 {
			out.add(f.Name, f.Code, f.Receipts, f.Bad)
		}
	}
	err := w.refusedArrivals(ctx, func(a *Arrival) {
		out.Files++
		out.add(a.Name, a.Refused.Code, 0, 0)
	})
	if err != nil || out.Wrong == 0 && out.Lines == 0 {
		return nil, err
	}
	return out, nil
}

// refusedArrivals calls visit for the uploads since the day run before that intake held back: no run takes
// them, so this is where headquarters hear of them.
func (w *work) refusedArrivals(ctx context.Context, visit func(*Arrival)) error {
	from := w.pins.RunDate
	if w.pins.Vault > 0 { // the day run before
		before, err := w.Run(ctx, w.pins.Vault)
		if err != nil {
			return err
		}
		from = max(before.RunDate+1, from.Add(-daysRemembered))
	}
	for date := from; date <= w.pins.RunDate; date++ {
		prefix := "arrivals/" + w.Retailer + "/" + date.String() + "/"
		err := object.All(ctx, w.Objects, prefix, func(info object.Info) error {
			a := &Arrival{}
			if err := w.readJSON(ctx, info.Key, a); err != nil {
				return err
			}
			if !a.Takes() {
				visit(a)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// send sends letters, each mail once. One that fails does not keep the others back.
func (s *Service) send(ctx context.Context, letters []letter) error {
	var failed []error
	for i := range letters {
		l := &letters[i]
		for _, to := range l.to {
			m, err := l.write(to)
			if err != nil {
				return err
			}
			if err := s.sendOnce(ctx, m, l.party); err != nil {
				failed = append(failed, err)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return errors.Join(failed...)
}

// write makes the mail for one address.
func (l *letter) write(to string) (*mail.Message, error) {
	recipient := to
	if l.party != "" {
		recipient = l.party + " " + to
	}
	m := &mail.Message{
		ID: mail.ID(l.about, l.template, recipient), To: to, Template: l.template, Run: l.about,
	}
	return m, renderMail(m, l.text)
}

// sendOnce sends a mail unless it was sent or refused before.
func (s *Service) sendOnce(ctx context.Context, m *mail.Message, party string) error {
	send, err := s.markSending(ctx, m, party)
	if err != nil || !send {
		return err
	}
	err = s.Sender.Send(ctx, *m)
	state, reason := MailSent, ""
	switch {
	case errors.Is(err, mail.ErrInvalid):
		state, reason = MailRefused, err.Error()
		s.log().Error("a mail was refused", "retailer", s.Retailer, "about", m.Run, "template", m.Template,
			"party", party, "id", m.ID)
	case errors.Is(err, mail.ErrNotSent):
		return errors.Join(err, s.markMail(ctx, m, MailWaiting, ""))
	case err != nil:
		return err
	}
	return s.markMail(ctx, m, state, reason)
}

// markSending writes down that a mail is about to be sent (R23); false if that happened already.
func (s *Service) markSending(ctx context.Context, m *mail.Message, party string) (bool, error) {
	_, once := s.Sender.(mail.Once)
	for {
		r, version, err := s.mailRecord(ctx, m)
		if err != nil {
			return false, err
		}
		now := s.Now().UTC()
		when := table.IfVersion
		switch {
		case r == nil:
			r = &MailRecord{ID: m.ID, Template: m.Template, Party: party, To: m.To}
			when = table.IfAbsent
		case r.State == MailSent || r.State == MailRefused:
			return false, nil
		case r.State == MailSending && once:
			return true, nil // given to a sender that knows whether it has it
		case r.State == MailSending && now.Sub(r.At) < mailNews:
			return false, fmt.Errorf("mail %s (%s of %s) has been under way since %s: no news for %v yet",
				m.ID[:8], m.Template, m.Run, r.At.Format(time.RFC3339), mailNews)
		case r.State == MailSending:
			r.Again++
		}
		r.State, r.At = MailSending, now
		err = s.putMail(ctx, m.Run, r, version, when)
		if !errors.Is(err, table.ErrCondition) {
			return err == nil, err
		}
	}
}

// markMail writes down what became of a mail that was being sent.
func (s *Service) markMail(ctx context.Context, m *mail.Message, state MailState, reason string) error {
	for {
		r, version, err := s.mailRecord(ctx, m)
		if err != nil {
			return err
		}
		if r == nil {
			return damagedItem("a mail", nil)
		}
		if r.State != MailSending {
			return nil // another worker was faster
		}
		r.State, r.At, r.Reason = state, s.Now().UTC(), reason
		err = s.putMail(ctx, m.Run, r, version, table.IfVersion)
		if !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
}

// NoteMail writes down what was heard of a mail, by what it is about and its id (mail.Message); false if
// there is no such mail. Any news settles that a mail under way in a crash went out (R23). News may come
// twice and in any order.
func (s *Service) NoteMail(
	ctx context.Context, about, id string, news MailNews, at time.Time,
) (found bool, err error) {
	for {
		r, version, err := s.mailRecord(ctx, &mail.Message{Run: about, ID: id})
		if r == nil || err != nil {
			return false, err
		}
		settled := r.State == MailSending || r.State == MailWaiting
		if !settled && news.rank() <= r.News.rank() {
			return true, nil
		}
		if settled {
			r.State, r.At = MailSent, s.Now().UTC()
		}
		if news.rank() > r.News.rank() {
			r.News, r.NewsAt = news, at.UTC()
		}
		err = s.putMail(ctx, about, r, version, table.IfVersion)
		if !errors.Is(err, table.ErrCondition) {
			return true, err
		}
	}
}

func (s *Service) putMail(
	ctx context.Context, about string, r *MailRecord, version int64, when table.Condition,
) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	item := table.Item{Key: s.mailKey(about, r.ID), Version: version, Body: body}
	return s.Table.Put(ctx, item, when)
}

// mailRecord gives what is known of a mail, nil if nothing is.
func (s *Service) mailRecord(ctx context.Context, m *mail.Message) (*MailRecord, int64, error) {
	item, ok, err := s.Table.Get(ctx, s.mailKey(m.Run, m.ID))
	if err != nil || !ok {
		return nil, 0, err
	}
	r, err := readMail(item.Body)
	return r, item.Version, err
}

func readMail(body []byte) (*MailRecord, error) {
	r := &MailRecord{}
	if err := json.Unmarshal(body, r); err != nil {
		return nil, damagedItem("a mail", err)
	}
	return r, nil
}

// Mails calls visit for the mails of a run, in the order of their ids.
func (s *Service) Mails(ctx context.Context, run int64, visit func(*MailRecord) error) error {
	q := table.Query{Partition: s.mailKey(s.mailRun(run), "").Partition}
	return table.Each(ctx, s.Table, q, func(item table.Item) error {
		r, err := readMail(item.Body)
		if err != nil {
			return err
		}
		return visit(r)
	})
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// uploadErrors is what headquarters are told about files.
type uploadErrors struct {
	Retailer string
	Date     calendar.Date
	Files    int   // of the day
	Wrong    int   // of them
	Lines    int64 // that could be read and not be rated
	Rows     []wrongFile
	More     int // wrong files that Rows leaves out
	Link     string
}

// wrongFile is a file that was refused, or has bad lines.
type wrongFile struct {
	Name       string
	Code       fault.Code // 0 = its good lines count
	Lines, Bad int64
}

// maxFilesShown is the most files that a mail lists.
const maxFilesShown = 50

// maxFileShown is the most characters of a file's name in a mail.
const maxFileShown = 100

func (u *uploadErrors) add(name string, code fault.Code, lines, bad int64) {
	if u.Wrong++; len(u.Rows) == maxFilesShown {
		u.More++
		return
	}
	u.Rows = append(u.Rows, wrongFile{mail.OneLine(name, maxFileShown), code, lines, bad})
}

// pointsReady is what a provider is told about its files.
type pointsReady struct {
	Retailer, Provider string
	Date               calendar.Date
	Files              []readyFile
	Records, Points    int64
	Link               string
}

type readyFile struct {
	Name            string
	Records, Points int64
}

func (p *pointsReady) add(f *ProviderFile) {
	p.Files = append(p.Files, readyFile{mail.OneLine(f.Name, maxFileShown), f.Records, f.Points})
	p.Records += f.Records
	p.Points += f.Points
}
