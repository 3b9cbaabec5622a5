package spool

import (
	"io"
	"os"
	"sync"

	"multipoint/shared/fault"
)

// Partitions spreads records over numbered partitions that are read back one by one: in memory while they are
// small, in one temporary file when they are not. Records of one partition come back in no defined order, but
// those of one Appender in the order in which it appended them.
type Partitions struct {
	dir   string
	limit int64 // bytes kept in memory

	mu    sync.Mutex
	held  int64
	end   int64
	file  *os.File
	parts []partition
}

type partition struct {
	segments []segment
	bytes    int64
}

// segment is either bytes in memory or a place in the file.
type segment struct {
	memory []byte
	offset int64
	length int
}

// segmentSize is the size at which an appender hands its bytes over.
const segmentSize = 16 << 10

// NewPartitions makes n empty partitions; up to limit bytes stay in memory, the rest goes to a temporary file
// in dir.
func NewPartitions(n int, limit int64, dir string) *Partitions {
	return &Partitions{dir: dir, limit: limit, parts: make([]partition, n)}
}

// Len is the number of partitions.
func (p *Partitions) Len() int { return len(p.parts) }

// Appender adds records from one goroutine. Flush it when it is done.
type Appender struct {
	to      *Partitions
	buffers [][]byte
}

// Appender makes an appender.
func (p *Partitions) Appender() *Appender {
	return &Appender{to: p, buffers: make([][]byte, len(p.parts))}
}

// Buffer gives the buffer of a partition to append one record to; hand it back with Put.
func (a *Appender) Buffer(i int) []byte { return a.buffers[i] }

// Put hands a buffer back after a record was appended. Faults: write.failed.
func (a *Appender) Put(i int, b []byte) error {
	a.buffers[i] = b
	if len(b) < segmentSize {
		return nil
	}
	return a.hand(i)
}

func (a *Appender) hand(i int) error {
	kept, err := a.to.add(i, a.buffers[i])
	switch {
	case cap(a.buffers[i]) > 2*segmentSize: // a large record: its buffer is not worth keeping
		a.buffers[i] = nil
	case kept:
		a.buffers[i] = make([]byte, 0, segmentSize+segmentSize/8)
	default:
		a.buffers[i] = a.buffers[i][:0]
	}
	return err
}

// Flush hands over what is left.
func (a *Appender) Flush() error {
	for i := range a.buffers {
		if len(a.buffers[i]) == 0 {
			continue
		}
		if err := a.hand(i); err != nil {
			return err
		}
	}
	return nil
}

// add takes the bytes of a segment; kept says that it holds on to them.
func (p *Partitions) add(i int, b []byte) (kept bool, err error) {
	p.mu.Lock()
	part := &p.parts[i]
	part.bytes += int64(len(b))
	if p.held+int64(len(b)) <= p.limit {
		p.held += int64(len(b))
		part.segments = append(part.segments, segment{memory: b, length: len(b)})
		p.mu.Unlock()
		return true, nil
	}
	if p.file == nil {
		if p.file, err = os.CreateTemp(p.dir, "spool-*"); err != nil {
			p.mu.Unlock()
			return false, &fault.Error{Code: fault.WriteFailed, Err: err}
		}
	}
	s := segment{offset: p.end, length: len(b)}
	p.end += int64(len(b))
	part.segments = append(part.segments, s)
	p.mu.Unlock()
	if _, err := p.file.WriteAt(b, s.offset); err != nil {
		return false, &fault.Error{Code: fault.WriteFailed, Err: err}
	}
	return false, nil
}

// Size is the number of bytes in a partition.
func (p *Partitions) Size(i int) int64 { return p.parts[i].bytes }

// Read gives all bytes of a partition, in buf if that is large enough. All appenders must be flushed.
func (p *Partitions) Read(i int, buf []byte) ([]byte, error) {
	part := &p.parts[i]
	if int64(cap(buf)) < part.bytes {
		buf = make([]byte, 0, part.bytes)
	}
	buf = buf[:0]
	for _, s := range part.segments {
		if s.memory != nil {
			buf = append(buf, s.memory...)
			continue
		}
		at := len(buf)
		buf = buf[:at+s.length]
		if _, err := p.file.ReadAt(buf[at:], s.offset); err != nil && err != io.EOF {
			return nil, &fault.Error{Code: fault.ReadFailed, Err: err}
		}
	}
	return buf, nil
}

// Free forgets a partition that was read for the last time.
func (p *Partitions) Free(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.parts[i].segments {
		if s.memory != nil {
			p.held -= int64(s.length)
		}
	}
	p.parts[i] = partition{}
}

// Close removes the temporary file.
func (p *Partitions) Close() error {
	p.parts = nil
	if p.file == nil {
		return nil
	}
	name := p.file.Name()
	err := p.file.Close()
	if rm := os.Remove(name); err == nil {
		err = rm
	}
	p.file = nil
	if err != nil {
		return &fault.Error{Code: fault.WriteFailed, Err: err}
	}
	return nil
}
