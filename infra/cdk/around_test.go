package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	aDistribution = "AWS::CloudFront::Distribution"
	anAlarm       = "AWS::CloudWatch::Alarm"
	anACL         = "AWS::WAFv2::WebACL"
	aStage        = "AWS::ApiGatewayV2::Stage"
	aRule         = "AWS::Events::Rule"
)

var inConfig = []string{"DistributionConfig"}

func distribution(check func(resource) []string) func(template) []string {
	return each(aDistribution, check)
}

// aroundRules are about what stands around the product.
var aroundRules = []stackRule{
	{"the screens stand behind the rules of admission", inMain, distribution(func(r resource) []string {
		return wants(r, map[string]any{"Ref": "WebAclArn"}, append(inConfig, "WebACLId")...)
	})},
	{"viewers use TLS 1.2", inMain, distribution(func(r resource) []string {
		version := append(inConfig, "ViewerCertificate", "MinimumProtocolVersion")
		policy := append(inConfig, "DefaultCacheBehavior", "ViewerProtocolPolicy")
		return append(wants(r, "TLSv1.2_2021", version...), wants(r, "redirect-to-https", policy...)...)
	})},
	{"the way to the API is TLS 1.2", inMain, distribution(func(r resource) []string {
		origin := append(inConfig, "Origins", "0", "CustomOriginConfig")
		return append(wants(r, "https-only", append(origin, "OriginProtocolPolicy")...),
			wants(r, []any{"TLSv1.2"}, append(origin, "OriginSSLProtocols")...)...)
	})},
	{"nobody comes in beside CloudFront", inMain, proofShared},
	{
		"the viewer's address comes from CloudFront", inMain,
		each("AWS::CloudFront::OriginRequestPolicy", func(r resource) []string {
			headers := list(r.at("OriginRequestPolicyConfig", "HeadersConfig", "Headers"))
			if !slices.Contains(headers, any("CloudFront-Viewer-Address")) || len(headers) > 10 ||
				slices.Contains(headers, any("X-Forwarded-For")) {
				return []string{"forwarded are " + text(headers)}
			}
			return nil
		}),
	},
	{
		"pages have security headers", inMain,
		each("AWS::CloudFront::ResponseHeadersPolicy", func(r resource) (found []string) {
			headers := []string{"ResponseHeadersPolicyConfig", "SecurityHeadersConfig"}
			found = append(found, wants(r, 730*86400,
				append(headers, "StrictTransportSecurity", "AccessControlMaxAgeSec")...)...)
			found = append(found, wants(r, true, append(headers, "ContentTypeOptions", "Override")...)...)
			found = append(found, wants(r, "DENY", append(headers, "FrameOptions", "FrameOption")...)...)
			return append(found, wants(r, "same-origin",
				append(headers, "ReferrerPolicy", "ReferrerPolicy")...)...)
		}),
	},
	{"pages are not kept by CloudFront", inMain, distribution(func(r resource) []string {
		const disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" // the managed policy CachingDisabled
		return wants(r, disabled, append(inConfig, "DefaultCacheBehavior", "CachePolicyId")...)
	})},
	{"visits are logged in Tokyo", inMain, distribution(func(r resource) []string {
		if r.at(append(inConfig, "Logging", "Bucket")...) == nil {
			return []string{"CloudFront has no log"}
		}
		return nil
	})},
	{"the API is limited and logged", inMain, each(aStage, func(r resource) (found []string) {
		if rate, _ := r.at("DefaultRouteSettings", "ThrottlingRateLimit").(float64); rate <= 0 || rate > 100 {
			found = append(found, fmt.Sprintf("%v calls a second", rate))
		}
		if r.at("AccessLogSettings", "DestinationArn") == nil {
			found = append(found, "no access log")
		}
		return found
	})},
	{"who is not on the list is blocked first", inEdge, each(anACL, func(r resource) []string {
		for _, rule := range list(r.at("Rules")) {
			if at(rule, "Priority") == 0.0 && at(rule, "Action", "Block") != nil &&
				strings.Contains(text(at(rule, "Statement", "NotStatement")), "IPSetReferenceStatement") {
				return nil
			}
		}
		return []string{"the first rule does not block strangers"}
	})},
	{"too many requests are blocked", inEdge, each(anACL, func(r resource) []string {
		for _, rule := range list(r.at("Rules")) {
			limit := at(rule, "Statement", "RateBasedStatement", "Limit")
			if limit == 2000.0 && at(rule, "Action", "Block") != nil {
				return nil
			}
		}
		return []string{"no rule limits the rate"}
	})},
	{"known attacks are blocked", inEdge, each(anACL, func(r resource) (found []string) {
		for _, name := range managedRules {
			if !slices.ContainsFunc(list(r.at("Rules")), func(rule any) bool {
				return at(rule, "Statement", "ManagedRuleGroupStatement", "Name") == name &&
					at(rule, "OverrideAction", "None") != nil
			}) {
				found = append(found, name+" does not block")
			}
		}
		return found
	})},
	{"no address leaves Japan", inEdge, each(anACL, func(r resource) []string {
		if strings.Contains(text(r.properties), `"SampledRequestsEnabled":true`) {
			return []string{"requests are sampled in " + virginia}
		}
		return nil
	})},
	{"the trail runs and can be believed", inMain, each("AWS::CloudTrail::Trail", func(r resource) []string {
		found := append(wants(r, true, "IsLogging"), wants(r, true, "EnableLogFileValidation")...)
		if r.at("KMSKeyId") == nil {
			found = append(found, "the trail is not encrypted under our key")
		}
		return found
	})},
	{
		"the trail says who touched which object", inMain,
		each("AWS::CloudTrail::Trail", func(r resource) []string {
			values := text(r.at("EventSelectors", "0", "DataResources", "0", "Values"))
			if !strings.Contains(values, "StorageObjects") || !strings.Contains(values, "StorageInbox") {
				return []string{"data events of " + values}
			}
			return wants(r, "All", "EventSelectors", "0", "ReadWriteType")
		}),
	},
	{
		"the trail says who called the operator's function", inMain,
		each("AWS::CloudTrail::Trail", func(r resource) []string {
			const operate = "arn:aws:lambda:ap-northeast-1:111122223333:function:multipoint-prod-operate"
			return wants(r, []any{operate}, "EventSelectors", "0", "DataResources", "1", "Values")
		}),
	},
	{"intruders are looked for", inMain, each("AWS::GuardDuty::Detector", func(r resource) []string {
		return wants(r, true, "Enable")
	})},
	{"intake hears of clean uploads", inDev, one(aRule, "Intakearrivals", func(r resource) []string {
		return wants(r, []any{"NO_THREATS_FOUND"},
			"EventPattern", "detail", "scanResultDetails", "scanResultStatus")
	})},
	{"intake reads clean uploads only", inDev, func(t template) []string {
		if denied(t, "AWS::S3::BucketPolicy", "Bucket", "StorageInbox618003E1",
			`"s3:ExistingObjectTag/GuardDutyMalwareScanStatus":"NO_THREATS_FOUND"`) {
			return nil
		}
		return []string{"it may read what was not scanned"}
	}},
	{"no wildcard without a reason where uploads are scanned", inDev, wildcards},
	{
		"mails leave by TLS, and not to who refused them", inMain,
		each("AWS::SES::ConfigurationSet", func(r resource) []string {
			return append(wants(r, "REQUIRE", "DeliveryOptions", "TlsPolicy"),
				wants(r, []any{"BOUNCE", "COMPLAINT"}, "SuppressionOptions", "SuppressedReasons")...)
		}),
	},
	{"news of mails come back", inMain, each("AWS::SES::ConfigurationSetEventDestination",
		func(r resource) []string {
			return wants(r, []any{"SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"},
				"EventDestination", "MatchingEventTypes")
		})},
	{"notices are encrypted and reach the operator", inMain, func(t template) []string {
		return append(each("AWS::SNS::Topic", func(r resource) []string {
			if r.at("KmsMasterKeyId") == nil {
				return []string{"notices are not encrypted"}
			}
			return nil
		})(t), each("AWS::SNS::Subscription", func(r resource) []string {
			return append(wants(r, "email", "Protocol"), wants(r, "operator@example.jp", "Endpoint")...)
		})(t)...)
	}},
	{"alarms tell the operator and name a page", inMain, each(anAlarm, alarmPage)},
	{"there are the alarms of A25", inMain, func(t template) (found []string) {
		for _, name := range []string{
			"day-not-opened", "day-not-settled", "day-not-delivered", "day-stopped", "late-files",
			"mail-bounces", "convert-errors", "lost-dead", "day-ExecutionsFailed", "NumberOfBackupJobsFailed",
		} {
			if !slices.ContainsFunc(t.of(anAlarm), func(r resource) bool {
				return r.at("AlarmName") == "multipoint-prod-"+name
			}) {
				found = append(found, "there is no alarm "+name)
			}
		}
		return found
	}},
	{"all data is in Japan", inMain, func(t template) []string {
		// The certificate is CloudFront's, and the pattern of WebAclArn names rules: neither is data.
		all := strings.ReplaceAll(text(t), "arn:aws:acm:us-east-1", "")
		all = strings.ReplaceAll(all, "arn:aws:wafv2:us-east-1", "")
		var found []string
		for _, region := range aRegion.FindAllString(all, -1) {
			if region != tokyo && region != osaka && !slices.Contains(found, region+" is named") {
				found = append(found, region+" is named")
			}
		}
		return found
	}},
}

