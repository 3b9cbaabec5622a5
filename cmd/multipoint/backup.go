package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"multipoint/shared/standalone"
)

// backupFlags are what backup is called with.
type backupFlags struct {
	data, to string
	keep     int
	full     bool
}

func (p *program) backup() *cobra.Command {
	var f backupFlags
	cmd := &cobra.Command{
		Use:   "backup --to DIR",
		Short: "Copy the data folder into a generation of its own, and remove old ones",
		Long: `Copy the data folder into a generation of its own, named by date and time: objects, table,
keys and settings, with the SHA-256 of each file. Generations older than --keep days are
removed. What the generation before has already is linked, not copied, so that a day costs
what is new; --full copies everything. On the disk of the data folder also the first
generation is linked: that helps against mistakes, not against the loss of the disk.

A generation holds the keys: whoever reads it reads everything. A key that was destroyed is taken out
of all generations 30 days later.

` + exitHelp,
		Example: "  multipoint backup --data data --to /mnt/backup/aozora --keep 180",
		Args:    cobra.NoArgs,
		RunE:    p.action(func(ctx context.Context, _ []string) error { return p.backupData(ctx, &f) }),
	}
	addData(cmd, &f.data)
	cmd.Flags().StringVar(&f.to, "to", "", "`folder` of the generations (required)")
	cmd.Flags().IntVar(&f.keep, "keep", 180, "`days` after which a generation is removed; 0 = none is")
	cmd.Flags().BoolVar(&f.full, "full", false, "copy everything, link nothing")
	_ = cmd.MarkFlagRequired("to")
	_ = cmd.MarkFlagDirname("to")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// backupReport is the JSON object of backup and restore.
type backupReport struct {
	Generation string   `json:"generation"`
	Folder     string   `json:"folder"` // that was written
	Retailer   string   `json:"retailer"`
	Objects    int      `json:"objects"`
	Files      int      `json:"files"`
	Bytes      int64    `json:"bytes"`
	Copied     int64    `json:"copied"`
	Removed    []string `json:"removed"` // generations
}

func (p *program) backupData(ctx context.Context, f *backupFlags) error {
	if f.keep < 0 {
		return usage("--keep must be 0 or more")
	}
	to, err := filepath.Abs(f.to)
	if err != nil {
		return writeFailed(f.to, err)
	}
	r := backupReport{Removed: []string{}}
	bar := p.progress("reading", -1)
	defer bar.end()
	err = p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
		g, removed, err := d.Backup(ctx, standalone.BackupOptions{
			To: to, Keep: f.keep, Full: f.full, Version: versionOf().Version, Progress: bar.add,
		})
		if err != nil {
			return err
		}
		r.Generation, r.Folder, r.Retailer = g.Name, filepath.Join(f.to, g.Name), g.Retailer
		r.Objects, r.Files, r.Bytes, r.Copied = len(g.Objects), len(g.Files), g.Bytes, g.Copied
		r.Removed = append(r.Removed, removed...)
		return nil
	})
	bar.end()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s is backed up in %s\n", f.data, r.Folder) + r.text()
	for _, name := range r.Removed {
		text += "  removed  " + name + "\n"
	}
	return p.result(r, text)
}

func (r *backupReport) text() string {
	var t table
	t.add("objects", commas(int64(r.Objects)))
	t.add("other files", commas(int64(r.Files)))
	t.add("bytes", commas(r.Bytes))
	t.add("  of them copied", commas(r.Copied))
	return t.text("lr")
}

func (p *program) restore() *cobra.Command {
	var o standalone.RestoreOptions
	cmd := &cobra.Command{
		Use:   "restore --from DIR --data NEW",
		Short: "Make a data folder of a backup; every byte is compared with its hash",
		Long: `Make a data folder of a backup, the newest generation or the one that is named. Every byte
is compared with the hash taken when the backup was made; the data folder must be absent or
empty, and is there whole or not at all. multipoint verify proves it afterwards.

` + exitHelp,
		Example: `  multipoint restore --from /mnt/backup/aozora --data restored
  multipoint restore --from /mnt/backup/aozora --generation 20261122-101500 --data restored`,
		Args: cobra.NoArgs,
		RunE: p.action(func(ctx context.Context, _ []string) error { return p.restoreData(ctx, o) }),
	}
	cmd.Flags().StringVar(&o.From, "from", "", "`folder` of the generations (required)")
	cmd.Flags().StringVar(&o.Generation, "generation", "", "`name` of the generation; default: the newest")
	cmd.Flags().StringVar(&o.Dir, "data", "", "new data `folder`, absent or empty (required)")
	for _, name := range []string{"from", "data"} {
		_ = cmd.MarkFlagRequired(name)
		_ = cmd.MarkFlagDirname(name)
	}
	_ = cmd.RegisterFlagCompletionFunc("generation", completeGenerations)
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// completeGenerations offers the generations of the folder that is on the line.
func completeGenerations(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	names, err := standalone.Generations(cmd.Flag("from").Value.String())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (p *program) restoreData(ctx context.Context, o standalone.RestoreOptions) error {
	data := o.Dir
	bar := p.progress("reading", -1)
	defer bar.end()
	o.Progress = bar.add
	g, err := standalone.Restore(ctx, o)
	bar.end()
	if err != nil {
		return storeFault(data, err)
	}
	r := backupReport{
		Generation: g.Name, Folder: data, Retailer: g.Retailer, Objects: len(g.Objects), Files: len(g.Files),
		Bytes: g.Bytes, Copied: g.Bytes, Removed: []string{},
	}
	return p.result(r, fmt.Sprintf("%s is the generation %s of %s\n", data, g.Name, g.Retailer)+r.text()+
		"Every byte has its hash. Prove the runs: multipoint verify --data "+data+"\n")
}
