package multipoint_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxColumns       = 110 // a tab counts 4, any other character 1
	tabColumns       = 4
	maxFunctionLines = 70
	maxTestLines     = 100 // functions of test files
	maxFileLines     = 600 // a chapter has 100 to 400
)

func checkLineLength(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		if f.generated() {
			continue
		}
		number := 0
		for line := range strings.Lines(string(f.bytes)) {
			number++
			line = strings.TrimRight(line, "\r\n")
			columns := utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
			if columns > maxColumns {
				what := strconv.Itoa(columns) + " columns, at most " + strconv.Itoa(maxColumns)
				found = append(found, finding{f.path, number, what})
			}
		}
	}
	return found
}

func checkFunctionLength(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		limit := maxFunctionLines
		if f.isTest {
			limit = maxTestLines
		}
		for _, decl := range f.syntax.Decls {
			function, ok := decl.(*ast.FuncDecl)
			if !ok || f.generated() {
				continue
			}
			lines := f.line(function.End()) - f.line(function.Pos()) + 1
			if lines > limit {
				found = append(found, f.at(function.Pos(), "%s has %d lines, at most %d",
					function.Name.Name, lines, limit))
			}
		}
	}
	return found
}

func checkFileLength(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		lines := strings.Count(string(f.bytes), "\n")
		if lines > maxFileLines && !f.generated() {
			what := strconv.Itoa(
				lines,
			) + " lines, at most " + strconv.Itoa(
				maxFileLines,
			) + ": make two chapters of it"
			found = append(found, finding{f.path, lines, what})
		}
	}
	return found
}

// checkExportedDocs wants a comment on each exported function, method of an exported type, type, constant and
// variable outside tests. A comment over a group speaks for all of it; fields are the author's choice.
func checkExportedDocs(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		if f.isTest {
			continue
		}
		for _, decl := range f.syntax.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
					found = append(found, f.at(d.Pos(), "exported %s has no doc comment", d.Name.Name))
				}
			case *ast.GenDecl:
				for _, name := range undocumented(d) {
					found = append(found, f.at(name.Pos(), "exported %s has no doc comment", name.Name))
				}
			}
		}
	}
	return found
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	receiver := d.Recv.List[0].Type
	for {
		switch e := receiver.(type) {
		case *ast.StarExpr:
			receiver = e.X
		case *ast.IndexExpr:
			receiver = e.X
		case *ast.IndexListExpr:
			receiver = e.X
		case *ast.Ident:
			return e.IsExported()
		default:
			return true
		}
	}
}

func undocumented(d *ast.GenDecl) []*ast.Ident {
	if d.Doc != nil {
		return nil
	}
	var names []*ast.Ident
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Doc == nil && s.Comment == nil {
				names = append(names, s.Name)
			}
		case *ast.ValueSpec:
			if s.Doc == nil && s.Comment == nil {
				names = append(names, s.Names...)
			}
		}
	}
	return slices.DeleteFunc(names, func(name *ast.Ident) bool { return !name.IsExported() })
}

// checkPackageDocs wants exactly one file of a package to say what the package is. A folder that holds only
// tests says it in one of them.
func checkPackageDocs(files []goFile) []finding {
	var found []finding
	byDir := map[string][]goFile{}
	var dirs []string
	for _, f := range files {
		if _, seen := byDir[f.dir()]; !seen {
			dirs = append(dirs, f.dir())
		}
		byDir[f.dir()] = append(byDir[f.dir()], f)
	}
	for _, dir := range dirs {
		in := byDir[dir]
		code := slices.DeleteFunc(slices.Clone(in), func(f goFile) bool { return f.isTest })
		if len(code) == 0 {
			code = in
		}
		documented := slices.DeleteFunc(
			slices.Clone(code),
			func(f goFile) bool { return f.syntax.Doc == nil },
		)
		switch {
		case len(documented) == 0:
			found = append(found, finding{code[0].path, 1, "no file of the package has a package comment"})
		case len(documented) > 1:
			found = append(found, finding{documented[1].path, 1, "second package comment, the first is in " +
				documented[0].path})
		}
	}
	return found
}

var emptyName = regexp.MustCompile(
	`^(util|utils|common|helper|helpers|manager|managers|misc)$|(util|utils|helper|manager)$`,
)

func checkPackageNames(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		names := append(strings.Split(f.dir(), "/"), strings.TrimSuffix(f.syntax.Name.Name, "_test"))
		for _, name := range names {
			if emptyName.MatchString(name) {
				found = append(
					found,
					f.at(f.syntax.Name.Pos(), "%q says nothing: name the package by its domain", name),
				)
				break
			}
		}
	}
	return found
}

