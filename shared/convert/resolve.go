package convert

import (
	"strings"

	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/transaction"
)

func (w *Worker) normalise(l *line, raw []byte) ([]byte, fault.Code) {
	digits, code := card.Normalise(w.digits[:0], raw)
	return l.keep(digits), code
}

func (w *Worker) identify(l *line, rec *layout.ReadRecord) {
	if l.badDate {
		return
	}
	t := &l.tx
	m, code := w.feed.directory.Cards.Identify(t.Card, t.Date, w.number[:0])
	if code != 0 {
		l.add(rec, code, w.feed.src.card)
		return
	}
	t.Scheme, t.Provider = m.Card, m.Provider
	if len(m.Number) == len(t.Card) {
		t.Account = t.Card
	} else {
		t.Account = append([]byte(nil), m.Number...)
	}
}

func (w *Worker) resolveMember(l *line, rec *layout.ReadRecord) {
	t, f := &l.tx, w.feed
	if f.memberProvider < 0 {
		l.add(rec, fault.MemberNoCard, f.src.member)
		return
	}
	number, code := f.directory.Members.CardOf(t.MemberNo, f.master.MemberProvider)
	if code != 0 {
		l.add(rec, code, f.src.member)
		return
	}
	t.Provider, t.Account = f.memberProvider, l.keep(number)
}

// settle ends a line after all its records were read: signs, amount without tax.
func (w *Worker) settle(l *line) {
	t, f := &l.tx, w.feed
	if f.flat {
		w.limitSums(l)
	}
	if l.amountsRead && !l.differs {
		w.settleSign(l)
		t.AmountExcl = w.exclusive(t)
		if opposite(t.AmountIncl, t.AmountExcl) {
			w.fault(l, fault.AmountSigns, f.src.excl)
		}
	}
	if f.master.NegativeIsReturn && (!l.amountsRead || l.differs) {
		w.forgiveCard(l) // nobody knows whether it is a return
	}
	told := l.amountsRead || !f.master.NegativeIsReturn // whether it is a sale
	if len(t.Receipt) == 0 && !t.Kind.TakesBack() && told && !l.broken && !w.hasFault(l, f.src.receipt) {
		w.fault(l, fault.ReceiptMissing, f.src.receipt)
	}
}

func opposite(a, b int64) bool { return a < 0 && b > 0 || a > 0 && b < 0 }

func (w *Worker) hasFault(l *line, s layout.Source) bool {
	for i := range l.faults {
		if l.faults[i].Field == s.Name() {
			return true
		}
	}
	return false
}

func (w *Worker) fault(l *line, code fault.Code, s layout.Source) {
	l.faults = append(l.faults, LineFault{
		Code: code, Field: s.Name(), Line: l.tx.Line, Offset: w.offsetOf(l, s),
	})
}

// settled are the columns that settle may find fault with.
func (w *Worker) settled() [4]layout.Source {
	src := &w.feed.src
	return [...]layout.Source{src.incl, src.excl, src.receipt, src.pointsGiven}
}

// offsetOf is the place of one of the settled columns in the line's first record.
func (w *Worker) offsetOf(l *line, s layout.Source) int64 {
	if l.stable {
		return w.rec.OffsetOf(s)
	}
	for i, x := range w.settled() {
		if x.Name() == s.Name() {
			return l.places[i]
		}
	}
	return l.tx.Offset
}

// settleSign makes a negative sale or grant a return where the feed says so (R17), a fault elsewhere, and
// turns the amounts of returns and cancels into magnitudes (R16).
func (w *Worker) settleSign(l *line) {
	t, f := &l.tx, w.feed
	negative := t.AmountIncl < 0
	if !t.Kind.TakesBack() {
		if !negative {
			w.dropOriginal(l)
			return
		}
		if !f.master.NegativeIsReturn {
			w.fault(l, fault.AmountNegative, f.src.incl)
			return
		}
		t.Kind = transaction.Return
		w.forgiveCard(l)
	}
	if negative {
		t.AmountIncl, t.Excl = -t.AmountIncl, -t.Excl
		t.Incl8, t.Incl10, t.Tax8, t.Tax10 = -t.Incl8, -t.Incl10, -t.Tax8, -t.Tax10
		for i := range t.Items {
			t.Items[i].Amount = -t.Items[i].Amount
		}
	}
	t.PointsGiven = 0
}

// dropOriginal forgets what a sale says about an original; only returns and cancels name one.
func (w *Worker) dropOriginal(l *line) {
	t := &l.tx
	t.NamesOriginal, t.OriginalDate = false, 0
	t.OriginalStore, t.OriginalRegister, t.OriginalReceipt = nil, nil, nil
	if len(l.faults) > 0 {
		l.forgive(func(x *LineFault) bool {
			return strings.HasPrefix(x.Field, "original_") && x.Code != fault.TextUndecodable
		})
	}
}

// forgiveCard takes card.missing back from a line that turned out to be a return that names its sale.
func (w *Worker) forgiveCard(l *line) {
	if l.tx.NamesOriginal {
		l.forgive(func(x *LineFault) bool { return x.Code == fault.CardMissing })
	}
}

func (l *line) forgive(drop func(*LineFault) bool) {
	kept := l.faults[:0]
	for i := range l.faults {
		if !drop(&l.faults[i]) {
			kept = append(kept, l.faults[i])
		}
	}
	l.faults = kept
}

// exclusive is the amount without tax (R9).
func (w *Worker) exclusive(t *transaction.Transaction) int64 {
	switch w.feed.excl {
	case exclFile:
		return t.Excl
	case exclTax:
		return t.AmountIncl - t.Tax8 - t.Tax10
	case exclRates:
		return withoutTax(t.Incl8, 8) + withoutTax(t.Incl10, 10)
	case exclRate:
		return withoutTax(t.AmountIncl, w.feed.master.Rate)
	case exclSame:
		return t.AmountIncl
	}
	return 0
}

// withoutTax is floor(amount × 100 / (100 + rate)) (R9).
func withoutTax(amount, rate int64) int64 {
	n, d := amount*100, 100+rate
	q := n / d
	if n%d < 0 {
		q--
	}
	return q
}
