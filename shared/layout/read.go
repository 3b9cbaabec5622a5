package layout

import (
	"multipoint/shared/calendar"
	"multipoint/shared/charset"
	"multipoint/shared/fault"
)

// RecordKind is the kind of a record that was read.
type RecordKind uint8

// Kinds of records, in the order in which a file has them.
const (
	RecordUnknown RecordKind = iota
	RecordTitles
	RecordHeader
	RecordReceipt
	RecordItem
	RecordTrailer
	RecordEnd
)

var recordKinds = map[string]RecordKind{
	KindTitles: RecordTitles, KindHeader: RecordHeader, KindReceipt: RecordReceipt,
	KindItem: RecordItem, KindTrailer: RecordTrailer, KindEnd: RecordEnd,
}

// lineEnd is how records end.
type lineEnd uint8

const (
	endCRLF lineEnd = iota
	endLF
	endCR
	endNone
	endAny
)

// Reading is a layout compiled for reading. It is immutable and safe for concurrent use.
type Reading struct {
	layout   *Layout
	encoding charset.Encoding
	fixed    bool
	length   int // of fixed records, without line end
	end      lineEnd
	delim    byte
	quotes   bool
	delims   uint64 // delim and the last byte of a line end, eight times each
	marks    uint64
	stateful bool // bytes below 0x80 may be parts of characters (ISO-2022-JP)

	discAt, discWidth, discColumn int // zero-based; discColumn -1 = none
	byID                          map[string]int
	byByte                        [256]int16 // record index of one-byte ids, -1 = none
	titles                        int        // record index of the title row, -1 = none
	only                          int        // record index where no discriminator tells, -1 = none

	records []readRecord
	receipt Source // of the receipt number, for cuts in flat files
	flat    bool
}

type readRecord struct {
	kind    RecordKind
	columns []readColumn
	derived []readDerived
	proof   charset.Columns // fixed
}

type readColumn struct {
	field     *Field
	at, width int // fixed: bytes; csv: at is the column's index
	number    numberSpec
	date      calendar.Form
	clock     calendar.ClockForm
	checked   bool // text or filler: its bytes must be characters
	wide      bool
	trim      bool
	trimZero  bool
	bare      bool        // its text is its bytes, padding cut at the right, if they are ASCII
	lookup    []rawLookup // a small lookup by the bytes in the file
}

// rawLookup is an entry of a field's lookup as it stands in the file.
type rawLookup struct{ raw, value []byte }

// Source is where a named value comes from in each kind of record of one layout. The zero Source has no
// value.
type Source struct{ *places }

type places struct {
	name string
	has  bool    // in any record
	at   []int32 // per record: column index, or derivedBase + index into derived, or -1
}

const derivedBase = 1 << 16

// Has says whether any kind of record yields the value.
func (s Source) Has() bool { return s.places != nil && s.has }

// Name is the value's name.
func (s Source) Name() string {
	if s.places == nil {
		return ""
	}
	return s.name
}

// CompileReading makes a layout ready for reading. Layouts that passed CheckLayout compile; others give a
// fault that names what cannot work. flat says that each receipt record is an item line and that
// consecutive ones of one receipt belong together.
func CompileReading(l *Layout, flat bool, converters Converters) (*Reading, error) {
	enc, ok := charset.Parse(l.Encoding)
	if !ok {
		return nil, fault.New(fault.LayoutField, "encoding "+l.Encoding+" is not known")
	}
	r := &Reading{
		layout: l, encoding: enc, titles: -1, only: -1, discColumn: -1, flat: flat,
		stateful: !enc.IsASCIISafe(),
	}
	if err := r.compileFormat(); err != nil {
		return nil, err
	}
	for i := range l.Records {
		if err := r.compileRecord(&l.Records[i]); err != nil {
			return nil, err
		}
	}
	if err := r.compileDerived(converters); err != nil {
		return nil, err
	}
	if err := r.compileDiscriminator(); err != nil {
		return nil, err
	}
	r.receipt = r.Source("receipt")
	return r, nil
}

