package layout

import (
	"encoding/binary"

	"multipoint/shared/calendar"
)

// columnMemo remembers what was read in a column: stores, names and dates come again and again in a file,
// and a look at the bytes is cheaper than decoding them anew. It changes no result.
type columnMemo struct {
	texts *[memoTexts]textEntry
	// Columns whose texts rarely come again are not remembered any more: remembering would cost more than it
	// saves.
	tries, hits int
	off         bool

	dateRaw [maxDate]byte
	dateLen int
	near    calendar.Date
	date    calendar.Date
}

// textEntry is a text above ASCII.
type textEntry struct {
	raw  []byte
	text []byte // as UTF-8 without padding
}

const (
	memoTexts = 256 // entries of a column
	maxMemo   = 128 // bytes of a text that is remembered
	maxDate   = 24  // bytes of a date that is remembered
	trial     = 1024
)

// memo gives the memory of a column of the record's kind.
func (rec *ReadRecord) memo(i int) *columnMemo {
	if rec.memos == nil || rec.memosOf != rec.reading {
		rec.memosOf, rec.memos = rec.reading, make([][]columnMemo, len(rec.reading.records))
		for k := range rec.memos {
			rec.memos[k] = make([]columnMemo, len(rec.reading.records[k].columns))
		}
	}
	return &rec.memos[rec.Spec][i]
}

// remembered gives the text of a column that stays the same for its bytes; false if only decoding can tell.
func (rec *ReadRecord) remembered(i int, c *readColumn) ([]byte, bool) {
	m, raw := rec.memo(i), rec.raw(c)
	if m.off || len(raw) > maxMemo {
		text, badAt := rec.decoded(c)
		return text, badAt < 0
	}
	if m.texts == nil {
		m.texts = new([memoTexts]textEntry)
	}
	e := &m.texts[hashOf(raw)%memoTexts]
	m.tries++
	if string(e.raw) == string(raw) {
		m.hits++
	} else {
		text, badAt := rec.decoded(c)
		if badAt >= 0 {
			return nil, false
		}
		e.raw, e.text = append(e.raw[:0], raw...), append(e.text[:0], text...)
	}
	if m.tries == trial {
		m.off = m.hits < trial/2
		m.tries, m.hits = 0, 0
	}
	return e.text, true
}

func hashOf(b []byte) uint64 {
	h := uint64(len(b)) * 0x9E3779B97F4A7C15
	for len(b) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(b)) * 0x9E3779B97F4A7C15
		h ^= h >> 29
		b = b[8:]
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x9E3779B97F4A7C15
	}
	return h ^ h>>32
}

// parseDate is calendar.ParseDate with the column's last date remembered.
func (rec *ReadRecord) parseDate(i int, c *readColumn, raw []byte, near calendar.Date) (calendar.Date, bool) {
	m := rec.memo(i)
	if len(raw) > 0 && m.near == near && string(m.dateRaw[:m.dateLen]) == string(raw) {
		return m.date, true
	}
	d, ok := calendar.ParseDate(c.date, raw, near)
	if ok && len(raw) <= maxDate {
		m.dateLen, m.near, m.date = copy(m.dateRaw[:], raw), near, d
	}
	return d, ok
}
