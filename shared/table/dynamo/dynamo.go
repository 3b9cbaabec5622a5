// Package dynamo is the driver of the table for Amazon DynamoDB: one table on demand with two sparse indexes,
// as Schema says. It is tried on DynamoDB Local, which is Amazon's own.
//
// Keys are any bytes, so they are binary attributes, which DynamoDB orders bytewise as the port does. A write
// with a condition is a transaction of one action: its token makes it safe to send it again when an answer
// got lost, which costs the units of two writes for the few items that have a condition. Other writes cost
// one; when their answer gets lost they are written again, and the item counts a version more.
//
// Reads of the table are consistent, those of an index lag. One page of a partition that is read while a
// transaction writes several of its items may show some of them changed and others not yet: DynamoDB promises
// no more, though DynamoDB Local keeps to it.
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// defaultParallel is how many requests BatchGet and BatchPut have under way if the options do not say. A
// request takes some 5 ms, so that 32 are 6,000 a second.
const defaultParallel = 32

// answerWithin is how long an answer may take to begin; then the request counts as lost and is sent again.
const answerWithin = 20 * time.Second

// Options say where the table is.
type Options struct {
	Table       string
	Region      string
	Credentials aws.CredentialsProvider
	// Endpoint is the URL of an emulator; "" = Amazon's.
	Endpoint string
	// Client sends the requests; nil = the SDK's own. That one keeps as many connections open as Parallel,
	// also if it is given, as configurations of the SDK do; its own 10 would be made anew all the time.
	Client aws.HTTPClient
	// APIOptions go to the SDK's client, such as a middleware that counts calls.
	APIOptions []func(*middleware.Stack) error
	// Now gives the second (Unix) by which items expire: they are no longer read and count as absent, also
	// before DynamoDB takes them away, which takes it days. nil = only DynamoDB's own clock counts.
	Now func() int64
	// Parallel is how many requests a BatchGet or BatchPut has under way, 0 = 32.
	Parallel int
	// Recount lets BatchPut send 25 items with a request instead of one. The items then count their writes
	// from 1 again, whatever was there: only for tables in which no item is written both by BatchPut and
	// with IfVersion.
	Recount bool
}

// Table is a table.Table in one DynamoDB table. Its methods may be called from many goroutines.
type Table struct {
	client   *dynamodb.Client
	name     string
	now      func() int64
	parallel int
	recount  bool
}

var _ table.Table = (*Table)(nil)

// New returns the table; it sends nothing, so an error shows at the first use.
func New(options Options) *Table {
	return &Table{
		client: NewClient(options), name: options.Table, now: options.Now, parallel: options.parallel(),
		recount: options.Recount,
	}
}

func (o *Options) parallel() int {
	if o.Parallel <= 0 {
		return defaultParallel
	}
	return o.Parallel
}

// NewClient returns the SDK's client for the place and credentials of the options, for what is not in the
// port: making a table, its settings. It waits and tries again as the driver does: for ever while it is told
// that there is too much at once, a few times when something breaks.
func NewClient(options Options) *dynamodb.Client {
	if options.Client == nil {
		options.Client = awshttp.NewBuildableClient()
	}
	if own, ok := options.Client.(*awshttp.BuildableClient); ok {
		options.Client = own.WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns = max(t.MaxIdleConns, options.parallel())
			t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, options.parallel())
			t.ResponseHeaderTimeout = answerWithin
		})
	}
	o := dynamodb.Options{
		Region:      options.Region,
		Credentials: options.Credentials,
		HTTPClient:  options.Client,
		APIOptions:  append([]func(*middleware.Stack) error{countBroken}, options.APIOptions...),
		Retryer:     retryer{},
	}
	if options.Endpoint != "" {
		o.BaseEndpoint = &options.Endpoint
	}
	return dynamodb.New(o)
}

// Get gives an item; false if there is none.
func (t *Table) Get(ctx context.Context, key table.Key) (table.Item, bool, error) {
	if err := first(ctx.Err(), limit.Key(key)); err != nil {
		return table.Item{}, false, err
	}
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: keyAttributes(key), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return table.Item{}, false, t.failed(ctx, err)
	}
	if len(out.Item) == 0 {
		return table.Item{}, false, nil
	}
	item, err := parseItem(out.Item)
	if err != nil {
		return table.Item{}, false, t.failed(ctx, err)
	}
	if t.expired(&item) {
		return table.Item{}, false, nil
	}
	return item, true, nil
}

