package day

import (
	"bytes"
	"html/template"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/rating"
)

// page makes the proof a page of its own: one file, nothing else is loaded, fit for paper of size A4. The
// same proof gives the same bytes.
func (p *Proof) page() ([]byte, error) {
	funcs := words()
	funcs["hash"], funcs["jst"] = inGroups, instantJa
	t, err := template.New("").Funcs(funcs).ParseFS(letterFiles, "letters/proof.html", "letters/proof.css")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.ExecuteTemplate(&b, "proof.html", p.shown())
	return b.Bytes(), err
}

// inGroups writes a hash in groups of eight digits, so that two can be compared on paper.
func inGroups(hash string) []string {
	var groups []string
	for len(hash) > 8 {
		groups, hash = append(groups, hash[:8]), hash[8:]
	}
	return append(groups, hash)
}

// instantJa writes 2026/11/22 6:02:00 (JST).
func instantJa(t time.Time) string { return t.In(calendar.JST()).Format("2006/01/02 15:04:05") }

// shownProof is the proof with what the page adds up.
type shownProof struct {
	*Proof
	Day              bool
	Stages           []shownStage
	Entries          []shownEntries
	EntrySum         shownEntries
	Plus, Minus, Net int64
	PointRows        []shownPoints
	AccountRows      []shownAccounts
	Sent             ProofFile // the sum of all files
	PartRows         []partsOfStep
	PartSum          partsOfStep
	KindJa           string
	Agree            bool
}

// shownStage is a column of the totals. Out is what the stage left out, in words; Chain the sum that makes it
// agree with the stage before.
type shownStage struct {
	Ja, En, Step          string
	Files                 int64
	Lines                 int64
	YenSales, YenReturns  int64
	HasYen                bool
	Out                   []string
	Chain                 string
	Compared, Agree, Last bool
}

type shownEntries struct {
	rating.Entries
	Name    string
	In, Out int64
	Agree   bool
}

type shownPoints struct {
	rating.Points
	Name string
	Net  int64
}

type shownAccounts struct {
	ProofAccounts
	Sum int64
	// Net are the points granted, which Issued mirrors in a day.
	Agree bool
}

func (p *Proof) shown() *shownProof {
	out := &shownProof{Proof: p, Day: p.Kind == Day, Agree: true, PartRows: p.partSteps()}
	out.KindJa = map[string]string{Day: "日次", Answer: "事業者の回答", Adjustment: "調整"}[p.Kind]
	names := map[string]string{}
	for i := range p.Files {
		f := &p.Files[i]
		names[f.Provider] = f.Name
		if !f.Carried {
			out.Sent.Records += f.Records
			out.Sent.Entries += f.Entries
			out.Sent.Points += f.Points
			out.Sent.Bytes += f.Bytes
		}
	}
	granted := map[string]int64{}
	for _, x := range p.Totals.Points {
		out.PointRows = append(out.PointRows, shownPoints{x, names[x.Provider], x.Plus + x.Minus})
		out.Plus += x.Plus
		out.Minus += x.Minus
		granted[x.Provider] += x.Plus + x.Minus
	}
	out.Net = out.Plus + out.Minus
	for i := range p.Accounts {
		a := &p.Accounts[i]
		row := shownAccounts{ProofAccounts: *a, Sum: a.Issued + a.Granted + a.Sent + a.Accepted + a.Refused}
		row.Agree = row.Sum == 0 && (!out.Day || -a.Issued == granted[a.Provider])
		out.AccountRows, out.Agree = append(out.AccountRows, row), out.Agree && row.Agree
	}
	if out.Day {
		out.stages()
		out.entries(names)
	}
	for _, x := range out.PartRows {
		out.PartSum.Count += x.Count
		out.PartSum.Bytes += x.Bytes
	}
	return out
}

// stages lays the totals out as a chain: each stage's lines and what it left out are the lines of the stage
// before (R22).
func (s *shownProof) stages() {
	t := &s.Totals
	took := t.Good
	took.Lines -= t.InRefused.Lines
	took.YenSales -= t.InRefused.YenSales
	took.YenReturns -= t.InRefused.YenReturns
	out := func(what string, lines int64) string { return what + " " + figure(lines) }
	chain := func(n ...int64) string {
		var parts []string
		for _, x := range n {
			parts = append(parts, figure(x))
		}
		return strings.Join(parts, "＋")
	}
	yen := func(c rating.Count, st shownStage) shownStage {
		st.Lines, st.YenSales, st.YenReturns, st.HasYen = c.Lines, c.YenSales, c.YenReturns, true
		return st
	}
	s.Stages = []shownStage{
		{Ja: "受付", En: "received", Files: t.Files, Lines: t.Lines, Agree: true},
		yen(t.Good, shownStage{
			Ja: "変換", En: "converted", Files: t.Files,
			Out: []string{out("エラー行", t.Bad)}, Compared: true,
			Agree: t.Lines == t.Good.Lines+t.Bad, Chain: chain(t.Good.Lines, t.Bad),
		}),
		yen(took, shownStage{
			Ja: "検査", En: "checked", Files: t.Files - t.FilesRefused,
			Out: []string{out("拒否", t.InRefused.Lines)}, Compared: true,
			Agree: t.Good.Lines == took.Lines+t.InRefused.Lines,
			Chain: chain(took.Lines, t.InRefused.Lines),
		}),
		yen(t.Rated, shownStage{
			Ja: "計算", En: "rated", Files: t.Files - t.FilesRefused,
			Out: []string{out("重複", t.Duplicates.Lines), out("計算不可", t.Errors.Lines)}, Compared: true,
			Agree: took.Lines == t.Rated.Lines+t.Duplicates.Lines+t.Errors.Lines &&
				took.YenSales == t.Rated.YenSales+t.Duplicates.YenSales+t.Errors.YenSales &&
				took.YenReturns == t.Rated.YenReturns+t.Duplicates.YenReturns+t.Errors.YenReturns,
			Chain: chain(t.Rated.Lines, t.Duplicates.Lines, t.Errors.Lines),
		}),
	}
	for i := range s.Stages {
		s.Agree = s.Agree && s.Stages[i].Agree
	}
}

// entries balances what came in and what left, by provider.
func (s *shownProof) entries(names map[string]string) {
	sum := &s.EntrySum
	sum.Agree = true
	for _, e := range s.Totals.Entries {
		row := shownEntries{Entries: e, Name: names[e.Provider]}
		row.In = e.CarriedIn + e.Grants + e.Returns + e.Resends
		row.Out = e.Sent + e.ZeroPoint + e.CarriedOut
		row.Agree = row.In == row.Out
		s.Entries = append(s.Entries, row)
		sum.CarriedIn += e.CarriedIn
		sum.Grants += e.Grants
		sum.Returns += e.Returns
		sum.Resends += e.Resends
		sum.Sent += e.Sent
		sum.ZeroPoint += e.ZeroPoint
		sum.CarriedOut += e.CarriedOut
		sum.In += row.In
		sum.Out += row.Out
		sum.Agree = sum.Agree && row.Agree
	}
	s.Agree = s.Agree && sum.Agree && sum.Sent == s.Sent.Entries
}
