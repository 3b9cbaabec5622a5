package day

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/master"
	"multipoint/shared/rating"
	"multipoint/shared/table"
	"multipoint/shared/transaction"
)

// ExplainQuery names what is to be explained, in one of four ways.
type ExplainQuery struct {
	// A line of a run's file, which is named by File or by its Ordinal.
	Run     int64
	File    string
	Ordinal int
	Line    int64 // record number, from 1

	// A transaction, by its key in hex (R5).
	Key string

	// The transactions of a card, oldest first; an empty provider is each of them. From and To bound the
	// business date, both included, zero = open.
	Card     string
	Provider string
	From, To calendar.Date

	// A record of a provider file: the newest of that number (R21).
	Outlet           string
	FileNo, Sequence int64

	// Reveal shows card numbers, else all but their last four digits are masked and the line's bytes are
	// left out.
	Reveal bool
	// Limit is the most explanations of a card or record, 0 = 100, at most MaxExplained.
	Limit int
}

// MaxExplained is the most explanations that one query gives.
const MaxExplained = 1000

// Explanation says for one line where it came from, what it earned and why, where the points went and what
// became of them (A27).
type Explanation struct {
	Run     int64         `json:"run"`
	RunDate calendar.Date `json:"run_date"`
	Masters string        `json:"masters"` // SHA-256 of the version that the run pinned
	Input   ExplainedLine `json:"input"`
	// Status is rated, duplicate, rating_error, bad, in_refused_file, no_transaction (a title, header or
	// trailer) or adjustment (points moved by hand).
	Status string `json:"status"`
	// Refused is why the whole file was refused.
	Refused *ExplainedFault `json:"refused,omitempty"`
	// Faults are why the line earned nothing; Warnings did not keep it from it.
	Faults   []ExplainedFault `json:"faults,omitempty"`
	Warnings []ExplainedFault `json:"warnings,omitempty"`
	// Earlier is the transaction that has the same key, for duplicates and conflicts (R5).
	Earlier *ExplainedPlace `json:"earlier,omitempty"`
	// Record is the line in the common layout, nil if it cannot be read.
	Record     *ExplainedRecord `json:"record,omitempty"`
	Key        string           `json:"key,omitempty"`      // hex
	Provider   string           `json:"provider,omitempty"` // whose points they are
	Account    string           `json:"account,omitempty"`  // the card that they went to
	Entries    []ExplainedEntry `json:"entries"`
	NotApplied []ExplainedRule  `json:"not_applied,omitempty"`
	// TakenBack is what later transactions took back from this one.
	TakenBack []ExplainedReturn `json:"taken_back,omitempty"`
	// Notes say what can no longer be found out.
	Notes []string `json:"notes,omitempty"`
}

// ExplainedLine is a line as it came in.
type ExplainedLine struct {
	File    string `json:"file"`
	Ordinal int    `json:"ordinal"`
	Feed    string `json:"feed"`
	Line    int64  `json:"line"`
	Offset  int64  `json:"offset"` // of its first byte in the file
	Length  int64  `json:"length"` // bytes
	// Raw are its bytes, only if card numbers are revealed; Text is what they say.
	Raw  []byte `json:"raw,omitempty"`
	Text string `json:"text,omitempty"`
}

// ExplainedPlace is another line.
type ExplainedPlace struct {
	Run  int64         `json:"run"`
	Date calendar.Date `json:"run_date,omitzero"`
	File string        `json:"file,omitempty"`
	Line int64         `json:"line"`
}

// ExplainedFault is a fault with its place.
type ExplainedFault struct {
	Code   string `json:"code"` // card.unknown
	Says   string `json:"says"`
	What   string `json:"what,omitempty"`
	Field  string `json:"field,omitempty"`
	Line   int64  `json:"line,omitempty"`
	Offset int64  `json:"offset,omitempty"` // bytes from the start of the file
}

