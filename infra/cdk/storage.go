package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Days that things are kept (SPEC A25, R24).
const (
	daysOfVersions = 30  // a log's older versions; those of the record have rules of their own (copies.go)
	daysOfInbox    = 7   // an upload that was not taken in, was refused, or was taken in and removed
	daysOfLogs     = 400 // access logs, longer than the 6 months asked for
)

// storage is the record of every run, what arrives, and who touched it.
type storage struct {
	objects awss3.Bucket
	inbox   awss3.Bucket
	logs    awss3.Bucket
	key     awskms.Key
}

// newStorage makes the buckets. All are versioned, private, TLS only, and expire what nobody asks for.
//
// The objects bucket has object lock without a default retention: manifests and proofs get theirs, in
// governance mode, from whoever writes them; the parts of a run must stay destructible (R24).
func newStorage(scope constructs.Construct, c *settings) *storage {
	scope = constructs.NewConstruct(scope, jsii.String("Storage"))
	s := &storage{key: newKey(scope, c, "Key", "encrypts objects and notices")}
	s.logs = newLogs(scope, c)
	s.objects = newBucket(scope, "Objects", &awss3.BucketProps{
		EncryptionKey: s.key, ObjectLockEnabled: jsii.Bool(true), RemovalPolicy: c.kept(),
		ServerAccessLogsBucket: s.logs, ServerAccessLogsPrefix: jsii.String("s3/objects/"),
		LifecycleRules: ofRecord(),
	})
	s.inbox = newBucket(scope, "Inbox", &awss3.BucketProps{
		EncryptionKey: s.key, RemovalPolicy: c.kept(),
		ServerAccessLogsBucket: s.logs, ServerAccessLogsPrefix: jsii.String("s3/inbox/"),
		LifecycleRules: expiring(awscdk.Duration_Days(jsii.Number(daysOfInbox)), daysOfInbox),
	})
	// On the L1: eventBridgeEnabled would bring a custom resource that no emulator runs.
	s.inbox.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(
		&awss3.CfnBucket_NotificationConfigurationProperty{
			EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{
				EventBridgeEnabled: jsii.Bool(true),
			},
		})
	return s
}

// newLogs makes the bucket of access logs. S3 and CloudFront write into it; both can do so under S3's own
// keys only, and CloudFront as another owner.
func newLogs(scope constructs.Construct, c *settings) awss3.Bucket {
	logs := newBucket(scope, "Logs", &awss3.BucketProps{
		Encryption: awss3.BucketEncryption_S3_MANAGED, RemovalPolicy: c.kept(),
		ObjectOwnership: awss3.ObjectOwnership_BUCKET_OWNER_PREFERRED,
		LifecycleRules:  expiring(awscdk.Duration_Days(jsii.Number(daysOfLogs)), daysOfVersions),
	})
	return logs
}

// newBucket makes a bucket with what all of them have.
func newBucket(scope constructs.Construct, name string, props *awss3.BucketProps) awss3.Bucket {
	props.Versioned = jsii.Bool(true)
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.EnforceSSL = jsii.Bool(true)
	props.MinimumTLSVersion = jsii.Number(1.2)
	if props.EncryptionKey != nil {
		props.Encryption = awss3.BucketEncryption_KMS
		props.BucketKeyEnabled = jsii.Bool(true)
	}
	return awss3.NewBucket(scope, jsii.String(name), props)
}

// expiring removes what uploads left undone, older versions after so many days, and objects themselves after
// age, nil = never.
func expiring(age awscdk.Duration, versions float64) *[]*awss3.LifecycleRule {
	return &[]*awss3.LifecycleRule{{
		Id: jsii.String("expire"), Enabled: jsii.Bool(true), Expiration: age,
		NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(versions)),
		AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(2)),
	}}
}

// newKey makes a KMS key that is rotated each year. The account's policies say who may use it; services are
// let in by the capability that needs them (letIn).
func newKey(scope constructs.Construct, c *settings, name, about string) awskms.Key {
	return awskms.NewKey(scope, jsii.String(name), &awskms.KeyProps{
		Description: jsii.String("multipoint " + c.env + ": " + about), EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy: c.kept(),
	})
}

// letIn lets a service of AWS use a key for what it writes on behalf of this account.
func letIn(key awskms.Key, service string, when map[string]any, actions ...string) {
	props := &awsiam.PolicyStatementProps{
		Sid:        jsii.String("LetIn" + sidOf(service)),
		Principals: &[]awsiam.IPrincipal{servicePrincipal(service)},
		Actions:    jsii.Strings(actions...), Resources: jsii.Strings("*"), // in a key's policy: this key
	}
	if when != nil {
		props.Conditions = &when
	}
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(props), jsii.Bool(true))
}

// mine is the condition that a service acts for this account, and not for another that names our things.
func (c *settings) mine() map[string]any {
	return map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": c.account}}
}

// trusted is a service that may take on a role when it acts for this account.
func (c *settings) trusted(service string) awsiam.IPrincipal {
	when := c.mine()
	return awsiam.NewServicePrincipal(jsii.String(service), &awsiam.ServicePrincipalOpts{Conditions: &when})
}
