package layout

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"multipoint/shared/calendar"
	"multipoint/shared/charset"
	"multipoint/shared/fault"
)

type writeQuote uint8

const (
	quoteMinimal writeQuote = iota
	quoteAll
	quoteNever
)

// writeRecord is one kind of record.
type writeRecord struct {
	kind   string
	fields []writeField
	// derived are indexes of the plan's derived values that records of this kind need, in order.
	derived []int32
}

// writeField is one column, with everything that can be known before the values are.
type writeField struct {
	name    string
	literal []byte // written whatever the values say; nil = see below
	blank   []byte // written for no value
	hasID   bool   // blank is an id of the record
	slot    Slot
	back    []writeBack // ways back from derived values
	signOf  int         // this column shows the sign of the number in that column; -1 = it does not
	plus    []byte
	minus   []byte
	lookup  map[string][]byte // value → the column as it is written

	kind     writeColumn
	width    int // 0 in csv and tsv
	right    bool
	pad      writePad
	truncate bool
	number   writeNumberSpec
	date     calendar.Form
	clock    calendar.ClockForm
}

type writeColumn uint8

const (
	columnText writeColumn = iota
	columnNumber
	columnDate
	columnClock
)

type writePad uint8

const (
	padSpace writePad = iota
	padZero
	padWide
	padNone
)

// CompileWriting makes a layout ready for writing. Errors: LayoutWidths, LayoutField, LayoutRecord,
// LayoutUnencodable (a constant, title or id), LayoutConverter, LayoutNotWritable (line_end any, a converter
// without a way back).
func CompileWriting(l *Layout, conv Converters) (*WritePlan, error) {
	p := &WritePlan{layout: l, slots: make(map[string]Slot)}
	if err := p.compileFormat(); err != nil {
		return nil, err
	}
	if err := p.compileSubstitutes(); err != nil {
		return nil, err
	}
	for i := range l.Records {
		for j := range l.Records[i].Fields {
			p.slot(l.Records[i].Fields[j].Name)
		}
	}
	if err := p.compileDerived(conv); err != nil {
		return nil, err
	}
	for i := range l.Records {
		if p.record(l.Records[i].Kind) != nil {
			return nil, fault.New(fault.LayoutRecord, "two records of kind "+l.Records[i].Kind)
		}
		rec, err := p.compileRecord(&l.Records[i])
		if err != nil {
			return nil, err
		}
		p.records = append(p.records, rec)
	}
	return p, nil
}

func (p *WritePlan) slot(name string) Slot {
	if s, ok := p.slots[name]; ok {
		return s
	}
	s := Slot(len(p.names))
	p.slots[name] = s
	p.names = append(p.names, name)
	return s
}

func (p *WritePlan) compileFormat() error {
	l := p.layout
	enc, ok := charset.Parse(l.Encoding)
	if !ok {
		return fault.New(fault.LayoutField, "encoding "+l.Encoding+" is not known")
	}
	p.encoder = charset.Encoder{Encoding: enc, NEC: l.Duplicates == "nec"}
	quotes := map[string]writeQuote{
		"": quoteMinimal, "minimal": quoteMinimal, "all": quoteAll, "never": quoteNever,
	}
	if p.quote, ok = quotes[l.Quote]; !ok {
		return fault.New(fault.LayoutField, "quote "+l.Quote+" is none of minimal, all, never")
	}
	switch l.Format {
	case "fixed":
		p.fixed, p.length = true, l.RecordLength
	case "csv":
		p.comma = ','
	case "tsv":
		p.comma = '\t'
		if l.Quote == "" {
			p.quote = quoteNever
		}
	default:
		return fault.New(fault.LayoutField, "format "+l.Format+" is none of fixed, csv, tsv")
	}
	ends := map[string]string{"": "\r\n", "crlf": "\r\n", "lf": "\n", "cr": "\r", "none": ""}
	if p.lineEnd, ok = ends[l.LineEnd]; !ok {
		return fault.New(fault.LayoutNotWritable, "line_end "+l.LineEnd+" does not say what to write")
	}
	if p.lineEnd == "" && !p.fixed {
		return fault.New(fault.LayoutField, "line_end none is for fixed layouts only")
	}
	if enc != charset.ISO2022JP {
		p.wide, _ = p.encoder.Append(nil, []byte("\u3000"))
	}
	return nil
}

// compileSubstitutes refuses substitutes that could not stand in any column.
func (p *WritePlan) compileSubstitutes() error {
	if len(p.layout.Substitutes) == 0 {
		return nil
	}
	subs := make(map[rune]string, len(p.layout.Substitutes))
	for _, from := range slices.Sorted(maps.Keys(p.layout.Substitutes)) {
		to := p.layout.Substitutes[from]
		r, n := utf8.DecodeRuneInString(from)
		if n == 0 || n != len(from) || strings.ContainsAny(to, "\x00\t\r\n\",") {
			return fault.New(fault.LayoutField,
				"a substitute stands for one character, without quotes, commas, tabs or line ends: "+from)
		}
		if _, badAt := p.encoder.Append(nil, []byte(to)); badAt >= 0 {
			return fault.New(fault.LayoutUnencodable,
				"the substitute of "+from+" cannot be written in "+p.layout.Encoding)
		}
		subs[r] = to
	}
	p.encoder.Substitutes = subs
	return nil
}

