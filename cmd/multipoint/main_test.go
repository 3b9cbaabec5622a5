package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multipoint/shared/inspect"
)

var update = flag.Bool("update", false, "write the files in testdata/golden anew")

// asProgram makes the test binary behave as the program, for tests that need a process of their own.
const asProgram = "MULTIPOINT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(mainCode())
	}
	os.Exit(m.Run())
}

// called is what a command line came to.
type called struct {
	code           int
	stdout, stderr string
}

// call runs a command line in this process, in the folder testdata.
func call(t *testing.T, stdin io.Reader, args ...string) called {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, stdin, &out, &errs)
	return called{code, out.String(), errs.String()}
}

func callWith(ctx context.Context, change func(*program), args ...string) called {
	var out, errs bytes.Buffer
	p := newProgram(strings.NewReader(""), &out, &errs)
	change(p)
	return called{p.run(ctx, args), out.String(), errs.String()}
}

// golden compares a text with a file in testdata/golden; the test's folder is testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("golden", name)
	if *update {
		if err := os.MkdirAll("golden", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (-update writes it anew)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// object decodes exactly one JSON object, whose keys must all be known to it.
func object[T any](t *testing.T, text string) (v T) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("more than one object in %q", text)
	}
	return v
}

func readAll(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// mastersWith copies the masters and replaces text in one of their files.
func mastersWith(t *testing.T, file, from, to string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "masters")
	if err := os.CopyFS(dir, os.DirFS("masters")); err != nil {
		t.Fatal(err)
	}
	if file == "" {
		return dir
	}
	path := filepath.Join(dir, file)
	text := readAll(t, path)
	if !strings.Contains(text, from) {
		t.Fatalf("%s does not hold %q", file, from)
	}
	write(t, path, strings.Replace(text, from, to, 1))
	return dir
}

// gone fails if something is left at the path.
func gone(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Errorf("%s was left behind (%v)", path, err)
		}
	}
}

func TestWhatPeopleSee(t *testing.T) {
	t.Chdir("testdata")
	tmp := t.TempDir()
	bad := mastersWith(t, "outlet/sakura.yaml", "width: 27}", "width: 26}")
	const day = " --masters masters --members members.csv --in day --out TMP/"
	for name, line := range map[string]string{
		"help":                      "--help",
		"help-rate":                 "rate --help",
		"help-convert":              "convert --help",
		"masters-check":             "masters check masters",
		"masters-check-json":        "masters check masters --json",
		"masters-check-faults":      "masters check BAD",
		"masters-check-faults-json": "masters check BAD --json",
		"convert":                   "convert --masters masters --run-date 2026-11-22 day/pos_0001.csv",
		"convert-refused":           "convert --masters masters day/TR20261122.DAT",
		"convert-json":              "convert --masters masters --feed HOST day/TR20261121.DAT --json",
		"rate":                      "rate" + day + "out",
		"rate-json":                 "rate --json" + day + "json",
		"rate-unknown-feed":         "rate --masters masters --run-date 2026-11-22 --out TMP/x members.csv",
	} {
		t.Run(name, func(t *testing.T) {
			paths := strings.NewReplacer("TMP", tmp, "BAD", bad)
			r := call(t, nil, strings.Fields(paths.Replace(line))...)
			text := fmt.Sprintf("$ multipoint %s\nexit code %d\n", line, r.code)
			text += "--- standard output\n" + r.stdout + "--- standard error\n" + r.stderr
			text = strings.NewReplacer(tmp, "TMP", bad, "BAD").Replace(text)
			golden(t, name+".txt", text)
		})
	}
}

