// Package day is the machinery around the engine (DESIGN §4): runs that are pinned when they open, computed
// in steps whose parts are kept, committed by one create-only write, posted to the ledger and never changed
// after. Everything that changes a retailer's ledger is a run: a day, an answer, an adjustment.
//
// A run is a pure function of its pins. Steps read the parts that the step before is expected to have left,
// never what happens to be there; they may be run twice, at once or on other machines, and leave the same.
package day

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/keys"
	"multipoint/shared/layout"
	"multipoint/shared/mail"
	"multipoint/shared/object"
	"multipoint/shared/seal"
	"multipoint/shared/table"
)

// Part is a sealed object that was written.
type Part struct {
	Key  string `json:"key"`
	Hash string `json:"hash"` // keyed hash of its plaintext, hex
	Size int64  `json:"size"` // bytes of its plaintext
}

// Options are how runs work; none changes a byte of a result. The zero value works.
type Options struct {
	Threads   int    // of one task, default 1: tasks run beside each other
	Memory    int64  // bytes that a task keeps before it uses temporary files, default 16 MiB
	TempDir   string // default os.TempDir
	ChunkSize int64  // bytes of a held chunk, default 16 MiB
	Groups    int    // of buckets, 1 to 256; 0 = by the size of the day
	BlockSize int    // bytes that are converted at a time, default layout.DefaultBlock
	MaxUpload int64  // bytes of an uploaded file, default MaxUpload
}

// Service runs one retailer's days.
type Service struct {
	Retailer   string
	Objects    object.Store
	Parts      *seal.Store // sealed objects on Objects
	Table      table.Table
	Keys       keys.Keys
	Converters layout.Converters
	// Now is the clock: it is asked when something arrives and when a run opens, never inside a run.
	Now     func() time.Time
	Log     *slog.Logger // never told a card number
	Options Options
	// Registry keeps the members; nil = they come by PublishMembers only.
	Registry Registry
	// Sender sends mails; nil = no mail is sent.
	Sender   mail.Sender
	Operator []string // addresses of those who run the service, for alarms
	Site     string   // where the screens are, https://…, for links in mails; "" = mails name the path alone

	mu    sync.Mutex
	ready map[string]*work // by pins, the last few
}

// create writes a sealed object of so many sections; one that is there with the same content is as good.
// Errors: part.differs, part.shredded.
func (s *Service) create(
	ctx context.Context, key string, day calendar.Date, sections int, write func(w *seal.SectionWriter) error,
) (Part, error) {
	if err := s.Parts.CreateSections(ctx, key, day.String(), nil, sections, write); err != nil {
		return Part{}, partFault(key, err)
	}
	info, err := s.Parts.Stat(ctx, key)
	if err != nil {
		return Part{}, partFault(key, err)
	}
	info.Key = key
	return partOf(info)
}

// partOf describes a sealed object. Error: part.damaged.
func partOf(info object.Info) (Part, error) {
	size, err := strconv.ParseInt(info.Metadata[seal.MetaLength], 10, 64)
	if err != nil {
		return Part{}, fault.At(fault.PartDamaged, fault.Place{File: info.Key}, "")
	}
	return Part{Key: info.Key, Hash: info.Metadata[seal.MetaProof], Size: size}, nil
}

// openPart begins to read a sealed object. Errors: part.missing, part.damaged, part.shredded.
func (s *Service) openPart(ctx context.Context, key string) (*seal.Sections, error) {
	p, err := s.Parts.OpenSections(ctx, key)
	return p, partFault(key, err)
}

// readPart reads a sealed object as one stream.
func (s *Service) readPart(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.Parts.Open(ctx, key)
	if err != nil {
		return nil, partFault(key, err)
	}
	return named{r, key}, nil
}

// named gives errors of reading a part their code and the part's name.
type named struct {
	io.ReadCloser
	key string
}

func (n named) Read(b []byte) (int, error) {
	read, err := n.ReadCloser.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = partFault(n.key, err)
	}
	return read, err //nolint:wrapcheck // io.EOF must stay itself
}

// sections reads the sections of a part from one up to, and without, another.
func sections(ctx context.Context, p *seal.Sections, from, to int) (io.ReadCloser, error) {
	r, err := p.Range(ctx, from, to)
	if err != nil {
		return nil, partFault(p.Info().Key, err)
	}
	return named{r, p.Info().Key}, nil
}

// partFault gives what is wrong with a part its code.
func partFault(key string, err error) error {
	var code fault.Code
	switch {
	case err == nil || fault.CodeOf(err) != 0:
		return err
	case errors.Is(err, seal.ErrDiffers):
		code = fault.PartDiffers
	case errors.Is(err, seal.ErrDamaged):
		code = fault.PartDamaged
	case errors.Is(err, seal.ErrShredded):
		code = fault.PartShredded
	case errors.Is(err, object.ErrAbsent):
		code = fault.PartMissing
	default:
		return err
	}
	return &fault.Error{Code: code, Place: fault.Place{File: key}, Err: err}
}
