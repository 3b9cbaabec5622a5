package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRestoredDataVerifies(t *testing.T) {
	demoData(t)
	calls(t, exitOK, "day run")
	first := object[backupReport](t, calls(t, exitOK, "backup --to copies --json").stdout)
	calls(t, exitOK, "day run --date 2026-11-23")
	second := object[backupReport](t, calls(t, exitOK, "backup --to copies --keep 1 --json").stdout)
	if second.Objects <= first.Objects || len(second.Removed) != 0 || first.Bytes < 1000 {
		t.Errorf("%+v %+v", first, second)
	}
	before := calls(t, exitOK, "day show").stdout
	r := calls(t, exitOK, "restore --from copies --data restored")
	says(t, r.stdout, second.Generation, "multipoint verify --data restored")
	if got := calls(t, exitOK, "verify --data restored", "day show --data restored").stdout; got != before {
		t.Errorf("restored:\n%s\nbefore:\n%s", got, before)
	}
	old := object[backupReport](t, calls(t, exitOK,
		"restore --json --from copies --generation "+first.Generation+" --data older").stdout)
	if old.Objects != first.Objects || old.Retailer != "AOZORA" {
		t.Errorf("%+v", old)
	}
	calls(t, exitOK, "day run --data older --date 2026-11-23", "verify --data older")

	says(t, calls(t, exitUsage, "restore --from copies --data restored").stderr, "MP-3004")
	says(t, calls(t, exitUsage, "backup --to data/copies").stderr, "not kept in the folder")
	calls(t, exitUsage, "backup", "backup --to copies --keep -1", "restore --from copies")
	calls(t, exitFailed, "restore --from nowhere --data x", "restore --from copies --generation 1 --data x",
		"backup --data nowhere --to copies")

	settings := filepath.Join("copies", second.Generation, "multipoint.json")
	if err := os.WriteFile(settings, []byte(`{"retailer":"MINORI"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, calls(t, exitTotals, "restore --from copies --data x").stderr, "MP-4011", "multipoint.json")
	gone(t, "x", "x.tmp")
}
