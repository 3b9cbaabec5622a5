package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsguardduty"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newTrail records who did what in the account, and who touched which object (SPEC A25: operation logs), and
// has GuardDuty look for intruders. What it finds the operator is told. The bucket of records is given back.
func newTrail(scope constructs.Construct, c *settings, store *storage, told *notices) awss3.Bucket {
	scope = constructs.NewConstruct(scope, jsii.String("Trail"))
	key := newKey(scope, c, "Key", "encrypts the trail")
	letIn(key, "cloudtrail.amazonaws.com", c.mine(), "kms:GenerateDataKey", "kms:DescribeKey")
	kept := newBucket(scope, "Records", &awss3.BucketProps{
		EncryptionKey: key, RemovalPolicy: c.kept(),
		ServerAccessLogsBucket: store.logs, ServerAccessLogsPrefix: jsii.String("s3/trail/"),
		LifecycleRules: expiring(awscdk.Duration_Days(jsii.Number(daysOfLogs)), daysOfVersions),
	})
	name := c.name("trail")
	from := map[string]any{"aws:SourceArn": c.arn("cloudtrail", "trail/"+name)}
	trailMay(kept, "TrailLooks", *kept.BucketArn(), "s3:GetBucketAcl", map[string]any{"StringEquals": from})
	records := *kept.BucketArn() + "/AWSLogs/" + c.account + "/*"
	trailMay(kept, "TrailWrites", records, "s3:PutObject", map[string]any{
		"StringEquals": map[string]any{
			"aws:SourceArn": from["aws:SourceArn"], "s3:x-amz-acl": "bucket-owner-full-control",
		},
	})
	trail := awscloudtrail.NewCfnTrail(scope, jsii.String("trail"), &awscloudtrail.CfnTrailProps{
		TrailName: jsii.String(name), S3BucketName: kept.BucketName(), IsLogging: jsii.Bool(true),
		KmsKeyId: key.KeyArn(), EnableLogFileValidation: jsii.Bool(true),
		// One region and what is global: all that this product does is there, and records stay in Japan.
		IsMultiRegionTrail: jsii.Bool(false), IncludeGlobalServiceEvents: jsii.Bool(true),
		EventSelectors: []any{&awscloudtrail.CfnTrail_EventSelectorProperty{
			IncludeManagementEvents: jsii.Bool(true), ReadWriteType: jsii.String("All"),
			DataResources: []any{&awscloudtrail.CfnTrail_DataResourceProperty{
				Type: jsii.String("AWS::S3::Object"),
				Values: &[]*string{ // all objects of both buckets
					awscdk.Fn_Join(jsii.String(""), &[]*string{store.objects.BucketArn(), jsii.String("/")}),
					awscdk.Fn_Join(jsii.String(""), &[]*string{store.inbox.BucketArn(), jsii.String("/")}),
				},
			}, &awscloudtrail.CfnTrail_DataResourceProperty{ // who asked what of it is in its log
				Type:   jsii.String("AWS::Lambda::Function"),
				Values: &[]*string{jsii.String(c.functionARN("operate"))},
			}},
		}},
	})
	trail.Node().AddDependency(kept.Policy())
	if c.intrusion {
		awsguardduty.NewCfnDetector(scope, jsii.String("detector"), &awsguardduty.CfnDetectorProps{
			Enable: jsii.Bool(true), FindingPublishingFrequency: jsii.String("FIFTEEN_MINUTES"),
			Features: []any{feature("S3_DATA_EVENTS"), feature("LAMBDA_NETWORK_LOGS")},
		})
	}
	// From 4 on a finding is of medium severity.
	told.tell(scope, c, "findings", map[string]any{
		"source": []string{"aws.guardduty"}, "detail-type": []string{"GuardDuty Finding"},
		"detail": map[string]any{"severity": []any{map[string]any{"numeric": []any{">=", 4}}}},
	}, "intrusion")
	if c.malware {
		told.tell(scope, c, "malware", map[string]any{
			"source":      []string{"aws.guardduty"},
			"detail-type": []string{"GuardDuty Malware Protection Object Scan Result"},
			"detail": map[string]any{
				"s3ObjectDetails": map[string]any{"bucketName": []any{store.inbox.BucketName()}},
				"scanResultDetails": map[string]any{
					"scanResultStatus": []any{map[string]any{"anything-but": []string{"NO_THREATS_FOUND"}}},
				},
			},
		}, "malware")
	}
	return kept
}

func feature(name string) any {
	return &awsguardduty.CfnDetector_CFNFeatureConfigurationProperty{
		Name: jsii.String(name), Status: jsii.String("ENABLED"),
	}
}

func trailMay(bucket awss3.Bucket, sid, resource, action string, conditions map[string]any) {
	bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String(sid),
		Principals: &[]awsiam.IPrincipal{servicePrincipal("cloudtrail.amazonaws.com")},
		Actions:    jsii.Strings(action), Resources: jsii.Strings(resource), Conditions: &conditions,
	}))
}
