package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// stacks are what is deployed. The main one is in Tokyo and holds the whole product. Others hold what must
// be elsewhere, and only that.
type stacks struct {
	main awscdk.Stack
	edge awscdk.Stack // rules for CloudFront, in us-east-1; nil for emulators
	away awscdk.Stack // copies of the record and of backups, in Osaka; nil for emulators
}

// build describes an environment.
func build(app awscdk.App, c *settings) (*stacks, error) {
	s := &stacks{main: newStack(app, c, "multipoint-"+c.env, tokyo,
		"Multipoint, "+c.env+": functions, state machines, objects, table")}
	store := newStorage(s.main, c)
	ledger := newLedger(s.main, c)
	wrapping := newKey(s.main, c, "WrappingKey", "wraps the data keys of retailers")
	queues := newQueues(s.main, c)
	mailing := newMailing(s.main, c, queues)
	front := newOrigin(s.main, c)
	functions, err := newFunctions(s.main, c, &surroundings{
		store: store, ledger: ledger, wrapping: wrapping, queues: queues, mailing: mailing, origin: front,
	})
	if err != nil {
		return nil, err
	}
	machines, err := newDay(s.main, c, store, functions)
	if err != nil {
		return nil, err
	}
	newIntake(s.main, c, store, queues, functions)
	newOpening(s.main, c, queues, functions)
	newFeedback(s.main, c, queues, functions)
	newOperator(s.main, c, functions)
	api := newScreens(s.main, c, functions)
	told := newWatching(s.main, c, &watched{
		functions: functions, machines: machines, queues: queues, ledger: ledger, store: store, api: api,
	})
	if c.emulator {
		return s, nil
	}
	newDelivery(s.main, c, store, api, front)
	trail := newTrail(s.main, c, store, told)
	backup := constructs.NewConstruct(s.main, jsii.String("Backup"))
	newBackup(backup, c, []awss3.Bucket{store.logs, trail}, ledger)
	copyRecord(backup, c, store, told)
	s.edge = newStack(app, c, "multipoint-"+c.env+"-edge", virginia, "Multipoint, "+c.env+": who may come in")
	newAdmission(s.edge, c)
	s.away = newStack(app, c, "multipoint-"+c.env+"-osaka", osaka, "Multipoint, "+c.env+": copies")
	newCopies(s.away, c)
	return s, nil
}

func newStack(app awscdk.App, c *settings, name, region, about string) awscdk.Stack {
	return awscdk.NewStack(app, jsii.String(name), &awscdk.StackProps{
		StackName: jsii.String(name), Description: jsii.String(about),
		Env: &awscdk.Environment{
			Account: jsii.String(c.account), Region: jsii.String(region),
		},
		TerminationProtection: jsii.Bool(c.prod()),
		Tags: &map[string]*string{
			"product": jsii.String("multipoint"), "environment": jsii.String(c.env),
		},
	})
}

// kept is what becomes of things that hold data when the stack goes.
func (c *settings) kept() awscdk.RemovalPolicy {
	if c.prod() {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}
