package memory_test

import (
	"fmt"
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/memory"
	"multipoint/shared/table/tabletest"
)

func TestConformance(t *testing.T) {
	tabletest.Run(t, func(*testing.T) table.Table { return memory.New(nil) }, tabletest.Options{})
}

func named(sort, body string) table.Item {
	i := table.Item{Key: table.Key{Partition: "p", Sort: sort}, Body: []byte(body)}
	i.Index[0] = table.Key{Partition: "i", Sort: body}
	return i
}

// bodies lists an index, which must agree with the table.
func bodies(t *testing.T, in *memory.Table) string {
	t.Helper()
	list := ""
	err := table.Each(t.Context(), in, table.Query{Index: 1, Partition: "i"}, func(i table.Item) error {
		list += fmt.Sprintf("%s=%s ", i.Sort, i.Body)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := in.Scan(t.Context(), 0, 1, "")
	if err != nil || len(page.Items)*len("a=1 ") != len(list) {
		t.Fatalf("%d items in the table, %q in the index, error %v", len(page.Items), list, err)
	}
	return list
}

func TestCrashKeepsWhatWasDurable(t *testing.T) {
	ctx := t.Context()
	in := memory.New(nil)
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	step(in.Put(ctx, named("a", "1"), table.Always))
	step(in.BatchPut(ctx, []table.Item{named("a", "2"), named("b", "2"), named("c", "2")}))
	step(in.Put(ctx, named("c", "3"), table.Always)) // durable, whatever was before it
	if got := bodies(t, in); got != "a=2 b=2 c=3 " {
		t.Fatalf("before: %s", got)
	}
	after := in.Crash()
	if got := bodies(t, after); got != "a=1 c=3 " {
		t.Fatalf("a crash leaves %s", got)
	}
	step(in.Sync(ctx))
	step(in.BatchPut(ctx, []table.Item{named("b", "4")}))
	step(in.Delete(ctx, named("a", ""), table.Always))
	if got := bodies(t, in.Crash()); got != "b=2 c=3 " {
		t.Fatalf("a crash after a Sync leaves %s", got)
	}
	step(after.Put(ctx, named("z", "9"), table.Always))
	if _, found, err := in.Get(ctx, named("z", "").Key); err != nil || found {
		t.Fatal("the table before the crash sees writes behind it")
	}
}

func TestExpiredItemsVanish(t *testing.T) {
	now := int64(100)
	in := memory.New(func() int64 { return now })
	i := named("a", "1")
	i.Expires = 100
	if err := in.Put(t.Context(), i, table.Always); err != nil {
		t.Fatal(err)
	}
	if got := bodies(t, in); got != "a=1 " {
		t.Fatalf("in its last second: %q", got)
	}
	now++
	if err := in.Put(t.Context(), named("a", "2"), table.IfAbsent); err != nil {
		t.Fatal(err)
	}
	if got := bodies(t, in); got != "a=2 " {
		t.Fatalf("written anew: %q", got)
	}
}
