package main

import "fmt"

// badCards are lines whose card or member number leads to nobody.
func (s *shop) badCards() {
	for i, number := range []string{
		hoshiOld(1),             // the range ended in March
		"9999" + hoshi(1)[4:],   // no range
		hoshi(1) + "0",          // a digit too many
		misread(hoshi(1)),       // wrong check digit
		misread(komorebiApp(1)), //
		"9.99E+15",              // what a spreadsheet leaves of a number
		"9990A" + hoshi(1)[5:],  // a letter in it
		"",                      // neither card nor member number
		"ｶｰﾄﾞ ﾅｼ",               //
	} {
		s.add(s.sell("0006", fmt.Sprintf("19%02d", 1+2*i), number, 1000))
	}
	for i, no := range []string{"A9999999", memberNo(noCard)} {
		t := s.sell("0006", fmt.Sprintf("19%02d", 31+2*i), "", 1000)
		t.member = no
		s.add(t)
	}
}

// badValues are lines with a value that cannot be read, or that cannot be.
func (s *shop) badValues() {
	bad := func(change func(t *till)) {
		t := s.sell("0006", "2001", hoshi(50), 1000)
		change(&t)
		s.add(t)
	}
	bad(func(t *till) { t.date = "20261131" })
	bad(func(t *till) { t.date = "20261123" }) // after the run's day
	bad(func(t *till) { t.date = "20260823" }) // 91 days before it
	bad(func(t *till) { t.clock = "3000" })
	bad(func(t *till) { t.clock = "1260" })
	bad(func(t *till) { t.amount = "00001O000" }) // the letter O
	bad(func(t *till) { t.amount = "1E+05    " })
	bad(func(t *till) { t.amount = "         " })
	bad(func(t *till) { t.sign = "9" })
	bad(func(t *till) { t.sign = "2" }) // a negative sale
	bad(func(t *till) { t.kind = "7" })
	bad(func(t *till) { t.receipt = "" })
	bad(func(t *till) { t.kind, t.pointType, t.points = "4", "BASE", "12.5   " })
	bad(func(t *till) { t.kind, t.points = "4", "0000010" })                 // no point type
	bad(func(t *till) { t.date, t.clock, t.card = "00000000", "9999", "1" }) // all of it is listed
}

// badBytes are records whose bytes are wrong.
func (s *shop) badBytes() {
	bad := func(cut func([]byte) []byte) {
		t := s.sell("0006", "2101", hoshi(51), 1000)
		t.staff, t.memo, t.cut = "青空花子", "バイトの検査", cut
		s.add(t)
	}
	broken := func(cut func([]byte) []byte) {
		t := s.sell("0006", "2103", hoshi(51), 1000)
		t.cut, t.uncounted = cut, true
		s.add(t)
	}
	bad(put(atStaff, "\xF0\x40"))    // a vendor's own character
	bad(put(atStoreName, "\x80"))    // no character of CP932
	bad(put(atMemo+58, "\x81"))      // half a character at the end of the column
	bad(put(atMemo, "\xFD\xFE\xFF")) //
	bad(put(atMemo, "\x00"))         // NUL
	broken(func(b []byte) []byte { return b[:len(b)-1] })
	broken(func(b []byte) []byte { return append(b, ' ') })
	broken(func(b []byte) []byte { return append(b, '\n') })
	broken(put(1, "5")) // no kind of record
}
