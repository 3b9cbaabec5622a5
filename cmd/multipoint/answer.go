package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"multipoint/shared/calendar"
	"multipoint/shared/convert"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	store "multipoint/shared/object"
	"multipoint/shared/standalone"
	"multipoint/shared/transaction"
)

// answerFlags are what answer put is called with.
type answerFlags struct {
	data, provider, feed, path string
	strict                     bool
}

func (p *program) answer() *cobra.Command {
	var f answerFlags
	cmd := &cobra.Command{
		Use:   "put --provider CODE FILE",
		Short: "Take what a provider answers: entries that it refused or accepted",
		Long: `Take what a provider answers: a CSV file in UTF-8 with titles. Each line names the entries
of one record of a provider's file, or of one transaction, and says what became of them:

  file_no, sequence                            number of the file, sequence number of the record
  business_date, store, register, receipt      key of a sale or grant; those of the feed's key_fields
  result                                       refused (also if there is no such column) or accepted

Refused points leave the accounts at once, accepted ones are final. Each entry is refused once; lines
that match nothing are listed. The same file again changes nothing. An answer is a run of its own.

` + exitHelp,
		Example: `  multipoint answer put --provider HOSHI errors_20261123.csv
  multipoint answer put --provider KOMOREBI --feed ec errors.csv`,
		Args: cobra.ExactArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			f.path = args[0]
			return p.putAnswer(ctx, &f)
		}),
	}
	addData(cmd, &f.data)
	cmd.Flags().StringVar(&f.provider, "provider", "", "`code` of the provider (required)")
	cmd.Flags().StringVar(&f.feed, "feed", "", "`code` of the feed whose key_fields the lines have")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "exit code 3 if a line matches nothing; the run stays")
	_ = cmd.MarkFlagRequired("provider")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return group("answer", "Take what providers answer", cmd)
}

// answerReport is the JSON object of answer put.
type answerReport struct {
	Provider string `json:"provider"`
	SHA256   string `json:"sha256"` // of the file
	// Again: the same file was answered before, by that run; nothing was done.
	Again     bool           `json:"again"`
	Run       int64          `json:"run"`
	State     day.State      `json:"state"`
	Digest    string         `json:"digest,omitempty"`
	Entries   int            `json:"entries"` // that were moved
	Unmatched int            `json:"unmatched"`
	Accounts  []accountView  `json:"accounts"`
	Lines     []answeredLine `json:"lines"`
}

// answeredLine is a line of the answer and how many entries it moved.
type answeredLine struct {
	Line    int64  `json:"line"`
	Names   string `json:"names"` // the record or transaction that it names
	Result  string `json:"result"`
	Entries int    `json:"entries"`
}

const (
	resultRefused  = "refused"
	resultAccepted = "accepted"
)

func (p *program) putAnswer(ctx context.Context, f *answerFlags) error {
	src, name, err := p.open(ctx, f.path)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(src)
	if e := src.Close(); err == nil {
		err = e
	}
	if err != nil {
		return readFailed(name, err)
	}
	sum := sha256.Sum256(text)
	r := &answerReport{
		Provider: f.provider, SHA256: hex.EncodeToString(sum[:]), Accounts: []accountView{},
		Lines: []answeredLine{},
	}
	steps := p.stepProgress()
	defer steps.end()
	o := standalone.Options{Dir: f.data, Runner: standalone.RunnerOptions{Observe: steps.observe}}
	err = p.withData(ctx, o, func(d *standalone.Program) error {
		a, names, err := readAnswer(ctx, d, f, name, text)
		if err != nil {
			return err
		}
		a.Content = r.SHA256
		run, err := d.Service.OpenAnswer(ctx, a)
		if err != nil {
			return err
		}
		if run == nil {
			r.Again = true
			return r.before(ctx, d)
		}
		p.interrupted = fmt.Sprintf("interrupted; run %d stays: multipoint day resume %d goes on",
			run.Run, run.Run)
		if err := d.Drive(ctx, run); err != nil {
			return steps.stopped(ctx, d, run, err)
		}
		return r.fill(ctx, d, run.Run, a, names)
	})
	steps.end()
	if err != nil {
		return err
	}
	if err := p.result(r, r.text(name)); err != nil {
		return err
	}
	if f.strict && r.Unmatched > 0 {
		return found(exitInput)
	}
	return nil
}

