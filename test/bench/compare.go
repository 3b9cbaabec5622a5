package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
)

// sameGrants compares two files of grants row by row after sorting, all columns, and gives the number of
// rows, the title row included. Quotes do not count: no field of these files needs them.
func sameGrants(ours, theirs string) (int, error) {
	a, err := sortedRows(ours)
	if err != nil {
		return 0, err
	}
	b, err := sortedRows(theirs)
	if err != nil {
		return 0, err
	}
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			return 0, fmt.Errorf("grants differ, of %d and %d rows: %s has\n%s\n%s has\n%s",
				len(a), len(b), ours, a[i], theirs, b[i])
		}
	}
	if len(a) != len(b) || len(a) == 0 {
		return 0, fmt.Errorf("grants differ: %s has %d rows, %s %d", ours, len(a), theirs, len(b))
	}
	return len(a), nil
}

func sortedRows(path string) ([][]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rows := bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	for i := range rows {
		rows[i] = bytes.ReplaceAll(rows[i], []byte(`"`), nil)
	}
	slices.SortFunc(rows, bytes.Compare)
	return rows, nil
}
