package tabletest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"multipoint/shared/table"
)

func transactWritesAll(s suite) {
	s.put(item("p", "changed", "1"))
	s.put(item("p", "deleted", "1"))
	changed := item("p", "changed", "2")
	changed.Version = 1
	deleted := item("p", "deleted", "")
	deleted.Version = 1
	indexed := item("q", "new", "3")
	indexed.Index[1] = key("j", "x")
	err := s.table.Transact(s.Context(), []table.Action{
		{Item: changed, When: table.IfVersion},
		{Item: deleted, When: table.IfVersion, Delete: true},
		{Item: indexed, When: table.IfAbsent},
		{Item: item("q", "guard", ""), When: table.IfAbsent, Delete: true},
	})
	if err != nil {
		s.Fatal(err)
	}
	changed.Version = 2
	s.wantItem(s.get(changed.Key), changed)
	s.wantAbsent(deleted.Key)
	s.wantAbsent(key("q", "guard"))
	indexed.Version = 1
	s.wantItem(s.get(indexed.Key), indexed)
	s.wantQuery(table.Query{Index: 2, Partition: "j"}, []table.Item{indexed})
}

func transactIsAllOrNothing(s suite) {
	there := item("p", "there", "1")
	there.Index[0] = key("i", "there")
	s.put(there)
	there.Version = 1
	moved := there
	moved.Index[0] = key("i", "moved")
	stale := there
	stale.Version = 2
	for _, failing := range []table.Action{
		{Item: there, When: table.IfAbsent},
		{Item: stale, When: table.IfVersion},
		{Item: stale, When: table.IfVersion, Delete: true},
		{Item: there, When: table.IfAbsent, Delete: true},
		{Item: item("p", "none", ""), When: table.IfVersion},
	} {
		first, last := item("p", "first", "x"), item("p", "last", "x")
		first.Index[0] = key("i", "first")
		actions := []table.Action{{Item: first, When: table.IfAbsent}, failing, {Item: last}}
		if failing.Key != there.Key {
			actions = append(actions, table.Action{Item: moved})
		}
		s.wantError(s.table.Transact(s.Context(), actions), table.ErrCondition)
		s.wantAbsent(first.Key)
		s.wantAbsent(last.Key)
		s.wantItem(s.get(there.Key), there)
		s.wantQuery(table.Query{Index: 1, Partition: "i"}, []table.Item{there})
	}
}

// together runs n writers at the same time and gives the error of each.
func together(n int, write func(writer int) error) []error {
	var all sync.WaitGroup
	errs := make([]error, n)
	start := make(chan struct{})
	for writer := range n {
		all.Go(func() {
			<-start
			errs[writer] = write(writer)
		})
	}
	close(start)
	all.Wait()
	return errs
}

func oneOfTheWritersWins(s suite) {
	ctx := s.Context()
	s.put(item("p", "versioned", ""))
	s.put(item("p", "transacted", ""))
	s.put(item("p", "deleted", ""))
	for name, write := range map[string]func(writer int) error{
		"IfAbsent": func(writer int) error {
			return s.table.Put(ctx, item("p", "absent", fmt.Sprint(writer)), table.IfAbsent)
		},
		"IfVersion": func(writer int) error {
			i := item("p", "versioned", fmt.Sprint(writer))
			i.Version = 1
			return s.table.Put(ctx, i, table.IfVersion)
		},
		"Transact": func(writer int) error {
			i := item("p", "transacted", fmt.Sprint(writer))
			i.Version = 1
			return s.table.Transact(ctx, []table.Action{
				{Item: item("w", sortKey(writer), "")}, {Item: i, When: table.IfVersion},
			})
		},
		"Delete": func(int) error {
			i := item("p", "deleted", "")
			i.Version = 1
			return s.table.Delete(ctx, i, table.IfVersion)
		},
	} {
		won := 0
		for writer, err := range together(16, write) {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, table.ErrCondition):
				s.Fatalf("%s: writer %d: %v", name, writer, err)
			}
		}
		if won != 1 {
			s.Fatalf("%s: %d of 16 writers won", name, won)
		}
	}
	if got := s.all(table.Query{Partition: "w"}); len(got) != 1 {
		s.Fatalf("%d losers of transactions left something", len(got)-1)
	}
}

