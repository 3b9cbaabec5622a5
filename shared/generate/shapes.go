package generate

import (
	"slices"

	"multipoint/shared/calendar"
	"multipoint/shared/charset"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

// shape is how a kind of file is written.
type shape struct {
	name       Shape
	encoding   charset.Encoding
	fixed      bool
	quotes     bool // columns may stand in quotes
	items      bool
	members    bool // lines may show a member number
	grants     bool
	negative   bool // returns are written with a minus
	signColumn bool // the minus stands in a column of its own
	dateForm   calendar.Form
	clockForm  calendar.ClockForm
	id         []byte
	kinds      [4][]byte // by transaction.Kind
	plus       []byte
	minus      []byte
	columns    []column
	bad        []spoiling
	head, tail func(f *file, out []byte) []byte
}

// column is one column of a receipt record: the value that it shows, and its description in the layout.
type column struct {
	field  field
	layout layout.Field
	quoted bool
}

const fixedLength = 256

func shapeOf(name Shape) *shape {
	switch name {
	case CSV:
		return &shape{
			name: CSV, encoding: charset.CP932, quotes: true, negative: true,
			dateForm: calendar.Slashed, clockForm: calendar.HHMMColon,
			// 売上, 返品, 取消
			kinds: [4][]byte{
				[]byte("\x94\x84\x8F\xE3"), nil, []byte("\x95\xD4\x95\x69"), []byte("\x8E\xE6\x8F\xC1"),
			},
			columns: csvColumns(), head: writeTitles, bad: separatedFaults(),
		}
	case Fixed:
		return &shape{
			name: Fixed, encoding: charset.CP932, fixed: true, grants: true, negative: true, signColumn: true,
			dateForm: calendar.YYYYMMDD, clockForm: calendar.HHMMSS, id: []byte("2"),
			kinds: [4][]byte{[]byte("01"), []byte("04"), []byte("02"), []byte("03")},
			plus:  []byte("1"), minus: []byte("2"),
			columns: fixedColumns(), head: writeFixedHead, tail: writeFixedTail, bad: fixedFaults(),
		}
	case Items:
		return &shape{
			name: Items, encoding: charset.UTF8, quotes: true, items: true, members: true,
			dateForm: calendar.Dashed, clockForm: calendar.HHMMSSColon, id: []byte("R"),
			kinds:   [4][]byte{[]byte("sale"), []byte("grant"), []byte("return"), []byte("cancel")},
			columns: itemsColumns(), head: writeTitles, tail: writeItemsTail, bad: itemsFaults(),
		}
	}
	return nil
}

func text(f field, name, title string) column {
	return column{field: f, layout: layout.Field{Name: name, Title: title}}
}

func number(f field, name, title string) column {
	return column{field: f, layout: layout.Field{Name: name, Title: title, Type: layout.TypeNumber}}
}

func filler(f field, title string) column {
	return column{field: f, layout: layout.Field{Title: title, Type: layout.TypeFiller}}
}

func date(f field, name, title, form string) column {
	return column{field: f, layout: layout.Field{Name: name, Title: title, Type: layout.TypeDate, Form: form}}
}

func clock(title, form string) column {
	return column{field: fTime, layout: layout.Field{
		Name: "time", Title: title, Type: layout.TypeTime, Form: form,
	}}
}

// wide sets a column's width in bytes.
func (c column) wide(width int) column {
	c.layout.Width = width
	return c
}

// signed puts a number's sign into the column sign.
func (c column) signed() column {
	c.layout.SignField = "sign"
	return c
}

func (c column) lookup(pairs ...string) column {
	c.layout.Lookup = map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		c.layout.Lookup[pair[0]] = pair[1]
	}
	return c
}

func csvColumns() []column {
	product := filler(fProduct, "主な商品名")
	product.quoted = true
	return []column{
		date(fDate, "business_date", "営業日", "yyyy/mm/dd"), clock("時刻", "hh:mm"),
		text(fStore, "store", "店舗コード"), filler(fStoreName, "店舗名"),
		text(fRegister, "register", "レジ番号"), text(fReceipt, "receipt", "レシート番号"),
		text(fKind, "kind", "取引区分").lookup("売上", "sale", "返品", "return", "取消", "cancel"),
		text(fCard, "card", "ポイントカード番号"), text(fAffiliate, "affiliate", "決済カード"),
		number(fIncl, "amount_incl", "税込金額"), number(fExcl, "amount_excl", "税抜金額"),
		date(fOriginalDate, "original_date", "元営業日", "yyyy/mm/dd"),
		text(fOriginalStore, "original_store", "元店舗コード"),
		text(fOriginalRegister, "original_register", "元レジ番号"),
		text(fOriginalReceipt, "original_receipt", "元レシート番号"),
		filler(fDepartment, "部門名"), product, filler(fStaff, "担当者"),
	}
}

