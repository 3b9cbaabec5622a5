package rating

import (
	"testing"
	"time"

	"multipoint/shared/calendar"
)

// TestR1CutOffIsAtSix: before 06:00:00 in Japan the day's run, from then on the next day's (R1).
func TestR1CutOffIsAtSix(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-22T00:00:00+09:00": "2026-11-22",
		"2026-11-22T05:59:59+09:00": "2026-11-22",
		"2026-11-22T06:00:00+09:00": "2026-11-23",
		"2026-11-21T20:59:59Z":      "2026-11-22",
		"2026-11-21T21:00:00Z":      "2026-11-23",
		"2026-12-31T23:59:59+09:00": "2027-01-01",
		"2028-02-28T06:00:00+09:00": "2028-02-29",
	} {
		arrived, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := RunDateOf(arrived); got.String() != want {
			t.Errorf("%s: run date %s, want %s", at, got, want)
		}
	}
	if RunDateOf(time.Date(2026, 11, 22, 5, 59, 59, 0, calendar.JST())) != calendar.Date(20779) {
		t.Error("2026-11-22 is day 20779")
	}
}
