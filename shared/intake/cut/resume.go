package cut

import (
	"io"

	"multipoint/shared/fault"
	"multipoint/shared/layout"
)

// Blocks gives the blocks of one chunk.
type Blocks struct {
	cutter *layout.Cutter // nil of a chunk without records
	chunk  Chunk
}

// Resume cuts a kept chunk into blocks of about size bytes (0 = layout.DefaultBlock), whose indexes, offsets
// and lines are those in the file: what convert.Worker.Block takes. body gives the chunk's bytes, chunk is
// its entry of the cut index. Chunks of a file may be converted in any order and side by side; their parts,
// in the order of the file, are what convert.Feed.Check takes.
func Resume(body io.Reader, reading *layout.Reading, chunk Chunk, size int) *Blocks {
	b := &Blocks{chunk: chunk}
	if !chunk.Rest {
		at := layout.Stretch{Block: chunk.Block, Offset: chunk.Offset, Line: chunk.Line, Last: chunk.Last}
		b.cutter = reading.Resume(body, size, at)
	}
	return b
}

// Next gives the next block, its bytes in buf if that is large enough. io.EOF ends the chunk. Other errors
// are faults, those of layout.Cutter.Next and file.empty.
func (b *Blocks) Next(buf []byte) (layout.Block, error) {
	if b.cutter == nil {
		return layout.Block{}, io.EOF
	}
	block, err := b.cutter.Next(buf)
	if err != nil {
		return layout.Block{}, err
	}
	block.Last = block.Last && b.chunk.Last
	if isEmpty(&block) {
		return layout.Block{}, fault.New(fault.FileEmpty, "")
	}
	return block, nil
}
