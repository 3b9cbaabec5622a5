package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/rating"
)

func rateArgs(out string, more ...string) []string {
	return append([]string{
		"rate", "--masters", "masters", "--members", "members.csv", "--out", out,
	}, more...)
}

// lastLine is the line with the SHA-256 over all outputs.
func lastLine(t *testing.T, r called) string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	last := lines[len(lines)-1]
	if r.code != exitOK || !strings.HasPrefix(last, "SHA-256 over all outputs  ") || len(last) != 26+64 {
		t.Fatalf("exit code %d, last line %q\n%s", r.code, last, r.stderr)
	}
	return last
}

func TestSameInputSameBytes(t *testing.T) {
	t.Chdir("testdata")
	tmp := t.TempDir()
	first := lastLine(t, call(t, nil, rateArgs(filepath.Join(tmp, "a"), "--in", "day", "--threads", "1")...))
	second := lastLine(t, call(t, nil, rateArgs(filepath.Join(tmp, "b"), "--in", "day", "--threads", "3")...))
	if first != second {
		t.Errorf("%s\n%s", first, second)
	}
	entries, err := os.ReadDir("day")
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(entries)
	for _, e := range entries { // files made in another order
		write(t, filepath.Join(tmp, "day", e.Name()), readAll(t, filepath.Join("day", e.Name())))
	}
	third := lastLine(
		t,
		call(t, nil, rateArgs(filepath.Join(tmp, "c"), "--in", filepath.Join(tmp, "day"))...),
	)
	if first != third {
		t.Errorf("%s\n%s", first, third)
	}
	other := lastLine(t, call(t, nil, rateArgs(filepath.Join(tmp, "d"), "--in", "day", "--run", "2")...))
	if first == other {
		t.Error("another run has the same SHA-256")
	}
}

func TestNamedFilesAreTakenByName(t *testing.T) {
	t.Chdir("testdata")
	tmp := t.TempDir()
	date := []string{"--run-date", "2026-11-22"}
	there := lastLine(t, call(t, nil, rateArgs(filepath.Join(tmp, "a"),
		append(date, "day/pos_0001.csv", "day/TR20261121.DAT")...)...))
	back := lastLine(t, call(t, nil, rateArgs(filepath.Join(tmp, "b"),
		append(date, "--in", "day/TR20261121.DAT", "--in", "day/pos_0001.csv")...)...))
	if there != back {
		t.Errorf("%s\n%s", there, back)
	}
}

func TestDigestIsThatOfSHA256Sum(t *testing.T) {
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip(err)
	}
	t.Chdir("testdata")
	out := filepath.Join(t.TempDir(), "out")
	last := lastLine(t, call(t, nil, rateArgs(out, "--in", "day")...))
	cmd := exec.Command(
		"sh",
		"-c",
		"find . -type f | sed 's|^./||' | LC_ALL=C sort | xargs sha256sum | sha256sum",
	)
	cmd.Dir = out
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if want, _, _ := strings.Cut(string(got), " "); !strings.HasSuffix(last, want) {
		t.Errorf("%s, sha256sum says %s", last, want)
	}
}

func TestRateJSONAgreesWithTotals(t *testing.T) {
	t.Chdir("testdata")
	out := filepath.Join(t.TempDir(), "out")
	r := call(t, nil, rateArgs(out, "--in", "day", "--json")...)
	printed := object[rateReport](t, r.stdout)
	kept := object[runReport](t, readAll(t, filepath.Join(out, "totals.json")))
	if r.code != exitOK || printed.Out != out || len(printed.SHA256) != 64 ||
		printed.RunDate != "2026-11-22" {
		t.Errorf("got %d %+v", r.code, printed)
	}
	if len(kept.Files) != 5 || kept.Files[4].Refused == nil ||
		kept.Files[4].Refused.Name != "file.duplicate" ||
		kept.Totals.Rated != printed.Totals.Rated ||
		kept.Totals.Rated.Lines != 8 {
		t.Errorf("got %+v", kept)
	}
}

func TestClosedOutletCarriesItsEntries(t *testing.T) {
	t.Chdir("testdata")
	out := filepath.Join(t.TempDir(), "out")
	r := call(t, nil, rateArgs(out, "--run-date", "2026-11-23", "day/pos_0001.csv")...)
	lastLine(t, r)
	if !strings.Contains(r.stdout, "none today") || !strings.Contains(r.stdout, "carried/") {
		t.Error(r.stdout)
	}
	if info, err := os.Stat(filepath.Join(out, "carried", "MINATO-OUT.bin")); err != nil || info.Size() == 0 {
		t.Error(err)
	}
}

