package rating

import (
	"cmp"
	"encoding/binary"
	"slices"

	"multipoint/shared/outlet"
	"multipoint/shared/spool"
	"multipoint/shared/transaction"
)

// Output takes what a run writes. Its methods are called from one goroutine at a time, in the order of the
// run, but for ProviderFile's writers, which are written beside each other.
type Output interface {
	// BadLines takes rows of a file's bad lines (without title row), in the order of the file.
	BadLines(file int, rows []byte) error
	// File takes the verdict on a file, after its bad lines. Those of a file refused for its structure, or as a
	// duplicate, do not count.
	File(file int, r *FileResult) error
	// Grants takes rows of entries (without title row), in the order of files and lines.
	Grants(rows []byte) error
	// RatingErrors takes rows of a file's rating errors and warnings (without title row), in its order.
	RatingErrors(file int, rows []byte) error
	// ProviderFile begins an outlet's file. Close with send false takes it back: a zero-data file of an
	// outlet that does not send such files.
	ProviderFile(code, name string) (ProviderFile, error)
	// Carry takes entries, in outlet.Entry's binary form, that wait because the outlet is closed today.
	Carry(outlet string, entries []byte) error
}

// ProviderFile is a provider's file being written.
type ProviderFile interface {
	Write(b []byte) (int, error)
	// Left is told under which sequence number an entry left; 0 = its record was netted to 0.
	Left(sequence int64, at outlet.Place) error
	Close(send bool) error
}

// page is one page of verdicts, formatted.
type page struct {
	grants  []byte
	errors  []byte
	file    int
	outlets [][]byte // entries by index in prepared.outlets
	entries []int64  // how many
	raw     []byte   // for the observer
	order   []lineAt
	err     error
}

// lineAt is the place of a verdict in its page.
type lineAt struct {
	line int64
	at   int32
	size int32
}

// pageReader formats pages, for one goroutine.
type pageReader struct {
	p     *prepared
	tx    transaction.Transaction
	v     Verdict
	entry outlet.Entry
	data  []byte
}

// read loads a page, brings it into the order of its lines and formats it.
func (r *pageReader) read(store *spool.Partitions, index, file int) (out page) {
	r.data, out.err = store.Read(index, r.data)
	if out.err != nil {
		return out
	}
	out.file = file
	out.outlets = make([][]byte, len(r.p.outlets))
	out.entries = make([]int64, len(r.p.outlets))
	if out.order, out.err = r.sortLines(r.data); out.err != nil {
		return out
	}
	info := r.p.feeds[file]
	name := transaction.AppendQuoted(nil, []byte(r.p.Files[file-1].Name))
	r.v.Tx = &r.tx
	for _, l := range out.order {
		if out.err = readVerdict(r.data[l.at:l.at+l.size], &r.v, &r.p.names); out.err != nil {
			return out
		}
		v := &r.v
		if v.Code != 0 || v.Warning != 0 {
			out.errors = appendRatingError(out.errors, v, info)
		}
		if len(v.Entries) == 0 {
			continue
		}
		out.grants = appendGrants(out.grants, v, name, r.p.codes[v.Provider])
		r.addEntries(&out, v)
	}
	if r.p.Options.Observe != nil {
		out.raw = r.data
		r.data = nil
	}
	return out
}

// sortLines finds the verdicts of a page and sorts them by line.
func (r *pageReader) sortLines(data []byte) ([]lineAt, error) {
	var order []lineAt
	for at := 0; at < len(data); {
		if len(data)-at < 4 {
			return nil, damaged()
		}
		size := int(binary.LittleEndian.Uint32(data[at:]))
		at += 4
		if size > len(data)-at {
			return nil, damaged()
		}
		line, ok := transaction.BinaryLine(data[at : at+size])
		if !ok {
			return nil, damaged()
		}
		order = append(order, lineAt{line, int32(at), int32(size)})
		at += size
	}
	slices.SortFunc(order, func(a, b lineAt) int { return cmp.Compare(a.line, b.line) })
	return order, nil
}

// addEntries hands the entries of a verdict to its provider's outlet, by point type, then order (R21).
func (r *pageReader) addEntries(out *page, v *Verdict) {
	i := r.p.outletOf(v.Provider)
	if i < 0 {
		return
	}
	e, t := &r.entry, v.Tx
	*e = outlet.Entry{
		Place:    outlet.Place{Run: r.p.Run, File: t.File, Line: t.Line},
		IsReturn: t.Kind.TakesBack(), Number: v.LeavesUnder, Date: t.Date, Time: t.Time, TimeRaw: t.TimeRaw,
		Store: t.Store, Register: t.Register, Receipt: t.Receipt, MemberNo: t.MemberNo, AmountIncl: t.AmountIncl,
	}
	out.entries[i] += int64(len(v.Entries))
	var few [8]int32
	order := few[:0]
	for j := range v.Entries {
		order = append(order, int32(j))
	}
	if len(order) > 1 {
		slices.SortStableFunc(order, func(a, b int32) int {
			return cmp.Compare(v.Entries[a].PointType, v.Entries[b].PointType)
		})
	}
	var name [64]byte
	for n, j := range order {
		e.Order, e.Points = j, v.Entries[j].Points
		e.PointType = append(name[:0], v.Entries[j].PointType...)
		if n == 0 {
			out.outlets[i] = e.AppendBinary(out.outlets[i])
		} else {
			out.outlets[i] = e.AppendFollowing(out.outlets[i])
		}
	}
}

// outletOf gives the place of a provider's outlet in prepared.outlets, -1 if it has none today.
func (p *prepared) outletOf(provider int32) int {
	if provider < 0 || p.byProv[provider] == nil {
		return -1
	}
	return p.byProv[provider].index
}
