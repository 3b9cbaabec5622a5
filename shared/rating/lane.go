package rating

import (
	"multipoint/shared/outlet"
)

// lane is the way of one outlet's entries into its file, which is written beside the others.
type lane struct {
	p       *prepared
	info    *outletInfo
	feed    chan []byte // nil on days on which the outlet is closed
	done    chan struct{}
	file    ProviderFile
	name    string
	fileNo  int64
	summary outlet.Summary
	err     error
	carried int64
	granted int64
}

// startLanes begins the files of all outlets that are open today.
func (p *prepared) startLanes(out Output) ([]*lane, error) {
	var lanes []*lane
	for _, info := range p.outlets {
		l := &lane{p: p, info: info}
		lanes = append(lanes, l)
		if !info.open {
			continue
		}
		l.fileNo = info.outlet.NextFileNo(p.FileNo[info.master.Code])
		l.name = info.outlet.FileName(p.RunDate, l.fileNo)
		var err error
		if l.file, err = out.ProviderFile(info.master.Code, l.name); err != nil {
			return nil, err
		}
		l.feed, l.done = make(chan []byte, 2), make(chan struct{})
		go l.write()
	}
	return lanes, nil
}

// write runs beside the pages until its feed is closed.
func (l *lane) write() {
	defer close(l.done)
	rest := l.p.Carried[l.info.master.Code]
	var used []byte
	source := func(e *outlet.Entry) (bool, error) {
		for len(rest) == 0 {
			l.p.buffers.put(used)
			more, ok := <-l.feed
			if !ok {
				return false, nil
			}
			rest, used = more, more
		}
		var err error
		rest, err = e.DecodeBinary(rest)
		return err == nil, err
	}
	meta := outlet.Meta{
		RunDate: l.p.RunDate, Created: l.p.RunDate, FileNo: l.fileNo,
		Retailer: l.p.Set.Retailer.Code, Provider: l.info.master.Provider,
	}
	l.summary, l.err = l.info.outlet.WriteFile(l.file, meta, source, outlet.Options{
		Dir: l.p.Options.TempDir, Memory: int(l.p.memory), OnEntry: l.file.Left,
	})
	for range l.feed { // an error must not block the others
	}
}

// take hands a page's entries on.
func (l *lane) take(entries []byte, n int64, out Output) error {
	l.granted += n
	if l.feed == nil {
		l.carried += n
		err := out.Carry(l.info.master.Code, entries)
		l.p.buffers.put(entries)
		return err
	}
	l.feed <- entries
	return nil
}

// endLanes waits for all files and checks that no entry was lost on the way (R22).
func (p *prepared) endLanes(lanes []*lane, res *Result, err error) error {
	for _, l := range lanes {
		if l.feed != nil {
			close(l.feed)
			<-l.done
		}
	}
	for _, l := range lanes {
		if l.feed != nil {
			if e := l.file.Close(err == nil && l.err == nil && l.summary.Send); err == nil {
				err = e
			}
			if err == nil {
				err = wrote(l.err, l.name)
			}
		}
		if err != nil {
			continue
		}
		err = l.end(res)
	}
	return err
}

// end writes down what became of the outlet's entries.
func (l *lane) end(res *Result) error {
	p, code := l.p, l.info.master.Code
	e := res.Totals.EntriesOf(l.info.master.Provider)
	in, err := countEntries(p.Carried[code])
	if err != nil {
		return err
	}
	e.CarriedIn = in
	r := OutletResult{Code: code, Provider: l.info.master.Provider, Carried: l.carried}
	if l.feed == nil {
		r.Carried += in
	} else {
		r.Summary = l.summary
		if l.summary.Send {
			r.Name, r.FileNo = l.name, l.fileNo
		}
	}
	e.Sent, e.CarriedOut = r.Summary.Entries, r.Carried
	res.Outlets = append(res.Outlets, r)
	if r.Summary.Entries+r.Carried != in+l.granted {
		return p.entriesDiffer(&r, in+l.granted)
	}
	return nil
}

func countEntries(b []byte) (n int64, err error) {
	var e outlet.Entry
	for len(b) > 0 {
		if b, err = e.DecodeBinary(b); err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
