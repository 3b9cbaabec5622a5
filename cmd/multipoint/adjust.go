package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"multipoint/shared/day"
	"multipoint/shared/standalone"
)

// adjustFlags are what adjust is called with.
type adjustFlags struct {
	data, reason, by, approvedBy string
	key                          string
	entry                        int32
	provider, card, pointType    string
	points                       int64
	resend                       bool
}

func (p *program) adjust() *cobra.Command {
	var f adjustFlags
	cmd := &cobra.Command{
		Use:   "adjust --reason TEXT --by WHO --approved-by WHO ...",
		Short: "Change points by hand: of an entry, of a card, or grant a refused entry anew",
		Long: `Change points by hand, with a reason and the approval of a second person. Three ways:

  --key HEX --entry N --points P                give (or, with a minus, take) points of a grant entry
  --key HEX --entry N --resend                  grant an entry anew that its provider refused
  --provider CODE --card NUMBER --type T --points P   give or take points of a card

What changes an entry counts in caps and returns, what changes a card does not. The points leave with
the provider's next file. An adjustment is a run of its own; explain shows keys and entries.

` + exitHelp,
		Example: `  multipoint adjust --reason complaint --by sato --approved-by suzuki \
      --key 5d4e… --entry 1 --points 50
  multipoint adjust --reason "card corrected" --by sato --approved-by suzuki --key 5d4e… --resend`,
		Args: cobra.NoArgs,
		RunE: p.action(func(ctx context.Context, _ []string) error { return p.runAdjustment(ctx, &f) }),
	}
	addData(cmd, &f.data)
	flags := cmd.Flags()
	flags.StringVar(&f.reason, "reason", "", "`text`: why (required)")
	flags.StringVar(&f.by, "by", "", "`who` asks for it (required)")
	flags.StringVar(&f.approvedBy, "approved-by", "", "`who` approved it, another person (required)")
	flags.StringVar(&f.key, "key", "", "key of the transaction, in `hex`")
	flags.Int32Var(&f.entry, "entry", 1, "`number` of the entry in its transaction, from 1")
	flags.StringVar(&f.provider, "provider", "", "`code` of the card's provider")
	flags.StringVar(&f.card, "card", "", "`number` of the card")
	flags.StringVar(&f.pointType, "type", "", "point `type`")
	flags.Int64Var(&f.points, "points", 0, "points to give; negative to take back")
	flags.BoolVar(&f.resend, "resend", false, "grant the refused entry anew")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// adjustReport is the JSON object of adjust.
type adjustReport struct {
	Run      int64         `json:"run"`
	State    day.State     `json:"state"`
	Digest   string        `json:"digest"`
	Reason   string        `json:"reason"`
	Adjusted bool          `json:"adjusted"` // false: nothing of that name, or it cannot be done to it
	Accounts []accountView `json:"accounts"`
}

func (p *program) runAdjustment(ctx context.Context, f *adjustFlags) error {
	r := &adjustReport{Reason: f.reason, Accounts: []accountView{}}
	steps := p.stepProgress()
	defer steps.end()
	o := standalone.Options{Dir: f.data, Runner: standalone.RunnerOptions{Observe: steps.observe}}
	err := p.withData(ctx, o, func(d *standalone.Program) error {
		line := day.AdjustmentLine{
			Key: f.key, Provider: f.provider, PointType: f.pointType, Points: f.points, Resend: f.resend,
		}
		if f.key != "" {
			line.Order = f.entry - 1
		}
		if f.card != "" {
			var err error
			if line.Ref, err = d.Service.Ref(ctx, f.provider, f.card); err != nil {
				return err
			}
		}
		run, err := d.Service.OpenAdjustment(ctx, &day.AdjustmentFile{
			Reason: f.reason, By: f.by, ApprovedBy: f.approvedBy, Lines: []day.AdjustmentLine{line},
		})
		if err != nil {
			return err
		}
		if err := d.Drive(ctx, run); err != nil {
			return steps.stopped(ctx, d, run, err)
		}
		return r.fill(ctx, d, run.Run)
	})
	steps.end()
	if err != nil {
		return err
	}
	if err := p.result(r, r.text()); err != nil {
		return err
	}
	if !r.Adjusted {
		return found(exitInput)
	}
	return nil
}

func (r *adjustReport) fill(ctx context.Context, d *standalone.Program, number int64) error {
	run, err := d.Service.Run(ctx, number)
	if err != nil {
		return err
	}
	m, err := d.Service.Manifest(ctx, number)
	if err != nil {
		return err
	}
	r.Run, r.State, r.Digest = run.Run, run.State, run.Digest
	r.Adjusted = m.Answered.Matched[0] > 0
	r.Accounts = accountViews(m.Accounts)
	return nil
}

func (r *adjustReport) text() string {
	what := "adjusted; the points leave with the next file"
	if !r.Adjusted {
		what = "nothing adjusted: there is nothing of that name, or it does not stand where that can be done"
	}
	return fmt.Sprintf("run %d: %s\n", r.Run, what)
}
