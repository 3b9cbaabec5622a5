package convert

import (
	"fmt"
	"math/bits"
	"strconv"

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
	LastLine             int64 // number of the last record, empty lines counted (R4)
	Receipts, Bad        int64
	YenSales, YenReturns int64 // of its good receipts
}

// Check decides about a file from its parts, given in the order of the file: structure, count, amount total,
// share of bad lines; the first reason wins (R4). Duplicate files (R3) are told before anything is read.
func (f *Feed) Check(name string, parts []Part) Verdict {
	c := checker{feed: f, name: name}
	if f.legacy && isUTF8(parts) {
		c.refuse(&c.structure, fault.FileEncoding, 0,
			"the file is UTF-8, but its layout says "+f.master.Layout.Encoding)
	}
	for i := range parts {
		c.verdict.LastLine = parts[i].LastLine
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

// minWide is how many characters tell that a file is UTF-8: bytes of another encoding that look like so many
// of them, and like nothing else, are no text.
const minWide = 4

// isUTF8 says whether a file is UTF-8 beyond ASCII.
func isUTF8(parts []Part) bool {
	wide := int64(0)
	for i := range parts {
		if parts[i].NotUTF8 {
			return false
		}
		wide += parts[i].Wide
	}
	return wide >= minWide
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
	counted, allCounted      int64 // of the batch, of the file
	total, allTotal          sum
	structure, count, amount *fault.Error
}

func (c *checker) refuse(into **fault.Error, code fault.Code, line int64, what string) {
	if *into == nil {
		*into = fault.At(code, fault.Place{File: c.name, Line: line}, what)
	}
}

func (c *checker) segment(s *Segment) {
	c.data(s)
	has := c.feed.reading.Has
	if s.DataAsTitles {
		c.refuse(&c.structure, fault.FileHeaderMissing, s.Line,
			"the first row is data, the title row is missing")
	}
	if s.Unreadable != "" {
		c.refuse(&c.structure, fault.FileControl, s.Line,
			s.Unreadable+" of the control record cannot be read")
	}
	switch s.Control {
	case layout.RecordHeader:
		if c.ended || c.open || c.trailers > 0 && c.feed.master.Layout.Batches != "many" {
			c.refuse(&c.structure, fault.FileOrder, s.Line, "a header stands inside the file")
		}
		c.open, c.headed = true, true
	case layout.RecordTrailer:
		if c.ended || c.closed() || has(layout.RecordHeader) && !c.open {
			c.refuse(&c.structure, fault.FileOrder, s.Line, "a trailer stands without its header")
		}
		c.declared(s, c.counted, c.total)
		c.trailers++
		c.open, c.counted, c.total = false, 0, sum{}
	case layout.RecordEnd:
		if c.ended || c.open {
			c.refuse(&c.structure, fault.FileOrder, s.Line, "an end record stands inside the file")
		}
		c.declared(s, c.allCounted, c.allTotal)
		c.ended = true
	}
}

// closed says that the batch at hand has had its trailer and that nothing opens another one.
func (c *checker) closed() bool {
	next := c.feed.master.Layout.Batches == "many" && !c.feed.reading.Has(layout.RecordHeader)
	return c.trailers > 0 && !c.open && !next
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
		case c.ended || c.closed():
			c.refuse(&c.structure, fault.FileOrder, s.First, "data follow the trailer")
		case c.feed.reading.Has(layout.RecordHeader) && !c.open:
			c.refuse(&c.structure, fault.FileHeaderMissing, s.First, "")
		}
		c.open = true
	}
	v.Receipts += s.Receipts
	v.Bad += s.Bad
	v.YenSales += s.YenSales
	v.YenReturns += s.YenReturns
	c.total.add(s.Total)
	c.allTotal.add(s.Total)
	if s.Overflow {
		c.refuse(&c.amount, fault.FileAmount, s.First, "the sum of the amounts is too large")
	}
}

// declared compares what a control record says with what was read.
func (c *checker) declared(s *Segment, counted int64, total sum) {
	if s.HasCount && s.Count != counted {
		c.refuse(&c.count, fault.FileCount, s.Line, fmt.Sprintf("%d records, declared %d", counted, s.Count))
	}
	if s.HasSum && !total.is(s.Sum) {
		c.refuse(&c.amount, fault.FileAmount, s.Line,
			fmt.Sprintf("amounts sum to %v, declared %d", total, s.Sum))
	}
}

func (c *checker) end() {
	has := c.feed.reading.Has
	switch {
	case has(layout.RecordHeader) && !c.headed:
		c.refuse(&c.structure, fault.FileHeaderMissing, 0, "")
	case has(layout.RecordTrailer) && (c.trailers == 0 || c.open):
		c.refuse(&c.structure, fault.FileTrailerMissing, 0, "")
	case has(layout.RecordEnd) && !c.ended:
		c.refuse(&c.structure, fault.FileTrailerMissing, 0, "the file has no end record")
	}
}

// sum is a sum of any number of amounts, in 128 bits, so that it does not depend on where a file is cut.
type sum struct {
	high int64
	low  uint64
}

func (s *sum) add(v int64) {
	low, carry := bits.Add64(s.low, uint64(v), 0)
	s.low = low
	s.high += v>>63 + int64(carry)
}

func (s sum) is(v int64) bool { return s.low == uint64(v) && s.high == v>>63 }

// String gives the sum in digits if it is no larger than any declared one can be.
func (s sum) String() string {
	if !s.is(int64(s.low)) {
		return "a number above every limit"
	}
	return strconv.FormatInt(int64(s.low), 10)
}
