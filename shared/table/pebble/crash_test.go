package pebble_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multipoint/shared/table"
	"multipoint/shared/table/pebble"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// account is a pair of items that one transaction writes, and an index entry each: after a loss of power both
// are there with the same number, or none.
func account(writer, n int) []table.Action {
	var actions []table.Action
	for _, side := range []string{"debit", "credit"} {
		i := table.Item{
			Key:  table.Key{Partition: fmt.Sprint("account ", writer), Sort: side},
			Body: fmt.Append(make([]byte, n%3000), n),
		}
		i.Index[0] = table.Key{Partition: "balance", Sort: fmt.Sprintf("%06d %d", n, writer)}
		actions = append(actions, table.Action{Item: i})
	}
	return actions
}

// TestPowerLoss cuts the power while writers are at work, with and without the luck that some of what was not
// synced got to the disk.
func TestPowerLoss(t *testing.T) {
	for seed := range uint64(9) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { powerLoss(t, seed) })
	}
}

const writers = 4

func powerLoss(t *testing.T, seed uint64) {
	files := vfs.NewCrashableMem()
	running := open(t, files, pebble.Options{})
	var acknowledged [writers]atomic.Int64
	stop := make(chan struct{})
	var all sync.WaitGroup
	for writer := range writers {
		all.Go(func() {
			for n := 1; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := write(t, running, writer, n); err != nil {
					t.Error(err)
					return
				}
				acknowledged[writer].Store(int64(n))
			}
		})
	}
	random := rand.New(rand.NewPCG(seed, 1))
	until := int64(20 + random.IntN(100))
	for acknowledged[0].Load() < until && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	var least [writers]int64
	for writer := range least {
		least[writer] = acknowledged[writer].Load()
	}
	crashed := files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: int(seed%3) * 50, RNG: random})
	close(stop)
	all.Wait()
	after := open(t, crashed, pebble.Options{})
	for writer := range least {
		wantAccount(t, after, writer, least[writer])
	}
	wantIndexes(t, after)
}

// write changes an account durably: by a transaction, or in a batch with a Sync.
func write(t *testing.T, to table.Table, writer, n int) error {
	actions := account(writer, n)
	if writer%2 == 0 {
		return to.Transact(t.Context(), actions)
	}
	items := []table.Item{actions[0].Item, actions[1].Item}
	for i := range 8 { // enough that tables are written too
		filler := table.Item{Body: make([]byte, 2000)}
		filler.Key = table.Key{Partition: fmt.Sprint("filler ", n%50), Sort: fmt.Sprint(writer, i)}
		items = append(items, filler)
	}
	return errors.Join(to.BatchPut(t.Context(), items), to.Sync(t.Context()))
}

func wantAccount(t *testing.T, in table.Table, writer int, least int64) {
	t.Helper()
	var got [2]int64
	for i, action := range account(writer, 1) {
		item, found, err := in.Get(t.Context(), action.Key)
		if err != nil {
			t.Fatal(err)
		}
		if found {
			got[i] = item.Version
		}
	}
	if got[0] < least {
		t.Errorf("account %d: write %d was durable, %d is there", writer, least, got[0])
	}
	if writer%2 == 0 && got[0] != got[1] {
		t.Errorf("account %d: half a transaction: %v", writer, got)
	}
}

// wantIndexes checks that each item has its index entries and each entry its item.
func wantIndexes(t *testing.T, in table.Table) {
	t.Helper()
	want := map[table.Key]string{}
	for cursor := ""; ; {
		page, err := in.Scan(t.Context(), 0, 1, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if item.Index[0].Partition != "" {
				want[item.Key] = item.Index[0].Sort
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	got := map[table.Key]string{}
	err := table.Each(t.Context(), in, table.Query{Index: 1, Partition: "balance"}, func(i table.Item) error {
		if _, twice := got[i.Key]; twice {
			return fmt.Errorf("%q stands twice in the index", i.Key)
		}
		got[i.Key] = i.Index[0].Sort
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d entries in the index, %d items", len(got), len(want))
	}
	for key, sort := range want {
		if got[key] != sort {
			t.Errorf("%q stands at %q in the index, want %q", key, got[key], sort)
		}
	}
}

// TestPowerLossAtOnce: without a Sync BatchPut promises nothing; with it everything, however much it was.
func TestPowerLossAtOnce(t *testing.T) {
	files := vfs.NewCrashableMem()
	running := open(t, files, pebble.Options{})
	items := func(partition string) []table.Item {
		all := make([]table.Item, 9000)
		for n := range all {
			all[n].Key = table.Key{Partition: partition, Sort: fmt.Sprint(n)}
			all[n].Index[0] = table.Key{Partition: "balance", Sort: fmt.Sprint(n)}
			all[n].Body = make([]byte, 3000) // 27 MB: more than a memtable
		}
		return all
	}
	if err := running.BatchPut(t.Context(), items("synced")); err != nil {
		t.Fatal(err)
	}
	if err := running.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := running.BatchPut(t.Context(), items("lost")[:100]); err != nil {
		t.Fatal(err)
	}
	after := open(t, files.CrashClone(vfs.CrashCloneCfg{}), pebble.Options{})
	found := map[string]int{}
	for _, partition := range []string{"synced", "lost"} {
		err := table.Each(t.Context(), after, table.Query{Partition: partition}, func(table.Item) error {
			found[partition]++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found["synced"] != 9000 || found["lost"] != 0 {
		t.Fatalf("found %v, want 9000 synced and none of the others", found)
	}
	wantIndexes(t, after)
}
