package cut_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/intake/cut"
	"multipoint/shared/layout"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/transaction"
	"multipoint/test/engine"
	"multipoint/test/model"
)

func compile(t testing.TB, set *master.Set, feed *master.Feed) *convert.Feed {
	t.Helper()
	cards, err := card.Compile(set.Cards, set.Providers)
	if err != nil {
		t.Fatal(err)
	}
	affiliates, err := card.CompileAffiliates(set.Affiliates)
	if err != nil {
		t.Fatal(err)
	}
	dir := convert.Directory{Cards: cards, Affiliates: affiliates, Members: &member.Snapshot{}}
	for i := range set.Providers {
		dir.Providers = append(dir.Providers, set.Providers[i].Code)
	}
	f, err := convert.Compile(set, feed, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func runDate(t testing.TB) calendar.Date {
	t.Helper()
	d, ok := calendar.Of(2026, 11, 22)
	if !ok {
		t.Fatal("no such day")
	}
	return d
}

// outcome is all that a conversion came to, printed.
type outcome struct {
	records, bad bytes.Buffer
	good         int
	verdict      string
	err          error
}

// blocks is what a layout.Cutter and cut.Blocks have in common.
type blocks interface {
	Next(buf []byte) (layout.Block, error)
}

// sink prints what a worker reads.
type sink struct{ out *outcome }

func (s sink) Good(t *transaction.Transaction) {
	s.out.good++
	fmt.Fprintf(&s.out.records, "%x\n", t.AppendBinary(nil))
}

func (s sink) Bad(b *convert.BadLine) {
	fmt.Fprintf(&s.out.bad, "%d@%d %q %v\n", b.Line, b.Offset, b.Raw, b.Faults)
}

// convertBlocks converts blocks with a worker of their own.
func convertBlocks(t testing.TB, f *convert.Feed, b blocks) (*outcome, []convert.Part) {
	t.Helper()
	o := &outcome{}
	w := f.NewWorker(convert.File{Ordinal: 1, Name: "in.dat", RunDate: runDate(t)}, sink{o})
	var parts []convert.Part
	var buf []byte
	for {
		block, err := b.Next(buf)
		if errors.Is(err, io.EOF) {
			return o, parts
		}
		if err != nil {
			o.err = err
			return o, parts
		}
		parts = append(parts, w.Block(block))
		buf = block.Bytes
	}
}

func (o *outcome) check(f *convert.Feed, parts []convert.Part) {
	v := f.Check("in.dat", parts)
	refused := v.Refused
	v.Refused = nil
	o.verdict = fmt.Sprintf("%+v %v", v, refused)
}

func (o *outcome) String() string {
	if o.err != nil {
		return "refused: " + o.err.Error()
	}
	return o.records.String() + o.bad.String() + o.verdict
}

// whole converts a file as one stream of blocks.
func whole(t testing.TB, f *convert.Feed, text []byte) *outcome {
	t.Helper()
	if len(text) == 0 || string(text) == "\x1a" && f.Reading().Layout().EOFMark {
		return &outcome{err: fault.New(fault.FileEmpty, "")} // as the run says
	}
	o, parts := convertBlocks(t, f, f.Reading().Cut(bytes.NewReader(text), 1<<16))
	o.check(f, parts)
	return o
}

// chunked cuts a file into chunks, converts them in any order, each with its own worker, and puts the
// outcomes together; parts and cut index go through JSON, as they do between steps.
func chunked(t testing.TB, r *rand.Rand, f *convert.Feed, text []byte, size int64) (*outcome, cut.Result) {
	t.Helper()
	res, kept := upload(t, r, f.Reading(), text, cut.Options{Chunk: size, KeepGoing: true, Keys: f.Keys()})
	var index []cut.Chunk
	again(t, res.Chunks, &index)
	outcomes, parts := make([]*outcome, len(index)), make([][]convert.Part, len(index))
	for _, i := range r.Perm(len(index)) {
		size := 1 + r.IntN(1<<uint(1+r.IntN(16)))
		b := cut.Resume(iotest.HalfReader(bytes.NewReader(kept[i])), f.Reading(), index[i], size)
		var own []convert.Part
		outcomes[i], own = convertBlocks(t, f, b)
		again(t, own, &parts[i])
	}
	all, order := &outcome{}, []convert.Part(nil)
	for i, o := range outcomes {
		all.records.Write(o.records.Bytes())
		all.bad.Write(o.bad.Bytes())
		all.good += o.good
		all.err = cmp.Or(all.err, o.err)
		order = append(order, parts[i]...)
	}
	all.check(f, order)
	return all, res
}

// again writes a value down and reads it back.
func again(t testing.TB, from, into any) {
	t.Helper()
	b, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// upload passes a file and checks what holds of every pass: the chunks are the file.
func upload(
	t testing.TB, r *rand.Rand, reading *layout.Reading, text []byte, o cut.Options,
) (cut.Result, [][]byte) {
	t.Helper()
	var kept [][]byte
	var src io.Reader = bytes.NewReader(text)
	if r.IntN(2) == 0 {
		src = iotest.DataErrReader(iotest.HalfReader(src))
	}
	res, err := cut.Upload(src, reading, o, func(c cut.Chunk, body io.Reader) error {
		var b bytes.Buffer
		if r.IntN(2) == 0 {
			body = iotest.OneByteReader(body)
		}
		_, err := io.Copy(&b, body)
		kept = append(kept, b.Bytes())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Quarantine != nil && !o.KeepGoing {
		return res, nil
	}
	if joined := bytes.Join(kept, nil); !bytes.Equal(joined, text) {
		t.Fatalf("the chunks are %q, the file is %q", joined, text)
	}
	if res.SHA256 != sha256.Sum256(text) || res.Bytes != int64(len(text)) || len(res.Chunks) != len(kept) {
		t.Fatalf("%+v of %d bytes in %d chunks", res, len(text), len(kept))
	}
	offset := int64(0)
	for i := range res.Chunks {
		c := &res.Chunks[i]
		if c.Index != i || c.First() != (i == 0) || c.Last != (i == len(kept)-1) ||
			c.Offset != offset || c.Length != int64(len(kept[i])) || c.Length == 0 && len(text) > 0 {
			t.Fatalf("chunk %d is %+v, at %d with %d bytes", i, c, offset, len(kept[i]))
		}
		offset += c.Length
	}
	return res, kept
}

// same compares the conversion of a file in chunks with that of the whole, and says how many chunks there
// were.
func same(t testing.TB, r *rand.Rand, f *convert.Feed, text []byte, size int64) int {
	t.Helper()
	want := whole(t, f, text)
	got, res := chunked(t, r, f, text, size)
	if a, b := got.String(), want.String(); a != b {
		t.Fatalf("%q\nchunks of %d, %+v:\n%s\nwhole:\n%s", head(text), size, res.Chunks, a, b)
	}
	faulty := ""
	if res.Fault != nil {
		faulty = "refused: " + res.Fault.Error()
	}
	if want.err == nil && faulty != "" || want.err != nil && faulty != want.String() {
		t.Fatalf("%q\nchunks of %d: fault %q, whole: %s", head(text), size, faulty, want)
	}
	return len(res.Chunks)
}

func head(text []byte) []byte { return text[:min(len(text), 4000)] }

// TestDemoDayInChunks cuts the demo retailer's files in many ways.
func TestDemoDayInChunks(t *testing.T) {
	root := filepath.Join("..", "..", "..", "events")
	set, faults := master.Load(os.DirFS(filepath.Join(root, "masters")))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	paths, err := filepath.Glob(filepath.Join(root, "day", "*_*"))
	if err != nil || len(paths) < 6 {
		t.Fatal(paths, err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := compile(t, set, set.FeedOf(filepath.Base(path), runDate(t)))
		if o := whole(t, f, text); o.good == 0 && o.err == nil {
			t.Errorf("%s has no good record", path)
		}
		n := int64(len(text))
		for _, size := range []int64{1, 1 + r.Int64N(2000), 1 + r.Int64N(n), n, 0} {
			chunks := same(t, r, f, text, size)
			if size == 1 && chunks < 10 {
				t.Errorf("%s in %d chunks of a byte", path, chunks)
			}
		}
		res, _ := upload(t, r, f.Reading(), text, cut.Options{File: path, Keys: f.Keys()})
		if res.Quarantine != nil || !res.HasData {
			t.Errorf("%s: %+v, data %v", path, res.Quarantine, res.HasData)
		}
	}
}

// TestFilesOfTheModelInChunks does the same with the files of random cases.
func TestFilesOfTheModelInChunks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	files, chunks := 0, 0
	for seed := range uint64(60) {
		c := model.Random(seed, 30)
		set, err := engine.Set(&c.Masters)
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.Days[0].Files {
			file := &c.Days[0].Files[i]
			if !engine.Expressible(file) {
				continue
			}
			feed, encoding := c.Masters.Feeds[file.Feed], engine.Encoding(file)
			text, _, err := engine.Bytes(file, &feed, encoding)
			if err != nil {
				t.Fatal(err)
			}
			for k := range set.Feeds {
				if set.Feeds[k].Code == file.Feed {
					set.Feeds[k].Layout = *engine.Layout(&feed, encoding, file.Control != nil)
					f := compile(t, set, &set.Feeds[k])
					chunks += same(t, r, f, text, 1+r.Int64N(int64(len(text))+1))
					files++
				}
			}
		}
	}
	if files < 50 || chunks < 2*files {
		t.Errorf("%d files in %d chunks", files, chunks)
	}
	t.Log(files, "files in", chunks, "chunks")
}
