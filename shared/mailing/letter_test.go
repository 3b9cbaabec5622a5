package mailing

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/mail"
)

var house = House{
	Name: "あおぞらストア", Brand: "#0b5fa5", OnBrand: "#ffffff", Contact: "https://point.aozora.example/contact",
	Company: "あおぞらストア株式会社　〒980-0000 宮城県仙台市青葉区見本町4-5-6",
}

func standard(t testing.TB) *Book {
	t.Helper()
	b, err := Standard()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryLetterHasATextAndHTMLInBothLanguages(t *testing.T) {
	b := standard(t)
	for _, l := range Letters() {
		for _, lang := range l.Languages() {
			text, err := StandardText(l.Name, lang)
			if err != nil {
				t.Fatal(err)
			}
			m, err := b.Preview(l.Name, lang, text, &house)
			if err != nil {
				t.Errorf("%s %s: %v", l.Name, lang, err)
				continue
			}
			if dir := os.Getenv("MULTIPOINT_LETTERS"); dir != "" { // to look at them
				name := filepath.Join(dir, l.Name+"."+string(lang))
				if err := errors.Join(os.WriteFile(name+".html", []byte(m.HTML), 0o600),
					os.WriteFile(name+".txt", []byte(m.Subject+"\n\n"+m.Text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			for _, bad := range []string{"<no value>", "ZgotmplZ", "{{", "<script", "<img", "\x00"} {
				if strings.Contains(m.HTML+m.Text+m.Subject, bad) {
					t.Errorf("%s %s holds %q:\n%s\n%s", l.Name, lang, bad, m.Text, m.HTML)
				}
			}
			to := field(l.Fields, link)
			if to != nil && strings.Count(m.HTML, `href="`+to.Sample.(string)+`"`) != 1 {
				t.Errorf("%s %s: the link is not once in\n%s", l.Name, lang, m.HTML)
			}
			stops := strings.Contains(m.Text, "/u/sample") && strings.Contains(m.HTML, `/u/sample"`) &&
				m.Unsubscribe != ""
			if stops != (l.Purpose != "") {
				t.Errorf("%s %s: it can be stopped: %v", l.Name, lang, stops)
			}
			hasJa := strings.ContainsFunc(m.Text, func(r rune) bool { return r >= 'ぁ' && r <= 'ん' })
			if l.Both && !(hasJa && strings.Contains(m.Text, "To headquarters")) {
				t.Errorf("%s has not both languages:\n%s", l.Name, m.Text)
			}
		}
	}
}

// Every field is shown, so that a field nobody shows is taken out, and each letter has its files.
func TestEveryFieldIsShown(t *testing.T) {
	for _, l := range Letters() {
		var all string
		for _, lang := range l.Languages() {
			text, err := StandardText(l.Name, lang)
			if err != nil {
				t.Fatal(err)
			}
			all += fmt.Sprint(text)
		}
		fields := l.Fields
		for _, f := range l.Fields {
			fields = append(fields, f.Row...)
		}
		for _, f := range fields {
			if !strings.Contains(all, "."+f.Name) {
				t.Errorf("%s does not show %s", l.Name, f.Name)
			}
		}
	}
	for _, lang := range []Language{Japanese, English} {
		files, err := letterFiles.ReadDir("letters/" + string(lang))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name := strings.TrimSuffix(strings.TrimSuffix(f.Name(), ".txt"), ".html")
			if _, ok := LetterOf(name); !ok {
				t.Errorf("%s/%s belongs to no letter", lang, f.Name())
			}
		}
	}
}

func grantData() map[string]any {
	return map[string]any{
		"Link": "https://point.aozora.example/my", "Date": "2026-11-20", "Purchases": 2, "More": 0,
		"Rows": []any{map[string]any{
			"Provider": `"><script>alert(1)</script>{{.}}&`, "Date": "2026-11-19",
			"Store":  "青葉台店\r\nBcc: x@y.example",
			"Points": int64(1234), "Unit": "ポイント",
		}},
	}
}

func grantMail(t *testing.T, b *Book, lang Language, data map[string]any) *mail.Message {
	t.Helper()
	m := &mail.Message{
		ID: mail.ID("R-1", PointsGranted, "m1"), To: "a@b.example", Template: PointsGranted, Run: "R-1",
	}
	if _, err := b.Write(m, lang, &house, "https://point.aozora.example/u/x", data); err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestValuesAreNoMarkupAndNoHeaders(t *testing.T) {
	m := grantMail(t, standard(t), Japanese, grantData())
	if strings.Contains(m.HTML, "<script") || !strings.Contains(m.HTML, "&lt;script&gt;") {
		t.Errorf("the name is markup:\n%s", m.HTML)
	}
	if strings.Contains(m.Text, "\nBcc") || !strings.Contains(m.Text, "1,234ポイント") ||
		!strings.Contains(m.Text, "2026年11月19日（木）") || strings.Contains(m.Text, "ほか") {
		t.Errorf("the text is\n%s", m.Text)
	}
	if m.Subject != "【あおぞらストア】ポイントが付きました（2026年11月20日）" {
		t.Errorf("the subject is %s", m.Subject)
	}
	en := grantMail(t, standard(t), English, grantData())
	if !strings.Contains(en.HTML, `<html lang="en">`) || !strings.Contains(en.Text, "Thu 19 Nov 2026") ||
		!strings.Contains(en.Text, "Stop these mails\nhttps://point.aozora.example/u/x") {
		t.Errorf("in English it is\n%s", en.Text)
	}
}

func TestDataThatALetterDoesNotTake(t *testing.T) {
	b := standard(t)
	for what, spoil := range map[string]func(map[string]any){
		"no link":       func(d map[string]any) { delete(d, "Link") },
		"no date":       func(d map[string]any) { d["Date"] = "yesterday" },
		"a list":        func(d map[string]any) { d["Purchases"] = []any{} },
		"no list":       func(d map[string]any) { d["Rows"] = "x" },
		"another kind":  func(d map[string]any) { d["More"] = struct{}{} },
		"row of others": func(d map[string]any) { d["Rows"] = []any{map[string]any{"Provider": "x"}} },
	} {
		data := grantData()
		spoil(data)
		m := &mail.Message{Template: PointsGranted}
		if _, err := b.Write(m, Japanese, &house, "", data); fault.CodeOf(err) != fault.MailTemplateBad {
			t.Errorf("%s: %v", what, err)
		}
	}
	many := grantData()
	many["Rows"] = slices.Repeat(many["Rows"].([]any), 10*MaxRows)
	if m := grantMail(t, b, Japanese, many); strings.Count(m.Text, "・") != MaxRows {
		t.Errorf("%d rows", strings.Count(m.Text, "・"))
	}
}

// TestTemplatesReachNothingButTheirFields: each of these is refused, at its part and line.
func TestTemplatesReachNothingButTheirFields(t *testing.T) {
	b := standard(t)
	good, err := StandardText(PointsGranted, Japanese)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"{{.Password}}", "{{.Rows}}", "{{.Provider}}", "{{.}}", "{{$}}", "{{$x := .Date}}{{$x}}",
		"{{.Date.Year}}",
		`{{printf "%999999999d" .More}}`, `{{call .Link}}`, `{{html .Link}}`, `{{len .Link}}`,
		`{{index .Rows 0}}`,
		`{{template "x"}}`, `{{define "x"}}{{end}}`, `{{block "x" .}}{{end}}`, `{{with .Link}}{{end}}`,
		`{{range .Rows}}{{range .Rows}}{{end}}{{end}}`, `{{range .Rows}}{{.Retailer}}{{end}}`,
		`{{range .Rows}}{{$.Link}}{{end}}`,
		`{{range 1000000000}}x{{end}}`, `{{range .Purchases}}x{{end}}`, `{{range $i, $x := .Rows}}{{end}}`,
		`{{if gt .More 0}}{{end}}`, `{{if and .More .Link}}{{end}}`, `{{if 1}}{{end}}`, `{{break}}`,
		`{{range .Rows}}{{break}}{{end}}`,
		`{{"text"}}`, `{{1}}`, `{{nil}}`, `{{n}}`, `{{n .More .More}}`, `{{.More | n | n}}`, `{{(n .More)}}`,
		`{{.Link | printf}}`,
		`{{`, `{{.Link`, `{{if .More}}`, `{{end}}`, "{{n .More}} {{ }}",
		strings.Repeat("{{if .More}}", 20) + strings.Repeat("{{end}}", 20),
		strings.Repeat("x", MaxTemplate+1),
	} {
		for part, spoil := range map[string]func(*Text){
			"subject":   func(x *Text) { x.Subject = "x" + bad },
			"title":     func(x *Text) { x.Title = "x" + bad },
			"preheader": func(x *Text) { x.Preheader = bad }, "button": func(x *Text) { x.Button = bad },
			"text": func(x *Text) { x.Text = "x\n" + bad }, "html": func(x *Text) { x.HTML = "x\n" + bad },
		} {
			text := good
			spoil(&text)
			_, _, err := b.With(PointsGranted, Japanese, text)
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.MailTemplateBad || f.File != "points-granted.ja" ||
				f.Field != part {
				t.Errorf("%.60s in %s: %v", bad, part, err)
			} else if len(bad) < 30 && part == "text" && f.Line != 2 &&
				!strings.Contains(bad, "define") && !strings.Contains(bad, "block") {
				t.Errorf("%.60s in %s: line %d: %v", bad, part, f.Line, err)
			}
		}
	}
}

func TestHTMLThatLoadsOrDoesSomethingIsRefused(t *testing.T) {
	b := standard(t)
	good, err := StandardText(RegistrationURL, Japanese)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"<script>alert(1)</script>", "<img src=https://x.example/1.gif>",
		`<img src="https://x.example/1.gif">`,
		`<a href="javascript:alert(1)">x</a>`, `<a href="http://x.example">x</a>`,
		`<a href="{{.Link}}x">x</a>`,
		`<a href="https://x.example/{{.Link}}">x</a>`, `<p onclick="x">x</p>`,
		`<p style="background:url(https://x.example)">x</p>`,
		`<p style="{{.Link}}">x</p>`, `<p style="position:fixed">x</p>`, `<p class="x">x</p>`,
		"<style>p{}</style>", "<!-- x -->",
		"<iframe>", "<form>", "<b", "< b>", "<{{.Link}}>", "<p {{.Link}}>", "<P>", "<p\x00>",
		`<a href=https://x.example>x</a>`,
		`<table background="https://x.example">`, "<svg/onload=alert(1)>", "<meta>", "<base>", "<link>",
	} {
		text := good
		text.HTML = "<p>x</p>\n" + bad
		_, _, err := b.With(RegistrationURL, Japanese, text)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.MailTemplateBad || f.Field != "html" || f.Line != 2 {
			t.Errorf("%s: %v", bad, err)
		}
	}
	good.HTML = `<p style="font-size:16px;color:#16202a;">x &lt; y<br/><a href="{{.Link}}">here</a>
<a href="https://x.example/a?b=c&amp;d">there</a> <a href="mailto:help@aozora.example">mail</a>
{{if .Hours}}<b>x</b>{{end}}</p>`
	if _, err := b.Preview(RegistrationURL, Japanese, good, &house); err != nil {
		t.Error(err)
	}
}

// What a text becomes is bounded, whatever the data are.
func TestAMailThatBecomesTooLongIsRefused(t *testing.T) {
	b := standard(t)
	text, err := StandardText(PointsGranted, Japanese)
	if err != nil {
		t.Fatal(err)
	}
	text.Text = "{{range .Rows}}" + strings.Repeat("あ", 16_000) + "{{end}}"
	with, _, err := b.With(PointsGranted, Japanese, text)
	if err != nil {
		t.Fatal(err)
	}
	data := grantData()
	data["Rows"] = slices.Repeat(data["Rows"].([]any), MaxRows)
	m := &mail.Message{Template: PointsGranted}
	_, err = with.Write(m, Japanese, &house, "", data)
	if fault.CodeOf(err) != fault.MailTemplateBad || len(m.Text) > mail.MaxPart {
		t.Errorf("%d bytes, %v", len(m.Text), err)
	}
}
