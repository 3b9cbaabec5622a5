package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsguardduty"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newIntake lets an upload be taken in: inbox → rule → queue → function. With the malware scan intake hears
// of an upload when it was found clean, not when it was made; what is not clean stays where nobody reads it.
func newIntake(scope constructs.Construct, c *settings, store *storage, q *queues, f *built) {
	scope = constructs.NewConstruct(scope, jsii.String("Intake"))
	target := ruleTarget{queue: q.intake, lost: q.lost}
	pattern := map[string]any{
		"source": []string{"aws.s3"}, "detail-type": []string{"Object Created"},
		"detail": map[string]any{"bucket": map[string]any{"name": []any{store.inbox.BucketName()}}},
	}
	if c.malware {
		newScan(scope, c, store)
		pattern = map[string]any{
			"source":      []string{"aws.guardduty"},
			"detail-type": []string{"GuardDuty Malware Protection Object Scan Result"},
			"detail": map[string]any{
				"s3ObjectDetails":   map[string]any{"bucketName": []any{store.inbox.BucketName()}},
				"scanResultDetails": map[string]any{"scanResultStatus": []string{"NO_THREATS_FOUND"}},
			},
		}
		// The form of an event of S3, which is what intake reads.
		target.transform = &awsevents.CfnRule_InputTransformerProperty{
			InputPathsMap: map[string]any{
				"bucket":  "$.detail.s3ObjectDetails.bucketName",
				"key":     "$.detail.s3ObjectDetails.objectKey",
				"etag":    "$.detail.s3ObjectDetails.eTag",
				"version": "$.detail.s3ObjectDetails.versionId",
			},
			InputTemplate: jsii.String(`{"detail":{"bucket":{"name":<bucket>},` +
				`"object":{"key":<key>,"etag":<etag>,"version-id":<version>}}}`),
		}
	}
	newRule(scope, c, "arrivals", pattern, target)
	drain(scope, c, "intake", f, q.intake, 1)
}

// ruleTarget is where a rule puts its events.
type ruleTarget struct {
	queue, lost awssqs.Queue
	transform   *awsevents.CfnRule_InputTransformerProperty
}

// newRule makes a rule of the account's event bus. What it cannot hand over in a day goes to the queue of
// lost events.
func newRule(scope constructs.Construct, c *settings, name string, pattern map[string]any, to ruleTarget) {
	target := &awsevents.CfnRule_TargetProperty{
		Id: jsii.String("queue"), Arn: to.queue.QueueArn(),
		DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: to.lost.QueueArn()},
		RetryPolicy: &awsevents.CfnRule_RetryPolicyProperty{
			MaximumRetryAttempts: jsii.Number(185), MaximumEventAgeInSeconds: jsii.Number(86400),
		},
	}
	if to.transform != nil {
		target.InputTransformer = to.transform
	}
	rule := awsevents.NewCfnRule(scope, jsii.String(name), &awsevents.CfnRuleProps{
		Name: jsii.String(c.name(name)), EventPattern: pattern, State: jsii.String("ENABLED"),
		Targets: []any{target},
	})
	for _, queue := range []awssqs.Queue{to.queue, to.lost} {
		accept(queue, "From"+sidOf(name), "events.amazonaws.com", map[string]any{
			"ArnEquals": map[string]any{"aws:SourceArn": rule.AttrArn()},
		})
	}
}

// accept lets a service put messages into a queue.
func accept(queue awssqs.Queue, sid, service string, conditions map[string]any) {
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String(sid),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"), Resources: jsii.Strings(*queue.QueueArn()),
		Conditions: &conditions,
	}))
}

