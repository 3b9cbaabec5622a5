package badinput_test

// What happens around a day, and what comes of it. Nothing is lost in any of them: a file stays held until a
// run that closes has taken it, and a run that stopped can be resumed, or voided and computed by the next.
//
//	case                                      result                                  code
//	the same file again, or under a new name  refused for 90 days                     file.duplicate
//	the same file in another feed             accepted; its receipts are known        transaction.duplicate
//	a refused file again                      refused for the same reason             file.count
//	an arrival that is told twice             one arrival                             -
//	arrival at 05:59:59 or 06:00:00           that day's run, or the next day's       -
//	arrival while the run is computed         held for the next run                   -
//	a lost event, found after the run         held for the next run                   -
//	two runs opened at once                   one run; both may drive it              run.busy
//	masters, members during a run             pinned; the next run sees them          -
//	no room on the disk, at each write        resume comes to the same digest         store.full
//	a damaged table                           error when opened or read, or nothing   store.damaged
//	a damaged held file or part               stops before the commit                 part.damaged, .missing
//	damaged pins                              void; the next run takes the files      part.damaged, .missing
//	a damaged manifest                        verify says where                       part.damaged, .missing
//	a clock that jumps back                   run dates stay, days never go back      run.exists
//	a clock before the first masters          not taken in; take it in again          masters.missing
//	a clock that jumps ahead                  a later run takes what is held          run.exists

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/flow"
	"multipoint/shared/keys/local"
	"multipoint/shared/master"
	"multipoint/shared/object"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/seal"
	"multipoint/shared/standalone"
	"multipoint/shared/table"
	items "multipoint/shared/table/memory"
)

// shop is a retailer whose days run over drivers in memory.
type shop struct {
	t       *testing.T
	objects object.Store
	table   table.Table
	service *day.Service
	now     time.Time
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := openShop(t, objects.New(objects.Options{}), items.New(nil))
	if err := s.publish(); err != nil {
		t.Fatal(err)
	}
	return s
}

// openShop makes a service over stores that are there.
func openShop(t *testing.T, o object.Store, i table.Table) *shop {
	t.Helper()
	s := &shop{t: t, objects: o, table: i, now: standalone.OpensAt(runDate())}
	stored := local.NewDemoKeys(o)
	parts, err := seal.New(t.Context(), o, stored, "R", seal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.service = &day.Service{
		Retailer: "R", Objects: o, Parts: parts, Table: i, Keys: stored,
		Now: func() time.Time { return s.now }, Options: day.Options{TempDir: t.TempDir(), Groups: 2},
	}
	return s
}

// shopMasters have two feeds of the same form and a normal rule of 1 per cent.
func shopMasters() *master.Set {
	set := masters()
	one, other := csvFeed("utf-8"), csvFeed("utf-8")
	one.Code, one.Files = "ONE", []string{"one*"}
	other.Code, other.Files = "OTHER", []string{"other*"}
	set.Feeds = []master.Feed{one, other}
	return set
}

func (s *shop) publish() error {
	_, err := s.service.PublishMasters(s.t.Context(), shopMasters(), runDate().Add(-1))
	return err
}

// receipts is a file of receipts of 1,000 yen each: 10 points.
func receipts(from, to int) string { return title + sales(from, to) + trailer(to-from+1) }

// arriving is an upload of the day before the run date, or of a later day.
func arriving(id, name, clock string, text string) day.Upload {
	at, err := time.Parse(time.RFC3339, "2026-11-"+clock+"+09:00")
	if err != nil {
		panic(err)
	}
	return day.Upload{ID: id, Name: name, Arrived: at, Body: strings.NewReader(text)}
}

func (s *shop) take(u day.Upload) *day.Arrival {
	s.t.Helper()
	a, err := s.service.TakeIn(s.t.Context(), u)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// runner drives runs; tasks replaces steps, nil = none.
func (s *shop) runner(tasks map[string]flow.Task) *standalone.Runner {
	s.t.Helper()
	r, err := standalone.NewRunner(s.service, standalone.RunnerOptions{
		Tasks: tasks, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// run runs a day to its end.
func (s *shop) run(date calendar.Date) *day.Manifest {
	s.t.Helper()
	r, err := s.runner(nil).RunDay(s.t.Context(), date)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.manifest(r.Run)
}

func (s *shop) manifest(run int64) *day.Manifest {
	s.t.Helper()
	m, err := s.service.Manifest(s.t.Context(), run)
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// wantPoints checks the points that were issued in all, that all runs verify and that the ledger is theirs.
func (s *shop) wantPoints(points int64) {
	s.t.Helper()
	ctx := s.t.Context()
	balances, err := s.service.Balances(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := -balances["P"].Issued; got != points {
		s.t.Errorf("%d points are issued, want %d", got, points)
	}
	err = s.service.Runs(ctx, func(r *day.Run) error {
		v, err := s.service.Verify(ctx, r.Run, objects.New(objects.Options{}))
		if err == nil && v.Verdict != day.Identical {
			err = fmt.Errorf("run %d: %+v", r.Run, *v)
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
	if err := s.service.VerifyLedger(ctx, items.New(nil)); err != nil {
		s.t.Error(err)
	}
}

// wantFiles checks which files a run took, as name or name=reason.
func (s *shop) wantFiles(m *day.Manifest, want ...string) {
	s.t.Helper()
	got := []string{}
	for i := range m.Files {
		f := &m.Files[i]
		name := f.Name
		if !f.Accepted() {
			name += "=" + f.Reason
		}
		got = append(got, name)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("run %d took %v, want %v", m.Run, got, want)
	}
}

// wantCode checks a fault's code.
func wantCode(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("got %v, want %s", err, code)
	}
}
