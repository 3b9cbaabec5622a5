package kill_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"multipoint/events"
	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/generate"
	"multipoint/shared/master"
	"multipoint/shared/object"
	"multipoint/shared/standalone"
	"multipoint/shared/table/pebble"
)

// The child is this test's program, told by the environment what to do in which folder.
const (
	modeName   = "MULTIPOINT_KILL_CHILD"
	dirName    = "MULTIPOINT_KILL_DIR"
	fileName   = "MULTIPOINT_KILL_FILE"
	modeRun    = "run"
	modeReport = "report"
	reportFile = "report.json"
)

func TestMain(m *testing.M) {
	mode := os.Getenv(modeName)
	if mode == "" {
		os.Exit(m.Run())
	}
	if err := runChild(context.Background(), mode); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func runChild(ctx context.Context, mode string) (err error) {
	dir := os.Getenv(dirName)
	p, err := standalone.Open(ctx, standalone.Options{
		Dir: filepath.Join(dir, "data"), Demo: true, Retailer: "AOZORA",
		DemoStart: standalone.OpensAt(runDate()), Work: day.Options{TempDir: dir},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if mode == modeReport {
		return writeReport(ctx, p, dir)
	}
	return advance(ctx, p)
}

func runDate() calendar.Date {
	date, _ := calendar.Of(2026, 11, 22)
	return date
}

// shop is the demo's retailer with a feed of generated files.
type shop struct {
	set  *master.Set
	spec generate.Spec
	feed master.Feed
}

func openShop() (*shop, error) {
	files, err := fs.Sub(events.Files, "masters")
	if err != nil {
		return nil, err
	}
	set, faults := master.Load(files)
	if len(faults) > 0 {
		return nil, faults[0]
	}
	s := &shop{set: set, spec: generate.Spec{
		Seed: 7, Lines: 1, Shape: generate.CSV, RunDate: runDate(), Set: set, Members: 1000,
	}}
	feed, ok := generate.Feed(s.spec)
	if !ok {
		return nil, errors.New("there is no such feed")
	}
	feed.Code = "SALES"
	s.feed = feed
	set.Feeds = append(set.Feeds, feed)
	return s, nil
}

// advance goes on from wherever the process was killed: to the end of the day and of an answer to it.
func advance(ctx context.Context, p *standalone.Program) error {
	last, err := p.Service.Last(ctx)
	switch {
	case err != nil:
		return err
	case last == nil:
		if err := prepare(ctx, p); err != nil {
			return err
		}
		if _, err := p.RunDay(ctx, runDate()); err != nil {
			return err
		}
	case last.State != day.Closed:
		if _, err := p.Resume(ctx, last.Run); err != nil {
			return err
		}
	}
	return answer(ctx, p)
}

// prepare publishes the shop and takes its file in. It may be done again.
func prepare(ctx context.Context, p *standalone.Program) error {
	s, err := openShop()
	if err != nil {
		return err
	}
	if _, err := p.Service.PublishMasters(ctx, s.set, runDate().Add(-1)); err != nil {
		return err
	}
	var members bytes.Buffer
	if err := generate.Members(&members, s.spec); err != nil {
		return err
	}
	if _, err := p.Service.PublishMembers(ctx, members.Bytes(), runDate()); err != nil {
		return err
	}
	f, err := os.Open(os.Getenv(fileName))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	a, err := p.Service.TakeIn(ctx, day.Upload{
		ID: "1", Name: "sales.csv", Feed: s.feed.Code, Body: f,
		Arrived: standalone.OpensAt(runDate()).Add(-3600e9),
	})
	if err == nil && !a.Takes() {
		err = fmt.Errorf("not taken in: %+v", a.Refused)
	}
	return err
}

// answer refuses the first records of the day's first provider file.
func answer(ctx context.Context, p *standalone.Program) error {
	m, err := p.Service.Manifest(ctx, 1)
	if err != nil {
		return err
	}
	for i := range m.Providers {
		f := &m.Providers[i]
		if f.FileNo == 0 || f.Entries == 0 {
			continue
		}
		a := &day.AnswerFile{Provider: f.Provider, Content: "00"}
		for n := range min(50, f.Entries) {
			a.Lines = append(a.Lines, day.AnswerLine{Line: n + 1, FileNo: f.FileNo, Sequence: n + 1})
		}
		_, err := p.Answer(ctx, a)
		return err
	}
	return errors.New("no file was written")
}

// report is all that a folder came to.
type report struct {
	Runs    []reportedRun     `json:"runs"`
	Outbox  map[string]string `json:"outbox"` // SHA-256 of what providers read, by key
	Rated   int64             `json:"rated"`
	Refused int64             `json:"refused"` // points that the answer refused
}

type reportedRun struct {
	Run     int64         `json:"run"`
	Kind    string        `json:"kind"`
	RunDate calendar.Date `json:"run_date"`
	State   day.State     `json:"state"`
	Digest  string        `json:"digest"`
}

// writeReport verifies everything in the folder and writes down what there is.
func writeReport(ctx context.Context, p *standalone.Program, dir string) error {
	r := &report{Outbox: map[string]string{}}
	err := p.Service.Runs(ctx, func(run *day.Run) error {
		r.Runs = append(r.Runs, reportedRun{run.Run, run.Kind, run.RunDate, run.State, run.Digest})
		return verified(ctx, p, run, r)
	})
	if err != nil {
		return err
	}
	err = object.All(ctx, p.Service.Objects, "outbox/", func(i object.Info) error {
		sum, err := hashOf(ctx, p.Service.Objects, i.Key)
		r.Outbox[i.Key] = sum
		return err
	})
	if err != nil {
		return err
	}
	if err := ledgerVerified(ctx, p, dir); err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, reportFile), text, 0o600)
}

// verified computes a run again and compares.
func verified(ctx context.Context, p *standalone.Program, run *day.Run, r *report) (err error) {
	scratch, err := standalone.NewScratch("")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	v, err := p.Service.Verify(ctx, run.Run, scratch)
	if err != nil {
		return err
	}
	if v.Verdict != day.Identical {
		return fmt.Errorf("run %d does not verify: %+v", run.Run, *v)
	}
	m, err := p.Service.Manifest(ctx, run.Run)
	if err != nil {
		return err
	}
	r.Rated += m.Totals.Rated.Lines
	for _, a := range m.Accounts {
		r.Refused += a.Refused
	}
	return nil
}

// ledgerVerified compares the ledger with one that is built anew, beside it.
func ledgerVerified(ctx context.Context, p *standalone.Program, dir string) (err error) {
	scratch, err := pebble.Open(filepath.Join(dir, "ledger"), pebble.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close(), os.RemoveAll(filepath.Join(dir, "ledger"))) }()
	return p.Service.VerifyLedger(ctx, scratch)
}
