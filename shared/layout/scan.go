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
}

// cell is one column of a csv record: raw[start:end], between its quotes if quoted.
type cell struct {
	start, end int32
	doubled    bool // holds doubled quotes
}

// Scanner walks over the records of a block.
type Scanner struct {
	reading *Reading
	block   Block
	at      int
	line    int64
}

// Scan walks over the records of a block that a Cutter made.
func (r *Reading) Scan(b Block) *Scanner {
	s := &Scanner{}
	s.Reset(r, b)
	return s
}

// Reset starts over with another block.
func (s *Scanner) Reset(r *Reading, b Block) { *s = Scanner{reading: r, block: b, line: b.Line} }

// Lines is the number of the next record.
func (s *Scanner) Lines() int64 { return s.line }

// Next reads the next record into rec and says whether there was one. Empty lines are passed over, but count.
func (s *Scanner) Next(rec *ReadRecord) bool {
	r := s.reading
	rec.reading, rec.arena, rec.Fault = r, rec.arena[:0], 0
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
		return len(b), len(b), 0
	}
	end, next = from+i, from+i+1
	end, code = r.lineEndFault(b, from, end)
	return end, next, code
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
// unquoted cell makes the record bad.
func (s *Scanner) nextSeparated(rec *ReadRecord) {
	r, b := s.reading, s.block.Bytes
	mark := byte('\n')
	if r.end == endCR {
		mark = '\r'
	}
	rec.cells = rec.cells[:0]
	start, i := s.at, s.at
	cellStart := start
	for i < len(b) {
		c := b[i]
		switch {
		case c == r.delim:
			rec.addCell(b, start, cellStart, i)
			cellStart = i + 1
		case c == mark:
			end, code := r.lineEndFault(b, start, i)
			s.finish(rec, start, cellStart, end, i+1, code)
			return
		case c == '"' && r.quotes:
			i = r.quoted(b, i+1)
			continue
		case c == 0x1B && r.stateful:
			i = escaped(b, i)
			continue
		}
		i++
	}
	s.finish(rec, start, cellStart, len(b), len(b), 0)
}

// quoted gives the place after the quote that closes the one before from, or the end of b.
func (r *Reading) quoted(b []byte, from int) int {
	if !r.stateful {
		n := bytes.IndexByte(b[from:], '"')
		if n < 0 {
			return len(b)
		}
		return from + n + 1
	}
	for i := from; i < len(b); {
		switch b[i] {
		case '"':
			return i + 1
		case 0x1B:
			i = escaped(b, i)
		default:
			i++
		}
	}
	return len(b)
}

// escaped gives the place after an ISO-2022-JP escape sequence at i and, if it opens two-byte characters, after
// all of them.
func escaped(b []byte, i int) int {
	if i+2 >= len(b) || b[i+1] != '$' {
		return i + 1
	}
	for i += 3; i < len(b) && b[i] != 0x1B && b[i] != '\n' && b[i] != '\r'; i += 2 {
		if i+1 == len(b) {
			return len(b)
		}
	}
	return i
}

func (s *Scanner) finish(rec *ReadRecord, start, cellStart, end, next int, code fault.Code) {
	rec.Raw = s.block.Bytes[start:end:end]
	s.at = next
	if len(rec.Raw) == 0 {
		return
	}
	rec.addCell(s.block.Bytes, start, min(cellStart, end), end)
	if rec.Fault == 0 {
		rec.Fault = code
	}
}

// addCell notes b[from:to] as the next cell; a quoted cell loses its quotes.
func (rec *ReadRecord) addCell(b []byte, start, from, to int) {
	c := cell{start: int32(from - start), end: int32(to - start)}
	r := rec.reading
	if r.quotes && from < to && b[from] == '"' {
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
	} else if r.quotes && bytes.IndexByte(b[from:to], '"') >= 0 {
		if quotes, _ := r.quotesIn(b[from:to]); quotes {
			rec.Fault = fault.RecordQuote
		}
	}
	rec.cells = append(rec.cells, c)
}

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
