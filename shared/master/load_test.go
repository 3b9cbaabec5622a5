package master

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

func mustLoad(t testing.TB, files fstest.MapFS) *Set {
	t.Helper()
	set, faults := Load(files)
	if len(faults) > 0 {
		t.Fatal(listing(faults))
	}
	return set
}

func TestVersionIsOfTheContentOnly(t *testing.T) {
	version := mustLoad(t, good(t)).Version
	if len(version) != 64 {
		t.Fatalf("version %q is no SHA-256 in hex", version)
	}
	same := map[string]func(fstest.MapFS){
		"comments, blank lines and CRLF": func(f fstest.MapFS) {
			text := "# a comment\n\n" + strings.ReplaceAll(string(f[cardsFile].Data), "check: LUHN",
				"check: LUHN # checked")
			f[cardsFile].Data = []byte(strings.ReplaceAll(text, "\n", "\r\n"))
		},
		"a byte order mark": func(f fstest.MapFS) {
			f[hoshiFile].Data = append([]byte("\xEF\xBB\xBF"),
				f[hoshiFile].Data...)
		},
		"another split into files": func(f fstest.MapFS) {
			f["campaign/a.yaml"] = &fstest.MapFile{Data: bytes.Join([][]byte{
				f[othersFile].Data,
				f[nightFile].Data,
			}, []byte("---\n"))}
			delete(f, othersFile)
			delete(f, nightFile)
		},
		"another order of keys": func(f fstest.MapFS) {
			f["retailer.yaml"].Data = []byte("{\"name\": 'あおぞらストア', code: AOZORA}\n")
		},
		"files that are no masters": func(f fstest.MapFS) {
			f["README.md"] = &fstest.MapFile{Data: []byte("x")}
			f["card/.draft.yaml"] = &fstest.MapFile{Data: []byte("x: [")}
			f["schema/card.schema.json"] = &fstest.MapFile{Data: []byte("{}")}
			f["campaign/off.yaml"] = &fstest.MapFile{Data: []byte("# code: X\n---\n# nothing\n")}
		},
	}
	for name, change := range same {
		files := good(t)
		change(files)
		if got := mustLoad(t, files).Version; got != version {
			t.Errorf("%s: version changed to %s", name, got)
		}
	}
	files := good(t)
	files[pointsFile].Data = bytes.Replace(files[pointsFile].Data, []byte("num: 1,"), []byte("num: 2,"),
		1)
	if mustLoad(t, files).Version == version {
		t.Error("another rate has the same version")
	}
}

// The version is part of each run's digest (R20): it must not change for masters that did not.
func TestVersionStaysAsPublished(t *testing.T) {
	const want = "a2f3931ffd00af9cdfd14228eeef575014f69913f51a2bec6f9205bbed5b2082"
	if got := mustLoad(t, good(t)).Version; got != want {
		t.Errorf("got %s, want %s: published masters would get another version", got, want)
	}
}

func TestLayoutsThatPassCompile(t *testing.T) {
	set := mustLoad(t, good(t))
	for i := range set.Feeds {
		if _, err := layout.CompileReading(&set.Feeds[i].Layout, set.Feeds[i].FlatItems,
			nil); err != nil {
			t.Errorf("feed %s: %v", set.Feeds[i].Code, err)
		}
	}
	for i := range set.Outlets {
		if _, err := layout.CompileWriting(&set.Outlets[i].Layout, nil); err != nil {
			t.Errorf("outlet %s: %v", set.Outlets[i].Code, err)
		}
	}
}

func TestConvertersOfTheProgramAreKnown(t *testing.T) {
	files := good(t)
	files[hostFile].Data = bytes.Replace(files[hostFile].Data, []byte("from: class\n"),
		[]byte("from: class\n      convert: own\n"), 1)
	if _, _, faults := LoadWith(files,
		Options{Converter: func(name string) bool { return name == "own" }}); len(faults) > 0 {
		t.Error(listing(faults))
	}
}

func TestLimitsOfAFolder(t *testing.T) {
	cases := map[string]func(fstest.MapFS){
		"a file above 4 MiB": func(f fstest.MapFS) {
			f["card/large.yaml"] = &fstest.MapFile{Data: bytes.Repeat([]byte("# a comment line\n"),
				MaxFileBytes/16)}
		},
		"more than 10,000 documents": func(f fstest.MapFS) {
			f["card/many.yaml"] = &fstest.MapFile{Data: []byte(strings.Repeat("a: 1\n---\n",
				MaxDocuments))}
		},
	}
	for name, change := range cases {
		files := good(t)
		change(files)
		if _, faults := Load(files); len(faults) == 0 || faults[0].Code != fault.InputTooLarge {
			t.Errorf("%s: got %s", name, listing(faults))
		}
	}
}

