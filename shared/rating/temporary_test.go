package rating

import (
	"bytes"
	"testing"

	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// FuzzTemporaryRecords reads damaged temporary files: buckets, outcomes, verdicts and pages. They give a
// fault,
// never a panic, and a verdict that is read is written as the same bytes again.
func FuzzTemporaryRecords(f *testing.F) {
	t := transaction.Transaction{
		File: 1, Line: 7, Receipt: []byte("9"), Account: []byte("1"), AmountIncl: 500, Scheme: -1,
		Provider: -1, Affiliate: -1,
	}
	v := Verdict{Tx: &t, Account: t.Account, LeavesUnder: t.Account, Entries: []Entry{
		{Rule: "R", PointType: "B", Basis: 500, Award: 5, Points: 5, Original: -1},
	}}
	r := rater{job: &prepared{Job: &Job{}}}
	f.Add(r.appendVerdict(nil, &v))
	f.Add(t.AppendBinary(nil))
	b := bucket{
		txs: []transaction.Transaction{t}, outcomes: []outcome{{to: 1}},
		awards: []points.Award{{Points: 5, Claim: true}},
	}
	b.sort()
	f.Add(b.save(nil))
	f.Add([]byte{10, 0, 0, 0, 7, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var tx, tx2 transaction.Transaction
		v, again := Verdict{Tx: &tx}, Verdict{Tx: &tx2}
		if readVerdict(data, &v) == nil {
			once := r.appendVerdict(nil, &v)
			if err := readVerdict(once, &again); err != nil {
				t.Fatalf("%x cannot be read again: %v", once, err)
			}
			if twice := r.appendVerdict(nil, &again); !bytes.Equal(once, twice) {
				t.Fatalf("written %x, then %x", once, twice)
			}
		}
		var b bucket
		if b.load(data, []bool{false, false}) == nil {
			b.sort()
		}
		b = bucket{txs: make([]transaction.Transaction, 2), outcomes: make([]outcome, 2)}
		if b.restore(data) == nil && b.applyGrants(data) == nil && len(b.order) != 2 {
			t.Fatalf("%d places for 2 transactions", len(b.order))
		}
		pages := pageReader{p: r.job, data: data}
		if pages.sortLines() == nil {
			pg := page{outlets: make([][]byte, 1), entries: make([]int64, 1)}
			for _, l := range pages.order {
				pg.add(data[l.at:l.at+l.size], r.job)
			}
		}
	})
}
