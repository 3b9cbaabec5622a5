package main

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// chart is a graph of the dashboard. metrics are lines as CloudWatch's dashboards have them.
type chart struct {
	title, stat string
	metrics     []any
}

// newDashboard shows a morning on one page: what came in, how long steps take, what failed, what waits.
func newDashboard(scope constructs.Construct, c *settings) {
	var took, failed, running []any
	for i := range functions {
		name := c.name(functions[i].name)
		took = append(took, []any{"AWS/Lambda", "Duration", "FunctionName", name})
		failed = append(failed, []any{"AWS/Lambda", "Errors", "FunctionName", name})
		running = append(running, []any{"AWS/Lambda", "ConcurrentExecutions", "FunctionName", name})
	}
	var waiting []any
	for _, name := range []string{
		"intake", "open", "feedback", "intake-dead", "open-dead", "feedback-dead", "lost",
	} {
		waiting = append(waiting,
			[]any{"AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", c.name(name)})
	}
	table := c.name("ledger")
	charts := []chart{
		{"Files taken in, by retailer", "Sum", []any{[]any{map[string]any{
			"expression": `SEARCH('{` + namespace + `,Function,Retailer} MetricName="Files"', 'Sum', 300)`,
		}}}},
		{"Steps that failed, by retailer", "Sum", []any{[]any{map[string]any{
			"expression": `SEARCH('{` + namespace + `,Function,Retailer} MetricName="Failed"', 'Sum', 300)`,
		}}}},
		{"Time of functions (ms)", "p99", took},
		{"Errors of functions", "Sum", failed},
		{"Functions running", "Maximum", running},
		{"Messages waiting", "Maximum", waiting},
		{"Table: units", "Sum", []any{
			[]any{"AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", table},
			[]any{"AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", table},
		}},
		{"Mails", "Sum", []any{
			[]any{"AWS/SES", "Send"}, []any{"AWS/SES", "Bounce"}, []any{"AWS/SES", "Complaint"},
		}},
	}
	var widgets []any
	for i, ch := range charts {
		widgets = append(widgets, map[string]any{
			"type": "metric", "width": 12, "height": 6, "x": 12 * (i % 2), "y": 6 * (i / 2),
			"properties": map[string]any{
				"title": ch.title, "stat": ch.stat, "metrics": ch.metrics, "region": tokyo, "period": 300,
				"view": "timeSeries",
			},
		})
	}
	body, err := json.Marshal(map[string]any{"widgets": widgets})
	if err != nil {
		panic(err) // unreachable: texts and numbers always are JSON
	}
	awscloudwatch.NewCfnDashboard(scope, jsii.String("dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardName: jsii.String(c.name("morning")), DashboardBody: jsii.String(string(body)),
	})
}
