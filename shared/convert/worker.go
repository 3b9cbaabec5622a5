package convert

import (
	"bytes"
	"unicode/utf8"

	"multipoint/shared/calendar"
	"multipoint/shared/charset"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/transaction"
)

// Sink takes what a worker reads, in the order of the file. What it is handed is valid during the call
// only. A good transaction has no keys yet: a sink that needs them calls its SetKeys with Feed.Keys.
type Sink interface {
	Good(t *transaction.Transaction)
	Bad(b *BadLine)
}

// BadLine is a receipt that cannot be taken, with all its faults and its bytes.
type BadLine struct {
	Line, Offset int64
	Raw          []byte // its records with the line ends between them
	Faults       []LineFault
}

// Part is what one block became.
type Part struct {
	Index    int
	Segments []Segment // in the order of the file; the last one is open (Control is RecordUnknown)
	LastLine int64     // number of the block's last record, empty lines counted
	NotUTF8  bool      // some of its bytes are no UTF-8
	Wide     int64     // characters of three bytes and more, if all is UTF-8; not for UTF-8 layouts
}

// Segment is a stretch of data records and the control record that ends it.
type Segment struct {
	Records  [8]int64 // by layout.RecordKind
	First    int64    // line of its first data record, 0 = none
	Total    int64    // sum of the control column over the data records
	Overflow bool     // the sum left int64
	Receipts int64
	Bad      int64
	// Yen of good receipts: sales with grants, and returns with cancels, as magnitudes (R22).
	YenSales, YenReturns int64

	Control      layout.RecordKind
	Line, Offset int64
	Count, Sum   int64 // what the control record declares
	HasCount     bool
	HasSum       bool
	Unreadable   string // the control field that cannot be read, or empty
	DataAsTitles bool   // the title row is a receipt
}

// Worker converts the blocks of one file, one at a time. Workers of a file may run beside each other.
type Worker struct {
	feed *Feed
	file File
	sink Sink

	rec     layout.ReadRecord
	scanner layout.Scanner
	plans   []quickPlan // by record of the layout
	oldest  calendar.Date
	sale    transaction.Transaction // what is read the quick way
	lines   [2]line
	pending *line // the receipt being collected, nil if none
	spare   *line
	part    Part
	seg     *Segment
	block   layout.Block
	digits  [64]byte
	number  [64]byte
	bad     BadLine
}

// NewWorker makes a worker for a file.
func (f *Feed) NewWorker(file File, sink Sink) *Worker {
	w := &Worker{feed: f, file: file, sink: sink, plans: f.quickPlans(), oldest: file.RunDate.Add(-f.oldest)}
	w.spare = &w.lines[0]
	return w
}

// Block converts one block and says what it was made of.
func (w *Worker) Block(b layout.Block) Part {
	w.part = Part{Index: b.Index, Segments: []Segment{{}}}
	w.seg = &w.part.Segments[0]
	w.block = b
	w.scanner.Reset(w.feed.reading, b)
	for w.scanner.Next(&w.rec) {
		w.record(&w.rec)
	}
	w.flush()
	w.part.LastLine = w.scanner.Lines() - 1
	if w.feed.legacy {
		w.part.NotUTF8, w.part.Wide = countWide(b.Bytes)
	}
	return w.part
}

func (w *Worker) record(rec *layout.ReadRecord) {
	switch rec.Kind {
	case layout.RecordReceipt, layout.RecordUnknown:
		w.receipt(rec)
	case layout.RecordItem:
		w.item(rec)
	default:
		w.flush()
		w.control(rec)
	}
}

// receipt begins a receipt, or goes on with it in a flat file.
func (w *Worker) receipt(rec *layout.ReadRecord) {
	if w.quick(rec) {
		w.count(rec)
		w.addSum(w.sale.AmountIncl)
		w.good(&w.sale)
		return
	}
	f, next := w.feed, w.spare
	next.reset(!f.hasItems && !f.flat)
	next.start = int(rec.Offset - w.block.Offset)
	next.end = next.start + len(rec.Raw)
	w.read(next, rec)
	w.count(rec)
	w.addTotal(rec, next.tx.Kind)
	if f.flat && w.pending != nil && w.joins(next) {
		w.merge(w.pending, next)
		return
	}
	w.flush()
	w.pending = next
	w.spare = &w.lines[0]
	if next == w.spare {
		w.spare = &w.lines[1]
	}
	if !f.hasItems && !f.flat {
		w.flush()
	}
}

// count counts a data record.
func (w *Worker) count(rec *layout.ReadRecord) {
	if w.seg.First == 0 {
		w.seg.First = rec.Line
	}
	w.seg.Records[rec.Kind]++
}

