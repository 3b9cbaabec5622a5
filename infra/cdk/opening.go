package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// schedule calls a function by the clock of Japan.
type schedule struct {
	name, function, cron string
}

// schedules are all of them (DESIGN §4). Those of watch fall on the times from which something is late; it
// looks every hour, too, so that what is over is told.
var schedules = []schedule{
	{"open", "open", "cron(2 6 * * ? *)"},
	{"not-opened", "watch", "cron(30 6 * * ? *)"},
	{"not-settled", "watch", "cron(0 7 * * ? *)"},
	{"not-delivered", "watch", "cron(0 9 * * ? *)"},
	{"hourly", "watch", "cron(15 * * * ? *)"},
}

// newOpening opens days by the clock, and lets the queue of openings be worked on.
func newOpening(scope constructs.Construct, c *settings, q *queues, f *built) {
	scope = constructs.NewConstruct(scope, jsii.String("Opening"))
	drain(scope, c, "open", f, q.open, 1)
	role := awsiam.NewRole(scope, jsii.String("clock-role"), &awsiam.RoleProps{
		RoleName:    jsii.String(c.name("clock")),
		Description: jsii.String("what the schedules may do"),
		AssumedBy:   c.trusted("scheduler.amazonaws.com"),
	})
	called := resources(*f.lambda["open"].FunctionArn(), *f.lambda["watch"].FunctionArn())
	role.AddToPolicy(allow("Call", called, "lambda:InvokeFunction"))
	role.AddToPolicy(allow("Lost", resources(*q.lost.QueueArn()), "sqs:SendMessage"))
	group := awsscheduler.NewCfnScheduleGroup(scope, jsii.String("clock"),
		&awsscheduler.CfnScheduleGroupProps{Name: jsii.String(c.name("clock"))})
	for _, s := range schedules {
		made := awsscheduler.NewCfnSchedule(scope, jsii.String(s.name), &awsscheduler.CfnScheduleProps{
			Name: jsii.String(c.name(s.name)), GroupName: group.Ref(),
			ScheduleExpression: jsii.String(s.cron), ScheduleExpressionTimezone: jsii.String("Asia/Tokyo"),
			State: jsii.String("ENABLED"),
			FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{
				Mode: jsii.String("OFF"),
			},
			Target: &awsscheduler.CfnSchedule_TargetProperty{
				Arn: f.lambda[s.function].FunctionArn(), RoleArn: role.RoleArn(), Input: jsii.String("{}"),
				DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: q.lost.QueueArn()},
				RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
					MaximumEventAgeInSeconds: jsii.Number(3600), MaximumRetryAttempts: jsii.Number(10),
				},
			},
		})
		made.Node().AddDependency(role)
	}
	// The scheduler's calls are asynchronous: what fails there is not known to the schedule.
	for _, name := range []string{"open", "watch"} {
		lost := awslambda.NewCfnEventInvokeConfig(scope, jsii.String(name+"-lost"),
			&awslambda.CfnEventInvokeConfigProps{
				FunctionName: f.lambda[name].FunctionName(), Qualifier: jsii.String("$LATEST"),
				MaximumRetryAttempts: jsii.Number(2), MaximumEventAgeInSeconds: jsii.Number(3600),
				DestinationConfig: &awslambda.CfnEventInvokeConfig_DestinationConfigProperty{
					OnFailure: &awslambda.CfnEventInvokeConfig_OnFailureProperty{
						Destination: q.lost.QueueArn(),
					},
				},
			})
		lost.Node().AddDependency(f.lambda[name].Role())
	}
}
