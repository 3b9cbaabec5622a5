package inspect

import (
	"strings"

	"multipoint/shared/calendar"
)

// profile is what the values of one column have in common. Values are decoded and without outer blanks.
type profile struct {
	n, blanks    int
	texts        []string // up to patternLimit values that are not blank, evenly spread if there are more
	order        []string // distinct values in order of appearance, up to distinctMax
	seen         map[string]int
	more         bool // there are more distinct ones
	minLen       int  // of values that are not blank, in characters
	maxLen       int
	digits       int // values of digits only
	zeroFirst    int // of these: with a zero in front of other digits
	minSize      int // of these: the shortest and longest length without leading zeros
	maxSize      int
	ascending    int // values not below the one before
	leftBlanks   int // raw values with a blank in front, or behind
	rightBlanks  int
	wideBlanks   int
	numbers      numberStyles
	zeroDates    int // values 00000000 or 99999999 and shorter ones of that kind
	cardLengths  [20]int
	previousText string
}

// numberStyles counts the values that are numbers of a style.
type numberStyles struct {
	all, thousands, minus, trailing, plus, decimal, zoned, zonedMF int
	scale                                                          int // most digits behind a point
}

// each calls f with the raw decoded value of a column in each record of the group.
func (w *work) each(g *group, at, width int, f func(record int, raw string)) {
	for _, r := range g.records {
		if w.fixed {
			f(r, w.enc.text(w.lines[r][at:at+width]))
			continue
		}
		row := w.table.row(r)
		if at < len(row) {
			f(r, row[at])
		} else {
			f(r, "")
		}
	}
}

func (w *work) profile(g *group, at, width int) profile {
	p := profile{seen: make(map[string]int), minLen: 1 << 30, minSize: 1 << 30}
	step, seen := len(g.records)/patternLimit+1, 0
	w.each(g, at, width, func(_ int, raw string) {
		p.n++
		v := trimmed(raw)
		if v == "" {
			p.blanks++
			return
		}
		p.edges(raw)
		if seen%step == 0 && len(p.texts) < patternLimit {
			p.texts = append(p.texts, v)
		}
		seen++
		p.add(v)
	})
	return p
}

func (p *profile) edges(raw string) {
	switch {
	case raw[0] == ' ':
		p.leftBlanks++
	case raw[len(raw)-1] == ' ':
		p.rightBlanks++
	case strings.HasSuffix(raw, "\u3000"):
		p.wideBlanks++
	}
}

func (p *profile) add(v string) {
	if _, known := p.seen[v]; known || len(p.seen) < distinctMax {
		if !known {
			p.order = append(p.order, v)
		}
		p.seen[v]++
	} else {
		p.more = true
	}
	n := len([]rune(v))
	p.minLen, p.maxLen = min(p.minLen, n), max(p.maxLen, n)
	if p.previousText <= v {
		p.ascending++
	}
	p.previousText = v
	if _, style, ok := parseNumber(v); ok {
		p.numbers.add(style)
	}
	if isZoned(v, "{ABCDEFGHI}JKLMNOPQR") {
		p.numbers.zoned++
	}
	if isZoned(v, "pqrstuvwxy") {
		p.numbers.zonedMF++
	}
	if digitsOf(v) != len(v) {
		return
	}
	p.digits++
	if len(v) < len(p.cardLengths) {
		p.cardLengths[len(v)]++
	}
	significant := len(strings.TrimLeft(v, "0"))
	p.minSize, p.maxSize = min(p.minSize, significant), max(p.maxSize, significant)
	if v[0] == '0' && len(v) > 1 {
		p.zeroFirst++
	}
	if significant == 0 || strings.Trim(v, "9") == "" {
		p.zeroDates++
	}
}

// filled is the number of values that are not blank.
func (p *profile) filled() int { return p.n - p.blanks }

func isZoned(v, last string) bool {
	if len(v) < 2 || strings.IndexByte(last, v[len(v)-1]) < 0 {
		return false
	}
	return digitsOf(v[:len(v)-1]) == len(v)-1
}

// style says how a number is written.
type style struct {
	thousands, minus, trailing, plus, decimal bool
	scale                                     int
}

func (n *numberStyles) add(s style) {
	n.all++
	n.scale = max(n.scale, s.scale)
	for _, c := range []struct {
		is    bool
		count *int
	}{
		{s.thousands, &n.thousands},
		{s.minus, &n.minus},
		{s.trailing, &n.trailing},
		{s.plus, &n.plus},
		{s.decimal, &n.decimal},
	} {
		if c.is {
			*c.count++
		}
	}
}

