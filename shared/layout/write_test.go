package layout

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

func str(s string) *string { return &s }

// number and text are fields of fixed layouts; filler and fixedText have no value.
func number(name string, width int) Field { return Field{Name: name, Width: width, Type: TypeNumber} }
func text(name string, width int) Field   { return Field{Name: name, Width: width} }
func filler(width int) Field              { return Field{Width: width, Type: TypeFiller} }
func fixedText(s string, width int) Field { return Field{Width: width, Constant: &s} }

// debit is the layout of the account debit request of DOMAIN 3.1.
func debit(lineEnd string) *Layout {
	zeros := Field{Width: 36, Type: TypeFiller, Pad: "zero"}
	return &Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: lineEnd, RecordLength: 120,
		Discriminator: &Discriminator{At: 1, Width: 1},
		Records: []Record{
			{Kind: KindHeader, IDs: []string{"1"}, Fields: []Field{
				text("id", 1), fixedText("91", 2), fixedText("0", 1), number("client", 10),
				text("client_name", 40),
				{Name: "debit_date", Width: 4, Type: TypeDate, Form: "mmdd"},
				number("bank", 4),
				text("bank_name", 15),
				number("branch", 3), text("branch_name", 15), number("kind", 1), number("account", 7),
				filler(17),
			}},
			{Kind: KindReceipt, IDs: []string{"2"}, Fields: []Field{
				text("id", 1), number("bank", 4), text("bank_name", 15), number("branch", 3),
				text("branch_name", 15),
				filler(4), number("kind", 1), number("account", 7), text("holder", 30), number("amount", 10),
				number("new", 1),
				{Name: "customer", Width: 20, Align: "right", Pad: "zero"},
				number("result", 1),
				filler(8),
			}},
			{Kind: KindTrailer, IDs: []string{"8"}, Fields: []Field{
				text("id", 1), number("count", 6), number("total", 12), zeros, filler(65),
			}},
			{Kind: KindEnd, IDs: []string{"9"}, Fields: []Field{text("id", 1), filler(119)}},
		},
	}
}

// set fills values by name: texts, numbers (int) and dates.
func set(t *testing.T, p *WritePlan, values map[string]any) *Values {
	t.Helper()
	v := p.NewValues()
	for name, val := range values {
		s := p.Slot(name)
		if s == NoSlot {
			t.Fatalf("the layout has no value %s", name)
		}
		switch val := val.(type) {
		case string:
			v.SetText(s, []byte(val))
		case int:
			v.SetNumber(s, int64(val))
		case calendar.Date:
			v.SetDate(s, val)
		case calendar.Clock:
			v.SetClock(s, val, nil)
		}
	}
	return v
}