func TestDuplicatesNeedFeedBytesAndData(t *testing.T) {
	t.Chdir("testdata")
	titles, _, _ := strings.Cut(readAll(t, "day/pos_0001.csv"), "\n")
	day := t.TempDir()
	for _, name := range []string{"pos_1.csv", "pos_2.csv"} {
		write(t, filepath.Join(day, name), titles+"\n") // no data: accepted each time (R3)
	}
	for _, name := range []string{"pos_3.csv", "pos_4.csv", "pos_5.csv"} {
		write(
			t,
			filepath.Join(day, name),
			readAll(t, "day/pos_0003.csv"),
		) // refused, and still no second time
	}
	r := call(
		t,
		nil,
		rateArgs(filepath.Join(t.TempDir(), "out"), "--run-date", "2026-11-22", "--in", day, "--json")...)
	var got []string
	for _, f := range object[rateReport](t, r.stdout).Files {
		name := "accepted"
		if f.Refused != nil {
			name = f.Refused.Name
		}
		got = append(got, name)
	}
	want := []string{"accepted", "accepted", "file.bad_lines", "file.duplicate", "file.duplicate"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestArrivalsMustFitTheFolder(t *testing.T) {
	t.Chdir("testdata")
	const titles, row = "file,arrived\n", "pos_1.csv,2026-11-22T01:00:00"
	for name, c := range map[string]struct{ rows, says string }{
		"other titles":     {"name,time\n", "file,arrived"},
		"file not there":   {titles + row + "\n" + strings.Replace(row, "1", "2", 1) + "\n", "not there"},
		"file without row": {titles, "no row"},
		"second row":       {titles + row + "\n" + row + "\n", "second row"},
		"no time":          {titles + "pos_1.csv,yesterday\n", "yesterday"},
		"parts of seconds": {titles + row + ".5\n", "no time"},
		"three columns":    {titles + row + ",x\n", "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			day, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
			write(t, filepath.Join(day, "pos_1.csv"), readAll(t, "day/pos_0001.csv"))
			write(t, filepath.Join(day, "arrivals.csv"), c.rows)
			r := call(t, nil, rateArgs(out, "--in", day)...)
			if r.code != exitInput || !strings.Contains(r.stderr, "MP-3012") ||
				!strings.Contains(r.stderr, c.says) {
				t.Errorf("%d %s", r.code, r.stderr)
			}
			gone(t, out, out+".tmp")
		})
	}
}

func TestNothingHalfIsLeft(t *testing.T) {
	t.Chdir("testdata")
	for name, c := range map[string]struct {
		err  error
		code int
	}{
		"disk full": {fault.New(fault.WriteFailed, "no space left on device"), exitFailed},
		"overflow":  {fault.New(fault.OutletOverflow, ""), exitInput},
		"internal":  {errors.New("something odd"), exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			if err := os.Mkdir(out, 0o755); err != nil { // an empty folder is there, and stays
				t.Fatal(err)
			}
			r := callWith(t.Context(), func(p *program) {
				p.rate = func(job *rating.Job, o rating.Output) (*rating.Result, error) {
					if _, err := rating.Run(job, o); err != nil {
						t.Error(err)
					}
					return nil, c.err
				}
			}, rateArgs(out, "--in", "day")...)
			if r.code != c.code || strings.Count(r.stderr, "multipoint: ") != 1 || r.stdout != "" {
				t.Errorf("%+v", r)
			}
			gone(t, out+".tmp")
			if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
				t.Errorf("%v %v", left, err)
			}
		})
	}
}

func TestTotalsThatDifferKeepTheFolderForTheReport(t *testing.T) {
	t.Chdir("testdata")
	out := filepath.Join(t.TempDir(), "out")
	r := callWith(t.Context(), func(p *program) {
		p.rate = func(job *rating.Job, o rating.Output) (*rating.Result, error) {
			res, _ := rating.Run(job, o)
			return res, fault.New(fault.TotalsDiffer, "")
		}
	}, rateArgs(out, "--in", "day")...)
	if r.code != exitTotals || !strings.Contains(r.stderr, out+".tmp") {
		t.Errorf("%+v", r)
	}
	gone(t, out)
	if _, err := os.Stat(filepath.Join(out+".tmp", "grants.csv")); err != nil {
		t.Error(err)
	}
	// The next run does not write over what is to be looked at.
	if r = call(t, nil, rateArgs(out, "--in", "day")...); r.code != exitUsage ||
		!strings.Contains(r.stderr, "MP-3004") {
		t.Errorf("%+v", r)
	}
}

func TestInterruptedRunLeavesNothing(t *testing.T) {
	t.Chdir("testdata")
	for _, when := range []string{"before", "after"} {
		ctx, cancel := context.WithCancel(t.Context())
		out := filepath.Join(t.TempDir(), "out")
		r := callWith(ctx, func(p *program) {
			p.rate = func(job *rating.Job, o rating.Output) (*rating.Result, error) {
				if when == "before" {
					cancel()
				}
				res, err := rating.Run(job, o)
				if (err == nil) == (when == "before") {
					t.Errorf("interrupted %s the run: %v", when, err)
				}
				cancel()
				return res, err
			}
		}, rateArgs(out, "--in", "day")...)
		if r.code != exitInterrupted || !strings.Contains(r.stderr, "interrupted") || r.stdout != "" {
			t.Errorf("%+v", r)
		}
		gone(t, out, out+".tmp")
	}
}

// TestFullDisk needs the right to mount a small file system.
func TestFullDisk(t *testing.T) {
	t.Chdir("testdata")
	disk := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk).Run(); err != nil {
		t.Skip("cannot mount a small disk here:", err)
	}
	t.Cleanup(func() { _ = exec.Command("umount", disk).Run() })
	r := call(t, nil, rateArgs(filepath.Join(disk, "out"), "--in", "day")...)
	if r.code != exitFailed || !strings.Contains(r.stderr, "MP-3003") ||
		!strings.Contains(r.stderr, "no space") {
		t.Errorf("%+v", r)
	}
	gone(t, filepath.Join(disk, "out"), filepath.Join(disk, "out.tmp"))
}

func TestInterruptEndsGenerate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := filepath.Join(t.TempDir(), "out.csv")
	r := callWith(ctx, func(*program) {}, "generate", "--shape", "csv", "--lines", "1000000", "--out", out)
	if r.code != exitInterrupted {
		t.Errorf("%+v", r)
	}
	gone(t, out, out+".tmp")
}
