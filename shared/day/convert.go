package day

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"

	"multipoint/shared/convert"
	"multipoint/shared/digest"
	"multipoint/shared/fault"
	"multipoint/shared/intake/cut"
	"multipoint/shared/layout"
	"multipoint/shared/packed"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
	"multipoint/shared/spool"
)

// Sections of a convert part: one for each bucket, then what check reads.
const (
	sectionBad   = rating.Buckets + iota // rows of bad lines, for people
	sectionParts                         // what each block became
	sectionLines                         // canonical forms of bad lines
	convertSections
)

// unit is a chunk of a file.
type unit struct{ ordinal, chunk int }

// convertTasks cuts the files of a run into tasks: chunks one by one, small ones together.
func (w *work) convertTasks() [][]unit {
	limit := w.pins.TaskBytes
	var tasks [][]unit
	var bytes int64
	for i := range w.pins.Files {
		f := &w.pins.Files[i]
		if f.Duplicate {
			continue
		}
		for c := range f.Chunks {
			if len(tasks) == 0 || bytes+f.Chunks[c].Length > limit {
				tasks, bytes = append(tasks, nil), 0
			}
			tasks[len(tasks)-1] = append(tasks[len(tasks)-1], unit{i + 1, c})
			bytes += f.Chunks[c].Length
		}
	}
	return tasks
}

func (s *Service) chunkSize() int64 {
	if s.Options.ChunkSize > 0 {
		return s.Options.ChunkSize
	}
	return 16 << 20
}

const stepConvert = "convert"

// Convert turns the chunks of one task into records of the common layout, spread over the buckets.
func (s *Service) Convert(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepConvert)
	if err != nil || done {
		return err
	}
	return w.convertTask(ctx, st.Task)
}

func (w *work) convertTask(ctx context.Context, i int) error {
	tasks := w.convertTasks()
	if err := task(i, len(tasks)); err != nil {
		return err
	}
	key := w.path(stepConvert, taskName(i))
	_, err := w.create(ctx, key, w.pins.RunDate, convertSections, func(out *seal.SectionWriter) error {
		return w.convert(ctx, tasks[i], out)
	})
	return err
}

// convert writes the part of one task.
func (w *work) convert(ctx context.Context, units []unit, out *seal.SectionWriter) (err error) {
	store := spool.NewPartitions(convertSections, w.memory(), w.Options.TempDir)
	defer func() {
		if e := store.Close(); err == nil {
			err = e
		}
	}()
	sink := &convertSink{w: w, out: store.Appender()}
	for _, u := range units {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.convertChunk(ctx, u, sink); err != nil {
			return err
		}
	}
	if err := sink.out.Flush(); err != nil {
		return err
	}
	var buf []byte
	for i := range convertSections {
		if buf, err = store.Read(i, buf); err != nil {
			return err
		}
		if err := out.Append(buf); err != nil {
			return err
		}
		store.Free(i)
	}
	return nil
}

// convertChunk converts one chunk; what check needs of it follows in frames of ordinal, chunk, bytes.
func (w *work) convertChunk(ctx context.Context, u unit, sink *convertSink) error {
	sink.ordinal, sink.rows, sink.lines = u.ordinal, sink.rows[:0], sink.lines[:0]
	c := &w.pins.Files[u.ordinal-1].Chunks[u.chunk]
	body, err := w.readPart(ctx, c.Key)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // it was only read
	reading := w.engine.Feed(u.ordinal).Reading()
	blocks := cut.Resume(body, reading, c.Chunk, w.Options.BlockSize)
	var buf []byte
	parts, err := w.engine.Convert(u.ordinal, func() (layout.Block, error) {
		b, err := blocks.Next(buf)
		buf = b.Bytes[:0]
		return b, err
	}, sink)
	var broken *fault.Error
	if err != nil && (!errors.As(err, &broken) || broken.Code >= fault.TextUndecodable) {
		return err
	}
	state := appendStructure(nil, broken)
	for i := range parts {
		b, err := json.Marshal(&parts[i])
		if err != nil {
			return err
		}
		state = appendFrame(state, b)
	}
	for section, b := range map[int][]byte{
		sectionBad: sink.rows, sectionParts: state, sectionLines: sink.lines,
	} {
		head := binary.AppendUvarint(nil, uint64(u.ordinal))
		head = binary.AppendUvarint(head, uint64(u.chunk))
		frame := appendFrame(sink.out.Buffer(section), append(head, b...))
		if err := sink.out.Put(section, frame); err != nil {
			return err
		}
	}
	return nil
}

// appendStructure notes why the structure of a chunk could not be read, if so.
func appendStructure(dst []byte, e *fault.Error) []byte {
	if e == nil {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	dst = binary.AppendUvarint(dst, uint64(e.Code))
	dst = binary.AppendVarint(dst, e.Line)
	dst = binary.AppendVarint(dst, e.Offset)
	dst = append(dst, flag(e.HasOffset))
	dst = appendFrame(dst, []byte(e.Field))
	return appendFrame(dst, []byte(e.What))
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// chunkState is what check reads of a chunk.
type chunkState struct {
	broken *fault.Error
	parts  []convert.Part
}

// readChunkState reads what convertChunk wrote behind ordinal and chunk.
func readChunkState(b []byte) (c chunkState, err error) {
	r := packed.From(b)
	if r.Uvarint() == 1 {
		c.broken = &fault.Error{Code: fault.Code(r.Uvarint())}
		c.broken.Line, c.broken.Offset = r.Varint(), r.Varint()
		c.broken.HasOffset = r.Uvarint() == 1
		c.broken.Field, c.broken.What = string(r.Text()), string(r.Text())
	}
	for len(r.Rest()) > 0 && !r.Bad() {
		var p convert.Part
		if err := json.Unmarshal(r.Text(), &p); err != nil {
			return c, &fault.Error{Code: fault.PartDamaged, Err: err}
		}
		c.parts = append(c.parts, p)
	}
	if r.Bad() {
		return c, fault.New(fault.PartDamaged, "")
	}
	return c, nil
}

// convertSink spreads what a chunk becomes.
type convertSink struct {
	w       *work
	out     *spool.Appender
	ordinal int
	rows    []byte
	lines   []byte
}

// Record implements rating.ConvertSink.
func (s *convertSink) Record(bucket int, record []byte) error {
	return s.out.Put(bucket, append(s.out.Buffer(bucket), record...))
}

// BadLine implements rating.ConvertSink.
func (s *convertSink) BadLine(b *convert.BadLine) error {
	s.rows = s.w.engine.AppendBadLine(s.rows, s.ordinal, b)
	s.lines = digest.AppendBadLine(s.lines, b)
	return nil
}

// readers opens the parts that a step left, one for each task.
func (w *work) readers(ctx context.Context, step string, count int) ([]*seal.Sections, error) {
	out := make([]*seal.Sections, count)
	for i := range out {
		var err error
		if out[i], err = w.openPart(ctx, w.left(step, taskName(i))); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// section reads one section of a part whole.
func section(ctx context.Context, p *seal.Sections, i int) ([]byte, error) {
	r, err := sections(ctx, p, i, i+1)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	b := make([]byte, p.Length(i))
	_, err = io.ReadFull(r, b)
	return b, err
}
