package mailing

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"multipoint/shared/calendar"
)

// Words are the functions that the texts of mails may use: n writes a number, ymd and ja a date in Japanese
// (without and with the weekday), en in English.
func Words() map[string]any {
	return map[string]any{"n": Figure, "ymd": dayJa, "ja": dateJa, "en": dateEn}
}

// Figure writes a whole number with its thousands parted, and − for minus; ? for what is none.
func Figure(v any) string {
	var n int64
	switch x := v.(type) {
	case int:
		n = int64(x)
	case int64:
		n = x
	case json.Number:
		var err error
		if n, err = x.Int64(); err != nil {
			return "?"
		}
	default:
		return "?"
	}
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		digits, sign = digits[1:], "−"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// dateOf takes a date as it is, or as JSON keeps it.
func dateOf(v any) (calendar.Date, error) {
	switch x := v.(type) {
	case calendar.Date:
		return x, nil
	case string:
		var d calendar.Date
		if err := d.UnmarshalText([]byte(x)); err == nil {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%v is no date", v)
}

// dayJa writes 2026年11月22日.
func dayJa(v any) (string, error) {
	d, err := dateOf(v)
	if err != nil {
		return "", err
	}
	y, m, day := d.YMD()
	return strconv.Itoa(y) + "年" + strconv.Itoa(m) + "月" + strconv.Itoa(day) + "日", nil
}

// dateJa writes 2026年11月22日（日）.
func dateJa(v any) (string, error) {
	d, err := dateOf(v)
	if err != nil {
		return "", err
	}
	day, err := dayJa(d)
	return day + "（" + [...]string{"", "月", "火", "水", "木", "金", "土", "日"}[d.Weekday()] + "）", err
}

// dateEn writes Sun 22 Nov 2026.
func dateEn(v any) (string, error) {
	d, err := dateOf(v)
	if err != nil {
		return "", err
	}
	return calendar.At(d, calendar.NoTime).Format("Mon 2 Jan 2006"), nil
}

// lines gives the lines of a text without those at its end that are empty.
func lines(text string) []string {
	return strings.Split(strings.TrimRight(text, "\n"), "\n")
}

// rateText writes a rate with one digit behind the point at most.
func rateText(perSecond float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(perSecond, 'f', 1, 64), ".0")
}
