package cut_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"multipoint/shared/fault"
	"multipoint/shared/intake/cut"
	"multipoint/shared/layout"
)

func memoLayout() *layout.Layout {
	return &layout.Layout{
		Encoding: "cp932", Format: "csv", LineEnd: "lf", EOFMark: true,
		Records: []layout.Record{{Kind: "titles"}, {Kind: "receipt", Fields: named("receipt", "memo")}},
	}
}

func read(_ cut.Chunk, body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

func TestFilesWithoutDataAreTold(t *testing.T) {
	l := &layout.Layout{
		Encoding: "cp932", Format: "csv", LineEnd: "lf", EOFMark: true,
		Discriminator: &layout.Discriminator{Column: 1},
		Records: []layout.Record{
			{Kind: "titles"},
			{Kind: "header", IDs: []string{"H"}, Fields: named("id")},
			{Kind: "receipt", IDs: []string{"D"}, Fields: named("id", "memo")},
			{Kind: "item", IDs: []string{"I"}, Fields: named("id", "product")},
			{Kind: "trailer", IDs: []string{"T"}, Fields: named("id")},
			{Kind: "end", IDs: []string{"E"}, Fields: named("id")},
		},
	}
	r, o := rand.New(rand.NewPCG(1, 1)), cut.Options{Chunk: 3}
	for text, want := range map[string]bool{
		"": false, "\x1a": false, "a,b\n": false, "a\nH\nT\nE\n\x1a": false, "a\n\n\n": false, "D,1\n": false,
		"a\nD,1\n": true, "a\nH\nI,1\nT\nE\n": true, "a\nX\n": true, "a\nH\nD\nT\n": true,
	} {
		res, _ := upload(t, r, compileLayout(t, l), []byte(text), o)
		if res.HasData != want {
			t.Errorf("%q: %v", text, res.HasData)
		}
	}
}

// TestFaultsOfAFileAreReportedAndTheFileKept: the fault has its place, and all bytes are in chunks.
func TestFaultsOfAFileAreReportedAndTheFileKept(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for text, want := range map[string]string{
		"":                          "MP-1106 file.empty at in.dat: ",
		"\x1a":                      "MP-1106 file.empty at in.dat: ",
		"a\n1,x\n2,y\n\"3,z\n4,u\n": "MP-1108 file.quote at in.dat byte 10: ",
		"a\n1,x\n2,y\n3":            "MP-1105 file.truncated at in.dat byte 10: ",
		"\xff\xfea\n1,x\n":          "MP-1107 file.encoding at in.dat byte 0: ",
		"\xef\xbb\xbfa\n1,x\n":      "MP-1107 file.encoding at in.dat byte 0: ",
		"a\n1,x\n2,y\n\x1a":         "",
	} {
		reading := compileLayout(t, memoLayout())
		for size := int64(1); size < 20; size++ {
			res, kept := upload(t, r, reading, []byte(text), cut.Options{File: "in.dat", Chunk: size})
			got := ""
			if res.Fault != nil {
				got = res.Fault.Error()
			}
			if !strings.HasPrefix(got, want) || (got == "") != (want == "") {
				t.Fatalf("%q in chunks of %d: %q", text, size, got)
			}
			again := ""
			for i := range kept {
				b := cut.Resume(bytes.NewReader(kept[i]), reading, res.Chunks[i], int(size))
				if err := drain(b); err != nil {
					again += err.Error()
				}
			}
			nameless := strings.NewReplacer(" at in.dat:", ":", "in.dat ", "").Replace(got)
			if again != nameless {
				t.Fatalf("%q in chunks of %d: %q, again %q", text, size, got, again)
			}
		}
	}
}

func drain(b *cut.Blocks) error {
	for {
		if _, err := b.Next(nil); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// TestRecordWithoutAnEndIsKeptAndSearched: behind a quote that nobody closes come more bytes than a record
// may have; all are kept, in chunks of the size asked for, and a card number far behind is found, wherever
// reading stops.
func TestRecordWithoutAnEndIsKeptAndSearched(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	reading := compileLayout(t, memoLayout())
	text := []byte("a\n1,x\n2,y\n3,\"" + strings.Repeat("0123456 x ", (layout.MaxTransaction+6<<20)/10))
	res, kept := upload(t, r, reading, text, cut.Options{Chunk: 2 << 20})
	if fault.CodeOf(res.Fault) != fault.RecordTooLong || res.Fault.Offset != 6 || res.Quarantine != nil {
		t.Fatalf("%v, %+v", res.Fault, res.Quarantine)
	}
	if len(kept) < 4 || res.Chunks[0].Rest || !res.Chunks[2].Rest || !res.Chunks[len(kept)-1].Rest {
		t.Fatalf("%+v", res.Chunks)
	}
	for i := range kept {
		if i > 1 && len(kept[i]) > 2<<20 {
			t.Errorf("chunk %d has %d bytes", i, len(kept[i]))
		}
		err := drain(cut.Resume(bytes.NewReader(kept[i]), reading, res.Chunks[i], 0))
		broken := res.Chunks[i].Offset <= 6 && 6 < res.Chunks[i].Offset+res.Chunks[i].Length
		if broken != (fault.CodeOf(err) == fault.RecordTooLong) || !broken && err != nil {
			t.Errorf("chunk %d again: %v", i, err)
		}
	}
	number := invented(r)
	limit := 6 + layout.MaxTransaction
	next := limit + 1<<20 // where the second piece of the rest begins
	for _, at := range []int{limit - 40, limit - 8, limit, next - 136, next - 8, len(text) - 18} {
		own := slices.Clone(text)
		copy(own[at-1:], "x"+number+"x")
		src := iotest.DataErrReader(bytes.NewReader(own))
		res, err := cut.Upload(src, reading, cut.Options{Chunk: 2 << 20}, read)
		if err != nil || res.Quarantine == nil || *res.Quarantine != (cut.Hit{Line: 4}) {
			t.Errorf("a number at %d: %+v, %v", at, res, err)
		}
	}
}

var errOwn = errors.New("the disk is full")

func TestErrorsEndThePass(t *testing.T) {
	reading := compileLayout(t, memoLayout())
	text := "a\n" + strings.Repeat("1,x\n2,y\n", 100)
	calls := 0
	_, err := cut.Upload(strings.NewReader(text), reading, cut.Options{Chunk: 50},
		func(_ cut.Chunk, body io.Reader) error {
			if calls++; calls == 3 {
				return errOwn
			}
			return read(cut.Chunk{}, body)
		})
	if !errors.Is(err, errOwn) || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
	for _, long := range []bool{false, true} {
		var seen error
		if long {
			text += strings.Repeat("3,long\n", 300_000)
		}
		src := io.MultiReader(strings.NewReader(text), iotest.ErrReader(errOwn))
		_, err = cut.Upload(src, reading, cut.Options{File: "in.dat"},
			func(_ cut.Chunk, body io.Reader) error {
				_, seen = io.ReadAll(body)
				return seen
			})
		named := err != nil && strings.Contains(err.Error(), "in.dat")
		if fault.CodeOf(err) != fault.ReadFailed || !errors.Is(err, errOwn) || !named {
			t.Errorf("long %v: %v", long, err)
		}
		if long && fault.CodeOf(seen) != fault.ReadFailed {
			t.Errorf("the chunk's reader said %v", seen)
		}
	}
	broken := io.MultiReader(strings.NewReader("\xff\xfe"+text), iotest.ErrReader(errOwn))
	_, err = cut.Upload(broken, reading, cut.Options{Chunk: 50}, read)
	if fault.CodeOf(err) != fault.ReadFailed {
		t.Errorf("behind a fault: %v", err)
	}
}

// TestChunksThatAreNotReadArePassedOver: what is there already need not be written again.
func TestChunksThatAreNotReadArePassedOver(t *testing.T) {
	reading := compileLayout(t, memoLayout())
	text := []byte("a\n" + strings.Repeat("1,x\n2,y\n", 100))
	o := cut.Options{Chunk: 70}
	want, _ := upload(t, rand.New(rand.NewPCG(4, 4)), reading, text, o)
	got, err := cut.Upload(bytes.NewReader(text), reading, o, func(c cut.Chunk, body io.Reader) error {
		_, err := io.CopyN(io.Discard, body, int64(c.Index%3)*20)
		return err
	})
	if err != nil || !slices.Equal(got.Chunks, want.Chunks) || got.SHA256 != want.SHA256 {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	for i := range got.Chunks {
		if got.Chunks[i].Length > 70 {
			t.Errorf("chunk %d has %d bytes", i, got.Chunks[i].Length)
		}
	}
}

// endless gives a record again and again.
type endless struct {
	line string
	left int
}

func (e *endless) Read(b []byte) (int, error) {
	n := 0
	for ; n+len(e.line) <= len(b) && e.left > 0; n, e.left = n+len(e.line), e.left-1 {
		copy(b[n:], e.line)
	}
	if e.left == 0 {
		return n, io.EOF
	}
	if n == 0 {
		return copy(b, "\n"), nil
	}
	return n, nil
}

// TestMemoryDoesNotGrowWithTheFile passes 200 MB in two chunks and counts what was allocated in all.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	src := &endless{line: "00001234,お買い上げ\n", left: 200 << 20 / 25}
	l := memoLayout()
	l.Encoding = "utf-8"
	res, err := cut.Upload(src, compileLayout(t, l), cut.Options{Chunk: 128 << 20}, read)
	runtime.ReadMemStats(&after)
	if err != nil || len(res.Chunks) != 2 || res.Bytes < 190<<20 {
		t.Fatal(len(res.Chunks), res.Bytes, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes allocated", used)
	}
}
