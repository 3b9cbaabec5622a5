package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// report writes the page docs/performance.md.
func (b *bench) report(ctx context.Context, results []result) string {
	var page strings.Builder
	fmt.Fprintf(&page, code(pageStart), b.rounds)
	b.machine(ctx, &page)
	fmt.Fprintf(&page, pageFile, b.lines, float64(b.files.size)/1e6,
		100*float64(b.files.wide)/float64(b.files.size))
	for i := range results {
		results[i].write(&page)
	}
	page.WriteString(code(pageEnd))
	return page.String()
}

// code writes Go's raw strings with the quotes that Markdown has for code.
func code(text string) string { return strings.ReplaceAll(text, "~", "`") }

const pageStart = `# Performance

Written by ~make bench~ (~go run ./test/bench~); do not edit. Each row runs on the same file in the same
run, every contender in a process of its own, in turn, %d times; the median counts, the fastest and
slowest round stand beside it; CPU is the seconds of all its threads, start of the program included.
Ratios compare, absolute figures are this machine's. Time is that of the work, without the start of the
program; files come from the page cache. What is converted is written to the null device, what is rated
to disk.

`

const pageFile = `The file: %d lines, %.1f MB in CP932; %.0f %% of its bytes are two-byte characters. It has
fields with quotes, commas and doubled quotes, 1 %% bad lines of nine kinds, duplicates, returns and cancels.
`

const pageEnd = `
## What the contenders do

- **multipoint** converts with ~convert.Worker~ and ~transaction.Rows~ and rates with ~rating.Run~
  into a folder: the code of the commands ~convert~ and ~rate~. On the way it does what the peers leave
  out: every line's key is hashed, bad lines and rating errors are written with their reasons, totals
  are checked from stage to stage.
- **plain Go** (~test/bench/plain.go~) is encoding/csv over the x/text decoder with the same checks and
  the same output, compared by hash. The offset column is 0 in both: behind a decoder it is not known.
- **multipoint, the form between steps** (row b) hashes each line's key and writes the compact form
  that rating reads, instead of CSV.
- **by hand** (row b, ~test/bench/floor.go~) is written for this one file, leaves out what is no plain sale
  and tells no error: the floor under what a program for any layout can reach.
- **the same objects and items raw** (row f) copies what the day left, sealed already, into a new store
  and a new table and makes it last: the same bytes over the same drivers, without any work.
- **multipoint** simulates (row g) with the campaigns of the days as they stood and the draft beside them; a
  test holds that the result is that of publishing the draft and running the days.
- **DuckDB** rates by ~test/bench/rate.sql~, which uses what is known of this file to do less; its
  grants are compared with ours row by row, all columns, as a set. It reads a copy that is UTF-8
  already. In row c its time holds the two caps over all sales, which its SQL cannot leave out; ours
  stops before them.
- **iconv, DuckDB and polars reading, Python struct, omniparser** do less than we (no rules, no common
  layout) and are there for scale.
`

func (b *bench) machine(ctx context.Context, page *strings.Builder) {
	fmt.Fprintf(page, "| machine | |\n|---|---|\n")
	fmt.Fprintf(page, "| processor | %s, %d cores |\n", processor(), runtime.NumCPU())
	fmt.Fprintf(page, "| system | %s/%s %s |\n", runtime.GOOS, runtime.GOARCH, output(ctx, "uname", "-r"))
	fmt.Fprintf(page, "| Go | %s |\n", runtime.Version())
	if b.python != "" {
		fmt.Fprintf(page, "| Python | %s, DuckDB %s, polars %s |\n",
			output(ctx, b.python, "-c", "import platform; print(platform.python_version())"),
			duckdbVersion, polarsVersion)
	}
	iconv, _, _ := strings.Cut(output(ctx, "iconv", "--version"), "\n")
	fmt.Fprintf(page, "| iconv | %s |\n\n", iconv)
}

func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "unknown"
	}
	return string(bytes.TrimSpace(out))
}

func (r *result) write(page *strings.Builder) {
	verdict := "held"
	if r.missed {
		verdict = "**not held**"
	}
	fmt.Fprintf(page, "\n## %s. %s\n\n", r.row, r.title)
	if len(r.timings) > 0 {
		fmt.Fprintf(page, "Budget: %s: %s. Again: `%s`\n\n", r.budget, verdict, r.command)
		page.WriteString("| contender | seconds | from–to | CPU | speed | ours is | allocations/record | " +
			"peak RSS |\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
	}
	for i := range r.timings {
		r.line(page, i)
	}
	if len(r.timings) > 0 && len(r.notes) > 0 {
		page.WriteString("\n")
	}
	for i := range r.timings {
		if note := r.timings[i].median().Note; note != "" {
			r.notes = append(r.notes, r.timings[i].name+": "+note+".")
		}
	}
	for _, note := range r.notes {
		fmt.Fprintf(page, "- %s\n", note)
	}
}

func (r *result) line(page *strings.Builder, i int) {
	t := &r.timings[i]
	f := t.median()
	fastest, slowest := t.spread()
	ratio, allocs, peak := "", "", ""
	if i > 0 && !t.apart {
		ours := r.timings[0].median()
		ratio = fmt.Sprintf("%.2f ×", f.perRecord()/ours.perRecord())
	}
	if f.Allocs > 0 {
		allocs = fmt.Sprintf("%.3f", f.Allocs)
	}
	if t.peakKiB() > 0 {
		peak = fmt.Sprintf("%d MiB", t.peakKiB()>>10)
	}
	speed := ""
	switch {
	case r.row >= "e":
		speed = fmt.Sprintf("%.2f M lines/s", float64(f.Records)/f.Seconds/1e6)
	case r.bytes > 0:
		speed = fmt.Sprintf("%.0f MB/s", float64(r.bytes)/f.Seconds/1e6)
	case f.Records > 0:
		speed = fmt.Sprintf("%.2f M tx/s", float64(f.Records)/f.Seconds/1e6)
	}
	fmt.Fprintf(page, "| %s | %.3f | %.3f–%.3f | %.2f | %s | %s | %s | %s |\n",
		t.name, f.Seconds, fastest, slowest, f.CPU, speed, ratio, allocs, peak)
}

// perRecord is the time of one record of contenders that rate different numbers of them, else of all.
func (f *figure) perRecord() float64 {
	if f.Rated {
		return f.Seconds / float64(f.Records)
	}
	return f.Seconds
}

func awardNote(n, points int64) string {
	return fmt.Sprintf("%d awards, %d points, each of %d times, before the caps over all buckets",
		n, points, keptTimes)
}
