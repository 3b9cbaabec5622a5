package layout

import (
	"fmt"
	"testing"

	"multipoint/shared/fault"
)

// TestLookupsGoByTheCharacterThatIsRead: U+301C and U+FF5E are written with the same code of CP932, which
// reads as
// U+FF5E. A small lookup and a large one give the same, and always the same.
func TestLookupsGoByTheCharacterThatIsRead(t *testing.T) {
	for _, large := range []bool{false, true} {
		for range 20 {
			f := Field{Name: "note", Lookup: map[string]string{"〜": "wave dash", "A": "a", "表": "table"}}
			both := Field{Name: "receipt", Lookup: map[string]string{"〜": "wave dash", "～": "tilde"}}
			for i := range 20 {
				if large {
					f.Lookup[fmt.Sprint(i)], both.Lookup[fmt.Sprint(i)] = "number", "number"
				}
			}
			l := &Layout{
				Encoding: "cp932", Format: "csv", LineEnd: "lf",
				Records: []Record{{Kind: KindReceipt, Fields: []Field{f, both}}},
			}
			r, err := CompileReading(l, false, nil)
			if err != nil {
				t.Fatal(err)
			}
			var rec ReadRecord
			s := r.Scan(Block{Bytes: []byte("\x81\x60,\x81\x60\n\x95\x5c,x\nA,\n"), Line: 1})
			for _, want := range [][2]string{{"lookup.missing", "tilde"}, {"table", "lookup.missing"}, {
				"a",
				"",
			}} {
				s.Next(&rec)
				for i, name := range []string{"note", "receipt"} {
					text, code := rec.Text(r.Source(name))
					if code == fault.LookupMissing {
						text = []byte(code.Name())
					}
					if string(text) != want[i] {
						t.Fatalf("large %v, line %d: %s is %q, want %q", large, rec.Line, name, text, want[i])
					}
				}
			}
		}
	}
}
