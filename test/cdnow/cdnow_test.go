// Package cdnow_test reads a file that nobody here made: the CDNOW purchase history, fixed-length text in
// the PyPI
// package lifetimes. Its layout is data alone (testdata/masters), and what comes out equals a sum by other
// means.
package cdnow_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/master"
	"multipoint/shared/rating"
)

//go:embed sums.py
var script string

// sums is what Python says of one file.
type sums struct {
	Path      string `json:"path"`
	Titles    int64  `json:"titles"` // rows of titles in front
	Rows      int64  `json:"rows"`
	Cents     int64  `json:"cents"`
	Customers int    `json:"customers"`
	Repeated  int64  `json:"repeated"` // rows that say what an earlier one said
	Points    int64  `json:"points"`   // of the rows that are not repeated
}

// python runs the script with MULTIPOINT_PYTHON, or else python3. Without the package the test is skipped
// on a
// newcomer's machine and fails in CI.
func python(t *testing.T) (files []sums) {
	t.Helper()
	program := os.Getenv("MULTIPOINT_PYTHON")
	if program == "" {
		program = "python3"
	}
	cmd := exec.Command(program, "-I", "-c", script)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &files)
	}
	if err == nil {
		return files
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("the purchase history cannot be read with %s: %v\n%s", program, err, stderr.String())
	}
	t.Skip("skipped: " + program + " has no package lifetimes (pip install --no-deps lifetimes==0.11.3)")
	return nil
}

func TestThePurchaseHistoryEqualsAnIndependentSum(t *testing.T) {
	files := python(t)
	set, faults := master.Load(os.DirFS("testdata/masters"))
	for _, f := range faults {
		t.Fatal(f)
	}
	for i := range files {
		t.Run(filepath.Base(files[i].Path), func(t *testing.T) { rate(t, set, &files[i]) })
	}
}

func rate(t *testing.T, set *master.Set, want *sums) {
	t.Helper()
	name := filepath.Base(want.Path)
	job := &rating.Job{Set: set, Run: 1}
	job.RunDate, _ = calendar.Of(1998, 7, 1)
	for i := range set.Feeds {
		if set.Feeds[i].Files[0] == name {
			job.Files = append(job.Files, rating.File{
				Name: name, Feed: set.Feeds[i].Code, Open: func() (io.ReadCloser,
					error,
				) {
					return os.Open(want.Path)
				},
			})
		}
	}
	customers, cents, lines := map[string]bool{}, int64(0), int64(0)
	job.Options.Observe = func(v *rating.Verdict) error {
		customers[string(v.Tx.Account)] = true
		cents += v.Tx.AmountIncl
		lines++
		return nil
	}
	out, err := rating.NewFolder(t.TempDir(), job.Files)
	if err != nil {
		t.Fatal(err)
	}
	res, err := rating.Run(job, out)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	v, total := &res.Files[0].Verdict, &res.Totals
	if v.Refused != nil || v.Bad != want.Titles {
		t.Errorf("refused for %v, %d bad lines, want the %d title rows only", v.Refused, v.Bad, want.Titles)
	}
	if lines != want.Rows || v.Receipts-v.Bad != want.Rows || cents != want.Cents ||
		v.YenSales != want.Cents ||
		len(customers) != want.Customers {
		t.Errorf("%d lines, %d cents, %d customers; want %+v", lines, cents, len(customers), *want)
	}
	if total.Duplicates.Lines != want.Repeated || total.Errors.Lines != 0 ||
		total.Rated.Lines != want.Rows-want.Repeated {
		t.Errorf("%d duplicates, %d errors, %d rated; want %+v", total.Duplicates.Lines, total.Errors.Lines,
			total.Rated.Lines, *want)
	}
	if len(total.Points) != 1 || total.Points[0].Plus != want.Points || total.Points[0].Minus != 0 {
		t.Errorf("points %+v, want %d", total.Points, want.Points)
	}
	t.Logf("%s: %d lines, %d cents, %d customers, %d repeated, %d points", name, lines, cents, len(customers),
		total.Duplicates.Lines, want.Points)
}
