package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestCommittedFilesAreWhatThisProgramMakes names each file that differs; go run ./events/make writes it
// anew.
func TestCommittedFilesAreWhatThisProgramMakes(t *testing.T) {
	list, err := files()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range list {
		committed, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(f.name)))
		if err != nil || !bytes.Equal(committed, f.bytes) {
			t.Errorf("%s is not what go run ./events/make makes: %v", f.name, err)
		}
		names = append(names, filepath.Base(f.name))
	}
	entries, err := os.ReadDir(filepath.Join("..", "day"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			t.Errorf("day/%s is made by nobody", e.Name())
		}
	}
}
