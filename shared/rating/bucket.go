package rating

import (
	"cmp"
	"encoding/binary"
	"slices"

	"multipoint/shared/fault"
	"multipoint/shared/packed"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// bucket holds the transactions of one bucket (R6) in memory while it is worked on; it is used again for the
// next one.
type bucket struct {
	data  []byte
	txs   []transaction.Transaction
	order []place // sales and grants first, both parts in the order of R12
	sales int     // how many of order are sales and grants

	outcomes []outcome // by index in txs
	awards   []points.Award
	seen     keyTable
}

// place is where a transaction stands in the order of R12.
type place struct {
	instant int64
	file    int32
	index   int32
	line    int64
	back    bool // takes back
}

// outcome is what became of one transaction.
type outcome struct {
	code     fault.Code
	warning  fault.Code
	from, to int32 // its awards
}

// load decodes a bucket; transactions of refused files are left out.
func (b *bucket) load(data []byte, refused []bool) error {
	b.data = data
	b.txs = b.txs[:0]
	for len(data) > 0 {
		if len(b.txs) < cap(b.txs) {
			b.txs = b.txs[:len(b.txs)+1]
		} else {
			b.txs = append(b.txs, transaction.Transaction{})
		}
		t := &b.txs[len(b.txs)-1]
		n, err := t.DecodeBinary(data)
		if err != nil {
			return err
		}
		data = data[n:]
		if uint(t.File) >= uint(len(refused)) {
			return damaged()
		}
		if refused[t.File] {
			b.txs = b.txs[:len(b.txs)-1]
		}
	}
	b.outcomes = slices.Grow(b.outcomes[:0], len(b.txs))[:len(b.txs)]
	clear(b.outcomes)
	b.awards = b.awards[:0]
	return nil
}

// sort brings the transactions into the order of R12.
func (b *bucket) sort() {
	b.order = slices.Grow(b.order[:0], len(b.txs))
	b.sales = 0
	for i := range b.txs {
		t := &b.txs[i]
		back := t.Kind.TakesBack()
		if !back {
			b.sales++
		}
		b.order = append(b.order, place{t.Instant(), t.File, int32(i), t.Line, back})
	}
	slices.SortFunc(b.order, func(x, y place) int {
		if x.back != y.back {
			if y.back {
				return -1
			}
			return 1
		}
		return cmp.Or(
			cmp.Compare(x.instant, y.instant), cmp.Compare(x.file, y.file), cmp.Compare(x.line, y.line),
		)
	})
}

// save writes the order and the outcomes of sales, so that the second pass need not compute them again.
func (b *bucket) save(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(b.sales))
	for i := range b.order {
		dst = binary.AppendUvarint(dst, uint64(b.order[i].index))
	}
	for i := range b.order[:b.sales] {
		o := &b.outcomes[b.order[i].index]
		dst = binary.AppendUvarint(dst, uint64(o.code))
		if o.code != 0 {
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(o.to-o.from))
		for _, a := range b.awards[o.from:o.to] {
			claim := uint64(0)
			if a.Claim {
				claim = 1
			}
			dst = binary.AppendUvarint(dst, uint64(a.Rule+1)<<1|claim)
			dst = binary.AppendUvarint(dst, uint64(a.PointType+1))
			dst = binary.AppendVarint(dst, a.Basis)
			dst = binary.AppendVarint(dst, a.Full)
			dst = binary.AppendVarint(dst, a.Points)
		}
	}
	return dst
}

// restore reads what save wrote.
func (b *bucket) restore(saved []byte) error {
	r := packed.From(saved)
	b.sales = int(r.Uvarint())
	b.order = slices.Grow(b.order[:0], len(b.txs))
	for range b.txs {
		i := int32(r.Uvarint())
		if r.Bad() || uint(i) >= uint(len(b.txs)) {
			return damaged()
		}
		b.order = append(b.order, place{index: i})
	}
	if uint(b.sales) > uint(len(b.order)) {
		return damaged()
	}
	for i := range b.order[:b.sales] {
		o := &b.outcomes[b.order[i].index]
		o.code = fault.Code(r.Uvarint())
		o.from = int32(len(b.awards))
		if o.code == 0 {
			for n := r.Uvarint(); n > 0 && !r.Bad(); n-- {
				rule := r.Uvarint()
				b.awards = append(b.awards, points.Award{
					Rule: int32(rule>>1) - 1, Claim: rule&1 == 1,
					PointType: int32(r.Uvarint()) - 1,
					Basis:     r.Varint(), Full: r.Varint(), Points: r.Varint(),
				})
			}
		}
		o.to = int32(len(b.awards))
	}
	if r.Bad() {
		return damaged()
	}
	return nil
}

func damaged() error { return fault.New(fault.ReadFailed, "damaged temporary record") }

// keyTable finds the accepted transaction of a key: open addressing over the first bytes of the hash, which
// is as good as random. The zero value is ready after reset.
type keyTable struct {
	slots []int32 // index in txs + 1, 0 = free
	mask  uint64
}

func (k *keyTable) reset(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	if cap(k.slots) < size {
		k.slots = make([]int32, size)
	}
	k.slots = k.slots[:size]
	clear(k.slots)
	k.mask = uint64(size - 1)
}

// find gives the index of the accepted transaction of a key, -1 if there is none.
func (k *keyTable) find(txs []transaction.Transaction, key *transaction.Hash) int32 {
	for at := binary.LittleEndian.Uint64(key[8:]) & k.mask; ; at = (at + 1) & k.mask {
		i := k.slots[at]
		if i == 0 {
			return -1
		}
		if txs[i-1].Key == *key {
			return i - 1
		}
	}
}

func (k *keyTable) add(txs []transaction.Transaction, i int32) {
	at := binary.LittleEndian.Uint64(txs[i].Key[8:]) & k.mask
	for k.slots[at] != 0 {
		at = (at + 1) & k.mask
	}
	k.slots[at] = i + 1
}
