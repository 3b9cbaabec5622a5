package sam

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"multipoint/shared/cloud"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/object"
	"multipoint/test/emulator"
)

// The template of production is linted and its functions are built by SAM; then they run in containers: a
// file is taken in, its day is opened and planned, the screens answer over HTTP.
func TestFunctionsRunUnderSAM(t *testing.T) {
	mini := emulator.MiniStack(t)
	d := startDocker(t)
	w := newWorld(t, mini)
	s := build(t, d, w)
	t.Run("intake", func(t *testing.T) { takesIn(t, s, w) })
	t.Run("open", func(t *testing.T) { opens(t, s, w) })
	t.Run("plan", func(t *testing.T) { plans(t, s, w) })
	t.Run("screens", func(t *testing.T) { answersHTTP(t, s) })
}

// takesIn: the event of a file is done, one of another bucket comes again, and is alone in that.
func takesIn(t *testing.T, s *sam, w *world) {
	const elsewhere = "2e1424d4-f796-459a-8184-9c92662be6da" // the second message of the event
	s.invokes(t, "intake", sample(t, "intake"), `{"batchItemFailures":[{"itemIdentifier":"`+elsewhere+`"}]}`)
	var names []string
	err := w.service.Arrivals(t.Context(), "", func(a *day.Arrival) error {
		if !a.Takes() {
			t.Errorf("%s was refused: %+v", a.Name, a.Refused)
		}
		names = append(names, a.Name)
		return nil
	})
	if err != nil || len(names) != 1 || names[0] != upload {
		t.Errorf("taken in are %v, want %s, error %v", names, upload, err)
	}
	key := cloud.InboxKey(retailer, "", "u1", upload)
	if _, err := w.program.Inbox.Stat(t.Context(), key); !errors.Is(err, object.ErrAbsent) {
		t.Errorf("the inbox still has it: %v", err)
	}
}

