package engine

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/mail"
)

// watch is a retailer whose alarms are looked at.
type watch struct {
	*Days
	t    *testing.T
	post *post
	log  bytes.Buffer
	told int
}

func watching(t *testing.T) *watch {
	w := &watch{t: t, post: newPost(0, nil)}
	w.post.rng = nil
	w.Days = mailDays(t, w.post, slog.New(slog.NewJSONHandler(&w.log, nil)), nil)
	return w
}

// at looks at a time of a day of November 2026, twice, and expects mails to the operator: their templates and
// a part of their subjects.
func (w *watch) at(date int, clock string, want ...string) {
	w.t.Helper()
	now, err := time.Parse(time.RFC3339, fmt.Sprintf("2026-11-%02dT%s:00+09:00", date, clock))
	if err != nil {
		w.t.Fatal(err)
	}
	for range 2 {
		if err := w.Service.CheckAlarms(w.t.Context(), now); err != nil {
			w.t.Fatal(err)
		}
	}
	w.expect(clock, want...)
	err = w.Service.Alarms(w.t.Context(), 1, func(a *day.AlarmRecord) error {
		if !a.Told {
			w.t.Errorf("%s: %s of %s counts as not told", clock, a.Kind, a.RunDate)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *watch) expect(when string, want ...string) {
	w.t.Helper()
	var got []string
	mails := 0
	for _, m := range w.post.mails {
		if m.To == operators {
			mails++
			got = append(got, m.Template+" "+m.Subject)
		}
	}
	for _, n := range w.post.times {
		if n != 1 {
			w.t.Errorf("%s: a mail went out %d times", when, n)
		}
	}
	if mails != w.told+len(want) {
		w.t.Errorf("%s: %d mails, want %q; all so far:\n%s", when, mails-w.told, want,
			strings.Join(got, "\n"))
	}
	w.told = mails
	for _, x := range want {
		template, part, _ := strings.Cut(x, " ")
		found := false
		for _, m := range w.post.mails {
			found = found || m.To == operators && m.Template == template && strings.Contains(m.Subject, part)
		}
		if !found {
			w.t.Errorf("%s: no mail %q among\n%s", when, x, strings.Join(got, "\n"))
		}
	}
	if lines := strings.Count(w.log.String(), "\n"); lines != w.told {
		w.t.Errorf("%s: %d mails, %d lines in the log:\n%s", when, w.told, lines, w.log.String())
	}
}

// standing are the alarms that are not over, "kind date run".
func (w *watch) standing() (out []string) {
	err := w.Service.Alarms(w.t.Context(), 1, func(a *day.AlarmRecord) error {
		if a.Stands() {
			out = append(out, fmt.Sprintf("%s %s %d", a.Kind, a.RunDate, a.Run))
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestLateDaysAreToldOnceAndWhenTheyAreOver(t *testing.T) {
	w := watching(t)
	w.at(23, "12:00") // nothing is published: nobody waits for a run
	if err := w.publish(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	w.at(23, "06:29")
	w.at(23, "06:30", "alarm no run was opened")
	w.at(23, "06:59")
	w.at(23, "07:00", "alarm not settled")
	w.at(23, "08:59")
	w.at(23, "09:00", "alarm not delivered")
	if got := strings.Join(w.standing(), ", "); got !=
		"not-delivered 2026-11-23 0, not-opened 2026-11-23 0, not-settled 2026-11-23 0" {
		t.Errorf("there stand %s", got)
	}
	w.at(24, "00:10") // nothing is over because a night went by
	run, err := w.Service.OpenDay(t.Context(), calendar.DateOf(w.now))
	if err != nil {
		t.Fatal(err)
	}
	w.at(24, "00:20", "recovery no run was opened")
	if err := w.drive(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	w.at(24, "00:30", "recovery not settled", "recovery not delivered")
	w.at(24, "06:30", "alarm no run was opened")
	w.at(24, "10:00", "alarm not settled", "alarm not delivered")
	w.at(25, "06:30", "alarm no run was opened") // another day, another alarm
	if n := len(w.standing()); n != 4 {
		t.Errorf("%d alarms stand: %v", n, w.standing())
	}
	// The day after runs: it takes what the day before should have.
	w.now = w.now.Add(48 * time.Hour)
	if run, err = w.Service.OpenDay(t.Context(), calendar.DateOf(w.now)); err != nil {
		t.Fatal(err)
	}
	w.at(25, "06:40", "recovery", "recovery", "recovery", "recovery")
	w.at(25, "07:10", "alarm not settled")
	if err := w.Service.Void(t.Context(), run.Run, "a trial"); err != nil {
		t.Fatal(err)
	}
	// It was voided, so nothing of these days is done.
	w.at(25, "07:20", "alarm no run was opened")
}

func TestAStoppedRunIsToldEachTimeItStops(t *testing.T) {
	w := watching(t)
	if err := w.publish(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	run, err := w.Service.OpenDay(t.Context(), calendar.DateOf(w.now))
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		t.Helper()
		if err := w.Service.Stop(t.Context(), run.Run, run.Attempt, "MP-4011 part.damaged"); err != nil {
			t.Fatal(err)
		}
	}
	resume := func() {
		t.Helper()
		if run, err = w.Service.Resume(t.Context(), run.Run); err != nil {
			t.Fatal(err)
		}
		if run.Reason != "" { // else it would look stopped again once it is committed
			t.Errorf("the attempt begins with the reason of the one before: %s", run.Reason)
		}
	}
	w.at(23, "06:03")
	stop()
	w.at(23, "06:04", "alarm a run stopped")
	w.at(23, "06:05")
	resume()
	w.at(23, "06:06", "recovery a run stopped")
	stop()
	w.at(23, "06:07", "alarm a run stopped")
	resume()
	w.at(23, "06:08", "recovery a run stopped")
	if err := w.drive(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	w.at(23, "06:09")
	texts := ""
	for _, m := range w.post.mails {
		texts += m.Text
	}
	for _, want := range []string{
		"MP-4011 part.damaged", "https://point.aozora.example/operator/R/runs/1", "2026/11/23 06:04",
		"あおぞらストア",
	} {
		if !strings.Contains(texts, want) {
			t.Errorf("the mails do not say %q", want)
		}
	}
}

// What stops a run after its commit is told too, until the run is closed.
func TestAFailureAfterTheCommitIsAnAlarm(t *testing.T) {
	w := watching(t)
	if err := w.publish(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	good := w.Service.Sender
	w.Service.Sender = &stubborn{}
	run, err := w.Service.OpenDay(t.Context(), calendar.DateOf(w.now))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.drive(t.Context(), run); err == nil {
		t.Fatal("the run ended without its mails")
	}
	w.Service.Sender = once{good.(*post)}
	w.at(23, "06:10", "alarm a run stopped")
	if run, err = w.Service.Resume(t.Context(), run.Run); err == nil {
		err = w.drive(t.Context(), run)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.at(23, "06:20", "recovery a run stopped")
}

// An alarm whose mail failed is mailed when the sender works again; one raised by hand is once a day.
func TestAnAlarmIsToldWhenMailWorksAgain(t *testing.T) {
	w := watching(t)
	if err := w.publish(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	good := w.Service.Sender
	w.Service.Sender = away{}
	for range 3 {
		err := w.Service.CheckAlarms(t.Context(), w.now.Add(30*time.Minute))
		if err == nil {
			t.Fatal("nobody says that no mail was sent")
		}
	}
	if got := strings.Count(w.log.String(), "\n"); got != 1 || len(w.standing()) != 1 {
		t.Errorf("%d lines in the log, %v stand", got, w.standing())
	}
	w.Service.Sender = good
	w.at(23, "06:33", "alarm no run was opened")
	for range 2 {
		if err := w.Service.Alarm(t.Context(), "bounces", "10 of 100 mails came back"); err != nil {
			t.Fatal(err)
		}
	}
	w.expect("by hand", "alarm bounces")
	w.at(23, "06:34") // not what CheckAlarms decides about
	for range 2 {
		if err := w.Service.Recovered(t.Context(), "bounces"); err != nil {
			t.Fatal(err)
		}
	}
	w.expect("by hand", "recovery bounces")
	if err := w.Service.Alarm(t.Context(), "Bounces\r\n", ""); err == nil {
		t.Error("the kind of an alarm may break a line")
	}
}

// away is a sender that sends nothing and says so.
type away struct{}

func (away) Send(context.Context, mail.Message) error { return mail.ErrNotSent }
