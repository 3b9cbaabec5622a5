package inspect

import "strings"

// table is the cells of a csv or tsv sample, decoded, row after row.
type table struct {
	cells   []string
	starts  []int32 // of each row; one more at the end
	quoted  int     // cells in quotes
	ends    LineEnds
	cut     bool // cells are left out at the end
	doubled int  // cells with a doubled quote
	open    bool // a quote is open at the end
}

func (t *table) rows() int { return max(0, len(t.starts)-1) }

func (t *table) row(i int) []string { return t.cells[t.starts[i]:t.starts[i+1]] }

// parseTable cuts decoded text into rows. A quote opens a quoted cell only as its first character; blank
// lines are left out.
func parseTable(text string, delim byte, quotes bool) table {
	t := table{starts: []int32{0}}
	for len(text) > 0 {
		if t.rows() == recordLimit || len(t.cells) >= cellLimit {
			t.cut = true
			break
		}
		before := len(t.cells)
		text = t.parseRow(text, delim, quotes)
		if len(t.cells)-before == 1 && t.cells[before] == "" {
			t.cells = t.cells[:before]
			continue
		}
		t.starts = append(t.starts, int32(len(t.cells)))
	}
	return t
}

func (t *table) parseRow(text string, delim byte, quotes bool) string {
	stops := string([]byte{delim, '\r', '\n'})
	for first := len(t.cells); ; {
		cell := ""
		if quotes && strings.HasPrefix(text, `"`) {
			cell, text = t.quotedCell(text[1:])
		}
		i := strings.IndexAny(text, stops)
		if i < 0 {
			i = len(text)
		}
		if cell == "" {
			cell = text[:i]
		}
		if len(t.cells)-first < columnLimit {
			t.cells = append(t.cells, cell)
		}
		text = text[i:]
		switch {
		case text == "":
			return text
		case text[0] == delim:
			text = text[1:]
		default:
			return t.lineEnd(text)
		}
	}
}

func (t *table) lineEnd(text string) string {
	switch {
	case strings.HasPrefix(text, "\r\n"):
		t.ends.CRLF++
		return text[2:]
	case text[0] == '\n':
		t.ends.LF++
	default:
		t.ends.CR++
	}
	return text[1:]
}

func (t *table) quotedCell(text string) (cell, rest string) {
	t.quoted++
	from := 0
	for {
		i := strings.IndexByte(text[from:], '"')
		if i < 0 {
			t.open = true
			return text, ""
		}
		i += from
		if !strings.HasPrefix(text[i:], `""`) {
			cell, rest = text[:i], text[i+1:]
			break
		}
		from = i + 2
	}
	if from > 0 {
		t.doubled++
		cell = strings.ReplaceAll(cell, `""`, `"`)
	}
	return cell, rest
}

// shapes gives the share of rows, in thousandths, whose number of columns at least one row in a hundred has
// (and at least two rows of three or more), and the most frequent number of columns.
func (t *table) shapes() (share, columns int) {
	counts := make(map[int]int)
	for i := range t.rows() {
		counts[len(t.row(i))]++
	}
	best, regular := 0, 0
	for i := range t.rows() {
		n := len(t.row(i))
		if c := counts[n]; c > best || c == best && n > columns {
			best, columns = c, n
		}
		if counts[n]*100 >= t.rows() && n > 1 || i == t.rows()-1 || i == 0 {
			regular++
		}
	}
	if t.rows() == 0 {
		return 0, 0
	}
	return regular * 1000 / t.rows(), columns
}

// findTable tries tab, then comma. equal says that all lines are equally long, which speaks for fixed unless
// the delimiters repeat too.
func (w *work) findTable(equal bool) bool {
	text := w.text
	for _, d := range []struct {
		format, name string
		delim        byte
	}{{"tsv", "tabs", '\t'}, {"csv", "commas", ','}} {
		if strings.IndexByte(text, d.delim) < 0 {
			continue
		}
		t := parseTable(text, d.delim, d.format == "csv" || strings.Contains(text, "\"\t\""))
		share, columns := t.shapes()
		if columns < 2 || share < 900 || equal && columns == 2 && share < 1000 {
			continue
		}
		w.table = t
		w.acceptTable(d.format, d.name, share, columns)
		return true
	}
	return false
}

func (w *work) acceptTable(format, name string, share, columns int) {
	r := w.report
	f := Finding{format, High, name + " cut " + number(share) + "‰ of the lines alike, most of them into " +
		number(columns) + " columns"}
	if share < 1000 || w.table.rows() < 3 {
		f.Sure = Medium
	}
	r.Format, r.LineEnds = f, w.table.ends
	w.finishTable()
	w.findLineEnd()
}

// parse takes the sample as a table whatever it looks like.
func (w *work) parse(delim byte, quotes bool) {
	w.table = parseTable(w.text, delim, quotes)
	w.report.LineEnds = w.table.ends
	w.finishTable()
}

func (w *work) finishTable() {
	r, t := w.report, &w.table
	r.Truncated = r.Truncated || t.cut
	if r.Truncated && t.rows() > 1 {
		t.starts = t.starts[:len(t.starts)-1]
		t.cells = t.cells[:t.starts[len(t.starts)-1]]
	}
	switch {
	case t.quoted == 0:
		r.Quote = "never"
	case t.quoted*10 >= len(t.cells)*9:
		r.Quote = "all"
	default:
		r.Quote = "minimal"
	}
	if t.open && !r.Truncated {
		w.note("A quote is still open at the end of the sample; its cells may be wrong from there on.")
	}
}
