package mailing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"multipoint/shared/fault"
	"multipoint/shared/mail"
)

// Recipient is who gets a mail, at the moment when it is sent.
type Recipient struct {
	Address  string
	Hash     string // keyed hash of the address, the same for one address always
	Language Language
	Data     map[string]any // fields that the wish lacks
}

// ErrGone: the member is erased or cancelled, or has no address that is confirmed.
var ErrGone = errors.New("there is nobody to mail")

// Why a mail was skipped.
const (
	ReasonGone       = "gone"       // ErrGone
	ReasonSuppressed = "suppressed" // mail to the address came back
	ReasonUnwanted   = "unwanted"   // the member does not want mails of that purpose
	ReasonText       = "text"       // the letter's text cannot be filled with its data
	ReasonGivenUp    = "given up"   // the sender did not take it, however often it was tried
)

// Courier sends the mails of a queue, each once (R23). Fill the fields before use; Send may not be called
// twice at once.
type Courier struct {
	Queue *Queue
	Post  *Post // of the same retailer
	Book  *Book
	House House
	// Recipient says who gets a mail of a letter. Errors: ErrGone; any other, and the mail is tried later.
	Recipient    func(ctx context.Context, letter string, w *Wish) (Recipient, error)
	Consents     *Consents
	Suppression  *Suppression
	Unsubscriber *Unsubscriber
	// Limit is how fast the sender may be given mails, shared by all who give it some; nil = no limit.
	Limit     *rate.Limiter
	Workers   int // mails in flight, 0 = 8
	PerDomain int // of them to one domain, 0 = 4; carriers throttle by the sender's address (DOMAIN 9)

	domains domains
}

// Round is what a call of Send did.
type Round struct {
	Sent, Refused, Skipped int
	Postponed              int // tried and put back, or under way
}

// backOff is when a mail that was not sent is tried again, after so many tries.
func backOff(tries int) time.Duration { return min(time.Minute<<min(tries, 10), time.Hour) }

// maxTries is how often a mail is tried: over three days, so that a quota of a day costs nobody a mail.
const maxTries = 40

// patience is how many mails in a row the sender may turn away before a round ends.
const patience = 20

// Send sends what is due, first what members wait for, then the rest while the window is open. It takes no
// new mail from until on, and returns when those in flight are done; call it again, every half minute. It
// ends early, with the error, when the sender takes nothing or the table fails. After ctx ends mails may be
// under way that nobody asks about before NewsWithin.
func (c *Courier) Send(ctx context.Context, until time.Time) (Round, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &round{cancel: cancel}
	c.domains.most = c.PerDomain
	if c.domains.most == 0 {
		c.domains.most = 4
	}
	workers := c.Workers
	if workers == 0 {
		workers = 8
	}
	mails := make(chan *waiting)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for w := range mails {
				if ctx.Err() == nil && !r.over() {
					r.note(c.deliver(ctx, w))
				}
			}
		})
	}
	read := c.read(ctx, mails, func(windowed bool) bool {
		now := c.Queue.Now()
		open := !windowed || c.Queue.window().Next(now).Equal(now)
		return open && now.Before(until) && !r.over() && ctx.Err() == nil
	})
	close(mails)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return r.Round, err
	}
	return r.Round, errors.Join(read, r.turned())
}

