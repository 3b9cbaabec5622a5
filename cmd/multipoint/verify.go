package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/rating"
	"multipoint/shared/standalone"
	"multipoint/shared/table/pebble"
)

// verifyFlags are what verify and replay are called with.
type verifyFlags struct {
	data, temp string
	runs       []int64
}

func (p *program) verify() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify [RUN...]",
		Short: "Prove runs: chain of digests, stored parts, the same when computed again; then the ledger",
		Long: `Prove runs. Each one's digest must include that of the run before, each stored part must be
what was written, and computed again from what it had fixed the run must come to the same
bytes. Without RUN all runs are proved, then the ledger is compared with what they say.

It says of each run: identical; DIFFERENT, with the first thing that differs; or no longer
reproducible (chain intact), once the keys of what it read are shredded. Exit code 4 if anything
differs. Nothing is changed.

` + exitHelp,
		Example: "  multipoint verify --data data\n  multipoint verify 12 13",
		Args:    cobra.ArbitraryArgs,
		RunE: p.action(func(ctx context.Context, args []string) error {
			for _, a := range args {
				n, err := runArgument([]string{a})
				if err != nil {
					return err
				}
				f.runs = append(f.runs, n)
			}
			return p.verifyRuns(ctx, &f)
		}),
	}
	addData(cmd, &f.data)
	addTemp(cmd, &f.temp)
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// Verdicts in JSON output.
const (
	sayIdentical = "identical"
	sayDifferent = "different"
	sayShredded  = "not_reproducible"
	sayVoided    = "voided"
	sayOpen      = "not_committed"
)

// verifyReport is the JSON object of verify.
type verifyReport struct {
	OK     bool           `json:"ok"`
	Runs   []verifiedRun  `json:"runs"`
	Ledger *ledgerVerdict `json:"ledger,omitempty"` // absent if runs were named
}

// verifiedRun is what verify says of a run.
type verifiedRun struct {
	Run     int64  `json:"run"`
	Kind    string `json:"kind"`
	RunDate string `json:"run_date"`
	Verdict string `json:"verdict"`
	Where   string `json:"where,omitempty"`
	What    string `json:"what,omitempty"`
}

// ledgerVerdict is what verify says of the ledger.
type ledgerVerdict struct {
	Verdict string `json:"verdict"`
	// Different is how many items differ, and Items names the first of them.
	Different int64         `json:"different"`
	Items     []itemVerdict `json:"items"`
	What      string        `json:"what,omitempty"`
}

// itemVerdict is an item of the ledger that is missing, changed or extra.
type itemVerdict struct {
	Item string `json:"item"`
	What string `json:"what"`
}

// maxItems is how many items of the ledger are named.
const maxItems = 20

func (p *program) verifyRuns(ctx context.Context, f *verifyFlags) error {
	r := verifyReport{OK: true, Runs: []verifiedRun{}}
	err := p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
		runs, err := runsToVerify(ctx, d, f.runs)
		if err != nil {
			return err
		}
		for _, run := range runs {
			if err := p.verifyRun(ctx, d, f, run, &r); err != nil {
				return err
			}
		}
		if len(f.runs) > 0 {
			return nil
		}
		return p.verifyLedger(ctx, d, f, &r)
	})
	if err != nil {
		return err
	}
	if p.json {
		if err := writeJSON(p.stdout, r); err != nil {
			return err
		}
	}
	if !r.OK {
		return found(exitTotals)
	}
	return nil
}

