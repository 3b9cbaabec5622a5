package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// requestsIn5Minutes is the most requests of one address in five minutes.
const requestsIn5Minutes = 2000

// managedRules are AWS's own groups of rules, in the order in which they are asked.
var managedRules = []string{
	"AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet",
	"AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet",
}

// newAdmission makes the rules of who may come in: networks on the list only (SPEC A22; without a list,
// nobody), not too often, with nothing that the managed groups know as an attack. Blocked requests are
// counted, not sampled: samples would hold addresses outside Japan (A23), and the log in Tokyo has them.
func newAdmission(scope awscdk.Stack, c *settings) {
	inside := constructs.NewConstruct(scope, jsii.String("Admission"))
	var four, six []string
	for _, network := range c.allowed {
		if strings.Contains(network, ":") {
			six = append(six, network)
		} else {
			four = append(four, network)
		}
	}
	inList := &awswafv2.CfnWebACL_StatementProperty{
		OrStatement: &awswafv2.CfnWebACL_OrStatementProperty{Statements: []any{
			inNetworks(inside, c, "IPV4", four), inNetworks(inside, c, "IPV6", six),
		}},
	}
	rules := []any{
		rule("networks", 0, &awswafv2.CfnWebACL_StatementProperty{
			NotStatement: &awswafv2.CfnWebACL_NotStatementProperty{Statement: inList},
		}),
		rule("rate", 1, &awswafv2.CfnWebACL_StatementProperty{
			RateBasedStatement: &awswafv2.CfnWebACL_RateBasedStatementProperty{
				Limit: jsii.Number(requestsIn5Minutes), AggregateKeyType: jsii.String("IP"),
			},
		}),
	}
	for i, name := range managedRules {
		rules = append(rules, &awswafv2.CfnWebACL_RuleProperty{
			Name: jsii.String(name), Priority: jsii.Number(float64(2 + i)),
			OverrideAction: &awswafv2.CfnWebACL_OverrideActionProperty{None: map[string]any{}},
			Statement: &awswafv2.CfnWebACL_StatementProperty{
				ManagedRuleGroupStatement: &awswafv2.CfnWebACL_ManagedRuleGroupStatementProperty{
					VendorName: jsii.String("AWS"), Name: jsii.String(name),
				},
			},
			VisibilityConfig: counted(name),
		})
	}
	acl := awswafv2.NewCfnWebACL(inside, jsii.String("acl"), &awswafv2.CfnWebACLProps{
		Name: jsii.String(c.name("admission")), Scope: jsii.String("CLOUDFRONT"),
		DefaultAction:    &awswafv2.CfnWebACL_DefaultActionProperty{Allow: map[string]any{}},
		VisibilityConfig: counted("admission"), Rules: rules,
	})
	awscdk.NewCfnOutput(scope, jsii.String("WebAclArn"), &awscdk.CfnOutputProps{Value: acl.AttrArn()})
}

func inNetworks(scope constructs.Construct, c *settings, version string, networks []string) any {
	set := awswafv2.NewCfnIPSet(scope, jsii.String(version), &awswafv2.CfnIPSetProps{
		Name: jsii.String(c.name("allowed-" + strings.ToLower(version))), Scope: jsii.String("CLOUDFRONT"),
		IpAddressVersion: jsii.String(version), Addresses: jsii.Strings(networks...),
	})
	return &awswafv2.CfnWebACL_StatementProperty{
		IpSetReferenceStatement: &awswafv2.CfnWebACL_IPSetReferenceStatementProperty{Arn: set.AttrArn()},
	}
}

// rule is one that blocks.
func rule(name string, priority float64, statement *awswafv2.CfnWebACL_StatementProperty) any {
	return &awswafv2.CfnWebACL_RuleProperty{
		Name: jsii.String(name), Priority: jsii.Number(priority), Statement: statement,
		Action:           &awswafv2.CfnWebACL_RuleActionProperty{Block: map[string]any{}},
		VisibilityConfig: counted(name),
	}
}

func counted(name string) *awswafv2.CfnWebACL_VisibilityConfigProperty {
	return &awswafv2.CfnWebACL_VisibilityConfigProperty{
		MetricName: jsii.String(name), CloudWatchMetricsEnabled: jsii.Bool(true),
		SampledRequestsEnabled: jsii.Bool(false),
	}
}
