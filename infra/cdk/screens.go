package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// originHeader is the header by which CloudFront proves to the screens that a request came through it.
const originHeader = "X-Multipoint-Origin"

// origin is what CloudFront and the screens share.
type origin struct {
	// proof is the value of originHeader. CloudFormation puts the same one into both in one deployment.
	proof *string
}

// newOrigin makes the proof that requests came through CloudFront, and so past its rules.
//
// An HTTP API has no policy and no web ACL of its own, and CloudFront cannot sign requests to it. Closing its
// first address (disableExecuteApiEndpoint) only moves the door: the custom domain that is then needed is as
// public. So the screens refuse what does not bring the proof, in constant time, before they look at
// anything else; only then is CloudFront-Viewer-Address worth believing. A Lambda authorizer would do that
// for another call each request, and remember an old proof for as long as it caches.
func newOrigin(scope constructs.Construct, c *settings) *origin {
	if c.emulator { // there is no CloudFront that would bring it
		return &origin{proof: jsii.String("emulator")}
	}
	scope = constructs.NewConstruct(scope, jsii.String("Origin"))
	secret := awssecretsmanager.NewSecret(scope, jsii.String("proof"), &awssecretsmanager.SecretProps{
		SecretName:  jsii.String(c.name("origin")),
		Description: jsii.String("what CloudFront tells the screens, so that nobody comes in beside it"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			PasswordLength: jsii.Number(48), ExcludePunctuation: jsii.Bool(true),
		},
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	return &origin{proof: secret.SecretValue().UnsafeUnwrap()} // a reference: the template has no value
}

// screens are the pages' API.
type screens struct {
	api awsapigatewayv2.CfnApi
	// host is the API's own address, without a scheme.
	host *string
}

// newScreens makes the HTTP API in front of the screens' function. Its calls are limited, so that whoever
// finds its own address cannot use up the function beside CloudFront's rules.
func newScreens(scope constructs.Construct, c *settings, f *built) *screens {
	scope = constructs.NewConstruct(scope, jsii.String("Screens"))
	api := awsapigatewayv2.NewCfnApi(scope, jsii.String("api"), &awsapigatewayv2.CfnApiProps{
		Name: jsii.String(c.name("screens")), ProtocolType: jsii.String("HTTP"),
		Description: jsii.String("the pages, behind CloudFront only"),
	})
	function := f.lambda["screens"]
	integration := awsapigatewayv2.NewCfnIntegration(scope, jsii.String("integration"),
		&awsapigatewayv2.CfnIntegrationProps{
			ApiId: api.Ref(), IntegrationType: jsii.String("AWS_PROXY"),
			IntegrationUri: function.FunctionArn(), PayloadFormatVersion: jsii.String("2.0"),
			TimeoutInMillis: jsii.Number(29_000),
		})
	awsapigatewayv2.NewCfnRoute(scope, jsii.String("route"), &awsapigatewayv2.CfnRouteProps{
		ApiId: api.Ref(), RouteKey: jsii.String("$default"), AuthorizationType: jsii.String("NONE"),
		Target: awscdk.Fn_Join(jsii.String("/"), &[]*string{jsii.String("integrations"), integration.Ref()}),
	})
	log := awslogs.NewLogGroup(scope, jsii.String("log"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/multipoint/" + c.env + "/api"),
		Retention:     awslogs.RetentionDays_THIRTEEN_MONTHS,
		RemovalPolicy: c.kept(),
	})
	awsapigatewayv2.NewCfnStage(scope, jsii.String("stage"), &awsapigatewayv2.CfnStageProps{
		ApiId: api.Ref(), StageName: jsii.String("$default"), AutoDeploy: jsii.Bool(true),
		AccessLogSettings: &awsapigatewayv2.CfnStage_AccessLogSettingsProperty{
			DestinationArn: log.LogGroupArn(),
			// No query string: searches are in it.
			Format: jsii.String(`{"time":"$context.requestTime","request":"$context.requestId",` +
				`"method":"$context.httpMethod","path":"$context.path","status":"$context.status",` +
				`"bytes":"$context.responseLength","ms":"$context.responseLatency"}`),
		},
		DefaultRouteSettings: &awsapigatewayv2.CfnStage_RouteSettingsProperty{
			ThrottlingBurstLimit: jsii.Number(100), ThrottlingRateLimit: jsii.Number(50),
			DetailedMetricsEnabled: jsii.Bool(true),
		},
	})
	function.AddPermission(jsii.String("api"), &awslambda.Permission{
		Principal: servicePrincipal("apigateway.amazonaws.com"),
		SourceArn: awscdk.Fn_Join(jsii.String(""), &[]*string{
			jsii.String("arn:aws:execute-api:" + tokyo + ":" + c.account + ":"), api.Ref(),
			jsii.String("/*/$default"), // any stage; the API has one
		}),
	})
	return &screens{api: api, host: awscdk.Fn_Join(jsii.String(""), &[]*string{
		api.Ref(), jsii.String(".execute-api." + tokyo + ".amazonaws.com"),
	})}
}
