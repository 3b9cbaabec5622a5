package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	aPlan      = "AWS::Backup::BackupPlan"
	aVault     = "AWS::Backup::BackupVault"
	aSelection = "AWS::Backup::BackupSelection"
	osakaVault = "arn:aws:backup:ap-northeast-3:111122223333:backup-vault:multipoint-prod-copies"
)

// backupRules are about backups, and about what must not live on in one (docs/decisions/0011-backups.md).
var backupRules = []stackRule{
	{"logs are backed up daily, for 6 months, in Osaka too", inMain, one(aPlan, "Backuplogs",
		func(r resource) []string {
			return generations(r, []any{"cron(0 11 * * ? *)", 186, 186})
		})},
	{"the table is copied weekly and monthly, to Osaka for 6 months", inMain, one(aPlan, "Backuptable",
		func(r resource) []string {
			return generations(r,
				[]any{"cron(0 11 ? * SUN *)", 8, 35}, []any{"cron(0 11 1 * ? *)", 8, 186})
		})},
	{"everything but the record is backed up", inMain, func(t template) (found []string) {
		all := ""
		for _, r := range t.of(aSelection) {
			all += text(r.at("BackupSelection", "Resources"))
		}
		for _, part := range []string{"LedgerTable", "StorageLogs", "TrailRecords", "cdk-hnb659fds-assets"} {
			if !strings.Contains(all, part) {
				found = append(found, part+" is not backed up")
			}
		}
		return found
	}},
	{"no backup holds keys", inMain, each(aSelection, func(r resource) []string {
		// AWS Backup takes buckets whole, with every version, for as long as its plan says.
		chosen := text(r.at("BackupSelection"))
		if strings.Contains(chosen, "StorageObjects") || strings.Contains(chosen, "ListOfTags") ||
			strings.Contains(chosen, `"*"`) {
			return []string{r.id + " may hold keys: " + chosen}
		}
		return nil
	})},
	{"backups are restored to see that they can be", inMain, func(t template) (found []string) {
		kinds := ""
		for _, r := range t.of("AWS::Backup::RestoreTestingSelection") {
			kinds += fmt.Sprint(r.at("ProtectedResourceType")) + " "
		}
		if kinds != "DynamoDB S3 " {
			found = append(found, "tested are "+kinds)
		}
		return append(found, each("AWS::Backup::RestoreTestingPlan", func(r resource) []string {
			return append(wants(r, "cron(0 14 1 * ? *)", "ScheduleExpression"),
				wants(r, 8, "RecoveryPointSelection", "SelectionWindowDays")...)
		})(t)...)
	}},
	{"nobody removes a backup", inMain, each(aVault, func(r resource) []string {
		return wants(r, 8, "LockConfiguration", "MinRetentionDays")
	})},
	{"nobody removes a copy of a backup", inAway, each(aVault, func(r resource) []string {
		return wants(r, 35, "LockConfiguration", "MinRetentionDays")
	})},
	{"copies are encrypted under a key of their region", inAway, each(aVault, func(r resource) []string {
		if !strings.Contains(text(r.at("EncryptionKeyArn")), "CopiesKey") {
			return []string{"the vault has no key of its own"}
		}
		return nil
	})},
	{"the key of copies has its name", inAway, each("AWS::KMS::Alias", func(r resource) []string {
		return wants(r, "alias/multipoint-prod-copies", "AliasName")
	})},

	{"the record is copied to Osaka, whole", inMain, one(aBucket, "StorageObjects", copied)},
	{"copying removes nothing", inMain, one("AWS::IAM::Policy", "Backupcopyrole", copying)},
	{"what is not copied is told", inMain, one(anAlarm, "Backupcopies", func(r resource) []string {
		found := wants(r, "OperationsFailedReplication", "MetricName")
		for _, name := range []string{"SourceBucket", "DestinationBucket", "RuleId"} {
			if !strings.Contains(text(r.at("Dimensions")), `"`+name+`"`) {
				found = append(found, r.id+" looks at no "+name)
			}
		}
		return found
	})},
	{"any day of 6 months is in the record", inMain, one(aBucket, "StorageObjects", olderVersions)},
	{"any day of 6 months is in its copy", inAway, one(aBucket, "CopiesRecord", olderVersions)},
	{"destroyed keys are gone in 30 days", inMain, one(aBucket, "StorageObjects", forgetsKeys)},
	{"destroyed keys are gone from copies in 30 days", inAway, one(aBucket, "CopiesRecord", forgetsKeys)},
	{"files in the clear go after 180 days", inMain, one(aBucket, "StorageObjects", forgetsFiles)},
	{"copies in the clear go after 180 days", inAway, one(aBucket, "CopiesRecord", forgetsFiles)},
	{"nobody removes a copy of the record", inAway, one("AWS::S3::BucketPolicy", "CopiesRecord",
		func(r resource) []string {
			for _, s := range statementsOf(r.id, r.at("PolicyDocument", "Statement")) {
				if s.effect == "Deny" && s.conditions == nil && text(s.to) == `{"AWS":"*"}` &&
					strings.Contains(text(s.actions), `"s3:DeleteObjectVersion"`) {
					return nil
				}
			}
			return []string{"older versions can be removed"}
		})},
	{"the copies' bucket is as safe as the record's", inAway, func(t template) (found []string) {
		for _, name := range []string{
			"buckets keep versions", "buckets are encrypted under our key", "buckets are not public",
			"buckets log who touches them", "buckets take TLS only", "keys are rotated",
		} {
			found = append(found, ruleNamed(name).check(t)...)
		}
		for _, r := range t.of(aBucket) {
			if r.whole["DeletionPolicy"] != "Retain" {
				found = append(found, r.id+" goes with the stack")
			}
		}
		return append(found, one(aBucket, "CopiesRecord", func(r resource) []string {
			return wants(r, true, "ObjectLockEnabled") // S3 asks for it where the source has it
		})(t)...)
	}},
}

