package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"

	"multipoint/shared/fault"
)

func TestCodesAscendAndNamesAreUnique(t *testing.T) {
	names := map[string]fault.Code{}
	last := fault.Code(0)
	for _, e := range fault.Catalogue {
		if e.Code <= last {
			t.Errorf("%d stands after %d: codes ascend, each once", e.Code, last)
		}
		if other, taken := names[e.Name]; taken {
			t.Errorf("%d and %d are both named %s", other, e.Code, e.Name)
		}
		last, names[e.Name] = e.Code, e.Code
	}
}

func TestCodesAreFourDigits(t *testing.T) {
	for _, e := range fault.Catalogue {
		if e.Code < 1000 || e.Code > 9999 {
			t.Errorf("%d is not a number of four digits", e.Code)
		}
	}
}

func TestEntriesSayWhatAndWhatToDo(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$`)
	for _, e := range fault.Catalogue {
		if !name.MatchString(e.Name) {
			t.Errorf("%d: name %q is not of the form thing.fault", e.Code, e.Name)
		}
		for _, sentence := range []string{e.Meaning, e.Do} {
			if !strings.HasSuffix(sentence, ".") || strings.TrimSpace(sentence) != sentence {
				t.Errorf("%s: %q is not a sentence", e.Name, sentence)
			}
		}
	}
}

// The constants are read from the source: the compiler cannot list them.
func TestEachConstantIsInTheCatalogueOnce(t *testing.T) {
	parse := func(name string) *ast.File {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	constants, listed := constantNames(parse("codes.go")), listedNames(parse("catalogue.go"))
	if len(constants) == 0 || len(listed) != len(fault.Catalogue) {
		t.Fatalf("read %d constants and %d entries, the catalogue has %d entries",
			len(constants), len(listed), len(fault.Catalogue))
	}
	count := map[string]int{}
	for _, name := range listed {
		count[name]++
	}
	for _, name := range constants {
		if count[name] != 1 {
			t.Errorf("constant %s is listed %d times, want once", name, count[name])
		}
		delete(count, name)
	}
	for name := range count {
		t.Errorf("entry %s is no constant of type Code", name)
	}
}

func constantNames(file *ast.File) []string {
	var names []string
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			continue
		}
		for _, spec := range d.Specs {
			s := spec.(*ast.ValueSpec)
			if kind, ok := s.Type.(*ast.Ident); ok && kind.Name == "Code" {
				for _, name := range s.Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

// listedNames gives the first value of each entry of the catalogue, as written.
func listedNames(file *ast.File) []string {
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		entry, ok := n.(*ast.CompositeLit)
		if !ok || entry.Type != nil || len(entry.Elts) == 0 {
			return true
		}
		if name, ok := entry.Elts[0].(*ast.Ident); ok {
			names = append(names, name.Name)
		}
		return true
	})
	return names
}
