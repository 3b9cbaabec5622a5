package spool

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"multipoint/shared/fault"
)

// Merging reads each run through a buffer of this many bytes and no more than maxFan runs at once.
const (
	readBuffer = 64 << 10
	maxFan     = 128
)

// section is a run's place in the temporary file, [start, end).
type section struct{ start, end int64 }

// mergeAll merges runs until few enough are left to be read at once. Runs stay in the order in which they
// were written, which keeps equal keys in the order of their addition.
func (s *Sorter) mergeAll() (*merge, error) {
	fan := min(max(s.opt.Memory/readBuffer, 2), maxFan)
	for len(s.runs) > fan {
		var longer []section
		for i := 0; i < len(s.runs); i += fan {
			part := s.runs[i:min(i+fan, len(s.runs))]
			if len(part) == 1 {
				longer = append(longer, part[0])
				continue
			}
			sec, err := s.mergeSome(part)
			if err != nil {
				return nil, err
			}
			longer = append(longer, sec)
		}
		s.runs = longer
	}
	return s.newMerge(s.runs)
}

// mergeSome writes the runs of part as one longer run.
func (s *Sorter) mergeSome(part []section) (section, error) {
	m, err := s.newMerge(part)
	if err != nil {
		return section{}, err
	}
	start := s.out.at
	for {
		r, err := m.next()
		if errors.Is(err, io.EOF) {
			return section{start, s.out.at}, nil
		}
		if err != nil {
			return section{}, err
		}
		if err := s.out.record(r); err != nil {
			return section{}, err
		}
	}
}

// merge is a loser tree over runs: one comparison per level and record.
type merge struct {
	s       *Sorter
	sources []source
	// losers[1:] are the losers of the inner nodes, losers[0] is the winner.
	losers []int
	begun  bool
}

// source is one run being read: its present record and the first bytes of its key.
type source struct {
	in   *bufio.Reader
	left int64 // bytes of the run not yet read
	rec  []byte
	key  []byte
	head uint64
	done bool
}

func (s *Sorter) newMerge(runs []section) (*merge, error) {
	if err := s.out.flush(); err != nil {
		return nil, err
	}
	m := &merge{s: s, sources: make([]source, len(runs)), losers: make([]int, len(runs))}
	for i, r := range runs {
		src := &m.sources[i]
		src.in = bufio.NewReaderSize(io.NewSectionReader(s.file, r.start, r.end-r.start), readBuffer)
		src.left = r.end - r.start
		if err := m.read(src); err != nil {
			return nil, err
		}
	}
	m.losers[0] = m.build(1)
	return m, nil
}

// build plays the matches below node; leaves are the nodes from len(sources) on.
func (m *merge) build(node int) int {
	k := len(m.sources)
	if k == 1 {
		return 0
	}
	if node >= k {
		return node - k
	}
	a, b := m.build(2*node), m.build(2*node+1)
	if m.before(b, a) {
		a, b = b, a
	}
	m.losers[node] = b
	return a
}

// before says whether source a's record comes before source b's; earlier runs win ties.
func (m *merge) before(a, b int) bool {
	x, y := &m.sources[a], &m.sources[b]
	switch {
	case x.done || y.done:
		return !x.done || (y.done && a < b)
	case x.head != y.head:
		return x.head < y.head
	}
	c := bytes.Compare(x.key[m.s.common:], y.key[m.s.common:])
	return c < 0 || (c == 0 && a < b)
}

// next gives the smallest record; it stays valid until the next call.
func (m *merge) next() ([]byte, error) {
	w := m.losers[0]
	if m.begun {
		if err := m.read(&m.sources[w]); err != nil {
			return nil, err
		}
		for node := (w + len(m.sources)) / 2; node > 0; node /= 2 {
			if m.before(m.losers[node], w) {
				w, m.losers[node] = m.losers[node], w
			}
		}
		m.losers[0] = w
	}
	m.begun = true
	if m.sources[w].done {
		return nil, io.EOF
	}
	return m.sources[w].rec, nil
}

// read takes the source's next record.
func (m *merge) read(src *source) error {
	if src.left == 0 {
		src.done = true
		return nil
	}
	n, err := binary.ReadUvarint(src.in)
	if err != nil || n > MaxRecord {
		return readFault(err)
	}
	if uint64(cap(src.rec)) < n {
		src.rec = make([]byte, n, n+n/2)
	}
	src.rec = src.rec[:n]
	if _, err := io.ReadFull(src.in, src.rec); err != nil {
		return readFault(err)
	}
	src.left -= int64(uvarintLen(n)) + int64(n)
	src.key = m.s.key(src.rec)
	src.head = head(src.key, m.s.common)
	return nil
}

func uvarintLen(n uint64) int {
	k := 1
	for ; n >= 0x80; n >>= 7 {
		k++
	}
	return k
}

func readFault(err error) error {
	return &fault.Error{Code: fault.ReadFailed, What: "a temporary file cannot be read", Err: err}
}