func compile(t *testing.T, l *Layout) *WritePlan {
	t.Helper()
	p, err := CompileWriting(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func day(y, m, d int) calendar.Date {
	date, _ := calendar.Of(y, m, d)
	return date
}

func TestWriterGivesTheAccountDebitExampleByteForByte(t *testing.T) {
	for lineEnd, want := range map[string]string{
		"none": "e17a9e761e7f37f3cbeef259c31b48a2014d4f3af1ed2c959693217e268b8a00",
		"crlf": "d0f8a7f9118c986f1f973e5499732ea7eaa0a8b25c9e41a32190190f0c03157a",
	} {
		p := compile(t, debit(lineEnd))
		var out bytes.Buffer
		w := p.NewWriter(&out)
		bank := map[string]any{
			"bank": 9999, "bank_name": "ﾃｽﾄｷﾞﾝｺｳ", "branch": 1, "branch_name": "ﾎﾝﾃﾝ",
			"kind": 1,
		}
		record := func(kind string, more map[string]any) {
			all := map[string]any{}
			for _, m := range []map[string]any{bank, more} {
				for k, v := range m {
					all[k] = v
				}
			}
			if err := w.Write(kind, set(t, p, all)); err != nil {
				t.Fatal(err)
			}
		}
		record(KindHeader, map[string]any{
			"client": 12345678, "client_name": "ｻﾝﾌﾟﾙｼﾖｳｼﾞ(ｶ", "debit_date": day(2026, 11, 27),
			"account": 7654321,
		})
		record(KindReceipt, map[string]any{
			"account": 1234567, "holder": "ﾔﾏﾀﾞ ﾀﾛｳ", "amount": 4980, "new": 1, "customer": "101",
			"result": 0,
		})
		record(KindReceipt, map[string]any{
			"account": 2345678, "holder": "ｻﾄｳ ﾊﾅｺ", "amount": 12000, "new": 1, "customer": "102",
			"result": 0,
		})
		record(KindTrailer, map[string]any{"count": 2, "total": 16980})
		record(KindEnd, nil)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(out.Bytes()); hex.EncodeToString(sum[:]) != want {
			t.Errorf("line end %s: got %d bytes, SHA-256 %x, want %s\n%s", lineEnd, out.Len(), sum, want,
				bytes.ReplaceAll(out.Bytes(), []byte(" "), []byte(".")))
		}
	}
}

// one writes a single column with one value, in a fixed layout of the field's width or in csv.
func one(t *testing.T, format string, f Field, value any) (string, error) {
	t.Helper()
	f.Name = "x"
	l := &Layout{
		Encoding: "cp932", Format: format, LineEnd: "lf", RecordLength: f.Width,
		Records: []Record{{Kind: KindReceipt, Fields: []Field{f}}},
	}
	if f.SignField != "" {
		l.Records[0].Fields = append(l.Records[0].Fields, Field{Name: f.SignField, Width: 1})
		l.RecordLength++
	}
	p := compile(t, l)
	var out bytes.Buffer
	w := p.NewWriter(&out)
	if err := w.Write(KindReceipt, set(t, p, map[string]any{"x": value})); err != nil {
		if out.Len() > 0 {
			t.Errorf("a record that failed left %q behind", out.String())
		}
		return "", err
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

func TestNumbersShowTheirSignAsTheLayoutSays(t *testing.T) {
	n := func(sign string) Field { return Field{Width: 7, Type: TypeNumber, Sign: sign} }
	spaced := func(sign, align string) Field {
		return Field{Width: 7, Type: TypeNumber, Sign: sign, Align: align, Pad: "space"}
	}
	apart := Field{Width: 7, Type: TypeNumber, SignField: "s"}
	for _, c := range []struct {
		format string
		field  Field
		value  int
		want   string
	}{
		{"fixed", n("overpunch"), 12345, "001234E"},
		{"fixed", n("overpunch"), -12345, "001234N"},
		{"fixed", n("overpunch"), -1200, "000120}"},
		{"fixed", n("overpunch"), 0, "000000{"},
		{"fixed", n("overpunch_mf"), -12345, "001234u"},
		{"fixed", n("overpunch_mf"), 12345, "0012345"},
		{"fixed", n(""), 1200, "0001200"},
		{"fixed", n("lead_minus"), -1200, "-001200"},
		{"fixed", n("lead_minus"), 1200, "0001200"},
		{"fixed", n("lead_sign"), 1200, "+001200"},
		{"fixed", n("lead_sign"), -1200, "-001200"},
		{"fixed", n("trail_sign"), -1200, "001200-"},
		{"fixed", n("trail_sign"), 0, "000000+"},
		{"fixed", apart, -1200, "00012002"},
		{"fixed", apart, 1200, "00012001"},
		{"fixed", Field{
			Width: 7, Type: TypeNumber, SignField: "s", Negative: []string{"R"},
			Positive: []string{"G"},
		}, -1, "0000001R"},
		{"fixed", spaced("lead_minus", ""), -1200, "  -1200"},
		{"fixed", spaced("lead_minus", "left"), -1200, "-1200  "},
		{"fixed", Field{Width: 9, Type: TypeNumber, Decimals: 2}, 1200, "000120000"},
		{"fixed", Field{Width: 9, Type: TypeNumber, Thousands: true, Pad: "space"}, 1234567, "1,234,567"},
		{"csv", Field{Type: TypeNumber}, -1200, "-1200"},
		{"csv", Field{Type: TypeNumber, Thousands: true}, -1200, `"-1,200"`},
		{"csv", Field{Type: TypeNumber, Thousands: true}, 120, "120"},
		{"tsv", Field{Type: TypeNumber, Thousands: true}, 1200, "1,200"},
		{"csv", Field{Type: TypeNumber, Scale: 2}, 1177, "11.77"},
		{"csv", Field{Type: TypeNumber, Scale: 2}, -7, "-0.07"},
		{"csv", Field{Type: TypeNumber}, -1 << 63, "-9223372036854775808"},
	} {
		got, err := one(t, c.format, c.field, c.value)
		if c.field.Thousands && c.format == "csv" && c.value == 120 {
			c.want = `"120"` // a column that may hold commas is always quoted
		}
		if err != nil || got != c.want {
			t.Errorf("%s %+v: %d gave %q, %v; want %q", c.format, c.field, c.value, got, err, c.want)
		}
	}
}

func TestNumbersThatDoNotFitAreRefusedWithFieldAndValue(t *testing.T) {
	for _, c := range []struct {
		sign  string
		value int
	}{
		{"", 100000},
		{"", -1},
		{"lead_minus", -10000},
		{"lead_sign", 10000},
		{"trail_sign", 10000},
		{"overpunch", -100000},
	} {
		_, err := one(t, "fixed", Field{Width: 5, Type: TypeNumber, Sign: c.sign}, c.value)
		if fault.CodeOf(err) != fault.OutletOverflow || !strings.Contains(err.Error(), "field x") ||
			!strings.Contains(err.Error(), " "+strings.TrimSpace(itoa(c.value))+" ") {
			t.Errorf("%s %d: got %v, want outlet.overflow with field and value", c.sign, c.value, err)
		}
	}
}

func itoa(n int) string {
	w := Writer{}
	return string(w.textOf(writeValue{kind: writeNumber, n: int64(n)}))
}

func TestTextsArePaddedAndCutAtCharacters(t *testing.T) {
	for _, c := range []struct {
		field Field
		value string
		want  string // bytes of CP932
		code  fault.Code
	}{
		{text("", 8), "髙島屋㈱", "\xfb\xfc\x93\x87\x89\xae\x87\x8a", 0},
		{text("", 9), "髙島屋㈱", "\xfb\xfc\x93\x87\x89\xae\x87\x8a ", 0},
		{text("", 7), "髙島屋㈱", "", fault.OutletUnencodable},
		{Field{Width: 7, Truncate: true}, "髙島屋㈱", "\xfb\xfc\x93\x87\x89\xae ", 0},
		{Field{Width: 7, Truncate: true, Pad: "wide"}, "髙島", "\xfb\xfc\x93\x87\x81\x40 ", 0},
		{Field{Width: 7, Align: "right", Pad: "wide"}, "島", " \x81\x40\x81\x40\x93\x87", 0},
		{Field{Width: 5, Align: "right"}, "ab", "   ab", 0},
		{Field{Width: 5, Align: "right", Pad: "zero"}, "12", "00012", 0},
		{Field{Width: 5, Pad: "zero"}, "12", "12000", 0},
		{Field{Width: 5, Pad: "zero"}, "", "     ", 0},
		{Field{Width: 4, Empty: []string{"0000"}}, "", "0000", 0},
		{text("", 4), "〜−", "\x81\x60\x81\x7c", 0},
		{text("", 4), "𠮷", "", fault.OutletUnencodable},
		{Field{Width: 2, Truncate: true}, "島𠮷", "", fault.OutletUnencodable},
		{text("", 4), "a\nb", "", fault.OutletUnencodable},
		{text("", 4), "a\x00b", "", fault.OutletUnencodable},
		{
			Field{Width: 4, Lookup: map[string]string{"01": "sale", "00": "sale", "02": "return"}},
			"sale",
			"00  ", 0,
		},
		{Field{Width: 4, Lookup: map[string]string{"01": "sale"}}, "gift", "", fault.OutletUnencodable},
	} {
		got, err := one(t, "fixed", c.field, c.value)
		if got != c.want || fault.CodeOf(err) != c.code {
			t.Errorf("%+v: %q gave %q, %v; want %q, %d", c.field, c.value, got, err, c.want, c.code)
		}
	}
}

func TestDatesAndTimesAreWrittenInTheirForms(t *testing.T) {
	d := day(2026, 11, 22)
	none := calendar.Date(0)
	clock := calendar.Clock(25*3600 + 30*60)
	for _, c := range []struct {
		format string
		field  Field
		value  any
		want   string
	}{
		{"fixed", Field{Width: 8, Type: TypeDate}, d, "20261122"},
		{"fixed", Field{Width: 10, Type: TypeDate, Form: "yyyy/mm/dd"}, d, "2026/11/22"},
		{"fixed", Field{Width: 7, Type: TypeDate, Form: "gyymmdd"}, d, "5081122"},
		{"fixed", Field{Width: 9, Type: TypeDate, Form: "gyy.mm.dd"}, d, "R08.11.22"},
		{"fixed", Field{Width: 6, Type: TypeDate, Form: "wareki"}, d, "081122"},
		{"fixed", Field{Width: 8, Type: TypeDate, Form: "any"}, d, "20261122"},
		{"csv", Field{Type: TypeDate, Form: "any"}, d, "2026-11-22"},
		{"fixed", Field{Width: 8, Type: TypeDate, Empty: []string{"00000000", "99999999"}}, none, "00000000"},
		{"fixed", Field{Width: 8, Type: TypeDate}, none, "        "},
		{"fixed", Field{Width: 8, Type: TypeDate}, "2026-11-22", "20261122"},
		{"fixed", Field{Width: 12}, d, "2026-11-22  "},
		{"fixed", Field{Width: 4, Type: TypeTime}, clock, "2530"},
		{"fixed", Field{Width: 6, Type: TypeTime}, clock, "253000"},
		{"fixed", Field{Width: 5, Type: TypeTime, Form: "hh:mm"}, clock, "25:30"},
		{"fixed", Field{Width: 5, Type: TypeTime}, calendar.NoTime, "     "},
		{"csv", Field{Type: TypeTime}, clock, "25:30:00"},
		{"csv", Field{Type: TypeText}, clock, "25:30:00"},
	} {
		got, err := one(t, c.format, c.field, c.value)
		if err != nil || got != c.want {
			t.Errorf("%s %+v: %v gave %q, %v; want %q", c.format, c.field, c.value, got, err, c.want)
		}
	}
}

func TestQuotesStandWhereTheLayoutAndTheValueAskForThem(t *testing.T) {
	for _, c := range []struct {
		format, quote, value, want string
		code                       fault.Code
	}{
		{"csv", "", "表ソ能", "\x95\x5c\x83\x5c\x94\x5c,1", 0},
		{"csv", "minimal", `a,b`, `"a,b",1`, 0},
		{"csv", "", `say "x"`, `"say ""x""",1`, 0},
		{"csv", "", "two\r\nlines", "\"two\r\nlines\",1", 0},
		{"csv", "all", "a", `"a","1"`, 0},
		{"csv", "all", "", `"","1"`, 0},
		{"csv", "never", "a", `a,1`, 0},
		{"csv", "never", "a,b", "", fault.OutletUnencodable},
		{"csv", "never", `"`, "", fault.OutletUnencodable},
		{"tsv", "", "a,b", "a,b\t1", 0},
		{"tsv", "", "a\tb", "", fault.OutletUnencodable},
		{"tsv", "minimal", "a\tb", "\"a\tb\"\t1", 0},
	} {
		l := &Layout{
			Encoding: "cp932", Format: c.format, Quote: c.quote, LineEnd: "crlf",
			Records: []Record{{Kind: KindReceipt, Fields: []Field{{Name: "t"}, {
				Name: "n",
				Type: TypeNumber,
			}}}},
		}
		p := compile(t, l)
		var out bytes.Buffer
		w := p.NewWriter(&out)
		v := set(t, p, map[string]any{"t": c.value, "n": 1})
		field, ok := w.Check(KindReceipt, v)
		err := w.Write(KindReceipt, v)
		if e := w.Close(); e != nil {
			t.Fatal(e)
		}
		if got := strings.TrimSuffix(out.String(), "\r\n"); got != c.want || fault.CodeOf(err) != c.code {
			t.Errorf("%s %s: %q gave %q, %v; want %q, %d", c.format, c.quote, c.value, got, err, c.want,
				c.code)
		}
		if ok != (err == nil) || !ok && field != "t" {
			t.Errorf("%s %s: Check of %q says %s, %t but Write says %v", c.format, c.quote, c.value, field,
				ok, err)
		}
	}
}

func TestTitlesBOMAndEOFMarkFrameTheFile(t *testing.T) {
	l := &Layout{
		Encoding: "utf-8-bom", Format: "csv", EOFMark: true, LineEnd: "lf",
		Records: []Record{{Kind: KindTitles}, {Kind: KindReceipt, Fields: []Field{{
			Name:  "card",
			Title: "カード番号",
		}, {Name: "points"}}}},
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(KindTitles, nil); err != nil {
		t.Fatal(err)
	}
	var part bytes.Buffer
	body := w.plan.NewPart(&part)
	if err := body.Write(KindReceipt, set(t, w.plan, map[string]any{"card": "12", "points": 3})); err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(&part); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "\xef\xbb\xbfカード番号,points\n12,3\n\x1a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSubstitutesAreWrittenForWhatTheEncodingLacks(t *testing.T) {
	l := &Layout{
		Encoding: "cp932", Format: "fixed", LineEnd: "none", RecordLength: 4,
		Substitutes: map[string]string{"𠮷": "吉"},
		Records:     []Record{{Kind: KindReceipt, Fields: []Field{text("x", 4)}}},
	}
	p := compile(t, l)
	var out bytes.Buffer
	w := p.NewWriter(&out)
	if err := w.Write(KindReceipt, set(t, p, map[string]any{"x": "𠮷田"})); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if got, want := out.String(), "\x8b\x67\x93\x63"; got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

// failing fails after its first bytes.
type failing struct{}

func (failing) Write(p []byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriterReportsThatItCouldNotWrite(t *testing.T) {
	p := compile(t, debit("crlf"))
	w := p.NewWriter(failing{})
	if err := w.Write(KindEnd, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); fault.CodeOf(err) != fault.WriteFailed {
		t.Errorf("got %v, want write.failed", err)
	}
	if err := w.Write(KindEnd, nil); fault.CodeOf(err) != fault.WriteFailed {
		t.Errorf("after the failure: got %v, want write.failed", err)
	}
}

func TestWritingAllocatesNothingPerRecord(t *testing.T) {
	p := compile(t, debit("crlf"))
	w := p.NewWriter(io.Discard)
	v := set(t, p, map[string]any{
		"bank": 9999, "bank_name": "ﾃｽﾄ", "holder": "山田", "amount": 12,
		"customer": "9",
	})
	run := func() {
		if err := w.Write(KindReceipt, v); err != nil {
			t.Fatal(err)
		}
		if _, ok := w.Check(KindReceipt, v); !ok {
			t.Fatal("Check refuses what Write takes")
		}
	}
	for range 1000 {
		run()
	}
	if n := testing.AllocsPerRun(1000, run); n != 0 {
		t.Errorf("%v allocations a record, want 0", n)
	}
}

func BenchmarkWriter(b *testing.B) {
	p, err := CompileWriting(debit("crlf"), nil)
	if err != nil {
		b.Fatal(err)
	}
	w := p.NewWriter(io.Discard)
	v := p.NewValues()
	for name, s := range p.slots {
		if name != "" && name != "debit_date" {
			v.SetNumber(s, 1)
		}
	}
	v.SetText(p.Slot("holder"), []byte("山田 太郎"))
	b.SetBytes(122)
	for b.Loop() {
		if err := w.Write(KindReceipt, v); err != nil {
			b.Fatal(err)
		}
	}
}
