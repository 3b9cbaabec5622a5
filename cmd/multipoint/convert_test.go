package main

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func convertArgs(more ...string) []string {
	return append([]string{"convert", "--masters", "masters", "--run-date", "2026-11-22"}, more...)
}

func TestConvertIsTheSameInAPipe(t *testing.T) {
	t.Chdir("testdata")
	out := filepath.Join(t.TempDir(), "common.csv")
	file := call(t, nil, convertArgs("--out", out, "day/pos_0001.csv")...)
	pipe := call(t, strings.NewReader(readAll(t, "day/pos_0001.csv")), convertArgs("--feed", "POS")...)
	if file.code != exitOK || pipe.code != exitOK || file.stdout != "" {
		t.Fatalf("%+v\n%+v", file, pipe)
	}
	if got := readAll(t, out); got != pipe.stdout {
		t.Errorf("file:\n%s\npipe:\n%s", got, pipe.stdout)
	}
	rows, err := csv.NewReader(strings.NewReader(pipe.stdout)).ReadAll()
	if err != nil || len(rows) != 7 || rows[0][0] != "feed" {
		t.Errorf("%v %v", rows, err)
	}
}

func TestRefusedFileWritesNoOutput(t *testing.T) {
	t.Chdir("testdata")
	tmp := t.TempDir()
	out := write(t, filepath.Join(tmp, "common.csv"), "yesterday's\n")
	totals, bad := filepath.Join(tmp, "totals.json"), filepath.Join(tmp, "bad.csv")
	r := call(t, nil, convertArgs("--out", out, "--totals", totals, "--errors", bad, "day/pos_0003.csv")...)
	if r.code != exitInput || !strings.Contains(r.stderr, "MP-1112") ||
		!strings.Contains(r.stderr, "Nothing of this file may be used") {
		t.Errorf("%+v", r)
	}
	if readAll(t, out) != "yesterday's\n" {
		t.Error("the old file was touched")
	}
	gone(t, out+".tmp", totals+".tmp", bad+".tmp")
	v := object[convertReport](t, readAll(t, totals))
	if v.Accepted || v.Out != "" || v.Errors != bad || v.Refused.Name != "file.bad_lines" || v.Bad != 2 ||
		v.Good != 1 {
		t.Errorf("%+v", v)
	}
	rows, err := csv.NewReader(strings.NewReader(readAll(t, bad))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][5] != "number.excel" || rows[2][5] != "card.unknown" {
		t.Errorf("%v %v", rows, err)
	}
}

const (
	posTitles = "営業日,時刻,店舗,伝票,区分,カード,税込,元伝票\n"
	posLine   = "2026/11/21,10:15,0001,1001,売,9999000000000004,100,\n"
)

func TestBadFilesAreRefusedWithTheirReason(t *testing.T) {
	t.Chdir("testdata")
	host := readAll(t, "day/TR20261121.DAT")
	for name, c := range map[string]struct{ feed, text, code string }{
		"empty":             {"POS", "", "MP-1106"},
		"other encoding":    {"POS", "\xFF\xFEx", "MP-1107"},
		"open quote":        {"POS", posTitles + "\"2026/11/21,", "MP-1108"},
		"no trailer":        {"HOST", host[:len(host)-52], "MP-1102"},
		"no header":         {"HOST", host[52:], "MP-1103"},
		"data after end":    {"HOST", host + host[52:104], "MP-1104"},
		"cut in a record":   {"HOST", host[:len(host)-20], "MP-1105"},
		"amounts differ":    {"HOST", strings.Replace(host, "000000199", "000000198", 1), "MP-1111"},
		"total unreadable":  {"HOST", strings.Replace(host, "000000012544", "00000001254X", 1), "MP-1113"},
		"all lines are bad": {"POS", posTitles + strings.ReplaceAll(posLine, "100", "1O0"), "MP-1112"},
		"one endless line":  {"POS", posTitles + strings.Repeat("x", 17<<20), "MP-1120"},
	} {
		t.Run(name, func(t *testing.T) {
			r := call(t, strings.NewReader(c.text), convertArgs("--feed", c.feed)...)
			if r.code != exitInput || !strings.Contains(r.stderr, "multipoint: "+c.code) {
				t.Errorf("exit code %d, want %s:\n%s", r.code, c.code, r.stderr)
			}
		})
	}
}

