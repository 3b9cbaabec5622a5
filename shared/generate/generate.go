// Package generate makes realistic transaction files of any size for trials, tests and measurements: the same
// Spec gives the same bytes on every machine, in flat memory. It promises that what it says about a file
// (lines, bad lines, yen, duplicates) is what the engine will count in it (R4, R22). All numbers are drawn
// from the masters' own ranges; names are invented.
package generate

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

// Shape is a kind of file.
type Shape string

// The shapes of files. Feed describes each of them.
const (
	// CSV is a CP932 CSV with a title row, as a POS system exports it: 18 columns, quoted product names,
	// CRLF; at least 30 per cent of its bytes belong to double-byte characters.
	CSV Shape = "csv"
	// Fixed is CP932 in records of 256 bytes and CRLF, with header, trailer, kanji columns and sign columns.
	Fixed Shape = "fixed"
	// Items is UTF-8 CSV with a record for each receipt, records for its items below it, and a trailer.
	Items Shape = "items"
)

// Shapes lists the shapes.
func Shapes() []Shape { return []Shape{CSV, Fixed, Items} }

// Spec says what to make. Shares are in per mille of the lines; 0 = the default, below 0 = none.
type Spec struct {
	Seed  uint64
	Lines int64 // transactions, bad ones and duplicates included
	Shape Shape
	// RunDate is the day of the run that reads the file; business dates are the two days before it.
	RunDate calendar.Date
	// Set gives card ranges, affiliates, stores and products. It must have a card range.
	Set *master.Set
	// Members is the number of members in the snapshot (Members), default 10,000; below 0 no line has a
	// member number. Half of the cards in a file belong to members.
	Members int
	// BadPerMille: bad lines of every kind in turn, default 10. Up to 100 their share never passes one in
	// eleven, so that no file is refused for it.
	BadPerMille int
	// ReturnPerMille: returns and cancels of sales that stand earlier in the file, default 20. Each
	// fiftieth names a sale that is not known.
	ReturnPerMille int
	// DuplicatePerMille: sales that stand in the file twice, default 3.
	DuplicatePerMille int
}

// Summary says what was written.
type Summary struct {
	Lines   int64 // transactions, as R4 counts them
	Records int64 // records, titles, header, items and trailer included
	Bad     int64 // bad lines
	// Of the good lines: yen with tax of sales and grants, and of returns and cancels, as magnitudes (R22).
	YenSales, YenReturns int64
	Duplicates           int64 // good lines that repeat one
	UnknownOriginals     int64 // returns of sales that are not known: rating errors
	OtherCards           int64 // returns that show another card than their sale: warnings
	// Count and Total are what the trailer declares; 0 for CSV.
	Count, Total int64
	Bytes        int64
	SHA256       [sha256.Size]byte
}

// flushAt is the number of bytes that are gathered before they are written.
const flushAt = 256 << 10

// Write writes a file to w, in blocks, and says what is in it. Errors: usage.flag for a shape that does not
// exist, a run date or line number that makes no file; master.value for masters without a usable card range;
// write.failed.
func Write(w io.Writer, spec Spec) (Summary, error) {
	f, err := begin(w, spec)
	if err != nil {
		return Summary{}, err
	}
	f.head()
	for f.sum.Lines < spec.Lines && f.err == nil {
		f.next()
		if len(f.out) >= flushAt {
			f.flush()
		}
	}
	f.tail()
	f.flush()
	f.hash.Sum(f.sum.SHA256[:0])
	return f.sum, f.err
}

// file is a file being written.
type file struct {
	spec  Spec
	shape *shape
	draw  *draws
	stock *stock
	sum   Summary

	w    io.Writer
	hash hash.Hash
	out  []byte // not yet written
	err  error

	line   line
	number int64 // of the last receipt
	ring   [ringSize]original
	rung   int64 // sales put into the ring
	kept   keptSale
	kinds  int // bad lines of each kind in turn
}

// keptSale is a whole good sale that a duplicate repeats.
type keptSale struct {
	bytes          []byte
	records, count int64
	total, yen     int64
}

