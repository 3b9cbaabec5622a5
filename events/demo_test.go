// The tests say what a run makes of the demo retailer.
package events

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/rating"
)

var update = flag.Bool("update", false, "write the files in testdata anew")

func masters(t *testing.T) *master.Set {
	t.Helper()
	set, faults := master.Load(os.DirFS("masters"))
	for _, f := range faults {
		t.Error(f)
	}
	if set == nil {
		t.FailNow()
	}
	return set
}

// outcome is what a run of the day came to.
type outcome struct {
	folder  string
	result  *rating.Result
	names   []string
	sources map[string]int // receipts by what became of them: a code, or rated
	rules   map[string]int64
	entries map[string]string // by receipt number: rule and points of its entries
}

// day runs the files of the folder day in the order of their names, or the other way round.
func day(t *testing.T, backwards bool, opt rating.Options) *outcome {
	t.Helper()
	set := masters(t)
	text, err := os.ReadFile("members.csv")
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := member.Load(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	runDate, _ := calendar.Of(2026, 11, 22)
	names, err := filepath.Glob(filepath.Join("day", "*_*"))
	if err != nil {
		t.Fatal(err)
	}
	if backwards {
		slices.Reverse(names)
	}
	o := &outcome{
		folder: filepath.Join(t.TempDir(), "out"), sources: map[string]int{}, rules: map[string]int64{},
		entries: map[string]string{},
	}
	opt.TempDir = t.TempDir()
	opt.Observe = o.observe
	job := &rating.Job{Set: set, Members: snapshot, RunDate: runDate, Run: 1, Options: opt}
	var sizes []int64
	for _, path := range names {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		feed := set.FeedOf(name, runDate)
		if feed == nil {
			t.Fatalf("no feed takes %s", name)
		}
		job.Files = append(job.Files, rating.File{
			Name: name, Feed: feed.Code,
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
		})
		o.names = append(o.names, name)
		sizes = append(sizes, int64(len(text)))
	}
	if err := rating.MarkDuplicates(job, sizes); err != nil {
		t.Fatal(err)
	}
	folder, err := rating.NewFolder(o.folder, job.Files)
	if err != nil {
		t.Fatal(err)
	}
	if o.result, err = rating.Run(job, folder); err != nil {
		t.Fatal(err)
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	o.addBadLines(t)
	return o
}

func (o *outcome) observe(v *rating.Verdict) error {
	what := v.Status.String()
	if v.Code != 0 {
		what = v.Code.Name()
	}
	o.sources[what]++
	if v.Warning != 0 {
		o.sources[v.Warning.Name()]++
	}
	var entries []string
	for i := range v.Entries {
		e := &v.Entries[i]
		if e.Points > 0 {
			o.rules[e.Rule] += e.Points
		}
		short, _, _ := strings.Cut(e.Rule, "-")
		if !strings.HasPrefix(e.Rule, "C") {
			short = strings.TrimPrefix(e.Rule, short+"-")
		}
		entries = append(entries, fmt.Sprintf("%s %d", short, e.Points))
	}
	if v.Status == rating.Rated {
		o.entries[string(v.Tx.Receipt)] = strings.Join(entries, ", ")
	}
	return nil
}

// addBadLines counts the faults in the error files.
func (o *outcome) addBadLines(t *testing.T) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(o.folder, "errors", "*.bad-lines.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for row := range strings.Lines(string(text)) {
			if cells := strings.Split(row, ","); cells[0] != "line" {
				o.sources[cells[5]]++
			}
		}
	}
}

