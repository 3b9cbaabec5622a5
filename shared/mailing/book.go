package mailing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io"
	"io/fs"
	"maps"
	"strings"
	"text/template"
	"unicode"

	"multipoint/shared/fault"
	"multipoint/shared/mail"
)

// House is who a retailer's mails come from, as they show it.
type House struct {
	Name string
	// Brand and OnBrand are the colours of mails to members and of text on it, #rrggbb; "" = ours.
	Brand, OnBrand string
	Company        string // legal name and postal address, for the foot of mails to members (DOMAIN 6.2)
	Contact        string // where members ask, https://…
}

// Book holds the texts of all letters, the standard ones and those of one retailer in their place. It does
// not change; its methods may be called from many goroutines.
type Book struct {
	texts map[textName]*compiled
	frame *htmltemplate.Template
	foot  *htmltemplate.Template
	plain *template.Template
}

type textName struct {
	letter string
	lang   Language
}

func (n textName) String() string { return n.letter + "." + string(n.lang) }

func noLetter(name string) error {
	return fault.At(fault.MailTemplateBad, fault.Place{File: name}, "there is no such letter")
}

// Standard gives the book of the texts that come with the program.
func Standard() (*Book, error) {
	b := &Book{texts: map[textName]*compiled{}}
	var err error
	if b.frame, err = htmltemplate.ParseFS(letterFiles, "letters/frame.html"); err != nil {
		return nil, err
	}
	if b.foot, err = htmltemplate.ParseFS(letterFiles, "letters/foot.html"); err != nil {
		return nil, err
	}
	if b.plain, err = template.ParseFS(letterFiles, "letters/foot.txt"); err != nil {
		return nil, err
	}
	for _, l := range Letters() {
		for _, lang := range l.Languages() {
			t, err := StandardText(l.Name, lang)
			if err != nil {
				return nil, err
			}
			if _, err := b.put(l.Name, lang, t); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// StandardText gives the text of a letter that comes with the program, from which a retailer's begins. Error:
// mail.template for a letter or language that there is none of.
func StandardText(letter string, lang Language) (Text, error) {
	base := "letters/" + string(lang) + "/" + letter
	file, err := letterFiles.ReadFile(base + ".txt")
	if err != nil {
		return Text{}, noLetter(textName{letter, lang}.String())
	}
	head, text, _ := strings.Cut(string(file), "\n\n")
	t := Text{Text: text}
	for _, line := range lines(head) {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "Subject":
			t.Subject = value
		case "Title":
			t.Title = value
		case "Preheader":
			t.Preheader = value
		case "Button":
			t.Button = value
		}
	}
	page, err := letterFiles.ReadFile(base + ".html")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Text{}, err
	}
	t.HTML = string(page)
	return t, nil
}

// With gives a book with a text in the place of the one before, and the text's version: the same text always
// has the same one. Error: mail.template.
func (b *Book) With(letter string, lang Language, t Text) (*Book, string, error) {
	other := &Book{texts: maps.Clone(b.texts), frame: b.frame, foot: b.foot, plain: b.plain}
	version, err := other.put(letter, lang, t)
	return other, version, err
}

func (b *Book) put(letter string, lang Language, t Text) (string, error) {
	name := textName{letter, lang}
	l, ok := LetterOf(letter)
	if !ok || lang != Japanese && lang != English {
		return "", noLetter(name.String())
	}
	t = t.normal()
	c, err := compile(&l, name.String(), t)
	if err != nil {
		return "", err
	}
	if c.version, err = t.version(); err != nil {
		return "", err
	}
	b.texts[name] = c
	return c.version, nil
}

// letter gives the letter of a name, nil if the book has none.
func (b *Book) letter(name string) *Letter {
	if c := b.texts[textName{name, Japanese}]; c != nil {
		return c.letter
	}
	return nil
}

// normal ends lines as mails do, whatever a form of the web made of them.
func (t *Text) normal() Text {
	n := *t
	for _, part := range []*string{&n.Subject, &n.Title, &n.Preheader, &n.Button, &n.Text, &n.HTML} {
		*part = strings.ReplaceAll(*part, "\r\n", "\n")
	}
	return n
}

// version is what tells texts apart: the first half of the SHA-256 of their parts, in hex.
func (t *Text) version() (string, error) {
	body, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16]), nil
}

