package inspect

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"multipoint/shared/fault"
)

// blankSeparated is 300 records of ASCII with blanks between the columns.
func blankSeparated(testing.TB) []byte {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, " %05d 19970%d%02d %2d %7d.%02d\r\n", 1+i/3, 1+i%6, 1+i%28, 1+i%9, i*7%90, i*31%100)
	}
	return []byte(b.String())
}

func TestBlankSeparatedColumns(t *testing.T) {
	r := inspected(t, blankSeparated(t))
	wantForm(t, r, "cp932", "fixed", "crlf", 29)
	wantColumns(
		t, r, "receipt", "1+1 at_1 filler", "2+5 at_2 text", "7+1 at_7 filler",
		"8+8 business_date date yyyymmdd",
		"16+3 at_16 number", "19+11 amount_incl number",
	)
	amount := r.Layout.Records[0].Fields[5]
	if amount.Scale != 2 || amount.Pad != "space" {
		t.Errorf("amount %+v", amount)
	}
	if r.Encoding.Sure != Low {
		t.Errorf("only ASCII, yet %+v", r.Encoding)
	}
}

func TestMixedLineEndsAreReported(t *testing.T) {
	sample := posFile(t, 40, "\r\n")
	lines := bytes.SplitAfter(sample, []byte("\r\n"))
	lines[5] = bytes.Replace(lines[5], []byte("\r\n"), []byte("\n"), 1)
	r := inspected(t, bytes.Join(lines, nil))
	wantForm(t, r, "cp932", "fixed", "any", 80)
	if r.LineEnds != (LineEnds{CRLF: 42, LF: 1}) || r.LineEnd.Sure == High {
		t.Errorf("line ends %+v %+v", r.LineEnds, r.LineEnd)
	}
}

func TestLineEndsInsideQuotesAreNotMixed(t *testing.T) {
	r := inspected(t, []byte(strings.Repeat("20261119,\"a\nb\",00001,120\r\n", 20)))
	wantForm(t, r, "cp932", "csv", "crlf", 0)
	if r.LineEnds != (LineEnds{CRLF: 20}) || r.Odd != 0 {
		t.Errorf("line ends %+v, odd %d", r.LineEnds, r.Odd)
	}
}

func TestLongRunWithoutLineEndsIsCutByItsPeriod(t *testing.T) {
	r := inspected(t, bytes.ReplaceAll(posFile(t, 200, ""), []byte("\r\n"), nil))
	wantForm(t, r, "cp932", "fixed", "none", 80)
	if got := kindsOf(r); got != "header[1]×1 receipt[2]×200 trailer[8]×1 end[9]×1" {
		t.Errorf("kinds %s", got)
	}
}

func TestRecordsOfOneKindWithoutLineEndsAreCutByTheirPeriod(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "20261119%05d%-12s%07d   ", i*7%300, "TAROU YAMADA"[:5+i%8], i*7919%70000)
	}
	r := inspected(t, []byte(b.String()))
	wantForm(t, r, "cp932", "fixed", "none", 35)
	if r.Format.Sure != Medium {
		t.Errorf("format %+v", r.Format)
	}
	wantColumns(
		t, r, "receipt", "1+8 business_date date yyyymmdd", "9+5 at_9 text", "14+12 at_14 text",
		"26+7 amount_incl number", "33+3 at_33 filler",
	)
}

func TestLinesOfAnotherLengthAreCounted(t *testing.T) {
	lines := bytes.SplitAfter(posFile(t, 40, "\r\n"), []byte("\r\n"))
	lines[7] = append([]byte("x"), lines[7]...)
	r := inspected(t, bytes.Join(lines, nil))
	if r.Odd != 1 || r.OddFirst != 8 || r.RecordLength != 80 {
		t.Errorf("odd %d, first %d, length %d", r.Odd, r.OddFirst, r.RecordLength)
	}
}

func TestEOFMarkIsFound(t *testing.T) {
	r := inspected(t, append(zenginExample(t), 0x1A))
	if !r.EOFMark || !r.Layout.EOFMark || r.RecordLength != 120 {
		t.Errorf("mark %v, length %d", r.EOFMark, r.RecordLength)
	}
}

