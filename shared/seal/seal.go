// Package seal keeps what must carry card numbers, names or raw lines: encrypted objects of one retailer
// (DESIGN §4). An object has sections that are read one by one, each sealed for its place in its object by
// AES256-GCM-HKDF streams (Tink) under a data key a day; without that key the day's objects are shredded.
// format.go describes the bytes.
//
// Sealing the same bytes twice gives different objects, so each bears a keyed hash of its plaintext: a step
// that is done again meets its own work, and one that is not deterministic is found out.
package seal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"strconv"
	"strings"
	"sync"

	"github.com/tink-crypto/tink-go/v2/streamingaead/subtle"

	"multipoint/shared/keys"
	"multipoint/shared/object"
)

// Errors, always wrapped with the object's key: test with errors.Is.
var (
	// ErrDamaged: bytes were changed, moved or cut off, or this never was a sealed object of that key.
	ErrDamaged = errors.New("the sealed object is damaged")
	// ErrDiffers: Create met an object of that key with other plaintext. A step is not deterministic, or two
	// writers use one key: work must stop until somebody has looked.
	ErrDiffers = errors.New("the object exists with another content")
	// ErrShredded: the day's data key was destroyed, so its objects cannot be read any more.
	ErrShredded = errors.New("the day's data key was shredded")
)

// Metadata of a sealed object, readable without its data key. Names that begin with "seal-" are taken.
const (
	MetaDay    = "seal-day"    // the day whose data key it is under
	MetaLength = "seal-length" // bytes of plaintext, decimal
	MetaProof  = "seal-proof"  // the keyed hash in hex, see format.go
	metaPrefix = "seal-"
)

// MaxSections is the most sections of an object.
const MaxSections = 1 << 16

// segment is the size in bytes of the pieces in which a section is encrypted. A writer or reader holds twice
// as much. Larger ones are not faster, and cost more where sections are small.
const segment = 16 << 10

// Options of a Store. The zero value is ready to use.
type Options struct {
	// Compress shortens sections before they are sealed (S2). Records of cards and hashes shrink to some 55 %
	// and take half as long again, so it pays where the store takes less than about 300 MB/s a core.
	Compress bool
	// Memory is how many sealed bytes of an object are held before they go to a temporary file; 0 = 4 MiB.
	Memory int
	// Folder is where temporary files are made; empty = os.TempDir().
	Folder string
	// Days is how many data keys are kept in memory; 0 = 64.
	Days int
}

// Store reads and writes the sealed objects of one retailer. Make it with New; safe for use by several
// goroutines.
type Store struct {
	objects  object.Store
	keys     keys.Wrapper
	retailer string
	options  Options
	proofKey []byte
	chunks   sync.Pool

	mu    sync.Mutex
	days  map[string]*subtle.AESGCMHKDF
	order []string // days, the one known for longest first
	shred int      // number of calls of Shred
}

// New makes a Store of a retailer's objects in objects, where the wrapped data keys are too, at
// keys/<retailer>/days/<day>. Errors: those of keys.Keys.Proof.
func New(
	ctx context.Context, objects object.Store, k keys.Keys, retailer string, options Options,
) (*Store, error) {
	proofKey, err := k.Proof(ctx, retailer)
	if err != nil {
		return nil, err
	}
	if options.Memory <= 0 {
		options.Memory = 4 << 20
	}
	if options.Days <= 0 {
		options.Days = 64
	}
	return &Store{
		objects: objects, keys: k, retailer: retailer, options: options, proofKey: proofKey,
		chunks: sync.Pool{New: newChunk}, days: map[string]*subtle.AESGCMHKDF{},
	}, nil
}

