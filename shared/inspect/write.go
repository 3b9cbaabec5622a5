package inspect

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

// WriteYAML prints the draft as part of a feed's master: each line that was found says in a comment how sure
// it is and why. Errors: write.failed.
func (r *Report) WriteYAML(w io.Writer) error {
	y := yamlWriter{out: bufio.NewWriter(w)}
	l := &r.Layout
	y.line("# Draft from a sample of " + number(r.Bytes) + " bytes. Check what is not sure before use.")
	for _, n := range r.Notes {
		y.line("# look: " + n)
	}
	if r.FlatItems != nil {
		y.finding("flat_items: true", *r.FlatItems)
	}
	if r.FlatAmount != nil {
		y.finding("flat_amount: "+r.FlatAmount.Value, *r.FlatAmount)
	}
	y.line("layout:")
	y.finding("  encoding: "+l.Encoding, r.Encoding)
	y.finding("  format: "+l.Format, r.Format)
	y.finding("  line_end: "+l.LineEnd, r.LineEnd)
	if l.RecordLength > 0 {
		y.line("  record_length: " + number(l.RecordLength))
	}
	if l.EOFMark {
		y.line("  eof_mark: true")
	}
	if l.Quote != "" {
		y.line("  quote: " + l.Quote)
	}
	if d := l.Discriminator; d != nil && d.Column > 0 {
		y.finding("  discriminator: {column: "+number(d.Column)+"}", r.Discriminator)
	} else if d != nil {
		y.finding("  discriminator: {at: "+number(d.At)+", width: "+number(d.Width)+"}", r.Discriminator)
	}
	if l.Batches != "" {
		y.line("  batches: " + l.Batches)
	}
	y.control(r)
	y.records(r)
	y.derived(l)
	if err := y.out.Flush(); err != nil {
		return &fault.Error{Code: fault.WriteFailed, Err: err}
	}
	return nil
}

type yamlWriter struct{ out *bufio.Writer }

func (y *yamlWriter) line(s string) {
	y.out.WriteString(s)
	y.out.WriteByte('\n')
}

func (y *yamlWriter) finding(s string, f Finding) {
	y.line(s + "  # sure: " + f.Sure + " because " + f.Why)
}

func (y *yamlWriter) control(r *Report) {
	var parts []string
	if c := r.Layout.Control.Counts; len(c) > 0 {
		parts = append(parts, "counts: ["+strings.Join(c, ", ")+"]")
	}
	if t := r.Layout.Control.Total; t != "" {
		parts = append(parts, "total: "+quoted(t))
	}
	for _, c := range r.Controls {
		y.line("  # checked: " + c.String())
	}
	if len(parts) > 0 {
		y.line("  control: {" + strings.Join(parts, ", ") + "}")
	}
}

func (y *yamlWriter) records(r *Report) {
	y.line("  records:")
	for i := range r.Layout.Records {
		rec, k := &r.Layout.Records[i], &r.Kinds[i]
		y.finding("    - kind: "+rec.Kind, Finding{rec.Kind, k.Sure, k.Why})
		if len(rec.IDs) > 0 {
			ids := make([]string, len(rec.IDs))
			for j, id := range rec.IDs {
				ids[j] = quoted(id)
			}
			y.line("      ids: [" + strings.Join(ids, ", ") + "]")
		}
		if len(rec.Fields) == 0 {
			y.line("      fields: []")
			continue
		}
		y.line("      fields:")
		for j := range rec.Fields {
			c := &k.Columns[j]
			f := &rec.Fields[j]
			why := c.Why + "; at " + number(c.Place)
			if f.Type == layout.TypeFiller && c.Type != layout.TypeFiller {
				why += "; " + typeText(c) + " that the common layout has no place for, unless you name it"
			}
			y.finding("        - {"+fieldYAML(f)+"}", Finding{"", c.Sure, why})
		}
	}
}

func (y *yamlWriter) derived(l *layout.Layout) {
	if len(l.Derived) == 0 {
		return
	}
	y.line("  derived:")
	for _, d := range l.Derived {
		y.line("    - {name: " + quoted(d.Name) + ", from: " + quoted(d.From) + "}")
	}
}

func fieldYAML(f *layout.Field) string {
	parts := []string{"name: " + quoted(f.Name)}
	add := func(key, value string) {
		if value != "" {
			parts = append(parts, key+": "+value)
		}
	}
	if f.Title != "" {
		add("title", quoted(f.Title))
	}
	if f.Width > 0 {
		add("width", number(f.Width))
	}
	add("type", f.Type)
	if f.Form != "" {
		add("form", quoted(f.Form))
	}
	add("align", f.Align)
	add("pad", f.Pad)
	add("sign", f.Sign)
	add("sign_field", f.SignField)
	if f.Scale > 0 {
		add("scale", number(f.Scale))
	}
	if f.Thousands {
		add("thousands", "true")
	}
	if len(f.Empty) > 0 {
		values := make([]string, len(f.Empty))
		for i, v := range f.Empty {
			values[i] = quoted(v)
		}
		add("empty", "["+strings.Join(values, ", ")+"]")
	}
	if len(f.Lookup) > 0 {
		pairs := make([]string, 0, len(f.Lookup))
		for _, k := range sortedKeys(f.Lookup) {
			pairs = append(pairs, quoted(k)+": "+quoted(f.Lookup[k]))
		}
		add("lookup", "{"+strings.Join(pairs, ", ")+"}")
	}
	return strings.Join(parts, ", ")
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// quoted gives plain names as they are, all else as a JSON string, which is YAML too.
func quoted(s string) string {
	plain := s != "" && (s[0] >= 'a' && s[0] <= 'z') && s != "true" && s != "false" && s != "null" &&
		s != "yes" && s != "no" && s != "on" && s != "off" && s != "y" && s != "n"
	for i := range len(s) {
		c := s[i]
		plain = plain && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_')
	}
	if plain {
		return s
	}
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	// JSON allows DEL and the C1 controls as they are, YAML does not.
	return strings.Map(func(r rune) rune {
		if r >= 0x7F && r < 0xA0 || r == 0xFEFF {
			return '\uFFFD'
		}
		return r
	}, string(b))
}

// String says what was compared.
func (c Control) String() string {
	s := c.Kind + " " + c.Column + " " + int64String(c.Declared)
	if c.Agrees {
		return s + " = computed from " + c.Of
	}
	return s + ", computed from " + c.Of + " " + int64String(c.Computed)
}
