package master

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"multipoint/shared/calendar"
)

// drift compares Go types with schemas, key by key, so that neither can change alone.
type drift struct {
	files map[string]map[string]any
	found []string
}

func TestSchemasAndTypesHaveTheSameKeys(t *testing.T) {
	d := drift{files: readSchemas(t)}
	types := map[string]any{
		KindRetailer: Retailer{}, KindProvider: Provider{}, KindContract: Contract{}, KindFeed: Feed{},
		KindOutlet: Outlet{}, KindCard: Card{}, KindAffiliate: Affiliate{}, KindPoints: Points{},
		KindCampaign: Campaign{},
	}
	if len(types) != len(Kinds()) {
		t.Fatal("a kind has no type here")
	}
	for _, kind := range Kinds() {
		file := kind + ".schema.json"
		d.compare(kind, reflect.TypeOf(types[kind]), file, d.files[file])
	}
	for _, f := range d.found {
		t.Error(f)
	}
}

func readSchemas(t *testing.T) map[string]map[string]any {
	t.Helper()
	names, err := fs.Glob(Schemas(), "*.schema.json")
	if err != nil || len(names) != len(Kinds())+2 {
		t.Fatalf("got %v, %v", names, err)
	}
	files := make(map[string]map[string]any)
	for _, name := range names {
		text, err := fs.ReadFile(Schemas(), name)
		if err != nil {
			t.Fatal(err)
		}
		var schema map[string]any
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files[name] = schema
	}
	return files
}

func (d *drift) report(path, format string, args ...any) {
	d.found = append(d.found, path+": "+fmt.Sprintf(format, args...))
}

// compare walks a Go type and its schema side by side. file is where relative references begin.
func (d *drift) compare(path string, goType reflect.Type, file string, schema map[string]any) {
	file, schema = d.resolve(file, schema)
	if schema == nil {
		d.report(path, "no schema")
		return
	}
	for goType.Kind() == reflect.Pointer {
		goType = goType.Elem()
	}
	want := map[reflect.Kind]string{
		reflect.Struct: "object", reflect.Map: "object", reflect.Slice: "array", reflect.Array: "array",
		reflect.String: "string", reflect.Int: "integer", reflect.Int64: "integer",
		reflect.Bool: "boolean",
	}[goType.Kind()]
	if goType == reflect.TypeFor[calendar.Date]() {
		want = "string"
	}
	if schema["type"] != want {
		d.report(path, "the schema's type is %v, the Go type %v", schema["type"], goType)
		return
	}
	switch goType.Kind() {
	case reflect.Struct:
		d.keys(path, goType, file, schema)
	case reflect.Slice, reflect.Array:
		items, _ := schema["items"].(map[string]any)
		if prefix, ok := schema["prefixItems"].([]any); ok {
			items, _ = prefix[0].(map[string]any)
		}
		if goType.Kind() == reflect.Array && schema["maxItems"] != float64(goType.Len()) {
			d.report(path, "maxItems is %v, the array has %d", schema["maxItems"], goType.Len())
		}
		d.compare(path+"[]", goType.Elem(), file, items)
	case reflect.Map:
		values, _ := schema["additionalProperties"].(map[string]any)
		d.compare(path+"{}", goType.Elem(), file, values)
	}
}

func (d *drift) keys(path string, goType reflect.Type, file string, schema map[string]any) {
	if open, isBool := schema["additionalProperties"].(bool); open || !isBool {
		d.report(path, "the schema lets unknown keys through")
	}
	if schema["description"] == nil {
		d.report(path, "the schema has no description")
	}
	properties, _ := schema["properties"].(map[string]any)
	var names []string
	for _, field := range flat(goType) {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if inJSON, _, _ := strings.Cut(field.Tag.Get("json"), ","); inJSON != name {
			d.report(path, "the key of %s is %q in yaml, %q in json", field.Name, name, inJSON)
		}
		names = append(names, name)
		property, ok := properties[name].(map[string]any)
		if !ok {
			d.report(path, "the schema lacks the key %s", name)
			continue
		}
		d.compare(path+"."+name, field.Type, file, property)
	}
	for name := range properties {
		if !slices.Contains(names, name) {
			d.report(path, "the Go type lacks the key %s", name)
		}
	}
}

// flat gives the fields of a struct, those of inlined structs in their place.
func flat(goType reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for i := range goType.NumField() {
		if f := goType.Field(i); f.Anonymous {
			fields = append(fields, flat(f.Type)...)
		} else {
			fields = append(fields, f)
		}
	}
	return fields
}

// resolve follows references to the schema that they mean and the file that it stands in.
func (d *drift) resolve(file string, schema map[string]any) (string, map[string]any) {
	for {
		ref, ok := schema["$ref"].(string)
		if !ok {
			return file, schema
		}
		other, pointer, _ := strings.Cut(ref, "#")
		if other != "" {
			file = other
		}
		schema = d.files[file]
		for _, step := range strings.FieldsFunc(pointer, func(r rune) bool { return r == '/' }) {
			schema, _ = schema[step].(map[string]any)
		}
	}
}
