package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	definitions "multipoint/infra/flow"
)

const aSchedule = "AWS::Scheduler::Schedule"

// callRules are about functions and who calls them.
var callRules = []stackRule{
	{"functions are of our architecture and runtime", inMain, each(aFunction, func(r resource) []string {
		return append(wants(r, []any{"arm64"}, "Architectures"), wants(r, "provided.al2023", "Runtime")...)
	})},
	{"functions are traced", inMain, each(aFunction, func(r resource) []string {
		return wants(r, "Active", "TracingConfig", "Mode")
	})},
	{"functions have limits", inMain, each(aFunction, limits)},
	{"reservations leave room", inMain, func(t template) []string {
		sum := 0.0
		for _, r := range t.of(aFunction) {
			n, _ := r.at("ReservedConcurrentExecutions").(float64)
			sum += n
		}
		if sum <= 0 || sum > shares {
			return []string{fmt.Sprintf("%v executions are reserved of %d", sum, shares)}
		}
		return nil
	}},
	{"functions log where it is kept", inMain, each(aFunction, func(r resource) []string {
		if r.at("LoggingConfig", "LogGroup") == nil {
			return []string{r.id + " logs where nothing ends it"}
		}
		return nil
	})},
	{"logs are kept 400 days", inMain, each("AWS::Logs::LogGroup", func(r resource) []string {
		return wants(r, 400, "RetentionInDays")
	})},
	{"functions know settings that there are", inMain, each(aFunction, knownSettings)},
	{"queues give up at some time", inMain, each(aQueue, func(r resource) []string {
		name := fmt.Sprint(r.at("QueueName"))
		if strings.HasSuffix(name, "-dead") || strings.HasSuffix(name, "-lost") {
			return nil
		}
		if r.at("RedrivePolicy", "deadLetterTargetArn") == nil {
			return []string{r.id + " has no dead-letter queue"}
		}
		return nil
	})},
	{"queues are encrypted", inMain, each(aQueue, func(r resource) []string {
		return wants(r, true, "SqsManagedSseEnabled")
	})},
	{"queues take TLS only", inMain, func(t template) (found []string) {
		for _, r := range t.of(aQueue) {
			if !denied(t, "AWS::SQS::QueuePolicy", "Queues", r.id, `"aws:SecureTransport":"false"`) {
				found = append(found, r.id+" takes plain http")
			}
		}
		return found
	}},
	{"a message is hidden as long as it is worked on", inMain, func(t template) (found []string) {
		for _, name := range []string{"intake", "open", "feedback"} {
			for _, r := range t.of(aQueue) {
				hidden, _ := r.at("VisibilityTimeout").(float64)
				if r.at("QueueName") == "multipoint-prod-"+name && hidden <= functionNamed(name).seconds {
					found = append(found, fmt.Sprintf("%s hides a message for %v s", name, hidden))
				}
			}
		}
		return found
	}},
	{"only failed messages come again", inMain, each("AWS::Lambda::EventSourceMapping",
		func(r resource) []string {
			return wants(r, []any{"ReportBatchItemFailures"}, "FunctionResponseTypes")
		})},
	{"queues call no more than may run", inMain, func(t template) (found []string) {
		reserved := map[string]any{}
		for _, r := range t.of(aFunction) {
			reserved[r.id] = r.at("ReservedConcurrentExecutions")
		}
		for _, r := range t.of("AWS::Lambda::EventSourceMapping") {
			name, _ := r.at("FunctionName", "Ref").(string)
			found = append(found, wants(r, reserved[name], "ScalingConfig", "MaximumConcurrency")...)
		}
		return found
	}},
	{"days wait for room", inMain, one(aFunction, "Functionsopen", func(r resource) []string {
		return wants(r, "60", "Environment", "Variables", "MULTIPOINT_DAYS")
	})},
	{"an opening can wait for a day", inMain, func(t template) []string {
		for _, r := range t.of(aQueue) {
			hidden, _ := r.at("VisibilityTimeout").(float64)
			receives, _ := r.at("RedrivePolicy", "maxReceiveCount").(float64)
			if r.at("QueueName") == "multipoint-prod-open" && hidden*receives >= 86400 {
				return nil
			}
		}
		return []string{"it is given up before"}
	}},
	{"who writes manifests and proofs locks them", inMain, func(t template) (found []string) {
		for i := range functions {
			name, days := functions[i].name, any(nil)
			if len(may[name].locks) > 0 {
				days = "186"
			}
			found = append(found, one(aFunction, "Functions"+name, func(r resource) []string {
				return wants(r, days, "Environment", "Variables", "MULTIPOINT_RETAIN_DAYS")
			})(t)...)
		}
		return found
	}},
	{
		"every task is patient when it is turned away", inMain,
		each("AWS::StepFunctions::StateMachine", patient),
	},
	{"no event of a rule is lost", inMain, each("AWS::Events::Rule", func(r resource) (found []string) {
		for _, target := range list(r.at("Targets")) {
			if at(target, "DeadLetterConfig", "Arn") == nil {
				found = append(found, r.id+" loses what it cannot hand over")
			}
		}
		return found
	})},
	{"uploads reach intake", inMain, one("AWS::Events::Rule", "Intakearrivals", func(r resource) []string {
		return append(wants(r, []any{"aws.s3"}, "EventPattern", "source"),
			wants(r, []any{"Object Created"}, "EventPattern", "detail-type")...)
	})},
	{"schedules are of Japan", inMain, each("AWS::Scheduler::Schedule", func(r resource) []string {
		return append(wants(r, "Asia/Tokyo", "ScheduleExpressionTimezone"), wants(r, "ENABLED", "State")...)
	})},
	{"no call of a schedule is lost", inMain, each(aSchedule, func(r resource) (found []string) {
		if r.at("Target", "DeadLetterConfig", "Arn") == nil {
			found = append(found, r.id+" loses calls")
		}
		return append(found, wants(r, 10, "Target", "RetryPolicy", "MaximumRetryAttempts")...)
	})},
	{"the day has its times", inMain, func(t template) []string {
		found := map[string]bool{}
		for _, r := range t.of("AWS::Scheduler::Schedule") {
			found[fmt.Sprint(r.at("ScheduleExpression"))+text(r.at("Target", "Arn"))] = true
		}
		for _, want := range [][2]string{
			{"cron(2 6 * * ? *)", "Functionsopen"},
			{"cron(30 6 * * ? *)", "Functionswatch"},
			{"cron(0 7 * * ? *)", "Functionswatch"},
			{"cron(0 9 * * ? *)", "Functionswatch"},
		} {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(found)), func(s string) bool {
				return strings.HasPrefix(s, want[0]) && strings.Contains(s, want[1])
			}) {
				return []string{"nothing calls " + want[1] + " at " + want[0]}
			}
		}
		return nil
	}},
	{"no asynchronous call is lost", inMain, func(t template) (found []string) {
		for _, name := range []string{"open", "watch"} {
			check := one("AWS::Lambda::EventInvokeConfig", name, func(r resource) []string {
				if r.at("DestinationConfig", "OnFailure", "Destination") == nil {
					return []string{name + " loses calls that fail"}
				}
				return nil
			})
			found = append(found, check(t)...)
		}
		return found
	}},
	{"state machines are those of infra/flow", inMain, each("AWS::StepFunctions::StateMachine", sameMachine)},
	{"state machines are traced", inMain, each("AWS::StepFunctions::StateMachine", func(r resource) []string {
		return wants(r, true, "TracingConfiguration", "Enabled")
	})},
	{
		"state machines log errors without data", inMain,
		each("AWS::StepFunctions::StateMachine", func(r resource) []string {
			return append(wants(r, "ERROR", "LoggingConfiguration", "Level"),
				wants(r, false, "LoggingConfiguration", "IncludeExecutionData")...)
		}),
	},
	{"names are short enough", inMain, func(t template) (found []string) {
		for kind, name := range map[string]string{
			aFunction: "FunctionName", aQueue: "QueueName", "AWS::IAM::Role": "RoleName",
			"AWS::Scheduler::Schedule": "Name", "AWS::Events::Rule": "Name",
		} {
			for _, r := range t.of(kind) {
				if s, _ := r.at(name).(string); s == "" || len(s) > 60 {
					found = append(found, fmt.Sprintf("%s: the name %q is empty or too long", r.id, s))
				}
			}
		}
		return found
	}},
}

