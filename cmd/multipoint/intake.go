package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/standalone"
)

// putFlags are what intake put is called with.
type putFlags struct {
	data, feed, arrived string
	files               []string
}

func (p *program) intake() *cobra.Command {
	return group("intake", "Take files in, and find what came in", p.intakePut(), p.intakeList())
}

func (p *program) intakePut() *cobra.Command {
	var f putFlags
	cmd := &cobra.Command{
		Use:   "put [--feed CODE] [--arrived TIME] FILE...",
		Short: "Take files in for the run of their arrival; prints a receipt for each",
		Long: `Take files in: each is hashed, looked through for numbers of payment cards, and held,
encrypted, for the run of its arrival: before 06:00:00 in Japan that of the day, from then
on that of the next. The receipt says its id, feed, run date, bytes and SHA-256, or why no
run will take it (exit code 3).

Without --arrived a file arrives now. The same file put again before its run opened is the same arrival,
and so is one with the same name, bytes and --arrived at any time: it gets the same receipt.

` + exitHelp,
		Example: `  multipoint intake put --data data day/pos_0001.csv day/TR20261121.DAT
  multipoint intake put --feed POS --arrived 2026-11-22T05:59:59+09:00 late.csv`,
		Args: cobra.MinimumNArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			f.files = args
			return p.putFiles(ctx, &f)
		}),
	}
	addData(cmd, &f.data)
	cmd.Flags().StringVar(&f.feed, "feed", "",
		"`code` of the feed; default: the one that takes files of that name")
	cmd.Flags().StringVar(&f.arrived, "arrived", "",
		"`time` of arrival, as 2026-11-22T05:59:59+09:00; without a zone in Japan's; default: now")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// receiptReport is the receipt of an arrival, in JSON output.
type receiptReport struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Feed    string     `json:"feed,omitempty"`
	Arrived string     `json:"arrived"` // in Japan's time
	RunDate string     `json:"run_date"`
	Bytes   int64      `json:"bytes"`
	SHA256  string     `json:"sha256,omitempty"`
	Chunks  int        `json:"chunks"`
	Again   bool       `json:"again,omitempty"` // it was in already
	Refused *faultJSON `json:"refused,omitempty"`
	// Run is the run that took the file, 0 if none did yet, and Verdict what it made of it.
	Run     int64  `json:"run,omitempty"`
	Verdict string `json:"verdict,omitempty"`
}

// receiptsReport is the JSON object of intake put and intake list.
type receiptsReport struct {
	Arrivals []*receiptReport `json:"arrivals"`
}

func receiptOf(a *day.Arrival) *receiptReport {
	r := &receiptReport{
		ID: a.ID, Name: a.Name, Feed: a.Feed, Arrived: a.Arrived.In(tokyo()).Format(time.RFC3339),
		RunDate: a.RunDate.String(), Bytes: a.Bytes, SHA256: a.SHA256, Chunks: len(a.Chunks),
	}
	if a.Refused != nil {
		r.Refused = toJSON(refusalOf(a))
	}
	return r
}

func refusalOf(a *day.Arrival) *fault.Error {
	place := fault.Place{File: a.Name, Line: a.Refused.Line, Field: a.Refused.Field}
	return fault.At(a.Refused.Code, place, "")
}

func (p *program) putFiles(ctx context.Context, f *putFlags) error {
	var at time.Time
	if f.arrived != "" {
		var err error
		if at, err = parseMoment("--arrived", f.arrived); err != nil {
			return err
		}
	}
	var files []upload
	for _, path := range f.files {
		u, err := hashed(ctx, path)
		if err != nil {
			return err
		}
		files = append(files, u)
	}
	var r receiptsReport
	err := p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
		for i := range files {
			receipt, err := p.putFile(ctx, d, f, &files[i], at)
			if err != nil {
				return err
			}
			r.Arrivals = append(r.Arrivals, receipt)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := p.result(r, receiptsText(r.Arrivals)); err != nil {
		return err
	}
	for _, a := range r.Arrivals {
		if a.Refused != nil {
			return found(exitInput)
		}
	}
	return nil
}

// parseMoment reads a time with its zone, or one in Japan's.
func parseMoment(flag, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02T15:04:05", text, tokyo())
	}
	if err != nil {
		return at, usage(flag + " " + text + " is no time of the form 2026-11-22T05:59:59+09:00")
	}
	return at, nil
}