// Explain explains a line, a transaction, the transactions of a card or a record of a provider file (A27). It
// gives none if there is none. It reads no more than the line's chunk, the bucket of its key and the files
// that its entries left in.
//
// Errors: run.unknown for a run or file that is not there, usage.flag for a query that names nothing;
// part.missing, part.damaged. What was shredded is no error: a note says so.
func (s *Service) Explain(ctx context.Context, q ExplainQuery) ([]*Explanation, error) {
	e := &explainer{Service: s, q: &q, runs: map[int64]*explainedRun{}}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	q.Limit = min(q.Limit, MaxExplained)
	places, err := e.find(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*Explanation, 0, len(places))
	for i := range places {
		x, err := e.explain(ctx, &places[i])
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, e.whereLeft(ctx)
}

// explainer answers one query.
type explainer struct {
	*Service
	q     *ExplainQuery
	runs  map[int64]*explainedRun
	left  []*leaving
	files map[string][]*ProviderFile // by outlet code, oldest first
}

// explainedRun is a run made ready, without its members.
type explainedRun struct {
	work
	run      *Run
	manifest *Manifest
	whole    bool // the members are there, too
}

// linePlace is a line to explain. offset is -1 and key zero if they are not known.
type linePlace struct {
	run, line, offset int64
	ordinal           int
	key               transaction.Hash
}

// ready prepares a committed day. Error: run.unknown.
func (e *explainer) ready(ctx context.Context, run int64) (*explainedRun, error) {
	if r, ok := e.runs[run]; ok {
		return r, nil
	}
	r := &explainedRun{}
	var err error
	if r.run, err = e.Run(ctx, run); err != nil {
		return nil, err
	}
	if r.manifest, err = e.Manifest(ctx, run); err != nil {
		return nil, err
	}
	if r.run.Kind == Answer || r.manifest.Void {
		return nil, fault.New(fault.RunUnknown, fmt.Sprintf("Run %d is no day that was computed.", run))
	}
	pins := &Pins{}
	if err := e.readJSON(ctx, e.pinsPath(run), pins); err != nil {
		return nil, err
	}
	r.work = work{Service: e.Service, pins: pins, attempts: r.run.Steps, attempt: r.run.Attempt}
	if r.set, err = e.readMasters(ctx, pins.Masters); err != nil {
		return nil, err
	}
	if r.run.Kind != Day {
		e.runs[run] = r
		return r, nil
	}
	r.job = &rating.Job{
		Set: r.set, RunDate: pins.RunDate, Run: run, FileNo: map[string]int64{}, Converters: e.Converters,
	}
	for i := range pins.Files {
		r.job.Files = append(r.job.Files, rating.File{Name: pins.Files[i].Name, Feed: pins.Files[i].Feed})
	}
	if r.engine, err = rating.NewEngine(r.job); err != nil {
		return nil, err
	}
	e.runs[run] = r
	return r, nil
}

// find gives the lines that the query means.
func (e *explainer) find(ctx context.Context) ([]linePlace, error) {
	q := e.q
	switch {
	case q.Key != "":
		key, err := hex.DecodeString(q.Key)
		if err != nil || len(key) != len(transaction.Hash{}) {
			return nil, fault.New(fault.UsageFlag, "a transaction key has 64 hexadecimal digits")
		}
		return e.ofKey(ctx, transaction.Hash(key))
	case q.Outlet != "":
		return e.ofRecord(ctx)
	case q.Card != "":
		return e.ofCard(ctx)
	case q.Run > 0 && q.Line > 0 && (q.File != "" || q.Ordinal > 0):
		return e.ofLine(ctx)
	}
	return nil, fault.New(fault.UsageFlag, "name a line of a run's file, a key, a card or a record")
}

func (e *explainer) ofLine(ctx context.Context) ([]linePlace, error) {
	r, err := e.ready(ctx, e.q.Run)
	if err != nil {
		return nil, err
	}
	var out []linePlace
	for i := range r.pins.Files {
		if i+1 == e.q.Ordinal || e.q.Ordinal == 0 && r.pins.Files[i].Name == e.q.File {
			out = append(out, linePlace{run: e.q.Run, ordinal: i + 1, line: e.q.Line, offset: -1})
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.RunUnknown, fmt.Sprintf("Run %d has no such file.", e.q.Run))
	}
	return out, nil
}

func (e *explainer) ofKey(ctx context.Context, key transaction.Hash) ([]linePlace, error) {
	it, err := e.item(ctx, &key)
	if err != nil || it == nil {
		return nil, err
	}
	return []linePlace{placeOfItem(it)}, nil
}

func placeOfItem(it *ledger.Item) linePlace {
	r := &it.Record
	return linePlace{run: it.Run, ordinal: int(r.File), line: r.Line, offset: r.Offset, key: r.Key}
}

// item reads a transaction of the ledger, nil if there is none.
func (e *explainer) item(ctx context.Context, key *transaction.Hash) (*ledger.Item, error) {
	item, ok, err := e.Table.Get(ctx, e.transactionKey(key))
	if err != nil || !ok {
		return nil, err
	}
	it := &ledger.Item{}
	_, err = it.Decode(item.Body, 1<<62)
	return it, err
}

// ofRecord finds the lines behind a record of a provider file.
func (e *explainer) ofRecord(ctx context.Context) ([]linePlace, error) {
	files, err := e.filesOf(ctx, e.q.Outlet)
	if err != nil {
		return nil, err
	}
	for i := len(files) - 1; i >= 0; i-- {
		f := files[i]
		if f.Carried || f.FileNo != e.q.FileNo {
			continue
		}
		var out []linePlace
		err := e.Links(ctx, f, func(l *Link) error {
			p := linePlace{run: l.Run, ordinal: int(l.File), line: l.Line, offset: -1, key: l.Key}
			if l.Sequence == e.q.Sequence && len(out) < e.q.Limit && !slices.Contains(out, p) {
				out = append(out, p)
			}
			return nil
		})
		for i := range out {
			if it, e := e.item(ctx, &out[i].key); err == nil && it != nil { // granted anew: its own line
				out[i], err = placeOfItem(it), e
			}
		}
		return out, err
	}
	return nil, nil
}

// ofCard finds the transactions of a card, by the index of cards and times.
func (e *explainer) ofCard(ctx context.Context) ([]linePlace, error) {
	digits, code := card.Normalise(nil, []byte(e.q.Card))
	if code != 0 {
		return nil, fault.New(code, "")
	}
	set, _, err := e.Masters(ctx, farDate)
	if err != nil {
		return nil, err
	}
	key, err := e.Keys.Pseudonym(ctx, e.Retailer)
	if err != nil {
		return nil, err
	}
	type found struct {
		linePlace
		instant int64
	}
	var all []found
	refs := card.NewPseudonyms(key)
	for _, n := range possible(set, e.q.Provider, string(digits)) {
		ref := refs.Ref(n[0], []byte(n[1]))
		err := e.eachOfCard(ctx, ref, func(it *ledger.Item) {
			r := &it.Record
			all = append(all, found{placeOfItem(it), int64(r.Date)*86400 + max(0, int64(r.Time))})
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.instant, b.instant) })
	var out []linePlace
	for i := range all[:min(len(all), e.q.Limit)] {
		out = append(out, all[i].linePlace)
	}
	return out, nil
}

// possible gives provider and full number of the cards that digits may mean; short forms are padded (R7).
func possible(set *master.Set, provider, digits string) (out [][2]string) {
	add := func(p, number string) {
		if n := [2]string{p, number}; (provider == "" || provider == p) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for i := range set.Providers {
		add(set.Providers[i].Code, digits)
	}
	for i := range set.Cards {
		if c := &set.Cards[i]; c.Short != nil && c.Short.Length == len(digits) {
			add(c.Provider, c.Short.Pad+digits)
		}
	}
	return out
}

func (e *explainer) eachOfCard(ctx context.Context, ref card.Ref, visit func(it *ledger.Item)) error {
	first := e.cardIndex(&ref, int64(e.q.From)*86400, &transaction.Hash{})
	q := table.Query{Index: 1, Partition: first.Partition, Limit: e.q.Limit}
	if !e.q.From.IsZero() {
		q.From = first.Sort[:8]
	}
	if !e.q.To.IsZero() { // a day of the 30-hour clock ends at 30:00
		last := e.cardIndex(&ref, int64(e.q.To)*86400+30*3600, &transaction.Hash{})
		q.To = last.Sort[:8]
	}
	for n := 0; n < e.q.Limit; {
		page, err := e.Table.Query(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Items {
			it := &ledger.Item{}
			if _, err := it.Decode(page.Items[i].Body, 1<<62); err != nil {
				return err
			}
			date := it.Record.Date
			if date < e.q.From || !e.q.To.IsZero() && date > e.q.To {
				continue
			}
			n++
			visit(it)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
	return nil
}
