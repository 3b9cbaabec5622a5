package inspect

import (
	"slices"
	"strings"

	"multipoint/shared/card"
	"multipoint/shared/layout"
)

// findColumns proposes the columns of each kind but titles, whose columns follow the receipts'.
func (w *work) findColumns() {
	for i := range w.report.Kinds {
		k, g := &w.report.Kinds[i], &w.groups[i]
		if k.Kind == layout.KindTitles {
			continue
		}
		if w.fixed {
			for _, s := range w.fixedSpans(g) {
				k.Columns = append(k.Columns, w.column(g, s, ""))
			}
			continue
		}
		titles := []string(nil)
		if w.report.Titles && k.Kind == layout.KindReceipt {
			titles = w.table.row(0)
		}
		for c := range g.columns {
			title := ""
			if c < len(titles) {
				title = trimmed(titles[c])
			}
			k.Columns = append(k.Columns, w.column(g, span{at: c}, title))
		}
	}
}

// column describes one column from its values, its title and what its place gave away.
func (w *work) column(g *group, s span, title string) Column {
	p := w.profile(g, s.at, s.width)
	c := Column{Place: s.at + 1, Width: s.width, Title: title, values: p, Sure: Medium, hidden: s.hint.hidden}
	if !w.fixed {
		c.Width = p.maxLen
	}
	c.BlankPerMille = perMille(p.blanks, p.n)
	c.Distinct, c.DistinctMore = len(p.order), p.more
	c.Samples = slices.Clone(p.order[:min(3, len(p.order))])
	w.describe(&c, s.hint, titleName(title).want)
	return c
}

// describe sets type, form, padding and shape.
func (w *work) describe(c *Column, h hint, want string) {
	p := &c.values
	c.Type, c.Sure, c.Why = layout.TypeText, Medium, "its values are kept as they stand"
	w.setPadding(c)
	switch {
	case p.filled() == 0:
		c.Type, c.Pad, c.Align, c.Sure, c.Why = layout.TypeFiller, "", "", High, "blank in all records"
		if p.n == 0 {
			c.Type, c.Sure, c.Why = layout.TypeText, Low, "the sample has no values"
		}
	case h.typ == layout.TypeDate || h.typ == layout.TypeTime:
		c.Type, c.Form, c.Sure, c.Why = h.typ, h.form, h.sure, h.why
	case w.setDate(c, want), w.setTime(c, want), w.setNumber(c, want):
	default:
		w.setCode(c)
	}
	switch {
	case h.why == "" || c.Type != layout.TypeText:
	case h.shape != "" && c.Shape == "card" && c.Width >= 15 && c.Width <= 16:
		c.Sure = Low
		c.Why += ", but may be several columns"
	default:
		c.Sure, c.Why = h.sure, h.why
		if h.shape != "" {
			c.Shape = h.shape
		}
	}
}

// setPadding proposes how a text column is filled up.
func (w *work) setPadding(c *Column) {
	p := &c.values
	switch {
	case w.fixed && p.leftBlanks > p.rightBlanks+allowed(p.filled()):
		c.Align, c.Pad = "right", "space"
	case w.fixed && p.wideBlanks > 0:
		c.Pad = "wide"
	case !w.fixed && p.leftBlanks+p.rightBlanks+p.wideBlanks > 0:
		c.Pad = "space"
		if p.wideBlanks > 0 {
			c.Pad = "wide"
		}
		if p.leftBlanks > p.rightBlanks+p.wideBlanks {
			c.Align = "right"
		}
	}
}

func (w *work) setDate(c *Column, want string) bool {
	if want != "" && want != "date" {
		return false
	}
	p := &c.values
	form, fit := p.dateForm(w.opt.Near, want == "date")
	short := form == "yymmdd" || form == "wareki" || form == "gyymmdd"
	if fit == 0 || want == "" && short && p.filled() < 5 {
		return false
	}
	c.Type, c.Form, c.Sure = layout.TypeDate, form, High
	c.Why = ofAll(fit, len(p.texts), "values") + " are dates in the form " + form
	for _, v := range p.order {
		if isNoDate(v) && len(c.Empty) < 8 {
			c.Empty = append(c.Empty, v)
		}
	}
	switch form {
	case "yymmdd", "wareki", "gyymmdd", "mmdd":
		c.Sure = Medium
	}
	if p.filled() < 3 && want == "" {
		c.Sure = Medium
	}
	return true
}

