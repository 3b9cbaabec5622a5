package engine

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/keys/local"
	"multipoint/shared/mail"
	"multipoint/shared/mail/outbox"
	"multipoint/shared/master"
	"multipoint/shared/object"
	"multipoint/shared/seal"
	"multipoint/test/model"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Card numbers of mailCase: none may be found where it does not belong.
var canaries = []string{"312345678901234", "387654321098765", "9999123456780001", "9999876543210002"}

// mailCase has two days with all that mails and proofs tell of: a refused file, a duplicate one, bad lines,
// rating errors, duplicates, returns, a day on which a provider is closed, an answer.
func mailCase() *model.Case {
	sale := func(receipt int, card, yen string) model.Line {
		return model.Line{
			Date: "2026-11-22", Time: "10:00", Store: "S1", Register: "01", Receipt: fmt.Sprint(receipt),
			Card: card, Incl: yen,
		}
	}
	var lines []model.Line
	for i := range 14 {
		lines = append(lines, sale(1001+i, canaries[i%len(canaries)], fmt.Sprint(1080*(i+1))))
	}
	lines[5].Date = "2026-11-32"
	back := sale(2001, canaries[0], "1080")
	back.Kind, back.OrigDate, back.OrigStore, back.OrigRegister = "return", "2026-11-22", "S1", "01"
	back.OrigReceipt = "1001"
	unknown := back
	unknown.Receipt, unknown.OrigReceipt = "2002", "9999"
	first := append(slices.Clone(lines), lines[1], unknown, sale(1099, canaries[1], "50"))
	pos := model.File{
		Name: "POS_20261123.csv", Feed: "POS", Arrived: "2026-11-23T02:10:00", Content: "x",
		Lines: numbered(first),
	}
	again := pos
	again.Name, again.Arrived = "POS_20261123_2.csv", "2026-11-23T02:40:00"
	ec := model.File{
		Name: "EC_20261123.csv", Feed: "EC", Arrived: "2026-11-23T03:00:00",
		Control: &model.Control{Count: 3, Amount: 9000},
		Lines:   numbered([]model.Line{sale(3001, canaries[2], "3000"), sale(3002, canaries[3], "3000")}),
	}
	second := model.File{
		Name: "POS_20261124.csv", Feed: "POS", Arrived: "2026-11-24T02:00:00",
		Lines: numbered([]model.Line{back, sale(4001, canaries[1], "20000"), sale(4002, canaries[2], "700")}),
	}
	return &model.Case{
		ID: "mail",
		Masters: model.Masters{
			Cards: []model.Card{
				{Code: "C1", Provider: "P1", Digits: 15, Min: "300000000000000", Max: "399999999999999"},
				{Code: "C2", Provider: "P2", Digits: 16, Min: "9999000000000000", Max: "9999999999999999"},
			},
			Points: []model.Points{
				{
					Code: "N1", Provider: "P1", PointType: "BASE",
					Give: model.Give{Kind: "rate", Num: 1, Den: 100},
				},
				{
					Code: "N2", Provider: "P2", PointType: "MILE",
					Give: model.Give{Kind: "unit", Unit: 200, Points: 1},
				},
			},
			Campaigns: []model.Campaign{{
				Code: "DOUBLE", Provider: "P1", PointType: "BONUS", MinAmount: 5000,
				Give: model.Give{Kind: "rate", Num: 1, Den: 100},
			}},
			Feeds: map[string]model.Feed{
				"POS": {Excl: "same"}, "EC": {Excl: "same", TrailerCounts: []string{"count", "amount"}},
			},
			Providers: map[string]model.Outlet{"P2": {Closed: []string{"2026-11-24"}}},
		},
		Days: []model.Day{
			{RunDate: "2026-11-23", Files: []model.File{pos, again, ec}},
			{RunDate: "2026-11-24", Files: []model.File{second}, Answers: []model.Answer{{
				Provider: "P1", Content: "a",
				Lines: []model.AnswerLine{{FileNo: 1, Sequence: 1}, {FileNo: 7, Sequence: 7}},
			}}},
		},
	}
}

