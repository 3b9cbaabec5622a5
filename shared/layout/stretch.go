package layout

import (
	"io"

	"multipoint/shared/fault"
)

// Stretch is a part of a file that begins at the start of a transaction and is kept on its own.
type Stretch struct {
	Block  int   // index in the file of its first block; 0 for the first stretch only
	Offset int64 // of its first byte in the file
	Line   int64 // number of its first record, from 1
	Last   bool  // it ends the file
}

// Resume cuts a stretch into blocks of about size bytes (0 = DefaultBlock), as Cut does with a whole file:
// the blocks have their indexes, offsets and lines in the file. Last of a block says that it ends the
// stretch.
func (r *Reading) Resume(source io.Reader, size int, at Stretch) *Cutter {
	if !at.Last && r.layout.EOFMark { // a 0x1A at its end is no mark, but the last byte of a record
		own, described := *r, *r.layout
		described.EOFMark = false
		own.layout = &described
		r = &own
	}
	c := r.Cut(source, size)
	c.index, c.offset, c.line = at.Block, at.Offset, at.Line
	return c
}

// Cells gives the number of columns that the record can be told apart into, 0 if it must be taken whole: a
// record of no kind, or with another length or number of columns than its kind has. Title rows have as many
// as they show.
func (rec *ReadRecord) Cells() int {
	r := rec.reading
	if rec.Spec < 0 || rec.Fault != 0 && rec.Fault != fault.RecordLineEnd {
		return 0
	}
	columns := len(r.records[rec.Spec].columns)
	switch {
	case r.fixed && len(rec.Raw) != r.length:
		return 0
	case r.fixed:
		return columns
	case len(rec.cells) != columns && rec.Kind != RecordTitles:
		return 0
	}
	return len(rec.cells)
}

// Cell gives the bytes of a column, 0 to Cells()-1, as they stand in the file, without quotes around them; a
// view that is valid until the next call of Scanner.Next.
func (rec *ReadRecord) Cell(i int) []byte {
	if rec.reading.fixed {
		return rec.raw(&rec.reading.records[rec.Spec].columns[i])
	}
	c := &rec.cells[i]
	b := rec.Raw[c.start:c.end:c.end]
	if c.doubled {
		return rec.undouble(b)
	}
	return b
}