func fixedColumns() []column {
	return []column{
		text(fID, "id", "").wide(1),
		text(fKind, "kind", "").wide(2).lookup("01", "sale", "02", "return", "03", "cancel", "04", "grant"),
		date(fDate, "business_date", "", "yyyymmdd").wide(8), clock("", "hhmmss").wide(6),
		text(fStore, "store", "").wide(storeWidth), filler(fStoreName, "店舗名").wide(36),
		text(fRegister, "register", "").wide(4), text(fReceipt, "receipt", "").wide(10),
		text(fCard, "card", "").wide(cardWidth), text(fAffiliate, "affiliate", "").wide(affiliateWidth),
		text(fSign, "sign", "").wide(1),
		number(fIncl, "amount_incl", "").signed().wide(10),
		number(fExcl, "amount_excl", "").signed().wide(10),
		number(fGiven, "points_given", "").wide(7), text(fPointType, "point_type", "").wide(pointTypeWidth),
		date(fOriginalDate, "original_date", "", "yyyymmdd").wide(8),
		text(fOriginalStore, "original_store", "").wide(storeWidth),
		text(fOriginalRegister, "original_register", "").wide(4),
		text(fOriginalReceipt, "original_receipt", "").wide(10),
		filler(fDepartment, "部門名").wide(24), filler(fStaff, "担当者").wide(16), filler(fBlank, "予備").wide(40),
	}
}

func itemsColumns() []column {
	return []column{
		text(fID, "id", "区分"), date(fDate, "business_date", "営業日", "yyyy-mm-dd"), clock("時刻", "hh:mm:ss"),
		text(fStore, "store", "店舗"), text(fRegister, "register", "レジ"), text(fReceipt, "receipt", "レシート"),
		text(fKind, "kind", "取引区分"), text(fCard, "card", "カード番号"), text(fMember, "member_no", "会員番号"),
		text(fAffiliate, "affiliate", "決済カード"), number(fIncl, "amount_incl", "税込金額"),
		number(fIncl8, "incl_8", "うち8%対象"), number(fIncl10, "incl_10", "うち10%対象"),
		date(fOriginalDate, "original_date", "元営業日", "yyyy-mm-dd"),
		text(fOriginalStore, "original_store", "元店舗"), text(fOriginalRegister, "original_register", "元レジ"),
		text(fOriginalReceipt, "original_receipt", "元レシート"), filler(fStaff, "担当者"),
	}
}

// Layout describes the files of a shape; ok is false for a shape that does not exist.
func Layout(name Shape) (l layout.Layout, ok bool) {
	s := shapeOf(name)
	if s == nil {
		return layout.Layout{}, false
	}
	receipt := layout.Record{Kind: layout.KindReceipt}
	for _, c := range s.columns {
		receipt.Fields = append(receipt.Fields, c.layout)
	}
	l = layout.Layout{Encoding: s.encoding.String(), Format: "csv", LineEnd: "crlf"}
	count := layout.Field{Name: "count", Type: layout.TypeNumber}
	total := layout.Field{Name: "total", Type: layout.TypeNumber}
	id := layout.Field{Name: "id"}
	titles := layout.Record{Kind: layout.KindTitles}
	switch name {
	case CSV:
		l.Records = []layout.Record{titles, receipt}
	case Fixed:
		l.Format, l.RecordLength = "fixed", fixedLength
		l.Discriminator = &layout.Discriminator{At: 1, Width: 1}
		receipt.IDs = []string{"2"}
		id.Width, count.Width, total.Width = 1, 10, 15
		total.SignField = "sign"
		l.Records = []layout.Record{
			{Kind: layout.KindHeader, IDs: []string{"1"}, Fields: []layout.Field{id, pad(255)}},
			receipt,
			{Kind: layout.KindTrailer, IDs: []string{"8"}, Fields: []layout.Field{
				id, count, {Name: "sign", Width: 1}, total, pad(229),
			}},
		}
	case Items:
		l.Discriminator = &layout.Discriminator{Column: 1}
		l.Control.Counts = []string{layout.KindReceipt, layout.KindItem}
		receipt.IDs = []string{"R"}
		l.Records = []layout.Record{
			titles, receipt,
			{Kind: layout.KindItem, IDs: []string{"I"}, Fields: []layout.Field{
				id,
				{Name: "product"},
				{Title: "商品名", Type: layout.TypeFiller},
				{Name: "quantity", Type: layout.TypeNumber},
				{Name: "amount", Type: layout.TypeNumber},
				{Name: "tax_rate", Type: layout.TypeNumber},
			}},
			{Kind: layout.KindTrailer, IDs: []string{"T"}, Fields: []layout.Field{id, count, total}},
		}
	}
	return l, true
}

func pad(width int) layout.Field { return layout.Field{Type: layout.TypeFiller, Width: width} }

// Feed is a feed that takes the files of a shape, its code the shape's name in capitals. Member numbers stand
// for cards of the provider of the set's first usable card range on that run date. ok is false for a shape
// that does not exist.
func Feed(spec Spec) (feed master.Feed, ok bool) {
	l, ok := Layout(spec.Shape)
	if !ok || spec.Set == nil {
		return master.Feed{}, false
	}
	feed = master.Feed{Code: "CSV", Files: []string{"*.csv"}, Excl: "file", Layout: l}
	switch spec.Shape {
	case Fixed:
		feed.Code, feed.Files = "FIXED", []string{"*.dat"}
	case Items:
		feed.Code, feed.Files, feed.Excl = "ITEMS", []string{"*.items"}, "rates"
		days := []calendar.Date{spec.RunDate, spec.RunDate.Add(-1), spec.RunDate.Add(-2)}
		if schemes := schemesOf(spec.Set, days); len(schemes) > 0 {
			feed.MemberProvider = schemes[0].provider
		}
	}
	return feed, true
}
