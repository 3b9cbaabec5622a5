package layout

import (
	"bytes"

	"multipoint/shared/fault"
)

// ReadRecord is one record of a file. Its views (Raw, texts) are valid until the next call of Scanner.Next.
type ReadRecord struct {
	Kind RecordKind
	// Spec is the index of the record's description in Layout.Records, -1 if Kind is RecordUnknown.
	Spec   int
	Line   int64  // counts records from 1
	Offset int64  // bytes from the start of the file
	Raw    []byte // without line end
	// Fault is what is wrong with the record as a whole, 0 if its fields can be read.
	Fault fault.Code

	reading *Reading
	cells   []cell
	arena   []byte
	noNUL   bool // no NUL byte stands in the record's block
}

// cell is one column of a csv record: raw[start:end], between its quotes if quoted.
type cell struct {
	start, end int32
	doubled    bool // holds doubled quotes
	high       bool // may hold a byte above ASCII
}

// Scanner walks over the records of a block.
type Scanner struct {
	reading *Reading
	block   Block
	at      int
	line    int64
	noNUL   bool // in the block
}

// Scan walks over the records of a block that a Cutter made.
func (r *Reading) Scan(b Block) *Scanner {
	s := &Scanner{}
	s.Reset(r, b)
	return s
}

// Reset starts over with another block.
func (s *Scanner) Reset(r *Reading, b Block) {
	*s = Scanner{reading: r, block: b, line: b.Line, noNUL: bytes.IndexByte(b.Bytes, 0) < 0}
}

// Lines is the number of the next record.
func (s *Scanner) Lines() int64 { return s.line }

// Next reads the next record into rec and says whether there was one. Empty lines are passed over, but count.
func (s *Scanner) Next(rec *ReadRecord) bool {
	r := s.reading
	rec.reading, rec.arena, rec.Fault, rec.noNUL = r, rec.arena[:0], 0, s.noNUL
	for s.at < len(s.block.Bytes) {
		start := s.at
		rec.Line, rec.Offset = s.line, s.block.Offset+int64(start)
		s.line++
		if r.fixed {
			s.nextFixed(rec)
		} else {
			s.nextSeparated(rec)
		}
		if len(rec.Raw) == 0 && r.end != endNone {
			continue
		}
		r.classify(rec)
		return true
	}
	return false
}

// nextFixed takes one record of a fixed layout.
func (s *Scanner) nextFixed(rec *ReadRecord) {
	r, b := s.reading, s.block.Bytes
	if r.end == endNone {
		n := min(r.length, len(b)-s.at)
		rec.Raw = b[s.at : s.at+n : s.at+n]
		s.at += n
	} else {
		end, next, code := r.lineAt(b, s.at)
		rec.Raw = b[s.at:end:end]
		rec.Fault = code
		s.at = next
	}
	if len(rec.Raw) != r.length && rec.Fault == 0 && (len(rec.Raw) > 0 || r.end == endNone) {
		rec.Fault = fault.RecordLength
	}
}

// lineAt finds the end of the line that starts at from: its bytes are b[from:end], the next begins at next.
func (r *Reading) lineAt(b []byte, from int) (end, next int, code fault.Code) {
	mark := byte('\n')
	if r.end == endCR {
		mark = '\r'
	}
	i := bytes.IndexByte(b[from:], mark)
	if i < 0 {
		return r.lastEnd(b, from), len(b), 0
	}
	end, next = from+i, from+i+1
	end, code = r.lineEndFault(b, from, end)
	return end, next, code
}

// lastEnd is the end of a last line without its line end; a file may be cut off between CR and LF.
func (r *Reading) lastEnd(b []byte, from int) int {
	if n := len(b); n > from && b[n-1] == '\r' && (r.end == endCRLF || r.end == endAny) {
		return n - 1
	}
	return len(b)
}

// lineEndFault takes a CR before the LF away where the layout has one, and tells a wrong line end.
func (r *Reading) lineEndFault(b []byte, from, end int) (int, fault.Code) {
	hasCR := end > from && b[end-1] == '\r'
	switch r.end {
	case endCRLF:
		if hasCR {
			return end - 1, 0
		}
		if end > from {
			return end, fault.RecordLineEnd
		}
	case endAny:
		if hasCR {
			return end - 1, 0
		}
	case endLF:
		if hasCR {
			return end - 1, fault.RecordLineEnd
		}
	}
	return end, 0
}