// upload is a file that is to be taken in.
type upload struct {
	path string
	sum  string
	size int64
}

func hashed(ctx context.Context, path string) (u upload, err error) {
	f, err := openFile(path)
	if err != nil {
		return u, err
	}
	defer ignore(f.Close)
	h := sha256.New()
	n, err := io.Copy(h, reader{ctx, f})
	// The way is made absolute: the object store of the data folder changes the working folder.
	full, e := filepath.Abs(path)
	if err == nil {
		err = e
	}
	return upload{full, hex.EncodeToString(h.Sum(nil)), n}, readFailed(path, err)
}

func (p *program) putFile(
	ctx context.Context, d *standalone.Program, f *putFlags, u *upload, at time.Time,
) (*receiptReport, error) {
	name := filepath.Base(u.path)
	there, err := sameArrival(ctx, d, name, f.feed, u.sum, at)
	if err != nil {
		return nil, err
	}
	if there != nil {
		r := receiptOf(there)
		r.Again = true
		return r, nil
	}
	if at.IsZero() {
		at = d.Clock.Now()
	}
	at = at.Truncate(time.Second)
	file, err := openFile(u.path)
	if err != nil {
		return nil, err
	}
	defer ignore(file.Close)
	bar := p.progress(name, u.size)
	defer bar.end()
	// What is held was hashed while it was read; the name of the arrival comes from the bytes seen before.
	a, err := d.Service.TakeIn(ctx, day.Upload{
		ID: arrivalID(at, name, f.feed, u.sum), Name: name, Feed: f.feed, Arrived: at,
		Body: counting{reader{ctx, file}, bar.add},
	})
	if err != nil {
		return nil, err
	}
	if a.SHA256 == "" { // it was refused unread
		a.SHA256, a.Bytes = u.sum, u.size
	}
	return receiptOf(a), nil
}

// counting tells how many bytes are read.
type counting struct {
	io.Reader
	told func(int64)
}

func (c counting) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.told(int64(n))
	return n, err
}

// arrivalID names an arrival by when it came and what it is.
func arrivalID(at time.Time, name, feed, sum string) string {
	h := sha256.Sum256([]byte(name + "\x00" + feed + "\x00" + sum))
	return at.In(tokyo()).Format("20060102-150405-") + hex.EncodeToString(h[:8])
}

// sameArrival finds the arrival that a file is told of again: of the same second if that is given, else one
// whose run has not opened.
func sameArrival(
	ctx context.Context, d *standalone.Program, name, feed, sum string, at time.Time,
) (same *day.Arrival, err error) {
	next := standalone.Next(d.Clock.Now())
	err = d.Service.Arrivals(ctx, name, func(a *day.Arrival) error {
		switch {
		case a.Name != name || a.SHA256 != sum || feed != "" && a.Feed != feed || a.Refused != nil:
		case !at.IsZero() && a.Arrived.Equal(at.Truncate(time.Second)):
			same = a
		case at.IsZero() && a.RunDate >= next:
			same = a
		}
		return nil
	})
	return same, err
}

func receiptsText(receipts []*receiptReport) string {
	var b strings.Builder
	for _, r := range receipts {
		switch {
		case r.Refused != nil:
			fmt.Fprintf(&b, "%s  REFUSED %s %s\n", oneLine(r.Name), r.Refused.Code, r.Refused.Name)
		case r.Again:
			fmt.Fprintf(&b, "%s  was in already, for the run of %s\n", oneLine(r.Name), r.RunDate)
		default:
			fmt.Fprintf(&b, "%s  is in, for the run of %s\n", oneLine(r.Name), r.RunDate)
		}
		var t table
		t.add("id", r.ID)
		t.add("arrived", strings.Replace(strings.TrimSuffix(r.Arrived, "+09:00"), "T", " ", 1))
		if r.Feed != "" {
			t.add("feed", r.Feed)
		}
		held := commas(r.Bytes)
		if r.Chunks > 0 && r.Refused == nil {
			held += ", held in " + plural(r.Chunks, "chunk")
		}
		t.add("bytes", held)
		t.add("SHA-256", r.SHA256)
		b.WriteString(t.text("ll"))
		if r.Refused != nil {
			where := ""
			if r.Refused.Line > 0 {
				where = fmt.Sprintf("line %d: ", r.Refused.Line)
			}
			if r.Refused.Field != "" {
				where = fmt.Sprintf("line %d, %s: ", r.Refused.Line, oneLine(r.Refused.Field))
			}
			fmt.Fprintf(&b, "  %s%s\n  %s\n", where, r.Refused.What, r.Refused.Do)
		}
	}
	return b.String()
}

