package badinput_test

import (
	"context"
	"encoding/json"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
)

func TestSameFileAgain(t *testing.T) {
	text := receipts(1, 5)
	t.Run("in the same run, under its own and another name", func(t *testing.T) {
		s := newShop(t)
		s.take(arriving("1", "one-a", "21T10:00:00", text))
		s.take(arriving("2", "one-a", "21T11:00:00", text))
		s.take(arriving("3", "one-b", "21T12:00:00", text))
		s.wantFiles(s.run(runDate()), "one-a", "one-a=file.duplicate", "one-b=file.duplicate")
		s.wantPoints(50)
	})
	t.Run("in later runs, 90 days on", func(t *testing.T) {
		s := newShop(t)
		s.take(arriving("1", "one-a", "21T10:00:00", text))
		s.wantFiles(s.run(runDate()), "one-a")
		s.take(arriving("2", "one-b", "22T10:00:00", text))
		s.wantFiles(s.run(runDate().Add(1)), "one-b=file.duplicate")
		late := arriving("3", "one-c", "21T10:00:00", text)
		late.Arrived = late.Arrived.AddDate(0, 0, 90)
		s.take(late)
		s.wantFiles(s.run(runDate().Add(90)), "one-c=file.duplicate")
		s.wantPoints(50)
	})
	t.Run("in another feed", func(t *testing.T) {
		s := newShop(t)
		s.take(arriving("1", "one-a", "21T10:00:00", text))
		s.take(arriving("2", "other-a", "21T11:00:00", text))
		m := s.run(runDate())
		s.wantFiles(m, "one-a", "other-a")
		if m.Totals.Duplicates.Lines != 5 {
			t.Errorf("%d duplicates, want 5", m.Totals.Duplicates.Lines)
		}
		s.take(arriving("3", "other-b", "22T11:00:00", title+sales(1, 6)+trailer(6)))
		if m = s.run(runDate().Add(1)); m.Totals.Duplicates.Lines != 5 || m.Totals.Rated.Lines != 1 {
			t.Errorf("of the day after: %+v", m.Totals)
		}
		s.wantPoints(60)
	})
	t.Run("after it was refused", func(t *testing.T) {
		s := newShop(t)
		cut := title + sales(1, 4) + trailer(5)
		s.take(arriving("1", "one-a", "21T10:00:00", cut))
		s.wantFiles(s.run(runDate()), "one-a=file.count")
		s.take(arriving("2", "one-a", "22T10:00:00", cut))
		s.take(arriving("3", "one-a", "22T11:00:00", text))
		s.wantFiles(s.run(runDate().Add(1)), "one-a=file.count", "one-a")
		s.wantPoints(50)
	})
	t.Run("told twice", func(t *testing.T) {
		s := newShop(t)
		first := s.take(arriving("1", "one-a", "21T10:00:00", text))
		again := s.take(arriving("1", "one-a", "22T10:00:00", text))
		if again.RunDate != first.RunDate || !again.Arrived.Equal(first.Arrived) {
			t.Errorf("the record changed: %+v, was %+v", again, first)
		}
		s.wantFiles(s.run(runDate()), "one-a")
		s.wantPoints(50)
	})
}

func TestArrivalAtTheCutOff(t *testing.T) {
	s := newShop(t)
	before := s.take(arriving("1", "one-a", "22T05:59:59", receipts(1, 5)))
	after := s.take(arriving("2", "one-b", "22T06:00:00", receipts(6, 10)))
	if before.RunDate != runDate() || after.RunDate != runDate().Add(1) {
		t.Errorf("run dates %s and %s", before.RunDate, after.RunDate)
	}
	s.wantFiles(s.run(runDate()), "one-a")
	s.wantFiles(s.run(runDate().Add(1)), "one-b")
	s.wantPoints(100)
}

// TestArrivalDuringTheRun: what is recorded once the run is open goes to the next one, also if it arrived in
// time and its event was lost (R1).
func TestArrivalDuringTheRun(t *testing.T) {
	s := newShop(t)
	s.take(arriving("1", "one-a", "22T05:00:00", receipts(1, 5)))
	tasks := s.service.Tasks()
	for i, step := range []string{"convert", "check", "settle", "post", "close"} {
		task := tasks[step]
		tasks[step] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			id := string(rune('a' + i))
			lost := arriving(id, "one-"+step, "22T05:30:00", receipts(10+5*i, 14+5*i))
			if _, err := s.service.TakeIn(ctx, lost); err != nil {
				t.Error(err)
			}
			return task(ctx, input)
		}
	}
	run, err := s.runner(tasks).RunDay(t.Context(), runDate())
	if err != nil {
		t.Fatal(err)
	}
	s.wantFiles(s.manifest(run.Run), "one-a")
	s.take(arriving("2", "one-z", "22T04:00:00", receipts(50, 54))) // its event was lost for hours
	s.wantFiles(s.run(runDate().Add(1)),
		"one-z", "one-check", "one-close", "one-convert", "one-post", "one-settle")
	s.wantPoints(350)
}

