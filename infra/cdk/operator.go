package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newOperator makes the role in which the operator's people go on with runs: call the functions operate and
// open, look at executions and stop them, and nothing else. Who may take it on is what the account allows its
// people (sts:AssumeRole), with a second factor and for an hour. Who did is in the trail, which has every
// call of operate, too.
func newOperator(scope constructs.Construct, c *settings, f *built) {
	inside := constructs.NewConstruct(scope, jsii.String("Operator"))
	role := awsiam.NewRole(inside, jsii.String("role"), &awsiam.RoleProps{
		RoleName:           jsii.String(c.name("operator")),
		Description:        jsii.String("what the operator's people may do with runs"),
		MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(1)),
		AssumedBy: awsiam.NewPrincipalWithConditions(
			awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::"+c.account+":root")),
			&map[string]any{"Bool": map[string]any{"aws:MultiFactorAuthPresent": "true"}}),
	})
	role.AddToPolicy(allow("Operate",
		resources(*f.lambda["operate"].FunctionArn(), *f.lambda["open"].FunctionArn()),
		"lambda:InvokeFunction"))
	role.AddToPolicy(allow("Runs", resources(c.machineARN("day"), c.machineARN("answer")),
		"states:ListExecutions"))
	role.AddToPolicy(allow("Executions", resources(c.executionARN("day"), c.executionARN("answer")),
		"states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution"))
	awscdk.NewCfnOutput(awscdk.Stack_Of(inside), jsii.String("OperatorRole"), &awscdk.CfnOutputProps{
		Value: role.RoleArn(), Description: jsii.String("what the operator's people take on: docs/runbooks"),
	})
}

// functionARN is made from the name, for what is made before the function.
func (c *settings) functionARN(name string) string { return c.arn("lambda", "function:"+c.name(name)) }
