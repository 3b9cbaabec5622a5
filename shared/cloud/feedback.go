package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"multipoint/shared/day"
	"multipoint/shared/mail/ses"
)

// sesEvent is what SES tells about a mail, by itself or in an event of EventBridge.
type sesEvent struct {
	Detail *sesEvent `json:"detail"`
	Type   string    `json:"eventType"`
	Mail   struct {
		Time time.Time           `json:"timestamp"`
		Tags map[string][]string `json:"tags"`
	} `json:"mail"`
}

// news by SES' names of events; others are of no interest.
var news = map[string]day.MailNews{
	"Send": day.NewsSent, "Delivery": day.NewsDelivered, "Bounce": day.NewsBounced,
	"Complaint": day.NewsComplained, "Reject": day.NewsRejected,
}

// Feedback notes what became of mails: a batch of messages with events of SES.
func (p *Program) Feedback(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	return p.each(ctx, "feedback", &e, func(ctx context.Context, body string) error {
		var s sesEvent
		if err := json.Unmarshal([]byte(body), &s); err != nil {
			return fmt.Errorf("no event of a mail: %w", err)
		}
		if s.Detail != nil {
			s = *s.Detail
		}
		return p.noted(ctx, &s)
	}), nil
}

func (p *Program) noted(ctx context.Context, e *sesEvent) error {
	what, ok := news[e.Type]
	id, about := tag(e, "id"), tag(e, "run")
	if !ok || id == "" || about == "" {
		return nil // of another kind, or of a mail that is not ours
	}
	// What a mail is about begins with its retailer's code, which may have hyphens itself.
	for i, c := range about {
		if c != '-' {
			continue
		}
		known, err := p.known(ctx, about[:i])
		if err != nil {
			return err
		}
		if !known {
			continue
		}
		s, err := p.Service(ctx, about[:i])
		if err != nil {
			return err
		}
		found, err := s.NoteMail(ctx, about, id, what, e.Mail.Time)
		if found || err != nil {
			return err
		}
	}
	return fmt.Errorf("news of a mail about %.80q that nobody sent", about)
}

// tag gives what a mail was tagged with, empty for what is not one of ours.
func tag(e *sesEvent, name string) string {
	values := e.Mail.Tags[name]
	if len(values) != 1 {
		return ""
	}
	value, err := ses.ReadTag(values[0])
	if err != nil {
		return ""
	}
	return value
}
