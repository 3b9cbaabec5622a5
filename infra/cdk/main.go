// Command cdk describes, for the CDK, the cloud that Multipoint runs in (DESIGN §2): one file for each
// capability, its construct named as the capability. It is a Go module of its own, so that whoever builds the
// product does not download the CDK.
//
//	npx cdk synth -c env=prod -c account=111122223333 …
//
// settings.go says which context values there are.
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cdk:", err)
		os.Exit(1)
	}
}

func run() error {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	c, err := readSettings(func(name string) any { return app.Node().TryGetContext(jsii.String(name)) })
	if err != nil {
		return err
	}
	if _, err := build(app, c); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}
