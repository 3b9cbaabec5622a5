package main

import (
	"encoding/json"
	"flag"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"multipoint/shared/table"
	"multipoint/shared/table/memory"
)

var update = flag.Bool("update", false, "write what is counted into testdata")

// Budgets in USD.
const (
	mostOfDay      = 2.00 // a day of 1 M lines, without mails
	mostOfCompute  = 0.05 // of that Lambda
	mostOfSmallDay = 0.05 // a day of 10,000 lines
)

// TestCountsStay holds what a day of 20,000 lines asks for, and what of that each function does. Whoever
// changes a number on purpose runs the test with -update and looks at the difference.
func TestCountsStay(t *testing.T) {
	d, err := Count(t.Context(), t.TempDir(), Spec{Lines: 20_000, Members: usualMembers})
	if err != nil {
		t.Fatal(err)
	}
	kept := struct {
		Day       Counts            `json:"day"`
		Functions map[string]Counts `json:"functions"`
	}{d.Counts, map[string]Counts{}}
	for name, s := range d.Steps {
		kept.Functions[name] = s.Counts
	}
	got, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", "day.json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("a day asks for something else than before (-update writes it):\n%s", differing(got, want))
	}
}

// differing gives the lines that are not the same.
func differing(got, want []byte) string {
	var out strings.Builder
	after, before := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(after), len(before)) {
		var a, b string
		if i < len(after) {
			a = after[i]
		}
		if i < len(before) {
			b = before[i]
		}
		if a != b {
			out.WriteString("line " + strconv.Itoa(i+1) + ": got " + a + ", was " + b + "\n")
		}
	}
	return out.String()
}

func TestSmallDayIsWithinItsBudget(t *testing.T) {
	wantWithin(t, 10_000, mostOfSmallDay)
}

// TestLargeDayIsWithinItsBudget counts a day of a million lines, which takes some minutes.
func TestLargeDayIsWithinItsBudget(t *testing.T) {
	if os.Getenv("MULTIPOINT_FULL") == "" {
		t.Skip("a million lines are counted with MULTIPOINT_FULL=1")
	}
	d := wantWithin(t, 1_000_000, mostOfDay)
	if usd := d.Compute(); usd > mostOfCompute {
		t.Errorf("compute costs %.4f USD, at most %.2f", usd, mostOfCompute)
	}
}

func wantWithin(t *testing.T, lines int64, most float64) *Day {
	t.Helper()
	d, err := Count(t.Context(), t.TempDir(), Spec{Lines: lines, Members: membersOf(lines)})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + billTable([]*Day{d}))
	if usd := d.Sum(ofDay); usd > most {
		t.Errorf("a day of %d lines costs %.4f USD, at most %.2f", lines, usd, most)
	}
	return d
}

func TestRequestsHaveTheirClass(t *testing.T) {
	for _, c := range []struct {
		method, query string
		want          Counts
	}{
		{"PUT", "", Counts{ObjectWrites: 1}},
		{"POST", "uploads", Counts{ObjectWrites: 1}},
		{"PUT", "partNumber=1&uploadId=x", Counts{ObjectWrites: 1}},
		{"GET", "list-type=2&prefix=a", Counts{ObjectWrites: 1}},
		{"GET", "x-id=GetObject", Counts{ObjectReads: 1}},
		{"HEAD", "", Counts{ObjectReads: 1}},
		{"DELETE", "uploadId=x", Counts{ObjectDeletes: 1}},
	} {
		var got Counts
		countObject(&got, &http.Request{Method: c.method, URL: &url.URL{RawQuery: c.query}})
		if got != c.want {
			t.Errorf("%s ?%s: got %+v, want %+v", c.method, c.query, got, c.want)
		}
	}
}

// item has n bytes of body and, if place is given, an entry in the first index.
func item(n int, place string) table.Item {
	i := table.Item{Key: table.Key{Partition: "p", Sort: "s"}, Body: []byte(strings.Repeat("x", n))}
	if place != "" {
		i.Index[0] = table.Key{Partition: place, Sort: "s"}
	}
	return i
}

// TestUnits says what DynamoDB's manual does; that of entries in indexes is tried in shared/table/dynamo.
func TestUnits(t *testing.T) {
	m := &meter{}
	u := &units{Table: memory.New(nil), meter: m}
	ctx := t.Context()
	key := item(0, "").Key
	versioned := item(100, "")
	versioned.Version = 1
	for _, c := range []struct {
		what string
		do   func() error
		want Counts
	}{
		{"an absent item is read", func() error {
			_, _, err := u.Get(ctx, key)
			return err
		}, Counts{TableReads: 2, TableRequests: 1}},
		{"a small one is put, with an entry", func() error {
			return u.BatchPut(ctx, []table.Item{item(900, "a")})
		}, Counts{TableWrites: 1, IndexWrites: 1, TableRequests: 1}},
		{"again at the same place", func() error {
			return u.Put(ctx, item(900, "a"), table.Always)
		}, Counts{TableWrites: 1, TableRequests: 1}},
		{"at another place, and larger", func() error {
			return u.Put(ctx, item(5000, "b"), table.Always)
		}, Counts{TableWrites: 5, IndexWrites: 2, TableRequests: 1}},
		{"two units are read, in one request", func() error {
			return u.BatchGet(ctx, []table.Key{key, key}, func(int, table.Item, bool) error { return nil })
		}, Counts{TableReads: 4, TableRequests: 1}},
		{"a page of the index", func() error {
			_, err := u.Query(ctx, table.Query{Index: 1, Partition: "b"})
			return err
		}, Counts{TableReads: 1 + 4, TableRequests: 2}},
		{"a transaction makes it small: the larger one counts, twice", func() error {
			return u.Transact(ctx, []table.Action{{Item: item(10, "")}})
		}, Counts{TableWrites: 10, IndexWrites: 1, TableRequests: 1}},
		{"a deletion", func() error {
			return u.Delete(ctx, versioned, table.Always)
		}, Counts{TableWrites: 1, TableRequests: 1}},
		{"a write with a condition is a transaction", func() error {
			return u.Put(ctx, versioned, table.IfAbsent)
		}, Counts{TableWrites: 2, TableRequests: 1}},
	} {
		if err := c.do(); err != nil {
			t.Fatal(c.what, err)
		}
		if got := m.take(); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.what, got, c.want)
		}
	}
}

