package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/rating"
	"multipoint/shared/standalone"
)

func (p *program) dayShow() *cobra.Command {
	var f dayFlags
	cmd := &cobra.Command{
		Use:   "show [RUN]",
		Short: "List the runs, or show one: state, files, totals, accounts, providers' files",
		Long: `List all runs, or show one: its state, the totals of each stage, what became of its files,
the movements of the providers' accounts, the providers' files and the digest.

` + exitHelp,
		Example: "  multipoint day show\n  multipoint day show 12 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			number, err := runArgument(args)
			if err != nil {
				return err
			}
			if number == 0 {
				return p.listRuns(ctx, f.data)
			}
			return p.showRun(ctx, f.data, number)
		}),
	}
	p.dayCommon(cmd, &f)
	return cmd
}

// runLine is a run in the list of runs, and the head of one that is shown.
type runLine struct {
	Run     int64     `json:"run"`
	Kind    string    `json:"kind"`
	RunDate string    `json:"run_date"`
	State   day.State `json:"state"`
	Attempt int       `json:"attempt"`
	Reason  string    `json:"reason,omitempty"`
	Digest  string    `json:"digest,omitempty"`
	// Files and receipts of a day; points that were issued and that a provider refused.
	Files    int64 `json:"files"`
	Receipts int64 `json:"receipts"`
	Points   int64 `json:"points"`
	Refused  int64 `json:"refused"`
}

func lineOf(r *day.Run, m *day.Manifest) runLine {
	l := runLine{
		Run: r.Run, Kind: r.Kind, RunDate: r.RunDate.String(), State: r.State, Attempt: r.Attempt,
		Reason: r.Reason, Digest: r.Digest,
	}
	if m != nil {
		l.Files, l.Receipts = m.Totals.Files, m.Totals.Lines
		for _, b := range m.Accounts {
			l.Points -= b.Issued
			l.Refused += b.Refused
		}
	}
	return l
}

// runsReport is the JSON object of day show without RUN.
type runsReport struct {
	Runs []runLine `json:"runs"`
}

func (p *program) listRuns(ctx context.Context, data string) error {
	r := runsReport{Runs: []runLine{}}
	err := p.withData(ctx, standalone.Options{Dir: data}, func(d *standalone.Program) error {
		return d.Service.Runs(ctx, func(run *day.Run) error {
			m, err := manifestOf(ctx, d, run)
			r.Runs = append(r.Runs, lineOf(run, m))
			return err
		})
	})
	if err != nil {
		return err
	}
	return p.result(r, r.text())
}

// manifestOf gives the manifest of a committed run, nil of others.
func manifestOf(ctx context.Context, d *standalone.Program, r *day.Run) (*day.Manifest, error) {
	if !committed(r) {
		return nil, nil //nolint:nilnil // a run without a manifest is none that failed
	}
	return d.Service.Manifest(ctx, r.Run)
}

func (r *runsReport) text() string {
	if len(r.Runs) == 0 {
		return "No run was opened yet: multipoint day run opens one.\n"
	}
	var t table
	t.add("run", "kind", "date", "state", "files", "receipts", "points", "refused", "digest")
	for i := range r.Runs {
		l := &r.Runs[i]
		figures := []string{"-", "-", "-", "-"}
		if l.Digest != "" {
			figures = []string{commas(l.Files), commas(l.Receipts), commas(l.Points), commas(l.Refused)}
		}
		t.add(strconv.FormatInt(l.Run, 10), l.Kind, l.RunDate, string(l.State),
			figures[0], figures[1], figures[2], figures[3], shortHash(l.Digest))
	}
	var b strings.Builder
	b.WriteString(t.text("Rlllrrrrl"))
	for i := range r.Runs {
		if l := &r.Runs[i]; l.Reason != "" {
			fmt.Fprintf(&b, "  run %d: %s\n", l.Run, oneLine(l.Reason))
		}
	}
	return b.String()
}

