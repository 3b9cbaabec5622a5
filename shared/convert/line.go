package convert

import (
	"bytes"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/transaction"
)

// LineFault is one thing wrong with a line.
type LineFault struct {
	Code    fault.Code
	Field   string // name in the layout, empty if the whole record is meant
	Line    int64
	Offset  int64 // byte offset in the file of the field, or of the bad byte
	InField int   // of text.undecodable: offset of the byte in the field, else 0
}

// line is a transaction that is being read, with its faults.
type line struct {
	tx     transaction.Transaction
	faults []LineFault
	arena  []byte
	stable bool // texts stay valid until the transaction is handed on, no copy needed

	badDate     bool
	badDates    [2][]byte // what stands instead of the date and the original's date, if it is no date
	amountsRead bool      // no amount of the line is unreadable
	pointsRead  bool      // a grant's points are readable
	differs     bool      // its lines repeat different amounts
	broken      bool      // the record's columns could not be told apart
	start, end  int       // of its records in the block
	places      [4]int64  // byte offsets of the columns that settle looks at, if not stable
}

func (l *line) reset(stable bool) {
	items := l.tx.Items[:0]
	*l = line{faults: l.faults[:0], arena: l.arena[:0], stable: stable}
	l.tx = transaction.Transaction{
		Items: items, Scheme: -1, Provider: -1, Affiliate: -1, Time: calendar.NoTime,
	}
}

func (l *line) keep(b []byte) []byte {
	if l.stable || len(b) == 0 {
		return b
	}
	start := len(l.arena)
	l.arena = append(l.arena, b...)
	return l.arena[start:len(l.arena):len(l.arena)]
}

func (l *line) add(rec *layout.ReadRecord, code fault.Code, s layout.Source) {
	if code == fault.TextUndecodable {
		return // listed once for the column, with the byte
	}
	l.faults = append(l.faults, LineFault{
		Code: code, Field: s.Name(), Line: rec.Line, Offset: rec.OffsetOf(s),
	})
}

// read fills l from a receipt record; all faults are listed, a check that needs a bad value is not made (R4).
func (w *Worker) read(l *line, rec *layout.ReadRecord) {
	f := w.feed
	t := &l.tx
	t.File, t.Line, t.Offset = w.file.Ordinal, rec.Line, rec.Offset
	if rec.Fault != 0 {
		l.broken = true
		l.faults = append(l.faults, LineFault{Code: rec.Fault, Line: rec.Line, Offset: rec.Offset})
		w.listUndecodable(l, rec)
		return
	}
	w.listUndecodable(l, rec)
	src := &f.src
	w.readKind(l, rec)
	w.readDate(l, rec)
	clock, raw, code := rec.Clock(src.clock)
	if code != 0 {
		l.add(rec, code, src.clock)
	}
	t.Time, t.TimeRaw = clock, l.keep(raw)
	t.Store = w.text(l, rec, src.store)
	t.Register = w.text(l, rec, src.register)
	t.Receipt = w.text(l, rec, src.receipt)
	if t.Kind.TakesBack() || f.master.NegativeIsReturn {
		w.readOriginal(l, rec)
	}
	w.readAmounts(l, rec)
	if src.pointType.Has() {
		t.PointType = w.text(l, rec, src.pointType)
	}
	if src.grantType.Has() {
		t.GrantType = w.text(l, rec, src.grantType)
	}
	w.readPoints(l, rec)
	for i := range src.columns {
		w.readItem(l, rec, &src.columns[i])
	}
	if f.flat {
		w.readItem(l, rec, &src.item)
	}
	w.readCard(l, rec)
	if !l.stable {
		for i, s := range w.settled() {
			l.places[i] = rec.OffsetOf(s)
		}
	}
}

func (w *Worker) text(l *line, rec *layout.ReadRecord, s layout.Source) []byte {
	b, code := rec.Text(s)
	if code != 0 {
		l.add(rec, code, s)
	}
	return l.keep(b)
}

func (w *Worker) listUndecodable(l *line, rec *layout.ReadRecord) {
	if rec.HasNUL() {
		at := rec.Offset + int64(bytes.IndexByte(rec.Raw, 0))
		l.faults = append(l.faults, LineFault{Code: fault.TextNUL, Line: rec.Line, Offset: at})
	}
	if rec.Decodable() {
		return
	}
	rec.EachUndecodable(func(field string, inField int, offset int64) {
		l.faults = append(l.faults, LineFault{
			Code: fault.TextUndecodable, Field: field, Line: rec.Line, Offset: offset, InField: inField,
		})
	})
}

