package engine

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"multipoint/shared/day"
	"multipoint/test/model"
)

// explained is a case that was run, with what explanations are compared with.
type explained struct {
	*Days
	t    *testing.T
	got  model.Expect
	runs map[string]int64 // day runs by date
}

func explainCase(t *testing.T, c *model.Case, o day.Options) *explained {
	t.Helper()
	d := inMemory(c, o)
	got, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	x := &explained{Days: d, t: t, got: got, runs: map[string]int64{}}
	for run, date := range d.dates {
		x.runs[date] = run
	}
	return x
}

// query names a line of the case by its run, ordinal and record number.
func (x *explained) query(date, file string, line int) day.ExplainQuery {
	x.t.Helper()
	run := x.runs[date]
	q := day.ExplainQuery{Run: run, Ordinal: slices.Index(x.names[run], file) + 1, Reveal: true}
	for record, l := range x.lines[date+"/"+file] {
		if l == line && (q.Line == 0 || record < q.Line) {
			q.Line = record
		}
	}
	if q.Line == 0 || q.Ordinal == 0 {
		x.t.Fatalf("no line %d of %s on %s", line, file, date)
	}
	return q
}

func (x *explained) explain(q day.ExplainQuery) []*day.Explanation {
	x.t.Helper()
	out, err := x.readOnly(x.t).Explain(x.t.Context(), q)
	if err != nil {
		x.t.Fatalf("%+v: %v", q, err)
	}
	return out
}

// one explains a line by its place.
func (x *explained) one(date string, l *model.LineResult) (*day.Explanation, day.ExplainQuery) {
	x.t.Helper()
	q := x.query(date, l.File, l.Line)
	out := x.explain(q)
	if len(out) != 1 {
		x.t.Fatalf("%+v: %d explanations", q, len(out))
	}
	return out[0], q
}

// check compares the explanation of a line with what is expected of it.
func (x *explained) check(date string, l *model.LineResult) {
	t := x.t
	e, q := x.one(date, l)
	where := fmt.Sprintf("%s %s:%d\n%s", date, l.File, l.Line, e.Text())
	if e.Status != l.Status {
		t.Errorf("%s: %s, not %s", where, e.Status, l.Status)
		return
	}
	var reasons []string
	for _, f := range e.Faults {
		if !slices.Contains(reasons, f.Code) {
			reasons = append(reasons, f.Code)
		}
	}
	if e.Refused != nil && l.Status == "in_refused_file" {
		reasons = []string{e.Refused.Code}
	}
	want := slices.Clone(l.Reasons)
	slices.Sort(want)
	slices.Sort(reasons)
	if !slices.Equal(reasons, want) {
		t.Errorf("%s: because of %v, not %v", where, reasons, want)
	}
	if len(e.Entries) != len(l.Entries) {
		t.Errorf("%s: %d entries, not %d", where, len(e.Entries), len(l.Entries))
		return
	}
	for i := range l.Entries {
		x.checkEntry(where, date, e, &e.Entries[i], &l.Entries[i], l)
	}
	if l.NotApplied != nil {
		checkNotApplied(t, where, e, l)
	}
	if e.Status == "rated" {
		x.otherWays(where, e, q)
	}
	x.masked(where, q, e)
}

func checkNotApplied(t *testing.T, where string, e *day.Explanation, l *model.LineResult) {
	got, want := map[string]string{}, map[string]string{}
	for _, n := range e.NotApplied {
		if e.Record.Kind != "grant" || n.Kind == "campaign" { // the examples leave those out
			got[n.Rule] = n.Why
		}
		if n.Says == "" || !strings.Contains(e.Text(), n.Says) {
			t.Errorf("%s: %s is not told", where, n.Rule)
		}
	}
	for _, n := range l.NotApplied {
		want[n.Rule] = n.Why
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: not applied %v, not %v", where, got, want)
	}
}

