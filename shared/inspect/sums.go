package inspect

import (
	"slices"

	"multipoint/shared/layout"
)

// sums gives the sum of each column of numbers of the receipts, and of each part of a run of digits; where a
// column of signs stands before, the sum with signs too. Records without a number there are left out. Sums of
// less than 100 (parts: 1000) and those equal to the number of records say nothing. Once a column was found
// to be what the trailer sums up, it is the only one: the end record's total is of the same.
func (w *work) sums(receipt int, records []int) []sum {
	k, g := &w.report.Kinds[receipt], &group{records: records}
	var out []sum
	found := slices.IndexFunc(k.Columns, func(c Column) bool { return c.Name != "" && c.Name != "sign" })
	for i := range k.Columns {
		c := &k.Columns[i]
		if found >= 0 && found != i {
			continue
		}
		if w.width > 0 && c.Place == w.at+1 || c.Type == layout.TypeDate || c.Type == layout.TypeTime ||
			c.values.filled() == 0 {
			continue
		}
		add := w.wholeSum
		if found < 0 && w.fixed && most(c.values.digits, c.values.n) && c.values.maxLen == c.Width {
			add = w.partSums
		}
		out = append(out, add(g, c, i, nil)...)
		if i > 0 && w.isSign(&k.Columns[i-1]) {
			out = append(out, add(g, c, i, w.signs(g, &k.Columns[i-1]))...)
		}
	}
	return out
}

// isSign says whether a column may hold signs: one byte, 1 and 2, but for a few values.
func (w *work) isSign(c *Column) bool {
	if !w.fixed || c.Width != 1 || w.width > 0 && c.Place == w.at+1 {
		return false
	}
	plus, minus := c.values.seen["1"], c.values.seen["2"]
	return plus > 0 && minus > 0 && most(plus+minus, c.values.n)
}

// signs gives 1, -1 or 0 (none) for each record.
func (w *work) signs(g *group, c *Column) []int64 {
	out := make([]int64, len(g.records))
	for i, r := range g.records {
		switch w.lines[r][c.Place-1] {
		case '1':
			out[i] = 1
		case '2':
			out[i] = -1
		}
	}
	return out
}

// wholeSum adds up a column of numbers; nothing if more than a few values are none. Without signs all count
// as they stand.
func (w *work) wholeSum(g *group, c *Column, column int, signs []int64) []sum {
	s, at := sum{column: column, width: c.Width, signed: signs != nil}, 0
	w.eachOf(g, c, func(raw string) {
		raw = trimmed(raw)
		value, isNumber := signedValue(c, raw)
		if signs != nil {
			isNumber = isNumber && signs[at] != 0
			value *= signs[at]
		}
		at++
		switch {
		case isNumber:
			s.value += value
		case raw != "":
			s.left++
		}
	})
	total := s.value
	if s.left > allowed(len(g.records)) || total == int64(len(g.records)) || total < 100 && total > -100 {
		return nil
	}
	return []sum{s}
}

// partSums adds up each window of 3 to 13 digits of a run, behind signs only those at its beginning. Among
// windows with equal sums the longest counts: zeros before a number belong to it.
func (w *work) partSums(g *group, c *Column, column int, signs []int64) []sum {
	at, width := c.Place-1, min(c.Width, 60)
	digits := make([]int64, width)
	left := 0
	for i, r := range g.records {
		v, factor := w.lines[r][at:at+width], int64(1)
		if signs != nil {
			factor = signs[i]
		}
		if factor == 0 || !areDigits(v) {
			left++
			continue
		}
		for p, b := range v {
			digits[p] += factor * int64(b-'0')
		}
	}
	var out []sum
	for end := 3; end <= width; end++ {
		seen := make(map[int64]bool)
		first := max(0, end-13)
		for from := first; from+3 <= end && (signs == nil || from == 0); from++ {
			total := int64(0)
			for p := from; p < end; p++ {
				total = total*10 + digits[p]
			}
			small := total < 1000 && total > -1000 || total == int64(len(g.records))
			if small || seen[total] {
				continue
			}
			seen[total] = true
			out = append(out, sum{
				column: column, at: from, width: end - from, value: total, signed: signs != nil, left: left,
			})
		}
	}
	return out
}
