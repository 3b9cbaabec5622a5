package outlet

import (
	"crypto/sha256"
	"hash"
	"io"
	"math"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/spool"
)

// Source gives the entries of a file one after the other, sorted by run, file, line, point type (bytewise)
// and order: carried entries come first by themselves, as their runs are earlier (R21). ok is false after the
// last. The entry's texts need to stay only until the next call.
type Source func(e *Entry) (ok bool, err error)

// Options are where a file that is gathered per card, or whose header shows totals, may put what does not fit
// into memory. The zero value is os.TempDir and spool.DefaultMemory.
type Options struct {
	Dir    string
	Memory int // bytes
	// OnRecord is told of each record written, in order. Its views are valid during the call.
	OnRecord func(r *Record) error
	// OnEntry is told under which sequence number each entry left; 0 = its record was netted to 0 and is not
	// written, the entry counts as sent all the same (R21). Entries of one record come together.
	OnEntry func(sequence int64, at Place) error
}

// Record is a record that was written.
type Record struct {
	Sequence int64 // from 1 within the file
	IsReturn bool  // its kind is return
	Points   int64 // as written: positive for returns as a kind of their own
	Amount   int64 // yen as written
	Entries  int64 // gathered in it, at least 1
	First    *Entry
}

// Summary is what a file came to.
type Summary struct {
	Records int64
	Entries int64 // sent, those netted to 0 included
	Plus    int64 // points of records that give, ≥ 0
	Minus   int64 // points of records that take back, ≤ 0, whatever the sign they are written with
	Bytes   int64
	SHA256  [sha256.Size]byte
	// Send is false for a zero-data file of an outlet that does not send such files (R21).
	Send bool
}

// WriteFile writes the file of one run: entries become records as grain and returns say, with sequence
// numbers from 1; around them titles, header, trailer and end, as far as the layout has them. A file without
// records is a zero-data file; it is written all the same, and Send says what to do with it. Errors: those of
// layout.Writer.Write (OutletOverflow for sums too wide), TotalsDiffer if the entries are not in order, those
// of entries, the Options' functions and temporary files.
func (o *Outlet) WriteFile(w io.Writer, meta Meta, entries Source, opt Options) (Summary, error) {
	out := &counted{w: w, hash: sha256.New()}
	f := &file{
		outlet: o, opt: &opt, meta: &meta, file: o.plan.NewWriter(out),
		values: o.plan.NewValues(), frame: o.plan.NewValues(),
	}
	o.slots.setMeta(f.values, &meta)
	o.slots.setMeta(f.frame, &meta)
	if err := f.write(entries); err != nil {
		return Summary{}, err
	}
	f.sum.Bytes = out.n
	out.hash.Sum(f.sum.SHA256[:0])
	f.sum.Send = f.sum.Records > 0 || o.master.SendEmpty
	return f.sum, nil
}

// file is a file being written.
type file struct {
	outlet *Outlet
	opt    *Options
	meta   *Meta
	file   *layout.Writer
	body   *layout.Writer // file, or a part of it where the header has to wait
	values *layout.Values // of records
	frame  *layout.Values // of header, trailer and end
	count  int64
	total  int64
	sum    Summary
}

func (f *file) write(entries Source) error {
	if err := f.control(layout.KindTitles); err != nil {
		return err
	}
	if !f.outlet.early {
		if err := f.control(layout.KindHeader); err != nil {
			return err
		}
		f.body = f.file
		if err := f.records(entries); err != nil {
			return err
		}
	} else if err := f.headerLast(entries); err != nil {
		return err
	}
	f.setTotals()
	if err := f.control(layout.KindTrailer); err != nil {
		return err
	}
	if err := f.control(layout.KindEnd); err != nil {
		return err
	}
	return f.file.Close()
}

// headerLast writes the records aside, then the header with their totals in front of them.
func (f *file) headerLast(entries Source) (err error) {
	aside := spool.NewBuffer(f.opt.Dir, 0)
	defer func() {
		if e := aside.Close(); err == nil {
			err = e
		}
	}()
	f.body = f.outlet.plan.NewPart(aside)
	if err := f.records(entries); err != nil {
		return err
	}
	if err := f.body.Close(); err != nil {
		return err
	}
	f.setTotals()
	if err := f.control(layout.KindHeader); err != nil {
		return err
	}
	return f.file.Append(aside)
}

func (f *file) records(entries Source) error {
	if f.outlet.grain == perCard || f.outlet.returns == returnsNetted {
		return f.perCard(entries)
	}
	return f.perTransaction(entries)
}

// control writes a record around the data, if the layout has it.
func (f *file) control(kind string) error {
	if !f.outlet.plan.Has(kind) {
		return nil
	}
	return f.file.Write(kind, f.frame)
}

func (f *file) setTotals() {
	s := &f.outlet.slots
	f.frame.SetNumber(s.count, f.count)
	f.frame.SetNumber(s.total, f.total)
	f.frame.SetNumber(s.plus, f.sum.Plus)
	f.frame.SetNumber(s.minus, -f.sum.Minus) // columns are told apart by their names
}

// record writes one record, if its points are not 0, and gives its sequence number, else 0.
func (f *file) record(g *group) (sequence int64, err error) {
	o := f.outlet
	if g.points == 0 {
		return 0, nil
	}
	kind := o.kindOf(g.first.IsReturn)
	points, amount := g.points, g.amount
	if kind == kindReturn {
		points = -points
	}
	f.sum.Records++
	o.slots.setEntry(f.values, &g.first)
	if g.joined {
		f.values.Blank(o.slots.pointType) // of several types none is the record's
	}
	f.values.SetText(o.slots.kind, o.kindText[kind])
	f.values.SetNumber(o.slots.sequence, f.sum.Records)
	f.values.SetNumber(o.slots.points, points)
	f.values.SetNumber(o.slots.amount, amount)
	if err := f.body.Write(o.recordOf(kind), f.values); err != nil {
		return 0, err
	}
	if err := f.add(kind, g, points, amount); err != nil {
		return 0, err
	}
	if f.opt.OnRecord == nil {
		return f.sum.Records, nil
	}
	return f.sum.Records, f.opt.OnRecord(&Record{
		Sequence: f.sum.Records, IsReturn: kind == kindReturn, Points: points, Amount: amount,
		Entries: g.entries, First: &g.first,
	})
}

// add counts a record that was written.
func (f *file) add(kind entryKind, g *group, points, amount int64) error {
	o := f.outlet
	if o.counts[kind] {
		f.count++
	}
	value := points
	if o.total.amounts {
		value = amount
	}
	switch {
	case o.total.absolute && value < 0, o.total.net && value > 0 && g.points < 0:
		value = -value
	}
	side := &f.sum.Plus
	if g.points < 0 {
		side = &f.sum.Minus
	}
	ok := addTo(&f.total, value)
	if !addTo(side, g.points) || !ok {
		return overflow("total")
	}
	return nil
}

// addTo adds and says whether the sum is a whole number of 64 bits.
func addTo(sum *int64, n int64) bool {
	if n > 0 && *sum > math.MaxInt64-n || n < 0 && *sum < -math.MaxInt64-n {
		return false
	}
	*sum += n
	return true
}

func overflow(field string) error {
	return fault.At(fault.OutletOverflow, fault.Place{Field: field},
		"the sum is above 9,223,372,036,854,775,807")
}

// counted hashes and counts what goes through it.
type counted struct {
	w    io.Writer
	hash hash.Hash
	n    int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.hash.Write(p[:n])
	c.n += int64(n)
	return n, err
}
