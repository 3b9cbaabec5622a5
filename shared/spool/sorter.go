// Package spool sorts and keeps more bytes than memory should hold: Sorter is an external merge sort of byte
// records, Buffer keeps a stream until it is wanted again. Both stay within the memory they are given and put
// the rest into one temporary file, which has no name while it is open where the system allows that, so that
// nothing is left behind after a crash. What they give back depends only on what was added, never on the
// memory or the folder: the engine's order of records rests on it (R12, R21).
package spool

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"slices"

	"multipoint/shared/fault"
)

// Limits and defaults, in bytes.
const (
	// DefaultMemory is what a Sorter takes if Options name no limit.
	DefaultMemory = 64 << 20
	// MaxRecord is the longest record.
	MaxRecord = 64 << 20

	minMemory = 256 << 10
	maxMemory = 2 << 30
	blockSize = 1 << 20 // records stand in blocks, so that growing never copies them
	refSize   = 32      // one reference, twice: the radix sort needs a second place for it
)

// Options say where and how much. The zero value sorts whole records in DefaultMemory and os.TempDir.
type Options struct {
	// Dir is the folder for the temporary file; empty = os.TempDir(). It is used only beyond Memory.
	Dir string
	// Memory is the limit in bytes, 256 KiB to 2 GiB (values outside are moved inside); 0 = DefaultMemory.
	Memory int
	// KeyLen is how many leading bytes of a record are its key; 0 = the whole record. A shorter record is
	// its own key.
	KeyLen int
}

// Sorter sorts records by their key, bytewise (bytes.Compare); records with equal keys stay in the order of
// their addition. Add all, call Sort once, read the Iterator, Close. It is for one goroutine.
type Sorter struct {
	opt    Options
	blocks [][]byte
	free   [][]byte // blocks of the usual size to fill again
	room   int      // bytes of all blocks
	refs   []ref
	other  []ref // scratch of the radix sort
	first  []byte
	common int // length of the prefix that all keys share; -1 = no record yet
	file   *tempFile
	out    *fileWriter
	runs   []section
	count  int64
	sorted bool
}

// ref points at a record: block<<20|offset. key holds the 8 key bytes after the common prefix, big-endian.
type ref struct {
	key uint64
	off uint32
	n   uint32
}

// NewSorter makes an empty sorter. It touches no file before Memory is used up.
func NewSorter(opt Options) *Sorter {
	if opt.Memory == 0 {
		opt.Memory = DefaultMemory
	}
	opt.Memory = min(max(opt.Memory, minMemory), maxMemory)
	return &Sorter{opt: opt, common: -1}
}

// Len is the number of records added.
func (s *Sorter) Len() int64 { return s.count }

// Add copies record into the sorter. Errors: InputTooLarge for a record above MaxRecord or one added after
// Sort, WriteFailed if the temporary file cannot be written.
func (s *Sorter) Add(record []byte) error {
	if len(record) > MaxRecord || s.sorted {
		return fault.New(fault.InputTooLarge, "a record is too long to be sorted, or came after sorting")
	}
	need := len(record) + refSize
	if len(s.refs) > 0 && s.room+s.grow(len(record))+len(s.refs)*refSize+need > s.opt.Memory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.learn(record)
	s.store(record)
	s.count++
	return nil
}

// grow says how many bytes of new blocks a record of n bytes would need.
func (s *Sorter) grow(n int) int {
	if s.fits(n) {
		return 0
	}
	if len(s.free) > 0 && n <= s.blockSize() {
		return 0
	}
	return max(n, s.blockSize())
}

// blockSize keeps several blocks inside small limits.
func (s *Sorter) blockSize() int { return min(blockSize, s.opt.Memory/8) }

// fits says whether the last block takes n more bytes. A full block takes not even an empty record: offsets
// end below blockSize.
func (s *Sorter) fits(n int) bool {
	k := len(s.blocks)
	return k > 0 && cap(s.blocks[k-1])-len(s.blocks[k-1]) >= max(n, 1)
}

func (s *Sorter) store(record []byte) {
	k := len(s.blocks)
	if !s.fits(len(record)) {
		s.blocks = append(s.blocks, s.block(len(record)))
		k++
	}
	b := s.blocks[k-1]
	s.refs = append(s.refs, ref{off: uint32(k-1)<<20 | uint32(len(b)), n: uint32(len(record))})
	s.blocks[k-1] = append(b, record...)
}