func (r *Reading) compileFormat() error {
	l := r.layout
	switch l.Format {
	case "fixed":
		r.fixed, r.length = true, l.RecordLength
		if r.length <= 0 {
			return fault.New(fault.LayoutWidths, "a fixed layout needs a record_length")
		}
	case "csv":
		r.delim, r.quotes = ',', l.Quote != "never"
	case "tsv":
		r.delim, r.quotes = '\t', l.Quote == "minimal" || l.Quote == "all"
	default:
		return fault.New(fault.LayoutField, "format "+l.Format+" is none of fixed, csv, tsv")
	}
	ends := map[string]lineEnd{
		"": endCRLF, "crlf": endCRLF, "lf": endLF, "cr": endCR, "none": endNone, "any": endAny,
	}
	end, ok := ends[l.LineEnd]
	if !ok || end == endNone && !r.fixed {
		return fault.New(fault.LayoutField, "line_end "+l.LineEnd+" does not fit the format")
	}
	r.end = end
	r.delims, r.marks = uint64(r.delim)*lowBits, uint64(r.mark())*lowBits
	return nil
}

func (r *Reading) compileRecord(rec *Record) error {
	kind, ok := recordKinds[rec.Kind]
	if !ok {
		return fault.New(fault.LayoutRecord, "record kind "+rec.Kind+" cannot be read")
	}
	out := readRecord{kind: kind, columns: make([]readColumn, 0, len(rec.Fields))}
	at, starts := 0, []int(nil)
	for i := range rec.Fields {
		c, err := compileColumn(&rec.Fields[i], r.fixed)
		if err != nil {
			return err
		}
		c.at = at
		r.compileLookup(&c)
		if r.fixed {
			starts = append(starts, at)
			at += c.width
		} else {
			at++
		}
		out.columns = append(out.columns, c)
	}
	if r.fixed && at != r.length {
		return fault.New(fault.LayoutWidths,
			"the widths of record "+rec.Kind+" do not add up to record_length")
	}
	if r.fixed {
		out.proof = r.encoding.Columns(at, starts)
	}
	if kind == RecordTitles {
		r.titles = len(r.records)
	}
	r.records = append(r.records, out)
	return nil
}

func compileColumn(f *Field, fixed bool) (readColumn, error) {
	c := readColumn{field: f, width: f.Width, wide: f.Pad == "wide"}
	c.trimZero = f.Pad == "zero" && (f.Type == "" || f.Type == TypeText) // numbers and times keep their zeros
	c.trim = f.Pad == "space" || f.Pad == "wide" || fixed && f.Pad == ""
	switch f.Type {
	case "", TypeText, TypeFiller:
		c.checked = true
	case TypeNumber:
		n, err := compileNumber(f, fixed)
		if err != nil {
			return c, err
		}
		c.number = n
	case TypeDate:
		form, ok := calendar.FormOf(orDefault(f.Form, "yyyymmdd"))
		if !ok {
			return c, fault.New(fault.LayoutField, "date form "+f.Form+" of "+f.Name+" is not known")
		}
		c.date = form
	case TypeTime:
		form, ok := calendar.ClockFormOf(orDefault(f.Form, "any"))
		if !ok {
			return c, fault.New(fault.LayoutField, "time form "+f.Form+" of "+f.Name+" is not known")
		}
		c.clock = form
	default:
		return c, fault.New(fault.LayoutField, "type "+f.Type+" of "+f.Name+" is not known")
	}
	return c, nil
}

// maxRawLookup bounds the lookups that are searched one by one.
const maxRawLookup = 8

