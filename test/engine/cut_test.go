package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/object"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/standalone"
	"multipoint/shared/table"
	items "multipoint/shared/table/memory"
	"multipoint/test/model"
)

// digests runs a case and gives the digests of its runs, and all provider files.
func digests(t *testing.T, d *Days) string {
	t.Helper()
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := d.Service.Runs(t.Context(), func(r *day.Run) error {
		fmt.Fprintln(&out, r.Run, r.Digest)
		return nil
	})
	if err == nil {
		err = object.All(t.Context(), d.Objects, "outbox/", func(i object.Info) error {
			b, err := object.ReadAll(t.Context(), d.Objects, i.Key, 1<<20)
			fmt.Fprintf(&out, "%s %q\n", i.Key, b)
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestHowTheWorkIsCutChangesNothing compares digests and files for 1, 3 and 64 chunks, 1, 7 and 256 groups of
// buckets and tasks that run alone or many at a time.
func TestHowTheWorkIsCutChangesNothing(t *testing.T) {
	c := largest(t, 60)
	size := int64(0)
	for i := range c.Days {
		for j := range c.Days[i].Files {
			feed := c.Masters.Feeds[c.Days[i].Files[j].Feed]
			text, _, err := Bytes(&c.Days[i].Files[j], &feed, Encoding(&c.Days[i].Files[j]))
			if err != nil {
				t.Fatal(err)
			}
			size = max(size, int64(len(text)))
		}
	}
	want := digests(t, inMemory(&c, day.Options{}))
	if !strings.Contains(want, "outbox/") {
		t.Fatal("the case sends nothing")
	}
	for _, chunks := range []int64{1, 3, 64} {
		for _, groups := range []int{1, 7, 256} {
			t.Run(fmt.Sprintf("%d chunks, %d groups", chunks, groups), func(t *testing.T) {
				t.Parallel()
				d := inMemory(&c, day.Options{ChunkSize: size/chunks + 1, Groups: groups})
				d.Runner.Concurrency = []int{1, 8}[groups%2]
				if got := digests(t, d); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// largest gives the random case with the most lines of some.
func largest(t *testing.T, seeds uint64) (best model.Case) {
	t.Helper()
	most := -1
	for seed := uint64(1); seed <= seeds; seed++ {
		c := model.Random(seed, 60)
		n := 0
		for i := range c.Days {
			for j := range c.Days[i].Files {
				n += len(c.Days[i].Files[j].Lines)
			}
		}
		if n > most && expressible(&c) && len(c.Masters.Campaigns) > 0 {
			best, most = c, n
		}
	}
	return best
}

// TestOneChangedByteIsFound changes a byte of every object of a case's runs and of every item of its ledger,
// one after the other; verify names each.
func TestOneChangedByteIsFound(t *testing.T) {
	c := largest(t, 20)
	store, list := objects.New(objects.Options{}), items.New(nil)
	d := &Days{Case: &c, Objects: store, Table: list, Runner: standalone.RunnerOptions{}}
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	last, err := d.Service.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.Service.Manifest(t.Context(), last.Run)
	if err != nil {
		t.Fatal(err)
	}
	for last.Run > 1 && (m.Kind != day.Day || len(m.Grants) == 0) {
		last.Run--
		if m, err = d.Service.Manifest(t.Context(), last.Run); err != nil {
			t.Fatal(err)
		}
	}
	run := fmt.Sprintf("runs/R/%08d/", last.Run)
	keys := []string{run + "manifest.json", run + "pins.json", run + "vault"}
	err = object.All(t.Context(), store, "held/R/"+m.RunDate.String()+"/", func(i object.Info) error {
		keys = append(keys, i.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Parts {
		keys = append(keys, p.Key)
	}
	for _, key := range keys {
		b, err := object.ReadAll(t.Context(), store, key, 1<<24)
		if err != nil {
			t.Fatal(err)
		}
		info, err := store.Stat(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		put := func(b []byte) {
			if err := store.Put(t.Context(), key, bytes.NewReader(b), info.Metadata); err != nil {
				t.Fatal(err)
			}
		}
		changed := bytes.Clone(b)
		changed[len(b)/2] ^= 1
		put(changed)
		v, err := d.Service.Verify(t.Context(), last.Run, objects.New(objects.Options{}))
		if err != nil || v.Verdict != day.Different || v.Where != key {
			t.Errorf("%s changed: %+v %v", key, v, err)
		}
		put(b)
	}
	changeItems(t, d, list)
	if found := d.verify(t.Context()); len(found) > 0 {
		t.Errorf("all is as before: %v", found)
	}
}

// changeItems changes each item of the ledger and looks whether it is named, then lets the ledger be built
// again: it is the same to the byte.
func changeItems(t *testing.T, d *Days, list *items.Table) {
	t.Helper()
	built := items.New(nil)
	if err := d.Service.BuildLedger(t.Context(), built); err != nil {
		t.Fatal(err)
	}
	page, err := built.Scan(t.Context(), 0, 1, "")
	if err != nil || page.Next != "" || len(page.Items) < 10 {
		t.Fatalf("%d items, %v", len(page.Items), err)
	}
	for _, item := range page.Items {
		changed := item
		changed.Body = bytes.Clone(item.Body)
		changed.Body[len(changed.Body)/2] ^= 1
		if err := list.Put(t.Context(), changed, table.Always); err != nil {
			t.Fatal(err)
		}
		var found []*day.LedgerDifference
		err := d.Service.CompareLedger(t.Context(), built, func(x *day.LedgerDifference) error {
			found = append(found, x)
			return nil
		})
		if err != nil || len(found) != 1 || found[0].Key != item.Key || found[0].What != "changed" {
			t.Fatalf("%q changed: %+v %v", item.Key, found, err)
		}
		err = d.Service.VerifyLedger(t.Context(), items.New(nil))
		if fault.CodeOf(err) != fault.LedgerDiffers {
			t.Fatalf("%q changed: %v", item.Key, err)
		}
		if n, err := d.Service.RebuildLedger(t.Context(), items.New(nil)); n != 1 || err != nil {
			t.Fatalf("mended %d, %v", n, err)
		}
	}
}
