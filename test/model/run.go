package model

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
)

// Run computes what comes out of a case. An error means that the case itself is not sound.
func Run(c Case) (Expect, error) {
	l := newLedger(c)
	var out Expect
	for _, in := range c.Days {
		if in.Masters != nil {
			l.masters = *in.Masters
		}
		if in.Members != nil {
			l.members = in.Members
		}
		result, err := l.runDay(in)
		if err != nil {
			return Expect{}, fmt.Errorf("%s: day %s: %w", c.ID, in.RunDate, err)
		}
		for _, a := range in.Answers {
			result.Answers = append(result.Answers, l.answer(a))
		}
		out.Days = append(out.Days, result)
	}
	out.Balances, out.Cards, out.CampaignUse = l.balances, l.standing(), l.netUse()
	return out, nil
}

// day is one day run.
type day struct {
	*ledger
	runDate string
	result  DayResult
}

func (l *ledger) runDay(in Day) (DayResult, error) {
	l.runs++
	l.changes = map[string]Accounts{}
	d := &day{ledger: l, runDate: in.RunDate, result: DayResult{
		RunDate: in.RunDate, Files: []FileResult{}, Lines: []LineResult{},
	}}
	carried := map[string]int{}
	for _, provider := range l.providers() {
		carried[provider] = len(l.waiting(provider))
	}
	receipts, err := d.takeFiles(in.Files)
	if err != nil {
		return DayResult{}, err
	}
	d.rateAll(receipts)
	l.acceptByDate(in.RunDate)
	d.result.Totals = totalsOf(receipts)
	before := map[string]int{}
	for _, provider := range l.providers() {
		before[provider] = len(l.waiting(provider))
	}
	d.result.ProviderFiles = l.sendFiles(in.RunDate)
	for _, provider := range l.providers() {
		flow := d.result.Totals.Entries[provider]
		flow.CarriedIn = carried[provider]
		flow.CarriedOut = len(l.waiting(provider))
		flow.Sent = before[provider] - flow.CarriedOut
		if flow != (Flow{}) {
			d.result.Totals.Entries[provider] = flow
		}
	}
	d.result.Accounts = l.changes
	for _, t := range receipts {
		d.result.Lines = append(d.result.Lines, t.outcome)
	}
	return d.result, nil
}

// takeFiles decides about the files in their order and gives the receipts of all whose lines count (R3, R4).
func (d *day) takeFiles(files []File) ([]*receipt, error) {
	var all []*receipt
	for i, file := range inOrder(files) {
		feed, ok := d.masters.Feeds[file.Feed]
		if !ok {
			return nil, fmt.Errorf("file %s: no feed %q", file.Name, file.Feed)
		}
		result := FileResult{File: file.Name, Status: "refused", Reason: d.refusal(d.runDate, file)}
		if result.Reason == "" {
			r := reader{d.masters, d.members, feed, d.runDate}
			receipts := r.readReceipts(file, i+1)
			result.Reason = verdict(feed, file, receipts)
			result.Receipts = len(receipts)
			for _, t := range receipts {
				t.outcome = LineResult{File: file.Name, Line: t.line.Line, Undecodable: t.broken}
				switch {
				case len(t.reasons) > 0:
					t.outcome.Status, t.outcome.Reasons = "bad", t.reasons
					result.Bad++
				case result.Reason != "":
					t.outcome.Status, t.outcome.Reasons = "in_refused_file", []string{result.Reason}
				}
			}
			all = append(all, receipts...)
		}
		if result.Reason == "" {
			result.Status = "accepted"
		}
		d.result.Files = append(d.result.Files, result)
		d.files = append(d.files, seenFile{file.Feed, file.Content, d.runDate, result.Reason == ""})
	}
	return all, nil
}

// rateAll takes the good receipts of accepted files one by one: all sales and grants before all returns and
// cancels, each by (instant, file, line) (R12).
func (d *day) rateAll(receipts []*receipt) {
	var good []*receipt
	for _, t := range receipts {
		if t.outcome.Status == "" {
			good = append(good, t)
		}
	}
	slices.SortStableFunc(good, func(a, b *receipt) int {
		return cmp.Or(cmp.Compare(instant(a.date, a.seconds), instant(b.date, b.seconds)),
			cmp.Compare(a.ordinal, b.ordinal), cmp.Compare(a.line.Line, b.line.Line))
	})
	for _, sales := range []bool{true, false} {
		for _, t := range good {
			if t.sales == sales {
				d.take(t)
			}
		}
	}
}

// take gives one receipt its outcome; one reason per error, in the order of R18. Choice: whether a return's
// original has an outlet that cannot carry it is asked before duplicate and conflict.
func (d *day) take(t *receipt) {
	original := d.sold[t.origKey]
	before, known := d.contents[t.key]
	var reason string
	switch {
	case !d.carries(t.account.provider, t) || original != nil && !d.carries(original.account.provider, t):
		reason = "outlet.unencodable"
	case known && before == t.content:
		t.outcome.Status, t.outcome.Reasons = "duplicate", []string{"transaction.duplicate"}
		return
	case known:
		reason = "transaction.conflict"
	case t.sales:
		reason = d.grant(t)
	case original != nil:
		reason = d.takeBack(t, original)
	default:
		reason = d.compute(t)
	}
	if reason != "" {
		t.outcome.Status, t.outcome.Reasons = "rating_error", []string{reason}
		return
	}
	t.outcome.Status = "rated"
	d.contents[t.key] = t.content
	if t.outcome.Entries == nil {
		t.outcome.Entries = []Entry{}
	}
}

