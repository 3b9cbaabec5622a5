// Program hello is the Lambda function that does nothing: what every function costs before it does anything.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() {
	lambda.Start(func() (string, error) { return "hello", nil })
}
