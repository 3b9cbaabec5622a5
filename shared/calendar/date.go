// Package calendar holds business dates and times of day as files write them: proleptic Gregorian days
// without a zone, the 30-hour clock, Japanese eras (DOMAIN 2.3, R11). It promises that a text is either read
// exactly or refused, that reading and writing allocate nothing, and that nothing depends on the machine's
// clock or zone.
package calendar

import (
	"strconv"
	"time"

	"multipoint/shared/fault"
)

// Date is a day as the number of days since 1970-01-01. The zero value means "no date", so 1970-01-01 itself
// cannot be held: Of and the parsers refuse it. Dates compare as integers.
type Date int32

const (
	minYear = 1
	maxYear = 9999
	// epochShift is the number of days from 0000-03-01 to 1970-01-01. Years that begin in March put the leap
	// day last, which makes the arithmetic free of tables.
	epochShift = 719_468
	daysPerEra = 146_097 // 400 Gregorian years
)

// Of makes a date of year (1 to 9999), month and day; false if there is no such day, or it is 1970-01-01.
func Of(y, m, d int) (Date, bool) {
	if y < minYear || y > maxYear || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	return of(uint32(y), uint32(m), uint32(d))
}

// of makes a date of numbers below 10,000, 100 and 100.
func of(y, m, d uint32) (Date, bool) {
	if y == 0 || m-1 > 11 || d-1 > 27 && (d == 0 || d > daysIn(y, m)) {
		return 0, false
	}
	days := daysOf(y, m, d)
	return days, days != 0
}

// DateOf gives the day in Japan at the instant t.
func DateOf(t time.Time) Date {
	const day = 24 * 60 * 60
	seconds := t.Unix() + jstOffset
	days := seconds / day
	if seconds%day < 0 {
		days--
	}
	return Date(days)
}

// daysIn gives the number of days of a month that exists (1 to 12).
func daysIn(y, m uint32) uint32 {
	if m == 2 {
		if y&3 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	// Long and short months alternate, with the beat shifted from August on.
	return 30 + (m+m>>3)&1
}

// daysOf counts the days from 1970-01-01 to an existing day of the years 1 to 9999.
func daysOf(y, m, d uint32) Date {
	if m <= 2 {
		y--
		m += 12
	}
	century := y / 100
	ofYears := y*365 + y/4 - century + century/4
	return Date(int32(ofYears+(153*(m-3)+2)/5+d-1) - epochShift)
}

// IsZero says whether d is no date.
func (d Date) IsZero() bool { return d == 0 }

// YMD gives year, month (1 to 12) and day (1 to 31); of no date 0, 0, 0.
func (d Date) YMD() (y, m, day int) {
	if d == 0 {
		return 0, 0, 0
	}
	shifted := int64(d) + epochShift
	era := shifted / daysPerEra
	if shifted%daysPerEra < 0 {
		era--
	}
	dayOfEra := uint32(shifted - era*daysPerEra)
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	month := (5*dayOfYear + 2) / 153
	day = int(dayOfYear - (153*month+2)/5 + 1)
	y, m = int(era)*400+int(yearOfEra), int(month)+3
	if m > 12 {
		y++
		m -= 12
	}
	return y, m, day
}

// Weekday gives 1 Monday … 7 Sunday; of no date 0 (R11).
func (d Date) Weekday() int {
	if d == 0 {
		return 0
	}
	// 1970-01-01 was a Thursday.
	return int((int64(d)%7+7+3)%7) + 1
}

// Add gives the date that many days later, or earlier if days is negative. It does not test for 1970-01-01,
// which no business date comes near to.
func (d Date) Add(days int) Date { return d + Date(days) }

// String gives YYYY-MM-DD; of no date the empty text.
func (d Date) String() string { return string(d.AppendTo(make([]byte, 0, 10))) }

// AppendTo appends YYYY-MM-DD; of no date nothing.
func (d Date) AppendTo(dst []byte) []byte {
	if d == 0 {
		return dst
	}
	y, m, day := d.YMD()
	return appendSeparated(dst, '-', y, m, day)
}

// MarshalText gives YYYY-MM-DD; of no date the empty text.
func (d Date) MarshalText() ([]byte, error) { return d.AppendTo(nil), nil }

// UnmarshalText reads YYYY-MM-DD; the empty text is no date. Errors: date.bad.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	read, ok := ParseDate(Dashed, text, 0)
	if !ok {
		return fault.New(fault.DateBad, strconv.Quote(string(text))+" is no date of the form YYYY-MM-DD")
	}
	*d = read
	return nil
}
