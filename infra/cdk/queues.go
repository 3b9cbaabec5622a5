package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// queues hold what waits for a function. What fails for good goes to the dead one; each has its own, so that
// an alarm says what it is about, and no message waits unseen.
type queues struct {
	intake, intakeDead     awssqs.Queue
	open, openDead         awssqs.Queue
	feedback, feedbackDead awssqs.Queue
	// lost is for what never reached a function: events that a rule or schedule could not hand over, and
	// asynchronous calls that failed.
	lost awssqs.Queue
}

func newQueues(scope constructs.Construct, c *settings) *queues {
	scope = constructs.NewConstruct(scope, jsii.String("Queues"))
	q := &queues{}
	q.intake, q.intakeDead = newQueue(scope, c, "intake", 10)
	// An opening that waits, for a file or for room, comes again every 90 seconds: as often as a queue
	// allows, that is for a day.
	q.open, q.openDead = newQueue(scope, c, "open", 1000)
	q.feedback, q.feedbackDead = newQueue(scope, c, "feedback", 10)
	q.lost = deadQueue(scope, c, "lost")
	return q
}

// newQueue makes the queue of a function and its dead one. A message is hidden for a little longer than the
// function may take, so that nobody works on it beside it.
func newQueue(
	scope constructs.Construct, c *settings, name string, receives float64,
) (queue, dead awssqs.Queue) {
	dead = deadQueue(scope, c, name+"-dead")
	queue = awssqs.NewQueue(scope, jsii.String(name), &awssqs.QueueProps{
		QueueName: jsii.String(c.name(name)), Encryption: awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(14)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(functionNamed(name).seconds + 30)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(receives)},
	})
	return queue, dead
}

func deadQueue(scope constructs.Construct, c *settings, name string) awssqs.Queue {
	return awssqs.NewQueue(scope, jsii.String(name), &awssqs.QueueProps{
		QueueName: jsii.String(c.name(name)), Encryption: awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
}
