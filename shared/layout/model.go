// Package layout describes files as data and reads and writes them: fixed-length by byte columns, CSV and
// TSV, in the encodings of Japanese retail (SPEC A10, DOMAIN §2). One description serves both directions: a
// field stands on the wire, a derived value is computed from fields (reading) or from the caller's values
// (writing). It promises that every byte is accounted for: what cannot be read exactly is a fault with its
// byte offset, never a guess.
package layout

// Layout is one file's description, the `layout` part of a feed or an outlet.
type Layout struct {
	// Encoding is utf-8, utf-8-bom (written; both accept a BOM), cp932, euc-jp or iso-2022-jp.
	Encoding string `yaml:"encoding" json:"encoding"`
	// Duplicates says which of two CP932 codes for one character is written: windows (default) or nec.
	Duplicates string `yaml:"duplicates,omitempty" json:"duplicates,omitempty"`
	// Substitutes are replacements agreed with the partner, character → text, used on writing only.
	Substitutes map[string]string `yaml:"substitutes,omitempty" json:"substitutes,omitempty"`
	// Format is fixed, csv or tsv.
	Format string `yaml:"format" json:"format"`
	// LineEnd is crlf, lf, cr, none (fixed only) or any (reading only: CRLF or LF). Default crlf.
	LineEnd string `yaml:"line_end,omitempty" json:"line_end,omitempty"`
	// RecordLength is the length of each record in bytes without its line end; fixed only.
	RecordLength int `yaml:"record_length,omitempty" json:"record_length,omitempty"`
	// EOFMark: one 0x1A may end the file (reading), ends the file (writing).
	EOFMark bool `yaml:"eof_mark,omitempty" json:"eof_mark,omitempty"`
	// Quote is minimal (default), all or never; csv writing only. Reading always understands quotes in csv
	// unless never.
	Quote string `yaml:"quote,omitempty" json:"quote,omitempty"`
	// Discriminator says where a record shows its kind; absent if all records are of one kind.
	Discriminator *Discriminator `yaml:"discriminator,omitempty" json:"discriminator,omitempty"`
	// Batches is one (default: one header, one trailer) or many.
	Batches string `yaml:"batches,omitempty" json:"batches,omitempty"`
	// Control says what the trailer's count and total mean.
	Control Control `yaml:"control,omitempty" json:"control,omitempty"`
	// Records are the kinds of records, in the order in which a file has them.
	Records []Record `yaml:"records" json:"records"`
	// Derived are values computed from others, in order; the first of a name whose When holds gives it.
	Derived []Derived `yaml:"derived,omitempty" json:"derived,omitempty"`
}

// Discriminator is the place of a record's kind: bytes At (1-based) and Width for fixed, Column (1-based) for
// csv and tsv.
type Discriminator struct {
	At     int `yaml:"at,omitempty" json:"at,omitempty"`
	Width  int `yaml:"width,omitempty" json:"width,omitempty"`
	Column int `yaml:"column,omitempty" json:"column,omitempty"`
}

// Control says what a trailer declares (R4). Its fields are named count and total in the trailer record and
// in the end record (there for the whole file).
type Control struct {
	// Counts are the record kinds that count counts. Default [receipt].
	Counts []string `yaml:"counts,omitempty" json:"counts,omitempty"`
	// Total is the name of the number field that total sums up. Default amount_incl.
	Total string `yaml:"total,omitempty" json:"total,omitempty"`
	// As is as_written (default), net (returns and cancels subtract) or absolute.
	As string `yaml:"as,omitempty" json:"as,omitempty"`
}

// Kinds of records.
const (
	KindTitles  = "titles"  // the title row of a csv file
	KindHeader  = "header"  // 1
	KindReceipt = "receipt" // 2: a transaction, or one item line of a flat file; in an outlet: a grant
	KindItem    = "item"    // an item of the receipt above it
	KindReturn  = "return"  // outlet only: a return as a kind of its own (R21)
	KindTrailer = "trailer" // 8
	KindEnd     = "end"     // 9
)

// Record is one kind of record.
type Record struct {
	Kind string `yaml:"kind" json:"kind"`
	// IDs are the discriminator's values, as written in the file, decoded.
	IDs    []string `yaml:"ids,omitempty" json:"ids,omitempty"`
	Fields []Field  `yaml:"fields" json:"fields"`
}

// Types of fields.
const (
	TypeText   = "text"   // decoded as it stands, outer padding removed
	TypeNumber = "number" // whole number after Decimals, with sign
	TypeDate   = "date"
	TypeTime   = "time"
	TypeFiller = "filler" // checked for decodability, else ignored; written as padding or Constant
)