func (p *WritePlan) compileRecord(r *Record) (writeRecord, error) {
	rec := writeRecord{kind: r.Kind, fields: make([]writeField, 0, len(r.Fields))}
	fields := r.Fields
	if r.Kind == KindTitles && len(fields) == 0 {
		fields = p.titled()
	}
	at := 0
	for i := range fields {
		f, err := p.compileField(&fields[i])
		if err != nil {
			return rec, err
		}
		if r.Kind == KindTitles {
			err = p.compileTitle(&f, &fields[i])
		} else {
			err = p.compileID(&f, &fields[i], r, at, i)
		}
		if err != nil {
			return rec, err
		}
		at += fields[i].Width
		rec.fields = append(rec.fields, f)
	}
	if p.fixed && (at != p.length || at == 0) {
		return rec, fault.New(fault.LayoutWidths,
			"the widths of record "+r.Kind+" add up to "+strconv.Itoa(at)+
				", record_length is "+strconv.Itoa(p.length))
	}
	if len(rec.fields) == 0 {
		return rec, fault.New(fault.LayoutRecord, "record "+r.Kind+" has no fields")
	}
	if r.Kind == KindTitles {
		return rec, nil
	}
	if err := p.compileSigns(&rec, fields); err != nil {
		return rec, err
	}
	p.compileSources(&rec)
	return rec, nil
}

// titled are the fields whose titles a title row without fields of its own shows.
func (p *WritePlan) titled() []Field {
	for i := range p.layout.Records {
		if p.layout.Records[i].Kind == KindReceipt {
			return p.layout.Records[i].Fields
		}
	}
	return nil
}

func (p *WritePlan) compileTitle(f *writeField, m *Field) (err error) {
	title := m.Title
	if title == "" {
		title = m.Name
	}
	if m.Constant != nil {
		title = *m.Constant
	}
	f.literal, err = p.literal(f, title)
	return err
}

// compileID writes a record's only id where the discriminator stands, if the layout says nothing else; of
// several ids the first is written for no value.
func (p *WritePlan) compileID(f *writeField, m *Field, r *Record, at, column int) (err error) {
	d := p.layout.Discriminator
	if d == nil || m.Constant != nil || len(r.IDs) == 0 {
		return nil
	}
	if p.fixed && (d.At-1 != at || d.Width != m.Width) || !p.fixed && d.Column-1 != column {
		return nil
	}
	id, err := p.literal(f, r.IDs[0])
	if err != nil {
		return err
	}
	if len(r.IDs) == 1 {
		f.literal = id
	} else {
		f.blank, f.hasID = id, true
	}
	return nil
}

// compileSigns ties each number to the column that shows its sign.
func (p *WritePlan) compileSigns(rec *writeRecord, fields []Field) error {
	for i := range fields {
		m := &fields[i]
		if m.SignField == "" || rec.fields[i].literal != nil {
			continue
		}
		var sign *writeField
		for j := range rec.fields {
			if rec.fields[j].name == m.SignField && j != i {
				sign = &rec.fields[j]
			}
		}
		if sign == nil || sign.literal != nil || sign.signOf >= 0 {
			return fieldFault(m, "its sign_field is no column that could show its sign")
		}
		plus, minus := "1", "2"
		if len(m.Positive) > 0 {
			plus = m.Positive[0]
		}
		if len(m.Negative) > 0 {
			minus = m.Negative[0]
		}
		var err error
		sign.signOf = i
		if sign.plus, err = p.literal(sign, plus); err != nil {
			return err
		}
		if sign.minus, err = p.literal(sign, minus); err != nil {
			return err
		}
	}
	return nil
}

// Missing names the values of a kind of record that nobody sets, if the caller sets only those that given
// says yes to: such a column would always be blank. Order: columns of the record.
func (p *WritePlan) Missing(kind string, given func(name string) bool) []string {
	rec := p.record(kind)
	if rec == nil {
		return nil
	}
	var missing []string
	for i := range rec.fields {
		f := &rec.fields[i]
		if f.literal != nil || f.signOf >= 0 || f.hasID || p.derives(rec, f.slot) || given(f.name) {
			continue
		}
		found := false
		for _, b := range f.back {
			found = found || given(p.names[b.from]) || p.derives(rec, b.from)
		}
		if !found {
			missing = append(missing, f.name)
		}
	}
	for _, d := range rec.derived {
		for _, part := range p.derived[d].parts {
			if part.slot != NoSlot && !p.derives(rec, part.slot) && !given(p.names[part.slot]) {
				missing = append(missing, p.names[part.slot])
			}
		}
	}
	return missing
}

// HoldsSign says whether every column of that name in that kind of record can hold a negative number.
func (p *WritePlan) HoldsSign(kind, name string) bool {
	rec := p.record(kind)
	if rec == nil {
		return true
	}
	for i := range rec.fields {
		f := &rec.fields[i]
		if f.name == name && f.literal == nil && f.kind == columnNumber && f.number.sign == signNone &&
			!f.number.apart {
			return false
		}
	}
	return true
}

func (p *WritePlan) derives(rec *writeRecord, s Slot) bool {
	for _, d := range rec.derived {
		if p.derived[d].slot == s {
			return true
		}
	}
	return false
}

func fieldFault(f *Field, what string) error {
	return fault.At(fault.LayoutField, fault.Place{Field: f.Name}, what)
}