// shortHash is the part of a hash that people compare.
func shortHash(sum string) string { return sum[:min(12, len(sum))] }

// runView is a run as day show tells it, and the JSON object of the commands below day.
type runView struct {
	runLine
	Steps   []stepView `json:"steps"`
	Now     string     `json:"now,omitempty"` // when it opened, in Japan's time
	Masters string     `json:"masters,omitempty"`
	// Previous is the committed run before it, 0 for none.
	Previous       int64               `json:"previous"`
	PreviousDigest string              `json:"previous_digest,omitempty"`
	Inputs         []inputReport       `json:"input_files"`
	Totals         *rating.Totals      `json:"totals,omitempty"`
	Accounts       []accountView       `json:"accounts"`
	Outlets        []*day.ProviderFile `json:"provider_files"`
	Answered       *answeredView       `json:"answered,omitempty"`
	bad            []string            // of files that have a list of bad lines
}

// accountView is a provider's accounts, or how a run changed them.
type accountView struct {
	Provider string `json:"provider"`
	ledger.Balances
}

// answeredView is what an answer did.
type answeredView struct {
	Provider  string `json:"provider"`
	Lines     int    `json:"lines"`
	Unmatched int    `json:"unmatched"`
	Entries   int    `json:"entries"`
}

func (p *program) showRun(ctx context.Context, data string, number int64) error {
	var r *runView
	err := p.withData(ctx, standalone.Options{Dir: data}, func(d *standalone.Program) (err error) {
		r, err = viewRun(ctx, d, number)
		return err
	})
	if err != nil {
		return err
	}
	return p.result(r, r.text())
}

// viewRun gathers what is known of a run.
func viewRun(ctx context.Context, d *standalone.Program, number int64) (*runView, error) {
	run, err := d.Service.Run(ctx, number)
	if err != nil {
		return nil, err
	}
	m, err := manifestOf(ctx, d, run)
	if err != nil {
		return nil, err
	}
	v := &runView{
		runLine: lineOf(run, m), Steps: stepsOf(run), Inputs: []inputReport{}, Accounts: []accountView{},
		Outlets: []*day.ProviderFile{},
	}
	if run.State == day.Opening {
		return v, nil
	}
	pins, err := d.Service.Pins(ctx, number)
	if fault.CodeOf(err) == fault.PartMissing && run.State == day.Voided {
		return v, nil // it was voided while it was opening
	}
	if err != nil {
		return nil, err
	}
	v.Now, v.Masters = atJapan(pins.Now), pins.Masters.SHA256
	v.Previous, v.PreviousDigest = pins.Previous, pins.PreviousDigest
	v.addFiles(pins, m)
	if m != nil {
		v.addManifest(m)
	}
	return v, nil
}

// addFiles adds the files that the run pinned, with the verdicts once there are some.
func (v *runView) addFiles(pins *day.Pins, m *day.Manifest) {
	for i := range pins.Files {
		f := &pins.Files[i]
		in := inputReport{i + 1, fileReport{
			Name: f.Name, Feed: f.Feed, Bytes: f.Bytes, SHA256: f.SHA256, Accepted: true,
		}}
		if m != nil && i < len(m.Files) {
			x := &m.Files[i]
			in.Accepted, in.Counted = x.Accepted(), !x.Structure
			in.Records, in.Receipts, in.Good, in.Bad = x.Records, x.Receipts, x.Receipts-x.Bad, x.Bad
			in.YenSales, in.YenReturns = x.YenSales, x.YenReturns
			if !x.Accepted() {
				place := fault.Place{File: x.Name, Line: x.Line}
				in.Refused = toJSON(fault.At(x.Code, place, x.What))
			}
			if x.BadLines.Key != "" {
				v.bad = append(v.bad, x.Name)
			}
		}
		v.Inputs = append(v.Inputs, in)
	}
}

