package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// watched is what alarms look at.
type watched struct {
	functions *built
	machines  map[string]awsstepfunctions.CfnStateMachine
	queues    *queues
	ledger    *ledger
	store     *storage
	api       *screens
}

// notices go to the operator by mail, around the clock (SPEC A25).
type notices struct {
	topic awssns.Topic
	lost  awssqs.Queue
}

// alarm is one thing that an operator is told. Its page in docs/runbooks says what to do.
type alarm struct {
	name, about, page string
	namespace, metric string
	dimensions        map[string]*string
	statistic         string // default Sum
	most              float64
	periods           float64 // of five minutes, all of them beyond most; default 1
}

// namespace of the product's own metrics, as shared/cloud writes them.
const namespace = "multipoint"

// runbook is where a page is, as alarms name it.
func runbook(page string) string { return "Runbook: docs/runbooks/" + page + ".md" }

// newWatching makes the alarms, and the dashboard.
func newWatching(scope constructs.Construct, c *settings, w *watched) *notices {
	scope = constructs.NewConstruct(scope, jsii.String("Watching"))
	n := newNotices(scope, c, w)
	for _, a := range w.alarms() {
		n.watch(scope, c, a)
	}
	for _, k := range alarmKinds {
		// What CheckAlarms of shared/day logs when it raises an alarm.
		awslogs.NewCfnMetricFilter(scope, jsii.String("logged-"+k.kind), &awslogs.CfnMetricFilterProps{
			LogGroupName:  w.functions.logs["watch"].LogGroupName(),
			FilterPattern: jsii.String(`{ ($.msg = "alarm") && ($.kind = "` + k.kind + `") }`),
			MetricTransformations: []any{&awslogs.CfnMetricFilter_MetricTransformationProperty{
				MetricNamespace: jsii.String(namespace + "/" + c.env), MetricName: jsii.String(k.kind),
				MetricValue: jsii.String("1"),
			}},
		})
		n.watch(scope, c, alarm{
			name: "day-" + k.kind, about: "an alarm of a retailer's day: " + k.kind, page: k.page,
			namespace: namespace + "/" + c.env, metric: k.kind,
		})
	}
	newDashboard(scope, c)
	return n
}

// alarmKinds are the kinds of shared/day/alarm.go and their pages.
var alarmKinds = []struct{ kind, page string }{
	{"not-opened", "not-opened"},
	{"not-settled", "not-settled"},
	{"not-delivered", "not-delivered"},
	{"stopped", "run-stopped"},
}

func newNotices(scope constructs.Construct, c *settings, w *watched) *notices {
	letIn(w.store.key, "cloudwatch.amazonaws.com", c.mine(), "kms:Decrypt", "kms:GenerateDataKey")
	letIn(w.store.key, "events.amazonaws.com", nil, "kms:Decrypt", "kms:GenerateDataKey") // brings no account
	topic := awssns.NewTopic(scope, jsii.String("operator"), &awssns.TopicProps{
		TopicName: jsii.String(c.name("operator")), MasterKey: w.store.key, EnforceSSL: jsii.Bool(true),
	})
	mayPublish(topic, "AlarmsPublish", "cloudwatch.amazonaws.com", c.mine())
	mayPublish(topic, "EventsPublish", "events.amazonaws.com", nil) // which has no conditions for topics
	awssns.NewCfnSubscription(scope, jsii.String("mail"), &awssns.CfnSubscriptionProps{
		TopicArn: topic.TopicArn(), Protocol: jsii.String("email"), Endpoint: jsii.String(c.operator),
	})
	return &notices{topic: topic, lost: w.queues.lost}
}

func mayPublish(topic awssns.Topic, sid, service string, when map[string]any) {
	props := &awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Principals: &[]awsiam.IPrincipal{servicePrincipal(service)},
		Actions: jsii.Strings("sns:Publish"), Resources: jsii.Strings(*topic.TopicArn()),
	}
	if when != nil {
		props.Conditions = &when
	}
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(props))
}

// tell makes a rule whose events go to the operator, with the page that says what to do.
func (n *notices) tell(
	scope constructs.Construct, c *settings, name string, pattern map[string]any, page string,
) {
	rule := awsevents.NewCfnRule(scope, jsii.String(name), &awsevents.CfnRuleProps{
		Name: jsii.String(c.name(name)), EventPattern: pattern, State: jsii.String("ENABLED"),
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("operator"), Arn: n.topic.TopicArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: n.lost.QueueArn()},
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
				InputPathsMap: map[string]any{"what": "$.detail-type", "at": "$.time"},
				InputTemplate: jsii.String(`"multipoint ` + c.env + `: <what> at <at>. ` +
					runbook(page) + `"`),
			},
		}},
	})
	accept(n.lost, "From"+sidOf(name), "events.amazonaws.com", map[string]any{
		"ArnEquals": map[string]any{"aws:SourceArn": rule.AttrArn()},
	})
}

// watch makes an alarm that tells the operator when it is raised and when it is over.
func (n *notices) watch(scope constructs.Construct, c *settings, a alarm) {
	if a.statistic == "" {
		a.statistic = "Sum"
	}
	dimensions := []any{}
	for name, value := range a.dimensions {
		dimensions = append(dimensions, &awscloudwatch.CfnAlarm_DimensionProperty{
			Name: jsii.String(name), Value: value,
		})
	}
	to := []any{n.topic.TopicArn()}
	awscloudwatch.NewCfnAlarm(scope, jsii.String(a.name), &awscloudwatch.CfnAlarmProps{
		AlarmName:        jsii.String(c.name(a.name)),
		AlarmDescription: jsii.String(a.about + ". " + runbook(a.page)),
		Namespace:        jsii.String(a.namespace), MetricName: jsii.String(a.metric), Dimensions: dimensions,
		Statistic: jsii.String(a.statistic), Period: jsii.Number(300),
		EvaluationPeriods: jsii.Number(max(1, a.periods)), Threshold: jsii.Number(a.most),
		ComparisonOperator: jsii.String("GreaterThanThreshold"),
		TreatMissingData:   jsii.String("notBreaching"),
		AlarmActions:       &to, OkActions: &to,
	})
}