func (p *program) intakeList() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "list [PREFIX]",
		Short: "Find arrivals by the beginning of the file's name, and what became of them",
		Long: `Find arrivals by the beginning of the file's name: when each came, for which run, which run
took it and what that made of it. Without PREFIX all arrivals are listed.

` + exitHelp,
		Example: "  multipoint intake list POS_2026",
		Args:    cobra.MaximumNArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			return p.listArrivals(ctx, data, strings.Join(args, ""))
		}),
	}
	addData(cmd, &data)
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

func (p *program) listArrivals(ctx context.Context, data, prefix string) error {
	r := receiptsReport{Arrivals: []*receiptReport{}}
	err := p.withData(ctx, standalone.Options{Dir: data}, func(d *standalone.Program) error {
		taken, err := takenFiles(ctx, d)
		if err != nil {
			return err
		}
		return d.Service.Arrivals(ctx, prefix, func(a *day.Arrival) error {
			receipt := receiptOf(a)
			if t, ok := taken[a.ID]; ok {
				receipt.Run, receipt.Verdict = t.run, t.verdict
			}
			r.Arrivals = append(r.Arrivals, receipt)
			return nil
		})
	})
	if err != nil {
		return err
	}
	return p.result(r, arrivalsText(r.Arrivals, prefix))
}

func arrivalsText(list []*receiptReport, prefix string) string {
	if len(list) == 0 {
		return "Nothing came in whose name begins with \"" + oneLine(prefix) + "\".\n"
	}
	var t table
	t.add("file", "arrived", "feed", "bytes", "run of", "what became of it")
	for _, r := range list {
		what := "waits for its run"
		switch {
		case r.Refused != nil:
			what = "REFUSED " + r.Refused.Code + " " + r.Refused.Name
		case r.Run > 0:
			what = fmt.Sprintf("run %d: %s", r.Run, r.Verdict)
		}
		at, _ := time.Parse(time.RFC3339, r.Arrived)
		t.add(oneLine(r.Name), atJapan(at), r.Feed, commas(r.Bytes), r.RunDate, what)
	}
	return t.text("Lllrll")
}

// takenFile is what a run made of a file.
type takenFile struct {
	run     int64
	verdict string
}

// takenFiles gives the files that runs took, by the id of their arrival. Of voided runs it gives none.
func takenFiles(ctx context.Context, d *standalone.Program) (map[string]takenFile, error) {
	out := map[string]takenFile{}
	err := d.Service.Runs(ctx, func(r *day.Run) error {
		if r.Kind != day.Day || r.State == day.Voided || r.State == day.Opening {
			return nil
		}
		pins, err := d.Service.Pins(ctx, r.Run)
		if err != nil {
			return err
		}
		verdicts := map[int]string{}
		if committed(r) {
			m, err := d.Service.Manifest(ctx, r.Run)
			if err != nil {
				return err
			}
			for i := range m.Files {
				verdicts[m.Files[i].Ordinal] = verdictText(&m.Files[i])
			}
		}
		for i := range pins.Files {
			verdict, ok := verdicts[i+1]
			if !ok {
				verdict = "is " + string(r.State)
			}
			out[pins.Files[i].ID] = takenFile{r.Run, verdict}
		}
		return nil
	})
	return out, err
}

func verdictText(f *day.FileVerdict) string {
	if f.Accepted() {
		return "accepted"
	}
	return "REFUSED " + f.Code.String()
}
