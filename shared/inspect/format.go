package inspect

import "bytes"

// findFormat decides between fixed, csv and tsv and cuts the sample into records.
func (w *work) findFormat() {
	r := w.report
	r.LineEnds = countLineEnds(w.body)
	ends := r.LineEnds.CRLF + r.LineEnds.LF + r.LineEnds.CR
	if ends == 0 || len(w.body)/ends > 2*lengthLimit {
		if length, f, ok := findLength(w.body, r.Truncated); ok && (ends == 0 || f.Sure == High) {
			w.cutFixed(length)
			r.Format, r.RecordLength = f, length
			r.LineEnd = Finding{"none", f.Sure, "the records follow each other without line ends"}
			return
		}
	}
	lines, cut := splitLines(w.body)
	if cut {
		r.Truncated = true
	}
	if r.Truncated && len(lines) > 1 {
		lines = lines[:len(lines)-1]
	}
	length, equal := usualLength(lines)
	if w.findTable(len(lines) > 2 && equal == 1000) {
		return
	}
	switch {
	case equal >= 900 && length <= lengthLimit && (len(lines) > 1 || ends > 0) && length > 0:
		w.lines, w.fixed, r.RecordLength = lines, true, length
		why := number(equal) + "‰ of the lines are " + number(length) + " bytes long"
		r.Format = Finding{"fixed", High, why}
		if equal < 1000 || len(lines) < 3 {
			r.Format.Sure = Medium
		}
		w.dropOdd()
	default:
		w.parse(',', true)
		r.Format = Finding{"csv", Low, "neither a delimiter nor a length repeats; each line is one column"}
		w.note("The form of the file was not recognised: lines differ in length and hold no usual delimiter.")
	}
	w.findLineEnd()
}

// findLineEnd says how records end, from the counts.
func (w *work) findLineEnd() {
	r := w.report
	e := r.LineEnds
	switch {
	case e.CRLF+e.LF+e.CR == 0:
		r.LineEnd = Finding{"crlf", Low, "the sample has no line end"}
		if w.fixed {
			r.LineEnd.Value = "none"
		}
	case e.LF == 0 && e.CR == 0:
		r.LineEnd = Finding{"crlf", High, "all " + number(e.CRLF) + " line ends are CR LF"}
	case e.CRLF == 0 && e.CR == 0:
		r.LineEnd = Finding{"lf", High, "all " + number(e.LF) + " line ends are LF"}
	case e.CRLF == 0 && e.LF == 0:
		r.LineEnd = Finding{"cr", High, "all " + number(e.CR) + " line ends are CR"}
	default:
		why := "mixed: " + number(e.CRLF) + " CR LF, " + number(e.LF) + " LF, " + number(e.CR) + " CR"
		r.LineEnd = Finding{"any", Medium, why}
		w.note("Line ends are " + why + ".")
		if e.CR > 0 {
			w.note("No setting reads CR beside other line ends: lines that end so are bad lines (R4).")
		}
	}
}

func countLineEnds(b []byte) LineEnds {
	crlf := bytes.Count(b, []byte("\r\n"))
	lf, cr := bytes.Count(b, []byte("\n")), bytes.Count(b, []byte("\r"))
	return LineEnds{CRLF: crlf, LF: lf - crlf, CR: cr - crlf}
}

// splitLines cuts at CR LF, LF and CR; the last line may lack its end. It stops at recordLimit lines.
func splitLines(b []byte) (lines [][]byte, cut bool) {
	for len(b) > 0 {
		if len(lines) == recordLimit {
			return lines, true
		}
		i := bytes.IndexAny(b, "\r\n")
		if i < 0 {
			return append(lines, b), false
		}
		lines = append(lines, b[:i])
		if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
			i++
		}
		b = b[i+1:]
	}
	return lines, false
}