// Put writes an item with its condition. Over an item that has expired and is still there a Put without
// condition goes on counting versions, one with IfAbsent begins with 1.
func (t *Table) Put(ctx context.Context, item table.Item, when table.Condition) error {
	return t.write(ctx, table.Action{Item: item, When: when})
}

// Delete removes an item with its condition.
func (t *Table) Delete(ctx context.Context, item table.Item, when table.Condition) error {
	return t.write(ctx, table.Action{Item: item, When: when, Delete: true})
}

func (t *Table) write(ctx context.Context, a table.Action) error {
	if a.When != table.Always {
		return t.Transact(ctx, []table.Action{a})
	}
	check := limit.Key(a.Key)
	if !a.Delete {
		check = limit.Item(&a.Item)
	}
	if err := first(ctx.Err(), check); err != nil {
		return err
	}
	if !a.Delete {
		return t.update(ctx, &a.Item)
	}
	in := &dynamodb.DeleteItemInput{TableName: &t.name, Key: keyAttributes(a.Key)}
	if _, err := t.client.DeleteItem(ctx, in); err != nil {
		return t.failed(ctx, err)
	}
	return nil
}

// update writes an item over whatever is there, and counts its version up.
func (t *Table) update(ctx context.Context, item *table.Item) error {
	e := expression{}
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.name, Key: keyAttributes(item.Key), UpdateExpression: e.update(item),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	})
	if err != nil {
		return t.failed(ctx, err)
	}
	return nil
}

// Transact makes all writes or none. It costs two write units for each begun 1,024 bytes. Sent again after a
// lost answer it is known by its token, which the SDK draws for each call, for 10 minutes.
func (t *Table) Transact(ctx context.Context, actions []table.Action) error {
	if err := first(ctx.Err(), limit.Actions(actions)); err != nil || len(actions) == 0 {
		return err
	}
	in := &dynamodb.TransactWriteItemsInput{TransactItems: make([]types.TransactWriteItem, len(actions))}
	for i := range actions {
		in.TransactItems[i] = t.action(&actions[i])
	}
	_, err := t.client.TransactWriteItems(ctx, in)
	if err == nil {
		return nil
	}
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		for i, reason := range canceled.CancellationReasons {
			if i < len(actions) && aws.ToString(reason.Code) == conditionFailed {
				return fmt.Errorf("item %.80q %.80q: %w", actions[i].Partition, actions[i].Sort,
					table.ErrCondition)
			}
		}
	}
	return t.failed(ctx, err)
}

// action gives one write of a transaction.
func (t *Table) action(a *table.Action) types.TransactWriteItem {
	e := expression{}
	condition := e.condition(a, t.now)
	switch {
	case a.Delete:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &t.name, Key: keyAttributes(a.Key), ConditionExpression: condition,
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	case a.When == table.Always:
		return types.TransactWriteItem{Update: &types.Update{
			TableName: &t.name, Key: keyAttributes(a.Key), UpdateExpression: e.update(&a.Item),
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		}}
	}
	version := int64(1)
	if a.When == table.IfVersion {
		version = a.Version + 1
	}
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &t.name, Item: attributes(&a.Item, version), ConditionExpression: condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}}
}

// Sync has nothing to do: what DynamoDB has answered lasts.
func (t *Table) Sync(ctx context.Context) error { return ctx.Err() }

// expired says whether an item may no longer be seen.
func (t *Table) expired(item *table.Item) bool {
	return item.Expires != 0 && t.now != nil && item.Expires < t.now()
}

// failed names the table. What DynamoDB finds invalid is table.ErrInvalid too: a table of another schema, or
// a size that the port's own limits let pass.
func (t *Table) failed(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return fmt.Errorf("table %s: %w", t.name, ended) // the SDK's words for it are many
	}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "ValidationException" {
		return fmt.Errorf("table %s: %w: %w", t.name, table.ErrInvalid, err)
	}
	return fmt.Errorf("table %s: %w", t.name, err)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
