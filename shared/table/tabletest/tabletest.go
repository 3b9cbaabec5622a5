// Package tabletest is the conformance suite of the port table.Table: what every driver passes, so that what
// works on one machine works in the cloud.
package tabletest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"multipoint/shared/table"
)

// Options say what a driver may do that others do not.
type Options struct {
	// Lagging indexes are asked again until they agree, for at most Patience.
	Lagging  bool
	Patience time.Duration // 0 = 10 s
	// Operations is the number of random operations that are compared with a model; 0 = 600. Slow drivers
	// take fewer.
	Operations int
}

// Run tests the tables that open gives. Each one is empty and used by one test; open closes it with
// t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) table.Table, options Options) {
	t.Helper()
	if options.Patience == 0 {
		options.Patience = 10 * time.Second
	}
	if options.Operations == 0 {
		options.Operations = 600
	}
	for _, c := range []struct {
		name string
		run  func(s suite)
	}{
		{"GetGivesWhatWasPut", getGivesWhatWasPut},
		{"VersionsCountFromOne", versionsCountFromOne},
		{"ConditionsOfPut", conditionsOfPut},
		{"ConditionsOfDelete", conditionsOfDelete},
		{"BodiesBelongToTheirCallers", bodiesBelongToTheirCallers},
		{"KeysAreAnyBytes", keysAreAnyBytes},
		{"LimitsOfKeys", limitsOfKeys},
		{"LimitsOfItems", limitsOfItems},
		{"LimitsOfQueriesAndScans", limitsOfQueriesAndScans},
		{"QueriesByRange", queriesByRange},
		{"QueriesPageByPage", queriesPageByPage},
		{"CursorsAreChecked", cursorsAreChecked},
		{"PagesHaveAMegabyte", pagesHaveAMegabyte},
		{"EqualIndexKeysComeByTheirOwn", equalIndexKeysComeByTheirOwn},
		{"IndexEntriesMoveAndVanish", indexEntriesMoveAndVanish},
		{"ScanVisitsEachOnce", scanVisitsEachOnce},
		{"BatchGetInAnyOrder", batchGetInAnyOrder},
		{"BatchGetStopsAtAnError", batchGetStopsAtAnError},
		{"BatchPutWritesAll", batchPutWritesAll},
		{"TransactWritesAll", transactWritesAll},
		{"TransactIsAllOrNothing", transactIsAllOrNothing},
		{"LimitsOfTransactions", limitsOfTransactions},
		{"OneOfTheWritersWins", oneOfTheWritersWins},
		{"NoUpdateIsLost", noUpdateIsLost},
		{"TransactionsAreSeenWhole", transactionsAreSeenWhole},
		{"CancelledContexts", cancelledContexts},
		{"RandomOperationsAgreeWithAModel", randomOperations},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(suite{t, open(t), options}) })
	}
}

// suite is one test with its table.
type suite struct {
	*testing.T
	table   table.Table
	options Options
}

func key(partition, sort string) table.Key { return table.Key{Partition: partition, Sort: sort} }

func item(partition, sort, body string) table.Item {
	return table.Item{Key: key(partition, sort), Body: []byte(body)}
}

func (s suite) put(item table.Item) {
	s.Helper()
	if err := s.table.Put(s.Context(), item, table.Always); err != nil {
		s.Fatalf("Put: %v", err)
	}
}

func (s suite) batchPut(items []table.Item) {
	s.Helper()
	if err := s.table.BatchPut(s.Context(), items); err != nil {
		s.Fatalf("BatchPut: %v", err)
	}
	if err := s.table.Sync(s.Context()); err != nil {
		s.Fatalf("Sync: %v", err)
	}
}

// get gives an item that has to be there.
func (s suite) get(k table.Key) table.Item {
	s.Helper()
	got, found, err := s.table.Get(s.Context(), k)
	if err != nil || !found {
		s.Fatalf("Get(%q): found %v, error %v", k, found, err)
	}
	return got
}

// wantAbsent checks that there is no item of a key.
func (s suite) wantAbsent(k table.Key) {
	s.Helper()
	if got, found, err := s.table.Get(s.Context(), k); err != nil || found {
		s.Fatalf("Get(%q) = %+v, found %v, error %v; want none", k, got, found, err)
	}
}

// wantItem checks an item that was read, but for its version if want has none.
func (s suite) wantItem(got, want table.Item) {
	s.Helper()
	if why := differ(got, want); why != "" {
		s.Fatalf("item %q: %s", want.Key, why)
	}
}

func differ(got, want table.Item) string {
	switch {
	case got.Key != want.Key:
		return fmt.Sprintf("key %q, want %q", got.Key, want.Key)
	case got.Index != want.Index:
		return fmt.Sprintf("index keys %q, want %q", got.Index, want.Index)
	case want.Version != 0 && got.Version != want.Version:
		return fmt.Sprintf("version %d, want %d", got.Version, want.Version)
	case got.Expires != want.Expires:
		return fmt.Sprintf("expires %d, want %d", got.Expires, want.Expires)
	case !bytes.Equal(got.Body, want.Body):
		return fmt.Sprintf("body %.80q, want %.80q", got.Body, want.Body)
	}
	return ""
}

// wantError checks that an error is of a kind.
func (s suite) wantError(err, kind error) {
	s.Helper()
	if !errors.Is(err, kind) {
		s.Fatalf("error %v, want %v", err, kind)
	}
}

// all reads a query to its end, by pages.
func (s suite) all(q table.Query) []table.Item {
	s.Helper()
	var items []table.Item
	err := table.Each(s.Context(), s.table, q, func(item table.Item) error {
		items = append(items, item)
		return nil
	})
	if err != nil {
		s.Fatalf("Query(%+v): %v", q, err)
	}
	return items
}

// wantQuery checks what a query gives, item by item; an index that may lag is asked until it agrees.
func (s suite) wantQuery(q table.Query, want []table.Item) {
	s.Helper()
	deadline := time.Now().Add(s.options.Patience)
	for wait := time.Millisecond; ; wait *= 2 {
		why := differAll(s.all(q), want)
		if why == "" {
			return
		}
		if q.Index == 0 || !s.options.Lagging || time.Now().After(deadline) {
			s.Fatalf("Query(%+v): %s", q, why)
		}
		time.Sleep(wait)
	}
}

func differAll(got, want []table.Item) string {
	for i := range min(len(got), len(want)) {
		if why := differ(got[i], want[i]); why != "" {
			return fmt.Sprintf("item %d: %s\ngot  %s\nwant %s", i, why, names(got), names(want))
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d items, want %d\ngot  %s\nwant %s",
			len(got), len(want), names(got), names(want))
	}
	return ""
}

func names(items []table.Item) string {
	var b strings.Builder
	for i := range items[:min(len(items), 30)] {
		fmt.Fprintf(&b, "%.20q/%.20q ", items[i].Partition, items[i].Sort)
	}
	return b.String()
}

// scan reads all segments of the table, each to its end.
func (s suite) scan(segments int) []table.Item {
	s.Helper()
	var items []table.Item
	for segment := range segments {
		for cursor := ""; ; {
			page, err := s.table.Scan(s.Context(), segment, segments, cursor)
			if err != nil {
				s.Fatalf("Scan(%d, %d): %v", segment, segments, err)
			}
			items = append(items, page.Items...)
			if page.Next == "" {
				break
			}
			cursor = page.Next
		}
	}
	return items
}

// cancelled gives a context that is done.
func (s suite) cancelled() context.Context {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	return ctx
}
