package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// stackRule is what must hold of a template; check says where it does not. weaken_test.go shows that each can
// fail.
type stackRule struct {
	name  string
	of    func(*synthesised) template
	check func(template) []string
}

func inMain(s *synthesised) template { return s.main }
func inEdge(s *synthesised) template { return s.edge }
func inDev(s *synthesised) template  { return s.dev } // the one whose uploads are scanned
func inAway(s *synthesised) template { return s.away }

var stackRules = slices.Concat(dataRules, callRules, roleRules, aroundRules, backupRules, lensRules)

func TestRulesHoldOfTheStack(t *testing.T) {
	s := templates(t)
	for _, rule := range stackRules {
		t.Run(rule.name, func(t *testing.T) {
			for _, found := range rule.check(rule.of(s)) {
				t.Error(found)
			}
		})
	}
}

// wants reports a value that is not the expected one.
func wants(r resource, expected any, path ...string) []string {
	if got := r.at(path...); text(got) != text(expected) {
		return []string{fmt.Sprintf("%s %s: %s is %s, not %s", r.kind, r.id, strings.Join(path, "."),
			text(got), text(expected))}
	}
	return nil
}

// each checks all resources of a kind, of which there must be some.
func each(kind string, check func(resource) []string) func(template) []string {
	return func(t template) (found []string) {
		all := t.of(kind)
		if len(all) == 0 {
			return []string{"there is no " + kind}
		}
		for _, r := range all {
			found = append(found, check(r)...)
		}
		return found
	}
}

// one checks the resource of a kind whose id has a part; there must be one.
func one(kind, part string, check func(resource) []string) func(template) []string {
	return func(t template) []string {
		var with []resource
		for _, r := range t.of(kind) {
			if strings.Contains(r.id, part) {
				with = append(with, r)
			}
		}
		if len(with) != 1 {
			return []string{fmt.Sprintf("there are %d of %s with id %q, not 1", len(with), kind, part)}
		}
		return check(with[0])
	}
}

const (
	aBucket   = "AWS::S3::Bucket"
	aTable    = "AWS::DynamoDB::Table"
	aFunction = "AWS::Lambda::Function"
	aQueue    = "AWS::SQS::Queue"
)

// isLogs says whether a bucket is the one that access logs are written to.
func isLogs(r resource) bool {
	return strings.Contains(r.id, "StorageLogs") || strings.Contains(r.id, "CopiesLogs")
}

