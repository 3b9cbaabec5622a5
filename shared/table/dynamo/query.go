package dynamo

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

// Query reads a partition, or an index, page by page.
func (t *Table) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := first(ctx.Err(), limit.Query(q)); err != nil {
		return table.Page{}, err
	}
	low, high := bounds(&q)
	if low > high {
		return table.Page{}, nil
	}
	if q.Index > 0 {
		return t.queryIndex(ctx, &q, low, high)
	}
	of := queryName(&q)
	in := t.queryInput(&q, PartitionKey, SortKey, low, high)
	in.ConsistentRead = aws.Bool(true)
	if q.Limit > 0 {
		in.Limit = count(q.Limit)
	}
	if q.Cursor != "" {
		at, err := parseCursor(q.Cursor, of, 1)
		if err != nil {
			return table.Page{}, err
		}
		if at[0] < low || at[0] > high {
			return table.Page{}, wrongCursor(q.Cursor)
		}
		in.ExclusiveStartKey = keyAttributes(table.Key{Partition: q.Partition, Sort: at[0]})
	}
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return table.Page{}, t.failed(ctx, err)
	}
	page, last, err := t.page(ctx, out.Items, out.LastEvaluatedKey)
	if last.Sort != "" {
		page.Next = formCursor(of, last.Sort)
	}
	return page, err
}

// queryInput asks for the keys of a partition from low to high, both included.
func (t *Table) queryInput(q *table.Query, partition, sort, low, high string) *dynamodb.QueryInput {
	e := expression{}
	condition := e.name(partition) + " = " + e.value("partition", bytesValue(q.Partition)) + " AND " +
		e.name(sort) + " BETWEEN " + e.value("low", bytesValue(low)) +
		" AND " + e.value("high", bytesValue(high))
	return &dynamodb.QueryInput{
		TableName: &t.name, KeyConditionExpression: &condition, ScanIndexForward: aws.Bool(!q.Backwards),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}
}

func queryName(q *table.Query) string { return fmt.Sprintf("query %d %s", q.Index, q.Partition) }

// count gives the number of items of a page as DynamoDB takes it.
func count(n int) *int32 { return aws.Int32(int32(min(n, 1<<20))) }

// bounds gives the first and the last sort key that a query may see. No key is empty or longer than MaxSort.
func bounds(q *table.Query) (low, high string) {
	low, high = q.From, q.To
	if q.Prefix != "" {
		low, high = q.Prefix, q.Prefix+strings.Repeat("\xff", table.MaxSort-len(q.Prefix))
	}
	if low == "" {
		low = "\x00"
	}
	if high == "" {
		high = strings.Repeat("\xff", table.MaxSort)
	}
	return low, high
}

// Scan reads one of several segments, which share the partitions out by DynamoDB's own hash of them.
func (t *Table) Scan(ctx context.Context, segment, segments int, cursor string) (table.Page, error) {
	if err := first(ctx.Err(), limit.Segment(segment, segments)); err != nil {
		return table.Page{}, err
	}
	of := fmt.Sprintf("scan %d %d", segment, segments)
	in := &dynamodb.ScanInput{
		TableName: &t.name, ConsistentRead: aws.Bool(true),
		Segment: aws.Int32(int32(segment)), TotalSegments: aws.Int32(int32(segments)), // at most 1 M
	}
	if cursor != "" {
		at, err := parseCursor(cursor, of, 2)
		if err != nil {
			return table.Page{}, err
		}
		in.ExclusiveStartKey = keyAttributes(table.Key{Partition: at[0], Sort: at[1]})
	}
	out, err := t.client.Scan(ctx, in)
	if err != nil {
		return table.Page{}, t.failed(ctx, err)
	}
	page, last, err := t.page(ctx, out.Items, out.LastEvaluatedKey)
	if last.Sort != "" {
		page.Next = formCursor(of, last.Partition, last.Sort)
	}
	return page, err
}

// page makes a page of an answer, and names the item behind which the next one begins, none at the end.
// DynamoDB's pages have up to 1,048,576 bytes, so that an item or two may be left for the next one.
func (t *Table) page(ctx context.Context, answer []values,
	end values,
) (p table.Page, last table.Key, err error) {
	size := 0
	for _, all := range answer {
		item, err := parseItem(all)
		if err != nil {
			return table.Page{}, table.Key{}, t.failed(ctx, err)
		}
		if !t.expired(&item) {
			if size += limit.Size(&item); size > table.MaxPage {
				return p, last, nil
			}
			p.Items = append(p.Items, item)
		}
		last = item.Key
	}
	if len(end) == 0 {
		return p, table.Key{}, nil
	}
	if last, err = parseKey(end, PartitionKey, SortKey); err != nil {
		return table.Page{}, table.Key{}, t.failed(ctx, err)
	}
	return p, last, nil
}

// A cursor has the keys of the last item of the page before it, with their lengths, behind a checksum of
// them and of the query that they belong to: cursors come back from outside.
func formCursor(of string, keys ...string) string {
	var plain []byte
	for _, key := range keys {
		plain = binary.AppendUvarint(plain, uint64(len(key)))
		plain = append(plain, key...)
	}
	return base64.RawURLEncoding.EncodeToString(append(checksum(of, plain), plain...))
}

func checksum(of string, plain []byte) []byte {
	sum := crc32.Update(crc32.ChecksumIEEE([]byte(of)), crc32.IEEETable, plain)
	return binary.BigEndian.AppendUint32(nil, sum)
}

// parseCursor gives the n keys of a cursor. Error: table.ErrInvalid if it is of another query.
func parseCursor(cursor, of string, n int) ([]string, error) {
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(plain) < crc32.Size {
		return nil, wrongCursor(cursor)
	}
	sum, plain := string(plain[:crc32.Size]), plain[crc32.Size:]
	if sum != string(checksum(of, plain)) {
		return nil, wrongCursor(cursor)
	}
	keys := make([]string, n)
	for i := range keys {
		length, size := binary.Uvarint(plain)
		if size <= 0 || length == 0 || length > uint64(len(plain)-size) {
			return nil, wrongCursor(cursor)
		}
		plain = plain[size:]
		keys[i], plain = string(plain[:length]), plain[length:]
	}
	if len(plain) > 0 {
		return nil, wrongCursor(cursor)
	}
	return keys, nil
}

func wrongCursor(cursor string) error {
	return fmt.Errorf("cursor %.80q is of no such query: %w", cursor, table.ErrInvalid)
}
