package rating

import (
	"errors"
	"io"

	"multipoint/shared/card"
	"multipoint/shared/convert"
	"multipoint/shared/layout"
	"multipoint/shared/outlet"
	"multipoint/shared/packed"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// Buckets is the number of buckets that transactions are spread over (R6).
const Buckets = buckets

// Engine is a job made ready whose steps are run one by one, each on its part of the data and perhaps on a
// machine of its own (DESIGN §4): Convert, then Check for each file; Sales for each bucket; Allocate once if
// the engine is Capped; Rest for each bucket; File for each outlet. Run is the same steps in one go.
// It is immutable and safe for several goroutines.
type Engine struct{ p *prepared }

// NewEngine compiles the masters of a job. Errors: those of the masters, feed.unknown.
func NewEngine(job *Job) (*Engine, error) {
	p, err := prepare(job)
	if err != nil {
		return nil, err
	}
	return &Engine{p}, nil
}

// Capped says whether some campaign has a cap per member or campaign, so that claims must be allocated.
func (e *Engine) Capped() bool { return e.p.caps }

// Provider gives the code of a provider by its index.
func (e *Engine) Provider(index int32) string { return e.p.codes[index] }

// Providers gives the codes of all providers by index. Not to be changed.
func (e *Engine) Providers() []string { return e.p.codes }

// Rules are the compiled points rules.
func (e *Engine) Rules() *points.Rules { return e.p.rules }

// Feed is the compiled feed of a file, by ordinal from 1.
func (e *Engine) Feed(ordinal int) *convert.Feed { return e.p.feeds[ordinal].feed }

// FeedPointType is the point type of lines of a file that name none.
func (e *Engine) FeedPointType(ordinal int) []byte { return e.p.feeds[ordinal].pointType }

// ConvertSink takes what a chunk of a file becomes, in the order of the file.
type ConvertSink interface {
	// Record takes a good receipt in binary form, with its keys, for its bucket; valid during the call.
	Record(bucket int, record []byte) error
	// BadLine takes the faults of a bad one; valid during the call.
	BadLine(b *convert.BadLine) error
}

// Convert reads the blocks of a chunk of a file, given by ordinal, and gives a part for each, in order.
// next gives io.EOF after the last block.
func (e *Engine) Convert(
	ordinal int, next func() (layout.Block, error), sink ConvertSink,
) ([]convert.Part, error) {
	info := e.p.feeds[ordinal]
	s := &chunkSink{to: sink, keys: info.feed.Keys()}
	w := info.feed.NewWorker(convert.File{
		Ordinal: int32(ordinal), Name: e.p.Files[ordinal-1].Name, RunDate: e.p.RunDate,
	}, s)
	var parts []convert.Part
	for {
		block, err := next()
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, w.Block(block))
		if s.err != nil {
			return nil, s.err
		}
	}
}

// chunkSink hands on what a worker makes.
type chunkSink struct {
	to     ConvertSink
	keys   []transaction.KeyField
	buf    []byte
	record []byte
	err    error
}

func (s *chunkSink) Good(t *transaction.Transaction) {
	s.buf = t.SetKeys(s.keys, s.buf)
	s.record = t.AppendBinary(s.record[:0])
	if err := s.to.Record(t.Bucket(), s.record); s.err == nil {
		s.err = err
	}
}

func (s *chunkSink) Bad(b *convert.BadLine) {
	if err := s.to.BadLine(b); s.err == nil {
		s.err = err
	}
}

// Check decides about a file from the parts of all its chunks (R4).
func (e *Engine) Check(ordinal int, parts []convert.Part) convert.Verdict {
	return e.p.feeds[ordinal].feed.Check(e.p.Files[ordinal-1].Name, parts)
}

// Rater works on buckets, one after the other; it is for one goroutine.
type Rater struct {
	r    *rater
	refs *card.Pseudonyms
}

// NewRater makes a rater.
func (e *Engine) NewRater() *Rater {
	return &Rater{r: e.p.newRater(), refs: card.NewPseudonyms(e.p.key)}
}

// Sales rates the sales of a bucket: all its records in binary form, in any order. refused says by file
// ordinal which files' records do not count; the rater keeps data until the next bucket.
func (r *Rater) Sales(data []byte, refused []bool) error {
	r.r.data = data
	return r.r.loadSales(refused)
}

// AppendOutcomes writes what Sales came to, for Rest.
func (r *Rater) AppendOutcomes(dst []byte) []byte { return r.r.b.save(dst) }

// Claims calls visit with each transaction's claims, as Allocate takes them, in the order of R12.
func (r *Rater) Claims(visit func(claim []byte) error) error {
	b := &r.r.b
	for i := range b.order[:b.sales] {
		o := &b.outcomes[b.order[i].index]
		if !claims(b.awards[o.from:o.to]) {
			continue
		}
		t := &b.txs[b.order[i].index]
		ref := r.refs.Ref(r.r.job.codes[t.Provider], t.Account)
		r.r.other = appendClaim(r.r.other[:0], t, ref, b.awards[o.from:o.to])
		if err := visit(r.r.other); err != nil {
			return err
		}
	}
	return nil
}

// ClaimKey is the length of the key in front of a claim; claims sort bytewise by it (R12).
const ClaimKey = claimKey

