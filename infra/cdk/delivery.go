package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// forwarded are the headers of a viewer that the screens see: ten is the most. The viewer's address comes
// from CloudFront alone, which overwrites what a viewer says.
var forwarded = []string{
	"CloudFront-Viewer-Address", "Accept", "Accept-Language", "Origin", "Referer", "User-Agent",
	"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest",
}

func servicePrincipal(service string) awsiam.IPrincipal {
	return awsiam.NewServicePrincipal(jsii.String(service), nil)
}

// newDelivery puts CloudFront before the screens. Its web ACL is in us-east-1, in a stack of its own, and
// comes as a parameter: a reference across regions would need a function of the CDK with rights in both, and
// no emulator runs it.
func newDelivery(scope awscdk.Stack, c *settings, store *storage, api *screens, front *origin) {
	acl := awscdk.NewCfnParameter(scope, jsii.String("WebAclArn"), &awscdk.CfnParameterProps{
		Type:           jsii.String("String"),
		Description:    jsii.String("output WebAclArn of the stack multipoint-" + c.env + "-edge"),
		AllowedPattern: jsii.String("arn:aws:wafv2:us-east-1:[0-9]{12}:global/webacl/.+"),
	})
	inside := constructs.NewConstruct(scope, jsii.String("Delivery"))
	props := &awscloudfront.DistributionProps{
		Comment: jsii.String("multipoint " + c.env), WebAclId: acl.ValueAsString(),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin: awscloudfrontorigins.NewHttpOrigin(api.host, &awscloudfrontorigins.HttpOriginProps{
				ProtocolPolicy:     awscloudfront.OriginProtocolPolicy_HTTPS_ONLY,
				OriginSslProtocols: &[]awscloudfront.OriginSslPolicy{awscloudfront.OriginSslPolicy_TLS_V1_2},
				CustomHeaders:      &map[string]*string{originHeader: front.proof},
				ReadTimeout:        awscdk.Duration_Seconds(jsii.Number(30)),
			}),
			AllowedMethods:        awscloudfront.AllowedMethods_ALLOW_ALL(),
			ViewerProtocolPolicy:  awscloudfront.ViewerProtocolPolicy_REDIRECT_TO_HTTPS,
			CachePolicy:           awscloudfront.CachePolicy_CACHING_DISABLED(), // pages are somebody's
			OriginRequestPolicy:   requestPolicy(inside, c),
			ResponseHeadersPolicy: responsePolicy(inside, c),
			Compress:              jsii.Bool(true),
		},
		MinimumProtocolVersion: awscloudfront.SecurityPolicyProtocol_TLS_V1_2_2021,
		HttpVersion:            awscloudfront.HttpVersion_HTTP2_AND_3,
		PriceClass:             awscloudfront.PriceClass_PRICE_CLASS_200, // the cheapest is not in Japan
		EnableLogging:          jsii.Bool(true), LogBucket: store.logs, LogFilePrefix: jsii.String("web/"),
	}
	if c.domain != "" {
		props.DomainNames = jsii.Strings(c.domain)
		props.Certificate = awscertificatemanager.Certificate_FromCertificateArn(inside,
			jsii.String("certificate"), jsii.String(c.certificate))
	}
	distribution := awscloudfront.NewDistribution(inside, jsii.String("web"), props)
	awscdk.NewCfnOutput(scope, jsii.String("WebAddress"), &awscdk.CfnOutputProps{
		Value: distribution.DistributionDomainName(), Description: jsii.String("where the domain points to"),
	})
}

func requestPolicy(scope constructs.Construct, c *settings) awscloudfront.OriginRequestPolicy {
	headers := awscloudfront.OriginRequestHeaderBehavior_AllowList(*jsii.Strings(forwarded...)...)
	return awscloudfront.NewOriginRequestPolicy(scope, jsii.String("request"),
		&awscloudfront.OriginRequestPolicyProps{
			OriginRequestPolicyName: jsii.String(c.name("request")),
			HeaderBehavior:          headers,
			CookieBehavior:          awscloudfront.OriginRequestCookieBehavior_All(),
			QueryStringBehavior:     awscloudfront.OriginRequestQueryStringBehavior_All(),
		})
}

// responsePolicy adds what holds for all pages. What a page may load is the page's own header.
func responsePolicy(scope constructs.Construct, c *settings) awscloudfront.ResponseHeadersPolicy {
	yes := jsii.Bool(true)
	return awscloudfront.NewResponseHeadersPolicy(scope, jsii.String("response"),
		&awscloudfront.ResponseHeadersPolicyProps{
			ResponseHeadersPolicyName: jsii.String(c.name("response")),
			SecurityHeadersBehavior: &awscloudfront.ResponseSecurityHeadersBehavior{
				StrictTransportSecurity: &awscloudfront.ResponseHeadersStrictTransportSecurity{
					AccessControlMaxAge: awscdk.Duration_Days(jsii.Number(730)), IncludeSubdomains: yes,
					Override: yes,
				},
				ContentTypeOptions: &awscloudfront.ResponseHeadersContentTypeOptions{Override: yes},
				FrameOptions: &awscloudfront.ResponseHeadersFrameOptions{
					FrameOption: awscloudfront.HeadersFrameOption_DENY, Override: yes,
				},
				ReferrerPolicy: &awscloudfront.ResponseHeadersReferrerPolicy{
					ReferrerPolicy: awscloudfront.HeadersReferrerPolicy_SAME_ORIGIN, Override: yes,
				},
			},
		})
}
