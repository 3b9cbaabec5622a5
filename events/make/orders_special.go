package main

import "strings"

// returns are returns of orders, by kind and by a minus, with known and unknown originals (R17: this feed
// computes what an unknown one takes back).
func (f *orderFile) returns(c chance) {
	list := items()
	sale := f.begin(c)
	sale.card = komorebi(50)
	sale.clock = "08:00:31"
	f.add(sale.line(list[7], 1), sale.line(list[1], 1))
	back := func(kind, card, original string, it item, yen string) {
		o := f.begin(c)
		o.kind, o.card, o.original, o.clock = kind, card, original, "21:00:"+o.clock[6:]
		l := o.line(it, 1)
		if yen != "" {
			l.yen = yen
		}
		f.add(l)
	}
	back("返品", komorebi(50), sale.order, list[1], "")
	back("注文", komorebi(50), sale.order, list[7], "-1000") // a negative order is a return
	back("取消", "", sale.order, list[7], "")
	back("返品", hoshi(52), "EC-20250101-00001", list[0], "") // unknown: computed by the rules of its own date
	back("返品", hoshi(twiceRenewed+500), "", list[8], "")    // names none; leaves under the newest card
	back("注文", minato(52), "", list[6], "-880")
	back("返品", "", "EC-20250101-00002", list[0], "") // unknown and without a card: a rating error
	// Order numbers that the provider's file cannot hold (R18).
	for _, x := range [][2]string{{"EC-𠮷-0001", hoshi(53)}, {"EC-①-0002", komorebi(53)}} {
		o := f.begin(c)
		o.order, o.card = x[0], x[1]
		f.add(o.line(list[3], 1))
	}
	o := f.begin(c)
	o.order, o.card = "EC-①-0003", hoshi(54) // CP932 has ①
	f.add(o.line(list[3], 1))
}

// bad are orders with something wrong in one of their lines.
func (f *orderFile) bad(c chance) {
	list := items()
	change := func(how func(l *orderLine)) {
		o := f.begin(c)
		o.card = hoshi(55)
		l := o.line(list[0], 1)
		how(&l)
		f.add(o.line(list[4], 1), l)
	}
	change(func(l *orderLine) { l.quantity = "１個" })
	change(func(l *orderLine) { l.yen = "1.08E+03" })
	change(func(l *orderLine) { l.yen = "1,08" })
	o := f.begin(c)
	o.card, o.date = hoshi(55), "2026/11/21" // another form of date than the layout's
	f.add(o.line(list[0], 1))
	o = f.begin(c)
	o.card, o.kind = hoshi(55), "交換"
	f.add(o.line(list[0], 1))
	o = f.begin(c)
	o.member = memberNo(1) // has no card of こもれび
	f.add(o.line(list[0], 1))
	// What cannot be read as columns is taken to the order before it (R5), which is bad already.
	o = f.begin(c)
	f.row(o.order, o.date, o.clock, o.kind, hoshi(55), "", "", "", list[0].code, list[0].name, "1", "1080")
	o = f.begin(c)
	f.row(o.order, o.date, o.clock, o.kind, hoshi(55), "", "", "", list[0].code, `煎茶"極"`, "1", "1080", "8",
		"")
	o = f.begin(c)
	o.card, o.memo = hoshi(55), strings.Repeat("\x00", 1)
	f.add(o.line(list[0], 1))
	o = f.begin(c)
	o.card, o.memo = hoshi(55), "\x95\x5C" // 表 in CP932
	f.add(o.line(list[0], 1))
	o = f.begin(c)
	o.card = hoshi(55)
	discount := o.line(list[0], 1)
	discount.yen = "-100"
	tenth := o.line(list[4], 1)
	tenth.yen = "101" // with tax 1 yen, without −2
	f.add(discount, tenth)
}
