package model

import (
	"slices"
	"strings"
)

// The defaults of a feed.

func (f Feed) keyFields() []string {
	if f.KeyFields == nil {
		return []string{"date", "store", "register", "receipt"}
	}
	return f.KeyFields
}

func (f Feed) badLimit() (num, den int64) {
	if f.BadLimit == nil {
		return 1, 10
	}
	return f.BadLimit[0], f.BadLimit[1]
}

func (f Feed) oldestDays() int {
	if f.OldestDays == nil {
		return 90
	}
	return *f.OldestDays
}

func (f Feed) excl() string {
	if f.Excl == "" {
		return "file"
	}
	return f.Excl
}

func (f Feed) counts(record string) bool {
	if f.TrailerCounts == nil {
		return record == "receipt"
	}
	return slices.Contains(f.TrailerCounts, record)
}

// inOrder sorts the files of a run: by arrival, name, place in the case. The ordinal is the place plus 1
// (R1).
func inOrder(files []File) []File {
	return slices.SortedStableFunc(slices.Values(files), func(a, b File) int {
		if order := strings.Compare(a.Arrived, b.Arrived); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// refusal gives the first reason to refuse a file before its lines count: duplicate, then structure (R3, R4).
func (l *ledger) refusal(runDate string, file File) string {
	if len(file.Lines) > 0 && file.Content != "" { // files without data records are never duplicates
		for _, seen := range l.files {
			if seen.feed != file.Feed || seen.content != file.Content {
				continue
			}
			if seen.runDate == runDate || seen.accepted && seen.runDate >= addDays(runDate, -90) {
				return "file.duplicate"
			}
		}
	}
	return file.Broken
}

// verdict compares a file with its trailer, then its share of bad lines with the limit (R4). It gives the
// reason to refuse it, empty if none.
func verdict(feed Feed, file File, receipts []*receipt) string {
	if file.Control != nil {
		count, amount := controlOf(feed, file.Lines)
		if count != file.Control.Count {
			return "file.count"
		}
		if amount != file.Control.Amount {
			return "file.amount"
		}
	}
	bad := int64(0)
	for _, t := range receipts {
		if len(t.reasons) > 0 {
			bad++
		}
	}
	if num, den := feed.badLimit(); bad*den > num*int64(len(receipts)) {
		return "file.bad_lines"
	}
	return ""
}

// controlOf gives what a right trailer declares: the number of records of the kinds that the feed counts,
// and the sum over all data records of the amount with tax, unreadable ones as 0. Choice: in a flat item
// file each line is a record of kind receipt; net subtracts the magnitude of each record of kind return or
// cancel.
func controlOf(feed Feed, lines []Line) (count, amount int64) {
	for _, line := range lines {
		if feed.counts("receipt") {
			count++
		}
		if feed.counts("item") {
			count += int64(len(line.Items))
		}
		value, _ := readNumber(line.Incl)
		switch {
		case feed.Totals == "absolute":
			value = magnitude(value)
		case feed.Totals == "net" && (line.Kind == "return" || line.Kind == "cancel"):
			value = -magnitude(value)
		}
		amount += value
	}
	return count, amount
}
