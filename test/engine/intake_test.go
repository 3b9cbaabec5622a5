package engine

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/object"
	"multipoint/test/model"
)

// paymentCard is a number with the check digit and length of a payment card, made up here.
func paymentCard() string {
	digits := "4" + strings.Repeat("01", 7)
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + string(rune('0'+(10-sum%10)%10))
}

// upload takes a file of one line in and gives the world, the record and the file's bytes.
func upload(t *testing.T, name, note string, o day.Options) (*Days, *day.Arrival, error) {
	t.Helper()
	c := twoDays(t)
	f := &c.Days[0].Files[0]
	f.Lines[0].Note = note
	d := inMemory(c, o)
	if err := d.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	in := model.Day{RunDate: c.Days[0].RunDate}
	if err := d.prepareDay(t.Context(), &in, &c.Masters, nil, true); err != nil {
		t.Fatal(err)
	}
	feed := c.Masters.Feeds[f.Feed]
	text, _, err := Bytes(f, &feed, Encoding(f))
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.Service.TakeIn(t.Context(), day.Upload{
		ID: "x", Name: name, Feed: variant(f), Arrived: d.now.Add(-time.Hour), Body: bytes.NewReader(text),
	})
	return d, a, err
}

// TestR2PaymentCardIsQuarantined: a file with the number of a payment card in a field that is none of those
// declared is kept, sealed, and no run takes it; nothing that is kept in the clear holds the number.
func TestR2PaymentCardIsQuarantined(t *testing.T) {
	number := paymentCard()
	d, a, err := upload(t, "a.csv", "card "+number, day.Options{})
	if err != nil || a.Takes() || a.Refused.Code != fault.FileCardNumber || a.Refused.Line != 2 ||
		a.Refused.Field != "note" {
		t.Fatalf("%+v %v", a, err)
	}
	if len(a.Chunks) == 0 {
		t.Error("the file is not kept")
	}
	_, m := nextDay(t, d, "2026-11-23")
	if len(m.Files) != 0 {
		t.Errorf("a run took it: %+v", m.Files)
	}
	err = object.All(t.Context(), d.Objects, "", func(i object.Info) error {
		b, err := object.ReadAll(t.Context(), d.Objects, i.Key, 1<<24)
		if bytes.Contains(b, []byte(number)) {
			t.Errorf("%s holds the number", i.Key)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	// The last digit makes it no payment card's.
	if _, a, err := upload(t, "a.csv", "card "+number[:15]+string(number[15]^1), day.Options{}); err != nil ||
		!a.Takes() {
		t.Errorf("%+v %v", a, err)
	}
}

func TestIntakeRefusesWhatIsTooLarge(t *testing.T) {
	if _, a, err := upload(t, "a.csv", "", day.Options{MaxUpload: 20}); err != nil || a.Takes() ||
		a.Refused.Code != fault.FileTooLarge {
		t.Errorf("%+v %v", a, err)
	}
}

func TestIntakeRefusesNames(t *testing.T) {
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "a\nb", "\x7f", strings.Repeat("x", 201)} {
		if _, _, err := upload(t, name, "", day.Options{}); fault.CodeOf(err) != fault.FileName {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, a, err := upload(t, "売上 2026.csv", "", day.Options{}); err != nil || !a.Takes() {
		t.Errorf("%+v %v", a, err)
	}
}
