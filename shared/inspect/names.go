package inspect

import (
	"slices"
	"strings"

	"multipoint/shared/layout"
)

// nameColumns proposes names of the common layout: from titles, then from values and positions.
func (w *work) nameColumns() {
	for i := range w.report.Kinds {
		k := &w.report.Kinds[i]
		n := naming{used: make(map[string]bool), kind: k, w: w}
		for c := range k.Columns {
			n.used[k.Columns[c].Name] = true
		}
		n.discriminator()
		switch k.Kind {
		case layout.KindReceipt, layout.KindItem:
			n.fromTitles()
			n.fromValues()
			n.lookups()
		case layout.KindHeader:
			for c := range k.Columns {
				if k.Columns[c].Type == layout.TypeDate {
					n.give(&k.Columns[c], "file_date", Medium, "a date in the header")
				}
			}
		}
		n.rest()
	}
	w.noteMissing()
}

// naming gives the columns of one kind their names, each name once.
type naming struct {
	w    *work
	kind *Kind
	used map[string]bool
}

// give names a column that has no name yet, if the name is free; sure is how sure the name is, which lowers
// that of the column.
func (n *naming) give(c *Column, name, sure, why string) bool {
	if c.Name != "" || n.used[name] {
		return false
	}
	n.used[name] = true
	c.Name, c.Sure = name, lower(c.Sure, sure)
	c.Why = why + "; " + c.Why
	return true
}