// Write fills subject, text and HTML of a mail from the letter that m.Template names, and gives the version
// of the text. lang is the reader's; letters to a company have both languages. stop is where the reader stops
// mails of the letter's purpose, "" for nowhere. data has a value for each field: a text, a whole number, a
// list of maps. Errors: mail.template, and for data that the letter does not take.
func (b *Book) Write(m *mail.Message, lang Language, house *House, stop string, data map[string]any) (
	version string, err error,
) {
	l := b.letter(m.Template)
	if l == nil {
		return "", noLetter(m.Template)
	}
	shown, err := l.clean(data)
	if err != nil {
		return "", err
	}
	shown["Retailer"] = mail.OneLine(house.Name, maxName)
	langs := []Language{lang}
	if l.Both {
		langs = l.Languages()
	}
	f := house.frame(l, langs[0])
	f.Link, _ = shown[link].(string)
	var subjects, texts, versions []string
	for i, lang := range langs {
		c := b.texts[textName{m.Template, lang}]
		if c == nil {
			return "", noLetter(textName{m.Template, lang}.String())
		}
		w := &writer{c: c, data: shown}
		subjects, texts = append(subjects, w.plain("subject")), append(texts, w.plain("text"))
		versions = append(versions, c.version)
		f.Sections = append(f.Sections, Section{
			Lang: lang, Title: w.page("title"), Body: row(w.page("html"), lang, i == 0),
		})
		if i == 0 {
			f.Preheader, f.Button = w.page("preheader"), w.page("button")
		}
		if w.err != nil {
			return "", templateFault(fault.Place{File: textName{m.Template, lang}.String()}, w.err)
		}
	}
	m.Subject, m.Text = strings.Join(subjects, " / "), strings.Join(texts, parting)
	if strings.HasPrefix(stop, "https://") { // RFC 8058 knows no other
		m.Unsubscribe = stop
	}
	return strings.Join(versions, "+"), b.finish(m, f, house, l, stop)
}

const (
	maxName  = 60
	maxShown = 300 // characters of a value
	parting  = "\n----------------------------------------------------------------\n"
)

// finish puts the foot under both parts, in the languages of the mail.
func (b *Book) finish(m *mail.Message, f *Frame, house *House, l *Letter, stop string) error {
	var text, page strings.Builder
	for i, section := range f.Sections {
		foot := map[string]any{
			"Lang": string(section.Lang), "Wanted": l.Purpose != "", "Purpose": string(l.Purpose),
			"Stop": stop, "Contact": "", "Company": "",
		}
		if l.Member {
			foot["Contact"], foot["Company"] = house.Contact, house.Company
		}
		if i > 0 {
			page.WriteString("<br>\n")
		}
		if err := errors.Join(b.plain.Execute(&text, foot), b.foot.Execute(&page, foot)); err != nil {
			return err
		}
	}
	m.Text += parting + strings.TrimRight(text.String(), "\n") + "\n"
	foot := strings.TrimSuffix(strings.TrimRight(page.String(), "\n"), "<br>")
	f.Foot = htmltemplate.HTML(foot) // #nosec G203 -- html/template wrote it
	var err error
	m.HTML, err = f.write(b.frame)
	return err
}

// frame is the frame of a letter, without what it says.
func (h *House) frame(l *Letter, lang Language) *Frame {
	f := &Frame{Lang: lang, Member: l.Member, Bar: "#1c2a39", OnBar: "#ffffff"}
	f.Retailer = mail.OneLine(h.Name, maxName)
	if l.Member {
		f.Bar = "#0b5fa5"
		if h.Brand != "" && h.OnBrand != "" {
			f.Bar, f.OnBar = h.Brand, h.OnBrand
		}
	}
	return f
}

