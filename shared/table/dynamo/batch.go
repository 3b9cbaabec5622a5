package dynamo

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// DynamoDB takes so many in one request.
const (
	keysAtOnce  = 100
	itemsAtOnce = 25
)

// BatchGet calls visit for each key in the order given. Requests of 100 keys are under way while earlier ones
// are visited, as many as Options.Parallel; so much of the answer is in memory. Their order does not matter
// here. A key costs a read unit for each begun 4,096 bytes of its item, one if there is none.
func (t *Table) BatchGet(ctx context.Context, keys []table.Key,
	visit func(i int, item table.Item, found bool) error,
) error {
	for _, key := range keys {
		if err := limit.Key(key); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	fetching, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	var queue []chan fetched
	for asked, start := 0, 0; start < len(keys); start += keysAtOnce {
		for asked < len(keys) && len(queue) < t.parallel {
			chunk := keys[asked:min(asked+keysAtOnce, len(keys))]
			asked += len(chunk)
			answer := make(chan fetched, 1)
			queue = append(queue, answer)
			all.Go(func() {
				items, err := t.fetch(fetching, chunk)
				answer <- fetched{items, err}
			})
		}
		answer := <-queue[0]
		queue = queue[1:]
		if err := first(ctx.Err(), answer.err); err != nil {
			return err
		}
		for i := start; i < min(start+keysAtOnce, len(keys)); i++ {
			item, found := answer.items[keys[i]]
			item.Body = bytes.Clone(item.Body) // the same key may come again
			if err := visit(i, item, found); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// fetched is the answer for some keys.
type fetched struct {
	items map[table.Key]table.Item
	err   error
}

// fetch gives the items of at most 100 keys that are there and have not expired.
func (t *Table) fetch(ctx context.Context, keys []table.Key) (map[table.Key]table.Item, error) {
	items := make(map[table.Key]table.Item, len(keys))
	asked := make(map[table.Key]bool, len(keys)) // DynamoDB refuses a key that is named twice
	var ask []values
	for _, key := range keys {
		if !asked[key] {
			asked[key] = true
			ask = append(ask, keyAttributes(key))
		}
	}
	for attempts := 1; len(ask) > 0; attempts++ {
		out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{
				t.name: {Keys: ask, ConsistentRead: aws.Bool(true)},
			},
		})
		if err != nil {
			return nil, t.failed(ctx, err)
		}
		for _, all := range out.Responses[t.name] {
			item, err := parseItem(all)
			if err != nil {
				return nil, t.failed(ctx, err)
			}
			if !t.expired(&item) {
				items[item.Key] = item
			}
		}
		// What did not fit into the 16 MB of an answer, or was too much at once.
		left := out.UnprocessedKeys[t.name].Keys
		if len(left) > 0 {
			if len(left) < len(ask) {
				attempts = 1
			}
			if err := sleep(ctx, attempts); err != nil {
				return nil, t.failed(ctx, err)
			}
		}
		ask = left
	}
	return items, nil
}

// BatchPut writes items, as many requests at a time as Options.Parallel. Each item is a request, an update
// that counts the version without reading it; with Options.Recount 25 are. The write units are the same.
func (t *Table) BatchPut(ctx context.Context, items []table.Item) error {
	for i := range items {
		if err := limit.Item(&items[i]); err != nil {
			return err
		}
	}
	if !t.recount {
		return t.each(ctx, len(items), func(ctx context.Context, i int) error {
			return t.update(ctx, &items[i])
		})
	}
	chunks := (len(items) + itemsAtOnce - 1) / itemsAtOnce
	return t.each(ctx, chunks, func(ctx context.Context, n int) error {
		start := n * itemsAtOnce
		return t.replace(ctx, items[start:min(start+itemsAtOnce, len(items))])
	})
}

// replace writes at most 25 items, each as its first version.
func (t *Table) replace(ctx context.Context, items []table.Item) error {
	put := make([]types.WriteRequest, len(items))
	for i := range items {
		put[i].PutRequest = &types.PutRequest{Item: attributes(&items[i], 1)}
	}
	for attempts := 1; len(put) > 0; attempts++ {
		out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{t.name: put},
		})
		if err != nil {
			return t.failed(ctx, err)
		}
		left := out.UnprocessedItems[t.name]
		if len(left) > 0 {
			if len(left) < len(put) {
				attempts = 1
			}
			if err := sleep(ctx, attempts); err != nil {
				return t.failed(ctx, err)
			}
		}
		put = left
	}
	return nil
}

// each does something n times, several at a time, until the first error.
func (t *Table) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	doing, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, t.parallel) {
		all.Go(func() {
			for doing.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(doing, i); err != nil {
					stop(err)
				}
			}
		})
	}
	all.Wait()
	return first(ctx.Err(), context.Cause(doing))
}
