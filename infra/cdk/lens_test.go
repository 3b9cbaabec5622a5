package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	aMachine    = "AWS::StepFunctions::StateMachine"
	aPermission = "AWS::Lambda::Permission"
	anInvoke    = "AWS::Lambda::EventInvokeConfig"
	aDashboard  = "AWS::CloudWatch::Dashboard"
)

// lensRules are what the serverless lens asks for beyond the rules of the specification.
// docs/aws-checklist.md says which practice each is for.
var lensRules = []stackRule{
	{"every function is on the dashboard", inMain, each(aDashboard, func(r resource) (found []string) {
		body := fmt.Sprint(r.at("DashboardBody"))
		for i := range functions {
			if strings.Count(body, `"multipoint-prod-`+functions[i].name+`"`) < 3 { // time, errors, running
				found = append(found, functions[i].name+" is not on the dashboard")
			}
		}
		return found
	})},
	{"functions that fail or are turned away are told", inMain, func(t template) (found []string) {
		for _, r := range t.of(aFunction) {
			for _, metric := range []string{"Errors", "Throttles"} {
				if !watchedBy(t, metric, r.id) {
					found = append(found, "nobody hears of "+metric+" of "+r.id)
				}
			}
		}
		return found
	}},
	{"what nobody could work on is told", inMain, func(t template) (found []string) {
		for _, r := range t.of(aQueue) {
			name := fmt.Sprint(r.at("QueueName"))
			dead := strings.HasSuffix(name, "-dead") || strings.HasSuffix(name, "-lost")
			if dead && !watchedBy(t, "ApproximateNumberOfMessagesVisible", r.id) {
				found = append(found, "nobody hears of messages in "+name)
			}
		}
		return found
	}},
	{"the log of visits has no searches", inMain, each(aStage, func(r resource) []string {
		format := fmt.Sprint(r.at("AccessLogSettings", "Format"))
		for _, word := range []string{
			"querystring", "rawQuery", "requestOverride", "authorizer", "identity",
		} {
			if strings.Contains(strings.ToLower(format), strings.ToLower(word)) {
				return []string{"logged is " + word}
			}
		}
		return nil
	})},
	{"the API has one way in", inMain, func(t template) []string {
		found := each("AWS::ApiGatewayV2::Api", func(r resource) []string {
			return append(wants(r, nil, "CorsConfiguration"), wants(r, "HTTP", "ProtocolType")...)
		})(t)
		if n := len(t.of("AWS::ApiGatewayV2::Route")) + len(t.of("AWS::Lambda::Url")); n != 1 {
			found = append(found, fmt.Sprintf("there are %d routes and addresses of functions", n))
		}
		return found
	}},
	{"no credentials last", inMain, func(t template) (found []string) {
		for _, kind := range []string{"AWS::IAM::User", "AWS::IAM::AccessKey", "AWS::IAM::Group"} {
			for _, r := range t.of(kind) {
				found = append(found, r.id+" is a "+kind)
			}
		}
		return found
	}},
	{"one function is called from outside, by the API alone", inMain, func(t template) (found []string) {
		for _, r := range t.of(aPermission) {
			found = append(found, wants(r, "apigateway.amazonaws.com", "Principal")...)
			if !strings.Contains(text(r.at("FunctionName")), "Functionsscreens") ||
				!strings.Contains(text(r.at("SourceArn")), "Screensapi") {
				found = append(found, r.id+" lets others call a function")
			}
		}
		return found
	}},
	{"who is let in by a resource is named", inMain, letIns},
	{"the detector watches objects and functions", inMain, each("AWS::GuardDuty::Detector",
		func(r resource) (found []string) {
			for i, name := range []string{"S3_DATA_EVENTS", "LAMBDA_NETWORK_LOGS"} {
				feature := []string{"Features", fmt.Sprint(i)}
				found = slices.Concat(found, wants(r, name, append(feature, "Name")...),
					wants(r, "ENABLED", append(feature, "Status")...))
			}
			return found
		})},
	{"asynchronous calls are not tried for ever", inMain, each(anInvoke, func(r resource) []string {
		return append(wants(r, 2, "MaximumRetryAttempts"), wants(r, 3600, "MaximumEventAgeInSeconds")...)
	})},
	{"events wait in a queue", inMain, func(t template) (found []string) {
		for _, r := range t.of(aRule) {
			for _, target := range list(r.at("Targets")) {
				if to := text(at(target, "Arn")); !strings.Contains(to, "Queues") &&
					!strings.Contains(to, "Watchingoperator") {
					found = append(found, r.id+" calls "+to)
				}
			}
		}
		return found
	}},
	{"maps ask for no more than is reserved", inMain, mapsFit},
	{
		"every step is tried again, later each time, and its failure is caught", inMain,
		each(aMachine, func(r resource) []string { return stepsRetry(r.id, flowOf(r), false) }),
	},
	{"pages are small on their way", inMain, distribution(func(r resource) []string {
		return append(wants(r, true, append(inConfig, "DefaultCacheBehavior", "Compress")...),
			wants(r, "http2and3", append(inConfig, "HttpVersion")...)...)
	})},
	{"nothing is paid by the hour", inMain, byTheHour},
}

