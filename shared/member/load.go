package member

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"

	"multipoint/shared/fault"
)

// Row is one card of a member as a snapshot file has it; a member without a card is a row without Provider
// and Card. Rows of a member stand in the order in which the cards were registered, the last registered
// last.
type Row struct {
	Member     string `yaml:"member"`                // the member's key, 1 to 64 bytes
	Number     string `yaml:"number,omitempty"`      // the member number, up to 64 bytes, or none
	Provider   string `yaml:"provider,omitempty"`    // code of the card's provider
	Card       string `yaml:"card,omitempty"`        // full number, 1 to 32 digits
	ReplacedBy string `yaml:"replaced_by,omitempty"` // full number of the provider's card in its place
}

// columns are the titles of a CSV snapshot, in the order of Row.
var columns = [...]string{"member", "number", "provider", "card", "replaced_by"}

// maxKey is the length of the longest member key and member number in bytes.
const maxKey = 64

// Load reads a snapshot in UTF-8: as CSV whose first row names the columns member, number, provider, card
// and replaced_by in any order, others are passed over; or as YAML, a list of mappings with these keys. It
// is CSV if its first line names the column member between commas. Empty input is an empty snapshot.
//
// Errors, each a *fault.Error with the record's number, the title row included (YAML: the row's number):
// read.failed; file.quote, record.columns and master.syntax for what is no CSV or YAML; master.schema for a
// missing column or value, an unknown key, or a value that is too long; card.not_digits; master.duplicate
// for a card that is there twice or a number of two members; input.too_large.
func Load(r io.Reader) (*Snapshot, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if bom, _ := in.Peek(3); string(bom) == "\xEF\xBB\xBF" {
		_, _ = in.Discard(3)
	}
	head, err := in.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &fault.Error{Code: fault.ReadFailed, Err: err}
	}
	l := &loader{snapshot: &Snapshot{}}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	titles := bytes.Split(bytes.TrimRight(line, "\r"), []byte(","))
	isCSV := slices.ContainsFunc(titles, func(title []byte) bool {
		return string(bytes.Trim(title, `"`)) == columns[0]
	})
	if isCSV {
		err = l.readCSV(in)
	} else {
		err = l.readYAML(in)
	}
	if err != nil {
		return nil, err
	}
	return l.finish(), nil
}

// loader fills a snapshot row by row.
type loader struct {
	snapshot *Snapshot
	byRow    []int32 // cards in the order of their rows
	record   int64   // number of the record being read
	buf      []byte
}

func (l *loader) readCSV(r io.Reader) error {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	var places [len(columns)]int
	for l.record = 1; ; l.record++ {
		record, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, csv.ErrFieldCount):
			return l.wrong(fault.RecordColumns, "", "")
		case errors.Is(err, csv.ErrQuote) || errors.Is(err, csv.ErrBareQuote):
			return l.wrong(fault.FileQuote, "", "A quote is not closed or not doubled.")
		case err != nil:
			return &fault.Error{Code: fault.ReadFailed, Place: fault.Place{Line: l.record}, Err: err}
		}
		if l.record == 1 {
			for i, title := range columns {
				if places[i] = slices.Index(record, title); places[i] < 0 {
					return l.wrong(fault.MasterSchema, title, "The column is missing.")
				}
			}
			continue
		}
		row := Row{
			record[places[0]], record[places[1]], record[places[2]], record[places[3]], record[places[4]],
		}
		if err := l.add(&row); err != nil {
			return err
		}
	}
}