func TestEmptyAndUnreadableSamplesAreRefused(t *testing.T) {
	garbage := make([]byte, 20_000)
	x := uint32(1)
	for i := range garbage {
		x = x*1664525 + 1013904223
		garbage[i] = byte(x >> 24)
	}
	for name, c := range map[string]struct {
		sample []byte
		code   fault.Code
	}{
		"empty":    {nil, fault.FileEmpty},
		"only BOM": {[]byte("\xEF\xBB\xBF"), fault.FileEmpty},
		"garbage":  {garbage, fault.FileEncoding},
		"UTF-16":   {[]byte("\xFF\xFEa\x00b\x00"), fault.FileEncoding},
		"NUL":      {bytes.Repeat([]byte("12\x00\x0C"), 50), fault.FileEncoding},
	} {
		if r, err := Inspect(c.sample, Options{}); fault.CodeOf(err) != c.code || r != nil {
			t.Errorf("%s: %v, want %v", name, err, c.code)
		}
	}
}

func TestOneGiantLineIsBounded(t *testing.T) {
	for name, sample := range map[string][]byte{
		"letters": bytes.Repeat([]byte("a"), 6<<20),
		"commas":  bytes.Repeat([]byte(","), 6<<20),
		"quotes":  bytes.Repeat([]byte(`"`), 6<<20),
		"lines":   bytes.Repeat([]byte("\n"), 6<<20),
		"escapes": bytes.Repeat([]byte("\x1B$"), 3<<20),
	} {
		start := time.Now()
		r, err := Read(bytes.NewReader(sample), Options{Near: near(t)})
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s took %v", name, d)
		}
		if err != nil {
			continue
		}
		if !r.Truncated || r.Bytes != SampleBytes {
			t.Errorf("%s: truncated %v, %d bytes", name, r.Truncated, r.Bytes)
		}
		if name == "letters" && r.Format.Sure == High {
			t.Errorf("%s: %+v", name, r.Format)
		}
		mustBeUsable(t, r)
	}
}

// warekiFile is 100 records in CP932 with dates of an era without its letter.
func warekiFile(t testing.TB) []byte {
	var b strings.Builder
	for i := range 100 {
		sign := "+"
		if i%9 == 0 {
			sign = "-"
		}
		fmt.Fprintf(&b, "ﾃｽﾄ     0811%02dｱ    %06d%s\r\n", 1+i%20, i*i*3%90000, sign)
	}
	return encoded(t, "cp932", b.String())
}

func TestWarekiAndTrailingSigns(t *testing.T) {
	r := inspected(t, warekiFile(t))
	wantColumns(
		t, r, "receipt", "1+8 at_1 text", "9+6 business_date date wareki", "15+5 at_15 text",
		"20+7 amount_incl number trail_sign",
	)
}

func TestEqualSamplesGiveEqualReports(t *testing.T) {
	sample := posFile(t, 80, "\r\n")
	printed := func() string {
		r := inspected(t, sample)
		return textOf(t, r) + string(yamlOf(t, r))
	}
	first := printed()
	for range 5 {
		if printed() != first {
			t.Fatal("two reports of one sample differ")
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(zenginExample(f))
	f.Add(posFile(f, 12, "\r\n"))
	f.Add([]byte("日付,金額\n20261119,100\n20261120,-5\n"))
	f.Add([]byte("\x1B$B\x46|\x1B(B,1\r\n"))
	f.Add([]byte(strings.Repeat("1.23456789,\x7F,\n", 4)))
	f.Add([]byte("a\tb\n\"c\t\n"))
	f.Add([]byte(" 00001 19970101  1   11.77\n 00002 19970102 12    1.00\n"))
	f.Fuzz(func(t *testing.T, sample []byte) {
		r, err := Inspect(sample, Options{Name: "f", Near: near(t)})
		if err != nil {
			if fault.CodeOf(err) == 0 {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		mustBeUsable(t, r)
	})
}
