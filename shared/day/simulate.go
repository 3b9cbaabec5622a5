package day

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/rating"
)

// Draft is a complete version of the masters that nobody has published. It must have been checked
// (master.LoadWith).
type Draft struct {
	Set *master.Set
}

// SimulateOptions are how a simulation works; none changes a figure. The zero value works.
type SimulateOptions struct {
	Threads int // default: the machine's cores
	// Observe is called with each simulated verdict, from one goroutine at a time; may be nil. The verdict
	// is valid during the call.
	Observe func(run int64, v *rating.Verdict) error
}

// Simulation is what a draft would have cost.
type Simulation struct {
	From calendar.Date  `json:"from"`
	To   calendar.Date  `json:"to"`
	Days []SimulatedDay `json:"days"`
	// Converted: the draft reads lines in another way, so the held files were converted again.
	Converted bool `json:"converted,omitempty"`
}

// SimulatedDay is one day run under the draft, beside what it really granted.
type SimulatedDay struct {
	Run     int64         `json:"run"`
	RunDate calendar.Date `json:"run_date"`
	// Costs by provider, point type, store and rule, in that order.
	Costs   []Cost `json:"costs"`
	Draft   Sum    `json:"draft"`
	Granted Sum    `json:"granted"`
}

// Cost is one rule's figures of a day in one store, under the draft and as they were granted.
type Cost struct {
	Provider  string  `json:"provider"`
	PointType string  `json:"point_type"`
	Store     string  `json:"store"`
	Rule      string  `json:"rule"` // code of the rule or campaign, "given" for points of the file
	Draft     Figures `json:"draft,omitzero"`
	Granted   Figures `json:"granted,omitzero"`
}

// Figures are sums over entries.
type Figures struct {
	Entries int64 `json:"entries"` // grants and returns
	Points  int64 `json:"points"`  // granted
	Taken   int64 `json:"taken"`   // taken back by returns, 0 or below
	Yen     int64 `json:"yen"`     // of sales that the rule counted; normal points for multipliers
	// CutEntries are grants that caps cut to a part, by CutPoints.
	CutEntries int64 `json:"cut_entries"`
	CutPoints  int64 `json:"cut_points"`
	// LostEntries are awards of which caps left nothing, LostPoints what they would have given. The ledger
	// keeps no trace of them, so only a draft has them.
	LostEntries int64 `json:"lost_entries"`
	LostPoints  int64 `json:"lost_points"`
}

// Sum are the figures of a whole day.
type Sum struct {
	Figures
	Rated      int64 `json:"rated"` // transactions, with those of zero points
	Duplicates int64 `json:"duplicates"`
	Errors     int64 `json:"rating_errors"`
	Cards      int64 `json:"cards"` // cards whose points moved
}

// Simulate computes what the committed days in [from, to] would have granted if the draft had been published
// before them (A28): the draft takes the place of the masters that each of them pinned, everything else stays
// what was pinned. Duplicates, returns and the use of caps go on from day to day inside the simulation; what
// was there before the first day is the ledger's. Refusals of a provider and adjustments between the days are
// carried over to the same rule's entry of the same transaction, refusals that name a transaction to all of
// its entries.
// Nothing is written.
//
// Errors: those of the masters; part.shredded or part.missing if a day's lines can no longer be read.
func (s *Service) Simulate(
	ctx context.Context, d Draft, from, to calendar.Date, opt SimulateOptions,
) (*Simulation, error) {
	m := &simulator{Service: s, set: d.Set, opt: opt, out: &Simulation{From: from, To: to}}
	if m.opt.Threads <= 0 {
		m.opt.Threads = runtime.NumCPU()
	}
	if err := m.load(ctx, from, to); err != nil || len(m.days) == 0 {
		return m.out, err
	}
	if err := m.learn(ctx); err != nil {
		return nil, err
	}
	for i := range m.days {
		if err := m.day(ctx, m.days[i]); err != nil {
			return nil, err
		}
		if err := m.answers(ctx, i); err != nil {
			return nil, err
		}
	}
	return m.out, nil
}

// simulator computes one simulation.
type simulator struct {
	*Service
	set    *master.Set
	opt    SimulateOptions
	key    []byte // of pseudonyms
	days   []*simulatedRun
	later  []*Run // answers and adjustments between the days, by number
	ledger *simLedger
	seen   map[string][]seenFile // accepted files, if lines are converted again
	out    *Simulation

	members    *member.Snapshot // the snapshot that was read last
	membersKey string
}

