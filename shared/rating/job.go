// Package rating runs a retailer's files through the engine: convert, check, rate, allocate, grant and the
// providers' files (DESIGN §4 steps 2 to 6, R4 to R18, R21, R22). It is a pure function of its job: the same
// inputs give the same bytes, whatever the number of threads and the sizes of blocks. Memory does not grow
// with the files; what does not fit goes to temporary files.
package rating

import (
	"io"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// Job is one run's input and the way it is to be run.
type Job struct {
	Set     *master.Set
	Members *member.Snapshot
	RunDate calendar.Date
	Run     int64 // number of the run, from 1
	// Files in the order of their ordinals: by arrival, then key (R1).
	Files []File
	// History is what earlier runs left; nil = nothing.
	History History
	// FileNo are the numbers of the last file of each outlet by code; absent = none was sent (R21).
	FileNo map[string]int64
	// Carried are the entries that wait for each outlet by code, in outlet.Entry's binary form and in order;
	// a closed outlet keeps them waiting.
	Carried map[string][]byte
	// Key is the pseudonym key of card references; empty = a fixed one for runs that keep nothing.
	Key        []byte
	Converters layout.Converters
	Options    Options
}

// File is one input file.
type File struct {
	Name string
	Feed string // code
	// Open starts reading the file from its beginning.
	Open func() (io.ReadCloser, error)
	// Duplicate says that R3 refuses the file unread.
	Duplicate bool
	// Layout replaces the feed's layout for this file, nil = the feed's.
	Layout *layout.Layout
}

// Options are how a job runs; none of them changes a byte of the result. The zero value works.
type Options struct {
	Threads   int   // default 2
	BlockSize int   // bytes, default layout.DefaultBlock
	Memory    int64 // bytes of records that each step keeps before it uses a temporary file; default 16 MiB
	TempDir   string
	// Progress is called with the number of bytes of each block that was converted, from one goroutine at a
	// time; may be nil.
	Progress func(read int64)
	// Trace is called with the name of each step when it ends; may be nil.
	Trace func(step string)
	// Observe is called with the verdict of each good line of accepted files, in the order of files and
	// lines, from one goroutine at a time; may be nil.
	Observe func(v *Verdict) error
}

// History is the ledger as of the previous run. It is asked from several goroutines at once.
type History interface {
	points.Use
	// Transactions calls found for each key under which an earlier run accepted a transaction. Keys come
	// sorted, none twice; what is found belongs to the caller.
	Transactions(keys []transaction.Hash, found func(i int, past *Past)) error
	// Number gives the number behind a card reference of a provider's, nil if it was erased (R24).
	Number(provider string, ref card.Ref) ([]byte, error)
}

// Past is an accepted transaction of an earlier run.
type Past struct {
	Content  transaction.Hash
	Kind     transaction.Kind
	Provider int32 // index in the set's providers, -1 = none
	Ref      card.Ref
	// Account is the number that its points went to; nil = History.Number knows it by Ref.
	Account  []byte
	Original points.Original
	Entries  []PastEntry // one for each of Original.Entries
}

// PastEntry names the rule and point type of a grant entry of an earlier run.
type PastEntry struct {
	Rule      string
	PointType string
	Campaign  bool // the rule is a campaign, whose counters a return moves (R14)
}

// Status is what became of a receipt.
type Status uint8

// Statuses of receipts.
const (
	Rated Status = iota
	Duplicate
	RatingError
	Bad
	InRefusedFile
)

// String gives the status as files and screens show it.
func (s Status) String() string {
	return [...]string{"rated", "duplicate", "rating_error", "bad", "in_refused_file"}[s]
}

// Entry is one grant or return entry of a receipt, in the order of R21: given points, normal rules,
// campaigns.
type Entry struct {
	Rule      string
	PointType string
	// Basis is the yen that the rule looked at and Award what it gave before any cap (R15); 0 for returns of
	// a known original.
	Basis, Award int64
	Points       int64 // negative for returns
	// Original is the place of the original's entry that a return takes back from, -1 for grants and computed
	// returns.
	Original int32
	// Campaign: the points move the counters of the campaign that Rule names (R14); computed returns move
	// none (R17).
	Campaign bool
}

// Verdict is what was decided about one good receipt. It is valid during the call that hands it over.
type Verdict struct {
	Tx      *transaction.Transaction
	Status  Status
	Code    fault.Code // why it is no rated receipt
	Warning fault.Code
	// Provider and Account own the entries: for returns those of the original.
	Provider    int32
	Account     []byte
	LeavesUnder []byte // the number that the entries leave under (R16)
	Entries     []Entry
	// Return state of the original after this return (R16), for the ledger.
	OriginalReturned int64
}
