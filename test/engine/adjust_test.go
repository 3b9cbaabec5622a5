package engine

import (
	"encoding/hex"
	"strings"
	"testing"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/object"
	"multipoint/shared/transaction"
	"multipoint/test/model"
)

// adjust runs an adjustment of one line and gives its manifest.
func adjust(t *testing.T, d *Days, l day.AdjustmentLine) *day.Manifest {
	t.Helper()
	run, err := d.runner.Adjust(t.Context(), &day.AdjustmentFile{
		Reason: "a complaint", By: "sato", ApprovedBy: "suzuki", Lines: []day.AdjustmentLine{l},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.Service.Manifest(t.Context(), run.Run)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// nextDay runs a day without files and gives the text of P1's file, empty if there is none.
func nextDay(t *testing.T, d *Days, date string) (text string, m *day.Manifest) {
	t.Helper()
	in := &model.Day{RunDate: date}
	if err := d.prepareDay(t.Context(), in, &d.Case.Masters, nil, false); err != nil {
		t.Fatal(err)
	}
	if _, err := d.day(t.Context(), in, &d.Case.Masters); err != nil {
		t.Fatal(err)
	}
	last, err := d.Service.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m, err = d.Service.Manifest(t.Context(), last.Run); err != nil {
		t.Fatal(err)
	}
	if m.Providers[0].FileNo > 0 {
		b, err := object.ReadAll(t.Context(), d.Objects, d.Service.OutboxPath(&m.Providers[0]), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	return text, m
}

// TestR19ResendGrantsAnew: a refused entry that is granted anew leaves with the next file, counts again in
// returns, and can be refused again.
func TestR19ResendGrantsAnew(t *testing.T) {
	d, key := refusedSale(t)
	line := day.AdjustmentLine{Key: key, Resend: true}
	m := adjust(t, d, line)
	want := ledger.Balances{Issued: -10, Granted: 10}
	if m.Answered.Matched[0] != 1 || m.Accounts["P1"] != want || m.Totals.Entries[0].Resends != 1 {
		t.Fatalf("%+v %+v", m.Answered, m.Accounts)
	}
	if again := adjust(t, d, line); again.Answered.Matched[0] != 0 || len(again.Accounts) != 0 {
		t.Errorf("an entry that stands was granted anew: %+v", again.Answered)
	}
	text, next := nextDay(t, d, "2026-11-24")
	if text != "1,grant,300000000000001,BASE,10\n" {
		t.Errorf("the next file: %q", text)
	}
	if next.Accounts["P1"] != (ledger.Balances{Granted: -10, Sent: 10}) {
		t.Errorf("%+v", next.Accounts)
	}
	refuse(t, d, day.AnswerLine{Line: 1, FileNo: 2, Sequence: 1}, 1)
	balances, err := d.Service.Balances(t.Context())
	if err != nil || balances["P1"] != (ledger.Balances{Issued: -20, Refused: 20}) {
		t.Errorf("%+v %v", balances, err)
	}
	for _, x := range d.verify(t.Context()) {
		t.Error(x)
	}
}

// TestR19AdjustmentOfAnEntryCountsInReturns: an entry of 10 points is reduced by 4; the return of all of its
// sale takes back the 6 that stand. Refused, the adjustment is undone.
func TestR19AdjustmentOfAnEntryCountsInReturns(t *testing.T) {
	for name, c := range map[string]struct {
		refused bool
		back    int64
	}{"stands": {false, -6}, "refused": {true, -10}} {
		t.Run(name, func(t *testing.T) {
			d := oneSale(t)
			key := transaction.KeyOf("2026-11-22", "1", "1", "1")
			m := adjust(t, d, day.AdjustmentLine{Key: hex.EncodeToString(key[:]), Points: -4})
			if m.Accounts["P1"] != (ledger.Balances{Issued: 4, Granted: -4}) {
				t.Fatalf("%+v", m.Accounts)
			}
			text, _ := nextDay(t, d, "2026-11-24")
			if text != "1,grant,300000000000001,BASE,-4\n" {
				t.Errorf("%q", text)
			}
			if c.refused {
				refuse(t, d, day.AnswerLine{Line: 1, FileNo: 2, Sequence: 1}, 1)
			}
			back := twoDays(t).Days[1]
			back.RunDate, back.Files[0].Arrived = "2026-11-25", "2026-11-25T02:00:00"
			back.Files[0].Lines[0].Incl = "1000"
			d.Case.Days = append(d.Case.Days, back)
			if err := d.prepareDay(t.Context(), &back, &d.Case.Masters, nil, false); err != nil {
				t.Fatal(err)
			}
			res, err := d.day(t.Context(), &back, &d.Case.Masters)
			if err != nil || len(res.Lines) != 1 || res.Lines[0].Total != c.back {
				t.Errorf("%+v %v", res.Lines, err)
			}
			for _, x := range d.verify(t.Context()) {
				t.Error(x)
			}
		})
	}
}

// TestR19AdjustmentOfACard gives points to a card.
func TestR19AdjustmentOfACard(t *testing.T) {
	d := oneSale(t)
	ref, err := d.Service.Ref(t.Context(), "P1", "300000000000001")
	if err != nil {
		t.Fatal(err)
	}
	adjust(t, d, day.AdjustmentLine{Provider: "P1", Ref: ref, PointType: "SORRY", Points: 500})
	unknown := day.AdjustmentLine{
		Provider: "P1", Ref: strings.Repeat("ab", 16), PointType: "SORRY", Points: 1,
	}
	if m := adjust(t, d, unknown); m.Answered.Matched[0] != 0 {
		t.Error("a card that nobody knows got points")
	}
	if text, _ := nextDay(t, d, "2026-11-24"); text != "1,grant,300000000000001,SORRY,500\n" {
		t.Errorf("%q", text)
	}
	for _, x := range d.verify(t.Context()) {
		t.Error(x)
	}
}

func TestAdjustmentsNeedReasonAndApproval(t *testing.T) {
	d := oneSale(t)
	good := day.AdjustmentFile{
		Reason: "r", By: "a", ApprovedBy: "b", Lines: []day.AdjustmentLine{{
			Key:    strings.Repeat("0", 64),
			Points: 1,
		}},
	}
	for name, spoil := range map[string]func(a *day.AdjustmentFile){
		"no reason":     func(a *day.AdjustmentFile) { a.Reason = "" },
		"no approval":   func(a *day.AdjustmentFile) { a.ApprovedBy = "" },
		"own approval":  func(a *day.AdjustmentFile) { a.ApprovedBy = a.By },
		"nothing":       func(a *day.AdjustmentFile) { a.Lines = nil },
		"no points":     func(a *day.AdjustmentFile) { a.Lines = []day.AdjustmentLine{{Key: "00"}} },
		"nothing named": func(a *day.AdjustmentFile) { a.Lines = []day.AdjustmentLine{{Points: 1}} },
		"too many points": func(a *day.AdjustmentFile) {
			a.Lines = []day.AdjustmentLine{{
				Key:    "00",
				Points: 1e13,
			}}
		},
	} {
		a := good
		spoil(&a)
		if _, err := d.Service.OpenAdjustment(t.Context(), &a); fault.CodeOf(err) != fault.AdjustmentBad {
			t.Errorf("%s: %v", name, err)
		}
	}
	if last, err := d.Service.Last(t.Context()); err != nil || last.Run != 1 {
		t.Errorf("a run was opened: %+v %v", last, err)
	}
}

// oneSale is a ledger with one sale of 10 points.
func oneSale(t *testing.T) *Days {
	t.Helper()
	c := twoDays(t)
	c.Days = c.Days[:1]
	d := inMemory(c, day.Options{})
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func refuse(t *testing.T, d *Days, l day.AnswerLine, matched int) {
	t.Helper()
	run, err := d.runner.Answer(t.Context(), &day.AnswerFile{
		Provider: "P1", Content: hex.EncodeToString([]byte(d.now.String())), Lines: []day.AnswerLine{l},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := d.Service.Manifest(t.Context(), run.Run)
	if err != nil || m.Answered.Matched[0] != matched {
		t.Fatalf("%+v %v", m.Answered, err)
	}
}

// refusedSale is a ledger with one sale of 10 points that its provider refused.
func refusedSale(t *testing.T) (d *Days, key string) {
	t.Helper()
	d = oneSale(t)
	refuse(t, d, day.AnswerLine{Line: 1, FileNo: 1, Sequence: 1}, 1)
	hash := transaction.KeyOf("2026-11-22", "1", "1", "1")
	return d, hex.EncodeToString(hash[:])
}