// TestMastersPublishedDuringTheRun: a run reads what it pinned; the next one sees the new version.
func TestMastersPublishedDuringTheRun(t *testing.T) {
	digest := func(disturb bool) (string, *shop) {
		s := newShop(t)
		s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
		tasks := s.service.Tasks()
		for name, task := range tasks {
			tasks[name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
				if disturb {
					set := shopMasters()
					set.Points[0].Give.Den = 10
					if _, err := s.service.PublishMasters(ctx, set, runDate().Add(-1)); err != nil {
						t.Error(err)
					}
					members := []byte("member,number,provider,card,replaced_by\nM,1,P,300000000000001,\n")
					if _, err := s.service.PublishMembers(ctx, members, runDate()); err != nil {
						t.Error(err)
					}
				}
				out, err := task(ctx, input)
				if err != nil {
					t.Error(name, err)
				}
				return out, err
			}
		}
		run, err := s.runner(tasks).RunDay(t.Context(), runDate())
		if err != nil {
			t.Fatal(err)
		}
		return s.manifest(run.Run).Digest, s
	}
	calm, _ := digest(false)
	got, s := digest(true)
	if got != calm {
		t.Errorf("digest %s, undisturbed %s", got, calm)
	}
	s.wantPoints(50)
	s.take(arriving("2", "one-b", "22T10:00:00", receipts(6, 10)))
	s.run(runDate().Add(1))
	s.wantPoints(50 + 500)
}

// TestClockThatJumps: intake fixes a file's run date; days follow each other whatever the clock says. A jump
// back changes nothing but the moment that the run notes. A jump ahead makes a later day's run take all that
// is held until then; the days that it passed by are not run any more, and nothing is left behind.
func TestClockThatJumps(t *testing.T) {
	t.Run("back", func(t *testing.T) {
		s := newShop(t)
		a := s.take(arriving("1", "one-a", "22T05:59:00", receipts(1, 5)))
		s.now = s.now.AddDate(0, 0, -3) // between arrival and run
		s.wantFiles(s.run(a.RunDate), "one-a")
		s.now = s.now.AddDate(0, 0, -3) // and behind it
		for _, date := range []calendar.Date{runDate(), runDate().Add(-1), runDate().Add(-6)} {
			_, err := s.service.OpenDay(t.Context(), date)
			wantCode(t, err, fault.RunExists)
		}
		late := s.take(arriving("2", "one-b", "21T05:59:00", receipts(6, 10))) // by the wrong clock
		if late.RunDate != runDate().Add(-1) {
			t.Errorf("run date %s", late.RunDate)
		}
		// A clock before the first masters: nothing is recorded, so the file is taken in once it is right.
		_, err := s.service.TakeIn(t.Context(), arriving("3", "one-c", "01T05:59:00", receipts(11, 15)))
		wantCode(t, err, fault.MastersMissing)
		s.take(arriving("3", "one-c", "22T10:00:00", receipts(11, 15)))
		s.wantFiles(s.run(runDate().Add(1)), "one-b", "one-c")
		s.wantPoints(150)
	})
	t.Run("ahead", func(t *testing.T) {
		s := newShop(t)
		s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
		s.now = s.now.AddDate(0, 0, 5)
		s.take(arriving("2", "one-b", "27T05:00:00", receipts(6, 10)))
		s.wantFiles(s.run(runDate().Add(5)), "one-a", "one-b")
		s.now = s.now.AddDate(0, 0, -5) // it is right again
		s.take(arriving("3", "one-c", "23T05:00:00", receipts(11, 15)))
		_, err := s.service.OpenDay(t.Context(), runDate().Add(1))
		wantCode(t, err, fault.RunExists)
		s.wantFiles(s.run(runDate().Add(6)), "one-c")
		s.wantPoints(150)
	})
	t.Run("during a run", func(t *testing.T) {
		digest := func(jump bool) string {
			s := newShop(t)
			s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
			run, err := s.service.OpenDay(t.Context(), runDate())
			if err != nil {
				t.Fatal(err)
			}
			if jump {
				s.now = s.now.AddDate(0, 0, -40)
				if run, err = s.service.Resume(t.Context(), run.Run); err != nil {
					t.Fatal(err)
				}
				s.now = s.now.AddDate(0, 0, 80)
			}
			if err := s.runner(nil).Drive(t.Context(), run); err != nil {
				t.Fatal(err)
			}
			return s.manifest(run.Run).Digest
		}
		if calm, got := digest(false), digest(true); got != calm {
			t.Errorf("digest %s, undisturbed %s", got, calm)
		}
	})
}

// TestVoidedRunGivesItsFilesBack: they go to the next run, also if that is of the same day.
func TestVoidedRunGivesItsFilesBack(t *testing.T) {
	s := newShop(t)
	s.take(arriving("1", "one-a", "21T10:00:00", receipts(1, 5)))
	run, err := s.service.OpenDay(t.Context(), runDate())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.service.OpenDay(t.Context(), runDate().Add(1))
	wantCode(t, err, fault.RunBusy)
	if err := s.service.Void(t.Context(), run.Run, "a test"); err != nil {
		t.Fatal(err)
	}
	_, err = s.service.Resume(t.Context(), run.Run)
	wantCode(t, err, fault.RunVoided)
	if err := s.runner(nil).Drive(t.Context(), run); err == nil {
		t.Error("a voided run went on")
	}
	m := s.run(runDate())
	s.wantFiles(m, "one-a")
	wantCode(t, s.service.Void(t.Context(), m.Run, "too late"), fault.RunCommitted)
	_, err = s.service.Resume(t.Context(), m.Run)
	wantCode(t, err, fault.RunClosed)
	s.wantPoints(50)
	if r, err := s.service.Run(t.Context(), run.Run); err != nil || r.State != day.Voided {
		t.Errorf("%+v %v", r, err)
	}
}
