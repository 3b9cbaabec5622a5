package stepfunctions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"multipoint/shared/flow"
	"multipoint/shared/flow/stepfunctions"
	"multipoint/test/emulator"
)

const name = "aozora-12-1"

// definitions are machines that pass, fail and wait, by name.
var definitions = map[string]string{
	"pass": `{"StartAt":"A","States":{"A":{"Type":"Pass","ResultPath":"$.done","Result":true,"End":true}}}`,
	"fail": `{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"Stopped","Cause":"the file is gone"}}}`,
	"wait": `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":86400,"End":true}}}`,
}

// onEmulators runs a test with the machines on MiniStack and, where it is installed, on LocalStack, which
// answer a second start differently.
func onEmulators(
	t *testing.T, test func(t *testing.T, f *stepfunctions.Flow, c *sfn.Client, machines map[string]string),
) {
	t.Helper()
	for name, start := range map[string]func(t *testing.T) aws.Config{
		"MiniStack": func(t *testing.T) aws.Config { return emulator.MiniStack(t).Config },
		"LocalStack": func(t *testing.T) aws.Config {
			return aws.Config{
				Region: emulator.Region, BaseEndpoint: aws.String(emulator.LocalStack(t, "")),
				Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
				}),
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, c, machines := made(t, sfn.NewFromConfig(start(t)))
			test(t, f, c, machines)
		})
	}
}

// made makes the machines.
func made(t *testing.T, client *sfn.Client) (*stepfunctions.Flow, *sfn.Client, map[string]string) {
	t.Helper()
	machines := map[string]string{}
	for name, definition := range definitions {
		out, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
			Name: &name, Definition: &definition,
			RoleArn: aws.String("arn:aws:iam::" + emulator.Account + ":role/flow"),
		})
		if err != nil {
			t.Fatal(err)
		}
		machines[name] = *out.StateMachineArn
	}
	return stepfunctions.New(client, machines), client, machines
}