func (l *loader) readYAML(r io.Reader) error {
	var rows []Row
	in := yaml.NewDecoder(r)
	in.KnownFields(true)
	if err := in.Decode(&rows); err != nil && !errors.Is(err, io.EOF) {
		return &fault.Error{Code: fault.MasterSyntax, What: "The snapshot is not a list of cards", Err: err}
	}
	for i := range rows {
		l.record = int64(i) + 1
		if err := l.add(&rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// add takes one row.
func (l *loader) add(row *Row) error {
	if err := l.check(row); err != nil {
		return err
	}
	s := l.snapshot
	member, full := s.members.add(l.bytes(row.Member))
	if full {
		return l.tooLarge()
	}
	if row.Number != "" {
		number, full := s.numbers.add(l.bytes(row.Number))
		switch {
		case full:
			return l.tooLarge()
		case int(number) == len(s.memberOf):
			s.memberOf = append(s.memberOf, member)
		case s.memberOf[number] != member:
			return l.wrong(fault.MasterDuplicate, "number", "Another member has this number.")
		}
	}
	if row.Card == "" {
		return nil
	}
	card, err := l.card(row.Provider, row.Card)
	if err != nil {
		return err
	}
	if s.owner[card] != none {
		return l.wrong(fault.MasterDuplicate, "card", "The card is there twice.")
	}
	s.owner[card] = member
	l.byRow = append(l.byRow, card)
	if row.ReplacedBy != "" {
		replacement, err := l.card(row.Provider, row.ReplacedBy)
		if err != nil {
			return err
		}
		s.replacedBy[card] = replacement
	}
	return nil
}

func (l *loader) check(row *Row) error {
	switch {
	case row.Member == "" || len(row.Member) > maxKey:
		return l.wrong(fault.MasterSchema, "member", "It must have 1 to 64 bytes.")
	case len(row.Number) > maxKey:
		return l.wrong(fault.MasterSchema, "number", "It must have no more than 64 bytes.")
	case row.Provider == "" && row.Card != "":
		return l.wrong(fault.MasterSchema, "provider", "A card needs its provider.")
	case row.Card == "" && (row.Provider != "" || row.ReplacedBy != ""):
		return l.wrong(fault.MasterSchema, "card", "The card's number is missing.")
	case row.Card != "" && !isNumber(row.Card):
		return l.wrong(fault.CardNotDigits, "card", "It must be the full number in 1 to 32 digits.")
	case row.ReplacedBy != "" && !isNumber(row.ReplacedBy):
		return l.wrong(fault.CardNotDigits, "replaced_by", "It must be the full number in 1 to 32 digits.")
	}
	return nil
}

// card gives the index of a card, which it adds without a member if it is new.
func (l *loader) card(provider, digits string) (int32, error) {
	s := l.snapshot
	index := s.provider(provider)
	if index == none {
		if len(s.providers) > math.MaxUint16 {
			return none, l.tooLarge()
		}
		index = len(s.providers)
		s.providers = append(s.providers, provider)
	}
	var room cardKey
	card, full := s.cards.add(room.of(index, l.bytes(digits)))
	if full {
		return none, l.tooLarge()
	}
	if int(card) == len(s.owner) {
		s.owner = append(s.owner, none)
		s.replacedBy = append(s.replacedBy, none)
	}
	return card, nil
}

// bytes gives text as bytes, until it is called again.
func (l *loader) bytes(text string) []byte {
	l.buf = append(l.buf[:0], text...)
	return l.buf
}

// finish lays each member's cards side by side, in the order of their rows, and gives back unused room.
func (l *loader) finish() *Snapshot {
	s := l.snapshot
	s.firstCard = make([]int32, s.members.len()+1)
	for _, card := range l.byRow {
		s.firstCard[s.owner[card]+1]++
	}
	for i := range s.members.len() {
		s.firstCard[i+1] += s.firstCard[i]
	}
	next := slices.Clone(s.firstCard)
	s.ordered = make([]int32, len(l.byRow))
	for _, card := range l.byRow {
		member := s.owner[card]
		s.ordered[next[member]] = card
		next[member]++
	}
	s.members.clip()
	s.numbers.clip()
	s.cards.clip()
	s.memberOf, s.owner, s.replacedBy = exact(s.memberOf), exact(s.owner), exact(s.replacedBy)
	return s
}

// exact copies a slice into one without spare room.
func exact[T any](list []T) []T { return append(make([]T, 0, len(list)), list...) }

func (l *loader) wrong(code fault.Code, field, what string) error {
	return fault.At(code, fault.Place{Line: l.record, Field: field}, what)
}

func (l *loader) tooLarge() error {
	return l.wrong(fault.InputTooLarge, "", "The snapshot has too many members, cards or providers: "+
		strconv.Itoa(l.snapshot.members.len())+" members so far.")
}

func isNumber(digits string) bool {
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) >= 1 && len(digits) <= maxDigits
}