func runsToVerify(ctx context.Context, d *standalone.Program, numbers []int64) (runs []*day.Run, err error) {
	for _, n := range numbers {
		r, err := d.Service.Run(ctx, n)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	if len(numbers) == 0 {
		err = d.Service.Runs(ctx, func(r *day.Run) error {
			runs = append(runs, r)
			return nil
		})
	}
	return runs, err
}

func (p *program) verifyRun(
	ctx context.Context, d *standalone.Program, f *verifyFlags, run *day.Run, r *verifyReport,
) error {
	bar := p.progress(fmt.Sprintf("run %d", run.Run), -1)
	defer bar.end()
	v := verifiedRun{Run: run.Run, Kind: run.Kind, RunDate: run.RunDate.String()}
	switch {
	case run.State == day.Voided:
		v.Verdict, v.What = sayVoided, run.Reason
	case !committed(run):
		v.Verdict, v.What = sayOpen, "it is "+string(run.State)
	default:
		err := withScratch(f.temp, func(objects *standalone.Scratch) error {
			found, err := d.Service.Verify(ctx, run.Run, objects)
			if err != nil {
				return err
			}
			v.Where, v.What = found.Where, found.What
			v.Verdict = map[day.Verdict]string{
				day.Identical: sayIdentical, day.Different: sayDifferent, day.NotReproducible: sayShredded,
			}[found.Verdict]
			return nil
		})
		if err != nil {
			return err
		}
	}
	bar.end()
	r.Runs = append(r.Runs, v)
	r.OK = r.OK && v.Verdict != sayDifferent
	if p.json {
		return nil
	}
	return p.print(v.text())
}

func (v *verifiedRun) text() string {
	say := map[string]string{
		sayIdentical: "identical", sayDifferent: "DIFFERENT",
		sayShredded: "no longer reproducible (chain intact)", sayVoided: "voided", sayOpen: "not committed",
	}[v.Verdict]
	text := fmt.Sprintf("run %-4d %-10s %s  %s\n", v.Run, v.Kind, v.RunDate, say)
	if v.Where != "" {
		text += "  at " + oneLine(v.Where) + "\n"
	}
	if v.What != "" {
		text += "  " + oneLine(v.What) + "\n"
	}
	return text
}

func (p *program) verifyLedger(
	ctx context.Context, d *standalone.Program, f *verifyFlags, r *verifyReport,
) error {
	bar := p.progress("ledger", -1)
	defer bar.end()
	l := &ledgerVerdict{Verdict: sayIdentical, Items: []itemVerdict{}}
	err := withTable(f.temp, func(built *pebble.Table) error {
		if err := d.Service.BuildLedger(ctx, built); err != nil {
			return err
		}
		return d.Service.CompareLedger(ctx, built, func(x *day.LedgerDifference) error {
			l.Verdict = sayDifferent
			if l.Different++; len(l.Items) < maxItems {
				l.Items = append(l.Items, itemVerdict{x.Name(), x.What})
			}
			return nil
		})
	})
	switch fault.CodeOf(err) {
	case fault.PartShredded:
		l.Verdict, l.What = sayShredded, err.Error()
	case fault.PartDamaged, fault.PartMissing:
		l.Verdict, l.What = sayDifferent, err.Error()
	default:
		if err != nil {
			return err
		}
	}
	bar.end()
	r.Ledger = l
	r.OK = r.OK && l.Verdict != sayDifferent
	if p.json {
		return nil
	}
	return p.print(l.text())
}

func (l *ledgerVerdict) text() string {
	switch {
	case l.Verdict == sayIdentical:
		return "ledger                          identical\n"
	case l.Verdict == sayShredded:
		return "ledger                          no longer reproducible (chain intact)\n"
	}
	var b strings.Builder
	b.WriteString("ledger                          DIFFERENT\n")
	if l.What != "" {
		b.WriteString("  " + oneLine(l.What) + "\n")
	}
	for _, i := range l.Items {
		fmt.Fprintf(&b, "  %-8s %s\n", i.What, oneLine(i.Item))
	}
	if more := l.Different - int64(len(l.Items)); more > 0 {
		fmt.Fprintf(&b, "  and %s more\n", commas(more))
	}
	if l.Different > 0 {
		b.WriteString("  multipoint ledger rebuild mends it, once it is known who changed it\n")
	}
	return b.String()
}

func (p *program) replay() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "replay RUN",
		Short: "Compute a committed run again and compare",
		Long: `Compute a committed run again, from what it had fixed when it opened, into a temporary
folder, and compare its digest and the providers' files with those that are stored. Exit
code 4 if they differ.

` + exitHelp,
		Example: "  multipoint replay 12",
		Args:    cobra.ExactArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			n, err := runArgument(args)
			if err != nil {
				return err
			}
			f.runs = []int64{n}
			return p.replayRun(ctx, &f)
		}),
	}
	addData(cmd, &f.data)
	addTemp(cmd, &f.temp)
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// replayReport is the JSON object of replay.
type replayReport struct {
	Run       int64          `json:"run"`
	Identical bool           `json:"identical"`
	Digest    string         `json:"digest"`   // as it is stored
	Replayed  string         `json:"replayed"` // as it came out
	Buckets   int            `json:"buckets"`  // that differ, of 256
	Files     []replayedFile `json:"provider_files"`
	Totals    rating.Totals  `json:"totals"` // of the replay
}

