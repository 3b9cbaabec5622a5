package layout

import (
	"io"
	"strconv"

	"multipoint/shared/charset"
	"multipoint/shared/fault"
)

// writeFlush is how many bytes of finished records a Writer gathers before it hands them on.
const writeFlush = 64 << 10

// WritePlan is a layout compiled for writing. It is immutable and may be used by many goroutines; each takes
// a Writer and Values of its own.
type WritePlan struct {
	layout  *Layout
	encoder charset.Encoder
	fixed   bool
	length  int    // of a fixed record, in bytes without its line end
	wide    []byte // one full-width space
	comma   byte   // between the columns of csv and tsv
	quote   writeQuote
	lineEnd string
	slots   map[string]Slot
	names   []string // by slot
	records []writeRecord
	derived []writeDerived
}

// Slot gives the place of a named value, NoSlot if the layout does not use it.
func (p *WritePlan) Slot(name string) Slot {
	if s, ok := p.slots[name]; ok {
		return s
	}
	return NoSlot
}

// Plain says whether every value is written as it stands: the layout has no lookups and no derived values.
func (p *WritePlan) Plain() bool {
	for i := range p.layout.Records {
		for j := range p.layout.Records[i].Fields {
			if len(p.layout.Records[i].Fields[j].Lookup) > 0 {
				return false
			}
		}
	}
	return len(p.layout.Derived) == 0
}

// Has says whether the layout has records of that kind.
func (p *WritePlan) Has(kind string) bool { return p.record(kind) != nil }

// NewValues makes blank values for records of this layout.
func (p *WritePlan) NewValues() *Values { return &Values{all: make([]writeValue, len(p.names))} }

func (p *WritePlan) record(kind string) *writeRecord {
	for i := range p.records {
		if p.records[i].kind == kind {
			return &p.records[i]
		}
	}
	return nil
}

// Writer writes one file in a layout: Write each record, then Close. It gathers records and hands them to its
// io.Writer in large pieces. It is for one goroutine and allocates nothing per record.
type Writer struct {
	plan     *WritePlan
	w        io.Writer
	buf      []byte
	part     bool // a part of a file: neither BOM nor EOF mark
	begun    bool
	computed []writeValue // derived values of the present record, by slot
	arena    []byte       // their texts
	text     []byte       // scratch of one field
	none     *Values      // stands for nil
	overflow int64        // the last number that did not fit
	err      error        // first error of w; nothing is written after it
}

// NewWriter compiles l and begins a file. Errors: see CompileWriting.
func NewWriter(w io.Writer, l *Layout, conv Converters) (*Writer, error) {
	p, err := CompileWriting(l, conv)
	if err != nil {
		return nil, err
	}
	return p.NewWriter(w), nil
}

// NewWriter begins a file. A BOM, where the encoding asks for one, goes before the first record.
func (p *WritePlan) NewWriter(w io.Writer) *Writer {
	return &Writer{plan: p, w: w, computed: make([]writeValue, len(p.names)), none: p.NewValues()}
}

// NewPart begins a part of a file, to be joined to it with Append: no BOM, no EOF mark.
func (p *WritePlan) NewPart(w io.Writer) *Writer {
	part := p.NewWriter(w)
	part.part = true
	return part
}

// Slot gives the place of a named value, NoSlot if the layout does not use it.
func (w *Writer) Slot(name string) Slot { return w.plan.Slot(name) }

// NewValues makes blank values for records of this layout.
func (w *Writer) NewValues() *Values { return w.plan.NewValues() }

// Write writes one record; a record that cannot be written leaves nothing behind. v may be nil for records
// without values, such as titles. Errors: OutletUnencodable (a text that the encoding or the column cannot
// hold, a value without a way back through its lookup), OutletOverflow (a number too wide for its column, or
// negative in one without a sign), LayoutRecord (the layout has no such kind), WriteFailed.
func (w *Writer) Write(kind string, v *Values) error {
	if w.err != nil {
		return w.err
	}
	rec := w.plan.record(kind)
	if rec == nil {
		return fault.New(fault.LayoutRecord, "the layout has no record of kind "+kind)
	}
	w.begin()
	start := len(w.buf)
	f, code := w.render(rec, v)
	if code != 0 {
		w.buf = w.buf[:start]
		return w.fault(f, code)
	}
	if w.plan.fixed && len(w.buf)-start != w.plan.length {
		w.buf = w.buf[:start]
		return fault.New(fault.LayoutWidths, "a record of kind "+kind+" came out with another length")
	}
	w.buf = append(w.buf, w.plan.lineEnd...)
	if len(w.buf) >= writeFlush {
		return w.flush()
	}
	return nil
}

// Check says whether a record of these values can be written, without writing it (R4, R18): each text can be
// encoded and fits, or may be cut, and each number that is set fits. Otherwise it gives the field. Values
// that are not set yet are not looked at. A kind that the layout lacks can always be written: it never is.
func (w *Writer) Check(kind string, v *Values) (field string, ok bool) {
	rec := w.plan.record(kind)
	if rec == nil {
		return "", true
	}
	start := len(w.buf)
	f, code := w.render(rec, v)
	w.buf = w.buf[:start]
	if code != 0 {
		return f.name, false
	}
	return "", true
}

// Append hands on what was written so far and then body as it stands: a part written by NewPart.
func (w *Writer) Append(body io.WriterTo) error {
	if w.err != nil {
		return w.err
	}
	w.begin()
	if err := w.flush(); err != nil {
		return err
	}
	if _, err := body.WriteTo(w.w); err != nil {
		w.err = writeFailed(err)
	}
	return w.err
}

// Close writes the EOF mark, where the layout has one, and hands on what is left. It does not close the
// io.Writer. Error: WriteFailed.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	w.begin()
	if w.plan.layout.EOFMark && !w.part {
		w.buf = append(w.buf, 0x1a)
	}
	return w.flush()
}

// begin puts the BOM in front of everything.
func (w *Writer) begin() {
	if w.begun {
		return
	}
	w.begun = true
	if w.plan.layout.Encoding == "utf-8-bom" && !w.part {
		w.buf = append(w.buf, 0xef, 0xbb, 0xbf)
	}
}

func (w *Writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	if _, err := w.w.Write(w.buf); err != nil {
		w.err = writeFailed(err)
	}
	w.buf = w.buf[:0]
	return w.err
}

func writeFailed(err error) error {
	return &fault.Error{Code: fault.WriteFailed, What: "the provider's file cannot be written", Err: err}
}

// fault names the field. Numbers are told, texts never: they may be personal data.
func (w *Writer) fault(f *writeField, code fault.Code) error {
	what := ""
	if code == fault.OutletOverflow {
		what = "the number " + strconv.FormatInt(w.overflow, 10) +
			" does not fit into its column with its sign"
	}
	return fault.At(code, fault.Place{Field: f.name}, what)
}
