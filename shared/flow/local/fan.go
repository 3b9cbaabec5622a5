package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"

	"multipoint/shared/flow"
)

// parallel runs the branches of a Parallel and gives their outputs in order.
func (v *visit) parallel(ctx context.Context, input any) (any, error) {
	branches := v.state.Branches
	outputs := make([]any, len(branches))
	err := each(ctx, len(branches), len(branches), func(ctx context.Context, i int) error {
		var err error
		outputs[i], err = v.run(ctx, branches[i], input)
		return err
	})
	return outputs, err
}

// mapItems runs the iterations of a Map and gives their outputs in the order of the items. Items that fail
// within the tolerance of a distributed Map leave no output.
func (v *visit) mapItems(ctx context.Context, effective flow.Scope) (any, error) {
	items, err := v.items(ctx, effective)
	if err != nil {
		return nil, err
	}
	inputs, err := v.inputs(effective, items)
	if err != nil {
		return nil, err
	}
	e := v.event(Mapped)
	e.Items = len(items)
	v.in.observe(e)
	fields := v.state.Map
	outputs := make([]any, len(items))
	failures := tally{fields: fields, failed: make([]bool, len(items))}
	err = each(ctx, len(items), fields.Concurrency, func(ctx context.Context, i int) error {
		at := place{execution: v.execution, item: mapContext(i, items[i]), mapName: v.state.Name, index: i}
		if fields.Distributed {
			name := fmt.Sprintf("%s/%s/%d", v.name, fields.Label, i)
			at.execution, at.item = v.in.execution(name, inputs[i]), nil
		}
		var err error
		outputs[i], err = at.run(ctx, fields.Processor, inputs[i])
		if err != nil && fields.Distributed && ctx.Err() == nil {
			return failures.add(i, err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return failures.without(outputs), nil
}

// inputs gives the inputs of all iterations before the first one begins, so that an item which is too large
// always has the same effect.
func (v *visit) inputs(effective flow.Scope, items []any) ([]any, error) {
	about := maps.Clone(effective.Context.(map[string]any))
	inputs := make([]any, len(items))
	for i := range items {
		about["Map"] = mapContext(i, items[i])
		var err error
		inputs[i], err = v.state.Map.Item(flow.Scope{Data: effective.Data, Context: about}, items[i])
		if err == nil {
			err = checkSize(fmt.Sprintf("item %d of %s", i, v.state.Name), inputs[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return inputs, nil
}

// mapContext is $$.Map.
func mapContext(i int, item any) map[string]any {
	return map[string]any{"Item": map[string]any{"Index": json.Number(strconv.Itoa(i)), "Value": item}}
}

// tally counts the items of a distributed Map that failed.
type tally struct {
	fields *flow.MapFields
	mutex  sync.Mutex
	failed []bool // by item
	count  int
}

// add counts a failed item and fails if there are now too many.
func (t *tally) add(i int, err error) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.failed[i] = true
	t.count++
	if !t.fields.Exceeded(t.count, len(t.failed)) {
		return nil
	}
	return &flow.Error{
		Name: flow.ErrorToleranceExceeded, Cause: "more items failed than the Map tolerates", Err: err,
	}
}

// without leaves the outputs of failed items out.
func (t *tally) without(outputs []any) []any {
	kept := make([]any, 0, len(outputs))
	for i := range outputs {
		if !t.failed[i] {
			kept = append(kept, outputs[i])
		}
	}
	return kept
}

// each runs n numbered parts, begun in order, at most limit at a time, and gives the error of the lowest
// number that failed. Parts behind a failed one are cancelled or never begun, parts before it run to their
// end: so the error does not depend on which of them is faster.
func each(ctx context.Context, n, limit int, part func(ctx context.Context, i int) error) error {
	f := fan{ctx: ctx, part: part, failed: n, running: map[int]context.CancelFunc{}}
	var workers sync.WaitGroup
	for range min(n, limit) {
		workers.Go(func() {
			for f.one() {
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return f.err
}

type fan struct {
	ctx  context.Context
	part func(ctx context.Context, i int) error

	mutex   sync.Mutex
	next    int                        // part to begin
	failed  int                        // lowest part that failed, else the number of parts
	err     error                      // of that part
	running map[int]context.CancelFunc // by part
}

// one runs the next part; false if there is none to begin.
func (f *fan) one() bool {
	f.mutex.Lock()
	i := f.next
	if i >= f.failed || f.ctx.Err() != nil {
		f.mutex.Unlock()
		return false
	}
	f.next++
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	f.running[i] = cancel
	f.mutex.Unlock()

	err := f.part(ctx, i)

	f.mutex.Lock()
	defer f.mutex.Unlock()
	delete(f.running, i)
	if err != nil && i < f.failed {
		f.failed, f.err = i, err
		for other, stop := range f.running {
			if other > i {
				stop()
			}
		}
	}
	return true
}

// items gives the items of a Map, from its input or from the object that its reader names.
func (v *visit) items(ctx context.Context, effective flow.Scope) ([]any, error) {
	reader := v.state.Map.Reader
	if reader == nil {
		return v.state.Map.Items(effective)
	}
	bucket, key, err := reader.Object(effective)
	if err != nil {
		return nil, err
	}
	items, err := v.read(ctx, bucket, key, reader.MaxItems)
	var named *flow.Error
	if err == nil || errors.As(err, &named) || ctx.Err() != nil {
		return items, err
	}
	return nil, &flow.Error{
		Name: flow.ErrorItemReader, Cause: fmt.Sprintf("the items in %s: %v", key, err), Err: err,
	}
}
