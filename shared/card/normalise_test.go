package card

import (
	"testing"

	"multipoint/shared/fault"
)

func TestR7NumbersAreNormalised(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"9999123456789019", "9999123456789019"},
		{"0012345", "0012345"},
		{"９９９９１２３４５６７８９０１９", "9999123456789019"},
		{"9999-1234-5678-9019", "9999123456789019"},
		{"9999 1234 5678 9019", "9999123456789019"},
		{" 9999　1234 ", "99991234"},
		{"9999－1234", "99991234"},
		{"9999−1234", "99991234"},
		{"A9999123456789019B", "9999123456789019"},
		{"a99991234d", "99991234"},
		{"Ａ９９９９１２３４Ｄ", "99991234"},
		{"A-9999 1234-D", "99991234"},
		{"]C09999123456789019", "9999123456789019"},
		{"]C199991234", "99991234"},
		{"]E04901234567894", "4901234567894"},
		{"］Ｃ１９９９９１２３４", "99991234"},
		{"] C 1 9999-1234", "99991234"},
		{"A]C199991234B", "99991234"}, // the letters go before the prefix
		{"", ""},
		{"  ", ""},
		{"　", ""},
	} {
		got, code := Normalise(nil, []byte(c.raw))
		if code != 0 || string(got) != c.want {
			t.Errorf("%q is %q, %v; want %q", c.raw, got, code, c.want)
		}
	}
}

func TestR7WhatIsNoNumberIsRefused(t *testing.T) {
	for _, raw := range []string{
		"9.99912E+15", "9999X", "A99991234", "99991234B", "E99991234E", "AB", "A", "-", "----", "]C0",
		"]C299991234", "C099991234", "]C0A1234B", "9999.1234", "9999/1234", "9999\t1234", "9999ー1234",
		"9999‐1234", "９９９９＊１２３４", "①２３", "٣٤٥", "9999\x00", "\xff\xfe", "9999\xe3\x80", "+9999",
		"AA99991234BB",
		"99991234\n",
	} {
		if got, code := Normalise(nil, []byte(raw)); code != fault.CardNotDigits || got != nil {
			t.Errorf("%q is %q, %v; want card.not_digits", raw, got, code)
		}
	}
}

func TestPlainDigitsAreNotCopied(t *testing.T) {
	raw := []byte("9999123456789019")
	got, _ := Normalise(make([]byte, 0, 32), raw)
	if &got[0] != &raw[0] {
		t.Error("plain digits were copied")
	}
}

func TestNormaliseAllocatesNothingWithRoom(t *testing.T) {
	raw, buf := []byte("A９９９９-1234-5678-9019B"), make([]byte, 64)
	if n := testing.AllocsPerRun(100, func() { Normalise(buf, raw) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if string(raw) != "A９９９９-1234-5678-9019B" {
		t.Errorf("the raw text was changed: %q", raw)
	}
}

func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{"9999123456789019", "A９９９９-1234B", "]C1 1234", "9.99E+15", "　"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		digits, code := Normalise(nil, raw)
		if code != 0 {
			if digits != nil {
				t.Fatalf("refused, but gave %q", digits)
			}
			return
		}
		if !allDigits(digits) || len(digits) > len(raw) {
			t.Fatalf("%q gave %q", raw, digits)
		}
		if again, code := Normalise(nil, digits); code != 0 || string(again) != string(digits) {
			t.Fatalf("%q gave %q, and that %q, %v", raw, digits, again, code)
		}
	})
}

func BenchmarkNormalise(b *testing.B) {
	buf := make([]byte, 64)
	for _, raw := range []string{"9999123456789019", "9999-1234-5678-9019"} {
		b.Run(raw, func(b *testing.B) {
			b.ReportAllocs()
			text := []byte(raw)
			for b.Loop() {
				Normalise(buf, text)
			}
		})
	}
}
