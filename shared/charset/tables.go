package charset

import (
	"encoding/binary"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// pairTable decodes an encoding whose characters are ASCII, single bytes from 80, two bytes, and (EUC-JP,
// after 8F) three bytes. All its characters are in the basic plane, so 0 can stand for "no character".
type pairTable struct {
	// isPair has one bit for each two bytes, the first as the lower half of the index, and the bit of 00 00
	// set for valid's empty lanes. At 8 KiB it stays in the innermost cache.
	isPair [1 << 10]uint64
	pair   [1 << 16]uint16
	single [1 << 8]uint16
	// coded is pair as UTF-8, indexed by the two bytes with the second one higher: up to three bytes, the
	// first one lowest, and their number above them. 0 is no character.
	coded [1 << 16]uint32
	// blocks and noSingles serve valid. noSingles has all top bits if no byte from 80 is a character by
	// itself; else the half-width kana A1–DF are.
	blocks    *[512]block
	noSingles uint64
	// triple is indexed by the two bytes that follow 8F; nil if the encoding has no such characters.
	triple *[1 << 16]uint16
}

// codeTable encodes: it is indexed by the character. 0 is "cannot be written", up to FF one byte, else two.
type codeTable [1 << 16]uint16

// cp932Table holds JIS X 0208, NEC row 13, the IBM extensions in both places (ED40–EEFC and FA40–FC4B) and
// the half-width kana. The user-defined area F040–F9FC is not in it: those codes mean something else at
// each company.
var cp932Table = sync.OnceValue(func() *pairTable {
	t := &pairTable{blocks: newBlocks()}
	t.fill(japanese.ShiftJIS, 0x81, 0x9F)
	t.fill(japanese.ShiftJIS, 0xE0, 0xEF)
	t.fill(japanese.ShiftJIS, 0xFA, 0xFC)
	for b := 0xA1; b <= 0xDF; b++ {
		t.single[b] = uint16(0xFF61 + b - 0xA1)
	}
	return t
})

// eucTable holds JIS X 0208, NEC row 13 and the NEC-selected rows 89–92, the half-width kana as two bytes
// after 8E, and JIS X 0212 after 8F. All of this is read, only a part is written: see eucCodes.
var eucTable = sync.OnceValue(func() *pairTable {
	t := &pairTable{blocks: newBlocks(), noSingles: high, triple: new([1 << 16]uint16)}
	t.fill(japanese.EUCJP, 0x8E, 0x8E)
	t.fill(japanese.EUCJP, 0xA1, 0xFE)
	d := japanese.EUCJP.NewDecoder()
	for i := 0xA1A1; i <= 0xFEFE; i++ {
		t.triple[i] = decodeOne(d, []byte{0x8F, byte(i >> 8), byte(i)})
	}
	return t
})

// fill takes the two-byte characters whose first byte is from first to last out of e.
func (t *pairTable) fill(e encoding.Encoding, first, last int) {
	t.isPair[0] |= 1
	d := e.NewDecoder()
	for i := first << 8; i <= last<<8|0xFF; i++ {
		if r := decodeOne(d, []byte{byte(i >> 8), byte(i)}); r != 0 {
			t.pair[i] = r
			swapped := i>>8 | i&0xFF<<8
			t.coded[swapped] = codedUTF8(rune(r))
			t.isPair[swapped>>6] |= 1 << (swapped & 63)
		}
	}
}

// codedUTF8 is an entry of pairTable.coded.
func codedUTF8(r rune) uint32 {
	var b [4]byte
	b[3] = byte(utf8.EncodeRune(b[:3], r))
	return binary.LittleEndian.Uint32(b[:])
}

// decodeOne gives the one character that all of code stands for, 0 if there is none.
func decodeOne(d *encoding.Decoder, code []byte) uint16 {
	var out [2 * utf8.UTFMax]byte
	d.Reset()
	n, read, err := d.Transform(out[:], code, true)
	r, size := utf8.DecodeRune(out[:n])
	if err != nil || read != len(code) || size != n || r == utf8.RuneError || r > 0xFFFF {
		return 0
	}
	return uint16(r)
}

// twins are characters that Unicode has twice where the Japanese standards have one: the tables above
// decode to the second (as Windows does), other systems to the first. Both are written with the same code.
func twins() [8][2]rune {
	return [8][2]rune{
		{'\u301C', '\uFF5E'}, // 〜 ～ wave dash, full-width tilde
		{'\u2212', '\uFF0D'}, // − － minus
		{'\u2016', '\u2225'}, // ‖ ∥
		{'\u00A2', '\uFFE0'}, // ¢ ￠
		{'\u00A3', '\uFFE1'}, // £ ￡
		{'\u00AC', '\uFFE2'}, // ¬ ￢
		{'\u2014', '\u2015'}, // — ― dash
		{'\u00A5', '\uFFE5'}, // ¥ ￥: never the byte 5C, which is a backslash
	}
}

// The first (upper half) and last two-byte codes of the parts of CP932, in which a character may occur more
// than once.
const (
	rows1to8    = 0x8140<<16 | 0x84FC
	row13       = 0x8740<<16 | 0x87FC
	rows16to84  = 0x889F<<16 | 0xEAFC
	necSelected = 0xED40<<16 | 0xEEFC
	ibm         = 0xFA40<<16 | 0xFCFC
)

// windowsCodes writes CP932 as Windows does: JIS X 0208 before NEC row 13 before the IBM extensions.
var windowsCodes = sync.OnceValue(func() *codeTable {
	return cp932Codes(rows1to8, rows16to84, row13, ibm, necSelected)
})

// necCodes writes the NEC-selected form (ED40–EEFC) where Windows writes the IBM extension (FA40–FC4B).
var necCodes = sync.OnceValue(func() *codeTable {
	return cp932Codes(rows1to8, rows16to84, row13, necSelected, ibm)
})

// cp932Codes turns cp932Table round; of two codes for a character the one in the earlier part is taken.
func cp932Codes(parts ...uint32) *codeTable {
	t, c := cp932Table(), &codeTable{}
	for b, r := range &t.single {
		if r != 0 {
			c[r] = uint16(b)
		}
	}
	for _, p := range parts {
		for code := p >> 16; code <= p&0xFFFF; code++ {
			if r := t.pair[code]; r != 0 && c[r] == 0 {
				c[r] = uint16(code)
			}
		}
	}
	c.addTwins()
	return c
}

// eucCodes writes JIS X 0208 and the half-width kana only: what every reader of EUC-JP understands.
var eucCodes = sync.OnceValue(func() *codeTable {
	t, c := eucTable(), &codeTable{}
	for code, r := range t.pair {
		if lead := code >> 8; r != 0 && (lead == 0x8E || isJISX0208(lead&0x7F)) {
			c[r] = uint16(code)
		}
	}
	c.addTwins()
	return c
})

// jisCodes writes JIS X 0208 as the two 7-bit bytes of ISO-2022-JP.
var jisCodes = sync.OnceValue(func() *codeTable {
	c := *eucCodes()
	for r, code := range c {
		if code>>8 == 0x8E {
			c[r] = 0
		} else if code != 0 {
			c[r] = code & 0x7F7F
		}
	}
	return &c
})

// isJISX0208 says whether lead, the first of two 7-bit bytes, begins a row that the standard fills: 1–8 and
// 16–84.
func isJISX0208(lead int) bool {
	return 0x21 <= lead && lead <= 0x28 || 0x30 <= lead && lead <= 0x74
}

// addTwins lets a character that has no code be written with its twin's.
func (c *codeTable) addTwins() {
	for _, t := range twins() {
		if c[t[0]] == 0 {
			c[t[0]] = c[t[1]]
		}
	}
}

// of gives the code of r, 0 if it has none.
func (c *codeTable) of(r rune) uint16 {
	if uint32(r) >= uint32(len(c)) {
		return 0
	}
	return c[r]
}
