package charset

import "encoding/binary"

// Borders are the places in fixed-length records where columns begin: bit k of byte n stands for byte 8n+k of
// a record. No character may lie across one.
type Borders []byte

// BordersAt makes the borders of records of so many bytes whose columns begin at the places starts, counted
// from 0.
func BordersAt(length int, starts []int) Borders {
	b := make(Borders, length/8+1)
	for _, at := range starts {
		b[at/8] |= 1 << (at % 8)
	}
	return b
}

// ValidColumns says, in one pass over a record of the length that the borders were made for, that each of its
// columns by itself is valid. If it gives false only Valid can tell, column by column: it does not look at
// three-byte characters and knows CP932 and EUC-JP only.
func (e Encoding) ValidColumns(record []byte, borders Borders) bool {
	if len(record)/8 >= len(borders) {
		return false
	}
	switch e {
	case CP932:
		return cp932Table().validColumns(record, borders)
	case EUCJP:
		return eucTable().validColumns(record, borders)
	}
	return false
}

// validColumns is valid with borders; it gives up where valid looks closer. Columns and characters are the
// same all along the record, so if no character lies across a border, the columns' characters are the
// record's.
func (t *pairTable) validColumns(s []byte, borders Borders) bool {
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
