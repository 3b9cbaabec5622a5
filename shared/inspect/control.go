package inspect

import (
	"slices"

	"multipoint/shared/layout"
)

// findControls looks in the trailer for the number of data records and for sums of number columns (R4). In
// fixed files the sums also tell where in a run of digits the amount stands.
func (w *work) findControls() {
	r := w.report
	receipt := slices.IndexFunc(r.Kinds, func(k Kind) bool { return k.Kind == layout.KindReceipt })
	if receipt < 0 || r.Truncated {
		return
	}
	for i := range r.Kinds {
		k := &r.Kinds[i]
		if k.Kind != layout.KindTrailer && k.Kind != layout.KindEnd {
			continue
		}
		if k.Records != 1 {
			if k.Kind == layout.KindTrailer {
				w.note("There are several trailers: their counts and totals were not compared.")
			}
			continue
		}
		w.findCount(i, receipt)
		w.findTotal(i, receipt)
		if k.Kind == layout.KindTrailer && len(r.Controls) == 0 {
			w.note("No column of the trailer agrees with the number of records or with a sum.")
		}
	}
}

// findCount looks for the number of receipts, or of receipts and items.
func (w *work) findCount(trailer, receipt int) {
	r := w.report
	all := r.Kinds[receipt].Records
	counts := []struct {
		of    string
		value int
	}{{"receipt", all}, {"receipt+item", all}}
	for _, k := range r.Kinds {
		if k.Kind == layout.KindItem {
			counts[1].value += k.Records
		}
	}
	for _, n := range counts {
		for c := range r.Kinds[trailer].Columns {
			col := &r.Kinds[trailer].Columns[c]
			width, ok := w.countPlace(col, n.value)
			if !ok {
				continue
			}
			col = w.carve(trailer, c, 0, width)
			col.Name, col.Type, col.Shape, col.Sure = "count", layout.TypeNumber, "", High
			col.Why = "equals the number of " + n.of + " records"
			r.Controls = append(r.Controls, Control{
				Kind: r.Kinds[trailer].Kind, Column: "count", Of: n.of,
				Declared: int64(n.value), Computed: int64(n.value), Agrees: true,
			})
			return
		}
	}
}

// countPlace finds the count as a whole column or, in a fixed one, as the first digits of a longer one, whose
// end is then certain, unless the count is 0.
func (w *work) countPlace(c *Column, want int) (width int, ok bool) {
	if w.width > 0 && c.Place == w.at+1 || len(c.values.order) != 1 {
		return 0, false
	}
	v := c.values.order[0]
	if value, ok := digitsValue(v); ok && value == int64(want) {
		return c.Width, true
	}
	if !w.fixed || c.values.digits != 1 || len(v) != c.Width || want == 0 {
		return 0, false
	}
	for n := 1; n < len(v) && n <= 10; n++ {
		if value, _ := digitsValue(v[:n]); value == int64(want) {
			return n, true
		}
	}
	return 0, false
}

// carve cuts a part out of a fixed column, at counting from the column's start, and gives that part.
func (w *work) carve(kind, column, at, width int) *Column {
	k, g := &w.report.Kinds[kind], &w.groups[kind]
	old := k.Columns[column]
	if !w.fixed || at == 0 && width == old.Width {
		return &k.Columns[column]
	}
	start := old.Place - 1
	var parts []Column
	if at > 0 {
		parts = append(parts, w.column(g, span{at: start, width: at}, ""))
	}
	parts = append(parts, w.column(g, span{at: start + at, width: width}, ""))
	if rest := old.Width - at - width; rest > 0 {
		parts = append(parts, w.column(g, span{at: start + at + width, width: rest}, ""))
	}
	for i := range parts {
		parts[i].hidden = old.hidden || old.Width >= cardDigits
	}
	k.Columns = slices.Replace(k.Columns, column, column+1, parts...)
	if at > 0 {
		column++
	}
	return &k.Columns[column]
}

// sum is what a place in the data adds up to.
type sum struct {
	column, at, width int // place within a column of the receipts
	value             int64
	doubtful          bool // the number may be longer by zeros that also end the trailer's total
}

