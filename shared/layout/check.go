package layout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"multipoint/shared/charset"
	"multipoint/shared/fault"
)

// Use is the direction in which a layout is to be used.
type Use uint8

// Directions.
const (
	ForReading Use = iota
	ForWriting
)

// CheckOptions say what a layout is for.
type CheckOptions struct {
	Use Use
	// Flat: each receipt record is an item line (reading).
	Flat bool
	// CardOptional: lines without card and member number are taken (reading).
	CardOptional bool
	// Converter says whether a Go converter of that name is registered; nil = none is.
	Converter func(name string) bool
}

// CheckLayout finds what cannot work in a layout, before any file is read or written with it (DESIGN §6).
// Place.Field of each fault is the key inside the layout, like records[1].fields[0].width, for whoever knows
// its line. Codes: LayoutField, LayoutRecord, LayoutWidths, LayoutDiscriminator, LayoutUnencodable,
// LayoutNotWritable, LayoutConverter. A layout without faults compiles.
func CheckLayout(l *Layout, options CheckOptions) []*fault.Error {
	encoding, ok := charset.Parse(l.Encoding)
	if !ok {
		return []*fault.Error{fault.At(fault.LayoutField, fault.Place{Field: "encoding"},
			strconv.Quote(l.Encoding)+" is none of utf-8, utf-8-bom, cp932, euc-jp, iso-2022-jp")}
	}
	c := checker{
		layout: l, options: options, fixed: l.Format == "fixed",
		encoder: charset.Encoder{Encoding: encoding, NEC: l.Duplicates == "nec"},
	}
	c.index()
	c.format()
	c.substitutes()
	c.records()
	c.discriminator()
	c.control()
	c.derived()
	if options.Use == ForReading {
		c.reading()
	} else {
		c.writing()
	}
	return c.faults
}

type checker struct {
	layout  *Layout
	options CheckOptions
	encoder charset.Encoder
	fixed   bool
	known   []map[string]bool // names that each record has, derived ones included
	fields  map[string]bool   // names of fields of any record
	used    map[string]bool   // names that derived values and signs use
	faults  []*fault.Error
}

// index gathers the names once, so that no layout makes the checks slow.
func (c *checker) index() {
	c.fields, c.used = make(map[string]bool), make(map[string]bool)
	for i := range c.layout.Records {
		rec := &c.layout.Records[i]
		c.known = append(c.known, c.layout.resolve(rec))
		for j := range rec.Fields {
			if f := &rec.Fields[j]; f.Type != TypeFiller {
				c.fields[f.Name] = true
				c.used[f.SignField] = true
			}
		}
	}
	for i := range c.layout.Derived {
		for _, ref := range c.layout.Derived[i].references() {
			c.used[ref] = true
		}
	}
}

func (c *checker) fault(code fault.Code, path, format string, args ...any) {
	c.faults = append(c.faults, fault.At(code, fault.Place{Field: path}, fmt.Sprintf(format, args...)))
}

// oneOf checks an enumeration; empty stands for its default.
func (c *checker) oneOf(path, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		c.fault(fault.LayoutField, path, "%q is none of %s", value, strings.Join(allowed, ", "))
	}
}

func (c *checker) format() {
	l := c.layout
	if l.Format == "" {
		c.fault(fault.LayoutField, "format", "the format is missing; say fixed, csv or tsv")
	}
	c.oneOf("format", l.Format, "fixed", "csv", "tsv")
	c.oneOf("line_end", l.LineEnd, "crlf", "lf", "cr", "none", "any")
	c.oneOf("duplicates", l.Duplicates, "windows", "nec")
	c.oneOf("quote", l.Quote, "minimal", "all", "never")
	c.oneOf("batches", l.Batches, "one", "many")
	c.oneOf("control.as", l.Control.As, "as_written", "net", "absolute")
	if l.LineEnd == "none" && !c.fixed {
		c.fault(fault.LayoutField, "line_end", "only fixed records can stand without line ends")
	}
	if l.LineEnd == "any" && c.options.Use == ForWriting {
		c.fault(fault.LayoutNotWritable, "line_end", "any does not say what to write; name one line end")
	}
	if l.Quote != "" && c.fixed {
		c.fault(fault.LayoutField, "quote", "fixed records have no quotes; remove it")
	}
	switch {
	case c.fixed && l.RecordLength < 1:
		c.fault(fault.LayoutWidths, "record_length", "a fixed layout needs the record_length in bytes")
	case !c.fixed && l.RecordLength != 0:
		c.fault(fault.LayoutWidths, "record_length", "%s records have no length; remove it", l.Format)
	}
}

