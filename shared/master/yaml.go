package master

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"multipoint/shared/fault"
)

// maxDepth is how deep lists and maps may nest; the deepest master needs 9.
const maxDepth = 32

// reader turns YAML files into documents. Masters are plain YAML: maps, lists, texts, whole numbers, true and
// false. Anchors, aliases, tags and merge keys are refused (they hide what a document says), and so are
// numbers that two readers could read in two ways (010, 1_000, 1e3).
type reader struct {
	file   string
	faults []*fault.Error
}

func (r *reader) fault(code fault.Code, line int, field, what string) {
	r.faults = append(r.faults, fault.At(code, fault.Place{File: r.file, Line: int64(line), Field: field},
		what))
}

// documents reads all documents of a file, at most limit. Empty ones are left out.
func (r *reader) documents(text []byte, limit int) []*node {
	if !r.clean(text) {
		return nil
	}
	var roots []*node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for range limit + 1 {
		var raw yaml.Node
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return roots
		}
		if err != nil {
			r.syntax(err)
			return roots
		}
		if len(raw.Content) != 1 || isNull(raw.Content[0]) {
			continue
		}
		root := r.convert(raw.Content[0], 0, "")
		if root.shape != shapeMap {
			r.fault(fault.MasterSyntax, root.line, "", "a master is a map of keys and values; write key: "+
				"value lines")
			continue
		}
		roots = append(roots, root)
	}
	r.fault(fault.InputTooLarge, 0, "", "more than "+strconv.Itoa(limit)+" documents; split the masters "+
		"folder")
	return roots
}

// clean says whether the text holds characters only; YAML readers differ on the rest.
func (r *reader) clean(text []byte) bool {
	line := 1
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case c == '\n':
			line++
		case c == utf8.RuneError && size == 1:
			r.fault(fault.MasterSyntax, line, "", "a byte is no UTF-8; save the file as UTF-8")
			return false
		case c < ' ' && c != '\t' && c != '\r', c == 0x7F, c == 0x85, c == 0x2028, c == 0x2029:
			r.fault(fault.MasterSyntax, line, "", "a control character stands in the file; remove it")
			return false
		}
		i += size
	}
	return true
}

func (r *reader) syntax(err error) {
	var e *yaml.LoadError
	if errors.As(err, &e) {
		r.fault(fault.MasterSyntax, e.Mark.Line, "", e.Message)
		return
	}
	r.fault(fault.MasterSyntax, 1, "", strings.TrimPrefix(err.Error(), "yaml: "))
}

// convert checks one raw node and gives our form of it; what is refused becomes null.
func (r *reader) convert(raw *yaml.Node, depth int, path string) *node {
	n := &node{line: raw.Line}
	switch {
	case depth > maxDepth:
		r.fault(fault.MasterSyntax, raw.Line, "", "lists and maps nest too deep")
		return n
	case raw.Anchor != "" || raw.Kind == yaml.AliasNode:
		r.fault(fault.MasterSyntax, raw.Line, path, "anchors and aliases (& and *) are not used in masters; "+
			"repeat the value")
		return n
	case raw.Style&yaml.TaggedStyle != 0:
		r.fault(fault.MasterSyntax, raw.Line, path, "tags (!) are not used in masters; remove it")
		return n
	}
	switch raw.Kind {
	case yaml.MappingNode:
		n.shape = shapeMap
		r.pairs(n, raw, depth, path)
	case yaml.SequenceNode:
		n.shape = shapeList
		for i, item := range raw.Content {
			n.items = append(n.items, r.convert(item, depth+1, path+"["+strconv.Itoa(i)+"]"))
		}
	default:
		r.scalar(n, raw, path)
	}
	return n
}

func (r *reader) pairs(n *node, raw *yaml.Node, depth int, path string) {
	seen := make(map[string]int, len(raw.Content)/2)
	for i := 0; i+1 < len(raw.Content); i += 2 {
		key := raw.Content[i]
		if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge" {
			r.fault(fault.MasterSyntax, key.Line, path, "a key must be a plain word, and << is not used in "+
				"masters")
			continue
		}
		at := key.Value
		if path != "" {
			at = path + "." + at
		}
		plain := r.convert(key, depth+1, at)
		if first, twice := seen[key.Value]; twice {
			r.fault(fault.MasterSyntax, key.Line, at,
				"the key stands twice, first on line "+strconv.Itoa(first)+"; remove one of them")
			continue
		}
		seen[key.Value] = key.Line
		if plain.shape == shapeNull {
			continue
		}
		value := r.convert(raw.Content[i+1], depth+1, at)
		n.pairs = append(n.pairs, pair{key: key.Value, line: key.Line, value: value})
	}
}

func (r *reader) scalar(n *node, raw *yaml.Node, path string) {
	n.text = raw.Value
	if raw.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		n.shape = shapeText
		return
	}
	switch raw.ShortTag() {
	case "!!int", "!!float":
		n.shape = shapeNumber
		if !isWhole(raw.Value) {
			r.fault(fault.MasterSchema, raw.Line, path,
				raw.Value+" is no plain whole number; write digits only, or put it in quotes if it is text")
		}
	case "!!bool":
		n.shape = shapeBool
		n.text = strings.ToLower(raw.Value)
	case "!!null":
		n.shape = shapeNull
	default: // texts and dates
		n.shape = shapeText
	}
}

func isNull(raw *yaml.Node) bool { return raw.Kind == yaml.ScalarNode && raw.ShortTag() == "!!null" }

// isWhole says whether s is a whole number in the one form that JSON has for it.
func isWhole(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 1 && digits[0] == '0' || s == "-0" {
		return false
	}
	return strings.Trim(digits, "0123456789") == ""
}
