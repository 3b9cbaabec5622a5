package inspect

import (
	"slices"

	"multipoint/shared/layout"
)

// findFlatItems says whether each line is an item of a receipt (R5): consecutive lines share their key.
func (w *work) findFlatItems() {
	i := slices.IndexFunc(w.report.Kinds, func(k Kind) bool { return k.Kind == layout.KindReceipt })
	if i < 0 {
		return
	}
	k, g := &w.report.Kinds[i], &w.groups[i]
	if !slices.ContainsFunc(w.report.Kinds, func(k Kind) bool { return k.Kind == layout.KindItem }) {
		w.findFlat(k, g)
	}
	if w.report.FlatItems == nil {
		itemInColumns(k)
	}
}

// itemInColumns names the one item of a receipt that has it in columns.
func itemInColumns(k *Kind) {
	if find(k, "product") == nil {
		return
	}
	for i := range k.Columns {
		if c := &k.Columns[i]; slices.Contains(layout.ReadItemNames(), c.Name) {
			c.Name = "items.1." + c.Name
		}
	}
}

func (w *work) findFlat(k *Kind, g *group) {
	if k.Records < 4 || find(k, "receipt") == nil {
		return
	}
	keys := make([]string, len(g.records))
	for _, name := range []string{"business_date", "store", "register", "receipt"} {
		if c := find(k, name); c != nil {
			at := 0
			w.eachOf(g, c, func(raw string) { keys[at] += "\x00" + raw; at++ })
		}
	}
	runs, seen, again := 0, make(map[string]bool), 0
	for j, key := range keys {
		if j > 0 && key == keys[j-1] {
			continue
		}
		runs++
		if seen[key] {
			again++
		}
		seen[key] = true
	}
	if again > allowed(len(keys)) || runs == len(keys) || runs*10 > len(keys)*9 {
		return
	}
	f := Finding{"true", Medium, number(len(keys)) + " lines, but " + number(runs) +
		" receipts: consecutive lines share date, store, register and receipt"}
	if find(k, "product") != nil || find(k, "quantity") != nil {
		f.Sure = High
	}
	w.report.FlatItems = &f
	w.findFlatAmount(k, g, keys)
}

func (w *work) findFlatAmount(k *Kind, g *group, keys []string) {
	f := Finding{"item", Medium, "amounts differ between the lines of a receipt, so they are summed"}
	c := find(k, "amount_incl")
	if c != nil {
		same, at, last := true, 0, ""
		w.eachOf(g, c, func(raw string) {
			if at > 0 && keys[at] == keys[at-1] && raw != last {
				same = false
			}
			last = raw
			at++
		})
		if same {
			f = Finding{"receipt", Medium, "the amount is the same on each line of a receipt"}
		}
	}
	w.report.FlatAmount = &f
}

// eachOf calls f with the values of a column.
func (w *work) eachOf(g *group, c *Column, f func(raw string)) {
	w.each(g, c.Place-1, c.Width, func(_ int, raw string) { f(raw) })
}

func find(k *Kind, name string) *Column {
	for i := range k.Columns {
		if k.Columns[i].Name == name {
			return &k.Columns[i]
		}
	}
	return nil
}