// Create seals what write writes as an object of one section, under the data key of day, "2026-11-22". An
// object of that key with the same plaintext and day means that this was done before: then nothing is written
// and the error is nil, whatever its other metadata. Errors: ErrDiffers, ErrShredded, the error of write,
// others of the store and of keys.
func (s *Store) Create(
	ctx context.Context, key, day string, metadata map[string]string, write func(io.Writer) error,
) error {
	one := func(w *SectionWriter) error { return write(w.Section(0)) }
	return s.CreateSections(ctx, key, day, metadata, 1, one)
}

// CreateSections is Create for an object of 1 to MaxSections sections.
func (s *Store) CreateSections(
	ctx context.Context, key, day string, metadata map[string]string, sections int,
	write func(*SectionWriter) error,
) error {
	for name := range metadata {
		if strings.HasPrefix(strings.ToLower(name), metaPrefix) {
			return fmt.Errorf("%s: metadata %s is taken: %w", key, name, object.ErrInvalid)
		}
	}
	if sections < 1 || sections > MaxSections {
		return fmt.Errorf("%s: %d sections: %w", key, sections, object.ErrInvalid)
	}
	dayKey, err := s.writingKey(ctx, day)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	sealed := newSpooled(s.options.Folder, s.options.Memory, &s.chunks)
	w := newSectionWriter(s, dayKey, key, sections, sealed)
	if err = write(w); err == nil {
		err = s.upload(ctx, w, key, day, metadata)
	}
	if err == nil {
		sealed.giveBack()
	}
	return errors.Join(err, sealed.close())
}

// upload ends the object and stores it.
func (s *Store) upload(
	ctx context.Context, w *SectionWriter, key, day string, metadata map[string]string,
) error {
	if err := w.finish(); err != nil {
		return fmt.Errorf("%s cannot be sealed: %w", key, err)
	}
	body, err := w.sealed.reader()
	if err != nil {
		return fmt.Errorf("%s cannot be sealed: %w", key, err)
	}
	all := map[string]string{}
	maps.Copy(all, metadata)
	all[MetaDay], all[MetaLength], all[MetaProof] = day, strconv.FormatInt(w.length, 10), w.proof.sum(w.table)
	err = s.objects.Create(ctx, key, body, all)
	if errors.Is(err, object.ErrExists) {
		return s.compare(ctx, key, all)
	}
	return err
}

// compare says whether the object that is there is the one that was to be written.
func (s *Store) compare(ctx context.Context, key string, wanted map[string]string) error {
	there, err := s.objects.Stat(ctx, key)
	if err != nil {
		return err
	}
	for _, name := range []string{MetaLength, MetaProof, MetaDay} {
		if there.Metadata[name] != wanted[name] {
			return fmt.Errorf("%s (%s %q, not %q): %w",
				key, name, there.Metadata[name], wanted[name], ErrDiffers)
		}
	}
	return nil
}

// Stat describes a sealed object, also after its day was shredded. Size is that of the sealed bytes. Error:
// object.ErrAbsent.
func (s *Store) Stat(ctx context.Context, key string) (object.Info, error) {
	return s.objects.Stat(ctx, key)
}

// Verify reads a whole object and compares its plaintext with the keyed hash. Errors: as Open; ErrDamaged.
func (s *Store) Verify(ctx context.Context, key string) error {
	o, err := s.OpenSections(ctx, key)
	if err != nil {
		return err
	}
	r, err := o.All(ctx)
	if err != nil {
		return err
	}
	proof := s.newProof()
	length, err := io.Copy(proof, r)
	err = errors.Join(err, r.Close())
	if err != nil {
		return err
	}
	if strconv.FormatInt(length, 10) != o.info.Metadata[MetaLength] ||
		proof.sum(o.table) != o.info.Metadata[MetaProof] {
		return fmt.Errorf("%s: its keyed hash differs: %w", key, ErrDamaged)
	}
	return nil
}

// proof computes the keyed hash of a plaintext, see format.go.
type proof struct{ hash.Hash }

func (s *Store) newProof() proof { return proof{hmac.New(sha256.New, s.proofKey)} }
