package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// The objects bucket is the record of all runs. Its backup is a second bucket, in Osaka, to which S3 copies
// each object within minutes; both keep what was overwritten for 6 months, so that any day of them is there
// (SPEC A25, docs/decisions/0011-backups.md). AWS Backup would copy the bucket whole, and keep the keys that
// R24 wants gone; versions expire by prefix.

const (
	// daysOfKeys is how long a destroyed key can be brought back, here and in Osaka (R24: 30 days at most).
	// S3 counts from the midnight after, and may be a day late.
	daysOfKeys = 28
	// daysOfOutbox is how long a provider file stays in the clear: with daysOfKeys as an older version 178
	// days, for what R24 gives 180. The sealed one among the run's parts goes with its key.
	daysOfOutbox = 150
)

// ofRecord is what expires in the bucket of the record, and in its copy. Where two rules name an object the
// shorter time holds.
func ofRecord() *[]*awss3.LifecycleRule {
	days := func(n float64) awscdk.Duration { return awscdk.Duration_Days(jsii.Number(n)) }
	rules := append(*expiring(nil, daysOfBackups), &awss3.LifecycleRule{
		Id: jsii.String("destroyed-keys"), Enabled: jsii.Bool(true), Prefix: jsii.String(wrapped + "/"),
		NoncurrentVersionExpiration: days(daysOfKeys),
	}, &awss3.LifecycleRule{
		Id: jsii.String("read-files"), Enabled: jsii.Bool(true), Prefix: jsii.String(outbox + "/"),
		Expiration: days(daysOfOutbox), NoncurrentVersionExpiration: days(daysOfKeys),
	})
	return &rules
}

// copiesName is the bucket of copies in Osaka. Tokyo must know it before it is made, and no one else in the
// world may have it.
func (c *settings) copiesName() string { return c.name("copies") + "-" + c.account }

// copiesAlias names the key of what is in Osaka.
func (c *settings) copiesAlias() string { return "alias/" + c.name("copies") }

// newCopies makes what is in Osaka: the vault of copied backups, and the bucket of copied objects.
func newCopies(scope awscdk.Stack, c *settings) {
	inside := constructs.NewConstruct(scope, jsii.String("Copies"))
	key := newKey(inside, c, "Key", "encrypts backups and copies")
	key.AddAlias(jsii.String(c.copiesAlias()))
	newBackupVault(inside, c, "copies", key, daysOfWeekly)
	record := newBucket(inside, "Record", &awss3.BucketProps{
		BucketName: jsii.String(c.copiesName()), EncryptionKey: key, RemovalPolicy: c.kept(),
		ObjectLockEnabled:      jsii.Bool(true), // S3 asks for it where the source has it
		ServerAccessLogsBucket: newLogs(inside, c), ServerAccessLogsPrefix: jsii.String("s3/copies/"),
		LifecycleRules: ofRecord(),
	})
	if c.prod() {
		// Versions expire by the rules above, and in no other way. Who must, changes this policy first.
		record.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("NobodyRemoves"), Effect: awsiam.Effect_DENY,
			Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
			Actions: jsii.Strings("s3:DeleteObject", "s3:DeleteObjectVersion",
				"s3:BypassGovernanceRetention"),
			Resources: jsii.Strings(*record.BucketArn() + "/*"),
		}))
	}
}

// copyRule is the name of the one rule by which objects are copied.
const copyRule = "record"

// copyRecord has S3 copy every object of the record to Osaka. Removals are not copied: nothing of the product
// removes an object, so who did can be undone from there. A destroyed key is an overwritten one, and is.
func copyRecord(scope constructs.Construct, c *settings, store *storage, told *notices) {
	enabled := jsii.String("Enabled")
	to := "arn:aws:s3:::" + c.copiesName()
	store.objects.Node().DefaultChild().(awss3.CfnBucket).SetReplicationConfiguration(
		&awss3.CfnBucket_ReplicationConfigurationProperty{
			Role: copyRole(scope, c, store, to).RoleArn(),
			Rules: []any{&awss3.CfnBucket_ReplicationRuleProperty{
				Id: jsii.String(copyRule), Priority: jsii.Number(1), Status: enabled,
				Filter: &awss3.CfnBucket_ReplicationRuleFilterProperty{Prefix: jsii.String("")}, // all
				DeleteMarkerReplication: &awss3.CfnBucket_DeleteMarkerReplicationProperty{
					Status: jsii.String("Disabled"),
				},
				SourceSelectionCriteria: &awss3.CfnBucket_SourceSelectionCriteriaProperty{
					SseKmsEncryptedObjects: &awss3.CfnBucket_SseKmsEncryptedObjectsProperty{Status: enabled},
				},
				Destination: &awss3.CfnBucket_ReplicationDestinationProperty{
					Bucket: jsii.String(to), StorageClass: jsii.String("GLACIER_IR"), // at once, but seldom
					EncryptionConfiguration: &awss3.CfnBucket_EncryptionConfigurationProperty{
						ReplicaKmsKeyId: jsii.String("arn:aws:kms:" + osaka + ":" + c.account + ":" +
							c.copiesAlias()),
					},
					Metrics: &awss3.CfnBucket_MetricsProperty{Status: enabled},
				},
			}},
		})
	told.watch(scope, c, alarm{
		name: "copies-failed", about: "objects were not copied to Osaka", page: "backup-failed",
		namespace: "AWS/S3", metric: "OperationsFailedReplication",
		dimensions: map[string]*string{
			"SourceBucket": store.objects.BucketName(), "DestinationBucket": jsii.String(c.copiesName()),
			"RuleId": jsii.String(copyRule),
		},
	})
}

// copyRole is the role of S3 while it copies: read any version here, write there, remove nothing.
func copyRole(scope constructs.Construct, c *settings, store *storage, to string) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String("copy-role"), &awsiam.RoleProps{
		RoleName:    jsii.String(c.name("copy")),
		Description: jsii.String("what S3 may do to copy the record"),
		AssumedBy:   servicePrincipal("s3.amazonaws.com"), // which takes it from who sets the bucket's rules
	})
	from := *store.objects.BucketArn()
	role.AddToPolicy(allow("CopyRules", resources(from), "s3:GetReplicationConfiguration", "s3:ListBucket"))
	role.AddToPolicy(allow("CopyFrom", resources(from+"/*"),
		"s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging",
		"s3:GetObjectRetention", "s3:GetObjectLegalHold"))
	role.AddToPolicy(allow("CopyTo", resources(to+"/*"), "s3:ReplicateObject", "s3:ReplicateTags"))
	role.AddToPolicy(through("StorageKey", store.key, "s3", "kms:Decrypt"))
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		// The key's number is known in Osaka only; its name is known here.
		Sid: jsii.String("CopiesKey"), Actions: jsii.Strings("kms:Encrypt", "kms:GenerateDataKey"),
		Resources: jsii.Strings("arn:aws:kms:" + osaka + ":" + c.account + ":key/*"),
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"kms:ViaService": "s3." + osaka + ".amazonaws.com"},
			"ForAnyValue:StringEquals": map[string]any{
				"kms:ResourceAliases": c.copiesAlias(),
			},
		},
	}))
	return role
}
