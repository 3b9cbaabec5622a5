package multipoint_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// ring says how far inside a package is. Imports point inwards only: to the same ring or a smaller one.
type ring int

const (
	unlisted ring = iota
	domain        // pure: no I/O, no clock, no context
	work          // what happens, written against ports
	drivers       // ports' drivers and the screens
	outside       // programs and what crosses packages; nobody imports them from another folder
)

func (r ring) String() string {
	return [...]string{"unlisted", "domain", "work", "drivers", "outside"}[r]
}

// rings places each package of shared/. A package below a listed one is in its ring (table/pebble), a
// program (gen) is outside.
var rings = map[string]ring{
	"fault": domain, "calendar": domain, "charset": domain, "layout": domain, "transaction": domain,
	"packed": domain,
	"master": domain, "card": domain, "member": domain, "points": domain, "pan": domain,
	"ledger": domain, "profile": domain, "postal": domain,

	"object": work, "object/memory": work, "object/objecttest": drivers, "object/s3": drivers,
	"object/gateway": drivers, "table": work, "table/memory": work, "table/tabletest": drivers,
	"table/pebble": drivers, "flow": work, "keys": work, "keys/local": drivers, "seal": work, "intake": work,
	"digest": work, "day": work, "personal": work, "account": work,
	"registration": work,
	"convert":      work, "rating": work, "generate": work, "inspect": work, "spool": work, "outlet": work,

	"mail": work, "mail/compose": drivers, "mail/outbox": drivers, "mail/ses": drivers,
	"mail/smtp": drivers, "mailing": work, "screen": drivers, "standalone": drivers,
	"table/dynamo": drivers, "keys/kms": drivers, "keys/keystest": drivers, "flow/stepfunctions": drivers,
	"cloud": drivers,
}

// pureStandard are the parts of the standard library that a domain package may use: computing and reading
// through interfaces. Missing on purpose: os, net, path/filepath, context, log, os/exec, math/rand, unsafe.
var pureStandard = strings.Fields(`
	bufio bytes cmp crypto/hmac crypto/sha256 embed encoding encoding/base64 encoding/binary encoding/csv
	encoding/hex encoding/json errors fmt hash hash/crc32 hash/fnv io io/fs iter maps math math/big math/bits
	path reflect regexp slices sort strconv strings sync time unicode unicode/utf16 unicode/utf8`)

// pureModules are the other people's modules that domain packages may use: package prefix → who may.
var pureModules = map[string][]string{
	"golang.org/x/text":                        {"charset", "card", "layout", "member", "profile"},
	"go.yaml.in/yaml/v4":                       {"master", "member"},
	"github.com/santhosh-tekuri/jsonschema/v6": {"master"},
}

// driverModules are the modules that only drivers and programs may see.
var driverModules = []string{
	"github.com/aws/", "github.com/cockroachdb/pebble", "github.com/versity/", "github.com/pkg/sftp",
	"go.etcd.io/bbolt", "github.com/wneessen/go-mail",
}

const module = "multipoint"

func TestImportsPointInwards(t *testing.T) {
	report(t, checkImports(readTree(t, ".").goFiles))
}

// checkImports says for each file which of its imports its ring forbids. Tests of the work ring and further
// out may import anything (they bring their drivers); tests of domain packages may do I/O.
func checkImports(files []goFile) []finding {
	var found []finding
	for _, f := range files {
		from := ringOf(f.dir(), f.syntax.Name.Name)
		if from == unlisted {
			found = append(found, finding{f.path, 1, "package " + f.dir() + ": add it to the table of rings"})
			continue
		}
		if f.isTest && from != domain {
			continue
		}
		for _, spec := range f.syntax.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			if why := forbidden(f, from, imported); why != "" {
				found = append(found, finding{f.path, f.line(spec.Pos()), why})
			}
		}
	}
	return found
}

// ringOf gives the ring of a folder, relative to the root with slashes.
func ringOf(dir, packageName string) ring {
	switch dir {
	case "infra/flow":
		return domain // the state machines are data that all may read
	case "events":
		return drivers // so is the demo retailer, but its tests run the engine
	}
	name, inShared := strings.CutPrefix(dir, "shared/")
	if !inShared || packageName == "main" {
		return outside
	}
	for ; name != "."; name = path.Dir(name) {
		if r, ok := rings[name]; ok {
			return r
		}
	}
	return unlisted
}

