// Package emulator starts, for tests, programs that stand in for the cloud: DynamoDB Local, MiniStack,
// LocalStack. Each is installed under .tools/ of the module's root by pinned version from its package
// manager, once, and runs as a child of the test on a port of its own that only this machine reaches.
//
// On a machine that cannot run one of them a test says so in one line and is skipped; in CI (CI=true) that is
// a failure.
package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startWithin is how long an emulator may take until it answers.
const startWithin = 2 * time.Minute

// unable ends a test that needs what the machine does not have.
func unable(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: %v", what, err)
	}
	t.Skipf("skipped, %s: %v", what, err)
}

// asked skips a test that runs only where it is asked for: what it needs is large, and a newcomer's tests are
// to need Go alone.
func asked(t testing.TB) {
	t.Helper()
	if os.Getenv("MULTIPOINT_STACK") != "1" && os.Getenv("MULTIPOINT_FULL") != "1" {
		t.Skip("skipped: MULTIPOINT_STACK=1 runs it, with an emulator of the cloud that it installs")
	}
}

// OnlyFull skips a test that takes minutes unless everything is to run.
func OnlyFull(t testing.TB) {
	t.Helper()
	if os.Getenv("MULTIPOINT_FULL") != "1" {
		t.Skip("skipped: MULTIPOINT_FULL=1 runs it, with an emulator of the cloud that it installs")
	}
}

// root is the module's folder.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// tools is the folder of what was installed.
func tools() string { return filepath.Join(root(), ".tools") }

// installed gives the folder .tools/<name>, which fill fills if it is not there whole: a file that is written
// last says that it is. name has the version in it.
func installed(
	ctx context.Context, name string, fill func(ctx context.Context, folder string) error,
) (string, error) {
	folder := filepath.Join(tools(), name)
	if err := os.MkdirAll(tools(), 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(folder + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(folder, "complete")); err == nil {
		return folder, nil
	}
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil {
		return "", err
	}
	if err := fill(ctx, folder); err != nil {
		return "", fmt.Errorf("installing %s: %w", name, err)
	}
	return folder, os.WriteFile(filepath.Join(folder, "complete"), nil, 0o644)
}

// lock waits for a lock file, among goroutines and processes.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil // the lock goes with the file
}

// execute runs a command of an installation; its error has the end of what it printed.
func execute(ctx context.Context, folder, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, tail(out))
	}
	return nil
}

func tail(b []byte) []byte { return bytes.TrimSpace(b[max(0, len(b)-2000):]) }

// freePort gives a port of this machine that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of a TCP listener
	return port, l.Close()
}

// child is an emulator that runs.
type child struct {
	cmd *exec.Cmd
	log string
}

// start starts a program and waits until ready says nil; the test's end stops it. Its output goes to a file
// in the test's folder, whose end is told when it does not become ready.
func start(t testing.TB, cmd *exec.Cmd, ready func(ctx context.Context) error) {
	t.Helper()
	c := &child{cmd: cmd, log: filepath.Join(t.TempDir(), "emulator.log")}
	out, err := os.Create(c.log)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ended error
	gone := make(chan struct{})
	go func() {
		ended = cmd.Wait()
		close(gone)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it and its children; it may be gone
		<-gone
		_ = out.Close()
	})
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-gone:
			t.Fatalf("%s ended: %v: %s", filepath.Base(cmd.Path), ended, c.printed())
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v: %s", filepath.Base(cmd.Path), err, c.printed())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *child) printed() []byte {
	text, _ := os.ReadFile(c.log)
	return tail(text)
}
