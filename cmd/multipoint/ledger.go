package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"multipoint/shared/standalone"
	"multipoint/shared/table/pebble"
)

func (p *program) ledger() *cobra.Command {
	return group("ledger", "Balances by provider; build the ledger again", p.ledgerShow(), p.ledgerRebuild())
}

// balancesReport is the JSON object of ledger show.
type balancesReport struct {
	Accounts []accountView `json:"accounts"`
}

func (p *program) ledgerShow() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the balances of all providers' accounts",
		Long: `Show the balances of all providers' accounts: points move from issued to granted, to sent
when they leave in a file, to accepted or refused when the provider answers. Each line sums
to 0.

` + exitHelp,
		Example: "  multipoint ledger show --data data",
		Args:    cobra.NoArgs,
		RunE: p.action(func(ctx context.Context, _ []string) error {
			var r balancesReport
			err := p.withData(ctx, standalone.Options{Dir: data}, func(d *standalone.Program) error {
				balances, err := d.Service.Balances(ctx)
				r.Accounts = accountViews(balances)
				return err
			})
			if err != nil {
				return err
			}
			return p.result(r, accountsText(r.Accounts))
		}),
	}
	addData(cmd, &data)
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// rebuildReport is the JSON object of ledger rebuild.
type rebuildReport struct {
	Mended int64 `json:"mended"` // items
}

func (p *program) ledgerRebuild() *cobra.Command {
	var data, temp string
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make the ledger again what the committed runs say",
		Long: `Make the ledger again what the committed runs say: it is built from their records beside the
one that is there, and each item that is missing, changed or extra is mended. Find out
first, with verify, who changed it.

` + exitHelp,
		Example: "  multipoint verify; multipoint ledger rebuild",
		Args:    cobra.NoArgs,
		RunE: p.action(func(ctx context.Context, _ []string) error {
			var r rebuildReport
			err := p.withData(ctx, standalone.Options{Dir: data}, func(d *standalone.Program) error {
				return withTable(temp, func(built *pebble.Table) (err error) {
					r.Mended, err = d.Service.RebuildLedger(ctx, built)
					return err
				})
			})
			if err != nil {
				return err
			}
			what := "The ledger was what the committed runs say; nothing was changed.\n"
			if r.Mended > 0 {
				what = fmt.Sprintf("%s mended; the ledger is what the committed runs say.\n",
					plural(int(r.Mended), "item"))
			}
			return p.result(r, what)
		}),
	}
	addData(cmd, &data)
	addTemp(cmd, &temp)
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

func addTemp(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "temp", "",
		"`folder` for what is computed again and thrown away; default: the system's")
	_ = cmd.MarkFlagDirname("temp")
}

// withScratch makes an empty object store for what do computes, and throws it away.
func withScratch(temp string, do func(objects *standalone.Scratch) error) (err error) {
	objects, err := standalone.NewScratch(temp)
	if err != nil {
		return writeFailed(temp, err)
	}
	defer func() { err = errors.Join(err, writeFailed(temp, objects.Close())) }()
	return do(objects)
}

// withTable makes an empty table for what do computes, and throws it away.
func withTable(temp string, do func(built *pebble.Table) error) error {
	return withScratch(temp, func(objects *standalone.Scratch) (err error) {
		built, err := pebble.Open(filepath.Join(objects.Dir(), "table"), pebble.Options{})
		if err != nil {
			return writeFailed(temp, err)
		}
		defer func() { err = errors.Join(err, writeFailed(temp, built.Close())) }()
		return do(built)
	})
}
