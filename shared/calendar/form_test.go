package calendar

import (
	"strings"
	"testing"
)

// near is the run's date of these tests.
const near = "2026-11-22"

func parse(t testing.TB, form, text, near string) (Date, bool) {
	t.Helper()
	f, ok := FormOf(form)
	if !ok {
		t.Fatalf("no form %q", form)
	}
	day, ok := ParseDate(Dashed, []byte(near), 0)
	if !ok {
		t.Fatalf("near %q", near)
	}
	return ParseDate(f, []byte(text), day)
}

func TestDatesAreReadInTheirForm(t *testing.T) {
	for _, c := range []struct{ form, text, want string }{
		{"", "20261122", "2026-11-22"},
		{"yyyymmdd", "20240229", "2024-02-29"},
		{"yyyy-mm-dd", "2026-11-22", "2026-11-22"},
		{"yyyy/mm/dd", "2026/11/22", "2026-11-22"},
		{"yymmdd", "261122", "2026-11-22"},
		{"yymmdd", "991231", "2099-12-31"},
		{"gyymmdd", "5081122", "2026-11-22"},
		{"gyymmdd", "4310430", "2019-04-30"},
		{"gyymmdd", "5010501", "2019-05-01"},
		{"gyy.mm.dd", "R08.11.22", "2026-11-22"},
		{"gyy.mm.dd", "H31.04.30", "2019-04-30"},
		{"gyy.mm.dd", "R01.05.01", "2019-05-01"},
		{"gyy.mm.dd", "H01.01.08", "1989-01-08"},
		{"gyy.mm.dd", "S64.01.07", "1989-01-07"},
		{"gyy.mm.dd", "S01.12.25", "1926-12-25"},
		{"gyy.mm.dd", "T15.12.24", "1926-12-24"},
		{"gyy.mm.dd", "T01.07.30", "1912-07-30"},
		{"gyy.mm.dd", "M45.07.29", "1912-07-29"},
		{"gyy.mm.dd", "M06.01.01", "1873-01-01"},
		{"wareki", "081122", "2026-11-22"},
		{"any", "20261122", "2026-11-22"},
		{"any", "2026-1-2", "2026-01-02"},
		{"any", "2026/11/2", "2026-11-02"},
		{"any", "2026/1/22", "2026-01-22"},
		{"any", "2026-11-22", "2026-11-22"},
		{"any", "R08.11.22", "2026-11-22"},
		{"any", "２０２６１１２２", "2026-11-22"},
		{"any", "２０２６／１／２", "2026-01-02"},
		{"any", "２０２６－１１－２２", "2026-11-22"},
		{"any", "Ｒ０８．１１．２２", "2026-11-22"},
	} {
		if got, ok := parse(t, c.form, c.text, near); !ok || got.String() != c.want {
			t.Errorf("%s %q is %s, %v; want %s", c.form, c.text, got, ok, c.want)
		}
	}
}

func TestDatesThatCannotBeReadExactlyAreRefused(t *testing.T) {
	for form, texts := range map[string]string{
		"yyyymmdd": "0 2026112 202611222 2026112a 2026:122 20260229 00000000 99999999 20261301 19700101 " +
			"２０２６１１２２",
		"yyyy-mm-dd": "2026-1-22 2026/11/22 2026-11/22 2026-11-2 2026-11-31 2026-11-223 +026-11-22",
		"yyyy/mm/dd": "2026-11-22 2026/1/22 2026/02/29",
		"yymmdd":     "26112 2611222 260229 26-122",
		"gyymmdd":    "6010101 0010101 4310501 5010430 5000101 508112 50811222 R081122 1051231",
		"gyy.mm.dd": "H31.05.01 R01.04.30 S64.01.08 H01.01.07 S01.12.24 T15.12.25 M45.07.30 M05.12.31 " +
			"R00.01.01 r08.11.22 X08.11.22 R8.11.22 R08-11-22 R08.11.2 R08.02.29",
		"wareki": "310501 990101 000101 08112 0811222",
		"mmdd":   "1131 0000 112 11222 0229",
		"any": "2026-11/22 2026-11- 2026-1122 2026--1-1 2026-111-1 2026-1-111 26-11-22 081122 " +
			"R08.11.2 2026 2026年11月22日 20261122235959 ２０２６１１２２２３５９５９ 2026-13-1",
	} {
		for _, text := range append(strings.Fields(texts), "", " ", "\xff\xff\xff\xff\xff\xff\xff\xff") {
			if got, ok := parse(t, form, text, near); ok {
				t.Errorf("%s %q is %s, want refused", form, text, got)
			}
		}
	}
}

