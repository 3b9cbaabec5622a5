package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/standalone"
)

// defaultData is the data folder of commands that are not told another one.
const defaultData = "data"

// addData gives a command the flag --data.
func addData(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "data", defaultData, "data `folder`, which keeps everything of one retailer")
	_ = cmd.MarkFlagDirname("data")
}

// withData opens a data folder for what a command does with it, and closes it again. What was kept stays
// kept, also after an interrupt.
func (p *program) withData(
	ctx context.Context, o standalone.Options, do func(d *standalone.Program) error,
) error {
	p.interrupted = "interrupted; what was recorded stays"
	if o.Retailer == "" && !standalone.Exists(o.Dir) {
		return &hint{
			fault.At(fault.ReadFailed, fault.Place{File: o.Dir}, "There is no data folder."),
			"multipoint masters publish makes one; --data names another.",
		}
	}
	d, err := standalone.Open(ctx, o)
	if err != nil {
		return storeFault(o.Dir, err)
	}
	err = storeFault(o.Dir, do(d))
	if e := d.Close(); err == nil {
		err = storeFault(o.Dir, e)
	}
	return err
}

// storeFault names the data folder in errors that say nothing else.
func storeFault(dir string, err error) error {
	var f found
	var list *faultList
	if err == nil || fault.CodeOf(err) != 0 || errors.As(err, &f) || errors.As(err, &list) {
		return err
	}
	return &fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: dir}, Err: err}
}

// tokyo is the time zone that people see.
func tokyo() *time.Location { return time.FixedZone("JST", 9*60*60) }

// atJapan writes a moment as people read it.
func atJapan(t time.Time) string { return t.In(tokyo()).Format("2006-01-02 15:04:05") }

// due is the run date whose run opened last by the clock.
func due(now time.Time) calendar.Date { return standalone.Next(now).Add(-1) }

// group makes a command that only has others below it.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	names := ""
	for i, c := range commands {
		switch {
		case i == len(commands)-1 && i > 0:
			names += " or "
		case i > 0:
			names += ", "
		}
		names += c.Name()
	}
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage(use + " needs one of its commands, " + names)
		},
	}
	cmd.AddCommand(commands...)
	return cmd
}

// result prints what a command came to: the object with --json, else the text.
func (p *program) result(v any, text string) error {
	if p.json {
		return writeJSON(p.stdout, v)
	}
	return p.print(text)
}