func TestHostileTextEndsSoonInAFault(t *testing.T) {
	for _, part := range []string{
		"[", "- ", "{a: ", "? ", "&a ", "a: b: ", "a: &a [*a]\n", "!!x ", "\"",
		"|\n",
	} {
		files := good(t)
		files["card/x.yaml"] = &fstest.MapFile{Data: []byte(strings.Repeat(part, 200_000/len(part)))}
		if _, faults := Load(files); len(faults) == 0 || len(faults) > MaxFaults {
			t.Errorf("%q gave %d faults", part, len(faults))
		}
	}
}

func TestLargeMastersLoadInLinearTime(t *testing.T) {
	var stores, wrong strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&stores, "%s%q", []string{"", ", "}[min(i, 1)], strconv.Itoa(1_000_000+i))
		fmt.Fprintf(&wrong, "key%d: 1\n", i)
	}
	files := good(t)
	files[nightFile].Data = bytes.Replace(files[nightFile].Data, []byte(`"0001", "0002"`),
		[]byte(stores.String()), 1)
	begin := time.Now()
	if set := mustLoad(t, files); len(set.Campaigns[1].Stores) != 100_000 {
		t.Errorf("%d stores", len(set.Campaigns[1].Stores))
	}
	files["card/wrong.yaml"] = &fstest.MapFile{Data: []byte(wrong.String())}
	if _, faults := Load(files); len(faults) != MaxFaults {
		t.Errorf("%d faults", len(faults))
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestMissingFolderIsReported(t *testing.T) {
	_, faults := Load(os.DirFS("testdata/none"))
	if len(faults) != 1 || faults[0].Code != fault.ReadFailed {
		t.Error(listing(faults))
	}
}

func FuzzLoad(f *testing.F) {
	files := good(f)
	for _, file := range files {
		f.Add(file.Data, uint8(0))
	}
	f.Add([]byte("a: &a [*a]\n"), uint8(1))
	kinds := Kinds()
	compiled, err := compileSchemas()
	if err != nil {
		f.Fatal(err)
	}
	once := func() (schemas, error) { return compiled, nil }
	f.Fuzz(func(t *testing.T, text []byte, kind uint8) {
		name := kinds[int(kind)%len(kinds)] + "/x.yaml"
		folder := fstest.MapFS{name: &fstest.MapFile{Data: text}}
		for other, file := range files {
			if !strings.HasPrefix(other, strings.TrimSuffix(name, "x.yaml")) {
				folder[other] = file
			}
		}
		set, _, faults := load(folder, Options{}, once)
		if (set == nil) != (len(faults) > 0) || len(faults) > MaxFaults {
			t.Fatalf("a set: %v, %d faults", set != nil, len(faults))
		}
		for _, e := range faults {
			if e.Code.Name() == "fault.unlisted" || e.File == "" {
				t.Fatalf("a fault without file or code: %v", e)
			}
		}
	})
}

func TestPeriodsMeetOnTheirLastAndFirstDay(t *testing.T) {
	period := func(from, to calendar.Date) Period { return Period{ValidFrom: from, ValidTo: to} }
	cases := []struct {
		a, b          Period
		meets, covers bool
	}{
		{period(0, 0), period(0, 0), true, true},
		{period(10, 20), period(20, 30), true, false},
		{period(10, 20), period(21, 30), false, false},
		{period(10, 20), period(10, 20), true, true},
		{period(10, 0), period(0, 9), false, false},
		{period(10, 0), period(0, 10), true, false},
		{period(0, 20), period(5, 20), true, true},
		{period(0, 20), period(5, 0), true, false},
		{period(20, 10), period(0, 0), false, false},
	}
	for _, c := range cases {
		if c.a.meets(c.b) != c.meets || c.b.meets(c.a) != c.meets || c.a.covers(c.b) != c.covers {
			t.Errorf("%v and %v: meets %v, %v; covers %v", c.a, c.b, c.a.meets(c.b), c.b.meets(c.a),
				c.a.covers(c.b))
		}
	}
}

func TestFeedsBringLinesAsOldAsTheyTake(t *testing.T) {
	days := 30
	feed := Feed{OldestDays: &days, Period: Period{ValidFrom: 1000, ValidTo: 2000}}
	if feed.brings(Period{ValidTo: 969}) || !feed.brings(Period{ValidTo: 970}) {
		t.Error("business dates begin oldest_days before the feed does")
	}
	if feed.brings(Period{ValidFrom: 2001}) || !feed.brings(Period{ValidFrom: 2000}) {
		t.Error("business dates end with the feed")
	}
	feed.UnknownOriginal = "compute"
	if !feed.brings(Period{ValidTo: 1}) {
		t.Error("returns of unknown originals are computed by rules of any age")
	}
}
