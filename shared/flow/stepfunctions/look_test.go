package stepfunctions_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"multipoint/shared/flow/stepfunctions"
	"multipoint/test/emulator"
)

// spread is a machine with two Maps, the second of which fails for the items that are 3. The emulator that
// shows children is MiniStack: the tests of looking run on it and, for what it does not do, without one.
const spread = `{"StartAt":"First","States":{
	"First":{"Type":"Map","Label":"First","ItemsPath":"$.items","ResultPath":null,"Next":"Second",
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}},
	"Second":{"Type":"Map","Label":"Second","ItemsPath":"$.items","End":true,
		"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
			"StartAt":"B","States":{
				"B":{"Type":"Choice","Choices":[{"Variable":"$.task","NumericEquals":3,"Next":"C"}],
					"Default":"D"},
				"C":{"Type":"Fail","Error":"Fault","Cause":"the part is damaged"},
				"D":{"Type":"Succeed"}}}}}}`

func TestTheItemThatAMapFailedAtIsFound(t *testing.T) {
	client := sfn.NewFromConfig(emulator.MiniStack(t).Config)
	out, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("spread"), Definition: aws.String(spread),
		RoleArn: aws.String("arn:aws:iam::" + emulator.Account + ":role/flow"),
	})
	if err != nil {
		t.Fatal(err)
	}
	f := stepfunctions.New(client, map[string]string{"spread": *out.StateMachineArn})
	for name, input := range map[string]string{
		"bad-1-1":  `{"items":[{"task":1},{"task":2},{"task":3,"run":7}]}`,
		"good-1-1": `{"items":[{"task":1}]}`,
	} {
		start(t, f, "spread", name, input)
		ended(t, f, "spread", name)
	}
	item, err := f.FailedItem(t.Context(), "spread", "bad-1-1")
	if err != nil || item == nil {
		t.Fatal(item, err)
	}
	got := fmt.Sprintf("%s %s %v", item.Label, strings.ReplaceAll(string(item.Input), " ", ""), item.Err)
	if want := `Second {"run":7,"task":3} Fault: the part is damaged`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if item, err := f.FailedItem(t.Context(), "spread", "good-1-1"); err != nil || item != nil {
		t.Errorf("of one that went well: %+v, %v", item, err)
	}
	_, err = f.FailedItem(t.Context(), "spread", "never-1-1")
	if !errors.Is(err, stepfunctions.ErrAbsent) {
		t.Errorf("of one that never was: %v", err)
	}
}

func TestExecutionsThatRunAreCounted(t *testing.T) {
	onEmulators(t, func(t *testing.T, f *stepfunctions.Flow, _ *sfn.Client, _ map[string]string) {
		for _, machine := range []string{"wait", "pass"} {
			for i := range 3 {
				start(t, f, machine, fmt.Sprintf("r-%d-1", i), "{}")
			}
		}
		ended(t, f, "pass", "r-0-1")
		for most, want := range map[int]int{10: 3, 3: 3, 2: 2} {
			if got, err := f.Running(t.Context(), "wait", most); err != nil || got != want {
				t.Errorf("up to %d: got %d, %v; want %d", most, got, err, want)
			}
		}
	})
}

// Pages may be shorter than asked for; what is enough to know is not asked for twice.
func TestRunningGoesThroughPages(t *testing.T) {
	page := func(n int, next any) map[string]any {
		executions := []any{}
		for range n {
			executions = append(executions, map[string]any{"status": "RUNNING", "startDate": 1795329780})
		}
		return map[string]any{"executions": executions, "nextToken": next}
	}
	f, asked := answering(func(_ string, body map[string]any) (int, map[string]any) {
		if body["nextToken"] == nil {
			return http.StatusOK, page(2, "more")
		}
		return http.StatusOK, page(1, nil)
	})
	for _, c := range []struct{ most, want, calls int }{{60, 3, 2}, {2, 2, 1}} {
		*asked = nil
		if got, err := f.Running(t.Context(), "day", c.most); err != nil || got != c.want {
			t.Errorf("got %d, %v; want %d", got, err, c.want)
		}
		if len(*asked) != c.calls || (*asked)[0].body["statusFilter"] != "RUNNING" ||
			(*asked)[0].body["stateMachineArn"] != machine {
			t.Errorf("asked for %v", *asked)
		}
	}
	if _, err := f.Running(t.Context(), "night", 1); !errors.Is(err, stepfunctions.ErrInvalid) {
		t.Errorf("of no machine: %v", err)
	}
}
