package tabletest

import (
	"math"
	"strings"

	"multipoint/shared/table"
)

func getGivesWhatWasPut(s suite) {
	s.wantAbsent(key("p", "s"))
	full := table.Item{
		Key:     key("p", "s"),
		Index:   [table.Indexes]table.Key{key("i1", "a"), key("i2", "b")},
		Version: 77, // not what is written: drivers count
		Expires: math.MaxInt32,
		Body:    []byte("\x00body\xff"),
	}
	s.put(full)
	full.Version = 1
	s.wantItem(s.get(full.Key), full)
	s.wantAbsent(key("p", "s2"))
	s.wantAbsent(key("p2", "s"))
	s.put(table.Item{Key: key("p", "empty")})
	s.wantItem(s.get(key("p", "empty")), table.Item{Key: key("p", "empty"), Version: 1})
	half := table.Item{Key: key("p", "s"), Index: [table.Indexes]table.Key{{}, key("i2", "c")}}
	s.put(half)
	half.Version = 2
	s.wantItem(s.get(half.Key), half)
}

func versionsCountFromOne(s suite) {
	for want := int64(1); want <= 3; want++ {
		s.put(item("p", "s", "x"))
		if got := s.get(key("p", "s")).Version; got != want {
			s.Fatalf("version %d after %d writes", got, want)
		}
	}
	s.batchPut([]table.Item{item("p", "s", "y")})
	action := table.Action{Item: item("p", "s", "z")}
	if err := s.table.Transact(s.Context(), []table.Action{action}); err != nil {
		s.Fatal(err)
	}
	if got := s.get(key("p", "s")).Version; got != 5 {
		s.Fatalf("version %d after 5 writes", got)
	}
	if err := s.table.Delete(s.Context(), item("p", "s", ""), table.Always); err != nil {
		s.Fatal(err)
	}
	s.put(item("p", "s", "x"))
	if got := s.get(key("p", "s")).Version; got != 1 {
		s.Fatalf("version %d of an item written anew", got)
	}
}

func conditionsOfPut(s suite) {
	ctx, t := s.Context(), s.table
	versioned := func(version int64, body string) table.Item {
		i := item("p", "s", body)
		i.Version = version
		return i
	}
	s.wantError(t.Put(ctx, versioned(0, "a"), table.IfVersion), table.ErrCondition)
	s.wantError(t.Put(ctx, versioned(1, "a"), table.IfVersion), table.ErrCondition)
	s.wantAbsent(key("p", "s"))
	if err := t.Put(ctx, versioned(9, "a"), table.IfAbsent); err != nil {
		s.Fatal(err)
	}
	s.wantError(t.Put(ctx, versioned(1, "b"), table.IfAbsent), table.ErrCondition)
	s.wantError(t.Put(ctx, versioned(2, "b"), table.IfVersion), table.ErrCondition)
	s.wantError(t.Put(ctx, versioned(0, "b"), table.IfVersion), table.ErrCondition)
	s.wantItem(s.get(key("p", "s")), versioned(1, "a"))
	if err := t.Put(ctx, versioned(1, "b"), table.IfVersion); err != nil {
		s.Fatal(err)
	}
	s.wantItem(s.get(key("p", "s")), versioned(2, "b"))
	s.wantError(t.Put(ctx, versioned(1, "c"), table.IfVersion), table.ErrCondition)
	s.wantError(t.Put(ctx, versioned(2, "c"), table.IfVersion+1), table.ErrInvalid)
	s.wantItem(s.get(key("p", "s")), versioned(2, "b"))
}

func conditionsOfDelete(s suite) {
	ctx, t := s.Context(), s.table
	first := item("p", "s", "a")
	if err := t.Delete(ctx, first, table.Always); err != nil {
		s.Fatalf("Delete of no item: %v", err)
	}
	first.Version = 1
	s.wantError(t.Delete(ctx, first, table.IfVersion), table.ErrCondition)
	if err := t.Delete(ctx, first, table.IfAbsent); err != nil {
		s.Fatalf("Delete if absent: %v", err)
	}
	s.put(first)
	s.put(first)
	s.wantError(t.Delete(ctx, first, table.IfVersion), table.ErrCondition)
	s.wantError(t.Delete(ctx, first, table.IfAbsent), table.ErrCondition)
	s.wantError(t.Delete(ctx, first, table.IfVersion+1), table.ErrInvalid)
	s.get(first.Key)
	first.Version = 2
	if err := t.Delete(ctx, first, table.IfVersion); err != nil {
		s.Fatal(err)
	}
	s.wantAbsent(first.Key)
	s.put(first)
	if err := t.Delete(ctx, table.Item{Key: first.Key, Version: 99}, table.Always); err != nil {
		s.Fatal(err)
	}
	s.wantAbsent(first.Key)
}

