package engine

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"multipoint/shared/rating"
	"multipoint/test/model"
)

// run runs a case given as JSON and gives its first day.
func run(t *testing.T, text string) model.DayResult {
	t.Helper()
	var c model.Case
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	got, _, err := Run(&c, rating.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return got.Days[0]
}

// day makes a case of one day with one file of lines; masters are added to a card range and a rule of 1 %.
func dayOf(feed, campaigns string, lines ...string) string {
	for i := range lines {
		head := `{"line": ` + strconv.Itoa(i+1) + `, "date": "2026-11-22", "store": "S1", "register": "01", `
		lines[i] = strings.Replace(lines[i], "{", head, 1)
	}
	return `{"masters": {
		"cards": [{"code": "C", "provider": "P1", "digits": 15,
			"min": "300000000000000", "max": "399999999999999"}],
		"points": [{"code": "N", "provider": "P1", "point_type": "BASE",
			"give": {"kind": "rate", "num": 1, "den": 100}}],
		"campaigns": [` + campaigns + `],
		"feeds": {"F": {"bad_limit": [1, 1], "excl": "same"` + feed + `}}},
		"days": [{"run_date": "2026-11-23", "files": [{"name": "f", "feed": "F",
		"arrived": "2026-11-23T02:00:00",
		"lines": [` + strings.Join(lines, ",\n") + `]}]}]}`
}

// outcomes gives status and reason or points of each line.
func outcomes(d model.DayResult) (out []string) {
	for _, l := range d.Lines {
		switch {
		case len(l.Reasons) > 0:
			out = append(out, strings.Join(l.Reasons, "+"))
		default:
			points, err := json.Marshal(l.Total)
			if err != nil {
				out = append(out, err.Error())
			}
			out = append(out, l.Status+" "+string(points))
		}
	}
	return out
}

func expect(t *testing.T, d model.DayResult, want ...string) {
	t.Helper()
	if got := strings.Join(outcomes(d), ", "); got != strings.Join(want, ", ") {
		t.Errorf("got  %s\nwant %s", got, strings.Join(want, ", "))
	}
}

// TestR6AReturnThatNamesNoSaleMeetsOneThatNamesItsPlace: both have the same key, so the second is a conflict,
// though only one of them names an original (decision 1).
func TestR6AReturnThatNamesNoSaleMeetsOneThatNamesItsPlace(t *testing.T) {
	d := run(t, dayOf(`, "unknown_original": "compute", "key_fields": ["date", "store", "receipt"]`, "",
		`{"kind": "return", "time": "10:00", "card": "300000000000001", "incl": "100"}`,
		`{"kind": "return", "time": "11:00", "card": "300000000000001", "incl": "200",
			"orig_date": "2026-11-22", "orig_store": "S1"}`))
	expect(t, d, "rated -1", "transaction.conflict")
}

// TestR6BucketsChangeNothing spreads sales and their returns over many buckets.
func TestR6BucketsChangeNothing(t *testing.T) {
	var lines, want []string
	for _, r := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		lines = append(lines,
			`{"time": "10:00", "receipt": "`+r+`", "card": "300000000000001", "incl": "1000"}`,
			`{"kind": "return", "time": "09:00", "receipt": "9`+r+`", "card": "300000000000001",
				"incl": "300", "orig_date": "2026-11-22", "orig_store": "S1", "orig_register": "01",
				"orig_receipt": "`+r+`"}`)
		want = append(want, "rated 10", "rated -3")
	}
	expect(t, run(t, dayOf("", "", lines...)), want...)
}

// TestR12EarlierTransactionsPassTheCapFirst: the place in the file does not matter, the time does.
func TestR12EarlierTransactionsPassTheCapFirst(t *testing.T) {
	capped := `{"code": "X", "provider": "P1", "point_type": "CAMP", "give": {"kind": "fixed", "points": 100},
		"caps": {"campaign": 150}}`
	d := run(t, dayOf("", capped,
		`{"time": "25:30", "receipt": "1", "card": "300000000000001", "incl": "0"}`,
		`{"time": "09:00", "receipt": "2", "card": "300000000000001", "incl": "0"}`,
		`{"receipt": "3", "card": "300000000000001", "incl": "0"}`))
	expect(t, d, "rated 0", "rated 50", "rated 100")
}

