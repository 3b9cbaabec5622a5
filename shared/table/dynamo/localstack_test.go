package dynamo_test

import (
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/tabletest"
	"multipoint/test/emulator"
)

// TestConformanceOnLocalStack runs the suite over LocalStack, which reads each request itself before it hands
// it to DynamoDB Local, and each answer.
func TestConformanceOnLocalStack(t *testing.T) {
	emulator.OnlyFull(t)
	l := &local{endpoint: emulator.LocalStackWithTables(t)}
	tabletest.Run(t, func(t *testing.T) table.Table { return l.open(t, nil) },
		tabletest.Options{Lagging: true, Operations: 100})
}
