package charset

import "encoding/binary"

// Columns proves the characters of fixed-length records in one pass. It is immutable and safe for concurrent
// use; the zero Columns proves nothing.
type Columns struct {
	table  *pairTable
	length int
	// borders are the places where columns begin, which no character may lie across: bit k of byte n
	// stands for byte 8n+k of a record.
	borders []byte
}

// Columns makes the proof for records of so many bytes whose columns begin at the places starts, counted from
// 0. Only CP932 and EUC-JP have one.
func (e Encoding) Columns(length int, starts []int) Columns {
	c := Columns{length: length, borders: make([]byte, length/8+1)}
	for _, at := range starts {
		c.borders[at/8] |= 1 << (at % 8)
	}
	switch e {
	case CP932:
		c.table = cp932Table()
	case EUCJP:
		c.table = eucTable()
	}
	return c
}

// Valid says that each column of a record by itself is valid. If it gives false only Encoding.Valid can tell,
// column by column: records of another length and three-byte characters are not looked at.
func (c *Columns) Valid(record []byte) bool {
	return c.table != nil && len(record) == c.length && c.table.validColumns(record, c.borders)
}

// validColumns is valid with borders; it gives up where valid looks closer. Columns and characters are the
// same all along the record, so if no character lies across a border, the columns' characters are the
// record's.
func (t *pairTable) validColumns(s []byte, borders []byte) bool {
	i, split := 0, uint64(0) // as in valid
	for len(s)-i > 8 {
		p := (*[9]byte)(s[i:])
		w, next := binary.LittleEndian.Uint64(p[:8]), binary.LittleEndian.Uint64(p[1:])
		if w&high|split != 0 {
			b := &t.blocks[(t.firstBytes(w)|split<<8)&511]
			x := w&b.even | next&b.odd
			if b.second&borders[i/8] != 0 ||
				t.has(x&0xFFFF)&t.has(x>>16&0xFFFF)&t.has(x>>32&0xFFFF)&t.has(x>>48) == 0 {
				return false
			}
			split = b.odd >> 63
		}
		i += 8
	}
	if len(s) == i {
		return true
	}
	w := uint64(0) // what is left, zeros behind it: no character ends with one
	for k := len(s) - 1; k >= i; k-- {
		w = w<<8 | uint64(s[k])
	}
	b := &t.blocks[(t.firstBytes(w)|split<<8)&511]
	x := w&b.even | w>>8&b.odd
	return b.second&borders[i/8] == 0 &&
		t.has(x&0xFFFF)&t.has(x>>16&0xFFFF)&t.has(x>>32&0xFFFF)&t.has(x>>48) != 0
}
