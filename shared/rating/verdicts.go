package rating

import (
	"encoding/binary"

	"multipoint/shared/fault"
	"multipoint/shared/packed"
	"multipoint/shared/points"
	"multipoint/shared/spool"
	"multipoint/shared/transaction"
)

// pageLines is how many records of a file make one page of verdicts: small enough for memory, large enough to
// be written at once.
const pageLines = 1 << 13

// pages maps the records of all files to numbered pages, in the order of the run.
type pages struct {
	first []int // page of each file's first record, by ordinal; [0] unused
	count int
}

func pagesOf(results []FileResult) pages {
	pg := pages{first: []int{0}}
	for i := range results {
		pg.first = append(pg.first, pg.count)
		pg.count += int(results[i].Verdict.LastLine/pageLines) + 1
	}
	return pg
}

func (pg *pages) of(t *transaction.Transaction) int { return pg.first[t.File] + int(t.Line/pageLines) }

// emit writes what becomes of each receipt of the bucket to the page of its line.
func (r *rater) emit(pg *pages, out *spool.Appender, sums *Totals) error {
	return r.verdicts(func(v *Verdict) error {
		sums.add(v, r.job)
		page := pg.of(v.Tx)
		return out.Put(page, r.appendPiece(out.Buffer(page), v))
	})
}

// verdicts says what becomes of each receipt of the bucket, in the order of R12. A verdict is valid during
// the call.
func (r *rater) verdicts(visit func(v *Verdict) error) error {
	b := &r.b
	var v Verdict
	entries := r.entries
	defer func() { r.entries = entries }()
	for i := range b.order {
		index := b.order[i].index
		o := &b.outcomes[index]
		t := &b.txs[index]
		v = Verdict{Tx: t, Code: o.code, Warning: o.warning, Provider: t.Provider, Account: t.Account}
		switch {
		case o.code == fault.TransactionDuplicate:
			v.Status = Duplicate
		case o.code != 0:
			v.Status = RatingError
		case t.Kind.TakesBack():
			tk := &r.back.takings[o.from]
			v.Provider, v.Account, v.LeavesUnder = tk.provider, tk.account, tk.leaves
			v.Entries, v.OriginalReturned = tk.entries, tk.returned
		default:
			entries = entries[:0]
			for j := o.from; j < o.to; j++ {
				if a := &b.awards[j]; a.Points != 0 {
					entries = append(entries, r.awarded(t, a))
				}
			}
			v.Entries, v.LeavesUnder = entries, t.Account
		}
		if err := visit(&v); err != nil {
			return err
		}
	}
	return nil
}

// awarded is the entry of an award.
func (r *rater) awarded(t *transaction.Transaction, a *points.Award) Entry {
	return Entry{
		Rule: r.job.rules.CodeOf(a.Rule), PointType: r.job.typeName(t, a),
		Basis: a.Basis, Award: a.Full, Points: a.Points, Original: -1, Campaign: r.job.isCampaign(a.Rule),
	}
}

// appendVerdict writes a verdict in the form that readVerdict reads.
func (r *rater) appendVerdict(dst []byte, v *Verdict) []byte {
	dst = v.Tx.AppendBinary(dst)
	dst = append(dst, byte(v.Status))
	dst = binary.AppendUvarint(dst, uint64(v.Code))
	dst = binary.AppendUvarint(dst, uint64(v.Warning))
	dst = binary.AppendVarint(dst, int64(v.Provider))
	dst = appendBytes(dst, v.Account)
	dst = appendBytes(dst, v.LeavesUnder)
	dst = binary.AppendUvarint(dst, uint64(v.OriginalReturned))
	dst = binary.AppendUvarint(dst, uint64(len(v.Entries)))
	for i := range v.Entries {
		e := &v.Entries[i]
		dst = appendBytes(dst, []byte(e.Rule))
		dst = appendBytes(dst, []byte(e.PointType))
		for _, n := range [...]int64{e.Basis, e.Award, e.Points, int64(e.Original)} {
			dst = binary.AppendVarint(dst, n)
		}
		dst = append(dst, flag(e.Campaign))
	}
	return dst
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func appendBytes(dst, b []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

// readVerdict fills v from what appendVerdict wrote.
func readVerdict(b []byte, v *Verdict) error {
	t := v.Tx
	n, err := t.DecodeBinary(b)
	if err != nil {
		return err
	}
	if n >= len(b) {
		return damaged()
	}
	entries := v.Entries[:0]
	*v = Verdict{Tx: t, Status: Status(b[n])}
	r := packed.From(b[n+1:])
	v.Code, v.Warning = fault.Code(r.Uvarint()), fault.Code(r.Uvarint())
	v.Provider = int32(r.Varint())
	v.Account, v.LeavesUnder = r.Text(), r.Text()
	v.OriginalReturned = int64(r.Uvarint())
	for n := r.Uvarint(); n > 0 && !r.Bad(); n-- {
		entries = append(entries, Entry{
			Rule: string(r.Text()), PointType: string(r.Text()),
			Basis: r.Varint(), Award: r.Varint(), Points: r.Varint(), Original: int32(r.Varint()),
			Campaign: r.Uvarint() == 1,
		})
	}
	v.Entries = entries
	if r.Bad() {
		return damaged()
	}
	return nil
}
