// Package smtp sends mails through a mail server (RFC 5321), each over a connection of its own.
//
// A server forgets what it took: a mail that is given twice is sent twice. So a mail is never tried again
// here, and only what proves that nothing was taken is mail.ErrNotSent: until the line that ends a mail has
// been sent, nothing was. News of a mail does not come back; bounces go to the sender's address.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/mail/compose"
)

// DefaultTimeout is how long the whole of a mail may take.
const DefaultTimeout = 2 * time.Minute

// Options are which server sends, and how. Address and From must be given.
type Options struct {
	// Address is the server's, host:port; port 587 is usual. The connection is encrypted by STARTTLS, and one
	// that is not carries no mail, but to a server on this machine (a loopback address or localhost).
	Address string
	// From is the sender's bare address, in the envelope and the header.
	From string
	// User and Password log in (PLAIN); an empty User does not.
	User, Password string
	// Hello is the name of this machine; "" = localhost.
	Hello string
	// TLS, if given, is how the server's certificate is checked; nil = by the machine's roots.
	TLS *tls.Config
	// Timeout bounds a mail, 0 = DefaultTimeout.
	Timeout time.Duration
	// Now is the clock, for the Date of mails; nil means the machine's.
	Now func() time.Time
}

// Sender is a mail.Sender. Make it with New; its methods may be called from many goroutines.
type Sender struct {
	o        Options
	host     string
	loopback bool
}

var _ mail.Sender = (*Sender)(nil)

// New makes a sender; it connects to nobody. Error: mail.ErrInvalid for Options.From or Options.Address.
func New(o Options) (*Sender, error) {
	if err := mail.CheckFrom(o.From); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(o.Address)
	if err != nil || host == "" || port == "" {
		return nil, fmt.Errorf("%w: %.80q is no host:port of a mail server", mail.ErrInvalid, o.Address)
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Hello == "" {
		o.Hello = "localhost"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	ip := net.ParseIP(host)
	return &Sender{o: o, host: host, loopback: host == "localhost" || ip != nil && ip.IsLoopback()}, nil
}

// Send implements mail.Sender. mail.ErrInvalid is also what the server says of a recipient or a mail that it
// will never take; mail.ErrNotSent that it takes none at the moment or was not reached, that it offers no
// encryption, or that it wants another login.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	raw, err := compose.Message(&m, s.o.From, s.o.Now())
	if err != nil {
		return fmt.Errorf("mail %s: %w: %w", m.ID[:8], mail.ErrInvalid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	c, release, err := s.connect(ctx)
	if err != nil {
		return fmt.Errorf("mail %s: %w: %w", m.ID[:8], mail.ErrNotSent, errors.Join(err, ctx.Err()))
	}
	defer release()
	verdict, err := s.hand(c, &m, raw)
	switch {
	case err == nil:
		return nil
	case verdict == nil:
		return fmt.Errorf("mail %s may have been sent: %w", m.ID[:8], errors.Join(err, ctx.Err()))
	}
	return fmt.Errorf("mail %s: %w: %w", m.ID[:8], verdict, errors.Join(err, ctx.Err()))
}

// connect gives a connection that is ready for a mail. release ends it; until then it ends with ctx.
func (s *Sender) connect(ctx context.Context) (c *smtp.Client, release func(), err error) {
	wire, err := new(net.Dialer).DialContext(ctx, "tcp", s.o.Address)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = wire.Close() })
	release = func() {
		stop()
		_ = wire.Close() // the mail was answered, or is lost anyway
	}
	if c, err = smtp.NewClient(wire, s.host); err == nil {
		err = s.greet(c)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return c, release, nil
}

// greet encrypts the connection and logs in.
func (s *Sender) greet(c *smtp.Client) error {
	if err := c.Hello(s.o.Hello); err != nil {
		return err
	}
	if offered, _ := c.Extension("STARTTLS"); offered && (!s.loopback || s.o.TLS != nil) {
		settings := s.o.TLS.Clone()
		if settings == nil {
			settings = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		if settings.ServerName == "" {
			settings.ServerName = s.host
		}
		if err := c.StartTLS(settings); err != nil {
			return err
		}
	} else if !s.loopback {
		return errors.New("the server does not encrypt: it offers no STARTTLS")
	}
	if s.o.User == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", s.o.User, s.o.Password, s.host))
}

// hand gives a mail to the server. The verdict on an error is mail.ErrInvalid or mail.ErrNotSent if it proves
// that the mail was not taken, else nil.
func (s *Sender) hand(c *smtp.Client, m *mail.Message, raw []byte) (verdict, err error) {
	if err := c.Mail(compose.Mailbox(s.o.From)); err != nil {
		return mail.ErrNotSent, err
	}
	if err := c.Rcpt(compose.Mailbox(m.To)); err != nil {
		if refuses(err, 550, 551, 553) && !policy(err) {
			return mail.ErrInvalid, err
		}
		return mail.ErrNotSent, err
	}
	body, err := c.Data()
	if err != nil {
		return mail.ErrNotSent, err
	}
	// Writes end up in a buffer; what is lost before the line with the dot that Close writes was no mail yet.
	if _, err := body.Write(raw); err != nil {
		return mail.ErrNotSent, err
	}
	if err := body.Close(); err != nil {
		var answer *textproto.Error
		switch {
		case !errors.As(err, &answer):
			return nil, err
		case answer.Code >= 500 && !policy(err):
			return mail.ErrInvalid, err
		}
		return mail.ErrNotSent, err
	}
	_ = c.Quit() // the mail was taken, whatever the farewell is
	return nil, nil
}

// refuses says whether an answer has one of these codes.
func refuses(err error, codes ...int) bool {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return false
	}
	for _, code := range codes {
		if answer.Code == code {
			return true
		}
	}
	return false
}

// policy says whether an answer is about the sender and its rights (RFC 3463, class 5.7), not about the
// mail: a setting that is missing is no reason to give up all mails of the day for good.
func policy(err error) bool {
	var answer *textproto.Error
	return errors.As(err, &answer) && strings.HasPrefix(answer.Msg, "5.7.")
}