func TestRatedFolder(t *testing.T) {
	t.Chdir("testdata")
	out := filepath.Join(t.TempDir(), "out")
	r := call(t, nil, "rate", "--masters", "masters", "--members", "members.csv", "--in", "day", "--out", out)
	if r.code != exitOK {
		t.Fatal(r)
	}
	var b strings.Builder
	err := filepath.WalkDir(out, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name, _ := filepath.Rel(out, path)
			b.WriteString("=== " + filepath.ToSlash(name) + "\n" + readAll(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "rated-folder.txt", b.String())
	if !strings.HasPrefix(r.stdout, readAll(t, filepath.Join(out, "summary.txt"))) {
		t.Error("what rate prints does not begin with summary.txt")
	}
}

func TestExitCodes(t *testing.T) {
	t.Chdir("testdata")
	tmp := t.TempDir()
	write(t, filepath.Join(tmp, "full", "x"), "")
	readOnly := mastersWith(t, "outlet/sakura.yaml", `default: "99"}`, `default: "99", convert: none}`)
	paths := strings.NewReplacer(
		"RATE", "rate --masters masters --run-date 2026-11-22 --out TMP/out",
		"CONVERT", "convert --masters masters",
	)
	places := strings.NewReplacer("TMP", tmp, "READONLY", readOnly)
	for _, c := range []struct {
		name, says string
		code       int
		line       string
	}{
		{"no command", "", 0, ""},
		{"unknown command", "MP-3001", exitUsage, "rat"},
		{"unknown command below masters", "MP-3001", exitUsage, "masters chekc"},
		{"masters alone", "check, schema or publish", exitUsage, "masters"},
		{"unknown flag", "--colour", exitUsage, "version --colour"},
		{"unknown kind", "MP-3001", exitUsage, "masters schema feeds"},
		{"missing flag", "masters", exitUsage, "convert day/pos_0001.csv"},
		{"no such masters", "MP-3002", exitFailed, "masters check nowhere"},
		{"no such file", "MP-3002", exitFailed, "CONVERT day/pos_9.csv"},
		{"no such members", "MP-3002", exitFailed, "RATE --members none.csv day/pos_0001.csv"},
		{"a folder as file", "folder", exitFailed, "CONVERT --feed POS day"},
		{"bad date", "--run-date", exitUsage, "CONVERT --run-date 22.11.2026 day/pos_0001.csv"},
		{"feed nobody knows", "MP-1130", exitInput, "CONVERT members.csv"},
		{"no such feed", "MP-1130", exitInput, "CONVERT --feed X members.csv"},
		{"standard input without feed", "--feed", exitUsage, "CONVERT"},
		{"refused file", "MP-1110", exitInput, "CONVERT day/TR20261122.DAT"},
		{"no input", "--in", exitUsage, "RATE"},
		{"no run date", "--run-date", exitUsage, "rate --masters masters --out TMP/out day/pos_0001.csv"},
		{"unknown feed in rate", "MP-1130", exitInput, "RATE members.csv day/pos_0001.csv"},
		{"--feed for two files", "--feed", exitUsage, "RATE --feed POS day/pos_0001.csv day/pos_0002.csv"},
		{"one name twice", "same name", exitUsage, "RATE day/pos_0001.csv day/../day/pos_0001.csv"},
		{"folder and file", "not both", exitUsage, "RATE --in day day/pos_0001.csv"},
		{"run 0", "--run", exitUsage, "RATE --run 0 day/pos_0001.csv"},
		{"folder inside the input", "folders", exitFailed, "RATE --in ."},
		{"after the cut-off", "22, not of 2026-11-21", exitInput, "RATE --run-date 2026-11-21 --in day"},
		{"output not empty", "MP-3004", exitUsage, "RATE --out TMP/full day/pos_0001.csv"},
		{"refused files, strict", "", exitInput, "RATE --out TMP/strict --strict day/pos_0003.csv"},
		{"outlet that cannot write", "MP-2025", exitInput, "RATE --masters READONLY day/pos_0001.csv"},
		{"inspect nothing", "MP-1106", exitInput, "inspect -"},
		{"unknown shape", "json", exitUsage, "generate --shape json"},
		{"output is input", "named twice", exitUsage, "CONVERT day/pos_0001.csv --errors day/pos_0001.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := call(t, strings.NewReader(""), strings.Fields(places.Replace(paths.Replace(c.line)))...)
			if r.code != c.code || !strings.Contains(r.stdout+r.stderr, c.says) {
				t.Errorf("got %+v, want exit code %d and %q", r, c.code, c.says)
			}
			if n := strings.Count(r.stderr, "multipoint: "); c.says != "" && n != 1 {
				t.Errorf("told %d times:\n%s", n, r.stderr)
			}
			gone(t, filepath.Join(tmp, "out"), filepath.Join(tmp, "out.tmp"))
		})
	}
}

func TestErrorsAreOneJSONObjectOnRequest(t *testing.T) {
	t.Chdir("testdata")
	bad := mastersWith(t, "outlet/sakura.yaml", "width: 27}", "width: 26}")
	r := call(t, nil, strings.Fields(
		"rate --json --masters "+bad+" --run-date 2026-11-22 --out none day/pos_0001.csv")...)
	e := object[errorReport](t, r.stdout)
	if r.code != exitInput || r.stderr != "" || len(e.Faults) != 1 || e.Faults[0].Code != "MP-2020" ||
		e.Faults[0].Line == 0 || !strings.HasSuffix(e.Faults[0].File, "sakura.yaml") {
		t.Errorf("got %+v", r)
	}
	r = call(t, nil, "convert", "--json", "--masters", "masters", "day/pos_9.csv")
	e = object[errorReport](t, r.stderr)
	if r.code != exitFailed || r.stdout != "" || e.Error.Name != "read.failed" ||
		e.Error.File != "day/pos_9.csv" || e.Error.Do == "" {
		t.Errorf("got %+v", r)
	}
}

func TestInspectInItsThreeForms(t *testing.T) {
	t.Chdir("testdata")
	table := call(t, nil, "inspect", "day/TR20261121.DAT")
	if table.code != exitOK || !strings.Contains(table.stdout, "TR20261121.DAT") {
		t.Errorf("%+v", table)
	}
	yaml := call(t, strings.NewReader(readAll(t, "day/TR20261121.DAT")), "inspect", "--yaml", "-")
	if yaml.code != exitOK || !strings.Contains(yaml.stdout, "  record_length: 50\n") {
		t.Errorf("%+v", yaml)
	}
	r := call(t, nil, "inspect", "--json", "day/TR20261121.DAT")
	v := object[inspect.Report](t, r.stdout)
	if r.code != exitOK || v.Layout.RecordLength != 50 || v.Records != 5 {
		t.Errorf("%+v", r)
	}
	if r := call(t, nil, "inspect", "--json", "--yaml", "day/TR20261121.DAT"); r.code != exitUsage {
		t.Errorf("%+v", r)
	}
}

func TestGeneratedFileIsWhatItsReportSays(t *testing.T) {
	t.Chdir("testdata")
	tmp := t.TempDir()
	masters := mastersWith(t, "", "", "")
	feed, members := filepath.Join(masters, "feed", "generated.yaml"), filepath.Join(tmp, "members.csv")
	for _, shape := range shapeNames() {
		file := filepath.Join(tmp, "file")
		args := []string{
			"generate", "--shape", shape, "--lines", "500", "--masters", "masters",
			"--feed", feed, "--members", members,
		}
		r := call(t, nil, append(args, "--out", file, "--json")...)
		made := object[generateReport](t, r.stderr)
		if r.code != exitOK || r.stdout != "" {
			t.Fatalf("%+v", r)
		}
		if pipe := call(t, nil, args...); pipe.code != exitOK || pipe.stdout != readAll(t, file) {
			t.Errorf("%s: standard output and --out differ", shape)
		}
		if r := call(t, nil, append(args, "--seed", "2")...); r.stdout == readAll(t, file) {
			t.Errorf("%s: another seed gives the same file", shape)
		}
		r = call(t, nil, "convert", "--masters", masters, "--members", members, "--run-date", made.RunDate,
			"--feed", strings.ToUpper(shape), file, "--json")
		read := object[convertReport](t, r.stderr)
		if r.code != exitOK || read.SHA256 != made.SHA256 || read.Receipts != 500 || read.Bad != made.Bad ||
			read.YenSales != made.YenSales || read.YenReturns != made.YenReturns {
			t.Errorf("%s: made %+v, read %+v", shape, made, read)
		}
	}
}

func TestVersionCompletionAndSchemas(t *testing.T) {
	v := object[versionReport](t, call(t, nil, "version", "--json").stdout)
	if v.Version == "" || !strings.HasPrefix(v.Go, "go1.") {
		t.Errorf("got %+v", v)
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if r := call(t, nil, "completion", shell); r.code != exitOK ||
			!strings.Contains(r.stdout, "multipoint") {
			t.Errorf("%s: %d %.80q", shell, r.code, r.stdout+r.stderr)
		}
	}
	for _, kind := range schemaKinds() {
		r := call(t, nil, "masters", "schema", kind)
		if r.code != exitOK || object[map[string]any](t, r.stdout)["$schema"] == nil {
			t.Errorf("%s: %d %.80q", kind, r.code, r.stdout+r.stderr)
		}
	}
	t.Chdir("testdata")
	r := call(t, nil, "__complete", "convert", "--masters", "masters", "--feed", "")
	if !strings.HasPrefix(r.stdout, "HOST\nPOS\n") {
		t.Errorf("feeds offered: %q", r.stdout)
	}
}
