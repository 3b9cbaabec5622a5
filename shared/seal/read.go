package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/s2"
	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"

	"multipoint/shared/object"
)

// tailGuess is how many bytes at the end of an object are read at first: the footer of 256 sections, or a
// whole small object.
const tailGuess = 8 << 10

// Sections are the sections of a sealed object, read in any order. Safe for use by several goroutines.
type Sections struct {
	store  *Store
	key    string
	info   object.Info
	dayKey *subtle.AESGCMHKDF
	id     []byte
	flags  byte
	table  []extent
	starts []int64 // where each section begins, and the footer
	tail   []byte  // the last bytes of the object
}

// Open reads an object's plaintext, all sections one after the other. What is read has been verified; the
// reader gives ErrDamaged, naming key and section, where that fails. Errors: object.ErrAbsent, ErrShredded,
// ErrDamaged, others of the store and of keys.
func (s *Store) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	o, err := s.OpenSections(ctx, key)
	if err != nil {
		return nil, err
	}
	return o.All(ctx)
}

// OpenSections reads where an object's sections are. Errors: as Open.
func (s *Store) OpenSections(ctx context.Context, key string) (*Sections, error) {
	info, err := s.objects.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	o := &Sections{store: s, key: key, info: info}
	day := info.Metadata[MetaDay]
	if day == "" {
		return nil, fmt.Errorf("%s: it has no day: %w", key, ErrDamaged)
	}
	if o.dayKey, err = s.readingKey(ctx, day); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	if err := o.readFooter(ctx); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *Sections) readFooter(ctx context.Context) error {
	var err error
	if o.tail, err = o.readTail(ctx, tailGuess); err != nil {
		return err
	}
	cut := max(0, len(o.tail)-trailerLength)
	id, length, ok := parseTrailer(o.tail[cut:])
	body := o.info.Size - int64(trailerLength) - length
	if !ok || body < 0 || length > 2*maxFooter {
		return o.footerDamaged()
	}
	if whole := length + int64(trailerLength); whole > int64(len(o.tail)) {
		if o.tail, err = o.readTail(ctx, whole); err != nil {
			return err
		}
	}
	cut = len(o.tail) - trailerLength
	sealed := bytes.NewReader(o.tail[cut-int(length) : cut])
	ad := ofSection(association(o.store.retailer, o.key, id), footerSection)
	var footer []byte
	stream, err := o.dayKey.NewDecryptingReader(sealed, ad)
	if err == nil {
		footer, err = io.ReadAll(stream)
	}
	if err != nil {
		return o.footerDamaged()
	}
	if o.flags, o.table, ok = parseFooter(footer, body); !ok {
		return o.footerDamaged()
	}
	o.id = id
	o.starts = make([]int64, len(o.table)+1)
	for i, e := range o.table {
		o.starts[i+1] = o.starts[i] + e.sealed
	}
	return nil
}

// readTail reads the last bytes of the object, at most n.
func (o *Sections) readTail(ctx context.Context, n int64) ([]byte, error) {
	n = min(n, o.info.Size)
	r, err := o.store.objects.Open(ctx, o.key, o.info.Size-n, n)
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(r, b)
	err = errors.Join(err, r.Close())
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, o.footerDamaged()
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", o.key, err)
	}
	return b, nil
}

func (o *Sections) footerDamaged() error {
	return fmt.Errorf("%s: the table of its sections: %w", o.key, ErrDamaged)
}

// Len is the number of sections.
func (o *Sections) Len() int { return len(o.table) }

// Length is the number of bytes of plaintext in section i.
func (o *Sections) Length(i int) int64 { return o.table[i].plain }

// Info describes the object, Size being that of the sealed bytes.
func (o *Sections) Info() object.Info { return o.info }

// Section reads section i, counted from 0 and below Len, by one request that fetches nothing else. Errors:
// ErrDamaged, those of the store; also while reading.
func (o *Sections) Section(ctx context.Context, i int) (io.ReadCloser, error) {
	return o.read(ctx, i, i+1)
}

// Range reads the sections from one up to, and without, another, one after the other, by one request. Errors:
// as Section.
func (o *Sections) Range(ctx context.Context, from, to int) (io.ReadCloser, error) {
	return o.read(ctx, from, to)
}

// All reads all sections, one after the other. Errors: as Section.
func (o *Sections) All(ctx context.Context) (io.ReadCloser, error) {
	return o.read(ctx, 0, len(o.table))
}

// read reads the sections from one up to, and without, another.
func (o *Sections) read(ctx context.Context, from, to int) (io.ReadCloser, error) {
	body, err := o.body(ctx, o.starts[from], o.starts[to])
	if err != nil {
		return nil, err
	}
	return &reader{
		o: o, number: from - 1, last: to - 1, body: body,
		source:      source{r: body},
		association: association(o.store.retailer, o.key, o.id),
	}, nil
}

// body gives sealed bytes from begin to end, of those at hand if they are.
func (o *Sections) body(ctx context.Context, begin, end int64) (io.ReadCloser, error) {
	tail := o.info.Size - int64(len(o.tail))
	switch {
	case begin == end:
		return io.NopCloser(bytes.NewReader(nil)), nil
	case begin >= tail:
		return io.NopCloser(bytes.NewReader(o.tail[begin-tail : end-tail])), nil
	}
	return o.store.objects.Open(ctx, o.key, begin, end-begin)
}

// reader decrypts sections one after the other.
type reader struct {
	o           *Sections
	body        io.Closer
	source      source
	association []byte
	number      int // the section that is read
	last        int
	plain       io.Reader // of the section; nil before its first byte and behind its last
	left        int64     // bytes of plaintext of the section
	expand      *s2.Reader
	err         error
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for r.err == nil && len(p) > 0 {
		if r.plain == nil {
			r.err = r.next()
			continue
		}
		n, err := r.plain.Read(p)
		r.left -= int64(n)
		switch {
		case r.left < 0, err != nil && (err != io.EOF || r.left > 0):
			r.err = r.failure()
		case err != nil:
			r.plain = nil
		}
		if n > 0 && r.err == nil {
			return n, nil
		}
	}
	return 0, r.err
}

// next begins the next section that has bytes; io.EOF behind the last.
func (r *reader) next() error {
	for r.number++; r.number <= r.last; r.number++ {
		e := r.o.table[r.number]
		if e.sealed == 0 {
			continue
		}
		r.source.left, r.left = e.sealed, e.plain
		plain, err := r.o.dayKey.NewDecryptingReader(&r.source, ofSection(r.association, uint32(r.number)))
		if err != nil {
			return r.failure()
		}
		r.plain = plain
		if r.o.flags&compressed != 0 {
			if r.expand == nil {
				r.expand = s2.NewReader(nil, s2.ReaderMaxBlockSize(block))
			}
			r.expand.Reset(plain)
			r.plain = r.expand
		}
		return nil
	}
	return io.EOF
}

// failure tells bytes that did not come from bytes that are not what was sealed.
func (r *reader) failure() error {
	if r.source.err != nil {
		return fmt.Errorf("%s section %d cannot be read: %w", r.o.key, r.number, r.source.err)
	}
	return fmt.Errorf("%s section %d: %w", r.o.key, r.number, ErrDamaged)
}

// Close implements io.Closer.
func (r *reader) Close() error {
	if r.err == nil {
		r.err = errors.New("read after close")
	}
	return r.body.Close()
}

// source gives the sealed bytes of one section and keeps the error of the store.
type source struct {
	r    io.Reader
	left int64
	err  error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
