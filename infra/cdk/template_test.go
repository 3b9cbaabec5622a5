package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/jsii-runtime-go"
)

// template is a stack as CloudFormation gets it.
type template map[string]any

// resource is one of its resources.
type resource struct {
	id, kind   string
	properties map[string]any
	whole      map[string]any
}

// synthesised are the templates that all tests look at: the CDK takes seconds to start.
type synthesised struct {
	main, edge, away, emulator, dev template
}

// synthesise makes them once for the tests of the process.
var synthesise = sync.OnceValues(func() (*synthesised, error) {
	prod := map[string]any{
		"env": "prod", "account": "111122223333", "placeholder": "true", "functions": "absent",
		"domain":   "points.example.jp",
		"mailFrom": "points@mail.example.jp", "operator": "operator@example.jp",
		"certificate": "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-4000-8000-000000000000",
		"allowed":     "192.0.2.0/24,2001:db8::/32", "malware": "false",
	}
	out := &synthesised{}
	s, err := stacksOf(prod)
	if err != nil {
		return nil, err
	}
	out.main, out.edge, out.away = templateOf(s.main), templateOf(s.edge), templateOf(s.away)
	prod["emulator"], prod["arch"] = "true", "amd64"
	if s, err = stacksOf(prod); err != nil {
		return nil, err
	}
	out.emulator = templateOf(s.main)
	s, err = stacksOf(map[string]any{
		"account": "111122223333", "placeholder": "true", "functions": "absent", "malware": "true",
		"mailFrom": "points@mail.example.jp", "operator": "operator@example.jp", "quota": "0",
	})
	if err != nil {
		return nil, err
	}
	out.dev = templateOf(s.main)
	return out, nil
})

func stacksOf(context map[string]any) (*stacks, error) {
	c, err := readSettings(func(name string) any { return context[name] })
	if err != nil {
		return nil, err
	}
	// The flags of cdk.json count here too.
	var file struct {
		Context map[string]any `json:"context"`
	}
	text, err := os.ReadFile("cdk.json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	app := awscdk.NewApp(&awscdk.AppProps{Context: &file.Context})
	return build(app, c)
}

func templateOf(stack awscdk.Stack) template {
	return *assertions.Template_FromStack(stack, nil).ToJSON()
}

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

func templates(t *testing.T) *synthesised {
	t.Helper()
	s, err := synthesise()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// copied gives a template that a test may change.
func (t template) copied() template {
	b, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	var out template
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

// of gives the resources of a kind, by id.
func (t template) of(kind string) []resource {
	var out []resource
	all, _ := t["Resources"].(map[string]any)
	for id, v := range all {
		whole, _ := v.(map[string]any)
		if whole["Type"] == kind {
			properties, _ := whole["Properties"].(map[string]any)
			out = append(out, resource{id, kind, properties, whole})
		}
	}
	slices.SortFunc(out, func(a, b resource) int { return strings.Compare(a.id, b.id) })
	return out
}

// at goes down a path of names and indexes ("0"); nil if it ends before.
func at(v any, path ...string) any {
	for _, name := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			i := slices.Index([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, name)
			if i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func (r resource) at(path ...string) any { return at(r.properties, path...) }

// text is a value as JSON, for looking into references.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	s := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(b))
	return s
}

// list gives a value's elements: of a list those, of anything else itself.
func list(v any) []any {
	switch x := v.(type) {
	case nil:
		return nil
	case []any:
		return x
	}
	return []any{v}
}

// statement is one of a policy.
type statement struct {
	owner              string // the resource that it stands in
	sid, effect        string
	actions, resources []any
	conditions, to     any
}

// statements gives those of roles and policies that roles have.
func (t template) statements() []statement {
	var out []statement
	for _, r := range t.of("AWS::IAM::Policy") {
		out = append(out, statementsOf(r.id, r.at("PolicyDocument", "Statement"))...)
	}
	for _, r := range t.of("AWS::IAM::Role") {
		for _, p := range list(r.at("Policies")) {
			out = append(out, statementsOf(r.id, at(p, "PolicyDocument", "Statement"))...)
		}
	}
	return out
}

func statementsOf(owner string, v any) []statement {
	var out []statement
	for _, s := range list(v) {
		sid, _ := at(s, "Sid").(string)
		effect, _ := at(s, "Effect").(string)
		out = append(out, statement{
			owner, sid, effect, list(at(s, "Action")), list(at(s, "Resource")), at(s, "Condition"),
			at(s, "Principal"),
		})
	}
	return out
}
