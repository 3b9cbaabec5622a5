package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/member"
)

func (p *program) masters() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "masters",
		Short: "Check masters, print their JSON Schemas, publish them",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return usage("masters needs one of its commands, check, schema or publish")
		},
	}
	check := &cobra.Command{
		Use:   "check DIR",
		Short: "Check a masters folder; each fault with file, line and what to do",
		Long: "Check a masters folder: YAML, schemas, references, overlaps, rules that can never apply, " +
			"layouts.\n\n" + exitHelp,
		Args: cobra.ExactArgs(1),
		RunE: p.action(func(_ context.Context, args []string) error { return p.checkMasters(args[0]) }),
	}
	p.addJSON(check, p.stdout, "print one JSON object")
	cmd.AddCommand(check, p.publishMasters(), &cobra.Command{
		Use:       "schema KIND",
		Short:     "Print the JSON Schema of a kind of master, for editors",
		Long:      "Print the JSON Schema of a kind of master: " + strings.Join(schemaKinds(), ", ") + ".",
		ValidArgs: schemaKinds(),
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE:      p.action(func(_ context.Context, args []string) error { return p.printSchema(args[0]) }),
	})
	return cmd
}

// schemaKinds are the kinds of masters, and what their schemas refer to.
func schemaKinds() []string { return append(master.Kinds(), "layout", "types") }

func (p *program) printSchema(kind string) error {
	text, err := fs.ReadFile(master.Schemas(), kind+".schema.json")
	if err != nil {
		return err
	}
	return p.print(string(text))
}

// mastersReport is the JSON object of masters check.
type mastersReport struct {
	Masters  string       `json:"masters"`
	OK       bool         `json:"ok"`
	Retailer string       `json:"retailer,omitempty"`
	Version  string       `json:"version,omitempty"`
	Counts   []kindCount  `json:"counts,omitempty"`
	Faults   []*faultJSON `json:"faults"`
}

// kindCount is how many masters of a kind there are.
type kindCount struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

func (p *program) checkMasters(dir string) error {
	set, err := loadMasters(dir)
	var list *faultList
	if errors.As(err, &list) {
		return p.mastersFaults(dir, list)
	}
	if err != nil {
		return err
	}
	counts := countMasters(set)
	if p.json {
		return writeJSON(p.stdout, mastersReport{
			Masters: dir, OK: true, Retailer: set.Retailer.Code, Version: set.Version, Counts: counts,
			Faults: []*faultJSON{},
		})
	}
	var t table
	for _, c := range counts {
		t.add(c.Kind, commas(int64(c.Count)))
	}
	return p.print(fmt.Sprintf("%s: no faults; masters of %s, version %s\n\n%s",
		dir, set.Retailer.Code, set.Version, t.text("lr")))
}

func (p *program) mastersFaults(dir string, list *faultList) error {
	code := found(exitCode(list))
	if p.json {
		if err := writeJSON(p.stdout, mastersReport{Masters: dir, Faults: allJSON(list.faults)}); err != nil {
			return err
		}
		return code
	}
	var b strings.Builder
	for _, e := range list.faults {
		b.WriteString(faultLine(e) + "\n")
	}
	if err := p.print(b.String()); err != nil {
		return err
	}
	p.say("multipoint: %s\n", list.what)
	return code
}

func countMasters(s *master.Set) []kindCount {
	return []kindCount{
		{master.KindRetailer, 1},
		{master.KindProvider, len(s.Providers)},
		{master.KindContract, len(s.Contracts)},
		{master.KindFeed, len(s.Feeds)},
		{master.KindOutlet, len(s.Outlets)},
		{master.KindCard, len(s.Cards)},
		{master.KindAffiliate, len(s.Affiliates)},
		{master.KindPoints, len(s.Points)},
		{master.KindCampaign, len(s.Campaigns)},
	}
}

// loadMasters reads a masters folder; its faults come as a faultList with paths that an editor finds.
func loadMasters(dir string) (*master.Set, error) {
	set, faults := master.Load(os.DirFS(dir))
	if len(faults) == 0 {
		return set, nil
	}
	for _, e := range faults {
		e.File = filepath.Join(dir, filepath.FromSlash(e.File))
	}
	what := plural(len(faults), "fault") + " in the masters folder " + dir
	if len(faults) == master.MaxFaults {
		what = "at least " + what
	}
	return nil, &faultList{what: what, faults: faults}
}

// loadMembers reads a member snapshot; no path means no members.
func loadMembers(path string) (*member.Snapshot, error) {
	if path == "" {
		return &member.Snapshot{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, readFailed(path, err)
	}
	defer ignore(f.Close)
	s, err := member.Load(f)
	var e *fault.Error
	if errors.As(err, &e) {
		e.File = cmp.Or(e.File, path)
	}
	return s, err
}
