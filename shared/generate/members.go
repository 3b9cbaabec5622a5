package generate

import (
	"bufio"
	"io"

	"multipoint/shared/fault"
)

// cardless is the number of members without a card at the end of the snapshot.
const cardless = 10

// Members writes the member snapshot that belongs to the files of the spec, as CSV (member.Load). Member m
// has card m of the range m mod n of the n usable ones; each third member a second card of the next range;
// each fiftieth an older card that was replaced. Ten members without a card come last. Errors: as for
// Write.
func Members(w io.Writer, spec Spec) error {
	f, err := begin(io.Discard, spec)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, flushAt)
	row := []byte("member,number,provider,card,replaced_by\n")
	s := f.stock
	n := len(s.schemes)
	var number, card []byte
	for m := range s.members {
		number = memberNumber(number[:0], uint64(m))
		add := func(scheme int, index uint64, replacedBy []byte) {
			row = append(row, number...)
			row = append(row, ',')
			row = append(row, number...)
			row = append(row, ',')
			row = append(row, s.schemes[scheme].provider...)
			row = append(row, ',')
			row = s.schemes[scheme].append(row, index)
			row = append(row, ',')
			row = append(append(row, replacedBy...), '\n')
		}
		if m%50 == 7 {
			card = s.schemes[m%n].append(card[:0], uint64(m))
			add(m%n, uint64(s.members+m), card)
		}
		add(m%n, uint64(m), nil)
		if m%3 == 0 && n > 1 {
			add((m+1)%n, uint64(m), nil)
		}
		_, _ = out.Write(row) // the error stays until Flush
		row = row[:0]
	}
	for m := range cardless {
		number = memberNumber(number[:0], uint64(s.members+m))
		row = append(append(row, number...), ',')
		row = append(append(row, number...), ",,,\n"...)
	}
	_, _ = out.Write(row)
	if err := out.Flush(); err != nil {
		return &fault.Error{Code: fault.WriteFailed, Err: err}
	}
	return nil
}
