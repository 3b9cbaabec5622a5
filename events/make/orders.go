package main

import (
	"bytes"
	"fmt"
	"strings"
)

// orderLine is a line of an EC file (masters/feed/ec.yaml): one item of an order.
type orderLine struct {
	order, date, clock, kind string
	card, member, affiliate  string
	original                 string
	product, name            string
	quantity, yen, rate      string
	memo                     string
}

// orderFile gathers the lines of an EC file.
type orderFile struct {
	number int
	orders int
	out    bytes.Buffer
}

func (f *orderFile) titles() {
	f.out.WriteString("注文番号,注文日,時刻,区分,カード番号,会員番号,支払カード,元注文番号,商品コード,商品名,数量,税込金額,税率,備考\r\n")
}

// quoted writes a cell as RFC 4180 does.
func quoted(s string) string {
	if !strings.ContainsAny(s, ",\"\r\n") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// row writes cells as they are.
func (f *orderFile) row(cells ...string) { f.out.WriteString(strings.Join(cells, ",") + "\r\n") }

func (f *orderFile) add(lines ...orderLine) {
	for _, l := range lines {
		cells := []string{
			l.order, l.date, l.clock, l.kind, l.card, l.member, l.affiliate, l.original, l.product, l.name,
			l.quantity, l.yen, l.rate, l.memo,
		}
		for i := range cells {
			cells[i] = quoted(cells[i])
		}
		f.row(cells...)
	}
}

// item is what is sold: code, name, price with tax, tax rate.
type item struct {
	code, name string
	yen        int
	rate       string
}

func items() []item {
	return []item{
		{"2900000000018", "深蒸し煎茶 100g", 1080, "8"},
		{"2900000000025", `ほうじ茶 "香ばし" 200g`, 756, "8"},
		{"2900000000117", "食パン(6枚),無塩", 324, "8"},
		{"2900000000216", "髙原ジャム 﨑浜産", 648, "8"},
		{"2900000000315", "𠮷野ヒノキの箸", 1320, "10"},
		{"2900000000322", "石けん\n(3個組)", 495, "10"},
		{"2900000000414", "タオル～青空～", 880, "10"},
		{"2900000000513", "ソファカバー 表", 4950, "10"},
		{"2900000000612", "①②③ ｶﾞﾗｽﾍﾟﾝ", 2200, "10"},
	}
}

// begin makes the first line of an order with the next number. Seconds are odd or even by file, never 0, so
// that no order is at one instant with a sale of another file.
func (f *orderFile) begin(c chance) orderLine {
	f.orders++
	return orderLine{
		order: fmt.Sprintf("EC-20261121-%d%04d", f.number, f.orders), date: "2026-11-21", kind: "注文",
		clock: fmt.Sprintf("%02d:%02d:%02d", c.below(24), c.below(60), 2+2*c.below(28)+f.number%2),
	}
}

// line is the order's line with an item.
func (l orderLine) line(it item, quantity int) orderLine {
	l.product, l.name, l.rate = it.code, it.name, it.rate
	l.quantity, l.yen = fmt.Sprint(quantity), fmt.Sprint(quantity*it.yen)
	return l
}

// fill writes orders of an ordinary day.
func (f *orderFile) fill(c chance, n int) {
	list := items()
	for range n {
		o := f.begin(c)
		o.card = c.anyCard()
		switch c.below(10) {
		case 0:
			o.card, o.member = "", memberNo(3*(1+c.below(20)))
		case 1:
			o.affiliate = fmt.Sprintf("910002******%04d", c.below(10_000))
		case 2:
			o.affiliate = "98000*******7777"
		case 3:
			o.memo = "「ギフト」, のし: \"御礼\"\r\nお届け 12/24～"
		}
		for range 1 + c.below(4) {
			f.add(o.line(list[c.below(len(list))], 1+c.below(3)))
		}
		if c.below(8) == 0 {
			discount := o.line(item{"9900000000011", "クーポン値引", 0, "10"}, 1)
			discount.yen = "-50"
			f.add(discount)
		}
	}
}

// firstOrders is the main file of the web shop.
func firstOrders() []byte {
	f, c := &orderFile{number: 1}, newChance(4)
	f.titles()
	f.fill(c, 100)
	f.tea(c)
	f.returns(c)
	f.bad(c)
	return f.out.Bytes()
}

// secondOrders came later.
func secondOrders() []byte {
	f, c := &orderFile{number: 2}, newChance(5)
	f.titles()
	f.fill(c, 30)
	again := f.begin(c)
	again.card = komorebi(40)
	lines := []orderLine{again.line(items()[0], 1), again.line(items()[6], 2)}
	f.add(lines...)
	other := f.begin(c)
	other.card = minato(41)
	f.add(other.line(items()[7], 1))
	f.add(lines...) // the whole order once more
	lines[1].memo = "配送メモは内容に数えない"
	other.card = minato(42)
	other.clock = "23:58:58"
	f.add(other.line(items()[7], 1)) // one order number, two cards
	return f.out.Bytes()
}

// tea are orders with the products that campaigns C06 and C07 name, up to their caps.
func (f *orderFile) tea(c chance) {
	list := items()
	o := f.begin(c)
	o.card = hoshi(45)
	f.add(o.line(list[0], 1), o.line(list[8], 1)) // 50 points for the tea alone
	o = f.begin(c)
	o.card = hoshi(45)
	f.add(o.line(list[1], 2)) // 70 points, cut to what is left of 60 a member
	o = f.begin(c)
	o.card = hoshi(44)
	tea := o.line(list[0], 1)
	tea.yen = "-100" // a coupon for the tea: only tea is discounted
	f.add(o.line(list[0], 2), tea)
	o = f.begin(c)
	o.card = minato(43)
	f.add(o.line(list[2], 40), o.line(list[1], 1))
}
