package mailing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"multipoint/shared/mail"
	"multipoint/shared/table"
	"multipoint/shared/table/memory"
)

// sink is a sender that forgets: it takes each mail as often as it is given.
type sink struct {
	mu     sync.Mutex
	times  map[string]int // by id
	last   map[string]mail.Message
	answer func(m *mail.Message) error // before the mail is taken
	busy   map[string]int              // by domain
	most   map[string]int
	hold   func()
}

func newSink() *sink {
	return &sink{
		times: map[string]int{}, last: map[string]mail.Message{}, busy: map[string]int{},
		most: map[string]int{},
	}
}

func (s *sink) Send(_ context.Context, m mail.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	domain := domainOf(m.To)
	s.busy[domain]++
	s.most[domain] = max(s.most[domain], s.busy[domain])
	if s.hold != nil {
		s.mu.Unlock()
		s.hold()
		s.mu.Lock()
	}
	defer func() { s.busy[domain]-- }()
	if s.answer != nil {
		if err := s.answer(&m); err != nil {
			return err
		}
	}
	s.times[m.ID]++
	s.last[m.ID] = m
	return nil
}

func (s *sink) sent() int { return len(s.times) }

// members are 1 to n; all want notices of points.
func memberName(i int) string { return fmt.Sprintf("m%06d", i) }

func addressOf(member string) string { return member + "@canary.example" }

// office is a courier with all that it needs, over a table.
func office(t testing.TB, tab table.Table, sender mail.Sender, now func() time.Time) *Courier {
	t.Helper()
	return officeWith(standard(t), tab, sender, now)
}

func officeWith(book *Book, tab table.Table, sender mail.Sender, now func() time.Time) *Courier {
	all := &Consents{Retailer: "R", Table: tab, Now: now}
	return &Courier{
		Queue: &Queue{Retailer: "R", Table: tab, Now: now},
		Post:  &Post{Retailer: "R", Table: tab, Sender: sender, Now: now},
		Book:  book, House: house, Consents: all, Suppression: &Suppression{Retailer: "R", Table: tab},
		Unsubscriber: unsubscriber(all),
		Recipient: func(_ context.Context, _ string, w *Wish) (Recipient, error) {
			return Recipient{Address: addressOf(w.Member), Hash: "h-" + w.Member, Language: Japanese}, nil
		},
	}
}

func agree(t testing.TB, c *Courier, n int) {
	t.Helper()
	for i := range n {
		err := c.Consents.Grant(t.Context(), memberName(i), Mail, Grants, "registration", "v1")
		if err != nil {
			t.Fatal(err)
		}
	}
}

func wishes(n int) iter.Seq[Wish] {
	return func(yield func(Wish) bool) {
		for i := range n {
			if !yield(Wish{Member: memberName(i), Data: grantData()}) {
				return
			}
		}
	}
}

const about = "R-R-00000012"

func grants() Delivery { return Delivery{About: about, Template: PointsGranted} }

func add(t testing.TB, c *Courier, n int) {
	t.Helper()
	if got, err := c.Queue.Add(t.Context(), grants(), wishes(n)); got != n || err != nil {
		t.Fatalf("%d mails, %v", got, err)
	}
}

