package rating

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"multipoint/shared/card"
	"multipoint/shared/member"
	"multipoint/shared/packed"
	"multipoint/shared/points"
	"multipoint/shared/spool"
	"multipoint/shared/transaction"
)

// claimKey is the length of a claim record's sort key: instant, file, line, the order of R12.
const claimKey = 20

// claimBook gathers the claims of all buckets and gives them back in the order of R12.
type claimBook struct {
	mu     sync.Mutex
	sorter *spool.Sorter
}

// appendClaim writes one transaction's claims: key, bucket, card reference, number, awards.
func appendClaim(dst []byte, t *transaction.Transaction, ref card.Ref, awards []points.Award) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(t.Instant())^1<<63)
	dst = binary.BigEndian.AppendUint32(dst, uint32(t.File))
	dst = binary.BigEndian.AppendUint64(dst, uint64(t.Line))
	dst = append(dst, byte(t.Bucket()))
	dst = append(dst, ref[:]...)
	dst = binary.AppendUvarint(dst, uint64(t.Provider+1))
	dst = binary.AppendUvarint(dst, uint64(len(t.Account)))
	dst = append(dst, t.Account...)
	for i := range awards {
		if awards[i].Claim {
			dst = binary.AppendUvarint(dst, uint64(awards[i].Rule))
			dst = binary.AppendUvarint(dst, uint64(awards[i].Points))
		}
	}
	return dst
}

// addClaims hands the claims of a bucket over.
func (r *rater) addClaims(book *claimBook, refs *card.Pseudonyms) error {
	b := &r.b
	r.other = r.other[:0]
	var starts []int
	for i := range b.order[:b.sales] {
		o := &b.outcomes[b.order[i].index]
		if !claims(b.awards[o.from:o.to]) {
			continue
		}
		t := &b.txs[b.order[i].index]
		starts = append(starts, len(r.other))
		r.other = appendClaim(r.other, t, refs.Ref(r.job.codes[t.Provider], t.Account), b.awards[o.from:o.to])
	}
	book.mu.Lock()
	defer book.mu.Unlock()
	for i, from := range starts {
		to := len(r.other)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		if err := book.sorter.Add(r.other[from:to]); err != nil {
			return err
		}
	}
	return nil
}

func claims(awards []points.Award) bool {
	for i := range awards {
		if awards[i].Claim {
			return true
		}
	}
	return false
}

// allocate runs the one pass over all claims (R14) and gives the grants of each bucket, in the order of its
// claims, as varints.
func (p *prepared) allocate(book *claimBook) (*spool.Partitions, error) {
	it, err := book.sorter.Sort()
	if err != nil {
		return nil, err
	}
	grants := spool.NewPartitions(buckets, p.memory, p.Options.TempDir)
	var use points.Use = &points.Counters{}
	if p.history != nil {
		use = p.history
	}
	out := grants.Appender()
	err = p.share(it.Next, use, func(bucket int, g []byte) error {
		return out.Put(bucket, append(out.Buffer(bucket), g...))
	})
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		_ = grants.Close() // the first error counts
		return nil, err
	}
	return grants, nil
}

// share gives each claim its grant.
func (p *prepared) share(
	next func() ([]byte, error), use points.Use, put func(bucket int, grants []byte) error,
) error {
	holders := &holders{members: p.members, codes: p.codes, refs: card.NewPseudonyms(p.key)}
	a := points.NewAllocator(p.rules, use, holders)
	var c claim
	var grants []byte
	for {
		record, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if c, err = readClaim(record, c.list); err != nil {
			return err
		}
		holders.provider, holders.number = c.provider, c.number
		a.Next(c.ref, c.list)
		grants = grants[:0]
		for i := range c.list {
			grants = binary.AppendUvarint(grants, uint64(c.list[i].Grant))
		}
		if err := put(c.bucket, grants); err != nil {
			return err
		}
	}
}

// applyGrants puts the allocated grants into the awards of the bucket.
func (b *bucket) applyGrants(grants []byte) error {
	r := packed.From(grants)
	for i := range b.order[:b.sales] {
		o := &b.outcomes[b.order[i].index]
		for j := o.from; j < o.to; j++ {
			if b.awards[j].Claim {
				b.awards[j].Points = int64(r.Uvarint())
			}
		}
	}
	if r.Bad() || len(r.Rest()) > 0 {
		return damaged()
	}
	return nil
}

// holders tells the allocator the cards of the member who holds the card at hand (R14).
type holders struct {
	members  *member.Snapshot
	codes    []string
	refs     *card.Pseudonyms
	provider int32
	number   []byte
	cards    []points.Card
}

// Cards gives the references of all cards of the member who holds the card at hand.
func (h *holders) Cards(points.Card) []points.Card {
	h.cards = h.cards[:0]
	m, ok := h.members.MemberOf(h.codes[h.provider], h.number)
	if !ok {
		return nil
	}
	for provider, number := range h.members.CardsOf(m) {
		h.cards = append(h.cards, h.refs.Ref(provider, number))
	}
	return h.cards
}
