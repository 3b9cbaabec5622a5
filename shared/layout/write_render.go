package layout

import (
	"bytes"
	"strconv"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// render appends the record's columns to the buffer; on a fault it gives the column.
func (w *Writer) render(rec *writeRecord, v *Values) (*writeField, fault.Code) {
	if v == nil {
		v = w.none
	}
	w.arena = w.arena[:0]
	w.derive(rec, v)
	var bad *writeField
	var code fault.Code
	for i := range rec.fields {
		f := &rec.fields[i]
		if i > 0 && !w.plan.fixed {
			w.buf = append(w.buf, w.plan.comma)
		}
		if f.literal != nil {
			w.buf = append(w.buf, f.literal...)
		} else if code = w.column(rec, f, v); code != 0 {
			bad = f
			break
		}
	}
	w.forget(rec)
	return bad, code
}

func (w *Writer) column(rec *writeRecord, f *writeField, v *Values) fault.Code {
	alone := len(rec.fields) == 1
	if f.signOf >= 0 {
		return w.sign(f, &rec.fields[f.signOf], v, alone)
	}
	val, code := w.value(f, v)
	if code != 0 {
		return code
	}
	if val.kind == writeBlank {
		return w.noValue(f, alone)
	}
	if f.lookup != nil {
		if rendered, ok := f.lookup[string(w.textOf(val))]; ok {
			w.buf = append(w.buf, rendered...)
			return 0
		}
		return fault.OutletUnencodable
	}
	return w.typed(f, val)
}

// noValue writes a blank column. A record of one blank column is quoted, else its line would be empty.
func (w *Writer) noValue(f *writeField, alone bool) fault.Code {
	if rendered, ok := f.lookup[""]; ok {
		w.buf = append(w.buf, rendered...)
		return 0
	}
	w.buf = append(w.buf, f.blank...)
	if alone && len(f.blank) == 0 {
		if w.plan.quote == quoteNever {
			return fault.OutletUnencodable
		}
		w.buf = append(w.buf, '"', '"')
	}
	return 0
}

// sign writes the sign of a number that stands in another column.
func (w *Writer) sign(f, number *writeField, v *Values, alone bool) fault.Code {
	val, code := w.value(number, v)
	n, ok := numberOf(val)
	switch {
	case code != 0:
		return code
	case val.kind == writeBlank:
		return w.noValue(f, alone)
	case !ok:
		return fault.OutletUnencodable
	case n < 0:
		w.buf = append(w.buf, f.minus...)
	default:
		w.buf = append(w.buf, f.plus...)
	}
	return 0
}

// typed writes a value in the column's type.
func (w *Writer) typed(f *writeField, val writeValue) fault.Code {
	ok := true
	switch f.kind {
	case columnNumber:
		n, ok := numberOf(val)
		if !ok {
			return fault.OutletUnencodable
		}
		return w.number(f, n)
	case columnDate:
		d := calendar.Date(val.n)
		if val.kind != writeDate {
			d, ok = calendar.ParseDate(calendar.Dashed, val.text, 0)
		}
		if ok {
			w.text, ok = calendar.AppendDate(w.text[:0], f.date, d)
		}
	case columnClock:
		c := calendar.Clock(val.n)
		if val.kind != writeClock {
			c, ok = calendar.ParseClock(calendar.AnyClock, val.text)
		}
		if ok {
			w.text, ok = calendar.AppendClock(w.text[:0], f.clock, c)
		}
	default:
		return w.appendText(f, w.textOf(val))
	}
	if !ok {
		return fault.OutletUnencodable
	}
	return w.appendText(f, w.text)
}

func numberOf(val writeValue) (int64, bool) {
	switch val.kind {
	case writeNumber:
		return val.n, true
	case writeText:
		return parsePlain(val.text)
	}
	return 0, false
}

// textOf gives the value as text: numbers as digits, dates as YYYY-MM-DD, times as they once stood or as
// HH:MM:SS. The result is valid until the next use of the scratch.
func (w *Writer) textOf(val writeValue) []byte {
	switch val.kind {
	case writeText:
		return val.text
	case writeNumber:
		w.text = strconv.AppendInt(w.text[:0], val.n, 10)
	case writeDate:
		w.text = calendar.Date(val.n).AppendTo(w.text[:0])
	case writeClock:
		if len(val.text) > 0 {
			return val.text
		}
		w.text, _ = calendar.AppendClock(w.text[:0], calendar.HHMMSSColon, calendar.Clock(val.n))
	default:
		return nil
	}
	return w.text
}

// appendText writes a text column. Line ends are for quoted columns only, NUL for none: a file's reader would
// lose its place (R4).
func (w *Writer) appendText(f *writeField, text []byte) fault.Code {
	special := false
	for _, c := range text {
		if c >= 0x20 && c != '"' && c != ',' {
			continue
		}
		switch {
		case c == 0 || w.plan.fixed && (c == '\r' || c == '\n'):
			return fault.OutletUnencodable
		case w.plan.fixed:
		case c == '"' || c == w.plan.comma || c == '\r' || c == '\n':
			special = true
		}
	}
	quoted := w.openQuote(special)
	switch {
	case quoted == quoteImpossible:
		return fault.OutletUnencodable
	case quoted == quoteOpen && special:
		text = w.double(text)
	}
	start := len(w.buf)
	var badAt int
	if w.buf, badAt = w.plan.encoder.Append(w.buf, text); badAt >= 0 {
		return fault.OutletUnencodable
	}
	if w.plan.fixed {
		return w.fit(f, text, start)
	}
	w.closeQuote(quoted)
	return 0
}

// fit cuts or pads what stands behind start to the column's width. What is cut off has been encoded before:
// a text with a character that cannot be written is never shortened into one that can.
func (w *Writer) fit(f *writeField, text []byte, start int) fault.Code {
	n := len(w.buf) - start
	if n > f.width {
		if !f.truncate {
			return fault.OutletUnencodable
		}
		cut, _, _ := w.plan.encoder.Fit(text, f.width)
		w.buf, _ = w.plan.encoder.Append(w.buf[:start], text[:cut])
		n = len(w.buf) - start
	}
	room := f.width - n
	if room == 0 {
		return 0
	}
	w.padding(f, room)
	if f.right { // the padding goes to the front; it is a mirror image of itself but for the odd byte
		w.buf = append(w.buf, w.buf[start:start+n]...)
		end := len(w.buf)
		copy(w.buf[start:], w.buf[start+n:end])
		w.buf = w.buf[:end-n]
	}
	return 0
}

// padding appends n bytes of padding. Of full-width spaces the odd byte stays 0x20 (DOMAIN 2.2).
func (w *Writer) padding(f *writeField, n int) {
	switch f.pad {
	case padZero:
		w.buf = appendBytes(w.buf, '0', n)
	case padWide:
		odd := n % len(w.plan.wide)
		if f.right {
			w.buf = appendBytes(w.buf, ' ', odd)
		}
		for i := odd; i < n; i += len(w.plan.wide) {
			w.buf = append(w.buf, w.plan.wide...)
		}
		if !f.right {
			w.buf = appendBytes(w.buf, ' ', odd)
		}
	default:
		w.buf = appendBytes(w.buf, ' ', n)
	}
}

// appendBlank writes a column of padding alone.
func (w *Writer) appendBlank(f *writeField) {
	if w.plan.fixed {
		w.padding(f, f.width)
		return
	}
	w.closeQuote(w.openQuote(false))
}

type quoteState uint8

const (
	quoteNone quoteState = iota
	quoteOpen
	quoteImpossible
)

// openQuote begins a quoted column where the layout or the value asks for one.
func (w *Writer) openQuote(special bool) quoteState {
	switch {
	case w.plan.fixed || w.plan.quote != quoteAll && !special:
		return quoteNone
	case w.plan.quote == quoteNever:
		return quoteImpossible
	}
	w.buf = append(w.buf, '"')
	return quoteOpen
}

func (w *Writer) closeQuote(s quoteState) {
	if s == quoteOpen {
		w.buf = append(w.buf, '"')
	}
}

// double gives the text with its quotes doubled.
func (w *Writer) double(text []byte) []byte {
	if bytes.IndexByte(text, '"') < 0 {
		return text
	}
	start := len(w.arena)
	for _, c := range text {
		if c == '"' {
			w.arena = append(w.arena, '"')
		}
		w.arena = append(w.arena, c)
	}
	out := w.arena[start:]
	w.arena = w.arena[:start]
	return out
}
