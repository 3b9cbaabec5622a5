package engine

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/object"
	objects "multipoint/shared/object/memory"
	items "multipoint/shared/table/memory"
	"multipoint/test/model"
)

// retailerDays is a case with a sale on the first day, and on the second its return.
const retailerDays = `{"id": "x", "masters": {
  "cards": [{"code": "P1-1", "provider": "P1", "digits": 15, "min": "300000000000000",
"max": "399999999999999"}],
  "points": [{"code": "N1", "provider": "P1", "point_type": "BASE", "give": {"kind": "rate",
"num": 1, "den": 100}}],
  "feeds": {"F": {"excl": "same", "bad_limit": [1, 1]}}},
 "days": [
  {"run_date": "2026-11-23", "files": [{"name": "a", "feed": "F", "arrived": "2026-11-23T02:00:00", "lines": [
   {"line": 1, "date": "2026-11-22", "time": "13:00", "store": "1", "register": "1", "receipt": "1",
    "card": "300000000000001", "incl": "1000"}]}]},
  {"run_date": "2026-11-24", "files": [{"name": "b", "feed": "F", "arrived": "2026-11-24T02:00:00", "lines": [
   {"line": 1, "kind": "return", "date": "2026-11-23", "time": "13:00", "store": "1", "register": "1",
    "receipt": "2", "card": "300000000000001", "incl": "500", "orig_date": "2026-11-22", "orig_store": "1",
    "orig_register": "1", "orig_receipt": "1"}]}]}]}`

func twoDays(t *testing.T) *model.Case {
	t.Helper()
	var c model.Case
	if err := json.Unmarshal([]byte(retailerDays), &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// TestShreddedDaysVerifyAsChain: after a day's key is destroyed verify says so, the chain still holds, the
// next days still run, and nothing that is needed was shredded.
func TestShreddedDaysVerifyAsChain(t *testing.T) {
	c := twoDays(t)
	second := c.Days[1]
	c.Days = c.Days[:1]
	d := inMemory(c, day.Options{})
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var read dates
	if days, err := d.Service.Shred(t.Context(), read.date("2027-11-23")); len(days) != 0 || err != nil {
		t.Fatalf("the newest day was shredded: %v %v", days, err)
	}
	c.Days = append(c.Days, second)
	if err := d.prepareDay(t.Context(), &c.Days[1], &c.Masters, nil, false); err != nil {
		t.Fatal(err)
	}
	if _, err := d.day(t.Context(), &c.Days[1], &c.Masters); err != nil {
		t.Fatal(err)
	}
	days, err := d.Service.Shred(t.Context(), read.date("2026-11-23"))
	if len(days) != 1 || err != nil {
		t.Fatalf("shredded %v, %v", days, err)
	}
	if again, err := d.Service.Shred(t.Context(), read.date("2026-11-23")); len(again) != 0 || err != nil {
		t.Errorf("shredded again: %v, %v", again, err)
	}
	for run := range int64(2) { // the second read the first one's vault and members
		v, err := d.Service.Verify(t.Context(), run+1, objects.New(objects.Options{}))
		if err != nil || v.Verdict != day.NotReproducible {
			t.Errorf("run %d: %+v %v", run+1, v, err)
		}
	}
}

// TestNothingIsKeptTooLong: 180 days after a day its key is destroyed and the provider's file is gone, a day
// earlier both are there, and the newest day stays.
func TestNothingIsKeptTooLong(t *testing.T) {
	d := inMemory(twoDays(t), day.Options{})
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var read dates
	first := read.date("2026-11-23")
	files := func() (keys []string) {
		err := object.All(t.Context(), d.Objects, "outbox/", func(i object.Info) error {
			keys = append(keys, i.Key)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	if len(files()) != 2 {
		t.Fatalf("provider files: %v", files())
	}
	expectRetained(t, d, first.Add(day.KeptDays-1), day.Retained{})
	expectRetained(t, d, first.Add(day.KeptDays), day.Retained{Days: []calendar.Date{first}, Files: 1})
	if left := files(); len(left) != 1 || !strings.Contains(left[0], "00000002") {
		t.Errorf("left: %v", left)
	}
	expectRetained(t, d, first.Add(day.KeptDays), day.Retained{})
	expectRetained(t, d, first.Add(2*day.KeptDays), day.Retained{Files: 1})
}

func expectRetained(t *testing.T, d *Days, today calendar.Date, want day.Retained) {
	t.Helper()
	got, err := d.Service.Retain(t.Context(), today)
	if err != nil || !slices.Equal(got.Days, want.Days) || got.Files != want.Files {
		t.Errorf("%s: %+v, %v, want %+v", today, got, err, want)
	}
}

// TestErasedNumbersAreGone: a return of a sale whose number was erased is an error, and the ledger stays.
func TestErasedNumbersAreGone(t *testing.T) {
	c := twoDays(t)
	all := c.Days
	c.Days = all[:1]
	d := inMemory(c, day.Options{})
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Service.Erase(t.Context(), "P1", []byte("300000000000001")); err != nil {
		t.Fatal(err)
	}
	// The day after has no files; its vault leaves the number out.
	empty := model.Day{RunDate: "2026-11-24"}
	back := all[1]
	back.RunDate, back.Files[0].Arrived = "2026-11-25", "2026-11-25T02:00:00"
	c.Days = []model.Day{all[0], empty, back}
	for i := range 2 {
		if err := d.prepareDay(t.Context(), &c.Days[i+1], &c.Masters, nil, false); err != nil {
			t.Fatal(err)
		}
		if _, err := d.day(t.Context(), &c.Days[i+1], &c.Masters); err != nil {
			t.Fatal(err)
		}
	}
	var codes []fault.Code
	err := d.Service.Records(t.Context(), 3, func(_ []byte, r *ledger.Record) error {
		codes = append(codes, r.Code)
		return nil
	})
	if err != nil || len(codes) != 1 || codes[0] != fault.ReturnErased {
		t.Errorf("%v %v", codes, err)
	}
	if found := d.verify(t.Context()); len(found) > 0 {
		t.Error(found)
	}
	if err := d.Service.VerifyLedger(t.Context(), items.New(nil)); err != nil {
		t.Error(err)
	}
}
