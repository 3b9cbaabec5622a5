package stack

import (
	"context"
	"testing"
	"time"

	"multipoint/shared/day"
	"multipoint/shared/flow/stepfunctions"
	"multipoint/test/emulator"
)

// The day from the synthesised template, with the real binaries of the functions: files come by URL, events
// bring them to intake, the schedule's event opens the day, Step Functions drives it. What comes out is the
// day on one machine, byte by byte.
func TestTheDayFromTheTemplate(t *testing.T) {
	mini := emulator.MiniStack(t)
	p := deploy(t, mini)
	t.Cleanup(func() {
		if t.Failed() {
			printed(t, mini, "intake", "open", "plan", "convert")
		}
	})
	service, err := p.NewRetailer(t.Context(), retailer)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, service)
	files := demoFiles(t)
	for i := range files {
		upload(t, p.Inbox, &files[i])
	}
	n := 0
	eventually(t, 2*time.Minute, "files are taken in", func(ctx context.Context) (bool, error) {
		n = 0
		err := service.Arrivals(ctx, "", func(*day.Arrival) error { n++; return nil })
		return n == len(files), err
	})
	t.Log(invoke(t, mini, "open", `{"open":"all"}`))
	eventually(t, 3*time.Minute, "the day is run", func(ctx context.Context) (bool, error) {
		state, err := p.Flow.Describe(ctx, day.Day, retailer+"-1-1")
		if err == nil && state.Status == stepfunctions.Failed {
			t.Fatalf("the execution failed: %+v", state)
		}
		return state.Status == stepfunctions.Succeeded, err
	})
	compare(t, collect(t, service), oneMachine(t, service))
}