var backupWeakenings = []weakening{
	{
		"logs are backed up daily, for 6 months, in Osaka too", aPlan, "logs",
		"BackupPlan.BackupPlanRule.0.CopyActions", nil,
	},
	{
		"logs are backed up daily, for 6 months, in Osaka too", aPlan, "logs",
		"BackupPlan.BackupPlanRule.0.Lifecycle.DeleteAfterDays", 30.0,
	},
	{
		"the table is copied weekly and monthly, to Osaka for 6 months", aPlan, "table",
		"BackupPlan.BackupPlanRule.1", nil,
	},
	{
		"the table is copied weekly and monthly, to Osaka for 6 months", aPlan, "table",
		"BackupPlan.BackupPlanRule.0.ScheduleExpressionTimezone", "UTC",
	},
	{"everything but the record is backed up", aSelection, "table", "BackupSelection.Resources.0", nil},
	{
		"no backup holds keys", aSelection, "logs", "BackupSelection.Resources.*",
		map[string]any{"Fn::GetAtt": []any{"StorageObjects12345678", "Arn"}},
	},
	{"no backup holds keys", aSelection, "table", "BackupSelection.Resources.*", "*"},
	{
		"backups are restored to see that they can be", "AWS::Backup::RestoreTestingSelection", "S3",
		without, nil,
	},
	{
		"backups are restored to see that they can be", "AWS::Backup::RestoreTestingPlan", "",
		"ScheduleExpression", "cron(0 14 1 1 ? *)",
	},
	{"nobody removes a backup", aVault, "", "LockConfiguration", nil},
	{"nobody removes a copy of a backup", aVault, "", "LockConfiguration.MinRetentionDays", 1.0},
	{"copies are encrypted under a key of their region", aVault, "", "EncryptionKeyArn", nil},
	{"the key of copies has its name", "AWS::KMS::Alias", "", "AliasName", "alias/x"},

	{
		"the record is copied to Osaka, whole", aBucket, "Objects",
		"ReplicationConfiguration.Rules.0.Filter.Prefix", "runs/",
	},
	{"the record is copied to Osaka, whole", aBucket, "Objects", "ReplicationConfiguration", nil},
	{
		"the record is copied to Osaka, whole", aBucket, "Objects",
		"ReplicationConfiguration.Rules.0.SourceSelectionCriteria", nil,
	},
	{
		"copying removes nothing", "AWS::IAM::Policy", "Backupcopyrole",
		"PolicyDocument.Statement.2.Action.*", "s3:ReplicateDelete",
	},
	{
		"copying removes nothing", "AWS::IAM::Policy", "Backupcopyrole",
		"PolicyDocument.Statement.4.Condition.ForAnyValue:StringEquals", nil,
	},
	{"what is not copied is told", anAlarm, "Backupcopies", "MetricName", "ReplicationLatency"},
	{
		"any day of 6 months is in the record", aBucket, "Objects",
		"LifecycleConfiguration.Rules.0.NoncurrentVersionExpiration.NoncurrentDays", 30.0,
	},
	{
		"any day of 6 months is in the record", aBucket, "Objects",
		"LifecycleConfiguration.Rules.0.ExpirationInDays", 400.0,
	},
	{
		"any day of 6 months is in its copy", aBucket, "CopiesRecord",
		"LifecycleConfiguration.Rules.0.Status", "Disabled",
	},
	{
		"destroyed keys are gone in 30 days", aBucket, "Objects",
		"LifecycleConfiguration.Rules.1.NoncurrentVersionExpiration.NoncurrentDays", 30.0,
	},
	{"destroyed keys are gone in 30 days", aBucket, "Objects", "LifecycleConfiguration.Rules.1", nil},
	{
		"destroyed keys are gone in 30 days", aBucket, "Objects", "ObjectLockConfiguration",
		map[string]any{"Rule": map[string]any{"DefaultRetention": map[string]any{"Days": 186}}},
	},
	{
		"destroyed keys are gone from copies in 30 days", aBucket, "CopiesRecord",
		"LifecycleConfiguration.Rules.1.Status", "Disabled",
	},
	{
		"files in the clear go after 180 days", aBucket, "Objects",
		"LifecycleConfiguration.Rules.2.ExpirationInDays", 160.0,
	},
	{
		"copies in the clear go after 180 days", aBucket, "CopiesRecord",
		"LifecycleConfiguration.Rules.2.Prefix", "outbax/",
	},
	{
		"nobody removes a copy of the record", "AWS::S3::BucketPolicy", "CopiesRecord",
		"PolicyDocument.Statement.2.Condition",
		map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	},
	{
		"the copies' bucket is as safe as the record's", aBucket, "CopiesRecord",
		"PublicAccessBlockConfiguration.BlockPublicAcls", false,
	},
	{"the copies' bucket is as safe as the record's", aBucket, "CopiesRecord", "ObjectLockEnabled", nil},
}

