package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process makes the program as a process of its own.
func process(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// TestPipeKeepsMemoryFlat sends 5 MB and 50 MB through generate | convert.
func TestPipeKeepsMemoryFlat(t *testing.T) {
	t.Chdir("testdata")
	masters := mastersWith(t, "", "", "")
	peak := func(lines int) int64 {
		feed := filepath.Join(masters, "feed", "generated.yaml")
		args := strings.Fields("generate --shape csv --masters masters --feed " + feed + " --lines")
		gen := process(t, append(args, strconv.Itoa(lines))...)
		var sink counter
		pipe, err := gen.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		// The feed's master is there after the file: it is made beforehand.
		if r := call(t, nil, append(args, "0")...); r.code != exitOK {
			t.Fatal(r)
		}
		conv := process(t, "convert", "--masters", masters, "--feed", "CSV")
		conv.Stdin, conv.Stdout = pipe, &sink
		var errs bytes.Buffer
		conv.Stderr = &errs
		if err := gen.Start(); err != nil {
			t.Fatal(err)
		}
		if err := conv.Run(); err != nil {
			t.Fatal(err, errs.String())
		}
		if err := gen.Wait(); err != nil {
			t.Fatal(err)
		}
		if int(sink) < lines*100 {
			t.Errorf("only %d bytes came out", sink)
		}
		return conv.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	}
	small, large := peak(40_000), peak(400_000)
	t.Logf("peak: %d KiB for 5 MB, %d KiB for 50 MB", small, large)
	if large > small+small/2 {
		t.Errorf("peak grew from %d to %d KiB", small, large)
	}
}

type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

func TestInterruptEndsAPipe(t *testing.T) {
	t.Chdir("testdata")
	out := filepath.Join(t.TempDir(), "common.csv")
	cmd := process(t, convertArgs("--feed", "POS", "--out", out, "--errors", out+".bad")...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, posTitles); err != nil {
		t.Fatal(err)
	}
	for range 500 { // until it waits for more
		if _, err := os.Stat(out + ".bad.tmp"); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("%v\n%s", err, errs.String())
	}
	if !strings.Contains(errs.String(), "interrupted") {
		t.Error(errs.String())
	}
	gone(t, out, out+".tmp", out+".bad", out+".bad.tmp")
}
