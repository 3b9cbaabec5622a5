// Package engine runs the worked examples' cases (test/model) through the real engine: cases become masters,
// layouts and files, the engine's outputs become results in the examples' form.
package engine

import (
	"fmt"
	"slices"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/test/model"
)

// dates reads the dates of a case and keeps the first error.
type dates struct{ err error }

// date reads a date; no text is no date.
func (r *dates) date(text string) calendar.Date {
	var d calendar.Date
	if text == "" {
		return d
	}
	if err := d.UnmarshalText([]byte(text)); err != nil && r.err == nil {
		r.err = err
	}
	return d
}

func (r *dates) period(p model.Period) master.Period {
	return master.Period{ValidFrom: r.date(p.ValidFrom), ValidTo: r.date(p.ValidTo)}
}

func give(g model.Give) master.Give {
	return master.Give{Kind: g.Kind, Num: g.Num, Den: g.Den, Round: g.Round, Unit: g.Unit, Points: g.Points}
}

func limit(v int64) *int64 {
	if v == 0 {
		return nil
	}
	return &v
}

// Set makes the masters of a case. A date that cannot be read is an error.
func Set(m *model.Masters) (*master.Set, error) {
	var read dates
	s := &master.Set{Retailer: master.Retailer{Code: "R", Name: "R"}}
	names := map[string]bool{}
	for _, c := range m.Cards {
		names[c.Provider] = true
		card := master.Card{
			Code: c.Code, Provider: c.Provider, Digits: c.Digits, Min: c.Min, Max: c.Max, Check: c.Check,
			Period: read.period(c.Period),
		}
		if c.Short != nil {
			card.Short = &master.Short{Length: c.Short.Length, Pad: c.Short.Pad}
		}
		s.Cards = append(s.Cards, card)
	}
	for _, p := range m.Points {
		names[p.Provider] = true
		s.Points = append(s.Points, master.Points{
			Code: p.Code, Provider: p.Provider, PointType: p.PointType, Basis: p.Basis,
			MinAmount: p.MinAmount, Give: give(p.Give), Period: read.period(p.Period),
		})
	}
	for _, a := range m.Affiliates {
		s.Affiliates = append(s.Affiliates, master.Affiliate{
			Code: a.Code, Prefixes: a.Prefixes, Period: read.period(a.Period),
		})
	}
	for _, c := range m.Campaigns {
		s.Campaigns = append(s.Campaigns, master.Campaign{
			Code: c.Code, Provider: c.Provider, PointType: c.PointType, Basis: c.Basis,
			MinAmount: c.MinAmount, Give: give(c.Give), Affiliate: c.Affiliate, GrantTypes: c.GrantTypes,
			Weekdays: c.Weekdays, Hours: c.Hours, Stores: c.Stores,
			Products: c.Products, ProductBasis: c.ProductBasis, Group: c.Group,
			Caps: master.Caps{
				Transaction: limit(c.Caps.Transaction), Member: limit(c.Caps.Member),
				Campaign: limit(c.Caps.Campaign),
			},
			Whole: c.Whole, Period: read.period(c.Period),
		})
	}
	for code := range m.Providers {
		names[code] = true
	}
	for code := range names {
		s.Providers = append(s.Providers, master.Provider{Code: code, Name: code})
		s.Outlets = append(s.Outlets, provider(code, m.Providers[code], &read))
	}
	for code, f := range m.Feeds {
		s.Feeds = append(s.Feeds, feed(code, f))
	}
	slices.SortFunc(s.Providers, func(a, b master.Provider) int { return strings.Compare(a.Code, b.Code) })
	slices.SortFunc(s.Outlets, func(a, b master.Outlet) int { return strings.Compare(a.Code, b.Code) })
	slices.SortFunc(s.Feeds, func(a, b master.Feed) int { return strings.Compare(a.Code, b.Code) })
	slices.SortFunc(s.Cards, func(a, b master.Card) int { return strings.Compare(a.Code, b.Code) })
	return s, read.err
}

func feed(code string, f model.Feed) master.Feed {
	if f.Excl == "" {
		f.Excl = "file"
	}
	return master.Feed{
		Code: code, KeyFields: keyFields(f.KeyFields), BadLimit: f.BadLimit, OldestDays: f.OldestDays,
		Excl: f.Excl, Rate: f.Rate, UnknownOriginal: f.UnknownOriginal, NegativeIsReturn: f.NegativeIsReturn,
		MemberProvider: f.MemberProvider, CardOptional: f.CardOptional, PointType: f.PointType,
		FlatItems: f.FlatItems, FlatAmount: f.FlatAmount,
	}
}

