package postal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"slices"
)

// Write writes the file of a book: version names the data set, places are those of each code. Errors: w's;
// one that names the code for what is no code of seven digits, has no place, or a place without prefecture or
// city.
func Write(w io.Writer, version string, places map[string][]Place) error {
	codes := slices.Sorted(maps.Keys(places))
	rest := appendText(nil, version)
	cities := map[string]uint64{}
	count := binary.BigEndian.AppendUint32(nil, uint32(len(codes))) // #nosec G115 -- at most ten million
	numbers, offsets := make([]byte, 0, word*len(codes)), make([]byte, 0, word*len(codes))
	for _, code := range codes {
		number, ok := numberOf(code)
		if !ok || len(places[code]) == 0 {
			return fmt.Errorf("%q with %d places is no postal code", code, len(places[code]))
		}
		for _, p := range places[code] {
			if !p.Prefecture.Valid() || p.City == "" {
				return fmt.Errorf("postal code %s: a place lacks prefecture or city", code)
			}
			if _, known := cities[p.City]; !known {
				cities[p.City] = uint64(len(rest))
				rest = appendText(rest, p.City)
			}
		}
		numbers = binary.BigEndian.AppendUint32(numbers, number)
		offsets = binary.BigEndian.AppendUint32(offsets, uint32(len(rest))) // #nosec G115 -- checked below
		rest = binary.AppendUvarint(rest, uint64(len(places[code])))
		for _, p := range places[code] {
			rest = binary.AppendUvarint(rest, uint64(p.Prefecture))
			rest = binary.AppendUvarint(rest, cities[p.City])
			rest = appendText(rest, p.Town)
		}
	}
	if len(rest) > math.MaxUint32 {
		return fmt.Errorf("the places take %d bytes", len(rest))
	}
	size := binary.BigEndian.AppendUint32(nil, uint32(len(rest))) // #nosec G115 -- checked
	body := slices.Concat(count, numbers, offsets, size, rest)
	head := append([]byte(magic), format)
	head = binary.BigEndian.AppendUint32(head, crc32.Checksum(body, checksum))
	_, err := w.Write(append(head, body...))
	return err
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}
