package today

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/rating"
)

// badLine is a fault of a bad line, without the line's bytes: those may hold card numbers.
type badLine struct {
	Line   int64 // of the receipt
	AtLine int64 // of the fault
	Offset int64 // bytes from the beginning of the file
	Field  string
	Code   fault.Code
}

// cause counts the faults of one code in one field.
type cause struct {
	Code  fault.Code
	Field string
	Count int64
}

// badLinesView is the page of a file's bad lines.
type badLinesView struct {
	Run         *day.Run
	File        *day.FileVerdict
	Causes      []cause
	Lines       []badLine
	Faults      int64 // in all
	First, Last int64 // of Faults, that are shown
	Before      int   // page, 0 = none
	After       int
	CutOff      bool // there are more faults than were looked at
}

const (
	linesOfPage = 100     // faults on one page
	maxFaults   = 200_000 // that are looked at for one page
)

// showBadLines lists the bad lines of a file: line, field, rule, meaning and what to do.
func (s *Site) showBadLines(w http.ResponseWriter, r *http.Request) error {
	x, err := s.runOf(r)
	if err != nil {
		return err
	}
	if x.Digest == "" {
		return &problem{status: http.StatusNotFound}
	}
	m, err := s.Runner.Service.Manifest(r.Context(), x.Run)
	if err != nil {
		return err
	}
	ordinal, err := strconv.Atoi(r.PathValue("file"))
	if err != nil || ordinal < 1 || ordinal > len(m.Files) || m.Files[ordinal-1].BadLines.Key == "" {
		return &problem{status: http.StatusNotFound}
	}
	page := 1
	if p := r.URL.Query().Get("page"); p != "" {
		if page, err = strconv.Atoi(p); err != nil || page < 1 || page > maxFaults/linesOfPage {
			return &problem{status: http.StatusNotFound}
		}
	}
	v := &badLinesView{Run: x, File: &m.Files[ordinal-1]}
	if err := s.readBadLines(r.Context(), v, page); err != nil {
		return err
	}
	if len(v.Lines) == 0 {
		return &problem{status: http.StatusNotFound}
	}
	return s.show(w, r, http.StatusOK, "lines.html", frame{
		Title: say(r, "エラー行　%s", "Bad lines of %s", v.File.Name), Nav: "runs", Body: v,
	})
}

// readBadLines reads the list that the run kept and picks one page of it.
func (s *Site) readBadLines(ctx context.Context, v *badLinesView, page int) error {
	body, err := s.Runner.Service.Parts.Open(ctx, v.File.BadLines.Key)
	if err != nil {
		return &fault.Error{Code: fault.PartShredded, Err: err}
	}
	defer func() { _ = body.Close() }() // it was only read
	rows := csv.NewReader(body)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		return &fault.Error{Code: fault.PartDamaged, Err: err}
	}
	from := int64(page-1) * linesOfPage
	counts := map[cause]int64{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return &fault.Error{Code: fault.PartDamaged, Err: err}
		}
		if v.Faults == maxFaults {
			v.CutOff = true
			break
		}
		b, ok := readBadLine(row)
		if !ok {
			return fault.New(fault.PartDamaged, "")
		}
		if v.Faults >= from && v.Faults < from+linesOfPage {
			v.Lines = append(v.Lines, b)
		}
		counts[cause{Code: b.Code, Field: b.Field}]++
		v.Faults++
	}
	v.First, v.Last = from+1, from+int64(len(v.Lines))
	if page > 1 {
		v.Before = page - 1
	}
	if v.Last < v.Faults {
		v.After = page + 1
	}
	v.Causes = sortedCauses(counts)
	return nil
}

// badLineColumns is how many columns rating.BadLinesHeader has.
var badLineColumns = strings.Count(rating.BadLinesHeader, ",") + 1

func readBadLine(row []string) (b badLine, ok bool) {
	if len(row) != badLineColumns {
		return b, false
	}
	var err [4]error
	b.Line, err[0] = strconv.ParseInt(row[0], 10, 64)
	b.AtLine, err[1] = strconv.ParseInt(row[1], 10, 64)
	b.Offset, err[2] = strconv.ParseInt(row[2], 10, 64)
	b.Field = strings.Clone(row[3])
	code, e := strconv.ParseUint(strings.TrimPrefix(row[4], "MP-"), 10, 16)
	b.Code, err[3] = fault.Code(code), e
	return b, errors.Join(err[:]...) == nil
}

// sortedCauses puts the most frequent cause first.
func sortedCauses(counts map[cause]int64) []cause {
	out := make([]cause, 0, len(counts))
	for c, n := range counts {
		c.Count = n
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b cause) int {
		switch {
		case a.Count != b.Count:
			return int(b.Count - a.Count)
		case a.Code != b.Code:
			return int(a.Code) - int(b.Code)
		}
		return strings.Compare(a.Field, b.Field)
	})
	return out
}
