package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/s2"
	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"
)

const (
	// block is how many bytes are compressed at a time, the size of the buffers it takes.
	block = 64 << 10
	// batch is how many bytes of small writes are hashed and sealed together; record by record takes half as
	// long again.
	batch = 16 << 10
)

// SectionWriter writes the sections of an object, in order; sections that are left out are empty. It is for
// one goroutine, inside the function given to CreateSections. An error of its own is kept and ends the call.
type SectionWriter struct {
	dayKey      *subtle.AESGCMHKDF
	association []byte
	id          []byte
	sealed      *spooled
	proof       proof
	compressor  *s2.Writer // nil without compression

	table   []extent
	current int            // the section that is written, -1 before the first
	begin   int64          // where it begins among the sealed bytes
	batch   []byte         // bytes of it that were not sealed yet
	stream  io.WriteCloser // nil while none of its bytes was sealed
	to      io.Writer      // stream, or the compressor before it
	length  int64          // of the plaintext of all sections
	err     error
}

func newSectionWriter(
	s *Store, dayKey *subtle.AESGCMHKDF, key string, sections int, sealed *spooled,
) *SectionWriter {
	id := make([]byte, idLength)
	rand.Read(id) // never fails: the program ends first
	w := &SectionWriter{
		dayKey: dayKey, association: association(s.retailer, key, id), id: id,
		sealed: sealed, proof: s.newProof(), table: make([]extent, sections), current: -1,
		batch: make([]byte, 0, batch),
	}
	if s.options.Compress {
		w.compressor = s2.NewWriter(nil, s2.WriterConcurrency(1), s2.WriterBlockSize(block))
	}
	return w
}

// Section begins section i, counted from 0, and gives what writes to it until the next one begins. It is an
// error to go back, or behind the last section.
func (w *SectionWriter) Section(i int) io.Writer {
	if w.err == nil && (i <= w.current || i >= len(w.table)) {
		w.err = fmt.Errorf("section %d of %d after section %d", i, len(w.table), w.current)
	}
	w.endSection()
	w.current = i
	return &section{w, i}
}

// Append writes the whole next section, and keeps nothing of it.
func (w *SectionWriter) Append(plaintext []byte) error {
	_, err := w.Section(w.current + 1).Write(plaintext)
	return err
}

// section writes to one section while it is the current one.
type section struct {
	w      *SectionWriter
	number int
}

func (p *section) Write(b []byte) (int, error) {
	w := p.w
	if w.err == nil && p.number != w.current {
		w.err = fmt.Errorf("section %d is written after section %d began", p.number, w.current)
	}
	if w.err != nil {
		return 0, w.err
	}
	if len(w.batch)+len(b) > cap(w.batch) {
		w.flush()
	}
	if len(b) > cap(w.batch) {
		w.seal(b)
	} else {
		w.batch = append(w.batch, b...)
	}
	if w.err != nil {
		return 0, w.err
	}
	return len(b), nil
}

// flush seals what small writes left.
func (w *SectionWriter) flush() {
	w.seal(w.batch)
	w.batch = w.batch[:0]
}

// seal hashes and seals bytes of the current section.
func (w *SectionWriter) seal(b []byte) {
	if w.err != nil || len(b) == 0 {
		return
	}
	if w.stream == nil {
		if w.err = w.beginStream(uint32(w.current)); w.err != nil {
			return
		}
	}
	w.proof.Write(b)
	w.length += int64(len(b))
	w.table[w.current].plain += int64(len(b))
	_, w.err = w.to.Write(b)
}

func (w *SectionWriter) beginStream(number uint32) error {
	w.begin = w.sealed.size
	stream, err := w.dayKey.NewEncryptingWriter(w.sealed, ofSection(w.association, number))
	if err != nil {
		return err
	}
	w.stream, w.to = stream, stream
	if w.compressor != nil {
		w.compressor.Reset(stream)
		w.to = w.compressor
	}
	return nil
}

func (w *SectionWriter) endSection() {
	w.flush()
	if w.stream == nil || w.err != nil {
		return
	}
	if w.compressor != nil {
		w.err = w.compressor.Close()
	}
	w.err = errors.Join(w.err, w.stream.Close())
	w.table[w.current].sealed = w.sealed.size - w.begin
	w.stream, w.to = nil, nil
}

// finish writes what follows the sections.
func (w *SectionWriter) finish() error {
	w.endSection()
	if w.err != nil {
		return w.err
	}
	flags := byte(0)
	if w.compressor != nil {
		flags |= compressed
	}
	begin := w.sealed.size
	stream, err := w.dayKey.NewEncryptingWriter(w.sealed, ofSection(w.association, footerSection))
	if err != nil {
		return err
	}
	_, err = stream.Write(footerOf(flags, w.table))
	err = errors.Join(err, stream.Close())
	if err != nil {
		return err
	}
	footer := int(w.sealed.size - begin)
	_, err = w.sealed.Write(trailerOf(w.id, footer))
	w.current = len(w.table) // nothing can be written any more
	return err
}
