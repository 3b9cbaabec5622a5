package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go"

	"multipoint/shared/cloud"
	"multipoint/shared/day"
	"multipoint/shared/flow"
	"multipoint/shared/flow/stepfunctions"
	"multipoint/shared/object"
	"multipoint/shared/object/s3"
	"multipoint/shared/standalone"
	"multipoint/shared/table/memory"
	"multipoint/test/emulator"
)

// told is what the function operate answers, as far as the tests look at it.
type told struct {
	Run struct {
		Run       int64
		State     day.State
		Attempt   int
		Reason    string
		Digest    string
		Execution struct{ Name, Status string }
		Accounts  map[string]any
	}
	Runs    []struct{ Run int64 }
	Refused struct{ Code, What, Do string }
}

// resumedDay runs the demo's day for a retailer in the cloud, where the function of a step cannot read the
// table at first. The operator goes on with it, and what comes out is the day on one machine that stopped at
// the same step and was resumed there.
func resumedDay(t *testing.T, mini *emulator.Mini, p *cloud.Program, code string) {
	t.Helper()
	const failing = "rate"
	good := settingsOf(t, mini, failing)
	bad := settingsOf(t, mini, failing)
	bad["MULTIPOINT_TABLE"] = "no-such-table"
	configure(t, mini, failing, bad)
	service := openedDay(t, mini, p, code, false)
	if state := dayEnded(t, p, code+"-1-1"); state.Status != stepfunctions.Failed {
		t.Fatalf("without its table %s did well: %+v", failing, state)
	}
	order := func(text string) (answer told) {
		t.Helper()
		text = fmt.Sprintf(text, code)
		if err := json.Unmarshal([]byte(invoke(t, mini, "operate", text)), &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Refused.Code != "" {
			t.Fatalf("%s: refused: %+v", text, answer.Refused)
		}
		return answer
	}
	shown := order(`{"do":"show","retailer":%q,"day":"2026-11-22"}`).Run
	if shown.State != day.Stopped || shown.Execution.Status != "failed" || shown.Digest != "" ||
		!strings.HasPrefix(shown.Reason, failing+", task 0: ") ||
		!strings.Contains(shown.Reason, "no-such-table") {
		t.Errorf("stopped: got %+v", shown)
	}
	configure(t, mini, failing, good)
	resumed := order(`{"do":"resume","retailer":%q,"run":1}`).Run
	if resumed.Attempt != 2 || resumed.Execution.Name != code+"-1-2" {
		t.Errorf("resumed: got %+v", resumed)
	}
	if state := dayEnded(t, p, code+"-1-2"); state.Status != stepfunctions.Succeeded {
		t.Fatalf("the execution failed: %+v", state)
	}
	shown = order(`{"do":"show","retailer":%q,"run":1}`).Run
	if shown.State != day.Closed || shown.Digest == "" || len(shown.Accounts) == 0 {
		t.Errorf("at the end: got %+v", shown)
	}
	got := collect(t, service)
	compare(t, got, onOneMachine(t, service, func(p *standalone.Program) error {
		return stopAndResume(t, p, failing)
	}))
	if well := oneMachine(t, service); got.digest != well.digest {
		t.Errorf("digest %s, of a day that did not stop %s", got.digest, well.digest)
	}
}

// stopAndResume runs the day on one machine with a step that fails, and then goes on with it.
func stopAndResume(t *testing.T, p *standalone.Program, failing string) error {
	t.Helper()
	tasks, broken := p.Service.Tasks(), true
	well := tasks[failing]
	tasks[failing] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
		if broken {
			return nil, &flow.Error{Name: day.Faulty, Cause: "a trial"}
		}
		return well(ctx, input)
	}
	runner, err := standalone.NewRunner(p.Service, standalone.RunnerOptions{Tasks: tasks})
	if err != nil {
		return err
	}
	if _, err := runner.RunDay(t.Context(), runDate()); err == nil {
		return errors.New("the day did not stop")
	}
	broken = false
	_, err = runner.Resume(t.Context(), 1)
	return err
}

