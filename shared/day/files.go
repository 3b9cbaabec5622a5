package day

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"multipoint/shared/outlet"
	"multipoint/shared/packed"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
)

const stepFiles = "files"

// hexOf writes bytes in hex.
func hexOf(b []byte) string { return hex.EncodeToString(b) }

// fileTasks is how many tasks the step has: one for each outlet, and one for the lists of rating errors.
func (w *work) fileTasks() int { return len(w.engine.Ways()) + 1 }

// Files writes the file of one outlet, or what waits for it; the last task writes the lists of rating errors.
func (s *Service) Files(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepFiles)
	if err != nil || done {
		return err
	}
	if _, is := w.attempts[stepGrant]; !is {
		if err := s.record(ctx, st.Run, st.Attempt, stepGrant, ""); err != nil {
			return err
		}
	}
	return w.filesTask(ctx, st.Task)
}

func (w *work) filesTask(ctx context.Context, i int) error {
	if err := task(i, w.fileTasks()); err != nil {
		return err
	}
	parts, err := w.openGrants(ctx)
	if err != nil {
		return err
	}
	ways := w.engine.Ways()
	if i == len(ways) {
		return w.writeErrors(ctx, parts)
	}
	f := &outletTask{w: w, index: i, way: ways[i]}
	out, err := f.run(ctx, parts)
	if err != nil {
		return err
	}
	err = w.createJSON(ctx, w.path(stepFiles, f.way.Code+".json"), out)
	return err
}

// outletTask is one outlet's way out.
type outletTask struct {
	w     *work
	index int
	way   rating.Way
}

func (f *outletTask) run(ctx context.Context, parts []grantReader) (*ProviderFile, error) {
	in, err := f.w.openEntries(ctx, parts, f.index, f.way.Code)
	if err != nil {
		return nil, err
	}
	defer in.close()
	out := &ProviderFile{
		Outlet: f.way.Code, Provider: f.way.Provider, Run: f.w.pins.Run, RunDate: f.w.pins.RunDate,
	}
	if !f.way.Open {
		return out, f.carry(ctx, in, out)
	}
	return out, f.write(ctx, in, out)
}

// carry keeps the entries for the outlet's next file.
func (f *outletTask) carry(ctx context.Context, in *entryReader, out *ProviderFile) (err error) {
	out.Carried = true
	hash := newPlaceHash()
	key := f.w.path(stepFiles, f.way.Code+".waiting")
	out.Part, err = f.w.create(ctx, key, f.w.pins.RunDate, 1, func(to *seal.SectionWriter) error {
		section := to.Section(0)
		var e outlet.Entry
		var buf []byte
		for {
			ok, err := in.next(&e)
			if err != nil || !ok {
				return err
			}
			out.Entries++
			out.Points += e.Points
			hash.add(&e)
			buf = e.AppendBinary(buf[:0])
			if err := writeFrame(section, buf); err != nil {
				return err
			}
		}
	})
	out.CarriedSHA256 = hash.sum()
	return err
}

// write writes the provider's file, and beside it which entries left under which sequence number.
func (f *outletTask) write(ctx context.Context, in *entryReader, out *ProviderFile) error {
	base := f.w.path(stepFiles, f.way.Code)
	date := f.w.pins.RunDate
	var sum outlet.Summary
	var inner error
	var err error
	out.Links, err = f.w.create(ctx, base+".links", date, 1, func(to *seal.SectionWriter) error {
		links := &linkWriter{out: to.Section(0)}
		out.Part, inner = f.w.create(ctx, base+".file", date, 1, func(to *seal.SectionWriter) error {
			var err error
			sum, err = f.w.engine.File(f.index, to.Section(0), in.next, links.left)
			return err
		})
		return inner
	})
	if inner != nil {
		return inner
	}
	if err != nil {
		return err
	}
	out.Records, out.Entries, out.Points = sum.Records, sum.Entries, sum.Plus+sum.Minus
	out.SHA256, out.Bytes = hexOf(sum.SHA256[:]), sum.Bytes
	if sum.Send {
		out.FileNo, out.Name = f.way.FileNo, f.way.Name
	}
	return nil
}

// linkWriter writes frames of sequence number, run, file, line, order and key of the transaction.
type linkWriter struct {
	out io.Writer
	buf []byte
}

