package seal

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"multipoint/shared/fault"
)

// spooled keeps the sealed bytes of an object until its metadata are known: in memory up to a limit, beyond
// it in a temporary file that only its owner can read and that has no name where the system allows this.
// Unlike spool.Buffer it is read in the end, as stores want it, and not written out.
type spooled struct {
	folder string
	memory int
	pool   *sync.Pool // of *[chunk]byte
	chunks []*[chunk]byte
	held   int // bytes in chunks: all bytes, or those that are not in the file yet
	file   *os.File
	name   string // of the file if it could not be removed while it is open
	size   int64
}

// chunk is how many bytes are held together: one long slice would be copied each time it grows.
const chunk = 64 << 10

func newChunk() any { return new([chunk]byte) }

func newSpooled(folder string, memory int, pool *sync.Pool) *spooled {
	return &spooled{folder: folder, memory: memory, pool: pool}
}

// Write appends p. Error: fault.WriteFailed.
func (s *spooled) Write(p []byte) (int, error) {
	if s.held+len(p) > s.memory {
		if err := s.spill(); err != nil {
			return 0, err
		}
	}
	for rest := p; len(rest) > 0; {
		if s.held == len(s.chunks)*chunk {
			s.chunks = append(s.chunks, s.pool.Get().(*[chunk]byte))
		}
		n := copy(s.chunks[s.held/chunk][s.held%chunk:], rest)
		s.held += n
		rest = rest[n:]
	}
	s.size += int64(len(p))
	return len(p), nil
}

// parts are the bytes held, in order.
func (s *spooled) parts() [][]byte {
	var parts [][]byte
	for at := 0; at < s.held; at += chunk {
		parts = append(parts, s.chunks[at/chunk][:min(chunk, s.held-at)])
	}
	return parts
}

// spill moves what is in memory to the file.
func (s *spooled) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.folder, "multipoint-seal-*") // 0600
		if err != nil {
			return &fault.Error{Code: fault.WriteFailed, What: "no temporary file can be made", Err: err}
		}
		s.file = f
		if os.Remove(f.Name()) != nil {
			s.name = f.Name()
		}
	}
	for _, c := range s.parts() {
		if _, err := s.file.Write(c); err != nil {
			return &fault.Error{Code: fault.WriteFailed, What: "a temporary file cannot be written", Err: err}
		}
	}
	s.held = 0
	return nil
}

// reader gives all bytes from the first. Nothing may be written after it.
func (s *spooled) reader() (io.Reader, error) {
	if s.file != nil {
		if err := s.spill(); err != nil {
			return nil, err
		}
		return io.NewSectionReader(s.file, 0, s.size), nil
	}
	var held []io.Reader
	for _, c := range s.parts() {
		held = append(held, bytes.NewReader(c))
	}
	return io.MultiReader(held...), nil
}

// giveBack hands the memory to the next object. The store must have read all: one that failed may still be
// reading in the background.
func (s *spooled) giveBack() {
	for _, c := range s.chunks {
		s.pool.Put(c)
	}
	s.chunks, s.held = nil, 0
}

func (s *spooled) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		if e := os.Remove(s.name); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}