var aRegion = regexp.MustCompile(`\b(us|eu|ap|sa|ca|af|me|il)-[a-z]+-[0-9]\b`)

// proofShared wants CloudFront and the screens to have the same secret, and nobody else.
func proofShared(t template) (found []string) {
	const secret = "{{resolve:secretsmanager:"
	headers := ""
	for _, r := range t.of(aDistribution) {
		headers = text(r.at("DistributionConfig", "Origins", "0", "OriginCustomHeaders", "0", "HeaderValue"))
		found = append(found, wants(r, originHeader,
			"DistributionConfig", "Origins", "0", "OriginCustomHeaders", "0", "HeaderName")...)
	}
	for _, r := range t.of(aFunction) {
		proof := r.at("Environment", "Variables", "MULTIPOINT_ORIGIN")
		switch screens := strings.Contains(r.id, "screens"); {
		case screens && (text(proof) != headers || !strings.Contains(headers, secret)):
			found = append(found, "CloudFront and the screens do not share a secret")
		case !screens && proof != nil:
			found = append(found, r.id+" knows the secret of the screens")
		}
	}
	return found
}

var pageOf = regexp.MustCompile(`Runbook: (docs/runbooks/[a-z-]+\.md)$`)

func alarmPage(r resource) (found []string) {
	if len(list(r.at("AlarmActions"))) != 1 || len(list(r.at("OKActions"))) != 1 {
		found = append(found, r.id+" tells nobody")
	}
	about := fmt.Sprint(r.at("AlarmDescription"))
	m := pageOf.FindStringSubmatch(about)
	if m == nil {
		return append(found, r.id+" names no page: "+about)
	}
	if _, err := os.Stat(filepath.Join("..", "..", filepath.FromSlash(m[1]))); err != nil {
		found = append(found, r.id+": "+err.Error())
	}
	return found
}

// TestEveryPageIsNamedByAnAlarm: a page that no alarm names is one that nobody opens.
func TestEveryPageIsNamedByAnAlarm(t *testing.T) {
	s := templates(t)
	all := text(s.main) + text(s.dev)
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "runbooks", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatal("there are no runbooks", err)
	}
	for _, page := range pages {
		if name := filepath.Base(page); name != "README.md" && !strings.Contains(all, "docs/runbooks/"+name) {
			t.Errorf("no alarm names %s", name)
		}
	}
}
