package badinput_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/rating"
)

func TestBadInputOfUnknownAndRepeatedFiles(t *testing.T) {
	x := &badFile{text: cp932(title+sales(1, 2)) + trailer(2)}
	job := inputs(x, rating.Options{})
	job.Files[0].Feed = "OTHER"
	_, err := rating.Run(job, &recorder{})
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.FeedUnknown || e.File != "in.dat" {
		t.Errorf("a feed that nobody knows: %v", err)
	}
	job = inputs(x, rating.Options{})
	job.Files = append(job.Files, job.Files[0])
	job.Files[1].Duplicate = true
	res, err := rating.Run(job, &recorder{})
	if err != nil || res.Files[1].Verdict.Refused.Code != fault.FileDuplicate || res.Totals.Rated.Lines != 2 {
		t.Errorf("a file that came before: %+v, %v", res, err)
	}
	job = inputs(x, rating.Options{})
	job.Files[0].Open = func() (io.ReadCloser, error) { return nil, errors.New("gone") }
	if _, err = rating.Run(job, &recorder{}); fault.CodeOf(err) != fault.ReadFailed {
		t.Errorf("a file that cannot be opened: %v", err)
	}
	job.Files[0].Open = func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(x.text), broken{})), nil
	}
	if _, err = rating.Run(job, &recorder{}); !errors.As(err, &e) || e.Code != fault.ReadFailed ||
		e.File != "in.dat" {
		t.Errorf("a file that breaks off: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// TestBadInputOfMasters: overlapping ranges, and a layout that reads but cannot write, stop the run.
func TestBadInputOfMasters(t *testing.T) {
	x := &badFile{text: cp932(title+sales(1, 2)) + trailer(2)}
	job := inputs(x, rating.Options{})
	twice := job.Set.Cards[0]
	twice.Code = "P15B"
	job.Set.Cards = append(job.Set.Cards, twice)
	if _, err := rating.Run(job, &recorder{}); fault.CodeOf(err) != fault.MasterOverlap {
		t.Errorf("overlapping card ranges: %v", err)
	}
	job = inputs(x, rating.Options{})
	job.Set.Outlets = []master.Outlet{outletOf(layout.Layout{
		Encoding: "cp932", Format: "csv",
		LineEnd: "any",
	})}
	if _, err := rating.Run(job, &recorder{}); fault.CodeOf(err) != fault.LayoutNotWritable {
		t.Errorf("a layout that reads but cannot write: %v", err)
	}
}

// TestBadInputOfManyEmptyLines: empty lines are passed over, but count as lines.
func TestBadInputOfManyEmptyLines(t *testing.T) {
	n := 100_000
	x := &badFile{
		text: cp932(title) + strings.Repeat("\r\n", n) + cp932(sale(1)) + strings.Repeat("\r\n", n) +
			cp932(sale(2)) + trailer(2),
	}
	job := inputs(x, rating.Options{})
	job.Files = append(job.Files, job.Files[0])
	var lines []int64
	job.Options.Observe = func(v *rating.Verdict) error {
		lines = append(lines, int64(v.Tx.File), v.Tx.Line)
		return nil
	}
	res, err := rating.Run(job, &recorder{})
	want := []int64{1, int64(n) + 2, 1, 2*int64(n) + 3, 2, int64(n) + 2, 2, 2*int64(n) + 3}
	if err != nil || fmt.Sprint(lines) != fmt.Sprint(want) || res.Totals.Rated.Lines != 2 ||
		res.Totals.Duplicates.Lines != 2 {
		t.Errorf("lines %v, want %v, error %v, %+v", lines, want, err, res)
	}
}

// endless gives head, then n bytes of filling.
type endless struct {
	head string
	fill byte
	n    int64
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.head) > 0 {
		n := copy(b, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	if e.n == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), e.n))
	b[0] = e.fill
	for i := 1; i < n; i *= 2 {
		copy(b[i:n], b[:i])
	}
	e.n -= int64(n)
	return n, nil
}

// TestBadInputOfAnEndlessLine reads lines of 1 GB (of all kinds with MULTIPOINT_FULL): refused, in bounded
// memory,
// in seconds.
func TestBadInputOfAnEndlessLine(t *testing.T) {
	for i, x := range []struct {
		name, feed, head string
		fill             byte
	}{
		{"letters", "CSV", cp932(title + sales(1, 3)), 'x'},
		{"an open quote over lines", "CSV", cp932(title+sales(1, 3)) + "S,\"", '\n'},
		{"separators", "CSV", cp932(title), ','},
		{"bytes that are no characters", "CSV", cp932(title), 0xFD},
		{"fixed records without line end", "FIXED", fixedHeader, '2'},
		{"NUL", "FIXED", "", 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			size := int64(1 << 30)
			if i > 0 && os.Getenv("MULTIPOINT_FULL") == "" {
				size = 64 << 20
			}
			job := inputs(&badFile{feed: x.feed}, rating.Options{})
			job.Files[0].Open = func() (io.ReadCloser, error) {
				return io.NopCloser(&endless{x.head, x.fill, size}), nil
			}
			most := watchHeap(t)
			start := time.Now()
			res, err := rating.Run(job, &recorder{})
			took, heap := time.Since(start), most()
			if err != nil {
				t.Fatal(err)
			}
			v := res.Files[0].Verdict
			if v.Refused == nil || v.Refused.Code != fault.RecordTooLong ||
				res.Files[0].Bytes != size+int64(len(x.head)) {
				t.Errorf("%+v, %d bytes", v.Refused, res.Files[0].Bytes)
			}
			t.Logf("%v, %d MiB of heap at most", took, heap>>20)
			if heap > 64<<20 {
				t.Errorf("%d MiB of heap, want less than 64", heap>>20)
			}
			if took > time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
}