// nextSeparated takes one record of a csv or tsv layout and notes its cells. A quote opens or closes quoting
// wherever it stands, so that the ends of records are the same however a file is cut; a quote inside an
// unquoted cell makes the record bad. Eight bytes are looked at together; see swar.go.
func (s *Scanner) nextSeparated(rec *ReadRecord) {
	r, b := s.reading, s.block.Bytes
	if r.stateful {
		s.nextStateful(rec)
		return
	}
	rec.cells = rec.cells[:0]
	start, i, from := s.at, s.at, s.at
	quoted, high := false, uint64(0)
	for i < len(b) {
		w := load(b, i)
		word := w & highBits
		hits := r.specials(w)
		for hits != 0 {
			at := i + lowest(hits)
			if at >= len(b) {
				break
			}
			hits &= hits - 1
			switch c := b[at]; {
			case c == r.delim && !quoted:
				c := cell{int32(from - start), int32(at - start), false, high|word != 0}
				rec.cells = append(rec.cells, c)
				from, high = at+1, 0
			case c == r.delim:
				rec.addCell(b, start, from, at, true, high|word != 0)
				from, quoted, high = at+1, false, 0
			case c == byte(r.marks):
				end, code := r.lineEndFault(b, start, at)
				rec.endCell(b, start, min(from, end), end, quoted, high|word != 0, code)
				rec.Raw, s.at = b[start:end:end], at+1
				return
			default: // a quote: go on behind the one that closes it
				quoted, high, word = true, highBits, highBits
				i, hits = r.quoted(b, at+1)-8, 0
			}
		}
		high |= word
		i += 8
	}
	end := r.lastEnd(b, start)
	rec.endCell(b, start, min(from, end), end, quoted, high != 0, 0)
	rec.Raw, s.at = b[start:end:end], len(b)
}

// endCell ends a record with its last cell, unless it is an empty line.
func (rec *ReadRecord) endCell(b []byte, start, from, to int, quoted, high bool, code fault.Code) {
	if to == start {
		return
	}
	rec.addCell(b, start, from, to, quoted, high)
	if rec.Fault == 0 {
		rec.Fault = code
	}
}

// nextStateful is nextSeparated for encodings in which bytes below 0x80 may be parts of characters.
func (s *Scanner) nextStateful(rec *ReadRecord) {
	r, b := s.reading, s.block.Bytes
	rec.cells = rec.cells[:0]
	mark := r.mark()
	start, i, from := s.at, s.at, s.at
	for i < len(b) {
		switch c := b[i]; {
		case c == r.delim:
			rec.addCell(b, start, from, i, r.quotes, true)
			from = i + 1
		case c == mark:
			end, code := r.lineEndFault(b, start, i)
			rec.endCell(b, start, min(from, end), end, r.quotes, true, code)
			rec.Raw, s.at = b[start:end:end], i+1
			return
		case c == '"' && r.quotes:
			i = r.quoted(b, i+1)
			continue
		case c == 0x1B:
			i = escaped(b, i)
			continue
		}
		i++
	}
	end := r.lastEnd(b, start)
	rec.endCell(b, start, min(from, end), end, r.quotes, true, 0)
	rec.Raw, s.at = b[start:end:end], len(b)
}

// quoted gives the place after the quote that closes the one before from, or the end of b.
func (r *Reading) quoted(b []byte, from int) int {
	next, _ := r.unquoted(b, from)
	return next
}

// unquoted is quoted, and says whether there is such a quote.
func (r *Reading) unquoted(b []byte, from int) (next int, closed bool) {
	if !r.stateful {
		n := bytes.IndexByte(b[from:], '"')
		if n < 0 {
			return len(b), false
		}
		return from + n + 1, true
	}
	for i := from; i < len(b); {
		switch b[i] {
		case '"':
			return i + 1, true
		case 0x1B:
			i = escaped(b, i)
		default:
			i++
		}
	}
	return len(b), false
}

// escaped gives the place after an ISO-2022-JP escape sequence at i and, if it opens two-byte characters,
// after all of them.
func escaped(b []byte, i int) int {
	if i+2 >= len(b) || b[i+1] != '$' || endsRun(b[i+2]) {
		return i + 1
	}
	for i += 3; i < len(b) && !endsRun(b[i]); i += 2 {
		if i+1 == len(b) || endsRun(b[i+1]) {
			return i + 1
		}
	}
	return i
}