// opens: the message of a day opens it and starts its execution, with the input that is plan's sample event.
func opens(t *testing.T, s *sam, w *world) {
	s.invokes(t, "open", sample(t, "open"), `{"batchItemFailures":[]}`)
	run, err := w.service.DayRun(t.Context(), runDate())
	if err != nil || run == nil || run.State != day.Open {
		t.Fatalf("the day's run is %+v, error %v", run, err)
	}
	name, _, err := w.service.Execution(run)
	if err != nil {
		t.Fatal(err)
	}
	machine := w.told["MULTIPOINT_DAY_FLOW"]
	execution := strings.Replace(machine, ":stateMachine:", ":execution:", 1) + ":" + name
	out, err := w.flow.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	if err != nil {
		t.Fatal(err)
	}
	event, err := os.ReadFile(sample(t, "plan"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := ordered(t, []byte(*out.Input)), ordered(t, event); got != want {
		t.Errorf("the execution's input is %s, want %s", got, want)
	}
}

// plans: the first step of a day says where its lists are, and they are there. That of a retailer whom nobody
// knows is refused by the name that the state machine looks for, with the code.
func plans(t *testing.T, s *sam, w *world) {
	var plan day.Plan
	if err := json.Unmarshal([]byte(s.invoke(t, "plan", sample(t, "plan"))), &plan); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{plan.Convert, plan.Groups, plan.Files} {
		if _, err := w.program.Objects.Stat(t.Context(), key); err != nil {
			t.Errorf("list %q: %v", key, err)
		}
	}
	event := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(event, []byte(`{"retailer":"NOBODY","run":1,"attempt":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var refused struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	text := s.invoke(t, "plan", event)
	if err := json.Unmarshal([]byte(text), &refused); err != nil {
		t.Fatal(err)
	}
	if refused.Type != day.Faulty || !strings.Contains(refused.Message, fault.RetailerUnknown.String()) {
		t.Errorf("an unknown retailer's plan is %s", text)
	}
}

// answersHTTP: over the HTTP API of the template the screens answer who brings the proof, and nobody else.
func answersHTTP(t *testing.T, s *sam) {
	site := s.startAPI(t)
	for _, c := range []struct {
		proof string
		want  answer
	}{
		{proof, answer{http.StatusOK, "{\"status\":\"ok\"}\n"}},
		{"a guess", answer{http.StatusForbidden, "Forbidden\n"}},
	} {
		got, err := get(t.Context(), http.DefaultClient, site+"/health",
			http.Header{cloud.OriginHeader: {c.proof}})
		if err != nil {
			t.Fatal(err)
		}
		if *got != c.want {
			t.Errorf("with %q the screens say %+v, want %+v", c.proof, *got, c.want)
		}
	}
}

// sam runs SAM over what it has built.
type sam struct {
	docker   *docker
	template string // that sam build left
	env      string // file with what functions are told
}

// stack is the one whose functions run.
const stack = "multipoint-prod"

// build synthesises the template, for this machine's processor, and has SAM check it and build the functions.
func build(t *testing.T, d *docker, w *world) *sam {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	templates, out := t.TempDir(), filepath.Join(t.TempDir(), "sam")
	settings, err := json.Marshal(map[string]string{
		"env": "prod", "account": "111122223333", "arch": runtime.GOARCH,
		"placeholder": "true", "functions": t.TempDir(), // SAM builds them
		"mailFrom": "points@multipoint.example", "operator": "operator@multipoint.example",
		"domain":      "points.multipoint.example",
		"certificate": "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000",
	})
	if err != nil {
		t.Fatal(err)
	}
	synth := exec.CommandContext(t.Context(), "go", "run", ".")
	synth.Dir = filepath.Join(root, "infra", "cdk")
	synth.Env = append(os.Environ(), "CDK_OUTDIR="+templates, "CDK_CONTEXT_JSON="+string(settings),
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1")
	execute(t, synth)
	check := filepath.Join(root, "infra", "cdk", "check", "sam")
	execute(t, exec.CommandContext(t.Context(), check, templates, out, "intake", "open", "plan", "screens"))

	s := &sam{
		docker: d, template: filepath.Join(out, stack, "template.yaml"),
		env: filepath.Join(t.TempDir(), "env.json"),
	}
	told, err := json.Marshal(map[string]any{"Parameters": w.told})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.env, told, 0o600); err != nil {
		t.Fatal(err)
	}
	arch := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	d.importImage(t, arch, w.image)
	return s
}

func execute(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", cmd, err, tail(out))
	}
}

// local makes the command sam local.
func (s *sam) local(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{"local"}, args...)
	args = append(args, "--template-file", s.template, "--env-vars", s.env)
	// #nosec G204 -- our own script
	cmd := exec.CommandContext(ctx, filepath.Join("..", "..", "infra", "cdk", "check", "sam-cli"), args...)
	// SAM hands what it is told on to functions: of this machine they hear nothing.
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(s.env), "LANG=C.UTF-8",
		"DOCKER_HOST=" + s.docker.host, "AWS_REGION=" + emulator.Region,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
	}
	return cmd
}

// invoke calls a function with the event of a file and gives its answer.
func (s *sam) invoke(t *testing.T, function, event string) string {
	t.Helper()
	cmd := s.local(t.Context(), "invoke", stack+"-"+function, "--event", event)
	var printed bytes.Buffer
	cmd.Stderr = &printed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sam local invoke of %s: %v: %s%s", function, err, out, tail(printed.Bytes()))
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %s", function, tail(printed.Bytes()))
		}
	})
	return strings.TrimSpace(string(out))
}

func (s *sam) invokes(t *testing.T, function, event, want string) {
	t.Helper()
	if got := ordered(t, []byte(s.invoke(t, function, event))); got != want {
		t.Errorf("%s answers %s, want %s", function, got, want)
	}
}

// startAPI starts the HTTP APIs of the template and gives where they are.
func (s *sam) startAPI(t *testing.T) (site string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close() // it was only to find a port that is free
	_, port, _ := net.SplitHostPort(address)
	cmd := s.local(context.Background(), "start-api", "--host", "127.0.0.1", "--port", port)
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(gone)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // then it removes its containers
		<-gone
		if t.Failed() {
			t.Logf("sam local start-api: %s", tail(printed.Bytes()))
		}
	})
	late := time.After(2 * time.Minute)
	for {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			_ = connection.Close()
			return "http://" + address
		}
		select {
		case <-gone:
			t.Fatal("sam local start-api ended")
		case <-late:
			t.Fatalf("sam local start-api does not answer: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// sample gives the file of a sample event.
func sample(t *testing.T, function string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "events", "lambda", function+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// ordered gives JSON in one form, whoever wrote it.
func ordered(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
