package rating

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"sync"

	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/member"
	"multipoint/shared/transaction"
)

// ConvertFile turns the only file of the job into the common layout, without rating anything: good receipts
// go to good as CSV with its title row, the faults of bad ones to bad with theirs (BadLinesHeader), both in
// the order of the file and while it is being read. So the verdict, which may refuse the file (R4), is only
// known after the last row was written; of a refused file no row may be used. Duplicate is not looked at.
//
// Errors: those of convert.Compile and card.Compile, feed.unknown, read.failed, write.failed or what the
// writers give. A refused file is no error, it is in the result.
func ConvertFile(job *Job, good, bad io.Writer) (FileResult, error) {
	res := FileResult{Name: job.Files[0].Name, Feed: job.Files[0].Feed}
	s, err := prepareSingle(job, good, bad)
	if err != nil {
		return res, err
	}
	src, err := job.Files[0].Open()
	if err != nil {
		return res, readFailed(res.Name, err)
	}
	defer func() { _ = src.Close() }()
	sum := &digest{h: sha256.New()}
	read := io.TeeReader(src, sum)
	parts, err := s.run(read)
	var e *fault.Error
	switch {
	case err == nil:
		res.Verdict = s.info.feed.Check(res.Name, parts)
	case s.wrote || !errors.As(err, &e) || e.Code >= fault.TextUndecodable:
		return res, err
	default: // of the structure: the rest is read for its hash only
		if _, err := io.Copy(io.Discard, read); err != nil {
			return res, readFailed(res.Name, err)
		}
		e.File = res.Name
		res.Verdict = convert.Verdict{Refused: e, Structure: true}
	}
	sum.h.Sum(res.SHA256[:0])
	res.Bytes = sum.n
	return res, nil
}

func readFailed(name string, err error) error {
	if fault.CodeOf(err) != 0 {
		return err
	}
	return &fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: name}, Err: err}
}

// single is the conversion of one file into rows.
type single struct {
	p         *prepared
	info      *feedInfo
	good, bad io.Writer
	wrote     bool // the error comes from a writer
	blocks    sync.Pool
	texts     sync.Pool
}

func prepareSingle(job *Job, good, bad io.Writer) (*single, error) {
	one := *job
	one.Files = one.Files[:1]
	p := &prepared{
		Job: &one, members: job.Members, threads: job.Options.Threads, block: job.Options.BlockSize,
	}
	if p.threads <= 0 {
		p.threads = 2
	}
	if p.members == nil {
		p.members = &member.Snapshot{}
	}
	for i := range job.Set.Providers {
		p.codes = append(p.codes, job.Set.Providers[i].Code)
	}
	if err := p.compileFeeds(); err != nil {
		return nil, err
	}
	return &single{p: p, info: p.feeds[1], good: good, bad: bad}, nil
}

// rowBlock is a block of the file on its way through a worker.
type rowBlock struct {
	block layout.Block
	done  chan rows
}

// rows is what a block became.
type rows struct {
	part      convert.Part
	good, bad []byte
	read      int64
}

// run converts the blocks beside each other and writes their rows in the order of the file.
func (s *single) run(src io.Reader) (parts []convert.Part, err error) {
	if err := s.write(s.good, []byte(transaction.CSVHeader)); err != nil {
		return nil, err
	}
	if err := s.write(s.bad, []byte(BadLinesHeader)); err != nil {
		return nil, err
	}
	work := make(chan rowBlock, s.p.threads)
	order := make(chan chan rows, 2*s.p.threads)
	stop := make(chan struct{})
	var cutErr error
	go func() {
		defer close(order)
		defer close(work)
		cutErr = s.cut(src, work, order, stop)
	}()
	for range s.p.threads {
		go s.worker(work)
	}
	for done := range order {
		r := <-done
		if err != nil {
			continue
		}
		if err = s.take(&r); err != nil {
			close(stop)
		}
		parts = append(parts, r.part)
	}
	if err == nil {
		err = cutErr
	}
	return parts, err
}

// cut hands the blocks of the file out in their order.
func (s *single) cut(
	src io.Reader, work chan<- rowBlock, order chan<- chan rows, stop <-chan struct{},
) error {
	cutter := s.info.feed.Reading().Cut(src, s.p.block)
	for {
		buf, _ := s.blocks.Get().([]byte)
		block, err := cutter.Next(buf)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case block.Index == 0 && block.Last && block.Offset == 0 && len(block.Bytes) == 0:
			return fault.New(fault.FileEmpty, "")
		}
		b := rowBlock{block, make(chan rows, 1)}
		select {
		case <-stop:
			return nil
		case order <- b.done:
			work <- b
		}
	}
}

func (s *single) worker(work <-chan rowBlock) {
	sink := &rowSink{rows: transaction.NewRows(&s.info.names), format: newErrorFormat(s.info)}
	w := s.info.feed.NewWorker(convert.File{
		Ordinal: 1, Name: s.p.Files[0].Name, RunDate: s.p.RunDate,
	}, sink)
	for b := range work {
		sink.good, _ = s.texts.Get().([]byte)
		r := rows{part: w.Block(b.block), good: sink.good, read: int64(len(b.block.Bytes))}
		if sink.bad.Len() > 0 {
			r.bad = bytes.Clone(sink.bad.Bytes())
			sink.bad.Reset()
		}
		s.blocks.Put(b.block.Bytes[:0]) //nolint:staticcheck // a slice header is small beside its block
		b.done <- r
	}
}

// take writes the rows of a block.
func (s *single) take(r *rows) error {
	if err := s.write(s.good, r.good); err != nil {
		return err
	}
	s.texts.Put(r.good[:0]) //nolint:staticcheck // a slice header is small beside its rows
	if err := s.write(s.bad, r.bad); err != nil {
		return err
	}
	if s.p.Options.Progress != nil {
		s.p.Options.Progress(r.read)
	}
	return nil
}

func (s *single) write(w io.Writer, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_, err := w.Write(b)
	s.wrote = err != nil
	return wrote(err, "")
}

// rowSink turns receipts into rows.
type rowSink struct {
	rows   *transaction.Rows
	good   []byte
	bad    bytes.Buffer
	format *errorFormat
}

// Good implements convert.Sink.
func (s *rowSink) Good(t *transaction.Transaction) { s.good = s.rows.Append(s.good, t) }

// Bad implements convert.Sink.
func (s *rowSink) Bad(b *convert.BadLine) { s.format.badLine(&s.bad, b) }
