package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"multipoint/events"
	"multipoint/shared/flow"
	"multipoint/shared/standalone"
)

// demoData makes a data folder of the demo retailer whose day is held, and stands in a folder beside it.
func demoData(t *testing.T) (dir string) {
	t.Helper()
	t.Chdir(t.TempDir())
	d := openDemo(t, "data", nil)
	if _, err := d.Load(t.Context(), events.Files); err != nil {
		t.Fatal(err)
	}
	closeData(t, d)
	return "data"
}

// openDemo opens a data folder of the demo as the program does; tasks replaces steps of its runs.
func openDemo(
	t *testing.T, dir string, tasks func(d *standalone.Program) map[string]flow.Task,
) *standalone.Program {
	t.Helper()
	d, err := standalone.Open(t.Context(), standalone.Options{
		Dir: dir, Demo: true, Retailer: "AOZORA", DemoStart: time.Date(2026, 11, 21, 21, 2, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	if tasks != nil {
		o := standalone.RunnerOptions{
			Tasks: tasks(d), Sleep: func(context.Context, time.Duration) error { return nil },
		}
		if d.Runner, err = standalone.NewRunner(d.Service, o); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func closeData(t *testing.T, d *standalone.Program) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// calls runs command lines that must come to an exit code, and gives what the last one printed.
func calls(t *testing.T, code int, lines ...string) (last called) {
	t.Helper()
	for _, line := range lines {
		last = call(t, strings.NewReader(""), strings.Fields(line)...)
		if last.code != code {
			t.Fatalf("%s: exit code %d, want %d\n%s%s", line, last.code, code, last.stdout, last.stderr)
		}
	}
	return last
}

// says fails unless a text has all parts.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

// withoutHashes makes a text independent of what hashes come to.
func withoutHashes(text string) string {
	short := regexp.MustCompile(`\b[0-9a-f]{12}\b`).ReplaceAllString(text, "<hash------>")
	return regexp.MustCompile(`\b[0-9a-f]{64}\b`).ReplaceAllString(short, "<SHA-256>")
}

// flipIn changes one byte in the middle of the file of an object, and changes it back with the second call.
func flipIn(t *testing.T, key string) {
	t.Helper()
	path := filepath.Join("data", "objects", "objects", "multipoint", filepath.FromSlash(key))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // in place: the metadata stays
	if err == nil {
		_, err = f.Write(b)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestFirstPublishMakesTheDataFolder(t *testing.T) {
	masters, err := filepath.Abs("testdata/masters")
	if err != nil {
		t.Fatal(err)
	}
	members, _ := filepath.Abs("testdata/members.csv")
	t.Chdir(t.TempDir())
	publish := "masters publish --from 2026-11-01 " + masters
	r := calls(t, exitOK, publish, "members publish "+members, publish+" --json")
	v := object[publishReport](t, r.stdout)
	if v.Created || v.Retailer != "AOZORA" || v.From != "2026-11-01" || !strings.Contains(v.Key, v.SHA256) {
		t.Errorf("%+v", v)
	}
	r = calls(t, exitFailed, "members publish --data other "+members)
	says(t, r.stderr, "MP-3002", "masters publish makes one")
	other := write(t, filepath.Join("masters", "retailer.yaml"), "")
	if err := os.CopyFS("copied", os.DirFS(masters)); err != nil {
		t.Fatal(err)
	}
	text := readAll(t, filepath.Join("copied", "retailer.yaml"))
	write(t, filepath.Join("copied", "retailer.yaml"), strings.Replace(text, "AOZORA", "MINORI", 1))
	says(t, calls(t, exitInput, "masters publish --from 2026-11-01 copied").stderr, "MINORI", "AOZORA")
	calls(t, exitInput, "masters publish --from 2026-11-01 "+filepath.Dir(other),
		"members publish copied/retailer.yaml")
	calls(t, exitUsage, "masters publish "+masters, "members", "masters publish --from soon "+masters)
	says(t, calls(t, exitOK, "day show", "verify").stdout, "ledger", "identical")
	gone(t, "other")
}