// TestFunctionsAreThoseOfTheStack compares memory and temporary files with infra/cdk, which is a module of
// its own and cannot be imported.
func TestFunctionsAreThoseOfTheStack(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "infra", "cdk", "functions.go"))
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]float64{
		"oneProcessor": 1769, "moreMemory": 3008, "smallScratch": 512, "largeScratch": 4096,
	}
	var found [][]string
	for _, form := range []string{
		`name: "(\w+)", memoryMB: (\w+), seconds: \w+, scratchMB: (\w+),`, `step\("(\w+)", (\w+), (\w+),`,
	} {
		found = append(found, regexp.MustCompile(form).FindAllStringSubmatch(string(text), -1)...)
	}
	if len(found) < 19 {
		t.Fatalf("%d functions were found", len(found))
	}
	for _, f := range found {
		want := function{sizes[f[2]], sizes[f[3]]}
		if got := configured(f[1]); got != want {
			t.Errorf("%s: got %+v, the stack has %+v", f[1], got, want)
		}
	}
	for name, size := range sizes {
		constant := regexp.MustCompile(name + `\s+= (\d+)`).FindStringSubmatch(string(text))
		if len(constant) != 2 || constant[1] != strconv.Itoa(int(size)) {
			t.Errorf("%s is %v in the stack, not %v", name, constant, size)
		}
	}
}

// TestFormulaHasItsTerms puts a day together from the terms of days that differ in one thing.
func TestFormulaHasItsTerms(t *testing.T) {
	one := func(n int64) term { return term{per: 1, counts: Counts{Calls: n}} }
	f := &formula{
		day: one(1), file: one(10), line: one(100), member: one(1000), provider: one(10_000),
		chunk: one(100_000), group: one(1_000_000), cross: one(10_000_000), mail: one(100_000_000),
	}
	calls := quantity{"", func(c *Counts) *int64 { return &c.Calls }}
	s := &Spec{Lines: 2000, Files: 3, Members: 4000, Providers: 1}
	const want = 1 + 3*10 + 2*100 + 4*1000 + 4*10_000 + 5*100_000 + 6*1_000_000 + 30*10_000_000 +
		5*100_000_000
	if got := f.sum(calls, s, 5, 6); got != want {
		t.Errorf("got %f, want %d", got, want)
	}
}

// TestBackupsGrowWithWhatIsKept takes days of a GB in the table and one of objects.
func TestBackupsGrowWithWhatIsKept(t *testing.T) {
	d := &Day{Items: gb, Objects: gb}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.001 {
			t.Errorf("%s: got %.4f USD, want %.4f", what, got, want)
		}
	}
	first := d.after(1) // one copy of one GB, in each place, of each kind, with its chance to be there
	near("a day's copies", first.copies, 2*(1/7.+12/365.)*priceOfCopy+(365/12./7+1)*priceOfWay)
	near("a day's test", first.test, priceOfTest)
	near("a day's record", first.recordCopy, priceOfArchive+365/12.*priceOfWay)
	near("a day's copy each day", first.daily, 2*priceOfCopy+365/12.*priceOfWay)
	year := d.after(365)
	const gbOfDays = 186*365 - 186*185/2 // of 365, 364 … 180 GB
	near("a year's copies each day", year.daily, 2*gbOfDays*priceOfCopy+365*365/12.*priceOfWay)
	if year.copies > year.daily/10 {
		t.Errorf("copies cost %.2f USD, each day %.2f", year.copies, year.daily)
	}
}

// TestBackupsAreThoseOfTheStack compares days with infra/cdk.
func TestBackupsAreThoseOfTheStack(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "infra", "cdk", "backup.go"))
	if err != nil {
		t.Fatal(err)
	}
	for name, days := range map[string]int{
		"daysOfBackups": daysOfBackups, "daysOfWeekly": daysOfWeekly, "daysHere": daysHere,
	} {
		constant := regexp.MustCompile(name + `\s+= (\d+)`).FindSubmatch(text)
		if len(constant) != 2 || string(constant[1]) != strconv.Itoa(days) {
			t.Errorf("%s is %q in the stack, not %d", name, constant, days)
		}
	}
}
