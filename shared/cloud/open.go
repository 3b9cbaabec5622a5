package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

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
	messages := &outgoing{program: p, queue: p.Settings.OpenQueue}
	err := p.Retailers(ctx, func(retailer string) error {
		return messages.add(ctx, opening{retailer, date})
	})
	if err != nil {
		return err
	}
	return messages.flush(ctx)
}

// openDay opens one day, so that what it reads is fixed, and starts it once there is room for it. Done again
// it starts what was opened and not started. Error: errWaiting while files are being taken in, or others run.
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
	if err := p.room(ctx); err != nil {
		return err
	}
	return p.Start(ctx, s, run)
}

// fullFor is how long a morning that was full is taken for full without asking again.
const fullFor = 10 * time.Second

// room is nil if one more day may run: many at a time would share the table so that all of them end late
// (docs/decisions/0010). As the service's count lags, and openings run beside each other, it can be some days
// more. Error: errWaiting if there is none.
func (p *Program) room(ctx context.Context) error {
	most := p.Settings.Days
	if most == 0 {
		return nil
	}
	if p.Flow == nil {
		return missing("MULTIPOINT_DAY_FLOW")
	}
	full := fmt.Errorf("%d days run, as many as may: %w", most, errWaiting)
	p.mu.Lock()
	asked := p.full
	p.mu.Unlock()
	if time.Since(asked) < fullFor {
		return full
	}
	running, err := p.Flow.Running(ctx, day.Day, most)
	if err != nil || running < most {
		return err
	}
	p.mu.Lock()
	p.full = time.Now()
	p.mu.Unlock()
	return full
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
	told := &outgoing{program: p, queue: p.Settings.InboxQueue}
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
		return told.add(ctx, &c)
	})
	if err == nil {
		err = told.flush(ctx)
	}
	if err == nil && waiting > 0 {
		err = fmt.Errorf("%d files of %s are being taken in: %w", waiting, o.Retailer, errWaiting)
	}
	return err
}
