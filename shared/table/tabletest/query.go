package tabletest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"multipoint/shared/table"
	"multipoint/shared/table/memory/limit"
)

func sortKey(n int) string { return fmt.Sprintf("%04d", n) }

// ladder writes items 0 to n-1 of partition "p", which stand in both indexes too, in the same order in the
// first and in the opposite one in the second. Neighbours in other partitions must never be seen.
func (s suite) ladder(n int) []table.Item {
	s.Helper()
	var items []table.Item
	for i := range n {
		items = append(items, item("p", sortKey(i), fmt.Sprint("item ", i)))
		items[i].Index = [table.Indexes]table.Key{key("i", "up"+sortKey(i)), key("i", sortKey(n-1-i))}
	}
	neighbours := []table.Item{item("o", sortKey(0), ""), item("p\x00", sortKey(0), ""), item("pp", "0", "")}
	for i, partition := range []string{"h", "i\x00", "ii"} {
		neighbours[i].Index = [table.Indexes]table.Key{key(partition, "up"), key(partition, "0")}
	}
	s.batchPut(slices.Concat(items, neighbours))
	s.wantQuery(table.Query{Index: 1, Partition: "i"}, items) // from here on the indexes agree
	s.wantQuery(table.Query{Index: 2, Partition: "i"}, reversed(items))
	return items
}

func reversed(items []table.Item) []table.Item {
	r := slices.Clone(items)
	slices.Reverse(r)
	return r
}

func queriesByRange(s suite) {
	items := s.ladder(30)
	down := reversed(items)
	for _, c := range []struct {
		q    table.Query
		want []table.Item
	}{
		{table.Query{}, items},
		{table.Query{From: "0007"}, items[7:]},
		{table.Query{From: "00065"}, items[7:]},
		{table.Query{To: "0007"}, items[:8]},
		{table.Query{To: "00075"}, items[:8]},
		{table.Query{From: "0003", To: "0003"}, items[3:4]},
		{table.Query{From: "0003", To: "0007"}, items[3:8]},
		{table.Query{From: "0007", To: "0003"}, nil},
		{table.Query{From: "1"}, nil},
		{table.Query{To: "00"}, nil},
		{table.Query{Prefix: "001"}, items[10:20]},
		{table.Query{Prefix: "001", From: "0025", To: "0026"}, items[10:20]},
		{table.Query{Prefix: "0017"}, items[17:18]},
		{table.Query{Prefix: "01"}, nil},
	} {
		for _, limit := range []int{0, 1, 4} {
			q := c.q
			q.Partition, q.Limit = "p", limit
			s.wantQuery(q, c.want)
			q.Backwards = true
			s.wantQuery(q, reversed(c.want))
		}
	}
	for _, backwards := range []bool{false, true} {
		up, back := items, down
		if backwards {
			up, back = down, items
		}
		s.wantQuery(table.Query{Index: 1, Partition: "i", Backwards: backwards}, up)
		s.wantQuery(table.Query{Index: 2, Partition: "i", Backwards: backwards}, back)
		s.wantQuery(table.Query{Index: 1, Partition: "i", Prefix: "up", Limit: 7, Backwards: backwards}, up)
	}
	s.wantQuery(table.Query{Index: 1, Partition: "i", From: "up0003", To: "up0007"}, items[3:8])
	s.wantQuery(table.Query{Index: 2, Partition: "i", From: "0000", To: "0004", Limit: 2}, down[:5])
	s.wantQuery(table.Query{Index: 2, Partition: "i", Prefix: "001"}, down[10:20])
	s.wantQuery(table.Query{Index: 1, Partition: "p"}, nil)
	s.wantQuery(table.Query{Partition: "nobody"}, nil)
}

func queriesPageByPage(s suite) {
	items := s.ladder(25)
	for _, q := range []table.Query{
		{Partition: "p"},
		{Partition: "p", From: "0004"},
		{Index: 1, Partition: "i"},
		{Index: 2, Partition: "i", Prefix: "0"},
	} {
		for _, backwards := range []bool{false, true} {
			q.Backwards, q.Limit, q.Cursor = backwards, 0, ""
			want := s.all(q)
			for q.Limit = 1; q.Limit <= 26; q.Limit += 5 {
				s.wantPages(q, want)
			}
		}
	}
	// Writes between pages neither repeat nor lose what stays where it is.
	q := table.Query{Partition: "p", Limit: 10}
	var page table.Page
	for len(page.Items) == 0 {
		var err error
		if page, err = s.table.Query(s.Context(), q); err != nil {
			s.Fatal(err)
		}
		q.Cursor = page.Next
	}
	for i := range page.Items {
		if err := s.table.Delete(s.Context(), page.Items[i], table.Always); err != nil {
			s.Fatal(err)
		}
	}
	s.put(item("p", "0000", "again"))
	s.wantQuery(q, items[len(page.Items):])
}

