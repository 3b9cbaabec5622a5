package cut

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

// pass is one way through an upload. It goes from piece to piece: a block of records, or, after a fault, some
// bytes.
type pass struct {
	options *Options
	cutter  *layout.Cutter
	held    *held
	search  *search
	buf     []byte // of the cutter's blocks, and of what is read after a fault

	chunk int64 // the size of chunks
	block int   // the size of blocks, at most that of chunks

	piece  piece // the one at hand
	blocks int
	line   int64 // number of the next record
	length int64 // of the chunk so far
	broken bool  // a fault ended the file as a file of records
	ended  bool  // the piece at hand is the last one
	err    error // that ended the pass early
	result Result
}

type piece struct {
	offset, line int64
	block        int
	rest         bool
}

func newPass(src io.Reader, reading *layout.Reading, o *Options) *pass {
	p := &pass{options: o, chunk: o.Chunk, search: newSearch(reading, o), line: 1}
	if p.chunk <= 0 {
		p.chunk = DefaultChunk
	}
	p.block = int(min(p.chunk, layout.DefaultBlock))
	p.held = &held{src: src, sum: sha256.New()}
	p.cutter = reading.Cut(p.held, p.block)
	return p
}

// begin begins a chunk with the piece at hand.
func (p *pass) begin() Chunk {
	p.length = int64(p.held.ready)
	return Chunk{
		Index: len(p.result.Chunks), Offset: p.piece.offset, Line: p.piece.line,
		Block: p.piece.block, Rest: p.piece.rest,
	}
}

// more goes on to the next piece of the chunk and says whether there is one.
func (p *pass) more() bool {
	if p.err != nil || p.length+int64(p.block) > p.chunk || !p.advance() {
		return false
	}
	p.length += int64(p.held.ready)
	return true
}

// advance goes on to the next piece and says whether there is one.
func (p *pass) advance() bool {
	if p.ended || p.err != nil {
		return false
	}
	p.piece = piece{offset: p.held.next(), line: p.line, block: p.blocks, rest: p.broken}
	if p.broken {
		return p.advanceRest()
	}
	b, err := p.cutter.Next(p.buf)
	if err != nil {
		return p.fail(b, err)
	}
	p.blocks++
	p.piece.line = b.Line
	p.buf = b.Bytes
	if !p.examine(b) {
		return false
	}
	if !b.Last {
		p.held.release(b.Offset + int64(len(b.Bytes)))
		return true
	}
	p.ended = true
	p.held.release(p.held.read)
	if isEmpty(&b) {
		p.result.Fault = fault.At(fault.FileEmpty, fault.Place{File: p.options.File}, "")
	}
	return true
}

// isEmpty says whether a block is that of a file without a byte, an end-of-file mark aside.
func isEmpty(b *layout.Block) bool {
	return b.Index == 0 && b.Last && b.Offset == 0 && len(b.Bytes) == 0
}

// examine walks over the records of a block and says whether the pass goes on.
func (p *pass) examine(b layout.Block) bool {
	hit := p.search.block(b)
	p.line = p.search.scanner.Lines()
	p.result.HasData = p.search.data
	return p.goOn(hit)
}

// goOn says whether the pass goes on after a search; the first hit may end it.
func (p *pass) goOn(hit *Hit) bool {
	if hit == nil {
		return true
	}
	hit.File = p.options.File
	p.result.Quarantine = hit
	p.search.done = true
	if !p.options.KeepGoing {
		p.err = ErrPaymentCard
	}
	return p.options.KeepGoing
}

// fail deals with a block that cannot be cut: what was read of it belongs to the chunk at hand, where Resume
// meets the same fault; what follows is kept as it comes.
func (p *pass) fail(b layout.Block, err error) bool {
	var e *fault.Error
	if !errors.As(err, &e) {
		p.err = err
		return false
	}
	e.File = p.options.File
	if e.Code == fault.ReadFailed {
		p.err = e
		return false
	}
	p.result.Fault = e
	p.broken = true
	p.piece.rest = false
	if b.Bytes == nil { // there is no block: all that was read is as good as one
		b = layout.Block{Bytes: p.held.unreleased(), Offset: p.piece.offset, Line: p.line}
	}
	if !p.examine(b) {
		return false
	}
	p.search.begin(b.Bytes)
	p.held.release(p.held.read)
	return true
}

// advanceRest reads some bytes after a fault.
func (p *pass) advanceRest() bool {
	if cap(p.buf) < p.block {
		p.buf = make([]byte, p.block)
	}
	n, err := io.ReadFull(p.held, p.buf[:p.block])
	p.ended = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !p.ended {
		p.err = &fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: p.options.File}, Err: err}
		return false
	}
	if !p.goOn(p.search.rest(p.buf[:n], p.line-1, p.ended)) {
		return false
	}
	p.held.release(p.held.read)
	return n > 0
}

// held hashes and counts what is read of the source, and holds it until its piece is known. Its bytes are
// those of the file, with what a Cutter leaves out of its blocks: byte order mark and end-of-file mark.
type held struct {
	src   io.Reader
	sum   hash.Hash
	read  int64 // bytes of the file so far
	bytes []byte
	ready int // the first of bytes that are the piece's
	taken int // the first of those that were taken already
}

// Read implements io.Reader.
func (h *held) Read(b []byte) (int, error) {
	n, err := h.src.Read(b)
	h.sum.Write(b[:n])
	h.bytes = append(h.bytes, b[:n]...)
	h.read += int64(n)
	return n, err
}

// next forgets the piece at hand and gives the offset of the next one.
func (h *held) next() int64 {
	h.bytes = append(h.bytes[:0], h.bytes[h.ready:]...)
	h.ready, h.taken = 0, 0
	return h.read - int64(len(h.bytes))
}

// release makes the bytes up to an offset of the file those of the piece.
func (h *held) release(offset int64) { h.ready = len(h.bytes) - int(h.read-offset) }

// unreleased are the bytes behind the piece's.
func (h *held) unreleased() []byte { return h.bytes[h.ready:] }

// take gives the bytes of the piece that were not taken yet, n at most.
func (h *held) take(n int) []byte {
	b := h.bytes[h.taken:min(h.taken+n, h.ready)]
	h.taken += len(b)
	return b
}

func (h *held) drop() { h.taken = h.ready }

// body reads the chunk at hand.
type body struct{ pass *pass }

// Read implements io.Reader.
func (b *body) Read(into []byte) (int, error) {
	if len(into) == 0 {
		return 0, nil
	}
	for {
		if n := copy(into, b.pass.held.take(len(into))); n > 0 {
			return n, nil
		}
		if !b.pass.more() {
			return 0, b.end()
		}
	}
}

// WriteTo implements io.WriterTo: piece by piece, without a buffer between.
func (b *body) WriteTo(w io.Writer) (written int64, err error) {
	for {
		n, err := w.Write(b.pass.held.take(b.pass.held.ready))
		written += int64(n)
		if err != nil {
			return written, err
		}
		if !b.pass.more() {
			if err = b.end(); errors.Is(err, io.EOF) {
				err = nil
			}
			return written, err
		}
	}
}

func (b *body) end() error {
	if b.pass.err != nil {
		return b.pass.err
	}
	return io.EOF
}
