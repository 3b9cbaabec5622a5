package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"multipoint/shared/card"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/keys/local"
	"multipoint/shared/ledger"
	"multipoint/shared/master"
	"multipoint/shared/object"
	"multipoint/shared/seal"
	"multipoint/shared/standalone"
	"multipoint/shared/table"
	"multipoint/shared/transaction"
	"multipoint/test/model"
)

// Days runs a case through the real days: files in, files out, over drivers in memory or others.
type Days struct {
	Case    *model.Case
	Objects object.Store
	Table   table.Table
	Options day.Options
	Runner  standalone.RunnerOptions
	// Chaos disturbs everything, if there is one.
	Chaos *Chaos

	Service *day.Service
	runner  *standalone.Runner
	now     time.Time
	numbers map[card.Ref]string // account numbers behind references
	names   map[int64][]string  // file names by run and ordinal
	lines   map[string]map[int64]int
	dates   map[int64]string
	types   map[entryName]string
}

type entryName struct {
	run   int64
	file  int32
	line  int64
	order int32
}

// Run runs all days of the case and gives what came out, in the examples' form.
func (d *Days) Run(ctx context.Context) (got model.Expect, err error) {
	if err := d.start(ctx); err != nil {
		return got, err
	}
	masters, list := &d.Case.Masters, d.Case.Members
	for i := range d.Case.Days {
		in := &d.Case.Days[i]
		if in.Masters != nil {
			masters = in.Masters
		}
		if in.Members != nil {
			list = in.Members
		}
		publish := i == 0 || in.Masters != nil
		if err := d.prepareDay(ctx, in, masters, list, publish); err != nil {
			return got, err
		}
		result, err := d.day(ctx, in, masters)
		if err != nil {
			return got, fmt.Errorf("day %d: %w", i+1, err)
		}
		got.Days = append(got.Days, result)
	}
	err = d.end(ctx, &got)
	return got, err
}

func (d *Days) start(ctx context.Context) error {
	stored := local.NewDemoKeys(d.Objects)
	parts, err := seal.New(ctx, d.Objects, stored, "R", seal.Options{})
	if err != nil {
		return err
	}
	d.Service = &day.Service{
		Retailer: "R", Objects: d.Objects, Parts: parts, Table: d.Table, Keys: stored,
		Now: func() time.Time { return d.now }, Options: d.Options,
	}
	d.numbers, d.names, d.lines = map[card.Ref]string{}, map[int64][]string{}, map[string]map[int64]int{}
	d.dates, d.types = map[int64]string{}, map[entryName]string{}
	d.runner, err = standalone.NewRunner(d.Service, d.Runner)
	return err
}

// variant names the feed of a file here: one for each layout that the case's files of a feed have.
func variant(f *model.File) string {
	return f.Feed + "." + Encoding(f) + "." + strconv.FormatBool(f.Control != nil || f.Broken != "")
}

// masters makes the case's masters with a feed for each variant of its files.
func (d *Days) masters(m *model.Masters) (*master.Set, error) {
	set, err := Set(m)
	if err != nil {
		return nil, err
	}
	made := map[string]bool{}
	var feeds []master.Feed
	for i := range d.Case.Days {
		for j := range d.Case.Days[i].Files {
			f := &d.Case.Days[i].Files[j]
			code := variant(f)
			feed, ok := m.Feeds[f.Feed]
			if made[code] || !ok {
				continue
			}
			made[code] = true
			for k := range set.Feeds {
				if set.Feeds[k].Code == f.Feed {
					x := set.Feeds[k]
					x.Code, x.Layout = code, *Layout(&feed, Encoding(f), f.Control != nil || f.Broken != "")
					feeds = append(feeds, x)
				}
			}
		}
	}
	slices.SortFunc(feeds, func(a, b master.Feed) int { return strings.Compare(a.Code, b.Code) })
	set.Feeds = feeds
	for code, p := range m.Providers {
		if p.AcceptDays != nil {
			set.Contracts = append(set.Contracts, master.Contract{
				Code: code, Provider: code, AcceptDays: p.AcceptDays,
			})
		}
	}
	slices.SortFunc(set.Contracts, func(a, b master.Contract) int { return strings.Compare(a.Code, b.Code) })
	return set, nil
}