// generations wants a plan to have these rules: when, days here, days in Osaka.
func generations(r resource, wanted ...[]any) (found []string) {
	rules := []string{"BackupPlan", "BackupPlanRule"}
	if got := len(list(r.at(rules...))); got != len(wanted) {
		found = append(found, fmt.Sprintf("%s has %d rules, not %d", r.id, got, len(wanted)))
	}
	for i, w := range wanted {
		rule := slices.Concat(rules, []string{fmt.Sprint(i)})
		found = slices.Concat(found,
			wants(r, w[0], append(rule, "ScheduleExpression")...),
			wants(r, "Asia/Tokyo", append(rule, "ScheduleExpressionTimezone")...),
			wants(r, w[1], append(rule, "Lifecycle", "DeleteAfterDays")...),
			wants(r, osakaVault, append(rule, "CopyActions", "0", "DestinationBackupVaultArn")...),
			wants(r, w[2], append(rule, "CopyActions", "0", "Lifecycle", "DeleteAfterDays")...))
	}
	return found
}

// copied wants one rule, for all objects, encrypted ones too.
func copied(r resource) []string {
	rule := []string{"ReplicationConfiguration", "Rules", "0"}
	found := slices.Concat(
		wants(r, "", append(rule, "Filter", "Prefix")...),
		wants(r, "Enabled", append(rule, "Status")...),
		wants(r, "Enabled", append(rule, "SourceSelectionCriteria", "SseKmsEncryptedObjects", "Status")...),
		wants(r, "Disabled", append(rule, "DeleteMarkerReplication", "Status")...),
		wants(r, "arn:aws:s3:::multipoint-prod-copies-111122223333",
			append(rule, "Destination", "Bucket")...),
		wants(r, "arn:aws:kms:ap-northeast-3:111122223333:alias/multipoint-prod-copies",
			append(rule, "Destination", "EncryptionConfiguration", "ReplicaKmsKeyID")...),
		wants(r, "Enabled", append(rule, "Destination", "Metrics", "Status")...))
	if len(list(r.at("ReplicationConfiguration", "Rules"))) != 1 {
		found = append(found, r.id+" is copied by more than one rule")
	}
	return found
}

