package inspect

import "strings"

// allowed is how many of n values may be spoilt without changing what the others say: 30‰ and, from 20 values
// on, at least one. Of fewer values all have to fit: they are too few to tell dirt from a rule.
func allowed(n int) int {
	if n < 20 {
		return 0
	}
	return max(1, n*30/1000)
}

// most says whether part is all of whole but for the values that may be spoilt.
func most(part, whole int) bool { return whole-part <= allowed(whole) }

// ofAll names a share of values as a reason gives it: all, or the thousandths, rounded down.
func ofAll(part, whole int, what string) string {
	if part >= whole {
		return "all " + what
	}
	return number(part*1000/whole) + "‰ of the " + what
}

// isBad says whether a record is plainly broken: bytes that are no characters, or another number of columns
// than its kind. Such records are counted, but say nothing about columns.
func (w *work) isBad(i, columns int) bool {
	if w.fixed {
		return w.enc.IsASCIISafe() && w.enc.Valid(w.lines[i]) >= 0
	}
	row := w.table.row(i)
	if len(row) != columns {
		return true
	}
	for _, cell := range row {
		if strings.Contains(cell, "\uFFFD") {
			return true
		}
	}
	return false
}

// good gives the records that are not plainly broken; all of them if these would be less than half, as then
// the encoding or the number of columns is what is wrong.
func (w *work) good(records []int, columns int) []int {
	out := make([]int, 0, len(records))
	for _, i := range records {
		if !w.isBad(i, columns) {
			out = append(out, i)
		}
	}
	if len(out)*2 < len(records) {
		return records
	}
	return out
}
