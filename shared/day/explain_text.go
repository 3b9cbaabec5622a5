package day

import (
	"fmt"
	"strings"
)

// Text tells the explanation in sentences, a line each, for a terminal.
func (x *Explanation) Text() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("Line %d of %s (feed %s, byte %d), run %d of %s.", x.Input.Line, x.Input.File, x.Input.Feed,
		x.Input.Offset, x.Run, x.RunDate)
	if x.Input.Text != "" {
		say("It says: %s", strings.NewReplacer("\r\n", " ⏎ ", "\n", " ⏎ ").Replace(x.Input.Text))
	}
	if x.Refused != nil {
		say("The whole file was refused (%s): %s%s", x.Refused.Code, x.Refused.Says, more(x.Refused.What))
	}
	x.sayStatus(say)
	x.sayRecord(say)
	for i := range x.Entries {
		x.Entries[i].say(say)
	}
	for i := range x.TakenBack {
		t := &x.TakenBack[i]
		say("Run %d took back %s points of %s (transaction %.12s…).", t.Run, grouped(-t.Points), t.Rule,
			t.Key)
	}
	for _, n := range x.NotApplied {
		say("The %s rule %s gave nothing: %s.", n.Kind, n.Rule, n.Says)
	}
	for _, n := range x.Notes {
		say("%s", n)
	}
	return b.String()
}

func more(what string) string {
	if what == "" {
		return ""
	}
	return " (" + what + ")"
}

func (x *Explanation) sayStatus(say func(string, ...any)) {
	switch x.Status {
	case "no_transaction":
		say("It is a title, header or trailer and earns nothing.")
	case "bad":
		say("The line could not be taken.")
	case "in_refused_file":
		say("The line is good, but its file does not count.")
	case "duplicate":
		say("The same transaction was taken before; it counts once.")
	case "rating_error":
		say("The line could not be rated.")
	}
	for _, f := range x.Faults {
		at := ""
		if f.Field != "" {
			at = ", field " + f.Field
		}
		say("%s (line %d, byte %d%s): %s", f.Code, f.Line, f.Offset, at, f.Says)
	}
	for _, f := range x.Warnings {
		say("Warning %s: %s", f.Code, f.Says)
	}
	if p := x.Earlier; p != nil {
		say("Its key belongs to line %d of %s in run %d of %s.", p.Line, p.File, p.Run, p.Date)
	}
}

func (x *Explanation) sayRecord(say func(string, ...any)) {
	r := x.Record
	if r == nil {
		return
	}
	parts := []string{fmt.Sprintf("a %s of %s yen on %s", r.Kind, grouped(r.AmountIncl), r.BusinessDate)}
	for _, p := range [...][2]string{
		{"at", r.Time},
		{"in store", r.Store},
		{"register", r.Register},
		{"receipt", r.Receipt},
		{"card", r.Card},
		{"member", r.MemberNo},
		{"paid with", r.Affiliate},
		{"of", r.Original},
	} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+p[1])
		}
	}
	say("It is %s.", strings.Join(parts, ", "))
	switch {
	case x.Status != "rated":
	case x.Provider == "":
		say("It has no card, so nobody earns points.")
	case len(x.Entries) == 0:
		say("It moved no points of %s.", x.Provider)
	default:
		say("The points are of %s, card %s; the masters are version %.12s.", x.Provider, x.Account, x.Masters)
	}
}

func (e *ExplainedEntry) say(say func(string, ...any)) {
	verb := "gave"
	if e.Points < 0 {
		verb = "took back"
	}
	say("%s (%s) %s %s points of %s: %s.", e.Rule, e.Kind, verb, grouped(max(e.Points, -e.Points)),
		e.PointType, e.Arithmetic)
	for _, c := range e.Cuts {
		say("  %s cut it from %s to %s.", c.Says, grouped(c.From), grouped(c.To))
	}
	if t := e.TakesBack; t != nil {
		say("  It takes back from line %d of %s in run %d.", t.Line, t.File, t.Run)
	}
	if e.Left != nil {
		say("  %s", e.Left.says())
	}
	for _, a := range e.Answers {
		say("  The provider's answer, run %d: %s.", a.Run, a.What)
	}
	if a := e.Accepted; a != nil && a.How == "contract" {
		say("  They count as accepted since run %d, as the contract says.", a.Run)
	}
}