// copying wants the role of copies to read here, to write there, and to use no other key than theirs.
func copying(r resource) (found []string) {
	for _, s := range statementsOf(r.id, r.at("PolicyDocument", "Statement")) {
		actions := text(s.actions)
		for _, word := range []string{"Delete", "PutObject", "Bypass"} {
			if strings.Contains(actions, word) {
				found = append(found, r.id+" may "+actions)
			}
		}
		if s.sid == "CopiesKey" && !strings.Contains(text(s.conditions),
			`"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/multipoint-prod-copies"}`) {
			found = append(found, "any key of Osaka may be used")
		}
	}
	return found
}

// lifecycle gives the rules of a bucket that are switched on and are for objects below a prefix or for all.
func lifecycle(r resource, prefix string) (of, all any) {
	for _, rule := range list(r.at("LifecycleConfiguration", "Rules")) {
		switch {
		case at(rule, "Status") != "Enabled":
		case at(rule, "Prefix") == prefix:
			of = rule
		case at(rule, "Prefix") == nil:
			all = rule
		}
	}
	return of, all
}

// olderVersions wants what was overwritten to stay 6 months, and nothing else to go.
func olderVersions(r resource) (found []string) {
	_, all := lifecycle(r, "")
	if days := at(all, "NoncurrentVersionExpiration", "NoncurrentDays"); days != 186.0 {
		found = append(found, fmt.Sprintf("%s: older versions go after %v days", r.id, days))
	}
	if days := at(all, "ExpirationInDays"); days != nil {
		found = append(found, fmt.Sprintf("%s: the record goes after %v days", r.id, days))
	}
	return found
}

// forgetsKeys wants overwritten keys to be gone within R24's 30 days, of which S3 may need two itself.
func forgetsKeys(r resource) (found []string) {
	source, err := os.ReadFile("../../shared/keys/stored.go")
	if err != nil || !strings.Contains(string(source), `[]string{"keys", retailer}`) {
		found = append(found, fmt.Sprint("shared/keys keeps keys elsewhere ", err))
	}
	of, _ := lifecycle(r, "keys/")
	days, ok := at(of, "NoncurrentVersionExpiration", "NoncurrentDays").(float64)
	if !ok || days > 28 {
		found = append(found, fmt.Sprintf("%s: destroyed keys stay %v days", r.id, days))
	}
	return append(found, wants(r, nil, "ObjectLockConfiguration", "Rule")...)
}

// forgetsFiles wants what a provider read to be gone when its sealed original can no longer be read.
func forgetsFiles(r resource) (found []string) {
	source, err := os.ReadFile("../../shared/day/retention.go")
	if err != nil || !strings.Contains(string(source), "KeptDays = 180\n") {
		found = append(found, fmt.Sprint("days are not kept 180 days ", err))
	}
	of, _ := lifecycle(r, "outbox/")
	current, _ := at(of, "ExpirationInDays").(float64)
	older, _ := at(of, "NoncurrentVersionExpiration", "NoncurrentDays").(float64)
	if current <= 0 || older <= 0 || current+older > 178 {
		found = append(found, fmt.Sprintf("%s: files stay %v + %v days", r.id, current, older))
	}
	return found
}

func ruleNamed(name string) *stackRule {
	for i := range dataRules {
		if dataRules[i].name == name {
			return &dataRules[i]
		}
	}
	panic("no rule " + name) // unreachable: names are written in this package
}

// TestADevEnvironmentCanBeRemoved: a copy that nobody may remove would keep a rehearsal's stack for ever.
func TestADevEnvironmentCanBeRemoved(t *testing.T) {
	s, err := stacksOf(map[string]any{
		"account": "111122223333", "placeholder": "true", "functions": "absent",
		"mailFrom": "points@mail.example.jp", "operator": "operator@example.jp",
	})
	if err != nil {
		t.Fatal(err)
	}
	if all := text(templateOf(s.away)); strings.Contains(all, "NobodyRemoves") ||
		strings.Contains(all, "LockConfiguration") || strings.Contains(all, `"Retain"`) {
		t.Error("copies cannot be removed")
	}
}