func TestBadLinesStopNoGoodOnes(t *testing.T) {
	t.Chdir("testdata")
	good := strings.Repeat(posLine, 3)
	for name, c := range map[string]struct{ from, to, rule string }{
		"NUL byte":         {"0001", "00\x001", "text.nul"},
		"no UTF-8":         {"0001", "\x8e\x9a", "text.undecodable"},
		"E notation":       {",100,", ",1.0E+2,", "number.excel"},
		"unknown card":     {"9999000000000004", "1234567890123", "card.unknown"},
		"check digit":      {"9999000000000004", "9999000000000005", "card.check_digit"},
		"other kind":       {"売", "買", ""}, // the layout has a default
		"tomorrow":         {"2026/11/21", "2026/11/23", "date.future"},
		"a column too few": {",100,", ",100", "record.columns"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad.csv")
			text := posTitles + good + strings.Replace(posLine, c.from, c.to, 1)
			r := call(t, strings.NewReader(text), convertArgs("--feed", "POS", "--errors", bad)...)
			rows, err := csv.NewReader(strings.NewReader(readAll(t, bad))).ReadAll()
			if r.code != exitOK || err != nil {
				t.Fatalf("%v %+v", err, r)
			}
			lines := strings.Count(r.stdout, "\n")
			if c.rule == "" {
				if len(rows) != 1 || lines != 5 {
					t.Errorf("%v\n%s", rows, r.stdout)
				}
			} else if len(rows) < 2 || rows[1][0] != "5" || rows[1][5] != c.rule || lines != 4 {
				t.Errorf("want %s on line 5: %v\n%s", c.rule, rows, r.stdout)
			}
		})
	}
}

func TestWithoutRunDateNoLineIsTooOld(t *testing.T) {
	t.Chdir("testdata")
	text := posTitles + strings.ReplaceAll(
		posLine,
		"2026/",
		"1999/",
	) + strings.ReplaceAll(
		posLine,
		"2026/",
		"2999/",
	)
	args := []string{"convert", "--masters", "masters", "--feed", "POS"}
	if r := call(t, strings.NewReader(text), args...); r.code != exitOK ||
		strings.Count(r.stdout, "\n") != 3 {
		t.Errorf("%+v", r)
	}
	if r := call(t, strings.NewReader(text), convertArgs("--feed", "POS")...); r.code != exitInput {
		t.Errorf("%+v", r)
	}
	// A date without its year needs the run's.
	args[2] = mastersWith(t, "feed/pos.yaml", "yyyy/mm/dd", "mmdd")
	if r := call(t, strings.NewReader(text), args...); r.code != exitUsage ||
		!strings.Contains(r.stderr, "--run-date") {
		t.Errorf("%+v", r)
	}
}

// TestFullStandardOutput writes to the device that is always full.
func TestFullStandardOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer ignore(full.Close)
	t.Chdir("testdata")
	for _, args := range [][]string{
		convertArgs("day/pos_0001.csv"),
		{"masters", "check", "masters"},
		{"masters", "schema", "feed"},
		{"inspect", "day/pos_0001.csv"},
		{"version", "--json"},
		{"generate", "--shape", "csv"},
		rateArgs(filepath.Join(t.TempDir(), "out"), "--in", "day"),
	} {
		var errs bytes.Buffer
		code := run(t.Context(), args, strings.NewReader(""), full, &errs)
		if code != exitFailed || !strings.Contains(errs.String(), "MP-3003") {
			t.Errorf("%v: exit code %d\n%s", args, code, errs.String())
		}
	}
	var errs bytes.Buffer
	code := run(t.Context(), convertArgs("--out", "/dev/full", "day/pos_0001.csv"), nil, io.Discard, &errs)
	if code != exitFailed || !strings.Contains(errs.String(), "/dev/full") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
}

func TestBarIsForTerminalsOnly(t *testing.T) {
	t.Chdir("testdata")
	for _, c := range []struct {
		terminal bool
		more     []string
		bar      bool
	}{{true, nil, true}, {false, nil, false}, {true, []string{"--json"}, false}} {
		r := callWith(t.Context(), func(p *program) {
			p.isTerminal = func(io.Writer) bool { return c.terminal }
		}, convertArgs(append(c.more, "day/pos_0001.csv")...)...)
		if got := strings.Contains(r.stderr, "\r"); got != c.bar || r.code != exitOK {
			t.Errorf("%+v: %+v", c, r)
		}
		if strings.Contains(r.stdout, "\r") || !strings.HasPrefix(r.stdout, "feed,file,line,") {
			t.Errorf("%q", r.stdout)
		}
	}
}
