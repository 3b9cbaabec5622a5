package day

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"multipoint/shared/card"
	"multipoint/shared/digest"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/rating"
	"multipoint/shared/table"
	"multipoint/shared/transaction"
)

// AnswerFile is what a provider says about entries that it got (R19).
type AnswerFile struct {
	Provider string       `json:"provider"`
	Content  string       `json:"content"` // SHA-256 of the file as it came, hex: the same file answers once
	Lines    []AnswerLine `json:"lines"`
}

// AnswerLine names the entries of one record by file number and sequence, or of one transaction by its key;
// it refuses them unless Accepted.
type AnswerLine struct {
	Line     int64  `json:"line"`
	FileNo   int64  `json:"file_no,omitempty"`
	Sequence int64  `json:"sequence,omitempty"`
	Key      string `json:"key,omitempty"` // hex (transaction.KeyOf)
	Accepted bool   `json:"accepted,omitempty"`
}

// MaxAnswerLines is the most lines of an answer.
const MaxAnswerLines = 100_000

// Answered is what an answer or an adjustment did.
type Answered struct {
	Provider string         `json:"provider"`
	Matched  []int          `json:"matched"` // entries, by line of the answer; 0 = the line is reported
	Events   []AppliedEvent `json:"events,omitempty"`
	Counters []CounterMove  `json:"counters,omitempty"`
	Files    []FileMove     `json:"files,omitempty"`
	// Items are records of new transactions in their compact form, hex: the lines of an adjustment.
	Items []string `json:"items,omitempty"`
}

// AppliedEvent is an event for the item of a transaction.
type AppliedEvent struct {
	Key   string       `json:"key"` // hex
	Event ledger.Event `json:"event"`
}

// CounterMove moves the counter of a card in a campaign (R14).
type CounterMove struct {
	Campaign string `json:"campaign"`
	Ref      string `json:"ref"` // hex
	Points   int64  `json:"points"`
}

// FileMove moves points of a provider file from sent.
type FileMove struct {
	Outlet   string `json:"outlet"`
	Run      int64  `json:"run"`
	Accepted int64  `json:"accepted,omitempty"`
	Refused  int64  `json:"refused,omitempty"`
}

func (s *Service) answerKey(provider, content string) table.Key {
	return table.Key{Partition: s.key("ANSWER", provider, content), Sort: one}
}

// OpenAnswer opens the run of an answer. It gives nil if the same file was answered before: that changes
// nothing. Errors: run.busy, input.too_large.
func (s *Service) OpenAnswer(ctx context.Context, a *AnswerFile) (*Run, error) {
	if len(a.Lines) > MaxAnswerLines {
		return nil, fault.New(fault.InputTooLarge, fmt.Sprintf(
			"The answer has %d lines, at most %d are taken at once.", len(a.Lines), MaxAnswerLines))
	}
	if _, ok, err := s.Table.Get(ctx, s.answerKey(a.Provider, a.Content)); ok || err != nil {
		return nil, err
	}
	return s.openRequest(ctx, Answer, a)
}

const stepAnswer = "answer"

// Answer computes and commits an answer run.
func (s *Service) Answer(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepSettle)
	if err != nil || done {
		return err
	}
	m, err := w.answerTask(ctx)
	if err != nil {
		return err
	}
	return s.commit(ctx, st, m)
}

func (w *work) answerTask(ctx context.Context) (*Manifest, error) {
	if w.pins.Kind == Adjustment {
		return w.adjustTask(ctx)
	}
	var file AnswerFile
	if err := w.readJSON(ctx, w.pins.Request.Key, &file); err != nil {
		return nil, err
	}
	a := &answering{w: w, file: &file, items: map[transaction.Hash]*ledger.Item{}}
	return a.run(ctx)
}

// answering computes one answer.
type answering struct {
	w     *work
	file  *AnswerFile
	items map[transaction.Hash]*ledger.Item
	files []*ProviderFile // of the provider, all runs, oldest first
	out   Answered
	m     *Manifest
}

