package main

import (
	"fmt"

	"multipoint/shared/calendar"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

// The shop of the bench: three providers, five card ranges, three affiliates, four normal rules and 20
// campaigns with conditions of every kind but products. rate.sql says the same in SQL: change both or none.

// storeCount is how many stores the shop has.
const storeCount = 400

// memberCap is the cap per member of X14, in points.
const memberCap = 200

// campaignCap is the cap of X15 in points: some 60 % of what is asked for, whatever the size of the file.
func campaignCap(lines int) int64 { return 2 * int64(lines) }

func runDate() calendar.Date { return november(22) }

// november gives a day of the month in which the bench plays.
func november(d int) calendar.Date {
	date, _ := calendar.Of(2026, 11, d)
	return date
}

// storeName gives the code of store n, 1 to storeCount; this shop's codes are names.
func storeName(n int) string {
	towns := []rune("青空海山里丘台町森川")
	return fmt.Sprintf("あおぞら%c%c店%03d", towns[n/10%10], towns[n%10], n)
}

func stores(from, to int) (names []string) {
	for n := from; n <= to; n++ {
		names = append(names, storeName(n))
	}
	return names
}

// shop makes the masters for a file of so many lines.
func shop(lines int) *master.Set {
	s := &master.Set{
		Retailer: master.Retailer{Code: "AOZORA", Name: "あおぞらストア"},
		Providers: []master.Provider{
			{Code: "P1", Name: "青ポイント"}, {Code: "P2", Name: "空ポイント"}, {Code: "P3", Name: "海ポイント"},
		},
		Affiliates: []master.Affiliate{
			{Code: "AF01", Prefixes: []string{"499901"}},
			{Code: "AF02", Prefixes: []string{"499902"}},
			{Code: "AF03"},
		},
	}
	add := func(code, provider, low, high, check string) {
		s.Cards = append(s.Cards, master.Card{
			Code: code, Provider: provider, Digits: len(low), Min: low, Max: high, Check: check,
		})
	}
	add("C11", "P1", "9900000000000000", "9904999999999999", "LUHN")
	add("C12", "P1", "9907000000000000", "9909999999999999", "LUHN")
	add("C21", "P2", "2900000000000", "2949999999999", "NONE")
	add("C31", "P3", "7000000000", "7999999999", "NONE")
	add("C32", "P3", "8500000000", "8599999999", "NONE")
	s.Points = normalRules()
	s.Campaigns = campaigns(lines)
	feed := master.Feed{Code: "POS", Excl: "file"}
	csv, fixed := feed, feed
	csv.Layout, fixed.Layout = csvLayout(), fixedLayout()
	fixed.Code = "POSFIXED"
	s.Feeds = []master.Feed{csv, fixed}
	s.Outlets = outlets()
	return s
}

func rate(num, den int64, round string) master.Give {
	return master.Give{Kind: "rate", Num: num, Den: den, Round: round}
}

func unit(yen, points int64) master.Give { return master.Give{Kind: "unit", Unit: yen, Points: points} }

func fixed(points int64) master.Give { return master.Give{Kind: "fixed", Points: points} }

func multiplier(n int64) master.Give { return master.Give{Kind: "multiplier", Num: n, Den: 1} }

func normalRules() []master.Points {
	return []master.Points{
		{Code: "N1", Provider: "P1", PointType: "BASE", Basis: "excl", Give: rate(1, 100, "down")},
		{Code: "N2", Provider: "P1", PointType: "BONUS", Give: unit(500, 2)},
		{Code: "N3", Provider: "P2", PointType: "BASE", Give: rate(1, 200, "half_up")},
		{Code: "N4", Provider: "P3", PointType: "BASE", MinAmount: 300, Give: unit(200, 1)},
	}
}

func campaigns(lines int) []master.Campaign {
	fifty, hundred, perMember, inAll := int64(50), int64(100), int64(memberCap), campaignCap(lines)
	from20 := master.Period{ValidFrom: november(20), ValidTo: november(22)}
	over := master.Period{ValidTo: november(10)}
	list := []master.Campaign{
		{Give: rate(1, 200, ""), MinAmount: 2000},
		{Give: rate(1, 100, "half_up"), Basis: "excl", Affiliate: "AF01"},
		{Give: fixed(5), Weekdays: []int{5, 6, 7}, MinAmount: 3000},
		{Give: multiplier(3), Provider: "P1", PointType: "BASE", Weekdays: []int{1}},
		{Give: rate(1, 100, ""), Hours: [][2]string{{"07:00", "09:00"}, {"23:00", "26:00"}}},
		{Give: rate(1, 50, ""), Hours: [][2]string{{"17:00", "20:00"}}, Stores: stores(1, 40)},
		{Give: unit(500, 3), Stores: stores(100, 104)},
		{Give: fixed(20), GrantTypes: []string{"催事"}},
		{Give: rate(1, 100, ""), Group: "G", MinAmount: 5000},
		{Give: unit(1000, 12), Group: "G", MinAmount: 6000},
		{Give: fixed(60), Group: "G", Affiliate: "AF02"},
		{Give: rate(3, 200, "up"), Provider: "P2", Period: from20},
		{Give: rate(1, 20, ""), Caps: master.Caps{Transaction: &fifty}, Stores: stores(200, 280)},
		{Give: rate(1, 100, ""), Provider: "P3", Caps: master.Caps{Member: &perMember}},
		{Give: unit(300, 1), Provider: "P1", Caps: master.Caps{Campaign: &inAll}},
		{Give: fixed(50), Provider: "P3", MinAmount: 7000},
		{
			Give: multiplier(2), Provider: "P1", PointType: "BONUS", Weekdays: []int{7},
			Hours: [][2]string{{"10:00", "18:00"}},
		},
		{Give: rate(1, 50, ""), Affiliate: "AF03", Caps: master.Caps{Transaction: &hundred}},
		{Give: rate(1, 10, ""), Period: over},
		{
			Give: rate(1, 40, ""), Provider: "P2", Basis: "excl", GrantTypes: []string{"PURCHASE"},
			Hours: [][2]string{{"00:00", "06:00"}},
		},
	}
	for i := range list {
		list[i].Code = fmt.Sprintf("X%02d", i+1)
		if list[i].PointType == "" {
			list[i].PointType = "CAMP"
		}
	}
	return list
}

// columns are those of both files, in their order; widths are those of the fixed-length file.
func columns() []layout.Field {
	kinds := map[string]string{"売上": "sale", "返品": "return", "取消": "cancel"}
	return []layout.Field{
		{Name: "kind", Title: "区分", Width: 4, Lookup: kinds},
		{Name: "business_date", Title: "営業日", Width: 10, Type: layout.TypeDate, Form: "yyyy/mm/dd"},
		{Name: "time", Title: "時刻", Width: 8, Type: layout.TypeTime, Form: "hh:mm:ss"},
		{Name: "store", Title: "店舗", Width: 24},
		{Name: "register", Title: "レジ", Width: 3},
		{Name: "receipt", Title: "レシート番号", Width: 6},
		{Name: "card", Title: "会員カード", Width: 32},
		{Name: "staff", Title: "担当者", Width: 16},
		{Name: "affiliate", Title: "提携カード", Width: 16},
		{Name: "amount_incl", Title: "税込金額", Width: 9, Type: layout.TypeNumber, Thousands: true},
		{Name: "amount_excl", Title: "税抜金額", Width: 9, Type: layout.TypeNumber, Thousands: true},
		{Name: "grant_type", Title: "付与種別", Width: 8},
		{Name: "original_date", Title: "元営業日", Width: 10, Type: layout.TypeDate, Form: "yyyy/mm/dd"},
		{Name: "original_store", Title: "元店舗", Width: 24},
		{Name: "original_register", Title: "元レジ", Width: 3},
		{Name: "original_receipt", Title: "元レシート番号", Width: 6},
		{Name: "memo", Title: "備考", Width: 60},
	}
}

func csvLayout() layout.Layout {
	fields := columns()
	for i := range fields {
		fields[i].Width = 0
	}
	return layout.Layout{
		Encoding: "cp932", Format: "csv", LineEnd: "crlf",
		Records: []layout.Record{
			{Kind: layout.KindTitles, Fields: fields}, {Kind: layout.KindReceipt, Fields: fields},
		},
	}
}

// recordBytes is the length of a record of the fixed-length file with its line end.
const recordBytes = 256

func fixedLayout() layout.Layout {
	id := layout.Field{Name: "id", Width: 1}
	fields := append([]layout.Field{id}, columns()...)
	for i := range fields {
		fields[i].Thousands = false
	}
	fields = append(fields, layout.Field{Name: "rest", Type: layout.TypeFiller, Width: 5})
	return layout.Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: "crlf", RecordLength: recordBytes - 2,
		Discriminator: &layout.Discriminator{At: 1, Width: 1},
		Records: []layout.Record{
			{Kind: layout.KindHeader, IDs: []string{"1"}, Fields: []layout.Field{
				id, {Name: "created", Width: 8}, {Name: "rest", Type: layout.TypeFiller, Width: 245},
			}},
			{Kind: layout.KindReceipt, IDs: []string{"2"}, Fields: fields},
			{Kind: layout.KindTrailer, IDs: []string{"8"}, Fields: []layout.Field{
				id,
				{Name: "count", Type: layout.TypeNumber, Width: 9},
				{Name: "total", Type: layout.TypeNumber, Width: 14},
				{Name: "rest", Type: layout.TypeFiller, Width: 230},
			}},
		},
	}
}

// outlets are a plain file for each provider.
func outlets() (list []master.Outlet) {
	for _, code := range []string{"P1", "P2", "P3"} {
		list = append(list, master.Outlet{
			Code: code, Provider: code, File: code + "_{run_date}.csv",
			Layout: layout.Layout{
				Encoding: "cp932", Format: "csv", LineEnd: "crlf",
				Records: []layout.Record{{Kind: layout.KindReceipt, Fields: []layout.Field{
					{Name: "sequence", Type: layout.TypeNumber},
					{Name: "card"},
					{Name: "business_date", Type: layout.TypeDate},
					{Name: "store"},
					{Name: "receipt"},
					{Name: "point_type"},
					{Name: "points", Type: layout.TypeNumber},
				}}},
			},
		})
	}
	return list
}
