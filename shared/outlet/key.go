package outlet

import (
	"encoding/binary"

	"multipoint/shared/packed"
)

// Sort keys compare bytewise. A group's record stands before those of its entries.
const (
	markGroup = 0
	markEntry = 1

	placeLen = 8 + 4 + 8 + 4 + 32
)

// appendPlace appends the key of (run, file, line, point type, order), the order of a provider file (R21).
func appendPlace(dst []byte, e *Entry) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Run))
	dst = binary.BigEndian.AppendUint32(dst, uint32(e.File))
	dst = binary.BigEndian.AppendUint64(dst, uint64(e.Line))
	dst = appendText(dst, e.PointType)
	return binary.BigEndian.AppendUint32(dst, uint32(e.Order))
}

// appendPlaceOnly appends a place without the point type, placeLen bytes.
func appendPlaceOnly(dst []byte, p Place) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.Run))
	dst = binary.BigEndian.AppendUint32(dst, uint32(p.File))
	dst = binary.BigEndian.AppendUint64(dst, uint64(p.Line))
	dst = binary.BigEndian.AppendUint32(dst, uint32(p.Order))
	return append(dst, p.Key[:]...)
}

func decodePlace(b []byte) Place {
	p := Place{
		Run: int64(binary.BigEndian.Uint64(b)), File: int32(binary.BigEndian.Uint32(b[8:])),
		Line: int64(binary.BigEndian.Uint64(b[12:])), Order: int32(binary.BigEndian.Uint32(b[20:])),
	}
	copy(p.Key[:], b[24:])
	return p
}

// appendText appends a text so that keys order by its bytes and none is the beginning of another: 00 becomes
// 00 FF, and 00 00 ends it.
func appendText(dst, text []byte) []byte {
	for _, c := range text {
		dst = append(dst, c)
		if c == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 0)
}

// appendCard appends the group of an entry, (number, point type, returns apart), and its place in it.
func (f *file) appendCard(dst []byte, e *Entry) []byte {
	dst = appendText(dst, e.Number)
	dst = appendText(dst, e.PointType)
	apart := byte(0)
	if e.IsReturn && f.outlet.returns != returnsNetted {
		apart = 1
	}
	return appendPlaceOnly(append(dst, apart), e.Place)
}

// cardLen is the length of the group in front of a key made by appendCard.
func cardLen(key []byte) int {
	i := 0
	for texts := 0; texts < 2; i += 2 {
		for key[i] != 0 {
			i++
		}
		if key[i+1] == 0 {
			texts++
		}
	}
	return i + 1
}

// appendLen appends the length of the sort key in front.
func appendLen(dst []byte, n int) []byte { return binary.BigEndian.AppendUint32(dst, uint32(n)) }

// appendSum appends what a group came to.
func (g *group) appendSum(dst []byte) []byte {
	dst = binary.AppendVarint(dst, g.points)
	dst = binary.AppendVarint(dst, g.amount)
	dst = binary.AppendVarint(dst, g.entries)
	return g.first.AppendBinary(dst)
}

func (g *group) decodeSum(src []byte) error {
	r := packed.From(src)
	g.points, g.amount, g.entries = r.Varint(), r.Varint(), r.Varint()
	if r.Bad() {
		return damaged()
	}
	g.buf = append(g.buf[:0], r.Rest()...)
	_, err := g.first.DecodeBinary(g.buf)
	return err
}