// compileLookup prepares the quick ways to a column's text.
func (r *Reading) compileLookup(c *readColumn) {
	f := c.field
	if r.stateful || len(f.Empty) > 0 {
		return
	}
	c.bare = f.Lookup == nil && !c.trimZero && f.Align != "right"
	if len(f.Lookup) == 0 || len(f.Lookup) > maxRawLookup || c.trimZero || f.Align == "right" {
		return
	}
	enc := charset.Encoder{Encoding: r.encoding}
	for from, to := range f.Lookup {
		raw, badAt := enc.Append(nil, []byte(from))
		if badAt >= 0 {
			c.lookup = nil
			return
		}
		if text, _ := r.encoding.AppendUTF8(nil, raw); string(text) != from {
			continue // the code reads as another character
		}
		c.lookup = append(c.lookup, rawLookup{raw, []byte(to)})
	}
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

func (r *Reading) compileDiscriminator() error {
	for i := range r.byByte {
		r.byByte[i] = -1
	}
	d := r.layout.Discriminator
	if d == nil {
		return r.compileOnly()
	}
	if r.fixed {
		r.discAt, r.discWidth = d.At-1, d.Width
		if r.discAt < 0 || d.Width <= 0 || r.discAt+d.Width > r.length {
			return fault.New(fault.LayoutDiscriminator, "the discriminator lies outside the record")
		}
	} else {
		r.discColumn = d.Column - 1
		if r.discColumn < 0 {
			return fault.New(fault.LayoutDiscriminator, "the discriminator has no column")
		}
	}
	r.byID = make(map[string]int)
	enc := charset.Encoder{Encoding: r.encoding}
	for i := range r.layout.Records {
		for _, id := range r.layout.Records[i].IDs {
			raw, badAt := enc.Append(nil, []byte(id))
			if badAt >= 0 {
				return fault.New(fault.LayoutUnencodable, "id "+id+" cannot be written in "+r.layout.Encoding)
			}
			if _, twice := r.byID[string(raw)]; twice {
				return fault.New(fault.LayoutDiscriminator, "two records have the id "+id)
			}
			r.byID[string(raw)] = i
			if len(raw) == 1 {
				r.byByte[raw[0]] = int16(i)
			}
		}
	}
	return nil
}

// compileOnly finds the one kind that every record after the titles is of.
func (r *Reading) compileOnly() error {
	for i := range r.records {
		if r.records[i].kind == RecordTitles {
			continue
		}
		if r.only >= 0 {
			return fault.New(fault.LayoutDiscriminator, "several kinds of records, but no discriminator")
		}
		r.only = i
	}
	if r.only < 0 {
		return fault.New(fault.LayoutRecord, "the layout has no records")
	}
	return nil
}

// Source finds a named value. A derived value goes before a field of the same name.
func (r *Reading) Source(name string) Source {
	s := Source{&places{name: name, at: make([]int32, len(r.records))}}
	for i := range r.records {
		s.at[i] = r.records[i].find(name)
		s.has = s.has || s.at[i] >= 0
	}
	return s
}

func (rec *readRecord) find(name string) int32 {
	for i := range rec.derived {
		if rec.derived[i].name == name {
			return int32(derivedBase + i)
		}
	}
	return rec.column(name)
}

func (rec *readRecord) column(name string) int32 {
	for i := range rec.columns {
		if f := rec.columns[i].field; f.Name == name && f.Type != TypeFiller {
			return int32(i)
		}
	}
	return -1
}

// Has says whether the layout has records of a kind.
func (r *Reading) Has(kind RecordKind) bool {
	for i := range r.records {
		if r.records[i].kind == kind {
			return true
		}
	}
	return false
}

// Layout is what was compiled.
func (r *Reading) Layout() *Layout { return r.layout }

// String gives the kind's name in layouts, "unknown" for a record of no kind.
func (k RecordKind) String() string {
	return [...]string{
		"unknown", KindTitles, KindHeader, KindReceipt, KindItem, KindTrailer, KindEnd,
	}[k]
}