// TestR12ReturnsComeAfterAllSales takes a return at 00:00 after its sale at 23:00.
func TestR12ReturnsComeAfterAllSales(t *testing.T) {
	d := run(t, dayOf("", "",
		`{"kind": "cancel", "receipt": "8", "card": "300000000000001",
			"orig_date": "2026-11-22", "orig_store": "S1", "orig_register": "01", "orig_receipt": "1"}`,
		`{"time": "23:00", "receipt": "1", "card": "300000000000001", "incl": "1000"}`))
	expect(t, d, "rated -10", "rated 10")
}

// TestR18OneReasonForEachError: key before return errors, limit before card.
func TestR18OneReasonForEachError(t *testing.T) {
	big := `{"code": "X", "point_type": "CAMP", "give": {"kind": "rate", "num": 1000000, "den": 1}}`
	sale := `"orig_date": "2026-11-22", "orig_store": "S1", "orig_register": "01", "orig_receipt": `
	d := run(t, dayOf(`, "unknown_original": "compute"`, big,
		`{"time": "10:00", "receipt": "1", "card": "300000000000001", "incl": "100"}`,
		`{"time": "11:00", "receipt": "1", "card": "300000000000001", "incl": "1000000000000"}`,
		`{"time": "12:00", "receipt": "2", "card": "300000000000001", "incl": "1000000000000"}`,
		`{"kind": "return", "time": "12:00", "card": "300000000000001", "incl": "50", `+sale+`"1"}`,
		`{"kind": "return", "time": "13:00", "card": "300000000000001", "incl": "999", `+sale+`"1"}`,
		`{"kind": "return", "time": "13:00", "receipt": "3", "incl": "50", `+sale+`"77"}`,
		`{"kind": "return", "time": "13:00", "receipt": "4", "incl": "51", `+sale+`"1"}`))
	expect(t, d, "rated 100000001", "transaction.conflict", "points.limit", "rated -50000000",
		"transaction.conflict", "card.missing", "return.exceeds_sale")
}

// TestR22StagesAddUp counts each line once, at its stage, with its yen.
func TestR22StagesAddUp(t *testing.T) {
	d := run(t, dayOf("", "",
		`{"time": "10:00", "receipt": "1", "card": "300000000000001", "incl": "1000"}`,
		`{"time": "10:00", "receipt": "1", "card": "300000000000001", "incl": "1000"}`,
		`{"time": "11:00", "receipt": "2", "card": "300000000000001", "incl": "1"}`,
		`{"time": "11:00", "receipt": "3", "card": "1234", "incl": "7"}`,
		`{"kind": "cancel", "receipt": "4", "incl": "400", "orig_date": "2026-11-22", "orig_store": "S1",
			"orig_register": "01", "orig_receipt": "1"}`,
		`{"kind": "return", "receipt": "5", "card": "300000000000001", "incl": "5"}`))
	want := model.Totals{
		Lines: 6, Bad: 1, Good: model.Stage{Lines: 5, YenSales: 2001, YenReturns: 405},
		Duplicates:   model.Stage{Lines: 1, YenSales: 1000},
		RatingErrors: model.Stage{Lines: 1, YenReturns: 5},
		Rated:        model.Stage{Lines: 3, YenSales: 1001, YenReturns: 400},
		Points:       map[string]map[string]model.Sums{"P1": {"BASE": {Plus: 10, Minus: -10}}},
		Entries:      map[string]model.Flow{"P1": {Grants: 2, Returns: 1, Sent: 2, ZeroPoint: 1}},
	}
	got, err := json.Marshal(d.Totals)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(text) {
		t.Errorf("got  %s\nwant %s", got, text)
	}
}
