package cut

import (
	"slices"
	"strings"

	"multipoint/shared/layout"
	"multipoint/shared/transaction"
)

// declaration says which fields a layout declares as product, amount, date, key, member number or point card;
// these are not searched for payment cards (R2).
type declaration struct {
	layout *layout.Layout
	names  map[string]bool
}

func declare(l *layout.Layout, keys []transaction.KeyField) *declaration {
	d := &declaration{layout: l, names: map[string]bool{}}
	names := []string{
		"product", "amount", "amount_incl", "amount_excl", "incl_8", "incl_10", "tax_8", "tax_10",
		"total", // of a trailer
		"business_date", "original_date", "member_no", "card",
	}
	if l.Control.Total != "" {
		names = append(names, l.Control.Total)
	}
	if keys == nil {
		keys = transaction.DefaultKey[:]
	}
	for _, k := range keys {
		switch k {
		case transaction.KeyDate: // dates are not searched anyway
		case transaction.KeyStore:
			names = append(names, "store", "original_store")
		case transaction.KeyRegister:
			names = append(names, "register", "original_register")
		case transaction.KeyReceipt:
			names = append(names, "receipt", "original_receipt")
		}
	}
	for _, name := range names {
		d.names[name] = true
	}
	return d
}

// declared says whether a field is not searched.
func (d *declaration) declared(f *layout.Field) bool {
	switch f.Type {
	case layout.TypeFiller:
		return false
	case layout.TypeDate:
		return true
	}
	return d.names[column(f.Name)] || d.serves(f.Name, nil)
}

// column gives product for items.3.product.
func column(name string) string {
	if parts := strings.Split(name, "."); len(parts) == 3 && parts[0] == "items" {
		return parts[2]
	}
	return name
}

// serves says whether a value of the layout's own serves declared values only. One that a payment card's
// field is derived from as well is searched.
func (d *declaration) serves(name string, through []string) bool {
	serves := false
	if name == "" {
		return false
	}
	for i := range d.layout.Derived {
		v := &d.layout.Derived[i]
		uses := v.From == name || slices.Contains(v.Concat, name)
		if !uses || v.Name == name || slices.Contains(through, v.Name) {
			continue
		}
		if !d.names[column(v.Name)] && !d.serves(v.Name, append(through, v.Name)) {
			return false
		}
		serves = true
	}
	return serves
}
