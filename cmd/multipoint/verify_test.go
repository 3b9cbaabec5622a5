package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	port "multipoint/shared/table"
	"multipoint/shared/table/pebble"
)

// firstKey gives the first object on disk whose key begins so.
func firstKey(t *testing.T, prefix string) (key string) {
	t.Helper()
	root := os.DirFS(filepath.Join("data", "objects", "objects", "multipoint"))
	err := fs.WalkDir(root, ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && key == "" && !e.IsDir() && strings.HasPrefix(path, prefix) {
			key = path
		}
		return err
	})
	if err != nil || key == "" {
		t.Fatalf("no object %s: %v", prefix, err)
	}
	return key
}

// TestVerifyNamesTheObjectThatWasChanged changes one byte of a stored part, of a held file, of the manifest.
func TestVerifyNamesTheObjectThatWasChanged(t *testing.T) {
	demoData(t)
	calls(t, exitOK, "day run")
	for _, prefix := range []string{
		"runs/AOZORA/00000001/a1/grant/", "held/AOZORA/2026-11-22/", "runs/AOZORA/00000001/manifest.json",
	} {
		key := firstKey(t, prefix)
		flipIn(t, key)
		r := calls(t, exitTotals, "verify 1")
		says(t, r.stdout, "DIFFERENT", "at "+key)
		v := object[verifyReport](t, calls(t, exitTotals, "verify 1 --json").stdout)
		if v.OK || len(v.Runs) != 1 || v.Runs[0].Where != key || v.Runs[0].Verdict != sayDifferent {
			t.Errorf("%+v", v)
		}
		flipIn(t, key)
	}
	calls(t, exitOK, "verify 1")
}

// TestLedgerIsRebuilt takes an item away, changes one and adds one.
func TestLedgerIsRebuilt(t *testing.T) {
	demoData(t)
	calls(t, exitOK, "day run")
	items, err := pebble.Open(filepath.Join("data", "table"), pebble.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var found []port.Item
	for cursor := ""; ; {
		page, err := items.Scan(t.Context(), 0, 1, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if strings.HasPrefix(item.Partition, "TXN\x00") {
				found = append(found, item)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	extra, changed := found[2], found[1]
	extra.Partition = extra.Partition[:len(extra.Partition)-1] + "\x7f"
	changed.Body = append(bytes.Clone(changed.Body), 0)
	if err := items.Delete(t.Context(), found[0], port.Always); err != nil {
		t.Fatal(err)
	}
	for _, item := range []port.Item{changed, extra} {
		if err := items.Put(t.Context(), item, port.Always); err != nil {
			t.Fatal(err)
		}
	}
	if err := items.Close(); err != nil {
		t.Fatal(err)
	}
	r := calls(t, exitTotals, "verify")
	says(t, r.stdout, "run 1    day        2026-11-22  identical",
		"ledger                          DIFFERENT",
		"missing", "changed", "extra", "ledger rebuild")
	v := object[verifyReport](t, calls(t, exitTotals, "verify --json").stdout)
	if v.OK || v.Ledger.Different != 3 || len(v.Ledger.Items) != 3 {
		t.Errorf("%+v", v.Ledger)
	}
	if r := object[rebuildReport](t, calls(t, exitOK, "ledger rebuild --json").stdout); r.Mended != 3 {
		t.Errorf("mended %d", r.Mended)
	}
	calls(t, exitOK, "verify")
	says(t, calls(t, exitOK, "ledger rebuild").stdout, "nothing was changed")
	balances := object[balancesReport](t, calls(t, exitOK, "ledger show --json").stdout)
	if len(balances.Accounts) != 3 || balances.Accounts[0].Provider != "HOSHI" ||
		balances.Accounts[0].Sent != -balances.Accounts[0].Issued {
		t.Errorf("%+v", balances)
	}
}