func (x *explained) checkEntry(
	where, date string, e *day.Explanation, got *day.ExplainedEntry, want *model.Entry, l *model.LineResult,
) {
	t := x.t
	if got.Rule != want.Rule || got.PointType != want.PointType || got.Points != want.Points ||
		e.Provider != want.Provider || e.Account != want.Card {
		t.Errorf("%s: entry %+v of %s %s, not %+v", where, got, e.Provider, e.Account, want)
	}
	points, err := evaluate(got.Arithmetic)
	for _, c := range got.Cuts {
		if c.From != points || c.To >= c.From {
			t.Errorf("%s: cut from %d to %d, the arithmetic says %d", where, c.From, c.To, points)
		}
		points = c.To
	}
	if want.Points < 0 {
		points = -points
	}
	if err != nil || points != want.Points {
		t.Errorf("%s: %q is %d points, not %d (%v)", where, got.Arithmetic, points, want.Points, err)
	}
	from := model.FromLine{RunDate: date, File: l.File, Line: l.Line}
	left := got.Left
	if left == nil {
		t.Errorf("%s: it is not said where %s left", where, got.Rule)
		return
	}
	if left.State == "sent" && !x.inFile(left, from, got.PointType) {
		t.Errorf("%s: %s left as %+v, but that record is not of this line", where, got.Rule, left)
	}
	if left.State != "sent" && x.anywhere(from, e.Provider, got.PointType) {
		t.Errorf("%s: %s is %s, but the line is behind a record", where, got.Rule, left.State)
	}
}

// inFile says whether the record that an entry left in, as its provider reads it, comes from a line.
func (x *explained) inFile(l *day.ExplainedLeaving, from model.FromLine, pointType string) bool {
	for _, d := range x.got.Days {
		for _, f := range d.ProviderFiles {
			if x.runs[d.RunDate] != l.Run || f.Provider != l.Outlet || f.FileNo != l.FileNo {
				continue
			}
			for _, r := range f.Records {
				if r.Sequence == l.Sequence {
					return slices.Contains(r.FromLines, from) && slices.Contains(r.PointTypes, pointType)
				}
			}
		}
	}
	return false
}

func (x *explained) anywhere(from model.FromLine, provider, pointType string) bool {
	for _, d := range x.got.Days {
		for _, f := range d.ProviderFiles {
			for _, r := range f.Records {
				if f.Provider == provider && slices.Contains(r.FromLines, from) &&
					slices.Contains(r.PointTypes, pointType) {
					return true
				}
			}
		}
	}
	return false
}

// otherWays asks for the same transaction by its key and by its card.
func (x *explained) otherWays(where string, e *day.Explanation, q day.ExplainQuery) {
	t := x.t
	want, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	byKey := x.explain(day.ExplainQuery{Key: e.Key, Reveal: true})
	if len(byKey) != 1 {
		t.Errorf("%s: %d explanations by key", where, len(byKey))
	} else if got, _ := json.Marshal(byKey[0]); string(got) != string(want) {
		t.Errorf("%s: by key\n%s\nby line\n%s", where, got, want)
	}
	if e.Account == "" {
		return
	}
	found := false
	for _, c := range x.explain(day.ExplainQuery{Card: e.Account, Provider: e.Provider, Reveal: true}) {
		found = found || c.Key == e.Key
	}
	date := e.Record.BusinessDate
	for _, c := range x.explain(day.ExplainQuery{Card: e.Account, From: date, To: date, Reveal: true}) {
		if c.Record.BusinessDate != date {
			t.Errorf("%s: of another date: %s", where, c.Record.BusinessDate)
		}
		found = found && (c.Key != "" || c.Key == e.Key)
	}
	if !found {
		t.Errorf("%s: not found by its card %s", where, e.Account)
	}
}

// masked asks without revealing: no card number of the case may be in the answer.
func (x *explained) masked(where string, q day.ExplainQuery, shown *day.Explanation) {
	q.Reveal = false
	text, err := json.Marshal(x.explain(q))
	if err != nil {
		x.t.Fatal(err)
	}
	told := string(text) + x.explain(q)[0].Text()
	for number := range x.cards() {
		if len(number) > 6 && strings.Contains(told, number) {
			x.t.Errorf("%s: card number %s is shown:\n%s", where, number, told)
		}
	}
	if len(shown.Input.Raw) == 0 && shown.Input.Length > 0 {
		x.t.Errorf("%s: the bytes are not shown", where)
	}
}

// cards are all numbers that the case shows in its card columns and members.
func (x *explained) cards() map[string]bool {
	out := map[string]bool{}
	for _, d := range x.Case.Days {
		for _, m := range append(slices.Clone(x.Case.Members), d.Members...) {
			for _, c := range m.Cards {
				out[c.Card] = true
			}
		}
		for _, f := range d.Files {
			for _, l := range f.Lines {
				out[l.Card] = true
				out[strings.Map(func(r rune) rune {
					if r < '0' || r > '9' {
						return -1
					}
					return r
				}, l.Card)] = true
			}
		}
	}
	return out
}

