package day

import (
	"context"
	"encoding/hex"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// ExplainedRecord is a line in the common layout (DESIGN §5).
type ExplainedRecord struct {
	Kind         string        `json:"kind"`
	BusinessDate calendar.Date `json:"business_date"`
	Time         string        `json:"time,omitempty"` // as written
	Store        string        `json:"store,omitempty"`
	Register     string        `json:"register,omitempty"`
	Receipt      string        `json:"receipt,omitempty"`
	// Original names the sale that a return or cancel takes back: date, store, register, receipt.
	Original    string          `json:"original,omitempty"`
	Card        string          `json:"card,omitempty"`
	MemberNo    string          `json:"member_no,omitempty"`
	Affiliate   string          `json:"affiliate,omitempty"`
	AmountIncl  int64           `json:"amount_incl"` // yen
	AmountExcl  int64           `json:"amount_excl"`
	PointType   string          `json:"point_type,omitempty"`
	GrantType   string          `json:"grant_type,omitempty"`
	PointsGiven int64           `json:"points_given,omitempty"`
	Items       []ExplainedItem `json:"items,omitempty"`
}

// ExplainedItem is one product line of a receipt.
type ExplainedItem struct {
	Product  string `json:"product"`
	Quantity int64  `json:"quantity"`
	Amount   int64  `json:"amount"` // yen
	TaxRate  int32  `json:"tax_rate"`
}

// ExplainedEntry is one movement of points.
type ExplainedEntry struct {
	Rule      string `json:"rule"`
	Kind      string `json:"kind"` // normal, campaign, given or return
	PointType string `json:"point_type"`
	Basis     int64  `json:"basis"` // yen that the rule counted; normal points for multipliers
	Award     int64  `json:"award"` // before caps
	Points    int64  `json:"points"`
	// Arithmetic shows how the award came about: 1,080 yen x 1/100 = 10.8, rounded down: 10.
	Arithmetic string         `json:"arithmetic"`
	Cuts       []ExplainedCut `json:"cuts,omitempty"`
	// TakesBack is the sale that a return takes back from.
	TakesBack *ExplainedReturn   `json:"takes_back,omitempty"`
	Left      *ExplainedLeaving  `json:"left,omitempty"`
	Answers   []ExplainedAnswer  `json:"answers,omitempty"`
	Accepted  *ExplainedAccepted `json:"accepted,omitempty"`
}

// ExplainedCut is what a cap took away.
type ExplainedCut struct {
	Cap  string `json:"cap"` // transaction, member, campaign, or member or campaign
	Says string `json:"says"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// ExplainedReturn is the arithmetic of R16.
type ExplainedReturn struct {
	Key      string `json:"key"`
	Run      int64  `json:"run"`
	Line     int64  `json:"line,omitempty"`
	File     string `json:"file,omitempty"`
	Rule     string `json:"rule,omitempty"`
	Granted  int64  `json:"granted"`  // P
	Returned int64  `json:"returned"` // R, yen
	Sale     int64  `json:"sale"`     // A, yen
	Taken    int64  `json:"taken"`    // by earlier returns
	Standing int64  `json:"standing"` // what still stood
	Points   int64  `json:"points"`   // taken back, negative
}

// ExplainedRule is a rule that gave nothing.
type ExplainedRule struct {
	Rule string `json:"rule"`
	Kind string `json:"kind"`
	Why  string `json:"why"` // points.NotApplied
	Says string `json:"says"`
}

// explain explains one line.
func (e *explainer) explain(ctx context.Context, p *linePlace) (*Explanation, error) {
	r, err := e.ready(ctx, p.run)
	if err != nil {
		return nil, err
	}
	if r.run.Kind == Adjustment {
		return e.adjustment(ctx, r, p)
	}
	if p.ordinal < 1 || p.ordinal > len(r.pins.Files) {
		return nil, fault.New(fault.RunUnknown, "The run has no such file.")
	}
	f := &r.pins.Files[p.ordinal-1]
	x := &Explanation{
		Run: p.run, RunDate: r.pins.RunDate, Masters: r.pins.Masters.SHA256, Entries: []ExplainedEntry{},
		Input: ExplainedLine{
			File: f.Name, Ordinal: p.ordinal, Feed: f.Feed, Line: p.line, Offset: max(0, p.offset),
		},
	}
	verdict := &r.manifest.Files[p.ordinal-1]
	if !verdict.Accepted() {
		x.Refused = &ExplainedFault{
			Code: verdict.Code.Name(), Says: verdict.Code.Meaning(), What: verdict.What, Line: verdict.Line,
		}
	}
	line, err := e.readLine(ctx, r, p)
	if err == nil && line.needsMembers() {
		if err = e.withMembers(ctx, r); err == nil {
			line, err = e.readLine(ctx, r, p)
		}
	}
	code := fault.CodeOf(err)
	switch {
	case code == fault.PartShredded || code == fault.PartMissing:
		x.Notes = append(x.Notes, "The line's bytes can no longer be read: "+code.Meaning())
		return x, e.fromLedger(ctx, r, p, x)
	case err != nil:
		return nil, err
	}
	e.show(x, line, r.engine.Feed(p.ordinal).Reading().Layout().Encoding)
	return x, e.decided(ctx, r, p, x, line)
}

// adjustment explains points that were moved by hand.
func (e *explainer) adjustment(ctx context.Context, r *explainedRun, p *linePlace) (*Explanation, error) {
	it, err := e.item(ctx, &p.key)
	if err != nil {
		return nil, err
	}
	x := &Explanation{
		Run: p.run, RunDate: r.pins.RunDate, Masters: r.pins.Masters.SHA256, Entries: []ExplainedEntry{},
		Input: ExplainedLine{File: Adjustment, Ordinal: p.ordinal, Line: p.line},
		Notes: []string{"Its reason: " + r.manifest.Reason},
	}
	if it == nil || it.Run != p.run {
		return x, nil
	}
	x.Key = hex.EncodeToString(p.key[:])
	if err := e.record(ctx, r, x, &it.Record, nil); err != nil {
		return nil, err
	}
	x.Status = Adjustment
	for i := range x.Entries {
		n := &x.Entries[i]
		n.Kind, n.TakesBack, n.Arithmetic = Adjustment, nil, grouped(n.Points)+" points by hand"
	}
	return x, nil
}

// decided says what the run decided about a line.
func (e *explainer) decided(
	ctx context.Context, r *explainedRun, p *linePlace, x *Explanation, line *inputLine,
) error {
	switch {
	case line.control:
		x.Status = "no_transaction"
	case len(line.faults) > 0:
		x.Status = "bad"
		for _, f := range line.faults {
			x.Faults = append(x.Faults, ExplainedFault{
				Code: f.Code.Name(), Says: f.Code.Meaning(), Field: f.Field, Line: f.Line, Offset: f.Offset,
			})
		}
	default:
		x.Record, x.Key = e.common(r, line.tx), hex.EncodeToString(line.tx.Key[:])
		if x.Refused != nil {
			x.Status = "in_refused_file"
			return nil
		}
		rec, err := e.recordOf(ctx, r, line.tx.Bucket(), int32(p.ordinal), line.line)
		if err != nil {
			return err
		}
		return e.record(ctx, r, x, rec, line.tx)
	}
	return nil
}

// common gives the common layout of a transaction.
func (e *explainer) common(r *explainedRun, t *transaction.Transaction) *ExplainedRecord {
	out := &ExplainedRecord{
		Kind: t.Kind.String(), BusinessDate: t.Date, Time: string(t.TimeRaw), Store: string(t.Store),
		Register: string(t.Register), Receipt: string(t.Receipt), Card: e.number(t.Card),
		MemberNo: string(t.MemberNo), Affiliate: string(t.AffiliateRaw), AmountIncl: t.AmountIncl,
		AmountExcl: t.AmountExcl, PointType: string(t.PointType), GrantType: string(t.GrantType),
		PointsGiven: t.PointsGiven,
	}
	if t.Affiliate >= 0 {
		out.Affiliate = r.set.Affiliates[t.Affiliate].Code
	}
	if t.NamesOriginal {
		date := ""
		if !t.OriginalDate.IsZero() {
			date = t.OriginalDate.String()
		}
		for i, part := range []string{
			date, string(t.OriginalStore), string(t.OriginalRegister), string(t.OriginalReceipt),
		} {
			if i > 0 {
				out.Original += " "
			}
			out.Original += part
		}
	}
	for i := range t.Items {
		it := &t.Items[i]
		out.Items = append(out.Items, ExplainedItem{string(it.Product), it.Quantity, it.Amount, it.TaxRate})
	}
	return out
}

// number shows a card number as far as the query wants it.
func (e *explainer) number(digits []byte) string {
	if e.q.Reveal {
		return string(digits)
	}
	return maskNumber(string(digits))
}

// recordOf finds the run's record of a line in the bucket of its key. Errors: part.missing if there is none,
// part.shredded.
func (e *explainer) recordOf(
	ctx context.Context, r *explainedRun, bucket int, file int32, line int64,
) (*ledger.Record, error) {
	groups := len(r.manifest.Grants)
	for i, g := range r.manifest.Grants {
		from, to := groupBuckets(i, groups)
		if bucket < from || bucket >= to {
			continue
		}
		p, err := e.openPart(ctx, g.Key)
		if err != nil {
			return nil, err
		}
		b, err := section(ctx, p, bucket-from)
		if err != nil {
			return nil, partFault(g.Key, err)
		}
		rec := &ledger.Record{}
		for len(b) > 0 {
			if b, err = rec.Decode(b); err != nil {
				return nil, err
			}
			if rec.File == file && rec.Line == line {
				return rec, nil
			}
		}
	}
	return nil, fault.At(fault.PartMissing, fault.Place{Line: line}, "the run has no record of the line")
}

// fromLedger explains what the ledger still knows of a line whose bytes were shredded.
func (e *explainer) fromLedger(ctx context.Context, r *explainedRun, p *linePlace, x *Explanation) error {
	it, err := e.item(ctx, &p.key)
	if err != nil || it == nil || it.Run != p.run {
		return err
	}
	x.Key = hex.EncodeToString(p.key[:])
	return e.record(ctx, r, x, &it.Record, nil)
}

// record explains a record; t is nil if the line cannot be read any more.
func (e *explainer) record(
	ctx context.Context, r *explainedRun, x *Explanation, rec *ledger.Record, t *transaction.Transaction,
) error {
	x.Status = rec.Status.String()
	if rec.Warning != 0 {
		x.Warnings = append(x.Warnings, ExplainedFault{
			Code: rec.Warning.Name(), Says: rec.Warning.Meaning(), Line: rec.Line, Offset: rec.Offset,
		})
	}
	if rec.Status != ledger.Rated {
		x.Faults = append(x.Faults, ExplainedFault{
			Code: rec.Code.Name(), Says: rec.Code.Meaning(), Line: rec.Line, Offset: rec.Offset,
		})
		return e.earlier(ctx, x, rec)
	}
	if x.Provider = string(rec.Provider); x.Provider != "" {
		if err := e.account(ctx, x, rec, t); err != nil {
			return err
		}
	}
	it, err := e.item(ctx, &rec.Key)
	if err != nil {
		return err
	}
	var sale *ledger.Item
	if rec.Kind.TakesBack() && rec.NamesOriginal {
		if sale, err = e.item(ctx, &rec.Original); err != nil {
			return err
		}
	}
	for i := range rec.Entries {
		entry := r.entry(&rec.Entries[i], rec.Kind.TakesBack())
		if o := rec.Entries[i].Original; o >= 0 && sale != nil && int(o) < len(sale.Record.Entries) {
			entry.TakesBack = takenFrom(sale, rec, int32(i), x.Run)
			entry.TakesBack.File = e.fileName(ctx, sale)
			entry.Arithmetic = entry.TakesBack.arithmetic()
		}
		x.Entries = append(x.Entries, entry)
	}
	for i := range x.Entries {
		l := &leaving{&x.Entries[i], rec.Key, x.Run, int32(i), x.Provider, it, r}
		if it != nil {
			l.run = it.GrantedIn(l.order)
		}
		e.left = append(e.left, l)
	}
	x.TakenBack = takenBack(it)
	known := sale != nil && sale.Run <= x.Run && !sale.Record.Kind.TakesBack()
	if t != nil && !known {
		r.notApplied(x, rec, t)
	}
	return nil
}

// account names the card that the points went to.
func (e *explainer) account(
	ctx context.Context, x *Explanation, rec *ledger.Record, t *transaction.Transaction,
) error {
	if t != nil && !rec.Kind.TakesBack() {
		x.Account = e.number(t.Account)
		return nil
	}
	n, err := e.Number(ctx, rec.Ref)
	if code := fault.CodeOf(err); code == fault.PartShredded || code == fault.PartMissing || n == nil {
		x.Notes = append(x.Notes, "The number of the card was erased.")
		return nil
	}
	x.Account = e.number(n)
	return err
}

// earlier names the transaction that took a key before.
func (e *explainer) earlier(ctx context.Context, x *Explanation, rec *ledger.Record) error {
	if rec.Code != fault.TransactionDuplicate && rec.Code != fault.TransactionConflict {
		return nil
	}
	it, err := e.item(ctx, &rec.Key)
	if err != nil || it == nil {
		return err
	}
	x.Earlier = &ExplainedPlace{Run: it.Run, Line: it.Record.Line, File: e.fileName(ctx, it)}
	if r, err := e.ready(ctx, it.Run); err == nil {
		x.Earlier.Date = r.pins.RunDate
	}
	return nil
}

// fileName names the file of a transaction, empty if its run cannot be read.
func (e *explainer) fileName(ctx context.Context, it *ledger.Item) string {
	r, err := e.ready(ctx, it.Run)
	if i := int(it.Record.File) - 1; err == nil && uint(i) < uint(len(r.pins.Files)) {
		return r.pins.Files[i].Name
	}
	return ""
}

// takenFrom is the arithmetic of a return's entry. Returns of one run are told apart by R, which grows with
// each of them.
func takenFrom(sale *ledger.Item, rec *ledger.Record, order int32, run int64) *ExplainedReturn {
	mine := &rec.Entries[order]
	from := &sale.Record.Entries[mine.Original]
	out := &ExplainedReturn{
		Key: hex.EncodeToString(sale.Record.Key[:]), Run: sale.Run, Line: sale.Record.Line,
		Rule: string(from.Rule), Granted: from.Points, Returned: rec.Returned, Sale: sale.Record.Incl,
		Standing: from.Points, Points: mine.Points,
	}
	for i := range sale.Events {
		v := &sale.Events[i]
		before := v.Run < run || v.Run == run && v.Kind <= ledger.Back && v.Yen < rec.Returned
		if !before || v.Order != mine.Original {
			continue
		}
		switch v.Kind {
		case ledger.Returned:
			out.Taken += v.Points
			out.Standing -= v.Points
		case ledger.RefusedEntry:
			out.Standing -= v.Points
		case ledger.RefusedReturn, ledger.Resent, ledger.Adjusted:
			out.Standing += v.Points
		}
	}
	return out
}

// takenBack lists what returns took from a sale.
func takenBack(it *ledger.Item) (out []ExplainedReturn) {
	if it == nil {
		return nil
	}
	for i := range it.Events {
		v := &it.Events[i]
		if v.Kind != ledger.Returned {
			continue
		}
		from := &it.Record.Entries[v.Order]
		out = append(out, ExplainedReturn{
			Key: hex.EncodeToString(v.By[:]), Run: v.Run, Rule: string(from.Rule), Granted: from.Points,
			Returned: v.Yen, Sale: it.Record.Incl, Points: -v.Points,
		})
	}
	return out
}

// notApplied computes again why the other rules gave nothing (R15). It is not for returns of known sales,
// which test no rule.
func (r *explainedRun) notApplied(x *Explanation, rec *ledger.Record, t *transaction.Transaction) {
	rules := r.engine.Rules()
	list := rules.List()
	var granted []points.Award
	for i := range rec.Entries {
		e := &rec.Entries[i]
		for j := range list {
			if list[j].Code == string(e.Rule) {
				granted = append(granted, points.Award{Rule: int32(j), Points: e.Points})
			}
		}
	}
	feedType := r.engine.FeedPointType(int(rec.File))
	if rec.Kind.TakesBack() {
		feedType = nil // as R17 rates
	}
	var scratch points.Scratch
	for _, n := range rules.Explain(t, feedType, granted, &scratch) {
		kind := "normal"
		if list[n.Rule].Campaign {
			kind = "campaign"
		}
		x.NotApplied = append(x.NotApplied, ExplainedRule{
			rules.CodeOf(n.Rule), kind, n.Why, r.whyNot(rules.CodeOf(n.Rule), kind, n.Why),
		})
	}
}
