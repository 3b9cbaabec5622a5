package main

import (
	"fmt"
	"slices"
	"strings"
)

// reason says why a statement may have a wildcard in its resources. Actions have none, anywhere.
type reason struct {
	sid  string // the statement's id; "" = the one that the CDK adds for traces
	ends string // how the resource ends
	why  string
}

// reasons are all of them. A role's statement with a wildcard that is not here fails the tests.
var reasons = []reason{
	{"Log", ":*", "the streams of the function's own log group; Lambda names them"},
	{"Read", "/*", "objects under the prefixes of permissions.go; retailer and run follow"},
	{"Write", "/*", "as Read"},
	{"Lock", "/*", "manifests and proofs of all runs; their keys begin with retailer and run"},
	{"TakeInbox", "/*", "uploads of any name: intake is the one that reads them"},
	{"Follow", ":*", "executions of this state machine; their names are made when they start"},
	{"Maps", ":*", "as Follow"},
	{"Items", ":*", "runs of the Map states of this state machine; Step Functions names them"},
	{"ItemExecutions", ":*", "as ChildExecutions"},
	{"Executions", ":*", "as Follow: the operator looks at any of them, and may stop it"},
	{"Tasks", "/*", "lists of tasks of all runs"},
	{"ChildExecutions", ":*", "the Map states' children of this state machine; Step Functions names them"},
	{"Deliveries", "*", "log deliveries are of the account, and have no ARNs"},
	{"Trace", "*", "X-Ray has no resources"},
	{"", "*", "X-Ray has no resources"},
	{"CopyFrom", "/*", "all objects of the record are copied to Osaka"},
	{"CopyTo", "/*", "as CopyFrom"},
	{"CopiesKey", ":key/*", "the key that has the name in the condition; its number is known in Osaka only"},
	{"ScanRule", "S3*", "the rule's name is made by GuardDuty, from this prefix on"},
	{"ScanObjects", "/*", "the scan reads every upload, and tags it"},
}

// wildcards finds statements with wildcards that nobody gave a reason for.
func wildcards(t template) (found []string) {
	all := t.statements()
	if len(all) == 0 {
		return []string{"there is no statement"}
	}
	for _, s := range all {
		for _, a := range s.actions {
			if strings.Contains(fmt.Sprint(a), "*") {
				found = append(found, fmt.Sprintf("%s %s: action %v", s.owner, s.sid, a))
			}
		}
		for _, r := range s.resources {
			if end := resourceText(r); strings.Contains(end, "*") && !excused(&s, end) {
				found = append(found, fmt.Sprintf("%s %s: resource %s without a reason", s.owner, s.sid, end))
			}
		}
	}
	return found
}

// resourceText is a resource with references in brackets. A log group's ARN ends in :* without showing it.
func resourceText(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case map[string]any:
		if parts, ok := at(x, "Fn::Join", "1").([]any); ok {
			out := ""
			for _, p := range parts {
				out += resourceText(p)
			}
			return out
		}
		if get := text(x["Fn::GetAtt"]); strings.Contains(get, "log") && strings.Contains(get, `"Arn"`) {
			return "[" + get + "]:*"
		}
	}
	return "[reference]"
}

func excused(s *statement, end string) bool {
	for _, r := range reasons {
		xray := r.sid != "" || strings.HasPrefix(text(s.actions), `["xray:`)
		if r.sid == s.sid && strings.HasSuffix(end, r.ends) && xray && (r.ends == "*") == (end == "*") {
			return true
		}
		if r.sid == s.sid && r.ends == "S3*" && strings.HasSuffix(end, r.ends) {
			return true
		}
	}
	return false
}

const aRole = "AWS::IAM::Role"

