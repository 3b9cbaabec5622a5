package day

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/outlet"
	"multipoint/shared/packed"
	"multipoint/shared/rating"
	"multipoint/shared/transaction"
)

// AdjustmentFile asks for points to be given, taken back or granted anew by hand (R19). It needs a reason and
// the approval of a second person.
type AdjustmentFile struct {
	Reason     string           `json:"reason"`
	By         string           `json:"by"`
	ApprovedBy string           `json:"approved_by"`
	Lines      []AdjustmentLine `json:"lines"`
}

// AdjustmentLine names a grant entry by key and place, or a card by reference and a point type. What
// changes an entry counts in caps and returns (R14, R16), what changes a card does not.
type AdjustmentLine struct {
	Key   string `json:"key,omitempty"` // hex
	Order int32  `json:"order,omitempty"`

	Provider  string `json:"provider,omitempty"`
	Ref       string `json:"ref,omitempty"` // hex (Service.Ref)
	PointType string `json:"point_type,omitempty"`

	Points int64 `json:"points,omitempty"` // to give, negative to take back
	Resend bool  `json:"resend,omitempty"` // grant the refused entry anew
}

const (
	maxAdjustmentLines = 1000
	maxAdjustedPoints  = 1_000_000_000_000
)

// Ref gives the reference of a card.
func (s *Service) Ref(ctx context.Context, provider, number string) (string, error) {
	key, err := s.Keys.Pseudonym(ctx, s.Retailer)
	if err != nil {
		return "", err
	}
	ref := card.NewPseudonyms(key).Ref(provider, []byte(number))
	return hex.EncodeToString(ref[:]), nil
}

// OpenAdjustment opens the run of an adjustment. Errors: adjustment.bad, run.busy.
func (s *Service) OpenAdjustment(ctx context.Context, a *AdjustmentFile) (*Run, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	return s.openRequest(ctx, Adjustment, a)
}

func (a *AdjustmentFile) check() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.AdjustmentBad, fmt.Sprintf(format, args...))
	}
	switch {
	case a.Reason == "" || a.By == "" || a.ApprovedBy == "":
		return bad("Reason, author and approval are needed.")
	case a.By == a.ApprovedBy:
		return bad("%s cannot approve an adjustment of their own.", a.By)
	case len(a.Lines) == 0 || len(a.Lines) > maxAdjustmentLines:
		return bad("%d lines; 1 to %d are taken at once.", len(a.Lines), maxAdjustmentLines)
	}
	for i := range a.Lines {
		l := &a.Lines[i]
		switch {
		case (l.Key == "") == (l.Ref == ""):
			return bad("Line %d names neither an entry nor a card, or both.", i+1)
		case l.Resend && (l.Key == "" || l.Points != 0):
			return bad("Line %d: only a refused entry is granted anew, with its own points.", i+1)
		case !l.Resend && (l.Points == 0 || l.Points > maxAdjustedPoints || l.Points < -maxAdjustedPoints):
			return bad("Line %d: %d points.", i+1, l.Points)
		case l.Ref != "" && (l.Provider == "" || l.PointType == ""):
			return bad("Line %d: a card needs provider and point type.", i+1)
		}
	}
	return nil
}

// adjusting computes one adjustment. What it grants waits for the outlets' next files.
type adjusting struct {
	answering
	request *AdjustmentFile
	entries map[int][]outlet.Entry // by outlet
	ways    []rating.Way
}

func (w *work) adjustTask(ctx context.Context) (*Manifest, error) {
	a := &adjusting{request: &AdjustmentFile{}, entries: map[int][]outlet.Entry{}, ways: w.engine.Ways()}
	if err := w.readJSON(ctx, w.pins.Request.Key, a.request); err != nil {
		return nil, err
	}
	a.answering = answering{w: w, file: &AnswerFile{}, items: map[transaction.Hash]*ledger.Item{}}
	p := w.pins
	a.m = &Manifest{
		Retailer: p.Retailer, Run: p.Run, Kind: p.Kind, RunDate: p.RunDate, Previous: p.Previous,
		PreviousDigest: p.PreviousDigest, Accounts: map[string]ledger.Balances{}, Answered: &a.out,
		Reason: a.request.Reason,
	}
	for i := range a.request.Lines {
		did, err := a.line(ctx, int64(i+1), &a.request.Lines[i])
		if err != nil {
			return nil, err
		}
		a.file.Lines = append(a.file.Lines, AnswerLine{Line: int64(i + 1)})
		a.out.Matched = append(a.out.Matched, int(flag(did)))
	}
	for i := range a.ways {
		if len(a.entries[i]) > 0 {
			if err := a.carry(ctx, i); err != nil {
				return nil, err
			}
		}
	}
	a.m.Totals.Sort()
	if err := a.m.agree(); err != nil {
		return nil, err
	}
	return a.m, a.seal()
}

