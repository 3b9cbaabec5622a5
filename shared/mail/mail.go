// Package mail is the port to outgoing mail (DESIGN §3): one message to one recipient, with a text and an
// HTML part. On one machine the driver is mail/outbox, or mail/smtp where a mail server is at hand.
//
// A message has an id that says what it is about and to whom it goes (R23), so that whoever lost track of a
// mail can tell whether it was sent. Nothing is attached, and nobody's personal data belongs into a mail:
// mails link to a screen behind a login (SPEC A8).
package mail

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"multipoint/shared/profile/mailbox"
)

// Limits of a message.
const (
	MaxAddress = mailbox.Most // bytes of an address (RFC 5321)
	MaxSubject = 200          // characters
	MaxPart    = 256_000      // bytes of the text part, and of the HTML part
	MaxName    = 128          // bytes of the name of a template or run
	// MaxUnsubscribe is the most bytes of an address of the web that stops mails: with its header it fits
	// into one line.
	MaxUnsubscribe = 900
)

// Errors of senders, wrapped: test with errors.Is.
var (
	// ErrInvalid: the message is none that may be sent. Sending it again gives the same.
	ErrInvalid = errors.New("not a valid mail")
	// ErrNotSent: the message certainly did not go out; it may be sent again at once.
	ErrNotSent = errors.New("the mail was not sent")
)

// Message is one mail to one recipient.
type Message struct {
	// ID names the mail; make it with ID.
	ID      string `json:"id"`
	To      string `json:"to"` // a bare address, a@b.example
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
	// Template is the kind of mail, and Run the full name of what it is about: both of letters, digits and
	// . _ - only.
	Template string `json:"template"`
	Run      string `json:"run"`
	// Unsubscribe is where one click stops mails like this one (RFC 8058): an https address that a POST
	// without login and cookie acts on; "" = the mail has no such header.
	Unsubscribe string `json:"unsubscribe,omitempty"`
}

// Sender sends mails. Its methods may be called from many goroutines.
type Sender interface {
	// Send hands a message over to whoever brings it to its recipient, with its tags. nil says that it was
	// taken and lasts, not that it arrived. Errors: ErrInvalid for what Check refuses; ErrNotSent; after any
	// other the mail may have been sent all the same.
	Send(ctx context.Context, m Message) error
}

// Once is a Sender that knows the ids of all mails it ever took: one that is given again is not sent again.
// Of other senders the caller has to wait for news of a mail that was under way in a crash (R23).
type Once interface {
	Sender
	// SendsOnce does nothing; a sender that has it promises the above.
	SendsOnce()
}

// Tag is a name and a value that travel with a mail and come back with news of it.
type Tag struct {
	Name, Value string
}

// Tags are a message's tags: its id, template and run.
func (m *Message) Tags() []Tag {
	return []Tag{{"id", m.ID}, {"template", m.Template}, {"run", m.Run}}
}

// ID makes the id of a mail (R23): the SHA-256, in hex, of run, template and recipient. run names the run or
// whatever else the mail is about, with its retailer; recipient is the address and, where one address stands
// for several parties, the party.
func ID(run, template, recipient string) string {
	b := []byte("multipoint mail 1\n")
	for _, part := range [...]string{run, template, recipient} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// AddressPattern is what a plain address has to look like, but for its length. The masters' schema has the
// same one.
const AddressPattern = mailbox.Pattern

var (
	name = regexp.MustCompile(`\A[A-Za-z0-9][A-Za-z0-9._-]*\z`)
	id   = regexp.MustCompile(`\A[0-9a-f]{64}\z`)
)

// CheckAddress says whether mail may be sent to an address: a plain one, or an old one of a carrier with dots
// that only quotes allow (DOMAIN 9). Error: ErrInvalid.
func CheckAddress(to string) error {
	if mailbox.KindOf(to) == mailbox.None {
		return fmt.Errorf("%w: %.80q is no mail address", ErrInvalid, to)
	}
	return nil
}

// CheckFrom says whether mail may be sent from an address: a plain one. Error: ErrInvalid.
func CheckFrom(from string) error {
	if mailbox.KindOf(from) != mailbox.Plain {
		return fmt.Errorf("%w: %.80q is no address to send from", ErrInvalid, from)
	}
	return nil
}

// CheckID says whether a text can be the id of a mail. Error: ErrInvalid.
func CheckID(text string) error {
	if !id.MatchString(text) {
		return fmt.Errorf("%w: %.80q is no id", ErrInvalid, text)
	}
	return nil
}

// Check says whether a message may be sent: nothing in it can become a header or a recipient of its own, and
// it is within the limits. Error: ErrInvalid.
func (m *Message) Check() error {
	if err := CheckID(m.ID); err != nil {
		return err
	}
	if err := CheckAddress(m.To); err != nil {
		return err
	}
	for _, n := range [...]string{m.Template, m.Run} {
		if len(n) > MaxName || !name.MatchString(n) {
			return fmt.Errorf("%w: %.80q is no name of a template or run", ErrInvalid, n)
		}
	}
	switch {
	case !utf8.ValidString(m.Subject) || strings.ContainsFunc(m.Subject, breaksLine):
		return fmt.Errorf("%w: the subject %.80q holds a line break or the like", ErrInvalid, m.Subject)
	case strings.TrimSpace(m.Subject) == "":
		return fmt.Errorf("%w: there is no subject", ErrInvalid)
	case utf8.RuneCountInString(m.Subject) > MaxSubject:
		return fmt.Errorf("%w: the subject has more than %d characters", ErrInvalid, MaxSubject)
	}
	if err := checkPart("text", m.Text); err != nil {
		return err
	}
	if err := checkPart("HTML", m.HTML); err != nil {
		return err
	}
	return checkUnsubscribe(m.Unsubscribe)
}

// checkUnsubscribe takes https addresses of visible ASCII that cannot end the header or its brackets.
func checkUnsubscribe(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(address) > MaxUnsubscribe ||
		strings.ContainsFunc(address, func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune("<>,\"\\", r)
		}) {
		return fmt.Errorf("%w: %.80q is no https address of at most %d bytes", ErrInvalid, address,
			MaxUnsubscribe)
	}
	return nil
}

func checkPart(part, text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("%w: the %s part is empty", ErrInvalid, part)
	case len(text) > MaxPart:
		return fmt.Errorf("%w: the %s part has more than %d bytes", ErrInvalid, part, MaxPart)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, notText):
		return fmt.Errorf("%w: the %s part is no text", ErrInvalid, part)
	}
	return nil
}

// breaksLine finds what could end a line for any reader, or turn its direction.
func breaksLine(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// notText finds control characters but for tab and line feed.
func notText(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// OneLine makes a text from elsewhere fit for a subject or a table of a mail: what breaks lines or turns
// their direction becomes a space, and what is longer than most characters (at least 1) ends in ….
func OneLine(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		if breaksLine(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	runes := []rune(text)
	return string(runes[:most-1]) + "…"
}
