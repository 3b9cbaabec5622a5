package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	definitions "multipoint/infra/flow"
)

// machines are the state machines' names: infra/flow/<name>.asl.json.
var machines = []string{"day", "answer"}

// newDay makes the state machines from the very files that the one-machine interpreter reads, and gives them
// by name.
func newDay(
	scope constructs.Construct, c *settings, store *storage, f *built,
) (map[string]awsstepfunctions.CfnStateMachine, error) {
	scope = constructs.NewConstruct(scope, jsii.String("Day"))
	out := map[string]awsstepfunctions.CfnStateMachine{}
	for _, name := range machines {
		text, err := definitions.Files.ReadFile(name + ".asl.json")
		if err != nil {
			return nil, fmt.Errorf("state machine %s: %w", name, err)
		}
		var short bytes.Buffer
		if err := json.Compact(&short, text); err != nil {
			return nil, fmt.Errorf("state machine %s: %w", name, err)
		}
		log := awslogs.NewLogGroup(scope, jsii.String(name+"-log"), &awslogs.LogGroupProps{
			LogGroupName:  jsii.String("/aws/vendedlogs/states/" + c.name(name)),
			Retention:     awslogs.RetentionDays_THIRTEEN_MONTHS,
			RemovalPolicy: c.kept(),
		})
		role := machineRole(scope, c, name, store, f)
		machine := awsstepfunctions.NewCfnStateMachine(scope, jsii.String(name),
			&awsstepfunctions.CfnStateMachineProps{
				StateMachineName: jsii.String(c.name(name)), StateMachineType: jsii.String("STANDARD"),
				RoleArn: role.RoleArn(), DefinitionString: jsii.String(short.String()),
				DefinitionSubstitutions: substitutions(store, f),
				// Errors without the data of executions: keys and counts only are in it, but a cause could
				// quote more.
				LoggingConfiguration: &awsstepfunctions.CfnStateMachine_LoggingConfigurationProperty{
					Destinations: []any{map[string]any{
						"cloudWatchLogsLogGroup": map[string]any{"logGroupArn": log.LogGroupArn()},
					}},
					IncludeExecutionData: jsii.Bool(false), Level: jsii.String("ERROR"),
				},
				TracingConfiguration: &awsstepfunctions.CfnStateMachine_TracingConfigurationProperty{
					Enabled: jsii.Bool(true),
				},
			})
		machine.Node().AddDependency(role) // and its policy: Step Functions checks it
		out[name] = machine
	}
	return out, nil
}

// substitutions are what stands as ${name} in the definitions: the steps' functions and the bucket.
func substitutions(store *storage, f *built) map[string]any {
	out := map[string]any{"objects": store.objects.BucketName()}
	for i := range functions {
		if functions[i].step {
			out[functions[i].name] = f.lambda[functions[i].name].FunctionArn()
		}
	}
	return out
}

// machineRole is the role of a state machine: call the steps, read the lists of tasks that Map states go
// through, and run those states' children, which are executions of itself.
func machineRole(scope constructs.Construct, c *settings, name string, store *storage, f *built) awsiam.Role {
	role := awsiam.NewRole(scope, jsii.String(name+"-role"), &awsiam.RoleProps{
		RoleName:    jsii.String(c.name(name + "-flow")),
		Description: jsii.String("what state machine " + name + " may do"),
		AssumedBy:   c.trusted("states.amazonaws.com"),
	})
	var steps []string
	for i := range functions {
		if functions[i].step {
			steps = append(steps, *f.lambda[functions[i].name].FunctionArn())
		}
	}
	role.AddToPolicy(allow("Steps", steps, "lambda:InvokeFunction"))
	if name == "day" { // the one with Map states
		role.AddToPolicy(allow("Tasks", under(*store.objects.BucketArn(), []string{runs}), "s3:GetObject"))
		role.AddToPolicy(through("StorageKey", store.key, "s3", "kms:Decrypt"))
		role.AddToPolicy(allow("Children", []string{c.machineARN(name)}, "states:StartExecution"))
		role.AddToPolicy(allow("ChildExecutions", []string{c.childrenARN(name), c.executionARN(name)},
			"states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"))
	}
	role.AddToPolicy(allow("Deliveries", resources("*"),
		"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
		"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
		"logs:DescribeLogGroups"))
	role.AddToPolicy(allow("Trace", resources("*"),
		"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
		"xray:GetSamplingTargets"))
	return role
}

// arn names something of this account in Tokyo.
func (c *settings) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + tokyo + ":" + c.account + ":" + resource
}

// machineARN is made from the name: functions and state machines name each other, and CloudFormation makes
// one after the other.
func (c *settings) machineARN(name string) string {
	return c.arn("states", "stateMachine:"+c.name(name))
}

// executionARN are a state machine's executions, childrenARN those of its Map states.
func (c *settings) executionARN(name string) string {
	return c.arn("states", "execution:"+c.name(name)+":*")
}

func (c *settings) childrenARN(name string) string {
	return c.arn("states", "execution:"+c.name(name)+"/*:*")
}

// mapRunARN are the runs of a state machine's Map states.
func (c *settings) mapRunARN(name string) string {
	return c.arn("states", "mapRun:"+c.name(name)+"/*:*")
}
