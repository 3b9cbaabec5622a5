package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/rating"
)

// arrivalsName is the file of an input folder that says when the others arrived.
const arrivalsName = "arrivals.csv"

// input is a file to be rated.
type input struct {
	name    string // base name
	path    string
	size    int64
	arrived time.Time // zero if no arrivals.csv says it
}

// listInputs gives the files of one folder, or the files named, in the order of their ordinals: by arrival,
// then name (R1). Names that begin with a dot are passed over in a folder.
func listInputs(paths []string) ([]input, error) {
	inputs := make([]input, 0, len(paths))
	arrivals := ""
	if info, err := os.Stat(paths[0]); err == nil && info.IsDir() {
		if len(paths) > 1 {
			return nil, usage("give one folder or any number of files, not both: " + paths[1])
		}
		dir := paths[0]
		if paths, arrivals, err = listFolder(dir); err != nil {
			return nil, err
		}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, readFailed(path, err)
		}
		if !info.Mode().IsRegular() {
			return nil, fault.At(fault.ReadFailed, fault.Place{File: path},
				"This is no plain file; folders inside the input are not read.")
		}
		inputs = append(inputs, input{name: filepath.Base(path), path: path, size: info.Size()})
	}
	slices.SortFunc(inputs, func(a, b input) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(inputs); i++ {
		if inputs[i].name == inputs[i-1].name {
			return nil, usage("two files have the same name: " + inputs[i-1].path + " and " + inputs[i].path)
		}
	}
	if arrivals != "" {
		if err := readArrivals(arrivals, inputs); err != nil {
			return nil, err
		}
		slices.SortStableFunc(inputs, func(a, b input) int { return a.arrived.Compare(b.arrived) })
	}
	return inputs, nil
}

// listFolder gives the paths of a folder's files, and of its arrivals.csv if there is one.
func listFolder(dir string) (paths []string, arrivals string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, "", readFailed(dir, err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.Name() == arrivalsName:
			arrivals = path
		case !strings.HasPrefix(e.Name(), "."):
			paths = append(paths, path)
		}
	}
	return paths, arrivals, nil
}

// readArrivals sets the arrivals of the inputs, which are sorted by name. Each file has one row.
func readArrivals(path string, inputs []input) error {
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer ignore(f.Close)
	text := bufio.NewReader(f)
	if mark, _ := text.Peek(3); string(mark) == "\xEF\xBB\xBF" {
		_, _ = text.Discard(3)
	}
	rows := csv.NewReader(text)
	rows.FieldsPerRecord = 2
	for line := int64(1); ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		differs := func(what string) error {
			return &fault.Error{
				Code: fault.ArrivalsDiffer, Place: fault.Place{File: path, Line: line}, What: what, Err: err,
			}
		}
		switch {
		case err != nil:
			return differs("The row cannot be read")
		case line == 1 && (row[0] != "file" || row[1] != "arrived"):
			return differs("The first row must be file,arrived.")
		case line == 1:
			continue
		}
		i, ok := slices.BinarySearchFunc(inputs, row[0], func(in input, name string) int {
			return cmp.Compare(in.name, name)
		})
		if !ok {
			return differs("The file " + row[0] + " is not there.")
		}
		if !inputs[i].arrived.IsZero() {
			return differs("The file " + row[0] + " has a second row.")
		}
		if inputs[i].arrived, ok = parseArrival(row[1]); !ok {
			return differs(row[1] + " is no time like 2026-11-22T05:59:59+09:00.")
		}
	}
	for i := range inputs {
		if inputs[i].arrived.IsZero() {
			return fault.At(fault.ArrivalsDiffer, fault.Place{File: path},
				"The file "+inputs[i].name+" has no row.")
		}
	}
	return nil
}

// parseArrival reads whole seconds with their zone, or without one as time in Japan.
func parseArrival(text string) (time.Time, bool) {
	if t, err := time.Parse("2006-01-02T15:04:05Z07:00", text); err == nil && t.Nanosecond() == 0 {
		return t, true
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", text, calendar.JST())
	return t, err == nil && t.Nanosecond() == 0
}

// runDateOf gives the run date: the one of the flag, or that of the newest arrival. A file that arrived after
// the cut-off of the day belongs to a later run and is refused (R1).
func runDateOf(flag string, inputs []input) (calendar.Date, error) {
	var newest calendar.Date
	latest := -1
	for i := range inputs {
		if inputs[i].arrived.IsZero() {
			continue
		}
		if d := rating.RunDateOf(inputs[i].arrived); latest < 0 || d > newest {
			newest, latest = d, i
		}
	}
	if flag == "" {
		if latest < 0 {
			return 0, usage("--run-date is missing, and there is no " + arrivalsName + " to tell it")
		}
		return newest, nil
	}
	d, err := parseDate("--run-date", flag)
	if err == nil && latest >= 0 && newest > d {
		return 0, fault.At(fault.ArrivalsDiffer, fault.Place{File: inputs[latest].path}, fmt.Sprintf(
			"It arrived at %s and belongs to the run of %s, not of %s.",
			inputs[latest].arrived.In(calendar.JST()).Format(time.RFC3339), newest, d))
	}
	return d, err
}
