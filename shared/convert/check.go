package convert

import (
	"fmt"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

// Verdict is what was decided about a file (R4).
type Verdict struct {
	// Refused is why the file is refused, nil if it is accepted.
	Refused *fault.Error
	// Structure: the file was refused before its lines could count (R22).
	Structure bool

	Records              int64
	Receipts, Bad        int64
	YenSales, YenReturns int64 // of its good receipts
}

// Check decides about a file from its parts, given in the order of the file: structure, count, amount total,
// share of bad lines; the first reason wins (R4). Duplicate files (R3) are told before anything is read.
func (f *Feed) Check(name string, parts []Part) Verdict {
	c := checker{feed: f, name: name}
	for i := range parts {
		for j := range parts[i].Segments {
			c.segment(&parts[i].Segments[j])
		}
	}
	c.end()
	v := c.verdict
	if c.structure != nil {
		return Verdict{Refused: c.structure, Structure: true}
	}
	switch {
	case c.count != nil:
		v.Refused = c.count
	case c.amount != nil:
		v.Refused = c.amount
	default:
		v.Refused = f.share(name, &v)
	}
	return v
}

// share refuses a file whose share of bad lines exceeds the limit.
func (f *Feed) share(name string, v *Verdict) *fault.Error {
	num, den := int64(1), int64(10)
	if f.master.BadLimit != nil {
		num, den = f.master.BadLimit[0], f.master.BadLimit[1]
	}
	if v.Bad*den <= v.Receipts*num {
		return nil
	}
	return fault.At(fault.FileBadLines, fault.Place{File: name},
		fmt.Sprintf("%d of %d lines are bad, more than %d in %d", v.Bad, v.Receipts, num, den))
}

// checker walks over the segments of a file with the grammar (header data* trailer)+ end, as far as the
// layout has these records.
type checker struct {
	feed    *Feed
	name    string
	verdict Verdict

	open, ended, headed      bool // in a batch; after the end record; a header was seen
	trailers                 int
	counted, total           int64 // of the batch
	allCounted, allTotal     int64 // of the file
	structure, count, amount *fault.Error
}

func (c *checker) refuse(into **fault.Error, code fault.Code, s *Segment, what string) {
	if *into == nil {
		*into = fault.At(code, fault.Place{File: c.name, Line: s.Line}, what)
	}
}

func (c *checker) segment(s *Segment) {
	c.data(s)
	has := c.feed.reading.Has
	if s.Unreadable != "" {
		c.refuse(&c.structure, fault.FileControl, s, s.Unreadable+" of the control record cannot be read")
	}
	switch s.Control {
	case layout.RecordHeader:
		if c.ended || c.open || c.trailers > 0 && c.feed.master.Layout.Batches != "many" {
			c.refuse(&c.structure, fault.FileOrder, s, "a header stands inside the file")
		}
		c.open, c.headed = true, true
	case layout.RecordTrailer:
		if c.ended || c.trailers > 0 && !c.open || has(layout.RecordHeader) && !c.open {
			c.refuse(&c.structure, fault.FileOrder, s, "a trailer stands without its header")
		}
		c.declared(s, c.counted, c.total)
		c.trailers++
		c.open, c.counted, c.total = false, 0, 0
	case layout.RecordEnd:
		if c.ended || c.open {
			c.refuse(&c.structure, fault.FileOrder, s, "an end record stands inside the file")
		}
		c.declared(s, c.allCounted, c.allTotal)
		c.ended = true
	}
}

// data takes the data records before a control record.
func (c *checker) data(s *Segment) {
	v := &c.verdict
	records := int64(0)
	for kind, n := range s.Records {
		records += n
		if c.feed.counts[kind] {
			c.counted += n
			c.allCounted += n
		}
	}
	v.Records += records
	if s.Control != layout.RecordUnknown {
		records--
	}
	if records > 0 {
		switch {
		case c.ended || c.trailers > 0 && !c.open:
			c.refuse(&c.structure, fault.FileOrder, s, "data follow the trailer")
		case c.feed.reading.Has(layout.RecordHeader) && !c.open:
			c.refuse(&c.structure, fault.FileHeaderMissing, s, "")
		}
		c.open = true
	}
	v.Receipts += s.Receipts
	v.Bad += s.Bad
	v.YenSales += s.YenSales
	v.YenReturns += s.YenReturns
	c.total += s.Total
	c.allTotal += s.Total
	if s.Overflow {
		c.refuse(&c.amount, fault.FileAmount, s, "the sum of the amounts is too large")
	}
}

// declared compares what a control record says with what was read.
func (c *checker) declared(s *Segment, counted, total int64) {
	if s.HasCount && s.Count != counted {
		c.refuse(&c.count, fault.FileCount, s, fmt.Sprintf("%d records, declared %d", counted, s.Count))
	}
	if s.HasSum && s.Sum != total {
		c.refuse(&c.amount, fault.FileAmount, s, fmt.Sprintf("amounts sum to %d, declared %d", total, s.Sum))
	}
}

func (c *checker) end() {
	has, none := c.feed.reading.Has, &Segment{}
	switch {
	case has(layout.RecordHeader) && !c.headed:
		c.refuse(&c.structure, fault.FileHeaderMissing, none, "")
	case has(layout.RecordTrailer) && (c.trailers == 0 || c.open):
		c.refuse(&c.structure, fault.FileTrailerMissing, none, "")
	case has(layout.RecordEnd) && !c.ended:
		c.refuse(&c.structure, fault.FileTrailerMissing, none, "the file has no end record")
	}
}
