package engine

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"multipoint/shared/day"
	objects "multipoint/shared/object/memory"
	"multipoint/shared/standalone"
	items "multipoint/shared/table/memory"
	"multipoint/test/model"
)

// inMemory makes days over drivers that keep everything in memory.
func inMemory(c *model.Case, o day.Options) *Days {
	return &Days{
		Case: c, Objects: objects.New(objects.Options{}), Table: items.New(nil), Options: o,
		Runner: standalone.RunnerOptions{Sleep: func(ctx context.Context,
			_ time.Duration,
		) error {
			return ctx.Err()
		}},
	}
}

// dayDifferences compares what the days of a case come to with what is expected. Why rules did not apply, and
// the number that an entry leaves under, are not in the records; the engine's own test compares the first,
// the provider files show the second.
func dayDifferences(d *Days, want model.Expect) []string {
	got, err := d.Run(context.Background())
	if err != nil {
		return []string{"day: " + err.Error()}
	}
	for i := range want.Days {
		lines := append([]model.LineResult(nil), want.Days[i].Lines...)
		for j := range lines {
			lines[j].NotApplied = nil
			entries := append([]model.Entry(nil), lines[j].Entries...)
			for k := range entries {
				entries[k].LeavesUnder = ""
			}
			if lines[j].Entries != nil {
				lines[j].Entries = append([]model.Entry{}, entries...)
			}
		}
		days := append([]model.DayResult(nil), want.Days...)
		days[i].Lines = lines
		want.Days = days
	}
	return model.Compare(got, want)
}

// TestWorkedExamplesThroughTheDay runs every worked example through the real days: files in and files out,
// answers as runs of their own.
func TestWorkedExamplesThroughTheDay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectors(t), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no worked examples", err)
	}
	for _, path := range files {
		cases, err := model.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			c := &cases[i]
			t.Run(c.ID, func(t *testing.T) {
				t.Parallel()
				for _, x := range dayDifferences(inMemory(c, day.Options{}), c.Expect) {
					t.Error(x)
				}
			})
		}
	}
}
