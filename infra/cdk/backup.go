package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbackup"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// daysOfBackups is how long a backup is kept: 6 months (SPEC A25), of which the longest have 184 days.
const daysOfBackups = 186

// newBackup copies table and buckets once a day, after the files left, to a vault here and on to Osaka, and
// restores a copy each week to see that it can be. The bucket of the CDK's assets is among them: it holds the
// program as it was deployed, each change.
func newBackup(scope constructs.Construct, c *settings, buckets []awss3.Bucket, l *ledger) {
	scope = constructs.NewConstruct(scope, jsii.String("Backup"))
	vault := newBackupVault(scope, c, "backups")
	plan := awsbackup.NewCfnBackupPlan(scope, jsii.String("plan"), &awsbackup.CfnBackupPlanProps{
		BackupPlan: &awsbackup.CfnBackupPlan_BackupPlanResourceTypeProperty{
			BackupPlanName: jsii.String(c.name("daily")),
			BackupPlanRule: []any{&awsbackup.CfnBackupPlan_BackupRuleResourceTypeProperty{
				RuleName: jsii.String("daily"), TargetBackupVault: vault.Ref(),
				ScheduleExpression:         jsii.String("cron(0 11 * * ? *)"),
				ScheduleExpressionTimezone: jsii.String("Asia/Tokyo"),
				StartWindowMinutes:         jsii.Number(60), CompletionWindowMinutes: jsii.Number(720),
				Lifecycle: &awsbackup.CfnBackupPlan_LifecycleResourceTypeProperty{
					DeleteAfterDays: jsii.Number(daysOfBackups),
				},
				CopyActions: []any{&awsbackup.CfnBackupPlan_CopyActionResourceTypeProperty{
					DestinationBackupVaultArn: jsii.String("arn:aws:backup:" + osaka + ":" + c.account +
						":backup-vault:" + c.name("copies")),
					Lifecycle: &awsbackup.CfnBackupPlan_LifecycleResourceTypeProperty{
						DeleteAfterDays: jsii.Number(daysOfBackups),
					},
				}},
			}},
		},
	})
	role := backupRole(scope, c, "backup", "AWSBackupServiceRolePolicyForBackup",
		"AWSBackupServiceRolePolicyForS3Backup")
	resources := []*string{
		l.table.TableArn(), jsii.String("arn:aws:s3:::cdk-hnb659fds-assets-" + c.account + "-" + tokyo),
	}
	for _, b := range buckets {
		resources = append(resources, b.BucketArn())
	}
	awsbackup.NewCfnBackupSelection(scope, jsii.String("selection"), &awsbackup.CfnBackupSelectionProps{
		BackupPlanId: plan.Ref(),
		BackupSelection: &awsbackup.CfnBackupSelection_BackupSelectionResourceTypeProperty{
			SelectionName: jsii.String("all"), IamRoleArn: role.RoleArn(), Resources: &resources,
		},
	})
	newRestoreTest(scope, c, vault, []*string{l.table.TableArn()}, []*string{buckets[0].BucketArn()})
}

// newRestoreTest restores the newest copy of table and objects each week, looks whether that ends well
// (alarm NumberOfRestoreJobsFailed), and removes what it made.
func newRestoreTest(
	scope constructs.Construct, c *settings, vault awsbackup.CfnBackupVault, tables, buckets []*string,
) {
	role := backupRole(scope, c, "restore", "AWSBackupServiceRolePolicyForRestores",
		"AWSBackupServiceRolePolicyForS3Restore")
	name := strings.ReplaceAll(c.name("restore"), "-", "_")
	newest := &awsbackup.CfnRestoreTestingPlan_RestoreTestingRecoveryPointSelectionProperty{
		Algorithm:          jsii.String("LATEST_WITHIN_WINDOW"),
		IncludeVaults:      jsii.Strings(*vault.AttrBackupVaultArn()),
		RecoveryPointTypes: jsii.Strings("SNAPSHOT"), SelectionWindowDays: jsii.Number(7),
	}
	plan := awsbackup.NewCfnRestoreTestingPlan(scope, jsii.String("test"),
		&awsbackup.CfnRestoreTestingPlanProps{
			RestoreTestingPlanName: jsii.String(name), StartWindowHours: jsii.Number(2),
			ScheduleExpression:         jsii.String("cron(0 14 ? * SUN *)"),
			ScheduleExpressionTimezone: jsii.String("Asia/Tokyo"),
			RecoveryPointSelection:     newest,
		})
	for _, test := range []struct {
		kind string
		arns []*string
	}{{"DynamoDB", tables}, {"S3", buckets}} {
		selection := awsbackup.NewCfnRestoreTestingSelection(scope, jsii.String("test-"+test.kind),
			&awsbackup.CfnRestoreTestingSelectionProps{
				RestoreTestingPlanName:      jsii.String(name),
				RestoreTestingSelectionName: jsii.String(test.kind),
				ProtectedResourceType:       jsii.String(test.kind), IamRoleArn: role.RoleArn(),
				ProtectedResourceArns: &test.arns, ValidationWindowHours: jsii.Number(1),
			})
		selection.AddDependency(plan)
	}
}

// backupRole is a role of AWS Backup with AWS's own policies for it: what a backup touches inside S3 and
// DynamoDB changes with AWS, not with us.
func backupRole(scope constructs.Construct, c *settings, name string, policies ...string) awsiam.Role {
	var managed []awsiam.IManagedPolicy
	for _, policy := range policies {
		path := "service-role/" + policy
		if strings.Contains(policy, "S3") {
			path = policy
		}
		managed = append(managed, awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String(path)))
	}
	return awsiam.NewRole(scope, jsii.String(name+"-role"), &awsiam.RoleProps{
		RoleName: jsii.String(c.name(name)), Description: jsii.String("what AWS Backup may do: " + name),
		AssumedBy:       c.trusted("backup.amazonaws.com"),
		ManagedPolicies: &managed,
	})
}

// newBackupVault makes a vault whose backups nobody can remove before their time, in prod.
func newBackupVault(scope constructs.Construct, c *settings, name string) awsbackup.CfnBackupVault {
	key := newKey(scope, c, "Key", "encrypts backups")
	props := &awsbackup.CfnBackupVaultProps{
		BackupVaultName: jsii.String(c.name(name)), EncryptionKeyArn: key.KeyArn(),
	}
	if c.prod() {
		props.LockConfiguration = &awsbackup.CfnBackupVault_LockConfigurationTypeProperty{
			MinRetentionDays: jsii.Number(daysOfBackups),
		}
	}
	vault := awsbackup.NewCfnBackupVault(scope, jsii.String("vault"), props)
	vault.ApplyRemovalPolicy(c.kept(), nil)
	return vault
}

// newVault makes the vault of copies, in Osaka.
func newVault(scope awscdk.Stack, c *settings) {
	newBackupVault(constructs.NewConstruct(scope, jsii.String("Copies")), c, "copies")
}