func (v *runView) addManifest(m *day.Manifest) {
	v.Totals = &m.Totals
	if v.Totals.Points == nil {
		v.Totals.Points = []rating.Points{}
	}
	if v.Totals.Entries == nil {
		v.Totals.Entries = []rating.Entries{}
	}
	v.Accounts = accountViews(m.Accounts)
	for i := range m.Providers {
		v.Outlets = append(v.Outlets, &m.Providers[i])
	}
	if a := m.Answered; a != nil {
		v.Answered = &answeredView{Provider: a.Provider, Lines: len(a.Matched)}
		for _, n := range a.Matched {
			v.Answered.Entries += n
			if n == 0 {
				v.Answered.Unmatched++
			}
		}
	}
}

func accountViews(m map[string]ledger.Balances) []accountView {
	list := []accountView{}
	for _, provider := range slices.Sorted(maps.Keys(m)) {
		list = append(list, accountView{provider, m[provider]})
	}
	return list
}

func accountsText(list []accountView) string {
	var t table
	t.add("provider", "issued", "granted", "sent", "accepted", "refused")
	for _, a := range list {
		t.add(a.Provider, commas(a.Issued), commas(a.Granted), commas(a.Sent), commas(a.Accepted),
			commas(a.Refused))
	}
	return t.text("Lrrrrr")
}

// text shows the run to people.
func (v *runView) text() string {
	parts := []string{v.head()}
	committed := v.Totals != nil
	switch {
	case committed && v.Kind == day.Day:
		r := runReport{Files: v.Inputs, Totals: *v.Totals}
		parts = append(parts, r.fileText(), r.stageText(), r.pointText())
	case len(v.Inputs) > 0:
		parts = append(parts, v.heldText())
	}
	if a := v.Answered; a != nil {
		parts = append(parts, fmt.Sprintf("  %s: %s, %d of them unmatched, %s moved\n",
			a.Provider, plural(a.Lines, "line"), a.Unmatched, entries(a.Entries)))
	}
	if len(v.Accounts) > 0 {
		parts = append(parts, accountsText(v.Accounts))
	}
	if len(v.Outlets) > 0 {
		parts = append(parts, v.outletText())
	}
	if len(v.bad) > 0 {
		var b strings.Builder
		for _, name := range v.bad {
			fmt.Fprintf(&b, "  bad lines: multipoint day bad-lines %d %s\n", v.Run, oneLine(name))
		}
		parts = append(parts, b.String())
	}
	return strings.Join(parts, "\n")
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return commas(int64(n)) + " entries"
}

// head names the run, its state and its place in the chain.
func (v *runView) head() string {
	var t table
	state := string(v.State)
	if v.Attempt > 1 {
		state += fmt.Sprintf(", attempt %d", v.Attempt)
	}
	t.add("state", state)
	if v.Reason != "" {
		t.add("reason", oneLine(v.Reason))
	}
	var steps []string
	for _, s := range v.Steps {
		name := s.Step
		if v.Attempt > 1 {
			name += "/" + strconv.Itoa(s.Attempt)
		}
		steps = append(steps, name)
	}
	if len(steps) > 0 {
		t.add("steps", strings.Join(steps, " "))
	}
	if v.Now != "" {
		t.add("opened", v.Now)
		t.add("masters", shortHash(v.Masters))
	}
	if v.Digest != "" {
		t.add("digest", v.Digest)
		if v.Previous > 0 {
			t.add("after", fmt.Sprintf("run %d, %s", v.Previous, v.PreviousDigest))
		}
	}
	return fmt.Sprintf("run %d: %s of %s\n", v.Run, v.Kind, v.RunDate) + t.text("ll")
}

// heldText lists the files of a run that has not decided about them.
func (v *runView) heldText() string {
	var t table
	t.add("input file", "feed", "bytes")
	for i := range v.Inputs {
		f := &v.Inputs[i]
		t.add(fmt.Sprintf("%d %s", f.Ordinal, oneLine(f.Name)), f.Feed, commas(f.Bytes))
	}
	return t.text("Llr")
}

