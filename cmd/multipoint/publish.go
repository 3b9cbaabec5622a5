package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/standalone"
)

func (p *program) publishMasters() *cobra.Command {
	var data, from string
	cmd := &cobra.Command{
		Use:   "publish --from DATE DIR",
		Short: "Publish a masters folder: runs of that date and later use it",
		Long: `Publish a masters folder: runs of that date and later use it. It is checked first, as
masters check does it; every version is kept, and a run keeps the one that it opened with.
The first publish makes the data folder; which retailer's it is, retailer.yaml says, and it
stays that one's.

` + exitHelp,
		Example: "  multipoint masters publish --data data --from 2026-11-22 masters",
		Args:    cobra.ExactArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			return p.publishSet(ctx, data, from, args[0])
		}),
	}
	addData(cmd, &data)
	cmd.Flags().StringVar(&from, "from", "", "first run `date`, yyyy-mm-dd (required)")
	_ = cmd.MarkFlagRequired("from")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// publishReport is the JSON object of masters publish and members publish.
type publishReport struct {
	Data     string `json:"data"`
	Created  bool   `json:"created"` // the data folder is new
	Retailer string `json:"retailer"`
	From     string `json:"from"`
	Version  string `json:"version,omitempty"` // of masters
	Key      string `json:"key"`
	SHA256   string `json:"sha256"`
}

func (p *program) publishSet(ctx context.Context, data, from, dir string) error {
	date, err := parseDate("--from", from)
	if err != nil {
		return err
	}
	set, err := loadMasters(dir)
	if err != nil {
		return err
	}
	r := publishReport{
		Data: data, Created: !standalone.Exists(data), Retailer: set.Retailer.Code, From: date.String(),
		Version: set.Version,
	}
	o := standalone.Options{Dir: data, Retailer: set.Retailer.Code}
	err = p.withData(ctx, o, func(d *standalone.Program) error {
		if d.Service.Retailer != set.Retailer.Code {
			return fault.At(fault.MasterValue, fault.Place{File: dir}, fmt.Sprintf(
				"The masters are those of %s, the data folder %s belongs to %s.",
				set.Retailer.Code, data, d.Service.Retailer))
		}
		pinned, err := d.Service.PublishMasters(ctx, set, date)
		r.Key, r.SHA256 = pinned.Key, pinned.SHA256
		return err
	})
	if err != nil {
		return err
	}
	made := ""
	if r.Created {
		made = "made " + data + "; back up its keys with the rest (multipoint backup)\n"
	}
	return p.result(r, made+fmt.Sprintf("%s: masters of %s, version %s, from the run of %s on\n",
		dir, r.Retailer, r.Version, r.From))
}

func (p *program) members() *cobra.Command {
	var data string
	publish := &cobra.Command{
		Use:   "publish FILE",
		Short: "Publish a member snapshot, CSV or YAML: runs that open from now on use it",
		Long: `Publish a member snapshot, CSV or YAML: runs that open from now on use it, in the place of
the one before. A run keeps the snapshot that it opened with.

` + exitHelp,
		Example: "  multipoint members publish --data data members.csv",
		Args:    cobra.ExactArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			return p.publishSnapshot(ctx, data, args[0])
		}),
	}
	addData(publish, &data)
	p.addJSON(publish, p.stdout, "print one JSON object")
	return group("members", "Publish the members that runs know", publish)
}

func (p *program) publishSnapshot(ctx context.Context, data, path string) error {
	if _, err := loadMembers(path); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return readFailed(path, err)
	}
	r := publishReport{Data: data}
	err = p.withData(ctx, standalone.Options{Dir: data}, func(d *standalone.Program) error {
		var next calendar.Date = standalone.Next(d.Clock.Now())
		pinned, err := d.Service.PublishMembers(ctx, text, next)
		var e *fault.Error
		if errors.As(err, &e) && e.File == "" {
			e.File = path
		}
		r.Retailer, r.From, r.Key, r.SHA256 = d.Service.Retailer, next.String(), pinned.Key, pinned.SHA256
		return err
	})
	if err != nil {
		return err
	}
	return p.result(r, fmt.Sprintf("%s: members of %s, from the next run on (that of %s)\n",
		path, r.Retailer, r.From))
}
