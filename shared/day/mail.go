package day

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/mail"
	"multipoint/shared/mailing"
	"multipoint/shared/object"
)

const stepMail = "mail"

// Templates of mails about runs; they are parts of ids and never change.
const (
	mailUploadErrors = "upload-errors" // to headquarters (SPEC A7)
	mailPointsReady  = "points-ready"  // to providers (SPEC A8)
	mailAlarm        = "alarm"         // to the operator (SPEC A25)
	mailRecovery     = "recovery"
)

// The record of a mail and what is heard of it, as package mailing has them.
type (
	MailRecord = mailing.Record
	MailNews   = mailing.News
)

// States and news of mails that others ask about.
const (
	MailSent       = mailing.Sent
	MailRefused    = mailing.Refused
	NewsSent       = mailing.NewsSent
	NewsDelivered  = mailing.NewsDelivered
	NewsBounced    = mailing.NewsBounced
	NewsComplained = mailing.NewsComplained
	NewsRejected   = mailing.NewsRejected
)

// post keeps the records of the retailer's mails.
func (s *Service) post() *mailing.Post {
	return &mailing.Post{Retailer: s.Retailer, Table: s.Table, Sender: s.Sender, Now: s.Now, Log: s.Log}
}

// mailRun is the name of a run in mails.
func (s *Service) mailRun(run int64) string { return s.Retailer + "-" + runName(run) }

// letter is what one party is told, at each of its addresses.
type letter struct {
	template string
	about    string // mail.Message.Run
	party    string // provider's code, so that one address may stand for several
	to       []string
	text     headed // for the template
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
	post := s.post()
	for i := range letters {
		l := &letters[i]
		for _, to := range l.to {
			m, err := l.write(to)
			if err != nil {
				return err
			}
			if _, err := post.SendOnce(ctx, m, mailing.Addressee{Party: l.party}); err != nil {
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

// NoteMail writes down what was heard of a mail, by what it is about and its id (mail.Message); false if
// there is no such mail. Any news settles that a mail under way in a crash went out (R23). News may come
// twice and in any order.
func (s *Service) NoteMail(
	ctx context.Context, about, id string, news MailNews, at time.Time,
) (found bool, err error) {
	r, err := s.post().Note(ctx, about, id, news, at)
	return r != nil, err
}

// Mails calls visit for the mails of a run, in the order of their ids.
func (s *Service) Mails(ctx context.Context, run int64, visit func(*MailRecord) error) error {
	return s.post().Mails(ctx, s.mailRun(run), visit)
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
