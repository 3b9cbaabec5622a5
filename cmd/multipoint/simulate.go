package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/standalone"
)

// simulateFlags are what simulate is called with.
type simulateFlags struct {
	data, masters, from, to string
	stores                  bool
	threads                 int
}

func (p *program) simulate() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate --masters DIR --from DATE [--to DATE]",
		Short: "Try a draft of the masters on past days: what would it have cost?",
		Long: `Try a draft of the masters on past days: each committed day is rated again as if the draft
had been published before it, with the same files and members, and its points stand beside
those that were granted. The draft is a whole masters folder, such as a copy with one
campaign more. Nothing is changed.

Points are net of what returns took back. "cut" are points that caps took from awards, "in vain" the
awards of which caps left nothing.

` + exitHelp,
		Example: `  multipoint simulate --masters draft --from 2026-11-01 --to 2026-11-21
  multipoint simulate --masters draft --from 2026-11-21 --stores`,
		Args: cobra.NoArgs,
		RunE: p.action(func(ctx context.Context, _ []string) error { return p.simulateDraft(ctx, &f) }),
	}
	addData(cmd, &f.data)
	cmd.Flags().StringVar(&f.masters, "masters", "", "`folder` of the draft (required)")
	cmd.Flags().StringVar(&f.from, "from", "", "first run `date`, yyyy-mm-dd (required)")
	cmd.Flags().StringVar(&f.to, "to", "", "last run `date`; default: the newest")
	cmd.Flags().BoolVar(&f.stores, "stores", false, "list the rules by store")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "threads; default: one for each processor")
	_ = cmd.MarkFlagRequired("masters")
	_ = cmd.MarkFlagRequired("from")
	_ = cmd.MarkFlagDirname("masters")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

func (p *program) simulateDraft(ctx context.Context, f *simulateFlags) error {
	from, err := parseDate("--from", f.from)
	if err != nil {
		return err
	}
	to := calendar.Date(0)
	if f.to != "" {
		if to, err = parseDate("--to", f.to); err != nil {
			return err
		}
		if to < from {
			return usage("--to is before --from")
		}
	}
	set, err := loadMasters(f.masters)
	if err != nil {
		return err
	}
	bar := p.progress("rating", -1)
	defer bar.end()
	var s *day.Simulation
	err = p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
		if set.Retailer.Code != d.Service.Retailer {
			return fault.At(fault.MasterValue, fault.Place{File: f.masters}, fmt.Sprintf(
				"The masters are those of %s, the data folder %s belongs to %s.",
				set.Retailer.Code, f.data, d.Service.Retailer))
		}
		if to == 0 {
			if to, err = newestDay(ctx, d, from); err != nil {
				return err
			}
		}
		o := day.SimulateOptions{Threads: f.threads}
		s, err = d.Service.Simulate(ctx, day.Draft{Set: set}, from, to, o)
		return err
	})
	bar.end()
	if err != nil {
		return err
	}
	if s.Days == nil {
		s.Days = []day.SimulatedDay{}
	}
	return p.result(s, simulationText(s, f.stores))
}

// newestDay is the run date of the newest committed day, and not before a date.
func newestDay(ctx context.Context, d *standalone.Program, from calendar.Date) (calendar.Date, error) {
	to := from
	err := d.Service.Runs(ctx, func(r *day.Run) error {
		if r.Kind == day.Day && committed(r) {
			to = max(to, r.RunDate)
		}
		return nil
	})
	return to, err
}

// netOf are the points that stay with members.
func netOf(f *day.Figures) int64 { return f.Points + f.Taken }

// signed writes a difference.
func signed(n int64) string {
	if n > 0 {
		return "+" + commas(n)
	}
	return commas(n)
}

func simulationText(s *day.Simulation, stores bool) string {
	if len(s.Days) == 0 {
		return fmt.Sprintf("No day was committed from %s to %s.\n", s.From, s.To)
	}
	var days table
	days.add("run date", "run", "cards", "granted", "draft", "difference", "cut", "in vain")
	var granted, draft day.Figures
	for i := range s.Days {
		d := &s.Days[i]
		days.add(d.RunDate.String(), fmt.Sprint(d.Run), commas(d.Draft.Cards),
			commas(netOf(&d.Granted.Figures)), commas(netOf(&d.Draft.Figures)),
			signed(netOf(&d.Draft.Figures)-netOf(&d.Granted.Figures)),
			commas(d.Draft.CutPoints), commas(d.Draft.LostPoints))
		addFigures(&granted, &d.Granted.Figures)
		addFigures(&draft, &d.Draft.Figures)
	}
	if len(s.Days) > 1 {
		days.add("all days", "", "", commas(netOf(&granted)), commas(netOf(&draft)),
			signed(netOf(&draft)-netOf(&granted)), commas(draft.CutPoints), commas(draft.LostPoints))
	}
	note := ""
	if s.Converted {
		note = "\nThe draft reads lines in another way: the held files were converted again.\n"
	}
	return days.text("Lrrrrrrr") + "\n" + costText(s, stores) + note
}

func addFigures(to, f *day.Figures) {
	to.Entries += f.Entries
	to.Points += f.Points
	to.Taken += f.Taken
	to.Yen += f.Yen
	to.CutEntries += f.CutEntries
	to.CutPoints += f.CutPoints
	to.LostEntries += f.LostEntries
	to.LostPoints += f.LostPoints
}

// costText lists the rules, with what they gave and what the draft gives.
func costText(s *day.Simulation, stores bool) string {
	type key struct{ provider, pointType, rule, store string }
	sums := map[key]*day.Cost{}
	for i := range s.Days {
		for j := range s.Days[i].Costs {
			c := &s.Days[i].Costs[j]
			k := key{provider: c.Provider, pointType: c.PointType, rule: c.Rule}
			if stores {
				k.store = c.Store
			}
			sum := sums[k]
			if sum == nil {
				sum = &day.Cost{Provider: c.Provider, PointType: c.PointType, Rule: c.Rule, Store: k.store}
				sums[k] = sum
			}
			addFigures(&sum.Draft, &c.Draft)
			addFigures(&sum.Granted, &c.Granted)
		}
	}
	list := make([]*day.Cost, 0, len(sums))
	for _, c := range sums {
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b *day.Cost) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.PointType, b.PointType),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Store, b.Store))
	})
	var t table
	row := []string{"provider", "type", "rule", "granted", "draft", "difference", "cut", "in vain"}
	align := "Lllrrrrr"
	if stores {
		row, align = slices.Insert(row, 3, "store"), "Llllrrrrr"
	}
	t.add(row...)
	for _, c := range list {
		row := []string{
			c.Provider, c.PointType, c.Rule, commas(netOf(&c.Granted)), commas(netOf(&c.Draft)),
			signed(netOf(&c.Draft) - netOf(&c.Granted)), commas(c.Draft.CutPoints),
			commas(c.Draft.LostPoints),
		}
		if stores {
			row = slices.Insert(row, 3, oneLine(c.Store))
		}
		t.add(row...)
	}
	return t.text(align)
}
