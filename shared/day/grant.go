package day

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"

	"multipoint/shared/card"
	"multipoint/shared/ledger"
	"multipoint/shared/rating"
	"multipoint/shared/seal"
)

// granted is what one bucket group came to.
type granted struct {
	Totals  rating.Totals    `json:"totals"`
	Buckets []string         `json:"buckets"` // hashes of the group's buckets (R20)
	Points  map[string]int64 `json:"points"`  // granted, returns deducted, by provider
	Entries map[string]int64 `json:"entries"` // by outlet
}

// Sections of a grant part: the records of each bucket, then what follows, then the entries of each outlet.
const (
	grantSummary = iota // behind the buckets
	grantNumbers        // frames of card reference and number, for the vault
	grantErrors         // frames of file, line, row: rating errors and warnings, for people
	grantOutlets        // frames of file, line, entries; one section an outlet
)

const stepGrant = "grant"

// Grant brings the buckets of one group to their end: final grants, returns, records and what leaves.
func (s *Service) Grant(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepGrant)
	if err != nil || done {
		return err
	}
	return w.grantTask(ctx, st.Task)
}

func (w *work) grantTask(ctx context.Context, i int) error {
	if err := task(i, w.pins.Groups); err != nil {
		return err
	}
	from, to := w.buckets(i)
	g := &granting{
		w: w, from: from, to: to, out: granted{Points: map[string]int64{}, Entries: map[string]int64{}},
		ways: w.engine.Ways(), refs: card.NewPseudonyms(w.job.Key), rater: w.engine.NewRater(),
		codes: map[string][]byte{},
	}
	g.entries = make([]pieces, len(g.ways))
	var err error
	if g.checked, err = w.checked(ctx); err != nil {
		return err
	}
	key := w.path(stepGrant, taskName(i))
	sections := to - from + grantOutlets + len(g.ways)
	_, err = w.create(ctx, key, w.pins.RunDate, sections, func(out *seal.SectionWriter) error {
		return g.run(ctx, out)
	})
	return err
}

// granting works on one group.
type granting struct {
	w        *work
	from, to int
	checked  *checked
	rater    *rating.Rater
	refs     *card.Pseudonyms
	ways     []rating.Way
	out      granted

	records pieces // of the bucket at hand
	numbers []byte
	errors  pieces
	entries []pieces // by outlet

	record    ledger.Record
	buf, hash []byte
	entryText []ledger.Entry
	codes     map[string][]byte
}

func (g *granting) run(ctx context.Context, out *seal.SectionWriter) error {
	in, err := g.w.openBuckets(ctx, g.from, g.to)
	if err != nil {
		return err
	}
	defer in.close()
	rated, err := g.openRated(ctx)
	if err != nil {
		return err
	}
	defer rated.close()
	refused := g.checked.refused()
	for b := g.from; b < g.to; b++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := in.read(b)
		if err != nil {
			return err
		}
		outcomes, grants, err := rated.read(b)
		if err != nil {
			return err
		}
		if err := g.rater.Rest(data, outcomes, grants, refused); err != nil {
			return err
		}
		if err := g.rater.Verdicts(g.verdict); err != nil {
			return err
		}
		if err := g.writeBucket(out); err != nil {
			return err
		}
	}
	return g.writeRest(out)
}

// writeBucket writes the records of a bucket in the order of files and lines, and hashes them (R20).
func (g *granting) writeBucket(out *seal.SectionWriter) error {
	g.records.sort()
	h := sha256.New()
	g.buf = g.buf[:0]
	for i := range g.records.list {
		piece := g.records.at(i)
		if _, err := g.record.Decode(piece); err != nil {
			return err
		}
		g.hash = g.record.AppendCanonical(g.hash[:0])
		h.Write(g.hash)
		g.buf = append(g.buf, piece...)
	}
	g.records.reset()
	g.out.Buckets = append(g.out.Buckets, hex.EncodeToString(h.Sum(nil)))
	return out.Append(g.buf)
}

