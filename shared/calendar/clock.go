package calendar

import "time"

// Clock is a time of day on the 30-hour clock, as seconds since the business date's midnight: 0 (00:00:00) to
// 107999 (29:59:59), or NoTime. Times from 24:00 on belong to the date they are written with (R11).
type Clock int32

// NoTime stands for a line that gives no time; it counts as 00:00:00 (R11).
const NoTime Clock = -1

const (
	clockEnd  = 30 * 60 * 60
	jstOffset = 9 * 60 * 60
)

// jst is a constant in all but name: Japan has no daylight saving time.
var jst = time.FixedZone("JST", jstOffset)

// JST is the zone of Japan, fixed at +09:00.
func JST() *time.Location { return jst }

// At gives the instant of a time on a business date: 2026-11-22 25:30 is 2026-11-23T01:30:00+09:00. NoTime
// counts as 00:00:00 (R11). The date must not be zero.
func At(d Date, c Clock) time.Time {
	return time.Unix(int64(d)*24*60*60+int64(max(c, 0))-jstOffset, 0).In(jst)
}

// HMS gives hours (0 to 29), minutes and seconds; of NoTime 0, 0, 0.
func (c Clock) HMS() (h, m, s int) {
	n := int(max(c, 0))
	return n / 3600, n / 60 % 60, n % 60
}

// String gives HH:MM:SS; of NoTime the empty text.
func (c Clock) String() string {
	text, _ := AppendClock(nil, HHMMSSColon, c)
	return string(text)
}

// ClockForm is a way to write a time of day. The zero value is AnyClock.
type ClockForm uint8

// The forms of times. Hours are 00 to 29 in all of them, minutes and seconds 00 to 59 (DOMAIN 2.3).
const (
	AnyClock    ClockForm = iota // any: hhmm, hhmmss, hmm, h:mm, hh:mm, h:mm:ss, hh:mm:ss, full-width too
	HHMM                         // hhmm
	HHMMSS                       // hhmmss
	HHMMColon                    // hh:mm
	HHMMSSColon                  // hh:mm:ss
	HMM                          // hmm: hhmm whose leading zeros may be lost, so 5 is 00:05
)

// ClockFormOf gives the form of that name; the empty name is any.
func ClockFormOf(name string) (ClockForm, bool) {
	switch name {
	case "", "any":
		return AnyClock, true
	case "hhmm":
		return HHMM, true
	case "hhmmss":
		return HHMMSS, true
	case "hh:mm":
		return HHMMColon, true
	case "hh:mm:ss":
		return HHMMSSColon, true
	case "hmm":
		return HMM, true
	}
	return AnyClock, false
}

// ParseClock reads a time of day in the given form; false if it cannot be read exactly. Blank text is false:
// whether a line may lack a time is the caller's business.
func ParseClock(form ClockForm, b []byte) (Clock, bool) {
	switch form {
	case HHMM:
		if len(b) == 4 {
			return plainClock(b)
		}
	case HHMMSS:
		if len(b) == 6 {
			return plainClock(b)
		}
	case HHMMColon:
		if len(b) == 5 {
			return colonClock(b)
		}
	case HHMMSSColon:
		if len(b) == 8 {
			return colonClock(b)
		}
	case HMM:
		if len(b) <= 4 {
			return plainClock(b)
		}
	case AnyClock:
		return anyClock(b)
	}
	return NoTime, false
}

func anyClock(b []byte) (Clock, bool) {
	var room [8]byte
	b, ok := fold(room[:0], b)
	if !ok {
		return NoTime, false
	}
	switch {
	case len(b) == 3 || len(b) == 4 && b[1] != ':' || len(b) == 6:
		return plainClock(b)
	case len(b) == 4 || len(b) == 5 || len(b) == 7 || len(b) == 8:
		return colonClock(b)
	}
	return NoTime, false
}

// plainClock reads one to four digits as hours and minutes, six as hours, minutes and seconds.
func plainClock(b []byte) (Clock, bool) {
	n, ok := number(b)
	if !ok {
		return NoTime, false
	}
	if len(b) != 6 {
		n *= 100
	}
	return clockOf(n/10_000, n/100%100, n%100)
}

// colonClock reads h:mm, hh:mm, h:mm:ss and hh:mm:ss by length.
func colonClock(b []byte) (Clock, bool) {
	hours := len(b) % 3 // one digit in 4 and 7 bytes, two in 5 and 8
	rest := b[hours:]
	h, ok := number(b[:hours])
	m, okMinutes := number(rest[1:3])
	if !ok || !okMinutes || rest[0] != ':' {
		return NoTime, false
	}
	if len(rest) == 3 {
		return clockOf(h, m, 0)
	}
	s, ok := number(rest[4:6])
	if !ok || rest[3] != ':' {
		return NoTime, false
	}
	return clockOf(h, m, s)
}

func clockOf(h, m, s int) (Clock, bool) {
	if h > 29 || m > 59 || s > 59 {
		return NoTime, false
	}
	return Clock(h*3600 + m*60 + s), true
}

// AppendClock writes a time of day in the given form: hmm with its leading zeros, any as hh:mm:ss. Forms
// without seconds leave them out. NoTime and what is no time of the 30-hour clock appends nothing and gives
// false.
func AppendClock(dst []byte, form ClockForm, c Clock) ([]byte, bool) {
	if c < 0 || c >= clockEnd {
		return dst, false
	}
	h, m, s := c.HMS()
	dst = append2(dst, h)
	colon := form == HHMMColon || form == HHMMSSColon || form == AnyClock
	if colon {
		dst = append(dst, ':')
	}
	dst = append2(dst, m)
	if form == HHMM || form == HHMMColon || form == HMM {
		return dst, true
	}
	if colon {
		dst = append(dst, ':')
	}
	return append2(dst, s), true
}
