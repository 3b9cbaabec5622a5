package layout

import (
	"bytes"
	"errors"
	"io"

	"multipoint/shared/charset"
	"multipoint/shared/fault"
)

// Sizes of blocks in bytes.
const (
	// DefaultBlock is the size at which a Cutter looks for the next cut.
	DefaultBlock = 1 << 20
	// MaxTransaction is the longest transaction (a receipt with all its items); also the longest record.
	MaxTransaction = 16 << 20
)

// Block is a part of a file that begins at the start of a transaction and holds whole transactions.
type Block struct {
	Bytes  []byte
	Index  int   // from 0
	Offset int64 // of the first byte in the file
	Line   int64 // number of the first record, from 1
	Last   bool
}

// Cutter cuts a file into blocks, exact about quotes and shift states, so that no receipt is split. The
// offsets and lines of its blocks are the file's cut index (DESIGN §4 step 0).
type Cutter struct {
	reading *Reading
	source  io.Reader
	size    int
	limit   int

	rest   []byte // read, but after the last cut
	index  int
	offset int64
	line   int64
	ended  bool
	done   bool
}

// Cut cuts source into blocks of about size bytes (0 = DefaultBlock).
func (r *Reading) Cut(source io.Reader, size int) *Cutter {
	if size <= 0 {
		size = DefaultBlock
	}
	return &Cutter{reading: r, source: source, size: size, limit: max(MaxTransaction, size), line: 1}
}

// Next gives the next block, its bytes in buf if that is large enough; hand the bytes of a block that is done
// with back as buf. io.EOF ends the file; an empty file
// has one empty block. Other errors are faults: file.encoding, file.truncated, file.quote, record.too_long,
// read.failed.
func (c *Cutter) Next(buf []byte) (Block, error) {
	if c.done {
		return Block{}, io.EOF
	}
	buf = append(buf[:0], c.rest...)
	c.rest = c.rest[:0]
	want := c.size
	for {
		var err error
		if buf, err = c.fill(buf, want); err != nil {
			return Block{}, err
		}
		if c.ended {
			return c.lastBlock(buf)
		}
		if cut := c.cut(buf); cut > 0 {
			return c.take(buf, cut), nil
		}
		if len(buf) >= c.limit {
			return Block{}, c.at(fault.RecordTooLong, c.offset)
		}
		want = min(max(2*len(buf), c.size), c.limit)
	}
}

func (c *Cutter) at(code fault.Code, offset int64) error {
	return &fault.Error{Code: code, Place: fault.Place{Offset: offset, HasOffset: true}}
}

// fill reads until buf holds want bytes or the source ends.
func (c *Cutter) fill(buf []byte, want int) ([]byte, error) {
	if cap(buf) < want {
		buf = append(make([]byte, 0, want+want/8), buf...)
	}
	for len(buf) < want && !c.ended {
		n, err := c.source.Read(buf[len(buf):want])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) {
			c.ended = true
		} else if err != nil {
			return buf, &fault.Error{Code: fault.ReadFailed, Err: err}
		}
	}
	if c.index == 0 && c.offset == 0 {
		return c.mark(buf)
	}
	return buf, nil
}

// mark deals with a byte order mark at the start of the file.
func (c *Cutter) mark(buf []byte) ([]byte, error) {
	utf8 := c.reading.encoding == charset.UTF8 || c.reading.encoding == charset.UTF8BOM
	switch {
	case bytes.HasPrefix(buf, []byte{0xEF, 0xBB, 0xBF}):
		if !utf8 {
			return buf, c.at(fault.FileEncoding, 0)
		}
		c.offset = 3
		return append(buf[:0], buf[3:]...), nil
	case bytes.HasPrefix(buf, []byte{0xFF, 0xFE}), bytes.HasPrefix(buf, []byte{0xFE, 0xFF}):
		return buf, c.at(fault.FileEncoding, 0)
	}
	return buf, nil
}

func (c *Cutter) take(buf []byte, cut int) Block {
	c.rest = append(c.rest[:0], buf[cut:]...)
	b := Block{Bytes: buf[:cut], Index: c.index, Offset: c.offset, Line: c.line}
	c.index++
	c.offset += int64(cut)
	c.line += c.reading.countRecords(b.Bytes)
	return b
}

func (c *Cutter) lastBlock(buf []byte) (Block, error) {
	r := c.reading
	c.done = true
	if r.layout.EOFMark && len(buf) > 0 && buf[len(buf)-1] == 0x1A {
		buf = buf[:len(buf)-1]
	}
	b := Block{Bytes: buf, Index: c.index, Offset: c.offset, Line: c.line, Last: true}
	if len(buf) == 0 {
		return b, nil
	}
	last := c.lastStart(buf)
	if r.fixed {
		tail := buf[last:]
		if r.end != endNone {
			tail = bytes.TrimSuffix(tail, []byte{'\r'})
		}
		if len(tail) > 0 && len(tail) < r.length {
			return b, c.at(fault.FileTruncated, c.offset+int64(last))
		}
		return b, nil
	}
	if r.quotes && c.openQuote(buf) {
		return b, c.at(fault.FileQuote, c.offset+int64(last))
	}
	if c.unfinished(buf, last) {
		return b, c.at(fault.FileTruncated, c.offset+int64(last))
	}
	return b, nil
}

// unfinished says whether the last record of a csv file has neither its line end nor all its columns.
func (c *Cutter) unfinished(buf []byte, last int) bool {
	r := c.reading
	if buf[len(buf)-1] == r.mark() {
		return false
	}
	line := int64(2) // of any record but the title row
	if c.index == 0 && last == 0 {
		line = 1
	}
	var rec ReadRecord
	return r.Scan(Block{Bytes: buf[last:], Line: line}).Next(&rec) && rec.Fault == fault.RecordColumns &&
		len(rec.cells) < len(r.records[rec.Spec].columns)
}

