package card

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
)

// Ref stands for a card in ledger, counters and digests, without its number (R20).
type Ref = [16]byte

// Pseudonyms makes card references. It is for one goroutine.
type Pseudonyms struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

// NewPseudonyms takes the retailer's pseudonym key, which is never rotated in place.
func NewPseudonyms(key []byte) *Pseudonyms { return &Pseudonyms{mac: hmac.New(sha256.New, key)} }

// Ref gives the first 16 bytes of HMAC-SHA256(key, provider ‖ 0 ‖ number). The provider stands for the
// scheme, so that a number keeps its reference when the ranges of its provider are cut anew.
func (p *Pseudonyms) Ref(provider string, number []byte) Ref {
	p.mac.Reset()
	p.mac.Write([]byte(provider))
	p.mac.Write([]byte{0})
	p.mac.Write(number)
	var r Ref
	copy(r[:], p.mac.Sum(p.sum[:0]))
	return r
}