const number = `([\d,]+)`

// The forms of arithmetic. What follows the result of a computed return says that it is negated.
var (
	fraction = ` = ` + number + `(?:\.(\d+)(…?), rounded (down|up|half up): ` + number + `)?`
	still    = `(?:, of which ` + number + ` still stood)?$`
	ends     = `(?:$|, taken back by the rules of its own date)`
	rateForm = regexp.MustCompile(`^` + number + ` yen [a-z ]+ x ` + number + `/` + number + fraction + ends)
	moreForm = regexp.MustCompile(`^` + number + ` normal points x \((\d+)/(\d+) - 1\)` + fraction + ends)
	unitForm = regexp.MustCompile(`^` + number + ` yen [a-z ]+ / ` + number + ` yen = ` + number +
		` whole units, x ` + number + ` points = ` + number + ends)
	fixedForm = regexp.MustCompile(`^` + number + ` points (?:for the receipt|as the file says)`)
	allForm   = regexp.MustCompile(`^all of ` + number + ` points - ` + number +
		` taken back before = ` + number + still)
	partForm = regexp.MustCompile(`^` + number + ` points x ` + number + `/` + number + ` yen returned` +
		fraction + ` - ` + number + ` taken back before = ` + number + still)
)

// numbers reads the groups of a match; those that are no number are 0.
func numbers(match []string) []int64 {
	out := make([]int64, len(match))
	for i, m := range match {
		out[i], _ = strconv.ParseInt(strings.ReplaceAll(m, ",", ""), 10, 64)
	}
	return out
}

// share checks num*x/den against what is written of it and gives the rounded result.
func share(x, num, den int64, match []string) (int64, error) {
	n := numbers(match)
	whole, rest := x*num/den, x*num%den
	if n[0] != whole || (match[4] == "") != (rest == 0) {
		return 0, fmt.Errorf("%d x %d/%d is not %v", x, num, den, match)
	}
	if rest == 0 {
		return whole, nil
	}
	digits := ""
	for range match[1] {
		digits, rest = digits+strconv.FormatInt(rest*10/den, 10), rest*10%den
	}
	rest = x * num % den
	if digits != match[1] {
		return 0, fmt.Errorf("%d x %d/%d has not the fraction %v", x, num, den, match)
	}
	if match[3] == "up" || match[3] == "half up" && 2*rest >= den {
		whole++
	}
	if n[4] != whole {
		return 0, fmt.Errorf("%d x %d/%d is not rounded to %v", x, num, den, match)
	}
	return whole, nil
}

// evaluate computes what an arithmetic says.
func evaluate(text string) (int64, error) {
	if m := rateForm.FindStringSubmatch(text); m != nil {
		n := numbers(m)
		return share(n[1], n[2], n[3], m[4:9])
	}
	if m := moreForm.FindStringSubmatch(text); m != nil {
		n := numbers(m)
		return share(n[1], n[2]-n[3], n[3], m[4:9])
	}
	if m := unitForm.FindStringSubmatch(text); m != nil {
		n := numbers(m)
		if n[1]/n[2] != n[3] || n[3]*n[4] != n[5] {
			return 0, fmt.Errorf("%v", m)
		}
		return n[5], nil
	}
	if m := fixedForm.FindStringSubmatch(text); m != nil {
		return numbers(m)[1], nil
	}
	var due int64
	var rest []string
	if m := allForm.FindStringSubmatch(text); m != nil {
		due, rest = numbers(m)[1], m[2:]
	} else if m := partForm.FindStringSubmatch(text); m != nil {
		n := numbers(m)
		var err error
		if due, err = share(n[1], n[2], n[3], m[4:9]); err != nil {
			return 0, err
		}
		rest = m[9:]
	} else {
		return 0, fmt.Errorf("%q has no known form", text)
	}
	n := numbers(rest)
	if n[1] != due-n[0] {
		return 0, fmt.Errorf("%d - %d is not %d", due, n[0], n[1])
	}
	if rest[2] != "" {
		return n[2], nil
	}
	return n[1], nil
}

