package inspect

import (
	"slices"
	"strings"
)

type spot struct{ at, width int }

func (w *work) discriminatorPlaces() []spot {
	if !w.fixed {
		return []spot{{0, 1}}
	}
	if w.report.RecordLength < 3 {
		return []spot{{0, 1}}
	}
	return []spot{{0, 1}, {0, 2}}
}

// id is what a record shows at the place.
func (w *work) id(i, at, width int) string {
	if w.fixed {
		return string(w.lines[i][at : at+width])
	}
	return w.table.row(i)[at]
}

type kindRecords struct {
	kind    Kind
	records []int
	mask    []uint16
}

// partByValue groups the records by the value at a place and accepts that if the groups look different, or
// follow the order 1, 2 …, 8, 9 of DOMAIN 2.2.
func (w *work) partByValue(all []int, at, width int) ([]kindRecords, Finding, bool) {
	groups, ok := w.byValue(all, at, width)
	if !ok || len(groups) < 2 {
		return nil, Finding{}, false
	}
	found := len(groups)
	classic := isClassic(groups)
	if !classic && !w.differ(groups) {
		return nil, Finding{}, false
	}
	groups = w.nameKinds(groups)
	f := Finding{"bytes 1 to " + number(at+width), High, ""}
	if width == 1 && w.fixed {
		f.Value = "byte 1"
	} else if !w.fixed {
		f.Value = "column 1"
	}
	f.Why = "its " + number(found) + " values go with different records"
	if classic {
		f.Why = "its values are those of header, data, trailer and end, in that order"
	} else if len(all) < 10 {
		f.Sure = Medium
	}
	return groups, f, true
}

// strayLimit bounds the values of the discriminator's place that are looked at.
const strayLimit = 40

// byValue groups the records by what stands at a place; no more than 9 groups are believed. A few records in
// the middle of the file that show something else are broken and left out.
func (w *work) byValue(all []int, at, width int) ([]kindRecords, bool) {
	var groups []kindRecords
	index := make(map[string]int)
	for _, i := range all {
		id := w.id(i, at, width)
		g, seen := index[id]
		if !seen {
			if len(groups) == strayLimit {
				return nil, false
			}
			g = len(groups)
			index[id] = g
			groups = append(groups, kindRecords{kind: Kind{IDs: []string{id}}})
		}
		groups[g].records = append(groups[g].records, i)
	}
	sound := func(groups []kindRecords) bool {
		return len(groups) <= 9 && !slices.ContainsFunc(groups, func(g kindRecords) bool {
			return !isID(g.kind.IDs[0])
		})
	}
	if sound(groups) && (len(groups) < 3 || isClassic(groups)) {
		return groups, true
	}
	rest, strays := withoutStrays(groups, all, 1)
	if !isClassic(rest) {
		rest, strays = withoutStrays(groups, all, 2)
	}
	if strays == 0 || !sound(rest) || sound(groups) && !isClassic(rest) {
		return groups, sound(groups)
	}
	w.note(number(strays) + " records show no kind at their beginning; they will be bad lines (R4).")
	return rest, true
}

// withoutStrays leaves out the groups of few records, none of which is the first or among the last ones,
// where trailers stand.
func withoutStrays(groups []kindRecords, all []int, last int) (rest []kindRecords, strays int) {
	for _, g := range groups {
		n := len(g.records)
		edge := g.records[0] == all[0] || g.records[n-1] >= all[max(0, len(all)-last)]
		if !edge && strays+n <= allowed(len(all)) {
			strays += n
			continue
		}
		rest = append(rest, g)
	}
	return rest, strays
}

// isID says whether a value may name a kind: printable ASCII without blanks inside, not empty, at most 16.
func isID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= 16
}

// isClassic says whether the groups are the usual letters or digits in the usual order.
func isClassic(groups []kindRecords) bool {
	order := ""
	for _, g := range groups {
		order += strings.TrimLeft(g.kind.IDs[0], "0")
	}
	switch order {
	case "128", "1289", "189", "18", "HDT", "HDTE":
		last := groups[len(groups)-1]
		headers := len(groups[0].records)
		return len(last.records) <= headers && headers*2 <= 1+totalRecords(groups)
	}
	return false
}

func totalRecords(groups []kindRecords) int {
	n := 0
	for _, g := range groups {
		n += len(g.records)
	}
	return n
}
