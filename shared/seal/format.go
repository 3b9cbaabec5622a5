package seal

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"

	"multipoint/shared/packed"
)

// A sealed object is
//
//	section 0 … section n-1, footer: each a stream of AES256-GCM-HKDF with segments of 16 KiB
//	trailer: id (16 bytes, by chance), length of the sealed footer (4), magic (8)
//
// A section without bytes has no stream. The footer's plaintext is one byte of flags, the number of sections
// and for each its length before and after sealing, as varints. Numbers of fixed width are big-endian.
//
// The associated data of a stream are the format, retailer and key of the object, its id and the section's
// number, so a section opens nowhere but in its place: neither in another object, nor in one that was written
// later under the same key.
//
// The keyed hash is HMAC-SHA256 over the plaintext of all sections, then the length of each in 8 bytes, then
// their number in 8: the lengths so that bytes cannot move from one section to the next unnoticed.
const (
	format = "multipoint/seal/1"
	magic  = "mp\x00seal1"

	idLength      = 16
	trailerLength = idLength + 4 + len(magic)

	// footerSection is the footer's number in the associated data.
	footerSection = math.MaxUint32
)

// Flags of the footer.
const (
	compressed = 1 << iota // sections were compressed by S2 before they were sealed
	knownFlags = 1<<iota - 1
)

// extent says how long a section is.
type extent struct{ plain, sealed int64 }

// maxFooter is the longest plaintext in bytes of a footer.
const maxFooter = 1 + binary.MaxVarintLen64*(1+2*MaxSections)

func footerOf(flags byte, table []extent) []byte {
	dst := binary.AppendUvarint([]byte{flags}, uint64(len(table)))
	for _, e := range table {
		dst = binary.AppendUvarint(dst, uint64(e.plain))
		dst = binary.AppendUvarint(dst, uint64(e.sealed))
	}
	return dst
}

// parseFooter reads a footer whose sections fill body bytes.
func parseFooter(b []byte, body int64) (flags byte, table []extent, ok bool) {
	if len(b) == 0 || b[0]&^knownFlags != 0 {
		return 0, nil, false
	}
	r := packed.From(b[1:])
	n := r.Uvarint()
	if r.Bad() || n < 1 || n > MaxSections || n > uint64(len(b)) {
		return 0, nil, false
	}
	table = make([]extent, n)
	for i := range table {
		plain, sealed := r.Uvarint(), r.Uvarint()
		if plain > math.MaxInt64 || sealed > uint64(body) || (plain == 0) != (sealed == 0) {
			return 0, nil, false
		}
		table[i] = extent{int64(plain), int64(sealed)}
		body -= int64(sealed)
	}
	return b[0], table, !r.Bad() && len(r.Rest()) == 0 && body == 0
}

func trailerOf(id []byte, footer int) []byte {
	dst := binary.BigEndian.AppendUint32(bytes.Clone(id), uint32(footer))
	return append(dst, magic...)
}

// parseTrailer reads the last trailerLength bytes of an object: its id and how long its footer is.
func parseTrailer(b []byte) (id []byte, footer int64, ok bool) {
	if len(b) != trailerLength || string(b[idLength+4:]) != magic {
		return nil, 0, false
	}
	return b[:idLength], int64(binary.BigEndian.Uint32(b[idLength:])), true
}

// association is the associated data of an object's streams but for the number at its end.
func association(retailer, key string, id []byte) []byte {
	b := append([]byte(format), 0)
	b = append(append(b, retailer...), 0)
	b = append(append(b, key...), 0)
	b = append(b, id...)
	return append(b, 0, 0, 0, 0)
}

// ofSection puts a section's number into an association, in place.
func ofSection(association []byte, number uint32) []byte {
	binary.BigEndian.PutUint32(association[len(association)-4:], number)
	return association
}

// sum ends the keyed hash over the sections' plaintext, in hex.
func (p proof) sum(table []extent) string {
	var length [8]byte
	for _, e := range table {
		binary.BigEndian.PutUint64(length[:], uint64(e.plain))
		p.Write(length[:])
	}
	binary.BigEndian.PutUint64(length[:], uint64(len(table)))
	p.Write(length[:])
	return hex.EncodeToString(p.Sum(nil))
}
