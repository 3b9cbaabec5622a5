package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsbackup"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Days that backups are kept. docs/decisions/0011-backups.md says why so long, and what it costs.
const (
	daysOfBackups = 186 // 6 months (SPEC A25), of which the longest have 184 days
	daysOfWeekly  = 35  // a week's copy of the table in Osaka
	// daysHere is how long a copy of the table stays in Tokyo, where the table itself goes back 35 days:
	// until there is the next, so that there is one to restore as a test.
	daysHere = 8
)

// backupPlan is what AWS Backup copies to the vault here and on to Osaka, and how often.
type backupPlan struct {
	name        string
	resources   []*string // ARNs
	generations []generation
}

// generation is one rule of a plan: when, by Tokyo's clock, and how many days its copies are kept.
type generation struct {
	name, cron string
	here, away float64
}

// newBackup copies the logs once a day, after the files left, the table once a week and once a month, and
// restores a copy of both each month to see that it can be. The bucket of the CDK's assets is among the daily
// ones: it holds the program as it was deployed, each change. The record has copies of its own (copies.go).
func newBackup(scope constructs.Construct, c *settings, logs []awss3.Bucket, l *ledger) {
	vault := newBackupVault(scope, c, "backups", newKey(scope, c, "Key", "encrypts backups"), daysHere)
	role := backupRole(scope, c, "backup", "AWSBackupServiceRolePolicyForBackup",
		"AWSBackupServiceRolePolicyForS3Backup")
	daily := []*string{jsii.String("arn:aws:s3:::cdk-hnb659fds-assets-" + c.account + "-" + tokyo)}
	for _, b := range logs {
		daily = append(daily, b.BucketArn())
	}
	for _, p := range []backupPlan{
		{"logs", daily, []generation{{"daily", "cron(0 11 * * ? *)", daysOfBackups, daysOfBackups}}},
		{"table", []*string{l.table.TableArn()}, []generation{
			{"weekly", "cron(0 11 ? * SUN *)", daysHere, daysOfWeekly},
			{"monthly", "cron(0 11 1 * ? *)", daysHere, daysOfBackups},
		}},
	} {
		newBackupPlan(scope, c, &p, vault, role)
	}
	newRestoreTest(scope, c, vault, []*string{l.table.TableArn()}, []*string{logs[0].BucketArn()})
}

func newBackupPlan(
	scope constructs.Construct, c *settings, p *backupPlan, vault awsbackup.CfnBackupVault, role awsiam.Role,
) {
	var rules []any
	for _, g := range p.generations {
		rules = append(rules, &awsbackup.CfnBackupPlan_BackupRuleResourceTypeProperty{
			RuleName: jsii.String(g.name), TargetBackupVault: vault.Ref(),
			ScheduleExpression:         jsii.String(g.cron),
			ScheduleExpressionTimezone: jsii.String("Asia/Tokyo"),
			StartWindowMinutes:         jsii.Number(60), CompletionWindowMinutes: jsii.Number(720),
			Lifecycle: &awsbackup.CfnBackupPlan_LifecycleResourceTypeProperty{
				DeleteAfterDays: jsii.Number(g.here),
			},
			CopyActions: []any{&awsbackup.CfnBackupPlan_CopyActionResourceTypeProperty{
				DestinationBackupVaultArn: jsii.String("arn:aws:backup:" + osaka + ":" + c.account +
					":backup-vault:" + c.name("copies")),
				Lifecycle: &awsbackup.CfnBackupPlan_LifecycleResourceTypeProperty{
					DeleteAfterDays: jsii.Number(g.away),
				},
			}},
		})
	}
	plan := awsbackup.NewCfnBackupPlan(scope, jsii.String(p.name), &awsbackup.CfnBackupPlanProps{
		BackupPlan: &awsbackup.CfnBackupPlan_BackupPlanResourceTypeProperty{
			BackupPlanName: jsii.String(c.name(p.name)), BackupPlanRule: rules,
		},
	})
	awsbackup.NewCfnBackupSelection(scope, jsii.String(p.name+"-selection"),
		&awsbackup.CfnBackupSelectionProps{
			BackupPlanId: plan.Ref(),
			BackupSelection: &awsbackup.CfnBackupSelection_BackupSelectionResourceTypeProperty{
				SelectionName: jsii.String(p.name), IamRoleArn: role.RoleArn(), Resources: &p.resources,
			},
		})
}

// newRestoreTest restores the newest copy of table and logs on the first of each month, looks whether that
// ends well (alarm NumberOfRestoreJobsFailed), and removes what it made. What is read back is paid for by the
// GB.
func newRestoreTest(
	scope constructs.Construct, c *settings, vault awsbackup.CfnBackupVault, tables, buckets []*string,
) {
	role := backupRole(scope, c, "restore", "AWSBackupServiceRolePolicyForRestores",
		"AWSBackupServiceRolePolicyForS3Restore")
	name := strings.ReplaceAll(c.name("restore"), "-", "_")
	newest := &awsbackup.CfnRestoreTestingPlan_RestoreTestingRecoveryPointSelectionProperty{
		Algorithm:          jsii.String("LATEST_WITHIN_WINDOW"),
		IncludeVaults:      jsii.Strings(*vault.AttrBackupVaultArn()),
		RecoveryPointTypes: jsii.Strings("SNAPSHOT"), SelectionWindowDays: jsii.Number(daysHere),
	}
	plan := awsbackup.NewCfnRestoreTestingPlan(scope, jsii.String("test"),
		&awsbackup.CfnRestoreTestingPlanProps{
			RestoreTestingPlanName: jsii.String(name), StartWindowHours: jsii.Number(2),
			ScheduleExpression:         jsii.String("cron(0 14 1 * ? *)"),
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

// newBackupVault makes a vault whose backups nobody can remove before their time, in prod. least is how many
// days the shortest-lived of them is kept.
func newBackupVault(
	scope constructs.Construct, c *settings, name string, key awskms.Key, least float64,
) awsbackup.CfnBackupVault {
	props := &awsbackup.CfnBackupVaultProps{
		BackupVaultName: jsii.String(c.name(name)), EncryptionKeyArn: key.KeyArn(),
	}
	if c.prod() {
		props.LockConfiguration = &awsbackup.CfnBackupVault_LockConfigurationTypeProperty{
			MinRetentionDays: jsii.Number(least),
		}
	}
	vault := awsbackup.NewCfnBackupVault(scope, jsii.String("vault"), props)
	vault.ApplyRemovalPolicy(c.kept(), nil)
	return vault
}
