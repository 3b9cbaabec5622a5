package main

import (
	"maps"
	"os"
	"strings"
	"testing"
)

// TestTheEmulatorGetsTheProduct: what stands around it is left out, and nothing else.
func TestTheEmulatorGetsTheProduct(t *testing.T) {
	s := templates(t)
	for _, kind := range []string{
		aBucket, aTable, aFunction, aQueue, aRole, aRule, aSchedule, "AWS::StepFunctions::StateMachine",
		"AWS::Lambda::EventSourceMapping", "AWS::SES::ConfigurationSet", "AWS::ApiGatewayV2::Api",
		"AWS::KMS::Key",
	} {
		around := 0 // of the trail, of backups, and of what GuardDuty finds
		for _, r := range s.main.of(kind) {
			if strings.HasPrefix(r.id, "Trail") || strings.HasPrefix(r.id, "Backup") {
				around++
			}
		}
		if got, want := len(s.emulator.of(kind)), len(s.main.of(kind))-around; got != want || got == 0 {
			t.Errorf("%d of %s, not %d", got, kind, want)
		}
	}
	for _, kind := range []string{aDistribution, "AWS::CloudTrail::Trail", "AWS::Backup::BackupPlan"} {
		if len(s.emulator.of(kind)) > 0 {
			t.Errorf("there is a %s", kind)
		}
	}
	if found := wildcards(s.emulator); len(found) > 0 {
		t.Error(found)
	}
	for _, r := range s.emulator.of(aFunction) {
		for _, found := range wants(r, []any{"x86_64"}, "Architectures") {
			t.Error(found)
		}
	}
}

// TestNoQuotaReservesNothing: an account may have too few executions to reserve any.
func TestNoQuotaReservesNothing(t *testing.T) {
	for _, r := range templates(t).dev.of(aFunction) {
		for _, found := range wants(r, nil, "ReservedConcurrentExecutions") {
			t.Error(found)
		}
	}
}

// TestTheScreensLookForTheSameHeader compares with shared/cloud, which this module does not import.
func TestTheScreensLookForTheSameHeader(t *testing.T) {
	source, err := os.ReadFile("../../shared/cloud/screens.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), `"`+originHeader+`"`) {
		t.Errorf("the screens do not look for %s", originHeader)
	}
}

// TestEachFunctionHasPermissions: the table of permissions and that of functions name the same ones, and
// there is a program for each.
func TestEachFunctionHasPermissions(t *testing.T) {
	for i := range functions {
		name := functions[i].name
		if _, is := may[name]; !is {
			t.Errorf("function %s has no line in permissions.go", name)
		}
		if _, err := os.Stat("../../functions/" + name + "/main.go"); err != nil {
			t.Error(err)
		}
	}
	if len(may) != len(functions) {
		t.Errorf("%d functions, %d have permissions", len(functions), len(may))
	}
}

func TestSettingsThatAreWrongAreRefused(t *testing.T) {
	good := map[string]any{
		"account": "111122223333", "mailFrom": "points@mail.example.jp", "operator": "operator@example.jp",
	}
	read := func(values map[string]any) error {
		_, err := readSettings(func(name string) any { return values[name] })
		return err
	}
	if err := read(good); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"env": "staging", "account": "1", "arch": "386", "quota": "100", "mailFrom": "points", "operator": "",
		"domain": "points.example.jp", "allowed": "everybody", "demo": "2026-11-22T06:02:00+09:00",
		"endpoint": "http://127.0.0.1:1",
	} {
		values := maps.Clone(good)
		values[name] = value
		if name == "demo" {
			values["env"], values["domain"], values["certificate"] = "prod", "points.example.jp", "arn"
		}
		if err := read(values); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s = %q: %v", name, value, err)
		}
	}
	values := maps.Clone(good)
	values["env"] = "prod"
	if err := read(values); err == nil || !strings.Contains(err.Error(), "domain") {
		t.Errorf("prod without a domain: %v", err)
	}
	values["functions"], values["emulator"] = "absent", "true"
	if _, err := stacksOf(values); err == nil || !strings.Contains(err.Error(), "make functions") {
		t.Errorf("functions that are not built: %v", err)
	}
}
