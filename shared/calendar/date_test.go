package calendar

import (
	"encoding/json"
	"testing"
	"time"

	"multipoint/shared/fault"
)

// date makes a date that exists.
func date(t testing.TB, y, m, d int) Date {
	t.Helper()
	made, ok := Of(y, m, d)
	if !ok {
		t.Fatalf("Of(%d, %d, %d) refused", y, m, d)
	}
	return made
}

func TestEveryDayFrom1868To2200AgreesWithTheTimePackage(t *testing.T) {
	end := time.Date(2200, 12, 31, 0, 0, 0, 0, time.UTC)
	for at := time.Date(1868, 1, 1, 0, 0, 0, 0, time.UTC); !at.After(end); at = at.AddDate(0, 0, 1) {
		y, m, d := at.Year(), int(at.Month()), at.Day()
		want := Date(at.Unix() / 86_400)
		got, ok := Of(y, m, d)
		if want == 0 {
			if ok {
				t.Fatal("1970-01-01 was taken, but it means no date")
			}
			continue
		}
		if !ok || got != want {
			t.Fatalf("Of(%d, %d, %d) = %d, %v; want %d", y, m, d, got, ok, want)
		}
		if gy, gm, gd := got.YMD(); gy != y || gm != m || gd != d {
			t.Fatalf("%d.YMD() = %d, %d, %d; want %d, %d, %d", got, gy, gm, gd, y, m, d)
		}
		weekday := int(at.Weekday())
		if weekday == 0 {
			weekday = 7
		}
		if got.Weekday() != weekday {
			t.Fatalf("%s: weekday %d, want %d", got, got.Weekday(), weekday)
		}
		if text := at.Format(time.DateOnly); got.String() != text {
			t.Fatalf("String() = %s, want %s", got, text)
		}
		if _, ok := Of(y, m, d+1); ok != (at.AddDate(0, 0, 1).Day() != 1) {
			t.Fatalf("Of(%d, %d, %d) = %v", y, m, d+1, ok)
		}
	}
}

func TestEveryPlainDateIsReadAsTheTimePackageReadsIt(t *testing.T) {
	for at := date(t, 1, 1, 1); at <= date(t, 9999, 12, 31); at += 97 {
		text, _ := AppendDate(nil, YYYYMMDD, at)
		want, err := time.Parse("20060102", string(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := ParseDate(YYYYMMDD, text, 0); !ok || int64(got) != want.Unix()/86_400 {
			t.Fatalf("%s is %d, %v; want day %d", text, got, ok, want.Unix()/86_400)
		}
	}
}

func TestDaysThatDoNotExistAreRefused(t *testing.T) {
	for _, c := range [][3]int{
		{2026, 2, 29},
		{2100, 2, 29},
		{1900, 2, 29},
		{2026, 4, 31},
		{2026, 13, 1},
		{2026, 0, 1},
		{2026, 1, 0},
		{2026, 12, 32},
		{0, 1, 1},
		{10_000, 1, 1},
		{-1, 1, 1},
		{1970, 1, 1},
		{2026, -1, -1},
	} {
		if got, ok := Of(c[0], c[1], c[2]); ok {
			t.Errorf("Of(%v) = %s, want refused", c, got)
		}
	}
	date(t, 2024, 2, 29)
	date(t, 2000, 2, 29)
}

func TestTheZeroDateIsNoDate(t *testing.T) {
	var d Date
	y, m, day := d.YMD()
	if !d.IsZero() || d.String() != "" || d.Weekday() != 0 || y != 0 || m != 0 || day != 0 {
		t.Errorf("the zero date is %q, %d-%d-%d, weekday %d", d.String(), y, m, day, d.Weekday())
	}
	if date(t, 1970, 1, 2).IsZero() || date(t, 1969, 12, 31).IsZero() {
		t.Error("a day beside 1970-01-01 counts as no date")
	}
}

func TestAddCrossesMonthsAndLeapDays(t *testing.T) {
	for _, c := range []struct {
		days int
		want string
	}{{1, "2024-02-29"}, {2, "2024-03-01"}, {-59, "2023-12-31"}, {366, "2025-02-28"}} {
		if got := date(t, 2024, 2, 28).Add(c.days).String(); got != c.want {
			t.Errorf("2024-02-28 %+d days is %s, want %s", c.days, got, c.want)
		}
	}
}

func TestDatesTravelAsTextInDocuments(t *testing.T) {
	type period struct {
		From Date `json:"from,omitzero"`
		To   Date `json:"to,omitzero"`
	}
	text, err := json.Marshal(period{From: date(t, 2026, 11, 22)})
	if err != nil || string(text) != `{"from":"2026-11-22"}` {
		t.Fatalf("marshalled %s, %v", text, err)
	}
	var p period
	if err := json.Unmarshal([]byte(`{"from":"2026-11-22","to":""}`), &p); err != nil {
		t.Fatal(err)
	}
	if p.From != date(t, 2026, 11, 22) || !p.To.IsZero() {
		t.Errorf("read %s to %s", p.From, p.To)
	}
	for _, bad := range []string{"2026-11-31", "2026/11/22", "20261122", " 2026-11-22", "2026-11-22T00"} {
		var d Date
		if err := d.UnmarshalText([]byte(bad)); fault.CodeOf(err) != fault.DateBad {
			t.Errorf("%q: %v, want date.bad", bad, err)
		}
	}
}

func TestDateOfIsTheDayInJapan(t *testing.T) {
	for _, c := range []struct{ at, want string }{
		{"2026-11-22T14:59:59Z", "2026-11-22"},
		{"2026-11-22T15:00:00Z", "2026-11-23"},
		{"1965-03-01T14:59:59Z", "1965-03-01"},
		{"1965-03-01T15:00:00Z", "1965-03-02"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := DateOf(at).String(); got != c.want {
			t.Errorf("%s is %s in Japan, want %s", c.at, got, c.want)
		}
	}
}
