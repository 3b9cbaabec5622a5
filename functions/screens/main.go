// Function screens serves the pages behind the HTTP API.
package main

import (
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"multipoint/shared/cloud"
)

func main() {
	cloud.Run(func(p *cloud.Program) any { return httpadapter.NewV2(p.Screens()).ProxyWithContext })
}
