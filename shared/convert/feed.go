// Package convert turns a retailer's file into records of the common layout (SPEC A10 to A12): decode, parse,
// validate, normalise, identify the card, resolve the member number. A bad line never stops a good one; what
// is wrong with it is listed whole (R4). Check then decides about the file.
package convert

import (
	"strconv"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/transaction"
)

// Limit of amounts and given points (R0: above it they are unreadable).
const maxAmount = int64(1_000_000_000_000)

// exclMode says where the amount without tax comes from (R9).
type exclMode uint8

const (
	exclNone exclMode = iota
	exclFile
	exclTax
	exclRates
	exclRate
	exclSame
)

var exclModes = map[string]exclMode{
	"": exclNone, "file": exclFile, "tax": exclTax, "rates": exclRates, "rate": exclRate, "same": exclSame,
}

// Directory is what lines are resolved with: one pinned version of masters and members.
type Directory struct {
	Cards      *card.Index
	Affiliates *card.Affiliates
	Members    *member.Snapshot
	// Providers are the codes in the order of master.Set.Providers.
	Providers []string
}

// Feed is a feed compiled for converting. It is immutable and safe for concurrent use.
type Feed struct {
	master    *master.Feed
	reading   *layout.Reading
	directory Directory

	keyFields      []transaction.KeyField
	excl           exclMode
	oldest         int
	memberProvider int32
	hasItems, flat bool
	flatReceipt    bool
	counts         [8]bool // by layout.RecordKind: what the trailer counts
	totalAs        totalMode
	controlled     bool // some record declares a total
	legacy         bool // the layout's encoding is none of UTF-8's
	src            sources
}

type totalMode uint8

const (
	totalAsWritten totalMode = iota
	totalNet
	totalAbsolute
)

// sources are the places of the common layout's values in the file.
type sources struct {
	kind, date, clock, store, register, receipt                    layout.Source
	originalDate, originalStore, originalRegister, originalReceipt layout.Source
	card, member, affiliate                                        layout.Source
	incl, excl, incl8, incl10, tax8, tax10                         layout.Source
	pointType, grantType, pointsGiven                              layout.Source
	item                                                           itemSource
	columns                                                        []itemSource // items in columns
	total                                                          layout.Source
	controlCount, controlTotal                                     layout.Source
}

type itemSource struct{ product, quantity, amount, rate layout.Source }

// Compile makes a feed ready. Faults are those of layout.CompileReading and master.value.
func Compile(set *master.Set, feed *master.Feed, dir Directory, converters layout.Converters) (*Feed, error) {
	reading, err := layout.CompileReading(&feed.Layout, feed.FlatItems, converters)
	if err != nil {
		return nil, err
	}
	f := &Feed{
		master: feed, reading: reading, directory: dir, oldest: 90, memberProvider: -1,
		flat: feed.FlatItems, flatReceipt: feed.FlatAmount == "receipt",
		hasItems: reading.Has(layout.RecordItem),
		legacy:   !strings.HasPrefix(feed.Layout.Encoding, "utf-8"),
	}
	if feed.OldestDays != nil {
		f.oldest = *feed.OldestDays
	}
	mode, ok := exclModes[feed.Excl]
	if !ok {
		return nil, fault.New(fault.MasterValue, "excl "+feed.Excl+" is not known")
	}
	f.excl = mode
	if f.keyFields, err = KeyFields(feed); err != nil {
		return nil, err
	}
	for i, p := range dir.Providers {
		if p == feed.MemberProvider {
			f.memberProvider = int32(i)
		}
	}
	f.compileControl(&feed.Layout.Control)
	f.compileSources()
	return f, nil
}

// KeyFields gives the fields that make the feed's transaction keys (R5).
func KeyFields(feed *master.Feed) ([]transaction.KeyField, error) {
	if len(feed.KeyFields) == 0 {
		return transaction.DefaultKey[:], nil
	}
	var fields []transaction.KeyField
	for _, name := range feed.KeyFields {
		k, ok := transaction.ParseKeyField(name)
		if !ok {
			return nil, fault.New(fault.MasterValue, "key field "+name+" is not known")
		}
		fields = append(fields, k)
	}
	return fields, nil
}

func (f *Feed) compileControl(c *layout.Control) {
	kinds := map[string]layout.RecordKind{
		layout.KindHeader: layout.RecordHeader, layout.KindReceipt: layout.RecordReceipt,
		layout.KindItem: layout.RecordItem, layout.KindTrailer: layout.RecordTrailer,
		layout.KindTitles: layout.RecordTitles, layout.KindEnd: layout.RecordEnd,
	}
	if len(c.Counts) == 0 {
		f.counts[layout.RecordReceipt] = true
	}
	for _, name := range c.Counts {
		f.counts[kinds[name]] = true
	}
	switch c.As {
	case "net":
		f.totalAs = totalNet
	case "absolute":
		f.totalAs = totalAbsolute
	}
}

func (f *Feed) compileSources() {
	s := f.reading.Source
	f.src = sources{
		kind: s("kind"), date: s("business_date"), clock: s("time"),
		store: s("store"), register: s("register"), receipt: s("receipt"),
		originalDate: s("original_date"), originalStore: s("original_store"),
		originalRegister: s("original_register"), originalReceipt: s("original_receipt"),
		card: s("card"), member: s("member_no"), affiliate: s("affiliate"),
		incl: s("amount_incl"), excl: s("amount_excl"), incl8: s("incl_8"), incl10: s("incl_10"),
		tax8: s("tax_8"), tax10: s("tax_10"),
		pointType: s("point_type"), grantType: s("grant_type"), pointsGiven: s("points_given"),
		item:         itemSource{s("product"), s("quantity"), s("amount"), s("tax_rate")},
		controlCount: s("count"), controlTotal: s("total"),
	}
	for i := 1; i <= 99; i++ {
		p := "items." + strconv.Itoa(i) + "."
		it := itemSource{s(p + "product"), s(p + "quantity"), s(p + "amount"), s(p + "tax_rate")}
		if !it.product.Has() {
			break
		}
		f.src.columns = append(f.src.columns, it)
	}
	total := f.master.Layout.Control.Total
	if total == "" {
		total = "amount_incl"
	}
	f.src.total = s(total)
	f.controlled = f.src.controlTotal.Has()
}

// Reading is the feed's layout, compiled.
func (f *Feed) Reading() *layout.Reading { return f.reading }

// Master is the feed's master.
func (f *Feed) Master() *master.Feed { return f.master }

// Keys are the fields of the feed's transaction keys.
func (f *Feed) Keys() []transaction.KeyField { return f.keyFields }

// File is what a line needs to know of its file and run.
type File struct {
	Ordinal int32 // in the run, from 1
	Name    string
	RunDate calendar.Date
}