func TestWarekiWithoutAnEraIsTheOneNearTheRun(t *testing.T) {
	for _, c := range []struct{ near, text, want string }{
		{"2019-05-01", "310430", "2019-04-30"},
		{"2019-05-01", "010501", "2019-05-01"},
		{"2019-04-30", "010501", "2019-05-01"},
		{"1989-01-08", "640107", "1989-01-07"},
		{"2026-11-22", "131122", "2031-11-22"},
		{"2026-11-22", "131123", ""},
		{"2026-11-22", "031122", "2021-11-22"},
		{"2026-11-22", "031121", ""},
		{"2026-11-22", "300101", ""},
	} {
		got, ok := parse(t, "wareki", c.text, c.near)
		if got.String() != c.want || ok != (c.want != "") {
			t.Errorf("%s near %s is %s, %v; want %q", c.text, c.near, got, ok, c.want)
		}
	}
	if _, ok := ParseDate(Wareki, []byte("081122"), 0); ok {
		t.Error("an era was chosen without a date to be near to")
	}
}

func TestMonthAndDayTakeTheYearNearestToTheRun(t *testing.T) {
	for _, c := range []struct{ near, text, want string }{
		{"2026-12-31", "0105", "2027-01-05"},
		{"2027-01-05", "1231", "2026-12-31"},
		{"2026-11-22", "1122", "2026-11-22"},
		{"2026-07-01", "0101", "2026-01-01"},
		{"2026-07-03", "0101", "2027-01-01"},
		{"2024-07-02", "0101", "2024-01-01"}, // 183 days both ways: the earlier
		{"2024-03-01", "0229", "2024-02-29"},
		{"2026-03-01", "0229", ""},
		{"2025-01-15", "0229", ""},
	} {
		got, ok := parse(t, "mmdd", c.text, c.near)
		if got.String() != c.want || ok != (c.want != "") {
			t.Errorf("%s near %s is %s, %v; want %q", c.text, c.near, got, ok, c.want)
		}
	}
	if _, ok := ParseDate(MMDD, []byte("1122"), 0); ok {
		t.Error("a year was chosen without a date to be near to")
	}
}

func TestDatesAreWrittenInTheirForm(t *testing.T) {
	for _, c := range []struct{ form, date, want string }{
		{"yyyymmdd", "2026-11-02", "20261102"},
		{"yyyy-mm-dd", "2026-11-02", "2026-11-02"},
		{"yyyy/mm/dd", "2026-11-02", "2026/11/02"},
		{"yymmdd", "2026-11-02", "261102"},
		{"gyymmdd", "2026-11-22", "5081122"},
		{"gyymmdd", "2019-04-30", "4310430"},
		{"gyy.mm.dd", "2019-05-01", "R01.05.01"},
		{"wareki", "2019-04-30", "310430"},
		{"mmdd", "2026-01-05", "0105"},
		{"any", "2026-11-02", "2026-11-02"},
		{"yymmdd", "1999-12-31", ""},
		{"yymmdd", "2100-01-01", ""},
		{"gyymmdd", "1872-12-31", ""},
		{"wareki", "2118-01-01", ""},
	} {
		d, ok := ParseDate(Dashed, []byte(c.date), 0)
		if !ok {
			t.Fatal(c.date)
		}
		form, _ := FormOf(c.form)
		got, ok := AppendDate([]byte("<"), form, d)
		if string(got) != "<"+c.want || ok != (c.want != "") {
			t.Errorf("%s as %s is %q, %v; want %q", c.date, c.form, got, ok, c.want)
		}
	}
	for form := YYYYMMDD; form <= Any+1; form++ {
		if got, ok := AppendDate(nil, form, 0); ok || len(got) > 0 {
			t.Errorf("no date in form %d is %q", form, got)
		}
	}
}

