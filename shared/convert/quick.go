package convert

import (
	"multipoint/shared/card"
	"multipoint/shared/layout"
	"multipoint/shared/transaction"
)

// quickPlan is the straight way through a receipt record of plain columns. It reads what nearly every line
// of a file is, a sale with nothing wrong, and gives up at the first thing that is not so: read then looks
// at everything and says what it is. A test compares the two ways.
type quickPlan struct {
	ok                       bool
	sale                     layout.Spelling // of the kind
	spelt                    bool            // sale tells
	date, clock              layout.Column
	store, register, receipt layout.Column
	card, member, affiliate  layout.Column
	incl, excl               layout.Column
	parts                    [4]layout.Column // incl_8, incl_10, tax_8, tax_10
	pointType, grantType     layout.Column
	hasParts                 bool
}

// quickPlans makes a plan for each kind of record.
func (f *Feed) quickPlans() []quickPlan {
	plans := make([]quickPlan, len(f.reading.Layout().Records))
	otherTotal := f.controlled && f.src.total.Name() != f.src.incl.Name()
	if f.hasItems || f.flat || len(f.src.columns) > 0 || otherTotal {
		return plans
	}
	for spec := range plans {
		p, s := &plans[spec], &f.src
		p.ok = f.reading.Layout().Records[spec].Kind == layout.KindReceipt
		p.sale, p.spelt = f.reading.Spelling(spec, s.kind, transaction.Sale.String())
		for _, x := range [...]struct {
			into *layout.Column
			from layout.Source
		}{
			{&p.date, s.date},
			{&p.clock, s.clock},
			{&p.store, s.store},
			{&p.register, s.register},
			{&p.receipt, s.receipt},
			{&p.card, s.card},
			{&p.member, s.member},
			{&p.affiliate, s.affiliate},
			{&p.incl, s.incl},
			{&p.excl, s.excl},
			{&p.parts[0], s.incl8},
			{&p.parts[1], s.incl10},
			{&p.parts[2], s.tax8},
			{&p.parts[3], s.tax10},
			{&p.pointType, s.pointType},
			{&p.grantType, s.grantType},
		} {
			c, ok := f.reading.Column(spec, x.from)
			*x.into = c
			p.ok = p.ok && ok
		}
		for i := range p.parts {
			p.hasParts = p.hasParts || p.parts[i].Here
			p.ok = p.ok && p.parts[i].Plain()
		}
		p.ok = p.ok && p.date.Here && p.card.Here && p.incl.Here && p.incl.Plain() && p.excl.Plain()
	}
	return plans
}

// quick takes a receipt the straight way, into w.sale; false if it must be read. It fills the same fields
// each time, so that what else a transaction has stays as it is in a sale: empty.
func (w *Worker) quick(rec *layout.ReadRecord) bool {
	if rec.Spec < 0 || rec.Fault != 0 || !w.plans[rec.Spec].ok {
		return false
	}
	p, t := &w.plans[rec.Spec], &w.sale
	if p.spelt {
		if !rec.Shows(&p.sale) {
			return false
		}
	} else if s := w.feed.src.kind; rec.Has(s) {
		if kind, code := rec.Text(s); code != 0 || string(kind) != "sale" {
			return false
		}
	}
	if rec.HasNUL() || !rec.Decodable() {
		return false
	}
	t.File, t.Line, t.Offset = w.file.Ordinal, rec.Line, rec.Offset
	return w.quickTexts(p, t, rec) && w.quickAmounts(p, t, rec) && w.quickCard(p, t, rec)
}

func (w *Worker) quickTexts(p *quickPlan, t *transaction.Transaction, rec *layout.ReadRecord) bool {
	var ok1, ok2, ok3, ok4, ok5, ok6, ok7 bool
	t.Date, ok1 = rec.QuickDate(&p.date, w.file.RunDate)
	if !ok1 || t.Date > w.file.RunDate || t.Date < w.oldest {
		return false
	}
	t.Time, t.TimeRaw, ok2 = rec.QuickClock(&p.clock)
	t.Store, ok3 = rec.Quick(&p.store)
	t.Register, ok4 = rec.Quick(&p.register)
	t.Receipt, ok5 = rec.Quick(&p.receipt)
	t.PointType, ok6 = rec.Quick(&p.pointType)
	t.GrantType, ok7 = rec.Quick(&p.grantType)
	return ok2 && ok3 && ok4 && ok5 && ok6 && ok7 && len(t.Receipt) > 0
}

func (w *Worker) quickAmounts(p *quickPlan, t *transaction.Transaction, rec *layout.ReadRecord) bool {
	v, blank, ok := rec.QuickNumber(&p.incl)
	if !ok || blank || v > maxAmount {
		return false
	}
	t.AmountIncl = v
	v, blank, ok = rec.QuickNumber(&p.excl)
	if !ok || blank && w.feed.excl == exclFile || v > maxAmount {
		return false
	}
	t.Excl = v
	if p.hasParts {
		for i, into := range [...]*int64{&t.Incl8, &t.Incl10, &t.Tax8, &t.Tax10} {
			if *into, _, ok = rec.QuickNumber(&p.parts[i]); !ok || *into > maxAmount {
				return false
			}
		}
	}
	t.AmountExcl = w.exclusive(t)
	return !opposite(t.AmountIncl, t.AmountExcl)
}

func (w *Worker) quickCard(p *quickPlan, t *transaction.Transaction, rec *layout.ReadRecord) bool {
	raw, ok := rec.Quick(&p.card)
	if !ok || len(raw) == 0 {
		return false
	}
	if number, ok := rec.Quick(&p.member); !ok || len(number) > 0 {
		return false
	}
	if t.AffiliateRaw, ok = rec.Quick(&p.affiliate); !ok {
		return false
	}
	t.Affiliate = -1
	if len(t.AffiliateRaw) > 0 {
		t.Affiliate = w.feed.directory.Affiliates.Find(t.AffiliateRaw, t.Date)
	}
	digits, code := card.Normalise(w.digits[:0], raw)
	if code != 0 || len(digits) == 0 {
		return false
	}
	m, code := w.feed.directory.Cards.Identify(digits, t.Date, w.number[:0])
	if code != 0 || len(m.Number) != len(digits) {
		return false
	}
	t.Card, t.Account, t.Scheme, t.Provider = digits, digits, m.Card, m.Provider
	return true
}