// before finds the run of an answer that came before.
func (r *answerReport) before(ctx context.Context, d *standalone.Program) error {
	const maxRequest = 64 << 20 // bytes
	return d.Service.Runs(ctx, func(run *day.Run) error {
		if run.Kind != day.Answer || run.State == day.Voided || run.Request.Key == "" {
			return nil
		}
		text, err := store.ReadAll(ctx, d.Service.Objects, run.Request.Key, maxRequest)
		if err != nil {
			return err
		}
		var a day.AnswerFile
		if err := json.Unmarshal(text, &a); err != nil {
			return &fault.Error{Code: fault.PartDamaged, Place: fault.Place{File: run.Request.Key}, Err: err}
		}
		if a.Content == r.SHA256 && a.Provider == r.Provider {
			r.Run, r.State, r.Digest = run.Run, run.State, run.Digest
		}
		return nil
	})
}

func (r *answerReport) fill(
	ctx context.Context, d *standalone.Program, number int64, a *day.AnswerFile, names []string,
) error {
	run, err := d.Service.Run(ctx, number)
	if err != nil {
		return err
	}
	m, err := d.Service.Manifest(ctx, number)
	if err != nil {
		return err
	}
	r.Run, r.State, r.Digest, r.Accounts = run.Run, run.State, run.Digest, accountViews(m.Accounts)
	for i := range a.Lines {
		line := answeredLine{a.Lines[i].Line, names[i], resultRefused, m.Answered.Matched[i]}
		if a.Lines[i].Accepted {
			line.Result = resultAccepted
		}
		if line.Entries == 0 {
			r.Unmatched++
		}
		r.Entries += line.Entries
		r.Lines = append(r.Lines, line)
	}
	return nil
}

// maxLinesShown is how many lines of an answer are listed; of a longer one those that match nothing.
const maxLinesShown = 50

func (r *answerReport) text(name string) string {
	if r.Again {
		return fmt.Sprintf("%s: the same file was answered by run %d; nothing was changed\n",
			oneLine(name), r.Run)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: run %d, %s of %s; %s moved, %s unmatched\n\n", oneLine(name), r.Run,
		plural(len(r.Lines), "line"), r.Provider, entries(r.Entries), plural(r.Unmatched, "line"))
	var t table
	t.add("line", "names", "result", "entries", "")
	shown := 0
	for _, l := range r.Lines {
		if l.Entries > 0 && len(r.Lines) > maxLinesShown || shown == maxLinesShown {
			continue
		}
		shown++
		note := ""
		if l.Entries == 0 {
			note = "UNMATCHED: unknown, not sent yet, or answered before"
		}
		t.add(strconv.FormatInt(l.Line, 10), oneLine(l.Names), l.Result, strconv.Itoa(l.Entries), note)
	}
	if shown > 0 {
		b.WriteString(t.text("Rllrl"))
	}
	if left := len(r.Lines) - shown; left > 0 {
		fmt.Fprintf(&b, "  and %s more; --json lists all\n", plural(left, "line"))
	}
	if len(r.Accounts) > 0 {
		b.WriteString("\n" + accountsText(r.Accounts))
	}
	return b.String()
}

// answerReader reads an answer's lines.
type answerReader struct {
	file   string
	at     map[string]int // column by title
	keys   []string       // titles of the key, in the feed's order; none = file number and sequence
	naming []string       // titles that name an entry
}

