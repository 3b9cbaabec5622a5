package stepfunctions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"multipoint/shared/flow"
)

// maxPage is the most executions of one answer of the service.
const maxPage = 1000

// Running counts the executions of a machine that run, up to most, which is enough to know; the children of
// Map states are none of them. The service may lag some seconds behind what it was told. Errors: ErrInvalid,
// those of the service.
func (f *Flow) Running(ctx context.Context, machine string, most int) (int, error) {
	arn, ok := f.machines[machine]
	if !ok {
		return 0, fmt.Errorf("%w: there is no state machine %q", ErrInvalid, machine)
	}
	in := &sfn.ListExecutionsInput{
		StateMachineArn: &arn, StatusFilter: types.ExecutionStatusRunning,
		MaxResults: int32(min(max(most, 1), maxPage)), //nolint:gosec // at most maxPage
	}
	count := 0
	for {
		page, err := f.client.ListExecutions(ctx, in)
		if err != nil {
			return 0, fmt.Errorf("executions of %s that run: %w", machine, err)
		}
		if count += len(page.Executions); count >= most || page.NextToken == nil {
			return min(count, most), nil
		}
		in.NextToken = page.NextToken
	}
}

// FailedItem is an item of a Map state for which its child execution failed.
type FailedItem struct {
	Label string          // of the Map
	Input json.RawMessage // of the child
	Err   *flow.Error     // error and cause as the child has them
}

// FailedItem says which item the distributed Map of an execution failed at, and why: the machine itself hears
// no more than that too many failed. Of several it is the one that failed first, among the newest thousand of
// the newest Map. Nil if the service shows none; it may lag behind. Errors: ErrInvalid, ErrAbsent, those of
// the service.
func (f *Flow) FailedItem(ctx context.Context, machine, name string) (*FailedItem, error) {
	place, err := f.place(machine, name)
	if err != nil {
		return nil, err
	}
	maps, err := f.client.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: &place})
	if err != nil {
		return nil, failed("list the Maps of", machine, name, err)
	}
	var newest *types.MapRunListItem
	for i := range maps.MapRuns { // one for each Map state: few
		m := &maps.MapRuns[i]
		if newest == nil || aws.ToTime(m.StartDate).After(aws.ToTime(newest.StartDate)) {
			newest = m
		}
	}
	if newest == nil {
		return nil, nil //nolint:nilnil // nothing is shown
	}
	page, err := f.client.ListExecutions(ctx, &sfn.ListExecutionsInput{
		MapRunArn: newest.MapRunArn, StatusFilter: types.ExecutionStatusFailed, MaxResults: maxPage,
	})
	if err != nil {
		return nil, failed("list the items of", machine, name, err)
	}
	if len(page.Executions) == 0 {
		return nil, nil //nolint:nilnil // nothing is shown
	}
	first := page.Executions[len(page.Executions)-1] // the newest comes first
	out, err := f.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: first.ExecutionArn})
	if err != nil {
		return nil, failed("describe an item of", machine, name, err)
	}
	return &FailedItem{
		Label: labelOf(aws.ToString(newest.MapRunArn)), Input: json.RawMessage(aws.ToString(out.Input)),
		Err: why(out),
	}, nil
}

// labelOf gives the Map's label out of the ARN of a run of it:
// arn:aws:states:<region>:<account>:mapRun:<machine>/<label>:<id>.
func labelOf(mapRun string) string {
	_, rest, _ := strings.Cut(mapRun, "/")
	label, _, _ := strings.Cut(rest, ":")
	return label
}