func (l *linkWriter) left(sequence int64, at outlet.Place) error {
	b := binary.AppendUvarint(l.buf[:0], uint64(sequence))
	b = binary.AppendUvarint(b, uint64(at.Run))
	b = binary.AppendUvarint(b, uint64(at.File))
	b = binary.AppendUvarint(b, uint64(at.Line))
	b = binary.AppendUvarint(b, uint64(at.Order))
	b = append(b, at.Key[:]...)
	l.buf = b
	return writeFrame(l.out, b)
}

// readLink reads what left wrote; false if it is damaged.
func readLink(b []byte) (sequence int64, at outlet.Place, ok bool) {
	r := packed.From(b)
	sequence = int64(r.Uvarint())
	at = outlet.Place{
		Run: int64(r.Uvarint()), File: int32(r.Uvarint()), Line: int64(r.Uvarint()),
		Order: int32(r.Uvarint()),
	}
	copy(at.Key[:], r.Take(len(at.Key)))
	return sequence, at, !r.Bad()
}

// placeHash hashes entries that wait: places, types and points, no numbers (R20).
type placeHash struct {
	h   hash.Hash
	buf []byte
}

func newPlaceHash() *placeHash { return &placeHash{h: sha256.New()} }

func (p *placeHash) add(e *outlet.Entry) {
	p.buf = p.buf[:0]
	for _, v := range [...]int64{e.Run, int64(e.File), e.Line, int64(e.Order), e.Points} {
		p.buf = binary.BigEndian.AppendUint64(p.buf, uint64(v))
	}
	p.buf = binary.BigEndian.AppendUint32(p.buf, uint32(len(e.PointType)))
	p.h.Write(append(p.buf, e.PointType...))
}

func (p *placeHash) sum() string { return hexOf(p.h.Sum(nil)) }

// entryReader gives the entries of an outlet in the order of R21: first those that waited.
type entryReader struct {
	carried *frames // nil once they are all read
	today   *merger
	rest    []byte // of today's piece
}

func (w *work) openEntries(
	ctx context.Context, parts []grantReader, index int, code string,
) (*entryReader, error) {
	r := &entryReader{}
	for _, c := range w.pins.Carried {
		if c.Outlet != code {
			continue
		}
		stream, err := w.readPart(ctx, c.Key)
		if err != nil {
			return nil, err
		}
		r.carried = newFrames(stream)
	}
	if parts == nil { // an adjustment has none
		return r, nil
	}
	var err error
	r.today, err = openPieces(ctx, parts, grantOutlets+index)
	return r, err
}

// next implements outlet.Source.
func (r *entryReader) next(e *outlet.Entry) (bool, error) {
	if r.carried != nil {
		record, err := r.carried.next()
		if err == nil {
			_, err = e.DecodeBinary(record)
			return err == nil, err
		}
		if !errors.Is(err, io.EOF) {
			return false, err
		}
		_ = r.carried.close.Close() // it was only read
		r.carried = nil
	}
	if len(r.rest) == 0 && r.today == nil {
		return false, nil
	}
	if len(r.rest) == 0 {
		record, err := r.today.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		r.rest = record[pieceKey:]
	}
	var err error
	r.rest, err = e.DecodeBinary(r.rest)
	return err == nil, err
}

func (r *entryReader) close() {
	if r.carried != nil {
		_ = r.carried.close.Close() // it was only read
	}
	if r.today != nil {
		r.today.close()
	}
}

// writeErrors keeps the lists of rating errors and warnings of each file for people.
func (w *work) writeErrors(ctx context.Context, parts []grantReader) error {
	rows, err := openPieces(ctx, parts, grantErrors)
	if err != nil {
		return err
	}
	defer rows.close()
	file, list := uint32(0), []byte(nil)
	end := func() error {
		if file == 0 {
			return nil
		}
		key := w.path(stepFiles, "errors-"+taskName(int(file))+".csv")
		_, err := w.create(ctx, key, w.pins.RunDate, 1, func(out *seal.SectionWriter) error {
			return out.Append(list)
		})
		return err
	}
	for {
		record, err := rows.next()
		if errors.Is(err, io.EOF) {
			return end()
		}
		if err != nil {
			return err
		}
		if f := binary.BigEndian.Uint32(record); f != file {
			if err := end(); err != nil {
				return err
			}
			file, list = f, append(list[:0], rating.RatingErrorsHeader...)
		}
		list = append(list, record[pieceKey:]...)
	}
}
