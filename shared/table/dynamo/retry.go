package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// Waiting before a request is sent again: at random up to 25 ms, 50 ms … 5 s, so that those who were turned
// away together do not come back together.
const (
	firstWait = 25 * time.Millisecond
	mostWait  = 5 * time.Second
	// brokenAttempts is how often a request is sent that breaks or that DynamoDB fails to answer; waiting
	// for room, as a morning may ask for, ends with the context only.
	brokenAttempts = 8
)

// conditionFailed is the code of an action of a transaction whose condition did not hold.
const conditionFailed = "ConditionalCheckFailed"

// busy are the codes of errors that say no more than "not now".
var busy = []string{
	"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
	"TransactionConflictException", "TransactionInProgressException", "ReplicatedWriteConflictException",
	"LimitExceededException", // many tables at once are being made
}

// crowded are the same for one action of a transaction, and what the others have then.
var crowded = []string{"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

// isBusy says whether an error only asks to wait.
func isBusy(err error) bool {
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		return len(canceled.CancellationReasons) > 0 &&
			!slices.ContainsFunc(canceled.CancellationReasons, func(r types.CancellationReason) bool {
				return !slices.Contains(crowded, aws.ToString(r.Code))
			})
	}
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(busy, api.ErrorCode())
}

// wait gives how long to wait before the next attempt, after so many.
func wait(attempts int) time.Duration {
	doublings := min(max(attempts-1, 0), 8) // no more are needed
	most := min(mostWait, firstWait<<doublings)
	return rand.N(most) + 1 // #nosec G404 -- chance spreads the attempts, it keeps no secret
}

// sleep waits before the next attempt. Error: that of the context.
func sleep(ctx context.Context, attempts int) error {
	timer := time.NewTimer(wait(attempts))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryer is the SDK's way to ask how requests are sent again. Unlike the SDK's own it has no budget of
// attempts for all requests together, which the first minute of a large day would use up.
type retryer struct{}

var _ aws.RetryerV2 = retryer{}

// IsErrorRetryable says whether a request may be sent again at all.
func (retryer) IsErrorRetryable(err error) bool {
	return isBusy(err) || retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}

// MaxAttempts leaves the number of attempts to RetryDelay, which knows the error.
func (retryer) MaxAttempts() int { return 0 }

// RetryDelay says how long to wait.
func (retryer) RetryDelay(attempts int, _ error) (time.Duration, error) { return wait(attempts), nil }

// GetRetryToken lets every attempt pass but those of a request that has broken too often. How often it was
// turned away meanwhile does not count.
func (retryer) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	broken, ok := ctx.Value(brokenKey{}).(*int)
	if !ok || isBusy(err) {
		return released, nil
	}
	if *broken++; *broken >= brokenAttempts {
		return nil, fmt.Errorf("it broke %d times", *broken)
	}
	return released, nil
}

// brokenKey is where the context of a request counts how often it broke. Its attempts follow each other.
type brokenKey struct{}

// countBroken lets a request begin to count.
func countBroken(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("CountBroken", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(context.WithValue(ctx, brokenKey{}, new(int)), in)
	}), middleware.Before)
}

// GetAttemptToken lets every attempt pass.
func (retryer) GetAttemptToken(context.Context) (func(error) error, error) { return released, nil }

// GetInitialToken lets every attempt pass.
func (retryer) GetInitialToken() func(error) error { return released }

func released(error) error { return nil }
