package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/rating"
)

// convertFlags are what convert is called with.
type convertFlags struct {
	masters, feed, members, runDate string
	out, errors, totals             string
	threads                         int
}

func (p *program) convert() *cobra.Command {
	var f convertFlags
	cmd := &cobra.Command{
		Use:   "convert --masters DIR [--feed CODE] [FILE]",
		Short: "Turn one file into the common layout (CSV), also in a pipe",
		Long: `Turn one file into the common layout (CSV in UTF-8, docs/files/common-layout.md). Without
FILE, or with -, standard input is read. Good receipts go to standard output or --out while the file is
being read; whether the file as a whole is accepted is known at its end and told by the exit
code: of a file that is refused (3) nothing may be used, and --out is not written.

` + exitHelp,
		Example: `  multipoint convert --masters masters --feed POS --errors bad.csv < sales.csv > common.csv
  multipoint convert --masters masters --run-date 2026-11-22 --out common.csv pos_20261121.csv`,
		Args: cobra.MaximumNArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			return p.convertFile(ctx, &f, append(args, standardInput)[0])
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.masters, "masters", "", "`folder` of the masters (required)")
	flags.StringVar(&f.feed, "feed", "", "`code` of the feed; default: the one that takes files of that name")
	flags.StringVar(&f.members, "members", "", "member snapshot, CSV or YAML `file`")
	flags.StringVar(&f.runDate, "run-date", "",
		"`date` of the run, yyyy-mm-dd; without it no line is too old or too new")
	flags.StringVar(&f.out, "out", "", "`file` for the common layout; default: standard output")
	flags.StringVar(&f.errors, "errors", "", "`file` for the bad lines (CSV)")
	flags.StringVar(&f.totals, "totals", "", "`file` for the totals (JSON)")
	flags.IntVar(&f.threads, "threads", 0, "threads; default: one for each processor")
	p.addJSON(cmd, p.stderr, "print the totals as one JSON object, on standard error")
	_ = cmd.MarkFlagRequired("masters")
	_ = cmd.RegisterFlagCompletionFunc("feed", completeFeeds)
	return cmd
}

// completeFeeds offers the feeds of the masters that are already on the line.
func completeFeeds(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	var codes []string
	if set, err := loadMasters(cmd.Flag("masters").Value.String()); err == nil {
		for i := range set.Feeds {
			codes = append(codes, set.Feeds[i].Code)
		}
	}
	return slices.Compact(codes), cobra.ShellCompDirectiveNoFileComp
}

func (p *program) convertFile(ctx context.Context, f *convertFlags, path string) error {
	if err := apart(path, f.out, f.errors, f.totals); err != nil {
		return err
	}
	job, err := convertJob(f, path)
	if err != nil {
		return err
	}
	size := int64(-1)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	src, name, err := p.open(ctx, path)
	if err != nil {
		return err
	}
	job.Files[0].Name = name
	job.Files[0].Open = func() (io.ReadCloser, error) { return src, nil }
	bar := p.progress(filepath.Base(name), size)
	defer bar.end()
	job.Options.Progress = bar.add
	res, err := p.convertTo(ctx, job, f)
	bar.end()
	if err != nil {
		return err
	}
	return p.tellConverted(ctx, f, &res)
}

// convertTo converts into the files that the flags name.
func (p *program) convertTo(ctx context.Context, job *rating.Job, f *convertFlags) (
	res rating.FileResult, err error,
) {
	good := writer{ctx, p.stdout, "standard output"}
	var out *outFile
	if f.out != "" {
		if out, err = createFile(f.out); err != nil {
			return res, err
		}
		defer out.drop()
		good.w, good.name = out, f.out
	}
	bad := writer{ctx, io.Discard, ""}
	var lines *outFile
	if f.errors != "" {
		if lines, err = createFile(f.errors); err != nil {
			return res, err
		}
		defer lines.drop()
		bad.w, bad.name = lines, f.errors
	}
	if res, err = rating.ConvertFile(job, good, bad); err != nil {
		return res, err
	}
	if lines != nil {
		if err := lines.keep(); err != nil {
			return res, err
		}
	}
	if out != nil && res.Verdict.Refused == nil {
		return res, out.keep()
	}
	return res, nil
}

