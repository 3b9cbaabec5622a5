package pebble_test

import (
	"cmp"
	"encoding/hex"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/pebble"
)

const benchItems = 1_000_000

// benchKeys are keys as a ledger has them, in random order.
func benchKeys(seed uint64) []table.Key {
	random := rand.NewChaCha8([32]byte{byte(seed)})
	keys := make([]table.Key, benchItems)
	var hash [16]byte
	for n := range keys {
		_, _ = random.Read(hash[:])
		keys[n] = table.Key{Partition: "TXN#fictive#" + hex.EncodeToString(hash[:]), Sort: "txn"}
	}
	return keys
}

func benchTable(b *testing.B, keys []table.Key) *pebble.Table {
	b.Helper()
	opened, err := pebble.Open(b.TempDir(), pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := opened.Close(); err != nil {
			b.Error(err)
		}
	})
	body := make([]byte, 250-len(keys[0].Partition)-len("txn"))
	random := rand.NewChaCha8([32]byte{9})
	items := make([]table.Item, 10_000)
	for start := 0; start < len(keys); start += len(items) {
		for n := range items {
			k := keys[start+n]
			_, _ = random.Read(body[:len(body)/2])
			items[n] = table.Item{Key: k, Body: slices.Clone(body)}
			items[n].Index[0] = table.Key{Partition: "CARD#" + k.Partition[30:], Sort: "20260401"}
		}
		if err := opened.BatchPut(b.Context(), items); err != nil {
			b.Fatal(err)
		}
	}
	if err := opened.Sync(b.Context()); err != nil {
		b.Fatal(err)
	}
	return opened
}

// BenchmarkBatchPut writes 1 M items of 250 bytes with an index entry each, in random order of keys, syncs
// and closes.
func BenchmarkBatchPut(b *testing.B) {
	keys := benchKeys(1)
	runtime.GC()
	for b.Loop() {
		benchTable(b, keys)
	}
	b.ReportMetric(benchItems*float64(b.N)/b.Elapsed().Seconds(), "items/s")
}

// BenchmarkBatchGet reads 1 M ascending keys that are not there, and 1 M that are.
func BenchmarkBatchGet(b *testing.B) {
	keys := benchKeys(1)
	opened := benchTable(b, keys)
	order := func(a, b table.Key) int { return cmp.Compare(a.Partition, b.Partition) }
	for name, asked := range map[string][]table.Key{"absent": benchKeys(2), "present": keys} {
		slices.SortFunc(asked, order)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				found := 0
				err := opened.BatchGet(b.Context(), asked, func(_ int, _ table.Item, there bool) error {
					if there {
						found++
					}
					return nil
				})
				if err != nil || name == "absent" && found > 0 || name == "present" && found < benchItems {
					b.Fatalf("%d found, error %v", found, err)
				}
			}
			b.ReportMetric(benchItems*float64(b.N)/b.Elapsed().Seconds(), "keys/s")
		})
	}
}
