package engine

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"multipoint/shared/calendar"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/outlet"
	"multipoint/shared/points"
	"multipoint/shared/rating"
	"multipoint/shared/transaction"
	"multipoint/test/model"
)

const pseudonymKey = "test"

// Run runs a case through the engine, day by day, with a ledger in memory. It stops after the first day that
// has answers: they are runs of another kind. done is the number of days that were run.
func Run(c *model.Case, opt rating.Options) (got model.Expect, done int, err error) {
	s := &state{
		c: c, masters: &c.Masters, members: c.Members, ledger: newBooks(), opt: opt,
		fileNo: map[string]int64{}, carried: map[string][]byte{}, runDates: map[int64]string{},
		seen: map[string]calendar.Date{}, types: map[outlet.Place]string{},
	}
	got.Cards, got.CampaignUse = map[string]int64{}, map[string]int64{}
	for i := range c.Days {
		day, err := s.day(&c.Days[i], int64(i+1))
		if err != nil {
			return got, i, fmt.Errorf("day %d: %w", i+1, err)
		}
		got.Days = append(got.Days, day)
		if len(c.Days[i].Answers) > 0 {
			return got, i + 1, nil
		}
	}
	s.ledger.sums(&got)
	return got, len(c.Days), nil
}

type state struct {
	c        *model.Case
	masters  *model.Masters
	members  []model.Member
	ledger   *books
	opt      rating.Options
	fileNo   map[string]int64
	carried  map[string][]byte
	runDates map[int64]string
	fileOf   map[place]string // file name by run and ordinal
	lineOf   map[place]map[int64]int
	types    map[outlet.Place]string
	seen     map[string]calendar.Date // content of accepted files: last run date
}

type place struct {
	run  int64
	file int32
}

func (s *state) day(d *model.Day, run int64) (model.DayResult, error) {
	if d.Masters != nil {
		s.masters = d.Masters
	}
	if d.Members != nil {
		s.members = d.Members
	}
	snapshot, err := member.Load(strings.NewReader(members(s.members)))
	if err != nil {
		return model.DayResult{}, err
	}
	s.runDates[run] = d.RunDate
	set, err := Set(s.masters)
	if err != nil {
		return model.DayResult{}, err
	}
	var read dates
	runDate := read.date(d.RunDate)
	if read.err != nil {
		return model.DayResult{}, read.err
	}
	job := &rating.Job{
		Set: set, Members: snapshot, RunDate: runDate, Run: run, History: s.ledger.on(set),
		FileNo: s.fileNo, Carried: s.carried, Key: []byte(pseudonymKey), Options: s.opt,
	}
	files := slices.Clone(d.Files)
	slices.SortStableFunc(files, func(a, b model.File) int {
		return cmp.Or(cmp.Compare(a.Arrived, b.Arrived), cmp.Compare(a.Name, b.Name))
	})
	rules, err := points.Compile(set)
	if err != nil {
		return model.DayResult{}, err
	}
	r := &recorder{state: s, set: set, run: run, files: files, rules: rules, carried: map[string][]byte{}}
	today := map[string]bool{}
	for i := range files {
		f := &files[i]
		file, lines, err := s.file(f, runDate, today)
		if err != nil {
			return model.DayResult{}, err
		}
		job.Files = append(job.Files, file)
		r.lines = append(r.lines, lines)
		s.remember(place{run, int32(i + 1)}, f.Name, lines)
	}
	job.Options.Observe = r.observe
	res, err := rating.Run(job, r)
	if err != nil {
		return model.DayResult{}, err
	}
	for i := range files {
		if res.Files[i].Verdict.Refused == nil && files[i].Content != "" {
			s.seen[files[i].Feed+"\x00"+files[i].Content] = runDate
		}
	}
	for _, o := range res.Outlets {
		if o.FileNo > 0 {
			s.fileNo[o.Code] = o.FileNo
		}
		if o.Carried > 0 {
			s.carried[o.Code] = append(bytes.Clone(s.carried[o.Code]), r.carried[o.Code]...)
		} else {
			delete(s.carried, o.Code)
		}
	}
	return r.result(d, res), nil
}

