package model

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

const (
	isoDate = "2006-01-02"
	// limit is the largest amount, and the largest number of points of one entry.
	limit = 1_000_000_000_000
)

// blank says whether a text holds nothing.
func blank(text string) bool { return strings.Trim(text, " ") == "" }

// readDate reads YYYY-MM-DD or YYYYMMDD and gives YYYY-MM-DD.
func readDate(text string) (string, bool) {
	for _, form := range []string{isoDate, "20060102"} {
		if day, err := time.Parse(form, text); err == nil && len(text) == len(form) {
			return day.Format(isoDate), true
		}
	}
	return "", false
}

// addDays gives the date so many days later; dates in this form compare as texts.
func addDays(date string, days int) string {
	day, _ := time.Parse(isoDate, date)
	return day.AddDate(0, 0, days).Format(isoDate)
}

// weekday gives 1 for Monday to 7 for Sunday.
func weekday(date string) int {
	day, _ := time.Parse(isoDate, date)
	return (int(day.Weekday())+6)%7 + 1
}

// instant gives seconds since some midnight, the same for all dates; 25:30 lies on the next day (R11, R12).
func instant(date string, seconds int) int64 {
	day, _ := time.Parse(isoDate, date)
	return day.Unix() + int64(seconds)
}

// readTime reads hh:mm, hh:mm:ss, hhmm or hhmmss, 00:00:00 to 29:59:59, as seconds. No time is 00:00:00
// (R11). Choice: in the content, too, a line without time equals one of 00:00:00.
func readTime(text string) (int, bool) {
	if blank(text) {
		return 0, true
	}
	digits := text
	if len(text) == 5 || len(text) == 8 {
		digits = text[0:2] + text[3:5]
		if len(text) == 8 {
			digits += text[6:8]
		}
		if text[2] != ':' || len(text) == 8 && text[5] != ':' {
			return 0, false
		}
	}
	if !allDigits(digits) || (len(digits) != 4 && len(digits) != 6) {
		return 0, false
	}
	hours, _ := strconv.Atoi(digits[0:2])
	minutes, _ := strconv.Atoi(digits[2:4])
	seconds := 0
	if len(digits) == 6 {
		seconds, _ = strconv.Atoi(digits[4:6])
	}
	return hours*3600 + minutes*60 + seconds, hours < 30 && minutes < 60 && seconds < 60
}

func allDigits(text string) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}

// readNumber reads plain digits with an optional minus; above the limit it is unreadable.
func readNumber(text string) (int64, bool) {
	if !allDigits(strings.TrimPrefix(text, "-")) {
		return 0, false
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value > limit || value < -limit {
		return 0, false
	}
	return value, true
}

func magnitude(value int64) int64 {
	if value < 0 {
		return -value
	}
	return value
}

// undecodable gives the first byte of a CP932 note that is no character: 80, A0, F0 to FF (vendor characters
// among them), or a lead byte without its trail byte. Choice: of a broken pair the lead byte is named.
func undecodable(noteBase64 string) *Undecodable {
	note, err := base64.StdEncoding.DecodeString(noteBase64)
	if err != nil {
		return &Undecodable{Field: "note"}
	}
	for at := 0; at < len(note); at++ {
		switch c := note[at]; {
		case c < 0x80 || c >= 0xA1 && c <= 0xDF: // ASCII, half-width kana
		case c == 0x80 || c == 0xA0 || c >= 0xF0 && c <= 0xF9 || c >= 0xFD:
			return &Undecodable{Field: "note", Offset: at}
		default:
			if at+1 == len(note) || note[at+1] < 0x40 || note[at+1] == 0x7F || note[at+1] > 0xFC {
				return &Undecodable{Field: "note", Offset: at}
			}
			at++
		}
	}
	return nil
}

// encodable says whether an outlet's encoding can hold a text (R4). See the package comment for its limits.
func encodable(encoding, text string) bool {
	if encoding == "utf-8" {
		return true
	}
	for _, c := range text {
		if c > 0xFFFF || c == 0xFFFD {
			return false
		}
	}
	return true
}