func (d *Days) prepareDay(
	ctx context.Context, in *model.Day, m *model.Masters, list []model.Member, publish bool,
) error {
	var read dates
	date := read.date(in.RunDate)
	if read.err != nil {
		return read.err
	}
	noon, err := time.Parse(time.RFC3339, in.RunDate+"T06:02:00+09:00")
	if err != nil {
		return err
	}
	d.now = noon
	if publish {
		set, err := d.masters(m)
		if err != nil {
			return err
		}
		from := date
		if len(d.dates) == 0 {
			from = date.Add(-3)
		}
		err = d.again(func() error {
			_, err := d.Service.PublishMasters(ctx, set, from)
			return err
		})
		if err != nil {
			return err
		}
	}
	err = d.again(func() error {
		_, err := d.Service.PublishMembers(ctx, []byte(members(list)), date)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.know(ctx, list); err != nil {
		return err
	}
	for i := range in.Files {
		if err := d.takeIn(ctx, in, &in.Files[i], i, m); err != nil {
			return err
		}
	}
	return nil
}

// know notes the numbers behind references that no line shows.
func (d *Days) know(ctx context.Context, list []model.Member) error {
	var key []byte
	err := d.again(func() (err error) {
		key, err = d.Service.Keys.Pseudonym(ctx, "R")
		return err
	})
	if err != nil {
		return err
	}
	refs := card.NewPseudonyms(key)
	for _, m := range list {
		for _, c := range m.Cards {
			d.numbers[refs.Ref(c.Provider, []byte(c.Card))] = c.Card
		}
	}
	return nil
}

func (d *Days) takeIn(ctx context.Context, in *model.Day, f *model.File, i int, m *model.Masters) error {
	feed := m.Feeds[f.Feed]
	text, lines, err := Bytes(f, &feed, Encoding(f))
	if err != nil {
		return err
	}
	arrived := f.Arrived
	if arrived == "" {
		arrived = in.RunDate + "T02:00:00"
	}
	at, err := time.Parse(time.RFC3339, arrived+"+09:00")
	if err != nil {
		return err
	}
	d.lines[in.RunDate+"/"+f.Name] = lines
	var a *day.Arrival
	err = d.again(func() (err error) {
		a, err = d.Service.TakeIn(ctx, day.Upload{
			ID: fmt.Sprintf("%s-%03d", in.RunDate, i), Name: f.Name, Feed: variant(f), Arrived: at,
			Body: bytes.NewReader(text),
		})
		return err
	})
	if err == nil && !a.Takes() {
		err = fmt.Errorf("%s was not taken in: %+v", f.Name, a.Refused)
	}
	return err
}

func (d *Days) drive(ctx context.Context, run *day.Run) error {
	if d.Chaos != nil {
		return d.Chaos.Drive(ctx, d.runner, run)
	}
	return d.runner.Drive(ctx, run)
}

// openedBefore are the faults of an opening that had come through before the power went off.
var openedBefore = []fault.Code{fault.RunBusy, fault.RunExists}

// open opens a run, through losses of power: one that was opened before the power went off goes on.
func (d *Days) open(ctx context.Context, kind string, open func() (*day.Run, error)) (*day.Run, error) {
	if d.Chaos == nil {
		return open()
	}
	last, err := d.last(ctx)
	if err != nil {
		return nil, err
	}
	before := int64(0)
	if last != nil {
		before = last.Run
	}
	for {
		d.Chaos.Arm(200)
		run, err := open()
		switch {
		case d.Chaos.Off():
			d.Chaos.On()
		case err == nil:
			d.calm()
			return run, nil
		case !errors.Is(err, errLost) && !slices.Contains(openedBefore, fault.CodeOf(err)):
			return nil, err
		}
		if last, err = d.last(ctx); err != nil {
			return nil, err
		}
		if last != nil && last.Run > before && last.Kind == kind {
			return d.Chaos.resume(ctx, d.runner, last.Run)
		}
	}
}

func (d *Days) last(ctx context.Context) (last *day.Run, err error) {
	err = d.again(func() (err error) {
		last, err = d.Service.Last(ctx)
		return err
	})
	return last, err
}

// calm lets what only looks at results work undisturbed.
func (d *Days) calm() {
	if d.Chaos != nil {
		d.Chaos.Calm()
	}
}

// again does something until the power stays on and no answer gets lost.
func (d *Days) again(do func() error) error {
	for {
		if d.Chaos != nil {
			d.Chaos.Arm(100)
		}
		err := do()
		if d.Chaos == nil {
			return err
		}
		switch {
		case d.Chaos.Off():
			d.Chaos.On()
		case errors.Is(err, errLost):
		default:
			d.calm()
			return err
		}
	}
}

// day runs one day and its answers.
func (d *Days) day(ctx context.Context, in *model.Day, m *model.Masters) (out model.DayResult, err error) {
	var read dates
	run, err := d.open(ctx, day.Day, func() (*day.Run, error) {
		return d.Service.OpenDay(ctx, read.date(in.RunDate))
	})
	if err != nil {
		return out, err
	}
	if err := d.drive(ctx, run); err != nil {
		return out, err
	}
	d.calm()
	d.dates[run.Run] = in.RunDate
	manifest, err := d.Service.Manifest(ctx, run.Run)
	if err != nil {
		return out, err
	}
	out = model.DayResult{
		RunDate: in.RunDate, Files: []model.FileResult{}, Totals: totals(&manifest.Totals),
		Accounts: accounts(manifest.Accounts), ProviderFiles: []model.ProviderFile{},
	}
	for i := range manifest.Files {
		f := &manifest.Files[i]
		d.names[run.Run] = append(d.names[run.Run], f.Name)
		status := "accepted"
		if !f.Accepted() {
			status = "refused"
		}
		out.Files = append(out.Files, model.FileResult{
			File: f.Name, Status: status, Reason: f.Reason, Receipts: int(f.Receipts), Bad: int(f.Bad),
		})
	}
	if out.Lines, err = d.lineResults(ctx, in, run.Run, manifest, m); err != nil {
		return out, err
	}
	for i := range manifest.Providers {
		if f := &manifest.Providers[i]; f.FileNo > 0 {
			p, err := d.providerFile(ctx, f)
			if err != nil {
				return out, err
			}
			out.ProviderFiles = append(out.ProviderFiles, p)
		}
	}
	for i := range in.Answers {
		a, err := d.answer(ctx, &in.Answers[i])
		if err != nil {
			return out, err
		}
		out.Answers = append(out.Answers, a)
	}
	return out, nil
}

func accounts(changes map[string]ledger.Balances) map[string]model.Accounts {
	out := map[string]model.Accounts{}
	for provider, b := range changes {
		out[provider] = model.Accounts{
			Issued: b.Issued, Granted: b.Granted, Sent: b.Sent, Accepted: b.Accepted, Refused: b.Refused,
		}
	}
	return out
}

// lineResults gives what became of each line: from the run's records, its lists of bad lines, and, of refused
// files, the case's own lines.
func (d *Days) lineResults(
	ctx context.Context, in *model.Day, run int64, m *day.Manifest, masters *model.Masters,
) ([]model.LineResult, error) {
	files := slices.Clone(in.Files)
	slices.SortStableFunc(files, func(a, b model.File) int {
		return cmp.Or(cmp.Compare(a.Arrived, b.Arrived), cmp.Compare(a.Name, b.Name))
	})
	r := &recorder{state: &state{masters: masters}, files: files}
	for i := range files {
		r.lines = append(r.lines, d.lines[in.RunDate+"/"+files[i].Name])
	}
	for i := range m.Files {
		f := &m.Files[i]
		if f.BadLines.Key != "" {
			text, err := d.read(ctx, f.BadLines.Key)
			if err != nil {
				return nil, err
			}
			_, rows, _ := bytes.Cut(text, []byte("\n"))
			if err := r.BadLines(i+1, rows); err != nil {
				return nil, err
			}
		}
		if !f.Accepted() && !f.Structure {
			r.inRefused(i+1, f.Reason)
		}
	}
	err := d.Service.Records(ctx, run, func(_ []byte, rec *ledger.Record) error {
		line := r.lineOf(int(rec.File), rec.Line)
		r.results = append(r.results, d.line(run, files[rec.File-1].Name, line, rec))
		return nil
	})
	if err != nil {
		return nil, err
	}
	ordinal := map[string]int{}
	for i := range files {
		ordinal[files[i].Name] = i
	}
	out := slices.Concat(r.bad, r.results)
	slices.SortStableFunc(out, func(a, b model.LineResult) int {
		return cmp.Or(cmp.Compare(ordinal[a.File], ordinal[b.File]), cmp.Compare(a.Line, b.Line))
	})
	return out, nil
}

func (d *Days) read(ctx context.Context, key string) ([]byte, error) {
	r, err := d.Service.Parts.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func (d *Days) line(run int64, file string, line int, rec *ledger.Record) model.LineResult {
	out := model.LineResult{File: file, Line: line, Status: rec.Status.String()}
	if rec.Code != 0 {
		out.Reasons = []string{rec.Code.Name()}
	}
	if rec.Warning != 0 {
		out.Warnings = []string{rec.Warning.Name()}
	}
	if rec.Status != ledger.Rated {
		return out
	}
	out.Entries = []model.Entry{}
	for i, e := range rec.Entries {
		d.types[entryName{run, rec.File, rec.Line, int32(i)}] = string(e.PointType)
		out.Total += e.Points
		out.Entries = append(out.Entries, model.Entry{
			Rule: string(e.Rule), Provider: string(rec.Provider), Card: d.number(rec),
			PointType: string(e.PointType),
			Points:    e.Points,
		})
	}
	return out
}

// number gives the number of a record's account, from the run's vault.
func (d *Days) number(rec *ledger.Record) string {
	if n, ok := d.numbers[rec.Ref]; ok {
		return n
	}
	n, err := d.Service.Number(context.Background(), rec.Ref)
	if err != nil {
		return err.Error()
	}
	d.numbers[rec.Ref] = string(n)
	return string(n)
}

// providerFile reads a provider's file as the provider does, and from which lines its records came.
func (d *Days) providerFile(ctx context.Context, f *day.ProviderFile) (model.ProviderFile, error) {
	out := model.ProviderFile{Provider: f.Provider, FileNo: f.FileNo, Records: []model.Record{}}
	text, err := object.ReadAll(ctx, d.Objects, d.Service.OutboxPath(f), 1<<30)
	if err != nil {
		return out, err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return out, err
	}
	at := map[int64]*model.Record{}
	for _, row := range rows {
		rec := model.Record{Kind: row[1], Number: row[2]}
		if rec.Sequence, err = strconv.ParseInt(row[0], 10, 64); err != nil {
			return out, err
		}
		if rec.Points, err = strconv.ParseInt(row[4], 10, 64); err != nil {
			return out, err
		}
		out.Records = append(out.Records, rec)
	}
	for i := range out.Records {
		at[out.Records[i].Sequence] = &out.Records[i]
	}
	err = d.Service.Links(ctx, f, func(l *day.Link) error {
		rec := at[l.Sequence]
		if rec == nil {
			return nil // netted to 0
		}
		name := "" // of an adjustment
		if names := d.names[l.Run]; len(names) > 0 {
			name = names[l.File-1]
		}
		date := d.dates[l.Run]
		line := model.FromLine{RunDate: date, File: name, Line: d.lines[date+"/"+name][l.Line]}
		if n := len(rec.FromLines); n == 0 || rec.FromLines[n-1] != line {
			rec.FromLines = append(rec.FromLines, line)
		}
		pointType := d.types[entryName{l.Run, l.File, l.Line, l.Order}]
		if !slices.Contains(rec.PointTypes, pointType) {
			rec.PointTypes = append(rec.PointTypes, pointType)
			slices.Sort(rec.PointTypes)
		}
		return nil
	})
	return out, err
}

// answer runs an answer.
func (d *Days) answer(ctx context.Context, a *model.Answer) (out model.AnswerResult, err error) {
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
	out.MatchedEntries, out.Accounts = []int{}, map[string]model.Accounts{}
	run, err := d.open(ctx, day.Answer, func() (*day.Run, error) { return d.Service.OpenAnswer(ctx, file) })
	if err != nil {
		return out, err
	}
	if run == nil {
		out.Again = true
		return out, nil
	}
	if err := d.drive(ctx, run); err != nil {
		return out, err
	}
	d.calm()
	m, err := d.Service.Manifest(ctx, run.Run)
	if err != nil {
		return out, err
	}
	out.MatchedEntries = append(out.MatchedEntries, m.Answered.Matched...)
	out.Accounts = accounts(m.Accounts)
	return out, nil
}

// end sums up the ledger: balances, what stands by card, and the use of campaigns.
func (d *Days) end(ctx context.Context, got *model.Expect) error {
	got.Cards, got.CampaignUse = map[string]int64{}, map[string]int64{}
	last, err := d.Service.Last(ctx)
	if err != nil || last == nil {
		return err
	}
	balances, err := d.Service.Balances(ctx)
	if err != nil {
		return err
	}
	got.Balances = accounts(balances)
	return d.Service.Items(ctx, last.Run, func(it *ledger.Item) error {
		rec := &it.Record
		for i := range rec.Entries {
			e := &rec.Entries[i]
			if it.Refused(int32(i)) {
				continue
			}
			account := string(rec.Provider) + ":" + d.number(rec)
			got.Cards[account+":"+string(e.PointType)] += e.Points
			if e.Campaign {
				got.CampaignUse[string(e.Rule)+":"+account] += e.Points
			}
		}
		return nil
	})
}
