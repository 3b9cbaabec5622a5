package model

import (
	"slices"
)

// faultOrder lists the faults of a line; those of a bad line are named in this order, each once.
var faultOrder = [...]string{
	"text.undecodable", "kind.bad", "date.bad", "date.future", "date.too_old", "time.bad", "amount.bad",
	"amount.negative", "amount.signs", "amount.differs", "points.bad", "point_type.missing",
	"receipt.missing",
	"card.missing", "card.not_digits", "card.unknown", "card.check_digit", "member.unknown", "member.no_card",
	"item.bad",
}

// The amount columns of a line, in the order of amounts.
const (
	colIncl = iota
	colExcl
	colIncl8
	colIncl10
	colTax8
	colTax10
	columns
)

// item is one product of a receipt: yen with tax, discounts negative, and the tax rate in per cent.
type item struct {
	product      string
	amount, rate int64
}

// part is one line of a file, read by itself. Flat item files have several for one receipt.
type part struct {
	line     Line
	kind     string
	faults   map[string]bool
	broken   *Undecodable
	date     string // empty if it cannot be read
	seconds  int
	own      []string // its key fields (R5)
	original []string // those of the sale that it names; nil if it names none

	amounts     [columns]int64
	amountsRead bool // every amount can be read
	points      int64
	pointsRead  bool
	card        string // normalised digits, short forms short; empty if there is no readable card
	account     account
	items       []item
}

// receipt is one record of a file: one transaction, if it is good.
type receipt struct {
	file    string
	ordinal int
	feed    Feed
	part           // of its first line; amounts, points and items are those of all lines
	sales   bool   // sale or grant; else return or cancel
	incl    int64  // yen; of returns and cancels the magnitude
	excl    int64  // yen without tax by the feed's formula (R9)
	key     string // R5
	origKey string // key of the sale that it names, empty if none
	content content
	affil   string // code of the card company, empty if none
	naming  string // the point type that it names (R13)
	reasons []string
	outcome LineResult
}

// reader is what the lines of a feed are read with.
type reader struct {
	masters Masters
	members []Member
	feed    Feed
	runDate string
}

// readLine reads one line and lists its faults, except those that need the whole receipt.
func (r reader) readLine(line Line) part {
	p := part{line: line, kind: line.Kind, faults: map[string]bool{}}
	if p.kind == "" {
		p.kind = "sale"
	}
	if !slices.Contains([]string{"sale", "return", "cancel", "grant"}, p.kind) {
		p.faults["kind.bad"] = true
	}
	if line.NoteBase64 != "" {
		p.broken = undecodable(line.NoteBase64)
		if p.broken != nil {
			p.faults["text.undecodable"] = true
		}
	}
	r.readDates(&p)
	var ok bool
	if p.seconds, ok = readTime(line.Time); !ok {
		p.faults["time.bad"] = true
	}
	r.readAmounts(&p)
	r.readCard(&p)
	for _, written := range line.Items {
		amount, ok := readNumber(written[1])
		rate, ok2 := readNumber(written[2])
		if !ok || !ok2 {
			p.faults["item.bad"] = true
		}
		p.items = append(p.items, item{written[0], amount, rate})
	}
	return p
}

// readDates reads the dates and the key fields (R5, R8). Choice: a date outside the limits is still a date,
// so the card is looked for on it.
func (r reader) readDates(p *part) {
	var ok bool
	if p.date, ok = readDate(p.line.Date); !ok {
		p.faults["date.bad"] = true
	} else if p.date > r.runDate {
		p.faults["date.future"] = true
	} else if p.date < addDays(r.runDate, -r.feed.oldestDays()) {
		p.faults["date.too_old"] = true
	}
	origDate := p.line.OrigDate
	if !blank(origDate) {
		if read, ok := readDate(origDate); ok {
			origDate = read
		} else {
			p.faults["date.bad"] = true
		}
	}
	date := p.date
	if date == "" {
		date = p.line.Date
	}
	own := map[string]string{
		"date": date, "store": p.line.Store, "register": p.line.Register, "receipt": p.line.Receipt,
	}
	orig := map[string]string{
		"date": origDate, "store": p.line.OrigStore, "register": p.line.OrigRegister,
		"receipt": p.line.OrigReceipt,
	}
	var original []string
	for _, field := range r.feed.keyFields() {
		p.own = append(p.own, own[field])
		original = append(original, orig[field])
	}
	if slices.ContainsFunc(original, func(text string) bool { return !blank(text) }) {
		p.original = original
	}
}