func forbidden(f goFile, from ring, imported string) string {
	if dir, own := strings.CutPrefix(imported, module+"/"); own {
		return forbiddenOwn(f.dir(), from, dir)
	}
	standard := !strings.Contains(strings.Split(imported, "/")[0], ".")
	switch {
	case from == domain && standard && !f.isTest && !slices.Contains(pureStandard, imported):
		return fmt.Sprintf(
			"domain package imports %s: not among the pure parts of the standard library",
			imported,
		)
	case from == domain && !standard && !f.isTest && !pureModule(f.dir(), imported):
		return fmt.Sprintf("domain package imports %s: not among its pure modules", imported)
	case from == work && !standard && slices.ContainsFunc(driverModules, func(prefix string) bool {
		return strings.HasPrefix(imported, prefix)
	}):
		return fmt.Sprintf("work package imports %s: only drivers may", imported)
	}
	return ""
}

func forbiddenOwn(fromDir string, from ring, dir string) string {
	to := ringOf(dir, "")
	switch {
	case to == unlisted:
		return fmt.Sprintf("imports %s: add it to the table of rings", dir)
	case to == outside && topFolder(dir) != topFolder(fromDir):
		return fmt.Sprintf("imports %s: nothing imports from there", dir)
	case to > from:
		return fmt.Sprintf("%s package imports %s of the %s ring: arrows point inwards", from, dir, to)
	}
	return ""
}

func pureModule(dir, imported string) bool {
	for prefix, users := range pureModules {
		if imported == prefix || strings.HasPrefix(imported, prefix+"/") {
			return slices.Contains(users, strings.TrimPrefix(dir, "shared/"))
		}
	}
	return false
}

func topFolder(dir string) string {
	top, _, _ := strings.Cut(dir, "/")
	return top
}

func TestImportCheckCanFail(t *testing.T) {
	cases := []struct {
		name, path, source, want string
	}{
		{"domain reads files", "shared/points/a.go", `package points; import "os"`, "imports os"},
		{
			"domain takes a context",
			"shared/points/a.go",
			`package points; import "context"`,
			"imports context",
		},
		{
			"domain uses work",
			"shared/card/a.go",
			`package card; import "multipoint/shared/spool"`,
			"arrows point inwards",
		},
		{
			"domain test uses work", "shared/card/a_test.go",
			`package card_test; import "multipoint/shared/spool"`, "arrows point inwards",
		},
		{
			"domain uses a module",
			"shared/points/a.go",
			`package points; import "go.yaml.in/yaml/v4"`,
			"pure modules",
		},
		{
			"work uses a driver",
			"shared/rating/a.go",
			`package rating; import "multipoint/shared/object/s3"`,
			"arrows point inwards",
		},
		{
			"work sees an SDK", "shared/convert/a.go",
			`package convert; import "github.com/aws/aws-sdk-go-v2/service/s3"`, "only drivers",
		},
		{
			"shared uses a command",
			"shared/screen/a.go",
			`package screen; import "multipoint/cmd/multipoint"`,
			"nothing imports",
		},
		{
			"a function uses infra",
			"functions/day/a.go",
			`package main; import "multipoint/infra"`,
			"nothing imports",
		},
		{"unlisted package", "shared/novel/a.go", `package novel`, "add it to the table"},
		{
			"unlisted import",
			"shared/rating/a.go",
			`package rating; import "multipoint/shared/novel"`,
			"add it to the table",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			expectOne(t, checkImports([]goFile{parse(t, c.path, c.source)}), c.want)
		})
	}
	fine := []goFile{
		parse(t, "shared/master/a.go", `package master; import ("io/fs"; "go.yaml.in/yaml/v4/ast")`),
		parse(t, "shared/table/pebble/a.go", `package pebble; import ("os"; "multipoint/shared/rating")`),
		parse(t, "shared/points/a_test.go", `package points; import ("os"; "multipoint/shared/fault")`),
		parse(t, "shared/fault/gen/a.go", `package main; import ("os"; "multipoint/shared/fault")`),
		parse(
			t,
			"test/day/a.go",
			`package day; import ("multipoint/test/world"; "multipoint/shared/screen")`,
		),
	}
	if found := checkImports(fine); len(found) > 0 {
		t.Errorf("refused what is allowed: %v", found)
	}
}
