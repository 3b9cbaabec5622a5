package compose_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	rfc "net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"multipoint/shared/mail"
	"multipoint/shared/mail/compose"
)

const from = "no-reply@multipoint.example"

func message() mail.Message {
	run := "aozora-R-00000001.2_x"
	return mail.Message{
		ID: mail.ID(run, "points-granted", "a@b.example"), To: "a@b.example",
		Subject: "【あおぞらストア】ポイント付与データができました（2026年11月22日分）　Point data generated",
		Text:    "髙橋商店　第1回\nFrom here\n.\n", HTML: "<p lang=\"ja\">本文＆</p>\n",
		Template: "points-granted", Run: run, Unsubscribe: "https://point.aozora.example/u/abc_-1",
	}
}

func raw(t *testing.T, m mail.Message) []byte {
	t.Helper()
	text, err := compose.Message(&m, from, time.Date(2026, 11, 22, 6, 3, 20, 0, time.UTC))
	if err == nil {
		err = m.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAMailProgramReadsTheMail(t *testing.T) {
	longest := message()
	longest.Subject = "x" + strings.Repeat("髙", mail.MaxSubject-1)
	longest.Text, longest.HTML = strings.Repeat("x", mail.MaxPart), strings.Repeat("あ", mail.MaxPart/3)
	longest.Run = strings.Repeat("r", mail.MaxName)
	longest.To = strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 59)+".", 3) + "example"
	longest.Unsubscribe += strings.Repeat("u", mail.MaxUnsubscribe-len(longest.Unsubscribe))
	plain := message()
	plain.Unsubscribe = ""
	plain.Subject = "=?UTF-8?B?4piD?= is no snowman, " + strings.Repeat("x", 100) + "𩸽" // of four bytes
	for _, want := range []mail.Message{message(), longest, plain} {
		text := raw(t, want)
		for line := range bytes.Lines(text) {
			if !bytes.HasSuffix(line, []byte("\r\n")) || len(line) > 1000 {
				t.Fatalf("line %.100q of %d bytes: mail servers want CR LF, and at most 998", line, len(line))
			}
			if strings.ContainsFunc(string(line), func(r rune) bool { return r > '~' }) {
				t.Fatalf("line %.100q is not ASCII", line)
			}
		}
		m, err := rfc.ReadMessage(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte("\r\nSubject: =?UTF-8?B?")) {
			t.Errorf("the subject does not begin on its line:\n%.600s", text)
		}
		readHead(t, m, &want)
		readParts(t, m, &want)
	}
}

func readHead(t *testing.T, m *rfc.Message, want *mail.Message) {
	t.Helper()
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("the subject is %q, %v", subject, err)
	}
	for word := range strings.FieldsSeq(m.Header.Get("Subject")) {
		text, err := new(mime.WordDecoder).Decode(word)
		if err != nil || len(word) > 75 || !utf8.ValidString(text) { // RFC 2047: whole characters
			t.Errorf("the encoded word %s is %q, %v", word, text, err)
		}
	}
	date, err := m.Header.Date()
	if err != nil || !date.Equal(time.Date(2026, 11, 22, 6, 3, 20, 0, time.UTC)) {
		t.Errorf("the date is %v, %v", date, err)
	}
	unsubscribe, oneClick := "", "" // RFC 8058
	if want.Unsubscribe != "" {
		unsubscribe, oneClick = "<"+want.Unsubscribe+">", "List-Unsubscribe=One-Click"
	}
	for name, value := range map[string]string{
		"To": "<" + want.To + ">", "From": "<" + from + ">", "Auto-Submitted": "auto-generated",
		"X-Multipoint-Id": want.ID, "X-Multipoint-Template": want.Template, "X-Multipoint-Run": want.Run,
		"Message-Id": "<" + want.ID + "@multipoint.invalid>", "Bcc": "", "Cc": "", "Mime-Version": "1.0",
		"List-Unsubscribe": unsubscribe, "List-Unsubscribe-Post": oneClick,
	} {
		if got := m.Header.Get(name); got != value || len(m.Header[name]) > 1 {
			t.Errorf("%s is %q, want %q", name, m.Header[name], value)
		}
	}
}

func readParts(t *testing.T, m *rfc.Message, want *mail.Message) {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	boundary := parameters["boundary"]
	if err != nil || kind != "multipart/alternative" || !strings.Contains(boundary, want.ID[:32]) {
		t.Fatalf("the mail is %s %v, %v", kind, parameters, err)
	}
	parts := multipart.NewReader(m.Body, boundary)
	for _, x := range [][2]string{
		{"text/plain; charset=UTF-8", want.Text}, {"text/html; charset=UTF-8", want.HTML},
	} {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil || p.Header.Get("Content-Type") != x[0] || string(body) != x[1] {
			t.Errorf("got %s %.100q, %v; want %.100q", p.Header.Get("Content-Type"), body, err, x)
		}
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("there is a third part: %v", err)
	}
}

func TestTheSameMailIsTheSameBytes(t *testing.T) {
	first := raw(t, message())
	for range 20 {
		if again := raw(t, message()); !bytes.Equal(first, again) {
			t.Fatalf("got\n%s\nand\n%s", first, again)
		}
	}
}