// target is an entry that a line names.
type target struct {
	key   transaction.Hash
	order int32
}

func (a *answering) run(ctx context.Context) (*Manifest, error) {
	p := a.w.pins
	a.m = &Manifest{
		Retailer: p.Retailer, Run: p.Run, Kind: p.Kind, RunDate: p.RunDate, Previous: p.Previous,
		PreviousDigest: p.PreviousDigest, Accounts: map[string]ledger.Balances{}, Answered: &a.out,
	}
	a.out.Provider = a.file.Provider
	if err := a.loadFiles(ctx); err != nil {
		return nil, err
	}
	bySequence, err := a.linked(ctx)
	if err != nil {
		return nil, err
	}
	for i := range a.file.Lines {
		l := &a.file.Lines[i]
		targets := bySequence[recordName{l.FileNo, l.Sequence}]
		if l.Key != "" {
			if targets, err = a.ofTransaction(ctx, l.Key); err != nil {
				return nil, err
			}
		}
		matched := 0
		for _, t := range targets {
			did, err := a.apply(ctx, t, l.Accepted)
			if err != nil {
				return nil, err
			}
			if did {
				matched++
			}
		}
		a.out.Matched = append(a.out.Matched, matched)
	}
	if err := a.m.agree(); err != nil {
		return nil, err
	}
	return a.m, a.seal()
}

