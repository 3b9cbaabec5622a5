package tabletest

import (
	"bytes"
	"strings"

	"multipoint/shared/table"
)

func limitsOfKeys(s suite) {
	long := key(strings.Repeat("p", table.MaxPartition), strings.Repeat("s", table.MaxSort))
	longest := table.Item{Key: long, Index: [table.Indexes]table.Key{long, long}, Body: []byte("x")}
	s.put(longest)
	s.wantItem(s.get(long), longest)
	for index := range 1 + table.Indexes {
		s.wantQuery(table.Query{Index: index, Partition: long.Partition, From: long.Sort, To: long.Sort},
			[]table.Item{longest})
	}
	for _, bad := range []table.Key{
		{},
		key("", "s"),
		key("p", ""),
		key(long.Partition+"p", "s"),
		key("p", long.Sort+"s"),
	} {
		s.wantRefused(table.Item{Key: bad})
		if _, _, err := s.table.Get(s.Context(), bad); err == nil {
			s.Fatalf("Get takes the key %.20q", bad)
		}
		s.wantError(s.table.Delete(s.Context(), table.Item{Key: bad}, table.Always), table.ErrInvalid)
		err := s.table.BatchGet(s.Context(), []table.Key{key("p", "s"), bad},
			func(int, table.Item, bool) error { return nil })
		s.wantError(err, table.ErrInvalid)
		if bad != (table.Key{}) {
			s.wantRefused(table.Item{Key: key("p", "s"), Index: [table.Indexes]table.Key{{}, bad}})
		}
	}
	s.wantAbsent(key("p", "s"))
}

// wantRefused checks that no way of writing takes an item.
func (s suite) wantRefused(bad table.Item) {
	s.Helper()
	ctx := s.Context()
	good := item("good", "good", "")
	s.wantError(s.table.Put(ctx, bad, table.Always), table.ErrInvalid)
	s.wantError(s.table.BatchPut(ctx, []table.Item{good, bad}), table.ErrInvalid)
	s.wantError(s.table.Transact(ctx, []table.Action{{Item: good}, {Item: bad}}), table.ErrInvalid)
	s.wantAbsent(good.Key)
}

func limitsOfItems(s suite) {
	largest := table.Item{Key: key("p", "s"), Index: [table.Indexes]table.Key{key("i1", "abc")}}
	largest.Body = bytes.Repeat([]byte("b"), table.MaxItem-len("psi1abc"))
	s.put(largest)
	s.batchPut([]table.Item{largest})
	s.wantItem(s.get(largest.Key), largest)
	s.wantQuery(table.Query{Index: 1, Partition: "i1"}, []table.Item{largest})
	larger := largest
	larger.Key = key("p", "t")
	larger.Body = append(bytes.Clone(largest.Body), 'b')
	s.wantRefused(larger)
	s.wantAbsent(larger.Key)
	if err := s.table.BatchPut(s.Context(), nil); err != nil {
		s.Fatalf("BatchPut of nothing: %v", err)
	}
}

func limitsOfQueriesAndScans(s suite) {
	ctx := s.Context()
	s.put(item("p", "s", ""))
	tooLong := strings.Repeat("s", table.MaxSort+1)
	for _, q := range []table.Query{
		{},
		{Partition: strings.Repeat("p", table.MaxPartition+1)},
		{Partition: "p", Index: -1},
		{Partition: "p", Index: table.Indexes + 1},
		{Partition: "p", Limit: -1},
		{Partition: "p", From: tooLong},
		{Partition: "p", To: tooLong},
		{Partition: "p", Prefix: tooLong},
	} {
		_, err := s.table.Query(ctx, q)
		s.wantError(err, table.ErrInvalid)
	}
	for _, c := range [][2]int{{0, 0}, {0, -1}, {-1, 1}, {1, 1}, {16, 16}} {
		_, err := s.table.Scan(ctx, c[0], c[1], "")
		s.wantError(err, table.ErrInvalid)
	}
}

func limitsOfTransactions(s suite) {
	ctx := s.Context()
	if err := s.table.Transact(ctx, nil); err != nil {
		s.Fatalf("Transact of nothing: %v", err)
	}
	actions := make([]table.Action, table.MaxActions+1)
	for n := range actions {
		actions[n].Item = item("p", sortKey(n), "x")
	}
	s.wantError(s.table.Transact(ctx, actions), table.ErrInvalid)
	s.wantAbsent(actions[0].Key)
	if err := s.table.Transact(ctx, actions[:table.MaxActions]); err != nil {
		s.Fatal(err)
	}
	if got := s.all(table.Query{Partition: "p"}); len(got) != table.MaxActions {
		s.Fatalf("%d items, want %d", len(got), table.MaxActions)
	}
	a, b := table.Action{Item: item("q", "a", "")}, table.Action{Item: item("q", "b", "")}
	twice := []table.Action{a, b, a}
	s.wantError(s.table.Transact(ctx, twice), table.ErrInvalid)
	twice[2].Delete = true
	s.wantError(s.table.Transact(ctx, twice), table.ErrInvalid)
	twice[2] = table.Action{Item: item("q", "c", ""), When: table.IfVersion + 1}
	s.wantError(s.table.Transact(ctx, twice), table.ErrInvalid)
	s.wantAbsent(key("q", "b"))

	heavy := make([]table.Action, 11)
	for n := range heavy {
		heavy[n].Item = item("h", sortKey(n), strings.Repeat("x", table.MaxTransact/10-10))
	}
	s.wantError(s.table.Transact(ctx, heavy), table.ErrInvalid)
	s.wantAbsent(heavy[0].Key)
	if err := s.table.Transact(ctx, heavy[:10]); err != nil {
		s.Fatal(err)
	}
	for n := range heavy[:10] {
		s.wantItem(s.get(heavy[n].Key), heavy[n].Item)
	}
}
