package multipoint_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Style, executed as a test: every rule below reads the whole tree and names file and line of what breaks it.
// tidy_self_test.go shows for each rule that it can fail.

// TestTidy runs the rules over the Go files and the text files of the tree.
func TestTidy(t *testing.T) {
	tree := readTree(t, ".")
	for _, rule := range goRules {
		t.Run(rule.name, func(t *testing.T) { report(t, rule.check(tree.goFiles)) })
	}
	for _, rule := range textRules {
		t.Run(rule.name, func(t *testing.T) { report(t, rule.check(tree.textFiles)) })
	}
}

// goRules look at parsed Go files, testdata left out.
var goRules = []struct {
	name  string
	check func([]goFile) []finding
}{
	{"lines are at most 110 columns", checkLineLength},
	{"functions are at most 70 lines, in tests 100", checkFunctionLength},
	{"files are at most 600 lines", checkFileLength},
	{"exported names have a doc comment", checkExportedDocs},
	{"packages have one doc comment", checkPackageDocs},
	{"packages are named by what they do", checkPackageNames},
	{"there is no func init", checkNoInit},
	{"panic only where unreachable", checkPanic},
	{"package variables never change", checkPackageVariables},
	{"domain packages have no floats", checkFloats},
	{"domain packages have no clock and no chance", checkClock},
}

// textRules look at every text file, docs and scripts included.
var textRules = []struct {
	name  string
	check func([]textFile) []finding
}{
	{"nothing is left to do in a comment", checkLeftovers},
	{"no package registry is named", checkHosts},
	{"no path of one machine is named", checkMachinePaths},
	{"no merge conflict is left", checkConflicts},
}

// finding is one place that breaks a rule.
type finding struct {
	path string
	line int
	what string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.what) }

// textFile is a file of UTF-8 text, its path relative to the root with slashes.
type textFile struct {
	path  string
	bytes []byte
}

// goFile is a parsed Go file.
type goFile struct {
	textFile
	fset   *token.FileSet
	syntax *ast.File
	isTest bool
}

func (f goFile) dir() string            { return path.Dir(f.path) }
func (f goFile) line(pos token.Pos) int { return f.fset.Position(pos).Line }
func (f goFile) generated() bool        { return ast.IsGenerated(f.syntax) }
func (f goFile) at(pos token.Pos, format string, args ...any) finding {
	return finding{f.path, f.line(pos), fmt.Sprintf(format, args...)}
}

// domainCode says whether the rules for domain code (no floats, no clock) hold for the file.
func (f goFile) domainCode() bool {
	return !f.isTest && ringOf(f.dir(), f.syntax.Name.Name) == domain
}

type tree struct {
	goFiles   []goFile
	textFiles []textFile
}

// readTree reads what git would show: everything but .git and the folders that .gitignore names. Files that
// are not UTF-8 or hold a NUL byte are no text. Go files in testdata are text, not code of this module;
// what the fuzzer keeps (testdata/fuzz) is neither.
func readTree(t *testing.T, root string) tree {
	t.Helper()
	skipped := append(ignoredFolders(t, root), ".git")
	var read tree
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, _ := filepath.Rel(root, name)
		relative = filepath.ToSlash(relative)
		if entry.IsDir() {
			if slices.Contains(skipped, relative) || strings.HasSuffix(relative, "testdata/fuzz") {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil || !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0 {
			return err
		}
		file := textFile{relative, content}
		read.textFiles = append(read.textFiles, file)
		if strings.HasSuffix(relative, ".go") && !strings.Contains("/"+relative, "/testdata/") {
			parsed, err := parseFile(fset, file)
			if err != nil {
				return err
			}
			read.goFiles = append(read.goFiles, parsed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(read.goFiles) == 0 {
		t.Fatal("found no Go file: the test looked in the wrong folder")
	}
	return read
}

// ignoredFolders are the lines "/name/" of .gitignore.
func ignoredFolders(t *testing.T, root string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "/") && strings.HasSuffix(line, "/") {
			folders = append(folders, strings.Trim(line, "/"))
		}
	}
	return folders
}

func parseFile(fset *token.FileSet, file textFile) (goFile, error) {
	syntax, err := parser.ParseFile(
		fset,
		file.path,
		file.bytes,
		parser.ParseComments|parser.SkipObjectResolution,
	)
	if err != nil {
		return goFile{}, err
	}
	return goFile{file, fset, syntax, strings.HasSuffix(file.path, "_test.go")}, nil
}

// report fails the test with one line for each finding.
func report(t *testing.T, found []finding) {
	t.Helper()
	for _, f := range found {
		t.Error(f)
	}
}
