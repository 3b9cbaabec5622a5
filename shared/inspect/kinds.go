package inspect

import (
	"slices"
	"strings"
	"unicode"

	"multipoint/shared/layout"
)

// findKinds finds where records show their kind and parts them into groups.
func (w *work) findKinds() {
	r := w.report
	r.Records = w.count() + r.Odd
	all := make([]int, 0, w.count())
	first := 0
	if !w.fixed && w.hasTitles() {
		r.Titles, first = true, 1
		why := "the first row has words where others have values"
		w.addKind(Kind{Kind: layout.KindTitles, Sure: High, Why: why}, []int{0})
	}
	for i := first; i < w.count(); i++ {
		all = append(all, i)
	}
	if len(all) >= 2 {
		for _, p := range w.discriminatorPlaces() {
			if kinds, f, ok := w.partByValue(all, p.at, p.width); ok {
				w.at, w.width, r.Discriminator = p.at, p.width, f
				for _, k := range kinds {
					w.addKind(k.kind, k.records)
				}
				if receiptIndex(kinds) < 0 {
					w.note("The sample has no data records: add the receipt record, or take a fuller sample.")
				}
				w.countOddColumns()
				return
			}
		}
	}
	why := "the records show no kind at their first column"
	r.Discriminator = Finding{"", Medium, why}
	if len(all) > 0 {
		w.addKind(Kind{Kind: layout.KindReceipt, Sure: Medium, Why: why}, all)
	} else {
		why = "the sample has no record but the titles"
		w.addKind(Kind{Kind: layout.KindReceipt, Sure: Low, Why: why}, nil)
	}
	w.countOddColumns()
}

func (w *work) addKind(k Kind, records []int) {
	k.Records = len(records)
	if len(records) > 0 {
		k.First, k.Last = records[0]+1, records[len(records)-1]+1
	}
	w.report.Kinds = append(w.report.Kinds, k)
	columns := w.usualColumns(records)
	w.groups = append(w.groups, group{records: w.good(records, columns), all: records, columns: columns})
}

// usualColumns is the most frequent number of columns; a title row decides for a group without records.
func (w *work) usualColumns(records []int) int {
	if w.fixed {
		return 0
	}
	if len(records) == 0 {
		return len(w.table.row(0))
	}
	counts := make(map[int]int)
	best := 0
	for _, i := range records {
		n := len(w.table.row(i))
		counts[n]++
		if counts[n] > counts[best] || counts[n] == counts[best] && n > best {
			best = n
		}
	}
	return best
}

// countOddColumns counts the records that have another number of columns than their kind.
func (w *work) countOddColumns() {
	if w.fixed {
		return
	}
	r := w.report
	for _, g := range w.groups {
		for _, i := range g.all {
			if len(w.table.row(i)) == g.columns {
				continue
			}
			r.Odd++
			if r.OddFirst == 0 || i+1 < r.OddFirst {
				r.OddFirst = i + 1
			}
		}
	}
	if r.Odd > 0 {
		w.note(number(r.Odd) + " records have another number of columns than their kind, the first is " +
			number(r.OddFirst) + "; they will be bad lines (R4).")
	}
}

// hasTitles says whether the first row is a title row: no cell of it holds digits only, and it has known
// title words or stands above a column of values.
func (w *work) hasTitles() bool {
	if w.table.rows() == 0 || w.report.Format.Sure == Low {
		return false
	}
	row := w.table.row(0)
	words, known := 0, 0
	for _, c := range row {
		c = strings.TrimSpace(c)
		if c == "" {
			continue
		}
		if digitsOf(c)*2 >= len(c) || !isPlain(c) {
			return false
		}
		words++
		if titleName(c).name != "" {
			known++
		}
	}
	if words == 0 || words*2 < len(row) {
		return false
	}
	if known*3 >= words {
		return true
	}
	return w.valuesBelow(len(row))
}

// valuesBelow says whether a column holds values, mostly digits, in nearly all of the next 200 rows that are
// not blank there.
func (w *work) valuesBelow(columns int) bool {
	values, filled := make([]int, columns), make([]int, columns)
	for i := 1; i < min(w.table.rows(), 201); i++ {
		row := w.table.row(i)
		if len(row) != columns {
			continue
		}
		for c, cell := range row {
			if cell = trimmed(cell); cell == "" {
				continue
			}
			filled[c]++
			if digitsOf(cell)*2 >= len(cell) {
				values[c]++
			}
		}
	}
	for c := range values {
		if values[c] > 0 && most(values[c], filled[c]) {
			return true
		}
	}
	return false
}

// isPlain says whether a text may stand in a draft: short, and without control characters and broken bytes.
func isPlain(s string) bool {
	for _, r := range s {
		if r == '\uFFFD' || !unicode.IsGraphic(r) {
			return false
		}
	}
	return len(s) <= 200
}

func digitsOf(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}

