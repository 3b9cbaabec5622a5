// Package personal keeps personal data element by element (SPEC A23, C3): each element of a retailer – the
// family name, the phone number … – has an encryption key of its own, and a sealed value opens only as that
// element of that member of that retailer. What must be found again has a keyed hash beside it: exact for
// mail address, phone and card, by its beginning for the name's reading.
//
// Encryption keys have versions: Rotate begins a new one, values sealed before still open, Stale finds
// those to be sealed anew, Retire destroys a version. Lookup keys have no versions, like a retailer's
// pseudonym key: all hashes would have to change at one instant, while people register.
//
// Sex, age and postal code stay clear for statistics and are none of the elements.
package personal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"

	"multipoint/shared/keys"
	"multipoint/shared/object"
)

// Element is a kind of personal data.
type Element string

// The elements. Their names are parts of keys' places and of what values are bound to; they never change.
const (
	FamilyName Element = "family_name"
	GivenName  Element = "given_name"
	FamilyKana Element = "family_kana"
	GivenKana  Element = "given_kana"
	Address    Element = "address" // town, number, building
	Phone      Element = "phone"
	Mail       Element = "mail"
	Birth      Element = "birth" // the day
	Card       Element = "card"  // point card's number
	Secret     Element = "secret"
	Memo       Element = "memo"
)

// Elements are all elements.
func Elements() []Element {
	return []Element{
		FamilyName, GivenName, FamilyKana, GivenKana, Address, Phone, Mail, Birth, Card, Secret, Memo,
	}
}

func (e Element) known() bool {
	for _, k := range Elements() {
		if k == e {
			return true
		}
	}
	return false
}

// MaxClear is the longest value that can be sealed, in bytes.
const MaxClear = 64 << 10

// Errors: test with errors.Is. A sealed value that does not open is a *fault.Error personal.damaged.
var (
	// ErrInvalid: an unknown element, no member, or a value beyond MaxClear.
	ErrInvalid = errors.New("not a valid element, member or value")
	// ErrLast: the newest version of a key cannot be retired.
	ErrLast = errors.New("the newest version of a key is in use")
)

// Options are how a vault works. The zero value works.
type Options struct {
	// Now is the clock; nil means the machine's.
	Now func() time.Time
	// Refresh is how long after a rotation another process may go on sealing with the version before; 0 = a
	// minute.
	Refresh time.Duration
}

// Vault seals and opens the personal data of one retailer. Make it with New; safe for use by several
// goroutines.
type Vault struct {
	wrapper  keys.Wrapper
	objects  object.Store
	retailer string
	options  Options

	mu       sync.Mutex
	elements map[Element]*versions
	lookups  map[Element]*lookup
}

// versions are the keys of one element that were needed so far.
type versions struct {
	mu      sync.RWMutex
	ciphers map[uint16]tink.AEAD
	newest  uint16    // 0 = not looked for yet
	looked  time.Time // when newest was looked for
}

// New makes the vault of a retailer; its keys lie in objects at keys/<retailer>/, wrapped by w, and are made
// when they are first needed. Error: keys.ErrInvalid for a retailer's code that no key can have.
func New(w keys.Wrapper, objects object.Store, retailer string, o Options) (*Vault, error) {
	if _, err := keys.Path(retailer, folder); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Refresh == 0 {
		o.Refresh = time.Minute
	}
	return &Vault{
		wrapper: w, objects: objects, retailer: retailer, options: o,
		elements: map[Element]*versions{}, lookups: map[Element]*lookup{},
	}, nil
}

func (v *Vault) versions(e Element) (*versions, error) {
	if !e.known() {
		return nil, fmt.Errorf("element %.40q: %w", e, ErrInvalid)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	k := v.elements[e]
	if k == nil {
		k = &versions{ciphers: map[uint16]tink.AEAD{}}
		v.elements[e] = k
	}
	return k, nil
}

// Seal encrypts a value of a member (its id, not empty). Sealing the same twice gives different bytes,
// Overhead longer than the value. Errors: ErrInvalid, those of the keys.
func (v *Vault) Seal(ctx context.Context, e Element, member string, value []byte) ([]byte, error) {
	if member == "" || len(value) > MaxClear {
		return nil, fmt.Errorf("%s of member %.80q, %d bytes: %w", e, member, len(value), ErrInvalid)
	}
	version, cipher, err := v.current(ctx, e)
	if err != nil {
		return nil, err
	}
	sealed, err := cipher.Encrypt(value, v.binding(e, member))
	if err != nil {
		return nil, fmt.Errorf("sealing %s: %w", e, err)
	}
	return append(header(version), sealed...), nil
}

// Open gives back what Seal was given for the same element and member. Errors: personal.damaged (MP-5309) for
// bytes that Seal did not give for them, or whose key was retired; those of the keys.
func (v *Vault) Open(ctx context.Context, e Element, member string, sealed []byte) ([]byte, error) {
	version, rest, ok := cutHeader(sealed)
	if !ok || member == "" {
		return nil, v.damaged(e, nil)
	}
	cipher, err := v.cipher(ctx, e, version)
	switch {
	case errors.Is(err, object.ErrAbsent), errors.Is(err, keys.ErrDestroyed), errors.Is(err, keys.ErrRefused):
		return nil, v.damaged(e, err)
	case err != nil:
		return nil, err
	}
	value, err := cipher.Decrypt(rest, v.binding(e, member))
	if err != nil {
		return nil, v.damaged(e, err)
	}
	return value, nil
}
