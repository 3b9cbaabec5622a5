package day

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/mail"
	"multipoint/shared/table"
)

// AlarmKind says what an operator has to look at.
type AlarmKind string

// The alarms of CheckAlarms.
const (
	NotOpened    AlarmKind = "not-opened"    // no run of today at 06:30 JST
	NotSettled   AlarmKind = "not-settled"   // today's run is not committed at 07:00 JST
	NotDelivered AlarmKind = "not-delivered" // its files are not where providers get them at 09:00 JST
	RunStopped   AlarmKind = "stopped"       // a run of any kind stopped
)

// due are the alarms of a day and the time from which on they are one (DESIGN §4).
var due = [...]struct {
	kind AlarmKind
	at   calendar.Clock
}{
	{NotOpened, 6*3600 + 30*60}, {NotSettled, 7 * 3600}, {NotDelivered, 9 * 3600},
}

// titles says what kinds mean, in Japanese and English.
func (k AlarmKind) titles() (ja, en string) {
	switch k {
	case NotOpened:
		return "6:30になっても処理が始まっていません", "no run was opened by 06:30"
	case NotSettled:
		return "7:00になっても処理が確定していません", "the run is not settled at 07:00"
	case NotDelivered:
		return "9:00になっても連携ファイルが渡されていません", "the providers' files are not delivered at 09:00"
	case RunStopped:
		return "処理が停止しました", "a run stopped"
	}
	return "確認が必要です（" + string(k) + "）", string(k)
}

// AlarmRecord is an alarm as the table keeps it: one for each kind and run date, and of stopped runs for each
// run. One that comes back after it was over is the same record, told anew.
type AlarmRecord struct {
	Kind    AlarmKind     `json:"kind"`
	RunDate calendar.Date `json:"run_date"`
	Run     int64         `json:"run,omitempty"` // 0 if it is not about one run
	Text    string        `json:"text,omitempty"`
	Times   int           `json:"times"` // it was raised
	Raised  time.Time     `json:"raised"`
	Cleared time.Time     `json:"cleared,omitzero"` // zero while it stands
	Told    bool          `json:"told"`             // all mails about its present state are sent

	version int64
}

// Stands says whether the alarm is not over.
func (a *AlarmRecord) Stands() bool { return a.Cleared.IsZero() }

func (a *AlarmRecord) sort() string {
	k := a.RunDate.String() + "\x00" + string(a.Kind)
	if a.Run > 0 {
		k += "\x00" + runName(a.Run)
	}
	return k
}

// alarmName is what a kind of alarm is called.
var alarmName = regexp.MustCompile(`\A[a-z][a-z0-9-]{0,23}\z`)

// Alarm raises an alarm of today (JST), unless it stands already: it is recorded, logged, and mailed to the
// operator. kind is lower-case letters, digits and hyphens, at most 24; text says what happened, without
// personal data. Recovered ends it. Error: mail.ErrInvalid for another kind, those of table and sender; then
// the next CheckAlarms mails it.
func (s *Service) Alarm(ctx context.Context, kind AlarmKind, text string) error {
	return s.raise(ctx, s.Now(), &AlarmRecord{Kind: kind, RunDate: calendar.DateOf(s.Now()), Text: text})
}

// Recovered ends an alarm of today (JST), if it stands.
func (s *Service) Recovered(ctx context.Context, kind AlarmKind) error {
	a := &AlarmRecord{Kind: kind, RunDate: calendar.DateOf(s.Now())}
	there, err := s.alarm(ctx, a)
	if err != nil || there == nil || !there.Stands() {
		return err
	}
	return s.clear(ctx, s.Now(), there)
}

// CheckAlarms looks at all runs as of now: what is late or stopped and was not told is recorded, logged and
// mailed to the operator, and so is what is over. Call it every minute; it does nothing twice.
func (s *Service) CheckAlarms(ctx context.Context, now time.Time) error {
	runs, err := s.recentRuns(ctx)
	if err != nil {
		return err
	}
	var known []*AlarmRecord
	err = s.Alarms(ctx, calendar.DateOf(now).Add(-daysOfAlarms), func(a *AlarmRecord) error {
		known = append(known, a)
		return nil
	})
	if err != nil {
		return err
	}
	wanted, err := s.lateDays(ctx, now, runs, known)
	if err != nil {
		return err
	}
	wanted = append(wanted, stoppedRuns(runs)...)
	var failed []error
	for _, a := range known {
		stands := slices.ContainsFunc(wanted, func(w *AlarmRecord) bool { return w.sort() == a.sort() })
		switch {
		case a.Stands() && a.checked() && !stands:
			failed = append(failed, s.clear(ctx, now, a))
		case !a.Told:
			failed = append(failed, s.tell(ctx, a))
		}
	}
	for _, a := range wanted {
		failed = append(failed, s.raise(ctx, now, a))
	}
	return errors.Join(failed...)
}

