package calendar

import "encoding/binary"

// Form is a way to write a date. The zero value is YYYYMMDD.
type Form uint8

// The forms of dates (DOMAIN 2.3). G is an era: as a digit 1 to 5, as a letter M T S H R; a first year (元年)
// is written 01.
const (
	YYYYMMDD Form = iota // yyyymmdd
	Dashed               // yyyy-mm-dd
	Slashed              // yyyy/mm/dd
	YYMMDD               // yymmdd of the years 2000 to 2099
	GYYMMDD              // gyymmdd with the era's digit: 5081122
	GYYDots              // gyy.mm.dd with the era's letter: R08.11.22
	Wareki               // yymmdd of the era whose date lies within five years of a given date
	MMDD                 // mmdd of the year that brings it nearest to a given date
	Any                  // yyyymmdd, yyyy-m-d, yyyy/m/d (one or two digits each), gyy.mm.dd; full-width too
)

// FormOf gives the form of that name; the empty name is yyyymmdd.
func FormOf(name string) (Form, bool) {
	switch name {
	case "", "yyyymmdd":
		return YYYYMMDD, true
	case "yyyy-mm-dd":
		return Dashed, true
	case "yyyy/mm/dd":
		return Slashed, true
	case "yymmdd":
		return YYMMDD, true
	case "gyymmdd":
		return GYYMMDD, true
	case "gyy.mm.dd":
		return GYYDots, true
	case "wareki":
		return Wareki, true
	case "mmdd":
		return MMDD, true
	case "any":
		return Any, true
	}
	return YYYYMMDD, false
}

// ParseDate reads a date in the given form; false if it cannot be read exactly, if there is no such day, or
// if it lies outside the era it names. near is the run's date; only Wareki and MMDD look at it and read
// nothing without it.
func ParseDate(form Form, b []byte, near Date) (Date, bool) {
	switch form {
	case YYYYMMDD:
		return parsePlain(b)
	case Dashed:
		return parseSeparated(b, '-')
	case Slashed:
		return parseSeparated(b, '/')
	case YYMMDD:
		if y, m, d, ok := three(b); ok {
			return Of(2000+y, m, d)
		}
	case GYYMMDD:
		if len(b) == 7 && b[0] >= '1' && b[0] <= '5' {
			if y, m, d, ok := three(b[1:]); ok {
				return ofEra(int(b[0]-'1'), y, m, d)
			}
		}
	case GYYDots:
		return parseDots(b)
	case Wareki:
		return parseWareki(b, near)
	case MMDD:
		return parseMMDD(b, near)
	case Any:
		return parseAny(b)
	}
	return 0, false
}

// parsePlain reads yyyymmdd. All eight digits are tested and paired at once: a million lines go through here.
func parsePlain(b []byte) (Date, bool) {
	if len(b) != 8 {
		return 0, false
	}
	return ofWord(binary.LittleEndian.Uint64(b))
}

// ofWord reads yyyymmdd out of a word whose lowest byte is the first digit.
func ofWord(x uint64) (Date, bool) {
	const high, zeros, six = 0xF0F0F0F0F0F0F0F0, 0x3030303030303030, 0x0606060606060606
	if x&high != zeros || (x+six)&high != zeros {
		return 0, false
	}
	x -= zeros
	x = x*10 + x>>8 // bytes 0, 2, 4, 6 are now the pairs' values
	y := uint32(x&0xFF)*100 + uint32(x>>16&0xFF)
	return of(y, uint32(x>>32&0xFF), uint32(x>>48&0xFF))
}

func parseSeparated(b []byte, separator byte) (Date, bool) {
	if len(b) != 10 || b[4] != separator || b[7] != separator {
		return 0, false
	}
	head, day := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint16(b[8:])
	return ofWord(head&0xFFFF_FFFF | head>>40&0xFFFF<<32 | uint64(day)<<48)
}

func parseDots(b []byte) (Date, bool) {
	if len(b) != 9 || b[3] != '.' || b[6] != '.' {
		return 0, false
	}
	era := eraOfLetter(b[0])
	plain := [6]byte{b[1], b[2], b[4], b[5], b[7], b[8]}
	y, m, d, ok := three(plain[:])
	if era < 0 || !ok {
		return 0, false
	}
	return ofEra(era, y, m, d)
}

// parseMMDD takes the one occurrence within half a year of near, so that a 29 February is never moved by
// years. In the middle between two occurrences it takes the earlier.
func parseMMDD(b []byte, near Date) (Date, bool) {
	const halfYear = 183
	n, ok := number(b)
	if !ok || len(b) != 4 || near.IsZero() {
		return 0, false
	}
	year, _, _ := near.YMD()
	var best Date
	for y := year - 1; y <= year+1; y++ {
		d, ok := Of(y, n/100, n%100)
		if ok && apart(d, near) <= halfYear && (best == 0 || apart(d, near) < apart(best, near)) {
			best = d
		}
	}
	return best, best != 0
}

// apart counts the days between two dates.
func apart(a, b Date) Date { return max(a-b, b-a) }

func parseAny(b []byte) (Date, bool) {
	var room [10]byte
	b, ok := fold(room[:0], b)
	if !ok || len(b) < 8 {
		return 0, false
	}
	switch {
	case b[4] == '-' || b[4] == '/':
		return parseLoose(b, b[4])
	case len(b) == 9:
		return parseDots(b)
	}
	return parsePlain(b)
}

// parseLoose reads a year of four digits and month and day of one or two, at least eight bytes in all.
func parseLoose(b []byte, separator byte) (Date, bool) {
	rest := b[5:]
	cut := 1
	if rest[1] != separator {
		cut = 2
	}
	if rest[cut] != separator || len(rest) < cut+2 || len(rest) > cut+3 {
		return 0, false
	}
	y, okYear := number(b[:4])
	m, okMonth := number(rest[:cut])
	d, okDay := number(rest[cut+1:])
	if !okYear || !okMonth || !okDay {
		return 0, false
	}
	return Of(y, m, d)
}

// AppendDate writes a date in the given form, any as yyyy-mm-dd. It appends nothing and gives false if the
// form cannot hold the date: no date, yymmdd outside 2000 to 2099, an era form before 1873 or after 2117, a
// year outside 1 to 9999.
func AppendDate(dst []byte, form Form, date Date) ([]byte, bool) {
	y, m, d := date.YMD()
	if y < minYear || y > maxYear {
		return dst, false
	}
	switch form {
	case YYYYMMDD:
		return append2(append2(append2(append2(dst, y/100), y%100), m), d), true
	case Dashed, Any:
		return appendSeparated(dst, '-', y, m, d), true
	case Slashed:
		return appendSeparated(dst, '/', y, m, d), true
	case MMDD:
		return append2(append2(dst, m), d), true
	case YYMMDD:
		if y < 2000 || y > 2099 {
			return dst, false
		}
		return append2(append2(append2(dst, y-2000), m), d), true
	case GYYMMDD, GYYDots, Wareki:
		return appendEra(dst, form, date, y, m, d)
	}
	return dst, false
}

// appendSeparated writes yyyy, mm and dd; a year outside 0 to 9999, which only Add can make, as it is.
func appendSeparated(dst []byte, separator byte, y, m, d int) []byte {
	if y < 0 || y > maxYear {
		dst = appendInt(dst, y)
	} else {
		dst = append2(append2(dst, y/100), y%100)
	}
	dst = append2(append(dst, separator), m)
	return append2(append(dst, separator), d)
}
