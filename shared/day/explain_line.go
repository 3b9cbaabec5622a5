package day

import (
	"bytes"
	"context"
	"errors"
	"io"

	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/transaction"
)

// inputLine is a line as it was read again.
type inputLine struct {
	line, offset int64
	raw          []byte
	control      bool                     // a title, header or trailer
	tx           *transaction.Transaction // nil if the line is bad
	faults       []convert.LineFault
	cards        [][]byte // digits of its card columns
	unreadable   bool     // its columns could not be told apart
}

// explainBlock is the size in bytes of the blocks that are cut to find a line.
const explainBlock = 64 << 10

// readLine reads a line from its held chunk and converts it alone. Errors: run.unknown if the file has no
// such line; part.shredded.
func (e *explainer) readLine(ctx context.Context, r *explainedRun, p *linePlace) (*inputLine, error) {
	f := &r.pins.Files[p.ordinal-1]
	var chunk *Chunk
	for i := range f.Chunks {
		if c := &f.Chunks[i]; c.Line <= p.line && !c.Rest {
			chunk = c
		}
	}
	if chunk == nil {
		return nil, fault.New(fault.RunUnknown, f.Name+" has no such line.")
	}
	body, err := e.readPart(ctx, chunk.Key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // it was only read
	at := layout.Stretch{
		Block: chunk.Block, Offset: chunk.Offset, Line: chunk.Line, Last: chunk.Last,
	}
	size := explainBlock
	if p.offset > chunk.Offset { // straight to where a transaction begins
		if _, err := io.CopyN(io.Discard, body, p.offset-chunk.Offset); err != nil {
			return nil, partFault(chunk.Key, err)
		}
		at.Block, at.Offset, at.Line, size = chunk.Block+1, p.offset, p.line, 4<<10
	}
	reading := r.engine.Feed(p.ordinal).Reading()
	block, err := blockOf(reading.Resume(body, size, at), p.line)
	if err != nil {
		return nil, partFault(chunk.Key, err)
	}
	if block == nil {
		return nil, fault.New(fault.RunUnknown, f.Name+" has no such line.")
	}
	return r.lineIn(reading, block, p), nil
}

// blockOf gives the block that a line stands in, nil if there is none. A fault of the file's structure ends
// it there.
func blockOf(c *layout.Cutter, line int64) (*layout.Block, error) {
	var last *layout.Block
	for {
		b, err := c.Next(nil)
		var broken *fault.Error
		switch {
		case errors.Is(err, io.EOF), errors.As(err, &broken) && broken.Code != fault.ReadFailed:
			return last, nil
		case err != nil:
			return nil, err
		case b.Line > line:
			return last, nil
		}
		last = &b
	}
}

// lineIn converts the transaction of a block that a line belongs to.
func (r *explainedRun) lineIn(reading *layout.Reading, b *layout.Block, p *linePlace) *inputLine {
	s := &lineSink{target: p.line}
	feed := r.engine.Feed(p.ordinal)
	w := feed.NewWorker(convert.File{
		Ordinal: int32(p.ordinal), Name: r.pins.Files[p.ordinal-1].Name, RunDate: r.pins.RunDate,
	}, s)
	w.Block(*b)
	out := &inputLine{line: p.line, control: true}
	from, to := int64(-1), int64(-1)
	cards := reading.Source("card")
	scan := reading.Scan(*b)
	var rec layout.ReadRecord
	for scan.Next(&rec) {
		isControl := rec.Kind != layout.RecordReceipt && rec.Kind != layout.RecordItem &&
			rec.Kind != layout.RecordUnknown
		mine := s.found && rec.Line >= s.first && (s.next == 0 || rec.Line < s.next)
		switch {
		case isControl && rec.Line == p.line:
			out.offset, out.raw = rec.Offset, bytes.Clone(rec.Raw)
			return out
		case isControl && s.found && rec.Line > s.first: // ends the transaction
			s.next = rec.Line
		case mine && !isControl:
			if from < 0 {
				from = rec.Offset
			}
			to = rec.Offset + int64(len(rec.Raw))
			out.addCard(&rec, cards)
			out.control = false
		}
	}
	if from < 0 {
		return out
	}
	out.line, out.offset = s.first, from
	out.raw = bytes.Clone(b.Bytes[from-b.Offset : to-b.Offset])
	if out.faults = s.faults; len(s.faults) == 0 {
		out.tx = &s.tx
		_ = out.tx.SetKeys(feed.Keys(), nil)
	}
	return out
}

// addCard notes the digits of a record's card column.
func (l *inputLine) addCard(rec *layout.ReadRecord, cards layout.Source) {
	if rec.Fault != 0 || rec.Kind == layout.RecordUnknown {
		l.unreadable = true
		return
	}
	if !rec.Has(cards) {
		return
	}
	text, code := rec.Text(cards)
	if code != 0 {
		l.unreadable = true
		return
	}
	digits := digitsOf(string(text))
	if len(digits) > 0 {
		l.cards = append(l.cards, digits)
	}
}

// lineSink keeps the transaction that a line belongs to: the last one that begins at it or before.
type lineSink struct {
	target      int64
	found       bool
	first, next int64 // lines of the transaction and of the one behind it, 0 = none
	tx          transaction.Transaction
	faults      []convert.LineFault
	kept        []byte
}

// Good implements convert.Sink.
func (s *lineSink) Good(t *transaction.Transaction) {
	if !s.take(t.Line) {
		return
	}
	s.kept = t.AppendBinary(nil)
	_, _ = s.tx.DecodeBinary(s.kept) // it was written just now
}

// Bad implements convert.Sink.
func (s *lineSink) Bad(b *convert.BadLine) {
	if s.take(b.Line) {
		s.faults = append([]convert.LineFault(nil), b.Faults...)
	}
}

func (s *lineSink) take(line int64) bool {
	if line > s.target {
		if s.next == 0 {
			s.next = line
		}
		return false
	}
	s.found, s.first, s.faults = true, line, nil
	return true
}

// needsMembers says whether a line was only refused because the members were not there.
func (l *inputLine) needsMembers() bool {
	for _, f := range l.faults {
		if f.Code == fault.MemberUnknown || f.Code == fault.MemberNoCard {
			return true
		}
	}
	return false
}

// withMembers makes the run ready once more, with the members that it pinned.
func (e *explainer) withMembers(ctx context.Context, r *explainedRun) error {
	if r.whole {
		return nil
	}
	w, err := e.prepared(ctx, r.run.Run)
	if err != nil {
		return err
	}
	r.engine, r.whole = w.engine, true
	return nil
}

// show puts the line into its explanation.
func (e *explainer) show(x *Explanation, l *inputLine, encoding string) {
	x.Input.Line, x.Input.Offset, x.Input.Length = l.line, l.offset, int64(len(l.raw))
	text := decodeLine(encoding, l.raw)
	if e.q.Reveal {
		x.Input.Raw, x.Input.Text = l.raw, string(text)
		return
	}
	x.Input.Text = maskLine(text, l.cards, l.unreadable)
}