// dataRules are about what keeps data.
var dataRules = []stackRule{
	{"buckets keep versions", inMain, each(aBucket, func(r resource) []string {
		return wants(r, "Enabled", "VersioningConfiguration", "Status")
	})},
	{"buckets are encrypted under our key", inMain, each(aBucket, func(r resource) []string {
		rule := []string{"BucketEncryption", "ServerSideEncryptionConfiguration", "0"}
		if isLogs(r) { // S3 and CloudFront write logs under S3's keys only
			return wants(r, "AES256", append(rule, "ServerSideEncryptionByDefault", "SSEAlgorithm")...)
		}
		found := wants(r, "aws:kms", append(rule, "ServerSideEncryptionByDefault", "SSEAlgorithm")...)
		if r.at(append(rule, "ServerSideEncryptionByDefault", "KMSMasterKeyID")...) == nil {
			found = append(found, r.id+" has no key of ours")
		}
		return append(found, wants(r, true, append(rule, "BucketKeyEnabled")...)...)
	})},
	{"buckets are not public", inMain, each(aBucket, func(r resource) (found []string) {
		for _, name := range []string{
			"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets",
		} {
			found = append(found, wants(r, true, "PublicAccessBlockConfiguration", name)...)
		}
		return found
	})},
	{"buckets log who touches them", inMain, each(aBucket, func(r resource) []string {
		if !isLogs(r) && r.at("LoggingConfiguration", "DestinationBucketName") == nil {
			return []string{r.id + " has no access log"}
		}
		return nil
	})},
	{"buckets expire versions and broken uploads", inMain, each(aBucket, func(r resource) []string {
		rule := []string{"LifecycleConfiguration", "Rules", "0"}
		days := 30
		switch {
		case strings.Contains(r.id, "Inbox"): // uploads are not sealed: they go soon
			days = 7
		case strings.Contains(r.id, "StorageObjects"): // its backup; backupRules have the exceptions
			days = 186
		}
		return slices.Concat(wants(r, "Enabled", append(rule, "Status")...),
			wants(r, days, append(rule, "NoncurrentVersionExpiration", "NoncurrentDays")...),
			wants(r, 2, append(rule, "AbortIncompleteMultipartUpload", "DaysAfterInitiation")...))
	})},
	{"buckets take TLS only", inMain, func(t template) (found []string) {
		for _, r := range t.of(aBucket) {
			if !denied(t, "AWS::S3::BucketPolicy", "Bucket", r.id, `"aws:SecureTransport":"false"`) {
				found = append(found, r.id+" takes plain http")
			}
			if !denied(t, "AWS::S3::BucketPolicy", "Bucket", r.id, `"s3:TlsVersion":1.2`) {
				found = append(found, r.id+" takes an old TLS")
			}
		}
		return found
	}},
	{"manifests and proofs can be locked", inMain, one(aBucket, "StorageObjects", func(r resource) []string {
		return append(wants(r, true, "ObjectLockEnabled"),
			wants(r, nil, "ObjectLockConfiguration", "Rule")...) // parts must stay destructible (R24)
	})},
	{"the inbox tells its events", inMain, one(aBucket, "StorageInbox", func(r resource) []string {
		return wants(r, true, "NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled")
	})},
	{"keys are rotated", inMain, each("AWS::KMS::Key", func(r resource) []string {
		return wants(r, true, "EnableKeyRotation")
	})},
	{"the table is on demand", inMain, each(aTable, func(r resource) []string {
		return wants(r, "PAY_PER_REQUEST", "BillingMode")
	})},
	{"the table can be recovered", inMain, each(aTable, func(r resource) []string {
		return wants(r, true, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
	})},
	{"the table is protected", inMain, each(aTable, func(r resource) []string {
		return wants(r, true, "DeletionProtectionEnabled")
	})},
	{"the table forgets", inMain, each(aTable, func(r resource) []string {
		return append(wants(r, true, "TimeToLiveSpecification", "Enabled"),
			wants(r, "ttl", "TimeToLiveSpecification", "AttributeName")...)
	})},
	{"the table is encrypted under our key", inMain, each(aTable, func(r resource) []string {
		if r.at("SSESpecification", "KMSMasterKeyId") == nil {
			return []string{r.id + " has no key of ours"}
		}
		return wants(r, true, "SSESpecification", "SSEEnabled")
	})},
	{"the table has the driver's keys", inMain, each(aTable, tableKeys)},
	{"data stays when the stack goes", inMain, func(t template) (found []string) {
		for _, kind := range []string{aBucket, aTable, "AWS::KMS::Key", "AWS::Logs::LogGroup"} {
			for _, r := range t.of(kind) {
				if r.whole["DeletionPolicy"] != "Retain" || r.whole["UpdateReplacePolicy"] != "Retain" {
					found = append(found, r.id+" goes with the stack")
				}
			}
		}
		return found
	}},
}

// tableKeys compares with the constants of shared/table/dynamo, which this module does not import.
func tableKeys(r resource) (found []string) {
	source, err := os.ReadFile("../../shared/table/dynamo/schema.go")
	if err != nil {
		return []string{err.Error()}
	}
	for _, name := range []string{`"pk"`, `"sk"`, `"gsi1"`, `"gsi2"`, `"ttl"`, "ProjectionTypeKeysOnly"} {
		if !strings.Contains(string(source), name) {
			found = append(found, "the driver's schema has no "+name)
		}
	}
	found = append(found, wants(r, keys("pk", "sk"), "KeySchema")...)
	for i, n := range []string{"1", "2"} {
		index := []string{"GlobalSecondaryIndexes", fmt.Sprint(i)}
		found = append(found, wants(r, "gsi"+n, append(index, "IndexName")...)...)
		found = append(found, wants(r, keys("pk"+n, "sk"+n), append(index, "KeySchema")...)...)
		found = append(found, wants(r, "KEYS_ONLY", append(index, "Projection", "ProjectionType")...)...)
	}
	for _, a := range list(r.at("AttributeDefinitions")) {
		if at(a, "AttributeType") != "B" {
			found = append(found, "attribute "+text(a)+" is not binary")
		}
	}
	return found
}

func keys(partition, sort string) any {
	return []any{
		map[string]any{"AttributeName": partition, "KeyType": "HASH"},
		map[string]any{"AttributeName": sort, "KeyType": "RANGE"},
	}
}

// denied says whether the policy of a bucket or queue denies everybody what has a condition.
func denied(t template, kind, property, id, condition string) bool {
	for _, policy := range t.of(kind) {
		if !strings.Contains(text(policy.at(property)), `"`+id+`"`) {
			continue
		}
		for _, s := range statementsOf(policy.id, policy.at("PolicyDocument", "Statement")) {
			if s.effect == "Deny" && strings.Contains(text(s.conditions), condition) &&
				strings.Contains(text(s.to), `"*"`) {
				return true
			}
		}
	}
	return false
}