// readAnswer reads the lines of an answer, and for people what each names. All faults are told at once.
func readAnswer(
	ctx context.Context, d *standalone.Program, f *answerFlags, name string, text []byte,
) (*day.AnswerFile, []string, error) {
	set, _, err := d.Service.Masters(ctx, standalone.Next(d.Clock.Now()))
	if err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(set.Providers, func(p master.Provider) bool { return p.Code == f.provider }) {
		return nil, nil, usage("--provider " + f.provider + " is not in the masters")
	}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	titles, err := rows.Read()
	if err != nil {
		return nil, nil, answerFault(name, 1, "", "The title row cannot be read.")
	}
	r := &answerReader{file: name}
	if err := r.titles(titles, set, f.feed, standalone.Next(d.Clock.Now())); err != nil {
		return nil, nil, err
	}
	a := &day.AnswerFile{Provider: f.provider}
	var names []string
	var wrong []*fault.Error
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := rows.FieldPos(0)
		if err != nil {
			return nil, nil, answerFault(name, int64(line), "", err.Error())
		}
		l, called, e := r.line(row, int64(line))
		if e != nil {
			wrong = append(wrong, e)
			continue
		}
		a.Lines, names = append(a.Lines, l), append(names, called)
	}
	if len(wrong) > 0 {
		return nil, nil, &faultList{plural(len(wrong), "line") + " of " + name + " cannot be read", wrong}
	}
	return a, names, nil
}

func answerFault(file string, line int64, field, what string) *fault.Error {
	return fault.At(fault.RecordColumns, fault.Place{File: file, Line: line, Field: field}, what)
}

// titles finds out how the lines name entries.
func (r *answerReader) titles(titles []string, set *master.Set, code string, date calendar.Date) error {
	r.at = map[string]int{}
	for i, t := range titles {
		r.at[strings.ToLower(strings.TrimSpace(t))] = i
	}
	_, number := r.at["file_no"]
	_, sequence := r.at["sequence"]
	order := make([]string, 0, len(transaction.DefaultKey))
	if code != "" {
		feed := set.Feed(code, date)
		if feed == nil {
			return fault.New(fault.FeedUnknown, "No feed "+code+" is in force.")
		}
		fields, err := convert.KeyFields(feed)
		if err != nil {
			return err
		}
		for _, k := range fields {
			order = append(order, keyTitles()[k])
		}
	}
	switch {
	case number && sequence && code == "":
		r.naming = []string{"file_no", "sequence"}
		return nil
	case code == "":
		order = slices.DeleteFunc(slices.Clone(keyTitles()), func(title string) bool {
			_, there := r.at[title]
			return !there
		})
	}
	for _, title := range order {
		if _, there := r.at[title]; !there {
			return answerFault(r.file, 1, title, "The column "+title+" of the feed's key is missing.")
		}
	}
	if len(order) == 0 {
		return answerFault(r.file, 1, "", "The titles name neither file_no and sequence nor key columns.")
	}
	r.keys, r.naming = order, order
	return nil
}

// keyTitles are the columns of a transaction's key in the order of transaction.KeyField.
func keyTitles() []string { return []string{"business_date", "store", "register", "receipt"} }

// line reads one line.
func (r *answerReader) line(row []string, line int64) (l day.AnswerLine, called string, e *fault.Error) {
	l.Line = line
	var cells []string
	for _, title := range r.naming {
		cells = append(cells, strings.TrimSpace(row[r.at[title]]))
	}
	if i, ok := r.at["result"]; ok {
		switch strings.TrimSpace(row[i]) {
		case "", resultRefused:
		case resultAccepted:
			l.Accepted = true
		default:
			return l, "", answerFault(r.file, line, "result", "The result is neither refused nor accepted.")
		}
	}
	if len(r.keys) > 0 {
		key := transaction.KeyOf(cells...)
		l.Key = hex.EncodeToString(key[:])
		return l, strings.Join(cells, " "), nil
	}
	for i, to := range []*int64{&l.FileNo, &l.Sequence} {
		n, err := strconv.ParseInt(cells[i], 10, 64)
		if err != nil || n < 1 {
			return l, "", answerFault(r.file, line, r.naming[i], "The value is no number from 1 on.")
		}
		*to = n
	}
	return l, fmt.Sprintf("file %d, record %d", l.FileNo, l.Sequence), nil
}
