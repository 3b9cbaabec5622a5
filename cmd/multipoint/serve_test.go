package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serving is serve in a process of its own.
type serving struct {
	cmd  *exec.Cmd
	url  string
	line string
	errs *bytes.Buffer
}

// startServe starts serve and waits until it says that it is ready.
func startServe(t *testing.T, args ...string) *serving {
	t.Helper()
	s := &serving{cmd: process(t, append([]string{"serve"}, args...)...), errs: &bytes.Buffer{}}
	s.cmd.Stderr = s.errs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it has ended by itself unless the test failed
		_ = s.cmd.Wait()
	})
	if s.line, err = bufio.NewReader(out).ReadString('\n'); err != nil {
		_ = s.cmd.Wait()
		t.Fatalf("%v %s", err, s.errs)
	}
	s.url = regexp.MustCompile(`http://[0-9.:]+/`).FindString(s.line)
	if s.url == "" {
		t.Fatal(s.line)
	}
	return s
}

// end interrupts it and gives its exit code.
func (s *serving) end(t *testing.T, signal syscall.Signal) int {
	t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait() // the code says it
	return s.cmd.ProcessState.ExitCode()
}

func (s *serving) request(t *testing.T, method, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Origin", strings.TrimSuffix(s.url, "/"))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer ignore(answer.Body.Close)
	b, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %v %.300s", method, path, answer.StatusCode, err, b)
	}
	return string(b)
}

var digestOfRun = regexp.MustCompile(`ダイジェスト</dt><dd class="mono hash">([0-9a-f]{64})<`)

func digestOn(t *testing.T, page string) string {
	t.Helper()
	m := digestOfRun.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no digest on the page: %.500s", page)
	}
	return m[1]
}

// TestServeKeepsEverything starts the demo, ends it, starts it again, and moves its clock by a day.
func TestServeKeepsEverything(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := startServe(t, "--demo", "--addr", "127.0.0.1:0", "--data", data)
	digest := digestOn(t, s.request(t, http.MethodGet, ""))
	if code := s.end(t, syscall.SIGINT); code != exitOK {
		t.Fatalf("%d %s", code, s.errs)
	}
	s = startServe(t, "--addr", "127.0.0.1:0", "--data", data) // a folder stays what it was made
	if !strings.Contains(s.line, "demo") {
		t.Error(s.line)
	}
	if again := digestOn(t, s.request(t, http.MethodGet, "runs/1")); again != digest {
		t.Errorf("%s, before %s", again, digest)
	}
	page := s.request(t, http.MethodPost, "next")
	if !strings.Contains(page, "2026年11月23日") || !strings.Contains(page, digest) ||
		!strings.Contains(page, "EC_20261122_1.csv") {
		t.Errorf("%.800s", page)
	}
	if !strings.Contains(s.request(t, http.MethodPost, "runs/2/verify"), "同じ結果になりました") {
		t.Error("the second day cannot be verified")
	}
	// Another process that asks for the same folder is told so, and changes nothing.
	r := call(t, nil, "serve", "--addr", "127.0.0.1:0", "--data", data)
	if r.code != exitFailed || !strings.Contains(r.stderr, "MP-4030") {
		t.Errorf("%+v", r)
	}
	code := s.end(t, syscall.SIGTERM)
	if code != exitOK || !strings.Contains(s.errs.String(), "everything is kept") {
		t.Errorf("%d %s", code, s.errs)
	}
}

// TestDemoPrintsTheDigestThatServeShows compares both ways to run the demo.
func TestDemoPrintsTheDigestThatServeShows(t *testing.T) {
	r := call(t, nil, "demo")
	if r.code != exitOK {
		t.Fatal(r)
	}
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	printed, ok := strings.CutPrefix(lines[len(lines)-1], "Digest of the run  ")
	if !ok || len(printed) != 64 {
		t.Fatal(r.stdout)
	}
	s := startServe(t, "--demo", "--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
	if shown := digestOn(t, s.request(t, http.MethodGet, "")); shown != printed {
		t.Errorf("%s is shown, %s printed", shown, printed)
	}
	if code := s.end(t, syscall.SIGINT); code != exitOK {
		t.Errorf("%d %s", code, s.errs)
	}
}

// TestServeRefusesToBeReachedByOthers: there is no login yet.
func TestServeRefusesToBeReachedByOthers(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "name.example:0"} {
		r := call(t, nil, "serve", "--demo", "--data", data, "--addr", addr)
		if r.code != exitUsage || !strings.Contains(r.stderr, "no login yet") {
			t.Errorf("%s: %+v", addr, r)
		}
	}
	for _, addr := range []string{"", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999"} {
		if r := call(t, nil, "serve", "--demo", "--data", data, "--addr", addr); r.code != exitUsage {
			t.Errorf("%q: %+v", addr, r)
		}
	}
	gone(t, data)
}

// TestServeSaysThatAPortIsInUse: an address that was asked for must be had, the default one gives way.
func TestServeSaysThatAPortIsInUse(t *testing.T) {
	var config net.ListenConfig
	taken, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ignore(taken.Close)
	addr := taken.Addr().String()
	data := filepath.Join(t.TempDir(), "data")
	r := call(t, nil, "serve", "--demo", "--data", data, "--addr", addr)
	if r.code != exitFailed || !strings.Contains(r.stderr, "The address is in use") ||
		!strings.Contains(r.stderr, "--addr names another one") {
		t.Errorf("%+v", r)
	}
	gone(t, data)
	l, err := listen(t.Context(), &serveFlags{addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	defer ignore(l.Close)
	if l.Addr().String() == addr {
		t.Error("both have the same port")
	}
}

// TestServeNeedsAFolder names what is missing, and never makes a retailer's folder the demo's.
func TestServeNeedsAFolder(t *testing.T) {
	r := call(t, nil, "serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "none"))
	if r.code != exitFailed || !strings.Contains(r.stderr, "There is no data folder") {
		t.Errorf("%+v", r)
	}
	data := filepath.Join(t.TempDir(), "data")
	write(t, filepath.Join(data, "multipoint.json"), `{"retailer":"UMI"}`)
	r = call(t, nil, "serve", "--demo", "--addr", "127.0.0.1:0", "--data", data)
	if r.code != exitUsage || !strings.Contains(r.stderr, "not the demo") {
		t.Errorf("%+v", r)
	}
}

// TestServeIsKilledInTheMiddle kills the demo while its day runs; the next start goes on, to the same digest.
func TestServeIsKilledInTheMiddle(t *testing.T) {
	want := call(t, nil, "demo")
	for _, after := range []time.Duration{
		150 * time.Millisecond, 400 * time.Millisecond, 700 * time.Millisecond,
	} {
		data := filepath.Join(t.TempDir(), "data")
		ctx, stop := context.WithTimeout(t.Context(), after)
		cmd := process(t, "serve", "--demo", "--addr", "127.0.0.1:0", "--data", data)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		stop()
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		s := startServe(t, "--demo", "--addr", "127.0.0.1:0", "--data", data)
		digest := ""
		for range 200 {
			if m := digestOfRun.FindStringSubmatch(s.request(t, http.MethodGet, "")); m != nil {
				digest = m[1]
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if digest == "" || !strings.Contains(want.stdout, digest) {
			t.Errorf("killed after %s: %q", after, digest)
		}
		if code := s.end(t, syscall.SIGINT); code != exitOK {
			t.Errorf("%d %s", code, s.errs)
		}
	}
}
