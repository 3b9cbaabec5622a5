package dynamo_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"multipoint/shared/table"
	"multipoint/shared/table/dynamo"
	"multipoint/shared/table/memory/limit"
	"multipoint/shared/table/tabletest"
	"multipoint/test/emulator"
)

// local is a DynamoDB Local that several tests share.
type local struct {
	endpoint string
	tables   atomic.Int64
}

func options(endpoint string) dynamo.Options {
	return dynamo.Options{
		Table: "test", Region: "ap-northeast-1", Endpoint: endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	}
}

// open gives an empty table, which is gone after the test.
func (l *local) open(t testing.TB, change func(*dynamo.Options)) *dynamo.Table {
	t.Helper()
	o := options(l.endpoint)
	o.Table = fmt.Sprint("table-", l.tables.Add(1))
	client := dynamo.NewClient(o)
	if _, err := client.CreateTable(t.Context(), dynamo.Schema(o.Table)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in := &dynamodb.DeleteTableInput{TableName: &o.Table}
		if _, err := client.DeleteTable(context.Background(), in); err != nil {
			t.Error(err)
		}
	})
	if change != nil {
		change(&o)
	}
	return dynamo.New(o)
}

// over gives an empty table behind a wire.
func (l *local) over(t testing.TB, w *wire) *dynamo.Table {
	t.Helper()
	return l.open(t, func(o *dynamo.Options) { o.Client = w })
}

// TestOnDynamoDBLocal has all that needs DynamoDB, since starting it takes some seconds.
func TestOnDynamoDBLocal(t *testing.T) {
	l := &local{endpoint: emulator.DynamoDB(t)}
	for name, test := range map[string]func(t *testing.T, l *local){
		"Conformance":                        conformance,
		"ConformanceWithFaults":              conformanceWithFaults,
		"ExpiredItemsVanish":                 expiredItemsVanish,
		"PagesAreCut":                        pagesAreCut,
		"ManyEntriesAtOnePlace":              manyEntriesAtOnePlace,
		"EntriesThatLagAreLeftOut":           entriesThatLagAreLeftOut,
		"ThrottledRequestsEndRight":          throttledRequestsEndRight,
		"WhatWasNotProcessedIsSentAgain":     whatWasNotProcessedIsSentAgain,
		"LostAnswersOfConditions":            lostAnswersOfConditions,
		"TransactionsThatMeetAreMadeAgain":   transactionsThatMeetAreMadeAgain,
		"FailedConditionsAreNotTriedAgain":   failedConditionsAreNotTriedAgain,
		"RecountedItemsAreFirstVersions":     recountedItemsAreFirstVersions,
		"WriteUnitsAreAsTheSchemaSays":       writeUnitsAreAsTheSchemaSays,
		"CursorsOfOtherRangesAndSegments":    cursorsOfOtherRangesAndSegments,
		"TheSameKeyTwiceHasBodiesOfItsOwn":   theSameKeyTwiceHasBodiesOfItsOwn,
		"ErrorsOfDynamoDBNameTheTable":       errorsOfDynamoDBNameTheTable,
		"BatchesStopAtTheFirstErrorOfTheirs": batchesStopAtTheFirstErrorOfTheirs,
	} {
		t.Run(name, func(t *testing.T) { test(t, l) })
	}
}

func conformance(t *testing.T, l *local) {
	tabletest.Run(t, func(t *testing.T) table.Table { return l.open(t, nil) },
		tabletest.Options{Lagging: true, Operations: 200})
}

func place(partition, sort string) table.Key { return table.Key{Partition: partition, Sort: sort} }

