package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	"multipoint/shared/rating"
)

// runReport is a run's result as totals.json holds it (docs/files/rate.md).
type runReport struct {
	Retailer string          `json:"retailer"`
	Run      int64           `json:"run"`
	RunDate  string          `json:"run_date"`
	Masters  string          `json:"masters"` // version
	Files    []inputReport   `json:"files"`
	Totals   rating.Totals   `json:"totals"`
	Outlets  []outletReport  `json:"outlets"`
	name     string          // of the retailer
	refused  []refusedReport // for people
}

// inputReport is an input file with its ordinal in the run.
type inputReport struct {
	Ordinal int `json:"ordinal"`
	fileReport
}

// fileReport is what became of a file, in JSON output and totals.json.
type fileReport struct {
	Name     string `json:"name"`
	Feed     string `json:"feed"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256,omitempty"`
	Accepted bool   `json:"accepted"`
	// Refused says why, if the file is refused (R4).
	Refused *faultJSON `json:"refused,omitempty"`
	// Counted: lines were counted; false for files refused for their structure or as duplicates (R22).
	Counted    bool  `json:"counted"`
	Records    int64 `json:"records"`
	Receipts   int64 `json:"receipts"`
	Good       int64 `json:"good"`
	Bad        int64 `json:"bad"`
	YenSales   int64 `json:"yen_sales"`
	YenReturns int64 `json:"yen_returns"`
}

func reportFile(r *rating.FileResult) fileReport {
	v := &r.Verdict
	out := fileReport{
		Name: r.Name, Feed: r.Feed, Bytes: r.Bytes, Accepted: v.Refused == nil, Refused: toJSON(v.Refused),
		Counted: !v.Structure, Records: v.Records, Receipts: v.Receipts, Good: v.Receipts - v.Bad, Bad: v.Bad,
		YenSales: v.YenSales, YenReturns: v.YenReturns,
	}
	if r.SHA256 != ([32]byte{}) {
		out.SHA256 = hex.EncodeToString(r.SHA256[:])
	}
	return out
}

// outletReport is what became of an outlet's entries.
type outletReport struct {
	Outlet   string `json:"outlet"`
	Provider string `json:"provider"`
	// File is empty if none was sent: the outlet is closed, or has nothing to send.
	File    string `json:"file"`
	FileNo  int64  `json:"file_no"`
	Records int64  `json:"records"`
	Entries int64  `json:"entries"`
	Plus    int64  `json:"plus"`
	Minus   int64  `json:"minus"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256,omitempty"`
	Carried int64  `json:"carried"`
}

type refusedReport struct {
	name string
	why  string
	do   string
}

// rateReport is the JSON object of rate: the run, where its files are and the SHA-256 over all of them.
type rateReport struct {
	runReport
	Out    string `json:"out"`
	SHA256 string `json:"sha256"`
	count  map[string]int
}

func reportRun(job *rating.Job, res *rating.Result) *rateReport {
	r := &rateReport{runReport: runReport{
		Retailer: job.Set.Retailer.Code, name: job.Set.Retailer.Name, Run: job.Run,
		RunDate: job.RunDate.String(), Masters: job.Set.Version,
		Files: []inputReport{}, Totals: res.Totals, Outlets: []outletReport{},
	}}
	if r.Totals.Points == nil {
		r.Totals.Points = []rating.Points{}
	}
	if r.Totals.Entries == nil {
		r.Totals.Entries = []rating.Entries{}
	}
	for i := range res.Files {
		f := &res.Files[i]
		r.Files = append(r.Files, inputReport{i + 1, reportFile(f)})
		if e := f.Verdict.Refused; e != nil {
			why := e.Code.String() + ": " + whatOf(e)
			r.refused = append(r.refused, refusedReport{f.Name, why, e.Code.Do()})
		}
	}
	for i := range res.Outlets {
		o := &res.Outlets[i]
		out := outletReport{
			Outlet: o.Code, Provider: o.Provider, File: o.Name, FileNo: o.FileNo, Records: o.Summary.Records,
			Entries: o.Summary.Entries, Plus: o.Summary.Plus, Minus: o.Summary.Minus, Carried: o.Carried,
		}
		if o.Name != "" {
			out.Bytes, out.SHA256 = o.Summary.Bytes, hex.EncodeToString(o.Summary.SHA256[:])
		}
		r.Outlets = append(r.Outlets, out)
	}
	return r
}

