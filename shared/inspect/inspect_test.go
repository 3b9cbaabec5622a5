package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/charset"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

func near(t testing.TB) calendar.Date {
	d, ok := calendar.Of(2026, 11, 22)
	if !ok {
		t.Fatal("bad date")
	}
	return d
}

func encoded(t testing.TB, name, text string) []byte {
	t.Helper()
	e, ok := charset.Parse(name)
	if !ok {
		t.Fatalf("no encoding %s", name)
	}
	out, at := charset.Encoder{Encoding: e}.Append(nil, []byte(text))
	if at >= 0 {
		t.Fatalf("%q cannot be written in %s", text[at:min(len(text), at+6)], name)
	}
	return out
}

// padded gives text in CP932, filled with blanks up to width.
func padded(t testing.TB, text string, width int) string {
	b := encoded(t, "cp932", text)
	if len(b) > width {
		t.Fatalf("%s is wider than %d", text, width)
	}
	return string(b) + strings.Repeat(" ", width-len(b))
}

func inspected(t testing.TB, sample []byte) *Report {
	t.Helper()
	r, err := Inspect(sample, Options{Name: "sample.dat", Near: near(t)})
	if err != nil {
		t.Fatal(err)
	}
	mustBeUsable(t, r)
	return r
}

// mustBeUsable: the draft is a layout that the layout package takes, and all ways of printing work and say
// the same.
func mustBeUsable(t testing.TB, r *Report) {
	t.Helper()
	if r.Layout.Format == "fixed" {
		for _, rec := range r.Layout.Records {
			sum := 0
			for _, f := range rec.Fields {
				if f.Width <= 0 {
					t.Fatalf("%s %s has width %d", rec.Kind, f.Name, f.Width)
				}
				sum += f.Width
			}
			if sum != r.Layout.RecordLength {
				t.Fatalf("widths of %s: %d, record length %d", rec.Kind, sum, r.Layout.RecordLength)
			}
		}
	}
	flat := r.FlatItems != nil
	if _, err := layout.CompileReading(&r.Layout, flat, nil); err != nil {
		t.Fatalf("the draft does not compile: %v\n%s", err, yamlOf(t, r))
	}
	for _, f := range layout.CheckLayout(&r.Layout, layout.CheckOptions{Flat: flat, CardOptional: true}) {
		// What the sample lacks the draft lacks.
		lacks := strings.Contains(f.What, "no receipt record yields") ||
			f.What == "there is no record of kind receipt"
		if !lacks {
			t.Fatalf("the draft has a fault: %v\n%s", f, yamlOf(t, r))
		}
	}
	var feed master.Feed
	decoder := yaml.NewDecoder(bytes.NewReader(yamlOf(t, r)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&feed); err != nil {
		t.Fatalf("the draft is no feed: %v\n%s", err, yamlOf(t, r))
	}
	want, _ := json.Marshal(r.Layout)
	got, _ := json.Marshal(feed.Layout)
	if !bytes.Equal(want, got) {
		t.Fatalf("read back from YAML:\n%s\nwant\n%s", got, want)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := r.Text(&text); err != nil {
		t.Fatal(err)
	}
}

func yamlOf(t testing.TB, r *Report) []byte {
	var b bytes.Buffer
	if err := r.WriteYAML(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func textOf(t testing.TB, r *Report) string {
	var b bytes.Buffer
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// columnsOf lists a kind's columns as place+width name type form sign, or column and the rest for csv.
func columnsOf(r *Report, kind string) string {
	var out []string
	for _, k := range r.Kinds {
		if k.Kind != kind {
			continue
		}
		for _, c := range k.Columns {
			s := fmt.Sprint(c.Place)
			if r.RecordLength > 0 {
				s += fmt.Sprint("+", c.Width)
			}
			s += " " + c.Name + " " + c.Type
			for _, more := range []string{c.Form, c.Sign} {
				if more != "" {
					s += " " + more
				}
			}
			out = append(out, s)
		}
	}
	return strings.Join(out, "\n")
}

func wantColumns(t *testing.T, r *Report, kind string, want ...string) {
	t.Helper()
	if got := columnsOf(r, kind); got != strings.Join(want, "\n") {
		t.Errorf("columns of %s:\n%s\nwant:\n%s\n%s", kind, got, strings.Join(want, "\n"), textOf(t, r))
	}
}

func wantForm(t *testing.T, r *Report, encoding, format, lineEnd string, length int) {
	t.Helper()
	got := fmt.Sprint(r.Encoding.Value, " ", r.Format.Value, " ", r.LineEnd.Value, " ", r.RecordLength)
	want := fmt.Sprint(encoding, " ", format, " ", lineEnd, " ", length)
	if got != want {
		t.Fatalf("form %s, want %s\n%s", got, want, textOf(t, r))
	}
}

func kindsOf(r *Report) string {
	var out []string
	for _, k := range r.Kinds {
		out = append(out, fmt.Sprintf("%s%v×%d", k.Kind, k.IDs, k.Records))
	}
	return strings.Join(out, " ")
}

func wantControls(t *testing.T, r *Report, want ...string) {
	t.Helper()
	var got []string
	for _, c := range r.Controls {
		got = append(got, c.String())
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("controls %q, want %q", got, want)
	}
}

// cardNumber is a fictitious house card with a check digit (DOMAIN 1).
func cardNumber(i int) string {
	body := fmt.Sprintf("9999%011d", i*7919+12345678)
	return body + string(card.Luhn.Digit([]byte(body)))
}

func janCode(i int) string {
	body := fmt.Sprintf("490%09d", i*104729)
	return body + string(card.M10W3.Digit([]byte(body)))
}

// zenginExample is the worked example of DOMAIN 3.1; . stands for a blank.
func zenginExample(t testing.TB) []byte {
	bank := "9999ﾃｽﾄｷﾞﾝｺｳ.......001ﾎﾝﾃﾝ..........."
	lines := []string{
		"19100012345678ｻﾝﾌﾟﾙｼﾖｳｼﾞ(ｶ............................1127" + bank + "17654321.................",
		"2" + bank + "....11234567ﾔﾏﾀﾞ.ﾀﾛｳ......................00000049801000000000000000001010........",
		"2" + bank + "....12345678ｻﾄｳ.ﾊﾅｺ.......................00000120001000000000000000001020........",
		"8000002000000016980000000000000000000000000000000000000" + strings.Repeat(".", 65),
		"9" + strings.Repeat(".", 119),
	}
	return encoded(t, "cp932", strings.ReplaceAll(strings.Join(lines, ""), ".", " "))
}

func TestZenginExampleWithoutSeparators(t *testing.T) {
	r := inspected(t, zenginExample(t))
	wantForm(t, r, "cp932", "fixed", "none", 120)
	if r.Format.Sure != High || r.Encoding.Sure == Low {
		t.Errorf("sure: %+v %+v", r.Format, r.Encoding)
	}
	if got := kindsOf(r); got != "header[1]×1 receipt[2]×2 trailer[8]×1 end[9]×1" {
		t.Errorf("kinds %s", got)
	}
	wantControls(t, r, "trailer count 2 = computed from receipt",
		"trailer total 16980 = computed from amount_incl")
	wantColumns(
		t, r, "receipt", "1+1 record text", "2+4 at_2 text", "6+15 at_6 text", "21+3 at_21 text",
		"24+19 at_24 text",
		"43+8 at_43 text", "51+30 at_51 text", "81+10 amount_incl number", "91+22 at_91 text",
		"113+8 at_113 filler",
	)
	wantColumns(
		t, r, "trailer", "1+1 record text", "2+6 count number", "8+12 total number", "20+36 at_20 text",
		"56+65 at_56 filler",
	)
}

func TestCharactersAreNeverCut(t *testing.T) {
	var b strings.Builder
	for i := range 40 { // the second bytes of 表 and ソ are a backslash, those of ミ and ム are letters
		b.WriteString(padded(t, strings.Repeat([]string{"表", "ソ", "ミ", "ム"}[i%4], 1+i%5), 12))
		b.WriteString(padded(t, "あ"+strings.Repeat("ム", i%3), 8) + "\n")
	}
	r := inspected(t, []byte(b.String()))
	if printed := textOf(t, r); strings.Contains(printed, "\uFFFD") {
		t.Errorf("a column begins inside a character:\n%s", printed)
	}
}

// posFile is a day of a shop: fixed, 80 bytes, CP932, with kanji, an overpunched amount and times past 24.
func posFile(t testing.TB, n int, end string) []byte {
	var b strings.Builder
	b.WriteString("1202611190001" + padded(t, "あおぞらストア東日本", 67) + end)
	names := []string{"青葉みかん", "食パン　６枚", "洗濯用せっけん", "りんご", "豆腐　絹", "牛乳"}
	total := 0
	for i := range n {
		amount := (i*i*37+i*113)%30000 + 98
		total += amount
		last := "{ABCDEFGHI"[amount%10]
		fmt.Fprintf(&b, "220261119%02d%02d%04d%02d%04d%s%07d%c%s%s",
			9+(i*7)%17, i*11%60, 123+i%3, 1+i%4, i%10000,
			cardNumber(i), amount/10, last, padded(t, names[i%len(names)], 33), end)
	}
	fmt.Fprintf(&b, "8%06d%012d%s%s", n, total, strings.Repeat(" ", 61), end)
	b.WriteString("9" + strings.Repeat(" ", 79) + end)
	return []byte(b.String())
}

func TestFixedCP932WithHeaderDataTrailerAndKanji(t *testing.T) {
	r := inspected(t, posFile(t, 500, "\r\n"))
	wantForm(t, r, "cp932", "fixed", "crlf", 80)
	if r.Format.Sure != High || r.LineEnd.Sure != High || r.Encoding.Sure == Low {
		t.Errorf("sure: %+v %+v %+v", r.Format, r.LineEnd, r.Encoding)
	}
	if got := kindsOf(r); got != "header[1]×1 receipt[2]×500 trailer[8]×1 end[9]×1" {
		t.Errorf("kinds %s", got)
	}
	if d := r.Layout.Discriminator; d == nil || d.At != 1 || d.Width != 1 {
		t.Errorf("discriminator %+v", d)
	}
	wantColumns(
		t, r, "receipt", "1+1 record text", "2+8 business_date date yyyymmdd", "10+4 time time hhmm",
		"14+4 store text", "18+2 register text", "20+4 receipt text", "24+16 card text",
		"40+8 amount_incl number overpunch", "48+33 at_48 text",
	)
}

func TestFixedTrailerIsComparedWithTheData(t *testing.T) {
	sample := posFile(t, 60, "\n")
	r := inspected(t, sample)
	c := r.Controls
	if len(c) != 2 || !c[0].Agrees || !c[1].Agrees || c[1].Of != "amount_incl" {
		t.Errorf("controls %+v\n%s", r.Controls, textOf(t, r))
	}
	wantColumns(
		t, r, "trailer", "1+1 record text", "2+6 count number", "8+12 total number", "20+61 at_20 filler",
	)
	wrong := bytes.Replace(sample, []byte("\n8000060"), []byte("\n8000061"), 1)
	r = inspected(t, wrong)
	for _, c := range r.Controls {
		if c.Column == "count" {
			t.Errorf("a wrong count was taken for right: %+v", r.Controls)
		}
	}
}

func TestPiecesOfLongRunsOfDigitsAreHidden(t *testing.T) {
	var b strings.Builder
	for i := range 60 { // store, a number without a check digit whose middle looks like zero-padding, amount
		fmt.Fprintf(&b, "%04d88%06d0000%04d%06d\n", 100+i%3, 100000+i*7919, 1000+i*13, i*41)
	}
	r := inspected(t, []byte(b.String()))
	for _, c := range r.Kinds[0].Columns {
		for _, s := range c.Samples {
			if len(s) > 4 && !strings.HasPrefix(s, "***") {
				t.Errorf("%s shows %s\n%s", c.Name, s, textOf(t, r))
			}
		}
	}
}
