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
	case w.fixed && p.leftBlanks > p.rightBlanks:
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
	form, ok := p.dateForm(w.opt.Near, want == "date")
	if !ok || want == "" && (form == "yymmdd" || form == "wareki" || form == "gyymmdd") && p.filled() < 5 {
		return false
	}
	c.Type, c.Form, c.Sure = layout.TypeDate, form, High
	c.Why = "all values are dates in the form " + form
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
	form, ok := c.values.timeForm(want == "time")
	if !ok {
		return false
	}
	c.Type, c.Form, c.Sure, c.Why = layout.TypeTime, form, High, "all values are times in the form "+form
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
	if want != "" && want != "number" || !p.canBeNumber(w.fixed) {
		return false
	}
	n := &p.numbers
	signed := n.thousands+n.minus+n.plus+n.trailing+n.decimal > 0 || n.all < p.filled()
	digits := p.digits == p.filled() && p.maxSize <= 11
	aligned := w.fixed && digits && p.leftBlanks > 0 && p.zeroFirst == 0
	varied := digits && p.maxSize > p.minSize && p.ascending*10 < p.filled()*9
	padded := w.fixed && varied && p.zeroFirst*2 >= p.filled() && p.maxLen >= 4
	plain := !w.fixed && varied && p.zeroFirst == 0
	switch {
	case want == "number":
		c.Sure, c.Why = High, "all values are numbers, as the title says"
	case signed:
		c.Sure, c.Why = High, "all values are numbers with a sign, commas or a point"
	case aligned:
		c.Sure, c.Why = Medium, "digits, right-aligned behind blanks"
	case padded:
		c.Sure, c.Why = Low, "digits with leading zeros and of many sizes, may be a code"
	case plain:
		c.Sure, c.Why = Low, "digits of many sizes without leading zeros, may be a code"
	default:
		return false
	}
	w.setSign(c)
	if n.decimal == 0 && want != "" && p.alwaysEnds("00") {
		c.Sure, c.Why = Medium, c.Why+"; all end in 00, so there may be 2 implied decimals"
	}
	return true
}

// canBeNumber: all values are numbers, or in fixed files overpunched ones.
func (p *profile) canBeNumber(fixed bool) bool {
	n, filled := &p.numbers, p.filled()
	if filled == 0 {
		return false
	}
	return n.all == filled && (fixed || n.trailing == 0) ||
		fixed && n.zoned > 0 && n.zoned+p.digits == filled ||
		fixed && n.zonedMF > 0 && n.zonedMF+p.digits == filled
}

func (w *work) setSign(c *Column) {
	p := &c.values
	n, filled := &p.numbers, p.filled()
	c.Type, c.Thousands, c.Scale, c.Align, c.Pad = layout.TypeNumber, n.thousands > 0, n.scale, "", ""
	switch {
	case n.all < filled && n.zoned > 0 && n.zoned+p.digits == filled:
		c.Sign = "overpunch"
	case n.all < filled:
		c.Sign = "overpunch_mf"
	case n.trailing > 0:
		c.Sign = "trail_sign"
	case n.plus > 0:
		c.Sign = "lead_sign"
	case n.minus > 0 && w.fixed:
		c.Sign = "lead_minus"
	}
	if c.Sign == "overpunch" || c.Sign == "overpunch_mf" {
		c.Why = "digits with an overpunched last character (" + c.Sign + ")"
	}
	if p.leftBlanks+p.rightBlanks > 0 {
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
	case cards && p.jan(lengths):
		c.Shape, c.Sure, c.Why = "jan", High, "8 or 13 digits whose JAN check digit always holds"
		c.Lengths, c.Checks = lengths, []string{"M10W3"}
	case cards && lengths[0] >= 12:
		c.Shape, c.Sure = "card", Medium
		c.Lengths, c.Checks = lengths, p.checks()
		c.Why = "digits of a card number's length"
		if len(c.Checks) > 0 {
			c.Sure, c.Why = High, c.Why+", the check digit "+strings.Join(c.Checks, " or ")+" always holds"
		}
	case w.fixed && p.digits == p.filled() && c.Width >= 9:
		c.Shape, c.Sure, c.Why = several().shape, several().sure, several().why
	case p.digits == p.filled():
		c.Shape, c.Why = "code", "digits, kept with their leading zeros"
	}
}

// cardDigits gives the lengths of the values in digits without hyphens, if at most 3 lengths of 7 digits or
// more occur and nothing else.
func (p *profile) cardDigits() ([]int, bool) {
	var lengths []int
	for _, v := range p.texts {
		var room [40]byte
		digits, code := card.Normalise(room[:0], []byte(v))
		if code != 0 || len(digits) < 7 || len(digits) > 19 {
			return nil, false
		}
		if !slices.Contains(lengths, len(digits)) {
			lengths = append(lengths, len(digits))
		}
		if len(lengths) > 3 {
			return nil, false
		}
	}
	slices.Sort(lengths)
	return lengths, len(lengths) > 0
}

// jan says whether all values are JAN codes.
func (p *profile) jan(lengths []int) bool {
	for _, n := range lengths {
		if n != 8 && n != 13 {
			return false
		}
	}
	return len(p.order) >= 3 && p.holds(card.M10W3)
}

// checks gives the rules that hold for all values, if there are enough to believe it.
func (p *profile) checks() []string {
	var out []string
	if len(p.order) < 8 {
		return nil
	}
	for _, name := range []string{"LUHN", "M10W3", "M11W2_7", "DR7", "DSR7"} {
		if rule, _ := card.CheckOf(name); p.holds(rule) {
			out = append(out, name)
		}
	}
	return out
}

func (p *profile) holds(rule card.Check) bool {
	for _, v := range p.texts {
		var room [40]byte
		digits, code := card.Normalise(room[:0], []byte(v))
		if code != 0 || !rule.Holds(digits) {
			return false
		}
	}
	return true
}