func (w *work) setTime(c *Column, want string) bool {
	if want != "" && want != "time" {
		return false
	}
	form, fit := c.values.timeForm(want == "time")
	if fit == 0 {
		return false
	}
	c.Type, c.Form, c.Sure = layout.TypeTime, form, High
	c.Why = ofAll(fit, len(c.values.texts), "values") + " are times in the form " + form
	for _, v := range c.values.order {
		if strings.Compare(v[:min(2, len(v))], "24") >= 0 && len(v) >= 4 && v[1] != ':' {
			c.Why += ", beyond 24 o'clock too"
			break
		}
	}
	return true
}

// setNumber accepts what a title calls an amount, what has signs, commas or a decimal point, what is padded
// with blanks on the left, and digits that look like amounts rather than codes.
func (w *work) setNumber(c *Column, want string) bool {
	p := &c.values
	style, fit := p.numberStyle(w.fixed)
	if want != "" && want != "number" || fit == 0 {
		return false
	}
	n := &p.numbers
	all := ofAll(fit, p.filled(), "values") + " are numbers"
	signed := n.thousands+n.minus+n.plus+n.trailing+n.decimal > 0 || style != ""
	digits := most(p.digits, p.filled()) && p.maxSize <= 11
	aligned := w.fixed && digits && p.leftBlanks > 0 && p.zeroFirst == 0
	varied := digits && p.maxSize > p.minSize && p.ascending*10 < p.filled()*9
	padded := w.fixed && varied && p.zeroFirst*2 >= p.filled() && p.maxLen >= 4
	plain := !w.fixed && varied && p.zeroFirst == 0
	switch {
	case want == "number":
		c.Sure, c.Why = High, all+", as the title says"
	case signed:
		c.Sure, c.Why = High, all+" with a sign, commas or a point"
	case aligned:
		c.Sure, c.Why = Medium, "digits, right-aligned behind blanks"
	case padded:
		c.Sure, c.Why = Low, "digits with leading zeros and of many sizes, may be a code"
	case plain:
		c.Sure, c.Why = Low, "digits of many sizes without leading zeros, may be a code"
	default:
		return false
	}
	if fit < p.filled() && !strings.HasPrefix(c.Why, all) {
		c.Why += "; " + all
	}
	w.setSign(c, style)
	if n.decimal == 0 && want != "" && p.alwaysEnds("00") {
		c.Sure, c.Why = Medium, c.Why+"; all end in 00, so there may be 2 implied decimals"
	}
	return true
}

// numberStyle says how many values are numbers, 0 if more than a few are not, and in fixed files the
// overpunch they need, if any. Styles that only a few values have are dirt and taken out of the counts.
func (p *profile) numberStyle(fixed bool) (overpunch string, fit int) {
	n, filled := &p.numbers, p.filled()
	limit := allowed(filled)
	best := n.all
	if n.decimal <= limit {
		best -= n.decimal
		n.decimal, n.scale = 0, 0
	}
	if n.plus <= limit {
		n.plus = 0
	}
	if n.thousands <= limit && p.maxSize > 3 {
		best -= n.thousands
		n.thousands = 0
	}
	if !fixed {
		best -= n.trailing
		n.trailing = 0
	}
	if fixed && n.zoned > 0 && n.zoned+p.digits > best {
		overpunch, best = "overpunch", n.zoned+p.digits
	}
	if fixed && n.zonedMF > 0 && n.zonedMF+p.digits > best {
		overpunch, best = "overpunch_mf", n.zonedMF+p.digits
	}
	if best <= 0 || !most(best, filled) {
		return "", 0
	}
	return overpunch, best
}

func (w *work) setSign(c *Column, overpunch string) {
	p := &c.values
	n := &p.numbers
	c.Type, c.Thousands, c.Scale, c.Align, c.Pad = layout.TypeNumber, n.thousands > 0, n.scale, "", ""
	switch {
	case overpunch != "":
		c.Sign = overpunch
		c.Why = "digits with an overpunched last character (" + c.Sign + ")"
	case n.trailing > 0:
		c.Sign = "trail_sign"
	case n.plus > 0:
		c.Sign = "lead_sign"
	case n.minus > 0 && w.fixed:
		c.Sign = "lead_minus"
	}
	if p.leftBlanks > 0 || p.rightBlanks > allowed(p.filled()) {
		c.Pad = "space"
		if p.rightBlanks > p.leftBlanks {
			c.Align = "left"
		}
	}
	if c.Scale > 0 {
		c.Why += "; the decimal point makes it count units of 10^-" + number(c.Scale)
	}
}