// Allocate shares the room of caps out (R14): next gives all claims in the order of their keys, io.EOF after
// the last; put takes the grants of a claim for its bucket, which Rest wants one behind the other.
func (e *Engine) Allocate(
	next func() ([]byte, error), use points.Use, put func(bucket int, grants []byte) error,
) error {
	return e.p.share(next, use, put)
}

// ClaimedCards calls visit for each counter that the allocation of a claim may ask for.
func (e *Engine) ClaimedCards(claim []byte, visit func(campaign string, ref card.Ref)) error {
	h := &holders{members: e.p.members, codes: e.p.codes, refs: card.NewPseudonyms(e.p.key)}
	c, err := readClaim(claim, nil)
	if err != nil {
		return err
	}
	h.provider, h.number = c.provider, c.number
	cards := h.Cards(c.ref)
	for i := range c.list {
		campaign := e.p.rules.CodeOf(c.list[i].Rule)
		visit(campaign, c.ref)
		for _, ref := range cards {
			visit(campaign, ref)
		}
	}
	return nil
}

// Rest brings a bucket to its end: data as Sales got it, outcomes that AppendOutcomes wrote and the bucket's
// grants from Allocate. Without outcomes the sales are rated first; that is right if nothing is Capped.
func (r *Rater) Rest(data, outcomes, grants []byte, refused []bool) error {
	r.r.data = data
	if outcomes == nil {
		if err := r.r.loadSales(refused); err != nil {
			return err
		}
		return r.r.rateReturns()
	}
	r.r.saved, r.r.granted = outcomes, grants
	return r.r.loadRated(refused)
}

// Verdicts says after Rest what becomes of each receipt, in the order of R12; a verdict is valid during the
// call.
func (r *Rater) Verdicts(visit func(v *Verdict) error) error { return r.r.verdicts(visit) }

// Count adds a verdict to the totals.
func (e *Engine) Count(t *Totals, v *Verdict) { t.add(v, e.p) }

// AppendEntries writes the entries of a verdict in outlet.Entry's binary form, in the order of R21, and gives
// the index of the outlet that they leave by, -1 if there are none.
func (r *Rater) AppendEntries(dst []byte, v *Verdict) ([]byte, int) {
	if len(v.Entries) == 0 {
		return dst, -1
	}
	i := r.r.job.outletOf(v.Provider)
	if i < 0 {
		return dst, -1
	}
	return r.r.appendEntries(dst, v), i
}

// AppendRatingError writes the row of a verdict with a fault or a warning (RatingErrorsHeader).
func (r *Rater) AppendRatingError(row []byte, v *Verdict) []byte {
	return appendRatingError(row, v, r.r.job.feedOf(v.Tx))
}

// AppendBadLine writes the rows of a bad line (BadLinesHeader); ordinal is its file's.
func (e *Engine) AppendBadLine(rows []byte, ordinal int, b *convert.BadLine) []byte {
	f := newErrorFormat(e.p.feeds[ordinal])
	return f.appendBadLine(rows, b)
}

// Way is how an outlet's entries leave on the run's date.
type Way struct {
	Code, Provider string
	Open           bool   // takes a file today; else its entries wait
	FileNo         int64  // of today's file, 0 if it is closed
	Name           string // of today's file
}

// Ways gives the outlets in force, by index.
func (e *Engine) Ways() []Way {
	out := make([]Way, len(e.p.outlets))
	for i, info := range e.p.outlets {
		out[i] = Way{Code: info.master.Code, Provider: info.master.Provider, Open: info.open}
		if info.open {
			out[i].FileNo = info.outlet.NextFileNo(e.p.FileNo[info.master.Code])
			out[i].Name = info.outlet.FileName(e.p.RunDate, out[i].FileNo)
		}
	}
	return out
}

// File writes the file of an outlet, by index, from its entries in the order of R21. left is told under which
// sequence number each entry left.
func (e *Engine) File(
	index int, w io.Writer, entries outlet.Source, left func(sequence int64, at outlet.Place) error,
) (outlet.Summary, error) {
	info := e.p.outlets[index]
	meta := outlet.Meta{
		RunDate: e.p.RunDate, Created: e.p.RunDate,
		FileNo:   info.outlet.NextFileNo(e.p.FileNo[info.master.Code]),
		Retailer: e.p.Set.Retailer.Code, Provider: info.master.Provider,
	}
	return info.outlet.WriteFile(w, meta, entries, outlet.Options{
		Dir: e.p.Options.TempDir, Memory: int(e.p.memory), OnEntry: left,
	})
}

// claim is a transaction's claims as they travel to the allocation.
type claim struct {
	bucket   int
	ref      card.Ref
	provider int32
	number   []byte
	list     []points.Claim
}

// readClaim reads what appendClaim wrote; list is used again.
func readClaim(record []byte, list []points.Claim) (c claim, err error) {
	if len(record) < claimKey+17 {
		return c, damaged()
	}
	c.bucket = int(record[claimKey])
	copy(c.ref[:], record[claimKey+1:])
	rd := packed.From(record[claimKey+17:])
	c.provider, c.number = int32(rd.Uvarint())-1, rd.Text()
	c.list = list[:0]
	for len(rd.Rest()) > 0 && !rd.Bad() {
		c.list = append(c.list, points.Claim{Rule: int32(rd.Uvarint()), Award: int64(rd.Uvarint())})
	}
	if rd.Bad() {
		return c, damaged()
	}
	return c, nil
}