// convertJob is the job of one file: masters, members, feed and date.
func convertJob(f *convertFlags, path string) (*rating.Job, error) {
	set, err := loadMasters(f.masters)
	if err != nil {
		return nil, err
	}
	members, err := loadMembers(f.members)
	if err != nil {
		return nil, err
	}
	job := &rating.Job{Set: set, Members: members, Run: 1}
	job.Options.Threads = threads(f.threads)
	if f.runDate == "" {
		job.Set, job.RunDate = undated(set)
	} else if job.RunDate, err = parseDate("--run-date", f.runDate); err != nil {
		return nil, err
	}
	feed, err := pickFeed(job, f.feed, path)
	if err != nil {
		return nil, err
	}
	if f.runDate == "" {
		if err := datesAlone(feed, set); err != nil {
			return nil, err
		}
	}
	job.Files = []rating.File{{Feed: feed.Code}}
	return job, nil
}

func threads(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// pickFeed gives the feed that was named, or that takes files of that name.
func pickFeed(job *rating.Job, code, path string) (*master.Feed, error) {
	if code != "" {
		if feed := job.Set.Feed(code, job.RunDate); feed != nil {
			return feed, nil
		}
		return nil, fault.At(fault.FeedUnknown, fault.Place{File: path}, "No feed "+code+" is in force.")
	}
	if path == standardInput {
		return nil, usage("standard input has no name that shows its feed: --feed is missing")
	}
	if feed := job.Set.FeedOf(filepath.Base(path), job.RunDate); feed != nil {
		return feed, nil
	}
	return nil, fault.At(fault.FeedUnknown, fault.Place{File: path}, "")
}

// undated gives masters whose feeds are in force for ever and take lines of any date, and a date after all
// others: what convert works with if no run date is given.
func undated(set *master.Set) (*master.Set, calendar.Date) {
	last, _ := calendar.Of(9999, 12, 31)
	first, _ := calendar.Of(1, 1, 1)
	days := int(last - first)
	copied := *set
	copied.Feeds = slices.Clone(set.Feeds)
	for i := range copied.Feeds {
		copied.Feeds[i].Period = master.Period{}
		copied.Feeds[i].OldestDays = &days
	}
	return &copied, last
}

// datesAlone refuses to go without a run date where something depends on it: dates without their year, and
// feeds that changed in the course of time.
func datesAlone(feed *master.Feed, set *master.Set) error {
	versions := 0
	for i := range set.Feeds {
		if set.Feeds[i].Code == feed.Code {
			versions++
		}
	}
	if versions > 1 {
		return usage("feed " + feed.Code + " has " + plural(versions, "version") + ": --run-date is missing")
	}
	for i := range feed.Layout.Records {
		for _, field := range feed.Layout.Records[i].Fields {
			if field.Type == layout.TypeDate && (field.Form == "mmdd" || field.Form == "wareki") {
				return usage("feed " + feed.Code + " has dates that say their year only beside the run's " +
					"(" + field.Name + "): --run-date is missing")
			}
		}
	}
	return nil
}

// convertReport is the JSON object of convert.
type convertReport struct {
	fileReport
	Out    string `json:"out,omitempty"`
	Errors string `json:"errors,omitempty"`
}

// tellConverted tells totals and verdict.
func (p *program) tellConverted(ctx context.Context, f *convertFlags, res *rating.FileResult) error {
	r := convertReport{fileReport: reportFile(res), Errors: f.errors}
	if r.Accepted {
		r.Out = f.out
	}
	if f.totals != "" {
		err := writeFile(ctx, f.totals, func(w io.Writer) error { return writeJSON(w, r) })
		if err != nil {
			return err
		}
	}
	if p.json {
		if err := writeJSON(p.stderr, r); err != nil {
			return err
		}
		if !r.Accepted {
			return found(exitInput)
		}
		return nil
	}
	p.say("%s", convertText(&r))
	if r.Accepted {
		return nil
	}
	return &hint{res.Verdict.Refused, "Nothing of this file may be used, whatever was written."}
}

func convertText(r *convertReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: feed %s, %s bytes, %s\n",
		oneLine(r.Name), r.Feed, commas(r.Bytes), plural(int(r.Records), "record"))
	if !r.Counted {
		return b.String()
	}
	var t table
	t.add("receipts", commas(r.Receipts))
	t.add("  good", commas(r.Good), "sales ¥"+commas(r.YenSales)+", returns ¥"+commas(r.YenReturns))
	where := ""
	switch {
	case r.Bad > 0 && r.Errors != "":
		where = "listed in " + r.Errors
	case r.Bad > 0:
		where = "--errors FILE lists them"
	}
	t.add("  bad", commas(r.Bad), where)
	b.WriteString(t.text("lrl"))
	return b.String()
}
