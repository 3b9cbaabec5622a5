// Package kill_test takes the machine away in the middle of its work: by SIGKILL of the real process, and by
// losses of power under the real table. What comes out is the undisturbed day, to the byte.
package kill_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"syscall"
	"testing"
	"time"

	"multipoint/shared/generate"
)

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%s: %v", name, text, err)
	}
	return n
}

// TestKilledProcessComesToTheUndisturbedDay kills the real process with SIGKILL at random moments, intake
// included, and starts it again until its runs are closed. MULTIPOINT_KILL_LINES is the size of the file
// (default 10,000), MULTIPOINT_KILLS the number of rounds (2); MULTIPOINT_KILL_SEED repeats the moments of a
// failure, as shares of the time that the undisturbed day takes.
func TestKilledProcessComesToTheUndisturbedDay(t *testing.T) {
	lines := number(t, "MULTIPOINT_KILL_LINES", 10_000)
	rounds := number(t, "MULTIPOINT_KILLS", 2)
	seed := number(t, "MULTIPOINT_KILL_SEED", rand.Uint64N(1_000_000))
	t.Logf("seed %d: %d lines, %d rounds", seed, lines, rounds)
	k := &killer{file: generated(t, lines), random: rand.New(rand.NewPCG(seed, 1))}
	want := k.undisturbed(t)
	wantWork(t, want)
	// Once more: the first one was slower, nothing was in the page cache.
	if again := k.undisturbed(t); !reflect.DeepEqual(again, want) {
		t.Fatalf("undisturbed twice:\n%+v\n%+v", again, want)
	}
	for round := range rounds {
		if got := k.disturbed(t, int(round)+1); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d, round %d:\ngot  %+v\nwant %+v", seed, round+1, got, want)
		}
	}
	t.Logf("seed %d: %d kills in %d rounds; undisturbed %v", seed, k.kills, rounds, k.whole)
	if k.kills < int(rounds) {
		t.Errorf("%d kills in %d rounds", k.kills, rounds)
	}
}

// killer runs days in folders of their own.
type killer struct {
	file   string
	random *rand.Rand
	whole  time.Duration // that an undisturbed day takes; the shortest that was seen
	kills  int
}

// undisturbed gives what a day comes to.
func (k *killer) undisturbed(t *testing.T) *report {
	t.Helper()
	dir := t.TempDir()
	began := time.Now()
	child(t, modeRun, dir, k.file, 0)
	k.took(time.Since(began))
	return k.reported(t, dir)
}

func (k *killer) took(d time.Duration) {
	if k.whole == 0 || d < k.whole {
		k.whole = d.Round(time.Millisecond)
	}
}

// disturbed gives what a day comes to that is killed one to four times.
func (k *killer) disturbed(t *testing.T, round int) *report {
	t.Helper()
	const tries = 8 // where the machine is faster than before and the day was over
	for range tries {
		dir := t.TempDir()
		before := k.kills
		for range 1 + k.random.IntN(4) {
			share := 5 + k.random.IntN(90)
			moment := k.whole * time.Duration(share) / 100
			began := time.Now()
			killed := child(t, modeRun, dir, k.file, moment)
			t.Logf("round %d: %v (%d %%), killed: %v", round, moment, share, killed)
			if !killed {
				k.took(time.Since(began))
				break
			}
			k.kills++
		}
		if k.kills > before {
			child(t, modeRun, dir, k.file, 0)
			return k.reported(t, dir)
		}
	}
	t.Fatalf("the day was over %d times before it was killed", tries)
	return nil
}

// reported gives what a folder holds, verified by a child of its own, and removes it: it may be large.
func (k *killer) reported(t *testing.T, dir string) *report {
	t.Helper()
	child(t, modeReport, dir, k.file, 0)
	text, err := os.ReadFile(filepath.Join(dir, reportFile))
	if err != nil {
		t.Fatal(err)
	}
	r := &report{}
	if err := errors.Join(json.Unmarshal(text, r), os.RemoveAll(dir)); err != nil {
		t.Fatal(err)
	}
	return r
}

// wantWork checks that the undisturbed day had something to lose.
func wantWork(t *testing.T, r *report) {
	t.Helper()
	if len(r.Runs) != 2 || len(r.Outbox) == 0 || r.Rated == 0 || r.Refused == 0 {
		t.Fatalf("the day did nothing: %+v", r)
	}
}

// generated writes the day's file.
func generated(t *testing.T, lines uint64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sales.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	shop, err := openShop()
	if err != nil {
		t.Fatal(err)
	}
	shop.spec.Lines = int64(lines)
	_, err = generate.Write(f, shop.spec)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// child runs this program again as a child, and kills it after a time unless that is 0.
func child(t *testing.T, mode, dir, file string, after time.Duration) (killed bool) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^$")
	cmd.Env = append(os.Environ(), modeName+"="+mode, dirName+"="+dir, fileName+"="+file)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // it may have ended
		defer timer.Stop()
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, ok := exit.Sys().(syscall.WaitStatus)
		if ok && status.Signaled() && status.Signal() == syscall.SIGKILL && after > 0 {
			return true
		}
	}
	if err != nil {
		t.Fatalf("child %s: %v\n%s", mode, err, said.Bytes())
	}
	return false
}