// joins says whether an item line belongs to the receipt at hand: equal key fields, kind and original (R5). A
// line that cannot be read is taken to the receipt before it, which is bad then.
func (w *Worker) joins(next *line) bool {
	if next.broken || w.pending.broken {
		return next.broken && !w.pending.broken
	}
	a, b := &w.pending.tx, &next.tx
	if a.Kind != b.Kind || a.NamesOriginal != b.NamesOriginal {
		return false
	}
	for _, k := range w.feed.keyFields {
		same := false
		switch k {
		case transaction.KeyDate:
			same = a.Date == b.Date && a.OriginalDate == b.OriginalDate &&
				bytes.Equal(w.pending.badDates[0], next.badDates[0]) &&
				bytes.Equal(w.pending.badDates[1], next.badDates[1])
		case transaction.KeyStore:
			same = bytes.Equal(a.Store, b.Store) && bytes.Equal(a.OriginalStore, b.OriginalStore)
		case transaction.KeyRegister:
			same = bytes.Equal(a.Register, b.Register) && bytes.Equal(a.OriginalRegister, b.OriginalRegister)
		case transaction.KeyReceipt:
			same = bytes.Equal(a.Receipt, b.Receipt) && bytes.Equal(a.OriginalReceipt, b.OriginalReceipt)
		}
		if !same {
			return false
		}
	}
	return true
}

// merge adds an item line to its receipt: amounts are summed, or must be equal (R5).
func (w *Worker) merge(into, next *line) {
	into.end = next.end
	into.faults = append(into.faults, next.faults...)
	into.amountsRead = into.amountsRead && next.amountsRead
	into.pointsRead = into.pointsRead && next.pointsRead
	if next.broken {
		return
	}
	a, b := &into.tx, &next.tx
	for i := range b.Items {
		it := b.Items[i]
		it.Product = into.keep(it.Product)
		a.Items = append(a.Items, it)
	}
	if w.feed.flatReceipt {
		same := a.AmountIncl == b.AmountIncl && a.Excl == b.Excl &&
			a.Incl8 == b.Incl8 && a.Incl10 == b.Incl10 &&
			a.Tax8 == b.Tax8 && a.Tax10 == b.Tax10 && a.PointsGiven == b.PointsGiven
		// What cannot be read is bad already, and not known to differ.
		readable := into.amountsRead && (a.Kind != transaction.Grant || into.pointsRead)
		if !same && readable && !into.differs {
			into.differs = true
			into.faults = append(into.faults, LineFault{
				Code: fault.AmountDiffers, Field: w.feed.src.incl.Name(), Line: b.Line,
				Offset: w.offsetOf(next, w.feed.src.incl),
			})
		}
		return
	}
	a.AmountIncl += b.AmountIncl
	a.Excl += b.Excl
	a.Incl8 += b.Incl8
	a.Incl10 += b.Incl10
	a.Tax8 += b.Tax8
	a.Tax10 += b.Tax10
	a.PointsGiven += b.PointsGiven
}

// limitSums keeps the sums of item lines under the limit of one amount. No sum of a receipt's lines can leave
// int64: the longest transaction has fewer than a million of them.
func (w *Worker) limitSums(l *line) {
	t := &l.tx
	for _, v := range [...]int64{t.AmountIncl, t.Excl, t.Incl8, t.Incl10, t.Tax8, t.Tax10} {
		if v > maxAmount || v < -maxAmount {
			w.fault(l, fault.AmountBad, w.feed.src.incl)
			t.AmountIncl, l.amountsRead = 0, false
			return
		}
	}
	if t.PointsGiven > maxAmount {
		w.fault(l, fault.PointsBad, w.feed.src.pointsGiven)
		t.PointsGiven = 0
	}
}

// item adds an item record to the receipt above it.
func (w *Worker) item(rec *layout.ReadRecord) {
	w.count(rec)
	if w.pending == nil {
		w.addTotal(rec, transaction.Sale)
		w.alone(rec)
		return
	}
	l := w.pending
	w.addTotal(rec, l.tx.Kind)
	l.end = int(rec.Offset-w.block.Offset) + len(rec.Raw)
	if rec.Fault != 0 {
		l.faults = append(l.faults, LineFault{Code: rec.Fault, Line: rec.Line, Offset: rec.Offset})
		return
	}
	w.listUndecodable(l, rec)
	w.readItem(l, rec, &w.feed.src.item)
}

