package mail

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"multipoint/shared/master"
)

func good() Message {
	return Message{
		ID: ID("R-00000001", "points-ready", "a@b.example"), To: "a@b.example",
		Subject: "【あおぞらストア】ポイント付与データができました", Text: "本文\n\tEnglish", HTML: "<p>本文</p>",
		Template: "points-ready", Run: "R-00000001", Unsubscribe: "https://x.example/u/1",
	}
}

func TestAGoodMailIsTaken(t *testing.T) {
	m := good()
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	m.Subject = strings.Repeat("あ", MaxSubject)
	m.Text, m.HTML = strings.Repeat("x", MaxPart), strings.Repeat("x", MaxPart)
	m.Unsubscribe += strings.Repeat("x", MaxUnsubscribe-len(m.Unsubscribe))
	if err := m.Check(); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestWhatCouldBecomeAHeaderIsRefused(t *testing.T) {
	for what, spoil := range map[string]func(*Message){
		"subject CR LF":        func(m *Message) { m.Subject += "\r\nBcc: x@y.example" },
		"subject LF":           func(m *Message) { m.Subject += "\nBcc: x@y.example" },
		"subject CR":           func(m *Message) { m.Subject += "\rBcc: x@y.example" },
		"subject NEL":          func(m *Message) { m.Subject += "\u0085Bcc: x@y.example" },
		"subject LS":           func(m *Message) { m.Subject += "\u2028Bcc: x@y.example" },
		"subject NUL":          func(m *Message) { m.Subject += "\x00" },
		"subject turned":       func(m *Message) { m.Subject += "\u202etxt.exe" },
		"subject not UTF-8":    func(m *Message) { m.Subject += "\xff" },
		"subject empty":        func(m *Message) { m.Subject = " " },
		"subject too long":     func(m *Message) { m.Subject = strings.Repeat("あ", MaxSubject+1) },
		"recipient CR LF":      func(m *Message) { m.To += "\r\nBcc: x@y.example" },
		"recipient LF":         func(m *Message) { m.To += "\n" },
		"two recipients":       func(m *Message) { m.To += ",x@y.example" },
		"recipient with name":  func(m *Message) { m.To = "Ann <a@b.example>" },
		"recipient with space": func(m *Message) { m.To = "a b@b.example" },
		"template":             func(m *Message) { m.Template = "a\r\nb" },
		"run":                  func(m *Message) { m.Run = "a\nb" },
		"run empty":            func(m *Message) { m.Run = "" },
		"run too long":         func(m *Message) { m.Run = strings.Repeat("a", MaxName+1) },
		"id":                   func(m *Message) { m.ID = "../../x" },
		"id with line end":     func(m *Message) { m.ID += "\n" },
		"no text":              func(m *Message) { m.Text = "\n" },
		"no HTML":              func(m *Message) { m.HTML = "" },
		"text with NUL":        func(m *Message) { m.Text += "\x00" },
		"text with CR":         func(m *Message) { m.Text += "\r" },
		"text too large":       func(m *Message) { m.Text = strings.Repeat("x", MaxPart+1) },
		"HTML not UTF-8":       func(m *Message) { m.HTML += "\xff" },
		"stop CR LF":           func(m *Message) { m.Unsubscribe += "\r\nBcc: x@y.example" },
		"stop http":            func(m *Message) { m.Unsubscribe = "http://x.example/u/1" },
		"stop mailto":          func(m *Message) { m.Unsubscribe = "mailto:x@y.example" },
		"stop without host":    func(m *Message) { m.Unsubscribe = "https:///u/1" },
		"stop two":             func(m *Message) { m.Unsubscribe += ">,<https://y.example" },
		"stop with user":       func(m *Message) { m.Unsubscribe = "https://a:b@x.example/u/1" },
		"stop not ASCII":       func(m *Message) { m.Unsubscribe += "あ" },
		"stop too long":        func(m *Message) { m.Unsubscribe += strings.Repeat("x", MaxUnsubscribe) },
	} {
		m := good()
		spoil(&m)
		if err := m.Check(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", what, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	label := strings.Repeat("a", 63)
	for _, a := range []string{
		"a@b.example", "first.last+tag@mail.b-c.example", "o'neil@x.example", label + "@b.example",
		"1@2.example",
	} {
		if err := CheckAddress(a); err != nil {
			t.Error(err)
		}
	}
	for _, a := range []string{
		"", "a", "a@", "@b.example", "a@b", "a@@b.example", ".a@b.example", "a.@b.example", "a..b@c.example",
		"a@-b.example", "a@b-.example", "a@b..example", "a@b.example.", `"a b"@c.example`, "a@[192.0.2.1]",
		"a(x)@b.example", "あ@b.example", "a@あ.example", "a@b.example\n", label + "aa@b.example",
		"a@" + strings.Repeat(label+".", 4) + "example",
	} {
		if err := CheckAddress(a); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", a, err)
		}
	}
}

func TestTheMastersTakeTheSameAddresses(t *testing.T) {
	text, err := fs.ReadFile(master.Schemas(), "types.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			Mail struct {
				Items struct {
					Pattern   string `json:"pattern"`
					MaxLength int    `json:"maxLength"`
				} `json:"items"`
			} `json:"mail"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	got := schema.Defs.Mail.Items
	if got.Pattern != AddressPattern || got.MaxLength != MaxAddress {
		t.Errorf("the schema has %q and %d,\nthe port    %q and %d", got.Pattern, got.MaxLength,
			AddressPattern, MaxAddress)
	}
}

func TestIDsTellRunTemplateAndRecipientApart(t *testing.T) {
	const want = "b8b61fe62764b0f642c9828e" // of the first, its beginning: ids must never change
	seen := map[string][3]string{}
	for _, x := range [][3]string{
		{"R-00000001", "a", "b"},
		{"R-0000000", "1a", "b"},
		{"R-00000001", "ab", ""},
		{"R-00000002", "a", "b"},
		{"R-00000001", "a", "c"},
		{"", "R-00000001a", "b"},
	} {
		id := ID(x[0], x[1], x[2])
		if other, ok := seen[id]; ok {
			t.Errorf("%v and %v have the same id", x, other)
		}
		if CheckID(id) != nil || ID(x[0], x[1], x[2]) != id {
			t.Errorf("%q is no id of %v", id, x)
		}
		seen[id] = x
	}
	if got := ID("R-00000001", "a", "b"); !strings.HasPrefix(got, want) {
		t.Errorf("the id is %s, it was %s…", got, want)
	}
}

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"あ\r\nBcc: x": "あ  Bcc: x", " a\tb ": "a b", "1234567890": "1234567890", "12345678901": "123456789…",
		"a\u202eb": "a b", "a\xffb": "a\uFFFDb", "": "",
	} {
		if got := OneLine(text, 10); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
