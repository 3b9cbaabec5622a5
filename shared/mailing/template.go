package mailing

import (
	"errors"
	"fmt"
	"html"
	htmltemplate "html/template"
	"io"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"

	"multipoint/shared/fault"
	"multipoint/shared/mail"
)

// Text is what a letter says in one language. All parts are templates with the letter's fields: {{.Link}},
// {{n .Hours}}, {{if .More}}…{{else}}…{{end}}, {{range .Rows}}…{{end}}; nothing else is one.
type Text struct {
	Subject   string `json:"subject"`
	Title     string `json:"title"`     // in the mail; "" = the subject
	Preheader string `json:"preheader"` // what mail programs show beside the subject
	Button    string `json:"button"`    // what stands on the button to the screen
	Text      string `json:"text"`
	// HTML is what stands inside the frame, "" = the text's paragraphs, with the button for the link.
	HTML string `json:"html,omitempty"`
}

// Limits of texts.
const (
	MaxTemplate = 50_000 // bytes of a part
	MaxRows     = 100    // of a list in a mail
	maxNesting  = 8      // of conditions
)

// compiled is a text that was checked.
type compiled struct {
	letter  *Letter
	version string
	plain   *template.Template     // subject and text
	page    *htmltemplate.Template // title, preheader, button and html
}

// compile checks the parts of a text and makes it ready. name says which text it is. Error: mail.template,
// with the part and the line.
func compile(l *Letter, name string, t Text) (*compiled, error) {
	if t.Title == "" {
		t.Title = t.Subject
	}
	if t.HTML == "" {
		t.HTML = paragraphs(t.Text)
	}
	c := &compiled{
		letter: l,
		plain:  template.New("").Funcs(Words()).Option("missingkey=error"),
		page:   htmltemplate.New("").Funcs(Words()).Option("missingkey=error"),
	}
	for _, part := range []struct {
		name, source string
		must, page   bool
	}{
		{"subject", t.Subject, true, false},
		{"text", t.Text, true, false},
		{"title", t.Title, true, true},
		{"preheader", t.Preheader, false, true},
		{"button", t.Button, false, true},
		{"html", t.HTML, true, true},
	} {
		place := fault.Place{File: name, Field: part.name}
		if part.must && strings.TrimSpace(part.source) == "" {
			return nil, fault.At(fault.MailTemplateBad, place, "it is empty")
		}
		if len(part.source) > MaxTemplate {
			return nil, fault.At(fault.MailTemplateBad, place,
				fmt.Sprintf("it has more than %d bytes", MaxTemplate))
		}
		tree, err := parsed(part.source)
		if err == nil {
			err = (&checker{fields: l.Fields, tree: tree}).list(tree.Root, 0)
		}
		if err == nil && part.name == "html" {
			err = checkTags(tree.Root)
		}
		if err == nil && part.page {
			_, err = c.page.AddParseTree(part.name, tree)
		} else if err == nil {
			_, err = c.plain.AddParseTree(part.name, tree)
		}
		if err != nil {
			return nil, templateFault(place, err)
		}
	}
	// Escaping is worked out at the first use, and a language's faults in HTML are found then.
	sample := l.Sample()
	sample["Retailer"] = "あおぞらストア"
	for _, part := range []string{"title", "preheader", "button", "html"} {
		if err := c.page.ExecuteTemplate(io.Discard, part, sample); err != nil {
			return nil, templateFault(fault.Place{File: name, Field: part}, err)
		}
	}
	return c, nil
}

// parsed reads a template that defines no others.
func parsed(source string) (*parse.Tree, error) {
	t, err := template.New("mail").Funcs(Words()).Parse(source)
	if err != nil {
		return nil, err
	}
	for _, other := range t.Templates() {
		if other.Name() != "mail" {
			return nil, errors.New("a text defines no other template")
		}
	}
	if t.Tree == nil || t.Tree.Root == nil {
		return &parse.Tree{Name: "mail", Root: &parse.ListNode{NodeType: parse.NodeList}}, nil
	}
	return t.Tree, nil
}

// lineOf finds the line in a message of the standard library's templates.
var lineOf = regexp.MustCompile(`(?:html/)?template: ?(?:mail|html|title|preheader|button):(\d+)(?::\d+)?: `)