// substitutes checks them and gives those that work to the encoder.
func (c *checker) substitutes() {
	subs := make(map[rune]string, len(c.layout.Substitutes))
	for _, from := range sortedKeys(c.layout.Substitutes) {
		to := c.layout.Substitutes[from]
		r, n := utf8.DecodeRuneInString(from)
		switch {
		case n != len(from) || n == 0 || strings.ContainsAny(to, "\x00\t\r\n\","):
			c.fault(fault.LayoutField, "substitutes",
				"%q: one character stands for a text without quotes, commas, tabs and line ends", from)
		case c.width(to) < 0:
			c.fault(fault.LayoutUnencodable, "substitutes",
				"the substitute %q of %q cannot be written in %s", to, from, c.layout.Encoding)
		default:
			subs[r] = to
		}
	}
	if c.options.Use == ForWriting && len(subs) > 0 {
		c.encoder.Substitutes = subs
	}
}

// width is the number of bytes of a text in the layout's encoding, -1 if it cannot be written.
func (c *checker) width(text string) int {
	n, badAt := c.encoder.Width([]byte(text))
	if badAt >= 0 {
		return -1
	}
	return n
}

// records checks kinds, their order, widths and fields.
func (c *checker) records() {
	order := []string{KindTitles, KindHeader, KindReceipt, KindItem, KindReturn, KindTrailer, KindEnd}
	last, receipts := -1, 0
	for i := range c.layout.Records {
		rec := &c.layout.Records[i]
		path := "records[" + strconv.Itoa(i) + "]"
		rank := slices.Index(order, rec.Kind)
		switch {
		case rank < 0:
			c.fault(fault.LayoutRecord, path+".kind", "%q is no kind of record", rec.Kind)
		case rank < last:
			c.fault(fault.LayoutRecord, path+".kind",
				"records stand in the order %s", strings.Join(order, ", "))
		case rank == last && (c.options.Use == ForWriting || rec.Kind != KindReceipt && rec.Kind != KindItem):
			c.fault(fault.LayoutRecord, path+".kind", "a second record of kind %s", rec.Kind)
		case rec.Kind == KindItem && c.options.Use == ForWriting, rec.Kind == KindReturn &&
			c.options.Use == ForReading:
			c.fault(fault.LayoutRecord, path+".kind",
				"a record of kind %s has no meaning in this direction", rec.Kind)
		case rec.Kind == KindItem && c.options.Flat:
			c.fault(fault.LayoutRecord, path+".kind",
				"a flat file has its items in receipt records; remove it")
		case rec.Kind == KindTitles && c.fixed:
			c.fault(fault.LayoutRecord, path+".kind", "only csv and tsv files have titles")
		}
		last = max(last, rank)
		if rec.Kind == KindReceipt {
			receipts++
		}
		c.record(rec, path)
	}
	if receipts == 0 {
		c.fault(fault.LayoutRecord, "records", "there is no record of kind receipt")
	}
}

func (c *checker) record(rec *Record, path string) {
	if len(rec.Fields) == 0 && rec.Kind != KindTitles {
		c.fault(fault.LayoutRecord, path+".fields", "the record %s has no fields", rec.Kind)
	}
	sum, complete := 0, true
	seen := make(map[string]int, len(rec.Fields))
	for i := range rec.Fields {
		f := &rec.Fields[i]
		at := path + ".fields[" + strconv.Itoa(i) + "]"
		sum += f.Width
		switch {
		case c.fixed && f.Width < 1:
			complete = false
			c.fault(fault.LayoutWidths, at, "the field %q needs its width in bytes", f.Name)
		case !c.fixed && f.Width != 0:
			c.fault(fault.LayoutWidths, at+".width", "%s columns have no width; remove it", c.layout.Format)
		}
		if first, twice := seen[f.Name]; twice && f.Type != TypeFiller {
			c.fault(fault.LayoutField, at+".name",
				"the name %q stands twice in the record, first as field %d", f.Name, first+1)
		}
		if f.Type != TypeFiller {
			seen[f.Name] = i
		}
		if f.Name == "" && f.Type != TypeFiller {
			c.fault(fault.LayoutField, at, "the field needs a name, or the type filler")
		}
		c.field(rec, f, at)
	}
	if c.fixed && complete && rec.Kind != KindTitles && c.layout.RecordLength > 0 &&
		sum != c.layout.RecordLength {
		c.fault(fault.LayoutWidths, path,
			"the widths of record %s sum up to %d, but record_length is %d (%+d)",
			rec.Kind, sum, c.layout.RecordLength, sum-c.layout.RecordLength)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
