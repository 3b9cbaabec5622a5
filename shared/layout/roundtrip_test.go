package layout

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/charset"
)

// randomLayout describes one kind of record with columns of every type; what it cannot write is left out.
func randomLayout(r *rand.Rand) *Layout {
	l := &Layout{
		Encoding: pick(r, "utf-8", "utf-8-bom", "cp932", "euc-jp", "iso-2022-jp"), Format: pick(r, "fixed",
			"csv", "tsv"),
		LineEnd: pick(r, "crlf", "lf", "cr", ""), Duplicates: pick(r, "", "nec"),
	}
	rec := Record{Kind: KindReceipt}
	fixed := l.Format == "fixed"
	if fixed {
		l.LineEnd = pick(r, "crlf", "lf", "cr", "none")
		l.EOFMark = r.IntN(2) == 0
	} else {
		l.Quote = pick(r, "", "minimal", "all", "never")
	}
	for i := range 2 + r.IntN(6) {
		f := Field{Name: fmt.Sprintf("f%d", i), Type: pick(r, "", TypeText, TypeNumber, TypeDate, TypeTime)}
		switch f.Type {
		case TypeNumber:
			randomNumber(r, &f)
		case TypeDate:
			f.Form = pick(r, "", "yyyymmdd", "yyyy-mm-dd", "yyyy/mm/dd", "yymmdd", "gyymmdd", "gyy.mm.dd",
				"wareki", "mmdd")
		case TypeTime:
			f.Form = pick(r, "hhmm", "hhmmss", "hh:mm", "hh:mm:ss", "hmm")
		default:
			f.Align, f.Pad = pick(r, "", "left", "right"), pick(r, "", "space")
			if !fixed && r.IntN(2) == 0 {
				f.Pad = "none"
			}
			if fixed && (l.Encoding == "cp932" || l.Encoding == "euc-jp") && r.IntN(3) == 0 {
				f.Pad = "wide"
			}
		}
		if fixed {
			f.Width = 24
		}
		rec.Fields = append(rec.Fields, f)
		if f.Type == TypeNumber && f.Sign == "" && r.IntN(4) == 0 {
			last := &rec.Fields[len(rec.Fields)-1]
			last.SignField = f.Name + "sign"
			width := 0
			if fixed {
				width = 1
			}
			rec.Fields = append(rec.Fields, Field{Name: last.SignField, Width: width})
		}
	}
	for _, f := range rec.Fields {
		l.RecordLength += f.Width
	}
	l.Records = []Record{rec}
	return l
}