func (g *granting) writeRest(out *seal.SectionWriter) error {
	g.out.Totals.Sort()
	summary, err := json.Marshal(&g.out)
	if err != nil {
		return err
	}
	if err := out.Append(summary); err != nil {
		return err
	}
	if err := out.Append(g.numbers); err != nil {
		return err
	}
	for _, p := range append([]pieces{g.errors}, g.entries...) {
		p.sort()
		g.buf = g.buf[:0]
		for i := range p.list {
			g.buf = appendFrame(g.buf, append(p.key(i), p.at(i)...))
		}
		if err := out.Append(g.buf); err != nil {
			return err
		}
	}
	return nil
}

// verdict takes what became of one receipt.
func (g *granting) verdict(v *rating.Verdict) error {
	t := v.Tx
	g.w.engine.Count(&g.out.Totals, v)
	g.fill(v)
	g.records.add(t.File, t.Line, g.record.AppendBinary)
	if v.Code != 0 || v.Warning != 0 {
		g.errors.add(t.File, t.Line, func(dst []byte) []byte { return g.rater.AppendRatingError(dst, v) })
	}
	if v.Status == rating.Rated && v.Provider >= 0 { // also without points: a return compares the card
		g.buf = append(append(g.buf[:0], g.record.Ref[:]...), v.Account...)
		g.numbers = appendFrame(g.numbers, g.buf)
	}
	if len(v.Entries) == 0 {
		return nil
	}
	var way int
	g.buf, way = g.rater.AppendEntries(g.buf[:0], v)
	if way >= 0 {
		g.entries[way].add(t.File, t.Line, func(dst []byte) []byte { return append(dst, g.buf...) })
		g.out.Entries[g.ways[way].Code] += int64(len(v.Entries))
	}
	for i := range v.Entries {
		g.out.Points[g.w.engine.Provider(v.Provider)] += v.Entries[i].Points
	}
	return nil
}

// fill makes the ledger's record of a verdict.
func (g *granting) fill(v *rating.Verdict) {
	t, r := v.Tx, &g.record
	entries := g.entryText[:0]
	*r = ledger.Record{
		File: t.File, Line: t.Line, Offset: t.Offset, Kind: t.Kind, Status: ledger.Status(v.Status),
		Code: v.Code, Warning: v.Warning, Key: t.Key, Original: t.Original, NamesOriginal: t.NamesOriginal,
		Date: t.Date, Time: t.Time, Store: t.Store, Incl: t.AmountIncl, Returned: v.OriginalReturned,
	}
	r.Content, g.hash = t.Content(g.hash)
	if v.Provider >= 0 {
		r.Provider = g.bytes(g.w.engine.Provider(v.Provider))
		r.Ref = g.refs.Ref(g.w.engine.Provider(v.Provider), v.Account)
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		entries = append(entries, ledger.Entry{
			Rule: g.bytes(e.Rule), PointType: g.bytes(e.PointType), Basis: e.Basis, Award: e.Award,
			Points: e.Points, Original: e.Original, Campaign: e.Campaign,
		})
	}
	g.entryText, r.Entries = entries, entries
}

// bytes gives a code as bytes; there are few of them, and many entries.
func (g *granting) bytes(code string) []byte {
	b, ok := g.codes[code]
	if !ok {
		if len(g.codes) >= 4096 {
			clear(g.codes)
		}
		b = []byte(code)
		g.codes[code] = b
	}
	return b
}

// pieces are byte strings with the place that orders them.
type pieces struct {
	data []byte
	list []piece
}

type piece struct {
	line     int64
	file     int32
	from, to int
}

func (p *pieces) add(file int32, line int64, write func(dst []byte) []byte) {
	from := len(p.data)
	p.data = write(p.data)
	p.list = append(p.list, piece{line, file, from, len(p.data)})
}

