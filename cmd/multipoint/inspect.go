package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"multipoint/shared/inspect"
)

func (p *program) inspect() *cobra.Command {
	var near string
	var asYAML bool
	cmd := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Propose a layout for a file: encoding, kinds of records, columns, types",
		Long: `Propose a layout for a file that nobody has described yet, say how sure each part is, and
why. At most 4 MiB are looked at; - reads standard input. What may be a card number is masked.

` + exitHelp,
		Args: cobra.ExactArgs(1),
		RunE: p.action(func(ctx context.Context, args []string) error {
			return p.inspectFile(ctx, args[0], near, asYAML)
		}),
	}
	cmd.Flags().BoolVar(&asYAML, "yaml", false, "print the draft as part of a feed's master")
	cmd.Flags().StringVar(&near, "near", "", "a `date` near the file's, for years of eras (yyyy-mm-dd)")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	cmd.MarkFlagsMutuallyExclusive("yaml", "json")
	return cmd
}

func (p *program) inspectFile(ctx context.Context, path, near string, asYAML bool) error {
	opt := inspect.Options{Name: filepath.Base(path)}
	if near != "" {
		d, err := parseDate("--near", near)
		if err != nil {
			return err
		}
		opt.Near = d
	}
	src, name, err := p.open(ctx, path)
	if err != nil {
		return err
	}
	defer ignore(src.Close)
	if path == standardInput {
		opt.Name = name
	}
	report, err := inspect.Read(src, opt)
	switch {
	case err != nil:
		return err
	case p.json:
		return writeJSON(p.stdout, report)
	case asYAML:
		return report.WriteYAML(p.stdout)
	}
	return report.Text(p.stdout)
}
