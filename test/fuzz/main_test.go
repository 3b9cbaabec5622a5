package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestListNamesEachFunctionWithItsPackage(t *testing.T) {
	got, err := parseList("FuzzA\nFuzzB\nok  \tm/x\t0.004s\n?   \tm/y\t[no test files]\n" +
		"ok  \tm/w\t0.1s\nFuzzC\nok  \tm/z\t0.004s\n")
	want := []target{{"m/x", "FuzzA"}, {"m/x", "FuzzB"}, {"m/z", "FuzzC"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, output := range []string{"", "ok  \tm/x\t0.1s\n", "FuzzA\n"} {
		if _, err := parseList(output); err == nil {
			t.Errorf("%q: no error", output)
		}
	}
}

func TestTimeIsSharedInWholeSeconds(t *testing.T) {
	for functions, want := range map[int]string{1: "3m0s", 7: "25s", 500: "1s"} {
		if got := share(180*time.Second, functions).String(); got != want {
			t.Errorf("%d functions: got %s, want %s", functions, got, want)
		}
	}
}

func TestDeadlineAloneIsNoFinding(t *testing.T) {
	failed := errors.New("exit status 1")
	overrun := "fuzz: elapsed: 3s, execs: 9 (0/sec)\n" +
		"--- FAIL: FuzzA (3.10s)\n    context deadline exceeded\nFAIL\n"
	cases := []struct {
		output string
		err    error
		want   verdict
	}{
		{"ok", nil, passed},
		{overrun, failed, late},
		{overrun + "    Failing input written to testdata/fuzz/FuzzA/1\n", failed, finding},
		{"--- FAIL: FuzzA\n    --- FAIL: FuzzA/seed#0\n    context deadline exceeded\n", failed, finding},
		{"--- FAIL: FuzzA (0.1s)\n    Failing input written to testdata/fuzz/FuzzA/1\n", failed, finding},
		{"build failed", failed, finding},
	}
	for _, c := range cases {
		if got := judge(c.output, c.err); got != c.want {
			t.Errorf("%q: got %s, want %s", c.output, got, c.want)
		}
	}
	if got := executions(overrun); got != ", 9 inputs" {
		t.Errorf("got %q", got)
	}
}

// A module of its own, with one function that finds nothing and one whose seed fails.
const sample = `package sample

import "testing"

func FuzzFine(f *testing.F) { f.Fuzz(func(t *testing.T, n int) {}) }

func FuzzBroken(f *testing.F) {
	f.Add(7)
	f.Fuzz(func(t *testing.T, n int) {
		if n == 7 {
			t.Error("seven")
		}
	})
}
`

func TestFindingIsNamedAndFails(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	files := map[string]string{"go.mod": "module sample\n\ngo 1.26\n", "sample_test.go": sample}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	err := run(t.Context(), &out, 2*time.Second, []string{"./..."})
	if err == nil || !strings.Contains(err.Error(), "1 of 2 functions failed: sample FuzzBroken") {
		t.Errorf("got %v, want FuzzBroken named; output:\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "fuzz: ok      sample FuzzFine") {
		t.Errorf("FuzzFine is not reported as fine:\n%s", out.String())
	}
}

func TestPackageThatCannotBeListedIsAnError(t *testing.T) {
	var out strings.Builder
	err := run(t.Context(), &out, time.Second, []string{"./nowhere"})
	if err == nil || !strings.Contains(err.Error(), "listing") {
		t.Errorf("got %v, want an error about the list", err)
	}
}
