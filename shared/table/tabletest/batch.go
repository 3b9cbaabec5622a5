package tabletest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"multipoint/shared/table"
)

func scanVisitsEachOnce(s suite) {
	if got := s.scan(3); len(got) != 0 {
		s.Fatalf("a scan of an empty table gives %d items", len(got))
	}
	var items []table.Item
	for n := range 400 {
		i := item(fmt.Sprint("p", n%57), sortKey(n), strings.Repeat("x", n))
		i.Index = [table.Indexes]table.Key{key("i", "same"), key("j", sortKey(n))}
		items = append(items, i)
	}
	s.batchPut(items)
	for _, segments := range []int{1, 3, 16} {
		got := s.scan(segments)
		slices.SortFunc(got, func(a, b table.Item) int { return strings.Compare(a.Sort, b.Sort) })
		if why := differAll(got, items); why != "" {
			s.Fatalf("scan of %d segments: %s", segments, why)
		}
	}
	largest := 0
	for segment := range 3 {
		page, err := s.table.Scan(s.Context(), segment, 3, "")
		if err != nil {
			s.Fatal(err)
		}
		largest = max(largest, len(page.Items))
	}
	if largest == len(items) {
		s.Fatal("one of three segments holds everything")
	}
}

func batchGetInAnyOrder(s suite) {
	var items []table.Item
	for n := range 300 {
		i := item(fmt.Sprint("p", n%7), sortKey(n), fmt.Sprint("body ", n))
		i.Index[n%2] = key("i", sortKey(n))
		items = append(items, i)
	}
	s.batchPut(items)
	var keys []table.Key
	for n := range 600 {
		keys = append(keys, key(fmt.Sprint("p", n%7), sortKey(n))) // the second half is not there
	}
	ascending := slices.SortedFunc(slices.Values(keys), func(a, b table.Key) int {
		return strings.Compare(a.Partition+"\x00"+a.Sort, b.Partition+"\x00"+b.Sort)
	})
	descending := slices.Clone(ascending)
	slices.Reverse(descending)
	shuffled := slices.Clone(keys)
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a failure can be repeated
	random.Shuffle(len(shuffled), func(i, j int) {
		shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
	})
	twice := slices.Repeat(shuffled[:50], 2)
	for _, order := range [][]table.Key{ascending, descending, shuffled, twice, nil} {
		next := 0
		err := s.table.BatchGet(s.Context(), order, func(i int, got table.Item, found bool) error {
			if i != next {
				return fmt.Errorf("call %d is for key %d", next, i)
			}
			next++
			n, err := strconv.Atoi(order[i].Sort)
			if err != nil {
				return err
			}
			if found != (n < len(items)) {
				return fmt.Errorf("key %q: found %v", order[i], found)
			}
			if found {
				if why := differ(got, items[n]); why != "" {
					return fmt.Errorf("key %q: %s", order[i], why)
				}
			}
			return nil
		})
		if err != nil || next != len(order) {
			s.Fatalf("BatchGet: %d of %d keys, error %v", next, len(order), err)
		}
	}
}

func batchGetStopsAtAnError(s suite) {
	s.put(item("p", "a", "1"))
	s.put(item("p", "b", "2"))
	stop := errors.New("enough")
	calls := 0
	keys := []table.Key{key("p", "a"), key("p", "b"), key("p", "c")}
	err := s.table.BatchGet(s.Context(), keys, func(int, table.Item, bool) error {
		if calls++; calls == 2 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || calls != 2 {
		s.Fatalf("%d calls, error %v", calls, err)
	}
	// Whoever visits may use the table.
	err = s.table.BatchGet(s.Context(), keys, func(i int, _ table.Item, _ bool) error {
		return s.table.Put(s.Context(), item("q", keys[i].Sort, ""), table.IfAbsent)
	})
	if err != nil || len(s.all(table.Query{Partition: "q"})) != 3 {
		s.Fatalf("writing while visiting: %v", err)
	}
}

func batchPutWritesAll(s suite) {
	var items []table.Item
	random := rand.New(rand.NewPCG(3, 4)) // #nosec G404 -- a failure can be repeated
	for _, n := range random.Perm(2500) {
		i := item(fmt.Sprint("p", n%3), sortKey(n), fmt.Sprint(n))
		i.Index[0] = key("i", sortKey(n%100))
		items = append(items, i)
	}
	s.put(items[17])
	s.put(items[17])
	s.batchPut(items)
	for n := range items {
		items[n].Version = 1
	}
	items[17].Version = 3
	for _, n := range []int{0, 17, 1000, 2499} {
		s.wantItem(s.get(items[n].Key), items[n])
	}
	if got := s.scan(1); len(got) != len(items) {
		s.Fatalf("%d items, want %d", len(got), len(items))
	}
	// A second time, each somewhere else in the index: nothing of the first is left.
	for n := range items {
		items[n].Index[0] = key("i2", "x")
		items[n].Version++
	}
	s.batchPut(items)
	s.wantQuery(table.Query{Index: 1, Partition: "i"}, nil)
	slices.SortFunc(items, func(a, b table.Item) int {
		return strings.Compare(a.Partition+a.Sort, b.Partition+b.Sort)
	})
	s.wantQuery(table.Query{Index: 1, Partition: "i2"}, items)
}