func (s *state) remember(at place, name string, lines map[int64]int) {
	if s.fileOf == nil {
		s.fileOf, s.lineOf = map[place]string{}, map[place]map[int64]int{}
	}
	s.fileOf[at], s.lineOf[at] = name, lines
}

// file makes a job's file and gives its lines by record number; duplicates of R3 are told here, as intake
// does.
func (s *state) file(
	f *model.File, runDate calendar.Date, today map[string]bool,
) (rating.File, map[int64]int, error) {
	feed := s.masters.Feeds[f.Feed]
	encoding := Encoding(f)
	text, lines, err := Bytes(f, &feed, encoding)
	if err != nil {
		return rating.File{}, nil, err
	}
	out := rating.File{
		Name: f.Name, Feed: f.Feed,
		Open:   func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
		Layout: Layout(&feed, encoding, f.Control != nil || f.Broken != ""),
	}
	if f.Content != "" && len(f.Lines) > 0 {
		id := f.Feed + "\x00" + f.Content
		last, ok := s.seen[id]
		out.Duplicate = today[id] || ok && runDate-last <= 90
		today[id] = true
	}
	return out, lines, nil
}

// recorder takes what a run writes and decides.
type recorder struct {
	state   *state
	set     *master.Set
	rules   *points.Rules
	scratch points.Scratch
	run     int64
	files   []model.File
	lines   []map[int64]int // by file: record number to the case's line number

	bad     []model.LineResult
	results []model.LineResult
	status  []model.FileResult
	out     []model.ProviderFile
	left    [][]leaving // of each of out
	carried map[string][]byte
}

func (r *recorder) BadLines(file int, rows []byte) error {
	cr := csv.NewReader(bytes.NewReader(rows))
	for {
		row, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line, _ := strconv.ParseInt(row[0], 10, 64)
		record, _ := strconv.ParseInt(row[1], 10, 64)
		at := r.lineOf(file, line)
		if row[8] != "" {
			r.bad = append(r.bad, model.LineResult{File: r.files[file-1].Name, Line: at, Status: "bad"})
		}
		last := &r.bad[len(r.bad)-1]
		if !slices.Contains(last.Reasons, row[5]) {
			last.Reasons = append(last.Reasons, row[5])
		}
		if row[5] == "text.undecodable" && last.Undecodable == nil {
			offset, _ := strconv.Atoi(row[2])
			if offset, err = r.inField(file, record, offset); err != nil {
				return err
			}
			last.Undecodable = &model.Undecodable{Field: row[3], Offset: offset}
		}
	}
}

// inField turns a byte offset in the file into one in the note, the last column before the items.
func (r *recorder) inField(file int, line int64, offset int) (int, error) {
	f := &r.files[file-1]
	feed := r.state.masters.Feeds[f.Feed]
	text, _, err := Bytes(f, &feed, Encoding(f))
	start := 0
	for range line - 1 {
		start += bytes.IndexByte(text[start:], '\n') + 1
	}
	for range len(columns) - 1 {
		start += bytes.IndexByte(text[start:], ',') + 1
	}
	return offset - start, err
}

func (r *recorder) lineOf(file int, line int64) int { return r.lines[file-1][line] }

func (r *recorder) File(file int, res *rating.FileResult) error {
	v := &res.Verdict
	out := model.FileResult{
		File: r.files[file-1].Name, Status: "accepted", Receipts: int(v.Receipts), Bad: int(v.Bad),
	}
	if v.Refused != nil {
		out.Status, out.Reason = "refused", v.Refused.Code.Name()
	}
	r.status = append(r.status, out)
	if v.Structure {
		kept := r.bad[:0]
		for _, b := range r.bad {
			if b.File != res.Name {
				kept = append(kept, b)
			}
		}
		r.bad = kept
	} else if v.Refused != nil {
		r.inRefused(file, v.Refused.Code.Name())
	}
	return nil
}

// inRefused gives the good receipts of a refused file their status, from the case's own lines.
func (r *recorder) inRefused(file int, reason string) {
	f := &r.files[file-1]
	feed := r.state.masters.Feeds[f.Feed]
	for i := range f.Lines {
		l := &f.Lines[i]
		isBad := slices.ContainsFunc(r.bad, func(b model.LineResult) bool {
			return b.File == f.Name && b.Line == l.Line
		})
		if feed.FlatItems && i > 0 && sameReceipt(&f.Lines[i-1], l, feed.KeyFields) {
			continue
		}
		if !isBad {
			r.results = append(r.results, model.LineResult{
				File: f.Name, Line: l.Line, Status: "in_refused_file", Reasons: []string{reason},
			})
		}
	}
}