// locked wants that nobody can remove manifest and proof of a run for half a year, and that everything else
// can be (R24).
func locked(t *testing.T, mini *emulator.Mini, p *cloud.Program, code string) {
	t.Helper()
	client := s3.NewClient(s3.Options{
		Region: emulator.Region, Endpoint: mini.URL, Credentials: mini.Config.Credentials,
	})
	names, others := []string{}, 0
	for _, prefix := range []string{"runs/", "held/", "outbox/", "keys/", "masters/"} {
		err := object.All(t.Context(), p.Objects, prefix+code+"/", func(info object.Info) error {
			out, err := client.GetObjectRetention(t.Context(), &awss3.GetObjectRetentionInput{
				Bucket: &p.Settings.Objects, Key: &info.Key,
			})
			var api smithy.APIError
			if errors.As(err, &api) && api.ErrorCode() == "NoSuchObjectLockConfiguration" {
				others++
				return nil
			}
			if err != nil {
				return err
			}
			left := time.Until(*out.Retention.RetainUntilDate)
			if out.Retention.Mode != types.ObjectLockRetentionModeGovernance ||
				left < 185*24*time.Hour || left > 187*24*time.Hour {
				t.Errorf("%s: %+v", info.Key, out.Retention)
			}
			names = append(names, info.Key[strings.LastIndex(info.Key, "/")+1:])
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(names, " "); got != "manifest.json proof.html proof.json" || others < 10 {
		t.Errorf("locked are %q, and %d others are not", got, others)
	}
}

// waiting gives a program over MiniStack whose days wait for ever once they are started.
func waiting(t *testing.T, mini *emulator.Mini) (*cloud.Program, *sfn.Client, string) {
	t.Helper()
	p := onMiniStack(t, mini)
	p.Table = memory.New(nil)
	machines := sfn.NewFromConfig(mini.Config)
	definition, role, name := `{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":86400,"End":true}}}`,
		"arn:aws:iam::"+emulator.Account+":role/r", "day"
	machine, err := machines.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Definition: &definition, Name: &name, RoleArn: &role,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Flow = stepfunctions.New(machines, map[string]string{day.Day: *machine.StateMachineArn})
	return p, machines, *machine.StateMachineArn
}

func stopExecution(t *testing.T, machines *sfn.Client, machine, name string) {
	t.Helper()
	arn := strings.Replace(machine, ":stateMachine:", ":execution:", 1) + ":" + name
	_, err := machines.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
}

// The operator shows, resumes and voids, as the commands of one machine do; what is asked for wrongly is
// refused with its code and changes nothing; each order and what came of it is in the log.
func TestTheOperatorGoesOnWithRuns(t *testing.T) {
	p, machines, machine := waiting(t, emulator.MiniStack(t))
	var log bytes.Buffer
	p.Log = slog.New(slog.NewTextHandler(&log, nil))
	service, err := p.NewRetailer(t.Context(), retailer)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, service)
	run, err := service.OpenDay(t.Context(), runDate())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context(), service, run); err != nil {
		t.Fatal(err)
	}
	order := func(text string) (answer told) {
		t.Helper()
		out, err := p.Operate(t.Context(), json.RawMessage(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := json.Unmarshal(asJSON(t, out), &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	refused := func(text, want string) {
		t.Helper()
		before, err := service.Run(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		got := order(text).Refused
		if !strings.HasPrefix(got.Code, "MP-") || !strings.HasSuffix(got.Code, " "+want) || got.What == "" ||
			got.Do == "" {
			t.Errorf("%s: got %+v, want %s", text, got, want)
		}
		if after, err := service.Run(t.Context(), 1); err != nil ||
			string(asJSON(t, after)) != string(asJSON(t, before)) {
			t.Errorf("%s: the run is %+v, was %+v (%v)", text, after, before, err)
		}
	}
	got := order(`{"do":"show","retailer":"AOZORA","day":"2026-11-22"}`).Run
	if got.State != day.Open || got.Execution.Status != "running" {
		t.Errorf("at first: got %+v", got)
	}
	refused(`{"do":"resume","retailer":"AOZORA","run":1}`, "run.busy") // it is at work
	refused(`{"do":"resume","retailer":"NOBODY","run":1}`, "retailer.unknown")
	refused(`{"do":"resume","retailer":"AOZORA","run":2}`, "run.unknown")
	refused(`{"do":"show","retailer":"AOZORA","day":"2026-11-23"}`, "run.unknown")
	refused(`{"do":"void","retailer":"AOZORA","run":1}`, "usage.flag")
	stopExecution(t, machines, machine, "AOZORA-1-1")
	if err := service.Stop(t.Context(), 1, 1, "a trial"); err != nil {
		t.Fatal(err)
	}
	got = order(`{"do":"resume","retailer":"AOZORA","run":1}`).Run
	if got.State != day.Open || got.Attempt != 2 || got.Execution.Name != "AOZORA-1-2" ||
		got.Execution.Status != "running" {
		t.Errorf("resumed: got %+v", got)
	}
	got = order(`{"do":"void","retailer":"AOZORA","run":1,"reason":"wrong masters"}`).Run
	if got.State != day.Voided || got.Reason != "wrong masters" {
		t.Errorf("voided: got %+v", got)
	}
	stopExecution(t, machines, machine, "AOZORA-1-2")
	refused(`{"do":"resume","retailer":"AOZORA","run":1}`, "run.voided")
	if runs := order(`{"do":"show","retailer":"AOZORA"}`).Runs; len(runs) != 1 || runs[0].Run != 1 {
		t.Errorf("listed: got %+v", runs)
	}
	if again, err := service.OpenDay(t.Context(), runDate()); err != nil || again.Run != 2 {
		t.Errorf("the day opens anew: %+v, %v", again, err)
	}
	for _, line := range []string{
		`msg="an operator asks" do=resume retailer=AOZORA run=1`,
		`msg="an operator was refused" do=resume retailer=AOZORA run=1 request="" code="MP-4001 run.busy"`,
		`msg="an operator's order was carried out" do=resume retailer=AOZORA run=1 request="" number=1 ` +
			`attempt=2 state=open`,
		`msg="an operator's order was carried out" do=void retailer=AOZORA run=1`,
	} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log lacks %s:\n%s", line, &log)
		}
	}
}

// Of the days that are opened only so many run; the others keep what they pinned and start when there is
// room.
func TestOnlySoManyDaysRunAtATime(t *testing.T) {
	mini := emulator.MiniStack(t)
	p, machines, machine := waiting(t, mini)
	p.Settings.Days = 2
	codes := []string{"A", "B", "C"}
	for _, code := range codes {
		service, err := p.NewRetailer(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		publish(t, service)
	}
	if _, err := p.Open(t.Context(), json.RawMessage(`{"open":"all"}`)); err != nil {
		t.Fatal(err)
	}
	asked := received(t, mini, p.Settings.OpenQueue)
	// Another process of the function has not heard that the morning is full.
	other, err := cloud.New(mini.Config, p.Settings)
	if err != nil {
		t.Fatal(err)
	}
	other.Table, other.Flow = p.Table, p.Flow
	opens := func(p *cloud.Program, wantRunning, wantFailed int) {
		t.Helper()
		answer, err := p.Open(t.Context(), asJSON(t, asked))
		if err != nil || len(answer.BatchItemFailures) != wantFailed {
			t.Fatalf("got %+v, %v; want %d to come again", answer, err, wantFailed)
		}
		if running, err := p.Flow.Running(t.Context(), day.Day, 10); err != nil || running != wantRunning {
			t.Errorf("%d run, %v; want %d", running, err, wantRunning)
		}
	}
	opens(p, 2, 1)
	for _, code := range codes {
		service, err := p.Service(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		run, err := service.DayRun(t.Context(), runDate())
		if err != nil || run == nil || run.State != day.Open {
			t.Errorf("%s: the day that waits is %+v, %v", code, run, err)
		}
	}
	stopExecution(t, machines, machine, "A-1-1")
	stopExecution(t, machines, machine, "B-1-1")
	asked.Records = asked.Records[2:]
	opens(p, 0, 1)     // it has just heard that there is no room
	opens(other, 1, 0) // there is
	opens(other, 1, 0) // told twice
}
