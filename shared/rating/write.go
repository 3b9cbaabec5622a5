package rating

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sync"

	"multipoint/shared/outlet"
	"multipoint/shared/packed"
	"multipoint/shared/spool"
)

// Output takes what a run writes. Its methods are called from one goroutine at a time, in the order of the
// run, but for ProviderFile's writers, which are written beside each other.
type Output interface {
	// BadLines takes rows of a file's bad lines (without title row), in the order of the file.
	BadLines(file int, rows []byte) error
	// File takes the verdict on a file, after its bad lines. Those of a file refused for its structure, or as
	// a duplicate, do not count.
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

// piece is what becomes of one receipt, ready to be written: rows of grants and of errors, and the entries
// for its provider's outlet. Pieces wait in the page of their line and are put into its order there.
//
// Its form: length (4 bytes), line, rows of grants, rows of errors, outlet (its index + 1, 0 = none), number
// of entries, entries, and the verdict if somebody observes.
func (r *rater) appendPiece(dst []byte, v *Verdict) []byte {
	p, t := r.job, v.Tx
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(t.Line))
	r.piece = r.piece[:0]
	if len(v.Entries) > 0 {
		r.piece = appendGrants(r.piece, v, p.quoted[t.File], p.codes[v.Provider])
	}
	dst = appendBytes(dst, r.piece)
	r.piece = r.piece[:0]
	if v.Code != 0 || v.Warning != 0 {
		r.piece = appendRatingError(r.piece, v, p.feedOf(t))
	}
	dst = appendBytes(dst, r.piece)
	outlet := -1
	if len(v.Entries) > 0 {
		outlet = p.outletOf(v.Provider)
	}
	dst = binary.AppendUvarint(dst, uint64(outlet+1))
	if outlet >= 0 {
		dst = binary.AppendUvarint(dst, uint64(len(v.Entries)))
		r.piece = r.appendEntries(r.piece[:0], v)
		dst = appendBytes(dst, r.piece)
	}
	if p.Options.Observe != nil {
		dst = r.appendVerdict(dst, v)
	}
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

// appendEntries writes the entries of a verdict for its provider's outlet, by point type, then order (R21).
func (r *rater) appendEntries(dst []byte, v *Verdict) []byte {
	e, t := &r.entry, v.Tx
	*e = outlet.Entry{
		Place:    outlet.Place{Run: r.job.Run, File: t.File, Line: t.Line, Key: t.Key},
		IsReturn: t.Kind.TakesBack(), Number: v.LeavesUnder, Date: t.Date, Time: t.Time, TimeRaw: t.TimeRaw,
		Store: t.Store, Register: t.Register, Receipt: t.Receipt, MemberNo: t.MemberNo,
		AmountIncl: t.AmountIncl,
	}
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
			dst = e.AppendBinary(dst)
		} else {
			dst = e.AppendFollowing(dst)
		}
	}
	return dst
}

// page is one page of pieces, in the order of their lines.
type page struct {
	grants  []byte
	errors  []byte
	file    int
	outlets [][]byte // entries by index in prepared.outlets
	entries []int64  // how many
	raw     []byte   // verdicts for the observer
	err     error
}

// lineAt is the place of a piece in its page.
type lineAt struct {
	line int64
	at   int32
	size int32
}

// pageReader puts pages together, for one goroutine.
type pageReader struct {
	p     *prepared
	data  []byte
	order []lineAt
}

// read loads a page and brings its pieces into the order of their lines.
func (r *pageReader) read(store *spool.Partitions, index, file int) (out page) {
	if r.data, out.err = store.Read(index, r.data); out.err != nil {
		return out
	}
	store.Free(index)
	out.file = file
	out.outlets = make([][]byte, len(r.p.outlets))
	out.entries = make([]int64, len(r.p.outlets))
	if out.err = r.sortLines(); out.err != nil {
		return out
	}
	out.grants = r.p.buffers.get()
	for _, l := range r.order {
		if !out.add(r.data[l.at:l.at+l.size], r.p) {
			out.err = damaged()
			return out
		}
	}
	return out
}

// add puts a piece, without its length and line, at the end of the page; false if it is damaged.
func (pg *page) add(piece []byte, p *prepared) bool {
	r := packed.From(piece)
	pg.grants = append(pg.grants, r.Text()...)
	pg.errors = append(pg.errors, r.Text()...)
	if i := int(r.Uvarint()) - 1; i >= 0 && !r.Bad() {
		if i >= len(pg.outlets) {
			return false
		}
		if pg.outlets[i] == nil {
			pg.outlets[i] = p.buffers.get()
		}
		pg.entries[i] += int64(r.Uvarint())
		pg.outlets[i] = append(pg.outlets[i], r.Text()...)
	}
	if p.Options.Observe != nil {
		pg.raw = appendBytes(pg.raw, r.Rest())
	}
	return !r.Bad()
}

// sortLines finds the pieces of a page and sorts them by line.
func (r *pageReader) sortLines() error {
	r.order = r.order[:0]
	for at := 0; at < len(r.data); {
		if len(r.data)-at < 4 {
			return damaged()
		}
		size := int(binary.LittleEndian.Uint32(r.data[at:]))
		at += 4
		if size > len(r.data)-at {
			return damaged()
		}
		line, n := binary.Uvarint(r.data[at : at+size])
		if n <= 0 {
			return damaged()
		}
		r.order = append(r.order, lineAt{int64(line), int32(at + n), int32(size - n)})
		at += size
	}
	slices.SortFunc(r.order, func(a, b lineAt) int { return cmp.Compare(a.line, b.line) })
	return nil
}

// buffers are used again from page to page.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return (*p)[:0]
	}
	return make([]byte, 0, 256<<10)
}

func (b *buffers) put(used []byte) {
	if cap(used) > 0 {
		b.pool.Put(&used)
	}
}

// outletOf gives the place of a provider's outlet in prepared.outlets, -1 if it has none today.
func (p *prepared) outletOf(provider int32) int {
	if provider < 0 || p.byProv[provider] == nil {
		return -1
	}
	return p.byProv[provider].index
}