// simulatedRun is a committed day.
type simulatedRun struct {
	work     // its pins and steps; set, engine and history are the draft's
	run      *Run
	manifest *Manifest
	granted  *tally // what it really granted
}

// load finds the days and the answers between them.
func (m *simulator) load(ctx context.Context, from, to calendar.Date) error {
	err := m.Runs(ctx, func(r *Run) error {
		committed := r.State == Committed || r.State == Posted || r.State == Closed
		switch {
		case !committed:
		case r.Kind == Day && from <= r.RunDate && r.RunDate <= to:
			m.days = append(m.days, &simulatedRun{run: r})
		case r.Kind != Day && len(m.days) > 0:
			m.later = append(m.later, r)
		}
		return nil
	})
	if err != nil || len(m.days) == 0 {
		return err
	}
	last := m.days[len(m.days)-1].run.Run // what comes after it moves nothing here
	m.later = slices.DeleteFunc(m.later, func(r *Run) bool { return r.Run > last })
	if m.key, err = m.Keys.Pseudonym(ctx, m.Retailer); err != nil {
		return err
	}
	for _, d := range m.days {
		pins := &Pins{}
		if err := m.readJSON(ctx, m.pinsPath(d.run.Run), pins); err != nil {
			return err
		}
		d.work = work{
			Service: m.Service, pins: pins, set: m.set, attempts: d.run.Steps, attempt: d.run.Attempt,
		}
		if d.manifest, err = m.Manifest(ctx, d.run.Run); err != nil {
			return err
		}
		if err := m.compare(ctx, pins); err != nil {
			return err
		}
	}
	m.ledger, err = m.openLedger(ctx, m.days[0].run.Run-1)
	return err
}

// compare says whether the draft reads lines as the masters of a run did: then its converted parts serve.
func (m *simulator) compare(ctx context.Context, p *Pins) error {
	if m.out.Converted {
		return nil
	}
	old, err := m.readMasters(ctx, p.Masters)
	if err != nil {
		return err
	}
	same, err := sameReading(old, m.set)
	m.out.Converted = !same
	return err
}

// sameReading says whether two versions of the masters turn lines into the same records.
func sameReading(a, b *master.Set) (bool, error) {
	var text [2][]byte
	for i, s := range []*master.Set{a, b} {
		var codes []string
		for j := range s.Providers {
			codes = append(codes, s.Providers[j].Code)
		}
		var err error
		reading := []any{
			append([]master.Feed{}, s.Feeds...), append([]master.Card{}, s.Cards...),
			append([]master.Affiliate{}, s.Affiliates...), codes,
		}
		if text[i], err = json.Marshal(reading); err != nil {
			return false, err
		}
	}
	return bytes.Equal(text[0], text[1]), nil
}

// prepare compiles the draft for a day, over the simulated ledger.
func (m *simulator) prepare(ctx context.Context, d *simulatedRun) error {
	if m.members == nil || m.membersKey != d.pins.Members.Key {
		var err error
		if m.members, err = m.readMembers(ctx, d.pins.Members); err != nil {
			return err
		}
		m.membersKey = d.pins.Members.Key
	}
	h, err := m.historyOf(ctx, d.pins, m.set)
	if err != nil {
		return err
	}
	h.asOf = m.ledger.asOf
	d.history = h
	d.job = &rating.Job{
		Set: m.set, Members: m.members, RunDate: d.pins.RunDate, Run: d.pins.Run, Key: m.key,
		FileNo: map[string]int64{}, Converters: m.Converters, History: &simHistory{h, m.ledger},
		Options: rating.Options{Threads: 1, BlockSize: m.Options.BlockSize, TempDir: m.Options.TempDir},
	}
	for i := range d.pins.Files {
		d.job.Files = append(d.job.Files, rating.File{Name: d.pins.Files[i].Name, Feed: d.pins.Files[i].Feed})
	}
	if d.engine, err = rating.NewEngine(d.job); err != nil {
		return fmt.Errorf("run %d under the draft: %w", d.run.Run, err)
	}
	return nil
}

// unreadable names the run whose lines cannot be read.
func unreadable(run int64, err error) error {
	code := fault.CodeOf(err)
	if code != fault.PartShredded && code != fault.PartMissing {
		return err
	}
	return &fault.Error{
		Code: code, What: fmt.Sprintf("the lines of run %d can no longer be read", run), Err: err,
	}
}