func lower(a, b string) string {
	order := []string{High, Medium, Low}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

func (n *naming) discriminator() {
	w := n.w
	for c := range n.kind.Columns {
		col := &n.kind.Columns[c]
		if w.width > 0 && col.Place == w.at+1 {
			n.give(col, "record", High, "shows the kind of the record")
			col.Sure = High
		}
	}
}

// rest names what is left by its place.
func (n *naming) rest() {
	prefix := "column_"
	if n.w.fixed {
		prefix = "at_"
	}
	for c := range n.kind.Columns {
		col := &n.kind.Columns[c]
		if col.Name != "" {
			continue
		}
		col.Name = prefix + number(col.Place)
		if col.Type != layout.TypeFiller && col.Shape != "constant" {
			col.Sure = lower(col.Sure, Medium)
		}
	}
}

func (n *naming) fromTitles() {
	columns := n.kind.Columns
	product, totals := false, 0
	for _, c := range columns {
		switch titleName(c.Title).name {
		case "product":
			product = true
		case "amount_incl":
			totals++
		}
	}
	for i := range columns {
		c := &columns[i]
		t := titleName(c.Title)
		if t.name == "" || t.name == "*" {
			continue
		}
		name := t.name
		plain := slices.Contains([]string{"金額", "amount", "amt"}, foldTitle(c.Title))
		if name == "amount_incl" && (product && totals > 1 && plain || n.kind.Kind == layout.KindItem) {
			name = "amount"
		}
		sure, why := High, "its title says so"
		if (t.want == "number" || t.want == "date") && c.Type != t.want {
			sure, why = Low, "its title says so, but not all values are a "+t.want
			if c.values.filled() == 0 {
				why = "its title says so; the sample has no values"
			}
		}
		if !n.give(c, name, sure, why) && c.Name == "" {
			n.give(c, name+"_2", Low, "its title says so, but another column has that name")
		}
		if c.Type == layout.TypeFiller {
			c.Type = layout.TypeText
		}
	}
}

// fromValues names columns without titles: the first date and the first time, card numbers, JAN codes, then
// what stands where retailers put it.
func (n *naming) fromValues() {
	columns := n.kind.Columns
	for i := range columns {
		c := &columns[i]
		if c.Title != "" || c.Name != "" {
			continue
		}
		switch {
		case c.Type == layout.TypeDate:
			n.give(c, "business_date", Medium, "the first date")
		case c.Type == layout.TypeTime:
			n.give(c, "time", Medium, "the first time")
		case c.Shape == "card" && slices.ContainsFunc(c.Lengths, func(l int) bool { return l >= 15 }):
			n.give(c, "card", Medium, "card numbers")
		case c.Shape == "jan":
			n.give(c, "product", Medium, "JAN codes")
		case c.Distinct <= 6 && n.kindWords(c):
			n.give(c, "kind", Medium, "words for sale and return")
		}
	}
	n.kindCodes()
	n.receiptCodes()
	n.soleAmount()
}

func (n *naming) kindWords(c *Column) bool {
	words := 0
	for _, v := range c.values.order {
		if kindOf(v) != "" {
			words += c.values.seen[v]
		}
	}
	return words > 0 && most(words, c.values.filled())
}

// kindCodes: a digit between the kind of the record and the date, of few values, is taken for sale or return.
func (n *naming) kindCodes() {
	for i := 1; i+1 < len(n.kind.Columns) && n.kind.Kind == layout.KindReceipt; i++ {
		before, c, behind := &n.kind.Columns[i-1], &n.kind.Columns[i], &n.kind.Columns[i+1]
		if before.Name == "record" && behind.Name == "business_date" && c.Title == "" && c.Width == 1 &&
			c.Distinct >= 2 && c.Distinct <= 6 && most(c.values.digits, c.values.n) {
			n.give(c, "kind", Low, "a digit between the kind of the record and the date")
			setText(c)
		}
	}
}

// receiptCodes: three short codes behind date or time, with no more than a name after the first one between
// them, are taken for store, register and receipt.
func (n *naming) receiptCodes() {
	columns := n.kind.Columns
	last := -1
	for i := range columns {
		if columns[i].Name == "business_date" || columns[i].Name == "time" {
			last = i
		}
	}
	if last < 0 || n.kind.Kind != layout.KindReceipt {
		return
	}
	var codes []*Column
	for i := last + 1; i < len(columns) && len(codes) < 3; i++ {
		c := &columns[i]
		if c.Type == layout.TypeFiller {
			continue
		}
		if c.Name == "" && c.Type == layout.TypeText && len(codes) == 1 && c.values.digits == 0 {
			continue // the store's name
		}
		short := c.values.maxLen >= 2 && c.values.maxLen <= 8 && most(c.values.digits, c.values.filled())
		if c.Name != "" || c.Title != "" || !short || c.values.filled() == 0 || c.Type == layout.TypeDate {
			break
		}
		codes = append(codes, c)
	}
	if len(codes) != 3 || codes[2].Distinct < codes[0].Distinct || codes[2].Distinct < codes[1].Distinct {
		return
	}
	for i, name := range []string{"store", "register", "receipt"} {
		n.give(codes[i], name, Low, "one of three codes behind date and time")
		setText(codes[i])
	}
}

// setText makes a column that was taken for a number a text again: codes keep their leading zeros.
func setText(c *Column) {
	c.Type, c.Sign, c.Scale, c.Thousands, c.Form = layout.TypeText, "", 0, false, ""
}

// soleAmount: the only number without a name is taken for the amount; of several the only one with a decimal
// point, or else the only one with a sign.
func (n *naming) soleAmount() {
	name := "amount_incl"
	if n.kind.Kind == layout.KindItem {
		name = "amount"
	}
	for _, fits := range []func(*Column) bool{
		func(*Column) bool { return true },
		func(c *Column) bool { return c.Scale > 0 },
		func(c *Column) bool { return c.Sign != "" },
	} {
		var found []*Column
		for i := range n.kind.Columns {
			c := &n.kind.Columns[i]
			if c.Type == layout.TypeNumber && c.Name == "" && c.Title == "" && fits(c) {
				found = append(found, c)
			}
		}
		if len(found) == 1 {
			n.give(found[0], name, Low, "the only column that looks like an amount")
			return
		}
	}
	n.signedAmount(name)
}

// signedAmount takes the first number behind a column of signs for the amount.
func (n *naming) signedAmount(name string) {
	for i := 1; i < len(n.kind.Columns); i++ {
		before, c := &n.kind.Columns[i-1], &n.kind.Columns[i]
		if c.Type != layout.TypeNumber || c.Sign != "" || c.Title != "" || before.Name != "" ||
			!n.w.isSign(before) || n.used["sign"] {
			continue
		}
		if n.give(c, name, Low, "a number behind a column of 1 and 2, which may be its sign") {
			n.give(before, "sign", Low, "1 may be plus and 2 minus")
			setText(before)
			c.SignField = "sign"
			return
		}
	}
}

// kindOf gives the kind of the common layout that a word stands for, empty if it is none.
func kindOf(word string) string {
	switch strings.ToLower(word) {
	case "売上", "売", "販売", "買上", "売上げ", "注文", "sale", "sales", "s":
		return "sale"
	case "返品", "返", "返金", "return", "refund", "r":
		return "return"
	case "取消", "取消し", "取り消し", "取", "キャンセル", "cancel", "void", "c":
		return "cancel"
	case "付与", "ポイント付与", "grant", "g":
		return "grant"
	}
	return ""
}

// lookups proposes what the values of the kind column mean.
func (n *naming) lookups() {
	for i := range n.kind.Columns {
		c := &n.kind.Columns[i]
		if c.Name != "kind" || c.DistinctMore || c.Distinct == 0 || c.Distinct > 8 {
			continue
		}
		lookup, guessed := n.kindLookup(c)
		if lookup == nil {
			c.Sure = Low
			n.w.note("The values of the kind column are not known words; its lookup has to be written.")
			continue
		}
		c.Lookup = lookup
		if guessed {
			c.Sure = Low
			n.w.note("The kind column holds codes: which of them are returns or cancels is a guess.")
		}
	}
}

// kindLookup maps the values by their words. Of codes the most frequent one is a sale, as most lines are; 2
// is then a return, 3 and 9 a cancel.
func (n *naming) kindLookup(c *Column) (lookup map[string]string, guessed bool) {
	lookup = make(map[string]string)
	usual := ""
	for _, v := range c.values.order {
		if usual == "" || c.values.seen[v] > c.values.seen[usual] {
			usual = v
		}
	}
	for _, v := range c.values.order {
		kind := kindOf(v)
		if kind == "" {
			switch bare := strings.TrimLeft(v, "0"); {
			case len(v) > 4 || !isPlain(v):
			case v == usual:
				kind = "sale"
			case bare == "2" || bare == "1" && strings.TrimLeft(usual, "0") == "":
				kind = "return"
			case bare == "3" || bare == "9":
				kind = "cancel"
			}
			guessed = guessed || kind != ""
		}
		if kind == "" && c.values.seen[v] <= allowed(c.values.filled()) && len(v) > 0 && v != usual {
			n.w.note("The kind column holds " + number(c.values.seen[v]) + " × " + printable(c.mask(v)) +
				", which is no known word; it is left out of the lookup.")
			continue
		}
		if kind == "" {
			return nil, true
		}
		lookup[v] = kind
	}
	return lookup, guessed
}

// noteMissing says which columns that a feed needs were not found.
func (w *work) noteMissing() {
	for _, k := range w.report.Kinds {
		if k.Kind != layout.KindReceipt {
			continue
		}
		has := make(map[string]bool)
		for _, c := range k.Columns {
			has[c.Name] = true
		}
		for _, name := range []string{"business_date", "receipt", "amount_incl"} {
			if !has[name] && !(name == "amount_incl" && has["amount"]) {
				w.note("No column was found for " + name + ".")
			}
		}
		if !has["card"] && !has["member_no"] {
			w.note("No column was found for card or member_no.")
		}
	}
}
