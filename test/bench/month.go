package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/generate"
	"multipoint/shared/master"
	"multipoint/shared/standalone"
)

// Row g: a campaign is tried on the days of a month instead of running them again.
const (
	monthDays      = 30
	mostSimulating = 20 // seconds, for 100,000 lines a day
	mostExplaining = 1  // seconds
)

// monthLines is how many lines a day of the month has, for bench files of so many.
func monthLines(lines int) int { return lines / 10 }

func (b *bench) month(ctx context.Context) (result, error) {
	lines := monthLines(b.lines)
	r := result{
		title:  fmt.Sprintf("simulate a campaign on %d days of %d lines, 2 threads", b.days(), lines),
		budget: "≤ 20 s, peak RSS ≤ 512 MiB; explaining a line of one of the days ≤ 1 s",
	}
	folder := filepath.Join(b.outputs, "month")
	args := []string{"-out", folder, "-lines", strconv.Itoa(lines), "-days", strconv.Itoa(b.days())}
	run := b.ours("running these days, once", "month", 2, args...)
	run.once, run.before = true, func() error { return os.Mkdir(folder, 0o755) }
	done, err := alternate(ctx, 1, []contender{run})
	if err != nil {
		return r, err
	}
	explain := b.ours("explaining one line", "explain", 2, args...)
	explain.apart = true
	simulate := b.ours("multipoint", "simulate", 2, args...)
	r.timings, err = alternate(ctx, b.rounds, []contender{simulate, explain})
	if err != nil {
		return r, err
	}
	r.missed = r.timings[0].median().Seconds > mostSimulating || r.timings[0].peakKiB() > mostBigDayKiB ||
		r.timings[1].median().Seconds > mostExplaining
	r.timings = append(r.timings, done...)
	return r, os.RemoveAll(folder)
}

func (b *bench) days() int {
	if b.smoke {
		return 2
	}
	return monthDays
}

// monthShop is the shop with a feed of generated files.
func monthShop(lines int) (*master.Set, error) {
	set := shop(lines)
	feed, ok := generate.Feed(generate.Spec{Shape: generate.CSV, Set: set, RunDate: monthDay(0)})
	if !ok {
		return nil, errors.New("no feed")
	}
	feed.Code, feed.Files = "MONTH", nil
	set.Feeds = append(set.Feeds, feed)
	return set, nil
}

func monthDay(i int) calendar.Date { return november(1).Add(i) }

func openMonth(ctx context.Context, w *work) (*standalone.Program, error) {
	return standalone.Open(ctx, standalone.Options{
		Dir: w.out, Demo: true, Retailer: "AOZORA", DemoStart: standalone.OpensAt(monthDay(w.days - 1)),
		Work: day.Options{TempDir: w.out},
	})
}

// runMonth takes in generated files and runs their days; the days are timed.
func runMonth(w *work) (f figure, err error) {
	f.Records = int64(w.lines * w.days)
	ctx := context.Background()
	p, err := openMonth(ctx, w)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	set, err := monthShop(w.lines)
	if err != nil {
		return f, err
	}
	if _, err := p.Service.PublishMasters(ctx, set, monthDay(-1)); err != nil {
		return f, err
	}
	for i := range w.days {
		date := monthDay(i)
		var text bytes.Buffer
		_, err := generate.Write(&text, generate.Spec{
			Seed: uint64(date), Lines: int64(w.lines), Shape: generate.CSV, RunDate: date, Set: set,
			Members: -1,
		})
		if err != nil {
			return f, err
		}
		a, err := p.Service.TakeIn(ctx, day.Upload{
			ID: date.String(), Name: date.String() + ".csv", Feed: "MONTH", Body: &text,
			Arrived: standalone.OpensAt(date).Add(-time.Hour),
		})
		if err != nil || !a.Takes() {
			return f, errors.Join(err, fmt.Errorf("%s is not taken in", date))
		}
		start := time.Now()
		if _, err := p.RunDay(ctx, date); err != nil {
			return f, err
		}
		f.Seconds += time.Since(start).Seconds()
	}
	return f, nil
}

// simulateMonth tries a draft with a campaign changed and a capped one more on the days.
func simulateMonth(w *work) (f figure, err error) {
	f.Records = int64(w.lines * w.days)
	ctx := context.Background()
	p, err := openMonth(ctx, w)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	set, err := monthShop(w.lines)
	if err != nil {
		return f, err
	}
	perMember, inAll := int64(500), int64(20*w.lines)
	set.Campaigns[1].Give = rate(2, 100, "")
	set.Campaigns = append(set.Campaigns, master.Campaign{
		Code: "X-NEW", PointType: "BASE", Give: rate(1, 200, ""), MinAmount: 500,
		Caps: master.Caps{Member: &perMember, Campaign: &inAll},
	})
	err = measured(&f, func() error {
		sim, err := p.Service.Simulate(ctx, day.Draft{Set: set}, monthDay(0), monthDay(w.days-1),
			day.SimulateOptions{})
		if err == nil && len(sim.Days) != w.days {
			err = fmt.Errorf("%d days were simulated", len(sim.Days))
		}
		return err
	})
	return f, err
}

// explainLine explains a line in the middle of a day in the middle.
func explainLine(w *work) (f figure, err error) {
	ctx := context.Background()
	p, err := openMonth(ctx, w)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	q := day.ExplainQuery{Run: int64(w.days+1) / 2, Ordinal: 1, Line: int64(w.lines) / 2, Reveal: true}
	err = measured(&f, func() error {
		found, err := p.Service.Explain(ctx, q)
		if err == nil && len(found) != 1 {
			err = fmt.Errorf("%d explanations", len(found))
		}
		return err
	})
	return f, err
}
