package mailing

import (
	"strings"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/table/memory"
)

// A retailer's own text is used from when it is saved, every version of it is kept, and the standard one
// comes back.
func TestARetailersOwnText(t *testing.T) {
	c := &clock{now: noon()}
	texts := &Texts{Retailer: "R", Table: memory.New(nil), Now: c.Now}
	own, err := StandardText(PointsGranted, Japanese)
	if err != nil {
		t.Fatal(err)
	}
	own.Subject, own.HTML = "{{.Retailer}}からポイントのお知らせ", ""
	own.Text = "<b>お待たせ</b>しました。\r\n{{n .Purchases}}件です。\r\n\r\n{{.Link}}\r\n"
	first, err := texts.Save(t.Context(), PointsGranted, Japanese, &own, "staff-1")
	if err != nil || first.Version == "" || first.By != "staff-1" {
		t.Fatal(first, err)
	}
	book, err := texts.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := grantMail(t, book, Japanese, grantData())
	if m.Subject != "あおぞらストアからポイントのお知らせ" || !strings.HasPrefix(m.Text, "<b>お待たせ</b>しました。\n2件です。\n") ||
		!strings.Contains(m.HTML, "&lt;b&gt;お待たせ&lt;/b&gt;しました。<br>\n2件です。</p>") ||
		!strings.Contains(m.HTML, "マイページで内訳を見る</a>") || strings.Count(m.HTML, "/my\"") != 1 {
		t.Errorf("the mail is %s\n%s\n%s", m.Subject, m.Text, m.HTML)
	}
	version, err := book.Write(m, Japanese, &house, "", grantData())
	if version != first.Version || err != nil {
		t.Errorf("the mail has version %s, the text %s, %v", version, first.Version, err)
	}
	if en := grantMail(t, book, English, grantData()); !strings.Contains(en.Subject, "Points were added") {
		t.Errorf("in English it is %s", en.Subject)
	}
	own.Text += "またどうぞ。\n"
	second, err := texts.Save(t.Context(), PointsGranted, Japanese, &own, "staff-2")
	if err != nil || second.Version == first.Version {
		t.Fatal(second, err)
	}
	if _, err := texts.Save(t.Context(), PointsGranted, Japanese, nil, "staff-2"); err != nil {
		t.Fatal(err)
	}
	if book, err = texts.Book(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := grantMail(t, book, Japanese, grantData()); !strings.HasPrefix(m.Subject, "【あおぞらストア】") {
		t.Errorf("the standard text did not come back: %s", m.Subject)
	}
	for _, saved := range []*Saved{first, second} {
		was, err := texts.Version(t.Context(), PointsGranted, Japanese, saved.Version)
		if err != nil || was == nil || was.Text != saved.Text {
			t.Errorf("version %s is %+v, %v", saved.Version, was, err)
		}
	}
}

func TestATextThatCannotBeUsedIsNotSaved(t *testing.T) {
	c := &clock{now: noon()}
	texts := &Texts{Retailer: "R", Table: memory.New(nil), Now: c.Now}
	good, err := StandardText(Unlock, English)
	if err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(*Text){
		"field":        func(x *Text) { x.Text = "{{.Password}}" },
		"two lines":    func(x *Text) { x.Subject = "a\nBcc: x@y.example" },
		"control":      func(x *Text) { x.Text += "\x00" },
		"long subject": func(x *Text) { x.Subject = strings.Repeat("x", 201) },
	} {
		text := good
		spoil(&text)
		_, err := texts.Save(t.Context(), Unlock, English, &text, "staff-1")
		if fault.CodeOf(err) != fault.MailTemplateBad {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, name := range []string{"", "x", "../ja/unlock"} {
		_, err := texts.Save(t.Context(), name, English, &good, "staff-1")
		if fault.CodeOf(err) != fault.MailTemplateBad {
			t.Errorf("letter %q: %v", name, err)
		}
	}
	_, err = texts.Save(t.Context(), Unlock, "fr", &good, "x")
	if fault.CodeOf(err) != fault.MailTemplateBad {
		t.Errorf("French: %v", err)
	}
}
