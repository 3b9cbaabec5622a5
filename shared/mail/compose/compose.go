// Package compose writes a mail as RFC 5322 says, for the drivers that hand it on whole: text and HTML as
// alternatives, all in ASCII lines of at most 998 characters.
package compose

import (
	"bytes"
	"encoding/base64"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"

	rfc "github.com/wneessen/go-mail"

	"multipoint/shared/mail"
	"multipoint/shared/profile/mailbox"
)

// Message writes a mail that mail.Message.Check takes. from is the sender's bare address, at the Date. The
// same mail at the same time gives the same bytes.
func Message(m *mail.Message, from string, at time.Time) ([]byte, error) {
	out := rfc.NewMsg(
		rfc.WithNoDefaultUserAgent(), rfc.WithEncoding(rfc.EncodingB64), rfc.WithBoundary("part-"+m.ID[:32]),
	)
	out.SetDateWithValue(at.UTC())
	out.SetMessageIDWithValue(m.ID + "@multipoint.invalid")
	out.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's vacation answers it (RFC 3834)
	for _, tag := range m.Tags() {
		out.SetGenHeader(rfc.Header(textproto.CanonicalMIMEHeaderKey("X-Multipoint-"+tag.Name)), tag.Value)
	}
	out.SetBodyString(rfc.TypeTextPlain, m.Text)
	out.AddAlternativeString(rfc.TypeTextHTML, m.HTML)
	var b bytes.Buffer
	writeHead(&b, m, from)
	_, err := out.WriteTo(&b)
	return b.Bytes(), err
}

// writeHead writes the headers that must not be folded otherwise: the library would break a line anywhere
// between words, and writes what it is not to touch in any order.
func writeHead(b *bytes.Buffer, m *mail.Message, from string) {
	b.WriteString("From: <" + Mailbox(from) + ">\r\nTo: <" + Mailbox(m.To) + ">\r\n")
	b.WriteString("Subject: " + encodedWords(m.Subject) + "\r\n")
	if m.Unsubscribe != "" {
		b.WriteString("List-Unsubscribe: <" + m.Unsubscribe + ">\r\n")
		b.WriteString("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
	}
}

// Mailbox is an address as it stands in headers and envelopes: the one place where an address is written for
// another program to read. An old address of a carrier gets its quotes here (DOMAIN 9).
func Mailbox(address string) string { return mailbox.Wire(address) }

// maxWord is how many bytes of UTF-8 an encoded word holds, so that "Subject: " and it fit into one line of
// 76 characters (RFC 2047).
const maxWord = 39

// encodedWords writes a subject in ASCII. The first word stands on the line of the header's name: some
// readers take a line break there for a space of the subject.
func encodedWords(text string) string {
	var words []string
	for text != "" {
		end := min(len(text), maxWord)
		for end < len(text) && !utf8.RuneStart(text[end]) {
			end--
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(text[:end]))+"?=")
		text = text[end:]
	}
	return strings.Join(words, "\r\n ")
}