// read gives the mails that are due to the workers while there is time.
func (c *Courier) read(ctx context.Context, mails chan<- *waiting, time func(windowed bool) bool) error {
	for _, windowed := range []bool{false, true} {
		for shard := range allShards() {
			if !time(windowed) {
				break
			}
			err := c.Queue.due(ctx, c.Queue.lane(!windowed, shard), c.Queue.Now(), func(w *waiting) bool {
				select {
				case mails <- w:
				case <-ctx.Done():
				}
				return time(windowed)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// round collects what became of mails.
type round struct {
	mu     sync.Mutex
	cancel context.CancelCauseFunc
	streak int   // mails in a row that the sender turned away
	last   error // of them
	Round
}

// note counts a mail. away is set if the sender turned it away; err ends the round.
func (r *round) note(state State, away, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.cancel(err)
		return
	}
	r.streak++
	if r.last = away; away == nil {
		r.streak = 0
	}
	switch state {
	case Sent:
		r.Sent++
	case Refused:
		r.Refused++
	case Skipped:
		r.Skipped++
	default:
		r.Postponed++
	}
}

// over says whether the sender takes nothing.
func (r *round) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.streak >= patience
}

func (r *round) turned() error {
	if !r.over() {
		return nil
	}
	return fmt.Errorf("the sender turned %d mails away, the last one: %w", r.streak, r.last)
}

// deliver brings one mail as far as it gets. away says why the sender did not take it; err is about the
// table, or the end of ctx.
func (c *Courier) deliver(ctx context.Context, w *waiting) (state State, away, err error) {
	m := &mail.Message{ID: w.ID, Template: w.Template, Run: w.About}
	who := Addressee{Member: w.Member}
	reason, err := c.prepare(ctx, w, m, &who)
	var later *lateError
	switch {
	case errors.As(err, &later):
		return c.again(ctx, w, m, who, later.error)
	case err != nil:
		return "", nil, err
	case reason != "":
		return c.skip(ctx, w, m, who, reason)
	}
	leave, err := c.domains.enter(ctx, domainOf(m.To))
	if err != nil {
		return "", nil, err
	}
	defer leave()
	if c.Limit != nil {
		if err := c.Limit.Wait(ctx); err != nil {
			return "", nil, err
		}
	}
	state, err = c.Post.SendOnce(ctx, m, who)
	var under *UnderWay
	switch {
	case ctx.Err() != nil:
		return "", nil, context.Cause(ctx)
	case err == nil:
		return state, nil, c.Queue.done(ctx, w)
	case errors.As(err, &under):
		return "", nil, c.Queue.postpone(ctx, w, under.Since.Add(NewsWithin))
	case state == Sending: // it may have gone out
		w.Tries++
		return "", err, c.Queue.postpone(ctx, w, c.Queue.Now().Add(NewsWithin))
	case state == Waiting:
		return c.again(ctx, w, m, who, err)
	}
	return "", nil, err
}

// lateError is a recipient who cannot be asked for now.
type lateError struct{ error }

// prepare fills the mail. reason says why it is not to be sent, if so.
func (c *Courier) prepare(
	ctx context.Context, w *waiting, m *mail.Message, who *Addressee,
) (reason string, err error) {
	to, err := c.Recipient(ctx, w.Template, &w.Wish)
	switch {
	case errors.Is(err, ErrGone):
		return ReasonGone, nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", &lateError{faceless{err}}
	}
	m.To, who.Hash = to.Address, to.Hash
	if err := c.Suppression.Check(ctx, to.Hash); fault.CodeOf(err) == fault.MailSuppressed {
		return ReasonSuppressed, nil
	} else if err != nil {
		return "", err
	}
	stop := ""
	if l := c.Book.letter(w.Template); l != nil && l.Purpose != "" {
		wants, err := c.Consents.Wants(ctx, w.Member, Mail, l.Purpose)
		if err != nil {
			return "", err
		}
		if !wants {
			return ReasonUnwanted, nil
		}
		stop = c.Unsubscriber.URL(w.Member, l.Purpose)
	}
	data := map[string]any{}
	maps.Copy(data, w.Data)
	maps.Copy(data, to.Data)
	if who.Text, err = c.Book.Write(m, to.Language, &c.House, stop, data); err == nil {
		return "", nil
	}
	c.Post.log().Error("a mail cannot be written", "retailer", c.Post.Retailer, "about", w.About,
		"template", w.Template, "id", w.ID, "error", faceless{err}.Error())
	return ReasonText, nil
}

// again puts a mail back that was not sent, or gives it up.
func (c *Courier) again(
	ctx context.Context, w *waiting, m *mail.Message, who Addressee, why error,
) (state State, away, err error) {
	if w.Tries++; w.Tries >= maxTries {
		return c.skip(ctx, w, m, who, ReasonGivenUp)
	}
	return "", why, c.Queue.postpone(ctx, w, c.Queue.Now().Add(backOff(w.Tries)))
}

// skip settles a mail that is not sent.
func (c *Courier) skip(
	ctx context.Context, w *waiting, m *mail.Message, who Addressee, reason string,
) (state State, away, err error) {
	state, err = c.Post.Skip(ctx, m, who, reason)
	var under *UnderWay
	switch {
	case errors.As(err, &under):
		return "", nil, c.Queue.postpone(ctx, w, under.Since.Add(NewsWithin))
	case err != nil:
		return "", nil, err
	}
	return state, nil, c.Queue.done(ctx, w)
}

// domains counts the mails in flight by domain.
type domains struct {
	most int
	mu   sync.Mutex
	free *sync.Cond
	busy map[string]int
}

// enter waits until there is room for a mail to a domain; leave gives it back.
func (d *domains) enter(ctx context.Context, domain string) (leave func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.free == nil {
		d.free, d.busy = sync.NewCond(&d.mu), map[string]int{}
	}
	stop := context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.free.Broadcast()
	})
	defer stop()
	for d.busy[domain] >= d.most {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		d.free.Wait()
	}
	d.busy[domain]++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.busy[domain]--; d.busy[domain] == 0 {
			delete(d.busy, domain)
		}
		d.free.Broadcast()
	}, nil
}
