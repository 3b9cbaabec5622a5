package mailing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/table"
)

// State is how far a mail is.
type State string

// States of a mail.
const (
	Sending State = "sending" // given to the sender, or about to be
	Waiting State = "waiting" // certainly not sent yet
	Sent    State = "sent"    // taken by the sender
	Refused State = "refused" // no mail that may be sent, for good
	Skipped State = "skipped" // not given to the sender, on purpose: Reason says why
)

// Settled says whether nothing more is done about a mail.
func (s State) Settled() bool { return s == Sent || s == Refused || s == Skipped }

// Record is what is known of a mail, written before it is sent (R23).
type Record struct {
	ID       string `json:"id"`
	Template string `json:"template"`
	Party    string `json:"party,omitempty"` // the provider's code, empty for headquarters and operator
	// To is the address; of a mail to a member it is empty, and Member and Hash stand for it.
	To      string    `json:"to"`
	Member  string    `json:"member,omitempty"`
	Hash    string    `json:"hash,omitempty"`    // of the address, as Recipient has it
	Carrier bool      `json:"carrier,omitempty"` // the address is one of a mobile carrier (Carrier)
	Text    string    `json:"text,omitempty"`    // version of the text, as Book has it
	State   State     `json:"state"`
	At      time.Time `json:"at"` // when it came into that state
	// Again counts how often it was sent once more although it may have gone out before.
	Again  int    `json:"again,omitempty"`
	Reason string `json:"reason,omitempty"` // of a refused or skipped one
	// News is the last that was heard of it, empty if nothing was.
	News   News      `json:"news,omitempty"`
	NewsAt time.Time `json:"news_at,omitzero"`
}

// News is what a sender tells of a mail later.
type News string

// News of mails.
const (
	NewsSent       News = "sent"       // it left the sender
	NewsDelivered  News = "delivered"  // the recipient's server has it
	NewsBounced    News = "bounced"    // the recipient's server does not take it
	NewsComplained News = "complained" // the recipient calls it unwanted
	NewsRejected   News = "rejected"   // the sender did not send it after all
)

// rank orders news: what was heard first does not replace what counts more.
func (n News) rank() int {
	return slices.Index([]News{"", NewsSent, NewsDelivered, NewsRejected, NewsBounced, NewsComplained}, n)
}

// NewsWithin is how long after a crash news of a mail that was under way may come (R23).
const NewsWithin = 15 * time.Minute

// UnderWay is the error for a mail that was given to the sender, and nobody knows yet whether it went out.
type UnderWay struct {
	ID, Template, About string
	Since               time.Time
}

// Error says which mail it is.
func (u *UnderWay) Error() string {
	return fmt.Sprintf("mail %s (%s of %s) has been under way since %s: no news for %v yet", u.ID[:8],
		u.Template, u.About, u.Since.Format(time.RFC3339), NewsWithin)
}

// Post sends a retailer's mails, each once, and keeps their records. Log may be nil; it is told no address.
// Its methods may be called from many goroutines and processes.
type Post struct {
	Retailer string
	Table    table.Table
	Sender   mail.Sender
	Now      func() time.Time
	Log      *slog.Logger
}

// Addressee is who a mail goes to, as its record says it.
type Addressee struct {
	Party  string // provider's code, so that one address may stand for several
	Member string // of a mail to a member: then the record holds no address
	Hash   string // of the member's address
	Text   string // version of the text
}

// key places the record of a mail. about is what the mail is about, with its retailer (mail.Message.Run).
func (p *Post) key(about, id string) table.Key {
	return key(table.Partition("MAIL", p.Retailer, about), id)
}

// SendOnce sends a mail unless it was sent, refused or skipped before, and gives the state it is in then. One
// that was under way when its sender broke off is sent again after NewsWithin, unless the sender itself sends
// an id only once (R23). A mail that is refused for good is no error. Errors: UnderWay; mail.ErrNotSent, and
// the mail may be sent again; others, after which it may have gone out; those of the table.
func (p *Post) SendOnce(ctx context.Context, m *mail.Message, who Addressee) (State, error) {
	state, err := p.markSending(ctx, m, who)
	if err != nil || state.Settled() {
		return state, err
	}
	err = p.Sender.Send(ctx, *m)
	if err != nil && who.Member != "" {
		err = faceless{err}
	}
	state, reason := Sent, ""
	switch {
	case errors.Is(err, mail.ErrInvalid):
		state, reason = Refused, err.Error()
		p.log().Error("a mail was refused", "retailer", p.Retailer, "about", m.Run, "template", m.Template,
			"party", who.Party, "id", m.ID)
	case errors.Is(err, mail.ErrNotSent):
		return Waiting, errors.Join(err, p.mark(ctx, m, Waiting, ""))
	case err != nil:
		return Sending, err
	}
	return state, p.mark(ctx, m, state, reason)
}

