package master

import (
	"testing"

	"multipoint/shared/calendar"
)

// TestFirstFeedByCodeInForceTakesTheFile: patterns are those of path.Match on the base name; a feed that is
// not in force takes nothing (R8).
func TestFirstFeedByCodeInForceTakesTheFile(t *testing.T) {
	first, _ := calendar.Of(2026, 4, 1)
	set := &Set{Feeds: []Feed{
		{Code: "A", Files: []string{"new_*.csv", "[bad"}, Period: Period{ValidFrom: first}},
		{Code: "B", Files: []string{"TR??.DAT", "*.csv"}},
	}}
	for _, c := range []struct {
		name, want string
		date       calendar.Date
	}{
		{"new_1.csv", "A", first},
		{"new_1.csv", "B", first - 1},
		{"old.csv", "B", first},
		{"TR01.DAT", "B", first},
		{"TR001.DAT", "", first},
		{"tr01.dat", "", first},
		{"day/old.csv", "", first},
	} {
		got := ""
		if f := set.FeedOf(c.name, c.date); f != nil {
			got = f.Code
		}
		if got != c.want {
			t.Errorf("%s on %s: %q, want %q", c.name, c.date, got, c.want)
		}
	}
	if set.Feed("A", first-1) != nil || set.Feed("A", first) != &set.Feeds[0] || set.Feed("C", first) != nil {
		t.Error("Feed does not look at code and period")
	}
}
