package model

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Compare names the differences of a result from the one that is wanted, one a line; none means equal. What
// is absent in the wanted result (nil) is not compared: accounts, provider files, flows, not_applied. An
// account, card or counter of 0 equals an absent one; reasons and warnings compare as sets.
func Compare(got, want Expect) []string {
	var diff differences
	if len(got.Days) != len(want.Days) {
		return append(diff, fmt.Sprintf("days: got %d, want %d", len(got.Days), len(want.Days)))
	}
	for i := range want.Days {
		diff.day("day "+want.Days[i].RunDate, got.Days[i], want.Days[i])
	}
	compareMaps(&diff, "balances", got.Balances, want.Balances)
	compareMaps(&diff, "cards", got.Cards, want.Cards)
	compareMaps(&diff, "campaign_use", got.CampaignUse, want.CampaignUse)
	return diff
}

type differences []string

// equal notes a difference of two values if their JSON differs.
func (d *differences) equal(where string, got, want any) {
	if g, w := asJSON(got), asJSON(want); g != w {
		*d = append(*d, fmt.Sprintf("%s: got %s, want %s", where, g, w))
	}
}

func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// compareMaps compares two maps by key, an absent value as the zero value.
func compareMaps[V comparable](d *differences, where string, got, want map[string]V) {
	keys := map[string]bool{}
	for key := range got {
		keys[key] = true
	}
	for key := range want {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if got[key] != want[key] {
			d.equal(where+" "+key, got[key], want[key])
		}
	}
}

func (d *differences) day(where string, got, want DayResult) {
	d.equal(where+" run_date", got.RunDate, want.RunDate)
	d.list(where+" files", len(got.Files), len(want.Files), func(i int) {
		d.equal(where+" file "+want.Files[i].File, got.Files[i], want.Files[i])
	})
	d.list(where+" lines", len(got.Lines), len(want.Lines), func(i int) {
		place := fmt.Sprintf("%s %s:%d", where, want.Lines[i].File, want.Lines[i].Line)
		d.line(place, got.Lines[i], want.Lines[i])
	})
	d.totals(where+" totals", got.Totals, want.Totals)
	if want.Accounts != nil {
		compareMaps(d, where+" accounts", got.Accounts, want.Accounts)
	}
	if want.ProviderFiles != nil {
		d.files(where, got.ProviderFiles, want.ProviderFiles)
	}
	d.list(where+" answers", len(got.Answers), len(want.Answers), func(i int) {
		place := fmt.Sprintf("%s answer %d", where, i+1)
		d.equal(place+" matched_entries", got.Answers[i].MatchedEntries, want.Answers[i].MatchedEntries)
		d.equal(place+" again", got.Answers[i].Again, want.Answers[i].Again)
		compareMaps(d, place+" accounts", got.Answers[i].Accounts, want.Answers[i].Accounts)
	})
}

// list compares what two lists have in common, then their lengths.
func (d *differences) list(where string, got, want int, each func(i int)) {
	for i := range min(got, want) {
		each(i)
	}
	if got != want {
		*d = append(*d, fmt.Sprintf("%s: got %d, want %d", where, got, want))
	}
}

func (d *differences) line(where string, got, want LineResult) {
	if got.File != want.File || got.Line != want.Line {
		d.equal(where+" file", got.File, want.File)
		d.equal(where+" line", got.Line, want.Line)
		return
	}
	d.equal(where+" status", got.Status, want.Status)
	d.equal(where+" reasons", asSet(got.Reasons), asSet(want.Reasons))
	d.equal(where+" warnings", asSet(got.Warnings), asSet(want.Warnings))
	d.list(where+" entries", len(got.Entries), len(want.Entries), func(i int) {
		d.equal(fmt.Sprintf("%s entry %d", where, i+1), got.Entries[i], want.Entries[i])
	})
	d.equal(where+" total", got.Total, want.Total)
	d.equal(where+" undecodable", got.Undecodable, want.Undecodable)
	if want.NotApplied != nil {
		d.equal(where+" not_applied", got.NotApplied, want.NotApplied)
	}
}

func asSet(texts []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(texts)))
}

func (d *differences) totals(where string, got, want Totals) {
	d.equal(where+" lines", got.Lines, want.Lines)
	d.equal(where+" bad", got.Bad, want.Bad)
	d.equal(where+" good", got.Good, want.Good)
	d.equal(where+" in_refused_files", got.InRefusedFiles, want.InRefusedFiles)
	d.equal(where+" duplicates", got.Duplicates, want.Duplicates)
	d.equal(where+" rating_errors", got.RatingErrors, want.RatingErrors)
	d.equal(where+" rated", got.Rated, want.Rated)
	compareMaps(d, where+" points", flat(got.Points), flat(want.Points))
	if want.Entries != nil {
		compareMaps(d, where+" entries", got.Entries, want.Entries)
	}
}

func flat(points map[string]map[string]Sums) map[string]Sums {
	all := map[string]Sums{}
	for provider, types := range points {
		for pointType, sums := range types {
			all[provider+" "+pointType] = sums
		}
	}
	return all
}

func (d *differences) files(where string, got, want []ProviderFile) {
	byProvider := func(a, b ProviderFile) int { return cmp.Compare(a.Provider, b.Provider) }
	got = slices.SortedStableFunc(slices.Values(got), byProvider)
	want = slices.SortedStableFunc(slices.Values(want), byProvider)
	d.list(where+" provider_files", len(got), len(want), func(i int) {
		place := fmt.Sprintf("%s provider file of %s", where, want[i].Provider)
		d.equal(place+" provider", got[i].Provider, want[i].Provider)
		d.equal(place+" file_no", got[i].FileNo, want[i].FileNo)
		d.list(place+" records", len(got[i].Records), len(want[i].Records), func(k int) {
			d.equal(fmt.Sprintf("%s record %d", place, k+1), got[i].Records[k], want[i].Records[k])
		})
	})
}