// differ says whether each group is unlike some other group: in csv by its number of columns or the kinds of
// characters in its cells, in fixed files by those at each byte.
func (w *work) differ(groups []kindRecords) bool {
	for g := range groups {
		groups[g].mask = w.classMask(groups[g].records)
	}
	unlike := 0
	for g := range groups {
		for h := range groups {
			if g != h && masksDiffer(groups[g].mask, groups[h].mask) {
				unlike++
				break
			}
		}
	}
	return unlike == len(groups)
}

// masksDiffer compares kinds of characters by place: different if a sixth of the places share none.
func masksDiffer(a, b []uint16) bool {
	if len(a) != len(b) {
		return true
	}
	apart := 0
	for i := range a {
		if a[i]&b[i] == 0 {
			apart++
		}
	}
	return apart*6 > len(a)
}

// classMask gives, for each place, the set of character kinds seen there.
func (w *work) classMask(records []int) []uint16 {
	if w.fixed {
		mask := make([]uint16, w.report.RecordLength)
		classes := make([]class, w.report.RecordLength)
		for _, i := range records {
			w.enc.classify(classes, w.lines[i])
			for p, c := range classes {
				mask[p] |= 1 << c
			}
		}
		return mask
	}
	mask := make([]uint16, w.usualColumns(records))
	for _, i := range records {
		for c, cell := range w.table.row(i) {
			if c < len(mask) {
				mask[c] |= cellMask(cell)
			}
		}
	}
	return mask
}

func cellMask(cell string) uint16 {
	switch {
	case cell == "":
		return 1
	case digitsOf(cell)*2 >= len(cell):
		return 2
	}
	return 4
}

// nameKinds says which group is what, by position and number of records, and joins groups of one kind that
// look alike.
func (w *work) nameKinds(groups []kindRecords) []kindRecords {
	first, last := groups[0].records[0], 0
	for g := range groups {
		last = max(last, groups[g].records[len(groups[g].records)-1])
	}
	classic := isClassic(groups)
	// Several headers and trailers are only believed in the usual order: receipts above items are few too.
	few := func(g *kindRecords) bool { return classic || len(g.records) == 1 }
	receipt := false
	for i := range groups {
		g := &groups[i]
		k, n := &g.kind, len(g.records)
		k.Sure = High
		id := strings.TrimLeft(k.IDs[0], "0")
		switch {
		case g.records[0] == first && few(g) && n < totalRecords(groups):
			k.Kind, k.Why = layout.KindHeader, "first of the file, "+number(n)+" of them"
		case classic && (id == "9" || id == "E"), w.isEnd(g, groups, last):
			k.Kind, k.Why = layout.KindEnd, "last of the file, after the trailer"
		case g.records[n-1] >= last-1 && few(g) && (i > 1 || receipt) && (id != "2" || !classic):
			k.Kind, k.Why = layout.KindTrailer, "follows the data, "+number(n)+" of them"
		case classic && (id == "8" || id == "T"):
			k.Kind, k.Why = layout.KindTrailer, "the usual value of a trailer"
		case !receipt:
			k.Kind, k.Why, receipt = layout.KindReceipt, "the first of the data, "+number(n)+" records", true
		default:
			k.Kind, k.Sure = layout.KindItem, Medium
			k.Why = "stands below the records before it, " + number(n) + " records"
		}
		if n < 3 && !classic {
			k.Sure = Medium
		}
	}
	groups = joinLike(groups)
	if len(groups[0].records) > 1 && groups[0].kind.Kind == layout.KindHeader {
		w.note("The sample holds several headers: the draft says batches: many.")
	}
	slices.SortStableFunc(groups, func(a, b kindRecords) int {
		return kindOrder(a.kind.Kind) - kindOrder(b.kind.Kind)
	})
	return groups
}

// isEnd says whether the group is the single last record, right after another rare one.
func (w *work) isEnd(g *kindRecords, groups []kindRecords, last int) bool {
	if len(g.records) != 1 || g.records[0] != last {
		return false
	}
	for h := range groups {
		n := len(groups[h].records)
		if groups[h].records[n-1] == last-1 && groups[h].records[0] > groups[0].records[0] {
			return groups[h].kind.Kind == layout.KindTrailer
		}
	}
	return false
}

func receiptIndex(groups []kindRecords) int {
	return slices.IndexFunc(groups, func(g kindRecords) bool { return g.kind.Kind == layout.KindReceipt })
}

// joinLike gives item groups that look like the receipts their ids: 2 and 3 may be sale and return.
func joinLike(groups []kindRecords) []kindRecords {
	receipt := receiptIndex(groups)
	if receipt < 0 {
		return groups
	}
	to := &groups[receipt]
	return slices.DeleteFunc(groups, func(g kindRecords) bool {
		if g.kind.Kind != layout.KindItem || g.mask == nil || masksDiffer(g.mask, to.mask) {
			return false
		}
		to.kind.IDs = append(to.kind.IDs, g.kind.IDs...)
		to.records = append(to.records, g.records...)
		slices.Sort(to.records)
		return true
	})
}

func kindOrder(kind string) int {
	return slices.Index([]string{
		layout.KindTitles, layout.KindHeader, layout.KindReceipt,
		layout.KindItem, layout.KindTrailer, layout.KindEnd,
	}, kind)
}