// line does one line; false if there is nothing of that name, or it cannot be done to it.
func (a *adjusting) line(ctx context.Context, number int64, l *AdjustmentLine) (bool, error) {
	if l.Ref != "" {
		return a.card(ctx, number, l)
	}
	key := transaction.Hash(hexSum(l.Key))
	it, err := a.item(ctx, key)
	if err != nil || it == nil || l.Order < 0 || int(l.Order) >= len(it.Record.Entries) {
		return false, err
	}
	if l.Resend != it.Refused(l.Order) {
		return false, nil // only what stands refused is granted anew, only what stands is changed
	}
	left, err := a.w.entryOf(ctx, it, l.Order)
	if err != nil || left == nil {
		return false, err
	}
	e := &it.Record.Entries[l.Order]
	if l.Resend {
		left.Order, left.Key = l.Order, key
		a.add(key, it, ledger.Event{
			Run: a.w.pins.Run, Kind: ledger.Resent, Order: l.Order, Points: e.Points,
		})
		a.count(it.Record.Ref, e, e.Points)
		return a.grant(ctx, number, &it.Record, left, e.Points, true)
	}
	rec := a.made(number, string(it.Record.Provider), it.Record.Ref, l.Points)
	rec.Original, rec.NamesOriginal = key, true
	rec.Entries[0].Rule, rec.Entries[0].PointType = e.Rule, e.PointType
	rec.Entries[0].Original, rec.Entries[0].Campaign = l.Order, e.Campaign
	a.add(key, it, ledger.Event{Run: a.w.pins.Run, Kind: ledger.Adjusted, Order: l.Order, Points: l.Points})
	a.count(it.Record.Ref, e, l.Points)
	left.Order, left.Key, left.IsReturn = 0, rec.Key, l.Points < 0
	a.out.Items = append(a.out.Items, hexOf(rec.AppendBinary(nil)))
	return a.grant(ctx, number, rec, left, l.Points, false)
}

// card gives or takes points of a card that no entry stands for.
func (a *adjusting) card(ctx context.Context, number int64, l *AdjustmentLine) (bool, error) {
	b, err := hex.DecodeString(l.Ref)
	if err != nil || len(b) != len(card.Ref{}) {
		return false, nil //nolint:nilerr // no reference: the line is reported
	}
	digits, err := a.w.history.Number(l.Provider, card.Ref(b))
	if err != nil || len(digits) == 0 {
		return false, err
	}
	rec := a.made(number, l.Provider, card.Ref(b), l.Points)
	rec.Entries[0].Rule, rec.Entries[0].PointType = []byte("adjustment"), []byte(l.PointType)
	left := &outlet.Entry{
		IsReturn: l.Points < 0, PointType: []byte(l.PointType), Date: a.w.pins.RunDate, Time: calendar.NoTime,
		Number: a.w.job.Members.Newest(l.Provider, digits),
	}
	left.Key = rec.Key
	a.out.Items = append(a.out.Items, hexOf(rec.AppendBinary(nil)))
	return a.grant(ctx, number, rec, left, l.Points, false)
}

// made makes the record of a line, a transaction of its own.
func (a *adjusting) made(number int64, provider string, ref card.Ref, points int64) *ledger.Record {
	run := a.w.pins.Run
	rec := &ledger.Record{
		File: 1, Line: number, Kind: transaction.Grant, Provider: []byte(provider), Ref: ref,
		Date: a.w.pins.RunDate, Time: calendar.NoTime,
		Entries: []ledger.Entry{{Award: points, Points: points, Original: -1}},
	}
	rec.Key = transaction.KeyOf("adjustment", strconv.FormatInt(run, 10), strconv.FormatInt(number, 10))
	rec.Content = rec.Key
	return rec
}