func (s *Sorter) block(n int) []byte {
	size := s.blockSize()
	if n <= size {
		if k := len(s.free); k > 0 {
			b := s.free[k-1]
			s.free = s.free[:k-1]
			return b
		}
		n = size
	}
	s.room += n
	return make([]byte, 0, n)
}

// learn keeps the length of the prefix that all keys share: keys often begin with the same retailer, run or
// digits, and the eight bytes after them are what tells records apart.
func (s *Sorter) learn(record []byte) {
	key := s.key(record)
	if s.common < 0 {
		s.first = append(s.first, key...)
		s.common = len(key)
		return
	}
	if len(key) >= s.common && bytes.Equal(key[:s.common], s.first[:s.common]) {
		return
	}
	n := min(len(key), s.common)
	i := 0
	for i < n && key[i] == s.first[i] {
		i++
	}
	s.common = i
}

func (s *Sorter) key(record []byte) []byte {
	if k := s.opt.KeyLen; k > 0 && len(record) > k {
		return record[:k]
	}
	return record
}

func (s *Sorter) record(r ref) []byte {
	b := s.blocks[r.off>>20]
	at := int(r.off & (1<<20 - 1))
	return b[at : at+int(r.n) : at+int(r.n)]
}

// order sorts the references in memory.
func (s *Sorter) order() {
	for i := range s.refs {
		s.refs[i].key = head(s.key(s.record(s.refs[i])), s.common)
	}
	s.refs, s.other = radix(s.refs, s.other)
	for i := 0; i < len(s.refs); {
		j := i + 1
		for j < len(s.refs) && s.refs[j].key == s.refs[i].key {
			j++
		}
		if j-i > 1 {
			slices.SortFunc(s.refs[i:j], s.compare)
		}
		i = j
	}
}

// compare orders references with equal heads: by the whole key, then by place, which is the order of
// addition.
func (s *Sorter) compare(a, b ref) int {
	c := bytes.Compare(s.key(s.record(a))[s.common:], s.key(s.record(b))[s.common:])
	return cmp.Or(c, cmp.Compare(a.off, b.off))
}

// head gives the 8 key bytes after the common prefix; a shorter key is filled with zeros, which keeps its
// order or makes it equal, never wrong.
func head(key []byte, common int) uint64 {
	key = key[common:]
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var k uint64
	for _, c := range key {
		k = k<<8 | uint64(c)
	}
	return k << (8 * (8 - len(key)))
}

// spill writes what is in memory as one sorted run.
func (s *Sorter) spill() error {
	s.order()
	if s.file == nil {
		f, err := newTempFile(s.opt.Dir)
		if err != nil {
			return err
		}
		s.file, s.out = f, newFileWriter(f)
	}
	start := s.out.at
	for _, r := range s.refs {
		if err := s.out.record(s.record(r)); err != nil {
			return err
		}
	}
	s.runs = append(s.runs, section{start, s.out.at})
	s.refs = s.refs[:0]
	s.room = 0
	for _, b := range s.blocks {
		if cap(b) == s.blockSize() {
			s.free = append(s.free, b[:0])
			s.room += cap(b)
		}
	}
	s.blocks = s.blocks[:0]
	return nil
}

// Sort ends the adding and gives the records in order. Errors: WriteFailed, ReadFailed of the temporary file.
func (s *Sorter) Sort() (*Iterator, error) {
	s.sorted = true
	if s.file == nil {
		s.order()
		return &Iterator{s: s}, nil
	}
	if len(s.refs) > 0 {
		if err := s.spill(); err != nil {
			return nil, err
		}
	}
	s.refs, s.other, s.blocks, s.free = nil, nil, nil, nil // the merge needs the memory
	m, err := s.mergeAll()
	if err != nil {
		return nil, err
	}
	return &Iterator{s: s, m: m}, nil
}

// Close removes the temporary file. Iterators end with it.
func (s *Sorter) Close() error {
	s.refs, s.other, s.blocks, s.free, s.sorted = nil, nil, nil, nil, true
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}

// Iterator gives the sorted records once.
type Iterator struct {
	s *Sorter
	m *merge
	i int
}

// Next gives the next record, valid until the next call, or io.EOF after the last one. Other errors:
// ReadFailed of the temporary file.
func (it *Iterator) Next() ([]byte, error) {
	if it.m != nil {
		return it.m.next()
	}
	if it.i >= len(it.s.refs) {
		return nil, io.EOF
	}
	r := it.s.record(it.s.refs[it.i])
	it.i++
	return r, nil
}