var lensWeakenings = []weakening{
	{"every function is on the dashboard", aDashboard, "", "DashboardBody", `{"widgets":[]}`},
	{"functions that fail or are turned away are told", anAlarm, "mailthrottles", without, nil},
	{"what nobody could work on is told", anAlarm, "opendead", "Dimensions", nil},
	{
		"the log of visits has no searches", aStage, "", "AccessLogSettings.Format",
		"$context.path?$context.requestOverride.querystring",
	},
	{"the API has one way in", "AWS::ApiGatewayV2::Api", "", "CorsConfiguration", map[string]any{}},
	{"one function is called from outside, by the API alone", aPermission, "", "SourceArn", nil},
	{
		"one function is called from outside, by the API alone", aPermission, "", "Principal",
		"s3.amazonaws.com",
	},
	{
		"who is let in by a resource is named", "AWS::SQS::QueuePolicy", "intake",
		"PolicyDocument.Statement.1.Condition", nil,
	},
	{
		"who is let in by a resource is named", "AWS::S3::BucketPolicy", "Objects",
		"PolicyDocument.Statement.*",
		map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"},
	},
	{"the detector watches objects and functions", "AWS::GuardDuty::Detector", "", "Features.0", nil},
	{"asynchronous calls are not tried for ever", anInvoke, "open", "MaximumRetryAttempts", nil},
	{
		"events wait in a queue", aRule, "arrivals", "Targets.0.Arn",
		map[string]any{"Fn::GetAtt": []any{"Functionsintake12345678", "Arn"}},
	},
	{"maps ask for no more than is reserved", aFunction, "convert", "ReservedConcurrentExecutions", 100.0},
	{
		"every step is tried again, later each time, and its failure is caught", aMachine, "answer",
		"DefinitionString", `{"States":{"Answer":{"Type":"Task"}}}`,
	},
	{
		"every step is tried again, later each time, and its failure is caught", aMachine, "day",
		"DefinitionString",
		`{"States":{"Rate":{"Type":"Map","ItemProcessor":{"States":{"RateOne":{"Type":"Task",` +
			`"Retry":[{"ErrorEquals":["Lambda.TooManyRequestsException"],"BackoffRate":2,` +
			`"JitterStrategy":"FULL","MaxAttempts":4}]}}}}}}`,
	},
	{
		"pages are small on their way", aDistribution, "",
		"DistributionConfig.DefaultCacheBehavior.Compress", nil,
	},
	{"nothing is paid by the hour", aTable, "", "BillingMode", "PROVISIONED"},
}

// watchedBy says whether an alarm looks at a metric of the resource with that id.
func watchedBy(t template, metric, id string) bool {
	return slices.ContainsFunc(t.of(anAlarm), func(r resource) bool {
		dimensions := text(r.at("Dimensions"))
		return r.at("MetricName") == metric && strings.Contains(dimensions, `"`+id+`"`)
	})
}

