// Package cloud puts the product together on AWS (DESIGN §3): the same steps as on one machine, over S3,
// DynamoDB, KMS, SES and Step Functions, and the handlers that Lambda functions are made of. One program
// serves all retailers; what belongs to one is made when it is first asked for.
//
// Handlers may be called twice with the same event and at any time be killed: what they do is written by
// conditions, and doing it again leaves the same.
package cloud

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Settings are what a function is told by its environment. Which ones a function has is the stack's matter:
// one that is missing shows when it is needed, by name.
type Settings struct {
	Objects string `env:"MULTIPOINT_OBJECTS"` // bucket of everything that lasts
	Inbox   string `env:"MULTIPOINT_INBOX"`   // bucket that uploads arrive in
	Table   string `env:"MULTIPOINT_TABLE"`   // DynamoDB table

	// RetainDays is how long nobody may remove a manifest or proof that this function writes (object lock,
	// governance mode); 0 = the bucket has no lock.
	RetainDays int `env:"MULTIPOINT_RETAIN_DAYS"`
	// Days is how many executions of days run at a time before open keeps others waiting; 0 = no limit.
	Days int `env:"MULTIPOINT_DAYS"`

	Key        string `env:"MULTIPOINT_KEY"`         // KMS key that wraps data keys: id, ARN or alias
	DayFlow    string `env:"MULTIPOINT_DAY_FLOW"`    // ARN of the state machine of days
	AnswerFlow string `env:"MULTIPOINT_ANSWER_FLOW"` // ARN of the one of answers and adjustments
	OpenQueue  string `env:"MULTIPOINT_OPEN_QUEUE"`  // URL of the queue that opens days
	InboxQueue string `env:"MULTIPOINT_INBOX_QUEUE"` // URL of the queue of arrivals
	MailFrom   string `env:"MULTIPOINT_MAIL_FROM"`   // sender of mails; empty = none are sent
	MailSet    string `env:"MULTIPOINT_MAIL_SET"`    // SES configuration set
	Operator   string `env:"MULTIPOINT_OPERATOR"`    // operator's addresses, with commas
	Site       string `env:"MULTIPOINT_SITE"`        // where the screens are, https://…
	// Origin is what content delivery proves by that a request came through it, and so past its rules.
	Origin string `env:"MULTIPOINT_ORIGIN"`

	// Demo makes keys public and the same everywhere, stops the clock at Now and believes what uploads say
	// about their arrival: for rehearsals that must give known digests, never for a retailer's data.
	Demo bool      `env:"MULTIPOINT_DEMO"`
	Now  time.Time `env:"MULTIPOINT_NOW"` // RFC 3339; only with Demo

	LogLevel slog.Level `env:"MULTIPOINT_LOG_LEVEL"` // default INFO
}

// ReadSettings reads the environment. Error: a value that cannot be read, by its name.
func ReadSettings() (*Settings, error) {
	s := &Settings{}
	if err := env.Parse(s); err != nil {
		return nil, fmt.Errorf("the environment: %w", err)
	}
	if !s.Demo && !s.Now.IsZero() {
		return nil, fmt.Errorf("the environment: MULTIPOINT_NOW without MULTIPOINT_DEMO")
	}
	for name, value := range map[string]int{
		"MULTIPOINT_RETAIN_DAYS": s.RetainDays, "MULTIPOINT_DAYS": s.Days,
	} {
		if value < 0 {
			return nil, fmt.Errorf("the environment: %s is %d", name, value)
		}
	}
	return s, nil
}

// missing says which settings a function lacks.
func missing(names ...string) error {
	return fmt.Errorf("the environment lacks %s", strings.Join(names, ", "))
}

// newLog writes JSON lines to what Lambda collects.
func newLog(s *Settings) *slog.Logger {
	return slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: s.LogLevel}))
}
