package main

import (
	"path/filepath"
	"strings"
	"testing"

	"multipoint/events"
)

func TestArrivalsAreFoundByTheirNames(t *testing.T) {
	masters, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(masters)
	data := filepath.Join(t.TempDir(), "data")
	file := write(t, filepath.Join(t.TempDir(), "TR20261123.DAT"), readAll(t, "day/TR20261121.DAT"))
	in := " --data " + data
	calls(t, exitOK, "masters publish --from 2020-01-01 masters"+in)
	put := "intake put --json --arrived 2026-11-22T05:59:59 day/pos_0001.csv day/TR20261121.DAT" + in
	first := object[receiptsReport](t, calls(t, exitOK, put).stdout)
	again := object[receiptsReport](t, calls(t, exitOK, put).stdout)
	if len(first.Arrivals) != 2 || len(again.Arrivals) != 2 {
		t.Fatalf("%+v %+v", first, again)
	}
	for i, a := range first.Arrivals {
		b := again.Arrivals[i]
		if a.RunDate != "2026-11-22" || a.Arrived != "2026-11-22T05:59:59+09:00" || a.Chunks != 1 ||
			a.Again || !b.Again || a.ID != b.ID || len(a.SHA256) != 64 {
			t.Errorf("put %+v, again %+v", a, b)
		}
	}
	// Without a time it arrives now; before its run opens it is the same arrival.
	now := object[receiptsReport](t, calls(t, exitOK, "intake put --json "+file+in).stdout).Arrivals[0]
	same := object[receiptsReport](t, calls(t, exitOK, "intake put --json "+file+in).stdout).Arrivals[0]
	if now.Again || !same.Again || now.ID != same.ID || now.Feed != "HOST" {
		t.Errorf("%+v, again %+v", now, same)
	}
	at6 := "intake put --arrived 2026-11-22T06:00:00+09:00 --feed HOST day/TR20261121.DAT" + in
	says(t, calls(t, exitOK, at6).stdout, "for the run of 2026-11-23", "20261122-060000-")
	says(t, calls(t, exitInput, "intake put members.csv"+in).stdout, "REFUSED MP-1130 feed.unknown")
	says(t, calls(t, exitOK, "intake list TR2026"+in).stdout, "TR20261123.DAT", "waits for its run")
	list := object[receiptsReport](t, calls(t, exitOK, "intake list TR20261121 --json"+in).stdout)
	if len(list.Arrivals) != 2 || list.Arrivals[0].RunDate != "2026-11-22" {
		t.Errorf("%+v", list)
	}
	says(t, calls(t, exitOK, "intake list nothing"+in).stdout, "Nothing came in")
	calls(t, exitUsage, "intake put"+in, "intake put --arrived yesterday day/pos_0001.csv"+in)
	calls(t, exitFailed, "intake put day/none.csv"+in, "intake put --feed POS day"+in)
}

// TestCardNumbersAreQuarantined: the receipt says where, and nothing of the number.
func TestCardNumbersAreQuarantined(t *testing.T) {
	demoData(t)
	const number = "4111111111111111"
	lines := strings.SplitAfter(string(readEvent(t, "day/EC_20261121_1.csv")), "\n")
	lines[1] = strings.TrimSuffix(lines[1], "\r\n") + number + "\r\n" // the remark
	file := write(t, "EC_9.csv", strings.Join(lines, ""))
	r := calls(t, exitInput, "intake put "+file)
	says(t, r.stdout, "REFUSED MP-1140 file.card_number", "line 2")
	if strings.Contains(r.stdout+r.stderr, number) {
		t.Error(r.stdout)
	}
	says(t, calls(t, exitOK, "intake list EC_9").stdout, "REFUSED MP-1140")
}

func readEvent(t *testing.T, name string) []byte {
	t.Helper()
	b, err := events.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