func keyFields(names []string) []string {
	var out []string
	for _, n := range names {
		if n == "date" {
			n = "business_date"
		}
		out = append(out, n)
	}
	return out
}

// columns are those of a receipt record, in the order of the file.
var columns = [...]layout.Field{
	{Name: "id"},
	{Name: "kind"},
	{Name: "business_date", Type: "date", Form: "any"},
	{Name: "time", Type: "time"},
	{Name: "store"},
	{Name: "register"},
	{Name: "receipt"},
	{Name: "original_date", Type: "date", Form: "any"},
	{Name: "original_store"},
	{Name: "original_register"},
	{Name: "original_receipt"},
	{Name: "card"},
	{Name: "member_no"},
	{Name: "affiliate"},
	{Name: "amount_incl", Type: "number"},
	{Name: "amount_excl", Type: "number"},
	{Name: "incl_8", Type: "number"},
	{Name: "incl_10", Type: "number"},
	{Name: "tax_8", Type: "number"},
	{Name: "tax_10", Type: "number"},
	{Name: "point_type"},
	{Name: "grant_type"},
	{Name: "points_given", Type: "number"},
	{Name: "note"},
}

var itemColumns = [...]layout.Field{
	{Name: "product"}, {Name: "amount", Type: "number"}, {Name: "tax_rate", Type: "number"},
}

// flatItems is how many items one line of a flat file can hold here.
const flatItems = 4

// Layout describes the files of a feed as this package writes them.
func Layout(f *model.Feed, encoding string, trailer bool) *layout.Layout {
	receipt := slices.Clone(columns[:])
	for i := 1; f.FlatItems && i <= flatItems; i++ {
		for j := range itemColumns {
			c := itemColumns[j]
			c.Name = fmt.Sprintf("items.%d.%s", i, c.Name)
			receipt = append(receipt, c)
		}
	}
	l := &layout.Layout{
		Encoding: encoding, Format: "csv", LineEnd: "lf", Discriminator: &layout.Discriminator{Column: 1},
		Records: []layout.Record{
			{Kind: "titles", Fields: []layout.Field{{Name: "titles"}}},
			{Kind: "receipt", IDs: []string{"D"}, Fields: receipt},
		},
		Control: layout.Control{Counts: f.TrailerCounts, As: f.Totals},
	}
	if !f.FlatItems {
		l.Records = append(l.Records, layout.Record{
			Kind: "item", IDs: []string{"I"}, Fields: append([]layout.Field{{Name: "id"}}, itemColumns[:]...),
		})
	}
	if trailer {
		fields := []layout.Field{
			{Name: "id"}, {Name: "count", Type: "number"}, {Name: "total", Type: "number"},
		}
		l.Records = append(l.Records, layout.Record{Kind: "trailer", IDs: []string{"T"}, Fields: fields})
	}
	return l
}

// outletNames are the layout's names of those fields that a provider's file may carry beside its own.
var outletNames = map[string]string{"date": "business_date", "incl": "amount_incl"}

func provider(code string, o model.Outlet, read *dates) master.Outlet {
	out := master.Outlet{
		Code: code, Provider: code, File: code + "-{file_no}", Grain: o.Grain, Returns: o.Returns,
		SendEmpty: o.SendEmpty, SequenceMax: o.SequenceMax,
		Layout: layout.Layout{Encoding: "cp932", Format: "csv", LineEnd: "lf"},
	}
	if o.Encoding != "" {
		out.Layout.Encoding = o.Encoding
	}
	for _, d := range o.Closed {
		out.Closed = append(out.Closed, read.date(d))
	}
	fields := []layout.Field{
		{Name: "sequence", Type: "number"},
		{Name: "kind"},
		{Name: "card"},
		{Name: "point_type"},
		{Name: "points", Type: "number"},
	}
	for _, name := range o.Fields {
		if n, ok := outletNames[name]; ok {
			name = n
		}
		if slices.ContainsFunc(fields, func(f layout.Field) bool { return f.Name == name }) {
			continue
		}
		fields = append(fields, layout.Field{Name: name})
	}
	out.Layout.Records = []layout.Record{{Kind: "receipt", Fields: fields}}
	return out
}

func members(list []model.Member) string {
	var b strings.Builder
	b.WriteString("member,number,provider,card,replaced_by\n")
	for _, m := range list {
		for _, c := range m.Cards {
			fmt.Fprintf(&b, "%s,%s,%s,%s,%s\n", m.Member, m.Number, c.Provider, c.Card, c.ReplacedBy)
		}
		if len(m.Cards) == 0 {
			fmt.Fprintf(&b, "%s,%s,,,\n", m.Member, m.Number)
		}
	}
	return b.String()
}
