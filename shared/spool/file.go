package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"

	"multipoint/shared/fault"
)

// tempFile is a file without a name: it is removed as soon as it is open, or when it is closed on systems
// that do not allow this.
type tempFile struct {
	*os.File
	name string
}

func newTempFile(dir string) (*tempFile, error) {
	f, err := os.CreateTemp(dir, "multipoint-spool-*")
	if err != nil {
		return nil, &fault.Error{Code: fault.WriteFailed, What: "no temporary file can be made", Err: err}
	}
	t := &tempFile{File: f, name: f.Name()}
	if os.Remove(t.name) == nil {
		t.name = ""
	}
	return t, nil
}

// Close closes and removes the file.
func (t *tempFile) Close() error {
	err := t.File.Close()
	if t.name != "" {
		if e := os.Remove(t.name); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return &fault.Error{Code: fault.WriteFailed, What: "a temporary file cannot be removed", Err: err}
	}
	return nil
}

// fileWriter appends length-prefixed records to a file and knows where it stands.
type fileWriter struct {
	w  *bufio.Writer
	at int64
}

func newFileWriter(w io.Writer) *fileWriter {
	return &fileWriter{w: bufio.NewWriterSize(w, 256<<10)}
}

func (f *fileWriter) record(r []byte) error {
	var prefix [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(prefix[:], uint64(len(r)))
	_, err := f.w.Write(prefix[:n])
	if err == nil {
		_, err = f.w.Write(r)
	}
	if err != nil {
		return writeFault(err)
	}
	f.at += int64(n + len(r))
	return nil
}

func (f *fileWriter) flush() error {
	if err := f.w.Flush(); err != nil {
		return writeFault(err)
	}
	return nil
}

func writeFault(err error) error {
	return &fault.Error{Code: fault.WriteFailed, What: "a temporary file cannot be written", Err: err}
}

// Buffer keeps a stream of bytes until it is wanted again: in memory up to a limit, beyond it in a temporary
// file. Write all, then WriteTo, then Close. It is for one goroutine.
type Buffer struct {
	dir    string
	memory int
	mem    []byte
	file   *tempFile
	size   int64
}

// NewBuffer makes an empty buffer; memory 0 = 4 MiB, dir empty = os.TempDir().
func NewBuffer(dir string, memory int) *Buffer {
	if memory <= 0 {
		memory = 4 << 20
	}
	return &Buffer{dir: dir, memory: memory}
}

// Len is the number of bytes written.
func (b *Buffer) Len() int64 { return b.size }

// Write appends p. Error: WriteFailed of the temporary file.
func (b *Buffer) Write(p []byte) (int, error) {
	b.size += int64(len(p))
	if len(b.mem)+len(p) <= b.memory {
		b.mem = append(b.mem, p...)
		return len(p), nil
	}
	if b.file == nil {
		f, err := newTempFile(b.dir)
		if err != nil {
			return 0, err
		}
		b.file = f
	}
	for _, part := range [][]byte{b.mem, p} {
		if _, err := b.file.Write(part); err != nil {
			return 0, writeFault(err)
		}
	}
	b.mem = b.mem[:0]
	return len(p), nil
}

// WriteTo gives everything written so far to w, from the beginning, and may be called again.
func (b *Buffer) WriteTo(w io.Writer) (int64, error) {
	var n int64
	if b.file != nil {
		k, err := io.Copy(w, io.NewSectionReader(b.file, 0, b.size-int64(len(b.mem))))
		n += k
		if err != nil {
			return n, err
		}
	}
	k, err := w.Write(b.mem)
	return n + int64(k), err
}

// Close removes the temporary file and empties the buffer.
func (b *Buffer) Close() error {
	f := b.file
	b.mem, b.file, b.size = nil, nil, 0
	if f == nil {
		return nil
	}
	return f.Close()
}
