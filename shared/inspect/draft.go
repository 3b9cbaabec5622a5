package inspect

import (
	"slices"
	"strings"

	"multipoint/shared/layout"
)

// draft puts the findings together as a layout. In fixed layouts the columns of each kind cover the record by
// construction, as they are cut out of it.
func (w *work) draft() {
	r := w.report
	l := layout.Layout{
		Encoding: r.Encoding.Value, Format: r.Format.Value, LineEnd: r.LineEnd.Value,
		RecordLength: r.RecordLength, EOFMark: r.EOFMark,
	}
	if r.Quote == "all" && l.Format == "csv" || r.Quote != "" && r.Quote != "never" && l.Format == "tsv" {
		l.Quote = r.Quote
	}
	if w.width > 0 {
		l.Discriminator = &layout.Discriminator{Column: w.at + 1}
		if w.fixed {
			l.Discriminator = &layout.Discriminator{At: w.at + 1, Width: w.width}
		}
	}
	for i := range r.Kinds {
		k := &r.Kinds[i]
		if k.Kind == layout.KindTitles {
			k.Columns = w.titleColumns()
		}
		if k.Kind == layout.KindHeader && k.Records > 1 {
			l.Batches = "many"
		}
		rec := layout.Record{Kind: k.Kind, IDs: slices.Clone(k.IDs)}
		for j := range k.Columns {
			rec.Fields = append(rec.Fields, w.field(k, &k.Columns[j]))
		}
		l.Records = append(l.Records, rec)
	}
	l.Control = w.control()
	l.Derived = w.derived()
	r.Layout = l
}

// titleColumns are those of the receipts, as texts.
func (w *work) titleColumns() []Column {
	var out []Column
	for _, k := range w.report.Kinds {
		if k.Kind != layout.KindReceipt {
			continue
		}
		for _, c := range k.Columns {
			out = append(out, Column{
				Place: c.Place, Width: len([]rune(c.Title)), Title: c.Title, Name: c.Name,
				Type:     layout.TypeText,
				Distinct: 1, Sure: High, Why: "a title",
			})
		}
	}
	return out
}

// isRead says whether the common layout has a use for a column of receipts or items. Others are filler in the
// draft: the layout package refuses fields that are read for nothing.
func (w *work) isRead(k *Kind, name string) bool {
	switch {
	case k.Kind != layout.KindReceipt && k.Kind != layout.KindItem:
		return true
	case w.width > 0 && name == "record", name == "sign" && hasSignField(k),
		strings.HasPrefix(name, "items.1."):
		return true
	case k.Kind == layout.KindReceipt && slices.Contains(layout.ReadNames(), name):
		return true
	}
	items := k.Kind == layout.KindItem || w.report.FlatItems != nil
	return items && slices.Contains(layout.ReadItemNames(), name)
}

// hasSignField says whether a column of the kind has its sign in another.
func hasSignField(k *Kind) bool {
	return slices.ContainsFunc(k.Columns, func(c Column) bool { return c.SignField != "" })
}

func (w *work) field(k *Kind, c *Column) layout.Field {
	if !w.isRead(k, c.Name) {
		f := layout.Field{Name: c.Name, Title: c.Title, Type: layout.TypeFiller}
		if w.fixed {
			f.Width = c.Width
		}
		return f
	}
	f := layout.Field{
		Name: c.Name, Title: c.Title, Type: c.Type, Form: c.Form, Align: c.Align, Pad: c.Pad, Sign: c.Sign,
		SignField: c.SignField, Scale: c.Scale, Thousands: c.Thousands, Empty: c.Empty, Lookup: c.Lookup,
	}
	if w.fixed {
		f.Width = c.Width
	}
	if f.Title == f.Name {
		f.Title = ""
	}
	return f
}

// control says what the trailer's count and total were found to mean.
func (w *work) control() layout.Control {
	var out layout.Control
	for _, c := range w.report.Controls {
		if c.Kind != layout.KindTrailer {
			continue
		}
		switch {
		case c.Column == "count" && c.Of == "receipt+item":
			out.Counts = []string{layout.KindReceipt, layout.KindItem}
		case c.Column == "total" && c.Of != "amount_incl":
			out.Total = c.Of
		}
	}
	return out
}

// derived lets the one amount of a flat file's lines serve as the item's and the receipt's.
func (w *work) derived() []layout.Derived {
	if w.report.FlatAmount == nil || w.report.FlatAmount.Value != "item" {
		return nil
	}
	for i := range w.report.Kinds {
		k := &w.report.Kinds[i]
		if k.Kind != layout.KindReceipt {
			continue
		}
		item, receipt := find(k, "amount") != nil, find(k, "amount_incl") != nil
		switch {
		case receipt && !item:
			return []layout.Derived{{Name: "amount", From: "amount_incl"}}
		case item && !receipt:
			return []layout.Derived{{Name: "amount_incl", From: "amount"}}
		}
	}
	return nil
}
