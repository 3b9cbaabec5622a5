package day

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"multipoint/shared/fault"
)

// Frames are records in a section, each behind its length.

// maxFrame is the largest record in a frame; more is damage.
const maxFrame = 64 << 20

func writeFrame(w io.Writer, record []byte) error {
	var head [binary.MaxVarintLen64]byte
	if _, err := w.Write(binary.AppendUvarint(head[:0], uint64(len(record)))); err != nil {
		return err
	}
	_, err := w.Write(record)
	return err
}

func appendFrame(dst, record []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(record)))
	return append(dst, record...)
}

// frames reads records one after the other.
type frames struct {
	r      *bufio.Reader
	close  io.Closer
	record []byte
}

func newFrames(r io.ReadCloser) *frames { return &frames{r: bufio.NewReaderSize(r, 64<<10), close: r} }

// next gives a record, valid until the next call; io.EOF after the last.
func (f *frames) next() ([]byte, error) {
	n, err := binary.ReadUvarint(f.r)
	if err != nil {
		return nil, err // io.EOF only before the first byte
	}
	if n > maxFrame {
		return nil, fault.New(fault.PartDamaged, "")
	}
	if uint64(cap(f.record)) < n {
		f.record = make([]byte, n, max(n, 4096))
	}
	f.record = f.record[:n]
	if _, err := io.ReadFull(f.r, f.record); err != nil {
		return nil, &fault.Error{Code: fault.PartDamaged, Err: err}
	}
	return f.record, nil
}

// merger gives the records of several streams of frames in the order of the key in front of each; equal keys
// come in the order of the streams.
type merger struct {
	streams []*frames
	heads   [][]byte
	keyLen  int
	last    int // stream of the record that was given, -1 before the first
}

func newMerger(streams []*frames, keyLen int) (*merger, error) {
	m := &merger{streams: streams, heads: make([][]byte, len(streams)), keyLen: keyLen, last: -1}
	for i := range streams {
		if err := m.advance(i); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *merger) advance(i int) error {
	record, err := m.streams[i].next()
	if errors.Is(err, io.EOF) {
		m.heads[i] = nil
		return nil
	}
	if err == nil && len(record) < m.keyLen {
		err = fault.New(fault.PartDamaged, "")
	}
	m.heads[i] = record
	return err
}

// next gives a record, valid until the next call; io.EOF after the last. Few streams are merged, so that
// looking at each of them is as fast as a tree.
func (m *merger) next() ([]byte, error) {
	if m.last >= 0 {
		if err := m.advance(m.last); err != nil {
			return nil, err
		}
	}
	best := -1
	for i, h := range m.heads {
		if h != nil && (best < 0 || bytes.Compare(h[:m.keyLen], m.heads[best][:m.keyLen]) < 0) {
			best = i
		}
	}
	m.last = best
	if best < 0 {
		return nil, io.EOF
	}
	return m.heads[best], nil
}

func (m *merger) close() {
	for _, s := range m.streams {
		_ = s.close.Close() // it was only read
	}
}