// drain calls a function with the messages of a queue. Those of a batch that failed come again, alone. No
// more calls are made at a time than the function may run: one that is turned away would count as a failure
// of its messages.
func drain(
	scope constructs.Construct, c *settings, name string, f *built, queue awssqs.Queue, batch float64,
) {
	const least = 2 // Lambda's own limit
	called := functionNamed(name)
	most := called.share
	if reserved := c.reserved(called); reserved != nil {
		most = *reserved
	}
	mapping := awslambda.NewCfnEventSourceMapping(scope, jsii.String("drain"),
		&awslambda.CfnEventSourceMappingProps{
			FunctionName:   f.lambda[name].FunctionName(),
			EventSourceArn: queue.QueueArn(), BatchSize: jsii.Number(batch),
			FunctionResponseTypes: jsii.Strings("ReportBatchItemFailures"), Enabled: jsii.Bool(true),
			ScalingConfig: &awslambda.CfnEventSourceMapping_ScalingConfigProperty{
				MaximumConcurrency: jsii.Number(max(least, most)),
			},
		})
	mapping.Node().AddDependency(f.lambda[name].Role()) // Lambda checks that the function may read the queue
}

// newScan has GuardDuty scan every upload. The role is the one that its manual asks for.
func newScan(scope constructs.Construct, c *settings, store *storage) {
	role := awsiam.NewRole(scope, jsii.String("scan-role"), &awsiam.RoleProps{
		RoleName:    jsii.String(c.name("scan")),
		Description: jsii.String("what the malware scan may do"),
		AssumedBy: awsiam.NewServicePrincipal(
			jsii.String("malware-protection-plan.guardduty.amazonaws.com"), nil),
	})
	bucket := *store.inbox.BucketArn()
	managed := "rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*"
	role.AddToPolicy(allow("ScanRule", resources(c.arn("events", managed)),
		"events:PutRule", "events:DeleteRule", "events:PutTargets", "events:RemoveTargets",
		"events:DescribeRule", "events:ListTargetsByRule"))
	role.AddToPolicy(allow("ScanNotice", resources(bucket),
		"s3:PutBucketNotification", "s3:GetBucketNotification", "s3:ListBucket"))
	role.AddToPolicy(allow("ScanObjects", resources(bucket+"/*"),
		"s3:GetObject", "s3:GetObjectVersion", "s3:PutObjectTagging", "s3:GetObjectTagging",
		"s3:PutObjectVersionTagging", "s3:GetObjectVersionTagging"))
	role.AddToPolicy(allow("ScanProbe",
		resources(bucket+"/malware-protection-resource-validation-object"), "s3:PutObject"))
	role.AddToPolicy(through("StorageKey", store.key, "s3", "kms:Decrypt", "kms:GenerateDataKey"))
	// Opening a day tells intake of whatever lies in the inbox: it must not read what is not clean.
	store.inbox.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("CleanOnly"), Effect: awsiam.Effect_DENY,
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions:    jsii.Strings("s3:GetObject"), Resources: jsii.Strings(bucket + "/*"),
		Conditions: &map[string]any{
			"ArnEquals": map[string]any{
				"aws:PrincipalArn": "arn:aws:iam::" + c.account + ":role/" + c.name("intake"),
			},
			"StringNotEquals": map[string]any{
				"s3:ExistingObjectTag/GuardDutyMalwareScanStatus": "NO_THREATS_FOUND",
			},
		},
	}))
	plan := awsguardduty.NewCfnMalwareProtectionPlan(scope, jsii.String("scan"),
		&awsguardduty.CfnMalwareProtectionPlanProps{
			Role: role.RoleArn(),
			ProtectedResource: &awsguardduty.CfnMalwareProtectionPlan_CFNProtectedResourceProperty{
				S3Bucket: &awsguardduty.CfnMalwareProtectionPlan_S3BucketProperty{
					BucketName: store.inbox.BucketName(),
				},
			},
			Actions: &awsguardduty.CfnMalwareProtectionPlan_CFNActionsProperty{
				Tagging: &awsguardduty.CfnMalwareProtectionPlan_CFNTaggingProperty{
					Status: jsii.String("ENABLED"),
				},
			},
		})
	plan.Node().AddDependency(role)
}