// Field is one column.
type Field struct {
	// Name is a name of the common layout (§5 of the design: business_date, store, card …), or a name of the
	// layout's own that derived values use. Items in columns are items.1.product, items.2.product …
	Name string `yaml:"name,omitempty" json:"name"`
	// Title is the column's title in the title row (csv); default Name.
	Title string `yaml:"title,omitempty" json:"title,omitempty"`
	// Width in bytes; fixed only.
	Width int    `yaml:"width,omitempty" json:"width,omitempty"`
	Type  string `yaml:"type,omitempty" json:"type,omitempty"` // default text
	// Form is the form of a date: yyyymmdd (default), yyyy-mm-dd, yyyy/mm/dd, yymmdd, gyymmdd, gyy.mm.dd,
	// wareki (yymmdd of the era near the run), mmdd (nearest to the run), any (all unambiguous ones);
	// of a time: hhmm, hhmmss, hh:mm, hh:mm:ss, hmm, any (default).
	Form string `yaml:"form,omitempty" json:"form,omitempty"`
	// Align is left or right; Pad is space, zero, wide (full-width space) or none. Defaults: text left and
	// space, number right and zero (csv: none).
	Align string `yaml:"align,omitempty" json:"align,omitempty"`
	Pad   string `yaml:"pad,omitempty" json:"pad,omitempty"`
	// Sign of a number (DOMAIN 2.3): none (default for fixed), lead_minus (default for csv: -1,200, ▲1,200,
	// △1,200, (1,200) are all read), lead_sign (+ or -), trail_sign, overpunch (EBCDIC), overpunch_mf.
	// A sign in a column of its own is SignField.
	Sign string `yaml:"sign,omitempty" json:"sign,omitempty"`
	// SignField names the field that holds the sign; Negative are its values that mean minus (default ["2"]),
	// Positive those that mean plus (default ["1"]; the first is written).
	SignField string   `yaml:"sign_field,omitempty" json:"sign_field,omitempty"`
	Negative  []string `yaml:"negative,omitempty" json:"negative,omitempty"`
	Positive  []string `yaml:"positive,omitempty" json:"positive,omitempty"`
	// Decimals is the number of implied decimal digits of a number; they must be zero for yen and points.
	Decimals int `yaml:"decimals,omitempty" json:"decimals,omitempty"`
	// Scale: the number may be written with a decimal point; its value counts units of 10^-Scale (11.77 with
	// scale 2 is 1177, for currencies with cents).
	Scale int `yaml:"scale,omitempty" json:"scale,omitempty"`
	// Thousands: the number may carry thousands commas (reading), carries them (writing).
	Thousands bool `yaml:"thousands,omitempty" json:"thousands,omitempty"`
	// Empty are raw texts that mean "no value" beside blank, e.g. 00000000 and 99999999 of a date.
	Empty []string `yaml:"empty,omitempty" json:"empty,omitempty"`
	// Lookup maps the text in the file to the value (reading); written the other way round.
	Lookup map[string]string `yaml:"lookup,omitempty" json:"lookup,omitempty"`
	// Default stands for a value that Lookup lacks; absent = such a value is a fault.
	Default *string `yaml:"default,omitempty" json:"default,omitempty"`
	// Constant is what is written whatever the values say (and is not checked on reading).
	Constant *string `yaml:"constant,omitempty" json:"constant,omitempty"`
	// Truncate: a text too wide may be cut at a character boundary on writing; else it cannot be encoded.
	Truncate bool `yaml:"truncate,omitempty" json:"truncate,omitempty"`
}

// Derived is a value computed from others; exactly one of Constant, From, Concat is set.
type Derived struct {
	Name     string  `yaml:"name" json:"name"`
	Constant *string `yaml:"constant,omitempty" json:"constant,omitempty"`
	// From is a field; its text is taken, through Lookup and Convert if they are set.
	From    string            `yaml:"from,omitempty" json:"from,omitempty"`
	Lookup  map[string]string `yaml:"lookup,omitempty" json:"lookup,omitempty"`
	Default *string           `yaml:"default,omitempty" json:"default,omitempty"`
	// Concat joins fields and literals; a literal stands in single quotes inside the string: "'-'".
	Concat []string `yaml:"concat,omitempty" json:"concat,omitempty"`
	// Convert names a registered Go converter that the text goes through last.
	Convert string `yaml:"convert,omitempty" json:"convert,omitempty"`
	// When restricts this derivation to records where it holds.
	When *Condition `yaml:"when,omitempty" json:"when,omitempty"`
}

// Condition holds if the field's text is one of In, or is blank (Blank true), or is not blank (Blank false).
type Condition struct {
	Field string   `yaml:"field" json:"field"`
	In    []string `yaml:"in,omitempty" json:"in,omitempty"`
	Blank *bool    `yaml:"blank,omitempty" json:"blank,omitempty"`
}
