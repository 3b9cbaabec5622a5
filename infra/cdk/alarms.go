package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// Limits of alarms.
const (
	errorsOfSteps     = 5      // in five minutes: steps are tried again; a run that stops has its own alarm
	lateFilesSeconds  = 1800   // that an upload waits for intake
	bounceRate        = 0.04   // SES looks at an account from 5 % on
	complaintRate     = 0.0008 // and from 0.1 % on
	throttledRequests = 100    // in five minutes; the driver tries again
)

// alarms are those on metrics of AWS. dimensions' values are names that the stack gives.
func (w *watched) alarms() []alarm {
	out := w.ofFunctions()
	for _, name := range machines {
		for _, metric := range []string{"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"} {
			out = append(out, alarm{
				name: name + "-" + metric, about: "a run of state machine " + name + " did not end well",
				page: "run-stopped", namespace: "AWS/States", metric: metric,
				dimensions: map[string]*string{"StateMachineArn": w.machines[name].Ref()},
			})
		}
	}
	for _, dead := range []struct {
		name  string
		queue awssqs.Queue
	}{
		{"intake", w.queues.intakeDead},
		{"open", w.queues.openDead},
		{"feedback", w.queues.feedbackDead},
		{"lost", w.queues.lost},
	} {
		out = append(out, alarm{
			name: dead.name + "-dead", about: "messages that nobody could work on: " + dead.name,
			page: "dead-letters", namespace: "AWS/SQS", metric: "ApproximateNumberOfMessagesVisible",
			statistic: "Maximum", dimensions: map[string]*string{"QueueName": dead.queue.QueueName()},
		})
	}
	for _, metric := range []string{"ReadThrottleEvents", "WriteThrottleEvents"} {
		out = append(out, alarm{
			name: "table-" + metric, about: "the table takes less than is asked of it",
			page: "table-throttled", namespace: "AWS/DynamoDB", metric: metric, periods: 3,
			most:       throttledRequests,
			dimensions: map[string]*string{"TableName": w.ledger.table.TableName()},
		})
	}
	for _, metric := range []string{
		"NumberOfBackupJobsFailed", "NumberOfCopyJobsFailed", "NumberOfRestoreJobsFailed",
	} {
		out = append(out, alarm{
			name: metric, about: "a backup, its copy or its test failed", page: "backup-failed",
			namespace: "AWS/Backup", metric: metric,
		})
	}
	return append(out, alarm{
		name: "late-files", about: "uploads wait for intake", page: "late-files", namespace: "AWS/SQS",
		metric: "ApproximateAgeOfOldestMessage", statistic: "Maximum", most: lateFilesSeconds,
		dimensions: map[string]*string{"QueueName": w.queues.intake.QueueName()},
	}, alarm{
		name: "refused-uploads", about: "uploads that belong to no retailer", page: "refused-uploads",
		namespace: namespace, metric: "Refused",
		dimensions: map[string]*string{"Function": jsii.String("intake")},
	}, alarm{
		name: "mail-bounces", about: "too many mails come back", page: "mail-bounces", namespace: "AWS/SES",
		metric: "Reputation.BounceRate", statistic: "Maximum", most: bounceRate,
	}, alarm{
		name: "mail-complaints", about: "too many mails are called spam", page: "mail-bounces",
		namespace: "AWS/SES", metric: "Reputation.ComplaintRate", statistic: "Maximum", most: complaintRate,
	}, alarm{
		name: "pages-errors", about: "the screens answer with errors", page: "screens-errors",
		namespace: "AWS/ApiGateway", metric: "5xx", dimensions: map[string]*string{"ApiId": w.api.api.Ref()},
	})
}

// ofFunctions are errors and throttles of each function.
func (w *watched) ofFunctions() []alarm {
	var out []alarm
	for i := range functions {
		f := &functions[i]
		name := map[string]*string{"FunctionName": w.functions.lambda[f.name].FunctionName()}
		most := 0.0
		if f.step {
			most = errorsOfSteps
		}
		out = append(out, alarm{
			name: f.name + "-errors", about: "function " + f.name + " fails", page: "function-errors",
			namespace: "AWS/Lambda", metric: "Errors", dimensions: name, most: most,
		}, alarm{
			name: f.name + "-throttles", page: "function-throttled",
			about:     "function " + f.name + " is called more often than it may run",
			namespace: "AWS/Lambda", metric: "Throttles", dimensions: name, periods: 3,
		})
	}
	return out
}
