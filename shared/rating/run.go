package rating

import (
	"fmt"
	"io"
	"sync"

	"multipoint/shared/card"
	"multipoint/shared/fault"
	"multipoint/shared/outlet"
	"multipoint/shared/packed"
	"multipoint/shared/spool"
	"multipoint/shared/transaction"
)

// Result is what a run came to.
type Result struct {
	Files   []FileResult
	Totals  Totals
	Outlets []OutletResult
}

// OutletResult is what became of an outlet's entries.
type OutletResult struct {
	Code, Provider string
	// Name and FileNo of the file; empty and 0 if none was sent.
	Name    string
	FileNo  int64
	Summary outlet.Summary
	Carried int64 // entries that wait for the next file
}

// Run runs a job and writes what it makes to out. Errors stop the run; a bad file or line is no error, it is
// in the result. totals.differ says that the program contradicts itself: nothing may be released then.
func Run(job *Job, out Output) (res *Result, err error) {
	p, err := prepare(job)
	if err != nil {
		return nil, err
	}
	res = &Result{}
	common := spool.NewPartitions(buckets, p.memory, p.Options.TempDir)
	defer end(common, &err)
	refused := []bool{false}
	for ordinal := 1; ordinal <= len(p.Files); ordinal++ {
		r, err := p.convertFile(ordinal, common, out)
		if err != nil {
			return nil, err
		}
		if err := out.File(ordinal, &r); err != nil {
			return nil, err
		}
		res.Totals.AddFile(&r)
		refused = append(refused, r.Verdict.Refused != nil)
		res.Files = append(res.Files, r)
	}
	p.trace("convert")
	pg := pagesOf(res.Files)
	verdicts := spool.NewPartitions(pg.count, p.memory, p.Options.TempDir)
	defer end(verdicts, &err)
	if err := p.rateAll(common, verdicts, &pg, refused, &res.Totals); err != nil {
		return nil, err
	}
	p.trace("grant")
	if err := common.Close(); err != nil {
		return nil, err
	}
	if err := p.writeAll(verdicts, &pg, out, res); err != nil {
		return nil, err
	}
	p.trace("files")
	res.Totals.Sort()
	return res, res.Totals.Agree()
}

// end closes what a step kept in a temporary file; a file that cannot be removed is the step's error if it
// had no other.
func end(kept io.Closer, err *error) {
	if e := kept.Close(); *err == nil {
		*err = e
	}
}

// rateAll decides about all buckets: sales, caps over all of them, then returns. Without caps there is one
// pass; with caps the first one keeps its outcomes until the claims of all buckets have their grants.
func (p *prepared) rateAll(
	common, verdicts *spool.Partitions, pg *pages, refused []bool, sums *Totals,
) (err error) {
	pass := secondPass{common: common, refused: refused}
	if p.caps {
		pass.saved = spool.NewPartitions(buckets, p.memory, p.Options.TempDir)
		defer end(pass.saved, &err)
		if pass.grants, err = p.firstPass(common, pass.saved, refused); err != nil {
			return err
		}
		defer end(pass.grants, &err)
	}
	var mu sync.Mutex
	return p.each(func(r *rater, next func() (int, bool)) error {
		write := verdicts.Appender()
		var own Totals
		for i, ok := next(); ok; i, ok = next() {
			if err := r.second(i, &pass); err != nil {
				return err
			}
			if err := r.emit(pg, write, &own); err != nil {
				return err
			}
			common.Free(i)
		}
		mu.Lock()
		sums.Merge(&own)
		mu.Unlock()
		return write.Flush()
	})
}

// firstPass rates the sales of all buckets and gives the grants of their claims.
func (p *prepared) firstPass(
	common, saved *spool.Partitions, refused []bool,
) (grants *spool.Partitions, err error) {
	book := &claimBook{sorter: spool.NewSorter(spool.Options{
		Dir: p.Options.TempDir, Memory: int(p.memory), KeyLen: claimKey,
	})}
	defer end(book.sorter, &err)
	err = p.each(func(r *rater, next func() (int, bool)) error {
		refs, keep := card.NewPseudonyms(p.key), saved.Appender()
		for i, ok := next(); ok; i, ok = next() {
			if err := r.first(i, common, refused); err != nil {
				return err
			}
			if err := r.addClaims(book, refs); err != nil {
				return err
			}
			if err := keep.Put(i, r.b.save(keep.Buffer(i))); err != nil {
				return err
			}
		}
		return keep.Flush()
	})
	if err != nil {
		return nil, err
	}
	p.trace("rate")
	grants, err = p.allocate(book)
	p.trace("allocate")
	return grants, err
}

// secondPass is what the last look at a bucket needs; saved and grants are nil without caps.
type secondPass struct {
	common, saved, grants *spool.Partitions
	refused               []bool
}

