package layout

import (
	"slices"
	"strconv"
	"strings"
)

// ReadNames are the names that a layout may yield for a receipt, beside names of the layout's own that only
// its derived values use (DESIGN §5). Amounts are yen.
func ReadNames() []string {
	return []string{
		"kind",                                                  // sale (default), return, cancel, grant
		"business_date", "time", "store", "register", "receipt", // R5, R11
		"original_date", "original_store", "original_register", "original_receipt", // of a return (R5)
		"card", "member_no", // R7
		"affiliate",                  // code, or prefix and last four digits (R2)
		"amount_incl", "amount_excl", // with and without tax (R9)
		"incl_8", "incl_10", // the parts of amount_incl taxed at 8 and 10 per cent
		"tax_8", "tax_10", // the tax in them
		"point_type", "grant_type", "points_given", // R10, R13
	}
}

// ReadItemNames are the names that a layout may yield for an item: in item records, in the receipt records of
// flat files, or in columns as items.1.product, items.2.product …
func ReadItemNames() []string { return []string{"product", "quantity", "amount", "tax_rate"} }

// ControlNames are the names of declared counts and totals in the trailer and end record (R4).
func ControlNames() []string { return []string{"count", "total"} }

// WriteNames are the names that an outlet may write in its receipt and return records (R21): one grant or
// return.
func WriteNames() []string {
	return []string{
		"kind",     // grant or return
		"sequence", // number of the record in the file, from 1
		"card", "point_type", "points",
		"business_date", "time", "store", "register", "receipt",
		"member_no", "amount_incl",
	}
}

// WriteFileNames are the names that an outlet may write in any record: what is known of the whole file.
func WriteFileNames() []string {
	return []string{"run_date", "created_date", "file_no", "provider", "retailer", "note"}
}

// WriteTotalNames are the names that an outlet may write in its header, trailer and end record: the number of
// records, the sum of points, and the sums of the positive and of the negative ones.
func WriteTotalNames() []string { return []string{"count", "total", "total_plus", "total_minus"} }

// itemName gives 3 and product for items.3.product.
func itemName(name string) (number int, item string, ok bool) {
	parts := strings.Split(name, ".")
	if len(parts) != 3 || parts[0] != "items" || !slices.Contains(ReadItemNames(), parts[2]) {
		return 0, "", false
	}
	n, err := strconv.Atoi(parts[1])
	return n, parts[2], err == nil && n >= 1
}

// Yields says whether each receipt record of a layout for reading yields the name, as a field or derived.
func (l *Layout) Yields(name string) bool { return l.yields(KindReceipt, name) }

// YieldsItem says whether the layout yields the name of an item; flat says that its receipt records are
// items.
func (l *Layout) YieldsItem(name string, flat bool) bool {
	if flat {
		return l.yields(KindReceipt, name)
	}
	for i := range l.Records {
		if l.Records[i].Kind != KindReceipt {
			continue
		}
		for j := range l.Records[i].Fields {
			if _, item, ok := itemName(l.Records[i].Fields[j].Name); ok && item == name {
				return true
			}
		}
	}
	return l.yields(KindItem, name)
}

func (l *Layout) yields(kind, name string) bool {
	found := false
	for i := range l.Records {
		if l.Records[i].Kind != kind {
			continue
		}
		if !l.resolve(&l.Records[i])[name] {
			return false
		}
		found = true
	}
	return found
}

// resolve gives the names that one kind of record has: its fields, and the derived values all of whose
// references are fields of the record or were derived before.
func (l *Layout) resolve(rec *Record) map[string]bool {
	fields := make(map[string]bool, len(rec.Fields))
	for i := range rec.Fields {
		if f := &rec.Fields[i]; f.Type != TypeFiller {
			fields[f.Name] = true
		}
	}
	known := make(map[string]bool, len(fields)+len(l.Derived))
	for name := range fields {
		known[name] = true
	}
	for i := range l.Derived {
		d := &l.Derived[i]
		ok := true
		for _, ref := range d.references() {
			// A value derived from its own name means the field below it.
			ok = ok && known[ref] && (ref != d.Name || fields[ref])
		}
		if ok {
			known[d.Name] = true
		}
	}
	return known
}

// references are the names that a derived value is computed from, its condition's field last.
func (d *Derived) references() []string {
	var refs []string
	if d.From != "" {
		refs = append(refs, d.From)
	}
	for _, part := range d.Concat {
		if !isLiteral(part) {
			refs = append(refs, part)
		}
	}
	if d.When != nil {
		refs = append(refs, d.When.Field)
	}
	return refs
}

func isLiteral(part string) bool {
	return len(part) >= 2 && strings.HasPrefix(part, "'") && strings.HasSuffix(part, "'")
}