func numbered(lines []model.Line) []model.Line {
	for i := range lines {
		lines[i].Line = i + 1
	}
	return lines
}

const (
	hq, hikari, midori = "hq@aozora.example", "desk@hikari.example", "points@midori.example"
	operators          = "ops@multipoint.example"
)

// named gives masters their names and addresses.
func named(set *master.Set) {
	set.Retailer.Name, set.Retailer.Mail = "あおぞらストア", []string{hq}
	for i := range set.Providers {
		switch p := &set.Providers[i]; p.Code {
		case "P1":
			p.Name, p.Mail = "ひかりポイント", []string{hikari, hq}
		case "P2":
			p.Name, p.Mail = "みどりマイル", []string{midori, hq}
		}
	}
}

// mailDays makes days that send mails. Keys are the demo's, so that two of them give the same bytes.
func mailDays(t *testing.T, sender mail.Sender, log *slog.Logger, chaos *Chaos) *Days {
	t.Helper()
	d := inMemory(mailCase(), day.Options{})
	if chaos != nil {
		chaos.Calm()
		d.Chaos, d.Objects, d.Table = chaos, chaos, Items{chaos}
	}
	if err := d.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	demo := local.NewDemoKeys(d.Objects)
	parts, err := seal.New(t.Context(), d.Objects, demo, "R", seal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := d.Service
	s.Keys, s.Parts, s.Sender, s.Log, s.Operator = demo, parts, sender, log, []string{operators}
	s.Site = "https://point.aozora.example/"
	return d
}

// publish prepares a day of the case: its masters with names and addresses, and its files.
func (d *Days) publish(ctx context.Context, i int) error {
	in := &d.Case.Days[i]
	if err := d.prepareDay(ctx, in, &d.Case.Masters, nil, i == 0); err != nil || i > 0 {
		return err
	}
	set, err := d.masters(&d.Case.Masters)
	if err != nil {
		return err
	}
	named(set)
	var read dates
	return d.again(func() error {
		_, err := d.Service.PublishMasters(ctx, set, read.date(in.RunDate).Add(-2))
		return err
	})
}

// runAll runs all days of the case.
func (d *Days) runAll(t *testing.T) {
	t.Helper()
	for i := range d.Case.Days {
		if err := d.publish(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		if _, err := d.day(t.Context(), &d.Case.Days[i], &d.Case.Masters); err != nil {
			t.Fatal(err)
		}
	}
}

// expected are the mails of the case, by run, template and address, as often as they are to be sent.
var expected = map[string]int{
	"R-00000001 upload-errors " + hq: 1, "R-00000001 points-ready " + hikari: 1,
	"R-00000001 points-ready " + midori: 1, "R-00000001 points-ready " + hq: 2, // one for each provider
	"R-00000002 points-ready " + hikari: 1, "R-00000002 points-ready " + hq: 1,
}

func nameOf(m *mail.Message) string { return m.Run + " " + m.Template + " " + m.To }

// post is a sender that loses answers, by a seed: with the mail or without it. It may be told a mail twice.
type post struct {
	mu    sync.Mutex
	rng   *rand.Rand
	to    mail.Sender
	times map[string]int          // mails that went out, by id
	mails map[string]mail.Message // by id
}

func newPost(seed uint64, to mail.Sender) *post {
	return &post{
		rng: rand.New(rand.NewPCG(seed, 2)), to: to, times: map[string]int{},
		mails: map[string]mail.Message{},
	}
}

var errPost = errors.New("the post office does not answer")

func (p *post) Send(ctx context.Context, m mail.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	roll := 0
	if p.rng != nil {
		roll = p.rng.IntN(4)
	}
	switch roll {
	case 1:
		return errPost
	case 2:
		return fmt.Errorf("too busy: %w", mail.ErrNotSent)
	}
	p.times[m.ID]++
	p.mails[m.ID] = m
	if p.to != nil {
		if err := p.to.Send(ctx, m); err != nil {
			return err
		}
	}
	if roll == 3 {
		return errPost
	}
	return nil
}

// once is a post that knows what it has.
type once struct{ *post }

func (once) SendsOnce() {}

func TestMailsGoOutOnceThroughLossesOfPower(t *testing.T) {
	crashes := 0
	for seed := uint64(1); seed <= 6 && !t.Failed(); seed++ {
		box, err := outbox.Open(t.TempDir(), outbox.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = box.Close() })
		chaos := NewChaos(seed)
		d := mailDays(t, once{newPost(seed, box)}, nil, chaos)
		d.runAll(t)
		crashes += chaos.Crashes
		page, _, err := box.List(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for i := range page {
			got[nameOf(&page[i].Message)]++
		}
		compareCounts(t, got)
		for run := int64(1); run <= 2; run++ {
			p, err := d.Service.Proof(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range p.Mails {
				if m.Again != 0 || m.Refused != 0 {
					t.Errorf("seed %d, run %d: %+v", seed, run, m)
				}
			}
		}
		for _, x := range d.verify(t.Context()) {
			t.Errorf("seed %d: %s", seed, x)
		}
	}
	if crashes < 6 {
		t.Errorf("only %d losses of power: nothing was disturbed", crashes)
	}
}

func compareCounts(t *testing.T, got map[string]int) {
	t.Helper()
	for name, n := range expected {
		if got[name] != n {
			t.Errorf("%s: %d mails, want %d", name, got[name], n)
		}
	}
	for name, n := range got {
		if expected[name] == 0 {
			t.Errorf("%s: %d mails, want none", name, n)
		}
	}
}

// A sender that may send a mail twice is not asked again before news of it could have come; what may have
// gone out twice is counted in the proof (R23).
func TestPossibleDuplicatesAreCountedInTheProof(t *testing.T) {
	doubles, counted := 0, 0
	for seed := uint64(1); seed <= 6 && !t.Failed(); seed++ {
		sender := newPost(seed, nil)
		chaos := NewChaos(seed)
		d := mailDays(t, sender, nil, chaos)
		asked := map[time.Time]int{}
		var mu sync.Mutex
		d.Service.Now = func() time.Time { // time goes on while mails are waited for
			mu.Lock()
			defer mu.Unlock()
			asked[d.now]++
			return d.now.Add(time.Duration(asked[d.now]) * time.Minute)
		}
		d.runAll(t)
		got := map[string]int{}
		for id, m := range sender.mails {
			got[nameOf(&m)]++
			doubles += sender.times[id] - 1
		}
		compareCounts(t, got)
		for run := int64(1); run <= 2; run++ {
			p, err := d.Service.Proof(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range p.Mails {
				counted += m.Again
			}
			err = d.Service.Mails(t.Context(), run, func(r *day.MailRecord) error {
				if more := sender.times[r.ID] - 1; more > r.Again || r.State != day.MailSent {
					t.Errorf("seed %d: sent %d times more, %+v", seed, more, *r)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if doubles == 0 || counted < doubles {
		t.Errorf("%d duplicates, %d counted", doubles, counted)
	}
}

func TestAMailUnderWayWaitsForNews(t *testing.T) {
	sender := &stubborn{}
	d := mailDays(t, sender, nil, nil)
	if err := d.publish(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	run, err := d.Service.OpenDay(t.Context(), calendar.DateOf(d.now))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.drive(t.Context(), run); err == nil {
		t.Fatal("the run ended although no mail was taken")
	}
	tried := sender.calls
	if tried != 5 {
		t.Errorf("%d mails were tried, want 5, each once", tried)
	}
	for _, wait := range []time.Duration{14 * time.Minute, 2 * time.Minute} {
		d.now = d.now.Add(wait)
		if run, err = d.Service.Resume(t.Context(), run.Run); err != nil {
			t.Fatal(err)
		}
		sender.works = true
		err = d.drive(t.Context(), run)
		if (err == nil) != (wait == 2*time.Minute) {
			t.Errorf("after another %v: %v", wait, err)
		}
	}
	if sender.calls != 2*tried {
		t.Errorf("%d mails were sent again, want %d", sender.calls-tried, tried)
	}
	p, err := d.Service.Proof(t.Context(), run.Run)
	if err != nil || len(p.Mails) != 2 || p.Mails[0].Again+p.Mails[1].Again != tried {
		t.Errorf("the proof counts %+v, %v", p.Mails, err)
	}
}

// stubborn is a sender that fails until it works.
type stubborn struct {
	works bool
	calls int
}

func (s *stubborn) Send(context.Context, mail.Message) error {
	if s.calls++; s.works {
		return nil
	}
	return errPost
}

// A mail that is refused for good is counted, and holds nobody up.
func TestARefusedMailDoesNotHoldTheRunUp(t *testing.T) {
	sender := newPost(0, nil)
	sender.rng = nil
	var log bytes.Buffer
	d := mailDays(t, sender, slog.New(slog.NewJSONHandler(&log, nil)), nil)
	if err := d.publish(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	set, err := d.masters(&d.Case.Masters)
	if err != nil {
		t.Fatal(err)
	}
	named(set)
	set.Retailer.Name = "あおぞら\r\nBcc: x@y.example\u2028ストア"
	set.Providers[0].Mail = []string{"desk@hikari.example\r\nBcc: x@y.example"}
	date := calendar.DateOf(d.now)
	if _, err := d.Service.PublishMasters(t.Context(), set, date.Add(-2)); err != nil {
		t.Fatal(err)
	}
	run, err := d.Service.OpenDay(t.Context(), date)
	if err == nil {
		err = d.drive(t.Context(), run)
	}
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Service.Proof(t.Context(), run.Run)
	if err != nil || len(p.Mails) != 2 || p.Mails[0].Refused != 1 || p.Mails[1].Sent != 1 {
		t.Errorf("the proof counts %+v, %v", p.Mails, err)
	}
	for _, m := range sender.mails {
		if strings.ContainsAny(m.Subject, "\r\n\u2028") || !strings.Contains(m.Subject, "あおぞら") {
			t.Errorf("the subject is %q", m.Subject)
		}
	}
	if !strings.Contains(log.String(), "a mail was refused") || strings.Contains(log.String(), "@") {
		t.Errorf("the log is %s", log.String())
	}
}

// Nothing in a mail, the log, the proof, a plain object or the table holds a card number.
func TestCardNumbersStayWhereTheyBelong(t *testing.T) {
	sender := newPost(0, nil)
	sender.rng = nil
	var log bytes.Buffer
	d := mailDays(t, sender, slog.New(slog.NewJSONHandler(&log, nil)), nil)
	d.runAll(t)
	run, err := d.Service.OpenDay(t.Context(), calendar.DateOf(d.now).Add(1))
	if err != nil {
		t.Fatal(err)
	}
	reason := "the card " + canaries[0] + " (" + canaries[2][:4] + " " + canaries[2][4:] + ") is not known"
	if err := d.Service.Stop(t.Context(), run.Run, run.Attempt, "MP-4011 part.damaged"); err != nil {
		t.Fatal(err)
	}
	if err := d.Service.Alarm(t.Context(), "test", reason); err != nil {
		t.Fatal(err)
	}
	if err := d.Service.CheckAlarms(t.Context(), d.now.Add(27*time.Hour)); err != nil {
		t.Fatal(err)
	}
	looked, inOutbox := 0, 0
	look := func(where, text string) {
		looked++
		for _, number := range canaries {
			found := strings.Contains(text, number) ||
				strings.Contains(strings.ReplaceAll(text, " ", ""), number)
			switch {
			case found && strings.HasPrefix(where, "outbox/"):
				inOutbox++ // what the provider reads
			case found:
				t.Errorf("%s holds the card number %s", where, number)
			}
		}
	}
	for _, m := range sender.mails {
		look("mail "+nameOf(&m), m.Subject+m.Text+m.HTML)
	}
	look("the log", log.String())
	err = object.All(t.Context(), d.Objects, "", func(info object.Info) error {
		text, err := object.ReadAll(t.Context(), d.Objects, info.Key, 1<<30)
		look(info.Key, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for cursor := ""; ; {
		page, err := d.Table.Scan(t.Context(), 0, 1, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			look("item "+item.Partition+item.Sort, string(item.Body))
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if looked < 60 || inOutbox < len(canaries) || len(sender.mails) < 9 || log.Len() == 0 {
		t.Errorf("looked at %d texts with %d numbers for providers, %d mails, log %q", looked, inOutbox,
			len(sender.mails), log.String())
	}
}

// TestProofsAreGolden compares proofs and mails of the case with testdata, byte by byte: they must not depend
// on the clock, chance, or how the work was interrupted.
func TestProofsAreGolden(t *testing.T) {
	for _, chaos := range []*Chaos{nil, NewChaos(3)} {
		sender := newPost(0, nil)
		sender.rng = nil
		d := mailDays(t, once{sender}, nil, chaos)
		d.runAll(t)
		for run := int64(1); run <= 3; run++ {
			page, err := d.Service.ProofPage(t.Context(), run)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("proof-%d.html", run), page)
		}
		for _, m := range sender.mails {
			if m.Run == "R-00000001" && (m.To == hq && m.Template == "upload-errors" || m.To == hikari) {
				golden(t, m.Template+".txt", []byte("Subject: "+m.Subject+"\n\n"+m.Text))
				golden(t, m.Template+".html", []byte(m.HTML))
			}
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from its golden file (run with -update, read the difference):\n%s", name, got)
	}
}

// A proof that an earlier program wrote counts: the run is closed all the same.
func TestTheFirstProofCounts(t *testing.T) {
	d := mailDays(t, nil, nil, nil)
	d.runAll(t)
	p, err := d.Service.Proof(t.Context(), 1)
	if err != nil || len(p.Mails) != 0 || p.Totals.Files != 3 || len(p.Parts) == 0 {
		t.Fatalf("without a sender the proof is %+v, %v", p, err)
	}
	if _, err := d.Service.Proof(t.Context(), 9); fault.CodeOf(err) != fault.PartMissing {
		t.Errorf("got %v, want part.missing", err)
	}
}

// Uploads that intake holds back never reach a run: headquarters hear of them with the day's mail, each once.
func TestHeadquartersHearOfUploadsThatWereNotTakenIn(t *testing.T) {
	sender := newPost(0, nil)
	sender.rng = nil
	d := mailDays(t, sender, nil, nil)
	for i := range d.Case.Days {
		if err := d.publish(t.Context(), i); err != nil {
			t.Fatal(err)
		}
		u := day.Upload{
			ID: fmt.Sprint("lost-", i), Name: fmt.Sprintf("lost%d.txt", i), Body: strings.NewReader("x"),
			Arrived: d.now.Add(-time.Hour),
		}
		if _, err := d.Service.TakeIn(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		if _, err := d.day(t.Context(), &d.Case.Days[i], &d.Case.Masters); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"届いた4ファイルのうち4ファイル", "届いた2ファイルのうち1ファイル"} {
		name, found := fmt.Sprintf("lost%d.txt", i), 0
		for _, m := range sender.mails {
			if m.Template == "upload-errors" && strings.Contains(m.Text, name) {
				found++
				if !strings.Contains(m.Text, want) || m.Run != fmt.Sprintf("R-%08d", i+1) {
					t.Errorf("%s does not say %q:\n%s", m.Run, want, m.Text)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s is told in %d mails", name, found)
		}
	}
}
