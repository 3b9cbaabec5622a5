package day

import (
	"bytes"
	"context"
	"errors"
	"io"

	"multipoint/shared/convert"
	"multipoint/shared/digest"
	"multipoint/shared/fault"
	"multipoint/shared/packed"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
)

// FileVerdict is what was decided about a file (R3, R4).
type FileVerdict struct {
	Ordinal int    `json:"ordinal"`
	Name    string `json:"name"`
	Feed    string `json:"feed"`
	Bytes   int64  `json:"bytes"`
	// Code and Reason say why the file is refused, 0 and empty if it is accepted; What adds figures and Line
	// the place.
	Code      fault.Code `json:"code,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	What      string     `json:"what,omitempty"`
	Line      int64      `json:"line,omitempty"`
	Structure bool       `json:"structure,omitempty"` // refused before its lines could count (R22)

	Records    int64 `json:"records"`
	LastLine   int64 `json:"last_line"`
	Receipts   int64 `json:"receipts"`
	Bad        int64 `json:"bad"`
	YenSales   int64 `json:"yen_sales"`
	YenReturns int64 `json:"yen_returns"`
	// BadLines is the list of bad lines for people, with their bytes; absent if there are none to show.
	BadLines Part `json:"bad_lines,omitzero"`
}

// Accepted says whether the file's good lines count.
func (f *FileVerdict) Accepted() bool { return f.Code == 0 }

// verdict is the verdict as the engine takes it.
func (f *FileVerdict) verdict() convert.Verdict {
	v := convert.Verdict{
		Structure: f.Structure, Records: f.Records, LastLine: f.LastLine, Receipts: f.Receipts, Bad: f.Bad,
		YenSales: f.YenSales, YenReturns: f.YenReturns,
	}
	if f.Code != 0 {
		v.Refused = &fault.Error{Code: f.Code, What: f.What}
	}
	return v
}

func (f *FileVerdict) set(v *convert.Verdict) {
	f.Structure, f.Records, f.LastLine, f.Receipts = v.Structure, v.Records, v.LastLine, v.Receipts
	f.Bad, f.YenSales, f.YenReturns = v.Bad, v.YenSales, v.YenReturns
	if v.Refused != nil {
		f.Code, f.Reason, f.What = v.Refused.Code, v.Refused.Code.Name(), v.Refused.What
		f.Line = v.Refused.Line
	}
}

// checked is what check leaves for the steps behind it.
type checked struct {
	Files    []FileVerdict `json:"files"`
	FileHash string        `json:"file_hash"` // R20
	Capped   bool          `json:"capped"`    // claims must be allocated
	Parts    []Part        `json:"parts"`     // of convert
}

const stepCheck = "check"

// Check decides about all files, once all of convert's tasks are done.
func (s *Service) Check(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepCheck)
	if err != nil || done {
		return err
	}
	if _, is := w.attempts[stepConvert]; !is {
		if err := s.record(ctx, st.Run, st.Attempt, stepConvert, ""); err != nil {
			return err
		}
	}
	if err := w.checkTask(ctx); err != nil {
		return err
	}
	return s.record(ctx, st.Run, st.Attempt, stepCheck, "")
}

func (w *work) checkTask(ctx context.Context) error {
	out, err := w.check(ctx)
	if err != nil {
		return err
	}
	err = w.createJSON(ctx, w.path(stepCheck, "verdicts.json"), out)
	return err
}

func (w *work) check(ctx context.Context) (*checked, error) {
	tasks := w.convertTasks()
	parts, err := w.readers(ctx, stepConvert, len(tasks))
	if err != nil {
		return nil, err
	}
	out := &checked{Capped: w.engine.Capped()}
	for i, p := range parts {
		part, err := partOf(p.Info())
		if err != nil {
			return nil, err
		}
		part.Key = w.left(stepConvert, taskName(i))
		out.Parts = append(out.Parts, part)
	}
	states, err := w.gather(ctx, parts, sectionParts)
	if err != nil {
		return nil, err
	}
	lines, err := w.gather(ctx, parts, sectionLines)
	if err != nil {
		return nil, err
	}
	rows, err := w.gather(ctx, parts, sectionBad)
	if err != nil {
		return nil, err
	}
	hash := digest.NewFiles()
	for i := range w.pins.Files {
		f := FileVerdict{
			Ordinal: i + 1, Name: w.pins.Files[i].Name, Feed: w.pins.Files[i].Feed,
			Bytes: w.pins.Files[i].Bytes,
		}
		v, err := w.verdict(i+1, states[i])
		if err != nil {
			return nil, err
		}
		f.set(&v)
		hash.File(i+1, &v)
		if !v.Structure {
			hash.Lines(bytes.Join(lines[i], nil))
			if f.BadLines, err = w.writeBadLines(ctx, i+1, rows[i]); err != nil {
				return nil, err
			}
		}
		out.Files = append(out.Files, f)
	}
	sum := hash.Sum()
	out.FileHash = hexOf(sum[:])
	return out, nil
}

// verdict decides about one file from what its chunks came to.
func (w *work) verdict(ordinal int, chunks [][]byte) (convert.Verdict, error) {
	f := &w.pins.Files[ordinal-1]
	if f.Duplicate {
		return convert.Verdict{Refused: fault.New(fault.FileDuplicate, ""), Structure: true}, nil
	}
	var parts []convert.Part
	for _, b := range chunks {
		c, err := readChunkState(b)
		if err != nil {
			return convert.Verdict{}, err
		}
		if c.broken != nil {
			return convert.Verdict{Refused: c.broken, Structure: true}, nil //nolint:nilerr // a verdict
		}
		parts = append(parts, c.parts...)
	}
	return w.engine.Check(ordinal, parts), nil
}

// gather reads one section of all convert parts and gives what each chunk left in it, by file and chunk.
func (w *work) gather(ctx context.Context, parts []*seal.Sections, index int) ([][][]byte, error) {
	out := w.ofChunks()
	for _, p := range parts {
		b, err := section(ctx, p, index)
		if err != nil {
			return nil, err
		}
		if err := out.place(b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ofChunks is what each chunk left, by file and chunk.
type ofChunks [][][]byte

func (w *work) ofChunks() ofChunks {
	out := make(ofChunks, len(w.pins.Files))
	for i := range out {
		out[i] = make([][]byte, len(w.pins.Files[i].Chunks))
	}
	return out
}

// place puts the frames of ordinal, chunk, bytes that convertChunk wrote where they belong.
func (c ofChunks) place(b []byte) error {
	for r := packed.From(b); len(r.Rest()) > 0; {
		frame := packed.From(r.Text())
		ordinal, chunk := int(frame.Uvarint())-1, int(frame.Uvarint())
		known := uint(ordinal) < uint(len(c)) && uint(chunk) < uint(len(c[ordinal]))
		if r.Bad() || frame.Bad() || !known {
			return fault.New(fault.PartDamaged, "")
		}
		c[ordinal][chunk] = frame.Rest()
	}
	return nil
}

// writeBadLines keeps the list of a file's bad lines for people.
func (w *work) writeBadLines(ctx context.Context, ordinal int, rows [][]byte) (Part, error) {
	all := bytes.Join(rows, nil)
	if len(all) == 0 {
		return Part{}, nil
	}
	key := w.path(stepCheck, "bad-"+taskName(ordinal)+".csv")
	return w.create(ctx, key, w.pins.RunDate, 1, func(out *seal.SectionWriter) error {
		return out.Append(append([]byte(rating.BadLinesHeader), all...))
	})
}

// checked reads what check left.
func (w *work) checked(ctx context.Context) (*checked, error) {
	c := &checked{}
	return c, w.readJSON(ctx, w.left(stepCheck, "verdicts.json"), c)
}

// refused says by ordinal which files' lines do not count.
func (c *checked) refused() []bool {
	out := []bool{false}
	for i := range c.Files {
		out = append(out, !c.Files[i].Accepted())
	}
	return out
}

// bucketReader reads the records of a group's buckets, one bucket after the other, from all convert parts.
type bucketReader struct {
	parts   []*seal.Sections
	streams []io.ReadCloser
	data    []byte
}

// openBuckets begins to read the buckets from from to to-1.
func (w *work) openBuckets(ctx context.Context, from, to int) (*bucketReader, error) {
	parts, err := w.readers(ctx, stepConvert, len(w.convertTasks()))
	if err != nil {
		return nil, err
	}
	r := &bucketReader{parts: parts}
	for _, p := range parts {
		stream, err := sections(ctx, p, from, to)
		if err != nil {
			r.close()
			return nil, err
		}
		r.streams = append(r.streams, stream)
	}
	return r, nil
}

// read gives the records of the next bucket, valid until the next call.
func (r *bucketReader) read(bucket int) ([]byte, error) {
	r.data = r.data[:0]
	for i, p := range r.parts {
		var err error
		if r.data, err = appendFrom(r.data, r.streams[i], p.Length(bucket)); err != nil {
			return nil, err
		}
	}
	return r.data, nil
}

func (r *bucketReader) close() {
	for _, s := range r.streams {
		_ = s.Close() // it was only read
	}
}

// appendFrom appends the next n bytes of a stream.
func appendFrom(dst []byte, r io.Reader, n int64) ([]byte, error) {
	at := len(dst)
	for int64(cap(dst)-at) < n {
		dst = append(dst[:cap(dst)], 0)
	}
	dst = dst[:at+int(n)]
	_, err := io.ReadFull(r, dst[at:])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.New(fault.PartDamaged, "")
	}
	return dst, err
}