// limits are those of a function, compared with the table and Lambda's own.
func limits(r resource) (found []string) {
	memory, _ := r.at("MemorySize").(float64)
	seconds, _ := r.at("Timeout").(float64)
	reserved, _ := r.at("ReservedConcurrentExecutions").(float64)
	if memory < 1769 || memory > 3008 || seconds <= 0 || seconds > 900 || reserved < 1 {
		found = append(found, fmt.Sprintf("%s: %v MB, %v s, %v reserved", r.id, memory, seconds, reserved))
	}
	want := fmt.Sprintf("%dMiB", int(memory)*9/10)
	return append(found, wants(r, want, "Environment", "Variables", "GOMEMLIMIT")...)
}

// knownSettings finds settings that no program reads.
func knownSettings(r resource) (found []string) {
	source, err := os.ReadFile("../../shared/cloud/settings.go")
	if err != nil {
		return []string{err.Error()}
	}
	variables, _ := r.at("Environment", "Variables").(map[string]any)
	for name := range variables {
		if name != "GOMEMLIMIT" && !strings.Contains(string(source), `"`+name+`"`) {
			found = append(found, r.id+" is told "+name+", which nobody reads")
		}
	}
	for _, name := range []string{"MULTIPOINT_OBJECTS", "MULTIPOINT_TABLE", "MULTIPOINT_KEY"} {
		if variables[name] == nil {
			found = append(found, r.id+" is not told "+name)
		}
	}
	return found
}