// markSending writes down that a mail is about to be sent (R23), unless it is settled already.
func (p *Post) markSending(ctx context.Context, m *mail.Message, who Addressee) (State, error) {
	_, once := p.Sender.(mail.Once)
	for {
		r, version, err := p.record(ctx, m.Run, m.ID)
		if err != nil {
			return "", err
		}
		now := p.Now().UTC()
		when := table.IfVersion
		switch {
		case r == nil:
			r = newRecord(m, who)
			when = table.IfAbsent
		case r.State.Settled():
			return r.State, nil
		case r.State == Sending && once:
			return Sending, nil // given to a sender that knows whether it has it
		case r.State == Sending && now.Sub(r.At) < NewsWithin:
			return "", &UnderWay{m.ID, m.Template, m.Run, r.At}
		case r.State == Sending:
			r.Again++
		}
		r.State, r.At = Sending, now
		if who.Member != "" { // the member may have another address since
			r.Hash, r.Carrier, r.Text = who.Hash, Carrier(m.To), who.Text
		}
		err = p.put(ctx, m.Run, r, version, when)
		if !errors.Is(err, table.ErrCondition) {
			return Sending, err
		}
	}
}

func newRecord(m *mail.Message, who Addressee) *Record {
	r := &Record{ID: m.ID, Template: m.Template, Party: who.Party, Member: who.Member, Text: who.Text}
	if who.Member == "" {
		r.To = m.To
	}
	return r
}

// mark writes down what became of a mail that was being sent.
func (p *Post) mark(ctx context.Context, m *mail.Message, state State, reason string) error {
	for {
		r, version, err := p.record(ctx, m.Run, m.ID)
		if err != nil {
			return err
		}
		if r == nil {
			return damaged("a mail", nil)
		}
		if r.State != Sending {
			return nil // another worker was faster
		}
		r.State, r.At, r.Reason = state, p.Now().UTC(), reason
		err = p.put(ctx, m.Run, r, version, table.IfVersion)
		if !errors.Is(err, table.ErrCondition) {
			return err
		}
	}
}

// Skip writes down that a mail is not sent, and why, and gives the state it is in then: what is settled stays
// as it is. Errors: UnderWay for one that may have gone out, until NewsWithin; those of the table.
func (p *Post) Skip(ctx context.Context, m *mail.Message, who Addressee, reason string) (State, error) {
	for {
		r, version, err := p.record(ctx, m.Run, m.ID)
		if err != nil {
			return "", err
		}
		now := p.Now().UTC()
		when := table.IfVersion
		switch {
		case r == nil:
			r, when = newRecord(m, who), table.IfAbsent
		case r.State.Settled():
			return r.State, nil
		case r.State == Sending && now.Sub(r.At) < NewsWithin:
			return "", &UnderWay{m.ID, m.Template, m.Run, r.At}
		}
		r.State, r.At, r.Reason = Skipped, now, reason
		err = p.put(ctx, m.Run, r, version, when)
		if !errors.Is(err, table.ErrCondition) {
			return Skipped, err
		}
	}
}

// Note writes down what was heard of a mail, by what it is about and its id (mail.Message), and gives its
// record; nil if there is no such mail. Any news settles that a mail under way in a crash went out (R23).
// News may come twice and in any order.
func (p *Post) Note(ctx context.Context, about, id string, news News, at time.Time) (*Record, error) {
	for {
		r, version, err := p.record(ctx, about, id)
		if r == nil || err != nil {
			return nil, err
		}
		settled := r.State == Sending || r.State == Waiting
		if !settled && news.rank() <= r.News.rank() {
			return r, nil
		}
		if settled {
			r.State, r.At = Sent, p.Now().UTC()
		}
		if news.rank() > r.News.rank() {
			r.News, r.NewsAt = news, at.UTC()
		}
		err = p.put(ctx, about, r, version, table.IfVersion)
		if !errors.Is(err, table.ErrCondition) {
			return r, err
		}
	}
}

func (p *Post) put(
	ctx context.Context, about string, r *Record, version int64, when table.Condition,
) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return p.Table.Put(ctx, table.Item{Key: p.key(about, r.ID), Version: version, Body: body}, when)
}

// record gives what is known of a mail, nil if nothing is.
func (p *Post) record(ctx context.Context, about, id string) (*Record, int64, error) {
	item, ok, err := p.Table.Get(ctx, p.key(about, id))
	if err != nil || !ok {
		return nil, 0, err
	}
	r, err := readRecord(item.Body)
	return r, item.Version, err
}

func readRecord(body []byte) (*Record, error) {
	r := &Record{}
	if err := json.Unmarshal(body, r); err != nil {
		return nil, damaged("a mail", err)
	}
	return r, nil
}

// Mails calls visit for the mails about one thing, in the order of their ids.
func (p *Post) Mails(ctx context.Context, about string, visit func(*Record) error) error {
	q := table.Query{Partition: p.key(about, "").Partition}
	return table.Each(ctx, p.Table, q, func(item table.Item) error {
		r, err := readRecord(item.Body)
		if err != nil {
			return err
		}
		return visit(r)
	})
}

func (p *Post) log() *slog.Logger {
	if p.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.Log
}