func (p *pieces) sort() {
	slices.SortFunc(p.list, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
}

func (p *pieces) at(i int) []byte { return p.data[p.list[i].from:p.list[i].to] }

// pieceKey is the length of a piece's key: file and line, big-endian.
const pieceKey = 12

// key is what orders a piece among those of other groups.
func (p *pieces) key(i int) []byte {
	key := binary.BigEndian.AppendUint32(make([]byte, 0, pieceKey+256), uint32(p.list[i].file))
	return binary.BigEndian.AppendUint64(key, uint64(p.list[i].line))
}

func (p *pieces) reset() { p.data, p.list = p.data[:0], p.list[:0] }

// ratedReader reads the outcomes and grants of a group's buckets, if something was allocated.
type ratedReader struct {
	outcomes, grants *seal.Sections
	from             int
	first, second    io.ReadCloser
	buf              [2][]byte
}

func (g *granting) openRated(ctx context.Context) (*ratedReader, error) {
	r := &ratedReader{from: g.from}
	if !g.checked.Capped {
		return r, nil
	}
	group := 0
	for from, _ := g.w.buckets(group); from != g.from; from, _ = g.w.buckets(group) {
		group++
	}
	var err error
	if r.outcomes, err = g.w.openPart(ctx, g.w.left(stepRate, taskName(group))); err != nil {
		return nil, err
	}
	if r.grants, err = g.w.openPart(ctx, g.w.left(stepAllocate, "grants")); err != nil {
		return nil, err
	}
	if r.first, err = sections(ctx, r.outcomes, 0, g.to-g.from); err != nil {
		return nil, err
	}
	if r.second, err = sections(ctx, r.grants, g.from, g.to); err != nil {
		_ = r.first.Close()
		return nil, err
	}
	return r, nil
}

// read gives what was rated and allocated of the next bucket; nil if nothing is capped.
func (r *ratedReader) read(bucket int) (outcomes, grants []byte, err error) {
	if r.outcomes == nil {
		return nil, nil, nil
	}
	r.buf[0], err = appendFrom(r.buf[0][:0], r.first, r.outcomes.Length(bucket-r.from))
	if err != nil {
		return nil, nil, err
	}
	if r.buf[0] == nil {
		r.buf[0] = []byte{}
	}
	r.buf[1], err = appendFrom(r.buf[1][:0], r.second, r.grants.Length(bucket))
	return r.buf[0], r.buf[1], err
}

func (r *ratedReader) close() {
	if r.outcomes != nil {
		_, _ = r.first.Close(), r.second.Close() // they were only read
	}
}

// grantReader reads a group's part.
type grantReader struct {
	*seal.Sections
	buckets int
}

func (w *work) openGrants(ctx context.Context) ([]grantReader, error) {
	parts, err := w.readers(ctx, stepGrant, w.pins.Groups)
	if err != nil {
		return nil, err
	}
	out := make([]grantReader, len(parts))
	for i, p := range parts {
		from, to := w.buckets(i)
		out[i] = grantReader{p, to - from}
	}
	return out, nil
}

func (g grantReader) summary(ctx context.Context) (*granted, error) {
	b, err := section(ctx, g.Sections, g.buckets+grantSummary)
	if err != nil {
		return nil, err
	}
	out := &granted{}
	return out, json.Unmarshal(b, out)
}

// records calls visit with each record of a bucket, in the order of files and lines; valid during the call.
func (g grantReader) records(
	ctx context.Context, bucket int, visit func(binary []byte, r *ledger.Record) error,
) error {
	b, err := section(ctx, g.Sections, bucket)
	if err != nil {
		return err
	}
	var r ledger.Record
	for len(b) > 0 {
		rest, err := r.Decode(b)
		if err != nil {
			return err
		}
		if err := visit(b[:len(b)-len(rest)], &r); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// openPieces reads one section of all groups, merged by file and line.
func openPieces(ctx context.Context, parts []grantReader, index int) (*merger, error) {
	var streams []*frames
	for _, p := range parts {
		r, err := sections(ctx, p.Sections, p.buckets+index, p.buckets+index+1)
		if err != nil {
			return nil, err
		}
		streams = append(streams, newFrames(r))
	}
	return newMerger(streams, pieceKey)
}
