// Package ses sends mails by Amazon SES, whole as we wrote them (SendEmail of SESv2 with raw content).
//
// SES forgets what it took: it sends a mail that is given twice twice. So a request is never tried again
// here, and only errors that prove that nothing was taken are mail.ErrNotSent. News of a mail comes back as
// an event with the mail's tags (ReadTag).
package ses

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"multipoint/shared/mail"
	"multipoint/shared/mail/compose"
)

// Options are what a Sender works with. Client and From must be given.
type Options struct {
	Client *sesv2.Client
	// From is the sender's address, a bare one; it or its domain is a verified identity of SES.
	From string
	// ConfigurationSet names the set whose event destinations hear of the mails; "" = that of the identity.
	ConfigurationSet string
	// Now is the clock, for the Date of mails; nil means the machine's.
	Now func() time.Time
}

// Sender is a mail.Sender. Make it with New; its methods may be called from many goroutines.
type Sender struct {
	client *sesv2.Client
	from   string
	set    *string
	now    func() time.Time
}

var _ mail.Sender = (*Sender)(nil)

// New makes a sender; it sends nothing. Error: mail.ErrInvalid for Options.From.
func New(o Options) (*Sender, error) {
	if err := mail.CheckFrom(o.From); err != nil {
		return nil, err
	}
	s := &Sender{client: o.Client, from: o.From, now: o.Now}
	if o.ConfigurationSet != "" {
		s.set = &o.ConfigurationSet
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, nil
}

// Send implements mail.Sender. It asks SES once. mail.ErrInvalid is also what SES says of a mail that it will
// never take; mail.ErrNotSent that it takes none at the moment (too many, paused, not allowed, the sender not
// verified) or that it was not reached.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	// SES puts its own Message-ID and Date in the place of ours.
	raw, err := compose.Message(&m, s.from, s.now())
	if err != nil {
		return fmt.Errorf("mail %s: %w: %w", m.ID[:8], mail.ErrInvalid, err)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("mail %s: %w: %w", m.ID[:8], mail.ErrNotSent, err)
	}
	wire := &watched{}
	_, err = s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: &s.from, ConfigurationSetName: s.set,
		// Named here, so that nothing in the content can add a recipient.
		Destination: &types.Destination{ToAddresses: []string{compose.Mailbox(m.To)}},
		Content:     &types.EmailContent{Raw: &types.RawMessage{Data: raw}},
		EmailTags:   tags(&m),
	}, func(o *sesv2.Options) {
		o.Retryer = aws.NopRetryer{} // the answer may be lost, and the mail sent all the same
		wire.HTTPClient, o.HTTPClient = o.HTTPClient, wire
	})
	if err == nil {
		return nil
	}
	if verdict := s.verdict(err, wire.used); verdict != nil {
		return fmt.Errorf("mail %s: %w: %w", m.ID[:8], verdict, err)
	}
	return fmt.Errorf("mail %s may have been sent: %w", m.ID[:8], err)
}

// watched notes whether a request came as far as the HTTP client; before that (credentials, signature)
// nothing is sent.
type watched struct {
	sesv2.HTTPClient
	used bool
}

// Do sends a request.
func (w *watched) Do(r *http.Request) (*http.Response, error) {
	w.used = true
	return w.HTTPClient.Do(r)
}

// verdict is mail.ErrInvalid or mail.ErrNotSent if the error proves it, else nil.
func (s *Sender) verdict(err error, used bool) error {
	if !used || unreached(err) {
		return mail.ErrNotSent
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return nil
	}
	switch code := api.ErrorCode(); {
	case code == "MessageRejected" && s.unverified(api.ErrorMessage()), holdsBack(code):
		return mail.ErrNotSent
	case code == "MessageRejected", code == "BadRequestException":
		return mail.ErrInvalid
	}
	return nil
}

// unreached finds errors from before there was a connection: no address, refused, no way through the proxy.
func unreached(err error) bool {
	var connection *net.OpError
	return errors.As(err, &connection) && (connection.Op == "dial" || connection.Op == "proxyconnect")
}

// unverified says whether a rejection is about the sender's address: a setting that is missing, not a bad
// mail, and no reason to give up all mails of the day for good.
func (s *Sender) unverified(message string) bool {
	return strings.Contains(message, "not verified") && strings.Contains(message, s.from)
}

// holdsBack says which codes tell that SES took nothing, whatever the mail.
func holdsBack(code string) bool {
	if _, throttled := retry.DefaultThrottleErrorCodes[code]; throttled {
		return true
	}
	switch code {
	case "SendingPausedException", "AccountSuspendedException", "MailFromDomainNotVerifiedException",
		"NotFoundException", // the configuration set
		"AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException",
		"InvalidSignatureException":
		return true
	}
	return false
}