func put(t *testing.T, in table.Table, item table.Item, when table.Condition) {
	t.Helper()
	if err := in.Put(t.Context(), item, when); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func wantVersion(t *testing.T, in table.Table, key table.Key, want int64) {
	t.Helper()
	got, found, err := in.Get(t.Context(), key)
	if err != nil || got.Version != want || found != (want > 0) {
		t.Fatalf("version %d, found %v, error %v; want version %d", got.Version, found, err, want)
	}
}

// numbered is an item with places in both indexes: in the first one by its number, in the second one the same
// for all.
func numbered(n, size int) table.Item {
	i := table.Item{Key: place(fmt.Sprint("p", n%9), fmt.Sprintf("%05d", n))}
	i.Index = [table.Indexes]table.Key{place("i", i.Sort), place("i", "same")}
	i.Body = []byte(strings.Repeat("x", size))
	return i
}

func many(n, size int) []table.Item {
	items := make([]table.Item, n)
	for i := range items {
		items[i] = numbered(i, size)
	}
	return items
}

// pages reads a query to its end, page by page, each of which has to keep to the port's bytes and the limit.
func pages(t *testing.T, in table.Table, q table.Query) (items []table.Item, count int) {
	t.Helper()
	for {
		page, err := in.Query(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		wantSmall(t, page, q.Limit)
		items = append(items, page.Items...)
		count++
		if q.Cursor = page.Next; q.Cursor == "" {
			return items, count
		}
	}
}

func wantSmall(t *testing.T, page table.Page, most int) {
	t.Helper()
	size := 0
	for i := range page.Items {
		size += limit.Size(&page.Items[i])
	}
	if size > table.MaxPage || most > 0 && len(page.Items) > most {
		t.Fatalf("a page of %d items and %d bytes", len(page.Items), size)
	}
}

func wantKeys(t *testing.T, got []table.Item, want []table.Item) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d items, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].Key != want[i].Key {
			t.Fatalf("item %d is %q, want %q", i, got[i].Key, want[i].Key)
		}
	}
}

func reversed(items []table.Item) []table.Item {
	items = slices.Clone(items)
	slices.Reverse(items)
	return items
}

// expiredItemsVanish: an expired item is read by no way and counts as absent.
func expiredItemsVanish(t *testing.T, l *local) {
	var now atomic.Int64
	now.Store(100)
	in := l.open(t, func(o *dynamo.Options) { o.Now = now.Load })
	for n := range 10 {
		i := numbered(n, 1)
		i.Expires = int64(100 * (n % 2)) // 0 = never
		put(t, in, i, table.IfAbsent)
	}
	wantReadable(t, in, 10)
	now.Store(101)
	wantReadable(t, in, 5)
	again := numbered(1, 1)
	again.Version = 1
	wantError(t, in.Put(t.Context(), again, table.IfVersion), table.ErrCondition)
	wantError(t, in.Delete(t.Context(), again, table.IfVersion), table.ErrCondition)
	put(t, in, again, table.IfAbsent)
	wantVersion(t, in, again.Key, 1)
	wantReadable(t, in, 6)
	put(t, in, again, table.IfVersion)
	gone := numbered(3, 1)
	if err := in.Delete(t.Context(), gone, table.IfAbsent); err != nil {
		t.Fatal(err)
	}
	put(t, in, numbered(5, 1), table.Always) // goes on counting, and no longer expires
	wantVersion(t, in, numbered(5, 1).Key, 2)
	wantReadable(t, in, 7)
}

