package tabletest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"multipoint/shared/table"
)

// model is the slow, obvious table: a list of items.
type model struct {
	items map[table.Key]table.Item
}

// holds says whether the condition of an action holds.
func (m model) holds(a table.Action) bool {
	was, found := m.items[a.Key]
	switch a.When {
	case table.IfAbsent:
		return !found
	case table.IfVersion:
		return found && was.Version == a.Version
	default:
		return true
	}
}

func (m model) apply(a table.Action) {
	if a.Delete {
		delete(m.items, a.Key)
		return
	}
	a.Version = m.items[a.Key].Version + 1
	m.items[a.Key] = a.Item
}

// in lists the items of a partition of the table or of an index, in order.
func (m model) in(index int, partition string) []table.Item {
	var found []table.Item
	for _, i := range m.items {
		if place(i, index).Partition == partition {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b table.Item) int {
		return cmp.Or(
			cmp.Compare(place(a, index).Sort, place(b, index).Sort),
			cmp.Compare(a.Partition, b.Partition),
			cmp.Compare(a.Sort, b.Sort),
		)
	})
	return found
}

func place(i table.Item, index int) table.Key {
	if index == 0 {
		return i.Key
	}
	return i.Index[index-1]
}

// randomKey is one of 36: collisions are what the test is about.
func randomKey(random *rand.Rand) table.Key {
	parts := []string{"a", "a\x00", "b", "\x00", "\xff", "ab"}
	return key(parts[random.IntN(len(parts))], parts[random.IntN(len(parts))])
}

func randomAction(random *rand.Rand, m model) table.Action {
	a := table.Action{Item: table.Item{Key: randomKey(random), Body: fmt.Append(nil, random.IntN(1000))}}
	for i := range a.Index {
		if random.IntN(3) > 0 {
			a.Index[i] = randomKey(random)
		}
	}
	a.Delete = random.IntN(4) == 0
	a.When = table.Condition(random.IntN(int(table.IfVersion) + 1))
	a.Version = m.items[a.Key].Version
	if random.IntN(4) == 0 {
		a.Version++
	}
	return a
}

// randomOperations writes at random and compares all that can be read with the model again and again. The
// seed is fixed: what fails once fails each time.
func randomOperations(s suite) {
	random := rand.New(rand.NewPCG(2026, 7)) // #nosec G404 -- a failure can be repeated
	m := model{map[table.Key]table.Item{}}
	for n := range s.options.Operations {
		s.randomOperation(random, m)
		if n%40 == 39 {
			s.compare(m)
		}
	}
	s.compare(m)
}

// randomOperation makes one or several writes, of the table and of the model.
func (s suite) randomOperation(random *rand.Rand, m model) {
	s.Helper()
	var actions []table.Action
	want, named := true, map[table.Key]bool{}
	kind := random.IntN(4)
	for range []int{1, 1, 1 + random.IntN(4), 1 + random.IntN(12)}[kind] {
		a := randomAction(random, m)
		if kind == 3 {
			a.Delete, a.When = false, table.Always
		}
		if !named[a.Key] {
			named[a.Key] = true
			actions = append(actions, a)
			want = want && m.holds(a)
		}
	}
	var err error
	switch {
	case kind == 3:
		var items []table.Item
		for _, a := range actions {
			items = append(items, a.Item)
		}
		err = s.table.BatchPut(s.Context(), items)
	case kind == 2:
		err = s.table.Transact(s.Context(), actions)
	case actions[0].Delete:
		err = s.table.Delete(s.Context(), actions[0].Item, actions[0].When)
	default:
		err = s.table.Put(s.Context(), actions[0].Item, actions[0].When)
	}
	if want && err != nil || !want && !errors.Is(err, table.ErrCondition) {
		s.Fatalf("%+v: error %v, the model says %v", actions, err, want)
	}
	if want {
		for _, a := range actions {
			m.apply(a)
		}
	}
}

// compare reads the table in every way and compares it with the model.
func (s suite) compare(m model) {
	s.Helper()
	parts := []string{"a", "a\x00", "b", "\x00", "\xff", "ab"}
	for _, partition := range parts {
		for index := range 1 + table.Indexes {
			want := m.in(index, partition)
			q := table.Query{Index: index, Partition: partition, Limit: len(want)}
			s.wantQuery(q, want)
			q.Backwards = true
			s.wantQuery(q, reversed(want))
		}
	}
	if got := s.scan(3); len(got) != len(m.items) {
		s.Fatalf("a scan gives %d items, the model has %d", len(got), len(m.items))
	}
	for _, got := range s.scan(1) {
		s.wantItem(got, m.items[got.Key])
	}
}
