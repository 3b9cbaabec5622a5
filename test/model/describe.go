package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Describe prints a case for people: one master, file or line a line, defaults left out.
func Describe(c Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "case %s %s\n", c.ID, c.Title)
	describeMasters(&b, c.Masters)
	describeMembers(&b, c.Members)
	for _, day := range c.Days {
		fmt.Fprintf(&b, "day %s\n", day.RunDate)
		if day.Masters != nil {
			describeMasters(&b, *day.Masters)
		}
		if day.Members != nil {
			describeMembers(&b, day.Members)
		}
		for _, f := range day.Files {
			fmt.Fprintf(&b, "  file %s feed %s arrived %s", f.Name, f.Feed, f.Arrived)
			if f.Content != "" {
				fmt.Fprintf(&b, " content %q", f.Content)
			}
			if f.Control != nil {
				fmt.Fprintf(&b, " trailer %d/%d", f.Control.Count, f.Control.Amount)
			}
			fmt.Fprintf(&b, " %s\n", f.Broken)
			for _, line := range f.Lines {
				fmt.Fprintf(&b, "    %s\n", bare(line))
			}
		}
		for _, a := range day.Answers {
			fmt.Fprintf(&b, "  answer %s\n", bare(a))
		}
	}
	return b.String()
}

func describeMasters(b *strings.Builder, masters Masters) {
	for _, card := range masters.Cards {
		fmt.Fprintf(b, "  card %s\n", bare(card))
	}
	for _, affiliate := range masters.Affiliates {
		fmt.Fprintf(b, "  affiliate %s\n", bare(affiliate))
	}
	for _, rule := range masters.Points {
		fmt.Fprintf(b, "  points %s\n", bare(rule))
	}
	for _, campaign := range masters.Campaigns {
		fmt.Fprintf(b, "  campaign %s\n", bare(campaign))
	}
	for _, code := range slices.Sorted(maps.Keys(masters.Feeds)) {
		fmt.Fprintf(b, "  feed %s %s\n", code, bare(masters.Feeds[code]))
	}
	for _, code := range slices.Sorted(maps.Keys(masters.Providers)) {
		fmt.Fprintf(b, "  provider %s %s\n", code, bare(masters.Providers[code]))
	}
}

func describeMembers(b *strings.Builder, members []Member) {
	for _, member := range members {
		fmt.Fprintf(b, "  member %s\n", bare(member))
	}
}

// bare is JSON without the quotes of keys and values that need none.
func bare(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(text), `"`, ""), ",", " ")
}