// wantReadable counts the items that each way of reading gives.
func wantReadable(t *testing.T, in *dynamo.Table, want int) {
	t.Helper()
	var got, batch, indexed, scanned, queried int
	var keys []table.Key
	for n := range 10 {
		keys = append(keys, numbered(n, 1).Key)
		if _, found, err := in.Get(t.Context(), keys[n]); err != nil {
			t.Fatal(err)
		} else if found {
			got++
		}
	}
	err := in.BatchGet(t.Context(), keys, func(_ int, _ table.Item, found bool) error {
		if found {
			batch++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	items, _ := pages(t, in, table.Query{Index: 1, Partition: "i"})
	indexed = len(items)
	for p := range 9 {
		items, _ := pages(t, in, table.Query{Partition: fmt.Sprint("p", p)})
		queried += len(items)
	}
	page, err := in.Scan(t.Context(), 0, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	scanned = len(page.Items)
	if got != want || batch != want || indexed != want || scanned != want || queried != want {
		t.Fatalf("Get %d, BatchGet %d, index %d, Scan %d, Query %d; want %d",
			got, batch, indexed, scanned, queried, want)
	}
}

// pagesAreCut: a page of DynamoDB, 1,048,576 bytes, is more than one of the port.
func pagesAreCut(t *testing.T, l *local) {
	in := l.open(t, nil)
	items := many(250, 10_000)
	for n := range items {
		items[n].Key = place("p", items[n].Sort)
	}
	if err := in.BatchPut(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	for index, partition := range []string{"p", "i", "i"} {
		q := table.Query{Index: index, Partition: partition}
		got, count := pages(t, in, q)
		wantKeys(t, got, items)
		if count < 3 || count > 5 {
			t.Errorf("%d pages", count)
		}
		q.Backwards = true
		got, _ = pages(t, in, q)
		wantKeys(t, got, reversed(items))
	}
	var scanned []table.Item
	for cursor := ""; ; {
		page, err := in.Scan(t.Context(), 0, 1, cursor)
		if err != nil {
			t.Fatal(err)
		}
		wantSmall(t, page, 0)
		scanned = append(scanned, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	wantKeys(t, scanned, items)
}

// manyEntriesAtOnePlace: items with equal index keys come in the order of their own, whatever DynamoDB does
// and wherever pages end.
func manyEntriesAtOnePlace(t *testing.T, l *local) {
	w := &wire{}
	in := l.over(t, w)
	items := many(300, 1)
	if err := in.BatchPut(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(items, func(a, b table.Item) int {
		return strings.Compare(a.Partition+a.Sort, b.Partition+b.Sort)
	})
	w.fault = func(c *call) (*http.Response, error) {
		if c.operation == "Query" {
			return c.shortened(70)
		}
		return c.send()
	}
	for _, limit := range []int{0, 1, 40, 299, 300, 301} {
		q := table.Query{Index: 2, Partition: "i", Limit: limit}
		if limit == 1 {
			q.From = "same\x00" // nothing
			got, _ := pages(t, in, q)
			wantKeys(t, got, nil)
			continue
		}
		got, _ := pages(t, in, q)
		wantKeys(t, got, items)
		q.Backwards = true
		got, _ = pages(t, in, q)
		wantKeys(t, got, reversed(items))
	}
}

// entriesThatLagAreLeftOut: an index may still name an item where it was, or one that is gone.
func entriesThatLagAreLeftOut(t *testing.T, l *local) {
	w := &wire{fault: func(c *call) (*http.Response, error) {
		if c.operation != "Query" {
			return c.send()
		}
		answer, response, err := c.ask()
		if err != nil || response != nil {
			return response, err
		}
		entries, _ := answer["Items"].([]any)
		entry, _ := entries[0].(object)
		moved, gone := maps.Clone(entry), maps.Clone(entry)
		moved["sk1"] = object{"B": base64.StdEncoding.EncodeToString([]byte("99999"))}
		gone["sk"] = object{"B": base64.StdEncoding.EncodeToString([]byte("nobody"))}
		answer["Items"] = append(entries, moved, gone)
		return answered(http.StatusOK, answer)
	}}
	in := l.over(t, w)
	items := many(3, 1)
	if err := in.BatchPut(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	got, _ := pages(t, in, table.Query{Index: 1, Partition: "i"})
	wantKeys(t, got, items)
}

func recountedItemsAreFirstVersions(t *testing.T, l *local) {
	w := &wire{}
	in := l.open(t, func(o *dynamo.Options) { o.Client, o.Recount = w, true })
	items := many(60, 300)
	put(t, in, items[7], table.Always)
	put(t, in, items[7], table.Always)
	w.seen()
	if err := in.BatchPut(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	if calls := w.seen(); calls["BatchWriteItem"] != 3 || len(calls) != 1 {
		t.Errorf("calls %v, want 3 of BatchWriteItem", calls)
	}
	for _, n := range []int{0, 7, 59} {
		wantVersion(t, in, items[n].Key, 1)
	}
	got, _ := pages(t, in, table.Query{Index: 1, Partition: "i"})
	wantKeys(t, got, items)
}

func theSameKeyTwiceHasBodiesOfItsOwn(t *testing.T, l *local) {
	in := l.open(t, nil)
	put(t, in, numbered(1, 3), table.Always)
	key := numbered(1, 3).Key
	err := in.BatchGet(t.Context(), []table.Key{key, key}, func(_ int, item table.Item, _ bool) error {
		if string(item.Body) != "xxx" {
			return fmt.Errorf("body %q", item.Body)
		}
		copy(item.Body, "yyy")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func cursorsOfOtherRangesAndSegments(t *testing.T, l *local) {
	in := l.open(t, nil)
	items := many(90, 1)
	if err := in.BatchPut(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	for _, q := range []table.Query{
		{Partition: "p1", From: "00010", Limit: 1},
		{Index: 1, Partition: "i", From: "00010", Limit: 1},
	} {
		page, err := in.Query(t.Context(), q)
		if err != nil || page.Next == "" {
			t.Fatal(page, err)
		}
		q.Cursor = page.Next
		q.From, q.To = "00020", "00030" // the cursor stands before
		_, err = in.Query(t.Context(), q)
		wantError(t, err, table.ErrInvalid)
	}
	one, err := in.Query(t.Context(), table.Query{Index: 1, Partition: "i", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = in.Query(t.Context(), table.Query{Index: 2, Partition: "i", Cursor: one.Next})
	wantError(t, err, table.ErrInvalid)
	for _, cursor := range []string{one.Next, one.Next[:len(one.Next)-2], "!"} {
		_, err = in.Scan(t.Context(), 0, 2, cursor)
		wantError(t, err, table.ErrInvalid)
	}
}

// writeUnitsAreAsTheSchemaSays: a small item costs a unit of the table and one of each index that it is new
// in; written again at its places, none of those.
func writeUnitsAreAsTheSchemaSays(t *testing.T, l *local) {
	var units [3]float64
	w := &wire{}
	w.fault = func(c *call) (*http.Response, error) {
		c.body["ReturnConsumedCapacity"] = "INDEXES"
		answer, response, err := c.ask()
		if err != nil || response != nil {
			return response, err
		}
		used, _ := answer["ConsumedCapacity"].(object)
		if list, ok := answer["ConsumedCapacity"].([]any); ok {
			used, _ = list[0].(object)
		}
		of := func(o any) float64 {
			used, _ := o.(object)
			n, _ := used["CapacityUnits"].(float64)
			return n
		}
		indexes, _ := used["GlobalSecondaryIndexes"].(object)
		units = [3]float64{of(used["Table"]), of(indexes["gsi1"]), of(indexes["gsi2"])}
		return answered(http.StatusOK, answer)
	}
	in := l.over(t, w)
	item := numbered(1, 250)
	item.Index[1] = table.Key{}
	large := numbered(2, 1100)
	for _, c := range []struct {
		item table.Item
		want [3]float64
	}{
		{item, [3]float64{1, 1, 0}},
		{item, [3]float64{1, 0, 0}}, // its places are those of before
		{large, [3]float64{2, 1, 1}},
	} {
		put(t, in, c.item, table.Always)
		if units != c.want {
			t.Errorf("writing %d bytes: %v units, want %v", len(c.item.Body), units, c.want)
		}
	}
}

// BenchmarkBatchPut writes 10,000 items of 300 bytes with a place in an index each.
func BenchmarkBatchPut(b *testing.B) {
	l := &local{endpoint: emulator.DynamoDB(b)}
	items := make([]table.Item, 10_000)
	for n := range items {
		items[n] = numbered(n, 270)
		items[n].Index[1] = table.Key{}
	}
	for name, recount := range map[string]bool{"counting": false, "recounting": true} {
		b.Run(name, func(b *testing.B) {
			in := l.open(b, func(o *dynamo.Options) { o.Recount = recount })
			for b.Loop() {
				if err := in.BatchPut(b.Context(), items); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*len(items))/b.Elapsed().Seconds(), "items/s")
		})
	}
}
