package profile

import (
	"fmt"
	"strconv"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
)

// Birth is a day of birth; the zero Birth is none. It is no calendar.Date, which cannot hold 1970-01-01.
type Birth struct {
	Year, Month, Day int
}

// oldest is the first year of birth that is taken.
const oldest = 1900

// BirthOn makes a day of birth; false if there is no such day, or it is before 1900.
func BirthOn(year, month, day int) (Birth, bool) {
	_, exists := calendar.Of(year, month, day)
	exists = exists || year == 1970 && month == 1 && day == 1
	if !exists || year < oldest {
		return Birth{}, false
	}
	return Birth{year, month, day}, true
}

// ParseBirth reads what String writes. Error: birth.bad.
func ParseBirth(text string) (Birth, error) {
	if text == "" {
		return Birth{}, nil
	}
	var y, m, d int
	if n, err := fmt.Sscanf(text, "%4d-%2d-%2d", &y, &m, &d); n == 3 && err == nil {
		if b, ok := BirthOn(y, m, d); ok && b.String() == text {
			return b, nil
		}
	}
	return Birth{}, fault.New(fault.BirthBad, "A stored day of birth is not of the form YYYY-MM-DD.")
}

// String gives YYYY-MM-DD; of none the empty text.
func (b Birth) String() string {
	if b.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", b.Year, b.Month, b.Day)
}

// IsZero says whether there is no day of birth.
func (b Birth) IsZero() bool { return b == Birth{} }

// Age gives the full years on a day: who is born on the 29th of February has a birthday on the 1st of March
// in other years. Of no day of birth 0.
func (b Birth) Age(on calendar.Date) int {
	if b.IsZero() {
		return 0
	}
	y, m, d := on.YMD()
	if m < b.Month || m == b.Month && d < b.Day {
		y--
	}
	return y - b.Year
}

// after says whether the day is later than another.
func (b Birth) after(on calendar.Date) bool {
	y, m, d := on.YMD()
	switch {
	case b.Year != y:
		return b.Year > y
	case b.Month != m:
		return b.Month > m
	}
	return b.Day > d
}

// birth reads the three typed parts. Each is a number, with full-width digits too.
func (c *checker) birth(year, month, day string) Birth {
	var parts [3]int
	empty := 0
	for i, typed := range [...]string{year, month, day} {
		text, odd, ok := digits(typed)
		if !ok {
			c.fail(FieldBirth, fault.BirthBad, Finding{Kind: OddCharacter, Rune: odd})
			return Birth{}
		}
		if text == "" {
			empty++
		}
		if len(text) > 4 {
			text = "9999" // no year, month or day; so that it stays a small number
		}
		parts[i], _ = strconv.Atoi(text)
	}
	switch empty {
	case 0:
	case len(parts):
		c.empty(FieldBirth)
		return Birth{}
	default:
		c.fail(FieldBirth, fault.BirthBad, Finding{Kind: Incomplete})
		return Birth{}
	}
	b, ok := BirthOn(parts[0], parts[1], parts[2])
	if !ok || b.after(c.rules.Today) {
		c.fail(FieldBirth, fault.BirthBad, Finding{Kind: OutOfRange})
		return Birth{}
	}
	return b
}
