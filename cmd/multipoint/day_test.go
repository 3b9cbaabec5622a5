package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/flow"
	"multipoint/shared/flow/local"
	"multipoint/shared/standalone"
)

// TestDayInTheDemo runs the demo's day and compares what people see of it.
func TestDayInTheDemo(t *testing.T) {
	home, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	demoData(t)
	var seen bytes.Buffer
	for _, line := range []string{
		"intake list", "day run", "day show", "intake list POS", "ledger show", "verify", "replay 1",
		"day bad-lines 1 EC_20261121_2.csv",
	} {
		r := calls(t, exitOK, line)
		seen.WriteString("$ multipoint " + line + "\n" + r.stdout + r.stderr)
		for _, row := range strings.Split(r.stdout, "\n") {
			if cellWidth(row) > 120 {
				t.Errorf("%s: a row of %d columns: %s", line, cellWidth(row), row)
			}
		}
	}
	says(t, calls(t, exitInput, "day run").stderr, "MP-4002", "computed by run 1")
	says(t, calls(t, exitInput, "day void 1 --reason late").stderr, "MP-4004", "adjustment")
	says(t, calls(t, exitInput, "day resume").stderr, "MP-4003", "No run waits")
	says(t, calls(t, exitInput, "day resume 1").stderr, "MP-4006")

	v := object[runView](t, calls(t, exitOK, "day show 1 --json").stdout)
	list := object[runsReport](t, calls(t, exitOK, "day show --json").stdout)
	if v.State != day.Closed || len(v.Inputs) != 6 || v.Totals.Lines != v.Receipts || v.Receipts != 657 ||
		v.Inputs[5].Refused.Name != "file.duplicate" || len(v.Digest) != 64 || len(v.Accounts) != 3 ||
		len(list.Runs) != 1 || list.Runs[0] != v.runLine {
		t.Errorf("%+v\n%+v", v, list)
	}
	bad := calls(t, exitOK, "day bad-lines 1 3").stdout
	lines := object[badLinesReport](t, calls(t, exitOK, "day bad-lines 1 POS_20261121_1.dat --json").stdout)
	if len(lines.Lines) != strings.Count(bad, "\n")-1 || lines.Ordinal != 3 || lines.Lines[0]["code"] == "" {
		t.Errorf("%d lines, as CSV:\n%s", len(lines.Lines), bad)
	}
	says(t, calls(t, exitInput, "day bad-lines 1 7").stderr, "has no file 7")
	calls(t, exitInput, "day bad-lines 2 1", "day show 2", "verify 2", "replay 2")
	calls(t, exitUsage, "day show one", "day show 0", "day", "day run --date tomorrow", "verify -1")
	t.Chdir(home)
	golden(t, "day.txt", withoutHashes(seen.String()))
}

// TestVoidedRunLeavesItsFilesToTheNext opens a run, gives it up and runs the day again.
func TestVoidedRunLeavesItsFilesToTheNext(t *testing.T) {
	demoData(t)
	says(t, calls(t, exitOK, "day open").stdout, "state    open", "POS_20261121_1.dat", "day resume")
	says(t, calls(t, exitInput, "day run").stderr, "MP-4001", "Run 1 is open")
	says(t, calls(t, exitOK, "intake list POS").stdout, "run 1: is open")
	says(t, calls(t, exitUsage, "day void 1").stderr, "reason")
	r := call(t, nil, "day", "void", "1", "--reason", "wrong masters")
	if r.code != exitOK {
		t.Fatal(r)
	}
	says(t, calls(t, exitOK, "intake list POS").stdout, "waits for its run")
	v := object[runView](t, calls(t, exitOK, "day run --date 2026-11-22 --json").stdout)
	if v.Run != 2 || len(v.Inputs) != 6 || v.Previous != 0 || v.Receipts != 657 {
		t.Errorf("%+v", v)
	}
	says(t, calls(t, exitOK, "day show").stdout, "voided", "run 1: wrong masters")
	checked := object[verifyReport](t, calls(t, exitOK, "verify --json").stdout)
	if !checked.OK || checked.Runs[0].Verdict != sayVoided || checked.Runs[1].Verdict != sayIdentical {
		t.Errorf("%+v", checked)
	}
	// The demo's clock goes to the day that is asked for, which has no files.
	v = object[runView](t, calls(t, exitOK, "day run --date 2026-11-23 --json").stdout)
	if v.Run != 3 || v.RunDate != "2026-11-23" || v.Previous != 2 || len(v.Inputs) != 0 {
		t.Errorf("%+v", v)
	}
	says(t, calls(t, exitInput, "day run --date 2026-11-22").stderr, "MP-4002")
}