// daysOfAlarms is how long an alarm that stands is looked at.
const daysOfAlarms = 31

// checked says whether CheckAlarms decides when the alarm is over.
func (a *AlarmRecord) checked() bool {
	return a.Kind == RunStopped || a.Kind == NotOpened || a.Kind == NotSettled || a.Kind == NotDelivered
}

// Alarms calls visit for all alarms from a run date on, oldest first.
func (s *Service) Alarms(ctx context.Context, from calendar.Date, visit func(*AlarmRecord) error) error {
	q := table.Query{Partition: s.key("ALARM"), From: from.String()}
	return table.Each(ctx, s.Table, q, func(item table.Item) error {
		a, err := readAlarm(item)
		if err != nil {
			return err
		}
		return visit(a)
	})
}

func readAlarm(item table.Item) (*AlarmRecord, error) {
	a := &AlarmRecord{version: item.Version}
	if err := json.Unmarshal(item.Body, a); err != nil {
		return nil, damagedItem("an alarm", err)
	}
	return a, nil
}

// runsWatched is how many of the newest runs are looked at.
const runsWatched = 64

// recentRuns gives the newest runs, newest first.
func (s *Service) recentRuns(ctx context.Context) (runs []*Run, err error) {
	_, err = s.lastWhere(ctx, func(r *Run) bool {
		runs = append(runs, r)
		return len(runs) == runsWatched
	})
	return runs, err
}

// lateDays are the alarms of today, of the days of recent runs, and of days with an alarm that stands.
func (s *Service) lateDays(
	ctx context.Context, now time.Time, runs []*Run, known []*AlarmRecord,
) ([]*AlarmRecord, error) {
	today := calendar.DateOf(now)
	byDate := map[calendar.Date]*Run{}
	newest := calendar.Date(0)
	for _, r := range runs {
		if r.Kind == Day && r.State != Voided {
			byDate[r.RunDate], newest = r, max(newest, r.RunDate)
		}
	}
	_, _, err := s.Masters(ctx, today)
	if fault.CodeOf(err) != fault.MastersMissing { // else nothing is expected of the retailer yet
		if err != nil {
			return nil, err
		}
		if _, is := byDate[today]; !is {
			byDate[today] = nil
		}
	}
	for _, a := range known {
		if _, is := byDate[a.RunDate]; !is && a.Stands() {
			byDate[a.RunDate] = nil
		}
	}
	var out []*AlarmRecord
	for date, r := range byDate {
		if r == nil && date < newest {
			continue // a later day took its files
		}
		for _, d := range due {
			if !now.Before(calendar.At(date, d.at)) && (r == nil || !r.reached(d.kind)) {
				out = append(out, &AlarmRecord{Kind: d.kind, RunDate: date})
			}
		}
	}
	slices.SortFunc(out, func(a, b *AlarmRecord) int { return strings.Compare(a.sort(), b.sort()) })
	return out, nil
}

// reached says whether a day's run is so far that an alarm of a kind is none.
func (r *Run) reached(kind AlarmKind) bool {
	switch kind {
	case NotOpened:
		return true
	case NotSettled:
		return r.State == Committed || r.State == Posted || r.State == Closed
	default:
		_, is := r.Steps[stepDeliver]
		return is
	}
}

// stoppedRuns are the alarms of runs that stopped, before or after their commit.
func stoppedRuns(runs []*Run) (out []*AlarmRecord) {
	for _, r := range runs {
		if r.State == Stopped || r.Reason != "" && (r.State == Committed || r.State == Posted) {
			out = append(out, &AlarmRecord{Kind: RunStopped, RunDate: r.RunDate, Run: r.Run, Text: r.Reason})
		}
	}
	return out
}

// alarm gives the record of an alarm, nil if there is none.
func (s *Service) alarm(ctx context.Context, a *AlarmRecord) (*AlarmRecord, error) {
	item, ok, err := s.Table.Get(ctx, table.Key{Partition: s.key("ALARM"), Sort: a.sort()})
	if err != nil || !ok {
		return nil, err
	}
	return readAlarm(item)
}