func noUpdateIsLost(s suite) {
	ctx := s.Context()
	s.put(item("p", "count", "0"))
	for _, err := range together(4, func(int) error {
		for done := 0; done < 10; {
			i, _, err := s.table.Get(ctx, key("p", "count"))
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(string(i.Body))
			if err != nil {
				return err
			}
			i.Body = fmt.Append(nil, n+1)
			switch err := s.table.Put(ctx, i, table.IfVersion); {
			case err == nil:
				done++
			case !errors.Is(err, table.ErrCondition):
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			s.Fatal(err)
		}
	}
	if got := s.get(key("p", "count")); string(got.Body) != "40" || got.Version != 41 {
		s.Fatalf("count %s at version %d, want 40 at 41", got.Body, got.Version)
	}
}

func transactionsAreSeenWhole(s suite) {
	ctx := s.Context()
	pair := func(body string) []table.Action {
		return []table.Action{{Item: item("p", "a", body)}, {Item: item("p", "b", body)}}
	}
	if err := s.table.Transact(ctx, pair("start")); err != nil {
		s.Fatal(err)
	}
	var done atomic.Bool
	for _, err := range together(3, func(worker int) error {
		if worker == 0 {
			defer done.Store(true)
			for n := range 50 {
				if err := s.table.Transact(ctx, pair(fmt.Sprint(n))); err != nil {
					return err
				}
			}
			return nil
		}
		for !done.Load() {
			// One page of one partition: what a transaction wrote there is seen at once.
			page, err := s.table.Query(ctx, table.Query{Partition: "p"})
			if err != nil {
				return err
			}
			if len(page.Items) == 2 && string(page.Items[0].Body) != string(page.Items[1].Body) {
				return fmt.Errorf("half a transaction: %s, %s", page.Items[0].Body, page.Items[1].Body)
			}
		}
		return nil
	}) {
		if err != nil {
			s.Fatal(err)
		}
	}
}

func cancelledContexts(s suite) {
	ctx, t := s.cancelled(), s.table
	s.put(item("p", "s", "1"))
	_, _, err := t.Get(ctx, key("p", "s"))
	s.wantError(err, context.Canceled)
	s.wantError(t.Put(ctx, item("p", "s", "2"), table.Always), context.Canceled)
	s.wantError(t.Delete(ctx, item("p", "s", ""), table.Always), context.Canceled)
	s.wantError(t.BatchPut(ctx, []table.Item{item("p", "t", "")}), context.Canceled)
	s.wantError(t.Transact(ctx, []table.Action{{Item: item("p", "t", "")}}), context.Canceled)
	s.wantError(t.Sync(ctx), context.Canceled)
	_, err = t.Query(ctx, table.Query{Partition: "p"})
	s.wantError(err, context.Canceled)
	_, err = t.Scan(ctx, 0, 1, "")
	s.wantError(err, context.Canceled)
	s.wantError(t.BatchGet(ctx, []table.Key{key("p", "s")}, func(int, table.Item, bool) error {
		return errors.New("called")
	}), context.Canceled)
	s.wantAbsent(key("p", "t"))
	s.wantItem(s.get(key("p", "s")), table.Item{Key: key("p", "s"), Version: 1, Body: []byte("1")})

	during, cancel := context.WithCancel(s.Context())
	defer cancel()
	keys := make([]table.Key, 20_000)
	for n := range keys {
		keys[n] = key("p", sortKey(n))
	}
	err = t.BatchGet(during, keys, func(int, table.Item, bool) error {
		cancel()
		return nil
	})
	s.wantError(err, context.Canceled)
}
