package today

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
)

// language is one of the two that the pages speak.
type language string

const (
	japanese language = "ja"
	english  language = "en"
)

// languageCookie remembers what a visitor chose.
const languageCookie = "language"

// languageOf is what a visitor chose, else what the browser asks for first; Japanese if it asks for neither.
func languageOf(r *http.Request) language {
	if c, err := r.Cookie(languageCookie); err == nil {
		if c.Value == string(english) {
			return english
		}
		return japanese
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag = strings.TrimSpace(tag)
		switch {
		case strings.HasPrefix(tag, "ja"):
			return japanese
		case strings.HasPrefix(tag, "en"):
			return english
		}
	}
	return japanese
}

// t gives a text in the page's language; with arguments it is a format of both.
func (l language) t(ja, en string, args ...any) string {
	text := ja
	if l == english {
		text = en
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// number writes a whole number with thousands commas and a true minus.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// count is number for an int.
func count(n int) string { return number(int64(n)) }

// long writes a date as text: 2026年11月22日（日）, Sunday 22 November 2026.
func (l language) long(d calendar.Date) string {
	y, m, dd := d.YMD()
	at := time.Date(y, time.Month(m), dd, 0, 0, 0, 0, time.UTC)
	if l == english {
		return at.Format("Monday 2 January 2006")
	}
	week := [...]string{"日", "月", "火", "水", "木", "金", "土"}
	return fmt.Sprintf("%d年%d月%d日（%s）", y, m, dd, week[at.Weekday()])
}

// short writes a date as tables have it.
func short(d calendar.Date) string {
	y, m, dd := d.YMD()
	return fmt.Sprintf("%04d/%02d/%02d", y, m, dd)
}

// japan is Japan's time, which has no summer time.
func japan() *time.Location { return time.FixedZone("JST", 9*60*60) }

// moment writes a point of time as tables have it, in Japan's time.
func moment(t time.Time) string { return t.In(japan()).Format("2006/01/02 15:04:05") }

// clockTime writes a point of time without seconds.
func clockTime(t time.Time) string { return t.In(japan()).Format("2006/01/02 15:04") }

// meaning says what a code stands for, and do what can be done.
func (l language) meaning(c fault.Code) string {
	if l == japanese {
		if meaning, _, ok := c.InJapanese(); ok {
			return meaning
		}
	}
	return c.Meaning()
}

func (l language) do(c fault.Code) string {
	if l == japanese {
		if _, do, ok := c.InJapanese(); ok {
			return do
		}
	}
	return c.Do()
}

// codeNumber is a code as people quote it.
func codeNumber(c fault.Code) string { return "MP-" + strconv.Itoa(int(c)) }

// state names a run's state.
func (l language) state(s day.State) string {
	switch s {
	case day.Opening, day.Open:
		return l.t("計算の途中", "Under way")
	case day.Stopped:
		return l.t("停止", "Stopped")
	case day.Committed:
		return l.t("確定、連携の途中", "Committed, being delivered")
	case day.Posted:
		return l.t("元帳に記入、連携の途中", "Posted, being delivered")
	case day.Closed:
		return l.t("完了", "Done")
	case day.Voided:
		return l.t("取りやめ", "Voided")
	}
	return string(s)
}

// kind names a run's kind.
func (l language) kind(k string) string {
	switch k {
	case day.Day:
		return l.t("日次", "Day")
	case day.Answer:
		return l.t("回答", "Answer")
	case day.Adjustment:
		return l.t("調整", "Adjustment")
	}
	return k
}

// step names a step of a run.
func (l language) step(name string) string {
	for _, s := range [...][3]string{
		{"convert", "変換", "Convert"},
		{"check", "検査", "Check"},
		{"rate", "計算", "Rate"},
		{"allocate", "上限の配分", "Allocate caps"},
		{"grant", "付与", "Grant"},
		{"files", "連携ファイル", "Provider files"},
		{"settle", "照合と確定", "Settle and commit"},
		{"post", "元帳への記入", "Post to the ledger"},
		{"deliver", "連携", "Deliver"},
		{"mail", "メール", "Mail"},
		{"close", "締め", "Close"},
	} {
		if s[0] == name {
			return l.t(s[1], s[2])
		}
	}
	return name
}