// readAmounts reads the amount columns and the given points (R9). A blank amount with tax is unreadable,
// and one without tax where the feed takes it from the file, except on grant and cancel lines; other blanks
// are 0.
func (r reader) readAmounts(p *part) {
	mayBeBlank := p.kind == "grant" || p.kind == "cancel"
	p.amountsRead = true
	texts := [columns]string{
		p.line.Incl, p.line.Excl, p.line.Incl8, p.line.Incl10, p.line.Tax8, p.line.Tax10,
	}
	for column, text := range texts {
		needed := column == colIncl || column == colExcl && r.feed.excl() == "file"
		value, ok := readNumber(text)
		if blank(text) {
			value, ok = 0, mayBeBlank || !needed
		}
		p.amounts[column] = value
		if !ok {
			p.faults["amount.bad"] = true
			p.amountsRead = false
		}
	}
	if p.kind != "grant" {
		return
	}
	points, ok := readNumber(p.line.PointsGiven)
	p.points, p.pointsRead = points, ok && points >= 0
	if !p.pointsRead {
		p.faults["points.bad"] = true
	}
	if p.line.PointType == "" && r.feed.PointType == "" {
		p.faults["point_type.missing"] = true
	}
}

// readCard finds the account of the line (R7). Where a line has card and member number the card decides, and
// nobody asks whose the number is.
func (r reader) readCard(p *part) {
	reason := ""
	if !blank(p.line.Card) {
		digits, ok := normaliseCard(p.line.Card)
		if !ok {
			reason = "card.not_digits"
		} else if p.card = digits; p.date != "" {
			p.account, reason = findCard(r.masters.Cards, digits, p.date)
		}
	} else if !blank(p.line.MemberNo) {
		p.account, reason = findMember(r.members, p.line.MemberNo, r.feed.MemberProvider)
	}
	if reason != "" {
		p.faults[reason] = true
	}
}

// hasCard says whether the line has a point card or a member number, good or bad.
func (p part) hasCard() bool { return !blank(p.line.Card) || !blank(p.line.MemberNo) }

// sameReceipt says whether two consecutive lines of a flat item file are one receipt (R5).
func sameReceipt(a, b part) bool {
	return a.kind == b.kind && slices.Equal(a.own, b.own) && slices.Equal(a.original, b.original)
}

// readReceipts reads the lines of a file into receipts.
func (r reader) readReceipts(file File, ordinal int) []*receipt {
	var groups [][]part
	for _, line := range file.Lines {
		p := r.readLine(line)
		last := len(groups) - 1
		if r.feed.FlatItems && last >= 0 && sameReceipt(groups[last][0], p) {
			groups[last] = append(groups[last], p)
		} else {
			groups = append(groups, []part{p})
		}
	}
	var receipts []*receipt
	for _, group := range groups {
		receipts = append(receipts, r.join(file.Name, ordinal, group))
	}
	return receipts
}

// join makes one receipt of its lines. Choice: what is neither amount nor item is that of the first line. The
// sums of a receipt obey the limit of one amount.
func (r reader) join(name string, ordinal int, parts []part) *receipt {
	t := &receipt{file: name, ordinal: ordinal, feed: r.feed, part: parts[0]}
	for _, p := range parts[1:] {
		for fault := range p.faults {
			t.faults[fault] = true
		}
		if t.broken == nil {
			t.broken = p.broken
		}
		t.items = append(slices.Clone(t.items), p.items...)
		r.addAmounts(t, p)
	}
	r.limitSums(t)
	written := t.kind
	r.applySign(t)
	r.requireCard(t, written, parts)
	if blank(t.line.Receipt) && t.sales && (t.amountsRead || !r.feed.NegativeIsReturn) {
		t.faults["receipt.missing"] = true
	}
	t.naming = t.line.PointType
	if t.kind == "grant" && t.naming == "" {
		t.naming = r.feed.PointType // the feed's point type is for grant lines only
	}
	t.affil = findAffiliate(r.masters.Affiliates, t.line.Affiliate, t.date)
	t.identify()
	for _, fault := range faultOrder {
		if t.faults[fault] {
			t.reasons = append(t.reasons, fault)
		}
	}
	return t
}

