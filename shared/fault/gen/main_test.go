package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multipoint/shared/fault"
)

func TestPageIsUpToDate(t *testing.T) {
	want, err := render(fault.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/errors.md is stale: run go generate ./shared/fault/...")
	}
}

func TestPageHoldsEachCodeOnce(t *testing.T) {
	page, err := render(fault.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range fault.Catalogue {
		if n := strings.Count(string(page), "`"+e.Name+"`"); n != 1 {
			t.Errorf("%s stands %d times on the page, want once", e.Name, n)
		}
	}
}

func TestCodeWithoutSectionIsRefused(t *testing.T) {
	_, err := render([]fault.Entry{{Code: 9901, Name: "x.y"}})
	if err == nil || !strings.Contains(err.Error(), "1 codes are in no section") {
		t.Errorf("got %v, want an error about the section", err)
	}
}

func TestCellsCannotBreakTheTable(t *testing.T) {
	if got, want := cell("a|b\n<c"), `a\|b &lt;c`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRunWritesTheFileOrSaysWhyNot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "errors.md")
	if err := run([]string{file}); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(file); err != nil || len(content) == 0 {
		t.Errorf("wrote %d bytes, %v", len(content), err)
	}
	if got := fault.CodeOf(run([]string{filepath.Join(file, "below")})); got != fault.WriteFailed {
		t.Errorf("below a file: code %v, want write.failed", got)
	}
	if got := fault.CodeOf(run(nil)); got != fault.UsageFlag {
		t.Errorf("no argument: code %v, want usage.flag", got)
	}
}
