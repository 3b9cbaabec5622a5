package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// Functions beside the steps, as shared/cloud writes them. That package speaks to AWS alone, so what it asks
// for around the service is asked for again here: change both.

// watchCalls is how often watch looks at a retailer in a day (infra/cdk/opening.go).
const watchCalls = 24 + 3

// queueRequests are what a message costs: it is sent, received and deleted.
const queueRequests = 3

// call is one call of a function: a new program, and the work. Its counts are the function's.
func (w *world) call(ctx context.Context, function string, do func(s *day.Service) error) error {
	before := w.meter.take()
	start := time.Now()
	s, err := w.service(ctx)
	if err == nil {
		err = do(s)
	}
	took := time.Since(start)
	counted := w.meter.take()
	counted.Calls++
	if w.steps[function] == nil {
		w.steps[function] = &Step{}
	}
	step := w.steps[function]
	step.Calls++
	step.Took += took
	own := counted
	own.Transitions, own.Children = 0, 0 // of other tasks of a Map that began to wait meanwhile
	step.Counts.add(&own, 1)
	w.meter.count(func(c *Counts) {
		c.add(&before, 1)
		c.add(&counted, 1)
	})
	return err
}

// upload is a retailer's PUT by a presigned URL, and intake, which its event calls through the queue.
func (w *world) upload(ctx context.Context, path, id string) error {
	f, err := os.Open(path) // #nosec G304 -- in the folder of this run
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	key := retailer + "/" + feedCode + "/" + id + "/" + filepath.Base(path)
	if err := w.inbox.Put(ctx, key, f, nil); err != nil {
		return err
	}
	w.meter.count(func(c *Counts) {
		c.Events++
		c.QueueRequests += queueRequests
	})
	return w.call(ctx, "intake", func(s *day.Service) error {
		note := table.Item{
			Key: table.Key{Partition: "ONCE\x00intake\x00" + id, Sort: "-"}, Body: []byte("INPROGRESS"),
		}
		if err := w.table.Put(ctx, note, table.IfAbsent); err != nil {
			return err
		}
		info, err := w.inbox.Stat(ctx, key)
		if err != nil {
			return err
		}
		body, err := w.inbox.Open(ctx, key, 0, -1)
		if err != nil {
			return err
		}
		defer func() { _ = body.Close() }()
		a, err := s.TakeIn(ctx, day.Upload{
			ID: id, Name: filepath.Base(path), Feed: feedCode, Arrived: w.now, Body: body,
		})
		if err != nil {
			return err
		}
		if !a.Takes() {
			return fault.New(a.Refused.Code, "a generated file was refused")
		}
		if err := w.inbox.Delete(ctx, info.Key); err != nil {
			return err
		}
		note.Body = []byte("COMPLETE")
		return w.table.Put(ctx, note, table.Always)
	})
}

// open opens the day, from the queue of openings.
func (w *world) open(ctx context.Context, date calendar.Date) (run *day.Run, err error) {
	w.meter.count(func(c *Counts) { c.QueueRequests += queueRequests })
	err = w.call(ctx, "open", func(s *day.Service) error {
		if _, err := s.DayRun(ctx, date); err != nil {
			return err
		}
		if _, err := w.inbox.List(ctx, retailer+"/", "", 1000); err != nil { // has all arrived?
			return err
		}
		run, err = s.OpenDay(ctx, date)
		return err
	})
	return run, err
}

// watch looks at the retailer's runs, once; all its calls of a day are counted as that one.
func (w *world) watch(ctx context.Context) error {
	before := w.meter.take()
	err := w.call(ctx, "watch", func(s *day.Service) error { return s.CheckAlarms(ctx, w.now) })
	once := w.meter.take()
	step := w.steps["watch"]
	step.Calls, step.Took, step.Counts = watchCalls, step.Took*watchCalls, Counts{}
	step.Counts.add(&once, watchCalls)
	w.meter.count(func(c *Counts) {
		c.add(&before, 1)
		c.add(&once, watchCalls)
	})
	return err
}

// news are what SES tells of each mail: that it was sent, and that it was delivered. Each is a call of
// feedback, the most it can be: ten fit into one.
func (w *world) news(ctx context.Context) error {
	mails := w.mails.mails
	w.mails.mails = nil
	for i := range mails {
		for _, what := range []day.MailNews{day.NewsSent, day.NewsDelivered} {
			w.meter.count(func(c *Counts) {
				c.QueueRequests += queueRequests
				c.Events++
			})
			err := w.call(ctx, "feedback", func(s *day.Service) error {
				_, err := s.NoteMail(ctx, mails[i].Run, mails[i].ID, what, w.now)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
