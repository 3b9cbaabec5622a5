// Package inspect is the engine of the layout assistant (SPEC A29): from the first bytes of a file it
// proposes a draft layout as data, says how sure it is of each part, and why. It promises a draft that the
// layout package accepts as far as the sample goes (a name that no column of the sample has stays missing,
// and is noted), never a silent guess: a column that may be read in two ways is marked. Samples of what may
// be a card number are masked. Equal samples give equal reports.
package inspect

import (
	"io"
	"strconv"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

// Limits of what is looked at; a sample beyond them is cut and marked as such.
const (
	SampleBytes  = 4 << 20 // bytes of a sample
	recordLimit  = 200_000 // records of a sample
	cellLimit    = 500_000 // cells of a csv or tsv sample
	columnLimit  = 512     // columns of a csv or tsv record
	lengthLimit  = 4096    // bytes of a fixed record
	patternLimit = 2000    // values of a column that are tried against date and time forms
	distinctMax  = 1000    // distinct values that are counted
)

// Options say what is known about the sample beside its bytes.
type Options struct {
	// Name is the file's name, repeated in the report.
	Name string
	// Near is a date near the file's: needed to read years of eras and of two digits. Zero = not known.
	Near calendar.Date
}

// How sure a finding is.
const (
	High   = "high"   // checked against the data, nothing speaks against it
	Medium = "medium" // likely, look at it
	Low    = "low"    // a guess that needs a decision
)

// Finding is one part of the draft, how sure it is (High, Medium, Low) and the reason.
type Finding struct {
	Value string `json:"value"`
	Sure  string `json:"sure"`
	Why   string `json:"why"`
}

// Report is what was found in a sample.
type Report struct {
	Name string `json:"name"`
	// Bytes looked at; Truncated: the file goes on after them, so that trailers are not seen.
	Bytes     int  `json:"bytes"`
	Truncated bool `json:"truncated"`
	// Encoding is a name of layout.Layout.Encoding.
	Encoding Finding `json:"encoding"`
	BOM      bool    `json:"bom"`
	EOFMark  bool    `json:"eof_mark"`
	// LineEnd is a name of layout.Layout.LineEnd; LineEnds counts each kind of them outside quotes.
	LineEnd  Finding  `json:"line_end"`
	LineEnds LineEnds `json:"line_ends"`
	// Format is fixed, csv or tsv; RecordLength in bytes without line end, fixed only.
	Format       Finding `json:"format"`
	RecordLength int     `json:"record_length,omitempty"`
	// Quote is never, minimal or all (csv, tsv).
	Quote   string `json:"quote,omitempty"`
	Titles  bool   `json:"titles"`
	Records int    `json:"records"`
	// Odd counts records of another length, or another number of columns, than their kind; OddFirst is the
	// first of them, counted from 1 (R4).
	Odd      int `json:"odd"`
	OddFirst int `json:"odd_first,omitempty"`
	// Discriminator says where the kind of a record shows; empty value = all are of one kind.
	Discriminator Finding   `json:"discriminator"`
	Kinds         []Kind    `json:"kinds"`
	Controls      []Control `json:"controls,omitempty"`
	// FlatItems proposes feed settings: each line is an item of a receipt; FlatAmount is item or receipt.
	FlatItems  *Finding `json:"flat_items,omitempty"`
	FlatAmount *Finding `json:"flat_amount,omitempty"`
	// Notes are what somebody has to look at before the draft is used.
	Notes  []string      `json:"notes,omitempty"`
	Layout layout.Layout `json:"layout"`
}

// LineEnds counts line ends outside quotes.
type LineEnds struct {
	CRLF int `json:"crlf"`
	LF   int `json:"lf"`
	CR   int `json:"cr"`
}

// Kind is one kind of record, as in layout.Record.
type Kind struct {
	Kind    string   `json:"kind"`
	IDs     []string `json:"ids,omitempty"`
	Records int      `json:"records"`
	// First and Last record of the kind, counted from 1.
	First   int      `json:"first"`
	Last    int      `json:"last"`
	Sure    string   `json:"sure"`
	Why     string   `json:"why"`
	Columns []Column `json:"columns"`
}

// Column is one proposed column.
type Column struct {
	// Place is the first byte (fixed) or the column (csv, tsv), from 1; Width the bytes (fixed) or the
	// longest value's characters.
	Place int    `json:"place"`
	Width int    `json:"width"`
	Title string `json:"title,omitempty"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Form  string `json:"form,omitempty"`
	Sign  string `json:"sign,omitempty"`
	Scale int    `json:"scale,omitempty"`
	Align string `json:"align,omitempty"`
	Pad   string `json:"pad,omitempty"`
	// SignField names the column that holds the sign, 1 plus and 2 minus.
	SignField string `json:"sign_field,omitempty"`
	// Thousands: numbers carry commas. Empty are texts that stand for no value.
	Thousands bool              `json:"thousands,omitempty"`
	Empty     []string          `json:"empty,omitempty"`
	Lookup    map[string]string `json:"lookup,omitempty"`
	// Shape says more than the type: card, jan, code, constant, digits_several; may be empty.
	Shape string `json:"shape,omitempty"`
	// Lengths are the lengths of card-like values in digits; Checks the check-digit rules (DOMAIN 1) that
	// hold for all of them.
	Lengths []int    `json:"lengths,omitempty"`
	Checks  []string `json:"checks,omitempty"`
	// BlankPerMille is the share of blank values, rounded up. Distinct counts values, DistinctMore: there are
	// more than were counted.
	BlankPerMille int  `json:"blank_per_mille"`
	Distinct      int  `json:"distinct"`
	DistinctMore  bool `json:"distinct_more,omitempty"`
	// Samples are up to 3 values, card-like and personal ones masked.
	Samples []string `json:"samples,omitempty"`
	Sure    string   `json:"sure"`
	Why     string   `json:"why"`

	values profile
	hidden bool // a piece of digits that may be a part of a card number
}

// Control is a trailer's column compared with the data.
type Control struct {
	// Kind is trailer or end; Column its field: count or total. Of names what is counted or summed.
	Kind     string `json:"kind"`
	Column   string `json:"column"`
	Of       string `json:"of"`
	Declared int64  `json:"declared"`
	Computed int64  `json:"computed"`
	Agrees   bool   `json:"agrees"`
}

// Read inspects the first 4 MiB of r. Errors: those of Inspect, read.failed.
func Read(r io.Reader, opt Options) (*Report, error) {
	sample, err := io.ReadAll(io.LimitReader(r, SampleBytes+1))
	if err != nil {
		return nil, &fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: opt.Name}, Err: err}
	}
	return Inspect(sample, opt)
}

// Inspect proposes a layout for the file whose first bytes are the sample (at most 4 MiB are looked at).
// Errors: file.empty; file.encoding if the sample is no text.
func Inspect(sample []byte, opt Options) (*Report, error) {
	place := fault.Place{File: opt.Name}
	if len(sample) == 0 {
		return nil, fault.At(fault.FileEmpty, place, "")
	}
	w := &work{opt: opt, report: &Report{Name: opt.Name}}
	if len(sample) > SampleBytes {
		sample, w.report.Truncated = sample[:SampleBytes], true
	}
	w.report.Bytes = len(sample)
	if why := w.findEncoding(sample); why != "" {
		return nil, fault.At(fault.FileEncoding, place, why)
	}
	if len(w.body) == 0 {
		return nil, fault.At(fault.FileEmpty, place, "The file has no records.")
	}
	w.findFormat()
	if w.count() == 0 {
		return nil, fault.At(fault.FileEmpty, place, "The file has no records.")
	}
	w.findKinds()
	w.findColumns()
	w.findControls()
	w.nameColumns()
	w.findFlatItems()
	w.maskSamples()
	w.draft()
	return w.report, nil
}

// work is one inspection.
type work struct {
	opt    Options
	report *Report
	enc    encoding
	body   []byte // the sample without BOM and EOF mark
	text   string // the body decoded
	fixed  bool
	lines  [][]byte // fixed: the records, without line ends
	table  table    // csv, tsv: the cells, decoded
	groups []group  // per kind of the report, its records
	at     int      // discriminator: first byte or column, from 0; width 0 = there is none
	width  int
}

// group is the records of one kind as indexes into lines or table.
type group struct {
	records []int // without the plainly broken ones
	all     []int
	columns int // csv, tsv: the number of columns
}

func (w *work) note(s string) { w.report.Notes = append(w.report.Notes, s) }

// count is the number of records.
func (w *work) count() int {
	if w.fixed {
		return len(w.lines)
	}
	return w.table.rows()
}

func number(n int) string { return strconv.Itoa(n) }

// perMille is the share of part in whole in thousandths, rounded up; 0 of 0 is 0.
func perMille(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return (part*1000 + whole - 1) / whole
}