// patient looks for tasks that do not wait for hours until they are let in: their first retrier has to.
func patient(r resource) (found []string) {
	var definition any
	if err := json.Unmarshal([]byte(fmt.Sprint(r.at("DefinitionString"))), &definition); err != nil {
		return []string{err.Error()}
	}
	want := text(map[string]any{
		"ErrorEquals": []any{"Lambda.TooManyRequestsException"}, "IntervalSeconds": 2, "BackoffRate": 1.5,
		"MaxDelaySeconds": 60, "MaxAttempts": 500, "JitterStrategy": "FULL",
	})
	tasks := 0
	var look func(name string, v any)
	look = func(name string, v any) {
		fields, _ := v.(map[string]any)
		if fields["Type"] == "Task" {
			tasks++
			if text(at(v, "Retry", "0")) != want {
				found = append(found, r.id+": "+name+" is not patient")
			}
		}
		for name, inner := range fields {
			look(name, inner)
		}
	}
	look("", definition)
	if tasks < 5 {
		found = append(found, fmt.Sprintf("%s has %d tasks", r.id, tasks))
	}
	return found
}

var placeholders = regexp.MustCompile(`\$\{([a-z]+)\}`)

// sameMachine compares a state machine with its file, and looks for names that nothing is put in place of.
func sameMachine(r resource) (found []string) {
	name := strings.TrimPrefix(fmt.Sprint(r.at("StateMachineName")), "multipoint-prod-")
	source, err := definitions.Files.ReadFile(name + ".asl.json")
	if err != nil {
		return []string{err.Error()}
	}
	var want, got any
	if err := json.Unmarshal(source, &want); err != nil {
		return []string{err.Error()}
	}
	if err := json.Unmarshal([]byte(fmt.Sprint(r.at("DefinitionString"))), &got); err != nil {
		return []string{err.Error()}
	}
	if text(got) != text(want) {
		found = append(found, r.id+" is not infra/flow/"+name+".asl.json")
	}
	given, _ := r.at("DefinitionSubstitutions").(map[string]any)
	for _, m := range placeholders.FindAllStringSubmatch(string(source), -1) {
		if given[m[1]] == nil {
			found = append(found, r.id+": nothing is put for ${"+m[1]+"}")
		}
	}
	return found
}
