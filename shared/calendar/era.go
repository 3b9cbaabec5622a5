package calendar

// era is a Japanese era (DOMAIN 2.3). Its digit is its place in the list plus one.
type era struct {
	letter      byte
	firstYear   int  // the Gregorian year of year 1
	first, last Date // both included
}

// eraList are the eras. Meiji begins with its year 6, when Japan took the Gregorian calendar: dates before it
// were lunar and cannot be computed from year, month and day.
var eraList = [...]era{
	{'M', 1868, daysOf(1873, 1, 1), daysOf(1912, 7, 29)},
	{'T', 1912, daysOf(1912, 7, 30), daysOf(1926, 12, 24)},
	{'S', 1926, daysOf(1926, 12, 25), daysOf(1989, 1, 7)},
	{'H', 1989, daysOf(1989, 1, 8), daysOf(2019, 4, 30)},
	{'R', 2019, daysOf(2019, 5, 1), daysOf(2117, 12, 31)}, // as long as two digits hold the year
}

// eraOfLetter gives the index of an era, -1 if the letter names none.
func eraOfLetter(letter byte) int {
	for i := range eraList {
		if eraList[i].letter == letter {
			return i
		}
	}
	return -1
}

// ofEra makes the date of an era's year; false outside the era.
func ofEra(index, y, m, d int) (Date, bool) {
	e := &eraList[index]
	date, ok := Of(e.firstYear+y-1, m, d)
	if !ok || y == 0 || date < e.first || date > e.last {
		return 0, false
	}
	return date, true
}

// parseWareki reads the six digits that banks write without the era. Equal years of two eras are at least 14
// years apart, so at most one lies within five years of near.
func parseWareki(b []byte, near Date) (Date, bool) {
	y, m, d, ok := three(b)
	if !ok || near.IsZero() {
		return 0, false
	}
	for i := range eraList {
		if date, ok := ofEra(i, y, m, d); ok && withinYears(date, near, 5) {
			return date, true
		}
	}
	return 0, false
}

// withinYears says whether two dates are at most that many calendar years apart.
func withinYears(a, b Date, years int) bool {
	ay, am, ad := a.YMD()
	by, bm, bd := b.YMD()
	difference := (ay-by)*10_000 + (am-bm)*100 + ad - bd
	return max(difference, -difference) <= years*10_000
}

// appendEra writes a date with its era's year: a letter and dots, a digit, or nothing for the era.
func appendEra(dst []byte, form Form, date Date, y, m, d int) ([]byte, bool) {
	for i := range eraList {
		e := &eraList[i]
		if date < e.first || date > e.last {
			continue
		}
		year := y - e.firstYear + 1
		switch form {
		case GYYDots:
			dst = append2(append(dst, e.letter), year)
			return append2(append(append2(append(dst, '.'), m), '.'), d), true
		case GYYMMDD:
			dst = append(dst, byte('1'+i))
		}
		return append2(append2(append2(dst, year), m), d), true
	}
	return dst, false
}
