package dynamo

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"multipoint/shared/table"
)

// Attributes of an item. Their names are short since they count for its size with each write.
const (
	PartitionKey = "pk"   // binary
	SortKey      = "sk"   // binary
	Body         = "b"    // binary, missing if empty
	Version      = "v"    // number
	Expires      = "ttl"  // number, Unix seconds, missing = never: the table's TTL attribute
	Index1       = "gsi1" // index of pk1, sk1
	Index2       = "gsi2" // index of pk2, sk2
)

// IndexName, IndexPartition and IndexSort name index n (from 1) and its keys, binary attributes that an item
// outside the index has not.
func IndexName(n int) string { return "gsi" + strconv.Itoa(n) }

// IndexPartition names the partition key of index n.
func IndexPartition(n int) string { return PartitionKey + strconv.Itoa(n) }

// IndexSort names the sort key of index n.
func IndexSort(n int) string { return SortKey + strconv.Itoa(n) }

// Schema gives what a table of this driver is made with. The stack adds what an emulator has not: TTL on the
// attribute Expires, recovery to any point in time, protection from deletion.
//
// Indexes hold the keys only. The product writes a million items a morning and reads an index for a page of
// a screen, so that writing and keeping is what costs: an entry of keys needs half the storage, and writing
// an item again at its places in the index (a run that is posted twice, a sale that gets a return) writes
// nothing to the index, where a copy of the item would cost a second write unit. In return a page of an index
// reads its items from the table, a read unit each, and so shows them as they are.
//
// Warm throughput for the morning. A write unit is a write of up to 1,024 bytes of an item with its keys and
// attribute names (6 bytes, 12 with a place in an index); an item of n bytes needs ⌈n/1024⌉, and each index
// that it is new in ⌈k/1024⌉ for its k bytes of keys, from the index's own throughput. An accepted line is
// an item of 250 to 300 bytes with one place in an index: 1 unit of the table and 1 of gsi1, so that a day
// of 1 M lines is 1 M units of each. A new table on demand takes 4,000 units a second (and 12,000 of reads),
// each index as well: 250 s. To post the day within 60 s warm both to 1 M ÷ 60 s ≈ 17,000 write units a
// second, 10 M lines in 5 minutes to 34,000; 40,000 is the quota of a table before one asks for more. One
// partition key never gets more than 1,000. Looking for duplicates reads 1 M keys consistently, 1 unit each
// up to 4,096 bytes, absent ones too: 84 s at 12,000. Once on demand has seen a morning it serves double of
// it at once, so the first large day is the one to warm for. Warming is paid once for what is added, and is
// never taken back.
func Schema(name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema:   keySchema(PartitionKey, SortKey),
	}
	in.AttributeDefinitions = binaryAttributes(PartitionKey, SortKey)
	for n := 1; n <= table.Indexes; n++ {
		in.AttributeDefinitions = append(in.AttributeDefinitions,
			binaryAttributes(IndexPartition(n), IndexSort(n))...)
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName:  aws.String(IndexName(n)),
			KeySchema:  keySchema(IndexPartition(n), IndexSort(n)),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		})
	}
	return in
}

func keySchema(partition, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &partition, KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}

func binaryAttributes(names ...string) []types.AttributeDefinition {
	var all []types.AttributeDefinition
	for _, name := range names {
		all = append(all, types.AttributeDefinition{
			AttributeName: &name, AttributeType: types.ScalarAttributeTypeB,
		})
	}
	return all
}
