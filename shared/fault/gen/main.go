// Command gen writes docs/errors.md from the catalogue of fault codes:
//
//	go generate ./shared/fault/...
package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"multipoint/shared/fault"
)

//go:generate go run . ../../../docs/errors.md

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fault.New(fault.UsageFlag, "usage: gen FILE")
	}
	content, err := render(fault.Catalogue)
	if err != nil {
		return err
	}
	if err := os.WriteFile(args[0], content, 0o644); err != nil { // #nosec G306 -- a page for everyone
		return &fault.Error{Code: fault.WriteFailed, Err: err}
	}
	return nil
}

// section is the group of codes that share their hundreds.
type section struct {
	hundreds    int
	title, note string
}

var sections = []section{
	{11, "A whole file", "The file is refused whole: it earns no points, and may come again (R3, R4)."},
	{12, "A bad line", "The line goes to the error file; no other line is touched by it (R4)."},
	{13, "Rating", "The line was read, but a rule is against granting it (R18), or warns."},
	{20, "Masters and layouts", "Found when masters are validated, before anything runs with them."},
	{23, "The provider's file", "The run stops before anything leaves."},
	{30, "Commands and their surroundings", "Nothing was computed, or nothing was released."},
	{40, "Runs and what they keep", "Nothing that was committed is touched, and no file is lost."},
	{51, "Forms", "Shown beside the field; what was typed is kept, but for passwords (DOMAIN 6.1)."},
	{52, "Members", "Nothing was changed."},
	{53, "Logins and rights", "Nothing was shown and nothing changed."},
	{54, "Mails", "No mail went out that should not have."},
}

const intro = `<!-- Generated from shared/fault/catalogue.go by "make generate". Do not edit. -->

# Errors

Every error that Multipoint prints or writes to an error file begins with one of these codes. Codes keep their
meaning for ever; a number is never used again for something else. The ids in brackets are rules.
`

// render gives the page, one table a section. A code outside the sections is an error.
func render(catalogue []fault.Entry) ([]byte, error) {
	var page bytes.Buffer
	page.WriteString(intro)
	written := 0
	for _, s := range sections {
		fmt.Fprintf(&page, "\n## %dxx %s\n\n%s\n\n", s.hundreds, s.title, s.note)
		page.WriteString("| code | name | what it means | what to do |\n|---|---|---|---|\n")
		for _, e := range catalogue {
			if int(e.Code)/100 != s.hundreds {
				continue
			}
			written++
			fmt.Fprintf(&page, "| <a id=\"mp-%d\"></a>MP-%d | `%s` | %s | %s |\n",
				e.Code, e.Code, e.Name, cell(e.Meaning), cell(e.Do))
		}
	}
	if written != len(catalogue) {
		return nil, fault.New(fault.TotalsDiffer, strconv.Itoa(len(catalogue)-written)+
			" codes are in no section of the page: add theirs to the table of sections")
	}
	return page.Bytes(), nil
}

// cell escapes what would end or change a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(text)
}