func (w *Worker) readKind(l *line, rec *layout.ReadRecord) {
	s := w.feed.src.kind
	if !rec.Has(s) {
		return
	}
	text, code := rec.Text(s)
	if code != 0 {
		if code == fault.LookupMissing {
			code = fault.KindBad
		}
		l.add(rec, code, s)
		return
	}
	switch string(text) {
	case "sale":
	case "grant":
		l.tx.Kind = transaction.Grant
	case "return":
		l.tx.Kind = transaction.Return
	case "cancel":
		l.tx.Kind = transaction.Cancel
	default:
		l.add(rec, fault.KindBad, s)
	}
}

func (w *Worker) readDate(l *line, rec *layout.ReadRecord) {
	s := w.feed.src.date
	d, code := rec.Date(s, w.file.RunDate)
	switch {
	case code != 0:
		l.badDate = true
		l.badDates[0] = w.written(l, rec, s)
		l.add(rec, code, s)
		return
	case d.IsZero():
		l.badDate = true
		l.add(rec, fault.DateBad, s)
		return
	case d > w.file.RunDate:
		l.add(rec, fault.DateFuture, s)
	case d < w.file.RunDate.Add(-w.feed.oldest):
		l.add(rec, fault.DateTooOld, s)
	}
	l.tx.Date = d
}

// written gives the text of a value that cannot be read; item lines of one receipt repeat it.
func (w *Worker) written(l *line, rec *layout.ReadRecord, s layout.Source) []byte {
	text, _ := rec.Text(s)
	return l.keep(text)
}

// readOriginal reads the key of the sale that a return names: it names one if any key field is there.
func (w *Worker) readOriginal(l *line, rec *layout.ReadRecord) {
	t, src := &l.tx, &w.feed.src
	for _, k := range w.feed.keyFields {
		switch k {
		case transaction.KeyDate:
			d, code := rec.Date(src.originalDate, w.file.RunDate)
			if code != 0 {
				l.badDates[1] = w.written(l, rec, src.originalDate)
				l.add(rec, code, src.originalDate)
			}
			t.OriginalDate = d
			t.NamesOriginal = t.NamesOriginal || !d.IsZero()
		case transaction.KeyStore:
			t.OriginalStore = w.text(l, rec, src.originalStore)
			t.NamesOriginal = t.NamesOriginal || len(t.OriginalStore) > 0
		case transaction.KeyRegister:
			t.OriginalRegister = w.text(l, rec, src.originalRegister)
			t.NamesOriginal = t.NamesOriginal || len(t.OriginalRegister) > 0
		case transaction.KeyReceipt:
			t.OriginalReceipt = w.text(l, rec, src.originalReceipt)
			t.NamesOriginal = t.NamesOriginal || len(t.OriginalReceipt) > 0
		}
	}
}

// amount reads one amount; blank is 0. ok is false if it cannot be read.
func (w *Worker) amount(l *line, rec *layout.ReadRecord, s layout.Source) (v int64, blank, ok bool) {
	v, there, code := rec.Number(s)
	if code == 0 && (v > maxAmount || v < -maxAmount) {
		code = fault.AmountBad
	}
	if code != 0 {
		if code == fault.LookupMissing {
			code = fault.AmountBad
		}
		l.add(rec, code, s)
		return 0, false, false
	}
	return v, !there, true
}

// readAmounts reads the amounts as written (R9): blank is unreadable, but 0 on grant and cancel lines and for
// the parts by tax rate.
func (w *Worker) readAmounts(l *line, rec *layout.ReadRecord) {
	t, src := &l.tx, &w.feed.src
	blankIsZero := t.Kind == transaction.Grant || t.Kind == transaction.Cancel
	v, blank, ok := w.amount(l, rec, src.incl)
	if ok && blank && !blankIsZero {
		ok = false
		l.add(rec, fault.AmountBad, src.incl)
	}
	t.AmountIncl, l.amountsRead = v, ok
	if src.excl.Has() {
		v, blank, ok = w.amount(l, rec, src.excl)
		if ok && blank && !blankIsZero && w.feed.excl == exclFile {
			ok = false
			l.add(rec, fault.AmountBad, src.excl)
		}
		t.Excl = v
		l.amountsRead = l.amountsRead && ok
	}
	w.taxPart(l, rec, src.incl8, &t.Incl8)
	w.taxPart(l, rec, src.incl10, &t.Incl10)
	w.taxPart(l, rec, src.tax8, &t.Tax8)
	w.taxPart(l, rec, src.tax10, &t.Tax10)
}

