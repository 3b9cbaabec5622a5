package main

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"multipoint/shared/day"
	"multipoint/shared/standalone"
	"multipoint/shared/transaction"
)

// explainFlags are what explain is called with.
type explainFlags struct {
	data, transaction, from, to string
	query                       day.ExplainQuery
}

func (p *program) explain() *cobra.Command {
	var f explainFlags
	q := &f.query
	cmd := &cobra.Command{
		Use:   "explain [RUN FILE LINE]",
		Short: "Say where points come from: the line, the rules, the arithmetic, the file they left in",
		Long: `Say where points come from: the line as it came in, the rules that applied with their
figures, those that did not and why, the file in which each entry left, and what the
provider answered. Named is

  a line                    RUN FILE LINE: FILE by name or ordinal, LINE counts records from 1
  a transaction             --transaction, its key fields in the feed's order, or --key
  all of a card             --card, with --provider, --from and --to if it is to be fewer
  a record of a provider    --outlet, --file-no, --sequence

Card numbers are masked and the line's bytes left out unless --reveal is given.

` + exitHelp,
		Example: `  multipoint explain 12 pos_0001.csv 2
  multipoint explain --transaction 2026-11-21,1001,01,900001
  multipoint explain --card 9990000010000035 --from 2026-11-01
  multipoint explain --outlet hoshi --file-no 12 --sequence 7`,
		Args: cobra.MaximumNArgs(3),
		RunE: p.action(func(ctx context.Context, args []string) error {
			if err := f.name(args); err != nil {
				return err
			}
			return p.explainAll(ctx, &f)
		}),
	}
	addData(cmd, &f.data)
	flags := cmd.Flags()
	flags.StringVar(&f.transaction, "transaction", "", "key `fields` of a transaction, separated by commas")
	flags.StringVar(&q.Key, "key", "", "key of a transaction in `hex`, as lists of rating errors have it")
	flags.StringVar(&q.Card, "card", "", "`number` of a point card")
	flags.StringVar(&q.Provider, "provider", "", "`code` of the card's provider")
	flags.StringVar(&f.from, "from", "", "first business `date` of a card's transactions, yyyy-mm-dd")
	flags.StringVar(&f.to, "to", "", "last business `date`")
	flags.StringVar(&q.Outlet, "outlet", "", "`code` of an outlet")
	flags.Int64Var(&q.FileNo, "file-no", 0, "number of the outlet's file")
	flags.Int64Var(&q.Sequence, "sequence", 0, "sequence number of the record")
	flags.BoolVar(&q.Reveal, "reveal", false, "show card numbers and the line's bytes")
	flags.IntVar(&q.Limit, "limit", 0, "most explanations of a card; default 100")
	p.addJSON(cmd, p.stdout, "print one JSON object")
	return cmd
}

// name reads what is to be explained.
func (f *explainFlags) name(args []string) (err error) {
	q := &f.query
	named := 0
	for _, given := range []bool{
		len(args) > 0, f.transaction != "", q.Key != "", q.Card != "", q.Outlet != "",
	} {
		if given {
			named++
		}
	}
	switch {
	case named != 1:
		return usage("name one thing: RUN FILE LINE, --transaction, --key, --card or --outlet")
	case len(args) > 0 && len(args) != 3:
		return usage("a line is named by RUN, FILE and LINE")
	case q.Outlet != "" && (q.FileNo < 1 || q.Sequence < 1):
		return usage("--outlet needs --file-no and --sequence")
	}
	if b, e := hex.DecodeString(q.Key); e != nil || q.Key != "" && len(b) != len(transaction.Hash{}) {
		return usage("--key is no key: 64 hex digits")
	}
	if f.transaction != "" {
		key := transaction.KeyOf(strings.Split(f.transaction, ",")...)
		q.Key = hex.EncodeToString(key[:])
	}
	if f.from != "" {
		if q.From, err = parseDate("--from", f.from); err != nil {
			return err
		}
	}
	if f.to != "" {
		if q.To, err = parseDate("--to", f.to); err != nil {
			return err
		}
	}
	if len(args) == 0 {
		return nil
	}
	if q.Run, err = runArgument(args); err != nil {
		return err
	}
	q.File = args[1]
	if n, e := strconv.Atoi(args[1]); e == nil {
		q.File, q.Ordinal = "", n
	}
	if q.Line, err = strconv.ParseInt(args[2], 10, 64); err != nil || q.Line < 1 {
		return usage(args[2] + " is no number of a line")
	}
	return nil
}

// explainReport is the JSON object of explain.
type explainReport struct {
	Explanations []*day.Explanation `json:"explanations"`
}

// textColumns is how wide a text for people is.
const textColumns = 100

func (p *program) explainAll(ctx context.Context, f *explainFlags) error {
	r := explainReport{Explanations: []*day.Explanation{}}
	err := p.withData(ctx, standalone.Options{Dir: f.data}, func(d *standalone.Program) error {
		list, err := d.Service.Explain(ctx, f.query)
		r.Explanations = append(r.Explanations, list...)
		return err
	})
	if err != nil {
		return err
	}
	var b strings.Builder
	for i, x := range r.Explanations {
		if i > 0 {
			b.WriteString("\n")
		}
		for line := range strings.Lines(x.Text()) {
			b.WriteString(wrap(oneLine(strings.TrimSuffix(line, "\n")), textColumns))
		}
	}
	if len(r.Explanations) == 0 {
		b.WriteString("Nothing is known of it.\n")
	}
	return p.result(r, b.String())
}

// wrap breaks a line at spaces, or within a word that is longer than the line; further lines are indented.
func wrap(line string, columns int) string {
	const indent = "  "
	var b strings.Builder
	used := 0
	for i, word := range strings.SplitAfter(line, " ") {
		if i > 0 && used+cellWidth(strings.TrimSuffix(word, " ")) > columns && used > len(indent) {
			b.WriteString("\n" + indent)
			used = len(indent)
		}
		for _, r := range word {
			w := cellWidth(string(r))
			if used+w > columns && r != ' ' {
				b.WriteString("\n" + indent)
				used = len(indent)
			}
			b.WriteRune(r)
			used += w
		}
	}
	var out strings.Builder
	for row := range strings.Lines(b.String()) {
		out.WriteString(strings.TrimRight(row, " \n") + "\n")
	}
	if line == "" {
		return "\n"
	}
	return out.String()
}