func checkNoInit(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		for _, decl := range f.syntax.Decls {
			if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil && d.Name.Name == "init" {
				found = append(found, f.at(d.Pos(), "func init hides an order: build it where it is used"))
			}
		}
	}
	return found
}

// checkPanic allows panic outside tests only with a comment that begins "unreachable:", on the same line or
// on the line before, which says why nobody's input leads there.
func checkPanic(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		if f.isTest {
			continue
		}
		excused := map[int]bool{}
		for _, group := range f.syntax.Comments {
			if strings.HasPrefix(group.Text(), "unreachable:") {
				excused[f.line(group.Pos())], excused[f.line(group.End())+1] = true, true
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && isName(call.Fun, "panic") &&
				!excused[f.line(call.Pos())] {
				found = append(found, f.at(call.Pos(), "panic without a comment // unreachable: why"))
			}
			return true
		})
	}
	return found
}

func isName(e ast.Expr, name string) bool {
	identifier, ok := e.(*ast.Ident)
	return ok && identifier.Name == name
}

func checkFloats(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		if !f.domainCode() {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch e := n.(type) {
			case *ast.Ident:
				if e.Name == "float32" || e.Name == "float64" {
					found = append(
						found,
						f.at(e.Pos(), "%s in a domain package: amounts and rates are exact", e.Name),
					)
				}
			case *ast.BasicLit:
				if e.Kind == token.FLOAT {
					found = append(
						found,
						f.at(e.Pos(), "%s in a domain package: amounts and rates are exact", e.Value),
					)
				}
			}
			return true
		})
	}
	return found
}

// clockNames are the parts of package time that read or wait for the clock.
var clockNames = []string{
	"Now",
	"Since",
	"Until",
	"After",
	"AfterFunc",
	"Tick",
	"NewTicker",
	"NewTimer",
	"Sleep",
	"Local",
}

// checkClock keeps clock and chance out: a run computed again gives the same bytes. LoadLocation reads the
// machine's time zone files, so the zone of Japan is a fixed offset.
func checkClock(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		if !f.domainCode() {
			continue
		}
		for _, spec := range f.syntax.Imports {
			switch strings.Trim(spec.Path.Value, `"`) {
			case "math/rand", "math/rand/v2", "crypto/rand", "hash/maphash":
				found = append(
					found,
					f.at(spec.Pos(), "import of %s in a domain package: no chance", spec.Path.Value),
				)
			}
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if ok && isName(s.X, "time") &&
				(slices.Contains(clockNames, s.Sel.Name) || s.Sel.Name == "LoadLocation") {
				found = append(
					found,
					f.at(s.Pos(), "time.%s in a domain package: the time is handed in", s.Sel.Name),
				)
			}
			return true
		})
	}
	return found
}

// The patterns are put together from pieces so that this file does not break its own rules.
var (
	leftover = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)

	registryHost = regexp.MustCompile(
		`(?i)\b(proxy\.` + `golang\.org|registry\.` + `npmjs\.org|pypi\.` + `org|` +
			`repo1\.` + `maven\.org|deb\.` + `debian\.org)\b`,
	)

	machinePath = regexp.MustCompile(`(?i)(^|[^\w./\-})])/(wo` + `rk|ro` + `ot)/`)

	conflict = regexp.MustCompile(`^(<{7}|>{7}|\|{7})( |$)`)
)

func checkLeftovers(files []textFile) []finding {
	return grep(files, leftover, "do it now or open an issue")
}

func checkHosts(files []textFile) []finding {
	return grep(files, registryHost, "say which package, not where it comes from")
}

func checkMachinePaths(files []textFile) []finding {
	return grep(files, machinePath, "the path exists on one machine only")
}

func checkConflicts(files []textFile) []finding {
	return grep(files, conflict, "marker of a merge conflict")
}

// grep finds the lines that match.
func grep(files []textFile, pattern *regexp.Regexp, why string) []finding {
	var found []finding
	for _, f := range files {
		number := 0
		for line := range strings.Lines(string(f.bytes)) {
			number++
			if match := pattern.FindString(strings.TrimRight(line, "\r\n")); match != "" {
				found = append(
					found,
					finding{f.path, number, strconv.Quote(strings.TrimSpace(match)) + ": " + why},
				)
			}
		}
	}
	return found
}
