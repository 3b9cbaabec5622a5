package multipoint_test

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// checkPackageVariables allows package variables that are tables: they get their value where they are
// declared (or from an embedded file), are of no type that is made to change (sync, atomic, channels,
// buffers), and nothing in the module writes to them, takes their address or hands them to delete, clear or
// copy. Variables of test files (flags such as -update) are free.
func checkPackageVariables(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		if f.isTest {
			continue
		}
		for _, decl := range f.syntax.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
				found = append(found, checkDeclaration(f, d)...)
			}
		}
	}
	for _, files := range byPackage(files) {
		found = append(found, checkWrites(files)...)
	}
	return found
}

func checkDeclaration(f goFile, d *ast.GenDecl) []finding {
	var found []finding
	for _, spec := range d.Specs {
		s := spec.(*ast.ValueSpec)
		embedded := embeds(d.Doc) || embeds(s.Doc)
		for _, name := range s.Names {
			switch {
			case name.Name == "_" || embedded:
			case len(s.Values) == 0:
				found = append(
					found,
					f.at(name.Pos(), "package variable %s has no value here, so it changes", name.Name),
				)
			case slices.ContainsFunc(append(slices.Clip(s.Values), s.Type), madeToChange):
				found = append(found, f.at(name.Pos(), "package variable %s is made to change", name.Name))
			}
		}
	}
	return found
}

func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// madeToChange looks at a declared type or first value: locks, atomics, buffers, channels, make, new.
// sync.OnceValue and its kin make constants that are computed late; a function's body is its own affair.
func madeToChange(e ast.Expr) bool {
	changes := false
	if e == nil {
		return false
	}
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ChanType:
			changes = true
		case *ast.CallExpr:
			changes = changes || isName(n.Fun, "make") || isName(n.Fun, "new")
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			once := strings.HasPrefix(n.Sel.Name, "Once") && n.Sel.Name != "Once"
			changes = changes || pkg.Name == "sync" && !once || pkg.Name == "atomic" ||
				pkg.Name+"."+n.Sel.Name == "bytes.Buffer" || pkg.Name+"."+n.Sel.Name == "strings.Builder"
		}
		return true
	})
	return changes
}

// byPackage groups files that share their package-level names, in the order of their first file.
func byPackage(files []goFile) [][]goFile {
	var groups [][]goFile
	index := map[string]int{}
	for _, f := range files {
		key := f.dir() + " " + f.syntax.Name.Name
		i, seen := index[key]
		if !seen {
			i = len(groups)
			index[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// checkWrites finds writes to package variables. Names are resolved by the type checker without reading
// imports: what it cannot know does not matter here, what is local and what is not it does know.
func checkWrites(files []goFile) []finding {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noImports{}, Error: func(error) {}}
	syntax := make([]*ast.File, len(files))
	tested := map[types.Object]bool{}
	for i, f := range files {
		syntax[i] = f.syntax
	}
	pkg, _ := config.Check(files[0].dir(), files[0].fset, syntax, info)
	for _, f := range files {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok && f.isTest && info.Defs[name] != nil {
				tested[info.Defs[name]] = true
			}
			return true
		})
	}
	var found []finding
	for _, f := range files {
		for _, target := range writes(f.syntax) {
			name := packageVariable(target, info, pkg)
			if name != nil && !tested[info.Uses[name]] {
				found = append(found, f.at(target.Pos(), "writes to package variable %s", name.Name))
			}
		}
	}
	return found
}

type noImports struct{}

func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not read") }

// writes lists the expressions that a file assigns to, counts up, takes the address of, or hands to a builtin
// that changes its argument. The address of a table's element is allowed: large elements are read through it.
func writes(file *ast.File) []ast.Expr {
	var targets []ast.Expr
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				targets = append(targets, n.Lhs...)
			}
		case *ast.IncDecStmt:
			targets = append(targets, n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				targets = append(targets, n.Key, n.Value)
			}
		case *ast.UnaryExpr:
			if _, element := n.X.(*ast.IndexExpr); n.Op == token.AND && !element {
				targets = append(targets, n.X)
			}
		case *ast.CallExpr:
			if isName(n.Fun, "delete") || isName(n.Fun, "clear") || isName(n.Fun, "copy") {
				targets = append(targets, n.Args[0])
			}
		}
		return true
	})
	return targets
}

// packageVariable follows x[i].f and *x to its root and gives the root's name if it is a variable of the
// package, or pkg.Name of another package of this module.
func packageVariable(e ast.Expr, info *types.Info, pkg *types.Package) *ast.Ident {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return packageVariable(e.X, info, pkg)
	case *ast.StarExpr:
		return packageVariable(e.X, info, pkg)
	case *ast.IndexExpr:
		return packageVariable(e.X, info, pkg)
	case *ast.SliceExpr:
		return packageVariable(e.X, info, pkg)
	case *ast.SelectorExpr:
		if name, ok := e.X.(*ast.Ident); ok {
			if imported, ok := info.Uses[name].(*types.PkgName); ok {
				if strings.HasPrefix(imported.Imported().Path(), module+"/") {
					return e.Sel
				}
				return nil
			}
		}
		return packageVariable(e.X, info, pkg)
	case *ast.Ident:
		if v, ok := info.Uses[e].(*types.Var); ok && v.Parent() == pkg.Scope() {
			return e
		}
	}
	return nil
}