// first loads a bucket and rates its sales.
func (r *rater) first(i int, common *spool.Partitions, refused []bool) (err error) {
	if r.data, err = common.Read(i, r.data); err != nil {
		return err
	}
	return r.loadSales(refused)
}

// loadSales brings the records of r.data into their order and rates the sales.
func (r *rater) loadSales(refused []bool) error {
	if err := r.b.load(r.data, refused); err != nil {
		return err
	}
	r.b.sort()
	if err := r.lookUp(r.b.order); err != nil {
		return err
	}
	r.rateSales()
	return nil
}

// second brings a bucket to its end: final grants, then returns.
func (r *rater) second(i int, pass *secondPass) (err error) {
	if pass.saved == nil {
		if err := r.first(i, pass.common, pass.refused); err != nil {
			return err
		}
		return r.rateReturns()
	}
	if r.data, err = pass.common.Read(i, r.data); err != nil {
		return err
	}
	if r.saved, err = pass.saved.Read(i, r.saved); err != nil {
		return err
	}
	if r.granted, err = pass.grants.Read(i, r.granted); err != nil {
		return err
	}
	return r.loadRated(pass.refused)
}

// loadRated goes on with a bucket whose sales were rated and whose claims got their grants.
func (r *rater) loadRated(refused []bool) error {
	if err := r.b.load(r.data, refused); err != nil {
		return err
	}
	if err := r.b.restore(r.saved); err != nil {
		return err
	}
	if err := r.b.applyGrants(r.granted); err != nil {
		return err
	}
	r.rejoin()
	if err := r.lookUp(r.b.order[r.b.sales:]); err != nil {
		return err
	}
	return r.rateReturns()
}

// each runs work on all buckets, spread over the job's threads.
func (p *prepared) each(work func(r *rater, next func() (int, bool)) error) error {
	var (
		mu    sync.Mutex
		at    int
		first error
		wg    sync.WaitGroup
	)
	next := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if at == buckets || first != nil {
			return 0, false
		}
		at++
		return at - 1, true
	}
	for range p.threads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := work(p.newRater(), next); err != nil {
				mu.Lock()
				if first == nil {
					first = err
				}
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	return first
}

// writeAll formats the pages beside each other and hands them on in their order.
func (p *prepared) writeAll(verdicts *spool.Partitions, pg *pages, out Output, res *Result) error {
	lanes, err := p.startLanes(out)
	if err != nil {
		return err
	}
	order := make(chan chan page, p.threads)
	slots := make(chan *pageReader, p.threads)
	for range p.threads {
		slots <- &pageReader{p: p}
	}
	go func() {
		defer close(order)
		file := 1
		for i := range pg.count {
			for file < len(p.Files) && pg.first[file+1] <= i {
				file++
			}
			done := make(chan page, 1)
			order <- done
			reader, of := <-slots, file
			go func() {
				done <- reader.read(verdicts, i, of)
				slots <- reader
			}()
		}
	}()
	for done := range order {
		pageOut := <-done
		if err == nil {
			err = p.hand(&pageOut, out, lanes)
		}
	}
	return p.endLanes(lanes, res, err)
}

// hand gives one formatted page to the output and to the outlets.
func (p *prepared) hand(pg *page, out Output, lanes []*lane) error {
	if pg.err != nil {
		return pg.err
	}
	if len(pg.grants) > 0 {
		if err := out.Grants(pg.grants); err != nil {
			return err
		}
	}
	p.buffers.put(pg.grants)
	if len(pg.errors) > 0 {
		if err := out.RatingErrors(pg.file, pg.errors); err != nil {
			return err
		}
	}
	if p.Options.Observe != nil {
		if err := p.observe(pg); err != nil {
			return err
		}
	}
	for i, b := range pg.outlets {
		if len(b) == 0 {
			continue
		}
		if err := lanes[i].take(b, pg.entries[i], out); err != nil {
			return err
		}
	}
	return nil
}

func (p *prepared) observe(pg *page) error {
	v := Verdict{Tx: &transaction.Transaction{}}
	r := packed.From(pg.raw)
	for len(r.Rest()) > 0 {
		if err := readVerdict(r.Text(), &v); err != nil {
			return err
		}
		if err := p.Options.Observe(&v); err != nil {
			return err
		}
	}
	return nil
}

func wrote(err error, name string) error {
	if err == nil || fault.CodeOf(err) != 0 {
		return err
	}
	return &fault.Error{Code: fault.WriteFailed, Place: fault.Place{File: name}, Err: err}
}

func (p *prepared) entriesDiffer(o *OutletResult, want int64) error {
	return fault.New(fault.TotalsDiffer, fmt.Sprintf("outlet %s: %d entries sent and %d carried, %d granted",
		o.Code, o.Summary.Entries, o.Carried, want))
}

func (p *prepared) trace(step string) {
	if p.Options.Trace != nil {
		p.Options.Trace(step)
	}
}