// templateFault gives what is wrong with a part its code and its line.
func templateFault(place fault.Place, err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		known.File, known.Field = place.File, place.Field
		return known
	}
	text := err.Error()
	if at := lineOf.FindStringSubmatchIndex(text); at != nil {
		place.Line, _ = strconv.ParseInt(text[at[2]:at[3]], 10, 64)
		text = text[:at[0]] + text[at[1]:]
	}
	return fault.At(fault.MailTemplateBad, place, mail.OneLine(text, 200))
}

// checker walks a template and takes only what cannot reach anything but the letter's fields, nor run long:
// no variables, no functions but Words, no list within a list.
type checker struct {
	fields []Field
	tree   *parse.Tree
	inRow  bool
}

// refuse says what is wrong with a node.
func (c *checker) refuse(n parse.Node, what string) error {
	at, _ := c.tree.ErrorContext(n)
	place := fault.Place{}
	if parts := strings.Split(at, ":"); len(parts) > 1 {
		place.Line, _ = strconv.ParseInt(parts[1], 10, 64)
	}
	return fault.At(fault.MailTemplateBad, place, mail.OneLine(n.String(), 60)+": "+what)
}

func (c *checker) list(list *parse.ListNode, nesting int) error {
	if list == nil {
		return nil
	}
	if nesting > maxNesting {
		return c.refuse(list, "conditions stand too deep in each other")
	}
	for _, n := range list.Nodes {
		var err error
		switch n := n.(type) {
		case *parse.TextNode, *parse.CommentNode:
		case *parse.ActionNode:
			err = c.shown(n.Pipe)
		case *parse.IfNode:
			if err = c.condition(n.Pipe); err == nil {
				err = errors.Join(c.list(n.List, nesting+1), c.list(n.ElseList, nesting+1))
			}
		case *parse.RangeNode:
			err = c.rows(n, nesting)
		default:
			err = c.refuse(n, "only fields, if and range may stand here")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// shown takes a field, alone or given to a word: {{.A}}, {{n .A}}, {{.A | n}}.
func (c *checker) shown(pipe *parse.PipeNode) error {
	if len(pipe.Decl) > 0 || len(pipe.Cmds) > 2 {
		return c.refuse(pipe, "only a field may stand here")
	}
	args := pipe.Cmds[0].Args
	if len(pipe.Cmds) == 2 { // the word behind the field
		if len(args) != 1 || len(pipe.Cmds[1].Args) != 1 {
			return c.refuse(pipe, "only a field may stand here")
		}
		args = []parse.Node{pipe.Cmds[1].Args[0], args[0]}
	}
	if len(args) > 2 {
		return c.refuse(pipe, "only a field may stand here")
	}
	if len(args) == 2 {
		word, ok := args[0].(*parse.IdentifierNode)
		if !ok {
			return c.refuse(pipe, "only a field may stand here")
		}
		if _, known := Words()[word.Ident]; !known {
			return c.refuse(pipe, "there is no function of that name")
		}
	}
	f, err := c.field(args[len(args)-1])
	if err == nil && f != nil && f.Row != nil {
		return c.refuse(pipe, "a list is shown with range")
	}
	return err
}

// condition takes a field, or not and a field.
func (c *checker) condition(pipe *parse.PipeNode) error {
	if len(pipe.Decl) > 0 || len(pipe.Cmds) != 1 {
		return c.refuse(pipe, "a condition is a field, or not and a field")
	}
	args := pipe.Cmds[0].Args
	if len(args) == 2 {
		if word, ok := args[0].(*parse.IdentifierNode); !ok || word.Ident != "not" {
			return c.refuse(pipe, "a condition is a field, or not and a field")
		}
		args = args[1:]
	}
	if len(args) != 1 {
		return c.refuse(pipe, "a condition is a field, or not and a field")
	}
	_, err := c.field(args[0])
	return err
}

// rows takes a list of the letter. Rows have no lists, so there is none within another.
func (c *checker) rows(n *parse.RangeNode, nesting int) error {
	if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 1 {
		return c.refuse(n, "range takes a list")
	}
	f, err := c.field(n.Pipe.Cmds[0].Args[0])
	if err != nil {
		return err
	}
	if f == nil || f.Row == nil {
		return c.refuse(n.Pipe, "it is no list")
	}
	row := &checker{fields: f.Row, tree: c.tree, inRow: true}
	return errors.Join(row.list(n.List, nesting+1), c.list(n.ElseList, nesting+1))
}

// field gives the field that a node names, nil for the retailer's name.
func (c *checker) field(n parse.Node) (*Field, error) {
	named, ok := n.(*parse.FieldNode)
	if !ok || len(named.Ident) != 1 {
		return nil, c.refuse(n, "it is no field of this mail")
	}
	if named.Ident[0] == "Retailer" && !c.inRow {
		return nil, nil //nolint:nilnil // it is no field of the letter, and one of each
	}
	f := field(c.fields, named.Ident[0])
	if f == nil {
		return nil, c.refuse(n, "it is no field of this mail")
	}
	return f, nil
}

// Tags and attributes that HTML of a mail may have. A field stands as \x00 here.
var (
	tag = regexp.MustCompile(`\A</?(?:p|br|b|strong|span|ul|ol|li|h2|h3|hr|a|table|tbody|tr|td|th)` +
		`((?:\s+[a-z]+="[^"<>]*")*)\s*/?>`)
	attribute = regexp.MustCompile(`([a-z]+)="([^"]*)"`)
	plainly   = regexp.MustCompile(`\A[A-Za-z0-9#% .-]*\z`)
	styling   = regexp.MustCompile(`\A[A-Za-z0-9#%:;,.' -]*\z`)
	target    = regexp.MustCompile(`\A(?:\x00|https://[^\x00"'<>]+|mailto:[^\x00"'<>]+)\z`)
)

// checkTags takes HTML that shows text, tables and links, loads nothing and does nothing.
func checkTags(root *parse.ListNode) error {
	var b strings.Builder
	flatten(&b, root)
	text := b.String()
	for at := 0; ; {
		next := strings.IndexByte(text[at:], '<')
		if next < 0 {
			return nil
		}
		at += next
		place := fault.Place{Line: 1 + int64(strings.Count(text[:at], "\n"))}
		found := tag.FindStringSubmatch(text[at:])
		if found == nil {
			shown, _, _ := strings.Cut(text[at:], ">")
			return fault.At(fault.MailTemplateBad, place, mail.OneLine(shown, 60)+": a mail has no such tag")
		}
		for _, a := range attribute.FindAllStringSubmatch(found[1], -1) {
			if !attributeFits(a[1], a[2]) {
				return fault.At(fault.MailTemplateBad, place,
					mail.OneLine(a[0], 60)+": a mail has no such attribute")
			}
		}
		at += len(found[0])
	}
}

func attributeFits(name, value string) bool {
	switch name {
	case "href":
		return target.MatchString(value)
	case "style":
		return styling.MatchString(value) && !strings.Contains(strings.ToLower(value), "position")
	case "role", "lang", "align", "valign", "width", "height", "bgcolor", "border", "cellpadding",
		"cellspacing", "colspan", "rowspan", "scope":
		return plainly.MatchString(value)
	}
	return false
}

// flatten writes the text of a template with \x00 for each field, all branches one after the other.
func flatten(b *strings.Builder, list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			b.Write(n.Text)
		case *parse.ActionNode:
			b.WriteByte(0)
		case *parse.IfNode:
			flatten(b, n.List)
			flatten(b, n.ElseList)
		case *parse.RangeNode:
			flatten(b, n.List)
			flatten(b, n.ElseList)
		}
	}
}

const paragraph = `<p style="margin:0 0 16px;font-size:16px;line-height:1.7;color:#16202a;">`

// action finds what is between {{ and }}.
var action = regexp.MustCompile(`(?s)\{\{.*?\}\}`)

// paragraphs makes HTML of a text: lines and paragraphs, the link left to the button.
func paragraphs(text string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		part = strings.Trim(part, "\n")
		if part == "" || part == "{{."+link+"}}" {
			continue
		}
		b.WriteString(paragraph)
		for i, line := range strings.Split(part, "\n") {
			if i > 0 {
				b.WriteString("<br>\n")
			}
			at := 0
			for _, x := range action.FindAllStringIndex(line, -1) {
				b.WriteString(html.EscapeString(line[at:x[0]]) + line[x[0]:x[1]])
				at = x[1]
			}
			b.WriteString(html.EscapeString(line[at:]))
		}
		b.WriteString("</p>\n")
	}
	return b.String()
}