// letIns finds policies of resources that let somebody in without saying for whom they act. EventBridge says
// nothing of itself to SNS and KMS: there it is let in as it is.
func letIns(t template) (found []string) {
	for kind, property := range map[string]string{
		"AWS::S3::BucketPolicy": "PolicyDocument", "AWS::SQS::QueuePolicy": "PolicyDocument",
		"AWS::SNS::TopicPolicy": "PolicyDocument", "AWS::KMS::Key": "KeyPolicy",
	} {
		for _, r := range t.of(kind) {
			for _, s := range statementsOf(r.id, r.at(property, "Statement")) {
				if s.effect != "Allow" {
					continue
				}
				to, when := text(s.to), text(s.conditions)
				bound := strings.Contains(when, "aws:SourceArn") ||
					strings.Contains(when, "aws:SourceAccount")
				service, _ := at(s.to, "Service").(string)
				silent := service == "events.amazonaws.com" && kind != "AWS::SQS::QueuePolicy"
				account := kind == "AWS::KMS::Key" && to == `{"AWS":"arn:aws:iam::111122223333:root"}`
				if !account && !silent && (!bound || service == "") {
					found = append(found, fmt.Sprintf("%s %s lets in %s when %s", r.id, s.sid, to, when))
				}
			}
		}
	}
	return found
}

// flowOf is a state machine's definition.
func flowOf(r resource) any {
	var flow any
	if err := json.Unmarshal([]byte(fmt.Sprint(r.at("DefinitionString"))), &flow); err != nil {
		return nil // the rule about definitions says so
	}
	return flow
}

// mapsFit compares each Map's concurrency with what its function has reserved.
func mapsFit(t template) (found []string) {
	reserved := map[string]float64{}
	for _, r := range t.of(aFunction) {
		n, _ := r.at("ReservedConcurrentExecutions").(float64)
		reserved[strings.TrimPrefix(fmt.Sprint(r.at("FunctionName")), "multipoint-prod-")] = n
	}
	maps := 0
	for _, r := range t.of(aMachine) {
		states, _ := at(flowOf(r), "States").(map[string]any)
		for name, state := range states {
			if at(state, "Type") != "Map" {
				continue
			}
			maps++
			most, _ := at(state, "MaxConcurrency").(float64)
			called := placeholders.FindStringSubmatch(text(at(state, "ItemProcessor")))
			if called == nil || most <= 0 || most > reserved[called[1]] {
				found = append(found, fmt.Sprintf("%s runs %v at a time of %v", name, most, called))
			}
		}
	}
	if maps == 0 {
		found = append(found, "there is no Map")
	}
	return found
}

// stepsRetry wants every Task to have a Retry that waits longer each time and ends, and one for being turned
// away, which many are at a time, that waits by chance; and a Catch, unless it is within a Map, which has
// one, or is what is done when all else failed.
func stepsRetry(id string, flow any, inMap bool) (found []string) {
	states, _ := at(flow, "States").(map[string]any)
	if len(states) == 0 {
		found = append(found, id+" has no states")
	}
	for name, state := range states {
		caught := inMap || name == "Stop" || len(list(at(state, "Catch"))) > 0
		switch at(state, "Type") {
		case "Map":
			if !caught {
				found = append(found, id+": what fails in "+name+" is not caught")
			}
			found = append(found, stepsRetry(id, at(state, "ItemProcessor"), true)...)
		case "Task":
			patient := false
			for _, retry := range list(at(state, "Retry")) {
				rate, _ := at(retry, "BackoffRate").(float64)
				most, _ := at(retry, "MaxAttempts").(float64)
				if rate <= 1 || most < 1 {
					found = append(found, id+": "+name+" is tried again by "+text(retry))
				}
				if strings.Contains(text(at(retry, "ErrorEquals")), "Lambda.TooManyRequestsException") {
					patient = at(retry, "JitterStrategy") == "FULL"
				}
			}
			if !patient || !caught {
				found = append(found, id+": "+name+" is not tried again, or its failure not caught")
			}
		}
	}
	return found
}

// byTheHour finds what costs while nobody uses it: machines, networks, capacity that is kept ready.
func byTheHour(t template) (found []string) {
	all, _ := t["Resources"].(map[string]any)
	for id, r := range all {
		kind := fmt.Sprint(at(r, "Type"))
		for _, family := range []string{
			"AWS::EC2::", "AWS::ECS::", "AWS::RDS::", "AWS::ElastiCache::", "AWS::OpenSearchService::",
			"AWS::Transfer::", "AWS::Kinesis::", "AWS::ElasticLoadBalancingV2::",
			"AWS::ApplicationAutoScaling::", "AWS::DAX::",
		} {
			if strings.HasPrefix(kind, family) {
				found = append(found, id+" is a "+kind)
			}
		}
		for _, word := range []string{`"ProvisionedConcurren`, `"ProvisionedThroughput`, `"PROVISIONED"`} {
			if strings.Contains(text(at(r, "Properties")), word) {
				found = append(found, id+" keeps capacity ready")
			}
		}
	}
	return found
}

