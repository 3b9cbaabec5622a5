package mailing

import (
	"testing"
	"time"

	"multipoint/shared/calendar"
)

// jst is a time of November 2026 in Japan.
func jst(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, calendar.JST())
}

func TestTheWindow(t *testing.T) {
	w := DefaultWindow()
	for _, c := range []struct{ at, want time.Time }{
		{jst(24, 6, 30), jst(24, 9, 0)},
		{jst(24, 9, 0), jst(24, 9, 0)},
		{jst(24, 19, 59), jst(24, 19, 59)},
		{jst(24, 20, 0), jst(25, 9, 0)},
		{jst(24, 23, 59), jst(25, 9, 0)},
		{jst(25, 0, 0), jst(25, 9, 0)},
		{jst(30, 20, 0), jst(31, 9, 0)},
	} {
		if got := w.Next(c.at); !got.Equal(c.want) {
			t.Errorf("from %v: %v, want %v", c.at, got, c.want)
		}
	}
}

func TestForecasts(t *testing.T) {
	w := DefaultWindow()
	for _, c := range []struct {
		mails  int
		rate   float64
		from   time.Time
		ja, en string
	}{
		{
			100_000, 14, jst(24, 9, 0), "100,000通　毎秒14通　11:00に終わる見込みです",
			"100,000 mails at 14/s: done at 11:00",
		},
		{
			100_000, 14, jst(24, 6, 30), "100,000通　毎秒14通　11:00に終わる見込みです",
			"100,000 mails at 14/s: done at 11:00",
		},
		{
			100_000, 14, jst(24, 19, 0), "100,000通　毎秒14通　11月25日 10:00に終わる見込みです",
			"100,000 mails at 14/s: done at 10:00 on Wed 25 Nov",
		},
		{
			1_200_000, 14, jst(24, 9, 0), "1,200,000通　毎秒14通　11月26日 10:49に終わる見込みです",
			"1,200,000 mails at 14/s: done at 10:49 on Thu 26 Nov",
		},
		{
			1, 0.5, jst(24, 21, 0), "1通　毎秒0.5通　11月25日 09:01に終わる見込みです",
			"1 mail at 0.5/s: done at 09:01 on Wed 25 Nov",
		},
		{0, 14, jst(24, 12, 0), "0通　毎秒14通　12:00に終わる見込みです", "0 mails at 14/s: done at 12:00"},
		// Exactly a day's window: done when it closes, not tomorrow.
		{39_600, 1, jst(24, 9, 0), "39,600通　毎秒1通　20:00に終わる見込みです", "39,600 mails at 1/s: done at 20:00"},
	} {
		if got := ForecastText(c.mails, c.rate, w, c.from, Japanese); got != c.ja {
			t.Errorf("got  %s\nwant %s", got, c.ja)
		}
		if got := ForecastText(c.mails, c.rate, w, c.from, English); got != c.en {
			t.Errorf("got  %s\nwant %s", got, c.en)
		}
	}
}