// wantPages reads a query page by page: none is longer than its limit, together they give what is wanted.
func (s suite) wantPages(q table.Query, want []table.Item) {
	s.Helper()
	var got []table.Item
	for range 10 * (len(want) + 1) {
		page, err := s.table.Query(s.Context(), q)
		if err != nil {
			s.Fatal(err)
		}
		if len(page.Items) > q.Limit {
			s.Fatalf("Query(%+v): a page of %d items", q, len(page.Items))
		}
		got = append(got, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if why := differAll(got, want); why != "" {
		s.Fatalf("Query(%+v): %s", q, why)
	}
}

func cursorsAreChecked(s suite) {
	s.ladder(5)
	ctx := s.Context()
	for _, index := range []int{0, 1} {
		q := table.Query{Index: index, Partition: []string{"p", "i"}[index], Limit: 1}
		page, err := s.table.Query(ctx, q)
		if err != nil || page.Next == "" {
			s.Fatalf("first page: cursor %q, error %v", page.Next, err)
		}
		_, err = s.table.Query(ctx, table.Query{Index: index, Partition: "other", Cursor: page.Next})
		s.wantError(err, table.ErrInvalid)
	}
	for _, cursor := range []string{"x", "\x00", "AAAA", "....", strings.Repeat("A", 20_000)} {
		_, err := s.table.Query(ctx, table.Query{Partition: "p", Cursor: cursor})
		s.wantError(err, table.ErrInvalid)
		_, err = s.table.Scan(ctx, 0, 1, cursor)
		s.wantError(err, table.ErrInvalid)
	}
}

func pagesHaveAMegabyte(s suite) {
	var items []table.Item
	for n := range 7 {
		items = append(items, item("p", sortKey(n), strings.Repeat("x", 390_000)))
		items[n].Index[1] = key("i", sortKey(n))
	}
	s.batchPut(items)
	for _, q := range []table.Query{{Partition: "p"}, {Index: 2, Partition: "i"}} {
		s.wantQuery(q, items)
		for {
			page, err := s.table.Query(s.Context(), q)
			if err != nil {
				s.Fatal(err)
			}
			s.wantSmall(page)
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		q.Backwards = true
		s.wantQuery(q, reversed(items))
	}
	page, err := s.table.Scan(s.Context(), 0, 1, "")
	if err != nil {
		s.Fatal(err)
	}
	s.wantSmall(page)
	if got := s.scan(2); len(got) != len(items) {
		s.Fatalf("a scan gives %d items, want %d", len(got), len(items))
	}
}

func (s suite) wantSmall(page table.Page) {
	s.Helper()
	bytes := 0
	for i := range page.Items {
		bytes += limit.Size(&page.Items[i])
	}
	if bytes > table.MaxPage {
		s.Fatalf("a page of %d bytes, at most %d", bytes, table.MaxPage)
	}
}

func equalIndexKeysComeByTheirOwn(s suite) {
	var items []table.Item
	for _, partition := range []string{"a", "a\x00", "b"} {
		for _, sort := range []string{"\x00", "1", "2", "\xff"} {
			i := item(partition, sort, "")
			i.Index = [table.Indexes]table.Key{key("same", "same"), key("same", "same\x00")}
			items = append(items, i)
		}
	}
	s.batchPut(reversed(items))
	for index := 1; index <= table.Indexes; index++ {
		for _, limit := range []int{0, 1, 5} {
			q := table.Query{Index: index, Partition: "same", Limit: limit}
			s.wantQuery(q, items)
			q.Prefix, q.Backwards = "same", true
			s.wantQuery(q, reversed(items))
		}
	}
	s.wantQuery(table.Query{Index: 2, Partition: "same", To: "same"}, nil)
	s.wantQuery(table.Query{Index: 1, Partition: "same", From: "same", To: "same"}, items)
}

func indexEntriesMoveAndVanish(s suite) {
	i := item("p", "s", "1")
	i.Index = [table.Indexes]table.Key{key("i", "a"), key("j", "b")}
	where := func(first, second string, want []table.Item) {
		s.Helper()
		s.wantQuery(table.Query{Index: 1, Partition: first}, want)
		s.wantQuery(table.Query{Index: 2, Partition: second}, want)
	}
	s.put(i)
	where("i", "j", []table.Item{i})
	i.Body = []byte("2") // the same places, another item
	s.put(i)
	where("i", "j", []table.Item{i})
	i.Index = [table.Indexes]table.Key{key("i2", "a"), key("j2", "b")}
	s.put(i)
	where("i", "j", nil)
	where("i2", "j2", []table.Item{i})
	i.Index = [table.Indexes]table.Key{key("j2", "b"), key("i2", "a")} // the indexes are not one
	s.batchPut([]table.Item{i})
	where("i2", "j2", nil)
	where("j2", "i2", []table.Item{i})
	i.Index = [table.Indexes]table.Key{}
	s.put(i)
	where("j2", "i2", nil)
	i.Index = [table.Indexes]table.Key{key("i", "a"), key("j", "b")}
	if err := s.table.Transact(s.Context(), []table.Action{{Item: i}}); err != nil {
		s.Fatal(err)
	}
	where("i", "j", []table.Item{i})
	i.Expires = math.MaxInt32
	s.put(i)
	s.wantError(s.table.Put(s.Context(), item("p", "s", ""), table.IfAbsent), table.ErrCondition)
	where("i", "j", []table.Item{i})
	if err := s.table.Delete(s.Context(), table.Item{Key: i.Key}, table.Always); err != nil {
		s.Fatal(err)
	}
	where("i", "j", nil)
}
