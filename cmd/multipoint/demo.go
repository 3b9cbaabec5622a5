package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"multipoint/events"
	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/flow"
	"multipoint/shared/standalone"
)

func (p *program) demo() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the day of a made-up retailer in a temporary folder and print what it came to",
		Long: `Run the day of a made-up retailer, from its files to the ledger and the providers' files, in a
temporary folder, and print the totals of each stage, the files and the digest. The digest is the same
on every machine, every time, and the same that serve --demo shows.

` + exitHelp,
		Example: "  multipoint demo",
		Args:    cobra.NoArgs,
		RunE:    p.action(func(ctx context.Context, _ []string) error { return p.runDemo(ctx) }),
	}
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// demoOptions make a new folder the demo's. Its clock stands where its day opens.
func demoOptions(o *standalone.Options) {
	o.Demo, o.Retailer = true, "AOZORA"
	o.DemoStart = time.Date(2026, time.November, 22, 6, 2, 0, 0, tokyo())
}

func (p *program) runDemo(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "multipoint-demo-*")
	if err != nil {
		return writeFailed("", err)
	}
	defer func() {
		if e := os.RemoveAll(dir); err == nil {
			err = e
		}
	}()
	o := standalone.Options{Dir: filepath.Join(dir, "data")}
	demoOptions(&o)
	var v *runView
	err = p.withData(ctx, o, func(d *standalone.Program) error {
		if err := p.beginDemo(ctx, d); err != nil {
			return err
		}
		if v, err = viewRun(ctx, d, 1); err == nil {
			v.bad = nil // the folder is gone before anybody could look at them
		}
		return err
	})
	if err != nil {
		p.interrupted = "interrupted; nothing was kept"
		return err
	}
	return p.result(v, v.text()+fmt.Sprintf("\nDigest of the run  %s\n", v.Digest))
}

// beginDemo takes the demo's files in and runs its day, unless that was done before. A day that stops is for
// the pages to show.
func (p *program) beginDemo(ctx context.Context, d *standalone.Program) error {
	last, err := d.Service.Last(ctx)
	if err != nil || last != nil {
		return err
	}
	bar := p.progress("demo day", -1)
	defer bar.end()
	date, err := d.Load(ctx, events.Files)
	if err != nil {
		return err
	}
	run, err := d.RunDay(ctx, date)
	var stopped *flow.Error
	if run != nil && errors.As(err, &stopped) && ctx.Err() == nil {
		if again, e := d.Service.Run(ctx, run.Run); e == nil && again.State == day.Stopped {
			return nil
		}
	}
	return err
}

// prepareDemo makes the files of a demo's next day out of those of its first one: the same sales, a day
// later.
func prepareDemo(d *standalone.Program) func(ctx context.Context, date calendar.Date) error {
	return func(ctx context.Context, date calendar.Date) error {
		sold := date.Add(-1)
		y, m, dd := sold.YMD()
		compact, dashed := fmt.Sprintf("%04d%02d%02d", y, m, dd), fmt.Sprintf("%04d-%02d-%02d", y, m, dd)
		for i, name := range []string{"EC_20261121_1.csv", "POS_20261121_1.dat"} {
			b, err := fs.ReadFile(events.Files, path.Join("day", name))
			if err != nil {
				return err
			}
			b = bytes.ReplaceAll(b, []byte("20261121"), []byte(compact))
			b = bytes.ReplaceAll(b, []byte("2026-11-21"), []byte(dashed))
			name = string(bytes.ReplaceAll([]byte(name), []byte("20261121"), []byte(compact)))
			arrived := standalone.OpensAt(date).Add(-5*time.Hour + time.Duration(i)*time.Minute)
			u := day.Upload{ID: name, Name: name, Arrived: arrived, Body: bytes.NewReader(b)}
			if _, err := d.Service.TakeIn(ctx, u); err != nil {
				return err
			}
		}
		return nil
	}
}