// taxPart reads the part of an amount that belongs to one tax rate. It is content of the line whether or
// not the feed's excl counts with it (R5).
func (w *Worker) taxPart(l *line, rec *layout.ReadRecord, s layout.Source, into *int64) {
	if !s.Has() {
		return
	}
	v, _, ok := w.amount(l, rec, s)
	*into = v
	l.amountsRead = l.amountsRead && ok
}

func (w *Worker) readPoints(l *line, rec *layout.ReadRecord) {
	t, s := &l.tx, w.feed.src.pointsGiven
	if t.Kind != transaction.Grant {
		return
	}
	v, there, code := rec.Number(s)
	if code == 0 && (!there || v < 0 || v > maxAmount) {
		code = fault.PointsBad
	}
	switch code {
	case 0:
		t.PointsGiven, l.pointsRead = v, true
	case fault.AmountBad, fault.LookupMissing:
		l.add(rec, fault.PointsBad, s)
	default:
		l.add(rec, code, s)
	}
	if len(t.PointType) == 0 && w.feed.master.PointType == "" {
		l.add(rec, fault.PointTypeMissing, w.feed.src.pointType)
	}
}

// readItem reads one item, if there is one: an item without a product code and amount is none.
func (w *Worker) readItem(l *line, rec *layout.ReadRecord, s *itemSource) {
	product := w.text(l, rec, s.product)
	amount, there, code := rec.Number(s.amount)
	if len(product) == 0 && !there && code == 0 {
		return
	}
	quantity, hasQuantity, code2 := rec.Number(s.quantity)
	rate, _, code3 := rec.Number(s.rate)
	if !hasQuantity && code2 == 0 {
		quantity = 1
	}
	for i, c := range [...]fault.Code{code, code2, code3} {
		if c != 0 {
			at := [...]layout.Source{s.amount, s.quantity, s.rate}[i]
			l.add(rec, fault.ItemBad, at)
		}
	}
	if amount > maxAmount || amount < -maxAmount {
		l.add(rec, fault.ItemBad, s.amount)
	}
	if rate < 0 || rate > 100 {
		l.add(rec, fault.ItemBad, s.rate)
	}
	l.tx.Items = append(l.tx.Items, transaction.Item{
		Product: product, Quantity: quantity, Amount: amount, TaxRate: int32(rate),
	})
}

// readCard finds whose points the line is about (R7).
func (w *Worker) readCard(l *line, rec *layout.ReadRecord) {
	t, f := &l.tx, w.feed
	src := &f.src
	if src.affiliate.Has() {
		t.AffiliateRaw = w.text(l, rec, src.affiliate)
		if len(t.AffiliateRaw) > 0 && !l.badDate {
			t.Affiliate = f.directory.Affiliates.Find(t.AffiliateRaw, t.Date)
		}
	}
	raw, code := rec.Text(src.card)
	cardUnread := code != 0
	if cardUnread {
		l.add(rec, code, src.card)
	}
	memberUnread := false
	if src.member.Has() {
		var no []byte
		if no, code = rec.Text(src.member); code != 0 {
			l.add(rec, code, src.member)
			memberUnread = true
		}
		t.MemberNo = l.keep(no)
	}
	if cardUnread {
		return
	}
	if len(raw) > 0 {
		digits, code := w.normalise(l, raw)
		if code != 0 {
			l.add(rec, code, src.card)
			return
		}
		if len(digits) > 0 {
			t.Card = digits
			w.identify(l, rec)
			return
		}
	}
	switch {
	case len(t.MemberNo) > 0:
		w.resolveMember(l, rec)
	case memberUnread || f.master.CardOptional || t.NamesOriginal && t.Kind.TakesBack():
	default:
		// Whether the line is a return by its negative amount is known later; see negative.
		l.add(rec, fault.CardMissing, src.card)
	}
}
