package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-lambda-go/events"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/object"
	"multipoint/shared/rating"
)

// opening asks for one retailer's day.
type opening struct {
	Retailer string        `json:"retailer"`
	Date     calendar.Date `json:"date"`
}

// Open opens days. The schedule's event (no records) asks for today's day of all retailers: each becomes a
// message of the queue of openings, so that one retailer holds no other up. A batch of that queue opens the
// days it names and starts their executions; what cannot be opened yet comes again.
func (p *Program) Open(ctx context.Context, event json.RawMessage) (*events.SQSEventResponse, error) {
	var batch events.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return nil, fmt.Errorf("no event to open days by: %w", err)
	}
	if batch.Records == nil {
		return nil, p.openAll(ctx)
	}
	out := p.each(ctx, "open", &batch, func(ctx context.Context, body string) error {
		var o opening
		if err := json.Unmarshal([]byte(body), &o); err != nil {
			return err
		}
		return p.openDay(ctx, o)
	})
	return &out, nil
}

func (p *Program) openAll(ctx context.Context) error {
	if p.Settings.OpenQueue == "" {
		return missing("MULTIPOINT_OPEN_QUEUE")
	}
	date := calendar.DateOf(p.now())
	return p.Retailers(ctx, func(retailer string) error {
		return p.send(ctx, p.Settings.OpenQueue, opening{retailer, date})
	})
}

// openDay opens one day and starts it. Done again it starts what was opened and not started.
func (p *Program) openDay(ctx context.Context, o opening) error {
	s, err := p.Service(ctx, o.Retailer)
	if err != nil {
		return err
	}
	run, err := s.DayRun(ctx, o.Date)
	if err == nil && (run == nil || run.State == day.Opening) {
		if err = p.arrivalsDone(ctx, o); err == nil {
			run, err = s.OpenDay(ctx, o.Date)
		}
	}
	if fault.CodeOf(err) == fault.RunExists {
		return nil // a later day was run, and took this one's files
	}
	if err != nil || run.State == day.Stopped || run.State == day.Closed {
		return err // whoever resumes it starts it
	}
	return p.Start(ctx, s, run)
}

// Start starts the execution of an attempt of a run; it may be started again.
func (p *Program) Start(ctx context.Context, s *day.Service, run *day.Run) error {
	if p.Flow == nil {
		return missing("MULTIPOINT_DAY_FLOW")
	}
	name, input, err := s.Execution(run)
	if err != nil {
		return err
	}
	return p.Flow.Start(ctx, run.Kind, name, input)
}

// arrivalsDone waits until everything that arrived in time has left the inbox: whatever is still there is
// told to intake, since its event may have got lost. Error: errWaiting.
func (p *Program) arrivalsDone(ctx context.Context, o opening) error {
	if p.Inbox == nil {
		return missing("MULTIPOINT_INBOX")
	}
	waiting := 0
	err := object.All(ctx, p.Inbox, o.Retailer+"/", func(info object.Info) error {
		if rating.RunDateOf(info.Modified) > o.Date && !p.Settings.Demo {
			return nil // for a later day; a rehearsal's uploads are all for the day at hand
		}
		if _, ok := readInboxKey(info.Key); !ok {
			return nil // it was refused, and is kept until it expires
		}
		waiting++
		var c Created
		c.Detail.Bucket.Name, c.Detail.Object.Key = p.Settings.Inbox, info.Key
		c.Detail.Object.Version = strconv.FormatInt(p.now().Unix(), 10) // told anew each time
		return p.send(ctx, p.Settings.InboxQueue, &c)
	})
	if err == nil && waiting > 0 {
		err = fmt.Errorf("%d files of %s are being taken in: %w", waiting, o.Retailer, errWaiting)
	}
	return err
}
