package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multipoint/events"
	"multipoint/shared/day"
)

// TestDraftIsTriedOnTheDay: what is published costs what was granted; a campaign of more points costs more.
func TestDraftIsTriedOnTheDay(t *testing.T) {
	demoData(t)
	calls(t, exitOK, "day run")
	if err := os.CopyFS("files", events.Files); err != nil {
		t.Fatal(err)
	}
	draft := filepath.Join("files", "masters")
	r := calls(t, exitOK, "simulate --json --from 2026-11-22 --masters "+draft)
	same := object[day.Simulation](t, r.stdout)
	if len(same.Days) != 1 || same.Days[0].Draft.Points != same.Days[0].Granted.Points ||
		same.Days[0].Draft.Points == 0 {
		t.Errorf("%+v", same)
	}
	campaigns := filepath.Join(draft, "campaign", "campaigns.yaml")
	const five, nine = "{kind: rate, num: 5, den: 100}", "{kind: rate, num: 9, den: 100}"
	text := strings.Replace(readAll(t, campaigns), five, nine, 1)
	write(t, campaigns, text)
	r = calls(t, exitOK, "simulate --from 2026-11-22 --to 2026-11-22 --masters "+draft)
	says(t, r.stdout, "2026-11-22    1", "45,651  45,781        +130", "C06-TEA")
	says(t, calls(t, exitOK, "simulate --stores --from 2026-11-22 --masters "+draft).stdout, "store", "9001")
	says(t, calls(t, exitOK, "simulate --from 2026-12-01 --masters "+draft).stdout, "No day was committed")
	calls(t, exitUsage, "simulate --masters "+draft,
		"simulate --from 2026-12-01 --to 2026-11-01 --masters "+draft)
	write(t, filepath.Join(draft, "retailer.yaml"), "code: MINORI\nname: みのり\n")
	says(t, calls(t, exitInput, "simulate --from 2026-11-22 --masters "+draft).stderr, "MINORI")
	write(t, filepath.Join(draft, "retailer.yaml"), "code: 1 2\n")
	calls(t, exitInput, "simulate --from 2026-11-22 --masters "+draft)
	says(t, calls(t, exitOK, "verify").stdout, "identical")
}
