package today

import (
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/rating"
)

// TestCodesSpeakJapanese: pages say what a code means in their language.
func TestCodesSpeakJapanese(t *testing.T) {
	if got := japanese.meaning(fault.FileCount); got == fault.FileCount.Meaning() {
		t.Errorf("%s is not Japanese", got)
	}
	if got := english.meaning(fault.FileCount); got != fault.FileCount.Meaning() {
		t.Error(got)
	}
	if got := japanese.meaning(fault.MasterSyntax); got != fault.MasterSyntax.Meaning() {
		t.Errorf("without Japanese words: %q", got)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", -1: "−1", -1234567: "−1,234,567", 100_000: "100,000",
	} {
		if got := number(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// TestStagesNameADisagreement breaks each figure of a chain that agrees.
func TestStagesNameADisagreement(t *testing.T) {
	good := func() *day.Manifest {
		return &day.Manifest{
			Totals: rating.Totals{
				Files: 2, Lines: 10, Bad: 1, Good: rating.Count{Lines: 9, YenSales: 900, YenReturns: 90},
				InRefused:  rating.Count{Lines: 2, YenSales: 200},
				Duplicates: rating.Count{Lines: 1, YenSales: 100},
				Errors:     rating.Count{Lines: 1, YenReturns: 90},
				Rated:      rating.Count{Lines: 5, YenSales: 600},
				Points:     []rating.Points{{Provider: "A", Plus: 12, Minus: -2}},
				Entries: []rating.Entries{{
					Provider: "A", CarriedIn: 1, Grants: 5, Returns: 1, Sent: 6, ZeroPoint: 1,
				}},
			},
			Accounts:  map[string]ledger.Balances{"A": {Issued: -10, Granted: -3, Sent: 13}},
			Providers: []day.ProviderFile{{Provider: "A", FileNo: 1, Points: 13}},
		}
	}
	if s := stagesOf(good()); !s.Agree {
		t.Fatalf("%+v", s)
	}
	for name, c := range map[string]struct {
		column string
		spoil  func(m *day.Manifest)
	}{
		"a bad line too many": {"convert", func(m *day.Manifest) { m.Totals.Bad++ }},
		"a refused line":      {"check", func(m *day.Manifest) { m.Totals.InRefused.Lines-- }},
		"a duplicate":         {"rate", func(m *day.Manifest) { m.Totals.Duplicates.Lines++ }},
		"a yen":               {"rate", func(m *day.Manifest) { m.Totals.Rated.YenSales++ }},
		"a point":             {"grant", func(m *day.Manifest) { m.Totals.Points[0].Plus++ }},
		"a point of a file":   {"files", func(m *day.Manifest) { m.Providers[0].Points++ }},
		"an entry":            {"", func(m *day.Manifest) { m.Totals.Entries[0].Sent++ }},
	} {
		m := good()
		c.spoil(m)
		s := stagesOf(m)
		if s.Agree {
			t.Errorf("%s: all agree", name)
		}
		for i := range s.Columns {
			if x := &s.Columns[i]; x.Name == c.column && x.Agrees {
				t.Errorf("%s: %s agrees", name, x.Name)
			}
		}
	}
}

func TestReasonsTellTheirCode(t *testing.T) {
	for reason, want := range map[string]fault.Code{
		"MP-4011 at x: y": fault.PartDamaged, "convert: MP-1203: z": fault.CardUnknown, "MP-9999 unknown": 0,
		"XMP-4011": 0, "context canceled": 0,
	} {
		if w := whyOf(reason); w.Code != want || w.Text != reason {
			t.Errorf("%s: %+v", reason, w)
		}
	}
	if whyOf("") != nil {
		t.Error("no reason is none")
	}
}