func begin(w io.Writer, spec Spec) (*file, error) {
	fill(&spec.BadPerMille, 10)
	fill(&spec.ReturnPerMille, 20)
	fill(&spec.DuplicatePerMille, 3)
	fill(&spec.Members, 10_000)
	shape := shapeOf(spec.Shape)
	switch {
	case shape == nil:
		return nil, fault.New(fault.UsageFlag,
			fmt.Sprintf("the shape %q is none of %v", spec.Shape, Shapes()))
	case spec.Lines < 0:
		return nil, fault.New(fault.UsageFlag, "the number of lines is negative")
	case spec.RunDate.IsZero():
		return nil, fault.New(fault.UsageFlag, "the run date is missing")
	case spec.Set == nil:
		return nil, fault.New(fault.UsageFlag, "the masters are missing")
	}
	stock, err := newStock(&spec, shape)
	if err != nil {
		return nil, err
	}
	return &file{
		spec: spec, shape: shape, stock: stock, draw: newDraws(spec.Seed, string(spec.Shape)),
		w: w, hash: sha256.New(), out: make([]byte, 0, flushAt+flushAt/4),
	}, nil
}

// fill puts the default in the place of 0, and 0 in the place of what is below it.
func fill(v *int, byDefault int) {
	switch {
	case *v == 0:
		*v = byDefault
	case *v < 0:
		*v = 0
	}
}

func (f *file) flush() {
	if f.err != nil {
		return
	}
	f.hash.Write(f.out)
	f.sum.Bytes += int64(len(f.out))
	if _, err := f.w.Write(f.out); err != nil {
		f.err = &fault.Error{Code: fault.WriteFailed, Err: err}
	}
	f.out = f.out[:0]
}

// head writes what stands before the first receipt.
func (f *file) head() {
	if h := f.shape.head; h != nil {
		f.out = h(f, f.out)
		f.sum.Records++
	}
	if f.shape.items && f.spec.BadPerMille > 0 && f.spec.Lines >= 100 {
		// An item without its receipt can only stand here: any other belongs to the receipt above it.
		f.out = append(f.out, "I,2000000000008,返品棚,1,100,10\r\n"...)
		f.sum.Records++
		f.sum.Count++
		f.sum.Lines++
		f.sum.Bad++
	}
}

func (f *file) tail() {
	if t := f.shape.tail; t != nil {
		f.out = t(f, f.out)
		f.sum.Records++
	} else {
		f.sum.Count, f.sum.Total = 0, 0
	}
}

// next writes one transaction.
func (f *file) next() {
	bad := f.draw.perMille(f.spec.BadPerMille) &&
		(f.spec.BadPerMille > 100 || (f.sum.Bad+1)*11 <= f.sum.Lines+1)
	switch {
	case bad:
		f.sale()
		f.spoil(f.shape.bad[f.kinds%len(f.shape.bad)])
		f.kinds++
		f.sum.Bad++
		f.render(&f.line)
	case f.draw.perMille(f.spec.DuplicatePerMille) && len(f.kept.bytes) > 0:
		f.repeat()
	case f.draw.perMille(f.spec.ReturnPerMille) && f.takeBack():
		f.sum.YenReturns += f.line.yen
		f.render(&f.line)
	case f.shape.grants && f.draw.perMille(grantPerMille):
		f.grant()
		f.sum.YenSales += f.line.yen
		f.render(&f.line)
	default:
		f.sale()
		f.remember()
		f.sum.YenSales += f.line.yen
		f.keep()
	}
	f.sum.Lines++
}

// grantPerMille is the share of lines whose points the retailer computed itself.
const grantPerMille = 5

// keep writes the sale, and now and then keeps it for a duplicate.
func (f *file) keep() {
	const every = 64
	before, start := f.sum, len(f.out)
	f.render(&f.line)
	if f.rung%every != 1 {
		return
	}
	f.kept = keptSale{
		bytes: append(f.kept.bytes[:0], f.out[start:]...), records: f.sum.Records - before.Records,
		count: f.sum.Count - before.Count, total: f.sum.Total - before.Total, yen: f.line.yen,
	}
}

// repeat writes the kept sale once more.
func (f *file) repeat() {
	k := &f.kept
	f.out = append(f.out, k.bytes...)
	f.sum.Records += k.records
	f.sum.Count += k.count
	f.sum.Total += k.total
	f.sum.YenSales += k.yen
	f.sum.Duplicates++
}