// findTotal looks for a sum of a number column, or of a part of a run of digits.
func (w *work) findTotal(trailer, receipt int) {
	r := w.report
	sums := w.sums(receipt)
	for c := range r.Kinds[trailer].Columns {
		col := &r.Kinds[trailer].Columns[c]
		if col.Name != "" || w.width > 0 && col.Place == w.at+1 || len(col.values.order) != 1 {
			continue
		}
		s, width, ok := w.totalPlace(col, sums)
		if !ok {
			continue
		}
		col = w.carve(trailer, c, 0, width)
		col.Name, col.Shape, col.Sure, col.Why = "total", "", High, "equals the sum of the data"
		col.Type = layout.TypeNumber
		data := w.carve(receipt, s.column, s.at, s.width)
		if data.Type != layout.TypeNumber {
			data.Type, data.Shape, data.Align, data.Pad = layout.TypeNumber, "", "", ""
		}
		data.Sure, data.Why = High, "adds up to the total in the trailer"
		if s.doubtful {
			data.Sure, data.Why = Low, data.Why+"; may be longer or shorter by zeros"
			col.Sure = Low
			w.note("Where the amount ends is not certain: zeros stand behind it in data and trailer.")
		}
		if data.Name = titleName(data.Title).name; !slices.Contains(layout.ReadNames(), data.Name) {
			data.Name = "amount_incl"
		}
		r.Controls = append(r.Controls, Control{
			Kind: r.Kinds[trailer].Kind, Column: "total", Of: data.Name,
			Declared: s.value, Computed: s.value, Agrees: true,
		})
		return
	}
}

// totalPlace finds a sum in a trailer's column: the whole value, or the first digits of a longer one.
func (w *work) totalPlace(c *Column, sums []sum) (s sum, width int, ok bool) {
	v := c.values.order[0]
	value, isNumber := signedValue(c, v)
	for _, s := range sums {
		if isNumber && value == s.value {
			return s, c.Width, true
		}
	}
	if !w.fixed || c.values.digits != 1 || len(v) != c.Width {
		return sum{}, 0, false
	}
	var found []sum
	for n := 1; n <= len(v) && n <= 18; n++ {
		value, ok := digitsValue(v[:n])
		for _, s := range sums {
			if ok && value == s.value {
				found = append(found, s)
				width = n
			}
		}
	}
	if len(found) == 0 {
		return sum{}, 0, false
	}
	s = found[len(found)-1]
	s.doubtful = len(found) > 1 && (width == len(v) || v[width] == '0') && w.zeroBehind(s)
	return s, width, true
}

// zeroBehind says whether the digit behind the place is 0 in all records.
func (w *work) zeroBehind(s sum) bool {
	i := slices.IndexFunc(w.report.Kinds, func(k Kind) bool { return k.Kind == layout.KindReceipt })
	c, g := &w.report.Kinds[i].Columns[s.column], &w.groups[i]
	p := c.Place - 1 + s.at + s.width
	for _, r := range g.records {
		if p >= len(w.lines[r]) || w.lines[r][p] != '0' {
			return false
		}
	}
	return true
}

func signedValue(c *Column, v string) (int64, bool) {
	if c.Sign == "overpunch" || c.Sign == "overpunch_mf" {
		if value, ok := zonedValue(v, c.Sign); ok {
			return value, true
		}
	}
	value, s, ok := parseNumber(v)
	return value, ok && !s.decimal
}

// sums gives the sum of each column of numbers of the receipts, and of each part of a run of digits. Sums of
// less than 100 (parts: 1000) and those equal to the number of records say nothing. Once a column was found
// to be what the trailer sums up, it is the only one: the end record's total is of the same.
func (w *work) sums(receipt int) []sum {
	k, g := &w.report.Kinds[receipt], &w.groups[receipt]
	var out []sum
	found := slices.IndexFunc(k.Columns, func(c Column) bool { return c.Name != "" })
	for i := range k.Columns {
		c := &k.Columns[i]
		if found >= 0 && found != i {
			continue
		}
		if w.width > 0 && c.Place == w.at+1 || c.Type == layout.TypeDate || c.Type == layout.TypeTime ||
			c.values.filled() == 0 {
			continue
		}
		if found < 0 && w.fixed && c.values.digits == c.values.n && c.values.minLen == c.Width {
			out = append(out, w.partSums(g, c, i)...)
			continue
		}
		total, ok := int64(0), true
		w.eachOf(g, c, func(raw string) {
			raw = trimmed(raw)
			value, isNumber := signedValue(c, raw)
			ok = ok && (isNumber || raw == "")
			total += value
		})
		if ok && total != int64(len(g.records)) && (total >= 100 || total <= -100) {
			out = append(out, sum{column: i, width: c.Width, value: total})
		}
	}
	return out
}

// partSums adds up each window of 3 to 13 digits of a run. Among windows with equal sums the longest counts:
// zeros before a number belong to it.
func (w *work) partSums(g *group, c *Column, column int) []sum {
	at, width := c.Place-1, min(c.Width, 60)
	digits := make([]int64, width)
	for _, r := range g.records {
		for p := range width {
			digits[p] += int64(w.lines[r][at+p] - '0')
		}
	}
	var out []sum
	for end := 3; end <= width; end++ {
		seen := make(map[int64]bool)
		for from := max(0, end-13); from+3 <= end; from++ {
			total := int64(0)
			for p := from; p < end; p++ {
				total = total*10 + digits[p]
			}
			if total < 1000 || total == int64(len(g.records)) || seen[total] {
				continue
			}
			seen[total] = true
			out = append(out, sum{column: column, at: from, width: end - from, value: total})
		}
	}
	return out
}
