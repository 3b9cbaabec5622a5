package main

import (
	"context"
	"encoding/hex"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"multipoint/shared/generate"
	"multipoint/shared/master"
)

// generateDate is the run date of generated files unless another is given, so that the same call gives the
// same bytes on every day.
const generateDate = "2026-11-22"

// generateFlags are what generate is called with.
type generateFlags struct {
	shape, masters, runDate, out, feed, members string
	lines                                       int64
	seed                                        uint64
	bad                                         int
}

func (p *program) generate() *cobra.Command {
	var f generateFlags
	cmd := &cobra.Command{
		Use:   "generate --shape SHAPE --lines N",
		Short: "Make a realistic transaction file of any size, the same for the same seed",
		Long: `Make a realistic transaction file of any size: sales, returns, cancels, duplicates and 1 % bad
lines; cards from the ranges of the masters, or of a made-up provider without --masters. The same
call gives the same bytes on every machine. Shapes:

  csv    CSV in CP932 with a title row
  fixed  fixed length in CP932 with header and trailer
  items  CSV in UTF-8 with item records below each receipt, and a trailer

` + exitHelp,
		Example: "  multipoint generate --shape csv --lines 1000000 --masters masters --out pos.csv",
		Args:    cobra.NoArgs,
		RunE: p.action(func(ctx context.Context, _ []string) error {
			return p.generateFile(ctx, &f)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.shape, "shape", "", "`shape`: csv, fixed or items (required)")
	flags.Int64Var(&f.lines, "lines", 1000, "number of transactions")
	flags.Uint64Var(&f.seed, "seed", 1, "another seed gives another file")
	flags.IntVar(&f.bad, "bad", 10, "bad lines in 1,000; 0 = none")
	flags.StringVar(&f.masters, "masters", "", "`folder` of the masters that give cards, stores, products")
	flags.StringVar(&f.runDate, "run-date", generateDate, "`date` of the run that reads the file, yyyy-mm-dd")
	flags.StringVar(&f.out, "out", "", "`file` to write; default: standard output")
	flags.StringVar(&f.feed, "feed", "", "`file` for the feed master that reads it (YAML)")
	flags.StringVar(&f.members, "members", "", "`file` for the member snapshot that goes with it (CSV)")
	p.addJSON(cmd, p.stderr, "print what is in the file as one JSON object, on standard error")
	_ = cmd.MarkFlagRequired("shape")
	shapes := cobra.FixedCompletions(shapeNames(), cobra.ShellCompDirectiveNoFileComp)
	_ = cmd.RegisterFlagCompletionFunc("shape", shapes)
	return cmd
}

func shapeNames() []string {
	var names []string
	for _, s := range generate.Shapes() {
		names = append(names, string(s))
	}
	return names
}

// generateReport is the JSON object of generate.
type generateReport struct {
	Shape            string `json:"shape"`
	Seed             uint64 `json:"seed"`
	RunDate          string `json:"run_date"`
	Lines            int64  `json:"lines"`
	Records          int64  `json:"records"`
	Bad              int64  `json:"bad"`
	Duplicates       int64  `json:"duplicates"`
	UnknownOriginals int64  `json:"unknown_originals"`
	YenSales         int64  `json:"yen_sales"`
	YenReturns       int64  `json:"yen_returns"`
	Bytes            int64  `json:"bytes"`
	SHA256           string `json:"sha256"`
}

func (p *program) generateFile(ctx context.Context, f *generateFlags) error {
	spec, err := specOf(f)
	if err != nil {
		return err
	}
	if err := apart(f.out, f.feed, f.members); err != nil {
		return err
	}
	var sum generate.Summary
	write := func(w io.Writer) (err error) {
		sum, err = generate.Write(w, spec)
		return err
	}
	if f.out == "" {
		err = write(writer{ctx, p.stdout, "standard output"})
	} else {
		err = writeFile(ctx, f.out, write)
	}
	if err == nil && f.members != "" {
		err = writeFile(ctx, f.members, func(w io.Writer) error { return generate.Members(w, spec) })
	}
	if err == nil && f.feed != "" {
		feed, _ := generate.Feed(spec)
		err = writeFile(ctx, f.feed, func(w io.Writer) error { return yaml.NewEncoder(w).Encode(feed) })
	}
	if err != nil {
		return err
	}
	r := generateReport{
		Shape: f.shape, Seed: f.seed, RunDate: spec.RunDate.String(), Lines: sum.Lines, Records: sum.Records,
		Bad: sum.Bad, Duplicates: sum.Duplicates, UnknownOriginals: sum.UnknownOriginals,
		YenSales: sum.YenSales, YenReturns: sum.YenReturns,
		Bytes: sum.Bytes, SHA256: hex.EncodeToString(sum.SHA256[:]),
	}
	if p.json {
		return writeJSON(p.stderr, r)
	}
	p.say("%s", generateText(&r))
	return nil
}

func generateText(r *generateReport) string {
	var t table
	t.add("bytes", commas(r.Bytes))
	t.add("records", commas(r.Records))
	t.add("receipts", commas(r.Lines))
	t.add("  bad", commas(r.Bad))
	t.add("  duplicates", commas(r.Duplicates))
	t.add("  returns of unknown sales", commas(r.UnknownOriginals))
	t.add("yen of sales", commas(r.YenSales))
	t.add("yen of returns", commas(r.YenReturns))
	return t.text("lr") + "  SHA-256  " + r.SHA256 + "\n"
}

// writeFile writes a file that is there whole or not at all.
func writeFile(ctx context.Context, path string, write func(io.Writer) error) error {
	out, err := createFile(path)
	if err != nil {
		return err
	}
	defer out.drop()
	if err := write(writer{ctx, out, path}); err != nil {
		return writeFailed(path, err)
	}
	return out.keep()
}

func specOf(f *generateFlags) (generate.Spec, error) {
	spec := generate.Spec{
		Seed: f.seed, Lines: f.lines, Shape: generate.Shape(f.shape), BadPerMille: f.bad, Set: madeUp(),
	}
	if f.bad == 0 {
		spec.BadPerMille = -1
	}
	if _, ok := generate.Layout(spec.Shape); !ok {
		return spec, usage("the shape " + f.shape + " is none of " + strings.Join(shapeNames(), ", "))
	}
	var err error
	if spec.RunDate, err = parseDate("--run-date", f.runDate); err == nil && f.masters != "" {
		spec.Set, err = loadMasters(f.masters)
	}
	return spec, err
}

// madeUp are masters with one provider and one range of cards that nobody has.
func madeUp() *master.Set {
	return &master.Set{
		Retailer:  master.Retailer{Code: "SAMPLE", Name: "Sample"},
		Providers: []master.Provider{{Code: "SAMPLE", Name: "Sample"}},
		Cards: []master.Card{{
			Code: "SAMPLE16", Provider: "SAMPLE", Digits: 16, Check: "LUHN",
			Min: "9990000000000000", Max: "9990999999999999",
		}},
	}
}