// parseNumber reads a number of up to 15 digits in any style of DOMAIN 2.2 and 2.3 but overpunch. The digits
// behind a decimal point are left out of the value.
func parseNumber(v string) (int64, style, bool) {
	var s style
	switch {
	case strings.HasPrefix(v, "-"):
		s.minus, v = true, v[1:]
	case strings.HasPrefix(v, "▲"), strings.HasPrefix(v, "△"):
		s.minus, v = true, v[len("▲"):]
	case strings.HasPrefix(v, "+"):
		s.plus, v = true, v[1:]
	case len(v) > 2 && v[0] == '(' && v[len(v)-1] == ')':
		s.minus, v = true, v[1:len(v)-1]
	case len(v) > 1 && (v[len(v)-1] == '-' || v[len(v)-1] == '+'):
		s.trailing, s.minus, v = true, v[len(v)-1] == '-', v[:len(v)-1]
	}
	whole, fraction, found := strings.Cut(v, ".")
	if found {
		// A layout scales by 6 digits at most.
		s.decimal, s.scale = true, len(fraction)
		if fraction == "" || len(fraction) > 6 || digitsOf(fraction) != len(fraction) {
			return 0, s, false
		}
	}
	if strings.Contains(whole, ",") {
		s.thousands = true
		for i, part := range strings.Split(whole, ",") {
			if i > 0 && len(part) != 3 || part == "" {
				return 0, s, false
			}
		}
		whole = strings.ReplaceAll(whole, ",", "")
	}
	value, ok := digitsValue(whole)
	if s.minus {
		value = -value
	}
	return value, s, ok
}

// digitsValue is the value of a text of digits with at most 15 significant ones.
func digitsValue(s string) (int64, bool) {
	if s == "" || digitsOf(s) != len(s) || len(strings.TrimLeft(s, "0")) > 15 {
		return 0, false
	}
	v := int64(0)
	for i := range len(s) {
		v = v*10 + int64(s[i]-'0')
	}
	return v, true
}

// zonedValue reads an overpunched number (DOMAIN 2.3).
func zonedValue(v, sign string) (int64, bool) {
	if len(v) < 2 {
		return 0, false
	}
	digits := "{ABCDEFGHI}JKLMNOPQR"
	if sign == "overpunch_mf" {
		digits = "0123456789pqrstuvwxy"
	}
	last := strings.IndexByte(digits, v[len(v)-1])
	value, ok := digitsValue(v[:len(v)-1])
	if last < 0 || !ok {
		return 0, false
	}
	value = value*10 + int64(last%10)
	if last >= 10 {
		value = -value
	}
	return value, true
}

// dateForm gives the form in which nearly all values are dates, besides blank and the texts that mean none,
// and how many are; of several forms the one that fits most. Forms without a century need near: a date
// further than two years from it does not count. Titles say whether a date is expected.
func (p *profile) dateForm(near calendar.Date, expected bool) (best string, fit int) {
	for _, name := range []string{
		"yyyymmdd", "yyyy-mm-dd", "yyyy/mm/dd", "gyy.mm.dd", "gyymmdd", "wareki", "yymmdd",
	} {
		form, _ := calendar.FormOf(name)
		short := form == calendar.Wareki || form == calendar.YYMMDD || form == calendar.GYYMMDD
		if short && near.IsZero() && (!expected || form == calendar.Wareki) {
			continue
		}
		if n := p.dates(form, near, short); n > fit {
			best, fit = name, n
		}
	}
	if best != "" {
		return best, fit
	}
	mmdd, _ := calendar.FormOf("mmdd")
	if expected && !near.IsZero() && p.minLen == 4 {
		if n := p.dates(mmdd, near, false); n > 0 {
			return "mmdd", n
		}
	}
	if expected {
		if n := p.dates(calendar.Any, near, false); n > 0 {
			return "any", n
		}
	}
	return "", 0
}

// dates counts the values that are dates of a form or texts that mean none; 0 if more than a few are neither.
func (p *profile) dates(form calendar.Form, near calendar.Date, short bool) int {
	dates, misses, limit := 0, 0, allowed(len(p.texts))
	for _, v := range p.texts {
		if isNoDate(v) {
			continue
		}
		d, ok := calendar.ParseDate(form, []byte(v), near)
		ok = ok && (form != calendar.YYYYMMDD || plausibleDate([]byte(v), 0) ||
			plausibleDate([]byte(v), near))
		if ok && short && !near.IsZero() {
			ok = d >= near.Add(-730) && d <= near.Add(730)
		}
		if ok {
			dates++
			continue
		}
		if misses++; misses > limit {
			return 0
		}
	}
	if dates <= misses {
		return 0
	}
	return len(p.texts) - misses
}

func isNoDate(v string) bool {
	return len(v) >= 6 && (strings.Trim(v, "0") == "" || strings.Trim(v, "9") == "")
}

// timeForm gives the form in which nearly all values are times, the one that fits most, and how many are.
// Plain digits count only if a time is expected.
func (p *profile) timeForm(expected bool) (best string, fit int) {
	for _, name := range []string{"hh:mm", "hh:mm:ss", "hhmm", "hhmmss", "hmm", "any"} {
		plain := name == "hhmm" || name == "hhmmss" || name == "hmm" || name == "any"
		if plain && !expected || name == "any" && fit > 0 {
			continue
		}
		form, _ := calendar.ClockFormOf(name)
		n := 0
		for _, v := range p.texts {
			if _, ok := calendar.ParseClock(form, []byte(v)); ok {
				n++
			}
		}
		if n > fit && most(n, len(p.texts)) {
			best, fit = name, n
		}
	}
	return best, fit
}
