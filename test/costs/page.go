package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// grouped writes a count with commas.
func grouped(n float64) string {
	text := strconv.FormatFloat(n, 'f', 0, 64)
	digits, sign := strings.TrimPrefix(text, "-"), ""
	if digits != text {
		sign = "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// amount writes units: whole ones from 100 on, four digits of smaller ones.
func amount(n float64) string {
	if n >= 100 || n == float64(int64(n)) {
		return grouped(n)
	}
	return strconv.FormatFloat(n, 'g', 3, 64)
}

func dollars(usd float64) string { return strconv.FormatFloat(usd, 'f', 4, 64) }

// billTable writes bills side by side.
func billTable(days []*Day) string {
	var out strings.Builder
	out.WriteString("| what | price in USD |")
	for _, d := range days {
		fmt.Fprintf(&out, " %s lines | USD |", grouped(float64(d.Spec.Lines)))
	}
	out.WriteString("\n|---|---|" + strings.Repeat("---:|---:|", len(days)) + "\n")
	first := days[0].Bill()
	line := func(what, of string, cell func(d *Day) (units string, usd float64)) {
		fmt.Fprintf(&out, "| %s | %s |", what, of)
		for _, d := range days {
			units, usd := cell(d)
			fmt.Fprintf(&out, " %s | %s |", units, dollars(usd))
		}
		out.WriteString("\n")
	}
	for _, g := range []struct {
		group
		sum string
	}{
		{ofDay, "**a day, without mails**"},
		{ofMail, "**its mails**"},
		{ofMonth, "**what it leaves, each month it is kept**"},
	} {
		for i, e := range first {
			if e.group != g.group {
				continue
			}
			of := strconv.FormatFloat(e.price.usd, 'g', 4, 64) + " / " + grouped(e.per)
			if e.unit == "news of mails" {
				of = "as counted"
			}
			line(e.service+": "+e.unit, of, func(d *Day) (string, float64) {
				e := d.Bill()[i]
				return amount(e.units), e.usd()
			})
		}
		line(g.sum, "", func(d *Day) (string, float64) { return "", d.Sum(g.group) })
		if g.group == ofDay {
			line("of that compute (Lambda)", "", func(d *Day) (string, float64) { return "", d.Compute() })
			line("**30 days, without mails**", "", func(d *Day) (string, float64) {
				return "", 30 * d.Sum(ofDay)
			})
		}
	}
	return out.String()
}

// stepTable writes what each function of a day did, the one that takes longest first.
func stepTable(d *Day) string {
	var out strings.Builder
	out.WriteString("| function | calls | MB | measured s | with waiting s | GET | PUT | write units | " +
		"read units | KMS |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	names := slices.SortedFunc(maps.Keys(d.Steps), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.Steps[b].seconds(), d.Steps[a].seconds()), cmp.Compare(a, b))
	})
	for _, name := range names {
		s := d.Steps[name]
		c := &s.Counts
		fmt.Fprintf(&out, "| %s | %d | %.0f | %.2f | %.2f | %d | %d | %s | %s | %d |\n", name, s.Calls,
			configured(name).memoryMB, s.Took.Seconds(), s.seconds(), c.ObjectReads, c.ObjectWrites,
			grouped(float64(c.TableWrites+c.IndexWrites)), grouped(float64(c.TableReads)/2), c.KeyRequests)
	}
	return out.String()
}

// writePage counts the days of the page and puts its tables between their marks.
func writePage(ctx context.Context, dir, path string) error {
	text, err := os.ReadFile(path) // #nosec G304 -- the page
	if err != nil {
		return err
	}
	f, err := solve(ctx, dir)
	if err != nil {
		return err
	}
	var days []*Day
	for _, lines := range []int64{10_000, 100_000, 1_000_000} {
		fmt.Fprintf(os.Stderr, "costs: a day of %d lines\n", lines)
		d, err := Count(ctx, dir, Spec{Lines: lines, Members: membersOf(lines)})
		if err != nil {
			return err
		}
		days = append(days, d)
	}
	million := days[2]
	ten, err := f.scaled(days[1], million, 10_000_000)
	if err != nil {
		return err
	}
	page := string(text)
	for name, block := range map[string]string{
		"bill":    billTable(append(days, ten)),
		"formula": f.table(),
		"check":   f.check(million),
		"steps":   stepTable(million),
		"fixed":   fixedTable(),
		"backups": backupTable(million),
	} {
		if page, err = replaced(page, name, block); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(page), 0o644) // #nosec G306 -- documentation
}

// replaced puts a block between its marks.
func replaced(page, name, block string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, found := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", errors.New("the page has no place for " + name)
	}
	return before + begin + block + end + after, nil
}
