package calendar

import (
	"strings"
	"testing"
	"time"
)

func TestR11HoursUpTo2959(t *testing.T) {
	for _, c := range []struct{ form, text, want string }{
		{"hhmm", "2959", "29:59:00"},
		{"hhmm", "2400", "24:00:00"},
		{"hhmm", "0000", "00:00:00"},
		{"hhmmss", "295959", "29:59:59"},
		{"hh:mm", "25:30", "25:30:00"},
		{"hh:mm:ss", "25:30:59", "25:30:59"},
		{"hmm", "930", "09:30:00"},
		{"hmm", "2530", "25:30:00"},
		{"hmm", "5", "00:05:00"},
		{"hmm", "30", "00:30:00"},
		{"any", "930", "09:30:00"},
		{"", "0930", "09:30:00"},
		{"any", "093015", "09:30:15"},
		{"any", "9:30", "09:30:00"},
		{"any", "09:30", "09:30:00"},
		{"any", "9:30:15", "09:30:15"},
		{"any", "29:59:59", "29:59:59"},
		{"any", "２５：３０", "25:30:00"},
		{"any", "２５３０", "25:30:00"},
	} {
		form, ok := ClockFormOf(c.form)
		if !ok {
			t.Fatalf("no form %q", c.form)
		}
		if got, ok := ParseClock(form, []byte(c.text)); !ok || got.String() != c.want {
			t.Errorf("%s %q is %s, %v; want %s", c.form, c.text, got, ok, c.want)
		}
	}
}

func TestR11TimesThatDoNotExistAreRefused(t *testing.T) {
	for form, texts := range map[string]string{
		"hhmm":     "3000 2960 930 09300 9:30 -930 2a00 ００００",
		"hhmmss":   "300000 236000 235960 2359 9300",
		"hh:mm":    "30:00 25:60 9:30 2530 09:3 09-30 09:300 09::3",
		"hh:mm:ss": "30:00:00 09:30 09:30:60 9:30:15 09:30-15",
		"hmm":      "960 3000 09300 093000 9:30",
		"any": "3000 30:00 960 9 30 93015 25:3 2:5:3 09:3015 9:30:1 25:30:5 24:00:00:00 12時30分 :930 " +
			"９９９９９９９９９ +9:3",
	} {
		f, _ := ClockFormOf(form)
		for _, text := range append(strings.Fields(texts), "", " ", "\xff\xff\xff\xff") {
			if got, ok := ParseClock(f, []byte(text)); ok || got != NoTime {
				t.Errorf("%s %q is %s, want refused", form, text, got)
			}
		}
	}
}

func TestR11LateHoursBelongToTheDateTheyAreWrittenWith(t *testing.T) {
	clock, ok := ParseClock(HHMMColon, []byte("25:30"))
	if !ok {
		t.Fatal("25:30 refused")
	}
	at := At(date(t, 2026, 11, 22), clock)
	if got := at.Format(time.RFC3339); got != "2026-11-23T01:30:00+09:00" {
		t.Errorf("2026-11-22 25:30 is %s", got)
	}
	if got := at.UTC().Format(time.RFC3339); got != "2026-11-22T16:30:00Z" {
		t.Errorf("2026-11-22 25:30 is %s", got)
	}
	if got := At(date(t, 2026, 11, 22), NoTime).Format(time.RFC3339); got != "2026-11-22T00:00:00+09:00" {
		t.Errorf("no time is %s", got)
	}
	if NoTime.String() != "" {
		t.Errorf("no time is written %q", NoTime.String())
	}
}

func TestTimesAreWrittenInTheirForm(t *testing.T) {
	clock := Clock(9*3600 + 5*60 + 7)
	for form, want := range map[ClockForm]string{
		AnyClock: "09:05:07", HHMM: "0905", HHMMSS: "090507", HHMMColon: "09:05",
		HHMMSSColon: "09:05:07", HMM: "0905",
	} {
		if got, ok := AppendClock([]byte("<"), form, clock); !ok || string(got) != "<"+want {
			t.Errorf("form %d: %q, want %q", form, got, want)
		}
		for _, none := range []Clock{NoTime, clockEnd} {
			if got, ok := AppendClock(nil, form, none); ok || len(got) > 0 {
				t.Errorf("form %d wrote %q for %d", form, got, none)
			}
		}
	}
}

func TestEverySecondRoundTrips(t *testing.T) {
	var room [8]byte
	for c := range Clock(clockEnd) {
		for _, form := range []ClockForm{AnyClock, HHMMSS, HHMMSSColon} {
			text, _ := AppendClock(room[:0], form, c)
			if got, ok := ParseClock(form, text); !ok || got != c {
				t.Fatalf("%d is written %q, read back as %d", c, text, got)
			}
		}
	}
}

func FuzzParseClock(f *testing.F) {
	for _, seed := range []string{"2530", "25:30", "253000", "25:30:59", "930", "９：３０"} {
		f.Add([]byte(seed), uint8(len(seed)))
	}
	f.Fuzz(func(t *testing.T, text []byte, form uint8) {
		fm := ClockForm(form % 7)
		c, ok := ParseClock(fm, text)
		if !ok {
			if c != NoTime {
				t.Fatalf("refused, but gave %d", c)
			}
			return
		}
		written, ok := AppendClock(nil, fm, c)
		back, read := ParseClock(fm, written)
		if !ok || !read || back != c {
			t.Fatalf("%q in form %d gave %d, written %q, read back as %d", text, fm, c, written, back)
		}
		if fm != AnyClock && fm != HMM && string(written) != string(text) {
			t.Fatalf("%q in form %d was written %q", text, fm, written)
		}
	})
}

func BenchmarkParseClock(b *testing.B) {
	b.ReportAllocs()
	text := []byte("25:30:15")
	for b.Loop() {
		if _, ok := ParseClock(AnyClock, text); !ok {
			b.Fatal("refused")
		}
	}
}