// lastStart gives the start of the last record of a csv file, of what follows the last record end of a fixed
// one.
func (c *Cutter) lastStart(buf []byte) int {
	r := c.reading
	if r.end == endNone {
		return len(buf) / r.length * r.length
	}
	if !r.fixed {
		last := 0
		for i := 0; i < len(buf); {
			last = i
			_, i = r.recordEnd(buf, i)
		}
		return last
	}
	return bytes.LastIndexByte(buf, r.mark()) + 1
}

func (r *Reading) mark() byte {
	if r.end == endCR {
		return '\r'
	}
	return '\n'
}

func (c *Cutter) openQuote(buf []byte) bool {
	if c.reading.stateful {
		for i := 0; i < len(buf); {
			var open bool
			if open, i = c.reading.recordEnd(buf, i); open {
				return true
			}
		}
		return false
	}
	return bytes.Count(buf, []byte{'"'})&1 == 1
}

// recordEnd walks from the start of a record to the place after its end; open says that a quote was open
// there.
func (r *Reading) recordEnd(b []byte, i int) (open bool, next int) {
	mark := r.mark()
	for i < len(b) {
		switch {
		case b[i] == mark:
			return false, i + 1
		case b[i] == '"' && r.quotes:
			var closed bool
			if i, closed = r.unquoted(b, i+1); !closed {
				return true, i
			}
		case b[i] == 0x1B && r.stateful:
			i = escaped(b, i)
		default:
			i++
		}
	}
	return false, i
}

// countRecords counts the records of a block.
func (r *Reading) countRecords(b []byte) int64 {
	if r.end == endNone {
		return int64((len(b) + r.length - 1) / r.length)
	}
	mark := r.mark()
	if r.stateful && r.quotes {
		n := int64(0)
		for i := 0; i < len(b); n++ {
			_, i = r.recordEnd(b, i)
		}
		return n
	}
	n := int64(bytes.Count(b, []byte{mark}))
	if len(b) > 0 && b[len(b)-1] != mark {
		n++
	}
	if r.fixed || !r.quotes {
		return n
	}
	return n - quotedMarks(b, mark)
}

// quotedMarks counts the marks inside quotes.
func quotedMarks(b []byte, mark byte) int64 {
	n := int64(0)
	for {
		open := bytes.IndexByte(b, '"')
		if open < 0 {
			return n
		}
		b = b[open+1:]
		shut := bytes.IndexByte(b, '"')
		if shut < 0 {
			return n + int64(bytes.Count(b, []byte{mark}))
		}
		if shut > 0 && bytes.IndexByte(b[:shut], mark) >= 0 {
			n += int64(bytes.Count(b[:shut], []byte{mark}))
		}
		b = b[shut+1:]
	}
}

// cut finds the last start of a transaction in buf, 0 if there is none after its beginning.
func (c *Cutter) cut(buf []byte) int {
	r := c.reading
	if r.end == endNone {
		return c.cutAt(buf, len(buf)/r.length*r.length, func(p int) int { return p - r.length })
	}
	if r.stateful && r.quotes {
		return c.cutForward(buf)
	}
	open := r.quotes && !r.fixed && bytes.Count(buf, []byte{'"'})&1 == 1
	mark := r.mark()
	from := len(buf)
	// previous gives the start of the record that ends before p, toggling over quotes on the way back.
	previous := func(p int) int {
		for i := p - 1; i >= 0; i-- {
			if buf[i] == '"' && r.quotes && !r.fixed {
				open = !open
			}
			if buf[i] == mark && !open && i+1 < p {
				return i + 1
			}
		}
		return 0
	}
	return c.cutAt(buf, previous(from), previous)
}

// cutAt walks back from a record start until one starts a transaction. The record at p itself must be whole,
// so the first candidate is the start before the last one.
func (c *Cutter) cutAt(buf []byte, p int, previous func(int) int) int {
	next := p // the start of the unfinished record
	for p = previous(p); p > 0; {
		before := previous(p)
		if c.reading.starts(buf[before:p], buf[p:next]) {
			return p
		}
		next, p = p, before
	}
	return 0
}

func (c *Cutter) cutForward(buf []byte) int {
	r := c.reading
	cut, before := 0, 0
	for i := 0; i < len(buf); {
		_, next := r.recordEnd(buf, i)
		if next == len(buf) {
			break
		}
		if i > 0 && r.starts(buf[before:i], buf[i:next]) {
			cut = i
		}
		before, i = i, next
	}
	return cut
}

// starts says whether the record in b starts a transaction, where a is the record before it. Item records do
// not; in flat files a record does if both are readable and have different receipt numbers.
func (r *Reading) starts(a, b []byte) bool {
	var one, two ReadRecord
	if !r.Scan(Block{Bytes: b, Line: 2}).Next(&two) {
		return false
	}
	if two.Kind == RecordItem || two.Kind == RecordUnknown {
		return false
	}
	if !r.flat || two.Kind != RecordReceipt {
		return true
	}
	if two.Fault != 0 || !r.Scan(Block{Bytes: a, Line: 2}).Next(&one) || one.Fault != 0 {
		return false
	}
	x, bad1 := one.Text(r.receipt)
	y, bad2 := two.Text(r.receipt)
	return bad1 == 0 && bad2 == 0 && !bytes.Equal(x, y)
}
