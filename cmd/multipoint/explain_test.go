package main

import (
	"strings"
	"testing"
)

// TestPointsAreExplainedInEachWay: by line, transaction, card and record, they are the same transaction.
func TestPointsAreExplainedInEachWay(t *testing.T) {
	demoData(t)
	calls(t, exitOK, "day run")
	r := calls(t, exitOK, "explain 1 EC_20261121_1.csv 2")
	says(t, r.stdout, "Line 2 of EC_20261121_1.csv",
		"HOSHI-BASE (normal) gave 47 points of BASE", "number 1 of HOSHI-OUT")
	if strings.Contains(r.stdout, "9990001180003544") {
		t.Error("the card's number is not masked")
	}
	for row := range strings.Lines(r.stdout) {
		if cellWidth(row) > textColumns+1 {
			t.Errorf("%d columns: %s", cellWidth(row), row)
		}
	}
	line := object[explainReport](t, calls(t, exitOK, "explain 1 1 2 --json").stdout).Explanations
	if len(line) != 1 || line[0].Status != "rated" || len(line[0].Key) != 64 {
		t.Fatalf("%+v", line)
	}
	for _, way := range []string{
		"--key " + line[0].Key, "--transaction EC-20261121-10001", "--card 9990001180003544 --reveal",
		"--outlet HOSHI-OUT --file-no 1 --sequence 1",
		"--card 9990001180003544 --provider HOSHI --from 2026-11-21 --to 2026-11-21",
	} {
		found := false
		r := object[explainReport](t, calls(t, exitOK, "explain --json "+way).stdout)
		for _, x := range r.Explanations {
			found = found || x.Key == line[0].Key
		}
		if !found {
			t.Errorf("%s does not find the line", way)
		}
	}
	says(t, calls(t, exitOK, "explain --transaction EC-0").stdout, "Nothing is known")
	calls(t, exitInput, "explain 2 1 1", "explain 1 none.csv 1")
	calls(t, exitUsage, "explain", "explain 1 1", "explain 1 1 0", "explain 1 1 1 --card 1",
		"explain --key 12",
		"explain --outlet HOSHI-OUT", "explain --card 1 --from x")
}

func TestWrapKeepsToTheColumns(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"", "\n"},
		{"one two", "one two\n"},
		{"one two three", "one two\n  three\n"},
		{"  abcdefghij k", "  abcdefgh\n  ij k\n"},
		{"あいうえおか", "あいうえお\n  か\n"},
		{"a あいうえ b", "a あいうえ\n  b\n"},
	} {
		if got := wrap(c.line, 10); got != c.want {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}
