package generate

import (
	"multipoint/shared/calendar"
	"multipoint/shared/transaction"
)

// field is a value of a line; the columns of the shapes show them.
type field uint8

const (
	fID field = iota
	fKind
	fDate
	fTime
	fStore
	fStoreName
	fRegister
	fReceipt
	fCard
	fMember
	fAffiliate
	fSign
	fIncl
	fExcl
	fIncl8
	fIncl10
	fGiven
	fPointType
	fOriginalDate
	fOriginalStore
	fOriginalRegister
	fOriginalReceipt
	fDepartment
	fProduct
	fStaff
	fBlank
	fieldCount
)

// line is one transaction before it is written: the text of each field in the file's encoding.
type line struct {
	text  [fieldCount][]byte
	arena []byte
	items []item
	who   holder
	day   int // index in stock.days
	store int
	till  int
	yen   int64 // with tax, the magnitude
	total int64 // what the trailer's total counts, with the sign as written
	spoil spoiling
}

// item is a product line of a receipt.
type item struct {
	product, name int
	quantity      int
	amount        int64
	rate          int
	broken        bool
}

// holder is whose points a line is about: a card by scheme and index, or a member.
type holder struct {
	scheme   int
	index    uint64
	isMember bool
}

// original is a sale that returns may name.
type original struct {
	who              holder
	day, store, till int
	number           int64
	yen, left        int64
	touched, closed  bool
}

// ringSize is how many sales returns choose from; more would need memory.
const ringSize = 4096

// own copies b into the line's room.
func (l *line) own(b []byte) []byte {
	start := len(l.arena)
	l.arena = append(l.arena, b...)
	return l.arena[start:len(l.arena):len(l.arena)]
}

// say copies a text into the line's room.
func (l *line) say(s string) []byte {
	start := len(l.arena)
	l.arena = append(l.arena, s...)
	return l.arena[start:len(l.arena):len(l.arena)]
}

func (l *line) number(n int64, width int) []byte {
	start := len(l.arena)
	if n < 0 {
		l.arena = append(l.arena, '-')
		n = -n
	}
	l.arena = padded(l.arena, n, width)
	return l.arena[start:len(l.arena):len(l.arena)]
}

// start begins a line of the kind with all that sales and returns have in common.
func (f *file) start(kind transaction.Kind, day int) {
	l, s := &f.line, f.stock
	*l = line{arena: l.arena[:0], items: l.items[:0], day: day}
	f.number++
	l.text[fID] = f.shape.id
	l.text[fKind] = f.shape.kinds[kind]
	l.text[fDate] = s.dates[day]
	if f.draw.below(400) > 0 {
		at := len(l.arena)
		l.arena, _ = calendar.AppendClock(l.arena, f.shape.clockForm, calendar.Clock(f.draw.clock()))
		l.text[fTime] = l.arena[at:len(l.arena):len(l.arena)]
	}
	l.text[fReceipt] = l.number(f.number, 6)
	l.text[fDepartment] = s.words.departments[f.draw.below(len(s.words.departments))]
	l.text[fProduct] = s.words.products[f.draw.below(len(s.words.products))]
	l.text[fStaff] = s.words.staff[f.draw.below(len(s.words.staff))]
}

func (f *file) at(store, till int) {
	l := &f.line
	l.store, l.till = store, till
	l.text[fStore] = f.stock.stores[store]
	l.text[fStoreName] = f.stock.storeNames[store]
	l.text[fRegister] = f.stock.registers[till]
}

// sale fills the line with a sale.
func (f *file) sale() {
	day := 1
	if f.draw.below(20) == 0 {
		day = 2
	}
	f.start(transaction.Sale, day)
	f.at(f.draw.below(len(f.stock.stores)), f.draw.below(len(f.stock.registers)))
	f.show(f.customer())
	if f.draw.below(5) < 2 {
		f.payment()
	}
	rate := 8
	if f.draw.below(3) == 0 {
		rate = 10
	}
	if !f.shape.items {
		f.amounts(f.draw.amount(), rate, false)
		return
	}
	f.addItems()
}

// customer draws whose points a sale is about.
func (f *file) customer() holder {
	s := f.stock
	if f.shape.members && s.members > 0 && f.draw.below(10) == 0 {
		// Member m has a card of the first scheme's provider if m mod schemes is that scheme (Members).
		n := len(s.schemes)
		if m := uint64(f.draw.below(s.members)) / uint64(n) * uint64(n); m < uint64(s.members) {
			return holder{index: m, isMember: true}
		}
	}
	return holder{scheme: f.draw.below(len(s.schemes)), index: f.draw.long(s.population)}
}

// show writes the holder's card, now and then as a till or a scanner writes it, or the member number.
func (f *file) show(who holder) {
	l := &f.line
	l.who = who
	if who.isMember {
		at := len(l.arena)
		l.arena = memberNumber(l.arena, who.index)
		l.text[fMember] = l.arena[at:len(l.arena):len(l.arena)]
		return
	}
	sch := &f.stock.schemes[who.scheme]
	var room [cardWidth]byte
	plain := sch.append(room[:0], who.index)
	switch f.draw.below(300) {
	case 0: // NW-7 with its start and stop letters
		if len(plain)+2 <= cardWidth {
			l.text[fCard] = l.own(append(append([]byte{'A'}, plain...), 'A'))
			return
		}
	case 1: // hyphens
		if len(plain)+1 <= cardWidth {
			l.text[fCard] = append(append(l.own(plain[:4]), '-'), plain[4:]...)
			return
		}
	case 2:
		if n := len(sch.shortPad); n > 0 && string(plain[:n]) == sch.shortPad {
			plain = plain[n:]
		}
	}
	l.text[fCard] = l.own(plain)
}