func sameReceipt(a, b *model.Line, keys []string) bool {
	if len(keys) == 0 {
		keys = []string{"date", "store", "register", "receipt"}
	}
	for _, k := range keys {
		same := false
		switch k {
		case "date":
			same = plainDate(a.Date) == plainDate(b.Date) && plainDate(a.OrigDate) == plainDate(b.OrigDate)
		case "store":
			same = a.Store == b.Store && a.OrigStore == b.OrigStore
		case "register":
			same = a.Register == b.Register && a.OrigRegister == b.OrigRegister
		case "receipt":
			same = a.Receipt == b.Receipt && a.OrigReceipt == b.OrigReceipt
		}
		if !same {
			return false
		}
	}
	return cmp.Or(a.Kind, "sale") == cmp.Or(b.Kind, "sale")
}

func plainDate(s string) string { return strings.ReplaceAll(s, "-", "") }

func (r *recorder) Grants([]byte) error            { return nil }
func (r *recorder) RatingErrors(int, []byte) error { return nil }

func (r *recorder) Carry(code string, entries []byte) error {
	r.carried[code] = append(r.carried[code], entries...)
	return nil
}

func (r *recorder) observe(v *rating.Verdict) error {
	f := int(v.Tx.File)
	res := model.LineResult{File: r.files[f-1].Name, Line: r.lineOf(f, v.Tx.Line), Status: v.Status.String()}
	if v.Code != 0 {
		res.Reasons = []string{v.Code.Name()}
	}
	if v.Warning != 0 {
		res.Warnings = []string{v.Warning.Name()}
	}
	if v.Status == rating.Rated {
		res.Entries = []model.Entry{}
		var granted []points.Award
		for i, e := range v.Entries {
			at := outlet.Place{Run: r.run, File: v.Tx.File, Line: v.Tx.Line, Order: int32(i)}
			r.state.types[at] = e.PointType
			x := model.Entry{
				Rule: e.Rule, Provider: r.set.Providers[v.Provider].Code, Card: string(v.Account),
				PointType: e.PointType, Points: e.Points,
			}
			if !bytes.Equal(v.LeavesUnder, v.Account) {
				x.LeavesUnder = string(v.LeavesUnder)
			}
			res.Total += e.Points
			res.Entries = append(res.Entries, x)
			granted = append(granted, points.Award{Rule: r.ruleIndex(e.Rule), Points: e.Points})
		}
		feed := r.state.masters.Feeds[r.files[f-1].Feed]
		res.NotApplied = []model.NotApplied{}
		for _, n := range r.rules.Explain(v.Tx, []byte(feed.PointType), granted, &r.scratch) {
			if v.Tx.Kind == transaction.Grant && !r.rules.List()[n.Rule].Campaign {
				continue // the examples do not list normal rules on grant lines
			}
			why := model.NotApplied{Rule: r.rules.CodeOf(n.Rule), Why: n.Why}
			res.NotApplied = append(res.NotApplied, why)
		}
		r.state.ledger.post(v, r.set)
	}
	r.results = append(r.results, res)
	return nil
}

func (r *recorder) ruleIndex(code string) int32 {
	for i := range r.rules.List() {
		if r.rules.List()[i].Code == code {
			return int32(i)
		}
	}
	return points.Given
}

// result puts the day together in the form of the examples.
func (r *recorder) result(d *model.Day, res *rating.Result) model.DayResult {
	r.state.ledger.close()
	r.pointTypes()
	out := model.DayResult{RunDate: d.RunDate, Files: r.status, Lines: append(r.bad, r.results...)}
	ordinal := map[string]int{}
	for i := range r.files {
		ordinal[r.files[i].Name] = i
	}
	slices.SortStableFunc(out.Lines, func(a, b model.LineResult) int {
		return cmp.Or(cmp.Compare(ordinal[a.File], ordinal[b.File]), cmp.Compare(a.Line, b.Line))
	})
	out.Totals = totals(&res.Totals)
	out.ProviderFiles = []model.ProviderFile{}
	for _, o := range res.Outlets {
		for _, f := range r.out {
			if f.Provider == o.Code && o.FileNo > 0 {
				f.FileNo = o.FileNo
				out.ProviderFiles = append(out.ProviderFiles, f)
			}
		}
	}
	return out
}