// roleRules are about who may do what.
var roleRules = []stackRule{
	{"no wildcard without a reason", inMain, wildcards},
	{"no permission by exception", inMain, func(t template) (found []string) {
		for _, kind := range []string{"AWS::IAM::Policy", "AWS::IAM::Role"} {
			for _, r := range t.of(kind) {
				for _, name := range []string{"NotAction", "NotResource", "NotPrincipal"} {
					if strings.Contains(text(r.properties), name) {
						found = append(found, r.id+" has a "+name)
					}
				}
			}
		}
		return found
	}},
	{"no policy of AWS but for backups", inMain, func(t template) (found []string) {
		for _, r := range t.of("AWS::IAM::Role") {
			if r.at("ManagedPolicyArns") != nil && !strings.Contains(r.id, "Backup") {
				found = append(found, r.id+" has a policy that AWS changes")
			}
		}
		return found
	}},
	{"each function has a role of its own", inMain, func(t template) (found []string) {
		used := map[string]string{}
		for _, r := range t.of(aFunction) {
			role := text(r.at("Role"))
			if other := used[role]; other != "" {
				found = append(found, r.id+" has the role of "+other)
			}
			used[role] = r.id
		}
		return found
	}},
	{"roles trust one service, for this account", inMain, each(aRole, func(r resource) (found []string) {
		if strings.HasPrefix(r.id, "Operator") { // people: a rule of its own
			return nil
		}
		for _, s := range statementsOf(r.id, r.at("AssumeRolePolicyDocument", "Statement")) {
			service, ok := at(s.to, "Service").(string)
			if !ok || len(list(s.to)) != 1 {
				found = append(found, r.id+" trusts "+text(s.to))
			}
			// Lambda, GuardDuty and S3 take a role from who makes the function, plan or rule of copies: no
			// one else can name it.
			own := service == "lambda.amazonaws.com" || service == "s3.amazonaws.com" ||
				strings.HasPrefix(service, "malware-protection-plan.")
			if !own && !strings.Contains(text(s.conditions), `"aws:SourceAccount":"111122223333"`) {
				found = append(found, r.id+" may be used for other accounts")
			}
		}
		return found
	})},
	{"people operate with a second factor", inMain, one(aRole, "Operatorrole", func(r resource) []string {
		trust := []string{"AssumeRolePolicyDocument", "Statement", "0"}
		return slices.Concat(wants(r, 3600, "MaxSessionDuration"),
			wants(r, "true", append(trust, "Condition", "Bool", "aws:MultiFactorAuthPresent")...),
			wants(r, map[string]any{"AWS": "arn:aws:iam::111122223333:root"}, append(trust, "Principal")...))
	})},
	{"only the operator's people operate", inMain, operators},
	{"nobody may go round a retention", inMain, func(t template) (found []string) {
		for _, s := range t.statements() {
			actions := text(s.actions)
			if strings.Contains(actions, "Bypass") || strings.Contains(actions, "PutBucketObjectLock") {
				found = append(found, s.owner+" may shorten a retention")
			}
		}
		return found
	}},
	{"roles are what the table of permissions says", inMain, func(t template) (found []string) {
		for i := range functions {
			name := functions[i].name
			p := may[name]
			s := roleText(t, name)
			for action, wanted := range map[string]bool{
				"s3:PutObject": len(p.writes) > 0, "s3:PutObjectRetention": len(p.locks) > 0,
				"ses:SendRawEmail": p.mails, "states:StartExecution": p.start,
				"states:ListMapRuns": p.items, "states:ListExecutions": p.items || p.count,
				"s3:DeleteObject": p.inbox == takeInbox, "dynamodb:GetItem": len(p.table) > 0,
				"sqs:SendMessage": len(p.sends) > 0 || name == "watch",
			} {
				if strings.Contains(s, `"`+action+`"`) != wanted {
					found = append(found, fmt.Sprintf("%s: %s is %v", name, action, !wanted))
				}
			}
		}
		return found
	}},
}

// operators looks for others than the operator's people who may call the function operate.
func operators(t template) (found []string) {
	may := 0
	for _, s := range t.statements() {
		if !strings.Contains(text(s.resources), "Functionsoperate") ||
			!slices.Contains(s.actions, any("lambda:InvokeFunction")) {
			continue
		}
		if may++; !strings.HasPrefix(s.owner, "Operator") {
			found = append(found, s.owner+" may operate")
		}
	}
	if may == 0 {
		found = append(found, "nobody may operate")
	}
	for _, r := range t.of("AWS::Lambda::Permission") {
		if strings.Contains(text(r.at("FunctionName")), "Functionsoperate") {
			found = append(found, r.id+" lets others operate")
		}
	}
	return found
}

// roleText is the policy of a function's role.
func roleText(t template, function string) string {
	for _, r := range t.of("AWS::IAM::Policy") {
		if strings.HasPrefix(r.id, "Functions"+function+"role") {
			return text(r.properties)
		}
	}
	return ""
}