// addAmounts sums the amounts of a further item line, or tests that they repeat those of the first (R5).
func (r reader) addAmounts(t *receipt, p part) {
	readable := t.amountsRead && p.amountsRead && (t.kind != "grant" || t.pointsRead && p.pointsRead)
	if r.feed.FlatAmount == "receipt" {
		if readable && (t.amounts != p.amounts || t.points != p.points) {
			t.faults["amount.differs"] = true
		}
	} else {
		for column := range t.amounts {
			t.amounts[column] += p.amounts[column]
		}
		t.points += p.points
	}
	t.amountsRead = t.amountsRead && p.amountsRead
	t.pointsRead = t.pointsRead && p.pointsRead
}

// limitSums makes a receipt bad whose item lines sum up to more than one amount may be.
func (r reader) limitSums(t *receipt) {
	for _, amount := range t.amounts {
		if magnitude(amount) > limit {
			t.faults["amount.bad"] = true
			t.amountsRead = false
		}
	}
	if t.points > limit {
		t.faults["points.bad"] = true
	}
}

// applySign decides what a negative amount means, then takes magnitudes for returns and cancels (R4, R16,
// R17): if the amount with tax is negative, all amounts of the line change their sign, those of items too.
func (r reader) applySign(t *receipt) {
	t.sales = t.kind == "sale" || t.kind == "grant"
	if !t.amountsRead || t.faults["amount.differs"] {
		return
	}
	t.incl = t.amounts[colIncl]
	opposite := false
	if r.feed.excl() == "file" {
		opposite = t.incl > 0 && t.amounts[colExcl] < 0 || t.incl < 0 && t.amounts[colExcl] > 0
	}
	if t.sales && t.incl < 0 {
		if r.feed.NegativeIsReturn {
			t.kind, t.sales = "return", false
		} else {
			t.faults["amount.negative"] = true
		}
	}
	if !t.sales && t.incl < 0 {
		for column := range t.amounts {
			t.amounts[column] = -t.amounts[column]
		}
		t.incl = t.amounts[colIncl]
		t.items = slices.Clone(t.items)
		for i := range t.items {
			t.items[i].amount = -t.items[i].amount
		}
	}
	t.excl = withoutTax(r.feed, t.amounts)
	// Choice: a derived amount of the other sign (more tax than amount) is bad as a written one is.
	if opposite || t.incl > 0 && t.excl < 0 || t.incl < 0 && t.excl > 0 {
		t.faults["amount.signs"] = true
	}
}

// requireCard finds lines without card and member number (R7): bad, unless the feed says card_optional or the
// line is a return or cancel that names its original. Each line of a flat receipt must have one.
func (r reader) requireCard(t *receipt, written string, parts []part) {
	if r.feed.CardOptional || !slices.ContainsFunc(parts, func(p part) bool { return !p.hasCard() }) {
		return
	}
	// Whether a sale is a return is not known while its amount cannot be read; then nothing is tested.
	unsure := (written == "sale" || written == "grant") && r.feed.NegativeIsReturn &&
		(!t.amountsRead || t.faults["amount.differs"])
	if t.original != nil && (!t.sales || unsure) {
		return
	}
	t.faults["card.missing"] = true
}

// withoutTax gives the amount without tax by the feed's formula (R9).
func withoutTax(feed Feed, amounts [columns]int64) int64 {
	switch feed.excl() {
	case "file":
		return amounts[colExcl]
	case "tax":
		return amounts[colIncl] - amounts[colTax8] - amounts[colTax10]
	case "rates":
		return lessTax(amounts[colIncl8], 8) + lessTax(amounts[colIncl10], 10)
	case "rate":
		return lessTax(amounts[colIncl], feed.Rate)
	default: // same
		return amounts[colIncl]
	}
}

// lessTax is floor(amount × 100 / (100 + rate)), the mathematical floor.
func lessTax(amount, rate int64) int64 {
	product := amount * 100
	quotient := product / (100 + rate)
	if product%(100+rate) < 0 {
		quotient--
	}
	return quotient
}
