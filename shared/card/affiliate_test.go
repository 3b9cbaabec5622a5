package card

import (
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/master"
)

func affiliates(t testing.TB, list ...master.Affiliate) *Affiliates {
	t.Helper()
	x, err := CompileAffiliates(list)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestR2AnAffiliateIsNamedByCodeOrPrefix(t *testing.T) {
	const summer = "2026-04-01..2026-09-30"
	x := affiliates(t,
		master.Affiliate{Code: "SORA", Prefixes: []string{"499999", "49998"}},
		master.Affiliate{Code: "UMI", Prefixes: []string{"49997", "3"}, Period: period(t, summer)},
		master.Affiliate{Code: "KAWA", Prefixes: []string{"499971"}, Period: period(t, "2026-10-01..")},
		master.Affiliate{Code: "UMI", Period: period(t, "2027-01-01..")},
	)
	for _, c := range []struct {
		raw, on string
		want    int32
	}{
		{"SORA", "2026-11-22", 0},
		{"sora", "2026-11-22", -1},
		{"SOR", "2026-11-22", -1},
		{"UMI", "2026-04-01", 1},
		{"UMI", "2026-10-01", -1},
		{"UMI", "2027-01-01", 3},
		{"499999******1234", "2026-11-22", 0},
		{"4999991*1234", "2026-11-22", 0},
		{"49999912345678901234*1234", "2026-11-22", 0},
		{"49998*******1234", "2026-11-22", 0},
		{"499990******1234", "2026-11-22", -1},
		{"4999********1234", "2026-11-22", -1},
		{"49999*******1234", "2026-11-22", -1},
		{"3***********1234", "2026-09-30", 1},
		{"3***********1234", "2026-10-01", -1},
		{"499971******1234", "2026-09-30", 1},
		{"499971******1234", "2026-10-01", 2},
		{"49997*******1234", "2026-10-01", -1},
		{"4999700*****1234", "2026-10-01", -1},
		{"499999", "2026-11-22", -1},
		{"499999****", "2026-11-22", -1},
		{"499999****123", "2026-11-22", -1},
		{"499999****12345", "2026-11-22", -1},
		{"499999****12*34", "2026-11-22", -1},
		{"4999-99****1234", "2026-11-22", -1},
		{"****1234", "2026-11-22", -1},
		{"", "2026-11-22", -1},
	} {
		if got := x.Find([]byte(c.raw), day(t, c.on)); got != c.want {
			t.Errorf("%q on %s is affiliate %d, want %d", c.raw, c.on, got, c.want)
		}
	}
}

func TestR2APrefixFilledWithZerosIsNotAShorterOne(t *testing.T) {
	x := affiliates(t, master.Affiliate{Code: "SORA", Prefixes: []string{"49000"}})
	if got := x.Find([]byte("49**1234"), 1); got != -1 {
		t.Errorf("49 was taken for 49000: affiliate %d", got)
	}
}

func TestR2OverlappingPrefixesAreRefused(t *testing.T) {
	for _, c := range []struct {
		first, second string
		period        string
		want          fault.Code
	}{
		{"4999", "49991", "..", fault.MasterOverlap},
		{"49991", "4999", "..", fault.MasterOverlap},
		{"4999", "4999", "2026-12-31..", fault.MasterOverlap},
		{"4999", "4999", "2027-01-01..", 0},
		{"4999", "4998", "..", 0},
		{"4999", "", "..", fault.MasterValue},
		{"4999", "49a", "..", fault.MasterValue},
		{"4999", "12345678901234567", "..", fault.MasterValue},
		{"4999", "5", "2026-02-01..2026-01-01", fault.MasterValue},
	} {
		_, err := CompileAffiliates([]master.Affiliate{
			{Code: "SORA", Prefixes: []string{c.first}, Period: period(t, "..2026-12-31")},
			{Code: "UMI", Prefixes: []string{c.second}, Period: period(t, c.period)},
		})
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s and %s %s: %v, want %v", c.first, c.second, c.period, err, c.want)
		}
	}
	twice := []master.Affiliate{{Code: "SORA"}, {Code: "SORA"}}
	if _, err := CompileAffiliates(twice); fault.CodeOf(err) != fault.MasterOverlap {
		t.Errorf("one code for two affiliates: %v", err)
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	x := affiliates(t, master.Affiliate{Code: "SORA", Prefixes: []string{"499999"}})
	for _, text := range []string{"SORA", "499999******1234"} {
		raw := []byte(text)
		if n := testing.AllocsPerRun(100, func() { x.Find(raw, 1) }); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

func BenchmarkFindAffiliate(b *testing.B) {
	b.ReportAllocs()
	x := affiliates(b, master.Affiliate{Code: "SORA", Prefixes: []string{"499999", "49998"}})
	raw := []byte("499999******1234")
	for b.Loop() {
		if x.Find(raw, 1) != 0 {
			b.Fatal("not found")
		}
	}
}
