package engine

import (
	"encoding/json"
	"strings"
	"testing"

	"multipoint/shared/day"
	objects "multipoint/shared/object/memory"
	"multipoint/test/model"
)

// cappedLater is a case whose campaign X has no cap on the first day, and one per member from the second on.
const cappedLater = `{"id": "x", "masters": MASTERS, "days": [
  {"run_date": "2026-11-23", "files": [{"name": "a", "feed": "F", "arrived": "2026-11-23T02:00:00", "lines": [
   {"line": 1, "date": "2026-11-22", "store": "1", "register": "1", "receipt": "1",
    "card": "300000000000001", "incl": "1000"}]}]},
  {"run_date": "2026-11-24", "masters": CAPPED, "files": [
   {"name": "b", "feed": "F", "arrived": "2026-11-24T02:00:00", "lines": [
   {"line": 1, "date": "2026-11-23", "store": "1", "register": "1", "receipt": "2",
    "card": "300000000000001", "incl": "1000"}]}]},
  {"run_date": "2026-11-25", "files": [{"name": "c", "feed": "F", "arrived": "2026-11-25T02:00:00", "lines": [
   {"line": 1, "date": "2026-11-24", "store": "1", "register": "1", "receipt": "3",
    "card": "300000000000001", "incl": "1000"}]}]}]}`

const mastersOfX = `{"cards": [
   {"code": "P1-1", "provider": "P1", "digits": 15, "min": "300000000000000", "max": "399999999999999"}],
  "campaigns": [{"code": "X", "provider": "P1", "point_type": "CAMP",
   "give": {"kind": "fixed", "points": 10}, "caps": {}}],
  "feeds": {"F": {"excl": "same", "bad_limit": [1, 1]}}}`

// TestR14FirstCapCountsEarlierGrants: counters survive versions of the masters, also one that brings the
// first cap.
func TestR14FirstCapCountsEarlierGrants(t *testing.T) {
	text := strings.ReplaceAll(cappedLater, "MASTERS", mastersOfX)
	capped := strings.Replace(mastersOfX, `"caps": {}`, `"caps": {"member": 15}`, 1)
	text = strings.ReplaceAll(text, "CAPPED", capped)
	var c model.Case
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	want, err := model.Run(c)
	if err != nil {
		t.Fatal(err)
	}
	if got := want.Days[1].Lines[0].Total; got != 5 {
		t.Fatalf("the model gives %d points on the second day", got)
	}
	d := inMemory(&c, day.Options{})
	for _, x := range dayDifferences(d, want) {
		t.Error(x)
	}
	if v, err := d.Service.Verify(t.Context(), 2, objects.New(objects.Options{})); err != nil ||
		v.Verdict != day.Identical {
		t.Errorf("%+v %v", v, err)
	}
	for _, x := range d.verify(t.Context()) {
		t.Error(x)
	}
}