// ended waits for the end of an execution.
func ended(t *testing.T, f *stepfunctions.Flow, machine, name string) stepfunctions.State {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		s, err := f.Describe(t.Context(), machine, name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Status != stepfunctions.Running {
			return s
		}
		select {
		case <-late:
			t.Fatalf("%s of %s does not end", name, machine)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func start(t *testing.T, f *stepfunctions.Flow, machine, name, input string) {
	t.Helper()
	if err := f.Start(t.Context(), machine, name, []byte(input)); err != nil {
		t.Fatal(err)
	}
}

func TestExecutionsAreStartedAndFollowed(t *testing.T) { onEmulators(t, startedAndFollowed) }

func startedAndFollowed(
	t *testing.T, f *stepfunctions.Flow, client *sfn.Client, machines map[string]string,
) {
	if s, err := f.Describe(t.Context(), "pass", name); err != nil || s.Status != stepfunctions.Absent {
		t.Errorf("before the start: %+v, %v", s, err)
	}
	for machine := range definitions {
		start(t, f, machine, name, `{"run":12,"attempt":1}`)
	}
	s := ended(t, f, "pass", name)
	if got := fmt.Sprintf("%v %v", s.Status, s.Err); got != "succeeded <nil>" {
		t.Error(got)
	}
	var output struct {
		Run  int
		Done bool
	}
	if err := json.Unmarshal(s.Output, &output); err != nil || output.Run != 12 || !output.Done {
		t.Errorf("the output is %s, %v", s.Output, err)
	}
	if age := time.Since(s.Started); age < 0 || age > time.Minute || s.Ended.Before(s.Started) {
		t.Errorf("from %v to %v", s.Started, s.Ended)
	}
	s = ended(t, f, "fail", name)
	if got := fmt.Sprintf("%v, %v, %q", s.Status, s.Err, s.Output); got !=
		`failed, Stopped: the file is gone, ""` {
		t.Error(got)
	}
	s, err := f.Describe(t.Context(), "wait", name)
	if got := fmt.Sprintf("%v, %v, %q", s.Status, s.Err, s.Output); got != `running, <nil>, ""` ||
		!s.Ended.IsZero() || err != nil {
		t.Errorf("%s, ended %v, %v", got, s.Ended, err)
	}
	arn := strings.Replace(machines["wait"], ":stateMachine:", ":execution:", 1) + ":" + name
	if _, err := client.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &arn}); err != nil {
		t.Fatal(err)
	}
	s = ended(t, f, "wait", name)
	if s.Status != stepfunctions.Failed || s.Err == nil || *s.Err == (flow.Error{}) {
		t.Errorf("stopped: %+v", s)
	}
}

// TestANameRunsOnce: the scheduler may call twice, and an operator after it.
func TestANameRunsOnce(t *testing.T) { onEmulators(t, nameRunsOnce) }

func nameRunsOnce(t *testing.T, f *stepfunctions.Flow, client *sfn.Client, machines map[string]string) {
	for _, machine := range []string{"pass", "wait"} { // ended, and still running
		start(t, f, machine, name, `{"run":12,"attempt":1}`)
		if machine == "pass" {
			ended(t, f, machine, name)
		}
		start(t, f, machine, name, `{"run":12,"attempt":1}`)
		start(t, f, machine, name, " {\"attempt\": 1,\n\"run\": 12}\n")
		err := f.Start(t.Context(), machine, name, []byte(`{"run":13,"attempt":1}`))
		if !errors.Is(err, stepfunctions.ErrTaken) {
			t.Errorf("%s: got %v, want ErrTaken", machine, err)
		}
		start(t, f, machine, "aozora-12-2", `{"run":12,"attempt":2}`)
		out, err := client.ListExecutions(t.Context(), &sfn.ListExecutionsInput{
			StateMachineArn: aws.String(machines[machine]),
		})
		if err != nil || len(out.Executions) != 2 {
			t.Errorf("%s: %d executions, %v; want 2", machine, len(out.Executions), err)
		}
	}
}

func TestWhatIsNoExecutionIsRefused(t *testing.T) {
	f, asked := answering(func(string, map[string]any) (int, map[string]any) { return http.StatusOK, nil })
	for what, c := range map[string]struct{ machine, name, input string }{
		"no name":         {"day", "", "{}"},
		"long name":       {"day", strings.Repeat("a", 81), "{}"},
		"space":           {"day", "a b", "{}"},
		"colon":           {"day", "a:b", "{}"},
		"line end":        {"day", "a\n", "{}"},
		"not ASCII":       {"day", "青空-1-1", "{}"},
		"no such machine": {"night", name, "{}"},
		"no ARN":          {"broken", name, "{}"},
		"alias":           {"alias", name, "{}"},
		"no JSON":         {"day", name, "{"},
		"two values":      {"day", name, "{} {}"},
		"too long":        {"day", name, `"` + strings.Repeat("x", flow.MaxData-1) + `"`},
	} {
		err := f.Start(t.Context(), c.machine, c.name, []byte(c.input))
		if !errors.Is(err, stepfunctions.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", what, err)
		}
		if c.input != "{}" {
			continue
		}
		if _, err := f.Describe(t.Context(), c.machine, c.name); !errors.Is(err, stepfunctions.ErrInvalid) {
			t.Errorf("describe, %s: got %v, want ErrInvalid", what, err)
		}
		if err := f.Redrive(t.Context(), c.machine, c.name); !errors.Is(err, stepfunctions.ErrInvalid) {
			t.Errorf("redrive, %s: got %v, want ErrInvalid", what, err)
		}
	}
	if len(*asked) > 0 {
		t.Errorf("asked for %v", *asked)
	}
	for _, fine := range []string{"a", strings.Repeat("a", 80), "aozora-R_1-2"} {
		start(t, f, "day", fine, `"`+strings.Repeat("x", flow.MaxData-2)+`"`)
	}
}

// TestTheServiceSaysTheSameTwice: AWS and some emulators answer a second start of a running execution as the
// first.
func TestTheServiceSaysTheSameTwice(t *testing.T) {
	f, asked := answering(func(string, map[string]any) (int, map[string]any) {
		return http.StatusOK, map[string]any{"executionArn": place, "startDate": 1795329780}
	})
	start(t, f, "day", name, "")
	start(t, f, "day", name, "{ }")
	want := map[string]any{"stateMachineArn": machine, "name": name, "input": "{}"}
	for _, in := range *asked {
		if in.action != "StartExecution" || fmt.Sprint(in.body) != fmt.Sprint(want) {
			t.Errorf("asked for %+v, want %v", in, want)
		}
	}
}

// TestANewExecutionMayNotShowYet: neither the same nor another one is known then.
func TestANewExecutionMayNotShowYet(t *testing.T) {
	for what, shown := range map[string]map[string]any{
		"not there": {"__type": "ExecutionDoesNotExist"},
		"no input":  {"status": "RUNNING", "inputDetails": map[string]any{"included": false}},
	} {
		f, _ := answering(func(action string, _ map[string]any) (int, map[string]any) {
			if action == "StartExecution" {
				return http.StatusBadRequest, map[string]any{"__type": "ExecutionAlreadyExists"}
			}
			if shown["__type"] != nil {
				return http.StatusBadRequest, shown
			}
			return http.StatusOK, shown
		})
		err := f.Start(t.Context(), "day", name, nil)
		if err == nil || errors.Is(err, stepfunctions.ErrTaken) || errors.Is(err, stepfunctions.ErrAbsent) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestRedrive(t *testing.T) {
	f, asked := answering(func(string, map[string]any) (int, map[string]any) {
		return http.StatusOK, map[string]any{"redriveDate": 1795329780}
	})
	if err := f.Redrive(t.Context(), "day", name); err != nil {
		t.Fatal(err)
	}
	want := []request{{"RedriveExecution", (*asked)[0].body}}
	if fmt.Sprint(*asked) != fmt.Sprint(want) || (*asked)[0].body["executionArn"] != place {
		t.Errorf("asked for %+v", *asked)
	}
	for code, want := range map[string]error{
		"ExecutionNotRedrivable": stepfunctions.ErrNotFailed,
		"ExecutionDoesNotExist":  stepfunctions.ErrAbsent,
	} {
		f, _ := answering(func(string, map[string]any) (int, map[string]any) {
			return http.StatusBadRequest, map[string]any{"__type": code, "message": "no"}
		})
		if err := f.Redrive(t.Context(), "day", name); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
	}
	limited, _ := answering(func(string, map[string]any) (int, map[string]any) {
		return http.StatusBadRequest, map[string]any{"__type": "ExecutionLimitExceeded", "message": "no"}
	})
	err := limited.Redrive(t.Context(), "day", name)
	if err == nil || errors.Is(err, stepfunctions.ErrNotFailed) || errors.Is(err, stepfunctions.ErrAbsent) {
		t.Errorf("got %v", err)
	}
}

// TestStatusesOfTheService: those that no emulator has are here, too.
func TestStatusesOfTheService(t *testing.T) {
	for status, want := range map[string]string{
		"PENDING_REDRIVE": "running <nil>", "RUNNING": "running <nil>", "FAILED": "failed Stopped: gone",
		"TIMED_OUT": "failed Stopped: gone", "SUCCEEDED": "succeeded <nil>",
	} {
		f, _ := answering(func(string, map[string]any) (int, map[string]any) {
			return http.StatusOK, map[string]any{
				"status": status, "startDate": 1795329780, "stopDate": 1795329790,
				"error": "Stopped", "cause": "gone",
			}
		})
		s, err := f.Describe(t.Context(), "day", name)
		if got := fmt.Sprintf("%v %v", s.Status, s.Err); got != want || err != nil {
			t.Errorf("%s: got %s, %v; want %s", status, got, err, want)
		}
		if s.Ended.IsZero() != (s.Status == stepfunctions.Running) {
			t.Errorf("%s: it ended at %v", status, s.Ended)
		}
	}
	for status, want := range map[string]string{
		"TIMED_OUT": "failed States.Timeout", "ABORTED": "failed somebody stopped the execution",
	} { // with no error and no cause
		f, _ := answering(func(string, map[string]any) (int, map[string]any) {
			return http.StatusOK, map[string]any{"status": status}
		})
		s, err := f.Describe(t.Context(), "day", name)
		if got := fmt.Sprintf("%v %v", s.Status, s.Err); got != want || err != nil {
			t.Errorf("%s: got %s, %v; want %s", status, got, err, want)
		}
	}
	f, _ := answering(func(string, map[string]any) (int, map[string]any) {
		return http.StatusOK, map[string]any{"status": "DREAMING"}
	})
	if s, err := f.Describe(t.Context(), "day", name); err == nil {
		t.Errorf("an unknown status is %v", s.Status)
	}
}

const (
	machine = "arn:aws:states:ap-northeast-1:000000000000:stateMachine:day"
	place   = "arn:aws:states:ap-northeast-1:000000000000:execution:day:" + name
)

// request is what was asked of the service.
type request struct {
	action string
	body   map[string]any
}

// answering gives machines of a service that answers so, and what it was asked.
func answering(
	answer func(action string, body map[string]any) (status int, out map[string]any),
) (f *stepfunctions.Flow, asked *[]request) {
	asked = &[]request{}
	client := sfn.New(sfn.Options{
		Region: emulator.Region, Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{},
		HTTPClient: transport(func(r *http.Request) (*http.Response, error) {
			in := request{body: map[string]any{}}
			_, in.action, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
			if err := json.NewDecoder(r.Body).Decode(&in.body); err != nil {
				return nil, err
			}
			*asked = append(*asked, in)
			status, out := answer(in.action, in.body)
			text, err := json.Marshal(out)
			return &http.Response{
				StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
				Body: io.NopCloser(bytes.NewReader(text)), ContentLength: int64(len(text)),
			}, err
		}),
	})
	return stepfunctions.New(client, map[string]string{
		"day": machine, "broken": "day", "alias": machine + ":live",
	}), asked
}

// transport answers requests in the place of a server.
type transport func(*http.Request) (*http.Response, error)

func (t transport) Do(r *http.Request) (*http.Response, error) { return t(r) }
