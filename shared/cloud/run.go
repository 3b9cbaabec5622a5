package cloud

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

// Run is the main function of a Lambda function: it puts a program together and answers events with the
// handler that it is given for it. What is wrong with the environment ends the function at once, by name.
func Run(handler func(*Program) any) {
	p, err := Open(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "multipoint:", err)
		os.Exit(1)
	}
	lambda.Start(handler(p))
}