// TestEnvironmentsShareNothing: a rehearsal must not write where the real ones do.
func TestEnvironmentsShareNothing(t *testing.T) {
	s := templates(t)
	if strings.Contains(text(s.dev), "multipoint-prod") || strings.Contains(text(s.main), "multipoint-dev") {
		t.Error("an environment names the other's things")
	}
	if strings.Contains(text(s.dev), "/multipoint/prod") ||
		strings.Contains(text(s.main), "/multipoint/dev") {
		t.Error("an environment writes the other's logs")
	}
}

// TestWhatIsAddedIsNoticed: some rules forbid kinds of resources of which there is none to weaken.
func TestWhatIsAddedIsNoticed(t *testing.T) {
	for kind, rule := range map[string]string{
		"AWS::IAM::User": "no credentials last", "AWS::IAM::AccessKey": "no credentials last",
		"AWS::Lambda::Url": "the API has one way in", "AWS::EC2::NatGateway": "nothing is paid by the hour",
	} {
		weak := templates(t).main.copied()
		weak["Resources"].(map[string]any)["Added"] = map[string]any{"Type": kind}
		n := slices.IndexFunc(lensRules, func(r stackRule) bool { return r.name == rule })
		if n < 0 || len(lensRules[n].check(weak)) == 0 {
			t.Errorf("%s: nobody notices a %s", rule, kind)
		}
	}
}

var (
	namedRule = regexp.MustCompile(`\*([^*]+)\*`)
	namedCode = regexp.MustCompile("`([^`]+)`")
	aTest     = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// TestTheChecklistIsTrue: docs/aws-checklist.md proves each practice by a rule or test that there is, and
// names files that there are.
func TestTheChecklistIsTrue(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "aws-checklist.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := checklist(string(page), testsOf(t, root), func(name string) bool {
		_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
		return err == nil
	})
	for _, f := range found {
		t.Error(f)
	}
}

func TestAnUntrueChecklistIsNoticed(t *testing.T) {
	const head = "| practice | what we do | where | proof |\n|---|---|---|---|\n"
	for row, want := range map[string]string{
		"| a | b | `main.go` | *functions are traced* |":          "",
		"| a | b | `main.go` | *functions are traced*, `TestA` |": "",
		"| a | b | `gone.go` | *functions are traced* |":          "gone.go",
		"| a | b | `main.go` | *functions are painted* |":         "functions are painted",
		"| a | b | `main.go` | `TestGone` |":                      "TestGone",
		"| a | b | `main.go` | by hand |":                         "no proof",
	} {
		found := strings.Join(checklist(head+row+"\n", map[string]bool{"TestA": true},
			func(name string) bool { return name == "main.go" }), " ")
		if (found == "") != (want == "") || !strings.Contains(found, want) {
			t.Errorf("%s: found %q", row, found)
		}
	}
	if len(checklist("nothing\n", nil, nil)) == 0 {
		t.Error("a page without practices is taken")
	}
}

// checklist finds what a page says that is not so. Its tables of four columns are of practices: what, how,
// where, by which proof.
func checklist(page string, tests map[string]bool, exists func(name string) bool) (found []string) {
	practices := 0
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) != 4 || strings.Contains(line, "| where | proof |") {
			continue
		}
		practices++
		for _, m := range namedCode.FindAllStringSubmatch(cells[2], -1) {
			if !exists(m[1]) {
				found = append(found, "there is no "+m[1])
			}
		}
		rules := namedRule.FindAllStringSubmatch(cells[3], -1)
		for _, m := range rules {
			if !slices.ContainsFunc(stackRules, func(r stackRule) bool { return r.name == m[1] }) {
				found = append(found, "there is no rule "+m[1])
			}
		}
		named := namedCode.FindAllStringSubmatch(cells[3], -1)
		for _, m := range named {
			if !tests[m[1]] {
				found = append(found, "there is no test "+m[1])
			}
		}
		if len(rules)+len(named) == 0 {
			found = append(found, "no proof of: "+line)
		}
	}
	if practices == 0 {
		found = append(found, "there are no practices")
	}
	return found
}

// testsOf gives the names of all tests of the repository.
func testsOf(t *testing.T, root string) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == ".tools" || name == ".git" || name == "build" || name == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, m := range aTest.FindAllSubmatch(source, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
