package mailing

import (
	"embed"
	"html/template"
	"strings"
)

// What mails say is in letters/: LANGUAGE/TEMPLATE.txt with a head and the text, LANGUAGE/TEMPLATE.html where
// the text alone would not do, and frame.html around all of them.
//
//go:embed letters
var letterFiles embed.FS

// Frame is the HTML of a mail: what it says goes inside, as HTML that is escaped already.
type Frame struct {
	Lang      Language // of the first section
	Member    bool     // to a member: larger, with a button as wide as the mail
	Bar       string   // colour on top, #rrggbb; of mails to members that of the button too
	OnBar     string   // colour of text on Bar
	Retailer  string
	Preheader template.HTML // what a mail program shows beside the subject
	Sections  []Section     // at least one; the others are translations
	Button    template.HTML
	Link      string // where the button leads, "" = there is no button
	Foot      template.HTML
}

// Section is a mail in one language. Body is rows of a table.
type Section struct {
	Lang  Language
	Title template.HTML
	Body  template.HTML
}

// Automatic is the foot of mails that nobody can answer.
const Automatic template.HTML = "このメールは自動でお送りしています。返信はできません。<br>\n" +
	`<span lang="en">This mail was sent automatically; please do not reply.</span>`

// HTML writes the whole page.
func (f *Frame) HTML() (string, error) {
	t, err := template.ParseFS(letterFiles, "letters/frame.html")
	if err != nil {
		return "", err
	}
	return f.write(t)
}

func (f *Frame) write(t *template.Template) (string, error) {
	var b strings.Builder
	err := t.ExecuteTemplate(&b, "frame.html", f)
	return b.String(), err
}
