package inspect

import "slices"

// place is what stands at one byte position of all records of a kind.
type place struct {
	classes [control + 1]int
	zeros   int
	blanks  int // blank or part of a full-width space
	starts  int // not blank, the byte before is
	starts2 int // of these: two blanks before, or a whole full-width space and more
	ends    int // blank, the byte before is not
	spans   int // the second or later byte of a character
	varies  bool
	first   byte
}

// places collects the statistics of fixed records.
func (w *work) places(records []int) []place {
	out := make([]place, w.report.RecordLength)
	classes := make([]class, len(out))
	for _, i := range records {
		line := w.lines[i]
		w.enc.classify(classes, line)
		run := 0 // blanks before p, in bytes
		for p, c := range classes {
			s := &out[p]
			s.classes[c]++
			if i == records[0] {
				s.first = line[p]
			} else if line[p] != s.first {
				s.varies = true
			}
			if line[p] == '0' {
				s.zeros++
			}
			if c == trail || c == wideEnd {
				s.spans++
			}
			if c == blank || c == wide || c == wideEnd {
				s.blanks++
				if run == 0 && p > 0 {
					s.ends++
				}
				run++
				continue
			}
			if run > 0 {
				s.starts++
				if run > 1 && (classes[p-1] == blank || run > 3) {
					s.starts2++
				}
			}
			run = 0
		}
	}
	return out
}

// full says whether all records, but for spoilt ones, have a digit there.
func (s *place) full(n int) bool { return most(s.classes[digit], n) }

// numeric says whether only digits, signs and blanks stand there, and not only blanks. What else stands there
// is dirt if it is rare beside the digits too.
func (s *place) numeric(n int) bool {
	digits := s.classes[digit] + s.classes[sign]
	other := n - digits - s.classes[blank]
	return other <= allowed(n) && other*10 <= digits && s.classes[blank] < n
}

// divides says whether characters of more than one byte go across the place, but for dirt among numbers.
func (s *place) divides(n int) bool {
	return s.spans > 0 && !(s.spans <= allowed(n) && s.numeric(n))
}

// ascii is the number of records with an ASCII letter, digit or mark there.
func (s *place) ascii() int {
	return s.classes[letter] + s.classes[mark] + s.classes[digit] + s.classes[sign]
}

// empty says whether nothing but blanks stands there.
func (s *place) empty(n int) bool { return s.blanks == n }

// fixedCuts gives the first bytes of the columns of a kind, in order, the first one 0.
func (w *work) fixedCuts(g *group) []int {
	n := len(g.records)
	if n == 0 {
		return []int{0}
	}
	s := w.places(g.records)
	cuts := []int{0}
	for p := 1; p < len(s); p++ {
		if w.width > 0 && p < w.at+w.width && p > w.at {
			continue
		}
		edge := w.width > 0 && (p == w.at+w.width || p == w.at)
		if edge || optionalNumber(s, cuts[len(cuts)-1], p, n) ||
			cutBefore(s, p, n) && !codeGoesOn(s, cuts, p, n) {
			cuts = append(cuts, p)
		}
	}
	return w.joinPadding(s, cuts, n)
}

// cutBefore says whether a column begins at p.
func cutBefore(s []place, p, n int) bool {
	l, r := &s[p-1], &s[p]
	switch {
	case r.divides(n) || l.empty(n) && r.empty(n) || l.full(n) && r.full(n):
		return false
	case l.empty(n) && (n >= 5 || r.starts2 == n):
		return r.starts*10 >= n*9 || sparseStart(l, r, n)
	case sparseStart(l, r, n):
		return true
	case l.numeric(n) && r.empty(n):
		return r.ends*10 >= n*9
	case l.numeric(n) && r.numeric(n):
		return numericCut(s, p, n)
	case l.numeric(n):
		return !r.empty(n) && !(r.blanks > allowed(n) && l.blanks > allowed(n))
	case most(l.ascii(), n) && r.classes[lead]+r.classes[kana] > 0 && r.ascii() <= allowed(n):
		return true
	case r.full(n):
		return n >= 5 || l.blanks == n || l.classes[kana]+l.classes[trail]+l.blanks > 0
	}
	return startsText(l, r, n)
}

// sparseStart: a column that few records fill begins where nearly all have a blank and what stands behind it
// follows two blanks or more, in at least three records.
func sparseStart(l, r *place, n int) bool {
	filled := n - r.blanks
	return n >= 20 && most(l.blanks, n) && filled >= 3 && r.starts2*10 >= filled*9
}

// longestNumber is the length of the longest card number; a longer run of digits is several columns.
const longestNumber = 19

// optionalNumber finds where a number begins that some records lack: behind digits that all have, blanks
// begin at p in several records and go on, while in the others no number ends soon. Only runs longer than one
// number are parted so.
func optionalNumber(s []place, from, p, n int) bool {
	l, r := &s[p-1], &s[p]
	if n < 20 || !l.full(n) || !r.numeric(n) || r.ends < max(3, n/200) || p+7 > len(s) {
		return false
	}
	soon := 0
	for _, next := range s[p+1 : p+7] {
		soon += next.ends
	}
	end := p
	for end < len(s) && s[end].numeric(n) {
		end++
	}
	return end-from > longestNumber && soon*4 <= r.ends && s[p+6].blanks*4 >= r.ends*3
}

// startsText: a text begins where blanks end in nearly all records that have them, and more than a single one
// (a single one parts the words of a name).
func startsText(l, r *place, n int) bool {
	if n < 5 {
		return r.starts == n && r.starts2 == n
	}
	return l.blanks*3 >= n && r.starts*10 >= l.blanks*9 && r.starts2*2 >= r.starts
}

// numericCut parts numbers that are padded with blanks: right-aligned ones end together, left-aligned ones
// begin together, while blanks became more frequent before.
func numericCut(s []place, p, n int) bool {
	l, r := &s[p-1], &s[p]
	if r.ends*10 >= n*9 {
		return true
	}
	if n < 5 || p < 2 || l.blanks == 0 {
		return false
	}
	rising := s[p-2].blanks < l.blanks
	return rising && l.blanks*5 >= n && r.starts*20 >= l.blanks*19
}

// codeGoesOn keeps codes of letters and digits together (S001), and the overpunched last digit with its
// number.
func codeGoesOn(s []place, cuts []int, p, n int) bool {
	l, r := &s[p-1], &s[p]
	from := cuts[len(cuts)-1]
	if l.full(n) && most(r.classes[letter]+r.classes[mark]+r.classes[digit], n) {
		end := p + 1
		for end < len(s) && most(s[end].classes[letter], n) {
			end++
		}
		return end-p <= 2 && (end == len(s) || s[end].blanks*2 < n || s[end].empty(n)) && r.blanks == 0
	}
	if r.full(n) && most(l.classes[letter]+l.classes[mark], n) {
		return p-from <= 3
	}
	return false
}

// joinPadding gives leading blanks to a right-aligned number behind them: a larger number needs them.
func (w *work) joinPadding(s []place, cuts []int, n int) []int {
	out := cuts[:1]
	for i := 1; i < len(cuts); i++ {
		from, at := cuts[i-1], cuts[i]
		end := len(s)
		if i+1 < len(cuts) {
			end = cuts[i+1]
		}
		pads := s[from].empty(n) && s[at-1].empty(n) && s[at].numeric(n) && end-at < 8 && s[at].zeros == 0
		inside := w.width > 0 && from < w.at+w.width
		if pads && !inside {
			continue
		}
		out = append(out, at)
	}
	return slices.Clip(out)
}
