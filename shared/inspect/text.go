package inspect

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"multipoint/shared/fault"
)

func int64String(v int64) string { return strconv.FormatInt(v, 10) }

// Text prints the report as tables for a terminal. Errors: write.failed.
func (r *Report) Text(w io.Writer) error {
	out := bufio.NewWriter(w)
	t := textWriter{out}
	cut := ""
	if r.Truncated {
		cut = ", the file goes on"
	}
	t.row("sample", printable(r.Name)+" "+number(r.Bytes)+" bytes, "+number(r.Records)+" records"+cut)
	t.finding("encoding", r.Encoding)
	t.finding("format", r.Format)
	if r.RecordLength > 0 {
		t.row("record length", number(r.RecordLength)+" bytes")
	}
	t.finding("line end", r.LineEnd)
	if r.Quote != "" {
		t.row("quotes", r.Quote)
	}
	t.finding("kind shown at", r.Discriminator)
	if r.FlatItems != nil {
		t.finding("flat items", *r.FlatItems)
		t.finding("flat amount", *r.FlatAmount)
	}
	for _, c := range r.Controls {
		t.row("checked", c.String())
	}
	for i := range r.Kinds {
		t.kind(&r.Kinds[i])
	}
	if len(r.Notes) > 0 {
		t.line("")
	}
	for _, n := range r.Notes {
		t.line("! " + n)
	}
	if err := out.Flush(); err != nil {
		return &fault.Error{Code: fault.WriteFailed, Err: err}
	}
	return nil
}

type textWriter struct{ out *bufio.Writer }

func (t textWriter) line(s string) {
	t.out.WriteString(strings.TrimRight(s, " "))
	t.out.WriteByte('\n')
}

func (t textWriter) row(label, s string) { t.line(pad(label, 15) + s) }

func (t textWriter) finding(label string, f Finding) {
	value := f.Value
	if value == "" {
		value = "-"
	}
	t.row(label, pad(value, 12)+" "+pad(f.Sure, 7)+f.Why)
}

func (t textWriter) kind(k *Kind) {
	ids := make([]string, len(k.IDs))
	for i, id := range k.IDs {
		ids[i] = printable(id)
	}
	t.line("")
	t.line(k.Kind + " " + strings.Join(ids, ", ") + " - " + number(k.Records) + " records, " + k.Sure +
		": " + k.Why)
	rows := [][]string{{"  at", "width", "name", "type", "sure", "blank‰", "distinct", "samples", "why"}}
	for i := range k.Columns {
		c := &k.Columns[i]
		name := c.Name
		if c.Title != "" && c.Title != c.Name {
			name += " (" + printable(c.Title) + ")"
		}
		distinct := number(c.Distinct)
		if c.DistinctMore {
			distinct += "+"
		}
		rows = append(rows, []string{
			"  " + number(c.Place), number(c.Width), name, typeText(c), c.Sure, number(c.BlankPerMille),
			distinct, strings.Join(c.Samples, " | "), c.Why,
		})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], cellWidth(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(pad(cell, widths[i]+2))
		}
		t.line(b.String())
	}
}

func typeText(c *Column) string {
	s := c.Type
	for _, more := range []string{c.Form, c.Sign, c.Shape} {
		if more != "" {
			s += " " + more
		}
	}
	if c.SignField != "" {
		s += " signed by " + c.SignField
	}
	return s
}

// pad fills up to width cells of a terminal; wide characters take two.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-cellWidth(s)))
}

func cellWidth(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 && r <= 0x115F || r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 ||
			r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 ||
			r >= 0xFFE0 && r <= 0xFFE6 || r >= 0x20000 && r <= 0x3FFFD {
			n++
		}
	}
	return n
}