// carries says whether a provider's file can hold the values of the line that it carries (R4).
func (d *day) carries(provider string, t *receipt) bool {
	outlet := d.masters.Providers[provider]
	for _, field := range outlet.Fields {
		text := map[string]string{
			"kind": t.line.Kind, "date": t.line.Date, "time": t.line.Time, "store": t.line.Store,
			"register": t.line.Register, "receipt": t.line.Receipt, "card": t.line.Card,
			"member_no": t.line.MemberNo, "affiliate": t.line.Affiliate, "point_type": t.line.PointType,
			"grant_type": t.line.GrantType, "note": t.line.Note,
		}[field]
		if !encodable(outlet.Encoding, text) {
			return false
		}
	}
	return true
}

// grant rates a sale or grant and posts what its caps leave (R14).
func (d *day) grant(t *receipt) string {
	rating := rate(d.masters, t)
	if t.account.provider == "" {
		rating.awards = nil // nobody's points
	}
	if rating.tooLarge(true) {
		return "points.limit"
	}
	t.outcome.NotApplied = rating.notApplied
	original := &sold{account: t.account, yen: t.incl}
	d.sold[t.key] = original
	for _, a := range rating.awards {
		points := a.points
		if a.campaign != nil {
			if points = d.capped(a, t.account); points.Sign() == 0 {
				t.outcome.NotApplied = append(t.outcome.NotApplied, NotApplied{a.rule, "cap"})
				continue
			}
		}
		original.grants = append(original.grants, d.post(t, entry{
			rule: a.rule, pointType: a.pointType, account: t.account, leaves: t.account.number,
			points: points.Int64(), campaign: a.campaign != nil,
		}))
	}
	d.sortReasons(t)
	return ""
}

// capped gives min(award, room left), or all or nothing.
func (d *day) capped(a award, of account) *big.Int {
	room, limited := d.room(a.campaign, of)
	left := big.NewInt(room)
	switch {
	case !limited || a.points.Cmp(left) <= 0:
		return a.points
	case a.campaign.Whole:
		return big.NewInt(0)
	default:
		return left
	}
}

// sortReasons puts the campaigns that a cap left without points in their places by code; reasons of normal
// rules stay before them.
func (d *day) sortReasons(t *receipt) {
	isCampaign := func(n NotApplied) bool {
		return slices.ContainsFunc(d.masters.Campaigns, func(c Campaign) bool { return c.Code == n.Rule })
	}
	first := slices.IndexFunc(t.outcome.NotApplied, isCampaign)
	if first >= 0 {
		slices.SortStableFunc(t.outcome.NotApplied[first:], func(a, b NotApplied) int {
			return cmp.Compare(a.Rule, b.Rule)
		})
	}
}

// post completes an entry of a receipt, posts it and shows it in the receipt's outcome.
func (d *day) post(t *receipt, e entry) *entry {
	e.run, e.runDate, e.ordinal, e.file, e.line, e.key = d.runs, d.runDate, t.ordinal, t.file,
		t.line.Line, t.key
	shown := Entry{
		Rule: e.rule, Provider: e.account.provider, Card: e.account.number, PointType: e.pointType,
		Points: e.points,
	}
	if e.leaves != e.account.number {
		shown.LeavesUnder = e.leaves
	}
	t.outcome.Entries = append(t.outcome.Entries, shown)
	t.outcome.Total += e.points
	d.ledger.post(&e)
	return &e
}

// totalsOf counts the receipts of a run by stage (R22). A sale or grant without points is one entry of its
// provider, a return without entries none.
func totalsOf(receipts []*receipt) Totals {
	totals := Totals{
		Lines: len(receipts), Points: map[string]map[string]Sums{}, Entries: map[string]Flow{},
	}
	for _, t := range receipts {
		switch t.outcome.Status {
		case "bad":
			totals.Bad++
			continue
		case "in_refused_file":
			totals.InRefusedFiles.add(t)
		case "duplicate":
			totals.Duplicates.add(t)
		case "rating_error":
			totals.RatingErrors.add(t)
		case "rated":
			totals.Rated.add(t)
			totals.addEntries(t)
		}
		totals.Good.add(t)
	}
	return totals
}

func (s *Stage) add(t *receipt) {
	s.Lines++
	if t.sales {
		s.YenSales += t.incl
	} else {
		s.YenReturns += t.incl
	}
}

func (t *Totals) addEntries(of *receipt) {
	for _, e := range of.outcome.Entries {
		if t.Points[e.Provider] == nil {
			t.Points[e.Provider] = map[string]Sums{}
		}
		sums := t.Points[e.Provider][e.PointType]
		flow := t.Entries[e.Provider]
		if of.sales {
			sums.Plus += e.Points
			flow.Grants++
		} else {
			sums.Minus += e.Points
			flow.Returns++
		}
		t.Points[e.Provider][e.PointType] = sums
		t.Entries[e.Provider] = flow
	}
	if provider := of.account.provider; of.sales && provider != "" && len(of.outcome.Entries) == 0 {
		flow := t.Entries[provider]
		flow.Grants++
		flow.ZeroPoint++
		t.Entries[provider] = flow
	}
}