func randomNumber(r *rand.Rand, f *Field) {
	f.Sign = pick(r, "", "none", "lead_minus", "lead_sign", "trail_sign", "overpunch", "overpunch_mf")
	f.Pad = pick(r, "", "zero", "space")
	plain := !strings.HasPrefix(f.Sign, "overpunch")
	switch r.IntN(4) {
	case 0:
		f.Decimals = r.IntN(4)
	case 1:
		if plain {
			f.Scale, f.Thousands = r.IntN(4), r.IntN(2) == 0
		}
	}
	if f.Thousands {
		f.Pad = "space"
	}
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// randomText is a text that the encoding can hold and the column keeps: padding at its ends would be lost.
func randomText(r *rand.Rand, l *Layout, f *Field) string {
	letters := []rune("aZ09 -,\"'\t表ソ能①髙ｱﾞー〜〒　\\|~")
	if l.Format != "fixed" {
		letters = append(letters, '\n', '\r')
	}
	enc, _ := charset.Parse(l.Encoding)
	e := charset.Encoder{Encoding: enc, NEC: l.Duplicates == "nec"}
	for {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		text := strings.Trim(b.String(), " 　")
		raw, badAt := e.Append(nil, []byte(text))
		back, _ := enc.AppendUTF8(nil, raw)
		special := strings.ContainsAny(text, ",\"\t\r\n")
		unquoted := l.Quote == "never" || l.Format == "tsv" && l.Quote == ""
		if badAt < 0 && string(back) == text && (f.Width == 0 || len(raw) <= f.Width) && !(special &&
			unquoted) {
			return text
		}
	}
}

// fill sets random values and gives what must be read back, as text.
func fill(r *rand.Rand, l *Layout, p *WritePlan, v *Values) (want []string) {
	fields := l.Records[0].Fields
	for i := range fields {
		f := &fields[i]
		s := p.Slot(f.Name)
		if strings.HasSuffix(f.Name, "sign") {
			continue
		}
		if r.IntN(8) == 0 && f.SignField == "" {
			v.Blank(s)
			want = append(want, "blank")
			continue
		}
		switch f.Type {
		case TypeNumber:
			n := r.Int64N(1_000_000_000_001) >> r.IntN(40)
			signed := f.SignField != "" || f.Sign != "none" && !(f.Sign == "" && l.Format == "fixed")
			if signed && r.IntN(2) == 0 {
				n = -n
			}
			v.SetNumber(s, n)
			want = append(want, fmt.Sprint(n))
		case TypeDate:
			near, _ := calendar.Of(2026, 11, 22)
			d := near.Add(r.IntN(350) - 175)
			v.SetDate(s, d)
			want = append(want, d.String())
		case TypeTime:
			c := calendar.Clock(r.IntN(30 * 3600))
			if !strings.HasSuffix(f.Form, "ss") {
				c -= c % 60
			}
			v.SetClock(s, c, nil)
			want = append(want, c.String())
		default:
			text := randomText(r, l, f)
			v.SetText(s, []byte(text))
			if text == "" {
				text = "blank"
			}
			want = append(want, text)
		}
	}
	return want
}

// readBack gives the values of a record as fill does.
func readBack(r *Reading, rec *ReadRecord) (got []string) {
	near, _ := calendar.Of(2026, 11, 22)
	for _, f := range r.layout.Records[0].Fields {
		s := r.Source(f.Name)
		if strings.HasSuffix(f.Name, "sign") {
			continue
		}
		text, code := []byte(nil), rec.Fault
		if code == 0 {
			switch f.Type {
			case TypeNumber:
				n, ok, c := rec.Number(s)
				if code = c; ok {
					text = fmt.Append(nil, n)
				}
			case TypeDate:
				d, c := rec.Date(s, near)
				if code = c; !d.IsZero() {
					text = []byte(d.String())
				}
			case TypeTime:
				clock, _, c := rec.Clock(s)
				if code = c; clock != calendar.NoTime {
					text = []byte(clock.String())
				}
			default:
				text, code = rec.Text(s)
			}
		}
		switch {
		case code != 0:
			text = []byte(code.Name())
		case len(text) == 0:
			text = []byte("blank")
		}
		got = append(got, string(text))
	}
	return got
}

// TestWhatIsWrittenIsReadBack writes random records in random layouts and reads them again, in blocks of
// every
// size: types, forms, signs, padding, quotes and encodings.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	written := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := randomLayout(r)
		p, err := CompileWriting(l, nil)
		if err != nil {
			continue
		}
		reading, err := CompileReading(l, false, nil)
		if err != nil {
			t.Fatalf("seed %d: writable, but not readable: %v", seed, err)
		}
		var file bytes.Buffer
		w := p.NewWriter(&file)
		var want [][]string
		for range 1 + r.IntN(5) {
			v := p.NewValues()
			values := fill(r, l, p, v)
			if err := w.Write(KindReceipt, v); err != nil {
				continue // too wide for its column
			}
			want = append(want, values)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		written += len(want)
		got := readAll(t, reading, file.Bytes(), 1+r.IntN(file.Len()+2))
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Fatalf("seed %d: %+v\n%q\n got %q\nwant %q", seed, *l, file.String(), got, want)
		}
	}
	if written < 5000 {
		t.Errorf("only %d records could be written", written)
	}
}

func readAll(t *testing.T, r *Reading, text []byte, size int) (got [][]string) {
	t.Helper()
	c := r.Cut(bytes.NewReader(text), size)
	for {
		b, err := c.Next(nil)
		if err != nil {
			if len(b.Bytes) > 0 || err.Error() != "EOF" {
				t.Fatalf("%v in %q", err, text)
			}
			return got
		}
		var rec ReadRecord
		for s := r.Scan(b); s.Next(&rec); {
			got = append(got, readBack(r, &rec))
		}
	}
}