// replayedFile compares a provider's file.
type replayedFile struct {
	Outlet   string `json:"outlet"`
	Name     string `json:"name,omitempty"`
	SHA256   string `json:"sha256,omitempty"`
	Replayed string `json:"replayed,omitempty"`
}

func (p *program) replayRun(ctx context.Context, f *verifyFlags) error {
	number := f.runs[0]
	bar := p.progress(fmt.Sprintf("run %d", number), -1)
	defer bar.end()
	var r replayReport
	err := p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
		run, err := d.Service.Run(ctx, number)
		if err != nil {
			return err
		}
		if !committed(run) {
			return fault.New(fault.RunUnknown, fmt.Sprintf("Run %d is %s, not committed.", number, run.State))
		}
		m, err := d.Service.Manifest(ctx, number)
		if err != nil {
			return err
		}
		return withScratch(f.temp, func(objects *standalone.Scratch) error {
			again, err := d.Service.Replay(ctx, number, objects)
			if err == nil {
				r = compareReplay(m, again)
			}
			return err
		})
	})
	bar.end()
	if err != nil {
		return err
	}
	if err := p.result(r, r.text()); err != nil {
		return err
	}
	if !r.Identical {
		return found(exitTotals)
	}
	return nil
}

func compareReplay(m, again *day.Manifest) replayReport {
	r := replayReport{
		Run: m.Run, Identical: m.Digest == again.Digest, Digest: m.Digest, Replayed: again.Digest,
		Files: []replayedFile{}, Totals: again.Totals,
	}
	for i := range m.Buckets {
		if i >= len(again.Buckets) || m.Buckets[i] != again.Buckets[i] {
			r.Buckets++
		}
	}
	for i := range m.Providers {
		f := &m.Providers[i]
		x := replayedFile{Outlet: f.Outlet, Name: f.Name, SHA256: f.SHA256}
		if i < len(again.Providers) {
			x.Replayed = again.Providers[i].SHA256
		}
		r.Files = append(r.Files, x)
		r.Identical = r.Identical && x.SHA256 == x.Replayed
	}
	return r
}

func (r *replayReport) text() string {
	var t table
	t.add("", "stored", "computed again", "")
	compare := func(name, a, b string) {
		say := "identical"
		if a != b {
			say = "DIFFERENT"
		}
		t.add(name, shortHash(a), shortHash(b), say)
	}
	compare("digest", r.Digest, r.Replayed)
	for _, f := range r.Files {
		if f.Name != "" || f.Replayed != f.SHA256 {
			compare(oneLine(f.Name), f.SHA256, f.Replayed)
		}
	}
	text := fmt.Sprintf("run %d, computed again\n%s", r.Run, t.text("Llll"))
	if r.Buckets > 0 {
		text += fmt.Sprintf("  %d of 256 buckets of records differ\n", r.Buckets)
	}
	return text + "  digest " + r.Replayed + "\n"
}
