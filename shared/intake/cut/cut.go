// Package cut reads an upload once, while it streams in (DESIGN §4 step 0): it hashes and counts it, cuts it
// into chunks that can be kept and converted each on its own, looks for numbers of payment cards (R2) and
// says whether there are data in it (R3). Upload does that on the way in, Resume gives a kept chunk's blocks
// to convert. A file in chunks gives the same records, lines, offsets, faults and checks as the whole file.
package cut

import (
	"crypto/sha256"
	"errors"
	"io"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/transaction"
)

// DefaultChunk is the size of a chunk in bytes, if Options name none.
const DefaultChunk = 64 << 20

// ErrPaymentCard is what readers of chunks get where the pass ends because of a payment-card number.
var ErrPaymentCard = errors.New("a payment-card number was found: the file is quarantined")

// Options of a pass. The zero value is good.
type Options struct {
	// File names the file in faults and hits.
	File string
	// Chunk is the size in bytes that a chunk has at most, unless a single transaction is larger; 0 =
	// DefaultChunk.
	Chunk int64
	// Keys are the key fields of the feed (convert.Feed.Keys), which are not searched for payment cards; nil
	// = transaction.DefaultKey.
	Keys []transaction.KeyField
	// KeepGoing: a payment card ends the search, but not the pass; chunks, hash and length are the whole
	// file's, for a quarantine that is filled on the way.
	KeepGoing bool
}

// Chunk is an entry of the cut index: a stretch of the file that begins with a transaction's first record and
// ends before another's, with all that is needed to convert it without the others. Nothing that stands in the
// file before it matters to it; a title row names no columns, the layout does.
type Chunk struct {
	Index  int   `json:"index"`  // from 0
	Offset int64 `json:"offset"` // of its first byte in the file
	Length int64 `json:"length"` // in bytes
	Line   int64 `json:"line"`   // number of its first record, from 1
	Block  int   `json:"block"`  // index in the file of its first block
	Last   bool  `json:"last"`   // it ends the file
	// Rest: it follows a fault that ended the file as a file of records, and holds none.
	Rest bool `json:"rest,omitempty"`
}

// First says whether the chunk begins the file.
func (c *Chunk) First() bool { return c.Index == 0 }

// Hit says where a payment-card number was found, and never what it is (R2).
type Hit struct {
	File  string `json:"file"`
	Line  int64  `json:"line"`            // counts records from 1
	Field string `json:"field,omitempty"` // empty if the line could not be told apart into fields
}

// Result is what a pass found.
type Result struct {
	SHA256 [sha256.Size]byte
	Bytes  int64
	Chunks []Chunk // at least one, also of an empty file
	// HasData: there is a receipt, an item or a record of no kind (R3).
	HasData bool
	// Fault is what is wrong with the file as a whole, nil if nothing is: file.empty, file.encoding,
	// file.truncated, file.quote, record.too_long. The chunks are the whole file all the same; Resume meets
	// the same fault where it stands.
	Fault *fault.Error
	// Quarantine is the first payment-card number, nil if there is none. Without KeepGoing the pass ended
	// there, and everything else in the result is zero.
	Quarantine *Hit
}

// Upload reads src to its end and calls each for one chunk after the other, with its bytes: the chunks one
// after the other are the file. body is valid during the call; what each leaves of it is passed over. Length
// and Last of the chunk are not known yet, they are in the result only. A few blocks are in memory.
//
// The file's own faults are in the result. Errors are those of each, which end the pass, and read.failed.
// Where the pass ends early body gives ErrPaymentCard or read.failed instead of io.EOF, so that each can
// tell that what it wrote is no whole chunk.
func Upload(
	src io.Reader, reading *layout.Reading, o Options, each func(c Chunk, body io.Reader) error,
) (Result, error) {
	p := newPass(src, reading, &o)
	for p.advance() {
		c := p.begin()
		err := each(c, &body{p})
		for err == nil && p.more() {
			p.held.drop()
		}
		if p.err != nil {
			break // not what each made of it
		}
		if err != nil {
			return Result{}, err
		}
		c.Length = p.length
		p.result.Chunks = append(p.result.Chunks, c)
	}
	if errors.Is(p.err, ErrPaymentCard) {
		return Result{Quarantine: p.result.Quarantine}, nil
	}
	if p.err != nil {
		return Result{}, p.err
	}
	p.result.Chunks[len(p.result.Chunks)-1].Last = true
	p.held.sum.Sum(p.result.SHA256[:0])
	p.result.Bytes = p.held.read
	return p.result, nil
}