// raise records an alarm that does not stand yet, logs and mails it.
func (s *Service) raise(ctx context.Context, now time.Time, a *AlarmRecord) error {
	if !alarmName.MatchString(string(a.Kind)) {
		return fmt.Errorf("%w: %.40q is no kind of alarm", mail.ErrInvalid, a.Kind)
	}
	there, err := s.alarm(ctx, a)
	if err != nil || there != nil && there.Stands() {
		return err
	}
	when := table.IfAbsent
	if there != nil {
		a.Times, a.version, when = there.Times, there.version, table.IfVersion
	}
	a.Times++
	a.Text, a.Raised = shownReason(a.Text), now.UTC().Truncate(time.Second)
	return s.changeAlarm(ctx, a, when)
}

// clear records that an alarm is over, logs and mails it.
func (s *Service) clear(ctx context.Context, now time.Time, a *AlarmRecord) error {
	a.Cleared, a.Told = now.UTC().Truncate(time.Second), false
	return s.changeAlarm(ctx, a, table.IfVersion)
}

// changeAlarm writes an alarm's new state and tells it; whoever loses the race leaves it to the other.
func (s *Service) changeAlarm(ctx context.Context, a *AlarmRecord, when table.Condition) error {
	err := s.putAlarm(ctx, a, when)
	if errors.Is(err, table.ErrCondition) {
		return nil
	}
	if err != nil {
		return err
	}
	_, title := a.Kind.titles()
	args := []any{
		"retailer", s.Retailer, "kind", string(a.Kind), "run_date", a.RunDate.String(), "run", a.Run,
		"what", title,
	}
	if a.Stands() {
		s.log().Error("alarm", append(args, "reason", a.Text)...)
	} else {
		s.log().Info("alarm is over", args...)
	}
	return s.tellAgain(ctx, a)
}

// tellAgain tells an alarm that was written just now, from its record.
func (s *Service) tellAgain(ctx context.Context, a *AlarmRecord) error {
	there, err := s.alarm(ctx, a)
	if err != nil || there == nil || there.Told {
		return err
	}
	return s.tell(ctx, there)
}

func (s *Service) putAlarm(ctx context.Context, a *AlarmRecord, when table.Condition) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	key := table.Key{Partition: s.key("ALARM"), Sort: a.sort()}
	return s.Table.Put(ctx, table.Item{Key: key, Version: a.version, Body: body}, when)
}

// tell mails an alarm's present state to the operator, each address once, and notes that it did.
func (s *Service) tell(ctx context.Context, a *AlarmRecord) error {
	if s.Sender != nil && len(s.Operator) > 0 {
		if err := s.send(ctx, []letter{s.alarmLetter(ctx, a)}); err != nil {
			return err
		}
	}
	a.Told = true
	err := s.putAlarm(ctx, a, table.IfVersion)
	if errors.Is(err, table.ErrCondition) {
		return nil // it changed meanwhile, and is told by whoever changed it
	}
	return err
}

// alarmText is what the operator is told.
type alarmText struct {
	Retailer       string
	Date           calendar.Date
	TitleJa, Title string
	Run            int64
	Text           string
	At, Until      string // JST
	Link           string
}

func (s *Service) alarmLetter(ctx context.Context, a *AlarmRecord) letter {
	const minutes = "2006/01/02 15:04"
	text := &alarmText{
		Retailer: s.Retailer, Date: a.RunDate, Run: a.Run, Text: a.Text,
		At: a.Raised.In(calendar.JST()).Format(minutes), Link: s.link("/operator/" + s.Retailer + "/runs"),
	}
	if set, _, err := s.Masters(ctx, a.RunDate); err == nil { // else the code has to do
		text.Retailer = mail.OneLine(set.Retailer.Name, maxNameShown)
	}
	text.TitleJa, text.Title = a.Kind.titles()
	l := letter{template: mailAlarm, to: s.Operator, text: text}
	if !a.Stands() {
		l.template, text.Until = mailRecovery, a.Cleared.In(calendar.JST()).Format(minutes)
	}
	if a.Run > 0 {
		text.Link += fmt.Sprintf("/%d", a.Run)
	}
	l.about = fmt.Sprintf("%s-alarm-%s-%s-%d-%d", s.Retailer, a.Kind, a.RunDate, a.Run, a.Times)
	return l
}

// maxReason is the most characters of a reason in a mail.
const maxReason = 300

// longNumbers could be the numbers of cards, with spaces or hyphens between.
var longNumbers = regexp.MustCompile(`[0-9](?:[ -]?[0-9]){8,}`)

// shownReason is why a run stopped, as it may leave in a mail: one line, without long numbers.
func shownReason(text string) string {
	text = longNumbers.ReplaceAllStringFunc(text, func(n string) string {
		return strings.Repeat("*", min(len(n), 8))
	})
	return mail.OneLine(text, maxReason)
}
