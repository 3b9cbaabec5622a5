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
	text = strings.ReplaceAll(text, "CAPPED", capOf("15"))
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

// cappedAgain runs three days of X: capped at 15 a member, without a cap, capped at 25.
const cappedAgain = `{"id": "x", "masters": CAPPED15, "days": [
  {"run_date": "2026-11-23", "files": [{"name": "a", "feed": "F", "arrived": "2026-11-23T02:00:00", "lines": [
   {"line": 1, "date": "2026-11-22", "store": "1", "register": "1", "receipt": "1",
    "card": "300000000000001", "incl": "1000"}]}]},
  {"run_date": "2026-11-24", "masters": FREE, "files": [
   {"name": "b", "feed": "F", "arrived": "2026-11-24T02:00:00", "lines": [
   {"line": 1, "date": "2026-11-23", "store": "1", "register": "1", "receipt": "2",
    "card": "300000000000001", "incl": "1000"}]}]},
  {"run_date": "2026-11-25", "masters": CAPPED25, "files": [
   {"name": "c", "feed": "F", "arrived": "2026-11-25T02:00:00", "lines": [
   {"line": 1, "date": "2026-11-24", "store": "1", "register": "1", "receipt": "3",
    "card": "300000000000001", "incl": "1000"}]}]}]}`

// capOf gives the masters of X with a cap per member.
func capOf(points string) string {
	return strings.Replace(mastersOfX, `"caps": {}`, `"caps": {"member": `+points+`}`, 1)
}

// TestR14CapThatWasAwayCountsOn: what a campaign gave while it had no cap counts when it has one again.
func TestR14CapThatWasAwayCountsOn(t *testing.T) {
	text := strings.NewReplacer("CAPPED15", capOf("15"), "FREE", mastersOfX, "CAPPED25", capOf("25")).
		Replace(cappedAgain)
	var c model.Case
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	want, err := model.Run(c)
	if err != nil {
		t.Fatal(err)
	}
	if got := want.Days[2].Lines[0].Total; got != 5 {
		t.Fatalf("the model gives %d points on the third day", got)
	}
	d := inMemory(&c, day.Options{})
	for _, x := range dayDifferences(d, want) {
		t.Error(x)
	}
	for _, x := range d.verify(t.Context()) {
		t.Error(x)
	}
}

// TestR14AnswerBeforeTheFirstCapCountsOnce: an answer whose masters cap the campaign already, before any day
// with them, leaves counting to that day.
func TestR14AnswerBeforeTheFirstCapCountsOnce(t *testing.T) {
	text := strings.ReplaceAll(cappedLater, "MASTERS", mastersOfX)
	text = strings.ReplaceAll(text, "CAPPED", capOf("15"))
	var c model.Case
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	second := c.Days[1]
	c.Days = c.Days[:1]
	d := inMemory(&c, day.Options{})
	if _, err := d.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Days = append(c.Days, second)
	set, err := d.masters(second.Masters)
	if err != nil {
		t.Fatal(err)
	}
	var read dates
	if _, err := d.Service.PublishMasters(t.Context(), set, read.date(second.RunDate)); err != nil {
		t.Fatal(err)
	}
	refuse(t, d, day.AnswerLine{Line: 1, FileNo: 1, Sequence: 1}, 1)
	if err := d.prepareDay(t.Context(), &second, second.Masters, nil, false); err != nil {
		t.Fatal(err)
	}
	if _, err := d.day(t.Context(), &second, second.Masters); err != nil {
		t.Fatal(err)
	}
	// Of 10 refused nothing counts; the second day gave 10 of 15.
	third := second
	third.RunDate, third.Masters = "2026-11-25", nil
	third.Files = append([]model.File(nil), second.Files...)
	third.Files[0].Name, third.Files[0].Arrived = "c", "2026-11-25T02:00:00"
	third.Files[0].Lines = append([]model.Line(nil), second.Files[0].Lines...)
	third.Files[0].Lines[0].Receipt = "3"
	c.Days = append(c.Days, third)
	if err := d.prepareDay(t.Context(), &third, second.Masters, nil, false); err != nil {
		t.Fatal(err)
	}
	res, err := d.day(t.Context(), &third, second.Masters)
	if err != nil || len(res.Lines) != 1 || res.Lines[0].Total != 5 {
		t.Errorf("%+v %v, want 5 points", res.Lines, err)
	}
	for _, x := range d.verify(t.Context()) {
		t.Error(x)
	}
}