// row puts HTML into a row of the frame.
func row(body htmltemplate.HTML, lang Language, first bool) htmltemplate.HTML {
	attribute := htmltemplate.HTML(``)
	if !first {
		attribute = htmltemplate.HTML(` lang="` + string(lang) + `"`) // #nosec G203 -- ja or en
	}
	return `<tr><td` + attribute + ` style="padding:8px 24px 16px;">` + body + `</td></tr>`
}

// writer fills the parts of a text, until an error.
type writer struct {
	c    *compiled
	data map[string]any
	err  error
}

func (w *writer) plain(part string) string {
	b := &bounded{}
	if w.err == nil {
		w.err = w.c.plain.ExecuteTemplate(b, part, w.data)
	}
	return b.String()
}

func (w *writer) page(part string) htmltemplate.HTML {
	b := &bounded{}
	if w.err == nil {
		w.err = w.c.page.ExecuteTemplate(b, part, w.data)
	}
	return htmltemplate.HTML(b.String()) // #nosec G203 -- html/template wrote it
}

// bounded keeps what is written, up to the size of a part of a mail.
type bounded struct{ strings.Builder }

var errTooLong = fmt.Errorf("it becomes more than %d bytes", mail.MaxPart)

// Write keeps bytes. Error: they are too many.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > mail.MaxPart {
		return 0, errTooLong
	}
	return b.Builder.Write(p)
}

// WriteString keeps a text, as Write does.
func (b *bounded) WriteString(s string) (int, error) { return b.Write([]byte(s)) }

var _ io.StringWriter = (*bounded)(nil)

// clean takes the letter's fields from data, each a value that may stand in a mail.
func (l *Letter) clean(data map[string]any) (map[string]any, error) {
	return cleaned(l.Name, l.Fields, data)
}

func cleaned(letter string, fields []Field, data map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(fields)+1)
	for i := range fields {
		f := &fields[i]
		bad := fault.At(fault.MailTemplateBad, fault.Place{File: letter, Field: f.Name}, "the mail lacks it")
		switch v := data[f.Name].(type) {
		case string:
			if f.Row != nil {
				return nil, bad
			}
			most := maxShown
			if f.Name == link {
				most = 2000
			}
			if strings.ContainsFunc(v, unicode.IsControl) || len(v) > most {
				v = mail.OneLine(v, most)
			}
			out[f.Name] = v
		case int, int64, json.Number:
			if f.Row != nil {
				return nil, bad
			}
			out[f.Name] = v
			if v == json.Number("0") {
				out[f.Name] = 0 // so that a condition sees it
			}
		case []any:
			if f.Row == nil {
				return nil, bad
			}
			rows := make([]any, 0, min(len(v), MaxRows))
			for _, x := range v[:min(len(v), MaxRows)] {
				m, ok := x.(map[string]any)
				if !ok {
					return nil, bad
				}
				row, err := cleaned(letter, f.Row, m)
				if err != nil {
					return nil, err
				}
				rows = append(rows, row)
			}
			out[f.Name] = rows
		default:
			return nil, bad
		}
	}
	return out, nil
}

// Preview writes the mail that a text would make of the letter's samples. Error: mail.template.
func (b *Book) Preview(letter string, lang Language, t Text, house *House) (*mail.Message, error) {
	with, _, err := b.With(letter, lang, t)
	if err != nil {
		return nil, err
	}
	l, _ := LetterOf(letter)
	m := &mail.Message{
		ID: mail.ID("preview", letter, string(lang)), To: "member@aozora.example", Template: letter,
		Run: "preview",
	}
	stop := ""
	if l.Purpose != "" {
		stop = "https://point.aozora.example" + UnsubscribePath + "sample"
	}
	if _, err = with.Write(m, lang, house, stop, l.Sample()); err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, templateFault(fault.Place{File: textName{letter, lang}.String()}, err)
	}
	return m, nil
}
