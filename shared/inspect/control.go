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
	if w.fixed && r.Odd > 0 { // lines of another length are not in Records of a kind
		counts = append(counts, counts[:2]...)
		counts[2].value += r.Odd
		counts[3].value += r.Odd
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
	signed            bool // the column before holds the sign, 1 plus and 2 minus
	left              int  // records that hold no number there, and are not in it
	doubtful          bool // the number may be longer by zeros that also end the trailer's total
}

// findTotal looks for a sum of a number column, or of a part of a run of digits.
func (w *work) findTotal(trailer, receipt int) {
	r := w.report
	g := &w.groups[receipt]
	sums := w.sums(receipt, g.records)
	if len(g.records) < len(g.all) { // the trailer may count broken records too
		sums = append(sums, w.sums(receipt, g.all)...)
	}
	for c := range r.Kinds[trailer].Columns {
		col := &r.Kinds[trailer].Columns[c]
		if col.Name != "" || w.width > 0 && col.Place == w.at+1 || len(col.values.order) != 1 {
			continue
		}
		s, at, width, ok := w.totalPlace(col, sums)
		if !ok {
			continue
		}
		col = w.carve(trailer, c, at, width)
		col.Name, col.Shape, col.Sure, col.Why = "total", "", High, "equals the sum of the data"
		col.Type = layout.TypeNumber
		if at > 0 {
			setSignField(&w.report.Kinds[trailer], c+1)
		}
		data := w.carve(receipt, s.column, s.at, s.width)
		if s.signed {
			setSignField(&w.report.Kinds[receipt], s.column)
		}
		if data.Type != layout.TypeNumber {
			data.Type, data.Shape, data.Align, data.Pad = layout.TypeNumber, "", "", ""
		}
		data.Sure, data.Why = High, "adds up to the total in the trailer"
		if s.left > 0 {
			data.Why += ", but for " + number(s.left) + " records without a number"
		}
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

// setSignField makes the column before a number the place of its sign.
func setSignField(k *Kind, column int) {
	c, before := &k.Columns[column], &k.Columns[column-1]
	c.SignField = "sign"
	before.Name, before.Type, before.Form, before.Sure = "sign", layout.TypeText, "", High
	before.Why = "1 for plus and 2 for minus make the sum agree"
}

// totalPlace finds a sum in a trailer's column: the whole value, or the first digits of a longer one, behind
// a sign 1 or 2 if the data has one too.
func (w *work) totalPlace(c *Column, sums []sum) (s sum, at, width int, ok bool) {
	v := c.values.order[0]
	value, isNumber := signedValue(c, v)
	for _, s := range sums {
		if isNumber && value == s.value && !s.signed {
			return s, 0, c.Width, true
		}
	}
	if !w.fixed || c.values.digits != 1 || len(v) != c.Width {
		return sum{}, 0, 0, false
	}
	var found []sum
	for n := 1; n <= len(v) && n <= 18; n++ {
		value, ok := digitsValue(v[:n])
		for _, s := range sums {
			if ok && value == s.value && !s.signed {
				found = append(found, s)
				width = n
			}
		}
	}
	if len(found) == 0 {
		return signedTotal(v, sums)
	}
	s = found[len(found)-1]
	s.doubtful = len(found) > 1 && (width == len(v) || v[width] == '0') && w.zeroBehind(s)
	return s, 0, width, true
}

// signedTotal finds the longest sum behind a sign.
func signedTotal(v string, sums []sum) (found sum, at, width int, ok bool) {
	if len(v) < 2 || v[0] != '1' && v[0] != '2' {
		return sum{}, 0, 0, false
	}
	for n := 1; n < len(v) && n <= 18; n++ {
		value, isNumber := digitsValue(v[1 : 1+n])
		if v[0] == '2' {
			value = -value
		}
		for _, s := range sums {
			if isNumber && s.signed && value == s.value {
				found, at, width, ok = s, 1, n, true
			}
		}
	}
	return found, at, width, ok
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
