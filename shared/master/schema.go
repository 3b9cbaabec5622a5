package master

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"multipoint/shared/fault"
)

//go:embed schema/*.schema.json
var schemaFiles embed.FS

// Schemas gives the JSON Schemas (draft 2020-12) of the masters: KIND.schema.json for each of Kinds, and
// layout.schema.json and types.schema.json, which they refer to. Editors check and complete masters with
// them.
func Schemas() fs.FS {
	sub, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		return schemaFiles // unreachable: the folder is embedded above
	}
	return sub
}

// compileSchemas makes the schemas ready, by kind.
func compileSchemas() (schemas, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	names, err := fs.Glob(Schemas(), "*.schema.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(Schemas(), name)
		if err != nil {
			return nil, err
		}
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if err := compiler.AddResource(schemaURL(name), parsed); err != nil {
			return nil, err
		}
	}
	compiled := make(schemas)
	for _, k := range Kinds() {
		if compiled[k], err = compiler.Compile(schemaURL(k + ".schema.json")); err != nil {
			return nil, err
		}
	}
	return compiled, nil
}

// schemaURL names a schema inside the program; nothing is fetched.
func schemaURL(name string) string { return "schema:///" + name }

// validate compares a document with its schema.
func validate(schema *jsonschema.Schema, d *document) []*fault.Error {
	err := schema.Validate(d.root.value())
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []*fault.Error{{
			Code: fault.MasterSchema, Place: fault.Place{File: d.file, Line: int64(d.root.line)}, Err: err,
		}}
	}
	var faults []*fault.Error
	found := leaves(invalid, nil)
	slices.SortStableFunc(found, func(a, b *jsonschema.ValidationError) int {
		return slices.Compare(a.InstanceLocation, b.InstanceLocation) // the library goes through maps
	})
	for _, leaf := range found {
		if faults = append(faults, schemaFaults(d, leaf)...); len(faults) >= MaxFaults {
			break
		}
	}
	return faults
}

// leaves gives the errors that have no causes: the ones that say what is wrong. Of a list that lacks an entry
// the list is wrong, not each of its entries.
func leaves(e *jsonschema.ValidationError, out []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	if _, lacks := e.ErrorKind.(*kind.Contains); lacks || len(e.Causes) == 0 {
		return append(out, e)
	}
	for _, cause := range e.Causes {
		out = leaves(cause, out)
	}
	return out
}

// schemaFaults turns one error into faults; an error that names several keys gives one for each.
func schemaFaults(d *document, e *jsonschema.ValidationError) []*fault.Error {
	one := func(code fault.Code, what string, more ...string) *fault.Error {
		path := append(append([]string(nil), e.InstanceLocation...), more...)
		return fault.At(code, fault.Place{
			File: d.file, Line: int64(d.root.find(path).line), Field: joinPath(path),
		}, what)
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return each(k.Missing, func(name string) *fault.Error {
			return one(fault.MasterSchema, "the key "+name+" is missing; add it")
		})
	case *kind.DependentRequired:
		return each(k.Missing, func(name string) *fault.Error {
			return one(fault.MasterSchema, k.Prop+" needs the key "+name+" beside it; add it", k.Prop)
		})
	case *kind.AdditionalProperties:
		return each(k.Properties, func(name string) *fault.Error {
			return one(fault.MasterSchema, "the key "+name+" is not known here; correct or remove it", name)
		})
	case *kind.FalseSchema:
		return []*fault.Error{one(fault.MasterSchema, "the key has no meaning here; remove it")}
	case *kind.Type:
		return []*fault.Error{one(fault.MasterSchema, typeText(k))}
	case *kind.Enum:
		return []*fault.Error{one(fault.MasterSchema, fmt.Sprintf("%v is not one of %s", k.Got,
			listed(k.Want)))}
	case *kind.AdditionalItems:
		return []*fault.Error{one(fault.MasterSchema, "the list has too many entries; remove the last ones")}
	default:
		return []*fault.Error{one(fault.MasterValue, valueText(e.ErrorKind))}
	}
}

func each(names []string, f func(string) *fault.Error) []*fault.Error {
	slices.Sort(names)
	var faults []*fault.Error
	for _, name := range names[:min(len(names), MaxFaults)] {
		faults = append(faults, f(name))
	}
	return faults
}

func typeText(k *kind.Type) string {
	words := strings.NewReplacer("object", "a map of keys and values", "array", "a list", "string", "a text",
		"integer", "a whole number", "number", "a number", "boolean", "true or false", "null", "empty")
	what := "this is " + words.Replace(k.Got) + ", but must be " + words.Replace(strings.Join(k.Want, " or "))
	if k.Got == "number" && len(k.Want) == 1 && k.Want[0] == "string" {
		what += "; put it in quotes"
	}
	return what
}

// valueText words the errors about a value's limits.
func valueText(e jsonschema.ErrorKind) string {
	switch k := e.(type) {
	case *kind.Minimum:
		return k.Got.RatString() + " is less than " + k.Want.RatString()
	case *kind.Maximum:
		return k.Got.RatString() + " is more than " + k.Want.RatString()
	case *kind.Pattern:
		return fmt.Sprintf("%q does not have the form %s", k.Got, k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("the text has %d characters, but needs %d", k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("the text has %d characters, at most %d are allowed", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("the list has %d entries, but needs %d", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("the list has %d entries, at most %d are allowed", k.Got, k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("the map has %d keys, but needs %d", k.Got, k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("the map has %d keys, at most %d are allowed", k.Got, k.Want)
	case *kind.UniqueItems:
		return fmt.Sprintf("entries %d and %d of the list are equal; remove one",
			k.Duplicates[0]+1, k.Duplicates[1]+1)
	case *kind.Contains:
		return "the list must contain receipt; add it"
	default:
		return fmt.Sprintf("the value breaks the rule %s of the schema", strings.Join(e.KeywordPath(), "/"))
	}
}

func listed(want []any) string {
	var b strings.Builder
	for i, w := range want {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, w)
	}
	return b.String()
}