func (a *adjusting) count(ref card.Ref, e *ledger.Entry, points int64) {
	if e.Campaign {
		a.out.Counters = append(a.out.Counters, CounterMove{
			Campaign: string(e.Rule), Ref: hex.EncodeToString(ref[:]), Points: points,
		})
	}
}

// grant moves the points and lets the entry wait for its outlet's next file.
func (a *adjusting) grant(
	_ context.Context, number int64, rec *ledger.Record, left *outlet.Entry, points int64, resent bool,
) (bool, error) {
	provider := string(rec.Provider)
	way := -1
	for i := range a.ways {
		if a.ways[i].Provider == provider {
			way = i
		}
	}
	if way < 0 {
		return false, fault.New(fault.MasterDangling, "provider "+provider+" has no outlet in force")
	}
	left.Run, left.File, left.Line, left.Points = a.w.pins.Run, 1, number, points
	a.entries[way] = append(a.entries[way], *left)
	a.m.move(provider, ledger.Issued, ledger.Granted, points)
	e := a.m.Totals.EntriesOf(provider)
	switch {
	case resent:
		e.Resends++
	case points > 0:
		e.Grants++
	default:
		e.Returns++
	}
	return true, nil
}

// carry keeps an outlet's entries for its next file, behind those that wait already.
func (a *adjusting) carry(ctx context.Context, way int) error {
	f := &outletTask{w: a.w, index: way, way: a.ways[way]}
	in, err := a.w.openEntries(ctx, nil, way, f.way.Code)
	if err != nil {
		return err
	}
	defer in.close()
	var buf []byte
	for i := range a.entries[way] {
		buf = a.entries[way][i].AppendBinary(buf)
	}
	in.rest = buf
	out := &ProviderFile{
		Outlet: f.way.Code, Provider: f.way.Provider, Run: a.w.pins.Run, RunDate: a.w.pins.RunDate,
	}
	if err := f.carry(ctx, in, out); err != nil {
		return err
	}
	a.m.Providers = append(a.m.Providers, *out)
	a.m.Parts = append(a.m.Parts, out.Part)
	e := a.m.Totals.EntriesOf(f.way.Provider)
	e.CarriedOut = out.Entries
	e.CarriedIn = out.Entries - int64(len(a.entries[way]))
	return nil
}

// entryOf finds the entry as it left once, in the parts of the run that granted it; nil if its run has none.
// Errors: part.shredded.
func (w *work) entryOf(ctx context.Context, it *ledger.Item, order int32) (*outlet.Entry, error) {
	m, err := w.Manifest(ctx, it.Run)
	if err != nil {
		return nil, err
	}
	bucket := int(it.Record.Key[0])
	if it.Record.Kind.TakesBack() {
		bucket = int(it.Record.Original[0])
	}
	place := -1
	for i := range m.Providers {
		if m.Providers[i].Provider == string(it.Record.Provider) {
			place = i // the outlets of a manifest are those of the engine, in their order
		}
	}
	for i := range m.Grants {
		from, to := groupBuckets(i, len(m.Grants))
		if bucket < from || bucket >= to || place < 0 {
			continue
		}
		p, err := w.openPart(ctx, m.Grants[i].Key)
		if err != nil {
			return nil, err
		}
		b, err := section(ctx, p, to-from+grantOutlets+place)
		if err != nil {
			return nil, err
		}
		return findEntry(b, it, order)
	}
	return nil, nil
}

// findEntry looks an entry up among the frames of an outlet.
func findEntry(b []byte, it *ledger.Item, order int32) (*outlet.Entry, error) {
	e := &outlet.Entry{}
	for r := packed.From(b); len(r.Rest()) > 0; {
		frame := r.Text()
		if r.Bad() || len(frame) < pieceKey {
			return nil, fault.New(fault.PartDamaged, "")
		}
		for rest := frame[pieceKey:]; len(rest) > 0; {
			var err error
			if rest, err = e.DecodeBinary(rest); err != nil {
				return nil, err
			}
			if e.Order == order && e.File == it.Record.File && e.Line == it.Record.Line {
				return e, nil
			}
		}
	}
	return nil, nil
}
