package cut

import (
	"bytes"
	"strconv"

	"multipoint/shared/charset"
	"multipoint/shared/layout"
	"multipoint/shared/pan"
)

// shortest is the number of bytes that the shortest payment-card number has in any encoding here: 14 digits.
const shortest = 14

// search looks for payment cards in the records of an upload (R2).
type search struct {
	reading  *layout.Reading
	encoding charset.Encoding
	wide     wide
	plans    []plan // by record of the layout
	scanner  layout.Scanner
	rec      layout.ReadRecord
	text     []byte // decoded
	tail     []byte // of what follows a fault, see rest
	done     bool   // nothing is looked for any more
	data     bool   // there was a data record
}

// plan says which columns of one kind of record are searched.
type plan struct {
	columns []int
	beyond  int // columns from here on, which only title rows have, are searched too
	fields  []layout.Field
}

func newSearch(reading *layout.Reading, o *Options) *search {
	l := reading.Layout()
	s := &search{reading: reading}
	s.encoding, _ = charset.Parse(l.Encoding) // it was compiled, so it is known
	s.wide = wideDigits(s.encoding)
	d := declare(l, o.Keys)
	for i := range l.Records {
		fields := titled(l, i)
		p := plan{beyond: len(fields), fields: fields}
		for c := range fields {
			narrow := l.Format == "fixed" && fields[c].Width < shortest
			if !narrow && !d.declared(&fields[c]) {
				p.columns = append(p.columns, c)
			}
		}
		s.plans = append(s.plans, p)
	}
	return s
}

// titled gives the fields of a kind of record, for title rows those below them: the row may be data, of a
// file that was sent without its titles.
func titled(l *layout.Layout, i int) []layout.Field {
	if l.Records[i].Kind == layout.KindTitles && l.Discriminator == nil {
		for k := range l.Records {
			if l.Records[k].Kind != layout.KindTitles {
				return l.Records[k].Fields
			}
		}
	}
	return l.Records[i].Fields
}

// block looks at the records of a block and gives the first hit.
func (s *search) block(b layout.Block) *Hit {
	s.scanner.Reset(s.reading, b)
	var hit *Hit
	for s.scanner.Next(&s.rec) {
		switch s.rec.Kind {
		case layout.RecordReceipt, layout.RecordItem, layout.RecordUnknown:
			s.data = true
		}
		if s.done || hit != nil {
			continue
		}
		hit = s.record(&s.rec)
	}
	return hit
}

func (s *search) record(rec *layout.ReadRecord) *Hit {
	cells := rec.Cells()
	if cells == 0 {
		if s.holds(rec.Raw) {
			return &Hit{Line: rec.Line}
		}
		return nil
	}
	p := &s.plans[rec.Spec]
	for _, c := range p.columns {
		if c < cells && s.holds(rec.Cell(c)) {
			return &Hit{Line: rec.Line, Field: p.name(c)}
		}
	}
	for c := p.beyond; c < cells; c++ {
		if s.holds(rec.Cell(c)) {
			return &Hit{Line: rec.Line, Field: p.name(c)}
		}
	}
	return nil
}

// name is the name that a field has for people.
func (p *plan) name(c int) string {
	if c < len(p.fields) {
		if f := &p.fields[c]; f.Name != "" {
			return f.Name
		} else if f.Title != "" {
			return f.Title
		}
	}
	return "column " + strconv.Itoa(c+1)
}

// holds says whether raw, in the file's encoding, holds a payment-card number.
func (s *search) holds(raw []byte) bool {
	if len(raw) < shortest {
		return false
	}
	switch {
	case s.encoding == charset.UTF8, s.encoding == charset.UTF8BOM:
		return found(raw)
	case s.encoding == charset.ISO2022JP:
		if bytes.IndexByte(raw, 0x1B) < 0 {
			return found(raw)
		}
	case s.wide.digits(raw) < shortest:
		return false
	}
	return found(s.decode(raw))
}

func found(text []byte) bool {
	_, _, found := pan.Find(text)
	return found
}

// decode gives the text as UTF-8. What is no character stands as a byte that no number goes across; the text
// behind it is read all the same.
func (s *search) decode(raw []byte) []byte {
	s.text = s.text[:0]
	for {
		var badAt int
		if s.text, badAt = s.encoding.AppendUTF8(s.text, raw); badAt < 0 {
			return s.text
		}
		raw = raw[badAt:]
		// Two-byte characters of ISO-2022-JP may only lack their end.
		if raw[0] == 0x1B && bytes.IndexByte(raw[1:], 0x1B) < 0 {
			closed, bad := s.encoding.AppendUTF8(nil, append(bytes.Clone(raw), "\x1B(B"...))
			if bad < 0 {
				return append(s.text, closed...)
			}
		}
		s.text = append(s.text, 0)
		raw = raw[1:]
	}
}

// margin is more than the longest number fills, in bytes: 19 digits and 18 separators of three bytes each.
const margin = 128

// begin keeps the end of the last block before a fault's rest.
func (s *search) begin(b []byte) {
	s.tail = append(s.tail[:0], b[settled(b):]...)
}

// rest looks at bytes behind a fault, where no records can be told apart. A number may go across two calls,
// so what is not settled is looked at again.
func (s *search) rest(raw []byte, line int64, last bool) *Hit {
	if s.done {
		return nil
	}
	s.tail = append(s.tail, raw...)
	n := settled(s.tail)
	look := s.tail[:n]
	if last || n > 0 && !ends(s.tail[n-1]) {
		look = s.tail
	}
	hit := s.holds(look)
	s.tail = append(s.tail[:0], s.tail[n:]...)
	if !hit {
		return nil
	}
	return &Hit{Line: line}
}

// settled gives the place behind the last byte that ends a number for certain, or that margin bytes before
// the end of b.
func settled(b []byte) int {
	n := len(b)
	for n > 0 && len(b)-n < margin && !ends(b[n-1]) {
		n--
	}
	return n
}

// ends says whether a byte is neither part of a number nor of a character in two bytes.
func ends(b byte) bool { return b == '\n' || b == '\r' || b == ',' || b == '\t' || b == '"' }
