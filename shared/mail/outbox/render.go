package outbox

import (
	"bytes"

	rfc "github.com/wneessen/go-mail"
)

// render writes a mail as RFC 5322 says, text and HTML as alternatives. The same mail gives the same bytes.
func render(m *Mail, from string) ([]byte, error) {
	out := rfc.NewMsg(
		rfc.WithNoDefaultUserAgent(), rfc.WithEncoding(rfc.EncodingB64), rfc.WithBoundary("part-"+m.ID[:32]),
	)
	if err := out.From(from); err != nil {
		return nil, err
	}
	if err := out.To(m.To); err != nil {
		return nil, err
	}
	out.Subject(m.Subject)
	out.SetDateWithValue(m.Sent)
	out.SetMessageIDWithValue(m.ID + "@multipoint.invalid")
	out.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's vacation answers it (RFC 3834)
	for _, tag := range m.Tags() {
		out.SetGenHeader(rfc.Header("X-Multipoint-"+tag.Name), tag.Value)
	}
	out.SetBodyString(rfc.TypeTextPlain, m.Text)
	out.AddAlternativeString(rfc.TypeTextHTML, m.HTML)
	var b bytes.Buffer
	_, err := out.WriteTo(&b)
	return b.Bytes(), err
}
