package memory_test

import (
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/memory"
	"multipoint/shared/table/tabletest"
)

func TestConformance(t *testing.T) {
	tabletest.Run(t, func(*testing.T) table.Table { return memory.New(nil) }, tabletest.Options{})
}
