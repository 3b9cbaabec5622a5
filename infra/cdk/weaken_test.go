package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// weakening takes one protection away from a template.
type weakening struct {
	rule string // the rule that has to notice
	kind string
	id   string // a part of the resource's id; the first that has it is weakened
	path string // of the property, with dots; a last "*" appends to a list
	to   any    // nil removes it
}

// without marks a resource that is removed.
const without = "."

// weakenings has one for each protected thing, and more where a rule has several sides.
var weakenings = []weakening{
	{"buckets keep versions", aBucket, "Objects", "VersioningConfiguration.Status", "Suspended"},
	{"buckets are encrypted under our key", aBucket, "Inbox", "BucketEncryption", nil},
	{
		"buckets are encrypted under our key", aBucket, "Trail",
		"BucketEncryption.ServerSideEncryptionConfiguration.0.BucketKeyEnabled", false,
	},
	{"buckets are not public", aBucket, "Logs", "PublicAccessBlockConfiguration.BlockPublicPolicy", false},
	{"buckets log who touches them", aBucket, "Objects", "LoggingConfiguration", nil},
	{
		"buckets expire versions and broken uploads", aBucket, "Objects",
		"LifecycleConfiguration.Rules.0.Status", "Disabled",
	},
	{"buckets take TLS only", "AWS::S3::BucketPolicy", "Inbox", "PolicyDocument.Statement.0.Effect", "Allow"},
	{"buckets take TLS only", "AWS::S3::BucketPolicy", "Logs", "PolicyDocument.Statement.1", nil},
	{"manifests and proofs can be locked", aBucket, "Objects", "ObjectLockEnabled", nil},
	{
		"manifests and proofs can be locked", aBucket, "Objects", "ObjectLockConfiguration",
		map[string]any{"Rule": map[string]any{"DefaultRetention": map[string]any{"Days": 400}}},
	},
	{"the inbox tells its events", aBucket, "Inbox", "NotificationConfiguration", nil},
	{"keys are rotated", "AWS::KMS::Key", "WrappingKey", "EnableKeyRotation", nil},
	{"the table is on demand", aTable, "", "BillingMode", "PROVISIONED"},
	{"the table can be recovered", aTable, "", "PointInTimeRecoverySpecification", nil},
	{"the table is protected", aTable, "", "DeletionProtectionEnabled", false},
	{"the table forgets", aTable, "", "TimeToLiveSpecification.AttributeName", "expires"},
	{"the table is encrypted under our key", aTable, "", "SSESpecification.KMSMasterKeyId", nil},
	{"the table has the driver's keys", aTable, "", "AttributeDefinitions.0.AttributeType", "S"},
	{"the table has the driver's keys", aTable, "", "GlobalSecondaryIndexes.1", nil},
	{"functions are of our architecture and runtime", aFunction, "rate", "Architectures", []any{"x86_64"}},
	{"functions are traced", aFunction, "post", "TracingConfig", nil},
	{"functions have limits", aFunction, "grant", "ReservedConcurrentExecutions", nil},
	{"functions have limits", aFunction, "grant", "Timeout", 1800.0},
	{"functions have limits", aFunction, "grant", "Environment.Variables.GOMEMLIMIT", "1GiB"},
	{"reservations leave room", aFunction, "grant", "ReservedConcurrentExecutions", 300.0},
	{"functions log where it is kept", aFunction, "mail", "LoggingConfig", nil},
	{"logs are kept 400 days", "AWS::Logs::LogGroup", "watch", "RetentionInDays", 7.0},
	{
		"functions know settings that there are", aFunction, "close",
		"Environment.Variables.MULTIPOINT_TABEL", "x",
	},
	{
		"functions know settings that there are", aFunction, "close",
		"Environment.Variables.MULTIPOINT_KEY", nil,
	},
	{"queues give up at some time", aQueue, "intake", "RedrivePolicy", nil},
	{"queues are encrypted", aQueue, "feedback", "SqsManagedSseEnabled", false},
	{"queues take TLS only", "AWS::SQS::QueuePolicy", "lost", "PolicyDocument.Statement.0.Effect", "Allow"},
	{"a message is hidden as long as it is worked on", aQueue, "Queuesintake6", "VisibilityTimeout", 30.0},
	{"only failed messages come again", "AWS::Lambda::EventSourceMapping", "", "FunctionResponseTypes", nil},
	{"queues call no more than may run", "AWS::Lambda::EventSourceMapping", "Intake", "ScalingConfig", nil},
	{"days wait for room", aFunction, "Functionsopen", "Environment.Variables.MULTIPOINT_DAYS", nil},
	{"an opening can wait for a day", aQueue, "Queuesopen", "RedrivePolicy.maxReceiveCount", 240.0},
	{
		"who writes manifests and proofs locks them", aFunction, "Functionssettle",
		"Environment.Variables.MULTIPOINT_RETAIN_DAYS", nil,
	},
	{
		"every task is patient when it is turned away", "AWS::StepFunctions::StateMachine", "answer",
		"DefinitionString", `{"States":{"A":{"Type":"Task"}}}`,
	},
	{
		"people operate with a second factor", aRole, "Operator",
		"AssumeRolePolicyDocument.Statement.0.Condition", nil,
	},
	{
		"people operate with a second factor", aRole, "Operator",
		"AssumeRolePolicyDocument.Statement.0.Principal",
		map[string]any{"AWS": "*"},
	},
	{
		"only the operator's people operate", "AWS::IAM::Policy", "plan", "PolicyDocument.Statement.*",
		map[string]any{
			"Sid": "Call", "Effect": "Allow", "Action": "lambda:InvokeFunction",
			"Resource": map[string]any{"Fn::GetAtt": []any{"Functionsoperate", "Arn"}},
		},
	},
	{
		"the trail says who called the operator's function", "AWS::CloudTrail::Trail", "",
		"EventSelectors.0.DataResources.1", nil,
	},
	{"no event of a rule is lost", "AWS::Events::Rule", "news", "Targets.0.DeadLetterConfig", nil},
	{
		"uploads reach intake", "AWS::Events::Rule", "arrivals",
		"EventPattern.detail-type",
		[]any{"Object Deleted"},
	},
	{"schedules are of Japan", "AWS::Scheduler::Schedule", "open", "ScheduleExpressionTimezone", nil},
	{"schedules are of Japan", "AWS::Scheduler::Schedule", "settled", "State", "DISABLED"},
	{"no call of a schedule is lost", "AWS::Scheduler::Schedule", "open", "Target.DeadLetterConfig", nil},
	{
		"the day has its times", "AWS::Scheduler::Schedule", "Openingopen",
		"ScheduleExpression", "cron(2 7 * * ? *)",
	},
	{"no asynchronous call is lost", "AWS::Lambda::EventInvokeConfig", "watch", "DestinationConfig", nil},
	{
		"state machines are those of infra/flow", "AWS::StepFunctions::StateMachine", "answer",
		"DefinitionString", "{}",
	},
	{
		"state machines are those of infra/flow", "AWS::StepFunctions::StateMachine", "day",
		"DefinitionSubstitutions.stop", nil,
	},
	{"state machines are traced", "AWS::StepFunctions::StateMachine", "day", "TracingConfiguration", nil},
	{
		"state machines log errors without data", "AWS::StepFunctions::StateMachine", "day",
		"LoggingConfiguration.IncludeExecutionData", true,
	},
	{"names are short enough", aFunction, "open", "FunctionName", strings.Repeat("long", 20)},
	{
		"no wildcard without a reason", "AWS::IAM::Policy", "convert", "PolicyDocument.Statement.*",
		map[string]any{"Sid": "All", "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"},
	},
	{
		"no wildcard without a reason", "AWS::IAM::Policy", "convert",
		"PolicyDocument.Statement.1.Action", "s3:*",
	},
	{
		"no wildcard without a reason", "AWS::IAM::Policy", "convert",
		"PolicyDocument.Statement.2.Resource", "*",
	},
	{
		"no permission by exception", "AWS::IAM::Policy", "settle",
		"PolicyDocument.Statement.1.NotAction", "s3:GetObject",
	},
	{
		"no policy of AWS but for backups", "AWS::IAM::Role", "screens",
		"ManagedPolicyArns",
		[]any{"arn:aws:iam::aws:policy/x"},
	},
	{
		"each function has a role of its own", aFunction, "plan", "Role",
		map[string]any{"Fn::GetAtt": []any{"Functionsintakerole6F75E4D7", "Arn"}},
	},
	{
		"roles trust one service, for this account", "AWS::IAM::Role", "clock",
		"AssumeRolePolicyDocument.Statement.0.Condition", nil,
	},
	{
		"roles trust one service, for this account", "AWS::IAM::Role", "plan",
		"AssumeRolePolicyDocument.Statement.0.Principal",
		map[string]any{"AWS": "*"},
	},
	{
		"nobody may go round a retention", "AWS::IAM::Policy", "settle", "PolicyDocument.Statement.1.Action",
		"s3:BypassGovernanceRetention",
	},
	{
		"roles are what the table of permissions says", "AWS::IAM::Policy", "plan",
		"PolicyDocument.Statement.*",
		map[string]any{"Sid": "More", "Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "x"},
	},
	{
		"the screens stand behind the rules of admission", aDistribution, "",
		"DistributionConfig.WebACLId", nil,
	},
	{
		"viewers use TLS 1.2", aDistribution, "",
		"DistributionConfig.ViewerCertificate.MinimumProtocolVersion", "TLSv1",
	},
	{
		"viewers use TLS 1.2", aDistribution, "",
		"DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy", "allow-all",
	},
	{
		"the way to the API is TLS 1.2", aDistribution, "",
		"DistributionConfig.Origins.0.CustomOriginConfig.OriginProtocolPolicy", "match-viewer",
	},
	{
		"nobody comes in beside CloudFront", aDistribution, "",
		"DistributionConfig.Origins.0.OriginCustomHeaders", nil,
	},
	{
		"nobody comes in beside CloudFront", aFunction, "screens",
		"Environment.Variables.MULTIPOINT_ORIGIN", nil,
	},
	{
		"the viewer's address comes from CloudFront", "AWS::CloudFront::OriginRequestPolicy", "",
		"OriginRequestPolicyConfig.HeadersConfig.Headers",
		[]any{"X-Forwarded-For"},
	},
	{
		"pages have security headers", "AWS::CloudFront::ResponseHeadersPolicy", "",
		"ResponseHeadersPolicyConfig.SecurityHeadersConfig.FrameOptions", nil,
	},
	{
		"pages are not kept by CloudFront", aDistribution, "",
		"DistributionConfig.DefaultCacheBehavior.CachePolicyId", "x",
	},
	{"visits are logged in Tokyo", aDistribution, "", "DistributionConfig.Logging", nil},
	{
		"the API is limited and logged", "AWS::ApiGatewayV2::Stage", "",
		"DefaultRouteSettings.ThrottlingRateLimit", nil,
	},
	{"the API is limited and logged", "AWS::ApiGatewayV2::Stage", "", "AccessLogSettings", nil},
	{
		"who is not on the list is blocked first", anACL, "",
		"Rules.0.Action",
		map[string]any{"Count": map[string]any{}},
	},
	{"too many requests are blocked", anACL, "", "Rules.1", nil},
	{
		"known attacks are blocked", anACL, "",
		"Rules.3.OverrideAction",
		map[string]any{"Count": map[string]any{}},
	},
	{"no address leaves Japan", anACL, "", "VisibilityConfig.SampledRequestsEnabled", true},
	{"the trail runs and can be believed", "AWS::CloudTrail::Trail", "", "EnableLogFileValidation", false},
	{
		"the trail says who touched which object", "AWS::CloudTrail::Trail", "",
		"EventSelectors.0.DataResources", nil,
	},
	{"intruders are looked for", "AWS::GuardDuty::Detector", "", "Enable", false},
	{
		"intake hears of clean uploads", "AWS::Events::Rule", "arrivals",
		"EventPattern.detail.scanResultDetails", nil,
	},
	{"intake reads clean uploads only", "AWS::S3::BucketPolicy", "Inbox", "PolicyDocument.Statement.2", nil},
	{
		"no wildcard without a reason where uploads are scanned", "AWS::IAM::Policy", "scan",
		"PolicyDocument.Statement.1.Resource", "*",
	},
	{
		"mails leave by TLS, and not to who refused them", "AWS::SES::ConfigurationSet", "",
		"DeliveryOptions.TlsPolicy", "OPTIONAL",
	},
	{
		"news of mails come back", "AWS::SES::ConfigurationSetEventDestination", "",
		"EventDestination.MatchingEventTypes",
		[]any{"SEND"},
	},
	{"notices are encrypted and reach the operator", "AWS::SNS::Topic", "", "KmsMasterKeyId", nil},
	{"notices are encrypted and reach the operator", "AWS::SNS::Subscription", "", without, nil},
	{"alarms tell the operator and name a page", anAlarm, "late", "AlarmActions", nil},
	{
		"alarms tell the operator and name a page", anAlarm, "late",
		"AlarmDescription", "late. Runbook: docs/runbooks/no.md",
	},
	{"there are the alarms of A25", anAlarm, "bounces", without, nil},
	{"all data is in Japan", "AWS::KMS::Key", "Storage", "Description", "of us-west-2"},
}

// TestEveryRuleFailsWhenItIsWeakened takes protections away one by one: the rule that is named for it has to
// notice, and there is no rule that nothing was tried on.
func TestEveryRuleFailsWhenItIsWeakened(t *testing.T) {
	s := templates(t)
	// Not properties: they have tests of their own.
	tried := map[string]bool{"data stays when the stack goes": true, "no credentials last": true}
	all := slices.Concat(weakenings, backupWeakenings, lensWeakenings)
	for i := range all {
		w := &all[i]
		t.Run(fmt.Sprintf("%s/%s", w.rule, w.path), func(t *testing.T) {
			n := slices.IndexFunc(stackRules, func(r stackRule) bool { return r.name == w.rule })
			if n < 0 {
				t.Fatal("there is no such rule")
			}
			tried[w.rule] = true
			weak := stackRules[n].of(s).copied()
			if !weaken(weak, w) {
				t.Fatal("there is nothing to weaken")
			}
			if found := stackRules[n].check(weak); len(found) == 0 {
				t.Error("nobody notices")
			}
		})
	}
	for _, rule := range stackRules {
		if !tried[rule.name] {
			t.Errorf("no weakening shows that the rule %q can fail", rule.name)
		}
	}
}

func TestDataThatGoesWithTheStackIsNoticed(t *testing.T) {
	weak := templates(t).main.copied()
	weak.of(aTable)[0].whole["DeletionPolicy"] = "Delete"
	n := slices.IndexFunc(stackRules, func(r stackRule) bool {
		return r.name == "data stays when the stack goes"
	})
	if found := stackRules[n].check(weak); len(found) != 1 {
		t.Errorf("found %v", found)
	}
}

// weaken changes a template; false if it was so before, or there is no such thing.
func weaken(t template, w *weakening) bool {
	for _, r := range t.of(w.kind) {
		if !strings.Contains(r.id, w.id) {
			continue
		}
		before := text(t)
		if w.path == without {
			delete(t["Resources"].(map[string]any), r.id)
		} else {
			change(r.properties, strings.Split(w.path, "."), w.to)
		}
		return text(t) != before
	}
	return false
}

// change sets the value at a path to another, or removes it, and gives what takes the place of v.
func change(v any, path []string, to any) any {
	if len(path) == 0 {
		return to
	}
	switch x := v.(type) {
	case map[string]any:
		if next := change(x[path[0]], path[1:], to); next == nil {
			delete(x, path[0])
		} else {
			x[path[0]] = next
		}
		return x
	case []any:
		if path[0] == "*" {
			return append(x, to)
		}
		i := int(path[0][0] - '0')
		next := change(x[i], path[1:], to)
		if next == nil {
			return slices.Delete(x, i, i+1)
		}
		x[i] = next
		return x
	}
	return map[string]any{path[0]: change(nil, path[1:], to)}
}
