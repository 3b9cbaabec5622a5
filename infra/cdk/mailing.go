package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// mailing is how mails leave and how news of them comes back.
type mailing struct {
	set awsses.CfnConfigurationSet
}

// newMailing makes the configuration set that every mail goes through. The sender's domain is an identity of
// this stack; its DNS records are the owner's to set (output DKIM).
func newMailing(scope constructs.Construct, c *settings, _ *queues) *mailing {
	scope = constructs.NewConstruct(scope, jsii.String("Mailing"))
	m := &mailing{}
	m.set = awsses.NewCfnConfigurationSet(scope, jsii.String("set"), &awsses.CfnConfigurationSetProps{
		Name: jsii.String(c.name("mail")),
		DeliveryOptions: &awsses.CfnConfigurationSet_DeliveryOptionsProperty{
			TlsPolicy: jsii.String("REQUIRE"),
		},
		ReputationOptions: &awsses.CfnConfigurationSet_ReputationOptionsProperty{
			ReputationMetricsEnabled: jsii.Bool(true),
		},
		SendingOptions: &awsses.CfnConfigurationSet_SendingOptionsProperty{SendingEnabled: jsii.Bool(true)},
		SuppressionOptions: &awsses.CfnConfigurationSet_SuppressionOptionsProperty{
			SuppressedReasons: jsii.Strings("BOUNCE", "COMPLAINT"),
		},
	})
	awsses.NewCfnEmailIdentity(scope, jsii.String("sender"), &awsses.CfnEmailIdentityProps{
		EmailIdentity: jsii.String(c.mailDomain()),
		DkimSigningAttributes: &awsses.CfnEmailIdentity_DkimSigningAttributesProperty{
			NextSigningKeyLength: jsii.String("RSA_2048_BIT"),
		},
		ConfigurationSetAttributes: &awsses.CfnEmailIdentity_ConfigurationSetAttributesProperty{
			ConfigurationSetName: m.set.Ref(),
		},
	})
	// News go to the account's bus (the only one SES writes to), where a rule waits for them (newFeedback).
	awsses.NewCfnConfigurationSetEventDestination(scope, jsii.String("news"),
		&awsses.CfnConfigurationSetEventDestinationProps{
			ConfigurationSetName: m.set.Ref(),
			EventDestination: &awsses.CfnConfigurationSetEventDestination_EventDestinationProperty{
				Name: jsii.String("bus"), Enabled: jsii.Bool(true),
				MatchingEventTypes:     jsii.Strings("SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT"),
				EventBridgeDestination: map[string]any{"eventBusArn": c.arn("events", "event-bus/default")},
			},
		})
	return m
}

// newFeedback takes news of mails: SES → rule → queue → function.
func newFeedback(scope constructs.Construct, c *settings, q *queues, f *built) {
	scope = constructs.NewConstruct(scope, jsii.String("Feedback"))
	newRule(scope, c, "news", map[string]any{
		"source": []string{"aws.ses"},
		"detail": map[string]any{
			"mail": map[string]any{"tags": map[string]any{"ses:configuration-set": []string{c.name("mail")}}},
		},
	}, ruleTarget{queue: q.feedback, lost: q.lost})
	drain(scope, c, "feedback", f, q.feedback, 10)
}
