package points

import (
	"multipoint/shared/calendar"
	"multipoint/shared/transaction"
)

// reason is why a rule gave nothing: the first condition that failed, in the order of these constants (R15).
type reason uint8

const (
	holds reason = iota
	notProvider
	notAffiliate
	notPointType
	notGrantType
	notPeriod
	notWeekday
	notHour
	notStore
	notProduct
	notMinAmount
	zeroYen
	zeroPoints
	exclusive
	noRoom
)

// String gives the word that explanations use.
func (w reason) String() string {
	return [...]string{
		"", "provider", "affiliate", "point_type", "grant_type", "period", "weekday", "hour", "store",
		"product", "min_amount", "zero_yen", "zero", "exclusive", "cap",
	}[w]
}

// facts are what the conditions ask about one transaction, worked out once for all rules.
type facts struct {
	tx        *transaction.Transaction
	provider  int32
	affiliate int32
	// named is the point type that the line names: unnamed, unknownType, or its index.
	named     int32
	grantType int32
	store     int32
	grant     bool
	date      calendar.Date
	weekday   uint8          // one bit, as in Rule.weekdays
	clock     calendar.Clock // no time counts as 00:00:00 (R11)
	amount    [2]int64       // yen, by basis
	products  []int32        // numbers of the items' product codes
}

const (
	unnamed     int32 = -1
	unknownType int32 = -2
)

// learn fills f from a transaction of a feed.
func (f *facts) learn(r *Rules, tx *transaction.Transaction, feedPointType []byte) {
	f.tx, f.provider, f.affiliate = tx, tx.Provider, tx.Affiliate
	f.grant = tx.Kind == transaction.Grant
	f.date, f.clock = tx.Date, max(tx.Time, 0)
	f.weekday = 1 << tx.Date.Weekday()
	f.amount = [2]int64{withTax: tx.AmountIncl, withoutTax: tx.AmountExcl}
	f.named = unnamed
	if name := NamedType(tx, feedPointType); len(name) > 0 {
		if f.named = r.typeIDs.of(name); f.named == noCode {
			f.named = unknownType
		}
	}
	f.grantType = r.purchase
	if len(tx.GrantType) > 0 {
		f.grantType = r.grantTypeIDs.of(tx.GrantType)
	}
	f.store = r.storeIDs.of(tx.Store)
	products := f.products[:0]
	if len(r.productIDs) > 0 {
		for i := range tx.Items {
			products = append(products, r.productIDs.of(tx.Items[i].Product))
		}
	}
	f.products = products
}

// NamedType gives the point type that a line names: its own, else, on grant lines, the feed's; empty if none
// (R13). It is the point type of the line's given points. The result is a view of its arguments.
func NamedType(tx *transaction.Transaction, feedPointType []byte) []byte {
	if len(tx.PointType) == 0 && tx.Kind == transaction.Grant {
		return feedPointType
	}
	return tx.PointType
}

// failed gives the first condition of a rule that does not hold for a transaction, or holds. It is the only
// place that decides this, for ratings and for explanations (R10, R11, R13, R15).
func (r *Rule) failed(f *facts) reason {
	switch {
	case f.provider < 0 || r.Provider != Every && r.Provider != f.provider:
		return notProvider
	case r.affiliate != anyAffiliate && r.affiliate != f.affiliate:
		return notAffiliate
	case r.Campaign && f.named != unnamed && f.named != r.Type:
		return notPointType
	case r.grantTypes != nil && !r.grantTypes.has(f.grantType):
		return notGrantType
	case !r.Campaign && f.grant: // the given points stand in their place (R10)
		return notGrantType
	case f.date < r.from || f.date > r.to:
		return notPeriod
	case r.weekdays&f.weekday == 0:
		return notWeekday
	case r.hours != nil && !r.inHours(f.clock):
		return notHour
	case r.stores != nil && !r.stores.has(f.store):
		return notStore
	case r.products != nil && !r.inProducts(f.products):
		return notProduct
	case f.amount[r.basis] < r.minAmount:
		return notMinAmount
	case !r.Campaign && f.amount[r.basis] == 0:
		return zeroYen
	}
	return holds
}

func (r *Rule) inHours(c calendar.Clock) bool {
	for _, h := range r.hours {
		if h.from <= c && c < h.to {
			return true
		}
	}
	return false
}

func (r *Rule) inProducts(products []int32) bool {
	for _, p := range products {
		if r.products.has(p) {
			return true
		}
	}
	return false
}
