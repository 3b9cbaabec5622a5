package day

import (
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/mail"
)

// letters are one of each kind, with names that try to be markup.
func hostile() map[string]headed {
	const name = `"><script>alert(1)</script>{{.}}&`
	date, _ := calendar.Of(2026, 11, 22)
	alarm := &alarmText{
		Retailer: name, Date: date, TitleJa: name, Title: name, Run: 12, Text: name, At: "2026/11/22 07:00",
		Until: "2026/11/22 07:30", Link: "javascript:alert(1)",
	}
	return map[string]headed{
		mailUploadErrors: &uploadErrors{
			Retailer: name, Date: date, Files: 3, Wrong: 53, Lines: 4, More: 51, Link: "javascript:alert(1)",
			Rows: []wrongFile{
				{Name: name, Code: fault.FileAmount, Lines: 5},
				{Name: name, Lines: 5000, Bad: 2},
			},
		},
		mailPointsReady: &pointsReady{
			Retailer: name, Provider: name, Date: date, Files: []readyFile{{name, 2, -1234567}}, Records: 2,
			Points: -1234567, Link: "javascript:alert(1)",
		},
		mailAlarm: alarm, mailRecovery: alarm,
	}
}

func TestEveryMailIsOneThatMayBeSentWhateverNamesSay(t *testing.T) {
	for template, text := range hostile() {
		l := letter{template: template, about: "R-00000012", text: text}
		m, err := l.write("a@b.example")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", template, err)
		}
		for _, bad := range []string{"<script", "javascript:alert", "http", "src=", "url("} {
			if strings.Contains(m.HTML, bad) {
				t.Errorf("%s: the HTML holds %q:\n%s", template, bad, m.HTML)
			}
		}
		if !strings.Contains(m.HTML, "&lt;script&gt;") || !strings.Contains(m.Text, "<script>") {
			t.Errorf("%s does not show the name:\n%s\n%s", template, m.Text, m.HTML)
		}
		ja, en := strings.Index(m.Text, "2026年11月22日（日）"), strings.Index(m.Text, "Sun 22 Nov 2026")
		if ja < 0 || en < ja {
			t.Errorf("%s: Japanese comes first, then English:\n%s", template, m.Text)
		}
	}
}

func TestAMailListsAtMostFiftyFiles(t *testing.T) {
	u := &uploadErrors{Retailer: "R", Date: 1}
	for range 1000 {
		u.add(strings.Repeat("長い名前", 50), fault.FileAmount, 1, 1)
	}
	if len(u.Rows) != maxFilesShown || u.More != 1000-maxFilesShown || u.Wrong != 1000 {
		t.Errorf("%d rows, %d more, %d in all", len(u.Rows), u.More, u.Wrong)
	}
	l := letter{template: mailUploadErrors, about: "R-1", text: u}
	m, err := l.write("a@b.example")
	if err == nil {
		err = m.Check()
	}
	if err != nil || len(m.HTML) > mail.MaxPart/2 {
		t.Errorf("%d bytes of HTML, %v", len(m.HTML), err)
	}
}

func TestFiguresArePartedAndHaveAMinus(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", -1: "−1", -999: "−999", -1000: "−1,000",
		1234567: "1,234,567", -1 << 63: "−9,223,372,036,854,775,808",
	} {
		if got := figure(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestReasonsLeaveWithoutLongNumbers(t *testing.T) {
	const place = "MP-4011 part.damaged at runs/R/00000012/a1/grant/00003"
	for text, want := range map[string]string{
		place:                               place,
		"card 300000000000001 is not known": "card ******** is not known",
		"card 4111-1111 1111 1111.":         "card ********.",
		"123456789":                         "********",
		"a\r\nBcc: x@y.example":             "a  Bcc: x@y.example",
	} {
		if got := shownReason(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if n := len([]rune(shownReason(strings.Repeat("あ", 1000)))); n != maxReason {
		t.Errorf("a long reason has %d characters", n)
	}
}

// Every reason for which a file can be refused is said in Japanese.
func TestReasonsOfFilesAreSaidInJapanese(t *testing.T) {
	other := whyJa(0)
	for _, e := range fault.Catalogue {
		isFile := strings.HasPrefix(e.Name, "file.") && e.Code != fault.FileName ||
			e.Code == fault.FeedUnknown || e.Code == fault.RecordTooLong
		if isFile && whyJa(e.Code) == other {
			t.Errorf("%v has no words of its own", e.Code)
		}
	}
}