// loadFiles reads what became of the provider's entries in all runs.
func (a *answering) loadFiles(ctx context.Context) error {
	seen := map[string]bool{}
	for i := range a.w.set.Outlets {
		o := &a.w.set.Outlets[i]
		if o.Provider != a.file.Provider || seen[o.Code] {
			continue
		}
		seen[o.Code] = true
		q := table.Query{Partition: a.w.fileKey(o.Code, 1).Partition}
		err := table.Each(ctx, a.w.Table, q, func(item table.Item) error {
			f, err := readProviderFile(item.Body)
			if err == nil && f.Run < a.w.pins.Run {
				a.files = append(a.files, f)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(a.files, func(x, y *ProviderFile) int { return int(x.Run - y.Run) })
	return nil
}

// sentIn gives the file in which entries of a run left, nil if they wait.
func (a *answering) sentIn(run int64) *ProviderFile {
	for _, f := range a.files {
		if f.Run >= run && !f.Carried {
			return f
		}
	}
	return nil
}

// recordName is how an answer names a record: the newest file of that number counts (R21).
type recordName struct{ fileNo, sequence int64 }

// linked finds the entries of all records that the answer names.
func (a *answering) linked(ctx context.Context) (map[recordName][]target, error) {
	wanted := map[int64]bool{}
	out := map[recordName][]target{}
	for i := range a.file.Lines {
		if l := &a.file.Lines[i]; l.Key == "" {
			wanted[l.FileNo] = true
			out[recordName{l.FileNo, l.Sequence}] = nil
		}
	}
	for i := len(a.files) - 1; i >= 0; i-- {
		f := a.files[i]
		if !wanted[f.FileNo] {
			continue
		}
		delete(wanted, f.FileNo)
		err := a.w.Links(ctx, f, func(l *Link) error {
			name := recordName{f.FileNo, l.Sequence}
			if _, ok := out[name]; ok && l.Sequence > 0 {
				out[name] = append(out[name], target{l.Key, l.Order})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ofTransaction gives the entries of a transaction.
func (a *answering) ofTransaction(ctx context.Context, key string) ([]target, error) {
	hash := transaction.Hash(hexSum(key))
	it, err := a.item(ctx, hash)
	if err != nil || it == nil {
		return nil, err
	}
	var out []target
	for i := range it.Record.Entries {
		out = append(out, target{hash, int32(i)})
	}
	return out, nil
}

// item gives a transaction with what this answer did to it so far, nil if there is none.
func (a *answering) item(ctx context.Context, key transaction.Hash) (*ledger.Item, error) {
	if it, ok := a.items[key]; ok {
		return it, nil
	}
	item, ok, err := a.w.Table.Get(ctx, a.w.transactionKey(&key))
	if err != nil {
		return nil, err
	}
	var it *ledger.Item
	if ok {
		it = &ledger.Item{}
		known, err := it.Decode(bytes.Clone(item.Body), a.w.pins.Run-1)
		if err != nil {
			return nil, err
		}
		if !known {
			it = nil
		}
	}
	a.items[key] = it
	return it, nil
}

// apply refuses or accepts one entry, if it is where that can happen to it.
func (a *answering) apply(ctx context.Context, t target, accept bool) (bool, error) {
	it, err := a.item(ctx, t.key)
	if err != nil || it == nil || int(t.order) >= len(it.Record.Entries) {
		return false, err
	}
	if string(it.Record.Provider) != a.file.Provider || it.Refused(t.order) {
		return false, nil
	}
	sent := a.sentIn(it.GrantedIn(t.order))
	if sent == nil {
		return false, nil // it waits for its file
	}
	e := &it.Record.Entries[t.order]
	accepted := it.Accepted(t.order) || sent.AcceptedRun > 0 && sent.AcceptedRun < a.w.pins.Run
	event := ledger.Event{Run: a.w.pins.Run, Order: t.order, Points: e.Points}
	switch {
	case accept && accepted:
		return false, nil
	case accept:
		event.Kind = ledger.AcceptedEntry
		a.m.move(a.file.Provider, ledger.Sent, ledger.Accepted, e.Points)
		a.moveFile(sent, e.Points, 0)
	default:
		event.Kind = ledger.RefusedEntry
		from := ledger.Sent
		if accepted {
			from = ledger.Accepted
		} else {
			a.moveFile(sent, 0, e.Points)
		}
		a.m.move(a.file.Provider, from, ledger.Refused, e.Points)
		if err := a.refused(ctx, it, e); err != nil {
			return false, err
		}
	}
	a.add(t.key, it, event)
	return true, nil
}

// refused does what the refusal of an entry does elsewhere: counters, and the sale that a return took from.
func (a *answering) refused(ctx context.Context, it *ledger.Item, e *ledger.Entry) error {
	if e.Campaign {
		a.out.Counters = append(a.out.Counters, CounterMove{
			Campaign: string(e.Rule), Ref: hex.EncodeToString(it.Record.Ref[:]), Points: -e.Points,
		})
	}
	if e.Original < 0 {
		return nil
	}
	sale, err := a.item(ctx, it.Record.Original)
	if err != nil || sale == nil {
		return err
	}
	a.add(it.Record.Original, sale, ledger.Event{
		Run: a.w.pins.Run, Kind: ledger.RefusedReturn, Order: e.Original, Points: -e.Points,
		By: it.Record.Key,
	})
	return nil
}

func (a *answering) add(key transaction.Hash, it *ledger.Item, e ledger.Event) {
	it.Events = append(it.Events, e)
	a.out.Events = append(a.out.Events, AppliedEvent{hex.EncodeToString(key[:]), e})
}

func (a *answering) moveFile(f *ProviderFile, accepted, refused int64) {
	for i := range a.out.Files {
		if x := &a.out.Files[i]; x.Outlet == f.Outlet && x.Run == f.Run {
			x.Accepted += accepted
			x.Refused += refused
			return
		}
	}
	a.out.Files = append(a.out.Files, FileMove{f.Outlet, f.Run, accepted, refused})
}

// seal computes the digest: events are the records of their buckets, the lines' results the file hash.
func (a *answering) seal() error {
	var canonical [rating.Buckets][]byte
	for i := range a.out.Events {
		e := &a.out.Events[i]
		key := hexSum(e.Key)
		canonical[key[0]] = e.Event.AppendCanonical(append(canonical[key[0]], key[:]...))
	}
	for _, text := range a.out.Items {
		var rec ledger.Record
		b, err := hex.DecodeString(text)
		if err != nil {
			return err
		}
		if _, err := rec.Decode(b); err != nil {
			return err
		}
		canonical[rec.Key[0]] = rec.AppendCanonical(canonical[rec.Key[0]])
	}
	for i := range canonical {
		sum := sha256.Sum256(canonical[i])
		a.m.Buckets = append(a.m.Buckets, hexOf(sum[:]))
	}
	var lines []byte
	for i, n := range a.out.Matched {
		lines = digest.AppendNumbers(lines, a.file.Lines[i].Line, int64(n))
	}
	sum := sha256.Sum256(lines)
	a.m.FileHash = hexOf(sum[:])
	return a.w.seal(a.m)
}

// answered writes what an answer did into the ledger.
func (p *poster) answered(ctx context.Context) error {
	a := p.m.Answered
	byKey := map[string][]ledger.Event{}
	for i := range a.Events {
		byKey[a.Events[i].Key] = append(byKey[a.Events[i].Key], a.Events[i].Event)
	}
	keys := sortedKeys(byKey)
	ask := make([]table.Key, len(keys))
	for i := range keys {
		hash := transaction.Hash(hexSum(keys[i]))
		ask[i] = p.w.transactionKey(&hash)
	}
	var it ledger.Item
	err := p.to.BatchGet(ctx, ask, func(i int, item table.Item, ok bool) error {
		if !ok {
			return fault.New(fault.PartMissing, "a transaction of the ledger is missing")
		}
		if _, err := it.Decode(item.Body, p.m.Run); err != nil {
			return err
		}
		if it.LastRun() >= p.m.Run {
			return nil // posted already
		}
		item.Body = appendEvents(bytes.Clone(item.Body), byKey[keys[i]])
		return p.put(ctx, item)
	})
	if err != nil {
		return err
	}
	for _, c := range a.Counters {
		sum, err := hex.DecodeString(c.Ref)
		if err != nil || len(sum) != len(card.Ref{}) {
			return fault.New(fault.PartDamaged, "a counter of the manifest is damaged")
		}
		ref := card.Ref(sum)
		if err := p.count([]byte(c.Campaign), &ref, c.Points); err != nil {
			return err
		}
	}
	if err := p.adjusted(ctx); err != nil {
		return err
	}
	for _, f := range a.Files {
		err := p.changeFile(ctx, f.Outlet, f.Run, func(x *ProviderFile) {
			if n := len(x.Answers); n == 0 || x.Answers[n-1].Run < p.m.Run {
				x.Answers = append(x.Answers, FileAnswer{p.m.Run, f.Accepted, f.Refused})
			}
		})
		if err != nil {
			return err
		}
	}
	return p.answeredOnce(ctx)
}

// adjusted writes the transactions that an adjustment made.
func (p *poster) adjusted(ctx context.Context) error {
	for _, text := range p.m.Answered.Items {
		var r ledger.Record
		b, err := hex.DecodeString(text)
		if err != nil {
			return err
		}
		if _, err := r.Decode(b); err != nil {
			return err
		}
		item := table.Item{Key: p.w.transactionKey(&r.Key), Body: ledger.AppendItem(nil, p.m.Run, b)}
		item.Index[0] = p.w.cardIndex(&r.Ref, int64(r.Date)*86400, &r.Key)
		if err := p.put(ctx, item); err != nil {
			return err
		}
	}
	return nil
}

// answeredOnce notes that the file was answered.
func (p *poster) answeredOnce(ctx context.Context) error {
	if p.m.Kind != Answer {
		return nil
	}
	var file AnswerFile
	if err := p.w.readJSON(ctx, p.w.pins.Request.Key, &file); err != nil {
		return err
	}
	return p.putJSON(ctx, p.w.answerKey(file.Provider, file.Content), map[string]int64{"run": p.m.Run})
}
