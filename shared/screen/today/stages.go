package today

import (
	"multipoint/shared/day"
	"multipoint/shared/rating"
)

// stages are a day's totals from files to points as a chain: each stage says what it got, what it left out
// and whether both are what the stage before gave (R22, A18).
type stages struct {
	Columns []stage
	Agree   bool
	// Entries counts what was granted and waited on one side, sent and waits on the other, by provider.
	Entries []entriesRow
}

// stage is a column. A measure that a stage does not have is nil.
type stage struct {
	Name                  string // of its step: intake, convert, check, rate, grant, files
	Files, Lines          *int64
	YenSales, YenReturns  *int64
	Points                *int64
	Out                   []left // what was left out
	In, Given, Difference int64  // what the check compares: In is what came, Given what it adds up to
	Checked, Agrees       bool
	Sum                   []int64 // the parts of Given
}

// left is what a stage left out, and why.
type left struct {
	Why   string // bad, refused, duplicate, error
	Lines int64
}

type entriesRow struct {
	rating.Entries
	Before, After int64
	Agrees        bool
}

// check compares what came with the parts that it went into.
func (s *stage) check(in int64, parts ...int64) {
	s.In, s.Checked = in, true
	for i, p := range parts {
		if s.Given += p; i == 0 || p != 0 {
			s.Sum = append(s.Sum, p)
		}
	}
	s.Difference = s.Given - s.In
	s.Agrees = s.Difference == 0
}

func ref(n int64) *int64 { return &n }

// stagesOf computes the chain from a day's manifest: nothing is taken for granted, each agreement is computed
// anew from the figures that are shown.
func stagesOf(m *day.Manifest) *stages {
	s := &stages{Columns: append(lineStages(&m.Totals), pointStages(m)...), Agree: true}
	for i := range s.Columns {
		s.Agree = s.Agree && (!s.Columns[i].Checked || s.Columns[i].Agrees)
	}
	for _, e := range m.Totals.Entries {
		row := entriesRow{
			Entries: e, Before: e.CarriedIn + e.Grants + e.Returns + e.Resends,
			After: e.Sent + e.ZeroPoint + e.CarriedOut,
		}
		row.Agrees = row.Before == row.After
		s.Agree = s.Agree && row.Agrees
		s.Entries = append(s.Entries, row)
	}
	return s
}

// lineStages are the stages that have files, lines and yen.
func lineStages(t *rating.Totals) []stage {
	intake := stage{Name: "intake", Files: ref(t.Files), Lines: ref(t.Lines)}
	convert := stage{
		Name: "convert", Files: ref(t.Files), Lines: ref(t.Good.Lines), YenSales: ref(t.Good.YenSales),
		YenReturns: ref(t.Good.YenReturns), Out: []left{{"bad", t.Bad}},
	}
	convert.check(t.Lines, t.Good.Lines, t.Bad)
	check := stage{
		Name: "check", Files: ref(t.Files - t.FilesRefused), Lines: ref(t.Good.Lines - t.InRefused.Lines),
		YenSales:   ref(t.Good.YenSales - t.InRefused.YenSales),
		YenReturns: ref(t.Good.YenReturns - t.InRefused.YenReturns),
		Out:        []left{{"refused", t.InRefused.Lines}},
	}
	check.check(t.Good.Lines, t.Duplicates.Lines+t.Errors.Lines+t.Rated.Lines, t.InRefused.Lines)
	rate := stage{
		Name: "rate", Files: check.Files, Lines: ref(t.Rated.Lines), YenSales: ref(t.Rated.YenSales),
		YenReturns: ref(t.Rated.YenReturns),
		Out:        []left{{"duplicate", t.Duplicates.Lines}, {"error", t.Errors.Lines}},
	}
	rate.check(*check.Lines, t.Rated.Lines, t.Duplicates.Lines, t.Errors.Lines)
	sales := t.Duplicates.YenSales + t.Errors.YenSales + t.Rated.YenSales
	returns := t.Duplicates.YenReturns + t.Errors.YenReturns + t.Rated.YenReturns
	rate.Agrees = rate.Agrees && *check.YenSales == sales && *check.YenReturns == returns
	return []stage{intake, convert, check, rate}
}

// pointStages are the stages that have points.
func pointStages(m *day.Manifest) []stage {
	// The account of granted points grows by what waits for the next file and shrinks by what had waited.
	var granted, issued, onGranted int64
	for _, p := range m.Totals.Points {
		granted += p.Plus + p.Minus
	}
	for _, b := range m.Accounts {
		issued -= b.Issued
		onGranted += b.Granted
	}
	grant := stage{Name: "grant", Points: ref(granted)}
	grant.check(issued, granted)

	var files, sent, waits int64
	for i := range m.Providers {
		f := &m.Providers[i]
		if f.FileNo > 0 {
			files++
		}
		if f.Carried {
			waits += f.Points
		} else {
			sent += f.Points
		}
	}
	out := stage{Name: "files", Files: ref(files), Points: ref(sent)}
	out.check(sent, issued, -onGranted)
	if waits != 0 {
		out.Out = []left{{"waits", waits}}
	}
	return []stage{grant, out}
}
