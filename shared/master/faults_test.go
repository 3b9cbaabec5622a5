package master

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"multipoint/shared/fault"
)

// good gives the complete masters folder of the tests, to be spoiled.
func good(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	root := os.DirFS("testdata/good")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// spoil is one small change of the good masters and the fault that it must give.
type spoil struct {
	name string
	file string
	old  string // must stand in the file; empty = new is added at the end
	new  string
	code fault.Code
	// line is a text of the line that the fault must name (of file, or of in); the first line that
	// holds it.
	line string
	in   string
	says string // part of what the fault says
}

func TestEachFaultNamesCodeFileAndLine(t *testing.T) {
	for _, s := range spoils() {
		t.Run(s.name, func(t *testing.T) {
			files := good(t)
			file := files[s.file]
			if file == nil {
				file = &fstest.MapFile{}
				files[s.file] = file
			}
			text := string(file.Data)
			if !strings.Contains(text, s.old) {
				t.Fatalf("%s does not hold %q", s.file, s.old)
			}
			if s.old == "" {
				text += s.new
			} else {
				text = strings.Replace(text, s.old, s.new, 1)
			}
			file.Data = []byte(text)
			in := s.in
			if in == "" {
				in = s.file
			}
			line := lineOf(t, string(files[in].Data), s.line)
			set, faults := Load(files)
			if set != nil {
				t.Error("a set was given in spite of the fault")
			}
			for _, f := range faults {
				if f.Code == s.code && f.File == in && f.Line == line && strings.Contains(f.Error(),
					s.says) {
					return
				}
			}
			t.Errorf("no %v at %s:%d saying %q; got:\n%s", s.code, in, line, s.says, listing(faults))
		})
	}
}

// lineOf gives the number of the first line that holds the text; 0 for no text.
func lineOf(t *testing.T, text, part string) int64 {
	t.Helper()
	if part == "" {
		return 0
	}
	for i, line := range strings.Split(text, "\n") {
		if strings.Contains(line, part) {
			return int64(i + 1)
		}
	}
	t.Fatalf("no line holds %q", part)
	return 0
}

func listing(faults []*fault.Error) string {
	var b strings.Builder
	for _, f := range faults {
		fmt.Fprintf(&b, "%v\n", f)
	}
	return b.String()
}

func spoils() []spoil {
	var all []spoil
	for _, list := range [][]spoil{
		syntaxSpoils(), schemaSpoils(), cardSpoils(), ruleSpoils(), feedSpoils(),
		outletSpoils(), layoutSpoils(), layoutNameSpoils(), relationSpoils(),
	} {
		all = append(all, list...)
	}
	return all
}

const (
	cardsFile    = "card/cards.yaml"
	pointsFile   = "points/points.yaml"
	othersFile   = "campaign/others.yaml"
	nightFile    = "campaign/night.yaml"
	hostFile     = "feed/host.yaml"
	posFile      = "feed/pos.yaml"
	sakuraFile   = "outlet/sakura.yaml"
	minatoFile   = "outlet/minato.yaml"
	contractFile = "contract/contracts.yaml"
	hoshiFile    = "affiliate/hoshi.yaml"
)

func syntaxSpoils() []spoil {
	return []spoil{
		{
			"an open list", othersFile, "weekdays: [5]", "weekdays: [5", fault.MasterSyntax,
			"min_amount: 1000",
			"", "",
		},
		{"a tab", othersFile, "weekdays: [5]", "caps2:\n\tx: 1", fault.MasterSyntax, "\tx: 1", "", ""},
		{"no UTF-8", hoshiFile, "ほしカード", "\x82\xd9", fault.MasterSyntax, "name:", "", "UTF-8"},
		{"a control character", hoshiFile, "ほし", "\x07", fault.MasterSyntax, "name:", "", "control"},
		{
			"a key twice", pointsFile, "basis: excl\n", "basis: excl\nbasis: incl\n",
			fault.MasterSyntax,
			"basis: incl", "", "first on line 4",
		},
		{"an anchor", hoshiFile, "HOSHI", "&a HOSHI", fault.MasterSyntax, "&a", "", "anchors"},
		{"a merge key", hoshiFile, "name:", "<<: {}\nname:", fault.MasterSyntax, "<<", "", "<<"},
		{"a tag", hoshiFile, "HOSHI", "!!str HOSHI", fault.MasterSyntax, "!!str", "", "tags"},
		{"a list as a master", "card/x.yaml", "", "- a\n", fault.MasterSyntax, "- a", "", "map"},
		{
			"an octal number", pointsFile, "num: 1, den: 200", "num: 01, den: 200", fault.MasterSchema,
			"num: 01", "", "quotes",
		},
		{
			"a fraction", pointsFile, "num: 1, den: 200", "num: 0.5, den: 200", fault.MasterSchema,
			"num: 0.5",
			"", "quotes",
		},
		{
			"a misspelt folder", "cards/x.yaml", "", "code: X\n", fault.MasterSchema, "", "",
			"no kind of master",
		},
		{"a .yml file", "card/x.yml", "", "code: X\n", fault.MasterSchema, "", "", "rename"},
		{
			"a master in the top folder", "card.yaml", "", "code: X\n", fault.MasterSchema, "", "",
			"retailer.yaml",
		},
	}
}

func schemaSpoils() []spoil {
	return []spoil{
		{
			"no retailer", "retailer.yaml", "code: AOZORA\nname: あおぞらストア\n", "", fault.MasterSchema, "",
			"",
			"missing",
		},
		{
			"a second retailer", "retailer.yaml", "", "---\ncode: B\nname: B\n", fault.MasterDuplicate,
			"code: B", "", "",
		},
		{
			"an unknown key", pointsFile, "basis: excl", "base: excl", fault.MasterSchema, "base:", "",
			"base is not known",
		},
		{
			"a missing key", cardsFile, "digits: 9\n", "", fault.MasterSchema, "code: MINATO9", "",
			"digits is missing",
		},
		{
			"a wrong type", cardsFile, "digits: 9\n", "digits: nine\n", fault.MasterSchema, "nine", "",
			"whole number",
		},
		{
			"a card number without quotes", cardsFile, `"9999500000000000"`, "9999500000000000",
			fault.MasterSchema,
			"min: 9999500000000000", "", "quotes",
		},
		{"an empty value", hoshiFile, "name: ほしカード", "name:", fault.MasterSchema, "name:", "", "empty"},
		{
			"an unknown word", cardsFile, "LUHN", "MOD10", fault.MasterSchema, "MOD10", "",
			"MOD10 is not one of",
		},
		{
			"a code with a slash", "provider/SAKURA.yaml", "SAKURA", "SAK/URA", fault.MasterValue,
			"SAK/URA", "",
			"form",
		},
		{"den 0", pointsFile, "den: 200", "den: 0", fault.MasterValue, "den: 0", "", "less than 1"},
		{
			"num above 10^6", pointsFile, "num: 1,", "num: 1000001,", fault.MasterValue, "1000001", "",
			"more than",
		},
		{
			"points above 10^12", othersFile, "points: 50", "points: 1000000000001", fault.MasterValue,
			"1000000000001", "", "",
		},
		{
			"a number too large for any type", othersFile, "points: 50",
			"points: 99999999999999999999999",
			fault.MasterValue,
			"99999999999999999999999", "", "more than",
		},
		{
			"a cap of 0", othersFile, "member: 500", "member: 0", fault.MasterValue, "member: 0", "",
			"less than 1",
		},
		{
			"a negative minimum", pointsFile, "min_amount: 100", "min_amount: -1", fault.MasterValue,
			"-1", "",
			"less than 0",
		},
	}
}

func relationSpoils() []spoil {
	return []spoil{
		{
			"a rate without den", pointsFile, "num: 1, den: 200", "num: 1", fault.MasterSchema,
			"give: {kind: rate", "", "den",
		},
		{
			"a unit with num", pointsFile, "  unit: 100", "  num: 1\n  unit: 100", fault.MasterSchema,
			"  num: 1", "", "no meaning",
		},
		{
			"a normal multiplier", pointsFile, "kind: rate", "kind: multiplier", fault.MasterSchema,
			"kind: multiplier", "", "",
		},
		{
			"products without basis", othersFile, "product_basis: items\n", "", fault.MasterSchema,
			"products:",
			"", "product_basis",
		},
		{
			"a basis without products", othersFile, "products: [\"4999999000017\"]\n", "",
			fault.MasterSchema,
			"product_basis", "",
			"products",
		},
		{
			"weekday 8", othersFile, "weekdays: [5]", "weekdays: [8]", fault.MasterValue, "[8]", "",
			"more than 7",
		},
		{
			"a weekday twice", othersFile, "weekdays: [5]", "weekdays: [5, 5]", fault.MasterValue,
			"[5, 5]", "",
			"equal",
		},
		{"an hour past 30:00", nightFile, "26:00", "30:01", fault.MasterValue, "30:01", "", "form"},
		{
			"a window of three", nightFile, `"26:00"]`, `"26:00", "27:00"]`, fault.MasterValue, "27:00",
			"",
			"at most 2",
		},
		{
			"no such day", nightFile, "2026-11-30", "2026-11-31", fault.MasterSchema, "code: NIGHT", "",
			"2026-11-31",
		},
		{
			"key fields without receipt", posFile, "[business_date, store, receipt]", "[business_date]",
			fault.MasterValue,
			"key_fields", "", "receipt",
		},
		{
			"an unknown key field", posFile, "[business_date, store, receipt]", "[receipt, card]",
			fault.MasterSchema,
			"key_fields", "", "card is not one of",
		},
		{
			"a rate without excl: rate", posFile, "excl: rate", "excl: same", fault.MasterSchema,
			"rate: 10", "",
			"no meaning",
		},
		{
			"a folder in an outlet's file name", sakuraFile, `"SKR{run_date}`, `"../{run_date}`,
			fault.MasterValue, "../", "", "",
		},
		{
			"an unknown placeholder", sakuraFile, "{file_no}", "{number}", fault.MasterValue,
			"{number}", "",
			"",
		},
		{
			"an unknown field key", posFile, "thousands: true", "thousand: true", fault.MasterSchema,
			"thousand: true", "", "",
		},
	}
}

func cardSpoils() []spoil {
	return []spoil{
		{
			"a code twice", cardsFile, "SAKURA16B", "SAKURA16 # again", fault.MasterDuplicate,
			"# again", "",
			"SAKURA16 (card/cards.yaml:1)",
		},
		{
			"a range of an unknown provider", cardsFile, "provider: MINATO", "provider: MINAT",
			fault.MasterDangling,
			"provider: MINAT", "", "no provider MINAT",
		},
		{
			"overlapping ranges", cardsFile, `"9999500000000000"`, `"9999499999999999"`,
			fault.MasterOverlap,
			`min: "9999499999999999"`, "", "SAKURA16 (card/cards.yaml:1)",
		},
		{
			"min of another length", cardsFile, `"9999500000000000"`, `"999950000000000"`,
			fault.MasterValue,
			`min: "999950000000000"`, "", "15 digits",
		},
		{
			"min above max", cardsFile, `min: "9999000000000000"`, `min: "9999600000000000"`,
			fault.MasterUnreachable,
			`max: "9999499999999999"`, "", "below min",
		},
		{
			"a short form of a wrong length", cardsFile, "length: 7", "length: 6", fault.MasterValue,
			"short:",
			"", "not 9",
		},
		{
			"a short form outside the range", cardsFile, `pad: "00"`, `pad: "01"`,
			fault.MasterUnreachable,
			"short:", "",
			"pad 01",
		},
		{
			"a short form that is another's number", cardsFile, "",
			"---\ncode: ASEVEN\nprovider: SAKURA\ndigits: 7\nmin: \"1000000\"\nmax: \"1000000\"\n",
			fault.MasterOverlap,
			"short:", "", "ASEVEN",
		},
		{
			"two equal short forms", cardsFile, "", "---\ncode: ZSHORT\nprovider: SAKURA\ndigits: " +
				"8\nmin: " +
				"\"50000000\"\n" +
				"max: \"59999999\"\nshort:  {length: 7, pad: \"5\"}\n", fault.MasterOverlap,
			"short:  {", "",
			"short numbers",
		},
		{
			"a prefix of a prefix", hoshiFile, "", "---\ncode: KITA\nprefixes:\n  - \"99980\"\n",
			fault.MasterOverlap,
			"prefixes: [", "", "KITA",
		},
		{
			"the same prefix", hoshiFile, "", "---\ncode: KITA\nprefixes:\n  - \"999801\"\n",
			fault.MasterOverlap,
			`  - "999801"`, "", "HOSHI",
		},
		{
			"a code that begins with a prefix", hoshiFile, "", "---\ncode: \"9998021\"\n",
			fault.MasterOverlap,
			`code: "9998021"`, "", "HOSHI",
		},
		{
			"an empty period of cards", cardsFile, "valid_from: 2026-04-01",
			"valid_from: 2026-04-01\nvalid_to: 2026-03-31", fault.MasterUnreachable,
			"valid_to: 2026-03-31",
			"", "before",
		},
		{
			"two contracts at a time", contractFile, "provider: MINATO", "provider: SAKURA",
			fault.MasterOverlap,
			"provider: SAKURA # earns", "", "K-MINATO",
		},
		{
			"a provider without any effect", "provider/KITA.yaml", "", "code: KITA\nname: きた\n",
			fault.MasterUnreachable,
			"code: KITA", "", "remove the provider",
		},
	}
}

func TestGoodMastersHaveNoFaults(t *testing.T) {
	set, faults := Load(os.DirFS("testdata/good"))
	if len(faults) > 0 {
		t.Fatal(listing(faults))
	}
	if got := len(set.Cards) + len(set.Feeds)*10 + len(set.Campaigns)*100; got != 323 {
		t.Errorf("got %d cards, %d feeds, %d campaigns", len(set.Cards), len(set.Feeds),
			len(set.Campaigns))
	}
	if set.Cards[0].Code != "MINATO9" || *set.Contracts[1].AcceptDays != 7 ||
		set.Campaigns[1].Hours[0][1] != "26:00" {
		t.Errorf("decoded %+v", set)
	}
}

func TestListingOfManyFaultsIsStable(t *testing.T) {
	files := good(t)
	for _, s := range []struct{ file, old, new string }{
		{cardsFile, `"9999500000000000"`, `"9999400000000000"`},
		{posFile, "excl: rate\nrate: 10\n", ""},
		{othersFile, "affiliate: HOSHI", "affiliate: HOSI"},
		{sakuraFile, "record_length: 60", "record_length: 61"},
	} {
		files[s.file].Data = []byte(strings.Replace(string(files[s.file].Data), s.old, s.new, 1))
	}
	_, faults := Load(files)
	got := listing(faults)
	golden := filepath.Join("testdata", "faults.golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
