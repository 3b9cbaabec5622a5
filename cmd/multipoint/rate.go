package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"multipoint/shared/fault"
	"multipoint/shared/rating"
)

// rateFlags are what rate is called with.
type rateFlags struct {
	masters, members, out, runDate, feed, temp string
	in                                         []string
	run                                        int64
	threads                                    int
	strict                                     bool
}

func (p *program) rating() *cobra.Command {
	var f rateFlags
	cmd := &cobra.Command{
		Use:   "rate --masters DIR --in DIR --out DIR [FILE...]",
		Short: "Rate a day: the retailer's files become the providers' files",
		Long: `Rate a day: the retailer's files become the providers' files, with grants and their reasons,
bad lines and totals. Plain folders in and out (docs/files/rate.md); the same input gives the same
bytes, whatever the number of threads.

Input is one folder, or any number of files. Which feed takes a file is decided by the file
patterns of the feeds; a file that no feed takes stops the command before anything is written.
arrivals.csv in the folder (file,arrived) says in which order the files came, and so the run date;
without it the order is that of the names, and --run-date is required.

A file that is refused (duplicate, cut off, totals differ, too many bad lines) gives no points and
does not stop the others: it is reported, and the exit code stays 0 unless --strict is given.
The output folder appears when everything in it is written, or not at all.

` + exitHelp,
		Example: `  multipoint rate --masters masters --members members.csv --in day --out out
  multipoint rate --masters masters --run-date 2026-11-22 --out out day/*.csv`,
		Args: cobra.ArbitraryArgs,
		RunE: p.action(func(ctx context.Context, args []string) error {
			f.in = append(f.in, args...)
			return p.rateDay(ctx, &f)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.masters, "masters", "", "`folder` of the masters (required)")
	flags.StringVar(&f.members, "members", "", "member snapshot, CSV or YAML `file`")
	flags.StringArrayVar(&f.in, "in", nil, "input `folder` or file; may be given more than once for files")
	flags.StringVar(&f.out, "out", "", "output `folder`, absent or empty (required)")
	flags.StringVar(
		&f.runDate,
		"run-date",
		"",
		"`date` of the run, yyyy-mm-dd; default: the newest arrival's",
	)
	flags.Int64Var(&f.run, "run", 1, "number of the run")
	flags.StringVar(&f.feed, "feed", "", "`code` of the feed, if there is one file only")
	flags.StringVar(&f.temp, "temp", "", "`folder` for what does not fit into memory; default: the system's")
	flags.IntVar(&f.threads, "threads", 0, "threads; default: one for each processor")
	flags.BoolVar(&f.strict, "strict", false, "exit code 3 if a file is refused; the output stays")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	_ = cmd.MarkFlagRequired("masters")
	_ = cmd.MarkFlagRequired("out")
	_ = cmd.RegisterFlagCompletionFunc("feed", completeFeeds)
	return cmd
}

func (p *program) rateDay(ctx context.Context, f *rateFlags) error {
	job, size, err := rateJob(ctx, f)
	if err != nil {
		return err
	}
	out, err := newOutFolder(f.out)
	if err != nil {
		return err
	}
	r, err := p.rateInto(ctx, job, size, out.temp)
	if fault.CodeOf(err) == fault.TotalsDiffer {
		return &hint{err, "The folder is kept for the report: " + out.temp}
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = out.keep()
	}
	if err != nil {
		if e := out.drop(); e != nil {
			return &hint{err, "The unfinished folder could not be removed: " + out.temp}
		}
		return err
	}
	r.Out = f.out
	if p.json {
		err = writeJSON(p.stdout, r)
	} else {
		err = p.print(r.text() + r.places())
	}
	if err == nil && f.strict && r.Totals.FilesRefused > 0 {
		return found(exitInput)
	}
	return err
}

// rateJob gathers a run's input and how many bytes of it are to be read; nothing is written.
func rateJob(ctx context.Context, f *rateFlags) (job *rating.Job, size int64, err error) {
	switch {
	case len(f.in) == 0:
		return nil, 0, usage("--in is missing: name a folder or files")
	case f.run < 1:
		return nil, 0, usage("--run must be 1 or more")
	}
	inputs, err := listInputs(f.in)
	if err != nil {
		return nil, 0, err
	}
	if f.feed != "" && len(inputs) != 1 {
		return nil, 0, usage("--feed is for one file; here are " + plural(len(inputs), "file"))
	}
	job = &rating.Job{Run: f.run, Options: rating.Options{Threads: threads(f.threads), TempDir: f.temp}}
	if job.RunDate, err = runDateOf(f.runDate, inputs); err != nil {
		return nil, 0, err
	}
	if job.Set, err = loadMasters(f.masters); err != nil {
		return nil, 0, err
	}
	if job.Members, err = loadMembers(f.members); err != nil {
		return nil, 0, err
	}
	if err := addFiles(ctx, job, inputs, f.feed); err != nil {
		return nil, 0, err
	}
	sizes := make([]int64, len(inputs))
	for i := range inputs {
		sizes[i] = inputs[i].size
	}
	if err := rating.MarkDuplicates(job, sizes); err != nil {
		return nil, 0, err
	}
	for i := range job.Files {
		if !job.Files[i].Duplicate {
			size += sizes[i]
		}
	}
	return job, size, nil
}

// addFiles finds the feed of each file; all files without one are told at once.
func addFiles(ctx context.Context, job *rating.Job, inputs []input, code string) error {
	var unknown []*fault.Error
	for i := range inputs {
		in := &inputs[i]
		feed, err := pickFeed(job, code, in.path)
		var e *fault.Error
		if errors.As(err, &e) {
			unknown = append(unknown, e)
			continue
		}
		job.Files = append(job.Files, rating.File{Name: in.name, Feed: feed.Code, Open: opener(ctx, in.path)})
	}
	if len(unknown) > 0 {
		return &faultList{plural(len(unknown), "file") + " without a feed", unknown}
	}
	return nil
}

func opener(ctx context.Context, path string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		f, err := openFile(path)
		if err != nil {
			return nil, err
		}
		return readCloser{reader{ctx, f}, f}, nil
	}
}

// rateInto runs the job, of size bytes, and fills the folder.
func (p *program) rateInto(
	ctx context.Context, job *rating.Job, size int64, dir string,
) (*rateReport, error) {
	bar := p.progress("reading", size)
	defer bar.end()
	job.Options.Progress = bar.add
	folder, err := rating.NewFolder(dir, job.Files)
	if err != nil {
		return nil, err
	}
	res, err := p.rate(job, &stopping{folder, ctx})
	if e := folder.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	r := reportRun(job, res)
	if err := r.write(dir); err != nil {
		return nil, err
	}
	r.SHA256, r.count, err = folderDigest(dir)
	return r, err
}

// stopping ends a run when ctx does.
type stopping struct {
	rating.Output
	ctx context.Context
}

// BadLines implements rating.Output.
func (s *stopping) BadLines(file int, rows []byte) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return s.Output.BadLines(file, rows)
}

// File implements rating.Output.
func (s *stopping) File(file int, r *rating.FileResult) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return s.Output.File(file, r)
}

// Grants implements rating.Output.
func (s *stopping) Grants(rows []byte) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return s.Output.Grants(rows)
}

// write puts totals.json and summary.txt into the folder.
func (r *rateReport) write(dir string) error {
	path := filepath.Join(dir, "totals.json")
	f, err := os.Create(path)
	if err != nil {
		return writeFailed(path, err)
	}
	err = writeJSON(f, &r.runReport)
	if e := f.Close(); err == nil {
		err = writeFailed(path, e)
	}
	if err != nil {
		return err
	}
	path = filepath.Join(dir, "summary.txt")
	return writeFailed(path, os.WriteFile(path, []byte(r.text()), 0o600))
}
