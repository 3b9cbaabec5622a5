package main

import (
	"strconv"
	"strings"

	"golang.org/x/text/width"
)

// table is text in aligned columns; an empty row is a blank line.
type table struct{ rows [][]string }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// text lays the table out. align has l or r for each column; a capital first letter means that the first row
// is a title row with a rule below it.
func (t *table) text(align string) string {
	titles := align[0] == 'L' || align[0] == 'R'
	align = strings.ToLower(align)
	widths := make([]int, len(align))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], cellWidth(cell))
		}
	}
	total := 2 * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	var b strings.Builder
	for n, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			fill := strings.Repeat(" ", widths[i]-cellWidth(cell))
			if align[i] == 'r' {
				line.WriteString(fill + cell)
			} else {
				line.WriteString(cell + fill)
			}
		}
		b.WriteString("  " + strings.TrimRight(line.String(), " ") + "\n")
		if n == 0 && titles {
			b.WriteString("  " + strings.Repeat("─", total) + "\n")
		}
	}
	return b.String()
}

// cellWidth counts the cells of a terminal that a text takes: two for wide characters.
func cellWidth(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}

// commas writes a number with thousands commas.
func commas(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return commas(int64(n)) + " " + thing + "s"
}
