// Command scripted is the Lambda function of the tests in test/flow: it hands its input to the test that
// started the emulator and answers as the test says.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
)

func main() { lambda.Start(handle) }

// handle asks the server at SCRIPT, which speaks Lambda's Invoke.
func handle(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
	url := os.Getenv("SCRIPT") + "/2015-03-31/functions/" + os.Getenv("AWS_LAMBDA_FUNCTION_NAME") +
		"/invocations"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(input))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read to its end
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the script answers %s: %s", response.Status, body)
	case response.Header.Get("X-Amz-Function-Error") == "":
		return body, nil
	}
	var failed messages.InvokeResponse_Error
	if err := json.Unmarshal(body, &failed); err != nil {
		return nil, err
	}
	return nil, failed
}