func send(t testing.TB, c *Courier) Round {
	t.Helper()
	r, err := c.Send(t.Context(), c.Queue.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func count(t testing.TB, c *Courier) Counts {
	t.Helper()
	var out Counts
	err := c.Queue.Deliveries(t.Context(), func(d *Delivery) error {
		var err error
		out, err = c.Queue.Count(t.Context(), d)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestMailsGoOutOnceInTheWindow(t *testing.T) {
	clock, box := &clock{now: jst(24, 6, 30)}, newSink()
	c := office(t, memory.New(nil), box, clock.Now)
	agree(t, c, 300)
	for range 2 { // a step that is repeated adds them again
		add(t, c, 300)
	}
	if r := send(t, c); r != (Round{}) || box.sent() > 0 {
		t.Errorf("before the window: %+v", r)
	}
	clock.now = jst(24, 9, 0)
	if r := send(t, c); r != (Round{Sent: 300}) {
		t.Errorf("in the window: %+v", r)
	}
	add(t, c, 300) // and once more, when they are sent
	send(t, c)
	clock.now = jst(25, 9, 0)
	send(t, c)
	for id, n := range box.times {
		if n != 1 {
			t.Errorf("mail %s went out %d times", id, n)
		}
	}
	if got := count(t, c); got != (Counts{Queued: 300, Sent: 300}) || box.sent() != 300 {
		t.Errorf("%d mails, %+v", box.sent(), got)
	}
	if n, err := c.Queue.Waiting(t.Context()); n != 0 || err != nil {
		t.Errorf("%d wait, %v", n, err)
	}
	for _, m := range box.last {
		token := strings.TrimPrefix(m.Unsubscribe, "https://point.aozora.example/u/")
		member, purpose, err := c.Unsubscriber.Read(token)
		if err != nil || purpose != Grants || addressOf(member) != m.To {
			t.Fatalf("%s is stopped by %q: %q %q, %v", m.To, m.Unsubscribe, member, purpose, err)
		}
	}
}

func TestWhatMembersWaitForGoesOutAtNight(t *testing.T) {
	clock, box := &clock{now: jst(24, 23, 0)}, newSink()
	c := office(t, memory.New(nil), box, clock.Now)
	c.Recipient = func(_ context.Context, _ string, w *Wish) (Recipient, error) {
		return Recipient{
			Address: string(w.Sealed), Hash: "h", Language: English,
			Data: map[string]any{"Link": "https://point.aozora.example/login"},
		}, nil
	}
	d := Delivery{About: "R-login", Template: AlreadyRegistered, AtOnce: true}
	_, err := c.Queue.Add(t.Context(), d, func(yield func(Wish) bool) {
		yield(Wish{Member: "m1", Sealed: []byte("a@b.example")})
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := send(t, c); r.Sent != 1 {
		t.Errorf("%+v", r)
	}
	for _, m := range box.last {
		if m.To != "a@b.example" || m.Unsubscribe != "" || !strings.Contains(m.Text, "/login") {
			t.Errorf("got %+v", m)
		}
	}
}

// Who is asked at the time of sending: gone, unwilling and unreachable members get nothing, and are counted.
func TestMembersWhoGetNothing(t *testing.T) {
	clock, box := &clock{now: noon()}, newSink()
	c := office(t, memory.New(nil), box, clock.Now)
	agree(t, c, 4) // the fifth never agreed
	add(t, c, 5)
	ask := c.Recipient
	c.Recipient = func(ctx context.Context, letter string, w *Wish) (Recipient, error) {
		if w.Member == memberName(0) {
			return Recipient{}, fmt.Errorf("erased: %w", ErrGone)
		}
		return ask(ctx, letter, w)
	}
	_, err := c.Suppression.Add(t.Context(), "h-"+memberName(1), "x", Permanent, false, noon())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Consents.Revoke(t.Context(), memberName(2), Mail, Grants, "one-click"); err != nil {
		t.Fatal(err)
	}
	if r := send(t, c); r != (Round{Sent: 1, Skipped: 4}) {
		t.Errorf("%+v", r)
	}
	reasons := map[string]string{}
	err = c.Queue.Records(t.Context(), about, func(r *Record) error {
		reasons[r.Member] = string(r.State) + " " + r.Reason
		return nil
	})
	if got := fmt.Sprint(reasons); err != nil || got != "map[m000000:skipped gone "+
		"m000001:skipped suppressed m000002:skipped unwanted m000003:sent  m000004:skipped unwanted]" {
		t.Errorf("%s, %v", got, err)
	}
	if got := count(t, c); got != (Counts{Queued: 5, Sent: 1, Skipped: 4}) {
		t.Errorf("%+v", got)
	}
}

// No address of a member is in the table or the log, whatever the sender says.
func TestNoAddressIsKept(t *testing.T) {
	clock, box := &clock{now: noon()}, newSink()
	tab := memory.New(nil)
	c := office(t, tab, box, clock.Now)
	var log bytes.Buffer
	c.Post.Log = slog.New(slog.NewJSONHandler(&log, nil))
	agree(t, c, 4)
	add(t, c, 4)
	box.answer = func(m *mail.Message) error {
		switch m.To {
		case addressOf(memberName(0)):
			return fmt.Errorf("550 <%s> unknown: %w", m.To, mail.ErrInvalid)
		case addressOf(memberName(1)):
			return fmt.Errorf("busy for %s: %w", strings.ToUpper(m.To), mail.ErrNotSent)
		case addressOf(memberName(2)):
			return fmt.Errorf("lost %s", m.To)
		}
		return nil
	}
	if r := send(t, c); r != (Round{Sent: 1, Refused: 1, Postponed: 2}) {
		t.Errorf("%+v", r)
	}
	page, err := tab.Scan(t.Context(), 0, 1, "")
	if err != nil || page.Next != "" {
		t.Fatal(page.Next, err)
	}
	for _, item := range page.Items {
		if bytes.Contains(bytes.ToLower(item.Body), []byte("canary.example")) {
			t.Errorf("%q holds an address: %s", item.Key, item.Body)
		}
	}
	if strings.Contains(log.String(), "canary.example") || log.Len() == 0 {
		t.Errorf("the log: %s", log.String())
	}
	_, err = c.Post.SendOnce(t.Context(), &mail.Message{
		ID: mail.ID("R-x", "x", "m1"), To: addressOf(memberName(1)), Template: "x", Run: "R-x", Subject: "x",
		Text: "x", HTML: "x",
	}, Addressee{Member: "m1"})
	if !errors.Is(err, mail.ErrNotSent) || strings.Contains(strings.ToLower(err.Error()), "canary") {
		t.Errorf("the error says %v", err)
	}
}

// A mail that was turned away is tried later and later, then given up; one that may have gone out waits for
// news.
func TestMailsAreTriedAgain(t *testing.T) {
	clock, box := &clock{now: jst(24, 9, 0)}, newSink()
	c := office(t, memory.New(nil), box, clock.Now)
	agree(t, c, 1)
	add(t, c, 1)
	box.answer = func(*mail.Message) error { return fmt.Errorf("busy: %w", mail.ErrNotSent) }
	var tried []string
	for clock.now.Before(jst(29, 0, 0)) {
		if r := send(t, c); r.Postponed+r.Skipped > 0 {
			tried = append(tried, clock.now.Format("2 15:04"))
		}
		if clock.now = clock.now.Add(2 * time.Minute); clock.now.Hour() == 20 {
			clock.now = clock.now.Add(13 * time.Hour)
		}
	}
	if len(tried) != maxTries || strings.Join(tried[:8], ", ") !=
		"24 09:00, 24 09:02, 24 09:06, 24 09:14, 24 09:30, 24 10:02, 24 11:02, 24 12:02" {
		t.Errorf("tried %d times: %v", len(tried), tried)
	}
	for _, at := range tried {
		if hour := at[3:5]; hour < "09" || hour > "19" {
			t.Errorf("tried at %s", at)
		}
	}
	if got := count(t, c); got != (Counts{Queued: 1, Skipped: 1}) {
		t.Errorf("%+v", got)
	}
}

func TestAMailThatMayHaveGoneOutWaitsForNews(t *testing.T) {
	for _, heard := range []bool{true, false} {
		clock, box := &clock{now: jst(24, 9, 0)}, newSink()
		c := office(t, memory.New(nil), box, clock.Now)
		agree(t, c, 1)
		add(t, c, 1)
		box.answer = func(*mail.Message) error { return errors.New("the answer is lost") }
		if r := send(t, c); r.Postponed != 1 {
			t.Errorf("%+v", r)
		}
		box.answer = nil
		clock.now = clock.now.Add(NewsWithin - time.Minute)
		if r := send(t, c); r != (Round{}) {
			t.Errorf("before news could come: %+v", r)
		}
		id := mail.ID(about, PointsGranted, memberName(0))
		if heard {
			hear := &Feedback{Post: c.Post, Suppression: c.Suppression, Consents: c.Consents}
			news := Report{About: ShardAbout(about, id), ID: id, News: NewsDelivered}
			found, err := hear.Hear(t.Context(), news)
			if !found || err != nil {
				t.Fatal(found, err)
			}
		}
		clock.now = clock.now.Add(time.Minute)
		send(t, c)
		want := Counts{Queued: 1, Sent: 1, Again: 1}
		if heard {
			want = Counts{Queued: 1, Sent: 1, Delivered: 1}
		}
		if got := count(t, c); got != want || box.sent() != want.Again {
			t.Errorf("heard %v: sent %d times, %+v", heard, box.sent(), got)
		}
	}
}

func TestASenderThatTakesNothingIsLeftAlone(t *testing.T) {
	clock, box := &clock{now: jst(24, 9, 0)}, newSink()
	c := office(t, memory.New(nil), box, clock.Now)
	c.Workers = 1
	agree(t, c, 200)
	add(t, c, 200)
	box.answer = func(*mail.Message) error { return fmt.Errorf("paused: %w", mail.ErrNotSent) }
	r, err := c.Send(t.Context(), clock.now.Add(time.Hour))
	if !errors.Is(err, mail.ErrNotSent) || r.Postponed != patience {
		t.Errorf("%+v, %v", r, err)
	}
}

// News of member mails have their consequences, told once or twice.
func TestFeedback(t *testing.T) {
	clock, box := &clock{now: noon()}, newSink()
	c := office(t, memory.New(nil), box, clock.Now)
	agree(t, c, 2)
	if err := c.Consents.Grant(t.Context(), memberName(1), Mail, Adverts, "registration", "v1"); err != nil {
		t.Fatal(err)
	}
	add(t, c, 2)
	send(t, c)
	hear := &Feedback{Post: c.Post, Suppression: c.Suppression, Consents: c.Consents}
	for range 2 {
		for i, n := range []Report{{News: NewsBounced, Bounce: Permanent}, {News: NewsComplained}} {
			n.ID, n.At = mail.ID(about, PointsGranted, memberName(i)), noon()
			n.About = ShardAbout(about, n.ID)
			if found, err := hear.Hear(t.Context(), n); !found || err != nil {
				t.Fatal(found, err)
			}
		}
	}
	if err := c.Suppression.Check(t.Context(), "h-"+memberName(0)); err == nil {
		t.Error("the address that bounced is mailed")
	}
	for purpose, want := range map[Purpose]bool{Adverts: false, Grants: true} {
		got, err := c.Consents.Wants(t.Context(), memberName(1), Mail, purpose)
		if got != want || err != nil {
			t.Errorf("after a complaint %s: %v, %v", purpose, got, err)
		}
	}
	if got := count(t, c); got != (Counts{Queued: 2, Sent: 2, Bounced: 1, Complained: 1}) {
		t.Errorf("%+v", got)
	}
	found, err := hear.Hear(t.Context(), Report{About: "R-x", ID: mail.ID("a", "b", "c")})
	if found || err != nil {
		t.Errorf("news of no mail: %v, %v", found, err)
	}
}

// The rate is kept over all workers, and no domain gets more than its share at once. Time is the bubble's.
func TestRateAndDomains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newSink()
		box.hold = func() { time.Sleep(time.Second) } // how long a mail takes
		// The bubble's time begins at midnight of 2000-01-01 UTC, 09:00 in Japan.
		c := office(t, memory.New(nil), box, time.Now)
		c.Limit, c.Workers, c.PerDomain = rate.NewLimiter(14, 1), 50, 3
		c.Recipient = func(_ context.Context, _ string, w *Wish) (Recipient, error) {
			domain := "@docomo.ne.jp"
			if w.Member >= memberName(10) {
				domain = "@d" + w.Member[4:] + ".example"
			}
			return Recipient{Address: w.Member + domain, Hash: "h", Language: Japanese}, nil
		}
		agree(t, c, 141)
		add(t, c, 141)
		from := time.Now()
		send(t, c)
		if took := time.Since(from); took < 10*time.Second || took > 15*time.Second || box.sent() != 141 {
			t.Errorf("%d mails at 14/s took %v", box.sent(), took)
		}
		if box.most["docomo.ne.jp"] != 3 {
			t.Errorf("%d at once to one domain", box.most["docomo.ne.jp"])
		}
	})
}

func TestNoMailIsTakenAfterItsTime(t *testing.T) {
	box := newSink()
	now := &clock{now: jst(24, 19, 59)}
	c := office(t, memory.New(nil), box, now.Now)
	c.Workers = 1
	agree(t, c, 100)
	add(t, c, 100)
	box.answer = func(*mail.Message) error { // each takes ten seconds
		now.pass(10 * time.Second)
		return nil
	}
	send(t, c)
	if n := box.sent(); n < 5 || n > 8 { // two may be in hand when the window closes
		t.Errorf("%d mails in the last minute of the window", n)
	}
	now.now = jst(25, 9, 0)
	if r, err := c.Send(t.Context(), now.Now().Add(time.Minute)); err != nil || r.Sent < 5 || r.Sent > 8 {
		t.Errorf("%+v in a minute, %v", r, err)
	}
}
