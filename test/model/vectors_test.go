package model

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectorFiles finds the folder of worked examples: MULTIPOINT_VECTORS, or beside the project's root.
func vectorFiles(t *testing.T) []string {
	t.Helper()
	folder := os.Getenv("MULTIPOINT_VECTORS")
	if folder == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			if root == filepath.Dir(root) {
				t.Fatal("no go.mod above the test's folder")
			}
			root = filepath.Dir(root)
		}
		folder = filepath.Join(root, "..", "shared", "vectors")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no worked examples in %s", folder)
		}
		t.Skipf("no worked examples in %s", folder)
	}
	return files
}

func TestWorkedExamplesHold(t *testing.T) {
	count := 0
	for _, file := range vectorFiles(t) {
		cases, err := Load(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			count++
			t.Run(c.ID, func(t *testing.T) {
				got, err := Run(c)
				if err != nil {
					t.Fatal(err)
				}
				if diff := Compare(got, c.Expect); len(diff) > 0 {
					t.Errorf("%s\n%s", c.Title, strings.Join(diff, "\n"))
				}
			})
		}
	}
	t.Logf("%d worked examples", count)
}