// files gives the digest of each file of the output folder.
func (o *outcome) files(t *testing.T) map[string]string {
	t.Helper()
	sums := map[string]string{}
	err := fs.WalkDir(os.DirFS(o.folder), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(o.folder, filepath.FromSlash(name)))
		sums[name] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// TestTheDayIsTheGoldenOne compares totals, points by rule, reasons and the digests of the providers' files.
func TestTheDayIsTheGoldenOne(t *testing.T) {
	o := day(t, false, rating.Options{})
	type fileResult struct {
		Name, Refused string
		Receipts, Bad int64
	}
	got := struct {
		Files    []fileResult
		Totals   rating.Totals
		Rules    map[string]int64
		Receipts map[string]int
		Outputs  map[string]string
	}{Totals: o.result.Totals, Rules: o.rules, Receipts: o.sources, Outputs: o.files(t)}
	maps.DeleteFunc(got.Outputs, func(name, _ string) bool { return !strings.HasPrefix(name, "files/") })
	for i := range o.result.Files {
		f := &o.result.Files[i]
		r := fileResult{Name: f.Name, Receipts: f.Verdict.Receipts, Bad: f.Verdict.Bad}
		if f.Verdict.Refused != nil {
			r.Refused = f.Verdict.Refused.Code.Name()
		}
		got.Files = append(got.Files, r)
	}
	text, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "day.golden.json")
	if *update {
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != string(text)+"\n" {
		t.Errorf("the day is another one than in %s (%v):\n%s", path, err, text)
	}
	if err := o.result.Totals.Agree(); err != nil {
		t.Error(err)
	}
}

func TestEveryRuleGivesPoints(t *testing.T) {
	set, o := masters(t), day(t, false, rating.Options{})
	for i := range set.Points {
		if code := set.Points[i].Code; o.rules[code] == 0 {
			t.Errorf("the rule %s gave nothing", code)
		}
	}
	for i := range set.Campaigns {
		if code := set.Campaigns[i].Code; o.rules[code] == 0 {
			t.Errorf("the campaign %s gave nothing", code)
		}
	}
	if o.rules["C08-FIRST"] != 1800 || o.rules["C09-LASTDAY"] != 1000 {
		t.Errorf("the caps of C08 (1800) and C09 (1000) are not used up: %v", o.rules)
	}
}

// TestFiguresThatWereWorkedOutByHand follows single receipts of the first POS file.
func TestFiguresThatWereWorkedOutByHand(t *testing.T) {
	o := day(t, false, rating.Options{})
	for receipt, want := range map[string]string{
		// 2,500 yen, 2,314 without tax: 23 points, tripled at night in place of 1.5 per cent.
		"900001": "BASE 23, ECO 3, C02 38", "900002": "BASE 23, ECO 3, C01 46",
		"900005": "BASE 23, ECO 3, C01 46", "900007": "BASE 23, ECO 3, C02 38", // 25:31 and 26:01
		"900008": "BASE 11, ECO 2, C03 20", "900009": "BASE 12, ECO 2, C02 21",
		"900011": "BASE 185, ECO 19, C02 150", // 300 points, the cap is 150
		// One member, three cards, a cap of 100.
		"900012": "BASE 18, ECO 2, C02 30, C04 50", "900013": "BASE 18, ECO 2, C02 30, C04 50",
		"900014": "BASE 18, ECO 2, C02 30",
		// 35, then 50 of which 20 are left of 90.
		"900016": "BASE 20, VISIT 1, C02 60, C05 35", "900017": "BASE 28, VISIT 1, C02 83, C05 20",
		"900018": "BASE 35, VISIT 1, C02 105",
		// The sixth and the seventh of six.
		"900024": "BASE 46, ECO 5, C02 75, C08 300", "900025": "BASE 46, ECO 5, C02 75",
		// 120 miles cut to 100, 60 to the 20 left of 120.
		"900027": "MILE 60, C02 150, C10 100", "900028": "MILE 30, C02 90, C10 20",
		"900029": "MILE 30, C02 90",
		// 9, 1 and 15 points come back with 333, 333 and 334 of 1,000 yen.
		"900043": "BASE 9, ECO 1, C02 15", "900044": "BASE -2, C02 -4", "900045": "BASE -3, C02 -5",
		"900046": "BASE -4, ECO -1, C02 -6",
	} {
		if got := o.entries[receipt]; got != want {
			t.Errorf("receipt %s: got %q, want %q", receipt, got, want)
		}
	}
}

// TestEveryReasonOccurs: the day shows each way in which a file or line can fail.
func TestEveryReasonOccurs(t *testing.T) {
	o := day(t, false, rating.Options{})
	for i := range o.result.Files {
		if f := &o.result.Files[i]; f.Verdict.Refused != nil {
			o.sources[f.Verdict.Refused.Code.Name()]++
		}
	}
	for _, code := range []fault.Code{
		fault.FileDuplicate, fault.FileCount, fault.TextUndecodable, fault.TextNUL, fault.CardUnknown,
		fault.CardCheckDigit, fault.CardNotDigits, fault.CardMissing, fault.MemberUnknown, fault.MemberNoCard,
		fault.DateBad, fault.DateFuture, fault.DateTooOld, fault.TimeBad, fault.AmountBad,
		fault.AmountNegative, fault.AmountSigns, fault.NumberExcel, fault.PointsBad,
		fault.PointTypeMissing, fault.KindBad,
		fault.ReceiptMissing, fault.RecordLength, fault.RecordColumns, fault.RecordKind, fault.RecordLineEnd,
		fault.RecordQuote, fault.ItemBad, fault.OutletUnencodable, fault.TransactionDuplicate,
		fault.TransactionConflict, fault.ReturnOriginalUnknown, fault.ReturnExceedsSale,
		fault.ReturnCardDiffers,
	} {
		if o.sources[code.Name()] == 0 {
			t.Errorf("no %s in %v", code.Name(), o.sources)
		}
	}
	if o.sources["rated"] < 400 {
		t.Errorf("only %d receipts are rated", o.sources["rated"])
	}
}

// TestTwoRunsGiveTheSameBytes, whatever the threads, the blocks and the memory.
func TestTwoRunsGiveTheSameBytes(t *testing.T) {
	want := day(t, false, rating.Options{}).files(t)
	for _, opt := range []rating.Options{{}, {Threads: 1}, {Threads: 5, BlockSize: 700, Memory: 1}} {
		if got := day(t, false, opt).files(t); !maps.Equal(got, want) {
			t.Errorf("%+v: got %v, want %v", opt, got, want)
		}
	}
}

// TestTheOrderOfFilesDecidesNothing: with all files in the other order the same transactions get the same
// points. What shows the order itself (ordinals, lines, sequence numbers) is left out.
func TestTheOrderOfFilesDecidesNothing(t *testing.T) {
	a, b := day(t, false, rating.Options{}), day(t, true, rating.Options{})
	x, y := a.result.Totals, b.result.Totals
	if fmt.Sprintf("%+v", x) != fmt.Sprintf("%+v", y) {
		t.Errorf("the totals differ:\n%+v\n%+v", x, y)
	}
	if !maps.Equal(a.rules, b.rules) || !maps.Equal(a.sources, b.sources) {
		t.Errorf("rules or reasons differ:\n%v\n%v\n%v\n%v", a.rules, b.rules, a.sources, b.sources)
	}
	one, two := a.grants(t), b.grants(t)
	for i := range max(len(one), len(two)) {
		if i >= len(one) || i >= len(two) || one[i] != two[i] {
			t.Fatalf("row %d of the sorted grants differs", i)
		}
	}
	for i := range a.result.Outlets {
		p, q := &a.result.Outlets[i].Summary, &b.result.Outlets[i].Summary
		if p.Records != q.Records || p.Entries != q.Entries {
			t.Errorf("%s: %+v, %+v", a.result.Outlets[i].Code, p, q)
		}
	}
}

// grants gives the rows of grants.csv without file and line, sorted.
func (o *outcome) grants(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(o.folder, "grants.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for row := range strings.Lines(string(text)) {
		rows = append(rows, strings.SplitN(row, ",", 3)[2])
	}
	slices.SortFunc(rows, cmp.Compare)
	return rows
}