// addCell notes b[from:to] as the next cell; a quoted cell loses its quotes. quoted says that the cell may
// hold quotes, high that it may hold bytes above ASCII.
func (rec *ReadRecord) addCell(b []byte, start, from, to int, quoted, high bool) {
	c := cell{start: int32(from - start), end: int32(to - start), high: high}
	if quoted {
		rec.unquote(&c, b, from, to)
	}
	rec.cells = append(rec.cells, c)
}

func (rec *ReadRecord) unquote(c *cell, b []byte, from, to int) {
	r := rec.reading
	if from < to && b[from] == '"' {
		inner := b[from+1 : to]
		if n := len(inner); n == 0 || inner[n-1] != '"' {
			rec.Fault = fault.RecordQuote
		} else {
			inner = inner[:n-1]
			c.end--
			if bytes.IndexByte(inner, '"') >= 0 {
				quotes, doubled := r.quotesIn(inner)
				c.doubled = quotes
				if !doubled {
					rec.Fault = fault.RecordQuote
				}
			}
		}
		c.start++
	} else if quotes, _ := r.quotesIn(b[from:to]); quotes {
		rec.Fault = fault.RecordQuote
	}
}

// endsRun says that a byte ends two-byte characters, even in the middle of a broken one.
func endsRun(c byte) bool { return c == 0x1B || c == '\n' || c == '\r' }

// quotesIn says whether quote characters stand in b, and whether all of them are doubled.
func (r *Reading) quotesIn(b []byte) (quotes, doubled bool) {
	doubled = true
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			quotes = true
			i++
			doubled = doubled && i < len(b) && b[i] == '"'
		case b[i] == 0x1B && r.stateful:
			i = escaped(b, i) - 1
		}
	}
	return quotes, doubled
}

// classify finds the record's kind, as far as it shows, and checks its number of columns.
func (r *Reading) classify(rec *ReadRecord) {
	spec := r.only
	switch {
	case rec.Line == 1 && r.titles >= 0:
		spec = r.titles
	case r.only < 0:
		spec = r.discriminate(rec)
	}
	rec.Spec = spec
	if spec < 0 {
		rec.Kind = RecordUnknown
		if rec.Fault == 0 {
			rec.Fault = fault.RecordKind
		}
		return
	}
	rec.Kind = r.records[spec].kind
	if !r.fixed && rec.Fault == 0 && len(rec.cells) != len(r.records[spec].columns) && spec != r.titles {
		rec.Fault = fault.RecordColumns
	}
}

func (r *Reading) discriminate(rec *ReadRecord) int {
	var id []byte
	if r.fixed {
		if r.discAt+r.discWidth > len(rec.Raw) {
			return -1
		}
		if r.discWidth == 1 {
			return int(r.byByte[rec.Raw[r.discAt]])
		}
		id = rec.Raw[r.discAt : r.discAt+r.discWidth]
	} else {
		if r.discColumn >= len(rec.cells) {
			return -1
		}
		c := rec.cells[r.discColumn]
		id = rec.Raw[c.start:c.end]
		if len(id) == 1 {
			return int(r.byByte[id[0]])
		}
	}
	if i, ok := r.byID[string(id)]; ok {
		return i
	}
	return -1
}

// raw gives the bytes of a column as they stand in the file.
func (rec *ReadRecord) raw(c *readColumn) []byte {
	if rec.reading.fixed {
		return rec.Raw[c.at : c.at+c.width : c.at+c.width]
	}
	if c.at >= len(rec.cells) {
		return nil
	}
	cell := rec.cells[c.at]
	b := rec.Raw[cell.start:cell.end:cell.end]
	if cell.doubled {
		return rec.undouble(b)
	}
	return b
}

func (rec *ReadRecord) undouble(b []byte) []byte {
	start := len(rec.arena)
	for i := 0; i < len(b); i++ {
		if b[i] == 0x1B && rec.reading.stateful {
			n := escaped(b, i)
			rec.arena = append(rec.arena, b[i:n]...)
			i = n - 1
			continue
		}
		rec.arena = append(rec.arena, b[i])
		if b[i] == '"' {
			i++
		}
	}
	return rec.arena[start:len(rec.arena):len(rec.arena)]
}