// usualLength gives the most frequent length of lines and its share in thousandths, rounded down so that
// 1000 means all. Of equally frequent ones it is the first.
func usualLength(lines [][]byte) (length, share int) {
	counts := make(map[int]int)
	for _, l := range lines {
		counts[len(l)]++
	}
	best := 0
	for _, l := range lines {
		if n := counts[len(l)]; n > best {
			length, best = len(l), n
		}
	}
	if len(lines) == 0 {
		return 0, 0
	}
	return length, best * 1000 / len(lines)
}

// dropOdd leaves out records of another length: they are bad lines, not evidence for columns.
func (w *work) dropOdd() {
	kept := make([][]byte, 0, len(w.lines))
	for i, l := range w.lines {
		if len(l) == w.report.RecordLength {
			kept = append(kept, l)
			continue
		}
		w.report.Odd++
		if w.report.OddFirst == 0 {
			w.report.OddFirst = i + 1
		}
	}
	if w.report.Odd > 0 {
		w.note(number(w.report.Odd) + " lines have another length, the first is record " +
			number(w.report.OddFirst) + "; they will be bad lines (R4).")
	}
	w.lines = kept
}

func (w *work) cutFixed(length int) {
	w.fixed = true
	for b := w.body; len(b) >= length; b = b[length:] {
		w.lines = append(w.lines, b[:length])
		if len(w.lines) == recordLimit {
			w.report.Truncated = true
			return
		}
	}
}

// findLength looks for the record length of a file without line ends: the distance at which bytes are most
// often of the same class again, the shortest of nearly equal ones.
func findLength(b []byte, truncated bool) (int, Finding, bool) {
	window := b[:min(len(b), 32<<10)]
	classes := make([]byte, len(window))
	for i, c := range window {
		classes[i] = roughClass(c)
	}
	best, bestScore := 0, 0
	for n := 8; n <= min(lengthLimit, len(b)/2); n++ {
		if !truncated && len(b)%n != 0 {
			continue
		}
		score := lagScore(classes, n) + kindsScore(b, n)
		if score > bestScore+30 {
			best, bestScore = n, score
		}
	}
	classic := best > 0 && kindsScore(b, best) > 0
	if best == 0 || bestScore < 650 || !classic && bestScore < lagScore(classes, 1)+30 {
		return 0, Finding{}, false // bytes that are all of one class repeat at any distance
	}
	why := "bytes repeat their class every " + number(best) + " bytes (" + number(min(bestScore, 1000)) + "‰)"
	f := Finding{"fixed", Medium, why}
	if classic {
		f.Sure, f.Why = High, why+", and the first bytes are 1, 2 …, 8, 9"
	}
	return best, f, true
}

// lagScore is the share of bytes whose class is the same n bytes on. Blanks count a quarter: they are alike
// everywhere.
func lagScore(classes []byte, n int) int {
	same, all := 0, 0
	for i := 0; i+n < len(classes); i++ {
		weight := 4
		if classes[i] == ' ' && classes[i+n] == ' ' {
			weight = 1
		}
		all += weight
		if classes[i] == classes[i+n] {
			same += weight
		}
	}
	if all == 0 {
		return 0
	}
	return same * 1000 / all
}

// kindsScore is a bonus if each record of that length begins with a kind of DOMAIN 2.2: (1 2* 8)+ 9, where
// the file may lack the end record or be cut.
func kindsScore(b []byte, n int) int {
	last := byte('8')
	for i := 0; i+n <= len(b); i += n {
		c := b[i]
		ok := false
		switch last {
		case '8':
			ok = c == '1' || c == '9' && i > 0
		case '1', '2':
			ok = c == '2' || c == '8'
		}
		if !ok {
			return 0
		}
		last = c
	}
	return 400
}

// roughClass tells digits, blanks, other ASCII and the rest apart; 0 is a class of its own, as padding.
func roughClass(c byte) byte {
	switch {
	case c == ' ':
		return ' '
	case c >= '0' && c <= '9':
		return '9'
	case c < 0x80:
		return 'A'
	}
	return 'K'
}
