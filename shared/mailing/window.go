package mailing

import (
	"math"
	"time"

	"multipoint/shared/calendar"
)

// Window is the time of day in which members get mails they did not just ask for (R23), in Japan.
type Window struct {
	From, To calendar.Clock // To is excluded
}

// DefaultWindow is 09:00 to 20:00.
func DefaultWindow() Window { return Window{9 * 3600, 20 * 3600} }

// Next gives the first moment from t on that is inside the window.
func (w Window) Next(t time.Time) time.Time {
	date := calendar.DateOf(t)
	switch {
	case t.Before(calendar.At(date, w.From)):
		return calendar.At(date, w.From)
	case t.Before(calendar.At(date, w.To)):
		return t
	}
	return calendar.At(date.Add(1), w.From)
}

// end gives when the window that t is in closes.
func (w Window) end(t time.Time) time.Time { return calendar.At(calendar.DateOf(t), w.To) }

// Forecast says when the last of so many mails will be sent, if sending begins at from and goes on at so many
// a second whenever the window is open.
func Forecast(mails int, perSecond float64, w Window, from time.Time) time.Time {
	at := w.Next(from)
	if mails <= 0 || perSecond <= 0 || w.From >= w.To {
		return at
	}
	left := time.Duration(math.Ceil(float64(mails) / perSecond * float64(time.Second)))
	for {
		open := w.end(at).Sub(at)
		if left <= open {
			return at.Add(left)
		}
		left -= open
		at = w.Next(w.end(at))
	}
}

// ForecastText says a forecast in a language, to the minute, as seen at from: "100,000 mails at 14/s: done at
// 11:00", with the date if that is another day.
func ForecastText(mails int, perSecond float64, w Window, from time.Time, lang Language) string {
	done := Forecast(mails, perSecond, w, from).Add(time.Minute - 1).Truncate(time.Minute).In(calendar.JST())
	today, last := calendar.DateOf(from), calendar.DateOf(done)
	clock, rate := done.Format("15:04"), rateText(perSecond)
	if lang == English {
		if last != today {
			clock += done.Format(" on Mon 2 Jan")
		}
		what := " mails at "
		if mails == 1 {
			what = " mail at "
		}
		return Figure(mails) + what + rate + "/s: done at " + clock
	}
	if last != today {
		clock = done.Format("1月2日 ") + clock
	}
	return Figure(mails) + "通　毎秒" + rate + "通　" + clock + "に終わる見込みです"
}
