package personal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"sync"

	"multipoint/shared/keys"
)

// Hash is a keyed hash of a value of one element of one retailer.
type Hash [16]byte

// String gives the hash in hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// lookup hashes values of one element.
type lookup struct {
	pool sync.Pool // of hash.Hash
}

// lookupFolder is where keys of lookups lie: keys/<retailer>/lookup/<element>.
const lookupFolder = "lookup"

// Lookup gives the hash by which a value is found. The caller normalises the value first, so that what means
// the same is written the same. Errors: ErrInvalid, those of the keys.
func (v *Vault) Lookup(ctx context.Context, e Element, normalised string) (Hash, error) {
	l, err := v.lookup(ctx, e)
	if err != nil {
		return Hash{}, err
	}
	return l.sum("value", []byte(normalised)), nil
}

// ReadingStart is how many characters of a reading a search needs at least: with fewer, one partition would
// hold a large part of all members.
const ReadingStart = 2

const (
	readingLevels = 16 // characters of a reading that its key tells apart
	levelSize     = 4  // bytes of a level's hash
)

// Reading gives the index key of a name's reading: a partition by its first two characters, and a sort key
// with a short hash for each further beginning of it. The sort key of タカセミ begins with that of タカセ, so who
// searches for タカセ finds both by the prefix that ReadingPrefix gives. Some found names may begin
// otherwise, as hashes are short: the caller looks at the opened name.
//
// What the keys tell whoever reads the table without its keys: which members' readings begin alike, and so
// how frequent a beginning is. They do not tell the characters.
func (v *Vault) Reading(ctx context.Context, normalised string) (partition Hash, sort string, err error) {
	return v.reading(ctx, normalised)
}

// ReadingPrefix is Reading for the beginning of a name: the partition to ask, and what sort keys begin with.
// Error: ErrInvalid for fewer than ReadingStart characters.
func (v *Vault) ReadingPrefix(
	ctx context.Context, beginning string,
) (partition Hash, prefix string, err error) {
	if runes := []rune(beginning); len(runes) < ReadingStart {
		return Hash{}, "", fmt.Errorf("%d characters of a reading: %w", len(runes), ErrInvalid)
	}
	return v.reading(ctx, beginning)
}

func (v *Vault) reading(ctx context.Context, text string) (partition Hash, sort string, err error) {
	l, err := v.lookup(ctx, FamilyKana)
	if err != nil {
		return Hash{}, "", err
	}
	runes := []rune(text)
	partition = l.sum("reading", []byte(string(runes[:min(len(runes), ReadingStart)])))
	var levels []byte
	for n := ReadingStart + 1; n <= min(len(runes), readingLevels); n++ {
		level := l.sum("reading", []byte(string(runes[:n])))
		levels = append(levels, level[:levelSize]...)
	}
	return partition, hex.EncodeToString(levels), nil
}

func (v *Vault) lookup(ctx context.Context, e Element) (*lookup, error) {
	if !e.known() {
		return nil, fmt.Errorf("element %.40q: %w", e, ErrInvalid)
	}
	v.mu.Lock()
	l := v.lookups[e]
	v.mu.Unlock()
	if l != nil {
		return l, nil
	}
	path, err := keys.Path(v.retailer, lookupFolder, string(e))
	if err != nil {
		return nil, err
	}
	key, err := keys.LoadOrCreate(ctx, v.wrapper, v.objects, path)
	if err != nil {
		return nil, err
	}
	l = &lookup{pool: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lookups[e] = l
	return l, nil
}

// sum hashes a value for a purpose: hashes of two purposes cannot be compared.
func (l *lookup) sum(purpose string, value []byte) (h Hash) {
	mac := l.pool.Get().(hash.Hash) //nolint:forcetypeassert // the pool holds nothing else
	mac.Reset()
	var room [sha256.Size]byte
	b := binary.BigEndian.AppendUint32(room[:0], uint32(len(purpose))) // #nosec G115 -- constants
	mac.Write(append(b, purpose...))
	mac.Write(value)
	copy(h[:], mac.Sum(room[:0]))
	l.pool.Put(mac)
	return h
}