// alone makes an item record without a receipt a bad line of its own.
func (w *Worker) alone(rec *layout.ReadRecord) {
	l := w.spare
	l.reset(true)
	l.broken = true
	l.tx.Line, l.tx.Offset = rec.Line, rec.Offset
	l.start = int(rec.Offset - w.block.Offset)
	l.end = l.start + len(rec.Raw)
	l.faults = append(l.faults, LineFault{Code: fault.ItemAlone, Line: rec.Line, Offset: rec.Offset})
	w.emit(l)
}

// flush hands the receipt at hand on.
func (w *Worker) flush() {
	if w.pending == nil {
		return
	}
	l := w.pending
	w.pending = nil
	w.settle(l)
	w.emit(l)
}

func (w *Worker) emit(l *line) {
	if len(l.faults) > 0 {
		w.seg.Receipts++
		w.seg.Bad++
		w.bad = BadLine{
			Line: l.tx.Line, Offset: l.tx.Offset, Raw: w.block.Bytes[l.start:l.end], Faults: l.faults,
		}
		w.sink.Bad(&w.bad)
		return
	}
	w.good(&l.tx)
}

// good counts a good receipt and hands it on.
func (w *Worker) good(t *transaction.Transaction) {
	w.seg.Receipts++
	if t.Kind.TakesBack() {
		w.seg.YenReturns += t.AmountIncl
	} else {
		w.seg.YenSales += t.AmountIncl
	}
	w.sink.Good(t)
}

// addTotal sums the control column over data records, as written, net or absolute; what cannot be read
// counts 0 (R4).
func (w *Worker) addTotal(rec *layout.ReadRecord, kind transaction.Kind) {
	if !w.feed.controlled || rec.Fault != 0 || !rec.Has(w.feed.src.total) {
		return
	}
	v, ok, code := rec.Number(w.feed.src.total)
	if !ok || code != 0 || v > maxAmount || v < -maxAmount {
		return
	}
	if v < 0 && (w.feed.totalAs == totalAbsolute || w.feed.totalAs == totalNet && kind.TakesBack()) {
		v = -v
	}
	if w.feed.totalAs == totalNet && kind.TakesBack() {
		v = -v
	}
	w.addSum(v)
}

func (w *Worker) addSum(v int64) {
	sum := w.seg.Total + v
	if (sum > w.seg.Total) != (v > 0) && v != 0 {
		w.seg.Overflow = true
	}
	w.seg.Total = sum
}

// control notes a control record and begins the next segment.
func (w *Worker) control(rec *layout.ReadRecord) {
	s := w.seg
	s.Records[rec.Kind]++
	s.Control, s.Line, s.Offset = rec.Kind, rec.Line, rec.Offset
	if rec.Fault == 0 && (rec.Kind == layout.RecordTrailer || rec.Kind == layout.RecordEnd) {
		var code fault.Code
		if s.Count, s.HasCount, code = rec.Number(w.feed.src.controlCount); code != 0 {
			s.Unreadable = "count"
		}
		if s.Sum, s.HasSum, code = rec.Number(w.feed.src.controlTotal); code != 0 {
			s.Unreadable = "total"
		}
	}
	s.DataAsTitles = rec.Kind == layout.RecordTitles && w.isData(rec)
	if rec.Fault != 0 && rec.Kind != layout.RecordTitles {
		s.Unreadable = rec.Kind.String()
	}
	w.part.Segments = append(w.part.Segments, Segment{})
	w.seg = &w.part.Segments[len(w.part.Segments)-1]
}

// isData says whether a title row is a receipt: a file that was sent without its titles must not lose its
// first record. No title reads as a date and the one beside it as an amount.
func (w *Worker) isData(titles *layout.ReadRecord) bool {
	var rec layout.ReadRecord
	row := layout.Block{Bytes: titles.Raw, Line: titles.Line + 1}
	if !w.feed.reading.Scan(row).Next(&rec) || rec.Kind != layout.RecordReceipt || rec.Fault != 0 {
		return false
	}
	date, code := rec.Date(w.feed.src.date, w.file.RunDate)
	if code != 0 || date.IsZero() {
		return false
	}
	for _, s := range [...]layout.Source{w.feed.src.incl, w.feed.src.pointsGiven} {
		if _, ok, code := rec.Number(s); ok && code == 0 {
			return true
		}
	}
	return false
}

// countWide counts the characters of three bytes and more of a block that is UTF-8. A block in another
// encoding is told by its first characters.
func countWide(b []byte) (notUTF8 bool, wide int64) {
	if charset.ASCII(b) {
		return false, 0
	}
	if !utf8.Valid(b) {
		return true, 0
	}
	for _, c := range b {
		if c >= 0xE0 {
			wide++
		}
	}
	return false, wide
}