func (p *profile) alwaysEnds(s string) bool {
	for _, v := range p.texts {
		if !strings.HasSuffix(v, s) {
			return false
		}
	}
	return len(p.texts) >= 20 && len(p.order) >= 10
}

// setCode tells card numbers, JAN codes and constants from other texts.
func (w *work) setCode(c *Column) {
	p := &c.values
	lengths, cards := p.cardDigits()
	switch {
	case len(p.order) == 1 && p.blanks == 0 && p.n > 1:
		c.Shape, c.Sure, c.Why = "constant", High, "the same value in all records"
	case p.n > 1 && most(p.usual(), p.n) && len(p.order)-1 == p.n-p.usual()-p.blanks: // dirt does not repeat
		c.Shape, c.Why = "constant", "the same value in "+ofAll(p.usual(), p.n, "records")
	case cards && p.jan(lengths):
		c.Shape, c.Sure, c.Why = "jan", High, "8 or 13 digits whose JAN check digit holds for nearly all"
		c.Lengths, c.Checks = lengths, []string{"M10W3"}
	case cards && lengths[0] >= 12:
		c.Shape, c.Sure = "card", Medium
		checks, fit := p.checks()
		c.Lengths, c.Checks = lengths, checks
		c.Why = "digits of a card number's length"
		if len(checks) > 0 {
			c.Sure, c.Why = High, c.Why+", the check digit "+strings.Join(checks, " or ")+" holds for "+
				ofAll(fit, len(p.texts), "values")
		}
	case w.fixed && most(p.digits, p.filled()) && c.Width >= 9:
		c.Shape, c.Sure, c.Why = several().shape, several().sure, several().why
	case most(p.digits, p.filled()):
		c.Shape, c.Why = "code", "digits, kept with their leading zeros"
	}
}

// usual is how often the most frequent value occurs.
func (p *profile) usual() int {
	best := 0
	for _, v := range p.order {
		best = max(best, p.seen[v])
	}
	return best
}

// cardDigits gives the lengths of the values in digits without hyphens, if at most 3 lengths of 7 to 19
// digits occur, but for a few values.
func (p *profile) cardDigits() ([]int, bool) {
	var counts [20]int
	for _, v := range p.texts {
		var room [40]byte
		digits, code := card.Normalise(room[:0], []byte(v))
		if code == 0 && len(digits) >= 7 && len(digits) <= 19 {
			counts[len(digits)]++
		}
	}
	var lengths []int
	fit := 0
	for len(lengths) < 3 && (fit == 0 || !most(fit, len(p.texts))) {
		n := slices.Index(counts[:], slices.Max(counts[:]))
		if counts[n] == 0 {
			break
		}
		lengths = append(lengths, n)
		fit, counts[n] = fit+counts[n], 0
	}
	slices.Sort(lengths)
	return lengths, fit > 0 && most(fit, len(p.texts))
}

// jan says whether nearly all values are JAN codes.
func (p *profile) jan(lengths []int) bool {
	for _, n := range lengths {
		if n != 8 && n != 13 {
			return false
		}
	}
	return len(p.order) >= 3 && p.holds(card.M10W3) > 0
}

// checks gives the rules that hold for nearly all values, if there are enough to believe it, and for how many
// the first one does.
func (p *profile) checks() (names []string, fit int) {
	if len(p.order) < 8 {
		return nil, 0
	}
	for _, name := range []string{"LUHN", "M10W3", "M11W2_7", "DR7", "DSR7"} {
		rule, _ := card.CheckOf(name)
		if n := p.holds(rule); n > 0 {
			names = append(names, name)
			fit = max(fit, n)
		}
	}
	return names, fit
}

// holds counts the values for which a rule holds, 0 if it does not for more than a few.
func (p *profile) holds(rule card.Check) int {
	misses, limit := 0, allowed(len(p.texts))
	for _, v := range p.texts {
		var room [40]byte
		digits, code := card.Normalise(room[:0], []byte(v))
		if code == 0 && rule.Holds(digits) {
			continue
		}
		if misses++; misses > limit {
			return 0
		}
	}
	return len(p.texts) - misses
}