func bodiesBelongToTheirCallers(s suite) {
	body := []byte("given")
	i := table.Item{Key: key("p", "put"), Index: [table.Indexes]table.Key{key("i", "1")}, Body: body}
	s.put(i)
	batch, transacted := i, i
	batch.Key, transacted.Key = key("p", "batch"), key("p", "transacted")
	s.batchPut([]table.Item{batch})
	if err := s.table.Transact(s.Context(), []table.Action{{Item: transacted}}); err != nil {
		s.Fatal(err)
	}
	copy(body, "12345")
	keys := []table.Key{batch.Key, i.Key, transacted.Key}
	check := func() {
		s.Helper()
		for _, k := range keys {
			if got := s.get(k); string(got.Body) != "given" {
				s.Fatalf("body %q of %q: somebody else wrote it", got.Body, k)
			}
		}
	}
	check()
	spoil := func(item table.Item) error {
		copy(item.Body, "spoil")
		return nil
	}
	for _, k := range keys {
		_ = spoil(s.get(k))
		check()
	}
	for index, partition := range []string{"p", "i"} {
		q := table.Query{Index: index, Partition: partition}
		if err := table.Each(s.Context(), s.table, q, spoil); err != nil {
			s.Fatal(err)
		}
		check()
	}
	err := s.table.BatchGet(s.Context(), keys, func(_ int, item table.Item, _ bool) error {
		return spoil(item)
	})
	if err != nil {
		s.Fatal(err)
	}
	check()
	for _, item := range s.scan(1) {
		_ = spoil(item)
	}
	check()
}

// anyBytes are keys in the order of their bytes, made to be mistaken for one another by a careless encoding.
func anyBytes() []string {
	return []string{
		"\x00", "\x00\x00", "\x00\x00\x01", "\x00\x01", "\x00\x01\x00", "\x00\x02",
		"\x00\xff", "\x00\xff\x01",
		"\x01", "\x01\x00", "#", "A", "A\x00", "A\x00\x00", "A\x00\x01", "A\x00\x01B", "A\x00\xff",
		"A\x00\xff\x00", "A\x01", "AA", "A\xff", "B", "a", "\u30a2", "\u4e00", "\xfe\xff", "\xff", "\xff\x00",
		"\xff\xff", "\xff\xff\xff",
	}
}

func keysAreAnyBytes(s suite) {
	all := anyBytes()
	var items []table.Item
	for _, partition := range all {
		for _, sort := range all {
			i := item(partition, sort, partition+"/"+sort)
			i.Index[0] = key(sort, partition)
			items = append(items, i)
		}
	}
	s.batchPut(items)
	for n := range items {
		s.wantItem(s.get(items[n].Key), items[n])
	}
	for p, partition := range all {
		s.wantQuery(table.Query{Partition: partition}, items[p*len(all):(p+1)*len(all)])
		s.wantQuery(table.Query{Partition: partition, From: all[3], To: all[9]},
			items[p*len(all)+3:p*len(all)+10])
		var transposed []table.Item
		for o := range all {
			transposed = append(transposed, items[o*len(all)+p])
		}
		s.wantQuery(table.Query{Index: 1, Partition: partition}, transposed)
		s.wantQuery(table.Query{Index: 1, Partition: partition, From: all[5], To: all[20]}, transposed[5:21])
	}
	for p, prefix := range all {
		var want, wantIndexed []table.Item
		for o, sort := range all {
			if strings.HasPrefix(sort, prefix) {
				want = append(want, items[p*len(all)+o])
				wantIndexed = append(wantIndexed, items[o*len(all)+p])
			}
		}
		s.wantQuery(table.Query{Partition: prefix, Prefix: prefix, From: "x", To: "a"}, want)
		s.wantQuery(table.Query{Index: 1, Partition: prefix, Prefix: prefix}, wantIndexed)
	}
	if got := s.scan(1); len(got) != len(items) {
		s.Fatalf("a scan gives %d items, want %d", len(got), len(items))
	}
}