// text is the run for people: summary.txt, and what rate prints first.
func (r *runReport) text() string {
	version := r.Masters
	if len(version) > 12 {
		version = version[:12]
	}
	name := r.Retailer
	if r.name != "" {
		name = r.name + " (" + r.Retailer + ")"
	}
	parts := []string{
		fmt.Sprintf("%s, run %d of %s, masters %s\n", oneLine(name), r.Run, r.RunDate, version),
		r.fileText(), r.stageText(), r.pointText(), r.outletText(),
	}
	if len(r.refused) > 0 {
		parts = append(parts, r.refusedText())
	}
	return strings.Join(parts, "\n") + "\nAll totals agree from stage to stage.\n"
}

// fileText lists the input files.
func (r *runReport) fileText() string {
	var t table
	t.add("input file", "feed", "receipts", "bad", "yen of sales", "of returns", "")
	for i := range r.Files {
		f := &r.Files[i]
		verdict := "accepted"
		if !f.Accepted {
			verdict = "REFUSED " + f.Refused.Code + " " + f.Refused.Name
		}
		name := fmt.Sprintf("%d %s", f.Ordinal, oneLine(f.Name))
		if !f.Counted {
			t.add(name, f.Feed, "-", "-", "-", "-", verdict)
			continue
		}
		t.add(name, f.Feed, commas(f.Receipts), commas(f.Bad), commas(f.YenSales), commas(f.YenReturns),
			verdict)
	}
	return t.text("Llrrrrl")
}

// stageText shows the stages of the run (R22).
func (r *runReport) stageText() string {
	s := &r.Totals
	var t table
	t.add("stage", "receipts", "yen of sales", "of returns")
	t.add("read", commas(s.Lines), "", "")
	t.add("  bad", commas(s.Bad), "", "")
	for _, c := range []struct {
		name  string
		count rating.Count
	}{
		{"  good", s.Good},
		{"    in refused files", s.InRefused},
		{"    duplicates", s.Duplicates},
		{"    rating errors", s.Errors},
		{"    rated", s.Rated},
	} {
		t.add(c.name, commas(c.count.Lines), commas(c.count.YenSales), commas(c.count.YenReturns))
	}
	return t.text("Lrrr")
}

// pointText shows the points by provider and type.
func (r *runReport) pointText() string {
	var t table
	t.add("provider", "point type", "given", "taken back", "net")
	for _, p := range r.Totals.Points {
		t.add(p.Provider, p.PointType, commas(p.Plus), commas(p.Minus), commas(p.Plus+p.Minus))
	}
	return t.text("Llrrr")
}

// outletText shows the providers' files.
func (r *runReport) outletText() string {
	var t table
	t.add("provider", "file", "records", "entries", "points", "carried on")
	for i := range r.Outlets {
		o := &r.Outlets[i]
		file := "none today"
		if o.File != "" {
			file = "files/" + o.File
		}
		t.add(o.Provider, file, commas(o.Records), commas(o.Entries), commas(o.Plus+o.Minus),
			commas(o.Carried))
	}
	return t.text("Llrrrr")
}

func (r *runReport) refusedText() string {
	var b strings.Builder
	b.WriteString("  Refused files gave no points:\n")
	for _, f := range r.refused {
		fmt.Fprintf(&b, "  %s  %s\n      %s\n", oneLine(f.name), oneLine(f.why), f.do)
	}
	return b.String()
}

// places says where everything is; the last line is the SHA-256.
func (r *rateReport) places() string {
	var t table
	for _, place := range []struct{ folder, what string }{
		{"files", "the providers' files"},
		{"links", "which entry left under which number of its file"},
		{"errors", "bad lines and rating errors, for each input file that has some"},
		{"carried", "entries that wait for the next file"},
	} {
		if n := r.count[place.folder]; n > 0 {
			t.add(place.folder+"/", place.what, plural(n, "file"))
		}
	}
	t.add("grants.csv", "each entry with its rule and figures", "")
	t.add("totals.json", "these figures for programs", "")
	t.add("summary.txt", "these figures for people", "")
	return "\nEverything is in " + r.Out + "\n" + t.text("lll") +
		"\nSHA-256 over all outputs  " + r.SHA256 + "\n"
}
