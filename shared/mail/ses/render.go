package ses

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	rfc "github.com/wneessen/go-mail"

	"multipoint/shared/mail"
)

// render writes a mail as RFC 5322 says, text and HTML as alternatives, in ASCII lines of at most 998
// characters. The same mail at the same time gives the same bytes. SES puts its own Message-ID and Date in
// the place of ours.
func render(m *mail.Message, from string, at time.Time) ([]byte, error) {
	out := rfc.NewMsg(
		rfc.WithNoDefaultUserAgent(), rfc.WithEncoding(rfc.EncodingB64), rfc.WithBoundary("part-"+m.ID[:32]),
	)
	if err := out.From(from); err != nil {
		return nil, err
	}
	if err := out.To(m.To); err != nil {
		return nil, err
	}
	out.SetGenHeaderPreformatted(rfc.HeaderSubject, encodedWords(m.Subject))
	out.SetDateWithValue(at.UTC())
	out.SetMessageIDWithValue(m.ID + "@multipoint.invalid")
	out.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's vacation answers it (RFC 3834)
	for _, tag := range m.Tags() {
		out.SetGenHeader(rfc.Header(textproto.CanonicalMIMEHeaderKey("X-Multipoint-"+tag.Name)), tag.Value)
	}
	out.SetBodyString(rfc.TypeTextPlain, m.Text)
	out.AddAlternativeString(rfc.TypeTextHTML, m.HTML)
	var b bytes.Buffer
	_, err := out.WriteTo(&b)
	return b.Bytes(), err
}

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

// tags are the mail's tags as SES takes them.
func tags(m *mail.Message) []types.MessageTag {
	var out []types.MessageTag
	for _, tag := range m.Tags() {
		value := tagWriter.Replace(tag.Value)
		out = append(out, types.MessageTag{Name: &tag.Name, Value: &value})
	}
	return out
}

// A value of SES has letters, digits, _ and - only, at most 256 of them: of ours, with at most 128 bytes, a
// dot becomes _d and _ becomes __.
var (
	tagWriter = strings.NewReplacer("_", "__", ".", "_d")
	tagReader = strings.NewReplacer("__", "_", "_d", ".")
)

// ReadTag gives the value of a mail's tag as it was before it went to SES, from an event that has it. Error:
// mail.ErrInvalid for a value that no tag of ours has.
func ReadTag(value string) (string, error) {
	read := tagReader.Replace(value)
	if tagWriter.Replace(read) != value {
		return "", fmt.Errorf("%w: %.80q is no tag of ours", mail.ErrInvalid, value)
	}
	return read, nil
}