func (v *runView) outletText() string {
	var t table
	t.add("provider", "file", "no", "records", "entries", "points", "SHA-256")
	for _, f := range v.Outlets {
		name, number := oneLine(f.Name), strconv.FormatInt(f.FileNo, 10)
		switch {
		case f.Carried:
			name, number = "none today: entries wait", "-"
		case f.FileNo == 0:
			name, number = "none: nothing to send", "-"
		}
		t.add(f.Provider, name, number, commas(f.Records), commas(f.Entries), commas(f.Points),
			shortHash(f.SHA256))
	}
	return t.text("Llrrrrl")
}

func (p *program) dayBadLines() *cobra.Command {
	var f dayFlags
	cmd := &cobra.Command{
		Use:   "bad-lines RUN FILE",
		Short: "Print the list of a file's bad lines (CSV), as convert --errors writes it",
		Long: `Print the list of a file's bad lines in a run (CSV; docs/files/rate.md): line, place, field,
code, what to do and the line's bytes. FILE is the file's name, or its ordinal in the run.
The list is kept encrypted: what this prints may hold personal data.

` + exitHelp,
		Example: "  multipoint day bad-lines 12 pos_0001.csv > bad.csv",
		Args:    cobra.ExactArgs(2),
		RunE: p.action(func(ctx context.Context, args []string) error {
			number, err := runArgument(args)
			if err != nil {
				return err
			}
			return p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
				return p.badLines(ctx, d, number, args[1])
			})
		}),
	}
	p.dayCommon(cmd, &f)
	return cmd
}

func (p *program) badLines(ctx context.Context, d *standalone.Program, number int64, file string) error {
	if _, err := d.Service.Run(ctx, number); err != nil {
		return err
	}
	m, err := d.Service.Manifest(ctx, number)
	if fault.CodeOf(err) == fault.PartMissing {
		return fault.New(fault.RunUnknown, fmt.Sprintf("Run %d has not decided about its files yet.", number))
	}
	if err != nil {
		return err
	}
	var verdict *day.FileVerdict
	for i := range m.Files {
		if m.Files[i].Name == file || strconv.Itoa(m.Files[i].Ordinal) == file {
			verdict = &m.Files[i]
		}
	}
	if verdict == nil {
		return fault.New(fault.RunUnknown, fmt.Sprintf("Run %d has no file %s.", number, oneLine(file)))
	}
	from := io.NopCloser(strings.NewReader(rating.BadLinesHeader))
	if verdict.BadLines.Key != "" {
		if from, err = d.Service.Parts.Open(ctx, verdict.BadLines.Key); err != nil {
			return &fault.Error{
				Code: fault.PartShredded, Place: fault.Place{File: verdict.BadLines.Key},
				What: "The list cannot be read", Err: err,
			}
		}
	}
	defer ignore(from.Close)
	if p.json {
		return p.badLinesJSON(verdict, from)
	}
	_, err = io.Copy(writer{ctx, p.stdout, "standard output"}, from)
	return err
}

// badLinesReport is the JSON object of day bad-lines: each line with the columns of the list by name.
type badLinesReport struct {
	File    string              `json:"file"`
	Ordinal int                 `json:"ordinal"`
	Lines   []map[string]string `json:"lines"`
}

func (p *program) badLinesJSON(v *day.FileVerdict, from io.Reader) error {
	r := badLinesReport{File: v.Name, Ordinal: v.Ordinal, Lines: []map[string]string{}}
	rows := csv.NewReader(from)
	var titles []string
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return writeJSON(p.stdout, r)
		}
		if err != nil {
			return readFailed(v.BadLines.Key, err)
		}
		if titles == nil {
			titles = row
			continue
		}
		line := map[string]string{}
		for i, cell := range row {
			line[titles[i]] = cell
		}
		r.Lines = append(r.Lines, line)
	}
}