func totals(t *rating.Totals) model.Totals {
	stage := func(c rating.Count) model.Stage {
		return model.Stage{Lines: int(c.Lines), YenSales: c.YenSales, YenReturns: c.YenReturns}
	}
	out := model.Totals{
		Lines: int(t.Lines), Bad: int(t.Bad), Good: stage(t.Good), InRefusedFiles: stage(t.InRefused),
		Duplicates: stage(t.Duplicates), RatingErrors: stage(t.Errors), Rated: stage(t.Rated),
		Points: map[string]map[string]model.Sums{}, Entries: map[string]model.Flow{},
	}
	for _, p := range t.Points {
		if out.Points[p.Provider] == nil {
			out.Points[p.Provider] = map[string]model.Sums{}
		}
		out.Points[p.Provider][p.PointType] = model.Sums{Plus: p.Plus, Minus: p.Minus}
	}
	for _, e := range t.Entries {
		f := model.Flow{
			CarriedIn: int(e.CarriedIn), Grants: int(e.Grants), Returns: int(e.Returns),
			Resends: int(e.Resends), Sent: int(e.Sent), ZeroPoint: int(e.ZeroPoint),
			CarriedOut: int(e.CarriedOut),
		}
		if f != (model.Flow{}) {
			out.Entries[e.Provider] = f
		}
	}
	return out
}

// ProviderFile implements rating.Output.
func (r *recorder) ProviderFile(code, _ string) (rating.ProviderFile, error) {
	return &providerFile{r: r, code: code}, nil
}

type providerFile struct {
	bytes.Buffer
	r    *recorder
	code string
	from map[int64][]model.FromLine
	left []leaving
}

type leaving struct {
	sequence int64
	at       outlet.Place
}

// Left implements rating.ProviderFile.
func (f *providerFile) Left(sequence int64, at outlet.Place) error {
	if f.from == nil {
		f.from = map[int64][]model.FromLine{}
	}
	at.Key = transaction.Hash{} // the place says it all
	f.left = append(f.left, leaving{sequence, at})
	s, p := f.r.state, place{at.Run, at.File}
	line := model.FromLine{RunDate: s.runDates[at.Run], File: s.fileOf[p], Line: s.lineOf[p][at.Line]}
	if n := len(f.from[sequence]); n == 0 || f.from[sequence][n-1] != line {
		f.from[sequence] = append(f.from[sequence], line)
	}
	return nil
}

// Close implements rating.ProviderFile.
func (f *providerFile) Close(send bool) error {
	if !send {
		return nil
	}
	out := model.ProviderFile{Provider: f.code, Records: []model.Record{}}
	rows, err := csv.NewReader(&f.Buffer).ReadAll()
	if err != nil {
		return err
	}
	for _, row := range rows {
		rec := model.Record{Kind: row[1], Number: row[2], PointTypes: strings.Split(row[3], "+")}
		if rec.Sequence, err = strconv.ParseInt(row[0], 10, 64); err != nil {
			return err
		}
		if rec.Points, err = strconv.ParseInt(row[4], 10, 64); err != nil {
			return err
		}
		rec.FromLines = f.from[rec.Sequence]
		out.Records = append(out.Records, rec)
	}
	f.r.out = append(f.r.out, out)
	f.r.left = append(f.r.left, f.left)
	return nil
}

// pointTypes names the types of each record, from the entries that left under its number.
func (r *recorder) pointTypes() {
	for i, list := range r.left {
		for j := range r.out[i].Records {
			rec := &r.out[i].Records[j]
			rec.PointTypes = nil
			for _, l := range list {
				if l.sequence == rec.Sequence && !slices.Contains(rec.PointTypes, r.state.types[l.at]) {
					rec.PointTypes = append(rec.PointTypes, r.state.types[l.at])
				}
			}
			slices.Sort(rec.PointTypes)
		}
	}
}