// memberNumber writes a member's number.
func memberNumber(dst []byte, member uint64) []byte {
	return padded(append(dst, 'M'), int64(member), 8)
}

// payment writes the payment card as R2 wants it: a code, or prefix and last four digits.
func (f *file) payment() {
	l, s := &f.line, f.stock
	text := s.affiliates[f.draw.below(len(s.affiliates))]
	start := len(l.arena)
	l.arena = append(l.arena, text...)
	if text[len(text)-1] == '*' {
		l.arena = padded(l.arena, int64(f.draw.below(10_000)), 4)
	}
	l.text[fAffiliate] = l.arena[start:len(l.arena):len(l.arena)]
}

// amounts writes a receipt's yen with tax and what belongs to it; back says that a return shows them.
func (f *file) amounts(yen int64, rate int, back bool) {
	l := &f.line
	excl := yen * 100 / int64(100+rate)
	shown := int64(1)
	l.text[fSign] = f.shape.plus
	if back && f.shape.negative {
		shown, l.text[fSign] = -1, f.shape.minus
	}
	l.yen, l.total = yen, shown*yen
	if f.shape.signColumn {
		shown = 1
	}
	l.text[fIncl] = l.number(shown*yen, 1)
	l.text[fExcl] = l.number(shown*excl, 1)
	if rate == 8 {
		l.text[fIncl8] = l.text[fIncl]
	} else {
		l.text[fIncl10] = l.text[fIncl]
	}
}

// addItems draws the items of a receipt, sometimes with a discount, and writes their sums.
func (f *file) addItems() {
	l := &f.line
	var sums [2]int64
	for range 1 + f.draw.below(4) {
		it := item{
			product: f.draw.below(len(f.stock.products)), name: f.draw.below(len(f.stock.words.products)),
			quantity: 1 + f.draw.below(3), amount: f.draw.amount(), rate: 8,
		}
		if f.draw.below(4) == 0 {
			it.product = f.draw.below(min(8, len(f.stock.products))) // those of campaigns stand in front
		}
		if f.draw.below(3) == 0 {
			it.rate = 10
		}
		sums[it.rate/10] += it.amount
		l.items = append(l.items, it)
	}
	if last := l.items[len(l.items)-1]; f.draw.below(20) == 0 {
		last.amount, last.quantity = -last.amount/10, 1
		sums[last.rate/10] += last.amount
		l.items = append(l.items, last)
	}
	f.amounts(sums[0]+sums[1], 10, false)
	l.text[fIncl8], l.text[fIncl10] = l.number(sums[0], 1), l.number(sums[1], 1)
}

// grant fills the line with points that the retailer computed itself.
func (f *file) grant() {
	f.sale()
	l := &f.line
	pointType := f.stock.pointTypes[l.who.scheme]
	if len(pointType) == 0 {
		return
	}
	f.amounts(0, 10, false)
	l.text[fKind] = f.shape.kinds[transaction.Grant]
	l.text[fGiven] = l.number(int64(1+f.draw.below(500)), 1)
	l.text[fPointType] = pointType
}

// remember lets returns name the sale of the line.
func (f *file) remember() {
	l := &f.line
	f.ring[f.rung%ringSize] = original{
		who: l.who, day: l.day, store: l.store, till: l.till, number: f.number, yen: l.yen, left: l.yen,
	}
	f.rung++
}

// takeBack fills the line with a return or cancel of a sale before it; false if the sale that was drawn is
// all back already.
func (f *file) takeBack() bool {
	if f.rung == 0 {
		return false
	}
	o := &f.ring[f.draw.long(uint64(min(f.rung, ringSize)))]
	if o.closed {
		return false
	}
	unknown := f.draw.below(50) == 0
	kind, yen := transaction.Return, o.left
	switch {
	case !o.touched && f.draw.below(10) == 0:
		kind = transaction.Cancel
	case o.left > 1 && f.draw.below(10) < 4:
		yen = 1 + int64(f.draw.long(uint64(o.left)))
	}
	f.start(kind, 1)
	f.at(o.store, f.draw.below(len(f.stock.registers)))
	f.amounts(yen, 10, true)
	l := &f.line
	l.text[fOriginalDate] = f.stock.dates[o.day]
	l.text[fOriginalStore] = f.stock.stores[o.store]
	l.text[fOriginalRegister] = f.stock.registers[o.till]
	l.text[fOriginalReceipt] = l.number(o.number, 6)
	f.showBack(o, unknown)
	if unknown {
		l.text[fOriginalReceipt] = padded([]byte{'U'}, f.number, 6)
		f.sum.UnknownOriginals++
		return true
	}
	o.touched = true
	o.left -= yen
	o.closed = o.left == 0
	return true
}

// showBack writes the card of a return: the sale's, seldom none or another one.
func (f *file) showBack(o *original, unknown bool) {
	switch r := f.draw.below(20); {
	case r == 0:
	case r == 1 && !o.who.isMember:
		other := holder{scheme: f.draw.below(len(f.stock.schemes)), index: f.draw.long(f.stock.population)}
		f.show(other)
		if other != o.who && !unknown {
			f.sum.OtherCards++
		}
	default:
		f.show(o.who)
	}
}
