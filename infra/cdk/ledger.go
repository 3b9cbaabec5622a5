package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// ledger is the table: what is derived from the record on object storage, and the state of runs.
type ledger struct {
	table awsdynamodb.Table
	key   awskms.Key
}

// newLedger makes the table as shared/table/dynamo expects it. On demand: a day's posting is an hour of 24.
func newLedger(scope constructs.Construct, c *settings) *ledger {
	scope = constructs.NewConstruct(scope, jsii.String("Ledger"))
	l := &ledger{key: newKey(scope, c, "Key", "encrypts the table")}
	l.table = awsdynamodb.NewTable(scope, jsii.String("Table"), &awsdynamodb.TableProps{
		TableName:    jsii.String(c.name("ledger")),
		PartitionKey: attribute("pk"), SortKey: attribute("sk"),
		BillingMode: awsdynamodb.BillingMode_PAY_PER_REQUEST,
		Encryption:  awsdynamodb.TableEncryption_CUSTOMER_MANAGED, EncryptionKey: l.key,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		TimeToLiveAttribute: jsii.String("ttl"),
		DeletionProtection:  jsii.Bool(c.prod()), RemovalPolicy: c.kept(),
	})
	for _, index := range []string{"1", "2"} {
		l.table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
			IndexName:    jsii.String("gsi" + index),
			PartitionKey: attribute("pk" + index), SortKey: attribute("sk" + index),
			ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
		})
	}
	return l
}

func attribute(name string) *awsdynamodb.Attribute {
	return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_BINARY}
}
