package engine

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"

	"multipoint/shared/charset"
	"multipoint/shared/transaction"
	"multipoint/test/model"
)

// Encoding is the encoding of a file: CP932 where a note comes as CP932 bytes, else UTF-8.
func Encoding(f *model.File) string {
	if slices.ContainsFunc(f.Lines, func(l model.Line) bool { return l.NoteBase64 != "" }) {
		return "cp932"
	}
	return "utf-8"
}

// Expressible says whether the file can be written: a file with notes as CP932 bytes holds no other character
// that CP932 lacks.
func Expressible(f *model.File) bool {
	enc := charset.Encoder{Encoding: charset.CP932}
	for i := range f.Lines {
		l := &f.Lines[i]
		_, badAt := enc.Append(nil, []byte(l.Store+l.OrigStore+l.Note))
		if badAt >= 0 && Encoding(f) == "cp932" {
			return false
		}
	}
	return true
}

// Bytes writes a file of a case, and gives the case's line by record number. Files that are not Expressible
// are an error.
func Bytes(f *model.File, feed *model.Feed, encoding string) ([]byte, map[int64]int, error) {
	enc, _ := charset.Parse(encoding)
	w := &writer{enc: charset.Encoder{Encoding: enc}}
	lines := map[int64]int{}
	w.records++
	// Files of one content have the same bytes, all others differ.
	w.row("titles " + cmp.Or(f.Content, f.Arrived+" "+f.Name))
	for i := range f.Lines {
		l := &f.Lines[i]
		w.records++
		lines[w.records] = l.Line
		w.receipt(l, feed.FlatItems)
		if feed.FlatItems {
			continue
		}
		for _, it := range l.Items {
			w.records++
			w.row("I", it[0], it[1], it[2])
		}
	}
	if f.Control != nil && f.Broken == "" {
		w.row("T", strconv.FormatInt(f.Control.Count, 10), strconv.FormatInt(f.Control.Amount, 10))
	}
	return w.buf.Bytes(), lines, w.err
}

type writer struct {
	buf     bytes.Buffer
	enc     charset.Encoder
	records int64
	err     error // the first text that could not be written
}

// text writes a cell; what the encoding lacks is left out and remembered as an error.
func (w *writer) text(cell string) {
	out, badAt := w.enc.Append(nil, transaction.AppendQuoted(nil, []byte(cell)))
	if badAt >= 0 && w.err == nil {
		w.err = fmt.Errorf("a text of the case cannot be written: %q", cell)
	}
	w.buf.Write(out)
}

func (w *writer) row(cells ...string) {
	for i, c := range cells {
		if i > 0 {
			w.buf.WriteByte(',')
		}
		w.text(c)
	}
	w.buf.WriteByte('\n')
}

func (w *writer) receipt(l *model.Line, flat bool) {
	kind := l.Kind
	if kind == "" {
		kind = "sale"
	}
	w.row("D", kind, l.Date, l.Time, l.Store, l.Register, l.Receipt, l.OrigDate, l.OrigStore, l.OrigRegister,
		l.OrigReceipt, l.Card, l.MemberNo, l.Affiliate, l.Incl, l.Excl, l.Incl8, l.Incl10, l.Tax8, l.Tax10,
		l.PointType, l.GrantType, l.PointsGiven, "")
	w.buf.Truncate(w.buf.Len() - 1)
	if l.NoteBase64 != "" {
		note, err := base64.StdEncoding.DecodeString(l.NoteBase64)
		if err != nil && w.err == nil {
			w.err = err
		}
		w.buf.Write(note)
	} else {
		w.text(l.Note)
	}
	if flat {
		var cells [3 * flatItems]string
		for i, it := range l.Items {
			copy(cells[3*i:], it[:])
		}
		w.buf.WriteByte(',')
		w.row(cells[:]...)
		return
	}
	w.buf.WriteByte('\n')
}
