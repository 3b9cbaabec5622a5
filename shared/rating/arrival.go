package rating

import (
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/layout"
	"multipoint/shared/master"
)

// RunDateOf gives the run date of a file that arrived at that instant: before 06:00:00 in Japan that day,
// from then on the next one (R1).
func RunDateOf(arrived time.Time) calendar.Date {
	const fromCutOffToMidnight = 18 * time.Hour
	return calendar.DateOf(arrived.Add(fromCutOffToMidnight))
}

// MarkDuplicates sets Duplicate on each file whose feed and bytes equal those of an earlier file of the job
// and which has data records (R3); earlier runs are not its business. sizes are the files' lengths in bytes:
// files whose length is that of no other are not read. Errors: read.failed, feed.unknown, those of
// layout.CompileReading.
func MarkDuplicates(job *Job, sizes []int64) error {
	type alike struct {
		feed string
		size int64
	}
	type content struct {
		feed string
		hash [sha256.Size]byte
	}
	same := map[alike]int{}
	for i := range job.Files {
		same[alike{job.Files[i].Feed, sizes[i]}]++
	}
	seen := map[content]bool{}
	for i := range job.Files {
		f := &job.Files[i]
		if same[alike{f.Feed, sizes[i]}] < 2 {
			continue
		}
		hash, err := hashOf(f)
		if err != nil {
			return err
		}
		is := content{f.Feed, hash}
		if seen[is] {
			if f.Duplicate, err = job.hasData(f); err != nil {
				return err
			}
		}
		seen[is] = true
	}
	return nil
}

func hashOf(f *File) (sum [sha256.Size]byte, err error) {
	src, err := f.Open()
	if err != nil {
		return sum, readFailed(f.Name, err)
	}
	defer func() { _ = src.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, src); err != nil {
		return sum, readFailed(f.Name, err)
	}
	h.Sum(sum[:0])
	return sum, nil
}

// hasData says whether a file has a record that is no title, header, trailer or end. A file whose structure
// cannot be read has one, unless it is empty.
func (j *Job) hasData(f *File) (bool, error) {
	feed := j.Set.Feed(f.Feed, j.RunDate)
	if feed == nil {
		return false, noFeed(f)
	}
	reading, err := layout.CompileReading(layoutOf(f, feed), feed.FlatItems, j.Converters)
	if err != nil {
		return false, err
	}
	src, err := f.Open()
	if err != nil {
		return false, readFailed(f.Name, err)
	}
	defer func() { _ = src.Close() }()
	cutter := reading.Cut(src, j.Options.BlockSize)
	var buf []byte
	var rec layout.ReadRecord
	for {
		block, err := cutter.Next(buf)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case fault.CodeOf(err) == fault.ReadFailed:
			return false, err
		case err != nil:
			return true, nil // what is wrong with it was said about the first of the two
		}
		for scan := reading.Scan(block); scan.Next(&rec); {
			switch rec.Kind {
			case layout.RecordReceipt, layout.RecordItem, layout.RecordUnknown:
				return true, nil
			}
		}
		buf = block.Bytes[:0]
	}
}

func layoutOf(f *File, feed *master.Feed) *layout.Layout {
	if f.Layout != nil {
		return f.Layout
	}
	return &feed.Layout
}

func noFeed(f *File) error {
	return fault.At(fault.FeedUnknown, fault.Place{File: f.Name}, "no feed "+f.Feed+" is in force")
}
