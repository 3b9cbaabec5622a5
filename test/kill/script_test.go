package kill_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/master"
	"multipoint/shared/rating"
	"multipoint/shared/transaction"
	"multipoint/test/engine"
	"multipoint/test/model"
)

// script is a case as what is done to a machine, day by day. It can be done again from its start: what was
// done is left as it is.
type script struct {
	days []scriptDay
}

type scriptDay struct {
	date    calendar.Date
	now     time.Time
	from    calendar.Date // of the masters
	masters *master.Set   // nil = no new ones
	members []byte
	files   []scriptFile
	answers []*day.AnswerFile
}

type scriptFile struct {
	id, name, feed string
	arrived        time.Time
	text           []byte
}

// newScript writes the files of a case. Error: a case that cannot be written.
func newScript(c *model.Case) (*script, error) {
	s := &script{}
	masters, members := &c.Masters, c.Members
	for i := range c.Days {
		in := &c.Days[i]
		if in.Masters != nil {
			masters = in.Masters
		}
		if in.Members != nil {
			members = in.Members
		}
		now, err := time.Parse(time.RFC3339, in.RunDate+"T06:02:00+09:00")
		if err != nil {
			return nil, err
		}
		d := scriptDay{now: now, date: rating.RunDateOf(now).Add(-1), members: membersFile(members)}
		d.from = d.date
		if i == 0 {
			d.from = d.date.Add(-3)
		}
		if i == 0 || in.Masters != nil {
			if d.masters, err = mastersOf(c, masters); err != nil {
				return nil, err
			}
		}
		for j := range in.Files {
			f, err := fileOf(in, j, masters)
			if err != nil {
				return nil, err
			}
			d.files = append(d.files, f)
		}
		for j := range in.Answers {
			d.answers = append(d.answers, answerOf(&in.Answers[j]))
		}
		s.days = append(s.days, d)
	}
	return s, nil
}

// feedOf names the feed of a file: one for each layout that the files of a feed have.
func feedOf(f *model.File) string {
	return f.Feed + "." + engine.Encoding(f) + "." + strconv.FormatBool(f.Control != nil || f.Broken != "")
}

func mastersOf(c *model.Case, m *model.Masters) (*master.Set, error) {
	set, err := engine.Set(m)
	if err != nil {
		return nil, err
	}
	var feeds []master.Feed
	for i := range c.Days {
		for j := range c.Days[i].Files {
			f := &c.Days[i].Files[j]
			known := slices.ContainsFunc(feeds, func(x master.Feed) bool { return x.Code == feedOf(f) })
			at := slices.IndexFunc(set.Feeds, func(x master.Feed) bool { return x.Code == f.Feed })
			if known || at < 0 {
				continue
			}
			feed, form := set.Feeds[at], m.Feeds[f.Feed]
			feed.Code = feedOf(f)
			feed.Layout = *engine.Layout(&form, engine.Encoding(f), f.Control != nil || f.Broken != "")
			feeds = append(feeds, feed)
		}
	}
	slices.SortFunc(feeds, func(a, b master.Feed) int { return strings.Compare(a.Code, b.Code) })
	set.Feeds = feeds
	for code, p := range m.Providers {
		set.Contracts = append(set.Contracts, master.Contract{
			Code: code, Provider: code, AcceptDays: p.AcceptDays,
		})
	}
	slices.SortFunc(set.Contracts, func(a, b master.Contract) int { return strings.Compare(a.Code, b.Code) })
	return set, nil
}

func membersFile(list []model.Member) []byte {
	var b bytes.Buffer
	b.WriteString("member,number,provider,card,replaced_by\n")
	for _, m := range list {
		for _, c := range m.Cards {
			fmt.Fprintf(&b, "%s,%s,%s,%s,%s\n", m.Member, m.Number, c.Provider, c.Card, c.ReplacedBy)
		}
		if len(m.Cards) == 0 {
			fmt.Fprintf(&b, "%s,%s,,,\n", m.Member, m.Number)
		}
	}
	return b.Bytes()
}

func fileOf(in *model.Day, at int, m *model.Masters) (f scriptFile, err error) {
	file := &in.Files[at]
	form := m.Feeds[file.Feed]
	f = scriptFile{id: fmt.Sprintf("%s-%03d", in.RunDate, at), name: file.Name, feed: feedOf(file)}
	if f.text, _, err = engine.Bytes(file, &form, engine.Encoding(file)); err != nil {
		return f, err
	}
	arrived := file.Arrived
	if arrived == "" {
		arrived = in.RunDate + "T02:00:00"
	}
	f.arrived, err = time.Parse(time.RFC3339, arrived+"+09:00")
	return f, err
}

func answerOf(a *model.Answer) *day.AnswerFile {
	file := &day.AnswerFile{Provider: a.Provider, Content: hex.EncodeToString([]byte(a.Content))}
	for i, l := range a.Lines {
		line := day.AnswerLine{
			Line: int64(i + 1), FileNo: l.FileNo, Sequence: l.Sequence, Accepted: l.Accepted,
		}
		if l.Transaction != nil {
			key := transaction.KeyOf(l.Transaction...)
			line.Key = hex.EncodeToString(key[:])
		}
		file.Lines = append(file.Lines, line)
	}
	return file
}

// play does the script on a machine, from its start or from where the power went off.
func (s *script) play(ctx context.Context, m *machine) error {
	last, err := m.service.Last(ctx)
	if err != nil {
		return err
	}
	if last != nil && last.State != day.Closed {
		if _, err := m.runner.Resume(ctx, last.Run); err != nil {
			return err
		}
	}
	for i := range s.days {
		if err := s.days[i].play(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (d *scriptDay) play(ctx context.Context, m *machine) error {
	done, err := ran(ctx, m.service, d.date)
	if err != nil {
		return err
	}
	if !done {
		m.now = d.now
		if err := d.run(ctx, m); err != nil {
			return err
		}
	}
	for _, a := range d.answers {
		run, err := m.service.OpenAnswer(ctx, a)
		if err != nil {
			return err
		}
		if run == nil {
			continue
		}
		if err := m.boundary(); err != nil {
			return err
		}
		if err := m.runner.Drive(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// run takes a day's files in and runs it.
func (d *scriptDay) run(ctx context.Context, m *machine) error {
	if d.masters != nil {
		if _, err := m.service.PublishMasters(ctx, d.masters, d.from); err != nil {
			return err
		}
	}
	if _, err := m.service.PublishMembers(ctx, d.members, d.date); err != nil {
		return err
	}
	if err := m.boundary(); err != nil {
		return err
	}
	for i := range d.files {
		f := &d.files[i]
		a, err := m.service.TakeIn(ctx, day.Upload{
			ID: f.id, Name: f.name, Feed: f.feed, Arrived: f.arrived, Body: bytes.NewReader(f.text),
		})
		if err == nil && !a.Takes() {
			err = fmt.Errorf("%s was not taken in: %+v", f.name, a.Refused)
		}
		if err == nil && !m.off() {
			m.told.arrivals = append(m.told.arrivals, f.id)
		}
		if err := errors.Join(err, m.boundary()); err != nil {
			return err
		}
	}
	run, err := m.service.OpenDay(ctx, d.date)
	if err := errors.Join(err, m.boundary()); err != nil {
		return err
	}
	return m.runner.Drive(ctx, run)
}

// ran says whether a date has been run.
func ran(ctx context.Context, s *day.Service, date calendar.Date) (done bool, err error) {
	err = s.Runs(ctx, func(r *day.Run) error {
		done = done || r.Kind == day.Day && r.RunDate == date && r.State == day.Closed
		return nil
	})
	return done, err
}
