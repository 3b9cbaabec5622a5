package rating

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"sync"

	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/spool"
	"multipoint/shared/transaction"
)

// FileResult is what became of one file.
type FileResult struct {
	Name    string
	Feed    string
	Bytes   int64
	SHA256  [32]byte
	Verdict convert.Verdict
}

// buckets is the number of buckets (R6).
const buckets = 256

// bucketSink spreads good records over the buckets and writes bad ones down.
type bucketSink struct {
	out  *spool.Appender
	keys []transaction.KeyField
	buf  []byte
	bad  bytes.Buffer
	fmt  *errorFormat
	err  error
}

func (s *bucketSink) Good(t *transaction.Transaction) {
	s.buf = t.SetKeys(s.keys, s.buf)
	i := t.Bucket()
	if err := s.out.Put(i, t.AppendBinary(s.out.Buffer(i))); err != nil {
		s.err = err
	}
}

func (s *bucketSink) Bad(b *convert.BadLine) { s.fmt.badLine(&s.bad, b) }

// converted is one block's outcome on its way back into the order of the file.
type converted struct {
	part convert.Part
	bad  []byte
	read int64
	err  error
}

// convertFile reads one file into the buckets; its bad lines go to the output in their order.
func (p *prepared) convertFile(ordinal int, store *spool.Partitions, out Output) (FileResult, error) {
	f, info := &p.Files[ordinal-1], p.feeds[ordinal]
	res := FileResult{Name: f.Name, Feed: info.code}
	if f.Duplicate {
		res.Verdict = convert.Verdict{
			Refused: fault.At(fault.FileDuplicate, fault.Place{File: f.Name}, ""), Structure: true,
		}
		return res, nil
	}
	src, err := f.Open()
	if err != nil {
		return res, &fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: f.Name}, Err: err}
	}
	defer func() { _ = src.Close() }() // it was only read
	sum := &digest{h: sha256.New()}
	c := &conversion{p: p, ordinal: ordinal, store: store, out: out}
	parts, err := c.run(io.TeeReader(src, sum))
	if err != nil {
		var e *fault.Error
		if errors.As(err, &e) && e.Code == fault.ReadFailed && e.File == "" {
			e.File = f.Name
		}
		if e == nil || e.Code >= 1200 {
			return res, err
		}
		// The rest is read for its hash only.
		if _, err := io.Copy(sum, src); err != nil {
			return res, &fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: f.Name}, Err: err}
		}
		e.File = f.Name
		res.Verdict = convert.Verdict{Refused: e, Structure: true}
	} else {
		res.Verdict = info.feed.Check(f.Name, parts)
	}
	sum.h.Sum(res.SHA256[:0])
	res.Bytes = sum.n
	return res, nil
}

// digest hashes and counts what is read of a file.
type digest struct {
	h hash.Hash
	n int64
}

func (d *digest) Write(b []byte) (int, error) {
	d.n += int64(len(b))
	return d.h.Write(b)
}

// conversion runs the blocks of one file through workers.
type conversion struct {
	p       *prepared
	ordinal int
	store   *spool.Partitions
	out     Output
	pool    sync.Pool

	mu  sync.Mutex
	err error // of a worker's last bytes
}

type blockJob struct {
	block layout.Block
	done  chan converted
}

func (c *conversion) run(src io.Reader) (parts []convert.Part, err error) {
	p := c.p
	work := make(chan blockJob, p.threads)
	order := make(chan chan converted, 2*p.threads)
	var wg sync.WaitGroup
	for range p.threads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c.worker(work)
		}()
	}
	stop := make(chan struct{})
	var cutErr error
	go func() {
		defer close(order)
		defer close(work)
		cutErr = c.cut(src, work, order, stop)
	}()
	for done := range order {
		r := <-done
		if err == nil {
			err = r.err
		}
		if err == nil && len(r.bad) > 0 {
			err = c.out.BadLines(c.ordinal, r.bad)
		}
		if err != nil {
			select {
			case <-stop:
			default:
				close(stop)
			}
			continue
		}
		parts = append(parts, r.part)
		if p.Options.Progress != nil {
			p.Options.Progress(r.read)
		}
	}
	wg.Wait()
	if err == nil {
		err = cmp.Or(c.err, cutErr)
	}
	return parts, err
}

// cut hands the blocks of the file out in their order.
func (c *conversion) cut(
	src io.Reader, work chan<- blockJob, order chan<- chan converted, stop <-chan struct{},
) error {
	cutter := c.p.feeds[c.ordinal].feed.Reading().Cut(src, c.p.block)
	for {
		buf, _ := c.pool.Get().([]byte)
		block, err := cutter.Next(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if block.Index == 0 && block.Last && len(block.Bytes) == 0 && block.Offset == 0 {
			return fault.New(fault.FileEmpty, "")
		}
		done := make(chan converted, 1)
		select {
		case <-stop:
			return nil
		case order <- done:
			work <- blockJob{block, done}
		}
	}
}

func (c *conversion) worker(work <-chan blockJob) {
	info := c.p.feeds[c.ordinal]
	sink := &bucketSink{out: c.store.Appender(), keys: info.feed.Keys(), fmt: newErrorFormat(info)}
	w := info.feed.NewWorker(convert.File{
		Ordinal: int32(c.ordinal), Name: c.p.Files[c.ordinal-1].Name, RunDate: c.p.RunDate,
	}, sink)
	for j := range work {
		part := w.Block(j.block)
		r := converted{part: part, read: int64(len(j.block.Bytes)), err: sink.err}
		if sink.bad.Len() > 0 {
			r.bad = bytes.Clone(sink.bad.Bytes())
			sink.bad.Reset()
		}
		c.pool.Put(j.block.Bytes[:0]) //nolint:staticcheck // a slice header is small beside its block
		j.done <- r
	}
	if err := sink.out.Flush(); err != nil {
		c.mu.Lock()
		c.err = err
		c.mu.Unlock()
	}
}
