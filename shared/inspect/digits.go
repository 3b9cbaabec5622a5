package inspect

import (
	"cmp"
	"slices"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/layout"
)

// span is a fixed column as far as its place is known; hint says what the place itself gave away.
type span struct {
	at, width int
	hint      hint
}

// hint is what was learnt about a column before its values are looked at.
type hint struct {
	typ, form, shape string
	sure, why        string
	// hidden: a piece of a run that is long enough to hold a card number, so that samples are masked.
	hidden bool
}

// fixedSpans gives the columns of a kind: the cuts, and inside long runs of digits what dates, times, check
// digits and zeros give away.
func (w *work) fixedSpans(g *group) []span {
	cuts := append(w.fixedCuts(g), w.report.RecordLength)
	var out []span
	for i := 0; i+1 < len(cuts); i++ {
		at, width := cuts[i], cuts[i+1]-cuts[i]
		switch {
		case width >= 6 && len(g.records) > 0 && w.allDigits(g, at, width):
			out = append(out, w.splitRun(g, at, width)...)
		case width >= 6 && len(g.records) > 0 && w.allDigits(g, at, width-1) && w.overpunched(g, at+width-1):
			pieces := w.splitRun(g, at, width-1)
			if last := &pieces[len(pieces)-1]; last.hint.typ == "" {
				last.width++
				last.hint = hint{hidden: last.hint.hidden}
			} else {
				pieces = append(pieces, span{at: at + width - 1, width: 1})
			}
			out = append(out, pieces...)
		default:
			out = append(out, span{at: at, width: width})
		}
	}
	return out
}

func (w *work) splitRun(g *group, at, width int) []span {
	run := digitRun{near: w.opt.Near, at: at, width: width}
	for _, r := range g.records {
		if v := w.lines[r][at : at+width]; areDigits(v) {
			run.values = append(run.values, v)
		}
	}
	return run.split()
}

// overpunched says whether a byte may be the last one of overpunched numbers in nearly all records.
func (w *work) overpunched(g *group, at int) bool {
	fit := 0
	for _, r := range g.records {
		b := w.lines[r][at]
		if b >= 'A' && b <= 'R' || b >= 'p' && b <= 'y' || b == '{' || b == '}' || b >= '0' && b <= '9' {
			fit++
		}
	}
	return most(fit, len(g.records))
}

// allDigits says whether nearly all records hold nothing but digits there.
func (w *work) allDigits(g *group, at, width int) bool {
	fit := 0
	for _, r := range g.records {
		if areDigits(w.lines[r][at : at+width]) {
			fit++
		}
	}
	return most(fit, len(g.records))
}

func areDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// digitRun is a part of the records of a kind, of those that hold nothing but digits there.
type digitRun struct {
	near      calendar.Date
	at, width int
	values    [][]byte
}

// split finds sure pieces first (dates, times behind them, numbers with a check digit), then cuts what lies
// between them where zero-padding begins.
func (d *digitRun) split() []span {
	pieces := d.dates()
	pieces = append(pieces, d.checked(pieces)...)
	slices.SortFunc(pieces, func(a, b span) int { return cmp.Compare(a.at, b.at) })
	var out []span
	at := 0
	for _, p := range pieces {
		out = append(out, d.between(at, p.at)...)
		out = append(out, p)
		at = p.at + p.width
	}
	out = append(out, d.between(at, d.width)...)
	for i := range out {
		out[i].at += d.at
	}
	return out
}

// dates finds windows that are dates in all records, and times right behind them.
func (d *digitRun) dates() []span {
	var out []span
	for at := 0; at+8 <= d.width; at++ {
		dates, ok := d.fit(at, 8, func(v []byte) bool { return plausibleDate(v, d.near) })
		if !ok {
			continue
		}
		out = append(out, span{at, 8, hint{
			typ: layout.TypeDate, form: "yyyymmdd", sure: High,
			why: ofAll(dates, len(d.values), "records") + " have a date there",
		}})
		at += 7
		if width, times := d.timeAt(at + 1); width > 0 {
			out = append(out, span{at + 1, width, hint{
				typ: layout.TypeTime, form: "hhmmss"[:width],
				sure: Medium,
				why:  ofAll(times, len(d.values), "records") + " have a time there, behind a date",
			}})
			at += width
		}
	}
	return out
}

// plausibleDate: within ten years before near and two after it; without near 1990 to 2079.
func plausibleDate(v []byte, near calendar.Date) bool {
	date, ok := calendar.ParseDate(calendar.YYYYMMDD, v, near)
	if !ok {
		return false
	}
	y, _, _ := date.YMD()
	if near.IsZero() {
		return y >= 1990 && y < 2080
	}
	ny, _, _ := near.YMD()
	return y >= ny-10 && y <= ny+2
}

