package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test's own program be a contender, as the bench's is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		os.Exit(runChild(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// smoke prepares a small bench with the peers of PATH's Python, if it has them.
func smoke(t *testing.T) *bench {
	t.Helper()
	s, err := parse([]string{"-smoke"})
	if err != nil {
		t.Fatal(err)
	}
	s.root, s.dir, s.peers = filepath.Join("..", ".."), t.TempDir(), false
	b, err := prepare(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	if exec.CommandContext(t.Context(), "python3", "-c", "import duckdb").Run() == nil {
		b.python = "python3"
	}
	return b
}

func TestResultsEqualThoseOfThePeers(t *testing.T) {
	b := smoke(t)
	if b.python == "" && os.Getenv("CI") == "true" {
		t.Error("DuckDB is not installed")
	}
	results, err := b.all(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ row, note string }{
		{"a", "write the same bytes"}, {"b", "write the same bytes"}, {"d", "row by row"},
	} {
		if want.row == "d" && b.python == "" {
			t.Log("without DuckDB the grants are compared with nothing")
			continue
		}
		i := strings.IndexByte("abcdefg", want.row[0])
		if notes := strings.Join(results[i].notes, "\n"); !strings.Contains(notes, want.note) {
			t.Errorf("row %s compared nothing: %q", want.row, notes)
		}
	}
}

func TestComparingGrantsSeesOnePoint(t *testing.T) {
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ours := write("ours", "title\n1,N1,10\n2,N1,7\n")
	for _, theirs := range []string{
		"title\n2,N1,7\n1,N1,11\n", "title\n1,N1,10\n", "title\n1,N1,10\n2,N1,7\n2,N1,7\n",
	} {
		if _, err := sameGrants(ours, write("theirs", theirs)); err == nil {
			t.Errorf("%q passes as equal", theirs)
		}
	}
	if n, err := sameGrants(ours, write("theirs", "title\n2,N1,7\n1,\"N1\",10\n")); n != 3 || err != nil {
		t.Errorf("equal rows in another order: %d, %v", n, err)
	}
}

func TestFilesAreTheSameEachTimeAndHoldEveryKindOfLine(t *testing.T) {
	const lines = 5000
	var texts [2][]byte
	for i := range texts {
		f, err := makeFiles(t.TempDir(), lines, "csv", "utf8", "fixed")
		if err != nil {
			t.Fatal(err)
		}
		if texts[i], err = os.ReadFile(f.utf8); err != nil {
			t.Fatal(err)
		}
		fixed, err := os.ReadFile(f.fixed)
		if err != nil || len(fixed) != (lines+2)*recordBytes {
			t.Errorf("the fixed-length file has %d bytes, %v", len(fixed), err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Error("the same number of lines gave two files")
	}
	for _, want := range []string{
		"返品,", "取消,", "\uFFFD\"\r\n", "\"\"", "８５", "2026/02/30", "2026/11/23", "31:00:00",
		"1.2E+05", "123456789012345",
	} {
		if !bytes.Contains(texts[0], []byte(want)) {
			t.Errorf("no line has %q", want)
		}
	}
}
