package master

import (
	"encoding/json"
	"strconv"
	"strings"

	"multipoint/shared/fault"
)

// Kinds of masters: the names of their folders and schemas, in the order in which they are hashed.
const (
	KindRetailer  = "retailer"
	KindProvider  = "provider"
	KindContract  = "contract"
	KindFeed      = "feed"
	KindOutlet    = "outlet"
	KindCard      = "card"
	KindAffiliate = "affiliate"
	KindPoints    = "points"
	KindCampaign  = "campaign"
)

// Kinds lists the kinds of masters in the order in which they are hashed.
func Kinds() []string {
	return []string{
		KindRetailer, KindProvider, KindContract, KindFeed, KindOutlet, KindCard, KindAffiliate, KindPoints,
		KindCampaign,
	}
}

// Sources says where each master of a Set stands in its files, so that a fault can name file and line. The
// zero value and nil know no places; faults then name kind and code only.
type Sources struct {
	of map[string][]document // by kind, in the order of the Set's slices
}

// Place gives the place of a key inside a master: file, line and key. kind is one of Kinds, index
// the place in the Set's slice (0 for the retailer), path a key like layout.records[1].fields[0].width, or
// empty for the document. Of a path that is not written the line of its nearest written parent is given.
func (s *Sources) Place(kind string, index int, path string) fault.Place {
	place := fault.Place{Field: path}
	if s == nil || index >= len(s.of[kind]) {
		return place
	}
	d := &s.of[kind][index]
	place.File = d.file
	place.Line = int64(d.root.find(splitPath(path)).line)
	return place
}

// document is one YAML document of a file.
type document struct {
	kind string
	code string
	file string
	root *node
}

// shape is what a node of a document is.
type shape uint8

const (
	shapeNull shape = iota
	shapeText
	shapeNumber
	shapeBool
	shapeList
	shapeMap
)

// node is a value of a document with the line on which it (or its key) stands.
type node struct {
	shape shape
	line  int
	text  string // text, number in decimal digits, true or false
	items []*node
	pairs []pair
}

// pair is an entry of a map.
type pair struct {
	key   string
	line  int
	value *node
}

// get gives the value of a key of a map, nil if there is none.
func (n *node) get(key string) *node {
	for i := range n.pairs {
		if n.pairs[i].key == key {
			return n.pairs[i].value
		}
	}
	return nil
}

// find gives the deepest node on the way to path. A map's entry stands on its key's line.
func (n *node) find(path []string) *node {
	for _, step := range path {
		next := n.step(step)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func (n *node) step(step string) *node {
	if n.shape == shapeList {
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.items) {
			return n.items[i]
		}
		return nil
	}
	for i := range n.pairs {
		if n.pairs[i].key == step {
			at := *n.pairs[i].value
			at.line = n.pairs[i].line
			return &at
		}
	}
	return nil
}

// value gives the node as encoding/json would decode it with UseNumber: what the schemas validate.
func (n *node) value() any {
	switch n.shape {
	case shapeText:
		return n.text
	case shapeNumber:
		return json.Number(n.text)
	case shapeBool:
		return n.text == "true"
	case shapeList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.value()
		}
		return list
	case shapeMap:
		m := make(map[string]any, len(n.pairs))
		for i := range n.pairs {
			m[n.pairs[i].key] = n.pairs[i].value.value()
		}
		return m
	default:
		return nil
	}
}

// splitPath parts layout.records[1].width into layout, records, 1, width.
func splitPath(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// joinPath writes layout, records, 1, width as layout.records[1].width.
func joinPath(steps []string) string {
	var b strings.Builder
	for _, s := range steps {
		if _, err := strconv.Atoi(s); err == nil && b.Len() > 0 {
			b.WriteString("[" + s + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s)
	}
	return b.String()
}