// checkAll explains every line of a case, every record of its provider files, and counts refusals.
func (x *explained) checkAll(want []model.DayResult) {
	for i := range want {
		for j := range want[i].Lines {
			x.check(want[i].RunDate, &want[i].Lines[j])
		}
	}
	newest := map[[2]string]string{} // date of the newest file of a number
	for _, d := range x.got.Days {
		for _, f := range d.ProviderFiles {
			newest[[2]string{f.Provider, strconv.FormatInt(f.FileNo, 10)}] = d.RunDate
		}
	}
	for _, d := range x.got.Days {
		for _, f := range d.ProviderFiles {
			if newest[[2]string{f.Provider, strconv.FormatInt(f.FileNo, 10)}] == d.RunDate {
				x.checkRecords(&f)
			}
		}
	}
}

// checkRecords explains the records of a provider file.
func (x *explained) checkRecords(f *model.ProviderFile) {
	for _, r := range f.Records {
		var got []model.FromLine
		for _, e := range x.explain(day.ExplainQuery{
			Outlet: f.Provider, FileNo: f.FileNo, Sequence: r.Sequence,
		}) {
			date := x.dates[e.Run]
			got = append(got, model.FromLine{
				RunDate: date, File: e.Input.File, Line: x.lines[date+"/"+e.Input.File][e.Input.Line],
			})
		}
		if fmt.Sprint(got) != fmt.Sprint(r.FromLines) {
			x.t.Errorf("%s file %d record %d: %v, not %v", f.Provider, f.FileNo, r.Sequence, got, r.FromLines)
		}
	}
}

// TestWorkedExamplesAreExplained explains all that the worked examples list (A27, R15): each entry, whose
// arithmetic is evaluated; each rule that did not apply; each refused line; and where the points went.
func TestWorkedExamplesAreExplained(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectors(t), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no worked examples", err)
	}
	for _, path := range files {
		cases, err := model.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cases {
			t.Run(cases[i].ID, func(t *testing.T) {
				explainCase(t, &cases[i], day.Options{}).checkAll(cases[i].Expect.Days)
			})
		}
	}
}

// TestRandomCasesAreExplained does the same with the model's results of random cases, cut into small chunks.
func TestRandomCasesAreExplained(t *testing.T) {
	for seed := uint64(1); seed <= 40 && !t.Failed(); seed++ {
		c := model.Random(seed, 15)
		if !expressible(&c) {
			continue
		}
		want, err := model.Run(c)
		if err != nil {
			t.Fatal(err)
		}
		o := day.Options{ChunkSize: []int64{1 << 20, 200}[seed%2], Groups: []int{1, 7}[seed/2%2]}
		explainCase(t, &c, o).checkAll(want.Days)
	}
}

// TestAdjustmentsAreExplained follows an entry that was refused and granted anew, and points given by hand.
func TestAdjustmentsAreExplained(t *testing.T) {
	d, key := refusedSale(t)
	adjust(t, d, day.AdjustmentLine{Key: key, Resend: true})
	adjust(t, d, day.AdjustmentLine{Key: key, Points: -4})
	nextDay(t, d, "2026-11-24")
	s := d.readOnly(t)
	got, err := s.Explain(t.Context(), day.ExplainQuery{Card: "300000000000001", Reveal: true})
	if err != nil || len(got) != 2 {
		t.Fatal(len(got), err)
	}
	slices.SortFunc(got, func(a, b *day.Explanation) int { return int(a.Run - b.Run) })
	sale, made := got[0], got[1]
	e := sale.Entries[0]
	var answers []string
	for _, a := range e.Answers {
		answers = append(answers, a.What)
	}
	if sale.Key != key || fmt.Sprint(answers) != "[refused resent adjusted]" || e.Left.FileNo != 2 ||
		e.Left.Sequence != 1 || e.Left.State != "sent" {
		t.Errorf("%s%+v", sale.Text(), e.Left)
	}
	m := made.Entries[0]
	if made.Status != "adjustment" || m.Points != -4 || m.Left.FileNo != 2 || m.Left.Sequence != 2 ||
		!strings.Contains(made.Text(), "a complaint") {
		t.Errorf("%s%+v", made.Text(), m.Left)
	}
	for sequence, want := range []*day.Explanation{sale, made} {
		got, err := s.Explain(t.Context(), day.ExplainQuery{
			Outlet: "P1", FileNo: 2, Sequence: int64(sequence + 1),
		})
		if err != nil || len(got) != 1 || got[0].Key != want.Key {
			t.Errorf("record %d: %v %v", sequence+1, got, err)
		}
	}
}