// TestStoppedRunIsResumed lets a step fail with a fault, then goes on.
func TestStoppedRunIsResumed(t *testing.T) {
	demoData(t)
	d := openDemo(t, "data", func(d *standalone.Program) map[string]flow.Task {
		tasks := d.Service.Tasks()
		tasks["allocate"] = func(context.Context, json.RawMessage) (json.RawMessage, error) {
			err := fault.At(fault.PartDamaged, fault.Place{File: "runs/AOZORA/x"}, "")
			return nil, &flow.Error{Name: day.Faulty, Cause: err.Error(), Err: err}
		}
		return tasks
	})
	if _, err := d.RunDay(t.Context(), due(d.Clock.Now())); err == nil {
		t.Error("the run did not stop")
	}
	closeData(t, d)
	says(t, calls(t, exitOK, "day show 1").stdout, "stopped",
		"  reason   MP-4011 part.damaged at runs/AOZORA/x", "convert check")
	says(t, calls(t, exitOK, "verify").stdout, "not committed")
	says(t, calls(t, exitInput, "day bad-lines 1 1").stderr, "not decided")
	v := object[runView](t, calls(t, exitOK, "day resume --json").stdout)
	if v.State != day.Closed || v.Attempt != 2 || v.Steps[0].Attempt != 1 || v.Reason != "" {
		t.Errorf("%+v", v)
	}
	says(t, calls(t, exitOK, "verify").stdout, "identical")
}

// TestInterruptedRunIsResumed ends the context while the run is being computed.
func TestInterruptedRunIsResumed(t *testing.T) {
	demoData(t)
	for _, state := range []string{"Rate", "Post"} {
		ctx, stop := context.WithCancel(t.Context())
		command := "run"
		if state == "Post" {
			command = "resume"
		}
		r := callWith(ctx, func(p *program) {
			p.watch = func(e local.Event) {
				if e.Kind == local.Entered && e.State == state {
					stop()
				}
			}
		}, "day", command)
		stop()
		if r.code != exitInterrupted || !strings.Contains(r.stderr, "run 1 stays: multipoint day resume 1") {
			t.Errorf("%s: %+v", state, r)
		}
	}
	v := object[runView](t, calls(t, exitOK, "day resume 1 --json").stdout)
	if v.State != day.Closed || v.Attempt != 3 || v.Steps[0].Attempt != 1 {
		t.Errorf("%+v", v)
	}
	says(t, calls(t, exitOK, "verify").stdout, "ledger                          identical")
}

// TestStoppedRunTellsItsCode: the fault that stopped a run comes back with its code, place and what to do.
func TestStoppedRunTellsItsCode(t *testing.T) {
	demoData(t)
	calls(t, exitOK, "day open")
	flipIn(t, firstKey(t, "held/"))
	r := calls(t, exitTotals, "day resume")
	says(t, r.stderr, "MP-4011", "held/AOZORA/2026-11-22/", "Restore it from a backup",
		"day void 1 gives it up")
	says(t, calls(t, exitOK, "day show 1").stdout, "MP-4011", "held/AOZORA/2026-11-22/")
	flipIn(t, firstKey(t, "held/"))
	calls(t, exitOK, "day resume")
}