func TestUnknownFormsAreNamed(t *testing.T) {
	if _, ok := FormOf("ddmmyyyy"); ok {
		t.Error("form ddmmyyyy was taken")
	}
	if _, ok := ClockFormOf("h"); ok {
		t.Error("clock form h was taken")
	}
	if _, ok := ParseDate(Any+1, []byte("20261122"), 0); ok {
		t.Error("a form that does not exist read a date")
	}
}

func TestDatesRoundTripInEveryForm(t *testing.T) {
	for d := date(t, 1873, 1, 1); d <= date(t, 2117, 12, 31); d += 3 {
		if d == 0 {
			continue
		}
		for form := YYYYMMDD; form <= Any; form++ {
			text, ok := AppendDate(nil, form, d)
			if form == YYMMDD && !ok {
				continue
			}
			if back, read := ParseDate(form, text, d); !ok || !read || back != d {
				t.Fatalf("%s in form %d is %q, read back as %s, %v", d, form, text, back, read)
			}
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"20261122", "2026-1-2", "R08.11.22", "5081122", "310430", "２０２６／１／２"} {
		f.Add([]byte(seed), uint8(len(seed)), int32(20_779))
	}
	f.Fuzz(func(t *testing.T, text []byte, form uint8, nearDay int32) {
		fm, by := Form(form%10), Date(nearDay%4_000_000)
		d, ok := ParseDate(fm, text, by)
		if !ok {
			if d != 0 {
				t.Fatalf("refused, but gave %d", d)
			}
			return
		}
		y, m, day := d.YMD()
		if again, ok := Of(y, m, day); !ok || again != d {
			t.Fatalf("%q in form %d gave %d, which is no day", text, fm, d)
		}
		written, ok := AppendDate(nil, fm, d)
		if !ok {
			t.Fatalf("%q in form %d gave %s, which cannot be written", text, fm, d)
		}
		if back, ok := ParseDate(fm, written, by); !ok || back != d {
			t.Fatalf("%q in form %d gave %s, written %q, read back as %s", text, fm, d, written, back)
		}
		if fm != Any && string(written) != string(text) {
			t.Fatalf("%q in form %d was written %q", text, fm, written)
		}
	})
}

func BenchmarkParseDate(b *testing.B) {
	day := date(b, 2026, 11, 22)
	for _, c := range []struct{ form, text string }{
		{"yyyymmdd", "20261122"},
		{"yyyy-mm-dd", "2026-11-22"},
		{"any", "2026/11/22"},
		{"gyy.mm.dd", "R08.11.22"},
		{"wareki", "081122"},
		{"mmdd", "1122"},
	} {
		b.Run(strings.ReplaceAll(c.form, "/", "."), func(b *testing.B) {
			b.ReportAllocs()
			form, _ := FormOf(c.form)
			text := []byte(c.text)
			for b.Loop() {
				if got, ok := ParseDate(form, text, day); !ok || got != day {
					b.Fatal(got)
				}
			}
		})
	}
}

func BenchmarkAppendDate(b *testing.B) {
	b.ReportAllocs()
	day := date(b, 2026, 11, 22)
	var room [16]byte
	for b.Loop() {
		day.AppendTo(room[:0])
	}
}
