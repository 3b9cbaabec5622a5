package outlet

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"

	"multipoint/shared/fault"
	"multipoint/shared/spool"
)

// group is a record being gathered. Its texts and dates are those of its first entry.
type group struct {
	first   Entry
	buf     []byte // holds first's texts
	last    Place
	points  int64
	amount  int64
	entries int64
	joined  bool // of several point types
}

// begin starts a record with its first entry.
func (g *group) begin(e *Entry) {
	g.first = *e
	g.buf = g.buf[:0]
	for _, text := range [...]*[]byte{
		&g.first.PointType, &g.first.Number, &g.first.TimeRaw, &g.first.Store, &g.first.Register,
		&g.first.Receipt, &g.first.MemberNo,
	} {
		start := len(g.buf)
		g.buf = append(g.buf, *text...)
		*text = g.buf[start:len(g.buf):len(g.buf)]
	}
	g.points, g.amount, g.entries, g.joined, g.last = 0, 0, 0, false, Place{}
}

// add adds an entry. The yen of a transaction count once, however many entries it has in the record.
func (g *group) add(e *Entry, amount int64) error {
	if !addTo(&g.points, e.Points) {
		return overflow("points")
	}
	if (g.entries == 0 || !g.last.sameTransaction(e.Place)) && !addTo(&g.amount, amount) {
		return overflow("amount_incl")
	}
	g.entries++
	g.last = e.Place
	g.joined = g.joined || !bytes.Equal(g.first.PointType, e.PointType)
	return nil
}

// perTransaction gathers the entries of a transaction, which stand together: memory stays flat.
func (f *file) perTransaction(entries Source) error {
	var e Entry
	g := &group{}
	var places []Place // of the present record
	var last order
	for {
		ok, err := entries(&e)
		if err != nil {
			return err
		}
		if ok && !last.follows(&e) {
			return fault.New(fault.TotalsDiffer, "the entries of a provider file are not in order")
		}
		if g.entries > 0 && (!ok || !f.joins(&g.first, &e)) {
			if err := f.finish(g, places); err != nil {
				return err
			}
			g.entries, places = 0, places[:0]
		}
		if !ok {
			return nil
		}
		if g.entries == 0 {
			g.begin(&e)
		}
		if err := g.add(&e, e.AmountIncl); err != nil {
			return err
		}
		if f.opt.OnEntry != nil {
			places = append(places, e.Place)
		}
	}
}

// order remembers the last entry of a file, to see that they come in order.
type order struct {
	place     Place
	pointType []byte
}

// follows says whether e may come next, and remembers it.
func (o *order) follows(e *Entry) bool {
	p, q := &o.place, &e.Place
	c := cmp.Or(cmp.Compare(p.Run, q.Run), cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line))
	if c == 0 {
		c = cmp.Or(bytes.Compare(o.pointType, e.PointType), cmp.Compare(p.Order, q.Order))
	}
	o.place = e.Place
	o.pointType = append(o.pointType[:0], e.PointType...)
	return c <= 0
}

// joins says whether e belongs to the record that first began.
func (f *file) joins(first, e *Entry) bool {
	return first.sameTransaction(e.Place) && first.IsReturn == e.IsReturn &&
		bytes.Equal(first.Number, e.Number) &&
		(f.outlet.grain == perReceipt || bytes.Equal(first.PointType, e.PointType))
}

// finish writes a record and tells of its entries.
func (f *file) finish(g *group, places []Place) error {
	sequence, err := f.record(g)
	if err != nil {
		return err
	}
	f.sum.Entries += g.entries
	for _, p := range places {
		if err := f.opt.OnEntry(sequence, p); err != nil {
			return err
		}
	}
	return nil
}

// perCard gathers the entries of each leaving number and point type, returns apart unless they are netted.
// Two sorts keep memory flat: one brings the entries of a group together, one brings the groups to the places
// of their first entries (R21).
func (f *file) perCard(entries Source) (err error) {
	opt := spool.Options{Dir: f.opt.Dir, Memory: f.opt.Memory / 2}
	byCard, byPlace := spool.NewSorter(opt), spool.NewSorter(opt)
	defer func() { err = errors.Join(err, byCard.Close(), byPlace.Close()) }()
	var e Entry
	var key []byte
	for {
		ok, err := entries(&e)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := byCard.Add(e.AppendBinary(f.appendCard(key[:0], &e))); err != nil {
			return err
		}
	}
	if err := f.gather(byCard, byPlace); err != nil {
		return err
	}
	if err := byCard.Close(); err != nil {
		return err
	}
	return f.writeGroups(byPlace)
}

// gather reads the entries card by card and adds a record for each group and, where somebody asks for them, a
// record for each entry behind it.
func (f *file) gather(byCard, byPlace *spool.Sorter) error {
	it, err := byCard.Sort()
	if err != nil {
		return err
	}
	g := &group{}
	var e Entry
	var card, place, out []byte
	for {
		rec, err := it.Next()
		over := errors.Is(err, io.EOF)
		if err != nil && !over {
			return err
		}
		n := 0
		if !over {
			n = cardLen(rec)
		}
		if g.entries > 0 && (over || !bytes.Equal(rec[:n], card)) {
			out = g.appendSum(append(append(out[:0], place...), markGroup))
			if err := byPlace.Add(appendLen(out, len(place))); err != nil {
				return err
			}
			g.entries = 0
		}
		if over {
			return nil
		}
		if _, err := e.DecodeBinary(rec[n+placeLen:]); err != nil {
			return err
		}
		if g.entries == 0 {
			card = append(card[:0], rec[:n]...)
			place = append(appendPlace(place[:0], &e), card...)
			g.begin(&e)
		}
		if err := g.add(&e, f.signedAmount(&e)); err != nil {
			return err
		}
		if f.opt.OnEntry != nil {
			out = appendPlaceOnly(append(append(out[:0], place...), markEntry), e.Place)
			if err := byPlace.Add(appendLen(out, len(place))); err != nil {
				return err
			}
		}
	}
}

// signedAmount: netted yen of returns are subtracted.
func (f *file) signedAmount(e *Entry) int64 {
	if e.IsReturn && f.outlet.returns == returnsNetted {
		return -e.AmountIncl
	}
	return e.AmountIncl
}

// writeGroups writes the groups in the order of their places; each is followed by its entries.
func (f *file) writeGroups(byPlace *spool.Sorter) error {
	it, err := byPlace.Sort()
	if err != nil {
		return err
	}
	g := &group{}
	var sequence int64
	for {
		rec, err := it.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		rec = rec[binary.BigEndian.Uint32(rec[len(rec)-4:]) : len(rec)-4]
		if rec[0] == markEntry {
			if err := f.opt.OnEntry(sequence, decodePlace(rec[1:])); err != nil {
				return err
			}
			continue
		}
		if err := g.decodeSum(rec[1:]); err != nil {
			return err
		}
		f.sum.Entries += g.entries
		if sequence, err = f.record(g); err != nil {
			return err
		}
	}
}