// timeAt gives 6 or 4 if a time of that width begins there in all records. Seconds are believed only if they
// vary: else they may be the beginning of a code.
func (d *digitRun) timeAt(at int) (width, times int) {
	clock := func(form calendar.ClockForm) func([]byte) bool {
		return func(v []byte) bool {
			_, ok := calendar.ParseClock(form, v)
			return ok
		}
	}
	want := min(10, (len(d.values)+1)/2)
	if len(d.values) >= 8 && !d.distinct(at, min(2, d.width-at), 2) {
		return 0, 0 // a day of one hour is a code
	}
	if at+6 <= d.width && d.distinct(at+4, 2, want) {
		if times, ok := d.fit(at, 6, clock(calendar.HHMMSS)); ok {
			return 6, times
		}
	}
	if at+4 <= d.width && d.distinct(at, 4, min(4, want)) {
		if times, ok := d.fit(at, 4, clock(calendar.HHMM)); ok {
			return 4, times
		}
	}
	return 0, 0
}

// fit counts the records whose digits at a place are what ok says, and whether these are nearly all.
func (d *digitRun) fit(at, width int, ok func([]byte) bool) (int, bool) {
	misses, limit := 0, allowed(len(d.values))
	for _, v := range d.values {
		if ok(v[at : at+width]) {
			continue
		}
		if misses++; misses > limit {
			return 0, false
		}
	}
	return len(d.values) - misses, len(d.values) > 0
}

// distinct says whether at least want different values stand there.
func (d *digitRun) distinct(at, width, want int) bool {
	seen := make(map[string]bool)
	for _, v := range d.values {
		seen[string(v[at:at+width])] = true
		if len(seen) >= want {
			return true
		}
	}
	return false
}

// checked finds windows of 16, 15 and 13 digits whose check digit holds for all of at least 8 records, most
// of them different.
func (d *digitRun) checked(taken []span) []span {
	var out []span
	if len(d.values) < 8 {
		return nil
	}
	for _, width := range []int{16, 15, 13} {
		for at := 0; at+width <= d.width; at++ {
			if overlaps(taken, at, width) || overlaps(out, at, width) || d.values[0][at] == '0' {
				continue
			}
			rule, fit := d.checkAt(at, width)
			if rule == "" || !d.distinct(at, width, min(20, len(d.values)/4+2)) {
				continue
			}
			out = append(out, span{at, width, hint{
				typ: layout.TypeText, sure: High,
				why: "the check digit " + rule + " holds for " + ofAll(fit, len(d.values), "records"),
			}})
		}
	}
	return out
}

func (d *digitRun) checkAt(at, width int) (name string, fit int) {
	for _, name := range []string{"LUHN", "M10W3"} {
		rule, _ := card.CheckOf(name)
		if fit, ok := d.fit(at, width, rule.Holds); ok {
			return name, fit
		}
	}
	return "", 0
}

func overlaps(spans []span, at, width int) bool {
	for _, s := range spans {
		if at < s.at+s.width && s.at < at+width {
			return true
		}
	}
	return false
}

// between cuts [from, to) where a digit that varies is followed by one that hardly does: zero-padding or a
// constant code begins. Constant zeros at the end of a number look the same, so the pieces stay doubtful.
func (d *digitRun) between(from, to int) []span {
	if from >= to {
		return nil
	}
	var out []span
	at := from
	for p := from + 1; p < to; p++ {
		if d.begins(p, to) && p > at {
			out = append(out, d.doubtful(at, p))
			at = p
		}
	}
	out = append(out, d.doubtful(at, to))
	for i := range out {
		out[i].hint.hidden = to-from >= cardDigits
	}
	return out
}

func (d *digitRun) doubtful(from, to int) span {
	s := span{at: from, width: to - from}
	if to-from >= 9 {
		s.hint = several()
	}
	return s
}

// several is what is known of a long run of digits that nothing parts.
func several() hint {
	return hint{shape: "digits_several", sure: Low, why: "digits without a gap, may be several columns"}
}

// begins says whether a column seems to begin at p: most records have a zero there and few before it (three
// in five if hardly any before it has one and nearly all behind it), and the zeros go on or end in a digit
// that varies.
func (d *digitRun) begins(p, to int) bool {
	n := len(d.values)
	if n < 8 || p+1 >= to {
		return false
	}
	before, here, next, varies := 0, 0, 0, false
	for _, v := range d.values {
		if v[p-1] == '0' {
			before++
		}
		if v[p] == '0' {
			here++
		}
		if v[p+1] == '0' {
			next++
		}
		varies = varies || v[p-1] != d.values[0][p-1]
	}
	padded := here*10 >= n*9 && before*10 <= n*6 || here*5 >= n*3 && before*20 <= n && next*10 >= n*9
	return varies && padded && (next*10 < n*10 || d.variesAfter(p+2, to))
}

func (d *digitRun) variesAfter(p, to int) bool {
	for ; p < to; p++ {
		for _, v := range d.values {
			if v[p] != d.values[0][p] {
				return true
			}
		}
	}
	return false
}
